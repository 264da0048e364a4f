//! When a payload's events happened.

use super::payload::{Distance, Payload, outside_digest};
use crate::{
    lifecycle::{Json, Provider, Spot},
    time::Timestamp,
};

/// The time of a payload's events. What is read outside of it is part of the content.
pub(super) fn read_time(
    provider: &Provider,
    payload: &Payload<'_>,
    content: &mut u64,
) -> (Option<Timestamp>, Option<Box<str>>) {
    for at in &provider.time {
        let Some(spot) = at.single() else { continue };
        if *spot == Spot::Received {
            break;
        }
        let Some((value, distance)) = payload.value(spot) else { continue };
        if distance > Distance::Inside && !provider.is_attempt(at) {
            let outside = outside_digest(&at.text(), &value.to_string());
            *content = content.wrapping_add(outside);
        }
        return match time_of(&value, provider.zone) {
            Ok(time) => (Some(time), None),
            Err(error) => (None, Some(error.into())),
        };
    }
    (None, None)
}

/// The moment that a value says; `zone` is what holds for text that names none, in seconds east of UTC.
pub(crate) fn time_of(value: &Json<'_>, zone: Option<i32>) -> Result<Timestamp, String> {
    let said = |error: crate::TimeError| error.to_string();
    match value {
        Json::String(text) => Timestamp::parse(text, zone).map_err(said),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Timestamp::from_epoch(integer).map_err(said),
            None => Timestamp::parse(&number.to_string(), None).map_err(said),
        },
        Json::Object(_) => parts_of(value).map_or_else(
            || Err("found an object".to_owned()),
            |[seconds, nanos]| Timestamp::from_parts(seconds, nanos).map_err(said),
        ),
        Json::Bool(_) => Err("found a boolean".to_owned()),
        Json::Array(_) => Err("found a list".to_owned()),
        Json::Null => Err("found null".to_owned()),
    }
}

/// `{seconds, nanos}` of Protocol Buffers, where the first may be text, and `{_seconds, _nanoseconds}` of Firestore.
fn parts_of(value: &Json<'_>) -> Option<[i64; 2]> {
    let integer = |name: &str| match value.get(name) {
        None | Some(Json::Null) => Some(None),
        Some(Json::Number(number)) => number.as_i64().map(Some),
        Some(Json::String(text)) => text.parse().ok().map(Some),
        Some(_) => None,
    };
    let names = [("seconds", "nanos"), ("_seconds", "_nanoseconds"), ("seconds", "nanoseconds")];
    let mut found = names.iter().filter(|(seconds, _)| value.get(seconds).is_some());
    let (seconds, nanos) =
        found.clone().find(|(_, nanos)| value.get(nanos).is_some()).or_else(|| found.next())?;
    Some([integer(seconds)??, integer(nanos)?.unwrap_or(0)])
}
