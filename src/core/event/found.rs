//! What stands where an event was expected.

use crate::json::Json;

use super::{EventError, form, payload::Payload};

/// Names of members that are told.
const NAMED_MAX: usize = 5;

/// Longer names are cut.
const NAME_LEN_MAX: usize = 64;

/// That a payload has no event kind at these pointers; `None`: at those of no provider.
pub(super) fn no_kind(looked_at: Option<String>, payload: &Payload<'_>) -> EventError {
    let (found, help) = match &payload.json {
        Json::Object(members) if members.is_empty() => ("the body is empty".to_owned(), None),
        Json::Object(members) => {
            let what = if payload.form { "the form" } else { "the body" };
            (format!("{what} has {}", listed(members)), None)
        }
        Json::Array(_) => (
            "the body is a list".to_owned(),
            Some("give each of its items as a delivery of its own, a line each"),
        ),
        Json::String(text) => of_text(text),
        Json::Number(_) => ("the body is a number".to_owned(), None),
        Json::Bool(_) => ("the body is a boolean".to_owned(), None),
        Json::Null => ("the body is null".to_owned(), None),
    };
    EventError::NoKind { looked_at, found, help }
}

fn of_text(text: &str) -> (String, Option<&'static str>) {
    if let Some(what) = form::looks_like(text.trim_start()) {
        let help = "events are read from JSON and from form-urlencoded bodies";
        return (format!("the body is text that is {what}"), Some(help));
    }
    let (what, help) = match serde_json::from_str(text) {
        Ok(Json::Object(_) | Json::Array(_)) => (
            " that is JSON itself",
            Some("it was encoded twice: give what the text says as the body"),
        ),
        _ if form::parse(text).is_ok() => {
            (" that is a form", Some("give what the text says as the body"))
        }
        _ => ("", None),
    };
    (format!("the body is text{what}"), help)
}

fn listed(members: &[(std::borrow::Cow<'_, str>, Json<'_>)]) -> String {
    let mut names: Vec<String> = members.iter().map(|(name, _)| shortened(name)).collect();
    names.dedup();
    let more = names.len().saturating_sub(NAMED_MAX);
    names.truncate(NAMED_MAX);
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match more {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// A name from outside, cut to what a line can hold.
pub(super) fn shortened(name: &str) -> String {
    match name.char_indices().nth(NAME_LEN_MAX) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}
