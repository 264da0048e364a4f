//! Connections: how many there are, and which of them may be closed for another.
//!
//! A connection that waits for its client, silent or in the middle of a request, may be closed when there are too many.
//! The address that has the most of them pays: a new connection of another address takes the place of the youngest that
//! it has. Where no address has more than one, the connection that has waited longest is closed. So neither ten thousand
//! idle connections, nor senders of one byte a second, nor ten thousand new connections a second keep other addresses out.
//!
//! An address with the most connections can take places from itself alone: from a connection that has not sent a
//! request for a second. Those that have sent one before it leaves alone, unless it has no others.
//!
//! While we work on a request its connection is left alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex, OnceLock, Weak},
    time::Duration,
};

use tokio::{
    io::Interest,
    net::tcp::OwnedReadHalf,
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep},
};

use crate::locks::locked;

/// How long a connection may take for its first request before another one of its address may have its place.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often it is looked whether a client has gone that has sent more than was read.
const LOOK: Duration = Duration::from_secs(1);

pub(super) struct Connections {
    slots: Arc<Semaphore>,
    peers: Mutex<Peers>,
}

/// Who counts as one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Peer {
    V4(Ipv4Addr),
    /// The first 64 bits of an address: all that begin so are commonly one customer's.
    V6(u64),
    /// A connection of a proxy, behind which may be anybody: it counts for itself.
    Proxied(u64),
}

/// All that have connections.
#[derive(Default)]
struct Peers {
    next: u64,
    all: BTreeMap<Peer, OpenOfPeer>,
    /// Those of which a connection waits, by how many they have.
    greedy: BTreeSet<(usize, Peer)>,
    /// The connections that wait, by how long they do.
    waiting: BTreeMap<u64, (Peer, Place)>,
}

/// What one of them has.
#[derive(Default)]
struct OpenOfPeer {
    count: usize,
    waiting: BTreeMap<Place, Client>,
}

/// The place of a connection among those of its peer that wait: those that never sent a request stand first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    served: bool,
    since: u64,
}

struct Client {
    seat: Arc<Seat>,
    since: Instant,
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
    peer: Peer,
    seat: Arc<Seat>,
    state: Mutex<State>,
    socket: OnceLock<Weak<OwnedReadHalf>>,
}

#[derive(Default)]
struct State {
    /// Its place among those that wait.
    place: Option<Place>,
    /// It has sent a whole request.
    served: bool,
}

impl Peer {
    /// Whose connections from this address are.
    pub(super) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments().map(u64::from);
                Self::V6(a << 48 | b << 32 | c << 16 | d)
            }
        }
    }
}

impl Connections {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { slots: Arc::new(Semaphore::new(most)), peers: Mutex::default() })
    }

    /// A place for one more of this peer, or of a proxy, if need be that of another; whether it is that. The other may
    /// still be open for a moment.
    pub(super) fn admit(self: &Arc<Self>, peer: Option<Peer>) -> Option<(Arc<Connection>, bool)> {
        let free = Arc::clone(&self.slots).try_acquire_owned().ok();
        let mut peers = locked(&self.peers);
        let peer = peer.unwrap_or_else(|| Peer::Proxied(peers.number()));
        let (slot, taken) = match free {
            Some(slot) => (slot, false),
            None => (peers.make_room(peer)?, true),
        };
        peers.change(peer, |own| own.count += 1);
        drop(peers);
        let seat = Seat { close: Notify::new(), slot: Mutex::new(Some(slot)) };
        let connection = Connection {
            all: Arc::clone(self),
            peer,
            seat: Arc::new(seat),
            state: Mutex::default(),
            socket: OnceLock::new(),
        };
        connection.waits(false);
        Some((Arc::new(connection), taken))
    }

    /// Closes one, if any waits, for the room that it takes.
    pub(super) fn close_one(&self) {
        let mut peers = locked(&self.peers);
        if let Some((peer, place)) = peers.youngest_of_the_greediest(1).or_else(|| peers.longest())
        {
            drop(peers.close(peer, place));
        }
    }

    /// Closes a connection in the middle of a body, if any is: of the address with the most connections the one that has
    /// been sending for longest. Those with one connection are spared if asked to. Whether one of several was closed.
    pub(super) fn close_sender(&self, spares: bool) -> bool {
        let mut peers = locked(&self.peers);
        let longest = |(_, peer): &(usize, Peer)| {
            let waiting = &peers.all.get(peer)?.waiting;
            let sending = waiting.iter().filter(|(_, client)| client.sending);
            let (place, _) = sending.min_by_key(|(place, _)| place.since)?;
            Some((*peer, *place))
        };
        // Of those that have one connection each none is greedier than another.
        let of_many =
            peers.greedy.iter().rev().take_while(|(count, _)| *count > 1).find_map(longest);
        let longest = of_many.or_else(|| {
            let sends = |(peer, place): &&(Peer, Place)| {
                let client = peers.all.get(peer).and_then(|own| own.waiting.get(place));
                client.is_some_and(|client| client.sending)
            };
            peers.waiting.values().find(sends).filter(|_| !spares).copied()
        });
        if let Some((peer, place)) = longest {
            drop(peers.close(peer, place));
        }
        of_many.is_some()
    }

    /// Closes all that have kept us waiting for this long.
    pub(super) fn close_those_that_waited(&self, time: Duration) {
        let mut peers = locked(&self.peers);
        let waited = |own: &(Peer, Place)| {
            let client = peers.all.get(&own.0).and_then(|open| open.waiting.get(&own.1));
            client.is_some_and(|client| client.since.elapsed() >= time)
        };
        let waited: Vec<_> = peers.waiting.values().copied().take_while(waited).collect();
        for (peer, place) in waited {
            drop(peers.close(peer, place));
        }
    }

    pub(super) fn free(&self) -> usize {
        self.slots.available_permits()
    }
}

