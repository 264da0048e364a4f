//! What orders events besides their time: a sequence, and when they were received.

use mediafold::{
    Asset, Catalog, Code, Delivery, Event, Lifecycle, Reader, Verdict, bulk::Bulk,
    lifecycle::DefinitionFile, step,
};
use serde_json::{Value, json};

use crate::generate::at;

const PROVIDER: &str = r#"
provider = "acme"
[envelope]
kind = ["/type"]
event_id = ["/n"]
time = ["/at"]
sequence = ["/seq"]
"#;

const CLIP: &str = r#"
entity = "acme/clip"
id = ["/id"]
[statuses]
cooked = "cooked"
ready = "ready"
[states]
made = {}
cooked = {}
ready = { rest = true }
[events]
make = { from = ["new"], to = "made" }
cook = { from = ["made"], again = ["cooked", "ready"], to = "cooked" }
done = { from = ["cooked"], again = ["ready"], to = "ready" }
word = [
    { from = ["made", "cooked"], status = "/word", to = ["cooked"] },
    { from = ["made", "cooked", "ready"], status = "/word", to = ["ready"] },
]
"#;

fn catalog(provider: &str) -> Catalog {
    let files =
        [DefinitionFile::new("provider.toml", provider), DefinitionFile::new("clip.toml", CLIP)];
    Catalog::with(&files).unwrap_or_else(|error| panic!("{error}"))
}

/// The kinds in the order in which they happened, the state, and the codes of what was found.
fn told(catalog: &Catalog, deliveries: &[Value]) -> (Vec<String>, String, Vec<Code>) {
    let lifecycle = catalog.lifecycle("acme/clip").expect("it is there");
    let mut bulk = Bulk::new(Reader::new(catalog));
    for (number, delivery) in (1..).zip(deliveries) {
        bulk.deliver(&Delivery::new(delivery.to_string().as_bytes(), number));
    }
    let folded = bulk.finish();
    let asset = &folded.assets[0].1;
    let kinds = asset.history().map(|entry| entry.event.name(lifecycle).to_owned());
    let codes = asset.findings(lifecycle).iter().map(|finding| finding.code).collect();
    (kinds.collect(), asset.state(lifecycle).name.clone(), codes)
}

/// In every order of these deliveries the same is told.
fn told_always(catalog: &Catalog, deliveries: &[Value]) -> (Vec<String>, String, Vec<Code>) {
    let first = told(catalog, deliveries);
    for turn in 0..deliveries.len() {
        let mut other = deliveries.to_vec();
        other.rotate_left(turn);
        assert_eq!(told(catalog, &other), first, "{other:?}");
        other.reverse();
        assert_eq!(told(catalog, &other), first, "{other:?}");
    }
    first
}

fn event(kind: &str, n: u32, seq: Option<&str>, second: Option<u8>) -> Value {
    let time = second.map(|second| format!("2026-01-01T00:00:0{second}Z"));
    json!({ "type": kind, "id": "c1", "n": n, "seq": seq, "at": time })
}

fn record(received: Option<u8>, body: Value) -> Value {
    let time = received.map(|second| format!("2026-01-01T00:00:0{second}Z"));
    json!({ "provider": "acme", "received_at": time, "body": body })
}

