//! What each entity's provider sends, as little as is read.

use mediafold::{Lifecycle, Timestamp};
use serde_json::{Value, json};

use super::Word;

/// A delivery of an event, each number a second later than the one before.
pub(super) fn body(lifecycle: &Lifecycle, id: &str, word: &Word, number: usize) -> String {
    let seconds = 1_750_000_000 + number as i64;
    if let Some(body) = super::sent::body(lifecycle.entity(), id, word, number) {
        return body.to_string();
    }
    let Word { kind, status, .. } = word;
    let time = Timestamp::from_epoch(seconds).expect("a usable time");
    match lifecycle.entity() {
        "vms/content" => json!({ "UniqueId": id, "ContentStatus": kind, "Percentage": number }),
        entity if entity.starts_with("twilio/") => {
            let sid = match entity {
                "twilio/composition" => "CompositionSid",
                "twilio/media_processor" => "MediaProcessorSid",
                "twilio/player_streamer" => "PlayerStreamerSid",
                "twilio/recording" => "RecordingSid",
                _ => "RoomSid",
            };
            return format!("StatusCallbackEvent={kind}&{sid}={id}&Timestamp={time}");
        }
        "zoom/recording" => {
            let object = match kind.as_str() {
                "recording.batch_trashed" => json!({ "meeting_uuids": [id] }),
                _ => json!({ "uuid": id }),
            };
            json!({ "event": kind, "event_ts": seconds * 1000, "payload": { "object": object } })
        }
        "bunny/video" => {
            json!({ "VideoLibraryId": 1, "VideoGuid": id, "Status": kind, "number": number })
        }
        "cloudflare/video" => {
            json!({ "uid": id, "status": { "state": kind }, "modified": seconds })
        }
        "cloudflare/live_input" => {
            json!({ "data": { "input_id": id, "event_type": kind, "updated_at": seconds } })
        }
        "livekit/room" => json!({
            "event": kind, "room": { "sid": id }, "id": format!("{id}-{number}"), "createdAt": seconds.to_string(),
        }),
        "livekit/egress" => json!({
            "event": kind, "egressInfo": { "egressId": id, "status": status }, "id": format!("{id}-{number}"),
            "createdAt": seconds.to_string(),
        }),
        "livekit/ingress" => json!({
            "event": kind, "ingressInfo": { "ingressId": id, "state": { "status": status } },
            "id": format!("{id}-{number}"), "createdAt": seconds.to_string(),
        }),
        "mediaconvert/job" => json!({
            "id": format!("{id}-{number}"), "source": "aws.mediaconvert",
            "detail-type": "MediaConvert Job State Change",
            "detail": { "timestamp": seconds * 1000, "jobId": id, "status": kind },
        }),
        entity if entity.starts_with("mux/") => {
            let run = json!({ "id": id, "status": status });
            json!({
                "type": kind, "id": format!("{id}-{number}"), "created_at": seconds, "environment": { "id": "e1" },
                "object": { "id": id }, "data": { "id": id, "status": status, "directive_run": run },
            })
        }
        entity => fastpix(entity, id, word, number),
    }
    .to_string()
}

fn fastpix(entity: &str, id: &str, Word { kind, status, .. }: &Word, number: usize) -> Value {
    let (field, object) = match entity {
        "fastpix/media" => ("id", id),
        "fastpix/live_stream" => ("streamId", id),
        "fastpix/simulcast_target" => ("simulcastId", "s1"),
        "fastpix/track" => ("trackId", "m1"),
        "fastpix/upload" => ("uploadId", "m1"),
        other => panic!("what does {other} send?"),
    };
    json!({
        "type": kind, "id": format!("{id}-{number}"), "createdAt": 1_750_000_000 + number,
        "object": { "id": object }, "data": { field: id, "status": status },
    })
}
