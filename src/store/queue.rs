//! What waits to be committed, and who is told when it is.

use std::{
    fmt,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

use super::{
    database::Ledger,
    error::Failed,
    group::Judged,
    incoming::{Read, Receipt},
};
use crate::{lifecycle::Catalog, locks::locked};

/// Called once, with what became of a delivery.
pub(super) type Answer = Box<dyn FnOnce(Result<Receipt, Failed>) + Send>;

/// What the writer is to do.
pub(super) enum Task {
    Deliver(Box<Read>, Answer),
    Act(Box<dyn FnOnce(&mut Ledger) + Send>),
}

/// As many deliveries wait as may: try again later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("too many deliveries wait to be stored")]
#[non_exhaustive]
pub struct Busy;

/// A delivery that is being stored.
#[derive(Debug)]
pub struct Pending(pub(super) mpsc::Receiver<Result<Receipt, Failed>>);

impl Pending {
    /// Waits until the delivery is on the disk, or is known not to be.
    ///
    /// # Errors
    /// It was not stored; it may be submitted again.
    pub fn wait(self) -> Result<Receipt, Failed> {
        self.0.recv().unwrap_or_else(|_| Err(Failed::closed()))
    }
}

/// What was committed last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Committed {
    /// How many deliveries.
    pub deliveries: usize,
    /// The number of the last change of a state, of this commit or an earlier one.
    pub seq: u64,
    /// How long it took.
    pub took: Duration,
    /// Its events.
    pub events: Vec<Judged>,
}

type Listener = Box<dyn Fn(&Committed) + Send>;

/// What the writer and those who ask have in common.
pub(super) struct Shared {
    pub(super) catalog: Arc<Catalog>,
    /// Bytes of the bodies that wait.
    pub(super) queued: AtomicUsize,
    /// Deliveries that wait.
    pub(super) waiting: AtomicUsize,
    /// Deliveries that could not be stored.
    pub(super) failures: AtomicU64,
    /// Why the last of them could not, if none could be since.
    failing: Mutex<Option<Failed>>,
    seq: Mutex<u64>,
    more: Condvar,
    listeners: Mutex<Vec<Listener>>,
}

impl Shared {
    pub(super) fn new(catalog: Arc<Catalog>, seq: u64) -> Self {
        Self {
            catalog,
            queued: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            failures: AtomicU64::new(0),
            failing: Mutex::default(),
            seq: Mutex::new(seq),
            more: Condvar::new(),
            listeners: Mutex::default(),
        }
    }

    pub(super) fn failed(&self, deliveries: usize, failed: &Failed) {
        self.failures.fetch_add(deliveries as u64, Ordering::Relaxed);
        *locked(&self.failing) = Some(failed.clone());
    }

    /// What was to be written is.
    pub(super) fn works(&self) {
        *locked(&self.failing) = None;
    }

    pub(super) fn failing(&self) -> Option<Failed> {
        locked(&self.failing).clone()
    }

    /// Tells everybody who waits of a commit.
    pub(super) fn tell(&self, committed: &Committed) {
        let mut seq = locked(&self.seq);
        if committed.seq > *seq {
            *seq = committed.seq;
            self.more.notify_all();
        }
        drop(seq);
        locked(&self.listeners).iter().for_each(|listener| listener(committed));
    }

    pub(super) fn listen(&self, listener: Listener) {
        locked(&self.listeners).push(listener);
    }

    /// Waits for a change after this one, but not for longer than this; the number of the last one.
    pub(super) fn wait(&self, after: u64, patience: Duration) -> u64 {
        let seq = locked(&self.seq);
        let waited = self.more.wait_timeout_while(seq, patience, |seq| *seq <= after);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
