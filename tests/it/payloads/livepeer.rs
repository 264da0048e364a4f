//! Livepeer Studio: what goes wrong in its real streams, and what is made of it.

use mediafold::Verdict;
#[cfg(feature = "signature")]
use mediafold::{Catalog, Timestamp, signature::Request};
use serde_json::{Value, json};

use super::{folded, merged, one};

/// An event at so many milliseconds, with this in its payload.
fn event(kind: &str, number: u32, ms: u32, payload: &Value) -> Value {
    json!({
        "id": format!("e{number}"), "webhookId": "w1", "createdAt": 1_772_442_000_000_u64 + u64::from(ms),
        "timestamp": 1_772_442_000_212_u64 + u64::from(ms), "event": kind, "payload": payload,
    })
}

fn asset(kind: &str, number: u32, ms: u32, phase: &str) -> String {
    let snapshot = json!({ "id": "a1", "playbackId": "p1", "status": { "phase": phase } });
    event(kind, number, ms, &json!({ "asset": { "id": "a1", "snapshot": snapshot } })).to_string()
}

fn task(kind: &str, number: u32, ms: u32, phase: &str) -> String {
    let snapshot = json!({ "id": "t1", "outputAssetId": "a1", "status": { "phase": phase } });
    event(kind, number, ms, &json!({ "task": { "id": "t1", "snapshot": snapshot } })).to_string()
}

fn stream(kind: &str, number: u32, ms: u32, is_active: bool) -> String {
    let stream = json!({ "id": "s1", "playbackId": "p1", "isActive": is_active });
    let payload = json!({ "session": { "id": "r1", "parentId": "s1" } });
    merged(event(kind, number, ms, &payload), &json!({ "stream": stream }))
}

/// `updated` says that an asset is ready before `ready` does, in one millisecond and in whatever order they come.
#[test]
fn an_update_is_ready_before_ready_is_said() {
    let created = one(&asset("asset.created", 1, 0, "uploading"));
    let working = one(&asset("asset.updated", 2, 900, "processing"));
    let updated = one(&asset("asset.updated", 3, 5000, "ready"));
    let ready = one(&asset("asset.ready", 4, 5000, "ready"));
    for last in [[updated.clone(), ready.clone()], [ready, updated]] {
        let (shown, _) = folded(&[&[created.clone(), working.clone()], &last[..]].concat());
        assert_eq!(shown["state"], "ready");
        assert_eq!(shown["findings"], json!({ "error": 0, "warning": 0, "info": 0 }), "{shown}");
        assert_eq!(shown["data"]["playback_id"], "p1");
    }
}

/// A deletion shows the asset as it was; its task may have it updated once more. Only what is newer brings it back.
#[test]
fn a_deleted_asset_comes_back_when_it_is_restored() {
    let mut events = vec![
        one(&asset("asset.created", 1, 0, "waiting")),
        one(&asset("asset.ready", 2, 5000, "ready")),
        one(&asset("asset.deleted", 3, 9000, "ready")),
        one(&asset("asset.updated", 4, 9500, "deleting")),
        one(&asset("asset.updated", 5, 4999, "ready")),
    ];
    let (shown, _) = folded(&events);
    assert_eq!((&shown["state"], &shown["late"]), (&json!("deleted"), &json!(1)));
    events.push(one(&asset("asset.updated", 6, 20_000, "ready")));
    events.push(one(&asset("asset.ready", 7, 20_000, "ready")));
    let (shown, verdicts) = folded(&events);
    assert_eq!((&shown["state"], verdicts[5]), (&json!("ready"), Verdict::Moved));
    assert_eq!(shown["findings"]["error"], 0, "{shown}");
    assert_eq!(shown["findings"]["warning"], 0, "{shown}");
}

/// Each attempt has another time, another stream as it is by now, and may be another webhook's: still the same event.
#[test]
fn attempts_differ_and_are_copies() {
    let first = stream("stream.idle", 1, 0, false);
    let mut again: Value = serde_json::from_str(&first).unwrap();
    again["timestamp"] = json!(1_772_442_005_212_u64);
    again["stream"]["isActive"] = json!(true);
    again["webhookId"] = json!("w2");
    let (shown, verdicts) = folded(&[one(&first), one(&again.to_string())]);
    assert_eq!(verdicts[1], Verdict::Duplicate);
    assert_eq!((&shown["state"], &shown["duplicates"]), (&json!("idle"), &json!(1)));
    assert_eq!(shown["findings"]["error"], 0, "{shown}");
}

/// A task says twice that it is done, and its failures are told only when the last try is used up.
#[test]
fn a_task_is_tried_again_without_a_failure() {
    let events = [
        one(&task("task.spawned", 1, 0, "pending")),
        one(&task("task.updated", 2, 4, "waiting")),
        one(&task("task.updated", 3, 900, "running")),
        one(&task("task.updated", 4, 2000, "waiting")),
        one(&task("task.updated", 5, 3000, "running")),
        one(&task("task.completed", 6, 7000, "completed")),
        one(&task("task.updated", 7, 7000, "completed")),
    ];
    let (shown, _) = folded(&events);
    assert_eq!((&shown["state"], &shown["parent"]["id"]), (&json!("completed"), &json!("a1")));
    assert_eq!(shown["findings"], json!({ "error": 0, "warning": 0, "info": 0 }), "{shown}");
}

/// The stream is as it was when the event was sent on: no word of it counts. Recordings are told by another service.
#[test]
fn a_stream_is_on_air_by_its_events() {
    let events = [
        one(&stream("recording.started", 1, 0, false)),
        one(&stream("stream.started", 2, 20, false)),
        one(&stream("stream.started", 3, 60_000, true)),
        one(&stream("stream.idle", 4, 90_000, true)),
        one(&stream("recording.waiting", 5, 90_004, true)),
        one(&stream("stream.started", 6, 120_000, false)),
    ];
    let (shown, verdicts) = folded(&events);
    assert_eq!((&shown["state"], &shown["flags"]), (&json!("active"), &json!([])));
    assert_eq!(verdicts[2], Verdict::Stayed);
    let expected = json!({ "error": 0, "warning": 0, "info": 1 });
    assert_eq!(shown["findings"], expected, "first seen with its recording: {shown}");
}

/// What Livepeer's own code (`sign` and `signatureHeaders` at 670a0a66) puts into the header, run by Node.
#[cfg(feature = "signature")]
#[test]
fn the_definition_signs_as_livepeer_does() {
    let livepeer = Catalog::builtin().provider("livepeer").unwrap();
    let body = br#"{"id":"e1","timestamp":1772442000212,"event":"asset.ready"}"#;
    let time: Timestamp = "2026-03-02T09:00:00.212Z".parse().unwrap();
    let signed = livepeer.scheme().sign("glass-secret", &Request::new("", body, "", time)).unwrap();
    let value =
        "t=1772442000212,v1=2ae12fbc00738b81d37ddb8707cd6334a96d5c4ad06a745604c002f854a1f165";
    assert_eq!(signed, [("Livepeer-Signature".to_owned(), value.to_owned())]);
}
