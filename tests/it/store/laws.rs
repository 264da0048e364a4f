//! The law: what a store says of its assets is what a fold of its deliveries says, whatever came when.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use mediafold::{
    Catalog,
    store::{Incoming, Store, StoreOptions},
};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::json;

use super::{
    deliver, exported, folded, incoming, lines, moment, open, place, stored_findings, verified,
};

/// A provider, and the body of a delivery from it.
type Sent = (&'static str, Vec<u8>);

fn fastpix() -> impl Strategy<Value = Sent> {
    let kinds: Vec<&'static str> = Catalog::builtin()
        .lifecycles()
        .filter(|lifecycle| lifecycle.provider() == "fastpix")
        .flat_map(|lifecycle| lifecycle.kinds().map(|(_, name)| name))
        .collect();
    let often = vec![
        "video.media.created",
        "video.media.ready",
        "video.media.failed",
        "video.live_stream.active",
        "video.live_stream.disconnected",
        "video.live_stream.recording",
        "video.live_stream.idle",
        "video.media.track.created",
        "video.media.track.ready",
        "video.media.nobody.knows",
    ];
    let words = vec!["Ready", "preparing", "failed", "idle", "none of these"];
    let times = (0..12_i64, 0..2_i64);
    (prop_oneof![3 => select(often), 1 => select(kinds)], 0..2_u8, times, 0..14_u8, select(words), 0..3_u8)
        .prop_map(|(kind, asset, (second, nanos), event, word, value)| {
            let time = match second {
                10 => json!(null),
                11 => json!("soon"),
                _ => json!(mediafold::Timestamp::from_nanos(moment(second).as_nanos() + nanos).to_string()),
            };
            let links = json!([{"id": value, "policy": word}, {"id": value % 2, "policy": word}]);
            let body = json!({
                "type": kind, "id": if event < 12 { json!(format!("e{event}")) } else { json!(null) },
                "createdAt": time, "object": {"id": format!("o{asset}")},
                "data": {"id": format!("d{asset}"), "status": word, "title": format!("t\u{1F4FC}{value}"),
                    "trackId": format!("t{value}"), "playbackIds": links, "streamId": format!("p{value}")},
                "attempts": [{"at": event}],
            });
            ("fastpix", body.to_string().into_bytes())
        })
}

fn vms() -> impl Strategy<Value = Sent> {
    let statuses =
        vec!["CREATED", "QUEUE", "ENCODE", "ERROR", "PACKAGE", "READY", "FAILED", "NOTHING"];
    (select(statuses), 0..2_u8, 0..3_u8).prop_map(|(status, id, percentage)| {
        let body = json!({"UniqueId": format!("u{id}"), "ContentStatus": status, "Percentage": percentage});
        ("vms", body.to_string().into_bytes())
    })
}

fn twilio() -> impl Strategy<Value = Sent> {
    let events = vec!["media-processor-started", "media-processor-ended", "media-processor-failed"];
    (select(events), 0..2_u8, 0..6_u8).prop_map(|(event, sid, second)| {
        let body = format!("StatusCallbackEvent={event}&MediaProcessorSid=ZX{sid}&Timestamp=2026-02-01T00%3A00%3A0{second}Z&A+b=%C3%A9");
        ("twilio", body.into_bytes())
    })
}

fn junk() -> impl Strategy<Value = Sent> {
    let record = r#"{"provider":"vms","received_at":"2026-02-01T00:00:00Z","body":{"ContentId":1,"ContentStatus":"READY"}}"#;
    let junk: Vec<&'static [u8]> = vec![
        b"",
        b"{",
        b"null",
        b"\xff\xfe{}",
        b"{\"type\":\"video.media.deleted\",\"id\":\"x\",\"createdAt\":\"2026-02-01T00:00:00Z\"}",
        b"\xef\xbb\xbf {\"ContentStatus\":\"READY\",\"UniqueId\":\"u0\"}\n",
        b"a=b\nc",
        record.as_bytes(),
        b"{\"type\":7}",
    ];
    let providers = vec!["fastpix", "vms", "twilio", "nobody"];
    (select(providers), select(junk)).prop_map(|(provider, body)| (provider, body.to_vec()))
}

