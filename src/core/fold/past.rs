//! The events of an asset that are no longer kept one by one.

use std::{
    collections::BTreeMap,
    ops::{Deref, DerefMut},
    sync::LazyLock,
};

use super::{
    asset::{Asset, Entry},
    finding::{Code, Finding},
    identity::happened,
    judge::Standing,
    known::Accumulated,
};
use crate::{
    lifecycle::{Lifecycle, Order},
    time::Timestamp,
};

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
    /// Turns the older half of the history into the state that it led to.
    pub(super) fn condense(&mut self, lifecycle: &Lifecycle) -> Vec<Finding> {
        self.settle(lifecycle);
        let mut cut = self.history.len() / 2;
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
        }
        past.standing = standing;
        past.events += cut as u64;
        self.first_unjudged = self.history.len();
        findings
    }
}
