//! Twilio Video: what goes wrong in its real streams, and what is made of it.

use mediafold::Verdict;
use serde_json::json;

use super::{folded, one, read};

/// A callback about room `RM1`, this many milliseconds into it.
fn callback(kind: &str, millis: u32, more: &str) -> String {
    let (second, milli) = (millis / 1000, millis % 1000);
    format!(
        "AccountSid=AC1&RoomSid=RM1&RoomName=Glass+%26+kiln&StatusCallbackEvent={kind}\
         &Timestamp=2026-03-02T09%3A00%3A{second:02}.{milli:03}Z{more}"
    )
}

/// Whoever ends a room throws everybody out: that comes after, whatever the sequence numbers say.
#[test]
fn people_leave_a_room_that_has_ended() {
    let bodies = [
        callback("room-created", 0, "&SequenceNumber=0"),
        callback("room-ended", 20_090, "&RoomStatus=completed&SequenceNumber=7"),
        callback("participant-disconnected", 20_233, "&RoomStatus=in-progress&SequenceNumber=2"),
        callback("track-removed", 20_117, "&RoomStatus=in-progress&SequenceNumber=9"),
        callback("participant-connected", 3_500, "&RoomStatus=in-progress&SequenceNumber=8"),
    ];
    let (shown, verdicts) = folded(&bodies.map(|body| one(&body)));
    assert_eq!(
        (&shown["state"], &shown["data"]["name"]),
        (&json!("completed"), &json!("Glass & kiln"))
    );
    assert_eq!(shown["findings"]["error"], 0, "{verdicts:?}");
    assert_eq!(shown["findings"]["warning"], 0, "{verdicts:?}");
}

/// What a recording has is its own, and the room is its parent.
#[test]
fn recordings_go_on_after_their_room() {
    let started = one(&callback("recording-started", 4_000, "&RecordingSid=RT1"));
    let completed = one(&callback("recording-completed", 27_000, "&RecordingSid=RT1&Duration=16"));
    assert_eq!(completed.event.parent.as_deref(), Some("RM1"));
    let (shown, verdicts) = folded(&[completed, started]);
    assert_eq!(verdicts, [Verdict::Gap, Verdict::Moved]);
    assert_eq!((&shown["state"], &shown["findings"]["info"]), (&json!("completed"), &json!(0)));
    for operation in ["RecordingStart", "RecordingUpload"] {
        let more = format!("&RecordingSid=RT2&FailedOperation={operation}");
        let (shown, verdicts) = folded(&[one(&callback("recording-failed", 5_000, &more))]);
        assert_eq!((&shown["state"], verdicts[0]), (&json!("failed"), Verdict::Moved));
    }
}

/// One that the API was asked for is heard of when it starts; a hook that fails has none to name.
#[test]
fn compositions_begin_in_two_ways() {
    let of = |kind: &str, millis| one(&callback(kind, millis, "&CompositionSid=CJ1"));
    let (shown, verdicts) = folded(&[
        of("composition-started", 1),
        of("composition-available", 9),
        of("composition-progress", 5),
    ]);
    assert_eq!(verdicts, [Verdict::Moved, Verdict::Moved, Verdict::Stayed]);
    assert_eq!((&shown["state"], &shown["findings"]["error"]), (&json!("available"), &json!(0)));
    let progress = [of("composition-enqueued", 1), of("composition-progress", 5)];
    let (shown, verdicts) = folded(&progress);
    assert_eq!((&shown["state"], verdicts[1]), (&json!("started"), Verdict::Gap));
    let failed = read(&callback("composition-hook-failed", 1, "&HookSid=HK1"));
    assert_eq!(failed.errors, []);
    let told: Vec<_> = failed.events.iter().map(|placed| placed.lifecycle.entity()).collect();
    assert_eq!(told, ["twilio/room"]);
}
