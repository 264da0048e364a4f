//! What any machine has. The compiler makes vectors of the plain loops where it can.

use super::super::{
    Span, Tokens, Value,
    find::ChunkTokens,
    grammar::{self, Planes},
    pairs::{self, FormTraits, Signs},
    piece::{Block64, KINDS, Masks, PIECE_LEN},
    sums::{self, Odds},
};
use crate::digest::{KEYS, STRIPE_LEN, word_digest};

level!();

/// A stripe as words.
pub(super) type Stripe = [u64; STRIPE_LEN / 8];

/// By length the bytes of a stripe that are of a text so long.
const WITHIN: [Stripe; STRIPE_LEN + 1] = {
    let mut within = [[0; STRIPE_LEN / 8]; STRIPE_LEN + 1];
    let mut byte = 0;
    while byte < STRIPE_LEN {
        let mut len = byte + 1;
        while len <= STRIPE_LEN {
            within[len][byte / 8] |= 0xff << (byte % 8 * 8);
            len += 1;
        }
        byte += 1;
    }
    within
};

#[inline(always)]
fn stripe((text, from, len): Span<'_>) -> Stripe {
    let words = |bytes: &Block64| {
        let (words, _) = bytes.as_chunks();
        std::array::from_fn(|at| u64::from_le_bytes(words[at]))
    };
    if let Some(bytes) = text[from..].first_chunk() {
        let words: Stripe = words(bytes);
        return std::array::from_fn(|at| words[at] & WITHIN[len][at]);
    }
    let mut bytes = [0; PIECE_LEN];
    bytes[..len].copy_from_slice(&text[from..from + len]);
    words(&bytes)
}

pub(super) fn zero() -> Stripe {
    [0; STRIPE_LEN / 8]
}

#[inline(always)]
pub(super) fn is_plain(part: Span<'_>, is_number: bool) -> bool {
    let (text, from, len) = part;
    if is_number {
        return text[from..from + len].iter().all(u8::is_ascii_digit);
    }
    // A byte that was 0 borrows from the next, and no other does.
    let zeros =
        |word: u64| word.wrapping_sub(0x0101_0101_0101_0101) & !word & 0x8080_8080_8080_8080;
    stripe(part).iter().fold(0, |any, word| any | zeros(word ^ 0x5c5c_5c5c_5c5c_5c5c)) == 0
}

#[inline(always)]
pub(super) fn mix(sum: &mut Stripe, part: Span<'_>, place: u64) {
    for ((sum, word), key) in sum.iter_mut().zip(stripe(part)).zip(KEYS) {
        *sum = sum.wrapping_add(word_digest(word, place.wrapping_add(key)));
    }
}

#[inline(always)]
pub(super) fn total(sum: Stripe) -> u64 {
    sum.into_iter().fold(0, u64::wrapping_add)
}

fn look(piece: &Block64) -> Masks {
    let mut classes = [0; PIECE_LEN];
    for (class, byte) in classes.iter_mut().zip(piece) {
        let is = |bit: u32, yes: bool| u8::from(yes) << bit;
        let bracket = byte | 0x20;
        *class = is(0, *byte == b'"')
            | is(1, *byte == b'\\')
            | is(2, *byte < b' ')
            | is(3, (bracket == b'{') | (bracket == b'}') | (*byte == b':') | (*byte == b','))
            | is(4, (*byte == b' ') | (*byte == b'\t') | (*byte == b'\r'))
            | is(5, *byte == b'\n');
    }
    let newline = plane(&classes, 5);
    Masks {
        quote: plane(&classes, 0),
        backslash: plane(&classes, 1),
        control: plane(&classes, 2),
        structural: plane(&classes, 3) | newline,
        white: plane(&classes, 4),
        newline,
        high: !piece.is_ascii(),
    }
}

/// Sets all bits between two set bits, with the first and without the second.
fn within(bits: u64) -> u64 {
    (0..6).fold(bits, |bits, power| bits ^ bits << (1 << power))
}

fn push(
    piece: &Block64,
    mask: u64,
    first: u16,
    bytes: &mut Block64,
    places: &mut [u16; PIECE_LEN],
) {
    let mut left = mask;
    for (byte, place) in bytes.iter_mut().zip(places).take(mask.count_ones() as usize) {
        let at = left.trailing_zeros();
        *byte = piece[at as usize];
        *place = first + at as u16;
        left &= left - 1;
    }
}

fn kinds(bytes: &mut Block64) {
    for byte in bytes {
        *byte = KINDS[*byte as usize];
    }
}

fn signs(piece: &Block64) -> Signs {
    let mut classes = [0; PIECE_LEN];
    for (class, byte) in classes.iter_mut().zip(piece) {
        let is = |bit: u32, yes: bool| u8::from(yes) << bit;
        *class = is(0, *byte == b'&')
            | is(1, *byte == b'%')
            | is(2, *byte >= b'8')
            | is(3, (*byte == b'?') | (*byte == b'#') | !byte.is_ascii_graphic());
    }
    let [and, percent, from_eight, other] = [0, 1, 2, 3].map(|bit| plane(&classes, bit));
    Signs { and, percent, from_eight, other }
}

fn planes(kinds: &Block64) -> Planes {
    Planes {
        bit_0: plane(kinds, 0),
        bit_1: plane(kinds, 1),
        bit_3: plane(kinds, 3),
        bit_5: plane(kinds, 5),
        bit_7: plane(kinds, 7),
    }
}

/// One bit of each byte.
fn plane(bytes: &Block64, bit: u32) -> u64 {
    let (words, _) = bytes.as_chunks();
    words.iter().rev().fold(0, |plane, word| {
        let bits = u64::from_le_bytes(*word) >> bit & 0x0101_0101_0101_0101;
        // The product brings the eight bits together at the top, each to a place of its own.
        plane << 8 | bits.wrapping_mul(0x0102_0408_1020_4080) >> 56
    })
}
