//! Laws of reading payloads: nothing panics, and how they are written and in which order they come says
//! nothing.

use std::{fmt::Write as _, fs, path::PathBuf};

use mediafold::{
    Asset, Catalog, Delivery, Policy, Reader, Verdict,
    bulk::{Bulk, Documents, Folded},
    step,
};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

use super::{config, printed, same, shuffled};

/// Everything that the command does with a stream, apart from printing.
fn bulk(bytes: &[u8]) -> Folded<'static> {
    let mut bulk = Bulk::new(Reader::new(Catalog::builtin())).with_findings();
    let mut documents = Documents::new(bytes);
    while let Some(document) = documents.next_document().expect("memory can be read") {
        match document.body {
            Ok(body) => bulk.deliver(&Delivery::new(body, document.line)),
            Err(error) => bulk.deliver_broken(&error, document.line),
        }
    }
    bulk.finish()
}

/// Everything that is printed of these deliveries, `late` and `duplicate` aside.
pub(super) fn folded(reader: Reader<'_>, policy: Policy, deliveries: &[String]) -> String {
    let mut bulk = Bulk::new(reader).with_policy(policy);
    for (line, body) in (1..).zip(deliveries) {
        bulk.deliver(&Delivery::new(body.as_bytes(), line));
    }
    let assets = bulk.finish().assets;
    assets.iter().map(|(lifecycle, asset)| printed(lifecycle, asset)).collect()
}

/// Values as payloads may have them, with everything in strings that may mislead.
pub(super) fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Short enough to be exact.
        any::<i32>().prop_map(|cents| Value::from(f64::from(cents) / 100.0)),
        "[a{}\\[\\]\",:\\\\\n\u{0}é😀 ]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            vec(("[a-c{\"]{1,3}", inner), 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Payloads of providers that send times, about few assets, at few moments, with few ids.
pub(super) fn payloads(provider: &'static str) -> impl Strategy<Value = String> {
    let lifecycles = Catalog::builtin().lifecycles().filter(|l| l.provider() == provider);
    let kinds = lifecycles.flat_map(|lifecycle| lifecycle.kinds().map(|(_, name)| name));
    let kinds: Vec<&'static str> = kinds.collect();
    // Often the same few, so that copies differ in little.
    let few = match provider {
        "twilio" => ["media-processor-started", "media-processor-ended"],
        _ => ["video.media.created", "video.media.ready"],
    };
    let kinds = prop_oneof![select(few.to_vec()), select(kinds)];
    let words = vec!["Ready", "Failed", "preparing", "Processing", "idle", "none of these"];
    let words = prop_oneof![Just("Ready"), select(words)];
    let drawn = (kinds, 0..2_u8, 0..8_u8, 0..9_u8, words, 0..2_u8, values());
    drawn.prop_map(move |(kind, asset, second, event, word, parent, value)| {
        let time = match second {
            5 => Value::Null,
            6 => Value::from("soon"),
            7 => Value::from(-1),
            _ => Value::from(format!("2025-04-07T09:30:0{second}Z")),
        };
        let payload = if provider == "twilio" {
            json!({
                "StatusCallbackEvent": kind, "Timestamp": time, "Duration": value,
                "MediaProcessorSid": format!("s{asset}"), "PlayerStreamerSid": format!("s{asset}"),
            })
        } else {
            let id = if event < 8 { Value::from(format!("e{event}")) } else { Value::Null };
            let links = json!([{"id": asset, "policy": word, "more": value}]);
            json!({
                "type": kind, "id": id, "createdAt": time, "object": {"id": format!("o{asset}")},
                "data": {
                    "id": format!("d{asset}"), "status": word, "title": value, "trackId": word,
                    "playbackIds": links, "streamId": format!("p{parent}"),
                },
            })
        };
        payload.to_string()
    })
}

/// The same, some of them recorded with the time at which they were received.
fn deliveries(provider: &'static str) -> impl Strategy<Value = Vec<String>> {
    let delivery = (payloads(provider), prop::option::weighted(0.4, 0..8_u8));
    let delivery = delivery.prop_map(|(body, received)| match received {
        None => body,
        Some(second) => {
            let time = format!("2025-04-07T09:30:0{second}.5Z");
            format!(r#"{{"received_at":"{time}","body":{body}}}"#)
        }
    });
    vec(delivery, 0..24)
}

/// All recorded payloads of the tests.
fn recorded() -> Vec<Vec<u8>> {
    let (mut open, mut found) = (vec![PathBuf::from("tests/data/payloads")], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => open.push(path),
                false => found.push((fs::read(&path).expect("a file"), path)),
            }
        }
    }
    found.sort_by(|(_, a), (_, b)| a.cmp(b));
    found.into_iter().map(|(bytes, _)| bytes).collect()
}

