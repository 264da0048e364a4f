//! The one thread that writes: it takes what has come, writes it in one transaction, waits for the disk once, and
//! answers everybody.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Receiver, SyncSender},
    },
    time::{Duration, Instant},
};

use rusqlite::{Connection, Row, TransactionBehavior};

use super::{
    connection::{LOG_LEN_MAX, open_writer},
    definitions,
    error::{Failed, FailedKind, StoreError},
    files::Files,
    group::{Folder, Written},
    incoming::{Read, Receipt},
    queue::{Answer, Committed, Judged, Shared, Task},
};
use crate::{fold::Policy, lifecycle::Catalog};

/// Limits on what is committed together: deliveries, and about how many bytes.
const GROUP_LEN_MAX: usize = 256;
const GROUP_BYTES_MAX: usize = 1 << 20;

/// What a store is opened with, as far as the writer needs it.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) files: Arc<Files>,
    pub(super) catalog: Arc<Catalog>,
    pub(super) policy: Policy,
    pub(super) assets_bytes: usize,
    pub(super) file_len_max: Option<u64>,
}

/// The database, and the assets that were heard of last.
#[derive(Debug)]
pub(super) struct Ledger {
    /// Nothing, after a failure that it may be the reason of. Closed before the files are let go.
    open: Option<Open>,
    terms: Terms,
}

#[derive(Debug)]
struct Open {
    database: Connection,
    folder: Folder,
    next_delivery: u64,
    /// The number of the last change.
    seq: u64,
}

impl Ledger {
    pub(super) fn open(terms: Terms) -> Result<Self, StoreError> {
        let open = Some(Open::new(&terms)?);
        Ok(Self { open, terms })
    }

    /// The number of the last change.
    pub(super) fn seq(&self) -> u64 {
        self.open.as_ref().map_or(0, |open| open.seq)
    }

    /// Does something in one transaction: all of it or nothing. A database that failed is opened anew.
    pub(super) fn transact<T>(
        &mut self,
        act: impl FnOnce(&Connection, &mut Folder, u64) -> rusqlite::Result<(T, Option<Written>)>,
    ) -> Result<T, Failed> {
        self.check()?;
        let result = self.opened().and_then(|open| {
            let result = open.transact(act);
            if result.is_err() {
                open.folder.forget();
            }
            result
        });
        if let Err(Failed { kind, .. }) = &result
            && !matches!(kind, FailedKind::Full | FailedKind::Busy)
        {
            // Whoever closes last removes the log.
            self.terms.files.log_is_closed();
            self.open = None;
        }
        result
    }

    /// Whether what is committed is where it will be looked for. If not, what the log has is copied into the database:
    /// of the two it is the log that may be lost alone, or come to lie beside another database.
    fn check(&self) -> Result<(), Failed> {
        let checked = self.terms.files.in_place();
        if let (Err(_), Some(open)) = (&checked, &self.open) {
            let counted =
                |row: &Row<'_>| Ok::<[i64; 3], _>([row.get(0)?, row.get(1)?, row.get(2)?]);
            let copied = open.database.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], counted);
            // What cannot be copied now is copied at the next check, or when the store is closed.
            if let Ok([0, pages, copied]) = copied
                && pages == copied
            {
                self.terms.files.leave_to_another();
            }
        }
        checked
    }

    fn opened(&mut self) -> Result<&mut Open, Failed> {
        let open = match self.open.take() {
            Some(open) => open,
            None => Open::new(&self.terms).map_err(|error| {
                self.terms.files.log_is_closed();
                match error {
                    StoreError::Failed(failed) => failed,
                    other => Failed { kind: FailedKind::Disk, reason: other.to_string().into() },
                }
            })?,
        };
        Ok(self.open.insert(open))
    }

    /// Stores deliveries and folds them.
    fn commit(&mut self, reads: &mut [Read]) -> Result<(Vec<Receipt>, Vec<Judged>), Failed> {
        let (receipts, judged) = self.transact(|database, folder, next| {
            let mut receipts = Vec::with_capacity(reads.len());
            let mut group = folder.group(database)?;
            let mut next = next;
            for read in reads {
                let receipt = group.receive(next, read)?;
                next += u64::from(!receipt.known);
                receipts.push(receipt);
            }
            let (written, judged) = group.write()?;
            Ok(((receipts, judged), Some(written)))
        })?;
        if let Some(open) = &mut self.open {
            open.next_delivery += receipts.iter().filter(|receipt| !receipt.known).count() as u64;
        }
        Ok((receipts, judged))
    }

    /// Has a log that has become long begin anew, unless somebody reads what only it has. Its file stays, since writing
    /// over it costs less than making it longer again.
    fn shorten_log(&self) {
        if let Some(open) = &self.open
            && self.terms.files.log_len() > LOG_LEN_MAX.into()
        {
            let patience = |wait| open.database.busy_timeout(Duration::from_millis(wait));
            // What cannot be done now is done later.
            let _ = patience(20);
            let _ = open.database.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(()));
            let _ = patience(5_000);
        }
    }
}

