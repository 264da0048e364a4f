//! Handlers as they are written: each rule follows the deliveries of an asset in the order in which they came.

use crate::{
    event::{Event, EventKind},
    fold::{Asset, Policy, happened},
    lifecycle::{KindId, Lifecycle, Node, Order, Step},
    time::Timestamp,
};

macro_rules! rules {
    ($($variant:ident $name:literal $summary:literal,)*) => {
        /// What a handler does wrong; in all else it is careful: it passes over copies and what is older than what it
        /// took last, and takes what the lifecycle allows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = $summary] $variant,)*
        }

        impl Rule {
            /// All rules, the plainer first: of two that make the same rows the first is named.
            pub const ALL: [Self; RULES] = [$(Self::$variant,)*];

            /// Its name, such as `last-to-arrive`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it does, in a sentence.
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)* }
            }
        }
    };
}

/// How many rules there are.
pub(super) const RULES: usize = 13;

rules! {
    LastToArrive "last-to-arrive" "Whatever comes last is believed, however old it is.",
    LateDropped "late-dropped" "What comes late is dropped, though it happened.",
    LastByTime "last-by-time" "Whatever has the latest time is believed, allowed or not.",
    FirstTerminal "first-terminal" "The first state of rest is kept for ever.",
    HighestRank "highest-rank" "The state only goes up: nothing leads back.",
    IllegalBelieved "illegal-believed" "Events that are not allowed are believed.",
    NoTombstone "no-tombstone" "After the end what comes late makes the row anew.",
    GapsRefused "gaps-refused" "An event is refused where one before it is missing.",
    DuplicatesApplied "duplicates-applied" "A copy is taken as news.",
    WholeSeconds "whole-seconds" "Times are compared in whole seconds, and those of one second by the event's id.",
    StatusWord "status-word" "The status word is believed over the event.",
    RetriesIgnored "retries-ignored" "Retries are not counted.",
    UnknownOverwrites "unknown-overwrites" "An event of an unknown kind is written into the status.",
}

/// What a handler learns of one delivery about one asset.
#[derive(Clone, Debug)]
pub(super) struct News {
    pub(super) place: (u64, u32),
    pub(super) kind: Option<KindId>,
    /// The last part of the name of an unknown kind.
    pub(super) tail: Option<Box<str>>,
    /// When it happened, where that is what orders events.
    pub(super) time: Option<Timestamp>,
    /// When it came, or when it happened, which is before.
    pub(super) came: Option<Timestamp>,
    pub(super) says: Option<u16>,
    pub(super) id: Option<Box<str>>,
    pub(super) is_copy: bool,
}

impl News {
    pub(super) fn of(lifecycle: &Lifecycle, event: &Event) -> Self {
        let is_unknown = matches!(event.kind, EventKind::Unknown(_));
        Self {
            place: event.place(),
            kind: event.kind.known(),
            tail: is_unknown.then(|| tail(event.name(lifecycle)).into()),
            time: happened(event).filter(|_| lifecycle.order() == Order::Time),
            came: event.received_at.or(event.time),
            says: event.says,
            id: event.id.clone(),
            is_copy: false,
        }
    }
}

/// What a handler writes that has no state for an event: the last part of the name of its kind.
pub(super) fn tail(name: &str) -> &str {
    name.rsplit(['.', '/', ':']).next().unwrap_or(name)
}

/// What a handler keeps of an asset.
#[derive(Clone, Copy, Debug, Default)]
struct HandlerMemory {
    node: Node,
    /// The time of what it took last.
    last: Option<Timestamp>,
}

/// A delivery that was out of the ordinary when it came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) place: (u64, u32),
    pub(super) kind: KindId,
    pub(super) came: Option<Timestamp>,
    /// A copy; else it came late.
    pub(super) is_copy: bool,
}

/// As many marks are kept of one asset: the first half for ever, and the last.
const MARKS_MAX: usize = 64;

/// One asset: the truth about it, and what each rule makes of it.
#[derive(Clone, Debug)]
pub(super) struct Followed {
    pub(super) asset: Asset,
    pub(super) marks: Vec<Mark>,
    memories: [HandlerMemory; RULES],
    /// The id of the last event that [`Rule::WholeSeconds`] took.
    tie: Option<Box<str>>,
    /// What [`Rule::UnknownOverwrites`] wrote last, if that was no state.
    overwritten: Option<Box<str>>,
}

impl Followed {
    pub(super) fn new(id: Box<str>, policy: Policy) -> Self {
        Self {
            asset: Asset::with_policy(id, policy),
            marks: Vec::new(),
            memories: [HandlerMemory::default(); RULES],
            tie: None,
            overwritten: None,
        }
    }

