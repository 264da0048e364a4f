//! The store: deliveries as they were received, and where they leave each asset, in one SQLite file.
//!
//! What was received is the truth; all else follows from it by the same fold as that of files, in the same
//! transaction. So whatever was acknowledged is there after a crash, and the state is what it would be without one.
//!
//! - [`Store::submit`] reads a delivery and gives it to the `writer`, which commits what has come in `group`s
//!   to the `database`.
//! - `group` folds the events of a group into `kept` assets and finds out what that changed; `rows` writes it.
//! - `files` sees to it that one process writes, into files that are where they were opened.
//! - `assets`, `deliveries`, `history`, `changes` and `today` answer questions, on connections of their own.
//! - `targets` knows how far each target has got with the changes that it is brought.
//! - `overdue`, `retention`, `rebuild`, `transfer` and `verify` are what is done with a store besides.
//! - `records` are deliveries as lines of a file.
//! - `digests` tells damage to what was received; `origins` tells what was imported already.
//! - `schema.sql` has the tables, which docs/store.md explains: they are for people's own SQL too.
//!
//! Nothing here knows what time it is: whoever receives a delivery says when that was.

mod assets;
mod changes;
mod connection;
mod database;
mod definitions;
mod deliveries;
mod digests;
mod error;
mod files;
mod group;
mod history;
mod incoming;
mod kept;
mod origins;
mod overdue;
mod queue;
mod reader;
mod rebuild;
mod records;
mod retention;
mod rows;
mod targets;
mod today;
mod transfer;
mod verify;
mod writer;

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::Ordering,
        mpsc::{self, Receiver, SyncSender},
    },
    thread::JoinHandle,
    time::Duration,
};

use rusqlite::Connection;

pub(crate) use self::incoming::Named;
pub(crate) use self::retention::EVENT_IDS_KEPT;
pub(crate) use self::targets::{Outgoing, Outstanding, TargetMark, TargetProgress, WantedChanges};
#[cfg(feature = "cli")]
pub(crate) use self::transfer::import;
pub use self::{
    assets::{AssetFilter, Page, StoredAsset},
    changes::{ChangeCount, FindingFilter, StoredChange, StoredFinding},
    deliveries::{DeliveryFilter, StoredDelivery, ToldEvent, WholeDelivery},
    error::{Failed, FailedKind, StoreError},
    group::Judged,
    history::TimelineEntry,
    incoming::{Incoming, Receipt},
    overdue::Swept,
    queue::{Busy, Committed, Pending},
    rebuild::{Rebuilt, Restated},
    retention::{Retain, Retained},
    targets::{StoredTarget, TargetOrder, TargetStart},
    today::{DeliveryCount, FindingCount},
    transfer::{Exported, Imported},
    verify::{Damage, Verified},
};
use self::{
    connection::open_own_reader,
    database::{Ledger, Terms},
    files::Files,
    incoming::{Origin, Read},
    queue::{Answer, Shared, Task},
};
use crate::{fold::Policy, lifecycle::Catalog, locks::locked};

/// Connections that are kept open for the next question.
const READERS_KEPT: usize = 4;

/// How a store is opened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoreOptions {
    /// Limit on the deliveries that wait to be committed.
    pub queue_len: usize,
    /// Limit, about, on the bytes of bodies that wait to be committed; one delivery always may.
    pub queue_bytes: usize,
    /// About so much memory is given to the assets that were heard of last.
    pub assets_bytes: usize,
    /// The file grows to this size and no further; then deliveries are refused as on a full disk.
    pub file_len_max: Option<u64>,
    /// What an illegal event does to the state.
    pub policy: Policy,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            queue_len: 4096,
            queue_bytes: 64 << 20,
            assets_bytes: 64 << 20,
            file_len_max: None,
            policy: Policy::default(),
        }
    }
}

/// A store that is open. One process may have it open; others may read the file.
#[derive(Debug)]
pub struct Store {
    shared: Arc<Shared>,
    tasks: Option<SyncSender<Task>>,
    threads: Vec<JoinHandle<()>>,
    options: StoreOptions,
    readers: Mutex<Vec<Connection>>,
    /// Let go after all connections are closed.
    files: Arc<Files>,
}

