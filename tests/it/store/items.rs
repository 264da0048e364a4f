//! Deliveries with several payloads, and what is kept of headers and queries.

use std::sync::LazyLock;

use mediafold::{Policy, lifecycle::DefinitionFile};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

use super::*;

/// What happened is said by a header or by the payload, in which tenant by the address.
const PROVIDER: &str = r#"
provider = "grid"
[envelope]
unwrap   = ["/events"]
kind     = ["/kind", "@X-Kind"]
event_id = ["/event"]
time     = ["/at", "@received"]
sequence = ["/number"]
"#;

const CLIP: &str = r#"
entity = "grid/clip"
id     = [["?tenant", "/clip"], "/clip"]
[data]
size = "/size"
[states]
made  = {}
ready = { rest = true }
gone  = { end = true }
[flags]
large = {}
[events]
"make"  = { from = ["new"], to = "made" }
"ready" = { from = ["made"], to = "ready" }
"size"  = [{ when = { "/size" = "large" }, from = "*", set = ["large"] }, { from = "*", clear = ["large"] }]
"drop"  = { from = "*", to = "gone" }
"#;

fn catalog() -> &'static Catalog {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
        let files = [("provider.toml", PROVIDER), ("clip.toml", CLIP)];
        Catalog::with(&files.map(|(path, text)| DefinitionFile::new(path, text))).unwrap()
    });
    &CATALOG
}

fn open_own(path: &Path) -> Store {
    Store::open(path, catalog().clone(), StoreOptions::default()).unwrap()
}

fn batch(events: Vec<Value>, second: i64) -> Incoming {
    incoming("grid", json!({ "events": events }).to_string(), second)
}

fn check(path: &Path) -> Verified {
    Store::verify(path, catalog(), Policy::default(), &mut |_, _| ()).unwrap()
}

#[test]
fn a_delivery_may_have_two_events_of_one_asset() {
    let (_folder, path) = place();
    let store = open_own(&path);
    let events = vec![
        json!({"kind": "make", "event": "1", "clip": "a", "at": "2026-01-01T00:00:00Z"}),
        json!({"kind": "make", "event": "2", "clip": "b", "at": "2026-01-01T00:00:00Z"}),
        json!({"kind": "ready", "event": "3", "clip": "a", "at": "2026-01-01T00:00:01Z"}),
        json!({"kind": "odd", "event": "4", "clip": "a", "at": "2026-01-01T00:00:02Z"}),
        json!({"clip": "a"}),
    ];
    assert!(!deliver(&store, batch(events.clone(), 1)).quarantined);
    let of = |store: &Store| -> Vec<(u64, Option<u32>, String)> {
        let timeline = store.timeline("grid/clip", "a").unwrap().into_iter();
        timeline.map(|entry| (entry.delivery, entry.item, entry.event)).collect()
    };
    let expected = [(1, Some(1), "make"), (1, Some(3), "ready"), (1, Some(4), "odd")];
    assert_eq!(of(&store), expected.map(|(at, item, kind)| (at, item, kind.to_owned())));
    let found = store.findings(&Default::default(), None, 10).unwrap().items;
    let found: Vec<_> =
        found.iter().map(|found| (&*found.code, found.delivery, found.item)).collect();
    assert!(found.contains(&("L203", Some(1), Some(4))), "{found:?}");
    assert!(found.contains(&("P102", Some(1), Some(5))), "{found:?}");
    // The same again, and one item of it by itself: copies, told apart from each other.
    deliver(&store, batch(events, 2));
    deliver(
        &store,
        batch(
            vec![json!({"kind": "ready", "event": "3", "clip": "a", "at": "2026-01-01T00:00:05Z"})],
            3,
        ),
    );
    assert_eq!(of(&store).len(), 7);
    assert_eq!(lines(&store), folded_by(catalog(), &exported(&path)).0);
    drop(store);
    assert_eq!(check(&path).damage, vec![]);
    let store = open_own(&path);
    assert_eq!(of(&store).len(), 7);
}

