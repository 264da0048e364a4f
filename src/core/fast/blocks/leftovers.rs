//! What blocks cannot be read by themselves for: documents that go over several lines, and all that is out of the
//! ordinary. Blocks take turns, so that it is always known what came before.

use std::io::{self, Read};

use super::{Block, Worker};
use crate::{
    bulk::{Documents, ledger::FoldOptions},
    event::{Delivery, EventError, Reader},
    fast::compact::Records,
};

/// How much of a block is looked at first.
const STEP: usize = 4 << 10;

/// What the blocks of all sources have in common while they are read.
#[derive(Debug)]
pub(crate) struct Leftovers<'c> {
    reader: Reader<'c>,
    records: Records<'c>,
    /// The upper bits of the numbers of this source's deliveries.
    source: u64,
    /// A document that began in an earlier block and is not over.
    begun: Option<Documents<Feed>>,
    /// The line that the next block begins with.
    line: u64,
    /// The line of the last document.
    last_line: u64,
}

/// Text of which more may come.
#[derive(Debug, Default)]
struct Feed {
    text: Vec<u8>,
    at: usize,
    after: After,
    /// How much there must be before it is worth looking at, unless no more comes.
    wanted: usize,
}

/// What comes after the text that is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum After {
    /// More, but it is not known yet.
    #[default]
    More,
    Nothing,
    /// The stream breaks off.
    Break,
}

impl After {
    fn of(block: Block) -> Self {
        if block.last { Self::Nothing } else { Self::More }
    }
}

/// What is to be done with a block.
#[expect(clippy::large_enum_variant, reason = "there is one for each block")]
enum BlockCourse {
    /// Everything is read.
    Done,
    /// Something goes on in the next block.
    Begun(Documents<Feed>),
    /// A document goes over lines that seemed to be documents of their own.
    Rereader,
}

impl<'c> Leftovers<'c> {
    pub(crate) fn new(reader: Reader<'c>, terms: &FoldOptions) -> Self {
        let records = Records::new(terms.clone());
        Self { reader, records, source: 0, begun: None, line: 1, last_line: 1 }
    }

    /// What follows is of another source.
    pub(crate) fn open(&mut self, source: u64) {
        (self.source, self.begun) = (source, None);
        (self.line, self.last_line) = (1, 1);
    }

    /// Reads what the worker left of a block, after everything before it.
    pub(crate) fn settle(&mut self, worker: &mut Worker<'c>, text: &[u8], block: Block) {
        let line = self.line;
        worker.number_from(line);
        self.line += worker.lines;
        let last_read = worker.read.last().map_or(0, |(_, line)| *line);
        if self.begun.is_none() && worker.left.is_empty() {
            #[cfg(test)]
            crate::marks::hit("block kept");
            self.last_line = self.last_line.max(last_read);
            return;
        }
        if let Some(documents) = self.begun.take() {
            #[cfg(test)]
            crate::marks::hit("block again");
            worker.records.go_back();
            return self.go_on(documents, text, After::of(block), &worker.read);
        }
        self.records.mark();
        let last_line = self.last_line;
        match self.read_left(worker, text, block) {
            BlockCourse::Done => {
                #[cfg(test)]
                crate::marks::hit("block kept");
                self.last_line = self.last_line.max(last_read);
            }
            BlockCourse::Begun(documents) => {
                #[cfg(test)]
                crate::marks::hit("block kept");
                self.last_line = self.last_line.max(last_read);
                self.begun = Some(documents);
            }
            BlockCourse::Rereader => {
                #[cfg(test)]
                crate::marks::hit("block again");
                self.records.go_back();
                worker.records.go_back();
                self.last_line = last_line;
                let documents = Documents::from_line(Feed::default(), line);
                self.go_on(documents, text, After::of(block), &worker.read);
            }
        }
    }

    /// Reads the last block of a stream that breaks off after it: what is not over by then is lost.
    pub(crate) fn break_off(&mut self, text: &[u8]) {
        let begun = self.begun.take();
        let line = self.line;
        let fresh = || Documents::from_line(Feed::default(), line);
        self.go_on(begun.unwrap_or_else(fresh), text, After::Break, &[]);
    }

    /// Tells why the stream broke off.
    pub(crate) fn tell_break(&mut self, reason: String) {
        let error = EventError::BrokenStream { reason };
        self.records.deliver_broken(&error, self.source | self.last_line);
    }

