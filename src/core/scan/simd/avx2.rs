//! 64 bytes in two vectors.

use std::arch::{asm, x86_64::*};

use super::{
    super::{
        Span, Tokens, Value,
        find::ChunkTokens,
        grammar::{self, Planes},
        pairs::{self, FormTraits, Signs},
        piece::{Block64, Masks, NONE, PIECE_LEN},
        sums::{self, Odds},
    },
    level::within,
    portable::{is_plain, mix, total, zero},
};

level!("avx2", "pclmulqdq", "bmi1", "bmi2", "lzcnt", "popcnt");

/// The only byte with its low four bits that is white space.
const WHITE: [u8; 16] = by_low_bits(b" \t\r");
/// The same for what stands for itself, in two parts.
const BRACES: [u8; 16] = by_low_bits(b"{}:,\"");
const BRACKETS: [u8; 16] = by_low_bits(b"[]\n");
/// The same for first letters of literals.
const LITERALS: [u8; 16] = by_low_bits(b"tfn");

/// The places of the bits that are set in each byte.
const PLACES: [[u8; 8]; 256] = {
    let mut places = [[0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut bit, mut len) = (0, 0);
        while bit < 8 {
            if byte >> bit & 1 == 1 {
                places[byte][len] = bit;
                len += 1;
            }
            bit += 1;
        }
        byte += 1;
    }
    places
};

const fn by_low_bits(bytes: &[u8]) -> [u8; 16] {
    // 0 has the low bits 0, of which the byte 1 has none.
    let mut table = [0; 16];
    table[0] = 1;
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize % 16] = bytes[at];
        at += 1;
    }
    table
}

#[inline]
#[target_feature(enable = "avx2")]
fn look(piece: &Block64) -> Masks {
    let bytes = load(piece);
    let equals = |byte| mask(bytes.map(|half| _mm256_cmpeq_epi8(half, splat(byte))));
    let braces = table(&BRACES);
    let white = table(&WHITE);
    let newline = equals(b'\n');
    Masks {
        quote: equals(b'"'),
        backslash: equals(b'\\'),
        control: mask(
            bytes.map(|half| _mm256_cmpeq_epi8(_mm256_min_epu8(half, splat(0x1f)), half)),
        ),
        // The bit makes `[` and `]` braces, and three control characters a quote, a comma and a colon: what
        // begins with these has no kind. A quote of its own is a token anyway, unless it is escaped, and no
        // line with an escape outside a string is proven.
        structural: newline
            | mask(bytes.map(|half| is_in(braces, half, _mm256_or_si256(half, splat(0x20))))),
        white: mask(bytes.map(|half| is_in(white, half, half))),
        newline,
        high: _mm256_movemask_epi8(_mm256_or_si256(bytes[0], bytes[1])) != 0,
    }
}

