//! Connections that ask: whatever store is at a path, wherever that is and whoever else has it open.

use std::{
    fs::File,
    ops::{Deref, DerefMut},
    path::Path,
};

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};

use super::{
    connection::{flags, read_as_present, set_up_reader, sound, version},
    error::StoreError,
    files::{Reading, lock_shared, log_len, resolved},
};

/// A connection that asks, and what keeps writers away meanwhile if that is needed.
#[derive(Debug)]
pub(super) struct Reader {
    connection: Connection,
    // Both go after the connection.
    _lock: Option<File>,
    _reading: Reading,
}

impl Deref for Reader {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

/// Opens whatever store is at this path for reading: it may be in use, and it may be where nothing can be written.
///
/// Its file is not written to, and nothing that its log has is left out: that is read, or the store is not opened.
pub(super) fn open_reader(path: &Path) -> Result<Reader, StoreError> {
    sound(rusqlite::version_number())?;
    let failed = |source| StoreError::File { doing: "open", path: path.to_owned(), source };
    let path = &resolved(path).map_err(failed)?;
    let reading = Reading::begin(path)?;
    let log = log_len(path);
    let connection = Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_READ_WRITE))?;
    match set_up_reader(&connection, path) {
        Ok(()) => {}
        Err(StoreError::Failed(_)) if needs_shared_memory(&connection) => {
            return open_where_nothing_is_written(path, reading);
        }
        Err(error) => return Err(error),
    }
    // Whoever closes last copies the log into the database, unless there is nothing in it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, log > 0)?;
    Ok(Reader { connection, _lock: None, _reading: reading })
}

/// Whether a question fails for want of the memory that connections share, a file beside the database.
fn needs_shared_memory(connection: &Connection) -> bool {
    let error = version(connection).err().and_then(|error| error.sqlite_error_code());
    matches!(error, Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
}

/// Reads the file alone, which is all there is while its log is empty and nobody writes.
fn open_where_nothing_is_written(path: &Path, reading: Reading) -> Result<Reader, StoreError> {
    let lock = lock_shared(path)?;
    if log_len(path) > 0 {
        let reason = "its log (the file whose name ends with `-wal`) may have deliveries, and cannot be read where \
                      nothing can be written: copy both to where it can";
        return Err(StoreError::Refused { path: path.to_owned(), reason: reason.to_owned() });
    }
    let connection = open_immutable(path)?;
    set_up_reader(&connection, path)?;
    Ok(Reader { connection, _lock: lock, _reading: reading })
}

/// Opens a file for reading without a lock, a log or anything else beside it.
fn open_immutable(path: &Path) -> Result<Connection, StoreError> {
    let mut uri = match cfg!(windows) {
        true => "file:///".to_owned(),
        false => "file:".to_owned(),
    };
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b':' => {
                uri.push(char::from(*byte));
            }
            b'\\' if cfg!(windows) => uri.push('/'),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    let access = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    Ok(Connection::open_with_flags(format!("{uri}?immutable=1"), flags(access))?)
}

/// Lets a reader make tables of its own, and has names mean the store's own tables again.
pub(super) fn read_as_stored(reader: &Reader) -> rusqlite::Result<()> {
    reader.pragma_update(None, "query_only", "off")?;
    reader.execute_batch(
        "DROP VIEW IF EXISTS temp.events; DROP VIEW IF EXISTS temp.findings;
         DROP VIEW IF EXISTS temp.targets; DROP VIEW IF EXISTS temp.outstanding;",
    )
}

/// Has what is sorted by a reader go to files, so that it takes no memory.
pub(super) fn sort_in_files(reader: &Reader) -> rusqlite::Result<()> {
    reader.pragma_update(None, "query_only", "off")?;
    // All that is temporary goes with this.
    reader.pragma_update(None, "temp_store", "file")?;
    read_as_present(reader)
}
