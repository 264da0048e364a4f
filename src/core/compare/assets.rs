//! Assets that two definitions judge differently, and the event from which on they do.

use std::collections::BTreeMap;

use crate::{
    fold::{Asset, HistoryEntry, Verdict},
    lifecycle::Lifecycle,
};

/// An asset of which two definitions say different things.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JudgedAsset {
    /// The entity, as the newer one calls it.
    pub entity: String,
    /// The asset's id.
    pub id: String,
    /// Its state by the older one; `None` if it has no such asset.
    pub old: Option<String>,
    /// Its state by the newer one.
    pub new: Option<String>,
    /// How many of its findings are errors and warnings, by the older one and by the newer one.
    pub findings: [u64; 2],
    /// The first event of which they say different things.
    pub parting: Option<Parting>,
}

/// The first event of which two definitions say different things.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Parting {
    /// Its kind.
    pub event: String,
    /// What it did by the older one: the verdict and the state after it.
    pub old: Option<(Verdict, String)>,
    /// What it did by the newer one.
    pub new: Option<(Verdict, String)>,
    /// The number of its delivery.
    pub delivery: u64,
    /// The number of its payload in the delivery.
    pub item: Option<u32>,
}

/// The assets of a pair of lifecycles that are judged differently, by id.
pub fn judged_differently(
    (old, olds): (&Lifecycle, &[&Asset]),
    (new, news): (&Lifecycle, &[&Asset]),
) -> Vec<JudgedAsset> {
    let mut pairs: BTreeMap<&str, [Option<&Asset>; 2]> = BTreeMap::new();
    for (side, assets) in [olds, news].into_iter().enumerate() {
        for asset in assets {
            pairs.entry(asset.id()).or_default()[side] = Some(asset);
        }
    }
    let judged = |(id, [one, other]): (&str, [Option<&Asset>; 2])| {
        let state = |own: &Lifecycle, asset: Option<&Asset>| {
            asset.map(|asset| asset.state(own).name.clone())
        };
        let (before, after) = (state(old, one), state(new, other));
        let findings = [graver(old, one), graver(new, other)];
        if before == after && findings[0] == findings[1] {
            return None;
        }
        Some(JudgedAsset {
            entity: new.entity().to_owned(),
            id: id.to_owned(),
            old: before,
            new: after,
            findings,
            parting: parting((old, one), (new, other)),
        })
    };
    pairs.into_iter().filter_map(judged).collect()
}

fn graver(lifecycle: &Lifecycle, asset: Option<&Asset>) -> u64 {
    let Some(asset) = asset else { return 0 };
    let is_grave = |verdict| matches!(verdict, Verdict::Gap | Verdict::Illegal | Verdict::Unknown);
    let own = asset.history().filter(|entry| is_grave(entry.verdict)).count() as u64;
    own + u64::from(asset.condensed_finding(lifecycle).is_some())
}

/// By delivery and payload: the kind, the verdict and the state after it.
type Said = BTreeMap<(u64, Option<u32>), (String, Verdict, String)>;

fn parting(
    (old, one): (&Lifecycle, Option<&Asset>),
    (new, other): (&Lifecycle, Option<&Asset>),
) -> Option<Parting> {
    let said = |lifecycle: &Lifecycle, asset: Option<&Asset>| -> Said {
        let entry = |entry: HistoryEntry<'_>| {
            let kind = entry.event.label(lifecycle).into_owned();
            let state = lifecycle.state(entry.after).name.clone();
            ((entry.event.delivery, entry.event.item), (kind, entry.verdict, state))
        };
        asset.into_iter().flat_map(Asset::history).map(entry).collect()
    };
    let (olds, news) = (said(old, one), said(new, other));
    // In the order in which things happened, which is that of a history.
    let longer = if news.len() >= olds.len() { other } else { one };
    let places = longer.into_iter().flat_map(Asset::history);
    places.map(|entry| (entry.event.delivery, entry.event.item)).find_map(|place| {
        let (before, after) = (olds.get(&place), news.get(&place));
        let what = |said: Option<&(String, Verdict, String)>| {
            said.map(|(_, verdict, state)| (*verdict, state.clone()))
        };
        let (before_what, after_what) = (what(before), what(after));
        (before_what != after_what).then(|| Parting {
            event: after.or(before).map(|(kind, ..)| kind.clone()).unwrap_or_default(),
            old: before_what,
            new: after_what,
            delivery: place.0,
            item: place.1,
        })
    })
}
