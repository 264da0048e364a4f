//! Cuts a stream into documents: lines of NDJSON, the items of a JSON array, one JSON document however
//! laid out, form-urlencoded lines, and any mixture; or a multipart body, with which a stream may begin. What is broken
//! costs only itself.

mod multipart;

use std::io::{self, Read};

use serde::de::IgnoredAny;

use super::brackets::{BracketStep, Brackets, DEPTH_MAX};
use crate::event::{self, EventError};

/// The longest document, in bytes. Unit tests come to it sooner.
pub const DOCUMENT_LEN_MAX: usize = if cfg!(test) { 80 << 10 } else { 16 << 20 };

const BLOCK_LEN: usize = 256 << 10;
/// How much is read at first.
const STEP_LEN: usize = 4 << 10;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A stream of documents.
#[derive(Debug)]
pub struct Documents<R> {
    input: R,
    buffer: Vec<u8>,
    /// The unread part of the buffer.
    start: usize,
    end: usize,
    exhausted: bool,
    /// The place of `start` in the stream.
    place: u64,
    /// The brackets of what was looked at and not yet passed over.
    brackets: Brackets,
    /// The line of `start`, from 1.
    line: u64,
    /// The bytes between the start of that line and `start`.
    column: usize,
    /// The line on which the JSON array began whose items are being read.
    array: Option<u64>,
    begun: bool,
    broken: Option<Broken>,
    /// Why there is no more, to be told after the document before it.
    failed: Option<io::Error>,
}

/// One document, or what stands in its place.
#[derive(Debug)]
#[non_exhaustive]
pub struct Document<'a> {
    /// The line that it begins on, from 1.
    pub line: u64,
    /// Its bytes, or why there are none.
    pub body: Result<&'a [u8], EventError>,
}

/// A document that is being skipped, as it is broken.
#[derive(Debug)]
struct Broken {
    /// Where it began.
    line: u64,
    column: usize,
    /// What is wrong with it; `None` if its line is too long to be kept.
    error: Option<EventError>,
    /// All lines before the next document are lost with it, and not only its first.
    pretty: bool,
    /// Its lines may be anything but JSON objects.
    multipart: bool,
    /// How many bytes of it were skipped so far.
    skipped: usize,
}

