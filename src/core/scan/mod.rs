//! Finds the tokens of JSON lines and proves each line to be one valid JSON object, many bytes at a time.
//!
//! [`find`] goes over a chunk of whole lines, 64 bytes at a time, and writes down the kind and the start
//! of each token; [`strings`] looks at what is escaped or not ASCII. Then each line is judged:
//! [`shapes`] remembers sequences of kinds that were proven before, [`grammar`] proves new ones, and the
//! numbers and literals are read. [`mod@pairs`] looks at lines that are forms. [`simd`] chooses the instructions.
//!
//! Nothing here knows what a payload means, builds values or unescapes strings. What cannot be proven is
//! left to the general reader, which alone says what is wrong with a line.

mod alike;
mod find;
mod grammar;
mod pairs;
mod piece;
mod shapes;
#[expect(unsafe_code, reason = "vectors have addresses; each block says why it is sound")]
mod simd;
mod strings;
mod sums;
#[cfg(test)]
mod tests;

use self::{
    find::ChunkTokens,
    piece::Marks,
    shapes::{ShapeLookup, Shapes},
};

pub(crate) use self::{
    alike::{NamePattern, NameTable},
    pairs::pairs,
    simd::{Level, prefetch, prefetch_first},
    sums::{Value, sum_of, verbatim},
};

/// The longest line that is looked at, in bytes without its newline: places in a chunk are 16 bits wide.
pub(crate) const LINE_LEN_MAX: usize = u16::MAX as usize - 1;

/// How many shapes are remembered.
pub(crate) const SHAPES_MAX: usize = 4096;

/// How many bytes are looked at before the lines among them are judged: what is found should still be in
/// the nearest caches then.
const CHUNK_LEN: usize = 12 << 10;

/// How many bytes are looked at together where little is looked at.
const AHEAD_LEN: usize = 16;

/// All bits of the first `len` of [`AHEAD_LEN`] bytes.
#[inline]
fn mask_of(len: usize) -> u128 {
    const FIRST: [u128; AHEAD_LEN + 1] = {
        let mut first = [0; AHEAD_LEN + 1];
        let mut len = 1;
        while len <= AHEAD_LEN {
            first[len] = first[len - 1] << 8 | 0xff;
            len += 1;
        }
        first
    };
    FIRST[len]
}

/// At most a stripe of a text: the text, where it begins, its length in bytes.
type Span<'a> = (&'a [u8], usize, usize);

/// Scans blocks of lines. Keeps its buffers and the shapes it has seen; make one for each thread.
#[derive(Debug)]
pub(crate) struct Scanner {
    level: Level,
    found: ChunkTokens,
    shapes: Shapes,
}

/// One line of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    /// Where it begins in the block.
    pub(crate) start: usize,
    /// Its bytes, without the newline.
    pub(crate) text: &'a [u8],
    /// Its tokens, if it is proven to be one JSON object in UTF-8 and nothing else but white space.
    ///
    /// There are none for what is not, and for some rare lines that are: those that nest deeper than 61,
    /// have a number of more than 64 bytes or with an exponent of more than two digits, or are longer
    /// than [`LINE_LEN_MAX`]. A line that has tokens is one that `serde_json` reads.
    pub(crate) tokens: Option<Tokens<'a>>,
    /// The shape that the next line seems to have, so that what is known of it can be prefetched.
    pub(crate) next: Option<u32>,
}

/// The tokens of one JSON object, from its first brace to its last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tokens<'a> {
    /// `{ } [ ] : ,` for themselves, `"` for a string, `0` for a number, `t` for `true`, `false`, `null`.
    pub(crate) kinds: &'a [u8],
    /// Of the sequence of kinds, once it was seen often enough: lines have the same shape just if they
    /// have the same kinds. Below [`SHAPES_MAX`], given out from 0 on, never taken back.
    pub(crate) shape: Option<u32>,
    level: Level,
    chunk: &'a [u8],
    /// Where each token begins in the chunk, and where the line ends.
    starts: &'a [u16],
    /// Of the chunk.
    marks: &'a [Marks],
}

impl Scanner {
    pub(crate) fn new(level: Level) -> Self {
        Self { level, found: ChunkTokens::new(), shapes: Shapes::new() }
    }

