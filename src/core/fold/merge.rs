//! One asset of two that were loaded from the same row and went on by themselves: a lost optimistic write is healed by
//! merging, never by dropping.

use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
};

use super::{
    asset::{Arrival, Asset, Entry},
    finding::Finding,
    identity::{order_time, same_content, same_event},
    saved::LoadError,
    verdict::{Outcome, Verdict},
};
use crate::{
    event::Event,
    lifecycle::{Lifecycle, Order},
};

impl Asset {
    /// Takes in all that another copy of the asset heard. What it says is relative to this one: the row as it is stored.
    ///
    /// Where the provider's events have times (`order = "time"`) and both have condensed the same events, or none, the
    /// result is the fold of the events of both, whichever is merged into which; counts of duplicates and late events
    /// are the larger ones. Else the past that reaches further is kept whole: an event that it can no longer place is
    /// told by L305, unless it is known as one of its own. Where arrival is all the order there is (`order =
    /// "arrival"`), events that only one of them has are put by when they were received, then by their digests, and
    /// L306 says so. Merging never condenses.
    ///
    /// # Errors
    /// It is another asset.
    ///
    /// # Panics
    /// One of them belongs to another lifecycle.
    pub fn merge<'l>(
        &mut self,
        lifecycle: &'l Lifecycle,
        theirs: &Self,
    ) -> Result<Outcome<'l>, LoadError> {
        self.check(lifecycle);
        theirs.check(lifecycle);
        if self.id != theirs.id {
            let (ours, theirs) = (self.id.to_string(), theirs.id.to_string());
            return Err(LoadError::OtherAsset { ours, theirs });
        }
        let state = |asset: &Self| lifecycle.state(asset.node()).name.as_str();
        let before = state(self);
        let counts = (self.duplicates.max(theirs.duplicates), self.late.max(theirs.late));
        let latest = self.latest.max(theirs.latest);
        let known: HashSet<u64> = self.history.iter().map(|entry| entry.identity).collect();
        let (mut merged, mut other) = (std::mem::take(self), theirs.clone());
        if merged.past_order(lifecycle, &other).is_lt() {
            std::mem::swap(&mut merged, &mut other);
        }
        let mut findings = Vec::new();
        match lifecycle.order() {
            Order::Time => merged.fold_in(lifecycle, other, &mut findings),
            Order::Arrival => {
                if merged.splice(lifecycle, &other) {
                    findings.push(Finding::order_guessed(lifecycle, &merged.id));
                }
            }
        }
        merged.settle(lifecycle);
        (merged.duplicates, merged.late) = counts;
        merged.latest = latest;
        let is_new = |at: &usize| !known.contains(&merged.history[*at].identity);
        let new: Vec<usize> = (0..merged.history.len()).filter(is_new).collect();
        for at in &new {
            merged.findings_at(lifecycle, *at, &mut findings);
        }
        // One that stands before an event which was known.
        let late = new.iter().zip(merged.history.len() - new.len()..).any(|(at, last)| *at < last);
        let (after, is_new) = (state(&merged), !new.is_empty());
        *self = merged;
        let verdict = match (before == after, is_new) {
            (false, _) => Verdict::Moved,
            (true, true) => Verdict::Stayed,
            (true, false) => Verdict::Duplicate,
        };
        Ok(Outcome { verdict, before, after, late, findings })
    }

    /// Folds the events of both in the order in which they happened, after the past of this one.
    fn fold_in(&mut self, lifecycle: &Lifecycle, other: Self, findings: &mut Vec<Finding>) {
        let entries = std::mem::take(&mut self.history).into_iter().chain(other.history);
        let mut events: Vec<Event> =
            entries.flat_map(|entry| std::iter::once(entry.event).chain(entry.conflicts)).collect();
        // One that is too old may be a copy of one that is not. Of copies that nothing else tells apart, the one that
        // stands first among the deliveries counts.
        events.sort_by_cached_key(|event| {
            (self.is_too_old(lifecycle, event), order_time(event), event.place())
        });
        self.latest = self.past.until;
        self.judge_anew();
        for event in events {
            if let Arrival::TooOld(finding) = self.insert_into(lifecycle, event, false).arrival {
                findings.push(finding);
            }
        }
    }

    /// Whose past reaches further. Of two that reach as far but differ, always the same one is taken.
    fn past_order(&self, lifecycle: &Lifecycle, other: &Self) -> Ordering {
        let reach = |asset: &Self| match lifecycle.order() {
            Order::Time => (asset.past.until, asset.past.events),
            Order::Arrival => (None, asset.past.events),
        };
        reach(self).cmp(&reach(other)).then_with(|| match self.past.events {
            0 => Ordering::Equal,
            _ => self.saved_past(lifecycle).cmp(&other.saved_past(lifecycle)),
        })
    }

    /// Puts what only the other has into the order of arrival. Whether that had to be guessed, since each has events that
    /// the other does not.
    fn splice(&mut self, lifecycle: &Lifecycle, other: &Self) -> bool {
        let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
        for (at, entry) in self.history.iter().enumerate().rev() {
            places.entry(entry.identity).or_default().push(at);
        }
        let (mut is_theirs, mut rest) = (vec![false; self.history.len()], Vec::new());
        for theirs in &other.history {
            let known = places.entry(theirs.identity).or_default();
            let is_same =
                |at: &usize| same_event(lifecycle, &self.history[*at].event, &theirs.event);
            match known.iter().rposition(is_same).map(|place| known.remove(place)) {
                Some(at) => {
                    is_theirs[at] = true;
                    for event in std::iter::once(&theirs.event).chain(&theirs.conflicts) {
                        match self.history[at].event.content == event.content {
                            true => self.copy(lifecycle, at, event.clone()),
                            false => drop(self.conflict(lifecycle, at, event.clone())),
                        }
                    }
                }
                None if self.was_condensed(lifecycle, &theirs.event, theirs.identity) => {}
                None => rest.push(Entry { judgement: None, ..theirs.clone() }),
            }
        }
        let together = is_theirs.iter().take_while(|both| **both).count();
        let is_guessed = !rest.is_empty() && is_theirs[together..].contains(&false);
        if is_guessed {
            rest.splice(..0, self.history.drain(together..));
            rest.sort_by_key(|Entry { event, .. }| {
                (event.received_at.is_none(), event.received_at, event.content)
            });
        }
        self.history.append(&mut rest);
        // Events that only their content tells apart are copies where they follow each other.
        self.history.dedup_by(|a, b| same_content(&a.event, &b.event));
        self.judge_anew();
        is_guessed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::{Policy, step};

    /// A row that was loaded twice, each with an event of its own.
    #[test]
    fn a_lost_write_is_healed() {
        let media = Lifecycle::builtin("fastpix/media").expect("built in");
        let event = |kind: &str, second: i64| {
            let time = crate::time::Timestamp::from_nanos(second * 1_000_000_000);
            Event::new(media, &format!("video.media.{kind}")).unwrap().at(time).with_id(kind)
        };
        let mut row = Asset::with_policy("m1", Policy::Keep);
        step(media, &mut row, &event("created", 1));
        let (mut one, mut other) = (row.clone(), row);
        step(media, &mut one, &event("ready", 3));
        step(media, &mut other, &event("updated", 2));
        let outcome = other.merge(media, &one).unwrap();
        assert_eq!((outcome.before, outcome.after, outcome.changed()), ("created", "ready", true));
        assert_eq!((other.events(), outcome.late), (3, false));
        assert_eq!(other.merge(media, &one).unwrap().verdict, Verdict::Duplicate);
        let outcome = one.merge(media, &other).unwrap();
        assert_eq!((outcome.verdict, outcome.late), (Verdict::Stayed, true));
        assert_eq!(one.save(media), other.save(media));
        let error = one.merge(media, &Asset::new("m2")).unwrap_err();
        assert_eq!(error.to_string(), "these are two assets, `m1` and `m2`");
        assert_eq!(one.save(media), other.save(media));
    }
}
