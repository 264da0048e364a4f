//! What any machine has: eight bytes in one register.

use super::super::{
    Tokens,
    find::{Found, KINDS, Masks, PIECE_LEN, Piece},
    grammar::{self, Planes},
};

const ONES: u64 = u64::MAX / 0xff;
const TOPS: u64 = ONES << 7;

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

fn look(piece: &Piece) -> Masks {
    Masks {
        quote: mask(piece, |bytes| equal(bytes, b'"')),
        backslash: mask(piece, |bytes| equal(bytes, b'\\')),
        // Below 0x20 no bit of these three is set.
        control: mask(piece, |bytes| equal(bytes & (ONES * 0xe0), 0)),
        structural: mask(piece, |bytes| {
            let bracket = bytes | (ONES * 0x20);
            equal(bracket, b'{')
                | equal(bracket, b'}')
                | equal(bytes, b':')
                | equal(bytes, b',')
                | equal(bytes, b'\n')
        }),
        white: mask(piece, |bytes| equal(bytes, b' ') | equal(bytes, b'\t') | equal(bytes, b'\r')),
        newline: mask(piece, |bytes| equal(bytes, b'\n')),
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
    let plane = |bit: u32| mask(kinds, |kinds| kinds << (7 - bit) & TOPS);
    Planes { bit_0: plane(0), bit_1: plane(1), bit_3: plane(3), bit_5: plane(5), bit_7: plane(7) }
}

/// The highest bits of what is made of each eight bytes; its other bits are clear.
fn mask(piece: &Piece, tops: impl Fn(u64) -> u64) -> u64 {
    let (words, _) = piece.as_chunks::<8>();
    words.iter().rev().fold(0, |mask, word| {
        // The product brings the eight bits together at the top, each to a place of its own.
        let bits = (tops(u64::from_le_bytes(*word)) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        mask << 8 | bits
    })
}

/// Sets the highest bit of those bytes that are equal to one, and no other bit.
fn equal(bytes: u64, byte: u8) -> u64 {
    let difference = bytes ^ (ONES * u64::from(byte));
    let low = !TOPS;
    !(((difference & low) + low) | difference | low)
}
