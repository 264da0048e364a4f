//! A definition held against what happens: steps that happen and are not defined, and those that never happen.

use std::collections::BTreeMap;

use crate::{
    bulk::{Observed, ObservedStep},
    event::EventKind,
    fold::Asset,
    lifecycle::{Lifecycle, Transition},
};

/// How a lifecycle and what happens differ.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Drift {
    /// The entity.
    pub entity: String,
    /// Assets that were looked at.
    pub assets: u64,
    /// Steps that happen and are not defined, the most frequent first.
    pub undefined: Vec<DriftStep>,
    /// Transitions that never happened, in the order of the definition.
    pub unused: Vec<DriftStep>,
    /// Kinds that the lifecycle does not have, and how many events were of them.
    pub unknown: Vec<(String, u64)>,
}

/// A step, and how often it was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DriftStep {
    /// The state it leaves.
    pub from: String,
    /// The event kind, with the word that decides.
    pub kind: String,
    /// The state it leads to, or would lead to; `None` if to none.
    pub to: Option<String>,
    /// How often.
    pub count: u64,
}

/// How a lifecycle and what happened to these assets of it differ.
pub fn drift(lifecycle: &Lifecycle, assets: &[&Asset]) -> Drift {
    let mut observed = Observed::new(lifecycle);
    let mut unknown: BTreeMap<&str, u64> = BTreeMap::new();
    for asset in assets {
        observed.add(asset);
        for entry in asset.history() {
            if let EventKind::Unknown(name) = &entry.event.kind {
                *unknown.entry(name).or_default() += 1;
            }
        }
    }
    let state = |at: usize| lifecycle.states()[at].name.clone();
    let steps = observed.steps();
    let undefined = |step: &&ObservedStep| !step.defined && step.count > 0;
    let mut undefined: Vec<DriftStep> = steps
        .iter()
        .filter(undefined)
        .map(|step| DriftStep {
            from: state(step.from),
            kind: lifecycle.kind_label(step.kind).to_owned(),
            to: step.to.map(state),
            count: step.count,
        })
        .collect();
    undefined.sort_by(|one, other| {
        other
            .count
            .cmp(&one.count)
            .then_with(|| (&one.from, &one.kind).cmp(&(&other.from, &other.kind)))
    });
    let happened = |own: &&Transition| {
        let same = |step: &ObservedStep| {
            step.defined && (step.from, step.kind, step.to) == (own.from, own.kind, Some(own.to))
        };
        !steps.iter().any(|step| same(step) && step.count + step.inferred > 0)
    };
    let unused = lifecycle.transitions().iter().filter(happened);
    let unused = unused.map(|own| DriftStep {
        from: state(own.from),
        kind: lifecycle.kind_label(own.kind).to_owned(),
        to: Some(state(own.to)),
        count: 0,
    });
    let mut unknown: Vec<(String, u64)> =
        unknown.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
    unknown.sort_by(|(one, count), (other, more)| more.cmp(count).then_with(|| one.cmp(other)));
    Drift {
        entity: lifecycle.entity().to_owned(),
        assets: assets.len() as u64,
        undefined,
        unused: unused.collect(),
        unknown,
    }
}
