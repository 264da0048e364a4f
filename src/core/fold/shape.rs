//! The JSON of a saved asset, member for member.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedAsset<'a> {
    pub(super) mediafold: u32,
    #[serde(borrow)]
    pub(super) entity: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) follow: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) duplicates: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) late: u64,
    /// The latest time that was heard of, by which events are late; empty for none. Only where it is not that of the last
    /// event.
    #[serde(
        borrow,
        default,
        deserialize_with = "borrowed",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) latest: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) past: Option<SavedPast<'a>>,
    /// Data values, each with the name of its field: events name them by their places here.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub(super) data: Vec<(Cow<'a, str>, Cow<'a, RawValue>)>,
    #[serde(borrow)]
    pub(super) events: Vec<SavedEvent<'a>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedPast<'a> {
    pub(super) events: u64,
    #[serde(borrow)]
    pub(super) state: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) retries: u8,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub(super) flags: Vec<Cow<'a, str>>,
    #[serde(
        borrow,
        default,
        deserialize_with = "borrowed",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) until: Option<Cow<'a, str>>,
    #[serde(
        borrow,
        default,
        deserialize_with = "borrowed",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) since: Option<Cow<'a, str>>,
    #[serde(
        borrow,
        default,
        deserialize_with = "borrowed",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) status: Option<Cow<'a, str>>,
    #[serde(
        borrow,
        default,
        deserialize_with = "borrowed",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) parent: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub(super) data: Vec<(Cow<'a, str>, Cow<'a, RawValue>)>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub(super) findings: Vec<(Cow<'a, str>, u64)>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) delivery: u64,
    /// The digests of the last identities, 16 hexadecimal digits each.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub(super) heard: Cow<'a, str>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedEvent<'a> {
    #[serde(borrow)]
    pub(super) kind: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) branch: usize,
    #[serde(
        borrow,
        default,
        deserialize_with = "borrowed",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) id: Option<Cow<'a, str>>,
    #[serde(
        borrow,
        default,
        deserialize_with = "borrowed",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) time: Option<Cow<'a, str>>,
    #[serde(
        borrow,
        default,
        deserialize_with = "borrowed",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) time_error: Option<Cow<'a, str>>,
    #[serde(
        borrow,
        default,
        deserialize_with = "borrowed",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) received_at: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) by_receipt: bool,
    #[serde(
        borrow,
        default,
        deserialize_with = "borrowed",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) sequence: Option<Cow<'a, str>>,
    #[serde(
        borrow,
        default,
        deserialize_with = "borrowed",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) status: Option<Cow<'a, str>>,
    #[serde(
        borrow,
        default,
        deserialize_with = "borrowed",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) parent: Option<Cow<'a, str>>,
    /// Hexadecimal: JavaScript has no numbers of 64 bits.
    #[serde(borrow)]
    pub(super) content: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) delivery: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) item: Option<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) data: Vec<usize>,
    /// Copies of the event with other content.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub(super) conflicts: Vec<Self>,
}

/// An optional text that borrows as one that is not optional does: `borrow` alone reads it into memory of its own.
fn borrowed<'de: 'a, 'a, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Cow<'a, str>>, D::Error> {
    #[derive(Deserialize)]
    struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);
    Ok(Option::<Borrowed<'a>>::deserialize(deserializer)?.map(|Borrowed(text)| text))
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
