//! Cuts a stream into blocks of whole lines, to be read by several workers.

use std::{
    io::{self, Read},
    ops::Deref,
};

use crate::bulk::DOCUMENT_LEN_MAX;

mod leftovers;
mod reread;
mod worker;

pub(crate) use self::{leftovers::Leftovers, reread::Rereader, worker::Worker};

/// Small enough to stay in the cache while it is read.
const BLOCK_LEN: usize = 256 << 10;

/// A stream of blocks.
#[derive(Debug)]
pub(crate) struct Blocks<R> {
    input: R,
    /// The begun line after the block before.
    rest: Vec<u8>,
    /// How many bytes came before the next block.
    place: u64,
    ended: bool,
    /// What a block has at least, unless it is the last.
    len: usize,
}

/// The text of a block, in memory that is used again as it is: what is not read into is not cleared either.
#[derive(Debug, Default)]
pub(crate) struct BlockText {
    bytes: Vec<u8>,
    len: usize,
}

impl Deref for BlockText {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl BlockText {
    /// Reads up to `len` bytes more.
    fn read(&mut self, input: &mut impl Read, len: usize) -> io::Result<usize> {
        let end = self.len + len;
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        let before = self.len;
        while self.len < end {
            match input.read(&mut self.bytes[self.len..end]) {
                Ok(0) => break,
                Ok(read) => self.len += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.len - before)
    }
}

/// What is known of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Where it begins in the stream.
    pub(crate) place: u64,
    /// Nothing comes after it.
    pub(crate) last: bool,
}

impl<R: Read> Blocks<R> {
    pub(crate) fn new(input: R) -> Self {
        Self::with_len(input, BLOCK_LEN)
    }

    /// Blocks of about `len` bytes.
    pub(crate) fn with_len(input: R, len: usize) -> Self {
        Self { input, rest: Vec::new(), place: 0, ended: false, len }
    }

    /// Reads the next block into `text`: whole lines, but for the last block and for a line that is longer than any
    /// document may be. `None` at the end.
    ///
    /// # Errors
    /// Those of the stream. What was read before it is the last block.
    pub(crate) fn next(&mut self, text: &mut BlockText) -> Option<(Block, io::Result<()>)> {
        if self.ended {
            return None;
        }
        text.len = 0;
        // Reading from memory does not fail.
        let _ = text.read(&mut &*self.rest, self.rest.len());
        let mut failed = Ok(());
        let end = loop {
            let searched = text.len;
            match text.read(&mut self.input, self.len) {
                Ok(0) => self.ended = true,
                Ok(_) => {}
                Err(error) => (self.ended, failed) = (true, Err(error)),
            }
            if self.ended {
                break text.len;
            }
            match memchr::memrchr(b'\n', &text[searched..]) {
                Some(at) => break searched + at + 1,
                None if text.len > DOCUMENT_LEN_MAX => break text.len,
                None => {}
            }
        };
        self.rest.clear();
        self.rest.extend_from_slice(&text[end..]);
        text.len = end;
        let block = Block { place: self.place, last: self.ended };
        self.place += end as u64;
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
        let (mut block, mut all, mut count) = (BlockText::default(), Vec::new(), 0);
        let mut last = false;
        while let Some((about, read)) = blocks.next(&mut block) {
            read.expect("it can be read");
            assert!(!last && about.place == all.len() as u64);
            assert!(about.last || block.ends_with(b"\n"));
            last = about.last;
            all.extend_from_slice(&block);
            count += 1;
        }
        assert!(last && count > 5);
        assert!(all == text.as_bytes());
    }
}