    /// Scans a block of whole lines, of which the last may lack its newline. Each is called for every
    /// line in turn, empty ones too.
    pub(crate) fn scan(&mut self, block: &[u8], mut each: impl FnMut(Line<'_>)) {
        let mut start = 0;
        while start < block.len() {
            let rest = &block[start..];
            let chunk = if begins_otherwise(rest) { first_line(rest) } else { chunk_of(rest) };
            let text = without_newline(chunk);
            if begins_otherwise(text) || text.len() > LINE_LEN_MAX {
                each(Line { start, text, tokens: None, next: None });
            } else if self.found.find(self.level, chunk) {
                self.lines(start, chunk, &mut each);
            } else {
                self.one_by_one(start, chunk, &mut each);
            }
            start += chunk.len();
        }
    }

    /// A chunk in which something is wrong: each line is looked at alone, so that only those pay for it
    /// where it is.
    fn one_by_one(&mut self, start: usize, chunk: &[u8], each: &mut impl FnMut(Line<'_>)) {
        let mut start = start;
        for line in chunk.split_inclusive(|byte| *byte == b'\n') {
            if !begins_otherwise(line) && self.found.find(self.level, line) {
                self.lines(start, line, each);
            } else {
                each(Line { start, text: without_newline(line), tokens: None, next: None });
            }
            start += line.len();
        }
    }

    /// Judges the lines of a chunk in which no string is broken.
    fn lines(&mut self, start: usize, chunk: &[u8], each: &mut impl FnMut(Line<'_>)) {
        let Self { level, found, shapes } = self;
        let (mut from, mut begin, mut look) = (0, 0, None);
        for (at, to) in (1..).zip(found.ends()) {
            let to = *to as usize;
            let starts = &found.starts[from..=to];
            let end = starts[to - from] as usize;
            let ahead = &found.kinds[from..];
            let kinds = &ahead[..to - from];
            let marks = found.marks();
            let mut tokens = Tokens { kinds, shape: None, level: *level, chunk, starts, marks };
            let own = look.unwrap_or_else(|| shapes.look(ahead, to - from));
            let look_on = |end: &u32| shapes.look(&found.kinds[to + 1..], *end as usize - (to + 1));
            look = found.ends().get(at).map(look_on);
            let proven = prove(shapes, own, &mut tokens, ahead);
            let tokens = proven.then_some(tokens);
            let next = look.and_then(|look| look.likely);
            each(Line { start: start + begin, text: &chunk[begin..end], tokens, next });
            (from, begin) = (to + 1, end + 1);
        }
    }
}

/// Whether the tokens of a line are one valid object. `ahead` begins with their kinds and goes on with
/// whatever comes after them.
#[inline]
fn prove(shapes: &mut Shapes, look: ShapeLookup, tokens: &mut Tokens<'_>, ahead: &[u8]) -> bool {
    if tokens.kinds.len() < 2 {
        return false;
    }
    match shapes.find(look, tokens.kinds) {
        Ok((id, primitives)) => {
            #[cfg(test)]
            crate::marks::hit("shape known");
            tokens.shape = Some(id);
            tokens.are_primitives_valid(primitives)
        }
        Err(hash) => {
            #[cfg(test)]
            crate::marks::hit("shape proven");
            let valid = simd::is_object(tokens, ahead);
            if valid {
                tokens.shape = shapes.enter(hash, tokens.kinds);
            }
            valid
        }
    }
}

/// The whole lines at the start of a text that are looked at together: about [`CHUNK_LEN`] bytes, or one
/// line that is longer.
fn chunk_of(text: &[u8]) -> &[u8] {
    if text.len() <= CHUNK_LEN {
        return text;
    }
    let len = match memchr::memrchr(b'\n', &text[..CHUNK_LEN]) {
        Some(at) => at + 1,
        None => {
            memchr::memchr(b'\n', &text[CHUNK_LEN..]).map_or(text.len(), |at| CHUNK_LEN + at + 1)
        }
    };
    &text[..len]
}

/// Whether a text begins as no line with an object does.
fn begins_otherwise(text: &[u8]) -> bool {
    text.first().is_some_and(|first| !matches!(first, b'{' | b' ' | b'\t' | b'\r' | b'\n'))
}

fn first_line(text: &[u8]) -> &[u8] {
    &text[..memchr::memchr(b'\n', text).map_or(text.len(), |at| at + 1)]
}

fn without_newline(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}

impl<'a> Tokens<'a> {
    /// The tokens of an object within, from its brace to the one after its last, as if it were the line. The shape stays
    /// that of the line.
    pub(crate) fn part(&self, first: usize, end: usize) -> Self {
        Self { kinds: &self.kinds[first..end], starts: &self.starts[first..=end], ..*self }
    }

    /// What is between the quotes of a string, as it stands there.
    ///
    /// # Panics
    /// If the token is no string.
    #[inline]
    pub(crate) fn string(&self, token: usize) -> &'a [u8] {
        match self.text(token) {
            [b'"', inside @ .., b'"'] => inside,
            _ => panic!("token {token} is a string"),
        }
    }

    /// What is between the quotes of a string, as it stands there, and the first bytes of it, filled up with zeros.
    #[inline]
    pub(crate) fn string_and_first(&self, token: usize) -> (&'a [u8], [u8; AHEAD_LEN]) {
        let (from, end) = (self.start(token) + 1, self.start(token + 1));
        let string = match end.checked_sub(1) {
            Some(end) if self.chunk[end] == b'"' && from <= end => &self.chunk[from..end],
            _ => self.string(token),
        };
        let first = self.ahead(from) & mask_of(string.len().min(AHEAD_LEN));
        (string, first.to_le_bytes())
    }

    /// What stands in the chunk from a place on, and zeros after its end.
    #[inline]
    fn ahead(&self, from: usize) -> u128 {
        match self.chunk.get(from..from + AHEAD_LEN).and_then(|ahead| ahead.first_chunk()) {
            Some(ahead) => u128::from_le_bytes(*ahead),
            None => {
                let rest = self.chunk.get(from..).unwrap_or_default().iter().rev();
                rest.fold(0, |ahead, byte| ahead << 8 | u128::from(*byte))
            }
        }
    }

    /// [`Self::span`] as text.
    pub(crate) fn text_of(&self, first: usize, last: usize) -> &'a str {
        simd::proven(self.span(first, last))
    }

    /// A token as it stands in the line, a string without its quotes.
    #[inline]
    pub(crate) fn inner(&self, token: usize) -> &'a str {
        let text = self.text(token);
        match text {
            [b'"', inside @ .., b'"'] => simd::proven(inside),
            _ => simd::proven(text),
        }
    }

