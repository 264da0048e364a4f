//! What stands where an event was expected.

use super::{EventError, form, payload::Payload};
use crate::{json::Json, lifecycle::Locator, shown::shortened};

/// Names of members that are told.
const NAMED_MAX: usize = 5;

/// That a payload has no event kind at these pointers; `None`: at those of no provider.
pub(super) fn no_kind(looked_at: Option<String>, payload: &Payload<'_>) -> EventError {
    let what = if payload.layer.outer.is_some() { "payload" } else { "body" };
    let (found, help) = match payload.json() {
        Json::Object(members) if members.is_empty() => (format!("the {what} is empty"), None),
        Json::Object(members) => {
            let what = if payload.around.form && what == "body" { "form" } else { what };
            (format!("the {what} has {}", listed(members)), None)
        }
        Json::Array(_) => (
            format!("the {what} is a list"),
            Some(
                "a list is read where `unwrap` leads to it; or give each of its items as a line of its own",
            ),
        ),
        Json::String(text) => of_text(what, text),
        Json::Number(_) => (format!("the {what} is a number"), None),
        Json::Bool(_) => (format!("the {what} is a boolean"), None),
        Json::Null => (format!("the {what} is null"), None),
    };
    EventError::NoKind { looked_at, found, help }
}

fn of_text(place: &str, text: &str) -> (String, Option<&'static str>) {
    if let Some(what) = form::looks_like(text.trim_start()) {
        let help = "events are read from JSON and from form-urlencoded bodies";
        return (format!("the {place} is text that is {what}"), Some(help));
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
    (format!("the {place} is text{what}"), help)
}

/// That there is no payload in a list.
pub(super) fn empty_list() -> EventError {
    EventError::NoKind { looked_at: None, found: "the list has no items".to_owned(), help: None }
}

fn listed(members: &[(std::borrow::Cow<'_, str>, Json<'_>)]) -> String {
    let mut names: Vec<_> = members.iter().map(|(name, _)| shortened(name)).collect();
    names.dedup();
    let more = names.len().saturating_sub(NAMED_MAX);
    names.truncate(NAMED_MAX);
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match more {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// Places where something was looked for.
pub(super) fn listed_places(locators: &[Locator]) -> String {
    locators.iter().map(Locator::text).collect::<Vec<_>>().join(" or ")
}
