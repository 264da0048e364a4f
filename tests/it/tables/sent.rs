//! What platforms send of an event, as short as it can be read.

use serde_json::{Value, json};

use super::Word;

/// A delivery of an event, each number a second later than the one before.
pub(super) fn body(entity: &str, id: &str, word: &Word, number: usize) -> Option<Value> {
    let seconds = 1_750_000_000 + number as i64;
    let event_id = format!("{id}-{number}");
    let Word { kind, status, .. } = word;
    let body = match entity {
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
        _ => return None,
    };
    Some(body)
}