impl Open {
    fn new(terms: &Terms) -> Result<Self, StoreError> {
        let database = open_writer(terms.files.path(), terms.file_len_max)?;
        definitions::check(&database, &terms.catalog, terms.policy, true)?;
        let catalog = Arc::clone(&terms.catalog);
        let folder = Folder::new(&database, catalog, terms.policy, terms.assets_bytes, true)?;
        let number = |sql| database.query_row(sql, [], |row| row.get::<_, i64>(0));
        let last = number("SELECT ifnull(max(delivery), 0) FROM deliveries")?;
        let seq = number("SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'changes'")?;
        terms.files.log_is_open()?;
        terms.files.in_place()?;
        Ok(Self { next_delivery: last as u64 + 1, seq: seq as u64, database, folder })
    }

    fn transact<T>(
        &mut self,
        act: impl FnOnce(&Connection, &mut Folder, u64) -> rusqlite::Result<(T, Option<Written>)>,
    ) -> Result<T, Failed> {
        let immediate = TransactionBehavior::Immediate;
        let transaction = self.database.transaction_with_behavior(immediate)?;
        let (done, written) = act(&transaction, &mut self.folder, self.next_delivery)?;
        let seq = "SELECT ifnull(max(seq), 0) FROM changes";
        let seq = transaction.prepare_cached(seq)?.query_row([], |row| row.get::<_, i64>(0))?;
        transaction.commit()?;
        self.seq = self.seq.max(seq as u64);
        written.into_iter().for_each(|written| self.folder.keep(written));
        Ok(done)
    }
}

/// Works through the tasks until nobody can give it any more.
pub(super) fn run(
    mut ledger: Ledger,
    tasks: &Receiver<Task>,
    shared: &Shared,
    wrote: &SyncSender<()>,
) {
    let mut next = None;
    while let Some(task) = next.take().or_else(|| tasks.recv().ok()) {
        let (first, answer) = match task {
            Task::Deliver(read, answer) => (read, answer),
            Task::Act(act) => {
                act(&mut ledger);
                shared.tell(&Committed { seq: ledger.seq(), ..Committed::default() });
                let _ = wrote.try_send(());
                continue;
            }
        };
        let mut bytes = first.incoming.body.len();
        let (mut reads, mut answers) = (vec![*first], vec![answer]);
        while reads.len() < GROUP_LEN_MAX && bytes < GROUP_BYTES_MAX {
            match tasks.try_recv() {
                Ok(Task::Deliver(read, answer)) => {
                    bytes += read.incoming.body.len();
                    reads.push(*read);
                    answers.push(answer);
                }
                Ok(other) => {
                    next = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        commit(&mut ledger, reads, answers, shared);
        let _ = wrote.try_send(());
        ledger.shorten_log();
    }
}

/// Commits a group and answers everybody. Where one of them may be to blame, each is tried alone.
fn commit(ledger: &mut Ledger, mut reads: Vec<Read>, answers: Vec<Answer>, shared: &Shared) {
    #[expect(clippy::disallowed_methods, reason = "how long commits take is to be told")]
    let began = Instant::now();
    let result = ledger.commit(&mut reads);
    // Looked at again, for all that may have happened to the files while it was committed.
    let result = result.and_then(|done| ledger.check().map(|()| done));
    if !matches!(&result, Err(failed) if failed.may_be_of_one() && reads.len() > 1) {
        // Who is answered may come again at once, and must find the place free.
        let bytes = reads.iter().map(|read| read.incoming.body.len()).sum();
        shared.queued.fetch_sub(bytes, Ordering::Relaxed);
        shared.waiting.fetch_sub(reads.len(), Ordering::Relaxed);
    }
    match result {
        Ok((receipts, events)) => {
            shared.works();
            let deliveries = receipts.iter().filter(|receipt| !receipt.known).count();
            let took = began.elapsed();
            let committed = Committed { deliveries, seq: ledger.seq(), took, events };
            shared.tell(&committed);
            for (answer, receipt) in answers.into_iter().zip(receipts) {
                answer(Ok(receipt));
            }
        }
        Err(failed) if failed.may_be_of_one() && reads.len() > 1 => {
            for (read, answer) in reads.into_iter().zip(answers) {
                let again = read.again(&shared.catalog);
                commit(ledger, vec![again], vec![answer], shared);
            }
        }
        Err(failed) => {
            shared.failed(answers.len(), &failed);
            answers.into_iter().for_each(|answer| answer(Err(failed.clone())));
        }
    }
}

/// Copies the log into the database now and then, so that the writer need not: until nobody can tell it any more that
/// something was written.
pub(super) fn keep_log_short(path: &Path, wrote: &Receiver<()>) {
    const PAUSE: Duration = Duration::from_millis(200);
    let Ok(database) = super::connection::open_copier(path) else { return };
    while wrote.recv().is_ok() {
        #[expect(clippy::disallowed_methods, reason = "a pause has an end")]
        let until = Instant::now() + PAUSE;
        loop {
            #[expect(clippy::disallowed_methods, reason = "a pause has an end")]
            let left = until.saturating_duration_since(Instant::now());
            match wrote.recv_timeout(left) {
                Ok(()) => {}
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => break,
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return,
            }
        }
        // What cannot be copied now is copied later: it is in the log until then.
        let _ = database.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    }
}
