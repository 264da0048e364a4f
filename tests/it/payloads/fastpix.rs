use mediafold::{
    Asset, Verdict,
    event::{EventError, NAME_LEN_MAX, Placed},
    step,
};
use serde_json::{Value, json};

use super::{folded, merged, one, read};

const AT: &str = "2025-04-07T09:30:10.239778258Z";

/// A FastPix payload of media `m1` with these members in place of the usual ones; null takes one away.
fn media(kind: &str, members: &Value) -> Placed<'static> {
    let base = json!({"type": kind, "id": "e1", "createdAt": AT, "object": {"id": "m1"}});
    one(&merged(base, members))
}

#[test]
fn time_by_either_name_and_in_any_unit() {
    for member in ["createdAt", "created_at"] {
        for (value, expected) in [
            (json!(AT), AT),
            (json!("2025-04-07T11:30:10.239778258+02:00"), AT),
            (json!(1_744_018_210), "2025-04-07T09:30:10Z"),
            (json!(1_744_018_210_239_i64), "2025-04-07T09:30:10.239Z"),
            (json!(1_744_018_210_239_778_i64), "2025-04-07T09:30:10.239778Z"),
            (json!(1_744_018_210_239_778_258_i64), AT),
            (json!("1744018210"), "2025-04-07T09:30:10Z"),
        ] {
            let mut members = json!({"createdAt": null});
            members[member] = value;
            let time = media("video.media.ready", &members).event.time.map(|time| time.to_string());
            assert_eq!(time.as_deref(), Some(expected), "{members}");
        }
    }
}

/// A moment to the microsecond would put these two in one place.
#[test]
fn nanoseconds_order_events() {
    let at = |kind, id, nanos: u32| {
        media(kind, &json!({"id": id, "createdAt": format!("2025-04-07T09:30:10.{nanos:09}Z")}))
    };
    let created = at("video.media.created", "e1", 239_778_258);
    let ready = at("video.media.ready", "e2", 239_778_259);
    assert!(created.event.time < ready.event.time);
    assert_eq!(folded(&[ready, created]).0["since"], "2025-04-07T09:30:10.239778259Z");
}

#[test]
fn workspace_by_any_name() {
    for member in ["workspace", "Workspace", "environment"] {
        for name in [json!("Staging"), json!(null)] {
            let placed = media("video.media.ready", &json!({member: {"id": "w1", "name": name}}));
            assert_eq!(&*placed.asset, "m1", "{member}");
        }
    }
}

#[test]
fn status_words_in_any_case() {
    for word in ["preparing", "Preparing", "PREPARING", "In Queue", "in queue", "Processing"] {
        let created = media("video.media.created", &json!({"data": {"status": "Created"}}));
        let updated = json!({"id": "e2", "created_at": 1_744_018_300, "createdAt": null,
            "data": {"status": word}});
        let (snapshot, verdicts) = folded(&[created, media("video.media.updated", &updated)]);
        assert_eq!(verdicts, [Verdict::Moved, Verdict::Moved], "{word}");
        assert_eq!((&snapshot["state"], &snapshot["status"]), (&json!("preparing"), &json!(word)));
    }
}

/// The top-level word is coarse and is sent even with `deleted`.
#[test]
fn top_level_status_decides_nothing() {
    let word = json!({"status": "media_created"});
    let created = media("video.media.created", &word);
    let deleted =
        json!({"id": "e2", "createdAt": "2025-04-07T09:31:00Z", "status": "media_created"});
    let (snapshot, _) = folded(&[created, media("video.media.deleted", &deleted)]);
    assert_eq!(snapshot["state"], "deleted");
    assert_eq!(snapshot["findings"], json!({"error": 0, "warning": 0, "info": 0}));
}

#[test]
fn named_entities_by_any_spelling() {
    for spelling in ["namedEntities", "named-entities", "named_entities", "NamedEntities"] {
        let found = media(&format!("video.mediaAI.{spelling}.ready"), &json!({"id": "e2"}));
        assert_eq!(found.event.name(found.lifecycle), "video.mediaAI.namedEntities.ready");
        let (snapshot, _) = folded(&[media("video.media.created", &json!({})), found]);
        assert_eq!(snapshot["flags"], json!(["named_entities"]), "{spelling}");
    }
}

