//! How well a lifecycle fits the stories that it was mined from.

use std::collections::HashMap;

use super::steps::{Log, NO_WORD};
use crate::{
    event::{Event, EventKind},
    lifecycle::{KindId, Lifecycle, Node, Step},
};

/// How well a definition fits a log.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct DraftFit {
    /// The share of events that are allowed where they stand in the story of their asset, from 0 to 1.
    pub fitness: f64,
    /// Of what is allowed where assets were, the share that happened there, over all events, from 0 to 1.
    pub precision: f64,
}

/// How well this lifecycle fits the stories.
pub(super) fn fit(lifecycle: &Lifecycle, log: &Log, kinds: &[(usize, String)]) -> DraftFit {
    let (nodes, width) = lifecycle.table_size();
    let mut known: HashMap<(u16, u16), Option<KindId>> = HashMap::new();
    let mut counts = vec![0_u64; nodes * width];
    let (mut events, mut legal) = (0, 0);
    for (story, count) in &log.stories {
        let mut node = Node::NEW;
        for (kind, word) in story {
            let id = *known.entry((*kind, *word)).or_insert_with(|| {
                let word = (*word != NO_WORD).then(|| log.words[usize::from(*word)].clone());
                let name = &kinds[usize::from(*kind)].1;
                match Event::recalled(lifecycle, name, 0, word).kind {
                    EventKind::Known(id) => Some(id),
                    EventKind::Unknown(_) => None,
                }
            });
            events += count;
            let Some(id) = id else { continue };
            let ruling = lifecycle.rule(node, id);
            match ruling.step {
                Step::Moved | Step::Stayed => {
                    legal += count;
                    counts[usize::from(node.0) * width + usize::from(id.0)] += count;
                    node = ruling.next;
                }
                Step::MissingEvents | Step::FailedEarly | Step::FirstSeen => node = ruling.next,
                _ => {}
            }
        }
    }
    let share = |part: f64, all: u64| if all == 0 { 1.0 } else { part / all as f64 };
    // Where a word decides, an event without one is no kind that anybody sends, unless it came.
    let came = |kind: &usize| counts.iter().skip(*kind).step_by(width).any(|count| *count > 0);
    let is_kind = |kind: &usize| {
        let own = lifecycle.kind_of(KindId(*kind as u16));
        own.status.is_empty() || usize::from(own.base.0) != *kind || came(kind)
    };
    let kinds: Vec<bool> = (0..width).map(|kind| is_kind(&kind)).collect();
    let mut taken_of_allowed = 0.0;
    for node in 0..nodes {
        let row = &counts[node * width..(node + 1) * width];
        let here: u64 = row.iter().sum();
        let allowed = (0..width).filter(|kind| {
            let step = lifecycle.rule(Node(node as u16), KindId(*kind as u16)).step;
            kinds[*kind] && matches!(step, Step::Moved | Step::Stayed)
        });
        let (allowed, taken) = (allowed.count(), row.iter().filter(|count| **count > 0).count());
        taken_of_allowed += here as f64 * taken as f64 / allowed.max(1) as f64;
    }
    DraftFit { fitness: share(legal as f64, events), precision: share(taken_of_allowed, legal) }
}
