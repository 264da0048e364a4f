//! Definitions of one's own, each as small as it can be.

use mediafold::{
    Asset, Delivery, Event, Lifecycle, Policy, Reader, Timestamp, Verdict,
    event::EventKind,
    lifecycle::{DefinitionFile, NEW, Step},
    step,
};

fn compiled(text: &str) -> Lifecycle {
    let file = DefinitionFile::new("own.toml", text);
    Lifecycle::compile(&file).unwrap_or_else(|error| panic!("{error}"))
}

/// What each of these kinds does, one after the other, and the names of their findings.
fn steps(lifecycle: &Lifecycle, asset: &mut Asset, kinds: &[&str]) -> Vec<(Verdict, String)> {
    let one = |kind: &&str| {
        let number = asset.events() as i64;
        let time = Timestamp::from_epoch(1_750_000_000 + number).expect("a usable time");
        let event = Event::new(lifecycle, kind)
            .unwrap_or_else(|_| Event::unknown(kind))
            .at(time)
            .with_id(format!("e{number}"));
        let outcome = step(lifecycle, asset, &event);
        let names: Vec<_> = outcome.findings.iter().map(|finding| finding.name).collect();
        (outcome.verdict, format!("{} {}", asset.state(lifecycle).name, names.join(" ")))
    };
    kinds.iter().map(one).collect()
}

fn told(steps: &[(Verdict, String)]) -> Vec<&str> {
    steps.iter().map(|(_, told)| told.trim_end()).collect()
}

const RETRIED: &str = r#"
entity = "acme/job"
id = ["/id"]
[states]
work   = { summary = "Working." }
error  = { summary = "Tried again." }
done   = { rest = true }
failed = { rest = true }
[retries]
from = "error"
limit = 2
then = "failed"
renewed_by = ["done"]
[events]
begin = { from = ["new"], to = "work" }
break = { from = ["work"], to = "error" }
retry = { again = ["error"], to = "work" }
finish = { from = ["work"], to = "done" }
reopen = { again = ["done"], to = "work" }
give_up = { from = ["work", "error"], to = "failed" }
skip = { from = ["error"], to = "done" }
"#;

#[test]
fn leaving_by_again_uses_a_retry_and_there_are_only_so_many() {
    let job = compiled(RETRIED);
    let mut asset = Asset::new("a1");
    let legal = ["begin", "break", "retry", "break", "retry", "break"];
    let done = steps(&job, &mut asset, &legal);
    assert!(done.iter().all(|(verdict, _)| *verdict == Verdict::Moved), "{done:?}");
    assert_eq!(asset.node(), job.node("error", 2).expect("two used"));
    let refused = steps(&job, &mut asset, &["retry", "give_up"]);
    assert_eq!(told(&refused), ["error retries-exhausted", "failed"]);
    assert_eq!((refused[0].0, refused[1].0), (Verdict::Illegal, Verdict::Moved));
    assert_eq!(asset.snapshot(&job, false).retries, 2);
}

#[test]
fn giving_up_with_retries_left_is_early() {
    let job = compiled(RETRIED);
    for kinds in [&["begin", "give_up"][..], &["begin", "break", "retry", "break", "give_up"]] {
        let told = steps(&job, &mut Asset::new("a1"), kinds);
        assert_eq!(told.last(), Some(&(Verdict::Gap, "failed failed-early".to_owned())));
    }
}

/// Going forward out of the state uses none, and `renewed_by` gives all of them back.
#[test]
fn retries_are_used_and_renewed_only_where_it_says() {
    let job = compiled(RETRIED);
    let mut asset = Asset::new("a1");
    steps(&job, &mut asset, &["begin", "break", "retry", "break"]);
    assert_eq!(job.retries_used(asset.node()), 1);
    steps(&job, &mut asset, &["skip"]);
    assert_eq!(asset.node(), job.node("done", 0).expect("renewed"));
    steps(&job, &mut asset, &["reopen"]);
    assert_eq!(asset.node(), job.node("work", 0).expect("another `again`, which uses none"));
}

/// A retry that was not heard is still a retry.
#[test]
fn a_gap_uses_retries_too() {
    let job = compiled(RETRIED);
    let mut asset = Asset::new("a1");
    let heard = steps(&job, &mut asset, &["begin", "break", "break", "break"]);
    assert_eq!(told(&heard), ["work", "error", "error missing-events", "error missing-events"]);
    assert_eq!(asset.node(), job.node("error", 2).expect("two used"));
    assert_eq!(told(&steps(&job, &mut asset, &["give_up"])), ["failed"]);
}

