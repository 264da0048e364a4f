//! How an audit hears of deliveries, and those of a store.

#[cfg(feature = "server")]
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::super::input::Hearer;
#[cfg(feature = "server")]
use super::super::{CliError, input::Sources};
#[cfg(feature = "server")]
use crate::store::{Store, StoreError};
use crate::{Delivery, audit::Audit, event::EventError, fast::LineReader};

/// An audit that reads most deliveries by their tokens.
pub(super) struct QuickAudit<'a, 'c> {
    audit: &'a mut Audit<'c>,
    lines: LineReader<'c>,
}

impl<'a, 'c> QuickAudit<'a, 'c> {
    pub(super) fn new(audit: &'a mut Audit<'c>) -> Self {
        let lines = LineReader::new(audit.reader());
        Self { audit, lines }
    }
}

impl Hearer for QuickAudit<'_, '_> {
    fn deliver(&mut self, delivery: &Delivery<'_>) {
        match self.lines.read(delivery, |_, _| true) {
            Some((provider, events)) => self.audit.take_read(provider, events),
            None => self.audit.deliver(delivery),
        }
    }

    fn deliver_broken(&mut self, error: &EventError, number: u64) {
        self.audit.deliver_broken(error, number);
    }
}

/// Has something take in the deliveries of a store as `export` would write them: the lines are those of the export.
#[cfg(feature = "server")]
pub(super) fn of_store(path: &PathBuf, hearer: &mut impl Hearer) -> Result<Sources, CliError> {
    let failed = |source| CliError::Read { path: path.clone(), source };
    // What is to be read must be there: opening would make it.
    std::fs::File::open(path).map_err(failed)?;
    let mut sources = Sources::default();
    let number = sources.add(Path::new(path));
    let mut lines = Lined { hearer, number, line: 0, begun: Vec::new() };
    match Store::export(path, &mut lines) {
        Err(StoreError::Stream(source)) => return Err(failed(source)),
        exported => exported?,
    };
    Ok(sources)
}

/// Cuts what is written into lines.
#[cfg(feature = "server")]
struct Lined<'h, H> {
    hearer: &'h mut H,
    number: u64,
    line: u64,
    begun: Vec<u8>,
}

#[cfg(feature = "server")]
impl<H: Hearer> Write for Lined<'_, H> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.begun.extend_from_slice(&rest[..end]);
            self.line += 1;
            self.hearer.deliver(&Delivery::new(&self.begun, self.number + self.line));
            self.begun.clear();
            rest = &rest[end + 1..];
        }
        self.begun.extend_from_slice(rest);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
