//! Finds where tokens begin: 64 bytes become masks of 64 bits, and each step is done for all of them.

use super::{LINE_LEN_MAX, simd::Level, strings};

/// What is looked at in one go.
pub(super) type Piece = [u8; PIECE_LEN];

pub(super) const PIECE_LEN: usize = 64;

/// What a byte outside strings that begins no token of JSON is written down as.
const NONE: u8 = 0x80;

/// The kind of the token that a byte begins; 0 for white space. The kinds of what stands for itself, and
/// no others, have [`STRUCTURAL`].
pub(super) const KINDS: [u8; 256] = {
    let mut kinds = [NONE; 256];
    let mut at = 0;
    while at < 256 {
        kinds[at] = match at as u8 {
            b' ' | b'\t' | b'\r' => 0,
            byte @ (b'{' | b'}' | b'[' | b']' | b':' | b',' | b'"' | b'\n') => byte,
            b'-' | b'0'..=b'9' => b'0',
            b't' | b'f' | b'n' => b't',
            _ => NONE,
        };
        at += 1;
    }
    kinds
};

pub(super) const STRUCTURAL: u8 = 0x08;

/// Which bytes of a piece are what; the first byte has the lowest bit.
pub(super) struct Masks {
    pub(super) quote: u64,
    pub(super) backslash: u64,
    /// Below 0x20.
    pub(super) control: u64,
    /// `{ } [ ] : ,` and the newline.
    pub(super) structural: u64,
    /// Blanks, tabs, carriage returns.
    pub(super) white: u64,
    pub(super) newline: u64,
    /// Not ASCII.
    pub(super) high: u64,
}

/// What was found in a chunk of lines.
#[derive(Debug)]
pub(super) struct Found {
    /// The kinds of the tokens of all lines, each line closed by a newline; then leftovers, so that a
    /// piece can be read from any token on.
    pub(super) kinds: Box<[u8]>,
    /// Where they begin.
    pub(super) starts: Box<[u16]>,
    /// The newlines among the tokens.
    ends: Box<[u32]>,
    ends_len: usize,
    /// The pieces with escaped bytes, and which these are.
    escapes: Box<[(u16, u64)]>,
    /// The pieces that are not all ASCII.
    high: Box<[u16]>,
}

/// What one piece tells the next.
#[derive(Default)]
struct Carry {
    /// The first byte is escaped.
    escaped: u64,
    /// All ones inside a string.
    string: u64,
    /// The first byte goes on with a number or literal.
    primitive: u64,
    tokens: usize,
    escapes: usize,
    high: usize,
    /// Control characters in strings.
    wrong: u64,
}

impl Found {
    pub(super) fn new() -> Self {
        let len = LINE_LEN_MAX + 2;
        let pieces = len / PIECE_LEN + 1;
        Self {
            kinds: vec![0; len + 2 * PIECE_LEN].into(),
            starts: vec![0; len + 2 * PIECE_LEN].into(),
            ends: vec![0; len + PIECE_LEN].into(),
            ends_len: 0,
            escapes: vec![(0, 0); pieces].into(),
            high: vec![0; pieces].into(),
        }
    }

    /// Finds the tokens of a chunk of at most [`LINE_LEN_MAX`] bytes and a newline. Whether its strings are right:
    /// closed on their line, with valid escapes and no control characters, in UTF-8. If not, what was
    /// found means nothing.
    pub(super) fn find(&mut self, level: Level, chunk: &[u8]) -> bool {
        super::simd::find(level, self, chunk)
    }

    /// The place of each line's newline among the tokens.
    pub(super) fn ends(&self) -> &[u32] {
        &self.ends[..self.ends_len]
    }

