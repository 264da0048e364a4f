//! A stream that begins with a multipart body, which has lines of its own.

use std::io::{self, Read};

use serde::de::IgnoredAny;

use super::{Broken, DOCUMENT_LEN_MAX, Documents};
use crate::event::{EventError, multipart};

impl<R: Read> Documents<R> {
    /// Whether the stream begins here, and with a multipart body.
    pub(super) fn begins_multipart(&mut self) -> io::Result<bool> {
        if self.line > 1 || self.column > 0 || self.array.is_some() {
            return Ok(false);
        }
        let Ok(len) = self.line_len(0)? else { return Ok(false) };
        self.byte_at(len + multipart::NAME_BEGIN.len())?;
        Ok(multipart::boundary(self.unread()).is_some())
    }

    /// The length of the multipart body at the start of the unread bytes, to the end of the line that ends it.
    pub(super) fn multipart_end(&mut self) -> io::Result<Result<usize, Broken>> {
        let mut end = multipart::boundary(self.unread()).unwrap_or_default().to_vec();
        end.extend_from_slice(b"--");
        let mut line = 0;
        // Too large without one: how long it was is known once it was skipped.
        let error = loop {
            let Some(at) = memchr::memchr(b'\n', &self.unread()[line..]) else {
                match self.unread().len() > DOCUMENT_LEN_MAX {
                    true => break None,
                    false if self.grow()? => continue,
                    false => break Some(EventError::Malformed { reason: multipart::no_end() }),
                }
            };
            line += at + 1;
            if line > DOCUMENT_LEN_MAX {
                break None;
            }
            self.byte_at(line + end.len() - 1)?;
            if self.unread()[line..].starts_with(&end) {
                return Ok(self.line_len(line)?.map(|len| line + len));
            }
        };
        Ok(Err(Broken { multipart: true, ..self.broken(error, true) }))
    }

    /// Whether the line at this place is a JSON object, and so none of a multipart body that has no end.
    pub(super) fn is_object(&mut self, at: usize) -> io::Result<bool> {
        let at = at + self.indent(at)?;
        Ok(self.byte_at(at)? == Some(b'{') && self.is_whole(at)?)
    }

    /// Whether a JSON object is all that is left of the line at this place.
    pub(super) fn is_whole(&mut self, at: usize) -> io::Result<bool> {
        let Ok(len) = self.line_len(at)? else { return Ok(false) };
        let line = self.unread()[at..at + len].trim_ascii_end();
        Ok(line.ends_with(b"}") && serde_json::from_slice::<IgnoredAny>(line).is_ok())
    }
}
