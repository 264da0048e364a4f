//! Names where they stand in a line: of events and assets, single or joined.

use std::borrow::Cow;

use super::{
    fact::Values,
    value::is_plain_integer,
    wanted::{PointerId, Type},
};
use crate::{event::NAME_LEN_MAX, lifecycle::joined_id};

/// Where a name or a time stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct WantedField {
    pub(super) slot: PointerId,
    /// A string or a number.
    pub(super) of: Type,
}

/// Where a name stands, or the parts that are joined to one.
#[derive(Clone, Debug)]
pub(super) enum NameAt {
    One(WantedField),
    Joined(Box<[WantedField]>),
}

impl WantedField {
    /// The name, unless it is out of the ordinary.
    #[inline]
    pub(super) fn name(self, values: &impl Values) -> Option<&str> {
        let text = values.text(self.slot)?;
        let fits = match self.of {
            Type::Number => is_plain_integer(text.as_bytes()),
            _ => !text.is_empty() && text.len() <= NAME_LEN_MAX,
        };
        fits.then_some(text)
    }
}

impl NameAt {
    /// The name, unless it is out of the ordinary.
    #[inline]
    pub(super) fn name<'v>(&self, values: &'v impl Values) -> Option<Cow<'v, str>> {
        match self {
            Self::One(at) => at.name(values).map(Cow::Borrowed),
            Self::Joined(parts) => {
                let parts: Vec<&str> =
                    parts.iter().map(|at| at.name(values)).collect::<Option<_>>()?;
                Some(joined_id(&parts)).filter(|id| id.len() <= NAME_LEN_MAX).map(Cow::Owned)
            }
        }
    }
}

/// A name that need not be there.
#[inline]
pub(super) fn optional<'v>(
    at: Option<&NameAt>,
    values: &'v impl Values,
) -> Option<Option<Cow<'v, str>>> {
    at.map_or(Some(None), |at| at.name(values).map(Some))
}

/// The same of one that is never joined.
#[inline]
pub(super) fn field(at: Option<WantedField>, values: &impl Values) -> Option<Option<&str>> {
    at.map_or(Some(None), |at| at.name(values).map(Some))
}