    /// Does the work of [`Self::find`] with the instructions of a level: `look` makes the masks of a
    /// piece, `within` has all bits set between two set bits, with the first and without the second, and
    /// `write` writes down kinds and starts of the tokens in a mask.
    #[inline(always)]
    pub(super) fn find_with(
        &mut self,
        chunk: &[u8],
        look: impl Fn(&Piece) -> Masks,
        within: impl Fn(u64) -> u64,
        write: impl Fn(&Piece, u64, u16, &mut Piece, &mut [u16; PIECE_LEN]),
    ) -> bool {
        self.ends_len = 0;
        let mut carry = Carry::default();
        let (pieces, rest) = chunk.as_chunks::<PIECE_LEN>();
        for (number, piece) in (0_u16..).zip(pieces) {
            self.piece(piece, number, &mut carry, &look, &within, &write);
        }
        let closed = chunk.ends_with(b"\n");
        if !rest.is_empty() || !closed {
            let mut piece = [b' '; PIECE_LEN];
            piece[..rest.len()].copy_from_slice(rest);
            if !closed {
                piece[rest.len()] = b'\n';
            }
            self.piece(&piece, pieces.len() as u16, &mut carry, &look, &within, &write);
        }
        carry.wrong == 0
            && strings::are_escapes_valid(chunk, &self.escapes[..carry.escapes])
            && strings::is_utf8(chunk, &self.high[..carry.high])
    }

    #[inline(always)]
    fn piece(
        &mut self,
        piece: &Piece,
        number: u16,
        carry: &mut Carry,
        look: &impl Fn(&Piece) -> Masks,
        within: &impl Fn(u64) -> u64,
        write: &impl Fn(&Piece, u64, u16, &mut Piece, &mut [u16; PIECE_LEN]),
    ) {
        let masks = look(piece);

        let escaped = escaped_by(masks.backslash, &mut carry.escaped);
        self.escapes[carry.escapes] = (number, escaped);
        carry.escapes += usize::from(escaped != 0);
        self.high[carry.high] = number;
        carry.high += usize::from(masks.high != 0);

        let quote = masks.quote & !escaped;
        let string = within(quote) ^ carry.string;
        carry.string = ((string as i64) >> 63) as u64;
        carry.wrong |= masks.control & string;

        let outside = !(string | quote);
        let primitive = !(masks.structural | masks.white) & outside;
        let begins = primitive & !(primitive << 1 | carry.primitive);
        carry.primitive = primitive >> 63;
        let tokens = masks.structural & outside | quote & string | begins;

        self.end_lines(carry.tokens, tokens, masks.newline & outside);
        let kinds = self.kinds[carry.tokens..].first_chunk_mut().expect("as many as bytes");
        let starts = self.starts[carry.tokens..].first_chunk_mut().expect("as many as bytes");
        write(piece, tokens, number * PIECE_LEN as u16, kinds, starts);
        carry.tokens += tokens.count_ones() as usize;
    }

    /// Writes down which tokens are newlines: mostly one in many pieces, so that a place is written
    /// whether there is one or not.
    #[inline(always)]
    fn end_lines(&mut self, before: usize, tokens: u64, newlines: u64) {
        let mut left = newlines;
        loop {
            let below = left.wrapping_sub(1) & !left;
            self.ends[self.ends_len] = before as u32 + (tokens & below).count_ones();
            self.ends_len += usize::from(left != 0);
            left &= left.wrapping_sub(1);
            if left == 0 {
                break;
            }
        }
    }
}

/// Which bytes have a backslash before them that is not itself escaped.
///
/// A run of backslashes escapes every second byte from its second on. Subtracting the odd bits from the
/// runs' starts carries through each run, and leaves whether it begins on an odd or an even bit; this is
/// simdjson's way.
#[inline(always)]
fn escaped_by(backslash: u64, carry: &mut u64) -> u64 {
    const ODD: u64 = 0xaaaa_aaaa_aaaa_aaaa;
    let begin = backslash & !*carry;
    let maybe = begin << 1 | ODD;
    let codes = maybe.wrapping_sub(begin) ^ ODD;
    let escaped = codes ^ (backslash | *carry);
    *carry = (codes & backslash) >> 63;
    escaped
}
