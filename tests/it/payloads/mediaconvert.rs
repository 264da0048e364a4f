//! MediaConvert: what goes wrong in its real streams, and what is made of it.

use mediafold::Verdict;
use serde_json::{Value, json};

use super::{folded, one, read};

/// An event of the job `j1`, this many milliseconds into it.
fn event(status: &str, millis: i64) -> Value {
    json!({
        "id": format!("{status}-{millis}"), "source": "aws.mediaconvert",
        "detail-type": "MediaConvert Job State Change", "time": "2026-03-02T09:00:00Z",
        "detail": { "timestamp": 1_772_442_000_000 + millis, "jobId": "j1", "status": status },
    })
}

/// What SNS makes of it, with an id of its own.
fn notification(message: &str, event: &Value) -> String {
    json!({ "Type": "Notification", "MessageId": message, "Message": event.to_string() })
        .to_string()
}

/// What is said of the input comes between the last update and the outcome; by `time`, all of it is one second.
#[test]
fn the_input_is_told_last() {
    let events = [("COMPLETE", 751), ("PROGRESSING", 12), ("INPUT_INFORMATION", 604)];
    let (shown, verdicts) = folded(&events.map(|(status, at)| one(&event(status, at).to_string())));
    assert_eq!((&shown["state"], &shown["late"]), (&json!("complete"), &json!(2)));
    assert_eq!(shown["findings"], json!({ "error": 0, "warning": 0, "info": 0 }), "{verdicts:?}");
}

/// A topic delivers twice, and a queue behind it anew: other wrappers, the same event.
#[test]
fn a_copy_is_told_whatever_wraps_it() {
    let complete = event("COMPLETE", 751);
    let bodies = [
        complete.to_string(),
        notification("m1", &complete),
        notification("m2", &complete),
        json!({ "body": notification("m3", &complete), "provider": "mediaconvert" }).to_string(),
    ];
    let (shown, verdicts) = folded(&bodies.map(|body| one(&body)));
    assert_eq!(verdicts[1..], [Verdict::Duplicate; 3]);
    assert_eq!(shown["findings"]["error"], 0, "no conflict: {shown}");
    let update = one(&notification("m4", &event("STATUS_UPDATE", 500)));
    let (shown, _) = folded(&[one(&complete.to_string()), update]);
    assert_eq!((&shown["state"], &shown["late"]), (&json!("complete"), &json!(1)));
    assert_eq!(shown["findings"]["error"], 0, "{shown}");
}

/// Most rules let outcomes through and nothing else.
#[test]
fn an_outcome_may_be_all_that_is_heard() {
    for (status, state) in [("COMPLETE", "complete"), ("ERROR", "error"), ("CANCELED", "canceled")]
    {
        let (shown, verdicts) = folded(&[one(&event(status, 0).to_string())]);
        assert_eq!((&shown["state"], verdicts[0]), (&json!(state), Verdict::Moved));
        assert_eq!(shown["findings"]["info"], 0, "{shown}");
    }
}

/// Every service's events look alike; whose they are is said by their source.
#[test]
fn other_services_are_not_taken_for_it() {
    let mut other = event("COMPLETE", 0);
    other["source"] = json!("aws.batch");
    assert_eq!(read(&other.to_string()).provider, None);
}
