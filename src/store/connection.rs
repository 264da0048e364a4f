//! Connections: how SQLite is set up, and which versions of it and of the file are taken.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags};

use super::error::StoreError;

/// The first SQLite in which resetting the log cannot corrupt the database.
const SQLITE_MIN: i32 = 3_051_003;

/// Written into every store, so that `file` and SQLite's tools tell one: "mfld".
pub(super) const APPLICATION_ID: i32 = 0x6d66_6c64;

pub(super) const FOREIGN: &str = "it is a database of something else";

/// The version of the tables.
pub(super) const SCHEMA_VERSION: i32 = 4;

/// The versions without digests and origins, without items, headers and queries, and without targets: they are read as
/// they are, and become the present one when they are written.
const FIRST_VERSION: i32 = 1;
const SECOND_VERSION: i32 = 2;
const THIRD_VERSION: i32 = 3;

/// Has tables of earlier versions read as if they were of the present one: a name without its database means these.
const WITHOUT_ITEMS: &str = "
    CREATE TEMP VIEW events AS
        SELECT *, 0 AS item, NULL AS sequence, 0 AS branch, 0 AS by_receipt FROM main.events;
    CREATE TEMP VIEW findings AS SELECT *, 0 AS item, 0 AS repeats_item FROM main.findings;";
const WITHOUT_TARGETS: &str = "
    CREATE TEMP VIEW targets AS
        SELECT '' AS name, 0 AS after, NULL AS paused, NULL AS paused_at, NULL AS error, 0 AS revision WHERE false;
    CREATE TEMP VIEW outstanding AS
        SELECT '' AS target, '' AS entity, '' AS id, 0 AS seq, NULL AS failed_at WHERE false;";

pub(super) const SCHEMA: &str = include_str!("schema.sql");

/// Pages that the writer keeps, in KiB. More costs more than it saves: after a commit that moved pages SQLite goes over
/// all that are kept.
const WRITER_CACHE_KIB: i64 = 16 << 10;

/// How long another connection may keep the database before what is to be written fails.
const BUSY: Duration = Duration::from_secs(5);

/// A log that is longer begins anew before the next group.
pub(super) const LOG_LEN_MAX: u32 = 64 << 20;

/// Statements that a connection keeps compiled.
const STATEMENTS_KEPT: usize = 64;

/// Opens a store for writing, and says which version of SQLite is unsound.
pub(super) fn open_writer(
    path: &Path,
    file_len_max: Option<u64>,
) -> Result<Connection, StoreError> {
    sound(rusqlite::version_number())?;
    let connection = Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_READ_WRITE))?;
    set_up(&connection, WRITER_CACHE_KIB)?;
    upgrade(&connection, path)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "fullfsync", "on")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "journal_size_limit", LOG_LEN_MAX)?;
    for (name, wanted) in [("synchronous", 2), ("wal_autocheckpoint", 0)] {
        let is: i64 = connection.pragma_query_value(None, name, |row| row.get(0))?;
        if is != wanted {
            return Err(foreign(path, format!("SQLite set {name} to {is} instead of {wanted}")));
        }
    }
    let journal: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if journal != "wal" {
        return Err(foreign(path, format!("it has a journal of the kind `{journal}`, not a log")));
    }
    if let Some(len) = file_len_max {
        let page: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let pages = i64::try_from(len).unwrap_or(i64::MAX) / page.max(1);
        connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
    }
    Ok(connection)
}

/// Makes the tables in an empty file.
pub(super) fn make_tables(path: &Path) -> Result<(), StoreError> {
    sound(rusqlite::version_number())?;
    let connection = Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_READ_WRITE))?;
    set_up(&connection, 2 << 10)?;
    // Of what is killed meanwhile nothing is needed.
    connection.pragma_update(None, "journal_mode", "memory")?;
    let ids = format!(
        "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION};"
    );
    Ok(connection.execute_batch(&format!("BEGIN; {SCHEMA} {ids} COMMIT;"))?)
}

