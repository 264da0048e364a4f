//! 64 bytes in two vectors.

use std::arch::x86_64::*;

use super::{
    super::{
        Tokens,
        find::{Found, KINDS, Masks, PIECE_LEN, Piece},
        grammar::{self, Planes},
    },
    level::within,
};

level!("avx2", "pclmulqdq", "bmi1", "bmi2", "lzcnt", "popcnt");

/// The only byte with its low four bits that is white space.
const WHITE: [u8; 16] = [b' ', 0, 0, 0, 0, 0, 0, 0, 0, b'\t', 0, 0, 0, b'\r', 0, 0];
/// The only byte with its low four bits that stands for itself, `[` and `]` made `{` and `}` by the bit
/// 0x20. That bit also makes two control characters look so, which have no kind.
const STRUCTURAL: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b':', b'{', b',', b'}', 0, 0];

/// How many tokens are written in one go.
const WRITTEN: usize = 8;

#[inline]
#[target_feature(enable = "avx2")]
fn look(piece: &Piece) -> Masks {
    let bytes = load(piece);
    let equals = |byte| mask(bytes.map(|half| _mm256_cmpeq_epi8(half, splat(byte))));
    let white = table(WHITE);
    let structural = table(STRUCTURAL);
    let newline = equals(b'\n');
    Masks {
        quote: equals(b'"'),
        backslash: equals(b'\\'),
        control: mask(
            bytes.map(|half| _mm256_cmpeq_epi8(_mm256_min_epu8(half, splat(0x1f)), half)),
        ),
        structural: newline
            | mask(bytes.map(|half| {
                let bracket = _mm256_or_si256(half, splat(0x20));
                _mm256_cmpeq_epi8(bracket, _mm256_shuffle_epi8(structural, half))
            })),
        white: mask(bytes.map(|half| _mm256_cmpeq_epi8(half, _mm256_shuffle_epi8(white, half)))),
        newline,
        high: mask(bytes),
    }
}

#[inline]
#[target_feature(enable = "avx2,bmi1")]
fn write(piece: &Piece, tokens: u64, at: u16, kinds: &mut Piece, starts: &mut [u16; PIECE_LEN]) {
    let mut left = tokens;
    let (kinds, _) = kinds.as_chunks_mut::<WRITTEN>();
    let (starts, _) = starts.as_chunks_mut::<WRITTEN>();
    for (kinds, starts) in kinds.iter_mut().zip(starts) {
        for (kind, start) in kinds.iter_mut().zip(starts) {
            let place = left.trailing_zeros() % PIECE_LEN as u32;
            *kind = KINDS[piece[place as usize] as usize];
            *start = at + place as u16;
            left &= left.wrapping_sub(1);
        }
        if left == 0 {
            break;
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn planes(kinds: &Piece) -> Planes {
    let kinds = load(kinds);
    // The bit is moved to the top of each byte, or of the byte above it.
    Planes {
        bit_0: mask(kinds.map(|half| _mm256_slli_epi16::<7>(half))),
        bit_1: mask(kinds.map(|half| _mm256_slli_epi16::<6>(half))),
        bit_3: mask(kinds.map(|half| _mm256_slli_epi16::<4>(half))),
        bit_5: mask(kinds.map(|half| _mm256_slli_epi16::<2>(half))),
        bit_7: mask(kinds),
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(piece: &Piece) -> [__m256i; 2] {
    let (low, high) = piece.split_at(PIECE_LEN / 2);
    [low, high].map(|half| {
        assert!(half.len() == PIECE_LEN / 2);
        // SAFETY: the half has the 32 bytes that are read, and any place will do.
        unsafe { _mm256_loadu_si256(half.as_ptr().cast()) }
    })
}

/// The highest bit of each byte.
#[inline]
#[target_feature(enable = "avx2")]
fn mask([low, high]: [__m256i; 2]) -> u64 {
    let mask = |half| u64::from(_mm256_movemask_epi8(half).cast_unsigned());
    mask(low) | mask(high) << 32
}

/// The same 16 bytes in both halves of a vector.
#[inline]
#[target_feature(enable = "avx2")]
fn table(bytes: [u8; 16]) -> __m256i {
    let [low, high] = [0, 8]
        .map(|from| i64::from_le_bytes(*bytes[from..].first_chunk().expect("eight of sixteen")));
    _mm256_set_epi64x(high, low, high, low)
}

#[inline]
#[target_feature(enable = "avx2")]
fn splat(byte: u8) -> __m256i {
    _mm256_set1_epi8(byte.cast_signed())
}
