//! Brings one target its changes, for as long as it is configured so.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Semaphore, mpsc, oneshot, watch},
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};
use tracing::{error, info, warn};

use super::{
    board::Board,
    lanes::{AssetKey, Lanes},
    post::{self, Failure, PostAnswer, Poster},
    saver::ToSave,
};
use crate::{
    server::{Clock, config::Target},
    store::{Outgoing, Outstanding, Store, StoreError, TargetMark},
    time::{Timestamp, human_duration},
};

/// Changes that are looked at, and read ahead, at a time.
const PAGE: usize = 256;
/// How often it is stored where a target is that nothing is sent to, since no change is for it.
const RARELY: Duration = Duration::from_secs(5);
/// Before a store that could not be asked is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// What all targets share.
#[derive(Clone)]
pub(super) struct Common {
    pub(super) store: Arc<Store>,
    pub(super) clock: Clock,
    pub(super) board: Arc<Board>,
    /// Turns to ask the store.
    pub(super) turns: Arc<Semaphore>,
    pub(super) to_save: mpsc::Sender<ToSave>,
    /// The number of the last change.
    pub(super) last: watch::Receiver<u64>,
}

pub(super) struct Runner {
    target: Arc<Target>,
    poster: Poster,
    common: Common,
    /// Its row as somebody looked at it last; nobody does any more when it is to end.
    mark: watch::Receiver<TargetMark>,
    /// The row that it began from.
    revision: u64,
    lanes: Lanes,
    /// Changes that were read and not taken yet, and up to which it was looked when they all are.
    ahead: std::collections::VecDeque<Outstanding>,
    looked: u64,
    sends: JoinSet<(AssetKey, PostAnswer)>,
    saving: Option<oneshot::Receiver<bool>>,
    saved_at: Instant,
    /// Nothing is sent before this.
    hold: Option<Instant>,
    paused: Option<(String, Timestamp)>,
    /// That it is paused is stored, or being stored.
    pause_told: bool,
    /// Why the last attempt failed, and whether that is to be stored.
    error: Option<String>,
    error_told: bool,
    complained: bool,
}

/// What a runner waits for.
enum Happened {
    Sent(AssetKey, PostAnswer),
    Saved(bool),
    Something,
    Closing,
}

impl Runner {
    pub(super) fn new(
        target: Arc<Target>,
        poster: Poster,
        common: Common,
        mark: watch::Receiver<TargetMark>,
    ) -> Self {
        let lanes = Lanes::new(target.concurrency, 0, Vec::new());
        Self {
            target,
            poster,
            common,
            mark,
            revision: 0,
            lanes,
            ahead: std::collections::VecDeque::new(),
            looked: 0,
            sends: JoinSet::new(),
            saving: None,
            saved_at: Instant::now(),
            hold: None,
            paused: None,
            pause_told: false,
            error: None,
            error_told: true,
            complained: false,
        }
    }

    /// Brings changes until its row is looked at no more.
    pub(super) async fn run(mut self) {
        loop {
            let mark = self.mark.borrow_and_update().clone();
            self.begin(mark).await;
            while self.revision == self.mark.borrow().revision {
                if self.step().await {
                    return self.end().await;
                }
            }
            // Never two of an asset at a time, whoever moved the target.
            while self.sends.join_next().await.is_some() {}
        }
    }

    /// Begins from the row of the target.
    async fn begin(&mut self, mark: TargetMark) {
        let name = self.target.name.clone();
        let outstanding = self.ask(move |store| store.outstanding(&name)).await;
        self.revision = mark.revision;
        self.lanes = Lanes::new(self.target.concurrency, mark.after, outstanding);
        self.ahead.clear();
        self.looked = mark.after;
        (self.saving, self.hold) = (None, None);
        (self.error, self.error_told) = (None, true);
        (self.paused, self.pause_told) = (None, false);
        let (name, after) = (&self.target.name, mark.after);
        info!(to = name, place = self.target.place(), after, "brings changes");
    }

