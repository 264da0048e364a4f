//! What there is now: assets, findings, states, lifecycles.

use std::sync::Arc;

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::Uri,
    response::Response,
};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{Asking, json, problem::Problem, query::Query};
use crate::{
    lifecycle::{Catalog, Described, Lifecycle},
    store::{
        AssetFilter, FindingFilter, Store, StoreError, StoredAsset, StoredFinding, TimelineEntry,
    },
    time::Timestamp,
};

/// Names of parameters.
const ASSETS: &[&str] = &[
    "entity",
    "state",
    "flag",
    "finding",
    "overdue",
    "since_before",
    "id_prefix",
    "limit",
    "cursor",
];
const FINDINGS: &[&str] = &["code", "severity", "entity", "id", "limit", "cursor"];

/// How often an asset is read again because it changed meanwhile.
const READ_MAX: usize = 3;
/// Findings that are told with an asset, the latest.
const FINDINGS_OF_ASSET: usize = 100;

/// A part of an answer.
#[derive(Serialize)]
pub(super) struct QuestionAnswer<T> {
    pub(super) items: Vec<T>,
    pub(super) next: Option<String>,
    /// The changes up to this one are in it.
    pub(super) seq: u64,
}

/// One asset with all that is known.
#[derive(Serialize)]
struct OneAsset {
    asset: Option<Box<RawValue>>,
    heard_at: Timestamp,
    due: Option<Timestamp>,
    overdue: bool,
    timeline: Vec<TimelineEntry>,
    findings: Vec<StoredFinding>,
    seq: u64,
}

#[derive(Serialize)]
struct Population {
    items: Vec<Inhabited>,
    overdue: u64,
    seq: u64,
}

/// How many assets are in a state.
#[derive(Serialize)]
struct Inhabited {
    entity: String,
    state: String,
    assets: u64,
}

type Asked = State<Arc<Asking>>;

pub(super) async fn assets(State(asking): Asked, uri: Uri) -> Result<Response, Problem> {
    let query = Query::read(&uri, ASSETS)?;
    let filter = filter(&query, asking.store.catalog())?;
    let (limit, cursor) = (query.limit()?, query.cursor()?);
    let seq = asking.seq();
    let page = asking.ask(move |store| store.assets(&filter, cursor.as_deref(), limit)).await?;
    let items: Vec<_> = page.items.into_iter().filter_map(line).collect();
    Ok(json(&QuestionAnswer { items, next: query.next(page.next), seq }))
}

fn filter(query: &Query, catalog: &Catalog) -> Result<AssetFilter, Problem> {
    let entity = query.entity(catalog)?;
    let states =
        |lifecycle: &Lifecycle| lifecycle.states().iter().map(|state| state.name.clone()).collect();
    let flags =
        |lifecycle: &Lifecycle| lifecycle.flags().iter().map(|flag| flag.name.clone()).collect();
    Ok(AssetFilter {
        entity: entity.map(|lifecycle| lifecycle.entity().to_owned()),
        state: query.word_of("state", catalog, entity, states)?,
        flag: query.word_of("flag", catalog, entity, flags)?,
        since_before: query.time("since_before")?,
        finding: query.code("finding")?,
        overdue: query.is_set("overdue", &["true"])?,
        id_prefix: query.text("id_prefix").map(str::to_owned),
    })
}

/// What `fold` prints is JSON; it goes out as it is.
fn line(asset: StoredAsset) -> Option<Box<RawValue>> {
    RawValue::from_string(asset.json).ok()
}

pub(super) async fn asset(
    State(asking): Asked,
    path: Result<Path<(String, String, String)>, PathRejection>,
    uri: Uri,
) -> Result<Response, Problem> {
    Query::read(&uri, &[])?;
    let Path((provider, kind, id)) = path.map_err(|_| not_utf8())?;
    let entity = known(asking.store.catalog(), &provider, &kind)?;
    let nothing = format!("nothing was heard of {entity} `{id}`");
    let seq = asking.seq();
    let found = asking.ask(move |store| one(store, &entity, &id, seq)).await?;
    found.map(|found| json(&found)).ok_or_else(|| Problem::not_found(nothing))
}

