//! The digests by which damage to a delivery's row is told, and its row as it stands in the table.

use rusqlite::{Connection, types::FromSqlError};
use serde_json::{Map, Value};
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use super::{
    connection::{is_before_items, is_first_version},
    error::StoreError,
    incoming::Incoming,
};
use crate::{event::Headers, time::Timestamp};

/// The digest of a body.
pub(super) type BodyDigest = [u8; 16];

pub(super) fn body_digest(body: &[u8]) -> BodyDigest {
    xxh3_128(body).to_be_bytes()
}

/// The row of a delivery.
#[derive(Clone, Copy, Debug)]
pub(super) struct DeliveryRow<'r> {
    pub(super) delivery: i64,
    /// The id of the store it was stored in first; empty in a store of the first version, which has none.
    pub(super) origin: &'r str,
    /// Its number there, if it was imported with one.
    pub(super) number: Option<i64>,
    pub(super) source: &'r str,
    pub(super) provider: &'r str,
    pub(super) received_at: i64,
    pub(super) content_type: Option<&'r str>,
    pub(super) quarantine: Option<&'r str>,
    pub(super) body: Option<&'r [u8]>,
    pub(super) body_digest: Option<BodyDigest>,
    pub(super) digest: Option<i64>,
    /// How many events it has, without those that retention removed.
    pub(super) events: i64,
    /// A JSON object.
    pub(super) headers: Option<&'r str>,
    pub(super) query: Option<&'r str>,
}

/// The columns of a [`DeliveryRow`], to be followed by a condition: of a database of any version.
pub(super) fn select(database: &Connection) -> rusqlite::Result<&'static str> {
    Ok(match is_first_version(database)? {
        false if is_before_items(database)? => {
            "SELECT delivery, source, provider, received_at, content_type, quarantine, body, stores.id, number,
                 body_digest, digest, events, NULL, NULL
             FROM main.deliveries LEFT JOIN main.stores ON store = origin "
        }
        true => {
            "SELECT delivery, source, provider, received_at, content_type, quarantine, body, '', NULL, NULL, NULL, events,
                 NULL, NULL
             FROM main.deliveries "
        }
        // A number whose store is damaged away has no id, rather than no row.
        false => {
            "SELECT delivery, source, provider, received_at, content_type, quarantine, body, stores.id, number,
                 body_digest, digest, events, headers, query
             FROM main.deliveries LEFT JOIN main.stores ON store = origin "
        }
    })
}

impl<'r> DeliveryRow<'r> {
    /// A row of what [`select`] selects.
    ///
    /// # Errors
    /// A column has what is never stored there: the row is damaged.
    pub(super) fn of(row: &'r rusqlite::Row<'_>) -> Result<Self, StoreError> {
        let delivery = row.get(0)?;
        let other = |error: FromSqlError| damaged(delivery, format!("a column of it: {error}"));
        let text = |at: usize| row.get_ref(at)?.as_str_or_null().map_err(other);
        let required = |at: usize| {
            text(at)?.ok_or_else(|| damaged(delivery, "a column of it is empty".to_owned()))
        };
        let integer = |at: usize| row.get_ref(at)?.as_i64_or_null().map_err(other);
        let body_digest = row.get_ref(9)?.as_blob_or_null().map_err(other)?;
        let body_digest = body_digest.map(BodyDigest::try_from).transpose();
        Ok(Self {
            delivery,
            source: required(1)?,
            provider: required(2)?,
            received_at: row.get_ref(3)?.as_i64().map_err(other)?,
            content_type: text(4)?,
            quarantine: text(5)?,
            body: row.get_ref(6)?.as_blob_or_null().map_err(other)?,
            origin: required(7)?,
            number: integer(8)?,
            body_digest: body_digest
                .map_err(|_| damaged(delivery, "its digest has another length".to_owned()))?,
            digest: integer(10)?,
            events: row.get_ref(11)?.as_i64().map_err(other)?,
            headers: text(12)?,
            query: text(13)?,
        })
    }

    /// The delivery as it was received; `None` once its body is removed.
    pub(super) fn incoming(&self) -> Option<Incoming> {
        Some(Incoming {
            source: self.source.to_owned(),
            provider: self.provider.to_owned(),
            received_at: Timestamp::from_nanos(self.received_at),
            content_type: self.content_type.map(str::to_owned),
            headers: self.headers.map(headers_of).unwrap_or_default(),
            query: self.query.map(str::to_owned),
            body: self.body?.to_vec(),
        })
    }