/// A body that is not UTF-8, as a rule: of a good one with other bytes in it, or bytes at random.
fn no_text() -> impl Strategy<Value = Sent> {
    let bytes = vec(prop_oneof![any::<u8>(), 0x80..0xff_u8], 1..9);
    let spoilt = (fastpix(), bytes.clone(), any::<prop::sample::Index>());
    prop_oneof![
        spoilt.prop_map(|((provider, mut body), bytes, at)| {
            let at = at.index(body.len());
            body.splice(at..at, bytes);
            (provider, body)
        }),
        (select(vec!["fastpix", "vms", "twilio", "nobody"]), bytes),
    ]
}

/// Deliveries about few assets, at few moments, with few ids; some are copies, some contradict, some are nothing.
fn deliveries() -> impl Strategy<Value = Vec<Incoming>> {
    let one = prop_oneof![8 => fastpix(), 3 => vms(), 2 => twilio(), 1 => junk(), 1 => no_text()];
    // The clock goes back now and then, and once it is broken.
    let clock = prop_oneof![20 => 0..4000_i64, 1 => Just(-1_790_000_001_i64)];
    vec((one, clock), 1..60).prop_map(|all| {
        let all = all.into_iter();
        all.map(|((provider, body), second)| incoming(provider, body, second)).collect()
    })
}

/// Checks a store against a fold of its export, and the tables against each other.
fn holds(store: &Store, path: &std::path::Path) -> Result<(), TestCaseError> {
    let (expected, findings) = folded(&exported(path));
    let lines = lines(store);
    prop_assert_eq!(&lines, &expected);
    let stored = stored_findings(store);
    for (stored, expected) in stored.iter().zip(&findings) {
        prop_assert_eq!(stored, expected);
    }
    prop_assert_eq!(stored.len(), findings.len());
    let (mut states, mut population) = (BTreeMap::new(), HashMap::new());
    let mut keys = Vec::new();
    for line in &lines {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        keys.push((text("entity"), text("id")));
        states.insert((text("entity"), text("id")), text("state"));
        *population.entry((text("entity"), text("state"))).or_insert(0_u64) += 1;
    }
    let counted = store.population().unwrap().into_iter();
    let counted: HashMap<_, _> =
        counted.map(|(entity, state, count)| ((entity, state), count)).collect();
    prop_assert_eq!(counted, population);
    // The changes of each asset are a chain without a gap, from `new` to where it is.
    let mut chains: HashMap<(String, String), String> = HashMap::new();
    for (seq, change) in (1..).zip(store.changes(0, usize::MAX >> 1).unwrap()) {
        prop_assert_eq!(change.seq, seq);
        prop_assert_ne!(&change.from, &change.to);
        let before = chains.insert((change.entity, change.id), change.to);
        prop_assert_eq!(before.unwrap_or_else(|| "new".to_owned()), change.from);
    }
    for (key, state) in states {
        prop_assert_eq!(chains.get(&key).map_or("new", String::as_str), state);
    }
    // What is written of each event is what a fold of its asset says now.
    for (entity, id) in keys {
        timeline_is_true(store, path, &entity, &id)?;
    }
    Ok(())
}

