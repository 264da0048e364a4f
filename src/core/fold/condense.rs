//! Condensing: what a row or a process has no room for becomes the state that it led to.

use super::{
    asset::{Asset, Entry},
    finding::Finding,
    identity::{by_content, happened},
    known::{Accumulated, Tellers},
};
use crate::{
    event::Event,
    lifecycle::{Lifecycle, Order},
};

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
        let (mut by, mut data) = (Tellers::default(), self.past.known.data.clone());
        for at in 0..cut {
            self.tell(lifecycle, at, &mut by);
            self.tell_data(lifecycle, at, &mut data);
        }
        let (since, told) = self.told_by(&by);
        let [status, parent] = told.map(|text| text.map(Box::from));
        self.past.known = Accumulated { since, status, parent, data };
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
