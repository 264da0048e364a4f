//! Laws of judging: what the table and the fold make of events is what the words of the design say.

use mediafold::{
    Asset, Catalog, Code, Delivery, Event, Lifecycle, Reader, Verdict,
    bulk::Bulk,
    lifecycle::{DefinitionFile, NEW, Node, Step},
    step,
};
use proptest::prelude::*;

use super::{config, folded, policies};
use crate::{
    generate::{at, machines, random, raws},
    naive::{Naive, Place},
};

proptest! {
    #![proptest_config(config(256))]

    /// The table says of every event in every state what a plain walk over the graph says.
    #[test]
    fn the_table_agrees_with_the_naive_interpreter(machine in machines()) {
        let lifecycle = &machine.lifecycle;
        let naive = Naive::new(&machine);
        for (name, node) in nodes(lifecycle) {
            for what in naive.whats() {
                let word = what.1.map(|said| machine.word_of(said));
                let kind = word.map_or(what.0, |word| lifecycle.kind_with_status(what.0, word));
                let rule = lifecycle.rule(node, kind);
                let judged = naive.judge(place(lifecycle, node), Some(what));
                // Nothing leaves an end state, so where it would lead is of no interest.
                let ended = judged.code == Some("L103");
                let to = if ended { judged.to } else { place(lifecycle, rule.next) };
                prop_assert_eq!(
                    (judged.verdict, judged.code, judged.to),
                    (verdict(rule.step), code(rule.step), to),
                    "{} in {} with {} retries used",
                    lifecycle.kind_label(kind), name, lifecycle.retries_used(node)
                );
            }
        }
    }

    /// The fold does with a stream what the naive interpreter does with it: state, retries, flags, the
    /// verdict of each event in the order in which they happened, and the findings.
    #[test]
    fn the_fold_agrees_with_the_naive_interpreter(
        machine in machines(),
        raws in raws(),
        policy in policies(),
    ) {
        let (lifecycle, events) = (&machine.lifecycle, machine.stream(&raws));
        let told = Naive::new(&machine).tell(&events, policy);
        let asset = folded(lifecycle, policy, &events);
        let history = asset.history().map(|entry| (entry.event.content, entry.verdict));
        let findings = asset.findings(lifecycle);
        let codes: Vec<&str> = findings.iter().map(|finding| finding.code.code()).collect();
        prop_assert_eq!(history.collect::<Vec<_>>(), told.history);
        prop_assert_eq!(codes, told.codes);
        prop_assert_eq!(&asset.state(lifecycle).name, &lifecycle.states()[told.state].name);
        prop_assert_eq!(lifecycle.retries_used(asset.node()), told.used);
        prop_assert_eq!(asset.flags(lifecycle), told.flags);
    }

    /// The events that a finding names as missing are a legal way to where the event is legal, or to where
    /// it leads.
    #[test]
    fn missing_events_are_a_legal_way(machine in random(None, false)) {
        let lifecycle = &machine.lifecycle;
        for (state, node) in nodes(lifecycle) {
            for (kind, name) in lifecycle.kinds() {
                let rule = lifecycle.rule(node, kind);
                if rule.step != Step::MissingEvents {
                    continue;
                }
                let missing = lifecycle.missing(node, kind);
                prop_assert!(!missing.is_empty());
                let mut at = node;
                for name in missing {
                    let rule = lifecycle.rule(at, lifecycle.kind(name).expect("a kind"));
                    prop_assert_eq!(rule.step, Step::Moved);
                    at = rule.next;
                }
                // Where the kind itself leads on from, or the target, by whatever other way.
                let led = [lifecycle.rule(at, kind).next, at];
                let led = led.map(|node| &lifecycle.state(node).name);
                let to = &lifecycle.state(rule.next).name;
                prop_assert!(led.contains(&to), "{} in {} leads to {}", name, state, to);
            }
        }
    }

    /// Words that may choose a row make a kind of their own, all others leave the kind as it is: it stays where rows
    /// without a word say so, or, where there are none, in the states of the rows with one.
    #[test]
    fn a_status_word_decides(machine in machines()) {
        let lifecycle = &machine.lifecycle;
        let naive = Naive::new(&machine);
        for decided in &machine.decided {
            let kind = lifecycle.kind(&decided.kind).expect("a kind");
            prop_assert_eq!(lifecycle.kind_with_status(kind, "no such word"), kind);
            for (word, state) in &machine.words {
                let said = lifecycle.states().iter().position(|own| own.name == *state);
                let own = lifecycle.kind_with_status(kind, word);
                prop_assert_eq!(naive.whats().any(|what| what == (kind, said)), own != kind);
            }
            let named = decided.rows.iter().flat_map(|row| row.from.iter().chain(&row.again));
            let named: Vec<&String> = named.collect();
            for (state, node) in nodes(lifecycle) {
                let rule = lifecycle.rule(node, kind);
                let stays = match &decided.stays {
                    None => named.contains(&state),
                    Some(stays) => stays.contains(state),
                };
                prop_assert_eq!(rule.step == Step::Stayed, stays, "{}", state);
                prop_assert!(!stays || rule.next == node);
            }
        }
    }
}