    /// Has every rule take in what came, unless that was after the row was written.
    pub(super) fn hear(
        &mut self,
        lifecycle: &Lifecycle,
        news: News,
        is_late: bool,
        written: Option<Timestamp>,
    ) {
        let News { place, is_copy, came, .. } = news;
        if let Some(kind) = news.kind.filter(|_| is_copy || is_late) {
            if self.marks.len() == MARKS_MAX {
                self.marks.remove(MARKS_MAX / 2);
            }
            self.marks.push(Mark { place, kind, came, is_copy });
        }
        if is_after(came, written) {
            return;
        }
        for rule in Rule::ALL {
            self.take(lifecycle, rule, &news);
        }
    }

    /// What a handler of this rule has in its row: a state by its index, or the name of something else.
    pub(super) fn written_by(&self, lifecycle: &Lifecycle, rule: Rule) -> Result<usize, &str> {
        match &self.overwritten {
            Some(name) if rule == Rule::UnknownOverwrites => Err(name),
            _ => Ok(lifecycle.state_index(self.memories[rule as usize].node)),
        }
    }

    /// Whether an event came of an unknown kind whose name ends so.
    pub(super) fn has_heard_of(&self, word: &str) -> bool {
        self.asset.history().any(|entry| match &entry.event.kind {
            EventKind::Unknown(name) => tail(name).eq_ignore_ascii_case(word),
            EventKind::Known(_) => false,
        })
    }

    fn take(&mut self, lifecycle: &Lifecycle, rule: Rule, news: &News) {
        let memory = &mut self.memories[rule as usize];
        let now = memory.node;
        let next = news.kind.map(|kind| lifecycle.rule(now, kind).next);
        let state = lifecycle.state(now);
        let rank = |node: Node| lifecycle.state(node).rank;
        let is_old = is_before(news.time, memory.last);
        let believed = match rule {
            Rule::LastToArrive => next,
            Rule::LastByTime => next.filter(|_| !is_old),
            Rule::HighestRank => next.filter(|next| rank(*next) > rank(now)),
            Rule::FirstTerminal => next.filter(|_| !state.rest && !state.end),
            _ => return self.take_carefully(lifecycle, rule, news),
        };
        if let Some(next) = believed {
            *memory = HandlerMemory { node: next, last: news.time.or(memory.last) };
        }
    }

    fn take_carefully(&mut self, lifecycle: &Lifecycle, rule: Rule, news: &News) {
        let memory = &mut self.memories[rule as usize];
        let now = memory.node;
        if news.is_copy && rule != Rule::DuplicatesApplied {
            return;
        }
        let told = news.says.map(|says| lifecycle.node_at(usize::from(says), 0));
        if rule == Rule::NoTombstone && lifecycle.state(now).end {
            let first = news.kind.map(|kind| lifecycle.rule(Node::NEW, kind).next);
            if let Some(node) = first.filter(|node| *node != Node::NEW).or(told) {
                *memory = HandlerMemory { node, last: news.time };
            }
            return;
        }
        let is_old = match (rule, memory.last, news.time) {
            (Rule::WholeSeconds, Some(last), Some(time)) => {
                let second = |time: Timestamp| time.as_nanos().div_euclid(1_000_000_000);
                (second(time), &news.id) < (second(last), &self.tie)
            }
            _ => is_before(news.time, memory.last),
        };
        if is_old && !news.is_copy {
            return;
        }
        let Some(kind) = news.kind else {
            if rule == Rule::UnknownOverwrites
                && let Some(tail) = &news.tail
            {
                let state = lifecycle.state_called(tail);
                let node = state.map_or(now, |state| lifecycle.node_at(state, 0));
                *memory = HandlerMemory { node, last: news.time };
                self.overwritten = state.is_none().then(|| tail.clone());
            }
            return;
        };
        let ruling = lifecycle.rule(now, kind);
        let taken = match ruling.step {
            _ if rule == Rule::StatusWord && told.is_some() => told,
            Step::Moved | Step::Stayed => Some(ruling.next),
            Step::MissingEvents | Step::FailedEarly | Step::FirstSeen => {
                (rule != Rule::GapsRefused).then_some(ruling.next)
            }
            Step::RetriesExhausted => {
                let believed = [Rule::RetriesIgnored, Rule::IllegalBelieved].contains(&rule);
                believed.then_some(ruling.next)
            }
            Step::Backward | Step::Illegal => {
                (rule == Rule::IllegalBelieved).then_some(ruling.next)
            }
            Step::AfterEnd => None,
        };
        if let Some(node) = taken {
            *memory = HandlerMemory { node, last: news.time.max(memory.last) };
            match rule {
                Rule::WholeSeconds => self.tie.clone_from(&news.id),
                Rule::UnknownOverwrites if node != now => self.overwritten = None,
                _ => {}
            }
        }
    }
}

fn is_before(time: Option<Timestamp>, last: Option<Timestamp>) -> bool {
    time.zip(last).is_some_and(|(time, last)| time < last)
}

/// Whether something came after a row was written.
pub(super) fn is_after(came: Option<Timestamp>, written: Option<Timestamp>) -> bool {
    came.zip(written).is_some_and(|(came, written)| came > written)
}
