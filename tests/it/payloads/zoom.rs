//! Zoom: what goes wrong in its real streams, and what is made of it.

#[cfg(feature = "signature")]
use mediafold::{Catalog, Timestamp, signature::Request};
use mediafold::{Code, Finding, Verdict};
use serde_json::{Value, json};

use super::{folded, one, read};

/// An event of the meeting `m/1==`, this many seconds into it, with files of these ids.
fn event(kind: &str, second: i64, files: &[&str]) -> Value {
    let file = |id: &&str| json!({ "id": id, "file_type": "MP4" });
    let files: Vec<Value> = files.iter().map(file).collect();
    json!({
        "event": kind, "event_ts": 1_772_442_000_000_i64 + second * 1000, "download_token": kind,
        "payload": { "account_id": "a1", "object": {
            "uuid": "m/1==", "id": 84_215_590_371_i64, "topic": "Glass", "password": "hunter2",
            "recording_files": files,
        } },
    })
}

fn events<const N: usize>(
    all: [(&str, i64, &[&str]); N],
) -> Vec<mediafold::event::Placed<'static>> {
    all.iter().map(|(kind, second, files)| one(&event(kind, *second, files).to_string())).collect()
}

/// More files make no other recording; a retry is a copy, whatever its token says.
#[test]
fn completed_comes_again() {
    let mut deliveries = events([
        ("recording.started", 0, &[]),
        ("recording.completed", 90, &["f1"]),
        ("recording.completed", 99, &["f2"]),
    ]);
    let mut retried = event("recording.completed", 90, &["f1"]);
    retried["download_token"] = json!("another");
    deliveries.push(one(&retried.to_string()));
    let (shown, verdicts) = folded(&deliveries);
    assert_eq!(verdicts, [Verdict::Moved, Verdict::Moved, Verdict::Stayed, Verdict::Duplicate]);
    assert_eq!(shown["findings"]["error"], 0, "{shown}");
    assert_eq!(shown["data"]["files"].as_array().map(Vec::len), Some(2), "{shown}");
    assert!(!shown.to_string().contains("hunter2"), "{shown}");
}

/// The transcript comes when it comes, before or after the recording.
#[test]
fn a_transcript_is_a_flag() {
    for second in [10, 200] {
        let (shown, _) = folded(&events([
            ("recording.stopped", 5, &[]),
            ("recording.completed", 90, &["f1"]),
            ("recording.transcript_completed", second, &["t1"]),
        ]));
        assert_eq!(
            (&shown["state"], &shown["flags"]),
            (&json!("completed"), &json!(["transcript"]))
        );
        assert_eq!(shown["findings"]["error"], 0, "{shown}");
    }
}

/// What is trashed and deleted may be a part: the rest goes on.
#[test]
fn trash_is_per_file() {
    let (shown, verdicts) = folded(&events([
        ("recording.completed", 0, &["f1", "f2"]),
        ("recording.trashed", 10, &["f1"]),
        ("recording.deleted", 20, &["f1"]),
        ("recording.trashed", 30, &["f2"]),
        ("recording.recovered", 40, &["f2"]),
    ]));
    assert_eq!(verdicts, [Verdict::Moved; 5]);
    assert_eq!(shown["state"], "completed");
    let (_, verdicts) = folded(&events([
        ("recording.completed", 0, &["f1"]),
        ("recording.deleted", 20, &["f1"]),
        ("recording.completed", 30, &["f1"]),
    ]));
    assert_eq!(verdicts[2], Verdict::Illegal, "what is deleted is not made again");
}

/// Several meetings in one delivery are an event each; of texts, of which one is read, the others are told of.
#[test]
fn several_meetings_at_once() {
    let mut body = event("recording.batch_deleted", 0, &[]);
    body["payload"]["object"] =
        json!({ "meetings": [{ "meeting_uuid": "m/1==" }, { "meeting_uuid": "m/2==" }] });
    let reading = read(&body.to_string());
    let ids: Vec<&str> = reading.events.iter().map(|placed| &*placed.asset).collect();
    assert_eq!((ids, reading.errors.len()), (vec!["m/1==", "m/2=="], 0));
    let mut body = event("recording.batch_trashed", 0, &[]);
    body["payload"]["object"] = json!({ "meeting_uuids": ["m/1==", "m/2=="] });
    let reading = read(&body.to_string());
    assert_eq!((reading.events.len(), &*reading.events[0].asset), (1, "m/1=="));
    let codes = reading.errors.iter().map(|error| Finding::unreadable(error, 1).code);
    assert_eq!(codes.collect::<Vec<_>>(), [Code::PartOfAList]);
}

/// A value that Python's `hmac` computed.
#[cfg(feature = "signature")]
#[test]
fn the_definition_signs_as_zoom_does() {
    let zoom = Catalog::builtin().provider("zoom").unwrap();
    let time = Timestamp::from_epoch(1_767_225_600).unwrap();
    let request = Request::new("", br#"{"type":"video.asset.ready","id":"e1"}"#, "", time);
    let signed = zoom.scheme().sign("secret", &request).unwrap();
    let value = "v0=76d308f1193d1e091b56d1b26644d4e3715b01f4a026bfa3104b932eba2314ef";
    assert!(signed.contains(&("x-zm-signature".to_owned(), value.to_owned())), "{signed:?}");
    assert!(
        signed.contains(&("x-zm-request-timestamp".to_owned(), "1767225600".to_owned())),
        "{signed:?}"
    );
}
