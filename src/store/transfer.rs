//! Deliveries as files of records, out of a store and into one; and whole stores.

use std::{
    collections::VecDeque,
    fs::File,
    io::{Read as Input, Write},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use super::{
    Store,
    connection::{beside, open_reader},
    error::StoreError,
    incoming::Incoming,
    queue::Pending,
};
use crate::{
    bulk::Documents,
    event::{Delivery, Reader},
    time::Timestamp,
};

/// So many deliveries are under way when a file is taken in.
const UNDER_WAY_MAX: usize = 512;

/// So many lines are named that are no records.
const REFUSED_KEPT_MAX: usize = 100;

/// The record of a delivery, as the reader of files understands it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Record<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(default)]
    provider: Option<String>,
    #[serde(default)]
    received_at: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    body: Option<&'a RawValue>,
    /// A body that is no text, which a file of JSON cannot hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
}

/// What became of a file of records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imported {
    /// Deliveries that were stored.
    pub deliveries: u64,
    /// Of those, the ones that no event could be read from.
    pub quarantined: u64,
    /// What stands in the file and is no record of a delivery.
    pub refused: u64,
    /// The first of those: the line, and why.
    pub reasons: Vec<(u64, String)>,
}

impl Store {
    /// Writes the deliveries of a store that are whole, one record a line, in the order in which they were committed:
    /// `mediafold fold` reads them, and [`import`](Self::import) stores them. Another process may have it open.
    ///
    /// # Errors
    /// The file cannot be read, or the stream not be written.
    pub fn export(path: impl AsRef<Path>, out: &mut dyn Write) -> Result<u64, StoreError> {
        let reader = open_reader(path.as_ref())?;
        let last = "SELECT ifnull(max(delivery), 0) FROM deliveries";
        let last: i64 = reader.query_row(last, [], |row| row.get(0))?;
        // A page each, so that the log can be emptied meanwhile.
        let sql = "SELECT delivery, source, provider, received_at, content_type, body FROM deliveries
                   WHERE delivery > ? AND delivery <= ? AND body IS NOT NULL ORDER BY delivery LIMIT 500";
        let mut statement = reader.prepare(sql)?;
        let (mut at, mut count) = (0, 0);
        loop {
            let mut rows = statement.query([at, last])?;
            let mut any = false;
            while let Some(row) = rows.next()? {
                any = true;
                at = row.get(0)?;
                let body = row.get_ref(5)?.as_blob().map_err(rusqlite::Error::from)?;
                let nanos: i64 = row.get(3)?;
                let text = std::str::from_utf8(body).ok().map(serde_json::to_string);
                let text = text.transpose().map_err(std::io::Error::from)?;
                let text =
                    text.map(RawValue::from_string).transpose().map_err(std::io::Error::from)?;
                let record = Record {
                    source: row.get(1)?,
                    provider: row.get(2)?,
                    // By a broken clock it is left out, unless without it this were no record.
                    received_at: (nanos > 0 || text.is_none())
                        .then(|| Timestamp::from_nanos(nanos).to_string().into()),
                    content_type: row.get(4)?,
                    body: text.as_deref(),
                    body_base64: text.is_none().then(|| STANDARD.encode(body)),
                };
                let mut line = serde_json::to_vec(&record).map_err(std::io::Error::from)?;
                line.push(b'\n');
                out.write_all(&line)?;
                count += 1;
            }
            if !any {
                return Ok(count);
            }
        }
    }

    /// Stores the deliveries of a file of records, in their order. What stands there and is no record is taken to be
    /// the body of a delivery of this provider, if one is given.
    ///
    /// # Errors
    /// The stream cannot be read, or the database failed; what was stored until then is.
    pub fn import(
        &self,
        input: impl Input,
        provider: Option<&str>,
    ) -> Result<Imported, StoreError> {
        let mut documents = Documents::new(input);
        let mut imported = Imported::default();
        let mut under_way: VecDeque<Pending> = VecDeque::new();
        let settle = |pending: Pending, imported: &mut Imported| {
            let receipt = pending.wait()?;
            imported.deliveries += 1;
            imported.quarantined += u64::from(receipt.quarantined);
            Ok::<(), StoreError>(())
        };
        while let Some(document) = documents.next_document()? {
            let read = document.body.map_err(|error| error.to_string());
            let incoming = match read.and_then(|body| self.incoming_of(body, provider)) {
                Ok(incoming) => incoming,
                Err(reason) => {
                    imported.refused += 1;
                    if imported.reasons.len() < REFUSED_KEPT_MAX {
                        imported.reasons.push((document.line, reason));
                    }
                    continue;
                }
            };
            loop {
                if under_way.len() < UNDER_WAY_MAX
                    && let Ok(pending) = self.submit(incoming.clone())
                {
                    under_way.push_back(pending);
                    break;
                }
                match under_way.pop_front() {
                    Some(pending) => settle(pending, &mut imported)?,
                    // Others keep it busy.
                    None => std::thread::yield_now(),
                }
            }
        }
        under_way.into_iter().try_for_each(|pending| settle(pending, &mut imported))?;
        Ok(imported)
    }