/// The same JSON with its members backwards, escapes wherever they can be, and space.
fn respelled(value: &Value) -> String {
    let text = |text: &str| {
        let mut spelled = String::from("\"");
        for unit in text.encode_utf16() {
            write!(spelled, "\\u{unit:04x}").expect("a string can be written to");
        }
        spelled + "\""
    };
    match value {
        Value::String(string) => text(string),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(respelled).collect();
            format!("[ {}\n]", items.join(" ,\t"))
        }
        Value::Object(members) => {
            let member =
                |(name, value): (&String, &Value)| format!("{} :{}", text(name), respelled(value));
            let members: Vec<String> = members.iter().rev().map(member).collect();
            format!("{{ {}\n}}", members.join(" ,\r\n"))
        }
        other => other.to_string(),
    }
}

/// As `export` writes a body that is not UTF-8.
pub(super) fn base64(bytes: &[u8]) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |group: &[u8]| {
        let mut three = [0; 3];
        three[..group.len()].copy_from_slice(group);
        let bits = three.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        let letter = move |at: usize| match at <= group.len() {
            true => char::from(letters[bits >> (18 - 6 * at) & 63]),
            false => '=',
        };
        (0..4).map(letter).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

const OPENERS: &[&str] = &["[", "{\"a\":", "[{\"body\":", "{\"provider\":null,\"body\":"];

proptest! {
    #![proptest_config(config(256))]

    /// Assets and findings do not depend on the order of deliveries either, with all that payloads say:
    /// data, status words, parents, ids that come twice with other bodies, times that cannot be used; and when they were
    /// received.
    #[test]
    fn any_order_of_deliveries_gives_the_same(
        deliveries in prop_oneof![deliveries("fastpix"), deliveries("twilio")],
        policy in prop_oneof![Just(Policy::Keep), Just(Policy::Follow)],
        seed in vec(any::<u16>(), 1..24),
    ) {
        let reader = Reader::new(Catalog::builtin());
        let one = folded(reader.clone(), policy, &deliveries);
        same(&one, &folded(reader, policy, &shuffled(&deliveries, &seed)))?;
    }

    /// Without data everything else is the same.
    #[test]
    fn leaving_data_unread_changes_no_state(deliveries in vec(payloads("fastpix"), 0..24)) {
        let fold = |reader: Reader<'static>| {
            let mut bulk = Bulk::new(reader);
            for (line, body) in (1..).zip(&deliveries) {
                bulk.deliver(&Delivery::new(body.as_bytes(), line));
            }
            let told = |(lifecycle, asset): &(&_, Asset)| {
                let told = (asset.snapshot(lifecycle, false), asset.findings(lifecycle));
                serde_json::to_string_pretty(&told).expect("JSON")
            };
            bulk.finish().assets.iter().map(told).collect::<String>()
        };
        let reader = Reader::new(Catalog::builtin());
        same(&fold(reader.clone()), &fold(reader.without_data()))?;
    }

    /// What an illegal event says of the asset is not believed.
    #[test]
    fn what_is_illegal_says_nothing(deliveries in vec(payloads("fastpix"), 0..24)) {
        let reader = Reader::new(Catalog::builtin());
        let media = Catalog::builtin().lifecycle("fastpix/media").expect("built in");
        let mut asset = Asset::new("o1");
        for (number, body) in (0..).zip(&deliveries) {
            for placed in reader.read(&Delivery::new(body.as_bytes(), 0)).events {
                if placed.lifecycle.entity() != media.entity() {
                    continue;
                }
                // Of one time each, so that none changes the order of others.
                let event = placed.event.at(super::at(number));
                let old = asset.clone();
                let before = old.snapshot(media, true);
                if step(media, &mut asset, &event).verdict == Verdict::Illegal {
                    let after = asset.snapshot(media, true);
                    prop_assert_eq!(after.data, before.data);
                    prop_assert_eq!((after.state, after.flags), (before.state, before.flags));
                }
            }
        }
    }

    /// How a payload is written says nothing: order of members, space, escapes, repeated names, a record
    /// around it; nor does how often it was sent.
    #[test]
    fn spelling_says_nothing(
        payload in prop_oneof![payloads("fastpix"), payloads("twilio")],
        more in values(),
    ) {
        let mut payload: Value = serde_json::from_str(&payload).expect("JSON");
        payload["more"] = more;
        let reader = Reader::new(Catalog::builtin());
        let events = |body: String| {
            let reading = reader.read(&Delivery::new(body.as_bytes(), 0));
            let events = reading.events.iter().map(|placed| (&placed.asset, &placed.event));
            format!("{:#?} {:#?}", events.collect::<Vec<_>>(), reading.errors)
        };
        let plain = events(payload.to_string());
        same(&plain, &events(respelled(&payload)))?;
        same(&plain, &events(serde_json::to_string_pretty(&payload).expect("JSON")))?;
        let provider = if payload["type"].is_null() { "twilio" } else { "fastpix" };
        if provider == "fastpix" {
            payload["attempts"] = json!([{"status": 500}]);
            same(&plain, &events(payload.to_string()))?;
        }
        let record = json!({"provider": provider, "body": payload});
        same(&plain, &events(record.to_string()))?;
        let record = json!({"provider": provider, "body_base64": base64(payload.to_string().as_bytes())});
        same(&plain, &events(record.to_string()))?;
        same(&plain, &events(respelled(&record)))?;
        let record = json!({"provider": provider, "body": respelled(&payload)});
        same(&plain, &events(respelled(&record)))?;
    }

    /// No bytes make anything panic.
    #[test]
    fn random_bytes_are_read(
        bytes in prop_oneof![
            vec(any::<u8>(), 0..200),
            "[\\[\\]{}\",:\\\\ \n\ranu0-9=&%+.eE-]{0,200}".prop_map(String::into_bytes),
            (select(OPENERS), 0..400_usize)
                .prop_map(|(open, times)| open.repeat(times).into_bytes()),
        ],
    ) {
        bulk(&bytes);
        Reader::new(Catalog::builtin()).read(&Delivery::new(&bytes, 1));
    }

    /// Nor do real payloads with a few bytes changed, left out or repeated.
    #[test]
    fn mutated_payloads_are_read(
        payloads in vec(select(recorded()), 1..4),
        edits in vec((any::<prop::sample::Index>(), 0..4_u8, any::<u8>(), 0..40_usize), 0..6),
    ) {
        let mut bytes = payloads.join(&b'\n');
        for (at, edit, byte, len) in edits {
            let at = at.index(bytes.len() + 1);
            let end = (at + len).min(bytes.len());
            match edit {
                0 => bytes.insert(at, byte),
                1 => drop(bytes.drain(at..end)),
                2 => bytes.splice(at..at, bytes[at..end].to_vec()).for_each(drop),
                _ => bytes[at..end].iter_mut().take(1).for_each(|old| *old = byte),
            }
        }
        let folded = bulk(&bytes);
        for (lifecycle, asset) in &folded.assets {
            printed(lifecycle, asset);
        }
        for payload in &payloads {
            Reader::new(Catalog::builtin()).read(&Delivery::new(payload, 1));
        }
    }
}

