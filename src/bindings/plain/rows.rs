//! Assets in the user's own rows: stepped, merged, looked at.

use std::borrow::Cow;

use mediafold_core::{
    Asset, Catalog, Finding, Lifecycle, Outcome, Snapshot, Timestamp, Verdict,
    fold::{LoadError, overdue},
    step as step_asset,
};
use serde::{Deserialize, Serialize, Serializer};

use super::{
    error::CallError,
    request::{Request, Saved, time, wanted},
};

/// A row after something became of it.
#[derive(Serialize)]
pub(super) struct Stepped<'c> {
    asset: Shown<'c>,
    verdict: Verdict,
    changed: bool,
    before: &'c str,
    after: &'c str,
    late: bool,
    findings: Vec<Finding>,
}

/// An asset, printed as `fold` prints it.
pub(super) struct Shown<'c> {
    lifecycle: &'c Lifecycle,
    asset: Asset,
}

/// One event of an asset's history.
#[derive(Serialize)]
pub(super) struct HistoryRow<'c> {
    at: Option<Timestamp>,
    received_at: Option<Timestamp>,
    /// As the definition has it; `None` for one that it does not have.
    kind: Option<&'c str>,
    /// As it came.
    name: String,
    event_id: Option<String>,
    status: Option<String>,
    verdict: Verdict,
    before: &'c str,
    after: &'c str,
    /// The names of what there is to say of it.
    findings: Vec<&'static str>,
    item: Option<u32>,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let row: Snapshot<'_> = self.asset.snapshot(self.lifecycle, true);
        row.serialize(serializer)
    }
}

/// One event onto a row, or onto none; with the row to be stored in place of what was given.
pub(super) fn step<'c>(
    catalog: &'c Catalog,
    request: &Request<'_>,
    body: &[u8],
) -> Result<(Stepped<'c>, [String; 1]), CallError> {
    let Saved { fold, other } = request.saved(body)?;
    let told = wanted(other, "event")?;
    let lifecycle = lifecycle_of(catalog, told)?;
    let alone = Asset::load(lifecycle, told)?;
    let mut asset = match fold {
        Some(text) => Asset::load(lifecycle, text)?,
        None => Asset::with_policy(alone.id(), request.policy()),
    };
    if asset.id() != alone.id() {
        let (ours, theirs) = (asset.id().to_owned(), alone.id().to_owned());
        return Err(LoadError::OtherAsset { ours, theirs }.into());
    }
    let mut events = alone.history();
    let (Some(entry), None) = (events.next(), events.next()) else {
        return Err(CallError::NoEvent);
    };
    let outcome = step_asset(lifecycle, &mut asset, entry.event);
    bound(lifecycle, &mut asset, request)?;
    Ok(stepped(lifecycle, asset, outcome))
}

/// Two rows of one asset into one; a row that is not there adds nothing.
pub(super) fn merge<'c>(
    catalog: &'c Catalog,
    request: &Request<'_>,
    body: &[u8],
) -> Result<(Stepped<'c>, [String; 1]), CallError> {
    let Saved { fold, other } = request.saved(body)?;
    let theirs = wanted(other, "theirs")?;
    let lifecycle = lifecycle_of(catalog, theirs)?;
    let theirs = Asset::load(lifecycle, theirs)?;
    let mut ours = match fold {
        Some(text) => Asset::load(lifecycle, text)?,
        None => Asset::with_policy(theirs.id(), theirs.policy()),
    };
    let outcome = ours.merge(lifecycle, &theirs)?;
    Ok(stepped(lifecycle, ours, outcome))
}

pub(super) fn asset<'c>(
    catalog: &'c Catalog,
    request: &Request<'_>,
    body: &[u8],
) -> Result<Shown<'c>, CallError> {
    let (lifecycle, asset) = loaded(catalog, request, body)?;
    Ok(Shown { lifecycle, asset })
}

