//! Cuts a stream into blocks of whole lines, to be read by several workers.

use std::io::{self, Read};

use super::DOCUMENT_LEN_MAX;

/// Small enough to stay in the cache while it is read.
const BLOCK_LEN: u64 = 256 << 10;

/// A stream of blocks.
#[derive(Debug)]
pub(crate) struct Blocks<R> {
    input: R,
    /// The begun line after the block before.
    rest: Vec<u8>,
    line: u64,
    /// How many bytes came before the next block.
    place: u64,
    ended: bool,
    /// What a block has at least, unless it is the last.
    len: u64,
}

/// What is known of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// The number of its first line, from 1.
    pub(crate) line: u64,
    /// Where it begins in the stream.
    pub(crate) place: u64,
    /// Nothing comes after it.
    pub(crate) last: bool,
}

impl<R: Read> Blocks<R> {
    pub(crate) fn new(input: R) -> Self {
        Self::with_len(input, BLOCK_LEN)
    }

    /// Blocks of about so many bytes.
    pub(super) fn with_len(input: R, len: u64) -> Self {
        Self { input, rest: Vec::new(), line: 1, place: 0, ended: false, len }
    }

    /// Reads the next block into `text`: whole lines, but for the last block and for a line that is longer than any
    /// document may be. `None` at the end.
    ///
    /// # Errors
    /// Those of the stream. What was read before it is the last block.
    pub(crate) fn next(&mut self, text: &mut Vec<u8>) -> Option<(Block, io::Result<()>)> {
        if self.ended {
            return None;
        }
        text.clear();
        text.append(&mut self.rest);
        let mut failed = Ok(());
        let end = loop {
            let searched = text.len();
            let read = self.input.by_ref().take(self.len).read_to_end(text);
            match read {
                Ok(0) => self.ended = true,
                Ok(_) => {}
                Err(error) => (self.ended, failed) = (true, Err(error)),
            }
            if self.ended {
                break text.len();
            }
            match memchr::memrchr(b'\n', &text[searched..]) {
                Some(at) => break searched + at + 1,
                None if text.len() > DOCUMENT_LEN_MAX => break text.len(),
                None => {}
            }
        };
        self.rest.extend_from_slice(&text[end..]);
        text.truncate(end);
        let block = Block { line: self.line, place: self.place, last: self.ended };
        self.place += text.len() as u64;
        self.line += memchr::memchr_iter(b'\n', text).count() as u64;
        Some((block, failed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream that gives a few bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let len = self.0.len().min(self.1).min(buffer.len());
            buffer[..len].copy_from_slice(&self.0[..len]);
            self.0 = &self.0[len..];
            Ok(len)
        }
    }

    #[test]
    fn blocks_are_whole_lines_and_nothing_is_lost() {
        let line = |at: usize| format!("{at}{}\n", "x".repeat(at * 7919 % 40_000));
        let mut text: String = (0..200).map(line).collect();
        text.push_str("the end");
        let mut blocks = Blocks::new(Slow(text.as_bytes(), 10_007));
        let (mut block, mut all, mut lines, mut count) = (Vec::new(), Vec::new(), 1, 0);
        let mut last = false;
        while let Some((about, read)) = blocks.next(&mut block) {
            read.expect("it can be read");
            assert!(!last && about.line == lines && about.place == all.len() as u64);
            assert!(about.last || block.ends_with(b"\n"));
            last = about.last;
            lines += block.iter().filter(|byte| **byte == b'\n').count() as u64;
            all.extend_from_slice(&block);
            count += 1;
        }
        assert!(last && count > 5);
        assert!(all == text.as_bytes());
    }
}
