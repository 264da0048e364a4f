use crate::{
    event::EventKind,
    fold::{Asset, Verdict, happened},
    lifecycle::{KindId, Lifecycle, Node, Step},
    time::Timestamp,
};

/// What happened to the assets of one entity, counted: how often each step was taken, where the assets
/// are now, and how long they stayed in each state.
///
/// ```
/// use mediafold_core::{Asset, Event, Lifecycle, fold, bulk::Observed};
///
/// let upload = Lifecycle::builtin("fastpix/upload").expect("built in");
/// let mut asset = Asset::new("u1");
/// fold(upload, &mut asset, [Event::new(upload, "video.media.upload")?]);
/// let mut observed = Observed::new(upload);
/// observed.add(&asset);
/// assert_eq!(observed.population(1), 1);
/// # Ok::<(), mediafold_core::event::UnknownKind>(())
/// ```
#[derive(Clone, Debug)]
pub struct Observed<'l> {
    lifecycle: &'l Lifecycle,
    assets: u64,
    condensed: u64,
    unknown: u64,
    /// Events by the node they came in and their kind: the table says what each of them did.
    events: Vec<u64>,
    kinds: usize,
    /// By state.
    population: Vec<u64>,
    /// By state, the nanoseconds of each stay that has ended.
    stays: Vec<Vec<u64>>,
}

/// How often one step was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObservedStep {
    /// Index of the state it left.
    pub from: usize,
    /// The event kind.
    pub kind: KindId,
    /// Index of the state it led to, or for an undefined one would have led to; `None` if to none.
    pub to: Option<usize>,
    /// Events that took it.
    pub count: u64,
    /// Events that must have taken it and were not heard: they are missing before one that was.
    pub inferred: u64,
    /// Whether the lifecycle has it.
    pub defined: bool,
    /// It begins a history in the middle: nothing was heard before.
    pub mid_life: bool,
}

/// How long assets stayed in a state, over the stays that have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dwell {
    /// How many such stays there are.
    pub stays: usize,
    /// Half of them were no longer, in nanoseconds.
    pub p50: u64,
    /// 95 of 100 were no longer, in nanoseconds.
    pub p95: u64,
    /// The longest, in nanoseconds.
    pub max: u64,
}

impl<'l> Observed<'l> {
    /// Nothing observed yet.
    pub fn new(lifecycle: &'l Lifecycle) -> Self {
        let (nodes, kinds) = lifecycle.table_size();
        Self {
            lifecycle,
            assets: 0,
            condensed: 0,
            unknown: 0,
            events: vec![0; nodes * kinds],
            kinds,
            population: vec![0; lifecycle.states().len()],
            stays: vec![Vec::new(); lifecycle.states().len()],
        }
    }

    /// Counts an asset of the lifecycle. Of a stay that began or ended with a gap, or at an unknown time, nobody
    /// knows how long it was: it is not counted among the dwell times.
    ///
    /// # Panics
    /// The asset belongs to another lifecycle.
    pub fn add(&mut self, asset: &Asset) {
        asset.check(self.lifecycle);
        self.assets += 1;
        self.condensed += asset.events() - asset.history().len() as u64;
        self.population[self.lifecycle.state_index(asset.node())] += 1;
        for entry in asset.history() {
            match entry.event.kind {
                EventKind::Known(kind) => {
                    let cell = usize::from(entry.before.0) * self.kinds + usize::from(kind.0);
                    self.events[cell] += 1;
                }
                EventKind::Unknown(_) => self.unknown += 1,
            }
        }
        for stay in stays(self.lifecycle, asset) {
            // Times are 64 bits of nanoseconds, and so is what lies between them.
            self.stays[stay.state].push(stay.to.since(stay.from).as_nanos() as u64);
        }
    }

    /// Counts assets that are in the state of this name, of which nothing else is known.
    pub fn add_population(&mut self, state: &str, assets: u64) {
        let Some(at) = self.lifecycle.states().iter().position(|own| own.name == state) else {
            return;
        };
        self.assets += assets;
        self.population[at] += assets;
    }

    /// Counts events of this kind that led from one state to another. Where no event of the kind does that, something
    /// else was corrected with it, and it is no step.
    pub fn add_steps(&mut self, from: &str, kind: &str, to: &str, count: u64) {
        let (lifecycle, kinds) = (self.lifecycle, self.kinds);
        let Some(named) = lifecycle.kind(kind) else { return };
        let fits = |cell: &usize| {
            let (node, kind) = (Node((cell / kinds) as u16), KindId((cell % kinds) as u16));
            lifecycle.state(node).name == from
                && lifecycle.kind_of(kind).base == named
                && lifecycle.state(lifecycle.rule(node, kind).next).name == to
        };
        if let Some(cell) = (0..self.events.len()).find(fits) {
            self.events[cell] += count;
        }
    }

