//! 64 bytes in one vector, tokens pushed together by one instruction.

use std::arch::x86_64::*;

use super::{
    super::{
        Span, Tokens, Value,
        find::ChunkTokens,
        grammar::{self, Planes},
        pairs::{self, FormTraits, Signs},
        piece::{Block64, KINDS, Masks, NONE, PIECE_LEN},
        sums::{self, Odds},
    },
    level::within,
};
use crate::digest::KEYS;

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

/// The only byte with its low six bits that stands for itself, or that is white space. No byte that is
/// not ASCII is equal to any, whatever its low bits are.
const STRUCTURAL: Block64 = by_low_bits(b"{}[]:,\n");
const WHITE: Block64 = by_low_bits(b" \t\r");

const PLACES: Block64 = {
    let mut places = [0; PIECE_LEN];
    let mut at = 0;
    while at < PIECE_LEN {
        places[at] = at as u8;
        at += 1;
    }
    places
};

const fn by_low_bits(bytes: &[u8]) -> Block64 {
    // 0 has the low bits 0, of which the byte 1 has none.
    let mut table = [0; PIECE_LEN];
    table[0] = 1;
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize % PIECE_LEN] = bytes[at];
        at += 1;
    }
    table
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn look(piece: &Block64) -> Masks {
    let bytes = load(piece);
    let equals = |byte: u8| _mm512_cmpeq_epi8_mask(bytes, splat(byte));
    let is_in = |table| _mm512_cmpeq_epi8_mask(bytes, _mm512_permutexvar_epi8(bytes, load(table)));
    Masks {
        quote: equals(b'"'),
        backslash: equals(b'\\'),
        control: _mm512_cmplt_epu8_mask(bytes, splat(b' ')),
        structural: is_in(&STRUCTURAL),
        white: is_in(&WHITE),
        newline: equals(b'\n'),
        high: _mm512_movepi8_mask(bytes) != 0,
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
fn push(
    piece: &Block64,
    mask: u64,
    first: u16,
    bytes: &mut Block64,
    places: &mut [u16; PIECE_LEN],
) {
    store(bytes, _mm512_maskz_compress_epi8(mask, load(piece)));
    let pushed = _mm512_maskz_compress_epi8(mask, load(&PLACES));
    let first = _mm512_set1_epi16(first.cast_signed());
    let (low, high) = places.split_at_mut(PIECE_LEN / 2);
    let put = |half: &mut [u16], pushed| {
        let pushed = _mm512_add_epi16(_mm512_cvtepu8_epi16(pushed), first);
        assert!(half.len() == PIECE_LEN / 2);
        // SAFETY: the half has the 32 numbers that are written, and any place will do.
        unsafe { _mm512_storeu_si512(half.as_mut_ptr().cast(), pushed) };
    };
    put(low, _mm512_castsi512_si256(pushed));
    if mask.count_ones() > 32 {
        put(high, _mm512_extracti64x4_epi64::<1>(pushed));
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn kinds(bytes: &mut Block64) {
    let [low, high] = [KINDS.first_chunk(), KINDS[PIECE_LEN..].first_chunk()]
        .map(|half| load(half.expect("the table has 256 kinds")));
    let found = load(bytes);
    let ascii = _mm512_permutex2var_epi8(low, found, high);
    store(bytes, _mm512_mask_blend_epi8(_mm512_movepi8_mask(found), ascii, splat(NONE)));
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn signs(piece: &Block64) -> Signs {
    let bytes = load(piece);
    let equals = |byte: u8| _mm512_cmpeq_epi8_mask(bytes, splat(byte));
    let visible = _mm512_sub_epi8(bytes, splat(b'!'));
    Signs {
        and: equals(b'&'),
        percent: equals(b'%'),
        from_eight: _mm512_cmpge_epu8_mask(bytes, splat(b'8')),
        other: equals(b'?') | equals(b'#') | _mm512_cmpgt_epu8_mask(visible, splat(b'~' - b'!')),
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn planes(kinds: &Block64) -> Planes {
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
#[target_feature(enable = "avx512f")]
fn zero() -> __m512i {
    _mm512_setzero_si512()
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,bmi2")]
fn stripe((text, from, len): Span<'_>) -> __m512i {
    let text = &text[from..from + len];
    let mask = _bzhi_u64(u64::MAX, text.len().min(PIECE_LEN) as u32);
    // SAFETY: only bytes of the mask are read, which are bytes of the text, and any place will do.
    unsafe { _mm512_maskz_loadu_epi8(mask, text.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,bmi2")]
fn is_plain(part: Span<'_>, is_number: bool) -> bool {
    let words = stripe(part);
    if is_number {
        let digits = _mm512_cmple_epu8_mask(_mm512_sub_epi8(words, splat(b'0')), splat(9));
        return digits == _bzhi_u64(u64::MAX, part.2 as u32);
    }
    _mm512_cmpeq_epi8_mask(words, splat(b'\\')) == 0
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,bmi2")]
fn mix(sum: &mut __m512i, part: Span<'_>, place: u64) {
    let words = stripe(part);
    let keys = _mm512_add_epi64(words_of(KEYS), _mm512_set1_epi64(place.cast_signed()));
    let mixed = _mm512_xor_si512(words, keys);
    let products = _mm512_mul_epu32(mixed, _mm512_srli_epi64::<32>(mixed));
    *sum = _mm512_add_epi64(*sum, _mm512_add_epi64(products, words));
}

#[inline]
#[target_feature(enable = "avx512f")]
fn total(sum: __m512i) -> u64 {
    _mm512_reduce_add_epi64(sum).cast_unsigned()
}

#[inline]
#[target_feature(enable = "avx512f")]
fn words_of([a, b, c, d, e, f, g, h]: [u64; 8]) -> __m512i {
    let [a, b, c, d] = [a, b, c, d].map(u64::cast_signed);
    let [e, f, g, h] = [e, f, g, h].map(u64::cast_signed);
    _mm512_setr_epi64(a, b, c, d, e, f, g, h)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(piece: &Block64) -> __m512i {
    // SAFETY: a piece has the 64 bytes that are read, and any place will do.
    unsafe { _mm512_loadu_si512(piece.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(piece: &mut Block64, bytes: __m512i) {
    // SAFETY: a piece has the 64 bytes that are written, and any place will do.
    unsafe { _mm512_storeu_si512(piece.as_mut_ptr().cast(), bytes) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn splat(byte: u8) -> __m512i {
    _mm512_set1_epi8(byte.cast_signed())
}
