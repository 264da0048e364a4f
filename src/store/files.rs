//! The files of a store: the one process that may write to them, and whether they are still where they were opened.

use std::{
    fs::{self, File, Metadata, OpenOptions, TryLockError},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Mutex,
};

use super::{
    connection,
    error::{Failed, FailedKind, StoreError},
};
use crate::{durable::sync_folder_of, locks::locked};

/// On Linux `flock` and the locks that SQLite takes know nothing of each other. Elsewhere they may exclude each other, so
/// that a file beside the database is locked in its place.
const LOCKS_ITSELF: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// Device and inode: what tells a file from all others, whatever it is called.
type Identity = (u64, u64);

/// The databases that this process has open. None of them may be opened a second time but by SQLite: to close any
/// descriptor of a file drops all POSIX locks that the process has on it, SQLite's too.
static OPEN: Mutex<InUse> = Mutex::new(InUse { written: Vec::new(), read: Vec::new() });

#[derive(Debug)]
struct InUse {
    written: Vec<Identity>,
    /// By those who only ask, each once for each of them.
    read: Vec<Identity>,
}

/// The files of a store that this process alone may write to, for as long as this lives: longer than every connection.
#[derive(Debug)]
pub(super) struct Files {
    /// The path that was given: the next start will open what is there then.
    given: PathBuf,
    /// Where that leads. SQLite puts the log beside it.
    path: PathBuf,
    database: Option<Identity>,
    log: Mutex<Option<Identity>>,
    lock: Option<File>,
}

impl Files {
    /// Takes the store at this path, or makes one if nothing is there and `make` says so. What is no store is left as it
    /// is.
    pub(super) fn take(given: &Path, make: bool) -> Result<Self, StoreError> {
        let failed = |source| StoreError::File { doing: "open", path: given.to_owned(), source };
        let given = std::path::absolute(given).map_err(failed)?;
        // Until the lock is there: two threads would otherwise both find that nobody has the file.
        let mut open = locked(&OPEN);
        let (path, lock) = match resolved(&given) {
            Ok(path) => take(&path, &open).map(|lock| (path, lock))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound && make => make_store(&given)?,
            Err(error) => return Err(failed(error)),
        };
        let about = fs::metadata(&path).map_err(failed)?;
        let database = identity(&about);
        open.written.extend(database);
        drop(open);
        let lock = Some(lock);
        let files = Self { given, path, database, log: Mutex::default(), lock };
        match links(&about) {
            0 | 1 => Ok(files),
            names => Err(named_more_than_once(&files.path, names)),
        }
    }

    /// Where SQLite is to open it.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn log_len(&self) -> u64 {
        log_len(&self.path)
    }

    /// Takes the log that is there now for the one that the writer has just opened.
    pub(super) fn log_is_open(&self) -> Result<(), Failed> {
        let path = beside(&self.path, "-wal");
        let log = fs::metadata(&path).map_err(|error| lost(&path, Some(&error), LOG_HELP))?;
        *locked(&self.log) = identity(&log);
        Ok(())
    }

    /// Whatever becomes of the log until the writer opens it anew.
    pub(super) fn log_is_closed(&self) {
        *locked(&self.log) = None;
    }

    /// Whether the database and its log are still at their paths. What is committed into files that are not is gone when
    /// they are closed. Two calls of `stat`, some microseconds each.
    pub(super) fn in_place(&self) -> Result<(), Failed> {
        is_at(&self.given, self.database, DATABASE_HELP)?;
        let log = *locked(&self.log);
        match log {
            Some(_) => is_at(&beside(&self.path, "-wal"), log, LOG_HELP),
            None => Ok(()),
        }
    }
}

impl Files {
    /// Takes the log, when all of it has been copied, away from a database that was put in the place of its own: SQLite
    /// would write the one into the other at the next start.
    pub(super) fn leave_to_another(&self) {
        let log = beside(&self.path, "-wal");
        let another = fs::metadata(&self.path).is_ok_and(|about| identity(&about) != self.database);
        if another && is_at(&log, *locked(&self.log), LOG_HELP).is_ok() {
            // What cannot be removed now is tried again at the next check.
            let _ = fs::remove_file(log);
            let _ = fs::remove_file(beside(&self.path, "-shm"));
        }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let mut open = locked(&OPEN);
        drop(self.lock.take());
        open.written.retain(|own| Some(*own) != self.database);
    }
}