/// Where two orders explain events of one time equally well, the sequence decides; the others go where they fit.
#[test]
fn a_sequence_orders_events_of_one_time() {
    let catalog = catalog(PROVIDER);
    let big = ["18849496460467696128", "18849496460467696129", "18849496460467696130"];
    for [done, cook] in [[1, 2], [2, 1]] {
        let deliveries = [
            event("make", 1, Some("1"), Some(1)),
            event("cook", 2, None, Some(2)),
            event("done", 3, Some(big[done]), Some(3)),
            event("cook", 4, Some(big[cook]), Some(3)),
        ];
        let (kinds, state, codes) = told_always(&catalog, &deliveries);
        let expected = if done < cook { ["done", "cook"] } else { ["cook", "done"] };
        assert_eq!((&kinds[2..], codes), (&expected.map(str::to_owned)[..], vec![]));
        assert_eq!(state, if done < cook { "cooked" } else { "ready" });
    }
    // One without a sequence is put where it gives the fewest findings: between them.
    let deliveries = [
        event("make", 1, Some("1"), Some(1)),
        event("done", 3, Some("7"), Some(1)),
        event("cook", 2, None, Some(1)),
    ];
    let (kinds, state, codes) = told_always(&catalog, &deliveries);
    assert_eq!(
        (kinds.join(" ").as_str(), state.as_str(), codes),
        ("make cook done", "ready", vec![])
    );
    // Of more than five those with a sequence come first.
    let mut many: Vec<Value> = (0..6).map(|n| event("cook", 10 + n, None, Some(1))).collect();
    many.extend([event("done", 3, Some("8"), Some(1)), event("make", 1, Some("7"), Some(1))]);
    assert_eq!(told_always(&catalog, &many).0[..3].join(" "), "make done cook");
}

/// A sequence is all the order there may be.
#[test]
fn a_sequence_orders_events_without_a_time() {
    let provider = PROVIDER.replace("[\"/at\"]", "[\"/at\", \"@received\"]");
    let catalog = catalog(&provider);
    let deliveries = [
        event("done", 3, Some("30"), None),
        event("make", 1, Some("4"), None),
        event("cook", 2, Some("5"), None),
    ];
    let (kinds, state, codes) = told_always(&catalog, &deliveries);
    assert_eq!((kinds.join(" ").as_str(), state.as_str()), ("make cook done", "ready"));
    // Nobody knows when they were received either.
    assert_eq!(codes, [Code::BadTime; 3]);
}

/// Without an id what tells events apart is the compiled kind with time and sequence.
#[test]
fn sequence_and_compiled_kind_are_part_of_what_an_event_is() {
    let catalog = catalog(&PROVIDER.replace("event_id = [\"/n\"]", ""));
    let word = |word: &str, seq: &str| {
        let mut payload = event("word", 1, Some(seq), Some(2));
        payload["word"] = word.into();
        payload
    };
    let deliveries = [
        event("make", 1, None, Some(1)),
        word("cooked", "1"),
        word("cooked", "2"),
        word("ready", "2"),
        word("ready", "2"),
    ];
    let (kinds, state, codes) = told_always(&catalog, &deliveries);
    assert_eq!((kinds.len(), state.as_str(), codes), (4, "ready", vec![]));
}

/// An event without a time happened when the first of its copies was received, whichever came first.
#[test]
fn an_event_without_a_time_happened_when_it_was_first_received() {
    let catalog = catalog(PROVIDER);
    let cook = |received| record(received, event("cook", 2, None, None));
    let deliveries = [
        record(Some(9), event("make", 1, None, Some(1))),
        record(Some(9), event("done", 3, None, Some(4))),
        cook(Some(6)),
        cook(None),
        cook(Some(3)),
    ];
    let (kinds, state, codes) = told_always(&catalog, &deliveries);
    assert_eq!(kinds.join(" "), "make cook done");
    assert_eq!((state.as_str(), codes), ("ready", vec![Code::BadTime]));
    // Without the earliest copy it comes after `done`, and goes back to cooking.
    let (kinds, state, _) = told_always(&catalog, &deliveries[..4]);
    assert_eq!((kinds.join(" ").as_str(), state.as_str()), ("make done cook", "cooked"));
}