    /// The lifecycle.
    pub fn lifecycle(&self) -> &'l Lifecycle {
        self.lifecycle
    }

    /// Assets.
    pub fn assets(&self) -> u64 {
        self.assets
    }

    /// Events that are not among the steps, because their kind is in no definition.
    pub fn unknown(&self) -> u64 {
        self.unknown
    }

    /// Events that are not among the steps, because their asset has too many to keep them all.
    pub fn condensed(&self) -> u64 {
        self.condensed
    }

    /// How many assets are now in the state of this index.
    pub fn population(&self, state: usize) -> u64 {
        self.population[state]
    }

    /// How long assets stayed in the state of this index; `None` if no stay has ended.
    pub fn dwell(&self, state: usize) -> Option<Dwell> {
        let mut stays = self.stays[state].clone();
        stays.sort_unstable();
        // The smallest value that at least this share of all are no larger than.
        let at = |percent: usize| stays.get((stays.len() * percent).div_ceil(100).max(1) - 1);
        let (p50, p95, max) = (*at(50)?, *at(95)?, *stays.last()?);
        Some(Dwell { stays: stays.len(), p50, p95, max })
    }

    /// All steps that were taken, by the states they lead between; what stays is among them.
    pub fn steps(&self) -> Vec<ObservedStep> {
        let mut steps = StepCounts { lifecycle: self.lifecycle, found: Vec::new() };
        for (cell, count) in self.events.iter().enumerate().filter(|(_, count)| **count > 0) {
            let node = Node((cell / self.kinds) as u16);
            steps.take(node, KindId((cell % self.kinds) as u16), *count);
        }
        steps.found.sort_by_key(|step| (step.from, step.to, step.kind, !step.defined));
        steps.found
    }
}

/// A stay in a state that has ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Stay {
    /// Index of the state.
    pub state: usize,
    /// When it began.
    pub from: Timestamp,
    /// When it ended.
    pub to: Timestamp,
}

/// The stays of an asset of which it is known when they began and ended.
pub fn stays<'a>(lifecycle: &'a Lifecycle, asset: &'a Asset) -> impl Iterator<Item = Stay> + 'a {
    let mut entered = None;
    asset.history().filter_map(move |entry| {
        let (before, after) =
            (lifecycle.state_index(entry.before), lifecycle.state_index(entry.after));
        if before == after {
            return None;
        }
        let at = happened(entry.event).filter(|_| entry.verdict == Verdict::Moved);
        let from = std::mem::replace(&mut entered, at);
        from.zip(at).map(|(from, to)| Stay { state: before, from, to })
    })
}

struct StepCounts<'l> {
    lifecycle: &'l Lifecycle,
    found: Vec<ObservedStep>,
}

impl StepCounts<'_> {
    /// Counts an event that came in this node this often, and what must have come before it.
    fn take(&mut self, node: Node, kind: KindId, count: u64) {
        let ruling = self.lifecycle.rule(node, kind);
        let mut at = node;
        if matches!(ruling.step, Step::MissingEvents | Step::FailedEarly) {
            for missing in self.lifecycle.missing_kinds(node, kind) {
                let next = self.lifecycle.rule(at, missing).next;
                self.add(at, missing, next, Step::Moved, [0, count]);
                at = next;
            }
        }
        self.add(at, kind, ruling.next, ruling.step, [count, 0]);
    }

    fn add(&mut self, from: Node, kind: KindId, to: Node, how: Step, [count, inferred]: [u64; 2]) {
        let (from, to) = (self.lifecycle.state_index(from), self.lifecycle.state_index(to));
        let verdict = Verdict::of(Some(how));
        let mid_life = how == Step::FirstSeen;
        let defined = verdict != Verdict::Illegal && !mid_life;
        // What is illegal and names no other state claims none.
        let to = (from != to || defined).then_some(to);
        let same = |step: &&mut ObservedStep| {
            (step.from, step.kind, step.to, step.defined) == (from, kind, to, defined)
        };
        match self.found.iter_mut().find(same) {
            Some(step) => {
                step.count += count;
                step.inferred += inferred;
            }
            None => {
                let step = ObservedStep { from, kind, to, count, inferred, defined, mid_life };
                self.found.push(step);
            }
        }
    }
}
