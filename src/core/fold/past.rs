//! The events of an asset that are no longer kept one by one.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::{Deref, DerefMut},
    sync::LazyLock,
};

use super::{
    asset::{Asset, Entry},
    finding::{Code, Finding},
    identity::{by_content, happened},
    judge::Standing,
    known::Accumulated,
};
use crate::{
    event::Event,
    lifecycle::{Lifecycle, Order},
    time::Timestamp,
};

/// How many identities of condensed events are kept.
pub const HEARD_MAX: usize = 64;

/// What is left of them; takes room only where there are any, which few assets have.
#[derive(Clone, Debug, Default)]
pub(super) struct Past(Option<Box<Condensed>>);

/// What they led to.
#[derive(Clone, Debug, Default)]
pub(super) struct Condensed {
    pub(super) events: u64,
    pub(super) until: Option<Timestamp>,
    pub(super) standing: Standing,
    pub(super) known: Accumulated,
    pub(super) codes: BTreeMap<Code, u64>,
    pub(super) last_delivery: u64,
    /// The identities of the last of them, in no order but that of their condensing; of a bounded asset alone.
    pub(super) heard: VecDeque<u64>,
}

impl Condensed {
    pub(super) fn has_heard(&self, identity: u64) -> bool {
        self.heard.contains(&identity)
    }

    /// Keeps no more identities than are kept.
    pub(super) fn forget(&mut self) {
        self.heard.drain(..self.heard.len().saturating_sub(HEARD_MAX));
    }
}

impl Deref for Past {
    type Target = Condensed;

    fn deref(&self) -> &Condensed {
        static NONE: LazyLock<Condensed> = LazyLock::new(Condensed::default);
        self.0.as_deref().unwrap_or_else(|| &NONE)
    }
}

impl DerefMut for Past {
    fn deref_mut(&mut self) -> &mut Condensed {
        self.0.get_or_insert_default()
    }
}

impl Asset {
    /// Whether the event was condensed. Of events that only their content tells apart, those that follow each other are
    /// copies where arrival is the order: one from the past is none.
    pub(super) fn was_condensed(
        &self,
        lifecycle: &Lifecycle,
        event: &Event,
        identity: u64,
    ) -> bool {
        let is_by_arrival = lifecycle.order() == Order::Arrival && by_content(event);
        !is_by_arrival && self.past.has_heard(identity)
    }

    /// Turns the older half of the history into the state that it led to.
    pub(super) fn condense(&mut self, lifecycle: &Lifecycle) -> Vec<Finding> {
        self.settle(lifecycle);
        self.condense_before(lifecycle, self.history.len() / 2, false)
    }

    /// Turns the history before a place, which is judged, into the state that it led to, and whatever happened at the
    /// same time as the last of it too. The identities of a bounded asset are kept.
    pub(super) fn condense_before(
        &mut self,
        lifecycle: &Lifecycle,
        mut cut: usize,
        is_bounded: bool,
    ) -> Vec<Finding> {
        while lifecycle.order() == Order::Time
            && cut < self.history.len()
            && self.same_time(cut - 1, cut)
        {
            cut += 1;
        }
        let mut findings = Vec::new();
        for at in 0..cut {
            self.findings_at(lifecycle, at, &mut findings);
        }
        for finding in &findings {
            *self.past.codes.entry(finding.code).or_default() += 1;
        }
        for at in 0..cut {
            let (moved, believed) = (self.moved_at(lifecycle, at), self.believed_at(at));
            self.past.known.add(lifecycle, &self.history[at].event, moved, believed);
        }
        let standing = self.before(cut);
        let past = &mut *self.past;
        for Entry { event, identity, .. } in self.history.drain(..cut) {
            if let Some(seen) = &mut self.seen {
                seen.remove(&identity);
            }
            past.until = past.until.max(happened(&event));
            past.last_delivery = past.last_delivery.max(event.delivery);
            if is_bounded {
                past.heard.push_back(identity);
            }
        }
        past.forget();
        past.standing = standing;
        past.events += cut as u64;
        self.first_unjudged = self.history.len();
        findings
    }
}
