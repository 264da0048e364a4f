//! Reads blocks of lines, each by itself: what ordinary lines say goes into the worker's records, and the others are
//! left for the [`Leftovers`](super::Leftovers) of the block.

use super::{Block, reread::LineIndex};
use crate::{
    bulk::ledger::FoldOptions,
    event::Reader,
    fast::{
        compact::Records,
        read::{Fact, FastReader},
    },
    scan::{Level, Line, Scanner},
};

/// One of several that share the blocks of a stream among them.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Worker<'c> {
    scanner: Scanner,
    quick: FastReader<'c>,
    /// What is read now can be read again.
    again: bool,
    places: LineIndex,
    pub(crate) records: Records<'c>,
    /// How many lines the block has.
    pub(crate) lines: u64,
    /// How many places were noted before it.
    noted: usize,
    /// Where the lines of the block begin that were read, and their numbers, going up. Each line is here or among those that
    /// were left, unless it is white.
    pub(crate) read: Vec<(usize, u64)>,
    /// Where those begin that were left, and their numbers.
    pub(crate) left: Vec<(usize, u64)>,
}

impl<'c> Worker<'c> {
    /// A worker that reads as this reader does.
    pub(crate) fn new(reader: &Reader<'c>, terms: &FoldOptions) -> Self {
        Self {
            scanner: Scanner::new(Level::detect()),
            quick: FastReader::new(reader),
            again: false,
            places: LineIndex::default(),
            records: Records::new(terms.clone()),
            lines: 0,
            noted: 0,
            read: Vec::new(),
            left: Vec::new(),
        }
    }

    /// What follows is of another stream, which can be read again or not.
    pub(crate) fn open(&mut self, again: bool) {
        self.again = again;
        self.quick.set_verbatim(again);
    }

    /// Reads a block. A delivery's number is that of its source with that of its line in the lower bits, which is counted
    /// from 0 until [`Self::number_from`] is called.
    pub(crate) fn read(&mut self, text: &[u8], block: Block, source: u64) {
        let Self { scanner, quick, again, places, records, lines, noted, read, left } = self;
        records.mark();
        *noted = places.len();
        read.clear();
        left.clear();
        let mut number = 0;
        scanner.scan(text, |line: Line<'_>| {
            let mut add = |fact: &Fact<'_>| records.add(fact);
            let delivery = source | number;
            let is_white = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
            if line.tokens.is_none() && line.text.iter().all(is_white) {
                number += 1;
                return;
            }
            match quick.read(&line, delivery, &mut add) {
                Some(provider) => {
                    #[cfg(test)]
                    crate::marks::hit("line read");
                    records.deliver(Some(provider.name()));
                    if *again {
                        places.note(delivery, block.place + line.start as u64, *noted);
                    }
                    read.push((line.start, number));
                }
                None => {
                    #[cfg(test)]
                    crate::marks::hit("line left");
                    left.push((line.start, number));
                }
            }
            number += 1;
        });
        // A line that goes on in the next block ends there.
        *lines = number - u64::from(!text.is_empty() && !text.ends_with(b"\n"));
    }

    /// Counts the lines of the block from this number on, which is known once those of the blocks before it are counted.
    pub(crate) fn number_from(&mut self, line: u64) {
        self.records.number_from(line);
        self.places.number_from(line, self.noted);
        self.read.iter_mut().chain(&mut self.left).for_each(|(_, number)| *number += line);
    }

    /// What it read, and where that stands which can be read again.
    pub(crate) fn into_records(self) -> (Records<'c>, LineIndex) {
        (self.records, self.places)
    }
}
