//! Looks at forms: where their pairs end, and whether there is anything out of the ordinary in them.

use super::{
    piece::{Block64, PIECE_LEN},
    simd::{self, Level},
};

/// Which bytes of a piece are what; the first byte has the lowest bit.
pub(super) struct Signs {
    /// `&`.
    pub(super) and: u64,
    pub(super) percent: u64,
    /// From `8` on: after a percent sign these begin the code of a byte that is not ASCII.
    pub(super) from_eight: u64,
    /// `?`, `#`, and what is no visible ASCII.
    pub(super) other: u64,
}

/// What there is in a form besides its pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FormTraits {
    /// Neither `?` nor `#`, and nothing but visible ASCII.
    pub(crate) plain: bool,
    /// Something is decoded to what is not ASCII.
    pub(crate) high: bool,
}

/// Writes down where each `&` of a text stands, which must be shorter than 4 GB.
pub(crate) fn pairs(level: Level, text: &[u8], ends: &mut Vec<u32>) -> FormTraits {
    ends.clear();
    simd::pairs(level, text, ends)
}

/// The same with the instructions of a level: `look` makes the signs of a piece.
#[inline(always)]
pub(super) fn pairs_with(
    text: &[u8],
    ends: &mut Vec<u32>,
    look: impl Fn(&Block64) -> Signs,
) -> FormTraits {
    let (mut other, mut high, mut percent) = (0, 0, 0);
    let mut add = |start: usize, piece: &Block64| {
        let signs = look(piece);
        other |= signs.other;
        high |= (signs.percent << 1 | percent) & signs.from_eight;
        percent = signs.percent >> (PIECE_LEN - 1);
        let mut left = signs.and;
        while left != 0 {
            ends.push(start as u32 + left.trailing_zeros());
            left &= left - 1;
        }
    };
    let (pieces, rest) = text.as_chunks();
    (0..).step_by(PIECE_LEN).zip(pieces).for_each(|(start, piece)| add(start, piece));
    if !rest.is_empty() {
        let mut last = [b'0'; PIECE_LEN];
        last[..rest.len()].copy_from_slice(rest);
        add(text.len() - rest.len(), &last);
    }
    FormTraits { plain: other == 0, high: high != 0 }
}
