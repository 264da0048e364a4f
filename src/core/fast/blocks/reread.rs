//! Reads lines a second time: of an event that came twice, written in different ways, it must be known what either
//! copy means, and that was not worked out when it was read.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use crate::{
    bulk::LINE_BITS,
    event::{Delivery, Reader},
    fast::read::{Fact, FastReader},
    scan::{LINE_LEN_MAX, Level, Scanner},
};

/// How many lines after one whose place is noted the next is.
const STEP: u64 = 8;

/// How much is read for a line.
const BUFFER_LEN: usize = 8 << 10;

/// Where some lines begin in their streams, by the numbers of their deliveries, which go up.
#[derive(Debug, Default)]
pub(crate) struct LineIndex(Vec<(u64, u64)>);

impl LineIndex {
    /// Notes where the line of a delivery begins, unless one shortly before is among those noted since there were so
    /// many.
    #[inline]
    pub(crate) fn note(&mut self, delivery: u64, place: u64, noted: usize) {
        if self.0[noted..].last().is_none_or(|(last, _)| delivery - last >= STEP) {
            self.0.push((delivery, place));
        }
    }

    /// How many are noted.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds `line` to the delivery numbers noted from index `noted` on: a block counts from 0 until its first line is known.
    pub(crate) fn number_from(&mut self, line: u64, noted: usize) {
        self.0[noted..].iter_mut().for_each(|(delivery, _)| *delivery += line);
    }

    /// The last that was noted at this delivery or before it.
    fn before(&self, delivery: u64) -> Option<(u64, u64)> {
        let after = self.0.partition_point(|(own, _)| *own <= delivery);
        after.checked_sub(1).map(|at| self.0[at])
    }
}

/// Reads lines again, for one thread.
#[derive(Debug)]
pub(crate) struct Rereader<'p, 'c, O, S> {
    /// What each worker noted.
    places: &'p [LineIndex],
    /// Opens the stream of a delivery.
    open: O,
    opened: Option<(u64, BufReader<S>)>,
    scanner: Scanner,
    quick: FastReader<'c>,
    reader: Reader<'c>,
    line: Vec<u8>,
}

impl<'p, 'c, O: Fn(u64) -> io::Result<S>, S: Read + Seek> Rereader<'p, 'c, O, S> {
    /// Reads as this reader does.
    pub(crate) fn new(reader: &Reader<'c>, places: &'p [LineIndex], open: O) -> Self {
        Self {
            places,
            open,
            opened: None,
            scanner: Scanner::new(Level::detect()),
            quick: quick(reader),
            reader: reader.clone(),
            line: Vec::new(),
        }
    }

    /// The digest of the content of a delivery, given the one of how it is written.
    ///
    /// # Errors
    /// Those of the stream, and [`io::ErrorKind::InvalidData`] if the line is not there any more as it was.
    pub(crate) fn meant(&mut self, delivery: u64, written: u64) -> io::Result<u64> {
        #[cfg(test)]
        crate::marks::hit("line read twice");
        self.find(delivery)?;
        if self.written() != Some(written) {
            // It remembers so much that there may have been no room for what this line is.
            self.quick = quick(&self.reader);
            if self.written() != Some(written) {
                return Err(changed());
            }
        }
        let reading = self.reader.read(&Delivery::new(&self.line, delivery));
        reading.events.first().map(|placed| placed.event.content).ok_or_else(changed)
    }

    /// The digest of how the line at hand is written.
    fn written(&mut self) -> Option<u64> {
        let Self { scanner, quick, line, .. } = self;
        let mut written = None;
        scanner.scan(line, |line| {
            quick.read(&line, 0, &mut |fact: &Fact<'_>| written = Some(fact.content));
        });
        written
    }

    /// Reads the line of a delivery.
    fn find(&mut self, delivery: u64) -> io::Result<()> {
        let nearest = self.places.iter().filter_map(|places| places.before(delivery)).max();
        let source = delivery >> LINE_BITS;
        let of_source = nearest.filter(|(noted, _)| noted >> LINE_BITS == source);
        let (noted, place) = of_source.ok_or_else(changed)?;
        let stream = match &mut self.opened {
            Some((of, stream)) if *of == source => stream,
            opened => {
                let stream = BufReader::with_capacity(BUFFER_LEN, (self.open)(delivery)?);
                &mut opened.insert((source, stream)).1
            }
        };
        stream.seek(SeekFrom::Start(place))?;
        for _ in noted..delivery {
            stream.skip_until(b'\n')?;
        }
        self.line.clear();
        stream.take(LINE_LEN_MAX as u64 + 1).read_until(b'\n', &mut self.line)?;
        Ok(())
    }
}

fn quick<'c>(reader: &Reader<'c>) -> FastReader<'c> {
    let mut quick = FastReader::new(reader);
    quick.set_verbatim(true);
    quick
}

fn changed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it was changed while it was read")
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::lifecycle::Catalog;

    fn line(at: u64, name: &str) -> String {
        format!(
            "{{\"type\":\"video.media.created\",\"id\":\"e{at}\",\"createdAt\":\"2026-01-01T00:00:00Z\",\"{name}\":{{\"id\":\"m{at}\"}}}}\n"
        )
    }

    /// Of 100 lines, which are deliveries of a second source.
    #[test]
    fn a_line_is_found_again_or_missed() {
        let source = 1 << LINE_BITS;
        let lines: Vec<String> = (1..=100).map(|at| line(at, "data")).collect();
        let (mut places, mut place) = (LineIndex::default(), 0);
        for (number, line) in (1..).zip(&lines) {
            places.note(source | number, place, 0);
            place += line.len() as u64;
        }
        let reader = Reader::new(Catalog::builtin());
        let (mut scanner, mut quick) = (Scanner::new(Level::detect()), FastReader::new(&reader));
        quick.set_verbatim(true);
        let mut written = Vec::new();
        let text = lines.concat();
        scanner.scan(text.as_bytes(), |line| {
            quick.read(&line, 0, &mut |fact| written.push(fact.content));
        });
        let places = [LineIndex::default(), places];
        let changed = text.replace("\"m70\"", "\"m07\"");
        let cut = &text[..place as usize / 2];
        for (text, missed) in [(&*text, 0..0), (&*changed, 70..71), (cut, 51..101)] {
            let mut again = Rereader::new(&reader, &places, |_| Ok(Cursor::new(text)));
            for number in (1..=100).rev() {
                let meant = again.meant(source | number, written[number as usize - 1]);
                assert_eq!(meant.is_err(), missed.contains(&number), "{number}: {meant:?}");
            }
            assert!(again.meant(7, written[6]).is_err(), "there is no such source");
        }
    }

    /// The limit of kinds was reached, so that this one is not remembered.
    #[test]
    fn a_line_is_found_among_those_of_many_kinds() {
        let text = line(1, "data");
        let mut places = LineIndex::default();
        places.note(1, 0, 0);
        let places = [places];
        let reader = Reader::new(Catalog::builtin());
        let mut again = Rereader::new(&reader, &places, |_| Ok(Cursor::new(&text)));
        let mut written = |line: String| {
            again.line = line.into_bytes();
            again.written()
        };
        let kinds = (0..10_000).map(|kind| format!("{{\"type\":\"{kind}\"}}\n"));
        assert!(kinds.map(&mut written).all(|written| written.is_none()));
        assert_eq!(written(text.clone()), None);
        let fresh = Rereader::new(&reader, &places, |_| Ok(Cursor::new(&text)));
        let written = Rereader { line: text.clone().into_bytes(), ..fresh }.written();
        assert!(again.meant(1, written.expect("it is read quickly")).is_ok());
    }
}