    /// The delivery that a document is the record of.
    fn incoming_of(&self, document: &[u8], provider: Option<&str>) -> Result<Incoming, String> {
        let record: Record<'_> = serde_json::from_slice(document).unwrap_or_default();
        let has_body = record.body.is_some() || record.body_base64.is_some();
        let is_record = has_body && (record.provider.is_some() || record.received_at.is_some());
        if !is_record {
            let provider = provider.ok_or("no record of a delivery, and no provider is given")?;
            return Ok(Incoming {
                source: provider.to_owned(),
                provider: provider.to_owned(),
                received_at: Timestamp::from_nanos(0),
                content_type: None,
                body: document.to_vec(),
            });
        }
        let body = match (record.body, &record.body_base64) {
            (Some(body), _) => match serde_json::from_str::<String>(body.get()) {
                Ok(text) => text.into_bytes(),
                Err(_) => body.get().as_bytes().to_vec(),
            },
            (None, Some(base64)) => STANDARD.decode(base64).map_err(|error| error.to_string())?,
            (None, None) => Vec::new(),
        };
        // A time that is none is left out, as when the record is folded.
        let received_at = match &record.received_at {
            Some(Value::String(text)) => text.parse().ok(),
            Some(Value::Number(number)) => {
                number.as_i64().and_then(|number| Timestamp::from_epoch(number).ok())
            }
            _ => None,
        };
        let received_at = received_at.unwrap_or(Timestamp::from_nanos(0));
        let provider = record.provider.or_else(|| provider.map(str::to_owned)).or_else(|| {
            let reading = Reader::new(self.catalog()).read(&Delivery::new(&body, 0));
            reading.provider.map(str::to_owned)
        });
        let provider = provider.ok_or("it cannot be told which provider sent it")?;
        let source = record.source.unwrap_or_else(|| provider.clone());
        Ok(Incoming { source, provider, received_at, content_type: record.content_type, body })
    }

    /// Copies a store as it is now into a new file, which is whole and on the disk when this is done. Another process
    /// may have it open.
    ///
    /// # Errors
    /// A file cannot be read or written, or there is one already.
    pub fn backup(path: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<(), StoreError> {
        let to = to.as_ref();
        let failed = |doing| move |source| StoreError::File { doing, path: to.to_owned(), source };
        let part = beside(to, ".part");
        // Nobody else makes the same file meanwhile.
        File::create_new(to).map_err(failed("create"))?;
        let copied = open_reader(path.as_ref()).and_then(|reader| {
            if part.exists() {
                std::fs::remove_file(&part).map_err(failed("replace the part of"))?;
            }
            let name = part.to_str().ok_or_else(|| StoreError::File {
                doing: "name",
                path: part.clone(),
                source: std::io::ErrorKind::InvalidFilename.into(),
            })?;
            // SQLite counts a copy of the database as a change of it.
            reader.pragma_update(None, "query_only", "off")?;
            reader.execute("VACUUM INTO ?", params![name])?;
            File::open(&part).and_then(|file| file.sync_all()).map_err(failed("write"))?;
            std::fs::rename(&part, to).map_err(failed("write"))
        });
        if copied.is_err() {
            // What is left of it is of no use; that it could not be made is told already.
            let _ = std::fs::remove_file(to);
            let _ = std::fs::remove_file(&part);
        }
        copied
    }

    /// The body of a delivery, as it was received; `None` if there is none of this number, or retention has removed it.
    ///
    /// # Errors
    /// The database failed.
    pub fn body(&self, delivery: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT body FROM deliveries WHERE delivery = ?";
        self.ask(|database| {
            let body = database.query_row(sql, [super::rows::signed(delivery)], |row| row.get(0));
            Ok(body.optional()?.flatten())
        })
    }
}
