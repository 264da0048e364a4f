//! The stream of changes: by long poll, or as server-sent events.
//!
//! A stream reads a page from the store when there is room for it, and there is room when the client has taken the page
//! before: one that is slow holds one page, however far behind it is.

use std::{fmt::Write, sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::Response,
};
use serde::Serialize;
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::{sleep, timeout},
};

use super::{
    Asking, json,
    problem::Problem,
    query::{Query, number},
    stream::{self, HEARTBEAT, OPENING, STALLED, STILL_HERE, Waiting, wants_stream},
};
use crate::store::StoredChange;

/// Names of parameters.
const CHANGES: &[&str] = &["after", "limit", "wait"];
/// Numbers up to this are the same in every reader of JSON.
const SEQ_MAX: u64 = (1 << 53) - 1;
/// The longest wait: what stands between commonly closes connections that are silent for a minute.
const WAIT_MAX: u64 = 55;
/// Changes that a stream reads at a time.
const STREAM_PAGE: usize = 100;
/// A change is on the disk a moment before all are told of it.
const MOMENT: Duration = Duration::from_secs(1);

#[derive(Serialize)]
struct Changes {
    items: Vec<StoredChange>,
    /// What to ask for the next with.
    next: u64,
    /// The number of the last change.
    seq: u64,
}

pub(super) async fn changes(
    State(asking): State<Arc<Asking>>,
    client: Waiting,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let query = Query::read(&uri, CHANGES)?;
    let mut after = query.number("after", 0..=SEQ_MAX)?.unwrap_or(0);
    if let Some(id) = headers.get("last-event-id") {
        after = number("Last-Event-ID", id.to_str().unwrap_or("?"), 0..=SEQ_MAX)?;
    }
    if !wants_stream(&headers) {
        let (limit, wait) = (query.limit()?, query.number("wait", 0..=WAIT_MAX)?.unwrap_or(0));
        asking.reached(after).await?;
        return poll(&asking, &client, after, limit, Duration::from_secs(wait)).await;
    }
    for name in ["limit", "wait"] {
        if query.text(name).is_some() {
            let detail = "a stream goes on by itself: this is for answers in JSON";
            return Err(Problem::of(name, detail).possible(["after"]));
        }
    }
    asking.reached(after).await?;
    let place = asking.follower()?;
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(follow(asking, client, after, sender, place));
    Ok(stream::answer(receiver))
}

async fn poll(
    asking: &Asking,
    client: &Waiting,
    after: u64,
    limit: usize,
    wait: Duration,
) -> Result<Response, Problem> {
    let (mut seq, mut items) = asking.changes(after, limit).await?;
    if items.is_empty() && !wait.is_zero() {
        let _place = asking.follower()?;
        let mut last = asking.last.clone();
        tokio::select! {
            _ = last.wait_for(|last| *last > seq.max(after)) => {}
            () = asking.gate.closed() => {}
            () = client.left() => {}
            () = sleep(wait) => {}
        }
        (seq, items) = asking.changes(after, limit).await?;
    }
    // Between here and the last there is nothing, or was and has been erased.
    let next = items.last().map_or_else(|| seq.max(after), |change| change.seq);
    Ok(json(&Changes { items, next, seq: seq.max(next) }))
}

/// Sends the changes after this one until the client or the server has enough.
async fn follow(
    asking: Arc<Asking>,
    client: Waiting,
    mut after: u64,
    sender: mpsc::Sender<Bytes>,
    _place: OwnedSemaphorePermit,
) {
    let mut last = asking.last.clone();
    if sender.send(Bytes::from_static(OPENING)).await.is_err() {
        return;
    }
    loop {
        // Whoever took nothing, or went, comes again and says from where.
        let Ok(Ok(room)) = timeout(STALLED, sender.reserve()).await else { return };
        let Ok((seq, items)) = asking.changes(after, STREAM_PAGE).await else { return };
        if let Some(change) = items.last() {
            after = change.seq;
            room.send(events(&items));
            continue;
        }
        let known = seq.max(after);
        tokio::select! {
            more = last.wait_for(|last| *last > known) => if more.is_err() { return },
            () = sender.closed() => return,
            () = asking.gate.closed() => return,
            () = client.left() => return,
            () = sleep(HEARTBEAT) => room.send(Bytes::from_static(STILL_HERE)),
        }
    }
}

/// Changes as events; JSON has no line ends within.
fn events(changes: &[StoredChange]) -> Bytes {
    let mut text = String::new();
    for change in changes {
        // Neither writing to a string nor writing text and numbers fails.
        let json = serde_json::to_string(change).unwrap_or_default();
        let _ = write!(text, "id: {}\nevent: change\ndata: {json}\n\n", change.seq);
    }
    text.into()
}

impl Asking {
    /// The number of the last change, and those after this one.
    async fn changes(&self, after: u64, limit: usize) -> Result<(u64, Vec<StoredChange>), Problem> {
        let seq = self.seq();
        let asked = self.ask_among(&self.readings, move |store| store.changes(after, limit));
        Ok((seq, asked.await?))
    }

    /// Refuses whoever knows changes that never were: of another store, they would wait for ever.
    async fn reached(&self, after: u64) -> Result<(), Problem> {
        let mut last = self.last.clone();
        let reached = timeout(MOMENT, last.wait_for(|last| *last >= after)).await;
        if matches!(reached, Ok(Ok(_))) {
            return Ok(());
        }
        let seq = self.seq();
        let detail = format!(
            "there is no change {after} yet, the last is {seq}: this is not the store that was followed before; begin anew"
        );
        Err(Problem::new(StatusCode::CONFLICT, detail))
    }
}