#[inline]
#[target_feature(enable = "avx2,popcnt")]
fn push(
    piece: &Block64,
    mask: u64,
    first: u16,
    bytes: &mut Block64,
    places: &mut [u16; PIECE_LEN],
) {
    let mut len = 0;
    for ((part, mask), at) in piece.as_chunks::<8>().0.iter().zip(mask.to_le_bytes()).zip(0..) {
        let pushed = quarter(&PLACES[mask as usize]);
        let first = _mm_set1_epi16((first + 8 * at).cast_signed());
        let (bytes, places) = (&mut bytes[len..len + 8], &mut places[len..len + 8]);
        // SAFETY: there are 8 bytes and 8 numbers, as many as are written, and any place will do.
        unsafe {
            _mm_storel_epi64(bytes.as_mut_ptr().cast(), _mm_shuffle_epi8(quarter(part), pushed));
            let pushed = _mm_add_epi16(_mm_cvtepu8_epi16(pushed), first);
            _mm_storeu_si128(places.as_mut_ptr().cast(), pushed);
        }
        len += mask.count_ones() as usize;
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn kinds(bytes: &mut Block64) {
    for half in bytes.as_chunks_mut().0 {
        let found = load_half(half);
        let own = _mm256_or_si256(
            is_in(table(&BRACES), found, found),
            is_in(table(&BRACKETS), found, found),
        );
        let digit = _mm256_sub_epi8(found, splat(b'0'));
        let number = _mm256_or_si256(
            _mm256_cmpeq_epi8(digit, _mm256_min_epu8(digit, splat(9))),
            _mm256_cmpeq_epi8(found, splat(b'-')),
        );
        let literal = is_in(table(&LITERALS), found, found);
        let kinds = _mm256_blendv_epi8(splat(NONE), found, own);
        let kinds = _mm256_blendv_epi8(kinds, splat(b'0'), number);
        let kinds = _mm256_blendv_epi8(kinds, splat(b't'), literal);
        // SAFETY: the half has the 32 bytes that are written, and any place will do.
        unsafe { _mm256_storeu_si256(half.as_mut_ptr().cast(), kinds) }
    }
}

/// Which bytes are what a table has for the low four bits of others.
#[inline]
#[target_feature(enable = "avx2")]
fn is_in(table: __m256i, low_bits: __m256i, bytes: __m256i) -> __m256i {
    _mm256_cmpeq_epi8(bytes, _mm256_shuffle_epi8(table, low_bits))
}

#[inline]
#[target_feature(enable = "avx2")]
fn signs(piece: &Block64) -> Signs {
    let bytes = load(piece);
    let equals = |byte| mask(bytes.map(|half| _mm256_cmpeq_epi8(half, splat(byte))));
    let visible = bytes.map(|half| _mm256_sub_epi8(half, splat(b'!')));
    let is_below = |half, limit| _mm256_cmpeq_epi8(_mm256_min_epu8(half, splat(limit)), half);
    Signs {
        and: equals(b'&'),
        percent: equals(b'%'),
        from_eight: !mask(bytes.map(|half| is_below(half, b'7'))),
        other: equals(b'?') | equals(b'#') | !mask(visible.map(|half| is_below(half, b'~' - b'!'))),
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn planes(kinds: &Block64) -> Planes {
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
fn load(piece: &Block64) -> [__m256i; 2] {
    let (low, high) = piece.split_at(PIECE_LEN / 2);
    [low, high].map(|half| load_half(half.first_chunk().expect("32 of 64")))
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_half(half: &[u8; PIECE_LEN / 2]) -> __m256i {
    // SAFETY: there are the 32 bytes that are read, and any place will do.
    unsafe { _mm256_loadu_si256(half.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn quarter(bytes: &[u8; 8]) -> __m128i {
    // SAFETY: there are the 8 bytes that are read, and any place will do.
    unsafe { _mm_loadl_epi64(bytes.as_ptr().cast()) }
}

/// The highest bit of each byte.
#[inline]
#[target_feature(enable = "avx2")]
fn mask([low, high]: [__m256i; 2]) -> u64 {
    let [low, mut high] =
        [low, high].map(|half| u64::from(_mm256_movemask_epi8(half).cast_unsigned()));
    // The compiler would make one vector of 64 bits of the two, and then take it apart bit by bit: three
    // times as slow in all. It cannot if it does not know what this number is.
    // SAFETY: there are no instructions in it.
    unsafe { asm!("/* {0} */", inout(reg) high, options(pure, nomem, nostack, preserves_flags)) };
    low | high << 32
}

/// The same 16 bytes in both halves of a vector, which is how they are looked up.
#[inline]
#[target_feature(enable = "avx2")]
fn table(bytes: &[u8; 16]) -> __m256i {
    // SAFETY: there are the 16 bytes that are read, and any place will do.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
}

#[inline]
#[target_feature(enable = "avx2")]
fn splat(byte: u8) -> __m256i {
    _mm256_set1_epi8(byte.cast_signed())
}
