//! How the assets are doing, worst first, and which of them get a timeline.

use std::{cmp::Reverse, collections::HashMap, time::Duration};

use super::Material;
use crate::{
    bulk::{Folded, stays},
    fold::{Asset, Code, Severity, overdue},
    lifecycle::Lifecycle,
    time::Timestamp,
};

/// How many bytes the names of the assets without a timeline may take in the page.
const OTHERS_LEN_MAX: usize = 6 << 20;

/// What is known of one asset.
#[derive(Default)]
pub(super) struct Facts {
    pub(super) errors: u32,
    pub(super) warnings: u32,
    /// How much longer than normal it has been in its state.
    pub(super) overdue: Option<Duration>,
    /// Its longest stay in a state where something was still to happen.
    pub(super) slowest: Option<LongStay>,
    /// Indexes of its findings.
    pub(super) findings: Vec<usize>,
}

#[derive(Clone, Copy)]
pub(super) struct LongStay {
    pub(super) state: usize,
    pub(super) time: Duration,
    /// It is there still.
    pub(super) now: bool,
}

/// All assets, and their order from the worst on.
pub(super) struct Ranked {
    /// By the index of the asset.
    pub(super) facts: Vec<Facts>,
    /// Indexes of all assets: most errors first, then warnings, overdue, slowest.
    pub(super) order: Vec<usize>,
    /// By the index of the finding, that of its asset.
    asset_of: Vec<Option<usize>>,
}

impl Ranked {
    pub(super) fn new(material: &Material<'_>, as_of: Option<Timestamp>) -> Self {
        let Folded { assets, findings, .. } = material.folded;
        let allowed = material.levels.severity(Code::Overdue) == Severity::Allowed;
        let said = as_of.filter(|_| !allowed);
        let mut facts: Vec<Facts> = assets
            .iter()
            .map(|(lifecycle, asset)| Facts {
                overdue: said.and_then(|now| overdue_by(lifecycle, asset, now)),
                slowest: slowest(lifecycle, asset, as_of),
                ..Facts::default()
            })
            .collect();
        let by_key: HashMap<(&str, &str), usize> = assets
            .iter()
            .enumerate()
            .map(|(at, (lifecycle, asset))| ((lifecycle.entity(), asset.id()), at))
            .collect();
        let asset_of = (0..findings.len()).map(|at| {
            let (entity, id) = findings.asset(at)?;
            by_key.get(&(entity, &*id)).copied()
        });
        let asset_of: Vec<Option<usize>> = asset_of.collect();
        for (at, asset) in asset_of.iter().enumerate() {
            let Some(asset) = asset else { continue };
            let (facts, severity) = (&mut facts[*asset], findings.said(at).severity);
            facts.errors += u32::from(severity == Severity::Error);
            facts.warnings += u32::from(severity == Severity::Warning);
            facts.findings.push(at);
        }
        let mut order: Vec<usize> = (0..assets.len()).collect();
        order.sort_by_key(|at| {
            let Facts { errors, warnings, overdue, slowest, .. } = &facts[*at];
            Reverse((*errors, *warnings, *overdue, slowest.map(|stay| stay.time), Reverse(*at)))
        });
        Self { facts, order, asset_of }
    }

    /// The index of the asset that a finding is about.
    pub(super) fn asset_of(&self, finding: usize) -> Option<usize> {
        self.asset_of[finding]
    }
}

/// How much longer than normal the asset has been in its state.
fn overdue_by(lifecycle: &Lifecycle, asset: &Asset, now: Timestamp) -> Option<Duration> {
    overdue(lifecycle, asset, now)?;
    let waited = now.since(asset.since(lifecycle)?);
    waited.checked_sub(lifecycle.state(asset.node()).dwell?)
}

fn slowest(lifecycle: &Lifecycle, asset: &Asset, as_of: Option<Timestamp>) -> Option<LongStay> {
    let states = lifecycle.states();
    let past = stays(lifecycle, asset);
    let past =
        past.map(|stay| LongStay { state: stay.state, time: stay.to.since(stay.from), now: false });
    let since = asset.since(lifecycle);
    let now = since.zip(as_of).map(|(since, as_of)| LongStay {
        state: lifecycle.state_index(asset.node()),
        time: as_of.since(since),
        now: true,
    });
    let waits = |stay: &LongStay| !states[stay.state].rest && !states[stay.state].end;
    past.chain(now).filter(waits).max_by_key(|stay| stay.time)
}

/// The assets that get a timeline, and the names of others.
pub(super) struct Shown {
    /// Indexes of the assets with a timeline, worst first.
    pub(super) assets: Vec<usize>,
    /// By the index of the asset, whether it has one.
    has: Vec<bool>,
    /// Indexes of the others that the search knows by name.
    pub(super) others: Vec<usize>,
}

impl Shown {
    /// The worst get half of the places, then come those that the page speaks of, then the next worst.
    pub(super) fn choose(
        material: &Material<'_>,
        ranked: &Ranked,
        cited: impl Iterator<Item = usize>,
    ) -> Self {
        let (len, max) = (ranked.order.len(), material.assets_max);
        let mut has = vec![false; len];
        let worst = ranked.order.iter().copied();
        let mut left = max;
        for at in worst.clone().take(max.div_ceil(2)).chain(cited).chain(worst.clone()) {
            if left > 0 && !std::mem::replace(&mut has[at], true) {
                left -= 1;
            }
        }
        let assets = worst.clone().filter(|at| has[*at]).collect();
        let mut room = OTHERS_LEN_MAX;
        let mut others: Vec<usize> = worst
            .filter(|at| !has[*at])
            .take_while(|at| {
                // The quotes, a comma and the number of the state.
                let len = material.folded.assets[*at].1.id().len() + 6;
                let fits = room >= len;
                room = room.saturating_sub(len);
                fits
            })
            .collect();
        others.sort_unstable();
        Self { assets, has, others }
    }

    /// Whether the asset has a timeline.
    pub(super) fn has(&self, asset: usize) -> bool {
        self.has[asset]
    }
}
