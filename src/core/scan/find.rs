//! Finds where tokens begin: 64 bytes become masks of 64 bits, and each step is done for all of them.

use super::{
    LINE_LEN_MAX,
    piece::{Block64, Marks, Masks, PIECE_LEN},
    simd::Level,
    strings,
};

const PIECES_MAX: usize = (LINE_LEN_MAX + 1).div_ceil(PIECE_LEN);

/// A token for each byte and the last newline, and what is read or written after them.
const TOKENS_LEN: usize = (PIECES_MAX + 2) * PIECE_LEN;

/// What was found in a chunk of lines.
#[derive(Debug)]
pub(super) struct ChunkTokens {
    /// The kinds of the tokens of all lines, each line closed by a newline; then leftovers, so that a
    /// piece can be read from any token on.
    pub(super) kinds: Box<[u8; TOKENS_LEN]>,
    /// Where they begin.
    pub(super) starts: Box<[u16; TOKENS_LEN]>,
    /// The newlines among the tokens.
    ends: Box<[u32; TOKENS_LEN]>,
    ends_len: usize,
    /// One more than there are pieces, so that two can be read from any on.
    marks: Box<[Marks; PIECES_MAX + 1]>,
    /// The pieces with odd escapes, a bit for each.
    odd: [u64; PIECES_MAX.div_ceil(GROUP_LEN)],
    /// The pieces that are not all ASCII.
    high: [u64; PIECES_MAX.div_ceil(GROUP_LEN)],
}

/// Pieces whose bits are in one word.
const GROUP_LEN: usize = u64::BITS as usize;

/// What one piece tells the next.
#[derive(Default)]
struct Carry {
    /// The first byte is escaped.
    escaped: u64,
    /// All ones inside a string.
    string: u64,
    /// The first byte goes on with a number or literal.
    primitive: u64,
    /// Control characters in strings.
    wrong: u64,
}

impl ChunkTokens {
    pub(super) fn new() -> Self {
        Self {
            kinds: boxed(0),
            starts: boxed(0),
            ends: boxed(0),
            ends_len: 0,
            marks: boxed(Marks::default()),
            odd: Default::default(),
            high: Default::default(),
        }
    }

    /// Finds the tokens of a chunk of at most [`LINE_LEN_MAX`] bytes and a newline. Whether its strings
    /// are right: closed on their line, with valid escapes and no control characters, in UTF-8. If not,
    /// what was found means nothing.
    pub(super) fn find(&mut self, level: Level, chunk: &[u8]) -> bool {
        super::simd::find(level, self, chunk)
    }

    /// The place of each line's newline among the tokens.
    pub(super) fn ends(&self) -> &[u32] {
        &self.ends[..self.ends_len]
    }

    /// What was noted of each piece of the chunk.
    pub(super) fn marks(&self) -> &[Marks] {
        &*self.marks
    }

    /// The first half of [`Self::find`] with the instructions of a level: marks where tokens begin.
    /// `look` makes the masks of a piece, `within` sets all bits between two set bits, with the first and
    /// without the second.
    #[inline(always)]
    pub(super) fn mark(
        &mut self,
        chunk: &[u8],
        look: impl Fn(&Block64) -> Masks,
        within: impl Fn(u64) -> u64,
    ) -> bool {
        let mut carry = Carry::default();
        let pieces = Pieces::new(chunk);
        let (mut odd, mut high) = (0, 0);
        for (number, own) in (0..pieces.len()).zip(&mut *self.marks) {
            let masks = look(pieces.at(number));
            let marks = carry.go_on(&masks, &within);
            *own = marks;
            let (group, bit) = (number / GROUP_LEN, number % GROUP_LEN);
            odd |= u64::from(marks.odd != 0) << bit;
            high |= u64::from(masks.high) << bit;
            if bit == GROUP_LEN - 1 {
                (self.odd[group], self.high[group]) = (odd, high);
                (odd, high) = (0, 0);
            }
        }
        let (whole, rest) = (pieces.len() / GROUP_LEN, pieces.len() % GROUP_LEN);
        if rest > 0 {
            (self.odd[whole], self.high[whole]) = (odd, high);
        }
        let groups = pieces.len().div_ceil(GROUP_LEN);
        carry.wrong == 0
            && strings::are_escapes_valid(chunk, numbers(&self.odd[..groups]), &*self.marks)
            && strings::is_utf8(chunk, numbers(&self.high[..groups]))
    }

