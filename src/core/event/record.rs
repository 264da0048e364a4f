//! Records of deliveries, `{"provider":…,"received_at":…,"body":…}`: how they are told from payloads, and what their
//! body is.

use super::{
    EventError, Headers,
    base64::{from_base64, not_base64},
};
use crate::json::Json;

/// The body of a record.
pub(super) enum Taken<'a> {
    /// It stands in the record as JSON.
    Value(Json<'a>),
    /// The bytes as they were received.
    Bytes(Vec<u8>),
}

fn is_absent(value: &Json<'_>, name: &str) -> bool {
    matches!(value.get(name), None | Some(Json::Null))
}

/// Whether this is the record of a delivery rather than a payload.
pub fn is_record(value: &Json<'_>) -> bool {
    (value.get("body").is_some() || !is_absent(value, "body_base64"))
        && (value.get("provider").is_some() || value.get("received_at").is_some())
}

/// Whether this is the record of a delivery whose body was left out.
pub fn is_record_without_body(value: &Json<'_>) -> bool {
    ["body", "body_base64"].iter().all(|name| is_absent(value, name))
        && ["provider", "received_at"].iter().all(|name| !is_absent(value, name))
}

/// Takes the body out of a record: `body`, or `body_base64` where that is absent or null.
///
/// # Errors
/// `body_base64` is not base64.
pub(super) fn take_body<'a>(record: &mut Json<'a>) -> Result<Taken<'a>, EventError> {
    let base64 = record.remove("body_base64").unwrap_or(Json::Null);
    match (record.remove("body").unwrap_or(Json::Null), base64) {
        (Json::Null, Json::String(text)) => {
            let bytes = from_base64(&text);
            bytes.map(Taken::Bytes).map_err(|reason| EventError::Malformed { reason })
        }
        (Json::Null, Json::Null) => Ok(Taken::Value(Json::Null)),
        (Json::Null, _) => Err(EventError::Malformed { reason: not_base64("it is no string") }),
        (Json::String(text), _) => Ok(Taken::Bytes(text.into_owned().into_bytes())),
        (value, _) => Ok(Taken::Value(value)),
    }
}

/// The headers that a record has: of each its text, or the first of several.
pub fn headers_of(record: &Json<'_>) -> Option<Headers> {
    let Some(Json::Object(members)) = record.get("headers") else { return None };
    let text = |value: &Json<'_>| match value {
        Json::String(text) => Some(text.clone().into_owned()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(value) => Some(value.to_string()),
        _ => None,
    };
    let first = |value: &Json<'_>| match value {
        Json::Array(values) => values.first().and_then(text),
        value => text(value),
    };
    Some(members.iter().filter_map(|(name, value)| Some((name, first(value)?))).collect())
}

/// The query of the address that a record has.
pub fn query_of(record: &Json<'_>) -> Option<String> {
    match record.get("query") {
        Some(Json::String(query)) => Some(query.clone().into_owned()),
        _ => None,
    }
}
