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
#[derive(Debug, Default)]
pub(super) struct Brackets {
    /// The place in the stream of the next byte to be looked at.
    pub(super) at: u64,
    /// The places of the brackets before it that are open, going up: at most [`DEPTH_MAX`].
    open: VecDeque<u64>,
    /// The last byte outside of strings that is not white.
    last: u8,
    in_string: bool,
    escaped: bool,
    /// Everything that is open is broken at this place.
    failed: bool,
}

/// What comes of a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    On,
    /// The first bracket that was open is closed.
    Closed,
    /// The bracket that is looked at is too deep within the first one.
    TooDeep,
    /// No JSON document has this byte here.
    Broken,
}

impl Brackets {
    /// A pass that begins with the bracket at this place.
    pub(super) fn from(place: u64) -> Self {
        Self { at: place + 1, open: [place].into(), last: b'[', ..Self::default() }
    }

    /// Whether the bracket at this place, which the pass went over, is open. If so, what was open before it counts no
    /// more.
    pub(super) fn reopen(&mut self, place: u64) -> bool {
        let found = self.open.binary_search(&place);
        if let Ok(before) = found {
            self.open.drain(..before);
        }
        found.is_ok()
    }

    /// Whether the next byte, being the end of a line, ends it outside of strings.
    pub(super) fn is_between_values(&self) -> bool {
        !self.in_string && !self.failed
    }

    /// Notes that what is open is broken.
    pub(super) fn fail(&mut self) -> Step {
        self.failed = true;
        Step::Broken
    }

    /// Looks at the next byte.
    #[inline]
    pub(super) fn step(&mut self, byte: u8) -> Step {
        if self.failed {
            return Step::Broken;
        }
        match byte {
            b'\n' if self.in_string => return self.fail(),
            _ if self.escaped => self.escaped = false,
            b'\\' if self.in_string => self.escaped = true,
            b'"' => self.in_string = !self.in_string,
            _ if self.in_string => {}
            // Here no value can stand, so another document begins.
            b'{' if !matches!(self.last, b'[' | b',' | b':') => return self.fail(),
            b'{' | b'[' if self.open.len() == DEPTH_MAX => return Step::TooDeep,
            b'{' | b'[' => self.open.push_back(self.at),
            b'}' | b']' => drop(self.open.pop_back()),
            _ => {}
        }
        self.at += 1;
        if self.open.is_empty() {
            return Step::Closed;
        }
        if !self.in_string && !byte.is_ascii_whitespace() {
            self.last = byte;
        }
        Step::On
    }
}
