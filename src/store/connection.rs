//! Connections: how SQLite is set up, and which versions of it and of the file are taken.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};

use super::error::StoreError;

/// The first SQLite in which resetting the log cannot corrupt the database.
const SQLITE_MIN: i32 = 3_051_003;

/// Written into every store, so that `file` and SQLite's tools tell one: "mfld".
const APPLICATION_ID: i32 = 0x6d66_6c64;

/// The version of the tables.
pub(super) const SCHEMA_VERSION: i32 = 2;

/// The version without digests and origins: it is read as it is, and becomes the present one when it is written.
const FIRST_VERSION: i32 = 1;

/// Pages that the writer keeps, in KiB. More costs more than it saves: after a commit that moved pages SQLite goes over
/// all that are kept.
const WRITER_CACHE_KIB: i64 = 16 << 10;

/// How long another connection may keep the database before what is to be written fails.
const BUSY: Duration = Duration::from_secs(5);

/// A log that is longer begins anew before the next group.
pub(super) const LOG_LEN_MAX: u32 = 64 << 20;

/// Statements that a connection keeps compiled.
const STATEMENTS_KEPT: usize = 64;

/// Opens the file for writing, makes the tables if there are none, and says which version of SQLite is unsound.
pub(super) fn open_writer(
    path: &Path,
    file_len_max: Option<u64>,
) -> Result<Connection, StoreError> {
    sound(rusqlite::version_number())?;
    let connection = Connection::open_with_flags(
        path,
        flags(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE),
    )?;
    set_up(&connection, WRITER_CACHE_KIB)?;
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
    create(&connection, path)?;
    if let Some(len) = file_len_max {
        let page: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let pages = i64::try_from(len).unwrap_or(i64::MAX) / page.max(1);
        connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
    }
    Ok(connection)
}

/// Opens the file for reading; there must be tables in it.
pub(super) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    sound(rusqlite::version_number())?;
    let connection = Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_READ_WRITE))?;
    set_up(&connection, 4 << 10)?;
    connection.pragma_update(None, "query_only", "on")?;
    // The last connection to close would otherwise copy the log, which a reader has no business to wait for.
    match version(&connection)? {
        (APPLICATION_ID, FIRST_VERSION | SCHEMA_VERSION) => Ok(connection),
        other => Err(unusable(path, other)),
    }
}

/// Opens the file to copy its log into it.
pub(super) fn open_copier(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_READ_WRITE))?;
    set_up(&connection, 2 << 10)?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "fullfsync", "on")?;
    Ok(connection)
}

fn flags(access: OpenFlags) -> OpenFlags {
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

fn sound(version: i32) -> Result<(), StoreError> {
    match version >= SQLITE_MIN {
        true => Ok(()),
        false => Err(StoreError::UnsoundSqlite { version: rusqlite::version() }),
    }
}

fn version(connection: &Connection) -> rusqlite::Result<(i32, i32)> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get(0));
    Ok((pragma("application_id")?, pragma("user_version")?))
}

/// Whether the tables are of the version without digests and origins.
pub(super) fn is_first_version(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(version(connection)?.1 == FIRST_VERSION)
}

fn create(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let tables = "SELECT count(*) FROM sqlite_schema";
    match version(connection)? {
        (APPLICATION_ID, SCHEMA_VERSION) => Ok(()),
        (APPLICATION_ID, FIRST_VERSION) => {
            let upgrade = include_str!("upgrade.sql");
            let ids = format!("PRAGMA user_version = {SCHEMA_VERSION};");
            Ok(connection.execute_batch(&format!("BEGIN IMMEDIATE; {upgrade} {ids} COMMIT;"))?)
        }
        (0, 0) if connection.query_row(tables, [], |row| row.get::<_, i64>(0))? == 0 => {
            let schema = include_str!("schema.sql");
            let ids = format!(
                "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION};"
            );
            Ok(connection.execute_batch(&format!("BEGIN IMMEDIATE; {schema} {ids} COMMIT;"))?)
        }
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
            _ => "it is a database of something else".to_owned(),
        },
    )
}

fn foreign(path: &Path, reason: String) -> StoreError {
    StoreError::Foreign { path: path.to_owned(), reason }
}

/// Held by the one process that may write: it knows the assets without reading them again.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "the lock goes with the file")] File);

impl Lock {
    pub(super) fn take(path: &Path) -> Result<Self, StoreError> {
        let lock = beside(path, "-lock");
        let failed = |source| StoreError::File { doing: "lock", path: lock.clone(), source };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&lock);
        let file = file.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

/// The file beside a database whose name ends with this as well.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
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
