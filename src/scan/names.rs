//! What lines that are alike have in common: the names of their members, or some of them.

use super::{AHEAD_LEN, Tokens, first};

/// Some names of a line, each with the place of its token.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// What stands from behind each opening quote to the closing one, one after the other.
    text: Vec<u8>,
    names: Vec<Name>,
}

/// A name, or a part of it.
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
            let parts = (1..).step_by(AHEAD_LEN).zip(name[1..].chunks(AHEAD_LEN));
            own.names.extend(parts.map(|(from, part)| Name {
                token: *token,
                from,
                len: part.len() as u8,
            }));
            own.text.extend_from_slice(&name[1..]);
        }
        own.text.extend([0; AHEAD_LEN]);
        own
    }

    /// Whether a line of the same kinds has the same names at the same tokens.
    #[inline]
    pub(crate) fn are_in(&self, tokens: &Tokens<'_>) -> bool {
        let mut known = &self.text[..];
        self.names.iter().all(|name| {
            let own = tokens.ahead(tokens.start(name.token.into()) + usize::from(name.from));
            let Some(part) = known.first_chunk() else { return false };
            let len = usize::from(name.len);
            known = &known[len..];
            (own ^ u128::from_le_bytes(*part)) & first(len) == 0
        })
    }
}