impl Store {
    /// Opens the store in this file, or makes one where there is no file. Nothing is loaded, so that it takes no longer with more in it.
    ///
    /// # Errors
    /// The file cannot be used, is in use by another process, or has what other definitions judged.
    pub fn open(
        path: impl AsRef<Path>,
        catalog: Catalog,
        options: StoreOptions,
    ) -> Result<Self, StoreError> {
        let files = Arc::new(Files::take(path.as_ref(), true)?);
        let catalog = Arc::new(catalog);
        let terms = Terms {
            files: Arc::clone(&files),
            catalog: Arc::clone(&catalog),
            policy: options.policy,
            assets_bytes: options.assets_bytes,
            file_len_max: options.file_len_max,
        };
        let ledger = Ledger::open(terms)?;
        let shared = Arc::new(Shared::new(catalog, ledger.seq()));
        let (tasks, given) = mpsc::sync_channel(options.queue_len);
        let (wrote, written) = mpsc::sync_channel(1);
        let threads = spawn(&files, ledger, given, &shared, (wrote, written))?;
        let readers = Mutex::default();
        Ok(Self { shared, tasks: Some(tasks), threads, options, readers, files })
    }

    /// Gives a delivery to be stored, and never blocks.
    ///
    /// It is read by the caller's thread, so that one that is long should not be given by a thread that must not be
    /// kept.
    ///
    /// # Errors
    /// Too many wait already; nothing was done.
    pub fn submit(&self, incoming: Incoming) -> Result<Pending, Busy> {
        self.submit_from(incoming, None)
    }

    /// Like [`submit`](Self::submit), of a delivery that may have been stored elsewhere before.
    fn submit_from(&self, incoming: Incoming, origin: Option<Origin>) -> Result<Pending, Busy> {
        let (answer, pending) = mpsc::sync_channel(1);
        // Whoever waits may have gone.
        self.give(incoming, origin, Box::new(move |result| drop(answer.send(result))))?;
        Ok(Pending(pending))
    }

    /// Like [`submit`](Self::submit), with something to be called with what became of the delivery: once, by the
    /// thread that writes, which it must not keep. It is dropped uncalled if the store is closed by a panic.
    ///
    /// # Errors
    /// Too many wait already; nothing was done, and nothing will be called.
    pub fn submit_with(
        &self,
        incoming: Incoming,
        answer: impl FnOnce(Result<Receipt, Failed>) + Send + 'static,
    ) -> Result<(), Busy> {
        self.give(incoming, None, Box::new(answer))
    }

    fn give(&self, incoming: Incoming, origin: Option<Origin>, answer: Answer) -> Result<(), Busy> {
        let len = incoming.body.len();
        let queued = self.shared.queued.fetch_add(len, Ordering::Relaxed);
        let full = queued > 0 && queued + len > self.options.queue_bytes;
        let waiting = self.shared.waiting.load(Ordering::Relaxed);
        if full || waiting >= self.options.queue_len {
            self.shared.queued.fetch_sub(len, Ordering::Relaxed);
            return Err(Busy);
        }
        let read = Box::new(Read { origin, ..Read::new(&self.shared.catalog, incoming) });
        self.shared.waiting.fetch_add(1, Ordering::Relaxed);
        let given = self.tasks.as_ref().map(|tasks| tasks.try_send(Task::Deliver(read, answer)));
        if !matches!(given, Some(Ok(()))) {
            self.shared.queued.fetch_sub(len, Ordering::Relaxed);
            self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(Busy);
        }
        Ok(())
    }

    /// How many deliveries wait to be committed.
    pub fn waiting(&self) -> usize {
        self.shared.waiting.load(Ordering::Relaxed)
    }

    /// How many deliveries could not be stored since the store was opened.
    pub fn failures(&self) -> u64 {
        self.shared.failures.load(Ordering::Relaxed)
    }

