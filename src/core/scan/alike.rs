//! What lines that are alike have in common: some of their strings, such as the names of their members.

use std::collections::HashMap;

use super::{AHEAD_LEN, Tokens, mask_of, prefetch_first};
use crate::digest::KEYS;

/// Some strings of a line, each with the place of its token.
#[derive(Clone, Debug)]
pub(crate) struct NamePattern(Box<[NamePart]>);

/// What stands from behind the opening quote of a string to the closing one, or a part of it.
#[derive(Clone, Copy, Debug)]
struct NamePart {
    token: u16,
    /// Where it begins, from the start of the token on.
    from: u16,
    /// Its number among the texts.
    text: u16,
}

/// What strings and parts of strings say, each once: lines have few names between them, and those of all plans should
/// stay in the nearest cache.
#[derive(Debug, Default)]
pub(crate) struct NameTable {
    all: Vec<NameText>,
    /// Their numbers.
    known: HashMap<(u128, u8), u16>,
}

#[derive(Clone, Copy, Debug)]
struct NameText {
    bytes: u128,
    /// All bits of those bytes that count.
    mask: u128,
}

impl NameTable {
    /// The number of a text; `None` if there is no room for one more.
    fn number(&mut self, text: &[u8]) -> Option<u16> {
        let mut bytes = [0; AHEAD_LEN];
        bytes[..text.len()].copy_from_slice(text);
        let key = (u128::from_le_bytes(bytes), text.len() as u8);
        if let Some(number) = self.known.get(&key) {
            return Some(*number);
        }
        let number = u16::try_from(self.all.len()).ok()?;
        self.all.push(NameText { bytes: key.0, mask: mask_of(text.len()) });
        self.known.insert(key, number);
        Some(number)
    }
}

impl NamePattern {
    /// The strings at these tokens, which are looked at in this order; `None` if there is no room for what they say.
    pub(crate) fn new(
        tokens: &Tokens<'_>,
        strings: impl Iterator<Item = u16>,
        texts: &mut NameTable,
    ) -> Option<Self> {
        let mut parts = Vec::new();
        for token in strings {
            let text = &tokens.text(token.into())[1..];
            for (from, part) in (1..).step_by(AHEAD_LEN).zip(text.chunks(AHEAD_LEN)) {
                parts.push(NamePart { token, from, text: texts.number(part)? });
            }
        }
        Some(Self(parts.into()))
    }

    /// Whether a line of the same kinds has the same strings at the same tokens.
    #[inline]
    pub(crate) fn is_in(&self, tokens: &Tokens<'_>, texts: &NameTable) -> bool {
        let texts = &*texts.all;
        self.0.iter().all(|part| {
            let own = tokens.ahead(tokens.start(part.token.into()) + usize::from(part.from));
            let NameText { bytes, mask } = texts[usize::from(part.text)];
            (own ^ bytes) & mask == 0
        })
    }

    /// How many the strings take.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.0)
    }

    /// Bits of what a line has at the first of these tokens: equal for equal strings.
    #[inline]
    pub(crate) fn first_bits(&self, tokens: &Tokens<'_>, bits: u32) -> usize {
        let Some(part) = self.0.first() else { return 0 };
        let (_, begin) = tokens.string_and_first(part.token.into());
        let [low, high] = *begin.as_chunks().0 else { return 0 };
        let word = u64::from_le_bytes(low) ^ u64::from_le_bytes(high).rotate_left(27);
        (word.wrapping_mul(KEYS[0]) >> (u64::BITS - bits)) as usize
    }

    /// Prefetches it: the rest follows what is looked at first.
    pub(crate) fn prefetch(&self) {
        prefetch_first(&self.0, 8);
    }
}
