//! The deliveries of a store, one after another.
#![cfg(feature = "server")]

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::super::{
    CliError,
    input::{Hearer, Sources},
};
use crate::{
    Delivery,
    store::{Store, StoreError},
};

/// Has something take in the deliveries of a store as `export` would write them: the lines are those of the export.
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
struct Lined<'h, H> {
    hearer: &'h mut H,
    number: u64,
    line: u64,
    begun: Vec<u8>,
}

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