pub(super) fn not_utf8() -> Problem {
    Problem::new(axum::http::StatusCode::BAD_REQUEST, "the path is not UTF-8")
}

/// The entity of these names, if there is one.
pub(super) fn known(catalog: &Catalog, provider: &str, kind: &str) -> Result<String, Problem> {
    let entity = format!("{provider}/{kind}");
    match catalog.lifecycle(&entity) {
        Some(_) => Ok(entity),
        None => {
            let entities = catalog.lifecycles().map(Lifecycle::entity);
            Err(Problem::not_found("there is no such entity").possible(entities))
        }
    }
}

/// An asset and its timeline as of one moment, unless it changes all the time.
fn one(store: &Store, entity: &str, id: &str, seq: u64) -> Result<Option<OneAsset>, StoreError> {
    let mut found = store.asset(entity, id)?;
    let mut reads = 0;
    loop {
        let Some(before) = found else { return Ok(None) };
        let timeline = store.timeline(entity, id)?;
        let asset = Some((entity.to_owned(), id.to_owned()));
        let filter = FindingFilter { asset, ..FindingFilter::default() };
        let findings = store.findings(&filter, None, FINDINGS_OF_ASSET)?.items;
        found = store.asset(entity, id)?;
        reads += 1;
        if found.as_ref() == Some(&before) || reads == READ_MAX {
            let (heard_at, due, overdue) = (before.heard_at, before.due, before.overdue);
            let asset = line(before);
            return Ok(Some(OneAsset { asset, heard_at, due, overdue, timeline, findings, seq }));
        }
    }
}

pub(super) async fn findings(State(asking): Asked, uri: Uri) -> Result<Response, Problem> {
    let query = Query::read(&uri, FINDINGS)?;
    let entity = query.entity(asking.store.catalog())?.map(|own| own.entity().to_owned());
    let id = query.text("id").map(str::to_owned);
    let mut filter = FindingFilter {
        code: query.code("code")?,
        severity: query.severity("severity")?,
        ..FindingFilter::default()
    };
    match (entity, id) {
        (Some(entity), Some(id)) => filter.asset = Some((entity, id)),
        (entity, id) => (filter.entity, filter.id) = (entity, id),
    }
    let (limit, cursor) = (query.limit()?, query.cursor()?);
    let seq = asking.seq();
    let asked = asking.ask(move |store| store.findings(&filter, cursor.as_deref(), limit));
    let page = asked.await?;
    Ok(json(&QuestionAnswer { items: page.items, next: query.next(page.next), seq }))
}

pub(super) async fn population(State(asking): Asked, uri: Uri) -> Result<Response, Problem> {
    Query::read(&uri, &[])?;
    let seq = asking.seq();
    let (states, overdue) = asking.ask(|store| Ok((store.population()?, store.overdue()?))).await?;
    let mut items: Vec<Inhabited> = states
        .into_iter()
        .map(|(entity, state, assets)| Inhabited { entity, state, assets })
        .collect();
    items.sort_by(|one, other| (&one.entity, &one.state).cmp(&(&other.entity, &other.state)));
    Ok(json(&Population { items, overdue, seq }))
}

pub(super) async fn lifecycles(State(asking): Asked, uri: Uri) -> Result<Response, Problem> {
    Query::read(&uri, &[])?;
    let items: Vec<_> = asking.store.catalog().lifecycles().map(Described::from).collect();
    Ok(json(&serde_json::json!({ "items": items })))
}

/// The addresses that somebody has to visit.
pub(super) async fn visits(State(asking): Asked, uri: Uri) -> Result<Response, Problem> {
    Query::read(&uri, &[])?;
    Ok(json(&serde_json::json!({ "items": asking.gate.visits.all() })))
}
