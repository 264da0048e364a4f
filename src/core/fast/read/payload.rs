//! What one payload has where the definitions look.

use std::borrow::Cow;

use super::{
    fact::{DataValue, Values},
    value::RawValue,
    wanted::PointerId,
};
use crate::{event::content::quote, scan::Tokens};

/// The payload that a line of tokens is.
pub(super) struct FoundLine<'a> {
    pub(super) tokens: &'a Tokens<'a>,
    pub(super) at: &'a [u16],
}

/// The payload that a form is: the decoded values that are wanted.
pub(super) struct FormBody<'a>(pub(super) Vec<(PointerId, Cow<'a, str>)>);

impl Values for FoundLine<'_> {
    fn text(&self, slot: PointerId) -> Option<&str> {
        self.tokens.plain(self.at[slot].into())
    }

    #[inline]
    fn datum(&self, slot: PointerId) -> DataValue<'_> {
        DataValue::Written(RawValue::at(self.tokens, self.at[slot].into()))
    }
}

impl Values for FormBody<'_> {
    fn text(&self, slot: PointerId) -> Option<&str> {
        self.0.iter().find(|(own, _)| *own == slot).map(|(_, value)| &**value)
    }

    fn datum(&self, slot: PointerId) -> DataValue<'_> {
        let mut text = Vec::new();
        quote(self.text(slot).unwrap_or_default(), &mut text);
        DataValue::Printed(String::from_utf8(text).unwrap_or_default().into())
    }
}
