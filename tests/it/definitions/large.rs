//! A lifecycle far larger than any that a provider has: a broadcaster's own, say.

use std::{fmt::Write, sync::LazyLock};

use mediafold::{Asset, Event, Lifecycle, Timestamp, Verdict, lifecycle::DefinitionFile, step};

/// As many states as make 2,000 transitions.
const STATES: usize = 501;
const TRANSITIONS: usize = 2_000;

/// State `s7` is reached by `k7` from `s4`, `s5` and `s6`, and again from `s8`; `new` stands for `s0`.
fn definition() -> String {
    let mut text = "entity = \"acme/large\"\nid = [\"/id\"]\n[states]\n".to_owned();
    for state in 1..=STATES {
        writeln!(text, "s{state} = {{ rest = true }}").expect("memory");
    }
    text += "[events]\n";
    let name = |state: usize| match state {
        0 => "\"new\"".to_owned(),
        state => format!("\"s{state}\""),
    };
    for state in 1..=STATES {
        let from: Vec<String> = (state.saturating_sub(3)..state).map(name).collect();
        let from = from.join(", ");
        let again = if state < STATES { name(state + 1) } else { String::new() };
        writeln!(text, "k{state} = {{ from = [{from}], again = [{again}], to = \"s{state}\" }}")
            .expect("memory");
    }
    text
}

static LIFECYCLE: LazyLock<Lifecycle> = LazyLock::new(|| {
    let file = DefinitionFile::new("large.toml", definition());
    Lifecycle::compile(&file).expect("nothing is wrong with it")
});

/// What an event to `to` does in `at`, by arithmetic alone: the verdict, the state after it, and how many
/// events are missing.
fn expected(at: usize, to: usize) -> (Verdict, usize, usize) {
    match at {
        at if to > at && to - at <= 3 || to + 1 == at && to > 0 => (Verdict::Moved, to, 0),
        0 => (Verdict::Gap, to, 0),
        // Steps of three, of which the event itself is the last.
        at if to > at => (Verdict::Gap, to, (to - at).div_ceil(3) - 1),
        // One step on and one back again, or the other way round at the end.
        at if to == at => (Verdict::Gap, to, 1),
        // Two steps back in one `again` would need a way forward from further back.
        at => (Verdict::Illegal, at, 0),
    }
}

#[test]
fn it_loads_with_every_state_and_transition() {
    let lifecycle = &*LIFECYCLE;
    assert_eq!(lifecycle.states().len(), STATES + 1);
    assert_eq!(lifecycle.transitions().len(), TRANSITIONS);
    assert_eq!(lifecycle.kinds().count(), STATES);
    assert_eq!(lifecycle.states()[STATES].rank, STATES as u16);
}

/// More states than a byte can number: each is another one, and is reported by its own name.
#[test]
fn every_state_is_reached_and_named() {
    let lifecycle = &*LIFECYCLE;
    let mut asset = Asset::new("a1");
    for state in 1..=STATES {
        let outcome = step(lifecycle, &mut asset, &event(lifecycle, state, state));
        assert_eq!(outcome.verdict, Verdict::Moved, "s{state}");
        assert_eq!(asset.state(lifecycle).name, format!("s{state}"));
        assert_eq!(Some(asset.node()), lifecycle.node(&format!("s{state}"), 0));
    }
    assert_eq!(asset.events(), STATES as u64);
    assert!(asset.findings(lifecycle).is_empty());
}

/// A long walk with legal steps, gaps and illegal ones, each as arithmetic has it.
#[test]
fn a_walk_through_it_folds_as_it_should() {
    let lifecycle = &*LIFECYCLE;
    let mut asset = Asset::new("a1");
    let (mut at, mut random) = (0, 1_u64);
    for number in 0..3_000 {
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let draw = (random >> 33) as usize;
        // Mostly a short way from where it is, in either direction; now and then anywhere.
        let to = match draw % 8 {
            0 => 1 + draw / 8 % STATES,
            _ => (at + draw / 8 % 9).saturating_sub(3).clamp(1, STATES),
        };
        let outcome = step(lifecycle, &mut asset, &event(lifecycle, to, number));
        let (verdict, after, missing) = expected(at, to);
        let found = &outcome.findings;
        assert_eq!(outcome.verdict, verdict, "k{to} in s{at}: {found:?}");
        assert_eq!(asset.node(), node(lifecycle, after), "k{to} in s{at}");
        let told = found.first().map_or(0, |finding| finding.missing.len());
        assert_eq!(told, missing, "k{to} in s{at}: {found:?}");
        at = after;
    }
}

fn node(lifecycle: &Lifecycle, state: usize) -> mediafold::lifecycle::Node {
    let name = if state == 0 { "new".to_owned() } else { format!("s{state}") };
    lifecycle.node(&name, 0).expect("a state of the definition")
}

fn event(lifecycle: &Lifecycle, to: usize, number: usize) -> Event {
    let time = Timestamp::from_epoch(1_750_000_000 + number as i64).expect("a usable time");
    Event::new(lifecycle, &format!("k{to}")).unwrap().at(time).with_id(format!("e{number}"))
}
