//! What there is at a glance: where assets are, and what came today. The live page follows it.
//!
//! It is made once for all who ask: after a commit, and then not again before a while, which is the longer the longer
//! making it takes. So however much comes, and however many watch, it is a small part of what the machine does.

use std::{collections::BTreeMap, pin::pin, sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use serde::Serialize;
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc, watch},
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{
    Asking, json_text,
    problem::Problem,
    query::Query,
    stream::{self, HEARTBEAT, OPENING, STALLED, STILL_HERE, Waiting, wants_stream},
};
use crate::{
    store::{Store, StoreError},
    time::Timestamp,
};

/// The least time between two that a stream sends.
const PAUSE: Duration = Duration::from_millis(500);
/// Overviews take at most 1/`SHARE` of the time, unless one takes seconds to make.
const SHARE: u32 = 10;
/// After so long it is looked whether there is another, whatever is known.
const LOOK: Duration = Duration::from_secs(60);

const DAY: i64 = 24 * 3_600 * 1_000_000_000;

#[derive(Serialize)]
struct Overview<'a> {
    today: Today,
    /// How many assets are overdue.
    overdue: u64,
    /// Those of which there are assets.
    lifecycles: Vec<InhabitedLifecycle<'a>>,
    /// The number of the last delivery.
    delivery: u64,
    /// The number of the last finding.
    finding: u64,
    /// The changes up to this one are in it.
    seq: u64,
}

/// What came since midnight, UTC.
#[derive(Serialize)]
struct Today {
    since: Timestamp,
    deliveries: u64,
    quarantined: u64,
    changes: u64,
    findings: Severities,
}

/// How many findings there are of each severity.
#[derive(Clone, Copy, Default, Serialize)]
struct Severities {
    error: u64,
    warning: u64,
    info: u64,
}

#[derive(Serialize)]
struct InhabitedLifecycle<'a> {
    entity: &'a str,
    title: &'a str,
    assets: u64,
    /// Today's.
    changes: u64,
    /// Today's.
    findings: Severities,
    states: Vec<InState<'a>>,
}

#[derive(Serialize)]
struct InState<'a> {
    state: &'a str,
    assets: u64,
    rest: bool,
    end: bool,
    error: bool,
}

/// Whether who asks waits for what is new.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Haste {
    Now,
    Paced,
}

/// One that was made.
#[derive(Clone)]
pub(super) struct Made {
    /// The number of commits before.
    commits: u64,
    text: Arc<str>,
    /// When a stream may have the next.
    next: Instant,
    changes: ChangesToday,
}

/// The changes of a day, counted as far as the last look.
#[derive(Clone)]
struct ChangesToday {
    midnight: Timestamp,
    until: u64,
    by_entity: BTreeMap<String, u64>,
}

/// When the day of this moment began, UTC.
pub(super) fn midnight(now: Timestamp) -> Timestamp {
    Timestamp::from_nanos(now.as_nanos() - now.as_nanos().rem_euclid(DAY))
}

pub(super) async fn overview(
    State(asking): State<Arc<Asking>>,
    client: Waiting,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    Query::read(&uri, &[])?;
    if !wants_stream(&headers) {
        return Ok(json_text(asking.overview(Haste::Now).await?.text.to_string()));
    }
    let place = asking.follower()?;
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(follow(asking, client, sender, place));
    Ok(stream::answer(receiver))
}

/// Sends it, and sends it again whenever it is another one, until the client or the server has enough.
async fn follow(
    asking: Arc<Asking>,
    client: Waiting,
    sender: mpsc::Sender<Bytes>,
    _place: OwnedSemaphorePermit,
) {
    let mut commits = asking.commits.clone();
    let mut sent: Option<Arc<str>> = None;
    if sender.send(Bytes::from_static(OPENING)).await.is_err() {
        return;
    }
    loop {
        let Ok(Ok(room)) = timeout(STALLED, sender.reserve()).await else { return };
        let Ok(made) = asking.overview(Haste::Paced).await else { return };
        if sent.as_ref() == Some(&made.text) {
            drop(room);
        } else {
            room.send(format!("event: overview\ndata: {}\n\n", made.text).into());
            sent = Some(Arc::clone(&made.text));
        }
        tokio::select! {
            open = another(&made, &mut commits, &sender) => if !open { return },
            () = sender.closed() => return,
            () = asking.gate.closed() => return,
            () = client.left() => return,
        }
    }
}