    /// The digest of the row as it is, but for its body and its events, which retention changes.
    pub(super) fn sealed(&self) -> i64 {
        let mut digest = Xxh3::new();
        let mut add = |bytes: Option<&[u8]>| {
            let len = bytes.map_or(u64::MAX, |bytes| bytes.len() as u64);
            digest.update(&len.to_le_bytes());
            digest.update(bytes.unwrap_or_default());
        };
        let text = |text: &'r str| Some(text.as_bytes());
        add(Some(&self.delivery.to_le_bytes()));
        add(text(self.origin));
        add(self.number.map(i64::to_le_bytes).as_ref().map(<[u8; 8]>::as_slice));
        add(text(self.source));
        add(text(self.provider));
        add(Some(&self.received_at.to_le_bytes()));
        add(self.content_type.and_then(text));
        add(self.quarantine.and_then(text));
        add(self.body_digest.as_ref().map(BodyDigest::as_slice));
        // Where there are none the digest is that of version 2.
        if self.headers.is_some() || self.query.is_some() {
            add(self.headers.and_then(text));
            add(self.query.and_then(text));
        }
        digest.digest() as i64
    }

    /// Whether there are digests by which damage to it would be told.
    pub(super) fn is_sealed(&self) -> bool {
        self.digest.is_some() && (self.body.is_none() || self.body_digest.is_some())
    }

    /// Compares the row with its digests, if it has them.
    ///
    /// # Errors
    /// It is not what was stored.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let is_other = |(body, digest): (_, BodyDigest)| body_digest(body) != digest;
        if self.body.zip(self.body_digest).is_some_and(is_other) {
            return Err(damaged(self.delivery, "its body is not what was stored".to_owned()));
        }
        match self.digest {
            Some(digest) if digest != self.sealed() => {
                let reason = "what is kept beside its body is not what was stored";
                Err(damaged(self.delivery, reason.to_owned()))
            }
            _ => Ok(()),
        }
    }
}

/// Headers as a JSON object; `None` for none.
pub(super) fn headers_text(headers: &Headers) -> Option<String> {
    let members = headers.iter().map(|(name, value)| (name.to_owned(), value.into()));
    (!headers.is_empty()).then(|| Value::Object(members.collect()).to_string())
}

fn headers_of(text: &str) -> Headers {
    let members: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
    let text = |value: Value| value.as_str().map(str::to_owned);
    members.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect()
}

pub(super) fn damaged(delivery: i64, reason: String) -> StoreError {
    StoreError::DamagedDelivery { delivery: delivery as u64, reason }
}

/// Gives all deliveries to `each`, in the order of their numbers, a page at a time so that the log can be emptied meanwhile.
///
/// # Errors
/// The database failed, or one is damaged; or `each` failed.
pub(super) fn each_sound(
    database: &Connection,
    each: &mut dyn FnMut(&DeliveryRow<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    check_pages(database)?;
    let last = "SELECT ifnull(max(delivery), 0) FROM main.deliveries";
    let last: i64 = database.query_row(last, [], |row| row.get(0))?;
    let page = "WHERE delivery > ? AND delivery <= ? ORDER BY delivery LIMIT 500";
    let mut statement = database.prepare(&format!("{} {page}", select(database)?))?;
    let mut at = 0;
    loop {
        let mut rows = statement.query([at, last])?;
        let mut any = false;
        while let Some(row) = rows.next()? {
            let row = DeliveryRow::of(row)?;
            (any, at) = (true, row.delivery);
            row.check()?;
            each(&row)?;
        }
        if !any {
            return Ok(());
        }
    }
}

/// Has SQLite look through the pages of the deliveries: a page that is damaged may hide rows rather than change them.
///
/// # Errors
/// They are damaged.
pub(super) fn check_pages(database: &Connection) -> Result<(), StoreError> {
    let sql = "PRAGMA main.quick_check(deliveries)";
    let said: String = database.query_row(sql, [], |row| row.get(0))?;
    match said.as_str() {
        "ok" => Ok(()),
        _ => Err(StoreError::Damaged { reason: said.replace('\n', "; ") }),
    }
}
