use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};

use super::*;

/// What the store would have.
#[derive(Clone, Debug, Default)]
struct Saved {
    after: u64,
    outstanding: BTreeMap<(String, u64), Option<Timestamp>>,
}

/// A target with a receiver that remembers, and changes of a few assets.
struct World {
    changes: Vec<u64>,
    saved: Saved,
    lanes: Lanes,
    saving: Option<TargetProgress>,
    under_way: Vec<(AssetKey, u64)>,
    /// Requests that the receiver got.
    requests: usize,
    /// The last number that the receiver was given of each asset.
    last: BTreeMap<String, u64>,
    given: BTreeMap<u64, usize>,
    now: Instant,
    at: Timestamp,
}

fn outstanding(saved: &Saved, wanted: Option<&str>) -> Vec<Outstanding> {
    let mut found: Vec<Outstanding> = Vec::new();
    for ((id, seq), failed_at) in &saved.outstanding {
        match found.last_mut().filter(|last| last.id == *id) {
            Some(last) => last.more = true,
            None if wanted.is_none_or(|wanted| wanted == id) => {
                let failed_at = *failed_at;
                let one = Outstanding::new(*seq, "e".to_owned(), id.clone());
                found.push(Outstanding { failed_at, ..one });
            }
            None => {}
        }
    }
    found.sort_by_key(|change| change.seq);
    found
}

impl World {
    /// The asset of each change; their numbers are from 1 on.
    fn new(changes: Vec<u64>, concurrency: usize) -> Self {
        Self {
            changes,
            saved: Saved::default(),
            lanes: Lanes::new(concurrency, 0, Vec::new()),
            saving: None,
            under_way: Vec::new(),
            requests: 0,
            last: BTreeMap::new(),
            given: BTreeMap::new(),
            now: Instant::now(),
            at: Timestamp::from_nanos(0),
        }
    }

    fn fill(&mut self) {
        while self.lanes.has_room()
            && let Some(asset) = self.changes.get(self.lanes.after() as usize)
        {
            let seq = self.lanes.after() + 1;
            // Every seventh asset is not for it.
            match asset % 7 {
                6 => self.lanes.pass(seq),
                _ => self.lanes.take(Outstanding::new(seq, "e".to_owned(), asset.to_string())),
            }
        }
    }

    fn start(&mut self) {
        for (asset, seq) in self.lanes.start() {
            assert!(self.under_way.iter().all(|(own, _)| *own != asset), "two of {asset:?}");
            self.under_way.push((asset, seq));
        }
        assert!(self.under_way.len() <= self.lanes.concurrency);
    }

    /// The receiver gets it, whatever it answers.
    fn give(&mut self, asset: &AssetKey, seq: u64) {
        let last = self.last.entry(asset.1.clone()).or_default();
        assert!(*last <= seq, "{asset:?} went back from {last} to {seq}");
        *last = seq;
        self.requests += 1;
    }

    fn answer(&mut self, which: usize, fine: bool) {
        if self.under_way.is_empty() {
            return;
        }
        let (asset, seq) = self.under_way.swap_remove(which % self.under_way.len());
        self.give(&asset, seq);
        match fine {
            true => {
                *self.given.entry(seq).or_default() += 1;
                self.lanes.arrived(&asset);
            }
            false => drop(self.lanes.failed(&asset, self.now, self.at, None)),
        }
    }

    fn begin_saving(&mut self) {
        if self.saving.is_none() && self.lanes.is_ahead() {
            self.saving = Some(self.lanes.progress());
        }
    }

    /// What is being saved is in the store, whether anybody hears of it or not.
    fn store(&mut self) -> bool {
        let Some(progress) = self.saving.take() else { return false };
        self.saved.after = progress.after;
        for change in progress.outstanding {
            self.saved.outstanding.insert((change.id, change.seq), change.failed_at);
        }
        for change in progress.arrived {
            self.saved.outstanding.remove(&(change.id, change.seq));
        }
        true
    }

    fn end_saving(&mut self) {
        if self.store() {
            let more = self.lanes.saved();
            let next = more.iter().flat_map(|(_, id)| outstanding(&self.saved, Some(id)));
            self.lanes.go_on(&more, next.collect());
        }
    }