#[test]
fn a_provider_is_no_lifecycle() {
    let error = Lifecycle::compile(&DefinitionFile::new("acme.toml", KITCHEN)).err();
    let told = error.map(|error| error.to_string()).unwrap_or_default();
    assert!(told.contains("D103 a provider, not an entity"), "{told}");
}

#[test]
fn state_times_retries_is_the_table() {
    let job = compiled(RETRIED);
    let kind = |name| job.kind(name).expect("a kind of it");
    let rule = |state, used, name| {
        let ruling = job.rule(job.node(state, used).expect("a node"), kind(name));
        (ruling.step, job.state(ruling.next).name.as_str(), job.retries_used(ruling.next))
    };
    assert_eq!(rule("error", 0, "retry"), (Step::Moved, "work", 1));
    assert_eq!(rule("error", 1, "retry"), (Step::Moved, "work", 2));
    assert_eq!(rule("error", 2, "retry").0, Step::RetriesExhausted);
    assert_eq!(rule("error", 1, "give_up"), (Step::FailedEarly, "failed", 1));
    assert_eq!(rule("error", 2, "give_up"), (Step::Moved, "failed", 2));
    assert_eq!(rule("work", 2, "finish"), (Step::Moved, "done", 0));
    assert!(job.node("error", 3).is_none());
}

/// An `again` goes back and is no retry unless it leaves the state that counts them.
#[test]
fn again_goes_back() {
    let door = compiled(
        r#"
        entity = "acme/door"
        id = ["/id"]
        states = { open = { rest = true }, shut = { rest = true }, gone = { end = true } }
        [events]
        open = { from = ["new"], again = ["shut"], to = "open" }
        shut = { from = ["open"], to = "shut" }
        take = { from = ["open", "shut"], to = "gone" }
        "#,
    );
    let ranks: Vec<u16> = door.states().iter().map(|state| state.rank).collect();
    assert_eq!(ranks, [0, 1, 2, 3]);
    let mut asset = Asset::new("a1");
    let done = steps(&door, &mut asset, &["open", "shut", "open", "open", "take", "open"]);
    let expected = ["open", "shut", "open", "open missing-events", "gone", "gone after-end"];
    assert_eq!(told(&done), expected);
    // What the provider says is followed if asked for, but never out of an end state.
    let mut followed = Asset::with_policy("a1", Policy::Follow);
    steps(&door, &mut followed, &["take", "open"]);
    assert_eq!(followed.state(&door).name, "gone");
}

const WORDED: &str = r#"
entity = "acme/clip"
id = ["/id"]
[states]
made   = { summary = "Made." }
cooked = { summary = "Cooked." }
ready  = { rest = true }
burnt  = { rest = true }
[statuses]
"Cooking" = "cooked"
"Ready"   = "ready"
"Burnt"   = "burnt"
"Made"    = "made"
[events]
"clip.made"   = { from = ["new"], to = "made" }
"clip.news"   = [
    { from = ["made"], status = "/status", to = ["cooked"] },
    { from = ["made", "cooked"], status = "/status", to = ["ready", "burnt"] },
    { from = ["made", "cooked", "ready", "burnt"] },
]
"clip.status" = { from = ["made"], status = "/status" }
"clip.later"  = { from = ["cooked"], status = "/status", to = ["ready", "burnt"] }
"#;

const KITCHEN: &str = r#"
provider = "acme"
envelope = { kind = ["/type"], event_id = ["/n"], time = ["/at"] }
"#;

/// State and finding names after the payloads, the events of which come one second after the other.
fn clip(words: &[(&str, &str)]) -> (String, Vec<&'static str>) {
    let catalog = super::catalog::with(&[KITCHEN, WORDED]);
    let lifecycle = catalog.lifecycle("acme/clip").expect("laid over the built-ins");
    let reader = Reader::new(&catalog);
    let mut asset = Asset::new("c1");
    for (number, (kind, word)) in (1_750_000_000_u64..).zip(words) {
        let payload = serde_json::json!(
            {"type": kind, "id": "c1", "status": word, "n": number, "at": number});
        let mut reading = reader.read(&Delivery::new(payload.to_string().as_bytes(), number));
        assert_eq!((reading.errors.len(), reading.events.len()), (0, 1), "{payload}");
        step(lifecycle, &mut asset, &reading.events.remove(0).event);
    }
    let names = asset.findings(lifecycle).iter().map(|finding| finding.name).collect();
    (asset.state(lifecycle).name.clone(), names)
}

