//! The rows of CSV as events: objects of texts, with the names of the head.

use std::{
    io::{self, Read},
    path::Path,
};

use super::{hearer::Hearer, progress::Progress};
use crate::{Delivery, event::EventError};

/// By what it is called, compressed or not.
pub(super) fn is_csv(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase());
    let name = name.unwrap_or_default();
    let name = [".gz", ".zst"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    name.ends_with(".csv")
}

pub(super) fn read_csv(
    input: impl Read,
    number: u64,
    hearer: &mut impl Hearer,
    progress: &Progress,
) -> io::Result<()> {
    let mut rows = csv::ReaderBuilder::new().from_reader(input);
    let head = rows.byte_headers().map_err(io::Error::other)?.clone();
    let name = |at: usize| head.get(at).map(String::from_utf8_lossy).unwrap_or_default();
    let names: Vec<String> = (0..head.len())
        .map(|at| name(at).trim_start_matches('\u{feff}').trim().to_owned())
        .collect();
    let mut row = csv::ByteRecord::new();
    loop {
        let line = rows.position().line();
        match rows.read_byte_record(&mut row) {
            Ok(false) => return Ok(()),
            Ok(true) => {
                let cells = names
                    .iter()
                    .zip(&row)
                    .filter(|(name, cell)| !name.is_empty() && !cell.is_empty());
                let object: serde_json::Map<String, serde_json::Value> = cells
                    .map(|(name, cell)| (name.clone(), String::from_utf8_lossy(cell).into()))
                    .collect();
                let body = serde_json::Value::from(object).to_string();
                hearer.deliver(&Delivery::new(body.as_bytes(), number + line));
            }
            Err(error) if error.is_io_error() => return Err(io::Error::other(error)),
            Err(error) => {
                let reason = error.to_string();
                hearer.deliver_broken(&EventError::Malformed { reason }, number + line);
            }
        }
        progress.show_when_slow();
    }
}
