//! Data values of records, as the fold counts them.

use std::ops::Deref;

use crate::{
    bulk::id::{Arena, text_of},
    fold::DataText,
};

/// A data value. Where it stands is mostly all that is asked of it, and reading it would be slow.
#[derive(Clone)]
pub(super) enum CountedValue<'a> {
    Kept(&'a [Arena], u64),
    /// By merging others.
    Made(String),
}

impl From<String> for CountedValue<'_> {
    fn from(text: String) -> Self {
        Self::Made(text)
    }
}

impl Deref for CountedValue<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Kept(arenas, place) => text_of(arenas, *place),
            Self::Made(text) => text,
        }
    }
}

impl DataText for CountedValue<'_> {
    fn is_known_as(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Kept(_, one), Self::Kept(_, other)) if one == other)
    }
}
