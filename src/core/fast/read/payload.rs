//! What one payload has where the definitions look.

use std::borrow::Cow;

use super::{fact::Datum, value::Written, wanted::Slot};
use crate::{event::content::quote, scan::Tokens};

/// What one payload has in its slots.
pub(crate) trait Values {
    /// The text of a string, unless it has escapes, or of a number.
    fn text(&self, slot: Slot) -> Option<&str>;
    /// The value as a data field has it.
    fn datum(&self, slot: Slot) -> Datum<'_>;
}

/// The payload that a line of tokens is.
pub(super) struct Line<'a> {
    pub(super) tokens: &'a Tokens<'a>,
    pub(super) at: &'a [u16],
}

/// The payload that a form is: the decoded values that are wanted.
pub(super) struct Form<'a>(pub(super) Vec<(Slot, Cow<'a, str>)>);

impl Values for Line<'_> {
    fn text(&self, slot: Slot) -> Option<&str> {
        self.tokens.plain(self.at[slot].into())
    }

    #[inline]
    fn datum(&self, slot: Slot) -> Datum<'_> {
        Datum::Written(Written::at(self.tokens, self.at[slot].into()))
    }
}

impl Values for Form<'_> {
    fn text(&self, slot: Slot) -> Option<&str> {
        self.0.iter().find(|(own, _)| *own == slot).map(|(_, value)| &**value)
    }

    fn datum(&self, slot: Slot) -> Datum<'_> {
        let mut text = Vec::new();
        quote(self.text(slot).unwrap_or_default(), &mut text);
        Datum::Printed(String::from_utf8(text).unwrap_or_default().into())
    }
}
