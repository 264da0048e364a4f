//! The database as its writer has it: transactions, the log, and the assets that were heard of last.

use std::{sync::Arc, time::Duration};

use rusqlite::{Connection, Row, TransactionBehavior};

use super::{
    connection::{LOG_LEN_MAX, open_writer},
    definitions,
    error::{Failed, FailedKind, StoreError},
    files::Files,
    group::{Folder, Judged, Written},
    incoming::{Read, Receipt},
};
use crate::{fold::Policy, lifecycle::Catalog};

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
    pub(super) fn check(&self) -> Result<(), Failed> {
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
    pub(super) fn commit(
        &mut self,
        reads: &mut [Read],
    ) -> Result<(Vec<Receipt>, Vec<Judged>), Failed> {
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
    pub(super) fn shorten_log(&self) {
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
