//! LiveKit: what goes wrong in its real streams, and what is made of it.

use std::fmt::Display;

use mediafold::Verdict;
#[cfg(feature = "signature")]
use mediafold::{
    Catalog, Timestamp,
    signature::{Received, Secret, Verifier},
};
use serde_json::{Value, json};

use super::{folded, one, read};

/// An event within the second at which all of them happen.
fn event(kind: &str, number: impl Display, about: (&str, Value)) -> String {
    let (member, value) = about;
    json!({
        "event": kind, "id": format!("EV_{kind}_{number}"), "createdAt": "1772442000", member: value,
    })
    .to_string()
}

fn egress(kind: &str, status: Option<&str>, updated: Option<&str>) -> String {
    let mut info = json!({ "egressId": "EG_1", "roomId": "RM_1" });
    for (name, value) in [("status", status), ("updatedAt", updated)] {
        if let Some(value) = value {
            info[name] = json!(value);
        }
    }
    // Each change has an id of its own.
    event(kind, status.unwrap_or("EGRESS_STARTING"), ("egressInfo", info))
}

/// All that one second brings, in every other order, and no more than that is known of when.
#[test]
fn a_room_begins_and_ends_within_a_second() {
    let room = || ("room", json!({ "sid": "RM_1", "name": "lesson" }));
    let kinds = ["room_finished", "track_published", "participant_left", "room_started"];
    let mut bodies: Vec<String> = kinds.iter().map(|kind| event(kind, 1, room())).collect();
    bodies.push(event("participant_joined", 2, room()));
    for turn in 0..bodies.len() {
        bodies.rotate_left(turn);
        let events: Vec<_> = bodies.iter().map(|body| one(body)).collect();
        let (shown, verdicts) = folded(&events);
        assert_eq!(shown["state"], "finished", "{verdicts:?}");
        assert_eq!(shown["findings"]["error"], 0, "{shown}");
        assert_eq!(shown["findings"]["warning"], 0, "{shown}");
    }
}

/// The end of an egress is three events in one second; it says itself in which order, to the nanosecond.
#[test]
fn an_egress_says_when_it_changed() {
    let nanos = |at: &str| Some(format!("1772442000{at}"));
    let ended = egress("egress_ended", Some("EGRESS_COMPLETE"), nanos("690217431").as_deref());
    let ending = egress("egress_updated", Some("EGRESS_ENDING"), nanos("012655802").as_deref());
    let active = egress("egress_updated", Some("EGRESS_ACTIVE"), nanos("000000002").as_deref());
    let started = egress("egress_started", None, nanos("000000001").as_deref());
    let (shown, _) = folded(&[&ended, &ending, &started, &active].map(|body| one(body)));
    assert_eq!((&shown["state"], &shown["late"]), (&json!("complete"), &json!(3)));
    assert_eq!(shown["findings"], json!({ "error": 0, "warning": 0, "info": 0 }));
    assert_eq!(shown["parent"], json!({ "entity": "livekit/room", "id": "RM_1" }));
}

/// Started is not recording: the status is the one that JSON leaves out. How it ends is said by a word, and that it recorded
/// before it was complete by another, which old servers did not send.
#[test]
fn started_is_asked_for() {
    let (shown, _) = folded(&[one(&egress("egress_started", None, None))]);
    assert_eq!(shown["state"], "starting");
    for (word, state, verdict) in [
        ("EGRESS_COMPLETE", "complete", Verdict::Gap),
        ("EGRESS_LIMIT_REACHED", "complete", Verdict::Gap),
        ("EGRESS_ABORTED", "aborted", Verdict::Moved),
        ("EGRESS_FAILED", "failed", Verdict::Moved),
    ] {
        let events =
            [egress("egress_started", None, None), egress("egress_ended", Some(word), None)];
        let (shown, verdicts) = folded(&events.map(|body| one(&body)));
        assert_eq!((&shown["state"], verdicts[1]), (&json!(state), verdict));
        assert_eq!((&shown["status"], &shown["findings"]["error"]), (&json!(word), &json!(0)));
    }
}

/// An encoder that flaps within a second ends where the rest of its second leaves it.
#[test]
fn an_ingress_comes_again() {
    let state = |status: Option<&str>| {
        let state = status.map_or_else(|| json!({}), |status| json!({ "status": status }));
        ("ingressInfo", json!({ "ingressId": "IN_1", "state": state, "streamKey": "secret" }))
    };
    let publishing = Some("ENDPOINT_PUBLISHING");
    let events = [
        event("ingress_started", 1, state(publishing)),
        event("ingress_started", 2, state(publishing)),
        event("ingress_ended", 3, state(None)),
    ];
    let (shown, _) = folded(&events.map(|body| one(&body)));
    assert_eq!(shown["state"], "publishing", "{shown}");
    assert_eq!(shown["findings"], json!({ "error": 0, "warning": 0, "info": 0 }));
    assert!(!shown.to_string().contains("secret"), "{shown}");
}

/// What agents do is passed over.
#[test]
fn jobs_of_agents_are_about_no_room() {
    let reading = read(&event("agent_job_started", 1, ("job", json!({ "id": "AJ_1" }))));
    assert_eq!((reading.provider, reading.events.len()), (Some("livekit"), 0));
    assert_eq!(reading.errors, []);
}

/// A token that LiveKit's own SDK for Python has made (livekit-api 1.2.2), of a secret of ours.
#[cfg(feature = "signature")]
#[test]
fn the_definition_verifies_what_livekit_signs() {
    const BODY: &[u8] =
        br#"{"event":"room_started","room":{"sid":"RM_1"},"id":"EV_1","createdAt":"1772442000"}"#;
    const TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzaGEyNTYiOiIwaG9IRzJVdjBzK1dHMDh0NGhRcmVucmZldC9qcVF2TzNFUTZBbkNBMUtvPSIsInN1YiI6IiIsImlzcyI6IkFQSWdsYXNzIiwibmJmIjoxNzk1ODc1MDM4LCJleHAiOjE3OTU4NzUzMzh9.wbAUp0wQpaQHbLvIUMcaIKizfwSf92C-u9Y_XJJdZ40";
    let livekit = Catalog::builtin().provider("livekit").unwrap();
    let secret = Secret::new("a secret of the kiln, long enough");
    let verifier = Verifier::new(livekit.scheme().clone(), &[secret]).unwrap();
    let headers: [(&str, &[u8]); 1] = [("authorization", TOKEN.as_bytes())];
    let verify = |body, second| {
        let at = Timestamp::from_epoch(second).unwrap();
        verifier.verify(&Received::new("", &headers, body), at).is_ok()
    };
    assert!(verify(BODY, 1_795_875_100));
    assert!(!verify(b"{}", 1_795_875_100), "another body");
    assert!(!verify(BODY, 1_795_876_000), "too late");
}
