//! Mux: what goes wrong in its real streams, and what is made of it.

use mediafold::Verdict;
#[cfg(feature = "signature")]
use mediafold::{Catalog, Timestamp, signature::Request};
use serde_json::{Value, json};

use super::{folded, one, read};

/// An event of the asset `a1`, with `created_at` at this second.
fn asset(kind: &str, second: u32, status: &str) -> String {
    let data =
        json!({ "id": "a1", "status": status, "upload_id": "u1", "meta": { "title": "Glass" } });
    event(kind, second, "asset", "a1", &data)
}

fn event(kind: &str, second: u32, object: &str, id: &str, data: &Value) -> String {
    json!({
        "type": kind, "id": format!("{kind}-{second}"), "object": { "type": object, "id": id },
        "environment": { "name": "Staging", "id": "k7p2qd" }, "data": data,
        "created_at": format!("2026-03-02T09:00:{second:02}.250000Z"), "attempts": [],
    })
    .to_string()
}

/// The upload names its asset before that is heard of: two assets, and the asset begins with its own event.
#[test]
fn an_upload_points_at_an_asset_that_is_yet_to_come() {
    let data = json!({ "id": "u1", "status": "asset_created", "asset_id": "a1" });
    let pointed = one(&event("video.upload.asset_created", 1, "upload", "u1", &data));
    assert_eq!((pointed.lifecycle.entity(), &*pointed.asset), ("mux/upload", "u1"));
    let created = one(&asset("video.asset.created", 2, "preparing"));
    let ready = one(&asset("video.asset.ready", 9, "ready"));
    let (shown, verdicts) = folded(&[created, ready]);
    assert_eq!(verdicts, [Verdict::Moved, Verdict::Moved]);
    assert_eq!((&shown["state"], &shown["data"]["upload_id"]), (&json!("ready"), &json!("u1")));
    assert_eq!(shown["data"]["title"], "Glass");
}

/// `ready` was lost; an update of the ready asset tells. One from before it does not lead back.
#[test]
fn an_update_tells_of_a_lost_outcome() {
    let created = one(&asset("video.asset.created", 1, "preparing"));
    let updated = one(&asset("video.asset.updated", 5, "ready"));
    let older = one(&asset("video.asset.updated", 6, "preparing"));
    let (shown, verdicts) = folded(&[created, updated, older]);
    assert_eq!(verdicts, [Verdict::Moved, Verdict::Gap, Verdict::Illegal]);
    assert_eq!(shown["state"], "ready");
}

/// A retry that comes after the deletion neither brings the asset back nor is a finding, if it is older.
#[test]
fn a_deleted_asset_stays_deleted() {
    let created = one(&asset("video.asset.created", 1, "preparing"));
    let deleted = one(&asset("video.asset.deleted", 30, "ready"));
    let late = one(&asset("video.asset.ready", 9, "ready"));
    let newer = one(&asset("video.asset.updated", 40, "ready"));
    let (shown, verdicts) = folded(&[created, deleted, late, newer]);
    assert_eq!(verdicts[3], Verdict::Illegal);
    assert_eq!((&shown["state"], &shown["late"]), (&json!("deleted"), &json!(1)));
    assert_eq!(shown["findings"]["error"], 1, "{shown}");
    assert_eq!(shown["findings"]["warning"], 0, "{shown}");
}

/// The two platforms share the names of live events; their envelopes tell them apart.
#[test]
fn live_events_are_told_from_those_of_fastpix() {
    let mux = event("video.live_stream.active", 1, "live", "s1", &json!({ "id": "s1" }));
    let fastpix = r#"{"type":"video.live_stream.active","id":"e1","createdAt":"2026-03-02T09:00:00Z",
        "object":{"type":"live-stream","id":"s1"},"workspace":{"id":"w1"},"data":{"streamId":"s1"}}"#;
    assert_eq!((read(&mux).provider, read(fastpix).provider), (Some("mux"), Some("fastpix")));
}

/// The vector that Mux's SDK for Elixir is tested with: the definition signs as Mux does.
#[cfg(feature = "signature")]
#[test]
fn the_definition_signs_as_mux_does() {
    let mux = Catalog::builtin().provider("mux").unwrap();
    let time = Timestamp::from_epoch(1_565_125_718).unwrap();
    let request = Request::new("", br#"{"test":"body"}"#, "", time);
    let signed = mux.scheme().sign("SuperSecret123", &request).unwrap();
    let value = "t=1565125718,v1=854ece4c22acef7c66b57d4e504153bc512595e8e9c772ece2a68150548c19a7";
    assert_eq!(signed, [("Mux-Signature".to_owned(), value.to_owned())]);
}