/// Waits until there may be another, and says meanwhile that the stream is still there; whether there may ever be.
async fn another(
    made: &Made,
    commits: &mut watch::Receiver<u64>,
    sender: &mpsc::Sender<Bytes>,
) -> bool {
    let mut more = pin!(async {
        sleep_until(made.next).await;
        // After this it may be another day.
        timeout(LOOK, commits.wait_for(|commits| *commits > made.commits)).await
    });
    loop {
        tokio::select! {
            more = &mut more => return !matches!(more, Ok(Err(_))),
            // A client that has not taken the last need not be told.
            () = sleep(HEARTBEAT) => drop(sender.try_send(Bytes::from_static(STILL_HERE))),
        }
    }
}

impl Asking {
    /// The latest, made anew if there was a commit or a midnight since, and nobody has to wait for that.
    async fn overview(&self, haste: Haste) -> Result<Made, Problem> {
        let mut latest = self.latest.lock().await;
        let commits = *self.commits.borrow();
        let midnight = midnight(self.gate.now());
        if let Some(made) = &*latest {
            let is_current = (made.commits, made.changes.midnight) == (commits, midnight);
            if is_current || (haste == Haste::Paced && Instant::now() < made.next) {
                return Ok(made.clone());
            }
        }
        let counted = latest.take().map(|made| made.changes);
        let counted = counted.filter(|changes| changes.midnight == midnight);
        let begun = Instant::now();
        let seq = self.seq();
        let asked = self.ask(move |store| make(store, midnight, counted, seq)).await?;
        let (text, changes) = asked;
        let pause = (begun.elapsed() * SHARE).clamp(PAUSE, LOOK);
        let made = Made { commits, text: text.into(), next: Instant::now() + pause, changes };
        *latest = Some(made.clone());
        Ok(made)
    }
}

fn make(
    store: &Store,
    midnight: Timestamp,
    counted: Option<ChangesToday>,
    seq: u64,
) -> Result<(String, ChangesToday), StoreError> {
    let mut changes = match counted {
        Some(counted) => counted,
        None => {
            let until = store.last_change_before(midnight)?;
            ChangesToday { midnight, until, by_entity: BTreeMap::new() }
        }
    };
    for step in store.count_changes(changes.until, seq)? {
        *changes.by_entity.entry(step.entity).or_default() += step.count;
    }
    changes.until = seq.max(changes.until);
    let deliveries = store.count_deliveries(midnight)?;
    let (counts, finding) = store.count_findings(midnight)?;
    let mut all = Severities::default();
    let mut by_entity: BTreeMap<String, Severities> = BTreeMap::new();
    for count in counts {
        all.add(&count.severity, count.count);
        if let Some(entity) = count.entity {
            by_entity.entry(entity).or_default().add(&count.severity, count.count);
        }
    }
    let overview = Overview {
        today: Today {
            since: midnight,
            deliveries: deliveries.deliveries,
            quarantined: deliveries.quarantined,
            changes: changes.by_entity.values().sum(),
            findings: all,
        },
        overdue: store.overdue()?,
        lifecycles: inhabited(store, &changes.by_entity, &by_entity)?,
        delivery: deliveries.last,
        finding,
        seq,
    };
    // Text and numbers only: writing them does not fail.
    Ok((serde_json::to_string(&overview).unwrap_or_default(), changes))
}

/// The lifecycles that have assets, with the states that have some, in the order of the catalogue.
fn inhabited<'s>(
    store: &'s Store,
    changes: &BTreeMap<String, u64>,
    findings: &BTreeMap<String, Severities>,
) -> Result<Vec<InhabitedLifecycle<'s>>, StoreError> {
    let population = store.population()?;
    let mut all = Vec::new();
    for lifecycle in store.catalog().lifecycles() {
        let entity = lifecycle.entity();
        let mut ranked: Vec<_> = lifecycle.states().iter().collect();
        ranked.sort_by_key(|state| state.rank);
        let states: Vec<_> = ranked
            .into_iter()
            .filter_map(|state| {
                let here = |own: &&(String, String, u64)| own.0 == entity && own.1 == state.name;
                let (.., assets) = population.iter().find(here)?;
                let (rest, end, error) = (state.rest, state.end, state.error);
                Some(InState { state: &state.name, assets: *assets, rest, end, error })
            })
            .collect();
        if !states.is_empty() {
            all.push(InhabitedLifecycle {
                entity,
                title: lifecycle.title(),
                assets: states.iter().map(|state| state.assets).sum(),
                changes: changes.get(entity).copied().unwrap_or(0),
                findings: findings.get(entity).copied().unwrap_or_default(),
                states,
            });
        }
    }
    Ok(all)
}

impl Severities {
    fn add(&mut self, severity: &str, count: u64) {
        match severity {
            "error" => self.error += count,
            "warning" => self.warning += count,
            _ => self.info += count,
        }
    }
}