impl<R: Read> Documents<R> {
    /// Documents from a stream that is already decompressed.
    pub fn new(input: R) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            exhausted: false,
            place: 0,
            brackets: Brackets::default(),
            line: 1,
            column: 0,
            array: None,
            begun: false,
            broken: None,
            failed: None,
        }
    }

    /// Documents from the middle of a stream: from the start of this line, counted from 1.
    #[cfg(feature = "fast")]
    pub(crate) fn from_line(input: R, line: u64) -> Self {
        Self { line, begun: line > 1, ..Self::new(input) }
    }

    #[cfg(feature = "fast")]
    pub(crate) fn input(&mut self) -> &mut R {
        &mut self.input
    }

    /// How many bytes were read that belong to no document yet; `None` in the middle of an array or a line.
    #[cfg(feature = "fast")]
    pub(crate) fn ahead(&self) -> Option<usize> {
        let between = self.array.is_none()
            && self.broken.is_none()
            && (self.column == 0 || self.unread().first().is_none_or(|byte| *byte == b'\n'));
        between.then(|| self.end - self.start)
    }

    /// How many bytes from here on were looked at for the end of a broken document: reading the lines that begin there
    /// from a new stream takes that time again.
    #[cfg(feature = "fast")]
    pub(crate) fn looked_at(&self) -> usize {
        self.brackets.at.saturating_sub(self.place) as usize
    }

    /// The next document; `None` at the end.
    ///
    /// # Errors
    /// Those of the stream. What was read before stands.
    pub fn next_document(&mut self) -> io::Result<Option<Document<'_>>> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if let Some(broken) = self.broken.take() {
            return self.skip(broken).map(Some);
        }
        if !self.skip_between()? {
            return Ok(self.array.take().map(|line| {
                let reason = format!("the JSON array that begins on line {line} has no end");
                Document { line: self.line, body: Err(EventError::BrokenStream { reason }) }
            }));
        }
        let line = self.line;
        let first = self.unread()[0];
        let end = match first {
            b'{' | b'[' => self.json_end()?,
            b'-' if self.begins_multipart()? => self.multipart_end()?,
            _ if self.array.is_some() && starts_scalar(first) => self.scalar_len()?,
            _ => self.line_len(0)?,
        };
        match end {
            Err(broken) => self.skip(broken).map(Some),
            Ok(len) => {
                let from = self.start;
                self.consume(len);
                Ok(Some(Document { line, body: Ok(&self.buffer[from..from + len]) }))
            }
        }
    }

    /// Skips to the first byte of the next document; `false` at the end of the stream.
    fn skip_between(&mut self) -> io::Result<bool> {
        loop {
            if self.start == self.end && !self.grow()? {
                return Ok(false);
            }
            if !self.begun {
                self.byte_at(BOM.len() - 1)?;
                if self.unread().starts_with(BOM) {
                    self.consume(BOM.len());
                    self.column = 0;
                }
                self.begun = true;
                continue;
            }
            match self.unread()[0] {
                b' ' | b'\t' | b'\r' | b'\n' => {}
                b',' if self.array.is_some() => {}
                b']' if self.array.is_some() => self.array = None,
                b'[' if self.array.is_none() => self.array = Some(self.line),
                _ => return Ok(true),
            }
            self.consume(1);
        }
    }

    /// The length of the JSON document at the start of the unread bytes.
    fn json_end(&mut self) -> io::Result<Result<usize, Broken>> {
        if self.array.is_none()
            && let Some(end) = self.whole_line()?
        {
            return Ok(end);
        }
        // A document whose first bracket is alone on its line is pretty-printed.
        let pretty = self.opener_alone()?;
        let first = self.unread()[0];
        let mut brackets = std::mem::take(&mut self.brackets);
        let ended = if self.place >= brackets.at {
            brackets = Brackets::from(self.place, first);
            self.close(&mut brackets)
        } else if brackets.reopen(self.place) {
            self.close(&mut brackets)
        } else {
            let mut own = Brackets::from(self.place, first);
            let ended = self.close(&mut own);
            // What had failed on this very line may go on.
            if own.at >= brackets.at {
                brackets = own;
            }
            ended
        };
        self.brackets = brackets;
        let (at, step) = ended?;
        let reason = match step {
            BracketStep::Closed => return self.rest_of_line(at).map(Ok),
            BracketStep::On => return Ok(Err(self.broken(Some(too_large(at)), pretty))),
            BracketStep::Wrong if pretty && self.brackets.began_at(self.place) => {
                json_error(&self.unread()[..=at])
            }
            // What seems deep is mostly lines that were cut one after another.
            BracketStep::TooDeep if pretty || !self.goes_over_lines(at) => {
                Some(format!("not JSON: nested more than {DEPTH_MAX} deep"))
            }
            _ => None,
        };
        let error = reason.map_or_else(cut, |reason| EventError::Malformed { reason });
        Ok(Err(self.broken(Some(error), pretty)))
    }

    /// What comes of the document at the start of the unread bytes, whose bracket is the first that is open, and after how
    /// many bytes: it is closed or broken, or too long if the pass would go on.
    fn close(&mut self, brackets: &mut Brackets) -> io::Result<(usize, BracketStep)> {
        loop {
            let at = (brackets.at - self.place) as usize;
            if at >= DOCUMENT_LEN_MAX {
                return Ok((at, BracketStep::On));
            }
            let step = match self.byte_at(at)? {
                None => brackets.cut(),
                Some(b'\n') if brackets.may_go_on() && !self.goes_on(at + 1)? => brackets.cut(),
                Some(byte) => brackets.step(byte),
            };
            match step {
                BracketStep::On => {}
                BracketStep::Closed => return Ok((at + 1, step)),
                _ => return Ok((at, step)),
            }
        }
    }

    /// Whether this many unread bytes are more than a line.
    fn goes_over_lines(&self, len: usize) -> bool {
        memchr::memchr(b'\n', &self.unread()[..len]).is_some()
    }

    /// Whether nothing but the bracket at the start of the unread bytes is on its line.
    fn opener_alone(&mut self) -> io::Result<bool> {
        let mut at = 1;
        loop {
            match self.byte_at(at)? {
                Some(b' ' | b'\t' | b'\r') => at += 1,
                next => return Ok(next == Some(b'\n')),
            }
        }
    }

    /// The line, if it plainly is one document: from brace to brace, and the next line does not go on
    /// with it; or if it is too long.
    fn whole_line(&mut self) -> io::Result<Option<Result<usize, Broken>>> {
        let len = match self.line_len(0)? {
            Ok(len) => len,
            Err(broken) => return Ok(Some(Err(broken))),
        };
        let line = self.unread()[..len].trim_ascii_end();
        if line.len() < 2 || !line.ends_with(b"}") {
            return Ok(None);
        }
        let next = match self.byte_at(len + 1) {
            // The line stands, whatever comes of the stream after it.
            Err(error)
                if error.kind() != io::ErrorKind::WouldBlock && self.unread().len() > len =>
            {
                self.failed = Some(error);
                None
            }
            next => next?,
        };
        Ok(matches!(next, None | Some(b'{')).then_some(Ok(len)))
    }

    /// Outside an array a document of one line has it to itself: what else is on it makes it malformed, which the JSON
    /// reader then says. Behind one that is known to be whole another may begin.
    fn rest_of_line(&mut self, at: usize) -> io::Result<usize> {
        if self.array.is_some() {
            return Ok(at);
        }
        let mut len = at + self.indent(at)?;
        if self.byte_at(len)?.is_some_and(|byte| byte != b'\n') && self.goes_over_lines(at) {
            return Ok(at);
        }
        while len < DOCUMENT_LEN_MAX && self.byte_at(len)?.is_some_and(|byte| byte != b'\n') {
            len += 1;
        }
        Ok(len)
    }

    /// Whether the line at this place may be one of a JSON document that began before it, going by its first byte.
    fn goes_on(&mut self, at: usize) -> io::Result<bool> {
        let at = at + self.indent(at)?;
        let literal: &[u8] = match self.byte_at(at)? {
            None | Some(b'\n' | b' ' | b'\t' | b'\r') => return Ok(true),
            Some(b'{' | b'}' | b'[' | b']' | b',' | b':' | b'"' | b'-' | b'0'..=b'9') => {
                return Ok(true);
            }
            Some(b't') => b"true",
            Some(b'f') => b"false",
            Some(b'n') => b"null",
            Some(_) => return Ok(false),
        };
        self.byte_at(at + literal.len() - 1)?;
        Ok(self.unread()[at..].starts_with(literal))
    }

    /// How many blanks the line at this place begins with, or as many as a document may be long.
    fn indent(&mut self, at: usize) -> io::Result<usize> {
        let mut indent = 0;
        while indent < DOCUMENT_LEN_MAX
            && matches!(self.byte_at(at + indent)?, Some(b' ' | b'\t' | b'\r'))
        {
            indent += 1;
        }
        Ok(indent)
    }

    /// Whether a document begins with the line at this place, given the column in which a broken one began before it:
    /// the line is no part of any JSON, or begins with a bracket no further in, or is a whole object by itself.
    fn begins_another(&mut self, at: usize, column: usize) -> io::Result<bool> {
        if !self.goes_on(at)? {
            return Ok(true);
        }
        let indent = self.indent(at)?;
        match self.byte_at(at + indent)? {
            Some(b'{') if indent > column => self.is_whole(at + indent),
            Some(b'{') => Ok(true),
            Some(b'[') => Ok(indent <= column && self.array.is_none()),
            _ => Ok(false),
        }
    }

    fn broken(&self, error: Option<EventError>, pretty: bool) -> Broken {
        let (line, column) = (self.line, self.column);
        Broken { line, column, error, pretty, multipart: false, skipped: 0 }
    }

    /// Skips what is broken. If the stream fails meanwhile, the rest is skipped when there is more of it.
    fn skip(&mut self, mut broken: Broken) -> io::Result<Document<'_>> {
        if let Err(error) = self.skip_lines(&mut broken) {
            self.broken = Some(broken);
            return Err(error);
        }
        let line = broken.line;
        let error = match broken.error {
            None => too_large(broken.skipped),
            Some(EventError::Malformed { reason }) if self.line > line => EventError::Malformed {
                reason: format!("{reason} (lines {line} to {})", self.line),
            },
            Some(error) => error,
        };
        Ok(Document { line, body: Err(error) })
    }

    /// A broken document costs its line; a pretty-printed one all lines before the next document.
    fn skip_lines(&mut self, broken: &mut Broken) -> io::Result<()> {
        loop {
            let end = memchr::memchr(b'\n', self.unread());
            let len = end.unwrap_or_else(|| self.unread().len());
            self.consume(len);
            broken.skipped += len;
            if end.is_some() {
                let ends = match broken {
                    Broken { multipart: true, .. } => self.is_object(1)?,
                    Broken { pretty, column, .. } => !*pretty || self.begins_another(1, *column)?,
                };
                if ends {
                    return Ok(());
                }
                self.consume(1);
            } else if !self.grow()? {
                return Ok(());
            }
        }
    }

    /// The length of the rest of the line from this place on, without its end.
    fn line_len(&mut self, from: usize) -> io::Result<Result<usize, Broken>> {
        let mut searched = from;
        loop {
            let end = memchr::memchr(b'\n', &self.unread()[searched..]);
            searched = end.map_or_else(|| self.unread().len(), |at| searched + at);
            if searched - from > DOCUMENT_LEN_MAX {
                return Ok(Err(self.broken(None, false)));
            }
            if end.is_some() || !self.grow()? {
                return Ok(Ok(searched - from));
            }
        }
    }

    /// The length of a JSON scalar in an array, up to what ends it.
    fn scalar_len(&mut self) -> io::Result<Result<usize, Broken>> {
        let (mut in_string, mut escaped) = (false, false);
        for at in 0..=DOCUMENT_LEN_MAX {
            match self.byte_at(at)? {
                None | Some(b'\n') => return Ok(Ok(at)),
                _ if escaped => escaped = false,
                Some(b'\\') if in_string => escaped = true,
                Some(b'"') => in_string = !in_string,
                Some(b',' | b']') if !in_string => return Ok(Ok(at)),
                Some(_) => {}
            }
        }
        Ok(Err(self.broken(None, false)))
    }

    /// A byte of what is unread, read if need be; `None` past the end of the stream.
    #[inline]
    fn byte_at(&mut self, at: usize) -> io::Result<Option<u8>> {
        while self.end - self.start <= at {
            if !self.grow()? {
                return Ok(None);
            }
        }
        Ok(Some(self.buffer[self.start + at]))
    }

    pub(crate) fn unread(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    fn consume(&mut self, len: usize) {
        let consumed = &self.buffer[self.start..self.start + len];
        match memchr::memrchr(b'\n', consumed) {
            None => self.column += len,
            Some(last) => {
                self.line += memchr::memchr_iter(b'\n', consumed).count() as u64;
                self.column = len - last - 1;
            }
        }
        self.start += len;
        self.place += len as u64;
    }

    /// Reads more; `false` at the end of the stream.
    fn grow(&mut self) -> io::Result<bool> {
        if self.exhausted {
            return Ok(false);
        }
        // Each byte is moved once at most on its way, however much is kept of what was read.
        if self.start >= self.end - self.start {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        // Most streams are long, but of those that begin in a block most are a line.
        let more = self.buffer.len().clamp(STEP_LEN, BLOCK_LEN);
        if self.buffer.len() < self.end + more {
            self.buffer.resize(self.end + more, 0);
        }
        loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => {
                    self.exhausted = true;
                    return Ok(false);
                }
                Ok(len) => {
                    self.end += len;
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// What is wrong with JSON that may go on after these bytes, if anything is.
fn json_error(begun: &[u8]) -> Option<String> {
    let error = serde_json::from_slice::<IgnoredAny>(begun).err()?;
    (!error.is_eof()).then(|| event::json_error(&error))
}

fn cut() -> EventError {
    EventError::Malformed { reason: "not JSON: cut before its end".to_owned() }
}

fn too_large(len: usize) -> EventError {
    EventError::TooLarge { what: "a document", len, len_max: DOCUMENT_LEN_MAX }
}

fn starts_scalar(first: u8) -> bool {
    matches!(first, b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n')
}
