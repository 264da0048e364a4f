//! What any machine has. The compiler makes vectors of the plain loops where it can.

use super::super::{
    Tokens,
    find::{Found, KINDS, Masks, PIECE_LEN, Piece},
    grammar::{self, Planes},
    pattern::{self, Pattern, Value},
};
use crate::digest::digest;

pub(super) fn find(found: &mut Found, chunk: &[u8]) -> bool {
    let right = found.mark(chunk, look, within);
    if right {
        found.write(chunk, push, kinds);
    }
    right
}

pub(super) fn is_object(tokens: &Tokens<'_>, ahead: &[u8]) -> bool {
    grammar::is_object_with(tokens, ahead, planes)
}

pub(super) fn sum(
    pattern: &Pattern,
    tokens: &Tokens<'_>,
    plain: impl Fn(&[u8]) -> bool,
    odd: impl FnMut(&Value) -> u64,
) -> Option<u64> {
    pattern::sum_with(pattern, tokens, zero(), same, add, total, plain, odd)
}

pub(super) fn zero() -> u64 {
    0
}

/// Whether two texts of the same length are equal; most are shorter than the call of a function that compares them takes.
#[inline]
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    match a.len() {
        0 => true,
        8..=16 => a.first_chunk::<8>() == b.first_chunk() && a.last_chunk::<8>() == b.last_chunk(),
        17..=32 => {
            a.first_chunk::<16>() == b.first_chunk() && a.last_chunk::<16>() == b.last_chunk()
        }
        4..=7 => a.first_chunk::<4>() == b.first_chunk() && a.last_chunk::<4>() == b.last_chunk(),
        _ => a == b,
    }
}

#[inline]
pub(super) fn add(sum: u64, text: &[u8], place: u64) -> Option<u64> {
    let plain = memchr::memchr(b'\\', text).is_none();
    plain.then(|| sum.wrapping_add(digest(place, text)))
}

pub(super) fn total(sum: u64) -> u64 {
    sum
}

fn look(piece: &Piece) -> Masks {
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

fn push(piece: &Piece, mask: u64, first: u16, bytes: &mut Piece, places: &mut [u16; PIECE_LEN]) {
    let mut left = mask;
    for (byte, place) in bytes.iter_mut().zip(places).take(mask.count_ones() as usize) {
        let at = left.trailing_zeros();
        *byte = piece[at as usize];
        *place = first + at as u16;
        left &= left - 1;
    }
}

fn kinds(bytes: &mut Piece) {
    for byte in bytes {
        *byte = KINDS[*byte as usize];
    }
}

fn planes(kinds: &Piece) -> Planes {
    Planes {
        bit_0: plane(kinds, 0),
        bit_1: plane(kinds, 1),
        bit_3: plane(kinds, 3),
        bit_5: plane(kinds, 5),
        bit_7: plane(kinds, 7),
    }
}

/// One bit of each byte.
fn plane(bytes: &Piece, bit: u32) -> u64 {
    let (words, _) = bytes.as_chunks();
    words.iter().rev().fold(0, |plane, word| {
        let bits = u64::from_le_bytes(*word) >> bit & 0x0101_0101_0101_0101;
        // The product brings the eight bits together at the top, each to a place of its own.
        plane << 8 | bits.wrapping_mul(0x0102_0408_1020_4080) >> 56
    })
}