/// What to do when a file was removed, and when it was replaced.
type Help = [&'static str; 2];
const DATABASE_HELP: Help = [
    "put the same file back, or restart the server to use what is at its path then",
    "restart the server to use the other one",
];
const LOG_HELP: Help = ["what was stored is copied into the database: stop the server, which removes what is at the \
                         log's path, and start it again"; 2];

fn is_at(path: &Path, identified: Option<Identity>, help: Help) -> Result<(), Failed> {
    match fs::metadata(path) {
        Ok(about) if identity(&about) == identified => Ok(()),
        Ok(_) => Err(lost(path, None, help)),
        Err(error) => Err(lost(path, Some(&error), help)),
    }
}

/// A file that is not where it was; without an error another one is there.
fn lost(path: &Path, error: Option<&io::Error>, [removed, replaced]: Help) -> Failed {
    let path = path.display();
    let reason = match error {
        None => format!("`{path}` was replaced by another file while it was in use: {replaced}"),
        Some(error) if error.kind() == io::ErrorKind::NotFound => {
            format!("`{path}` was removed or renamed while it was in use: {removed}")
        }
        Some(error) => format!("`{path}` cannot be found any more ({error}): {removed}"),
    };
    Failed { kind: FailedKind::Gone, reason: reason.into() }
}

/// The path without symbolic links.
pub(super) fn resolved(path: &Path) -> io::Result<PathBuf> {
    match cfg!(unix) {
        true => fs::canonicalize(path),
        // Elsewhere that gives a form of the path that SQLite's URIs do not have.
        false => fs::metadata(path).map(|_| path.to_owned()),
    }
}

/// Locks the store in this file, of which a process must not have two.
fn take(path: &Path, open: &InUse) -> Result<File, StoreError> {
    let failed = |source| StoreError::File { doing: "open", path: path.to_owned(), source };
    let about = identity(&fs::metadata(path).map_err(failed)?);
    if about.is_some_and(|about| open.written.contains(&about)) {
        return Err(StoreError::InUse { path: path.to_owned() });
    }
    recognise(path, open)?;
    let lock = match LOCKS_ITSELF {
        true => lock(path, path, false)?,
        false => lock(&beside(path, "-lock"), path, true)?,
    };
    is_still(&lock, path)?;
    Ok(lock)
}

/// Makes a store where nothing is: beside it, so that what is at the path is a whole one whenever this is killed.
fn make_store(given: &Path) -> Result<(PathBuf, File), StoreError> {
    if fs::symlink_metadata(given).is_ok() {
        let reason = "it is a symbolic link that leads nowhere".to_owned();
        return Err(StoreError::Refused { path: given.to_owned(), reason });
    }
    let failed = |source| StoreError::File { doing: "create", path: given.to_owned(), source };
    let (Some(folder), Some(name)) = (given.parent(), given.file_name()) else {
        return Err(failed(io::ErrorKind::InvalidFilename.into()));
    };
    let path = resolved(folder).map_err(failed)?.join(name);
    let (part, lock) = begin(&path)?;
    connection::make_tables(&part)?;
    publish(&part, &path).map_err(failed)?;
    Ok((path, lock))
}

/// Begins a database that is to be at this path: an empty file beside it, which nobody else writes to while this is
/// locked.
pub(super) fn begin(path: &Path) -> Result<(PathBuf, File), StoreError> {
    if log_len(path) > 0 {
        // SQLite would take it for that of the new one.
        let reason = format!(
            "it is not there, but its log `{}` is, which may have deliveries: put it back, or remove the log",
            beside(path, "-wal").display()
        );
        return Err(StoreError::Refused { path: path.to_owned(), reason });
    }
    let part = beside(path, ".part");
    let failed = |source| StoreError::File { doing: "create", path: part.clone(), source };
    let lock = match LOCKS_ITSELF {
        true => lock(&part, path, true)?,
        false => lock(&beside(path, "-lock"), path, true)?,
    };
    // Whoever had it before may have given it its name meanwhile.
    is_still(&lock, &part)?;
    File::create(&part).map_err(failed)?;
    match fs::remove_file(beside(&part, "-journal")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
        _ => Ok((part, lock)),
    }
}

/// Locks a file for this process, which uses the database at that path.
fn lock(file: &Path, database: &Path, create: bool) -> Result<File, StoreError> {
    let failed = |doing| move |source| StoreError::File { doing, path: file.to_owned(), source };
    let mut options = OpenOptions::new();
    let opened = options.read(true).write(true).create(create).truncate(false).open(file);
    let opened = opened.map_err(failed("open"))?;
    match opened.try_lock() {
        Ok(()) => Ok(opened),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: database.to_owned() }),
        Err(TryLockError::Error(source)) => Err(failed("lock")(source)),
    }
}

