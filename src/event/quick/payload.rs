//! What one payload has where the definitions look.

use std::borrow::Cow;

use super::{
    value,
    wanted::{self, Slot},
};
use crate::{lifecycle::Json, scan::Tokens};

/// What one payload has in its slots.
pub(super) trait Values {
    /// The text of a string, unless it has escapes, or of a number.
    fn text(&self, slot: Slot) -> Option<&str>;
    /// The value as JSON.
    fn json(&self, slot: Slot) -> Option<Cow<'_, str>>;
}

/// The payload that a line of tokens is.
pub(super) struct Line<'a> {
    pub(super) tokens: &'a Tokens<'a>,
    pub(super) at: &'a [u16],
}

/// The payload that a form is: the decoded values that are wanted.
pub(super) struct Form<'a>(pub(super) &'a [(Slot, Cow<'a, str>)]);

impl Values for Line<'_> {
    fn text(&self, slot: Slot) -> Option<&str> {
        self.tokens.plain(self.at[slot].into())
    }

    fn json(&self, slot: Slot) -> Option<Cow<'_, str>> {
        let token = usize::from(self.at[slot]);
        let kind = self.tokens.kinds[token];
        if value::is_as_printed(self.tokens, token, kind) {
            return Some(self.tokens.text_of(token, token).into());
        }
        let mut end = token;
        wanted::skip(self.tokens.kinds, &mut end);
        match value::write(self.tokens, token, end - 1) {
            Some(written) => Some(written.into()),
            None => {
                let text = self.tokens.text_of(token, end - 1);
                Some(serde_json::from_str::<Json<'_>>(text).ok()?.to_string().into())
            }
        }
    }
}

impl Values for Form<'_> {
    fn text(&self, slot: Slot) -> Option<&str> {
        self.0.iter().find(|(own, _)| *own == slot).map(|(_, value)| &**value)
    }

    fn json(&self, slot: Slot) -> Option<Cow<'_, str>> {
        Some(serde_json::to_string(self.text(slot)?).ok()?.into())
    }
}
