//! 64 bytes in one vector, tokens pushed together by one instruction.

use std::arch::x86_64::*;

use super::{
    super::{
        Tokens,
        find::{Found, KINDS, Masks, PIECE_LEN, Piece, STRUCTURAL},
        grammar::{self, Planes},
    },
    level::within,
};

level!(
    "avx512f",
    "avx512bw",
    "avx512vbmi",
    "avx512vbmi2",
    "pclmulqdq",
    "bmi1",
    "bmi2",
    "lzcnt",
    "popcnt"
);

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn look(piece: &Piece) -> Masks {
    let bytes = load(piece);
    let equals = |byte: u8| _mm512_cmpeq_epi8_mask(bytes, splat(byte));
    let kinds = kinds_of(bytes);
    Masks {
        quote: equals(b'"'),
        backslash: equals(b'\\'),
        control: _mm512_cmplt_epu8_mask(bytes, splat(b' ')),
        structural: _mm512_test_epi8_mask(kinds, splat(STRUCTURAL)),
        white: _mm512_testn_epi8_mask(kinds, kinds),
        newline: equals(b'\n'),
        high: _mm512_movepi8_mask(bytes),
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vbmi2")]
fn write(piece: &Piece, tokens: u64, at: u16, kinds: &mut Piece, starts: &mut [u16; PIECE_LEN]) {
    const PLACES: Piece = {
        let mut places = [0; PIECE_LEN];
        let mut at = 0;
        while at < PIECE_LEN {
            places[at] = at as u8;
            at += 1;
        }
        places
    };
    let pushed = _mm512_maskz_compress_epi8(tokens, kinds_of(load(piece)));
    // SAFETY: `kinds` has the 64 bytes that are written, and any place will do.
    unsafe { _mm512_storeu_si512(kinds.as_mut_ptr().cast(), pushed) };
    let places = _mm512_maskz_compress_epi8(tokens, load(&PLACES));
    let (low, high) = starts.split_at_mut(PIECE_LEN / 2);
    let from = _mm512_set1_epi16(at.cast_signed());
    let put = |half: &mut [u16], places| {
        let starts = _mm512_add_epi16(_mm512_cvtepu8_epi16(places), from);
        assert!(half.len() == PIECE_LEN / 2);
        // SAFETY: `half` has the 32 numbers that are written, and any place will do.
        unsafe { _mm512_storeu_si512(half.as_mut_ptr().cast(), starts) };
    };
    put(low, _mm512_castsi512_si256(places));
    if tokens.count_ones() > 32 {
        put(high, _mm512_extracti64x4_epi64::<1>(places));
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn planes(kinds: &Piece) -> Planes {
    let kinds = load(kinds);
    let bit = |bit: u8| _mm512_test_epi8_mask(kinds, splat(1 << bit));
    Planes {
        bit_0: bit(0),
        bit_1: bit(1),
        bit_3: bit(3),
        bit_5: bit(5),
        bit_7: _mm512_movepi8_mask(kinds),
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn kinds_of(bytes: __m512i) -> __m512i {
    let [low, high] = [KINDS.first_chunk(), KINDS[PIECE_LEN..].first_chunk()]
        .map(|half| half.expect("the table has 256 kinds"));
    let ascii = _mm512_permutex2var_epi8(load(low), bytes, load(high));
    // All that is not ASCII is of one kind.
    _mm512_mask_blend_epi8(_mm512_movepi8_mask(bytes), ascii, splat(KINDS[0x80]))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(piece: &Piece) -> __m512i {
    // SAFETY: a piece has the 64 bytes that are read, and any place will do.
    unsafe { _mm512_loadu_si512(piece.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn splat(byte: u8) -> __m512i {
    _mm512_set1_epi8(byte.cast_signed())
}