    /// Does what there is to do, and waits for something. Whether it is to end.
    async fn step(&mut self) -> bool {
        if !self.is_paused() {
            self.lanes.wake(Instant::now());
            self.fill().await;
            if self.hold.is_none_or(|until| until <= Instant::now()) {
                self.hold = None;
                self.send().await;
            }
        }
        self.save();
        self.tell();
        match self.happens().await {
            Happened::Sent(asset, answer) => {
                self.sent(&asset, answer);
                while let Some(Ok((asset, answer))) = self.sends.try_join_next() {
                    self.sent(&asset, answer);
                }
            }
            Happened::Saved(saved) => {
                self.saving = None;
                if saved {
                    self.go_on().await;
                }
            }
            Happened::Something => {}
            Happened::Closing => return true,
        }
        false
    }

    /// Whether nothing is to be sent: by our own doing, or somebody else's.
    fn is_paused(&self) -> bool {
        self.paused.is_some() || self.mark.borrow().paused.is_some()
    }

    /// Takes the next changes, for as many as there is room.
    async fn fill(&mut self) {
        while self.lanes.has_room() {
            if let Some(next) = self.ahead.pop_front() {
                self.lanes.take(next);
                continue;
            }
            self.lanes.pass(self.looked);
            let last = *self.common.last.borrow_and_update();
            if self.looked >= last {
                return;
            }
            let (after, target) = (self.looked, Arc::clone(&self.target));
            let (found, until) =
                self.ask(move |store| store.wanted_changes(after, &target.wanted, PAGE)).await;
            if until == after {
                // Those up to the last one were removed.
                self.looked = last;
                continue;
            }
            self.ahead.extend(found);
            self.looked = until;
        }
    }

    /// Sends what is ready, each with its asset as that stands now.
    async fn send(&mut self) {
        let started = self.lanes.start();
        if started.is_empty() {
            return;
        }
        let seqs: Vec<u64> = started.iter().map(|(_, seq)| *seq).collect();
        let outgoing: Vec<Option<Outgoing>> = self.ask(move |store| store.outgoing(&seqs)).await;
        for ((asset, _), outgoing) in started.into_iter().zip(outgoing) {
            let Some(outgoing) = outgoing else {
                // It was removed with its asset.
                self.lanes.arrived(&asset);
                continue;
            };
            let (poster, target) = (self.poster.clone(), Arc::clone(&self.target));
            let now = (self.common.clock)();
            self.sends.spawn(async move {
                let answer = post::post(&poster, &target, &outgoing, now).await;
                (asset, answer)
            });
        }
    }

    async fn happens(&mut self) -> Happened {
        let paused = self.is_paused();
        let due =
            if paused { None } else { self.lanes.next_due().into_iter().chain(self.hold).min() };
        let due = match self.saving {
            None if self.is_ahead() => due.into_iter().chain([self.saved_at + RARELY]).min(),
            _ => due,
        };
        let until = due.unwrap_or_else(Instant::now);
        let caught_up = !paused && self.ahead.is_empty() && self.lanes.has_room();
        tokio::select! {
            Some(sent) = self.sends.join_next(), if !self.sends.is_empty() => match sent {
                Ok((asset, answer)) => Happened::Sent(asset, answer),
                // It would panic again: the process tells of it, and the change stays outstanding.
                Err(_) => Happened::Something,
            },
            Some(saved) = async { Some(self.saving.as_mut()?.await) }, if self.saving.is_some() => {
                Happened::Saved(saved.unwrap_or(false))
            }
            changed = self.mark.changed() => match changed {
                Ok(()) => Happened::Something,
                Err(_) => Happened::Closing,
            },
            _ = self.common.last.changed(), if caught_up => Happened::Something,
            () = sleep_until(until), if due.is_some() => Happened::Something,
        }
    }

