//! Wistia: what goes wrong in its real streams, and what is made of it.

use mediafold::Verdict;
#[cfg(feature = "signature")]
use mediafold::{Catalog, Timestamp, signature::Request};
use serde_json::{Value, json};

use super::{folded, one, read};

fn event(kind: &str, media: &str, number: u32, second: u32) -> Value {
    json!({
        "uuid": format!("e{number}"), "type": format!("media.{kind}"), "metadata": { "account_id": "g1" },
        "payload": { "media": { "id": media, "name": "Glass" } },
        "generated_at": format!("2026-03-02T09:00:{second:02}Z"),
    })
}

fn post(events: &[Value]) -> String {
    json!({ "hook": { "uuid": "h1" }, "events": events }).to_string()
}

/// One post, several events of several media; none is lost, and viewers are passed over.
#[test]
fn every_event_of_a_post_is_read() {
    let mut view = event("ready", "m1", 3, 5);
    view["type"] = json!("viewing_session.play");
    let body = post(&[event("created", "m1", 1, 0), event("created", "m2", 2, 0), view]);
    let reading = read(&body);
    assert_eq!((reading.provider, &reading.errors[..]), (Some("wistia"), &[][..]));
    let read: Vec<_> = reading.events.iter().map(|own| (&*own.asset, own.event.item)).collect();
    assert_eq!(read, [("m1", Some(1)), ("m2", Some(2))]);
    assert_eq!(reading.events[0].event.id.as_deref(), Some("e1"));
}

/// Posts overlap: an event that was in one may be in the next, and only its first counts.
#[test]
fn only_the_first_instance_matters() {
    let (created, ready) = (event("created", "m1", 1, 0), event("ready", "m1", 2, 9));
    let first = read(&post(std::slice::from_ref(&created))).events;
    let second = read(&post(&[ready, created])).events;
    let (shown, verdicts) = folded(&[first, second].concat());
    assert_eq!(verdicts, [Verdict::Moved, Verdict::Moved, Verdict::Duplicate]);
    assert_eq!((&shown["state"], &shown["duplicates"]), (&json!("ready"), &json!(1)));
}

/// Times are cut to the second: whatever came in one, and in whatever order, is put where it gives no finding.
#[test]
fn what_falls_into_one_second_is_put_in_order() {
    let one = |kind: &str, number| one(&post(&[event(kind, "m1", number, 5)]));
    let events = [one("updated", 1), one("ready", 2), one("processing", 3), one("created", 4)];
    let (shown, _) = folded(&events);
    assert_eq!((&shown["state"], &shown["data"]["name"]), (&json!("ready"), &json!("Glass")));
    assert_eq!(shown["findings"]["warning"], 0, "{shown}");
}

/// A file that is replaced is processed anew; what was deleted meanwhile stays so.
#[test]
fn a_replaced_file_is_a_way_back() {
    let one = |kind: &str, number, second| one(&post(&[event(kind, "m1", number, second)]));
    let mut events = vec![one("created", 1, 0), one("ready", 2, 9), one("processing", 3, 20)];
    let (shown, verdicts) = folded(&events);
    assert_eq!((&shown["state"], verdicts[2]), (&json!("processing"), Verdict::Moved));
    events.extend([one("deleted", 4, 30), one("ready", 5, 31)]);
    let (shown, verdicts) = folded(&events);
    assert_eq!((&shown["state"], verdicts[4]), (&json!("deleted"), Verdict::Illegal));
    assert_eq!(shown["findings"]["warning"], 0, "{shown}");
}

/// The hexadecimal digest of the body, as the page computes it in Ruby; this one by Python's `hmac`.
#[cfg(feature = "signature")]
#[test]
fn the_definition_signs_as_wistia_does() {
    let wistia = Catalog::builtin().provider("wistia").unwrap();
    let time = Timestamp::from_epoch(1_772_442_000).unwrap();
    let request = Request::new("", br#"{"hook":{"uuid":"h1"},"events":[]}"#, "", time);
    let signed = wistia.scheme().sign("glass-secret", &request).unwrap();
    let value = "b344a32f5d8c168bd7f791e7d1014253e3e8acf4f3f1f7e82f0b827b75701d0a";
    assert_eq!(signed, [("X-Wistia-Signature".to_owned(), value.to_owned())]);
}
