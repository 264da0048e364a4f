//! Assets that may have been meant where nothing was heard of the one that was asked for.

use std::{collections::BTreeSet, path::PathBuf};

use super::{
    CliError,
    files::is_stdin,
    input::{Hearer, ReadingArgs, hear},
};
use crate::{
    Catalog, Delivery, Lifecycle, Reader,
    event::{EventError, Placed},
    fast::LineReader,
    lifecycle::closest,
    shown::harmless,
};

/// Says that nothing was heard of an asset of one of these entities, and which may have been meant; none where what was
/// read cannot be read again.
pub(super) fn not_heard(
    files: &[PathBuf],
    reading: &ReadingArgs,
    catalog: &Catalog,
    among: &[&Lifecycle],
    asked: &str,
) -> CliError {
    let entity = match among {
        [one] => format!("{} ", one.entity()),
        _ => String::new(),
    };
    let heard = format!("nothing was heard of {entity}`{}`", harmless(asked));
    if asked.is_empty() || files.is_empty() || files.iter().any(|file| is_stdin(file)) {
        return CliError::Usage(heard);
    }
    let offer = reading.reader(catalog, false).and_then(|reader| {
        let mut nearest = Nearest::new(reader, among, asked);
        hear(files, &mut nearest)?;
        Ok(nearest.offer())
    });
    CliError::Usage(heard + &offer.unwrap_or_default())
}

/// How many are offered.
const OFFERED_MAX: usize = 3;

/// Why an asset is offered; the first is the best reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    /// A delivery that is about it has what was asked for, as the id of something else.
    Named,
    /// What was asked for is a part of its id, in whatever letters.
    Part,
    /// Its id is spelled alike.
    Alike,
}

/// Hears of all assets and keeps those that are nearest to what was asked for.
struct Nearest<'c> {
    lines: LineReader<'c>,
    reader: Reader<'c>,
    /// Only assets of these entities are offered.
    among: Vec<String>,
    asked: String,
    found: BTreeSet<(Reason, &'c str, String)>,
}

impl<'c> Nearest<'c> {
    fn new(reader: Reader<'c>, among: &[&Lifecycle], asked: &str) -> Self {
        let lines = LineReader::new(&reader);
        let among = among.iter().map(|own| own.entity().to_owned()).collect();
        Self { lines, reader, among, asked: asked.to_owned(), found: BTreeSet::new() }
    }

    /// What there is to say of them, in a line of its own; nothing where there are none.
    fn offer(&self) -> String {
        let each = self.found.iter().map(|(reason, entity, id)| {
            let named = if *reason == Reason::Named { ", whose webhooks name it" } else { "" };
            format!("`{entity} {}`{named}", harmless(id))
        });
        match each.collect::<Vec<_>>() {
            none if none.is_empty() => String::new(),
            some => format!("\ndid you mean {}?", some.join(", or ")),
        }
    }

    fn take(&mut self, events: Vec<Placed<'c>>, body: &[u8]) {
        let asked = self.asked.as_bytes();
        let is_named = body.windows(asked.len()).any(|part| part == asked);
        for Placed { lifecycle, asset, .. } in events {
            if !self.among.iter().any(|own| own == lifecycle.entity()) {
                continue;
            }
            let is_part = || asset.to_lowercase().contains(&self.asked.to_lowercase());
            let reason = match () {
                () if is_named => Reason::Named,
                () if is_part() => Reason::Part,
                () if closest(&self.asked, [&*asset]).is_some() => Reason::Alike,
                () => continue,
            };
            self.found.insert((reason, lifecycle.entity(), asset.into()));
            if self.found.len() > OFFERED_MAX {
                self.found.pop_last();
            }
        }
    }
}

impl Hearer for Nearest<'_> {
    fn deliver(&mut self, delivery: &Delivery<'_>) {
        let events = match self.lines.read(delivery, |_, _| true) {
            Some((_, events)) => events,
            None => self.reader.read(delivery).events,
        };
        self.take(events, delivery.body);
    }

    /// It is about no asset.
    fn deliver_broken(&mut self, _: &EventError, _: u64) {}
}