    /// Killed: what was under way may have got there, and what was being saved may be.
    fn crash(&mut self, got: bool, stored: bool) {
        for (asset, seq) in std::mem::take(&mut self.under_way) {
            if got {
                self.give(&asset, seq);
            }
        }
        if stored {
            self.store();
        }
        self.saving = None;
        let outstanding = outstanding(&self.saved, None);
        self.lanes = Lanes::new(self.lanes.concurrency, self.saved.after, outstanding);
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.at = self.at.saturating_add(time);
        self.lanes.wake(self.now);
    }

    fn act(&mut self, (act, which): (u8, usize)) {
        match act {
            0..3 => self.fill(),
            3..6 => self.start(),
            6..10 => self.answer(which, true),
            10..12 => self.answer(which, false),
            12 => self.begin_saving(),
            13 => self.end_saving(),
            14 => self.pass(Duration::from_secs(which as u64 % 4)),
            _ => self.crash(which % 2 == 0, which % 3 == 0),
        }
    }

    /// Everything is fine from now on.
    fn finish(&mut self) {
        for _ in 0..10 * self.changes.len() + 100 {
            self.fill();
            self.start();
            (0..self.under_way.len()).for_each(|_| self.answer(0, true));
            self.begin_saving();
            self.end_saving();
            self.pass(WAIT_MAX);
        }
    }

    /// Everything has arrived, and nothing is left.
    fn is_done(&self) {
        for (seq, asset) in (1..).zip(&self.changes) {
            assert_eq!(self.given.contains_key(&seq), asset % 7 != 6, "{seq}");
        }
        assert_eq!(self.saved.after, self.changes.len() as u64);
        let is_empty = self.saved.outstanding.is_empty() && self.lanes.lanes.is_empty();
        assert!(is_empty, "{:?}", self.lanes);
        assert_eq!((self.lanes.sending, self.lanes.failing, self.lanes.arrived), (0, 0, 0));
    }
}

proptest! {
    /// Whatever fails and whenever it is killed, each change arrives, those of an asset in their order, one at a time.
    #[test]
    fn each_change_arrives_in_the_order_of_its_asset(
        changes in vec(0..9_u64, 0..60),
        concurrency in 1..5_usize,
        acts in vec((0..16_u8, any::<usize>()), 0..400),
    ) {
        let mut world = World::new(changes, concurrency);
        acts.into_iter().for_each(|act| world.act(act));
        world.finish();
        world.is_done();
    }
}

/// An hour in which nothing is taken costs few requests and few places in memory, however much there is; then all arrives.
#[test]
fn an_hour_of_failures_costs_little() {
    let mut world = World::new((0..5_000).map(|change| change % 2_000).collect(), 8);
    let hour = Duration::from_secs(3_600);
    let begun = world.now;
    while world.now < begun + hour {
        world.fill();
        world.start();
        (0..world.under_way.len()).for_each(|_| world.answer(0, false));
        world.begin_saving();
        world.end_saving();
        world.pass(Duration::from_secs(1));
        assert!(world.lanes.lanes.len() <= FAILING_MAX + 8, "{}", world.lanes.lanes.len());
    }
    // Each of 64 to 72 about nine times until it waits for five minutes, and then some twelve times more.
    assert!((64 * 18..72 * 36).contains(&world.requests), "{}", world.requests);
    assert!(world.saved.after < 200, "{}", world.saved.after);
    world.finish();
    world.is_done();
}

#[test]
fn waits_grow_and_differ() {
    let waits: Vec<Duration> = (0..20)
        .scan(Lanes::new(1, 0, Vec::new()), |lanes, _| {
            if lanes.has_room() {
                lanes.take(Outstanding::new(1, "e".to_owned(), "a".to_owned()));
            }
            let now = Instant::now();
            let (asset, _) = lanes.start().remove(0);
            lanes.failed(&asset, now, Timestamp::from_nanos(0), None);
            let due = lanes.next_due()?;
            lanes.wake(due);
            Some(due - now)
        })
        .collect();
    for (failures, wait) in waits.iter().enumerate() {
        let most = WAIT.saturating_mul(1 << failures.min(16)).min(WAIT_MAX);
        assert!(*wait >= most / 2 && *wait <= most, "{failures}: {wait:?}");
    }
}
