//! Connections: how many there are, and which of them may be closed for another.
//!
//! A connection that waits for its client, silent or in the middle of a request, may be closed when there are too many:
//! the one that has waited longest first. So neither ten thousand idle connections nor senders of one byte a second
//! keep anybody out. While we work on a request its connection is left alone.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

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
    seat: Arc<Seat>,
    /// It is in the middle of a body.
    sending: bool,
}

/// What a connection has until it ends, or until it is closed for another.
struct Seat {
    close: Notify,
    slot: Mutex<Option<OwnedSemaphorePermit>>,
}

/// One connection, from its acceptance to its end.
pub(super) struct Connection {
    all: Arc<Connections>,
    seat: Arc<Seat>,
    /// Its place among those that wait.
    place: Mutex<Option<u64>>,
}

impl Connections {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { slots: Arc::new(Semaphore::new(most)), waiting: Mutex::default() })
    }

    /// A place for one more, if need be that of the one that has waited longest; whether it is that. That one may still
    /// be open for a moment.
    pub(super) fn admit(self: &Arc<Self>) -> Option<(Arc<Connection>, bool)> {
        let free = Arc::clone(&self.slots).try_acquire_owned().ok();
        let (slot, taken) = match free {
            Some(slot) => (slot, false),
            None => (self.close_one()?, true),
        };
        let seat = Seat { close: Notify::new(), slot: Mutex::new(Some(slot)) };
        let connection =
            Connection { all: Arc::clone(self), seat: Arc::new(seat), place: Mutex::new(None) };
        connection.waits(false);
        Some((Arc::new(connection), taken))
    }

    /// Closes the one that has waited longest, if any waits, and gives its place.
    pub(super) fn close_one(&self) -> Option<OwnedSemaphorePermit> {
        let (_, client) = locked(&self.waiting).since.pop_first()?;
        client.seat.close()
    }

    /// Closes the one that has been sending a body for longest, if any is.
    pub(super) fn close_sender(&self) {
        let mut waiting = locked(&self.waiting);
        let longest = waiting.since.iter().find(|(_, client)| client.sending);
        let longest = longest.map(|(place, _)| *place);
        if let Some(client) = longest.and_then(|place| waiting.since.remove(&place)) {
            client.seat.close();
        }
    }

    pub(super) fn free(&self) -> usize {
        self.slots.available_permits()
    }
}

impl Seat {
    fn close(&self) -> Option<OwnedSemaphorePermit> {
        self.close.notify_one();
        locked(&self.slot).take()
    }
}

impl Connection {
    /// From now on it waits for its client, who may be sending a body.
    pub(super) fn waits(&self, sending: bool) {
        let mut waiting = locked(&self.all.waiting);
        let place = waiting.next;
        waiting.next += 1;
        waiting.since.insert(place, Client { seat: Arc::clone(&self.seat), sending });
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
        self.seat.close.notified().await;
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