    /// Reads the lines that were left, from the first of each run on until it is known where the document ends that begins
    /// there. What the worker read stands just if no such document goes over it.
    fn read_left(&mut self, worker: &Worker<'c>, text: &[u8], block: Block) -> BlockCourse {
        let mut done = 0;
        for &(start, line) in &worker.left {
            if start < done {
                continue;
            }
            let mut documents = Documents::from_line(Feed::default(), line);
            let over = loop {
                let more = self.next(&mut documents);
                let ahead = documents.ahead().filter(|ahead| more || *ahead == 0);
                let fed = start + documents.input().text.len();
                match ahead {
                    Some(ahead) if more || fed == text.len() => {
                        done = line_after(text, start + documents.input().at - ahead);
                        // What was looked at already is not looked at anew, but for lines that were read.
                        let looked_at = done + documents.looked_at();
                        let left = worker.left.partition_point(|(start, _)| *start < done);
                        let next = worker.left.get(left).map(|(start, _)| *start);
                        if !more || next.is_none_or(|next| next > done && next >= looked_at) {
                            break true;
                        }
                    }
                    _ if more => {}
                    _ if fed < text.len() => documents.input().take_up(&text[start..], block),
                    _ => break block.last,
                }
            };
            let until = if over { done } else { text.len() };
            let after = worker.read.partition_point(|(other, _)| *other <= start);
            if worker.read.get(after).is_some_and(|(other, _)| *other < until) {
                return BlockCourse::Rereader;
            }
            if !over {
                return BlockCourse::Begun(documents);
            }
        }
        BlockCourse::Done
    }

    /// Reads a block from front to back. Of lines known to be documents if nothing goes on before them, `alone` has
    /// the places and the numbers.
    fn go_on(
        &mut self,
        mut documents: Documents<Feed>,
        text: &[u8],
        after: After,
        alone: &[(usize, u64)],
    ) {
        let feed = documents.input();
        feed.text.drain(..feed.at);
        feed.text.extend_from_slice(text);
        (feed.at, feed.after) = (0, after);
        if after == After::More && feed.text.len() < feed.wanted {
            self.begun = Some(documents);
            return;
        }
        while self.next(&mut documents) {}
        let ahead = documents.ahead();
        let mut over = ahead == Some(0) || after != After::More;
        // The last line is not read until it is known how the next one begins, which matters only if it is no
        // document by itself.
        if let (Some(&(start, line)), false) = (alone.last(), over)
            && ahead.and_then(|ahead| text.len().checked_sub(ahead)) == Some(start)
        {
            self.deliver(&text[start..], line);
            over = true;
        }
        // A long document is looked at from its beginning, so only when there is twice as much of it.
        documents.input().wanted = documents.unread().len();
        self.begun = (!over).then_some(documents);
    }

    fn deliver(&mut self, body: &[u8], line: u64) {
        self.last_line = line;
        let number = self.source | line;
        let reading = self.reader.read(&Delivery::new(body, number));
        self.records.take(&reading, number);
    }

    /// Whether nothing is begun that the next block may go on with.
    #[cfg(all(test, feature = "signature", feature = "simulate"))]
    pub(crate) fn is_between(&self) -> bool {
        self.begun.is_none()
    }

    /// Reads the next document; `false` if there is none in what is known of the text.
    fn next(&mut self, documents: &mut Documents<Feed>) -> bool {
        let Ok(Some(document)) = documents.next_document() else { return false };
        let line = document.line;
        match document.body {
            Ok(body) => self.deliver(body, line),
            Err(error) => {
                self.last_line = line;
                self.records.deliver_broken(&error, self.source | line);
            }
        }
        true
    }

    /// What it read.
    pub(crate) fn into_records(self) -> Records<'c> {
        self.records
    }
}

/// Where the first line begins that does not begin before this place.
fn line_after(text: &[u8], at: usize) -> usize {
    match text[..at].last() {
        None | Some(b'\n') => at,
        Some(_) => memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |end| at + end + 1),
    }
}

impl Feed {
    /// Takes up more of a text whose beginning it has: as much again, for most documents end soon.
    fn take_up(&mut self, text: &[u8], block: Block) {
        let len = (2 * self.text.len()).max(STEP).min(text.len());
        self.text.extend_from_slice(&text[self.text.len()..len]);
        self.after = if len == text.len() { After::of(block) } else { After::More };
    }
}

impl Read for Feed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = &self.text[self.at..];
        if left.is_empty() {
            return match self.after {
                After::More => Err(io::ErrorKind::WouldBlock.into()),
                After::Nothing => Ok(0),
                After::Break => Err(io::ErrorKind::InvalidData.into()),
            };
        }
        let len = left.len().min(buffer.len());
        buffer[..len].copy_from_slice(&left[..len]);
        self.at += len;
        Ok(len)
    }
}