/// What definitions name goes with the delivery wherever it goes, and nothing else does.
#[test]
fn headers_and_queries_are_kept_exported_and_imported() {
    let (folder, path) = place();
    let store = open_own(&path);
    let mut sent = incoming("grid", r#"{"clip":"a","event":"1"}"#, 1);
    sent.headers = [("X-Kind", "make")].into_iter().collect();
    sent.query = Some("tenant=t%2F1".to_owned());
    deliver(&store, sent);
    assert!(lines(&store)[0].contains(r#""id":"t~11/a","state":"made""#), "{:?}", lines(&store));
    let file = exported(&path);
    let line: Value = serde_json::from_slice(&file).unwrap();
    assert_eq!(
        (&line["headers"], &line["query"]),
        (&json!({"x-kind": "make"}), &json!("tenant=t%2F1"))
    );
    let other = folder.path().join("other.db");
    let imported = open_own(&other);
    // What a record of somebody else has besides is not kept.
    let more = r#"{"provider":"grid","received_at":"2026-01-01T00:00:00Z","headers":{"X-KIND":["make","drop"],"Authorization":"Bearer s3cret","X-Other":"1"},"query":"tenant=u&token=s3cret","body":{"clip":"b"}}"#;
    let both = [&file[..], more.as_bytes()].concat();
    assert_eq!(imported.import(&*both, None).unwrap().deliveries, 2);
    assert_eq!(imported.import(&*file, None).unwrap().known, 1);
    let again = exported(&other);
    assert!(again.starts_with(&file));
    let text = String::from_utf8_lossy(&again);
    assert!(text.contains(r#""headers":{"x-kind":"make"},"query":"tenant=u","#), "{text}");
    assert!(!text.contains("s3cret") && !text.contains("Other"), "{text}");
    drop(imported);
    assert_eq!(check(&other).damage, vec![]);
    // Damage to them is told.
    drop(store);
    let database = rusqlite::Connection::open(&path).unwrap();
    database.execute("UPDATE deliveries SET headers = '{\"x-kind\":\"drop\"}'", []).unwrap();
    drop(database);
    assert_eq!(check(&path).damaged, 1);
}

#[test]
fn an_asset_that_is_old_goes_with_all_its_items() {
    let (_folder, path) = place();
    let store = open_own(&path);
    let event = |kind, clip| json!({"kind": kind, "event": format!("{kind}{clip}"), "clip": clip});
    deliver(&store, batch(vec![event("make", "a"), event("ready", "a"), event("make", "b")], 1));
    let database = rusqlite::Connection::open(&path).unwrap();
    let count =
        || database.query_row("SELECT events FROM deliveries", [], |row| row.get::<_, i64>(0));
    assert_eq!(count(), Ok(3));
    assert!(store.erase("grid/clip", "a").unwrap());
    assert_eq!(count(), Ok(1));
}

fn event() -> impl Strategy<Value = Value> {
    let kind =
        select(vec![Some("make"), Some("ready"), Some("size"), Some("drop"), Some("odd"), None]);
    let clip = select(vec![Some("a"), Some("b"), None]);
    let at = prop_oneof![3 => (0..4_u8).prop_map(Some), 1 => Just(None)];
    let number = prop_oneof![1 => Just(None), 1 => (0..4_u8).prop_map(Some)];
    (kind, clip, at, number, 0..6_u8, any::<bool>()).prop_map(
        |(kind, clip, at, number, id, large)| {
            let mut event =
                json!({"event": id.to_string(), "size": if large { "large" } else { "small" }});
            kind.into_iter().for_each(|kind| event["kind"] = kind.into());
            clip.into_iter().for_each(|clip| event["clip"] = clip.into());
            at.into_iter().for_each(|at| event["at"] = format!("2026-01-01T00:00:0{at}Z").into());
            number.into_iter().for_each(|number| event["number"] = number.into());
            event
        },
    )
}

fn deliveries() -> impl Strategy<Value = Vec<Incoming>> {
    let header = select(vec![None, Some("make"), Some("drop"), Some("\u{e9} \"")]);
    let query = select(vec![None, Some("tenant=t"), Some("tenant=a%2Fb+c")]);
    let one = (vec(event(), 0..6), any::<bool>(), header, query, 0..50_i64);
    vec(one, 1..25).prop_map(|all| {
        let all = all.into_iter().map(|(events, alone, header, query, second)| {
            let mut incoming = match (alone, events.first()) {
                (true, Some(event)) => incoming("grid", event.to_string(), second),
                _ => batch(events, second),
            };
            incoming.headers = header.map(|kind| ("x-kind", kind)).into_iter().collect();
            incoming.query = query.map(str::to_owned);
            incoming
        });
        all.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// The store is what a fold of its export is, whatever batches, headers and queries there are; so it is after it was
    /// opened again, judged anew and imported into another.
    #[test]
    fn the_store_is_a_fold_of_its_export(deliveries in deliveries()) {
        let (folder, path) = place();
        let store = open_own(&path);
        let pending: Vec<_> = deliveries.into_iter().map(|one| store.submit(one).unwrap()).collect();
        pending.into_iter().for_each(|pending| { pending.wait().unwrap(); });
        let file = exported(&path);
        let (expected, findings) = folded_by(catalog(), &file);
        prop_assert_eq!(&lines(&store), &expected);
        prop_assert_eq!(stored_findings(&store), findings);
        let before = stored_findings(&store);
        drop(store);
        prop_assert_eq!(check(&path).damage, vec![]);
        let rebuilt = Store::rebuild(&path, catalog().clone(), Policy::Keep, moment(99), false).unwrap();
        prop_assert_eq!(rebuilt.restated, vec![]);
        prop_assert_eq!(check(&path).damage, vec![]);
        let store = open_own(&path);
        prop_assert_eq!(&lines(&store), &expected);
        prop_assert_eq!(stored_findings(&store), before);
        let other = folder.path().join("other.db");
        let imported = open_own(&other);
        imported.import(&*file, None).unwrap();
        prop_assert_eq!(&lines(&imported), &expected);
        prop_assert_eq!(exported(&other), file);
    }
}