#[test]
fn a_status_word_decides() {
    let made = ("clip.made", "Made");
    for (words, state, findings) in [
        (&[made, ("clip.news", "Cooking")][..], "cooked", &[][..]),
        (&[made, ("clip.news", "cooking"), ("clip.news", "BURNT")], "burnt", &[]),
        (&[made, ("clip.news", "Ready")], "ready", &[]),
        // The row that stays, since this word is in no `to`; and a word that says where the asset is already.
        (&[made, ("clip.news", "Made")], "made", &[]),
        (&[made, ("clip.news", "Cooking"), ("clip.news", "Cooking")], "cooked", &[]),
        (&[made, ("clip.news", "Raw")], "made", &["unknown-status"]),
        (
            &[made, ("clip.news", "Ready"), ("clip.news", "Made")],
            "ready",
            &["contradictory-status"],
        ),
        // A word that decides is judged as a kind is: what lies ahead, behind, and first of all.
        (
            &[made, ("clip.news", "Ready"), ("clip.news", "Cooking")],
            "ready",
            &["illegal-transition"],
        ),
        (&[("clip.news", "Burnt")], "burnt", &["first-seen-mid-life"]),
        (&[("clip.news", "Made")], "new", &["first-seen-mid-life"]),
        (&[made, ("clip.later", "Burnt")], "burnt", &["missing-events"]),
        (&[made, ("clip.later", "Raw")], "made", &["illegal-transition", "unknown-status"]),
        (&[made, ("clip.news", "Cooking"), ("clip.later", "Raw")], "cooked", &["unknown-status"]),
        // Without `to` it is any state that a word maps to.
        (&[made, ("clip.status", "Burnt")], "burnt", &[]),
        (&[made, ("clip.status", "Made"), ("clip.status", "Cooking")], "cooked", &[]),
    ] {
        assert_eq!(clip(words), (state.to_owned(), findings.to_vec()), "{words:?}");
    }
}

/// A row counts with its own flags, wherever it stands among the rows; and where a word leads is not bound by the order of
/// [states] once the row names it.
#[test]
fn a_row_that_a_word_decides_is_itself() {
    let job = compiled(
        r#"
        entity = "acme/job"
        id = ["/id"]
        states = { last = { rest = true }, first = {}, second = {} }
        flags = { begun = {}, led = {}, decided = {} }
        statuses = { w = "last" }
        [events]
        begin = { from = ["new"], to = "first", set = ["begun"] }
        k = [
            { from = ["first"], to = "second", set = ["led"] },
            { from = ["second"], status = "/s", to = ["last"], set = ["decided"] },
        ]
        "#,
    );
    let kind = job.kind("k").expect("it has the kind");
    let mut word = Event::new(&job, "k").unwrap();
    word.kind = EventKind::Known(job.kind_with_status(kind, "w"));
    assert_ne!(word.kind, EventKind::Known(kind));
    let way = [Event::new(&job, "begin").unwrap(), Event::new(&job, "k").unwrap(), word];
    let mut asset = Asset::new("a1");
    let seen = ["begun", "led", "decided"];
    for (number, (event, state)) in (0..).zip(way.into_iter().zip(["first", "second", "last"])) {
        let time = Timestamp::from_epoch(1_750_000_000 + number).expect("a usable time");
        let outcome = step(&job, &mut asset, &event.at(time));
        assert_eq!(outcome.verdict, Verdict::Moved);
        assert_eq!(asset.state(&job).name, state);
        assert_eq!(asset.flags(&job), seen[..=number as usize]);
    }
}

/// What is first heard of in the middle of its life has the flags of the row that leads where it is, whichever row of the
/// event that is.
#[test]
fn what_is_first_seen_mid_life_has_the_flags_of_its_row() {
    let job = compiled(
        r#"
        entity = "acme/job"
        id = ["/id"]
        states = { one = {}, two = {}, three = { rest = true } }
        flags = { early = {}, late = {}, stays = {} }
        [events]
        begin = { from = ["new"], to = "one" }
        go = [
            { from = ["two"], to = "three", set = ["late"] },
            { from = ["one"], to = "two", set = ["early"] },
        ]
        stay = [{ from = ["one"], set = ["stays"] }, { from = ["two"], set = ["late"] }]
        "#,
    );
    for (kind, state, flags) in [("go", "two", "early"), ("stay", NEW, "stays")] {
        let mut asset = Asset::new("a1");
        assert_eq!(
            told(&steps(&job, &mut asset, &[kind])),
            [format!("{state} first-seen-mid-life")]
        );
        assert_eq!(asset.flags(&job), [flags]);
    }
}
