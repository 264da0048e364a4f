use std::time::Duration;

use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::fold::{Code, Severity};

/// Counts over the deliveries of one provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// The provider; `None` for deliveries whose provider could not be told.
    pub provider: Option<String>,
    /// Deliveries, unreadable ones included.
    pub deliveries: u64,
    /// Deliveries of which something could be read, wanted or not.
    #[serde(skip)]
    pub readable: u64,
    /// Distinct events; one delivery may be an event of several assets.
    pub events: u64,
    /// Assets.
    pub assets: u64,
    /// Events that had been heard already.
    pub duplicates: u64,
    /// Copies of an event with other content.
    pub conflicts: u64,
    /// Events that came after one that happened later.
    pub late: u64,
    /// Events before which others are missing.
    pub gaps: u64,
    /// Events that were not allowed.
    pub illegal: u64,
    /// Events of kinds that no definition has.
    pub unknown: u64,
    /// Deliveries, or parts of them, that could not be read.
    pub unreadable: u64,
    /// Findings that are errors.
    pub errors: u64,
    /// Findings that are warnings.
    pub warnings: u64,
    /// Events that were legal in the order in which they came.
    pub legal_as_came: u64,
    /// How late the late events were.
    pub lateness: Lateness,
}

/// How long after an event that happened later the late ones came, counted in ranges of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lateness {
    counts: [u64; Self::BELOW.len() + 1],
    longest: Duration,
}

impl Lateness {
    /// Where the ranges end, in seconds; the last has no end.
    const BELOW: [u64; 9] = [1, 5, 30, 120, 600, 3_600, 21_600, 86_400, 604_800];

    /// The ranges in order: where each ends, itself not included, and how many late events are in it.
    pub fn ranges(&self) -> impl ExactSizeIterator<Item = (Option<Duration>, u64)> {
        let below = |at: usize| Self::BELOW.get(at).copied().map(Duration::from_secs);
        self.counts.iter().enumerate().map(move |(at, count)| (below(at), *count))
    }

    /// The most that an event was late by.
    pub fn longest(&self) -> Duration {
        self.longest
    }

    pub(crate) fn add(&mut self, by: Duration) {
        let at = Self::BELOW.partition_point(|below| Duration::from_secs(*below) <= by);
        self.counts[at] += 1;
        self.longest = self.longest.max(by);
    }
}

/// `ranges` are pairs: the end in seconds, and the count.
impl Serialize for Lateness {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ranges: Vec<_> = self
            .ranges()
            .map(|(below, events)| (below.map(|below| below.as_secs()), events))
            .collect();
        let mut fields = serializer.serialize_struct("Lateness", 2)?;
        fields.serialize_field("ranges", &ranges)?;
        fields.serialize_field("longest_seconds", &self.longest.as_secs_f64())?;
        fields.end()
    }
}

impl Summary {
    /// The share of events that were legal as they came, from 0 to 1; `None` without events.
    pub fn fitness(&self) -> Option<f64> {
        (self.events > 0).then(|| self.legal_as_came as f64 / self.events as f64)
    }

    /// Adds what another one counted.
    pub(crate) fn add(&mut self, other: &Self) {
        self.deliveries += other.deliveries;
        self.readable += other.readable;
        self.events += other.events;
        self.assets += other.assets;
        self.duplicates += other.duplicates;
        self.conflicts += other.conflicts;
        self.late += other.late;
        self.gaps += other.gaps;
        self.illegal += other.illegal;
        self.unknown += other.unknown;
        self.unreadable += other.unreadable;
        self.errors += other.errors;
        self.warnings += other.warnings;
        self.legal_as_came += other.legal_as_came;
        for (own, count) in self.lateness.counts.iter_mut().zip(other.lateness.counts) {
            *own += count;
        }
        self.lateness.longest = self.lateness.longest.max(other.lateness.longest);
    }

    pub(crate) fn count(&mut self, code: Code, severity: Severity) {
        match severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
            _ => {}
        }
        match code {
            Code::Duplicate => self.duplicates += 1,
            Code::Late => self.late += 1,
            Code::MissingEvents | Code::FailedEarly | Code::FirstSeenMidLife => self.gaps += 1,
            Code::IllegalTransition
            | Code::BackwardTransition
            | Code::AfterEnd
            | Code::RetriesExhausted => self.illegal += 1,
            Code::UnknownKind => self.unknown += 1,
            _ => {}
        }
    }
}
