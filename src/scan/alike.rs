//! What lines that are alike have in common: some of their strings, such as the names of their members.

use super::{AHEAD_LEN, Tokens, mask_of, prefetch};

/// Some strings of a line, each with the place of its token.
#[derive(Clone, Debug)]
pub(crate) struct Alike(Box<[Part]>);

/// What stands from behind the opening quote of a string to the closing one, or a part of it.
#[derive(Clone, Copy, Debug)]
struct Part {
    text: [u8; AHEAD_LEN],
    token: u16,
    /// Where it begins, from the start of the token on.
    from: u16,
    len: u8,
}

impl Alike {
    /// The strings at these tokens, which are looked at in this order.
    pub(crate) fn new(tokens: &Tokens<'_>, strings: impl Iterator<Item = u16>) -> Self {
        let parts_of = |token: u16| {
            let parts = tokens.text(token.into())[1..].chunks(AHEAD_LEN);
            (1..).step_by(AHEAD_LEN).zip(parts).map(move |(from, part)| {
                let mut text = [0; AHEAD_LEN];
                text[..part.len()].copy_from_slice(part);
                Part { text, token, from, len: part.len() as u8 }
            })
        };
        Self(strings.flat_map(parts_of).collect())
    }

    /// Whether a line of the same kinds has the same strings at the same tokens.
    #[inline]
    pub(crate) fn is_in(&self, tokens: &Tokens<'_>) -> bool {
        self.0.iter().all(|part| {
            let own = tokens.ahead(tokens.start(part.token.into()) + usize::from(part.from));
            (own ^ u128::from_le_bytes(part.text)) & mask_of(part.len.into()) == 0
        })
    }

    /// How many the strings take.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.0)
    }

    /// So many bits of what a line has at the first of these tokens: equal for equal strings.
    #[inline]
    pub(crate) fn first_bits(&self, tokens: &Tokens<'_>, bits: u32) -> usize {
        let Some(part) = self.0.first() else { return 0 };
        let (_, begin) = tokens.string_and_first(part.token.into());
        let [low, high] = *begin.as_chunks().0 else { return 0 };
        let word = u64::from_le_bytes(low) ^ u64::from_le_bytes(high).rotate_left(27);
        (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - bits)) as usize
    }

    /// Has it brought nearer: the rest follows what is looked at first.
    pub(crate) fn prefetch(&self) {
        self.0.iter().step_by(4).take(4).for_each(prefetch);
    }
}