/// All states with all retries used that there may be; `new` only with none.
fn nodes(lifecycle: &Lifecycle) -> Vec<(&String, Node)> {
    let limit = lifecycle.retries().map_or(0, |retries| retries.limit);
    let mut nodes = Vec::new();
    for state in lifecycle.states() {
        let used = if state.name == NEW { 0..=0 } else { 0..=limit };
        nodes.extend(
            used.filter_map(|used| Some((&state.name, lifecycle.node(&state.name, used)?))),
        );
    }
    nodes
}

fn place(lifecycle: &Lifecycle, node: Node) -> Place {
    let name = &lifecycle.state(node).name;
    let state = lifecycle.states().iter().position(|state| state.name == *name);
    Place { state: state.expect("a state"), used: lifecycle.retries_used(node) }
}

fn verdict(step: Step) -> Verdict {
    match step {
        Step::Moved => Verdict::Moved,
        Step::Stayed => Verdict::Stayed,
        Step::MissingEvents | Step::FailedEarly | Step::FirstSeen => Verdict::Gap,
        _ => Verdict::Illegal,
    }
}

fn code(step: Step) -> Option<&'static str> {
    match step {
        Step::Moved | Step::Stayed => None,
        Step::MissingEvents => Some("L201"),
        Step::FailedEarly => Some("L105"),
        Step::FirstSeen => Some("L202"),
        Step::Backward => Some("L102"),
        Step::RetriesExhausted => Some("L104"),
        Step::AfterEnd => Some("L103"),
        _ => Some("L101"),
    }
}

/// The codes of what is found of payloads of one asset.
fn codes(catalog: &Catalog, bodies: &[&str]) -> Vec<Code> {
    let mut bulk = Bulk::new(Reader::new(catalog)).with_findings();
    for (number, body) in (1..).zip(bodies) {
        bulk.deliver(&Delivery::new(body.as_bytes(), number));
    }
    bulk.finish().findings.iter().map(|finding| finding.code).collect()
}

/// What an illegal event says of the state is not held against it: it changes nothing.
#[test]
fn an_illegal_event_does_not_contradict() {
    let body = |kind: &str, second: u8, status: &str| {
        format!(
            r#"{{"type":"video.media.{kind}","id":"{second}","createdAt":"2026-01-01T00:00:0{second}Z","object":{{"id":"m1"}},"data":{{"status":"{status}"}}}}"#
        )
    };
    let way =
        [body("created", 0, "Created"), body("deleted", 1, "deleted"), body("ready", 2, "failed")];
    let found = codes(Catalog::builtin(), &way.each_ref().map(String::as_str));
    assert_eq!(found, [Code::AfterEnd]);
    let way = [body("created", 0, "Created"), body("ready", 2, "failed")];
    let found = codes(Catalog::builtin(), &way.each_ref().map(String::as_str));
    assert_eq!(found, [Code::ContradictoryStatus]);
}

/// Of an asset of which nothing was heard there is nothing that a status word could contradict.
#[test]
fn nothing_contradicts_what_is_new() {
    let entity = r#"
        entity = "a/b"
        id = ["/id"]
        order = "arrival"
        [statuses]
        w = "one"
        v = "two"
        [states]
        one = {}
        two = { end = true }
        [events]
        k = { from = ["new", "one"], status = "/s", to = ["one"] }
        go = { from = ["one"], to = "two" }
    "#;
    let provider = "provider = \"a\"\n[envelope]\nbody = \"json\"\nkind = [\"/kind\"]\nevent_id = []\ntime = []\n";
    let files =
        [DefinitionFile::new("a/provider.toml", provider), DefinitionFile::new("a/b.toml", entity)];
    let catalog = Catalog::with(&files).unwrap();
    let (one, two) = (r#"{"kind":"k","id":"1","s":"w"}"#, r#"{"kind":"k","id":"1","s":"v"}"#);
    assert_eq!(codes(&catalog, &[two]), []);
    assert_eq!(codes(&catalog, &[one, two]), [Code::ContradictoryStatus]);
}

/// What is set again stays set, and what is cleared again stays cleared.
#[test]
fn a_flag_is_what_was_last_said_of_it() {
    let media = Lifecycle::builtin("fastpix/media").expect("built in");
    let mut asset = Asset::new("m1");
    let kinds = ["created", "source.ready", "source.ready", "source.deleted", "source.deleted"];
    for (second, (kind, set)) in (0..).zip(kinds.iter().zip([false, true, true, false, false])) {
        let event = Event::new(media, &format!("video.media.{kind}")).unwrap().at(at(second));
        step(media, &mut asset, &event);
        assert_eq!(asset.flags(media).contains(&"source"), set, "{second} {kind}");
    }
}