fn timeline_is_true(
    store: &Store,
    path: &std::path::Path,
    entity: &str,
    id: &str,
) -> Result<(), TestCaseError> {
    let database = rusqlite::Connection::open(path).unwrap();
    let sql =
        "SELECT delivery, verdict, state_before, state_after FROM events JOIN assets USING (asset)
               WHERE entity = ? AND id = ? ORDER BY delivery";
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([entity, id], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get(3)?))
    });
    let rows: Vec<(i64, String, Option<String>, Option<String>)> =
        rows.unwrap().map(Result::unwrap).collect();
    let asset = store.history(entity, id).unwrap().unwrap();
    let counts: Vec<i64> = asset.history().map(|entry| entry.event.delivery as i64).collect();
    for (delivery, verdict, before, after) in rows.iter().filter(|row| !counts.contains(&row.0)) {
        prop_assert_eq!(
            (verdict.as_str(), before, after),
            ("Duplicate", &None, &None),
            "{}",
            delivery
        );
    }
    let mut entries = store.timeline(entity, id).unwrap();
    entries.sort_by_key(|entry| entry.delivery);
    let entries: Vec<_> = entries
        .into_iter()
        .map(|entry| {
            (entry.delivery as i64, entry.verdict.name().to_owned(), entry.before, entry.after)
        })
        .collect();
    prop_assert_eq!(rows, entries);
    Ok(())
}

proptest! {
    #![proptest_config(crate::laws::config(24))]

    #[test]
    fn a_store_says_what_a_fold_of_its_deliveries_says(
        deliveries in deliveries(),
        kept in select(vec![0_usize, 20_000, 64 << 20]),
        seed in vec((0..4_u8, 0..10_u8), 60),
    ) {
        let (_folder, path) = place();
        let options = || {
            let mut options = StoreOptions::default();
            options.assets_bytes = kept;
            options
        };
        let reopened = || Store::open(&path, Catalog::builtin().clone(), options()).unwrap();
        let mut store = reopened();
        let mut pending = Vec::new();
        for (delivery, (copies, action)) in deliveries.iter().zip(seed) {
            // A delivery now and then comes several times.
            for _ in 0..=u8::from(copies == 0) {
                pending.push(store.submit(delivery.clone()).unwrap());
            }
            if action < 5 {
                for pending in pending.drain(..) {
                    pending.wait().unwrap();
                }
            }
            if action == 0 {
                drop(store);
                store = reopened();
            }
            if action == 1 {
                holds(&store, &path)?;
            }
        }
        for pending in pending {
            pending.wait().unwrap();
        }
        holds(&store, &path)?;
        drop(store);
        holds(&reopened(), &path)?;
        let verified = verified(&path);
        prop_assert_eq!(verified.damage, vec![]);
        prop_assert_eq!(verified.undigested, 0);
    }
}

proptest! {
    #![proptest_config(crate::laws::config(24))]

    /// An export that is imported twice, or into the store that it is of, is there once.
    #[test]
    fn an_import_again_changes_nothing(deliveries in deliveries(), cut in any::<prop::sample::Index>()) {
        let (_folder, path) = place();
        let store = open(&path);
        for delivery in &deliveries {
            deliver(&store, delivery.clone());
        }
        let out = exported(&path);
        let count = deliveries.len() as u64;
        let own = store.import(&*out, None).unwrap();
        prop_assert_eq!((own.deliveries, own.known, own.refused), (0, count, 0));
        prop_assert_eq!(verified(&path).damage, vec![]);
        // First a part of it, then all twice in one file.
        let (_other_folder, other_path) = place();
        let other = open(&other_path);
        let ends: Vec<usize> = (1..=out.len()).filter(|end| out[end - 1] == b'\n').collect();
        let part = cut.index(ends.len());
        other.import(&out[..ends[part]], None).unwrap();
        let twice = other.import(&*[&*out, &*out].concat(), None).unwrap();
        let new = count - part as u64 - 1;
        prop_assert_eq!((twice.deliveries, twice.known), (new, 2 * count - new));
        prop_assert_eq!(lines(&other), lines(&store));
        prop_assert!(exported(&other_path) == out, "origins are kept");
        prop_assert_eq!(verified(&other_path).damage, vec![]);
        let back = store.import(&*exported(&other_path), None).unwrap();
        prop_assert_eq!((back.deliveries, back.known), (0, count));
        prop_assert!(exported(&path) == out);
    }
}

