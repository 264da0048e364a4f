//! What lines that are alike have in common: the names of their members, or some of them.

use super::{Part, Tokens, simd};
use crate::digest::STRIPE_LEN;

/// Some names of a line, each with the place of its token.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// What stands from behind each opening quote to the closing one, one after the other.
    text: Vec<u8>,
    names: Vec<Name>,
}

/// A name, or as much of it as a stripe has.
#[derive(Clone, Copy, Debug)]
struct Name {
    token: u16,
    /// Where it begins, from the start of its token on.
    from: u16,
    len: u8,
}

impl Names {
    /// The names at these tokens.
    pub(crate) fn new(tokens: &Tokens<'_>, names: &[u16]) -> Self {
        let mut own = Self::default();
        for token in names {
            let name = tokens.text((*token).into());
            let parts = (1..).step_by(STRIPE_LEN).zip(name[1..].chunks(STRIPE_LEN));
            own.names.extend(parts.map(|(from, part)| Name {
                token: *token,
                from,
                len: part.len() as u8,
            }));
            own.text.extend_from_slice(&name[1..]);
        }
        own.text.extend([0; STRIPE_LEN]);
        own
    }

    /// Whether a line of the same kinds has the same names at the same tokens.
    #[inline]
    pub(crate) fn are_in(&self, tokens: &Tokens<'_>) -> bool {
        simd::has_names(self, tokens)
    }

    /// The work of [`Self::are_in`] in the ways of a level: `same` tells whether parts of the same length are equal.
    #[inline(always)]
    pub(super) fn are_in_with(
        &self,
        tokens: &Tokens<'_>,
        same: impl Fn(Part<'_>, Part<'_>) -> bool,
    ) -> bool {
        let mut at = 0;
        self.names.iter().all(|name| {
            let start = tokens.start(name.token.into());
            let (from, len) = (start + usize::from(name.from), usize::from(name.len));
            let known = at;
            at += len;
            from + len <= tokens.chunk.len()
                && same((tokens.chunk, from, len), (&self.text, known, len))
        })
    }
}