#[test]
fn asset_ids_are_under_object_first() {
    let data = json!({"object": {"type": "video.media", "id": "m1"}, "data": {"id": "job"}});
    assert_eq!(&*media("video.media.ready", &data).asset, "m1");
    let data = json!({"object": null, "data": {"id": "m2"}});
    assert_eq!(&*media("video.media.ready", &data).asset, "m2");
    // `data` is the output of a job there; taking its id would file it as a media.
    for kind in ["video.media.watermark.ready", "video.mediaAI.chapters.ready"] {
        assert_eq!(&*media(kind, &data_id("job")).asset, "m1", "{kind}");
    }
    let live = json!({"object": {"name": "live", "id": "o1"}, "data": {"streamId": "s1"}});
    assert_eq!(&*media("video.live_stream.active", &live).asset, "s1");
}

/// Its `object` may be the stream, so that is not asked.
#[test]
fn recording_of_a_live_stream_is_a_media() {
    for object in [json!({"id": "s1"}), json!({"id": "m9"}), json!(null)] {
        let recording = json!({"object": object, "data": {"id": "m9", "streamId": "s1"}});
        let placed = media("video.media.live_stream.created", &recording);
        assert_eq!(placed.lifecycle.entity(), "fastpix/media");
        assert_eq!((&*placed.asset, placed.event.parent.as_deref()), ("m9", Some("s1")));
    }
}

#[test]
fn event_id_by_any_name() {
    for member in ["id", "webhookId", "eventId"] {
        let mut members = json!({"id": null});
        members[member] = json!("e5");
        let placed = media("video.media.ready", &members);
        assert_eq!(placed.event.id.as_deref(), Some("e5"), "{member}");
    }
}

#[test]
fn another_attempt_is_a_duplicate() {
    let first = media("video.media.created", &json!({"attempts": []}));
    let second = media("video.media.created", &json!({"attempts": [{"responseStatusCode": 503}]}));
    assert_eq!(first.event.content, second.event.content);
    let (snapshot, verdicts) = folded(&[first, second]);
    assert_eq!(verdicts, [Verdict::Moved, Verdict::Duplicate]);
    assert_eq!(snapshot["findings"]["error"], 0, "not a conflicting duplicate");
}

/// Years that no webhook was sent in, and what clients send for "no time".
#[test]
fn unusable_times_sort_last() {
    let nothing = json!(null);
    for time in [json!("9999-01-01T00:00:00Z"), json!(-1), json!(0), json!(""), nothing] {
        let deleted = media("video.media.deleted", &json!({"id": "e2", "createdAt": time}));
        let created = media("video.media.created", &json!({}));
        let lifecycle = created.lifecycle;
        let mut asset = Asset::new("m1");
        let names = |findings: &[mediafold::Finding]| -> Vec<&str> {
            findings.iter().map(|finding| finding.name).collect()
        };
        let outcome = step(lifecycle, &mut asset, &deleted.event);
        assert_eq!(names(&outcome.findings), ["first-seen-mid-life", "bad-time"], "{time}");
        // What has a time goes before it, although it came later, and so heals the gap.
        assert_eq!(step(lifecycle, &mut asset, &created.event).verdict, Verdict::Moved, "{time}");
        assert_eq!(names(&asset.findings(lifecycle)), ["bad-time"], "{time}");
        assert_eq!(asset.state(lifecycle).name, "deleted", "{time}");
    }
}

#[test]
fn ids_that_are_too_large_are_refused() {
    let long = "x".repeat(10 << 10);
    for members in [json!({"object": {"id": long}}), json!({"id": long})] {
        let base = json!({"type": "video.media.ready", "id": "e1", "object": {"id": "m1"}});
        let reading = read(&merged(base, &members));
        assert!(reading.events.is_empty());
        let [EventError::TooLarge { len: 10_240, len_max: NAME_LEN_MAX, .. }] = reading.errors[..]
        else {
            panic!("{:?}", reading.errors);
        };
    }
}

#[test]
fn ids_may_be_integers() {
    let placed = media("video.media.ready", &json!({"id": u64::MAX, "object": {"id": 12}}));
    assert_eq!((&*placed.asset, placed.event.id.as_deref()), ("12", Some("18446744073709551615")));
}

fn data_id(id: &str) -> Value {
    json!({"data": {"id": id}})
}