/// Opens a store that this process has open for another question.
pub(super) fn open_own_reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_READ_WRITE))?;
    set_up_reader(&connection, path)?;
    Ok(connection)
}

/// Opens the file to copy its log into it.
pub(super) fn open_copier(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_READ_WRITE))?;
    set_up(&connection, 2 << 10)?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "fullfsync", "on")?;
    Ok(connection)
}

pub(super) fn flags(access: OpenFlags) -> OpenFlags {
    access | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

/// What all connections have in common; the cache is in KiB.
fn set_up(connection: &Connection, cache: i64) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    connection.pragma_update(None, "cache_size", -cache)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    // What is in a file that came from elsewhere is not to be trusted.
    connection.pragma_update(None, "trusted_schema", "off")
}

pub(super) fn set_up_reader(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    set_up(connection, 4 << 10)?;
    known(connection, path)?;
    Ok(read_as_present(connection)?)
}

/// Lets nothing be written, and earlier versions be read as the present one.
pub(super) fn read_as_present(connection: &Connection) -> rusqlite::Result<()> {
    if is_before_items(connection)? {
        connection.execute_batch(WITHOUT_ITEMS)?;
    }
    if version(connection)?.1 <= THIRD_VERSION {
        connection.execute_batch(WITHOUT_TARGETS)?;
    }
    connection.pragma_update(None, "query_only", "on")
}

pub(super) fn sound(version: i32) -> Result<(), StoreError> {
    match version >= SQLITE_MIN {
        true => Ok(()),
        false => Err(StoreError::UnsoundSqlite { version: rusqlite::version() }),
    }
}

pub(super) fn version(connection: &Connection) -> rusqlite::Result<(i32, i32)> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get(0));
    Ok((pragma("application_id")?, pragma("user_version")?))
}

/// Whether the tables are of the version without digests and origins.
pub(super) fn is_first_version(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(version(connection)?.1 == FIRST_VERSION)
}

/// Whether deliveries have no headers and no query.
pub(super) fn is_before_items(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(version(connection)?.1 <= SECOND_VERSION)
}

/// Gives tables of earlier versions what they lack, and refuses those of later ones.
fn upgrade(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let steps = [
        include_str!("upgrade.sql"),
        include_str!("upgrade_items.sql"),
        include_str!("upgrade_targets.sql"),
    ];
    let steps = match known(connection, path)? {
        FIRST_VERSION => &steps[..],
        SECOND_VERSION => &steps[1..],
        THIRD_VERSION => &steps[2..],
        _ => return Ok(()),
    };
    let ids = format!("PRAGMA user_version = {SCHEMA_VERSION};");
    let steps = steps.concat();
    Ok(connection.execute_batch(&format!("BEGIN IMMEDIATE; {steps} {ids} COMMIT;"))?)
}

/// The version of the tables; those that cannot be read are refused.
fn known(connection: &Connection, path: &Path) -> Result<i32, StoreError> {
    match version(connection)? {
        (APPLICATION_ID, version @ FIRST_VERSION..=SCHEMA_VERSION) => Ok(version),
        other => Err(unusable(path, other)),
    }
}

fn unusable(path: &Path, (id, version): (i32, i32)) -> StoreError {
    foreign(
        path,
        match id {
            APPLICATION_ID => {
                format!("its tables have version {version}, and {SCHEMA_VERSION} is known")
            }
            _ => FOREIGN.to_owned(),
        },
    )
}

pub(super) fn foreign(path: &Path, reason: String) -> StoreError {
    StoreError::Foreign { path: path.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_with_the_bug_are_refused() {
        assert!(sound(3_051_002).is_err() && sound(3_040_001).is_err());
        assert!(sound(3_051_003).is_ok() && sound(3_054_001).is_ok());
        assert!(sound(rusqlite::version_number()).is_ok(), "the bundled one is sound");
    }
}
