//! The fold: events in, the one true state out. Read this first.
//!
//! [`step`] applies one event to an asset, [`fold`] a sequence. Both are pure: no clock, no I/O, no error;
//! a surprise is a [`Verdict`] with [`Finding`]s.
//!
//! The law: **the state is a function of the set of events, not of the order in which they came**. An
//! [`Asset`] keeps its events in the order in which they happened; one that comes late is put in its place
//! and what follows is judged again, so that a missing event that arrives after all heals its gap.
//!
//! - `asset` is that history and `past` what its older half led to where it was too long; `identity` tells copies and
//!   order, `copies` which of them counts, and `judge` goes over it.
//! - `finding` is the catalogue of findings, `wording` how each is said, `verdict` what one event did.
//! - `snapshot` is an asset as it is printed; `known` and `data` are what payloads said of it.
//! - `saved` is an asset as text for the user's own row, `shape` that text member for member, and `merge` makes one
//!   of two that went on by themselves.
//! - `follow` tells what one event changed, for who keeps assets between events.
//!
//! What is deliberately not here: reading payloads (`event`), many assets at once (`bulk`).

mod asset;
mod condense;
mod copies;
mod data;
mod finding;
mod follow;
mod identity;
mod judge;
mod known;
mod line;
mod merge;
mod past;
mod saved;
mod shape;
mod snapshot;
#[cfg(test)]
mod tests;
mod verdict;
mod wording;

pub use self::{
    asset::{Arrival, Asset, HISTORY_MAX, HistoryEntry, Inserted},
    finding::{Code, Finding, Levels, Severity},
    identity::happened,
    past::HEARD_MAX,
    saved::LoadError,
    snapshot::{FindingCounts, ParentRef, Snapshot},
    verdict::{Outcome, Policy, Verdict},
};
pub(crate) use self::{
    data::{Data, DataText},
    judge::{Standing, judge},
    known::Tellers,
    line::{write_data, write_since},
};
pub use self::{
    follow::{JudgedMark, SnapshotCache},
    line::write_object,
};
use crate::{event::Event, lifecycle::Lifecycle, time::Timestamp};

/// Applies one event. A late one is inserted at its place and the tail is judged again; one heard before
/// changes nothing; an illegal one stays in the history and, under [`Policy::Keep`], keeps the state.
///
/// ```
/// use mediafold_core::{Asset, Event, Lifecycle, Verdict, step};
///
/// let media = Lifecycle::builtin("fastpix/media").expect("built in");
/// let mut asset = Asset::new("m1");
/// let created = Event::new(media, "video.media.created")?.at("2025-04-07T09:30:10Z".parse()?);
/// let ready = Event::new(media, "video.media.ready")?.at("2025-04-07T09:30:40Z".parse()?);
///
/// assert_eq!(step(media, &mut asset, &created).verdict, Verdict::Moved);
/// assert_eq!(step(media, &mut asset, &ready).verdict, Verdict::Moved);
/// assert_eq!(step(media, &mut asset, &ready).verdict, Verdict::Duplicate);
/// assert_eq!(asset.state(media).name, "ready");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// The asset belongs to another lifecycle.
pub fn step<'l>(lifecycle: &'l Lifecycle, asset: &mut Asset, event: &Event) -> Outcome<'l> {
    let state = |asset: &Asset| lifecycle.state(asset.node()).name.as_str();
    let before = state(asset);
    let inserted = asset.insert(lifecycle, event.clone());
    asset.settle(lifecycle);
    let mut findings = Vec::new();
    let late = matches!(inserted.arrival, Arrival::Late(..) | Arrival::TooOld(_));
    let verdict = match inserted.arrival {
        Arrival::Duplicate(finding) | Arrival::TooOld(finding) | Arrival::Conflict(finding) => {
            findings.push(finding);
            Verdict::Duplicate
        }
        arrival => {
            if let Arrival::Late(finding, _) = arrival {
                findings.push(finding);
            }
            let at = asset.position(lifecycle, event);
            asset.findings_at(lifecycle, at, &mut findings);
            asset.history_entry(at).verdict
        }
    };
    if inserted.condensed {
        findings.extend(asset.condensed_finding(lifecycle));
    }
    let after = state(asset);
    Outcome { verdict, before, after, late, findings }
}

/// Applies a sequence of events, and judges once at the end: the same as a [`step`] for each, without
/// their outcomes. [`Asset::findings`] has what there is to say.
///
/// # Panics
/// The asset belongs to another lifecycle.
pub fn fold(lifecycle: &Lifecycle, asset: &mut Asset, events: impl IntoIterator<Item = Event>) {
    for event in events {
        asset.insert(lifecycle, event);
    }
    asset.settle(lifecycle);
}

/// Whether an asset has been in its state for longer than the state's `dwell`, at this time.
///
/// # Panics
/// The asset belongs to another lifecycle.
pub fn overdue(lifecycle: &Lifecycle, asset: &Asset, now: Timestamp) -> Option<Finding> {
    let dwell = asset.state(lifecycle).dwell?;
    let waited = now.since(asset.since(lifecycle)?);
    let passed = waited > dwell;
    passed.then(|| Finding::overdue(lifecycle, asset.id(), asset.node(), waited, dwell))
}
