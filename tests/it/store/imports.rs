//! What is taken in from files: who sent it, and what is there already.

use std::time::Duration;

use mediafold::store::{Retain, Store};
use serde_json::{Value, json};

use super::{deliver, exported, folded, incoming, lines, media, moment, open, place, verified};

const DAY: Duration = Duration::from_secs(86_400);

/// Bare bodies, forms and records of several providers in one file are from whom `fold` says.
#[test]
fn providers_are_recognised_as_a_fold_does() {
    let media = String::from_utf8(media("m", "created", "e1", 1).body).unwrap();
    let file = [
        media.as_str(),
        r#"{"UniqueId":"u","ContentStatus":"CREATED"}"#,
        "StatusCallbackEvent=media-processor-started&MediaProcessorSid=ZX1&Timestamp=2026-02-01T00%3A00%3A00Z",
        &json!({"received_at": "2026-02-01T00:00:00Z", "body": {"UniqueId": "u", "ContentStatus": "QUEUE"}})
            .to_string(),
        // Of a name that is repeated the last value counts.
        r#"{"provider":"vms","provider":"fastpix","body":{"type":"video.media.ready","id":"e2","data":{"id":"m"}}}"#,
        &format!("\u{feff}{{\"provider\":null,\"received_at\":null,\"body\":{media}}}"),
        r#"{"provider":"vms","body_base64":"eyJVbmlxdWVJZCI6InUyIiwiQ29udGVudFN0YXR1cyI6IkNSRUFURUQifQ=="}"#,
        // Nobody's, and no records.
        r#"{"hello":"world"}"#,
        r#"{"provider":"vms","body_base64":"?"}"#,
        r#"{"provider":"vms","received_at":"2026-02-01T00:00:00Z"}"#,
    ]
    .join("\n");
    let (_folder, path) = place();
    let store = open(&path);
    let imported = store.import(file.as_bytes(), None).unwrap();
    assert_eq!((imported.deliveries, imported.quarantined, imported.refused), (7, 0, 3));
    let reasons: Vec<&str> = imported.reasons.iter().map(|(_, reason)| &**reason).collect();
    assert!(reasons[0].starts_with("it cannot be told who sent it: no event kind"), "{reasons:?}");
    let expected = [
        "the record's `body_base64` is not base64: its length is no multiple of four",
        "the record of a delivery has no `body`",
    ];
    assert_eq!(reasons[1..], expected);
    assert_eq!(lines(&store), folded(file.as_bytes()).0);
    assert_eq!(lines(&store), folded(&exported(&path)).0);
}

/// What others write under these names says nothing of where a delivery comes from.
#[test]
fn other_records_have_no_origin() {
    let (_folder, path) = place();
    let store = open(&path);
    let record = |origin: Value, delivery: Value| {
        let body = json!({"UniqueId": "u", "ContentStatus": "CREATED"});
        json!({"provider": "vms", "origin": origin, "delivery": delivery, "body": body}).to_string()
    };
    let id = "0123456789abcdef0123456789abcdef";
    for (origin, number) in [
        (json!("https://example.com"), json!(1)),
        (json!(id), json!(-1)),
        (json!(id), json!("1")),
        (json!(id), Value::Null),
        (json!(id.to_uppercase()), json!(1)),
        (Value::Null, json!(1)),
    ] {
        let record = record(origin, number);
        for _ in 0..2 {
            assert_eq!(store.import(record.as_bytes(), None).unwrap().deliveries, 1, "{record}");
        }
    }
    let known = record(json!(id), json!(1));
    assert_eq!(store.import(known.as_bytes(), None).unwrap().deliveries, 1);
    assert_eq!(store.import(known.as_bytes(), None).unwrap().known, 1);
}

fn retain(store: &Store, bodies: bool, assets: bool, now: i64) {
    let source = "fastpix".to_owned();
    let bodies = bodies.then_some(DAY);
    let assets = assets.then(|| ("fastpix".to_owned(), 100 * DAY));
    store.retain(&[Retain { source, bodies, assets }], moment(now), &|| true).unwrap();
}

/// What retention or somebody's right removed does not come back by the file that it came by, nor by an export of the store.
#[test]
fn what_was_removed_is_not_imported_again() {
    let (_folder, path) = place();
    let store = open(&path);
    for (id, event) in [("m1", "e1"), ("m2", "e2")] {
        deliver(&store, media(id, "created", event, 1));
        deliver(&store, media(id, "ready", &format!("{event}r"), 2));
    }
    let out = exported(&path);
    let (_other_folder, other_path) = place();
    let other = open(&other_path);
    assert_eq!(other.import(&*out, None).unwrap().deliveries, 4);
    for (store, path) in [(&store, &path), (&other, &other_path)] {
        retain(store, true, false, 3 * 86_400);
        assert_eq!(exported(path), b"");
        assert_eq!(store.import(&*out, None).unwrap().known, 4, "their bodies were removed");
        assert!(store.erase("fastpix/media", "m1").unwrap());
        assert_eq!(store.import(&*out, None).unwrap().known, 4, "one was erased");
        retain(store, true, true, 200 * 86_400);
        assert_eq!(lines(store), [""; 0]);
        assert_eq!(store.import(&*out, None).unwrap().known, 4, "all are gone");
        assert_eq!(lines(store), [""; 0]);
        assert_eq!(verified(path).damage, []);
    }
}

/// A copy of a store that goes on by itself gives the same numbers to other deliveries: none of them is lost.
#[test]
fn copies_of_a_store_that_went_apart_are_told_apart() {
    let (folder, path) = place();
    let store = open(&path);
    deliver(&store, media("m", "created", "e1", 1));
    let copy_path = folder.path().join("copy.db");
    Store::backup(&path, &copy_path).unwrap();
    let copy = open(&copy_path);
    deliver(&store, media("m", "ready", "e2", 2));
    deliver(&store, media("m", "deleted", "e3", 3));
    deliver(&copy, media("other", "created", "f2", 4));
    let (of_store, of_copy) = (exported(&path), exported(&copy_path));
    for _ in 0..2 {
        copy.import(&*of_store, None).unwrap();
        store.import(&*of_copy, None).unwrap();
    }
    assert_eq!(lines(&copy), lines(&store));
    let count = |path| exported(path).iter().filter(|byte| **byte == b'\n').count();
    assert_eq!((count(&path), count(&copy_path)), (4, 4));
    assert_eq!(copy.import(&*exported(&path), None).unwrap().deliveries, 0);
    // What the original had is known by the number that it has there, and what comes now has a number of its own.
    assert_eq!(
        deliver(&copy, incoming("vms", r#"{"UniqueId":"u","ContentStatus":"CREATED"}"#, 5))
            .delivery,
        5
    );
    assert_eq!(verified(&copy_path).damage, []);
}
