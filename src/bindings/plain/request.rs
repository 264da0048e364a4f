//! What may be asked. Each call takes some of the members; those of others are ignored.

use std::{borrow::Cow, collections::BTreeMap, str::Utf8Error, time::Duration};

use mediafold_core::{Policy, Timestamp, event::Headers, fold::LoadError, time::parse_duration};
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
    /// The body begins with a saved asset of this many bytes.
    pub(super) fold: Option<u64>,
    /// Then comes another of this many: an event, or what is merged into the first.
    pub(super) other: Option<u64>,
    #[serde(borrow)]
    pub(super) entity: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) format: Option<Cow<'a, str>>,
    /// Illegal events are believed, in assets that are new.
    pub(super) follow: bool,
    #[serde(borrow)]
    pub(super) bound: Bound<'a>,
}

/// The saved assets that a call is about.
pub(super) struct Saved<'a> {
    pub(super) fold: Option<&'a str>,
    pub(super) other: Option<&'a str>,
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

    /// The saved assets in the body.
    pub(super) fn saved<'b>(&self, body: &'b [u8]) -> Result<Saved<'b>, CallError> {
        let mut rest = body;
        let mut cut = |len: Option<u64>| -> Result<_, CallError> {
            let Some(len) = len else { return Ok(None) };
            // The same error on machines of every width.
            let (text, behind) = usize::try_from(len)
                .ok()
                .and_then(|len| rest.split_at_checked(len))
                .ok_or_else(|| {
                    let missing = len - rest.len() as u64;
                    CallError::Usage(format!("the body is shorter than its parts by {missing}"))
                })?;
            rest = behind;
            let text = std::str::from_utf8(text);
            let malformed = |error: Utf8Error| LoadError::Malformed { reason: error.to_string() };
            Ok(Some(text.map_err(malformed)?))
        };
        Ok(Saved { fold: cut(self.fold)?, other: cut(self.other)? })
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

/// What a call cannot do without.
pub(super) fn wanted<'r>(value: Option<&'r str>, name: &str) -> Result<&'r str, CallError> {
    value.ok_or_else(|| CallError::Usage(format!("`{name}` is missing")))
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
