//! Deliveries as files of records, out of a store and into one; and whole stores.

use std::{
    collections::VecDeque,
    io::{Read as Input, Write},
    path::Path,
};

use rusqlite::params;

use super::{
    Store,
    digests::{self, DeliveryRow},
    error::StoreError,
    files::{begin, beside, publish},
    incoming::Receipt,
    queue::Pending,
    reader::{open_reader, read_as_stored},
    records,
};
use crate::{bulk::Documents, lifecycle::Catalog};

/// Deliveries under way while a file is imported.
const UNDER_WAY_MAX: usize = 512;

/// Limit on the lines named that cannot be stored.
const REFUSED_KEPT_MAX: usize = 100;

/// What became of a file of records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imported {
    /// Deliveries that were stored.
    pub deliveries: u64,
    /// Of those, the ones that no event could be read from.
    pub quarantined: u64,
    /// Records of deliveries that were there already, and were not stored again.
    pub known: u64,
    /// What stands in the file and cannot be stored.
    pub refused: u64,
    /// The first of those: the line, and why.
    pub reasons: Vec<(u64, String)>,
}

impl Imported {
    fn count(&mut self, receipt: Receipt) {
        match receipt.known {
            true => self.known += 1,
            false => {
                self.deliveries += 1;
                self.quarantined += u64::from(receipt.quarantined);
            }
        }
    }
}

/// What was written of a store's deliveries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exported {
    /// Those that were written.
    pub deliveries: u64,
    /// Those that were not, since retention has removed their bodies.
    pub removed: u64,
}

impl Store {
    /// Writes the deliveries of a store that have their bodies, one record a line, in the order in which they were
    /// committed: `mediafold fold` reads them, and [`import`](Self::import) stores them. Another process may have it open.
    ///
    /// # Errors
    /// The file cannot be read or is damaged, or the stream cannot be written.
    pub fn export(path: impl AsRef<Path>, out: &mut dyn Write) -> Result<Exported, StoreError> {
        let reader = open_reader(path.as_ref())?;
        let mut exported = Exported::default();
        digests::each_sound(&reader, &mut |row| {
            match row.body {
                Some(body) => {
                    out.write_all(&records::line_of(row, body)?)?;
                    exported.deliveries += 1;
                }
                None => exported.removed += 1,
            }
            Ok(())
        })?;
        Ok(exported)
    }

    /// Stores the deliveries of a file of records, in their order, but for those that are there already. What stands
    /// there and is no record is the body of a delivery from this provider, or from the one that it is recognised by.
    ///
    /// # Errors
    /// The stream cannot be read, or the database failed; what was stored until then is.
    pub fn import(
        &self,
        input: impl Input,
        provider: Option<&str>,
    ) -> Result<Imported, StoreError> {
        import(self.catalog(), input, provider, &|| Ok(self))
    }

    /// Copies a store as it is now into a new file, which is whole and on the disk when this is done. Another process
    /// may have it open. No copy is made of deliveries that are damaged.
    ///
    /// # Errors
    /// A file cannot be read or written, or is damaged, or there is one already.
    pub fn backup(path: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<(), StoreError> {
        let to = to.as_ref();
        let failed = |doing| move |source| StoreError::File { doing, path: to.to_owned(), source };
        if std::fs::symlink_metadata(to).is_ok() {
            return Err(failed("create")(std::io::ErrorKind::AlreadyExists.into()));
        }
        let reader = open_reader(path.as_ref())?;
        digests::each_sound(&reader, &mut |_| Ok(()))?;
        let (part, _lock) = begin(to)?;
        let copied = part.to_str().ok_or_else(|| std::io::ErrorKind::InvalidFilename.into());
        let copied = copied.map_err(failed("create")).and_then(|part| {
            // SQLite counts a copy of the database as a change of it.
            read_as_stored(&reader)?;
            reader.execute("VACUUM INTO ?", params![part])?;
            publish(part.as_ref(), to).map_err(failed("write"))
        });
        if copied.is_err() {
            // What is left of it is of no use; that it could not be made is told already.
            let _ = std::fs::remove_file(beside(&part, "-journal"));
            let _ = std::fs::remove_file(&part);
        }
        copied
    }

    /// The body of a delivery, as it was received; `None` if there is none of this number, or retention has removed it.
    ///
    /// # Errors
    /// The database failed, or the delivery is damaged.
    pub fn body(&self, delivery: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.ask(|database| {
            let sql = format!("{} WHERE delivery = ?", digests::select(database)?);
            let mut statement = database.prepare_cached(&sql)?;
            let mut rows = statement.query([super::rows::signed(delivery)])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            let row = DeliveryRow::of(row)?;
            row.check()?;
            Ok(row.body.map(<[u8]>::to_vec))
        })
    }
}

/// [`Store::import`] into a store that need not be open, nor there, before the first delivery is stored.
pub(crate) fn import<'s>(
    catalog: &Catalog,
    input: impl Input,
    provider: Option<&str>,
    store: &dyn Fn() -> Result<&'s Store, StoreError>,
) -> Result<Imported, StoreError> {
    let mut documents = Documents::new(input);
    let mut imported = Imported::default();
    let mut under_way: VecDeque<Pending> = VecDeque::new();
    while let Some(document) = documents.next_document()? {
        let read = document.body.map_err(|error| error.to_string());
        let read = read.and_then(|body| records::incoming_of(catalog, body, provider));
        let (incoming, origin) = match read {
            Ok(read) => read,
            Err(reason) => {
                imported.refused += 1;
                if imported.reasons.len() < REFUSED_KEPT_MAX {
                    imported.reasons.push((document.line, reason));
                }
                continue;
            }
        };
        let store = store()?;
        loop {
            if under_way.len() < UNDER_WAY_MAX
                && let Ok(pending) = store.submit_from(incoming.clone(), origin.clone())
            {
                under_way.push_back(pending);
                break;
            }
            match under_way.pop_front() {
                Some(pending) => imported.count(pending.wait()?),
                // Others keep it busy.
                None => std::thread::yield_now(),
            }
        }
    }
    for pending in under_way {
        imported.count(pending.wait()?);
    }
    Ok(imported)
}