pub(super) fn findings(
    catalog: &Catalog,
    request: &Request<'_>,
    body: &[u8],
) -> Result<Vec<Finding>, CallError> {
    let (lifecycle, asset) = loaded(catalog, request, body)?;
    Ok(asset.findings(lifecycle))
}

pub(super) fn history<'c>(
    catalog: &'c Catalog,
    request: &Request<'_>,
    body: &[u8],
) -> Result<Vec<HistoryRow<'c>>, CallError> {
    let (lifecycle, asset) = loaded(catalog, request, body)?;
    let row = |at| {
        let mut findings = Vec::new();
        asset.findings_at(lifecycle, at, &mut findings);
        findings.into_iter().map(|finding| finding.name).collect()
    };
    let rows = asset.history().enumerate().map(|(at, entry)| HistoryRow {
        at: entry.event.time,
        received_at: entry.event.received_at,
        kind: entry.event.kind.known().map(|kind| lifecycle.kind_name(kind)),
        name: entry.event.name(lifecycle).to_owned(),
        event_id: entry.event.id.as_deref().map(str::to_owned),
        status: entry.event.status.as_deref().map(str::to_owned),
        verdict: entry.verdict,
        before: &lifecycle.state(entry.before).name,
        after: &lifecycle.state(entry.after).name,
        findings: row(at),
        item: entry.event.item,
    });
    Ok(rows.collect())
}

/// What is overdue now.
pub(super) fn overdue_at(
    catalog: &Catalog,
    request: &Request<'_>,
    body: &[u8],
) -> Result<Option<Finding>, CallError> {
    let now = time(&request.now, "now")?;
    let now = now.ok_or_else(|| CallError::Usage("`now` is missing".to_owned()))?;
    let (lifecycle, asset) = loaded(catalog, request, body)?;
    Ok(overdue(lifecycle, &asset, now))
}

/// Condenses what is older than the row is to keep.
pub(super) fn bound(
    lifecycle: &Lifecycle,
    asset: &mut Asset,
    request: &Request<'_>,
) -> Result<(), CallError> {
    let age = request.bound.age()?;
    if !request.bound.is_none() {
        asset.bound(lifecycle, request.bound.events.unwrap_or(usize::MAX), age);
    }
    Ok(())
}

pub(super) fn shown(lifecycle: &Lifecycle, asset: Asset) -> Shown<'_> {
    Shown { lifecycle, asset }
}

pub(super) fn loaded<'c>(
    catalog: &'c Catalog,
    request: &Request<'_>,
    body: &[u8],
) -> Result<(&'c Lifecycle, Asset), CallError> {
    let text = wanted(request.saved(body)?.fold, "fold")?;
    let lifecycle = lifecycle_of(catalog, text)?;
    Ok((lifecycle, Asset::load(lifecycle, text)?))
}

fn stepped<'c>(
    lifecycle: &'c Lifecycle,
    asset: Asset,
    outcome: Outcome<'c>,
) -> (Stepped<'c>, [String; 1]) {
    let changed = outcome.changed();
    let Outcome { verdict, before, after, late, findings, .. } = outcome;
    let (fold, asset) = (asset.save(lifecycle), Shown { lifecycle, asset });
    (Stepped { asset, verdict, changed, before, after, late, findings }, [fold])
}

/// The lifecycle of a saved asset, by the entity that it names.
fn lifecycle_of<'c>(catalog: &'c Catalog, text: &str) -> Result<&'c Lifecycle, CallError> {
    #[derive(Deserialize)]
    struct SavedEntity<'a> {
        #[serde(borrow)]
        entity: Cow<'a, str>,
    }
    let begins = Asset::entity_of_saved(text);
    if let Some(lifecycle) = begins.and_then(|entity| catalog.lifecycle(entity)) {
        return Ok(lifecycle);
    }
    let SavedEntity { entity } = serde_json::from_str(text)
        .map_err(|error| LoadError::Malformed { reason: error.to_string() })?;
    catalog.lifecycle(&entity).ok_or_else(|| CallError::UnknownEntity(entity.into_owned()))
}
