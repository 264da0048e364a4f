//! JW Player: what goes wrong in its real streams, and what is made of it.

use mediafold::Verdict;
#[cfg(feature = "signature")]
use mediafold::{
    Catalog, Timestamp,
    signature::{Received, Secret, Verifier},
};
use serde_json::{Value, json};

use super::{folded, one, read};

fn event(kind: &str, second: u32) -> Value {
    let id = if kind.starts_with("channel") { "channel_id" } else { "media_id" };
    let at = format!("2026-03-02T09:00:{second:02}+00:00");
    json!({ "event": kind, id: "x1", "webhook_id": "w1", "site_id": "s1", "event_time": at })
}

/// `conversions_complete` comes for the first upload alone: nobody waits for it after a new one.
#[test]
fn a_new_file_leaves_the_media_complete() {
    let mut events =
        ["media_created", "media_available", "conversions_complete", "media_reuploaded"]
            .iter()
            .zip([0, 9, 30, 40])
            .map(|(kind, second)| one(&event(kind, second).to_string()))
            .collect::<Vec<_>>();
    let (shown, _) = folded(&events);
    assert_eq!((&shown["state"], &shown["rest"]), (&json!("complete"), &json!(true)));
    assert_eq!(shown["flags"], json!(["reuploaded"]));
    events.push(one(&event("media_available", 55).to_string()));
    let (shown, _) = folded(&events);
    assert_eq!((&shown["state"], &shown["flags"]), (&json!("complete"), &json!([])));
    assert_eq!(shown["findings"], json!({ "error": 0, "warning": 0, "info": 0 }), "{shown}");
}

/// A media that is published later never says that it is available.
#[test]
fn a_media_may_be_complete_without_being_available() {
    let events = ["media_created", "conversions_complete"].map(|kind| {
        let second = u32::from(kind != "media_created") * 30;
        one(&event(kind, second).to_string())
    });
    let (shown, verdicts) = folded(&events);
    assert_eq!((&shown["state"], verdicts[1]), (&json!("complete"), Verdict::Moved));
    assert_eq!(shown["findings"]["warning"], 0, "{shown}");
}

/// `media_updated` comes twice: within one second, and by two webhooks, these are copies.
#[test]
fn an_update_that_comes_twice_is_a_copy() {
    let first = event("media_available", 1);
    let update = event("media_updated", 5);
    let mut again = update.clone();
    again["webhook_id"] = json!("w2");
    let later = event("media_updated", 6);
    let events = [first, update, again, later].map(|event| one(&event.to_string()));
    let (shown, verdicts) = folded(&events);
    assert_eq!(verdicts[2..], [Verdict::Duplicate, Verdict::Stayed]);
    assert_eq!(shown["findings"]["error"], 0, "{shown}");
}

/// An encoder that flaps within a second is on air again.
#[test]
fn a_flapping_encoder_is_put_in_order() {
    let events =
        [("channel_created", 0), ("channel_active", 1), ("channel_active", 9), ("channel_idle", 9)];
    let events = events.map(|(kind, second)| one(&event(kind, second).to_string()));
    let (shown, _) = folded(&events);
    assert_eq!(shown["state"], "active");
    assert_eq!(shown["findings"]["warning"], 0, "{shown}");
}

/// Whatever else is told of a media's thumbnails and tracks is passed over.
#[test]
fn thumbnails_and_tracks_are_passed_over() {
    let reading = read(&event("thumbnail_created", 1).to_string());
    assert_eq!((reading.provider, reading.events.len()), (Some("jwplayer"), 0));
    assert_eq!(reading.errors, []);
}

/// A token whose claims are the body, as PyJWT 2.9.0 makes it, lets in that body and no other.
#[cfg(feature = "signature")]
#[test]
fn the_definition_takes_what_jw_player_signs() {
    let jwplayer = Catalog::builtin().provider("jwplayer").unwrap();
    let verifier = Verifier::new(jwplayer.scheme().clone(), &[Secret::new("glass-secret")]);
    let verifier = verifier.unwrap();
    let body = r#"{"event":"media_available","media_id":"m5Rt8Vn3","webhook_id":"w4Hk7Qz1","site_id":"s9Lb2Xc6","event_time":"2026-03-02T09:00:41+00:00"}"#;
    let token = b"Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJldmVudCI6Im1lZGlhX2F2YWlsYWJsZSIsIm1lZGlhX2lkIjoibTVSdDhWbjMiLCJ3ZWJob29rX2lkIjoidzRIazdRejEiLCJzaXRlX2lkIjoiczlMYjJYYzYiLCJldmVudF90aW1lIjoiMjAyNi0wMy0wMlQwOTowMDo0MSswMDowMCJ9.blyYW4Yw4O_KQQynWSzKXkbltpe9kCKWAzSfFGk2Nrc";
    let headers = [("authorization", &token[..])];
    let now = Timestamp::from_epoch(1_772_442_041).unwrap();
    let is_taken =
        |body: &str| verifier.verify(&Received::new("", &headers, body.as_bytes()), now).is_ok();
    assert!(is_taken(body));
    assert!(is_taken(&body.replace("\":\"", "\": \"")), "the same, spelled otherwise");
    assert!(!is_taken(&body.replace("available", "deleted")));
}