    /// The text of a string, as it stands there, unless something is escaped in it, or a number.
    #[inline]
    pub(crate) fn plain(&self, token: usize) -> Option<&'a str> {
        let (from, to) = (self.start(token), self.start(token + 1));
        match &self.chunk[from..to] {
            [b'"', inside @ .., b'"'] => {
                (!find::is_escaped(self.marks, from, to)).then(|| simd::proven(inside))
            }
            _ => (!self.is_escaped(token)).then(|| self.inner(token)),
        }
    }

    /// Appends what a string says; `false`, and anything appended, if more is escaped in it than quotes and backslashes.
    pub(crate) fn unescape(&self, token: usize, out: &mut Vec<u8>) -> bool {
        let text = self.text(token);
        let from = self.start(token);
        strings::unescape(self.chunk, self.marks, (from + 1, from + text.len() - 1), out)
    }

    /// Whether a string has an escape, so that it does not read as it stands there.
    #[inline]
    pub(crate) fn is_escaped(&self, token: usize) -> bool {
        self.are_escaped(token, token)
    }

    /// Whether any string among these tokens has an escape.
    #[inline]
    pub(crate) fn are_escaped(&self, first: usize, last: usize) -> bool {
        find::is_escaped(self.marks, self.start(first), self.start(last + 1))
    }

    /// Where a token begins; where the line ends for the one after the last.
    #[inline]
    pub(crate) fn start(&self, token: usize) -> usize {
        self.starts[token] as usize
    }

    /// What stands between two places that [`Self::start`] gives.
    #[inline]
    pub(crate) fn between(&self, from: usize, to: usize) -> &'a [u8] {
        &self.chunk[from..to]
    }

    /// What stands from the start of one token to the end of another.
    #[inline]
    pub(crate) fn span(&self, first: usize, last: usize) -> &'a [u8] {
        let mut text = self.between(self.start(first), self.start(last + 1));
        // JSON has fewer white characters than ASCII.
        while let [rest @ .., b' ' | b'\t' | b'\r'] = text {
            text = rest;
        }
        text
    }

    /// The first byte of a token.
    #[inline]
    pub(crate) fn byte(&self, token: usize) -> u8 {
        self.chunk[self.start(token)]
    }

    /// The token as it stands in the line; a string with its quotes.
    #[inline]
    pub(crate) fn text(&self, token: usize) -> &'a [u8] {
        self.span(token, token)
    }

    /// Whether these tokens are numbers or literals, as their kinds say.
    #[inline]
    fn are_primitives_valid(&self, tokens: &[u16]) -> bool {
        // Most are short: that is asked without a branch for each, as no one could foresee it.
        let is_short = |token: &u16| {
            let (from, to) = (self.start((*token).into()), self.start(usize::from(*token) + 1));
            let ahead = self.ahead(from) as u64;
            grammar::is_short_primitive(ahead.to_le_bytes(), to - from)
        };
        tokens.iter().fold(true, |all, token| all & is_short(token))
            || tokens.iter().all(|token| self.is_primitive_valid((*token).into()))
    }

    #[inline]
    fn is_primitive_valid(&self, token: usize) -> bool {
        let (from, to) = (self.start(token), self.start(token + 1));
        match self.chunk.get(from..).and_then(|rest| rest.first_chunk()) {
            Some(ahead) if grammar::is_short_primitive(*ahead, to - from) => true,
            _ => grammar::is_primitive(self.text(token)),
        }
    }
}
