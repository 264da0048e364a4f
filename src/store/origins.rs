//! Where deliveries were stored first, so that one is not imported twice.

use rusqlite::{Connection, OptionalExtension, params};

use super::{
    digests::{BodyDigest, body_digest},
    incoming::Incoming,
};

/// The id of the store itself, a random one that it was given when it was made.
pub(super) fn own_id(database: &Connection) -> rusqlite::Result<String> {
    database.query_row("SELECT id FROM stores WHERE store = 0", [], |row| row.get(0))
}

/// The row of the store of this id: 0 for the store itself.
pub(super) fn row_of(database: &Connection, id: &str) -> rusqlite::Result<i64> {
    let find = "SELECT store FROM stores WHERE id = ?";
    let found = database.prepare_cached(find)?.query_row([id], |row| row.get(0)).optional()?;
    match found {
        Some(row) => Ok(row),
        None => {
            database.prepare_cached("INSERT INTO stores (id) VALUES (?)")?.execute([id])?;
            Ok(database.last_insert_rowid())
        }
    }
}

/// The number of the delivery that was stored first by this store and number, if it is here or was: numbers from `next`
/// on were not given here yet.
///
/// It is another delivery if it says something else: a copy of a store may have gone on by itself, and given the same
/// numbers to other deliveries.
pub(super) fn find(
    database: &Connection,
    (store, number): (i64, i64),
    next: u64,
    incoming: &Incoming,
) -> rusqlite::Result<Option<u64>> {
    let imported = "SELECT delivery, source, provider, received_at, content_type, body_digest,
                        iif(body_digest IS NULL, body, NULL), number
                    FROM deliveries WHERE origin = ? AND number = ?";
    let mut statement = database.prepare_cached(imported)?;
    let mut rows = statement.query(params![store, number])?;
    while let Some(row) = rows.next()? {
        if is_same(row, incoming)? {
            return Ok(Some(row.get::<_, i64>(0)? as u64));
        }
    }
    if store != 0 || number as u64 >= next {
        return Ok(None);
    }
    let own = "SELECT delivery, source, provider, received_at, content_type, body_digest,
                   iif(body_digest IS NULL, body, NULL), number
               FROM deliveries WHERE delivery = ?";
    let is_same = |row: &rusqlite::Row<'_>| {
        Ok(row.get::<_, Option<i64>>(7)?.is_none() && is_same(row, incoming)?)
    };
    let same = database.prepare_cached(own)?.query_row([number], is_same).optional()?;
    // What was here and is not was removed when it was old, or erased: it does not come back.
    Ok(same.unwrap_or(true).then_some(number as u64))
}

/// Whether a row is of this delivery.
fn is_same(row: &rusqlite::Row<'_>, incoming: &Incoming) -> rusqlite::Result<bool> {
    // What definitions name of the rest changes with them.
    let Incoming { source, provider, received_at, content_type, body, .. } = incoming;
    let received: i64 = row.get(3)?;
    // A time by a broken clock is not exported.
    let same_time = received == received_at.as_nanos() || received.max(received_at.as_nanos()) <= 0;
    let same_body = match (row.get::<_, Option<BodyDigest>>(5)?, row.get_ref(6)?.as_blob_or_null()?)
    {
        (Some(digest), _) => digest == body_digest(body),
        (None, Some(stored)) => stored == body.as_slice(),
        // Its body was removed by a version that kept no digest.
        (None, None) => true,
    };
    Ok(same_time
        && same_body
        && row.get_ref(1)?.as_str()? == source
        && row.get_ref(2)?.as_str()? == provider
        && row.get_ref(4)?.as_str_or_null()? == content_type.as_deref())
}