/// A file of records that is taken in gives the same assets, and goes out as it came.
#[test]
fn what_goes_out_comes_in_the_same() {
    let (_folder, path) = place();
    let store = open(&path);
    let traffic = std::fs::read("tests/data/webhooks/fastpix.jsonl").unwrap();
    let imported = store.import(&*traffic, Some("fastpix")).unwrap();
    assert!(imported.deliveries > 20 && imported.quarantined == 0, "{imported:?}");
    assert_eq!(imported.refused, 1, "the file has one line that is cut");
    deliver(&store, incoming("vms", b"\xff not text".to_vec(), 1));
    let out = exported(&path);
    let (_other_folder, other_path) = place();
    let other = open(&other_path);
    let again = other.import(&*out, None).unwrap();
    assert_eq!((again.deliveries, again.quarantined), (imported.deliveries + 1, 1));
    assert_eq!(lines(&other), lines(&store));
    assert_eq!(exported(&other_path), out);
}

/// An event of one media that has many: at some moment, with one of few titles.
fn one_of_many(number: u64, second: i64) -> Incoming {
    let kinds =
        ["updated", "ready", "failed", "created", "subtitle.generated.ready", "nobody.knows"];
    let body = json!({
        "type": format!("video.media.{}", kinds[(number * 7 % 11 % 6) as usize]),
        "id": format!("e{}", if number % 17 == 3 { number / 2 } else { number }),
        "createdAt": moment(second).to_string(), "object": {"id": "m"},
        "data": {"id": "m", "status": "Ready", "title": format!("t{}", number % 5),
            "playbackIds": [{"id": number % 3, "policy": number % 2}]},
    });
    incoming("fastpix", body.to_string(), second)
}

/// What is known is kept every 64 events: late events, copies and conflicts go back behind such places.
#[test]
fn a_long_history_in_any_order_is_followed() {
    let (_folder, path) = place();
    let store = open(&path);
    for number in 0..600_u64 {
        // Mostly near the end, now and then far back.
        let back = if number % 9 == 0 { number * 13 % (number + 1) } else { number * 5 % 7 };
        deliver(&store, one_of_many(number, (number - back.min(number)) as i64));
        if number % 60 == 59 {
            assert_eq!(lines(&store), folded(&exported(&path)).0, "after {number}");
            assert_eq!(stored_findings(&store), folded(&exported(&path)).1, "after {number}");
        }
    }
    timeline_is_true(&store, &path, "fastpix/media", "m").unwrap();
}

/// More events than are kept one by one: the oldest are condensed, as a fold does it.
#[test]
fn a_history_that_is_condensed_is_what_a_fold_makes_of_it() {
    let (_folder, path) = place();
    let store = open(&path);
    // One of seventeen is a copy.
    let count = mediafold::fold::HISTORY_MAX as u64 * 17 / 16 + 300;
    let mut pending = std::collections::VecDeque::new();
    for number in 0..count {
        let back = if number % 50 == 49 { 40 } else { 0 };
        pending.push_back(store.submit(one_of_many(number, number as i64 - back)).unwrap());
        if pending.len() > 200 {
            pending.pop_front().unwrap().wait().unwrap();
        }
    }
    for pending in pending {
        pending.wait().unwrap();
    }
    // One that is older than all that is kept.
    deliver(&store, one_of_many(count + 1, 5));
    let expected = folded(&exported(&path));
    assert_eq!(lines(&store), expected.0);
    let findings = stored_findings(&store);
    assert_eq!(findings, expected.1);
    assert!(findings.iter().any(|said| said.starts_with("L305")), "something is condensed");
    // What is condensed stays told as it was judged.
    let timeline = store.timeline("fastpix/media", "m").unwrap();
    let condensed = timeline.iter().filter(|entry| entry.delivery <= 1_000);
    let verdicts: BTreeSet<&str> = condensed.map(|entry| entry.verdict.name()).collect();
    let all = ["Duplicate", "Gap", "Illegal", "Moved", "Stayed", "Unknown"];
    assert_eq!(verdicts, BTreeSet::from(all));
    drop(store);
    let store = open(&path);
    deliver(&store, one_of_many(count + 2, count as i64));
    assert_eq!(lines(&store), folded(&exported(&path)).0);
}
