//! Targets: each change of a state is posted to whoever wants it, signed as Standard Webhooks has it, until it arrives.
//!
//! - [`bring`] has a `runner` for each target of the configuration, and looks once a second whether the configuration or
//!   the row of one was changed.
//! - `lanes` decides what is sent when: one at a time per asset, others meanwhile.
//! - `post` sends one request and reads what the answer says.
//! - `saver` stores what all of them got to, together.
//! - `board` is what is told of them.

mod board;
mod lanes;
mod post;
mod runner;
mod saver;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::JoinHandle,
    time::{Instant, MissedTickBehavior, interval, timeout_at},
};
use tokio_rustls::rustls::ClientConfig;
use tracing::warn;

pub(super) use self::board::{Board, TargetMetrics, TargetTold};
use self::runner::{Common, Runner};
use super::{Gate, config::Target};
use crate::store::{Store, StoreError, TargetMark};

/// So late it is noticed that a target was changed.
const RHYTHM: Duration = Duration::from_secs(1);
/// Questions put to the store at a time.
const TURNS: usize = 2;
/// Configured that may have something to be stored at a time; others come after them.
const TO_SAVE: usize = 4_096;

/// What is under way at the end may take so long; it is sent again when the server is started.
const LAST_WAIT: Duration = Duration::from_secs(2);

/// What brings changes to one target.
struct Bringing {
    target: Arc<Target>,
    /// Its row; nothing once it is to end.
    mark: Option<watch::Sender<TargetMark>>,
    task: JoinHandle<()>,
}

type Configured = BTreeMap<String, Arc<Target>>;

/// Brings changes to the targets of a gate, until that closes and what is under way has come to its end.
pub async fn bring(gate: Arc<Gate>, store: Arc<Store>) {
    let (to_save, queue) = mpsc::channel(TO_SAVE);
    let saver = tokio::spawn(saver::save(Arc::clone(&store), queue));
    let mut all = Bringer {
        common: Common {
            clock: gate.clock(),
            board: Arc::clone(&gate.targets),
            turns: Arc::new(Semaphore::new(TURNS)),
            to_save,
            last: store.follow(),
            store,
        },
        tls: None,
        under_way: BTreeMap::new(),
        complained: false,
    };
    let mut rhythm = interval(RHYTHM);
    rhythm.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = rhythm.tick() => all.look(&gate.settings().targets).await,
            () = gate.closed() => break,
        }
    }
    let until = Instant::now() + LAST_WAIT;
    all.under_way.values_mut().for_each(|own| own.mark = None);
    for own in all.under_way.values_mut() {
        // One that panicked has told so already.
        let _ = timeout_at(until, &mut own.task).await;
        own.task.abort();
    }
    drop(all);
    let _ = timeout_at(until, saver).await;
}

struct Bringer {
    common: Common,
    /// Made when there is a target.
    tls: Option<ClientConfig>,
    under_way: BTreeMap<String, Bringing>,
    complained: bool,
}

impl Bringer {
    /// Looks at the configuration and the rows of its targets, and follows them.
    async fn look(&mut self, targets: &Configured) {
        self.end_others(targets);
        let places = targets.values().map(|target| (target.name.clone(), target.place()));
        self.common.board.keep(&places.collect::<Vec<_>>());
        if targets.is_empty() {
            return;
        }
        let marks = match self.marks(targets).await {
            Ok(marks) => marks,
            Err(reason) => {
                if !self.complained {
                    warn!(%reason, "the targets cannot be looked at");
                }
                self.complained = true;
                return;
            }
        };
        self.complained = false;
        for mark in marks {
            let Some(target) = targets.get(&mark.name) else { continue };
            match self.under_way.get(&mark.name) {
                Some(Bringing { mark: Some(last), .. }) => {
                    last.send_if_modified(|last| {
                        // Where it got to is its own to know.
                        let told = (last.revision, &last.paused) != (mark.revision, &mark.paused);
                        *last = mark;
                        told
                    });
                }
                // It has to come to its end before.
                Some(_) => {}
                None => {
                    let own = self.begin(target, mark);
                    self.under_way.insert(target.name.clone(), own);
                }
            }
        }
    }

    /// Has those end that are configured no longer, or otherwise.
    fn end_others(&mut self, targets: &Configured) {
        for (name, own) in &mut self.under_way {
            if targets.get(name) != Some(&own.target) {
                own.mark = None;
            }
        }
        self.under_way.retain(|_, own| own.mark.is_some() || !own.task.is_finished());
    }

    fn begin(&mut self, target: &Arc<Target>, mark: TargetMark) -> Bringing {
        let tls = self.tls.get_or_insert_with(post::tls).clone();
        let (mark, seen) = watch::channel(mark);
        let poster = post::poster(target, tls);
        let runner = Runner::new(Arc::clone(target), poster, self.common.clone(), seen);
        let task = tokio::spawn(runner.run());
        Bringing { target: Arc::clone(target), mark: Some(mark), task }
    }

    /// The rows of these targets, which are made where there are none.
    async fn marks(&self, targets: &Configured) -> Result<Vec<TargetMark>, StoreError> {
        let starts = targets.values().map(|target| (target.name.clone(), target.start)).collect();
        let store = Arc::clone(&self.common.store);
        let asked = tokio::task::spawn_blocking(move || {
            store.begin_targets(starts)?;
            store.target_marks()
        });
        asked.await.unwrap_or_else(|_| Ok(Vec::new()))
    }
}