    /// The second half: writes down what is marked. `push` writes the bytes of a mask side by side, and
    /// their places, counted from a first one; what comes after them may be overwritten. `kinds` turns
    /// bytes into [`super::piece::KINDS`].
    #[inline(always)]
    pub(super) fn write(
        &mut self,
        chunk: &[u8],
        push: impl Fn(&Block64, u64, u16, &mut Block64, &mut [u16; PIECE_LEN]),
        kinds: impl Fn(&mut Block64),
    ) {
        let (mut tokens, mut lines) = (0, 0);
        let pieces = Pieces::new(chunk);
        for number in 0..pieces.len() {
            let marks = self.marks[number];
            // Mostly one in many pieces, so that a place is written whether there is one or not.
            let mut left = marks.newlines;
            loop {
                let before = left.wrapping_sub(1) & !left & marks.tokens;
                self.ends[lines] = (tokens + before.count_ones() as usize) as u32;
                lines += usize::from(left != 0);
                left &= left.wrapping_sub(1);
                if left == 0 {
                    break;
                }
            }
            let bytes = self.kinds[tokens..].first_chunk_mut().expect("as many as bytes");
            let starts = self.starts[tokens..].first_chunk_mut().expect("as many as bytes");
            let first = (number * PIECE_LEN) as u16;
            push(pieces.at(number), marks.tokens, first, bytes, starts);
            tokens += marks.tokens.count_ones() as usize;
        }
        self.ends_len = lines;
        let (bytes, _) = self.kinds.as_chunks_mut();
        for piece in bytes.iter_mut().take(tokens.div_ceil(PIECE_LEN)) {
            kinds(piece);
        }
    }
}

impl Carry {
    #[inline(always)]
    fn go_on(&mut self, masks: &Masks, within: impl Fn(u64) -> u64) -> Marks {
        let escaped = escaped_by(masks.backslash, &mut self.escaped);
        let quote = masks.quote & !escaped;
        let string = within(quote) ^ self.string;
        self.string = (string.cast_signed() >> 63).cast_unsigned();
        self.wrong |= masks.control & string;
        let outside = !(string | quote);
        let primitive = !(masks.structural | masks.white) & outside;
        let begins = primitive & !(primitive << 1 | self.primitive);
        self.primitive = primitive >> 63;
        let tokens = masks.structural & outside | quote & string | begins;
        let odd = escaped & !(masks.quote | masks.backslash);
        Marks { tokens, newlines: masks.newline & tokens, escaped, odd }
    }
}

/// The pieces of a chunk; the last is filled up with white space, and with a newline if there is none.
struct Pieces<'a> {
    whole: &'a [Block64],
    last: Option<Block64>,
}

impl<'a> Pieces<'a> {
    fn new(chunk: &'a [u8]) -> Self {
        let (whole, rest) = chunk.as_chunks();
        let closed = chunk.ends_with(b"\n");
        let last = (!rest.is_empty() || !closed).then(|| {
            let mut last = [b' '; PIECE_LEN];
            last[..rest.len()].copy_from_slice(rest);
            if !closed {
                last[rest.len()] = b'\n';
            }
            last
        });
        Self { whole, last }
    }

    fn len(&self) -> usize {
        self.whole.len() + usize::from(self.last.is_some())
    }

    #[inline(always)]
    fn at(&self, number: usize) -> &Block64 {
        self.whole.get(number).or(self.last.as_ref()).expect("it is below the length")
    }
}

/// The numbers of the pieces whose bits are set.
fn numbers(groups: &[u64]) -> impl Iterator<Item = usize> {
    (0..).step_by(GROUP_LEN).zip(groups).flat_map(|(first, group)| {
        let mut left = *group;
        std::iter::from_fn(move || {
            let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(first + bit)
        })
    })
}

/// Whether something is escaped between two places.
#[inline]
pub(super) fn is_escaped(marks: &[Marks], from: usize, to: usize) -> bool {
    let (first, last) = (from / PIECE_LEN, to / PIECE_LEN);
    let of = |piece: usize| marks[piece].escaped;
    if last - first <= 1 {
        let two = u128::from(of(first)) | u128::from(of(first + 1)) << PIECE_LEN;
        return two >> (from % PIECE_LEN) & !(u128::MAX << (to - from)) != 0;
    }
    // The bits from the first place on, and those before the second.
    let (upper, lower) = (u64::MAX << (from % PIECE_LEN), !(u64::MAX << (to % PIECE_LEN)));
    of(first) & upper != 0
        || lower != 0 && of(last) & lower != 0
        || (first + 1..last).any(|piece| of(piece) != 0)
}

fn boxed<T: Copy + std::fmt::Debug, const N: usize>(item: T) -> Box<[T; N]> {
    vec![item; N].into_boxed_slice().try_into().expect("as many as asked for")
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
