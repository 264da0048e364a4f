//! Records of deliveries, `{"provider":…,"received_at":…,"body":…}`: how they are told from payloads, and what their
//! body is.

use super::{
    Delivery, EventError, Headers, Reader, Reading,
    payload::{Around, RecordedBody},
};
use crate::{json::Json, lifecycle::Provider, time::Timestamp};

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

impl<'c> Reader<'c> {
    /// Reads the body of a delivery from this provider, as it reads the record of one: the body itself is no record.
    pub fn read_received(
        &self,
        provider: &str,
        received_at: Option<Timestamp>,
        delivery: &Delivery<'_>,
    ) -> Reading<'c> {
        let mut reading = Reading::default();
        let read = self.provider_named(provider).and_then(|provider| {
            let body = RecordedBody::parse(delivery.body)?;
            let (layer, around) = body.of(delivery);
            let around = Around { received_at, ..around };
            self.read_body(&layer, around, Some(provider), delivery.number, &mut reading)
        });
        reading.errors.extend(read.err());
        reading
    }

    /// Who sent this body, by its envelope.
    ///
    /// # Errors
    /// That cannot be told.
    pub fn sender_of(&self, delivery: &Delivery<'_>) -> Result<&'c str, EventError> {
        let body = RecordedBody::parse(delivery.body)?;
        let (layer, around) = body.of(delivery);
        let senders = self.recognise(&layer, around)?;
        senders.only().map(|sender| sender.map_or("", Provider::name))
    }
}

fn not_base64(reason: &str) -> String {
    format!("the record's `body_base64` is not base64: {reason}")
}

/// Decodes `body_base64`: the standard alphabet, padded, without white space (RFC 4648, section 4).
///
/// Written out here since the `base64` crate would be a crate more for the core without its features.
///
/// # Errors
/// What is wrong with it, as a sentence.
pub fn from_base64(text: &str) -> Result<Vec<u8>, String> {
    let (groups, rest) = text.as_bytes().as_chunks::<4>();
    if !rest.is_empty() {
        return Err(not_base64("its length is no multiple of four"));
    }
    let mut decoded = Vec::with_capacity(groups.len() * 3);
    for (at, group) in groups.iter().enumerate() {
        let padding = match group {
            [_, _, b'=', b'='] => 2,
            [_, _, _, b'='] => 1,
            _ => 0,
        };
        let padding = if at + 1 == groups.len() { padding } else { 0 };
        let mut bits = 0_u32;
        for (place, byte) in group[..4 - padding].iter().enumerate() {
            let digit =
                digit(*byte).ok_or_else(|| not_base64(&format!("byte {}", 4 * at + place + 1)))?;
            bits |= u32::from(digit) << (18 - 6 * place);
        }
        let bytes = &bits.to_be_bytes()[1..];
        let (bytes, left_over) = bytes.split_at(3 - padding);
        if left_over.iter().any(|byte| *byte != 0) {
            return Err(not_base64("its last byte says more than fits"));
        }
        decoded.extend_from_slice(bytes);
    }
    Ok(decoded)
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(all(test, feature = "signature"))]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use proptest::{collection::vec, prelude::*};

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

        #[test]
        fn both_ways_of_decoding_agree(text in "[A-DZa-dz0-9+/=_ -]{0,9}") {
            prop_assert_eq!(from_base64(&text).ok(), STANDARD.decode(&text).ok(), "{}", text);
        }

        #[test]
        fn what_is_encoded_is_decoded(bytes in vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(from_base64(&STANDARD.encode(&bytes)), Ok(bytes));
        }
    }
}
