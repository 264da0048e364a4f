//! Bodies: read within bounds, and decompressed within bounds.

use std::{
    io::{self, Read},
    sync::Arc,
    time::Duration,
};

use axum::{
    body::Body,
    http::{HeaderMap, header},
};
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt;
use tokio::{
    sync::{Mutex, OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};

use super::connections::Connections;

/// How much of a body that is too large is thrown away before the answer: a sender that still writes when the
/// connection closes never sees it.
const DISCARD_MAX: usize = 4 << 20;
/// How long that may take.
const DISCARD_TIME: Duration = Duration::from_secs(1);
/// Memory is asked for in pieces of this size at least.
const PIECE: usize = 4 << 10;
/// How long a body waits for memory that another has to give up.
const ROOM_TIME: Duration = Duration::from_millis(500);
/// How long a connection that was closed may take to give up its own.
const GIVING_TIME: Duration = Duration::from_millis(50);
/// How long after one of several connections of an address was closed those with one are spared.
const SPARING_TIME: Duration = Duration::from_millis(250);

/// The memory that bodies have.
pub(super) struct Memory {
    bytes: Arc<Semaphore>,
    /// Of those who have another closed for it one at a time does: what that gives up may be enough for the next.
    /// When one of several connections of an address was closed last.
    turn: Mutex<Option<Instant>>,
    /// Where those who hold on to it can be closed.
    connections: Arc<Connections>,
}

/// A body in memory, and the leave to have it there.
pub(super) struct Held {
    pub(super) bytes: Vec<u8>,
    pub(super) leave: Option<OwnedSemaphorePermit>,
}

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoBody {
    TooLarge,
    /// The sender broke off, or does not speak HTTP.
    Broken,
    /// There is no memory left for it.
    NoRoom,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Plain,
    Gzip,
}

impl Encoding {
    /// How the body is encoded; `None` for ways that are not taken.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
        let Some(value) = values.next() else { return Some(Self::Plain) };
        let value = value.to_str().ok()?.trim().to_ascii_lowercase();
        match (value.as_str(), values.next()) {
            ("" | "identity", None) => Some(Self::Plain),
            ("gzip" | "x-gzip", None) => Some(Self::Gzip),
            _ => None,
        }
    }
}

/// Reads a body up to a limit in bytes, whatever its length is said to be.
pub(super) async fn read(
    body: Body,
    headers: &HeaderMap,
    most: usize,
    memory: &Memory,
) -> Result<Held, NoBody> {
    let said = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let said = said.and_then(|value| value.parse::<u64>().ok());
    if said.is_some_and(|said| said > most as u64) {
        // Whoever asks before sending is told without having sent.
        if !headers.contains_key(header::EXPECT) {
            discard(body).await;
        }
        return Err(NoBody::TooLarge);
    }
    let mut body = body;
    let mut held = Held { bytes: Vec::new(), leave: None };
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| NoBody::Broken)?.into_data() else { continue };
        if data.len() > most - held.bytes.len() {
            drop(held);
            discard(body).await;
            return Err(NoBody::TooLarge);
        }
        held.grow(data.len(), most, memory).await?;
        held.bytes.extend_from_slice(&data);
    }
    Ok(held)
}

impl Memory {
    pub(super) fn new(bytes: usize, connections: Arc<Connections>) -> Self {
        Self { bytes: Arc::new(Semaphore::new(bytes)), turn: Mutex::default(), connections }
    }

    /// So much of it; if there is none left, of whoever has been sending for longest, and first of the address with the
    /// most connections.
    async fn take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let bytes = u32::try_from(bytes).ok()?;
        if let Ok(leave) = Arc::clone(&self.bytes).try_acquire_many_owned(bytes) {
            return Some(leave);
        }
        let waiting = async {
            let mut closed = self.turn.lock().await;
            loop {
                // What was closed gives its memory back in a moment: meanwhile nobody pays who has one connection.
                let spares = closed.is_some_and(|at| at.elapsed() < SPARING_TIME);
                if self.connections.close_sender(spares) {
                    *closed = Some(Instant::now());
                }
                let given = Arc::clone(&self.bytes).acquire_many_owned(bytes);
                if let Ok(leave) = timeout(GIVING_TIME, given).await {
                    return leave.ok();
                }
            }
        };
        timeout(ROOM_TIME, waiting).await.ok()?
    }
}

impl Held {
    /// Takes leave for what its content becomes when it is decompressed.
    pub(super) async fn unfold(&mut self, most: usize, memory: &Memory) -> Result<(), NoBody> {
        let leave = memory.take(most).await.ok_or(NoBody::NoRoom)?;
        self.add(leave);
        Ok(())
    }

    fn add(&mut self, leave: OwnedSemaphorePermit) {
        match &mut self.leave {
            Some(own) => own.merge(leave),
            own => *own = Some(leave),
        }
    }

    /// Reserves memory for `more` bytes, doubling up to `most`.
    async fn grow(&mut self, more: usize, most: usize, memory: &Memory) -> Result<(), NoBody> {
        let needed = self.bytes.len() + more;
        let had = self.leave.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        if needed <= had {
            return Ok(());
        }
        // Twice as much each time, as vectors grow, but no more than it can become.
        let piece = (needed - had).max(had.min(most.saturating_sub(had))).max(PIECE);
        let leave = memory.take(piece).await.ok_or(NoBody::NoRoom)?;
        self.add(leave);
        self.bytes.reserve_exact(had + piece - self.bytes.len());
        Ok(())
    }
}

async fn discard(mut body: Body) {
    let reading = async {
        let mut seen = 0;
        while let Some(Ok(frame)) = body.frame().await {
            seen += frame.data_ref().map_or(0, |data| data.len());
            if seen > DISCARD_MAX {
                break;
            }
        }
    };
    // Out of time is as good as through: the answer is the same.
    let _ = timeout(DISCARD_TIME, reading).await;
}

/// A gzip body, decompressed up to a limit in bytes.
///
/// # Errors
/// More than that, or `Broken` for what is no gzip.
pub(super) fn gunzip(bytes: &[u8], most: usize) -> Result<Vec<u8>, NoBody> {
    let mut decoded = Vec::new();
    let mut reader = MultiGzDecoder::new(bytes).take(most as u64 + 1);
    let read: io::Result<usize> = reader.read_to_end(&mut decoded);
    match read {
        Ok(_) if decoded.len() > most => Err(NoBody::TooLarge),
        Ok(_) => Ok(decoded),
        Err(_) => Err(NoBody::Broken),
    }
}