    /// Why the last delivery could not be stored, until one can be again; or why the next could not.
    pub fn failing(&self) -> Option<Failed> {
        self.files.in_place().err().or_else(|| self.shared.failing())
    }

    /// Whether as many deliveries wait as may.
    pub fn is_full(&self) -> bool {
        self.waiting() >= self.options.queue_len
            || self.shared.queued.load(Ordering::Relaxed) >= self.options.queue_bytes
    }

    /// Finds out whether something can be written again after a delivery could not be, without waiting for the next.
    ///
    /// # Errors
    /// It cannot.
    pub fn probe(&self) -> Result<(), StoreError> {
        let shared = Arc::clone(&self.shared);
        self.act(move |ledger| {
            ledger.transact(|database, _, _| {
                // Written to the page that has it although it is the same, and through to the disk.
                let version = connection::SCHEMA_VERSION;
                Ok((database.pragma_update(None, "user_version", version)?, None))
            })?;
            shared.works();
            Ok(())
        })
    }

    /// How long the database is without its log, in bytes.
    pub fn file_len(&self) -> u64 {
        std::fs::metadata(self.files.path()).map_or(0, |file| file.len())
    }

    /// How long the file of the log is, in bytes: it grows to 64 MB and is then written over, unless somebody reads what
    /// only it has.
    pub fn log_len(&self) -> u64 {
        self.files.log_len()
    }

    /// The definitions that it reads by.
    pub fn catalog(&self) -> &Catalog {
        &self.shared.catalog
    }

    /// Calls this after every commit, by the thread that writes, which it must not keep.
    pub fn on_commit(&self, listener: impl Fn(&Committed) + Send + 'static) {
        self.shared.listen(Box::new(listener));
    }

    /// Waits for a change of a state after this one, but not for longer than this. The number of the last one.
    pub fn wait_for_change(&self, after: u64, patience: Duration) -> u64 {
        self.shared.wait(after, patience)
    }

    /// Has the writer do something between two groups, and waits for it.
    fn act<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Ledger) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, result) = mpsc::sync_channel(1);
        let act = Box::new(move |ledger: &mut Ledger| drop(answer.send(act(ledger))));
        let given = self.tasks.as_ref().map(|tasks| tasks.send(Task::Act(act)));
        match given {
            Some(Ok(())) => Ok(result.recv().map_err(|_| Failed::closed())??),
            _ => Err(Failed::closed().into()),
        }
    }

    /// Asks on a connection of its own; what is committed meanwhile is not seen.
    fn ask<T>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let kept = locked(&self.readers).pop();
        let mut reader = match kept {
            Some(reader) => reader,
            None => self.open_reader()?,
        };
        let transaction = reader.transaction()?;
        let answer = question(&transaction)?;
        drop(transaction);
        let mut readers = locked(&self.readers);
        if readers.len() < READERS_KEPT {
            readers.push(reader);
        }
        Ok(answer)
    }
}

impl Store {
    /// Opens what is open already once more, and never what was put in its place.
    fn open_reader(&self) -> Result<Connection, StoreError> {
        self.files.in_place()?;
        let reader = open_own_reader(self.files.path())?;
        self.files.in_place()?;
        Ok(reader)
    }
}

impl Drop for Store {
    /// Commits what was accepted.
    fn drop(&mut self) {
        self.tasks = None;
        for thread in self.threads.drain(..) {
            // One that panicked has told so already.
            let _ = thread.join();
        }
    }
}

fn spawn(
    files: &Files,
    ledger: Ledger,
    tasks: Receiver<Task>,
    shared: &Arc<Shared>,
    (wrote, written): (SyncSender<()>, Receiver<()>),
) -> Result<Vec<JoinHandle<()>>, StoreError> {
    let shared = Arc::clone(shared);
    let copied = files.path().to_owned();
    let write = move || writer::run(ledger, &tasks, &shared, &wrote);
    let copy = move || writer::keep_log_short(&copied, &written);
    let named = |name: &str| std::thread::Builder::new().name(name.to_owned());
    Ok(vec![named("store-writer").spawn(write)?, named("store-log").spawn(copy)?])
}