    fn sent(&mut self, asset: &AssetKey, answer: PostAnswer) {
        let (name, now) = (self.target.name.clone(), (self.common.clock)());
        match answer {
            PostAnswer::Arrived => {
                self.lanes.arrived(asset);
                self.common.board.tell(&name, |told| told.arrived(now));
            }
            PostAnswer::Gone => {
                self.lanes.put_back(asset);
                self.pause("answered 410: it wants no more".to_owned(), now);
            }
            PostAnswer::Failed(Failure { reason, wait }) => {
                let failed = self.lanes.failed(asset, Instant::now(), now, wait);
                // Whoever says how long to wait means all that is sent.
                self.hold = self.hold.max(wait.map(|wait| Instant::now() + wait));
                self.common.board.tell(&name, |told| {
                    told.failed += 1;
                    told.failed_at = Some(now);
                });
                if let Some((seq, failed_at)) = failed {
                    if failed_at == now {
                        warn!(to = name, change = seq, reason, "a change did not arrive");
                    }
                    if now.since(failed_at) >= self.target.give_up {
                        let after = human_duration(self.target.give_up);
                        self.pause(
                            format!("given up on change {seq} after {after}: {reason}"),
                            now,
                        );
                    }
                }
                if self.error.as_ref() != Some(&reason) {
                    (self.error, self.error_told) = (Some(reason), false);
                }
            }
        }
    }

    /// Sends nothing more until somebody resumes it.
    fn pause(&mut self, reason: String, now: Timestamp) {
        if self.paused.is_none() {
            error!(to = self.target.name, reason, "a target is paused");
            self.paused = Some((reason, now));
        }
    }

    /// Whether there is anything to be stored.
    fn is_ahead(&self) -> bool {
        self.lanes.is_ahead() || !self.error_told
    }

    /// Has what it got to be stored, if it is not being stored already.
    fn save(&mut self) {
        let is_due = self.lanes.is_changed() || self.saved_at + RARELY <= Instant::now();
        let pauses = self.paused.is_some() && !self.pause_told;
        if self.saving.is_some() || !(pauses || is_due && self.is_ahead()) {
            return;
        }
        self.saved_at = Instant::now();
        // There is room for one of each target.
        let Ok(place) = self.common.to_save.try_reserve() else { return };
        let mut progress = self.lanes.progress();
        progress.target.clone_from(&self.target.name);
        progress.revision = self.revision;
        progress.error.clone_from(&self.error);
        self.error_told = true;
        progress.paused.clone_from(&self.paused);
        self.pause_told = self.paused.is_some();
        let (tell, told) = oneshot::channel();
        place.send((progress, tell));
        self.saving = Some(told);
    }

    /// After what has arrived was stored: goes on with the assets of which there is more.
    async fn go_on(&mut self) {
        let more = self.lanes.saved();
        if more.is_empty() {
            return;
        }
        let (name, assets) = (self.target.name.clone(), more.clone());
        let next = self.ask(move |store| store.outstanding_of(&name, &assets)).await;
        self.lanes.go_on(&more, next);
    }

    fn tell(&self) {
        let (failing, after) = (self.lanes.failing(), self.lanes.after());
        let paused = self.is_paused();
        self.common.board.tell(&self.target.name, |told| {
            (told.failing, told.after, told.paused) = (failing, after, paused);
        });
    }

    /// Waits for what is under way, and has it stored.
    async fn end(mut self) {
        while let Some(sent) = self.sends.join_next().await {
            if let Ok((asset, answer)) = sent {
                self.sent(&asset, answer);
            }
        }
        // What is being stored, and then what arrived since.
        for _ in 0..2 {
            if let Some(saving) = self.saving.take() {
                if !saving.await.unwrap_or(false) {
                    return;
                }
                self.lanes.saved();
            }
            self.save();
        }
        if let Some(saving) = self.saving.take() {
            // Nothing is left to be done where it is not stored: it is sent again.
            let _ = saving.await;
        }
    }

    /// Asks the store by a thread that may wait, again and again until it answers.
    async fn ask<T: Send + 'static>(
        &mut self,
        question: impl Fn(&Store) -> Result<T, StoreError> + Clone + Send + 'static,
    ) -> T {
        loop {
            let turn = Arc::clone(&self.common.turns).acquire_owned().await;
            let (store, asked) = (Arc::clone(&self.common.store), question.clone());
            let answer = tokio::task::spawn_blocking(move || {
                let answer = asked(&store);
                drop(turn);
                answer
            });
            match answer.await {
                Ok(Ok(answer)) => {
                    self.complained = false;
                    return answer;
                }
                Ok(Err(reason)) if !self.complained => {
                    warn!(to = self.target.name, %reason, "the store cannot be asked");
                    self.complained = true;
                }
                _ => {}
            }
            sleep(PAUSE).await;
        }
    }
}