impl Peers {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Changes what a peer has, and where it stands among the others.
    fn change<T>(&mut self, peer: Peer, change: impl FnOnce(&mut OpenOfPeer) -> T) -> T {
        let own = self.all.entry(peer).or_default();
        self.greedy.remove(&(own.count, peer));
        let changed = change(own);
        if !own.waiting.is_empty() {
            self.greedy.insert((own.count, peer));
        }
        if own.count == 0 {
            self.all.remove(&peer);
        }
        changed
    }

    fn add(&mut self, peer: Peer, place: Place, client: Client) {
        self.change(peer, |own| own.waiting.insert(place, client));
        self.waiting.insert(place.since, (peer, place));
    }

    fn remove(&mut self, peer: Peer, place: Place) -> Option<Client> {
        self.waiting.remove(&place.since)?;
        self.change(peer, |own| own.waiting.remove(&place))
    }

    /// Closes the connection at this place, and gives its slot.
    fn close(&mut self, peer: Peer, place: Place) -> Option<OwnedSemaphorePermit> {
        let client = self.remove(peer, place)?;
        let slot = client.seat.close()?;
        self.change(peer, |own| own.count -= 1);
        Some(slot)
    }

    /// The slot of a connection that is closed for one more of this peer.
    fn make_room(&mut self, peer: Peer) -> Option<OwnedSemaphorePermit> {
        let own = self.all.get(&peer).map_or(0, |open| open.count) + 1;
        let (peer, place) = match self.youngest_of_the_greediest(own) {
            Some(found) => found,
            None if own > 1 => (peer, self.all.get(&peer)?.overdue()?),
            None => self.longest()?,
        };
        self.close(peer, place)
    }

    /// The youngest connection of who has the most, and more than this.
    fn youngest_of_the_greediest(&self, than: usize) -> Option<(Peer, Place)> {
        let (_, peer) = self.greedy.last().filter(|(count, _)| *count > than)?;
        Some((*peer, self.all.get(peer)?.youngest()?))
    }

    /// The one that has waited longest.
    fn longest(&self) -> Option<(Peer, Place)> {
        self.waiting.first_key_value().map(|(_, found)| *found)
    }
}

impl OpenOfPeer {
    /// The youngest that never sent a request; without any the one that has been idle for longest, whose answer is the
    /// most surely on its way.
    fn youngest(&self) -> Option<Place> {
        let new = self.waiting.keys().rfind(|place| !place.served);
        new.or_else(|| self.waiting.keys().next()).copied()
    }

    /// The one that has waited longest, but of those that never sent a request only one that had time to.
    fn overdue(&self) -> Option<Place> {
        let (place, client) = self.waiting.first_key_value()?;
        (place.served || client.since.elapsed() >= PATIENCE).then_some(*place)
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
        let mut peers = locked(&self.all.peers);
        let mut state = locked(&self.state);
        if let Some(before) = state.place.take() {
            peers.remove(self.peer, before);
        }
        // One that was closed for another is none of those any more.
        if locked(&self.seat.slot).is_some() {
            let place = Place { served: state.served, since: peers.number() };
            let client = Client { seat: Arc::clone(&self.seat), since: Instant::now(), sending };
            peers.add(self.peer, place, client);
            state.place = Some(place);
        }
    }

    /// From now on its client waits for us; whether it still is, and the connection was not closed for another meanwhile.
    pub(super) fn works(&self) -> bool {
        let mut peers = locked(&self.all.peers);
        if let Some(place) = locked(&self.state).place.take() {
            peers.remove(self.peer, place);
        }
        locked(&self.seat.slot).is_some()
    }

    /// A request was answered, and it waits for the next.
    pub(super) fn answered(&self) {
        locked(&self.state).served = true;
        self.waits(false);
    }

    /// Comes to an end when the connection is to be closed.
    pub(super) async fn closed(&self) {
        self.seat.close.notified().await;
    }

    /// Lets it look at its own socket.
    pub(super) fn looks_at(&self, socket: &Arc<OwnedReadHalf>) {
        // It is told once.
        let _ = self.socket.set(Arc::downgrade(socket));
    }

    /// Comes to an end when its client sends nothing more: it has gone, or waits for its last answer.
    pub(super) async fn left(&self) {
        let Some(socket) = self.socket.get().and_then(Weak::upgrade) else {
            return std::future::pending().await;
        };
        while let Ok(ready) = socket.ready(Interest::READABLE).await
            && !ready.is_read_closed()
        {
            // What has come stays where it is, so that more of it wakes nobody.
            sleep(LOOK).await;
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.works();
        let mut peers = locked(&self.all.peers);
        if locked(&self.seat.slot).take().is_some() {
            peers.change(self.peer, |own| own.count -= 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Peer;

    #[test]
    fn addresses_of_one_client() {
        let peer = |text: &str| Peer::of(text.parse().unwrap());
        assert_eq!(peer("192.0.2.1"), peer("::ffff:192.0.2.1"));
        assert_ne!(peer("::ffff:192.0.2.1"), peer("::ffff:192.0.2.2"));
        assert_eq!(peer("2001:db8:1:2::1"), peer("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(peer("2001:db8:1:2::1"), peer("2001:db8:1:3::1"));
        assert_eq!(peer("2001:db8:1:2::1"), Peer::V6(0x2001_0db8_0001_0002));
    }
}
