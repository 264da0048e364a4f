//! Cloudflare Stream: what goes wrong in its real streams, and what is made of it.

use mediafold::Verdict;
use serde_json::json;

use super::{folded, one};

fn video(state: &str, percent: &str, second: u32) -> String {
    json!({
        "uid": "v1", "readyToStream": true, "status": { "state": state, "pctComplete": percent },
        "modified": format!("2026-03-02T09:00:{second:02}.512068Z"),
    })
    .to_string()
}

/// `ready` comes first of all, and early, by time if not by arrival; a copy is told by its time.
#[test]
fn ready_with_39_percent_is_ready() {
    let (early, whole) = (video("ready", "39.000000", 1), video("ready", "100.000000", 9));
    let (shown, verdicts) = folded(&[one(&whole), one(&early), one(&whole)]);
    assert_eq!(verdicts, [Verdict::Moved, Verdict::Moved, Verdict::Duplicate]);
    assert_eq!(
        (&shown["state"], &shown["data"]["percent"]),
        (&json!("ready"), &json!("100.000000"))
    );
    assert_eq!(shown["findings"]["warning"], 0, "{shown}");
    let (shown, verdicts) = folded(&[one(&whole), one(&video("inprogress", "12", 5))]);
    assert_eq!((&shown["state"], verdicts[0]), (&json!("ready"), Verdict::Moved));
    assert_eq!(shown["findings"]["error"], 0, "{shown}");
}

/// Notifications of a flapping encoder, the wrong way round and within a microsecond.
#[test]
fn a_flapping_encoder_is_put_in_order() {
    let event = |what: &str, nanos: u32| {
        let at = format!("2026-03-02T09:00:01.{nanos:09}Z");
        let kind = format!("live_input.{what}");
        one(&json!({"data": {"input_id": "i1", "event_type": kind, "updated_at": at}}).to_string())
    };
    let events = [
        event("connected", 100),
        event("connected", 855_717_912),
        event("disconnected", 855_717_910),
    ];
    let (shown, _) = folded(&events);
    assert_eq!(shown["state"], "connected");
    assert_eq!(shown["findings"]["warning"], 0, "{shown}");
}
