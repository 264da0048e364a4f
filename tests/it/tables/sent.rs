//! What platforms send of an event, as short as it can be read.

use serde_json::{Value, json};

use super::Word;

/// A delivery of an event, each number a second later than the one before.
pub(super) fn body(entity: &str, id: &str, word: &Word, number: usize) -> Option<Value> {
    let seconds = 1_750_000_000 + number as i64;
    let event_id = format!("{id}-{number}");
    let Word { kind, when, status } = word;
    let body = match entity {
        "apivideo/video" => {
            let mut body = json!({
                "type": kind, "videoId": id, "emittedAt": seconds, "encoding": "hls", "quality": "1440p",
            });
            if let Some((pointer, value)) = when.as_deref().and_then(|when| when.split_once(" = "))
            {
                body[pointer.trim_start_matches('/')] = value.into();
            }
            body
        }
        "apivideo/live_stream" => {
            json!({ "type": kind, "liveStreamId": id, "emittedAt": seconds })
        }
        "jwplayer/media" => {
            json!({ "event": kind, "media_id": id, "webhook_id": "w1", "event_time": seconds })
        }
        "jwplayer/channel" => {
            json!({ "event": kind, "channel_id": id, "webhook_id": "w1", "event_time": seconds })
        }
        "livepeer/asset" | "livepeer/task" => {
            let about = json!({ "id": id, "snapshot": { "status": { "phase": status } } });
            json!({
                "event": kind, "id": event_id, "webhookId": "w1", "createdAt": seconds,
                "payload": { entity.trim_start_matches("livepeer/"): about },
            })
        }
        "livepeer/stream" => json!({
            "event": kind, "id": event_id, "webhookId": "w1", "createdAt": seconds,
            "stream": { "id": id },
        }),
        "medialive/channel" => {
            let state = (!kind.starts_with("MediaLive ")).then_some(kind);
            json!({
                "detail-type": kind, "id": event_id, "source": "aws.medialive", "time": seconds,
                "detail": { "channel_arn": id, "state": state },
            })
        }
        "medialive/alert" => {
            let (channel, alarm) = id.split_once('/').unwrap_or(("c1", id));
            json!({
                "id": event_id, "source": "aws.medialive", "time": seconds,
                "detail": { "channel_arn": channel, "alarm_id": alarm, "alarm_state": kind },
            })
        }
        "wistia/media" => {
            let media = json!({ "media": { "id": id } });
            let event = json!({
                "uuid": event_id, "type": kind, "generated_at": seconds, "payload": media,
            });
            json!({ "hook": { "uuid": "h1" }, "events": [event] })
        }
        _ => return None,
    };
    Some(body)
}