/// However deep brackets nest, reading ends with an error and not with the stack.
#[test]
fn deep_nesting_is_refused() {
    for open in OPENERS {
        let body = open.repeat(100_000);
        let reading = Reader::new(Catalog::builtin()).read(&Delivery::new(body.as_bytes(), 1));
        assert_eq!((reading.events.len(), reading.errors.len()), (0, 1));
        assert!(bulk(body.as_bytes()).assets.is_empty());
    }
}

/// Of copies that conflict the same one counts whether data is read or not: else the parent would differ.
#[test]
fn without_data_the_same_copy_counts() {
    for number in 0..20 {
        let copy = |word: &str| {
            json!({
                "type": "video.media.created", "id": "e1", "createdAt": "2025-04-07T09:30:01Z",
                "object": {"id": "o1"}, "number": number, "data": {"title": word, "streamId": word},
            })
        };
        let parent = |reader: Reader<'_>| {
            let mut bulk = Bulk::new(reader);
            for body in [copy("a").to_string(), copy("b").to_string()] {
                bulk.deliver(&Delivery::new(body.as_bytes(), 1));
            }
            let folded = bulk.finish();
            let (media, asset) = &folded.assets[0];
            asset.snapshot(media, false).parent.map(|parent| parent.id.to_owned())
        };
        let reader = Reader::new(Catalog::builtin());
        assert_eq!(parent(reader.clone()), parent(reader.without_data()));
    }
}
