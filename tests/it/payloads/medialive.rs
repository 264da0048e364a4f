//! AWS MediaLive: what goes wrong in its real streams, and what is made of it.

use mediafold::{Verdict, event::EventError};
use serde_json::{Value, json};

use super::{folded, one, read};

fn event(about: &str, number: u32, second: u32, detail: &Value) -> Value {
    json!({
        "version": "0", "id": format!("e{number}"), "detail-type": format!("MediaLive Channel {about}"),
        "source": "aws.medialive", "time": format!("2026-03-02T09:00:{second:02}Z"), "detail": detail,
    })
}

fn channel(state: &str, number: u32, second: u32) -> String {
    let detail = json!({ "channel_arn": "arn:c1", "state": state });
    event("State Change", number, second, &detail).to_string()
}

fn alert(state: &str, channel: &str, number: u32, second: u32) -> String {
    let detail = json!({ "channel_arn": channel, "alarm_id": "5f", "alarm_state": state });
    event("Alert", number, second, &detail).to_string()
}

/// By best effort some never come: what they must have been is named.
#[test]
fn what_never_came_is_a_gap() {
    let created = one(&channel("CREATED", 1, 0));
    let running = one(&channel("RUNNING", 2, 40));
    let starting = one(&channel("STARTING", 3, 2));
    let (shown, verdicts) = folded(&[created.clone(), running.clone()]);
    assert_eq!((&shown["state"], verdicts[1]), (&json!("RUNNING"), Verdict::Gap));
    let (shown, _) = folded(&[created, running, starting]);
    assert_eq!((&shown["state"], &shown["late"]), (&json!("RUNNING"), &json!(1)));
    assert_eq!(shown["findings"]["warning"], 0, "healed: {shown}");
}

/// Times are cut to the second; whichever comes first, a channel starts before it runs.
#[test]
fn ties_within_a_second_are_put_in_order() {
    let created = one(&channel("CREATED", 1, 0));
    let (starting, running) = (one(&channel("STARTING", 2, 5)), one(&channel("RUNNING", 3, 5)));
    for two in [[starting.clone(), running.clone()], [running, starting]] {
        let (shown, _) = folded(&[std::slice::from_ref(&created), &two[..]].concat());
        assert_eq!(shown["state"], "RUNNING");
        assert_eq!(shown["findings"]["warning"], 0, "{shown}");
    }
}

/// Each pipeline tells by itself; EventBridge brings an event twice under one id.
#[test]
fn two_pipelines_run_and_stop_as_one_channel() {
    let mut events = Vec::new();
    for (number, (state, second)) in (1..).zip([
        ("CREATED", 0),
        ("STARTING", 1),
        ("RUNNING", 2),
        ("RUNNING", 3),
        ("STOPPING", 8),
        ("STOPPED", 9),
        ("STOPPED", 9),
        ("STARTING", 20),
    ]) {
        events.push(one(&channel(state, number, second)));
    }
    events.push(one(&channel("STARTING", 8, 20)));
    let (shown, verdicts) = folded(&events);
    assert_eq!((verdicts[3], verdicts[6], verdicts[8]), {
        (Verdict::Stayed, Verdict::Stayed, Verdict::Duplicate)
    });
    assert_eq!(shown["state"], "STARTING");
    assert_eq!(shown["findings"]["warning"], 0, "{shown}");
}

/// Ids of alerts are counted for each channel by itself: the same of two channels are two alerts.
#[test]
fn an_alert_is_one_of_its_channel() {
    let set = one(&alert("SET", "arn:c1", 1, 5));
    let cleared = one(&alert("CLEARED", "arn:c1", 2, 5));
    let other = one(&alert("SET", "arn:c2", 3, 5));
    assert_eq!((&*set.asset, &*other.asset), ("arn:c1/5f", "arn:c2/5f"));
    let (shown, _) = folded(&[cleared, set]);
    assert_eq!((&shown["state"], &shown["parent"]["id"]), (&json!("CLEARED"), &json!("arn:c1")));
    assert_eq!(shown["findings"], json!({ "error": 0, "warning": 0, "info": 0 }), "{shown}");
}

/// What SNS wraps is what comes raw.
#[test]
fn a_notification_is_unwrapped() {
    let raw = channel("CREATED", 1, 0);
    let wrapped = json!({ "Type": "Notification", "Message": raw, "Signature": "bm8=" });
    let (one, other) = (one(&raw), one(&wrapped.to_string()));
    assert_eq!((&one.asset, &one.event.id), (&other.asset, &other.event.id));
    assert_eq!(folded(&[one, other]).1, [Verdict::Moved, Verdict::Duplicate]);
}

/// A multiplex has states of the same names, and is no channel.
#[test]
fn other_things_are_passed_over() {
    let multiplex = channel("RUNNING", 1, 0)
        .replace("MediaLive Channel", "MediaLive Multiplex")
        .replace("channel_arn", "multiplex_arn");
    let reading = read(&multiplex);
    assert_eq!((reading.provider, reading.events.len()), (Some("medialive"), 0));
    assert_eq!(reading.errors, []);
    let nameless = channel("RUNNING", 1, 0).replace("channel_arn", "arn");
    assert!(matches!(read(&nameless).errors[..], [EventError::NoId { .. }]));
}