/// Whether a file that is locked itself is still at its path.
fn is_still(lock: &File, path: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::File { doing: "open", path: path.to_owned(), source };
    let locked = lock.metadata().map_err(failed)?;
    match !LOCKS_ITSELF || is_at(path, identity(&locked), DATABASE_HELP).is_ok() {
        true => Ok(()),
        false => Err(StoreError::InUse { path: path.to_owned() }),
    }
}

/// Keeps writers from a database that is read as if it could not change.
pub(super) fn lock_shared(path: &Path) -> Result<Option<File>, StoreError> {
    if !LOCKS_ITSELF {
        return Ok(None);
    }
    let failed = |source| StoreError::File { doing: "lock", path: path.to_owned(), source };
    let opened = File::open(path).map_err(failed)?;
    match opened.try_lock_shared() {
        Ok(()) => Ok(Some(opened)),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Gives a file that is whole its name, for good. There must be none of that name.
pub(super) fn publish(part: &Path, to: &Path) -> io::Result<()> {
    File::open(part)?.sync_all()?;
    rename_new(part, to)?;
    sync_folder_of(to)
}

fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::{
            fs::{CWD, RenameFlags, renameat_with},
            io::Errno,
        };
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // Not every file system can.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            other => return Ok(other?),
        }
    }
    match fs::symlink_metadata(to) {
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(from, to),
    }
}

/// How long the log beside a database is; 0 if there is none.
pub(super) fn log_len(path: &Path) -> u64 {
    fs::metadata(beside(path, "-wal")).map_or(0, |log| log.len())
}

/// The file beside a database whose name ends with this as well.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// A store that is only asked, for as long as this lives: longer than the connection.
#[derive(Debug)]
pub(super) struct Reading(Option<Identity>);

impl Reading {
    /// Takes note that a store is asked. Refuses what is no store, and a name of it that does not lead to its log.
    pub(super) fn begin(path: &Path) -> Result<Self, StoreError> {
        let failed = |source| StoreError::File { doing: "open", path: path.to_owned(), source };
        let mut open = locked(&OPEN);
        let has_log = recognise(path, &open)?;
        let about = fs::metadata(path).map_err(failed)?;
        if links(&about) > 1 && has_log && log_len(path) == 0 {
            return Err(named_more_than_once(path, links(&about)));
        }
        open.read.extend(identity(&about));
        Ok(Self(identity(&about)))
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let read = &mut locked(&OPEN).read;
        if let Some(at) = read.iter().position(|own| Some(*own) == self.0) {
            read.swap_remove(at);
        }
    }
}

/// Refuses what is no store, and leaves it as it is: SQLite would make files beside it. Whether it has a log when it is in
/// use.
fn recognise(path: &Path, open: &InUse) -> Result<bool, StoreError> {
    let failed = |source| StoreError::File { doing: "open", path: path.to_owned(), source };
    let foreign = |reason: &str| Err(connection::foreign(path, reason.to_owned()));
    let about = fs::metadata(path).map_err(failed)?;
    if !about.is_file() {
        return foreign("it is no file");
    }
    if about.len() == 0 {
        return foreign("it is empty");
    }
    if identity(&about)
        .is_some_and(|about| open.written.contains(&about) || open.read.contains(&about))
    {
        return Ok(true);
    }
    // The head of a database as SQLite's documentation has it. It is not asked by SQLite, which would either write or, in
    // the middle of a checkpoint, find less than there is.
    let mut head = Vec::new();
    File::open(path).and_then(|file| file.take(100).read_to_end(&mut head)).map_err(failed)?;
    if head.len() < 100 || !head.starts_with(b"SQLite format 3\0") {
        return foreign("it is no database");
    }
    match head[68..72] == connection::APPLICATION_ID.to_be_bytes() {
        true => Ok(head[18] == 2),
        false => foreign(connection::FOREIGN),
    }
}

fn named_more_than_once(path: &Path, names: u64) -> StoreError {
    let reason = format!(
        "it has {names} names (hard links), and SQLite finds its log by one of them only: remove all names but the one \
         that the server uses"
    );
    StoreError::Refused { path: path.to_owned(), reason }
}

#[cfg(unix)]
fn identity(about: &Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    Some((about.dev(), about.ino()))
}

#[cfg(unix)]
fn links(about: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(about)
}

/// Windows lets nobody remove or rename a file that SQLite has open.
#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<Identity> {
    None
}

#[cfg(not(unix))]
fn links(_: &Metadata) -> u64 {
    1
}
