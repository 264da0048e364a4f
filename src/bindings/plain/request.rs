//! What may be asked. Each call takes some of the members; those of others are ignored.

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use mediafold_core::{Policy, Timestamp, event::Headers, time::parse_duration};
use serde::Deserialize;

use super::error::CallError;

/// The events that a row keeps unless it is said otherwise.
const EVENTS: usize = 64;

/// A request. Times are text as RFC 3339 has them.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Request<'a> {
    /// What is to be done, such as `step`.
    #[serde(borrow)]
    pub(super) call: Cow<'a, str>,
    /// The handle of the user's own definitions; the built-in ones where there is none.
    pub(super) definitions: Option<u32>,
    /// Names and texts of definitions, for `open`.
    #[serde(borrow)]
    pub(super) files: BTreeMap<String, Cow<'a, str>>,
    /// Who sent the body.
    #[serde(borrow)]
    pub(super) provider: Option<Cow<'a, str>>,
    /// What it may be signed with.
    #[serde(borrow)]
    pub(super) secrets: Vec<Cow<'a, str>>,
    /// How it is signed, where that is not as the definition says: the members of `[signature]`.
    #[serde(borrow)]
    pub(super) scheme: Option<BTreeMap<Cow<'a, str>, Cow<'a, str>>>,
    /// How far a signed time may be from `now`, in seconds.
    pub(super) tolerance: Option<u32>,
    /// What a provider is told that asks for a token of ours.
    #[serde(borrow)]
    pub(super) verify_token: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) method: Option<Cow<'a, str>>,
    /// The address that the provider knows, with its query.
    #[serde(borrow)]
    pub(super) url: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) headers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    #[serde(borrow)]
    pub(super) now: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) received_at: Option<Cow<'a, str>>,
    /// A saved asset.
    #[serde(borrow)]
    pub(super) fold: Option<Cow<'a, str>>,
    /// An event, or the other saved asset: one that knows this event alone.
    #[serde(borrow)]
    pub(super) other: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) entity: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) format: Option<Cow<'a, str>>,
    /// Illegal events are believed, in assets that are new.
    pub(super) follow: bool,
    #[serde(borrow)]
    pub(super) bound: Bound<'a>,
}

/// How much of its history a row keeps.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Bound<'a> {
    /// Events; `null` for all that fit.
    pub(super) events: Option<usize>,
    /// How much older than the newest an event may be, such as `30d`.
    #[serde(borrow)]
    pub(super) age: Option<Cow<'a, str>>,
}

impl Default for Bound<'_> {
    fn default() -> Self {
        Self { events: Some(EVENTS), age: None }
    }
}

impl Bound<'_> {
    pub(super) fn age(&self) -> Result<Option<Duration>, CallError> {
        let read = |age: &str| {
            parse_duration(age).map_err(|reason| CallError::Usage(format!("`bound.age`: {reason}")))
        };
        self.age.as_deref().map(read).transpose()
    }

    /// Whether it leaves everything as it is.
    pub(super) fn is_none(&self) -> bool {
        self.events.is_none() && self.age.is_none()
    }
}

impl Request<'_> {
    pub(super) fn policy(&self) -> Policy {
        if self.follow { Policy::Follow } else { Policy::Keep }
    }

    pub(super) fn headers(&self) -> Headers {
        self.headers.iter().map(|(name, value)| (name, &**value)).collect()
    }

    /// What stands behind the `?` of the address.
    pub(super) fn query(&self) -> &str {
        let url = self.url.as_deref().unwrap_or_default();
        url.split_once('?').map_or("", |(_, query)| query.split('#').next().unwrap_or_default())
    }
}

/// A member that a call cannot do without.
pub(super) fn wanted<'r>(
    value: &'r Option<Cow<'_, str>>,
    name: &str,
) -> Result<&'r str, CallError> {
    value.as_deref().ok_or_else(|| CallError::Usage(format!("`{name}` is missing")))
}

pub(super) fn time(
    value: &Option<Cow<'_, str>>,
    name: &str,
) -> Result<Option<Timestamp>, CallError> {
    let read = |text: &str| {
        text.parse().map_err(|error| CallError::Usage(format!("`{name}` is no time: {error}")))
    };
    value.as_deref().map(read).transpose()
}
