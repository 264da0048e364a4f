//! Connections: how many there are, and which of them may be closed for another.
//!
//! A connection that waits for its client, silent or in the middle of a request, may be closed when there are too many:
//! the one that has waited longest first. So neither ten thousand idle connections nor senders of one byte a second
//! keep anybody out. While we work on a request its connection is left alone.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// How long a closed connection may take to be gone.
const CLOSING: Duration = Duration::from_millis(500);

pub(super) struct Connections {
    slots: Arc<Semaphore>,
    waiting: Mutex<Waiting>,
}

/// The connections that wait for their clients, by how long they do.
#[derive(Default)]
struct Waiting {
    next: u64,
    since: BTreeMap<u64, Client>,
}

struct Client {
    close: Arc<Notify>,
    /// It is in the middle of a body.
    sending: bool,
}

/// One connection, from its acceptance to its end.
pub(super) struct Connection {
    all: Arc<Connections>,
    close: Arc<Notify>,
    /// Its place among those that wait.
    place: Mutex<Option<u64>>,
    _slot: OwnedSemaphorePermit,
}

impl Connections {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { slots: Arc::new(Semaphore::new(most)), waiting: Mutex::default() })
    }

    /// A place for one more, if need be that of the one that has waited longest; whether one was closed for it.
    pub(super) async fn admit(self: &Arc<Self>) -> (Option<Arc<Connection>>, bool) {
        if let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
            return (Some(self.connection(slot)), false);
        }
        if !self.close_one() {
            return (None, false);
        }
        let slot = tokio::time::timeout(CLOSING, Arc::clone(&self.slots).acquire_owned()).await;
        (slot.ok().and_then(Result::ok).map(|slot| self.connection(slot)), true)
    }

    fn connection(self: &Arc<Self>, slot: OwnedSemaphorePermit) -> Arc<Connection> {
        let connection = Connection {
            all: Arc::clone(self),
            close: Arc::default(),
            place: Mutex::new(None),
            _slot: slot,
        };
        connection.waits(false);
        Arc::new(connection)
    }

    /// Closes the one that has waited longest, if any waits.
    pub(super) fn close_one(&self) -> bool {
        let longest = locked(&self.waiting).since.pop_first();
        longest.inspect(|(_, client)| client.close.notify_one()).is_some()
    }

    /// Closes the one that has been sending a body for longest, if any is.
    pub(super) fn close_sender(&self) -> bool {
        let mut waiting = locked(&self.waiting);
        let longest = waiting.since.iter().find(|(_, client)| client.sending);
        let longest = longest.map(|(place, _)| *place);
        let longest = longest.and_then(|place| waiting.since.remove(&place));
        longest.inspect(|client| client.close.notify_one()).is_some()
    }

    pub(super) fn free(&self) -> usize {
        self.slots.available_permits()
    }
}

impl Connection {
    /// From now on it waits for its client, who may be sending a body.
    pub(super) fn waits(&self, sending: bool) {
        let mut waiting = locked(&self.all.waiting);
        let place = waiting.next;
        waiting.next += 1;
        waiting.since.insert(place, Client { close: Arc::clone(&self.close), sending });
        if let Some(before) = locked(&self.place).replace(place) {
            waiting.since.remove(&before);
        }
    }

    /// From now on its client waits for us.
    pub(super) fn works(&self) {
        let mut waiting = locked(&self.all.waiting);
        if let Some(place) = locked(&self.place).take() {
            waiting.since.remove(&place);
        }
    }

    /// Comes to an end when the connection is to be closed.
    pub(super) async fn closed(&self) {
        self.close.notified().await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.works();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