#[test]
fn a_copy_that_was_received_earlier_moves_the_event() {
    let lifecycle = Lifecycle::builtin("fastpix/media").expect("built in");
    let mut asset = Asset::new("m1");
    let timed = |kind: &str, second| {
        Event::new(lifecycle, &format!("video.media.{kind}")).unwrap().at(at(second)).with_id(kind)
    };
    let received = |second| {
        let mut event = Event::new(lifecycle, "video.media.failed").unwrap().with_id("f");
        event.received_at = Some(at(second));
        event
    };
    for event in [timed("created", 0), received(2), timed("ready", 4)] {
        step(lifecycle, &mut asset, &event);
    }
    let state = |asset: &Asset| asset.state(lifecycle).name.clone();
    assert_eq!((state(&asset), asset.since(lifecycle)), ("failed".to_owned(), Some(at(2))));
    // Now it failed after it was ready: what illegal was `ready` is legal.
    let later = step(lifecycle, &mut asset, &received(9));
    assert_eq!((later.verdict, state(&asset)), (Verdict::Duplicate, "failed".to_owned()));
    let mut asset = Asset::new("m1");
    for event in [timed("created", 0), received(9), timed("ready", 4)] {
        step(lifecycle, &mut asset, &event);
    }
    assert_eq!(asset.since(lifecycle), Some(at(9)));
    let earlier = step(lifecycle, &mut asset, &received(2));
    assert_eq!(earlier.verdict, Verdict::Duplicate);
    assert_eq!(asset.since(lifecycle), Some(at(2)));
    let codes: Vec<Code> = asset.findings(lifecycle).iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::BadTime, Code::IllegalTransition]);
}

/// The finding says what was taken in place of the time; where the definition names the time of receipt there is none.
#[test]
fn what_is_taken_in_place_of_a_time_is_said() {
    let named = catalog(&PROVIDER.replace("[\"/at\"]", "[\"/at\", \"@received\"]"));
    let plain = catalog(PROVIDER);
    let help = |catalog: &Catalog, delivery: Value| {
        let mut bulk = Bulk::new(Reader::new(catalog)).with_findings();
        bulk.deliver(&Delivery::new(delivery.to_string().as_bytes(), 1));
        let folded = bulk.finish();
        folded.findings.iter().map(|finding| finding.help).collect::<Vec<_>>()
    };
    let make = || event("make", 1, None, None);
    let received = "the time at which it was received is taken in its place";
    let last = "it is taken to be the last of the asset's events";
    assert_eq!(help(&plain, record(Some(1), make())), [received]);
    assert_eq!(help(&plain, make()), [last]);
    assert_eq!(help(&named, record(Some(1), make())), [""; 0]);
    assert_eq!(help(&named, make()), [last]);
    let mut unreadable = make();
    unreadable["at"] = "soon".into();
    assert_eq!(help(&named, record(Some(1), unreadable)), [received]);
}

/// Every value that says a moment is read, by the provider's zone where it names none; the others are findings.
#[test]
fn times_are_read_whatever_json_they_are() {
    let zoned = catalog(&PROVIDER.replace("time =", "zone = \"+02:00\"\ntime ="));
    let read = |value: Value| {
        let mut payload = event("make", 1, None, None);
        payload["at"] = value;
        let reading = Reader::new(&zoned).read(&Delivery::new(payload.to_string().as_bytes(), 1));
        reading.events[0].event.time.map(|time| time.to_string())
    };
    let (whole, parts) = ("2022-06-30T20:02:17Z", "2022-06-30T20:02:17.123Z");
    for (value, expected) in [
        (json!(1_656_619_337), whole),
        (json!(1_656_619_337.123), parts),
        (json!("1656619337.123"), parts),
        (json!(1_656_619_337_123_i64), parts),
        (json!({"seconds": "1656619337", "nanos": 123_000_000}), parts),
        (json!({"seconds": 1_656_619_337}), whole),
        (json!({"_seconds": 1_656_619_337, "_nanoseconds": 123_000_000}), parts),
        (json!("/Date(1656619337123)/"), parts),
        (json!("2022-06-30 22:02:17"), whole),
        (json!("2022-06-30T22:02:17,123"), parts),
        (json!("Thu, 30 Jun 2022 20:02:17 GMT"), whole),
    ] {
        assert_eq!(read(value.clone()).as_deref(), Some(expected), "{value}");
    }
    for value in [
        json!({"seconds": 0}),
        json!({"seconds": 1_656_619_337, "nanos": 1_000_000_000}),
        json!({"seconds": [1]}),
        json!({"nanos": 1}),
        json!([1_656_619_337]),
        json!(true),
        json!(-1.5),
        json!(1e300),
        json!("2022-06-30"),
    ] {
        assert_eq!(read(value.clone()), None, "{value}");
    }
}
