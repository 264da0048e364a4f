//! Finds where JSON documents end by their brackets, in one pass over a stream however broken they are.

use std::collections::VecDeque;

/// What the JSON reader allows too.
pub(super) const DEPTH_MAX: usize = 128;

/// A pass over the brackets of a stream, which tells where each document ends that begins at one of them.
///
/// No string goes over the end of a line, so the same bytes have the same brackets from whichever line on they are read.
/// When a document turns out to be broken, those that begin within it are not read from their beginnings again to find
/// their ends: one that was closed is read to its end once more, and the pass goes on with the others where it stopped.
/// So every stream is read in linear time.
///
/// A document of several lines ends at the first byte that no JSON has there, scalars and escapes aside. One that
/// closes on its first line is left to the JSON reader, which says what is wrong with it.
#[derive(Debug, Default)]
pub(crate) struct Brackets {
    /// Where it began.
    from: u64,
    /// The place in the stream of the next byte to be looked at.
    pub(super) at: u64,
    /// Where its line begins, or the pass.
    line_at: u64,
    /// The places of the brackets before it that are open, going up, and whether each is a brace: at most
    /// [`DEPTH_MAX`].
    open: VecDeque<(u64, bool)>,
    expected: Expected,
    /// Nothing but white space stands before it on its line.
    begins_line: bool,
    in_string: bool,
    escaped: bool,
    in_scalar: bool,
    /// The line of the first bracket is no JSON; so its document must end there.
    spoilt: bool,
    /// Everything that is open is broken here.
    failed: bool,
}

#[cfg(test)]
thread_local! {
    /// How many bytes were looked at by this thread.
    pub(crate) static LOOKED_AT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// What may come next in a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Expected {
    /// A name, or the end of an object without any.
    NameOrEnd,
    Name,
    Colon,
    /// A value, or the end of an array without any.
    ValueOrEnd,
    #[default]
    Value,
    CommaOrEnd,
}

/// What comes of a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BracketStep {
    On,
    /// The first bracket that was open is closed.
    Closed,
    /// The bracket that is looked at is too deep within the first one.
    TooDeep,
    /// The document was cut before this byte.
    Cut,
    /// No JSON document has this byte here.
    Wrong,
}

impl Brackets {
    /// A pass that begins with this bracket at this place.
    pub(crate) fn from(place: u64, bracket: u8) -> Self {
        let mut new = Self { from: place, at: place, line_at: place, ..Self::default() };
        new.step(bracket);
        new
    }

    /// Whether it began at this place, and not before.
    pub(crate) fn began_at(&self, place: u64) -> bool {
        self.from == place
    }

    /// Whether the bracket at this place, which the pass went over, is open, and the pass can go on with it. If so,
    /// what was open before it counts no more.
    pub(crate) fn reopen(&mut self, place: u64) -> bool {
        // What is wrong with a line may be no matter if it is a document's first one.
        if self.failed && place >= self.line_at {
            return false;
        }
        let found = self.open.binary_search_by_key(&place, |(place, _)| *place);
        if let Ok(before) = found {
            self.open.drain(..before);
        }
        found.is_ok()
    }

    /// Whether a line that ends here ends outside of strings, and its document may go on.
    pub(crate) fn may_go_on(&self) -> bool {
        !self.in_string && !self.spoilt && !self.failed
    }

    /// Notes that what is open was cut.
    pub(crate) fn cut(&mut self) -> BracketStep {
        self.failed = true;
        BracketStep::Cut
    }

    /// Looks at the next byte.
    #[inline]
    pub(crate) fn step(&mut self, byte: u8) -> BracketStep {
        #[cfg(test)]
        LOOKED_AT.set(LOOKED_AT.get() + 1);
        if self.failed {
            return BracketStep::Cut;
        }
        if self.in_string {
            match byte {
                b'\n' => return self.cut(),
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            self.at += 1;
            return BracketStep::On;
        }
        let step = match byte {
            b' ' | b'\t' | b'\r' => {
                self.in_scalar = false;
                BracketStep::On
            }
            b'\n' if self.spoilt => return self.cut(),
            b'\n' => {
                (self.in_scalar, self.begins_line, self.line_at) = (false, true, self.at + 1);
                BracketStep::On
            }
            _ => self.token(byte),
        };
        if matches!(step, BracketStep::On | BracketStep::Closed) {
            self.at += 1;
        }
        step
    }

    /// Looks at a byte of a token.
    fn token(&mut self, byte: u8) -> BracketStep {
        use Expected::{Colon, CommaOrEnd, Name, NameOrEnd, Value, ValueOrEnd};
        let begins_line = std::mem::take(&mut self.begins_line);
        let goes_on = std::mem::take(&mut self.in_scalar);
        let in_object = self.open.back().is_some_and(|(_, is_brace)| *is_brace);
        let (fits, next) = match (byte, self.expected) {
            (b'{', Value | ValueOrEnd) => (true, NameOrEnd),
            (b'[', Value | ValueOrEnd) => (true, ValueOrEnd),
            // Here no value can stand, so another document begins.
            (b'{' | b'[', _) if begins_line => return self.cut(),
            (b'{', Colon | CommaOrEnd | NameOrEnd) => return self.cut(),
            (b'{', _) => (false, NameOrEnd),
            (b'[', _) => (false, ValueOrEnd),
            (b'}', NameOrEnd) => (in_object, CommaOrEnd),
            (b']', ValueOrEnd) => (!in_object, CommaOrEnd),
            (b'}' | b']', CommaOrEnd) => (in_object == (byte == b'}'), CommaOrEnd),
            (b'}' | b']', _) => (false, CommaOrEnd),
            (b',', CommaOrEnd) => (true, if in_object { Name } else { Value }),
            (b',', other) => (false, other),
            (b':', Colon) => (true, Value),
            (b':', other) => (false, other),
            (b'"', Name | NameOrEnd) => (true, Colon),
            (b'"', Value | ValueOrEnd) => (true, CommaOrEnd),
            (b'"', other) => (false, other),
            (_, other) if goes_on => (true, other),
            (b'-' | b'0'..=b'9' | b't' | b'f' | b'n', Value | ValueOrEnd) => (true, CommaOrEnd),
            (_, other) => (false, other),
        };
        if !fits {
            if self.open.front().is_some_and(|(first, _)| *first < self.line_at) {
                self.failed = true;
                return BracketStep::Wrong;
            }
            self.spoilt = true;
        }
        match byte {
            b'{' | b'[' if self.open.len() == DEPTH_MAX => {
                (self.begins_line, self.in_scalar) = (begins_line, goes_on);
                return BracketStep::TooDeep;
            }
            b'{' | b'[' => self.open.push_back((self.at, byte == b'{')),
            b'}' | b']' => {
                self.open.pop_back();
                if self.open.is_empty() {
                    return BracketStep::Closed;
                }
            }
            b'"' => self.in_string = true,
            b',' | b':' => {}
            _ => self.in_scalar = true,
        }
        self.expected = next;
        BracketStep::On
    }
}
