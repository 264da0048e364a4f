//! Lifecycles as pictures.

use std::sync::Arc;

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::{Uri, header},
    response::{IntoResponse, Response},
};

use super::{
    Asking,
    overview::midnight,
    problem::Problem,
    query::Query,
    questions::{known, not_utf8},
};
use crate::{
    bulk::Observed,
    diagram::Diagram,
    lifecycle::Lifecycle,
    store::{Store, StoreError},
    time::Timestamp,
};

const DIAGRAM: &[&str] = &["observed", "asset"];
/// A picture that is opened by itself has its own styles and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

pub(super) async fn diagram(
    State(asking): State<Arc<Asking>>,
    path: Result<Path<(String, String)>, PathRejection>,
    uri: Uri,
) -> Result<Response, Problem> {
    let query = Query::read(&uri, DIAGRAM)?;
    let Path((provider, file)) = path.map_err(|_| not_utf8())?;
    let kind = file.strip_suffix(".svg");
    let kind = kind.ok_or_else(|| Problem::not_found("a diagram is asked for as `.svg`"))?;
    let entity = known(asking.store.catalog(), &provider, kind)?;
    let observed = query.is_set("observed", &["", "true"])?;
    let id = query.text("asset").map(str::to_owned);
    let nothing = id.as_ref().map(|id| format!("nothing was heard of {entity} `{id}`"));
    let now = asking.gate.now();
    let drawn = asking.ask(move |store| {
        let Some(lifecycle) = store.catalog().lifecycle(&entity) else { return Ok(None) };
        draw(store, lifecycle, id.as_deref(), observed.then_some(now))
    });
    let svg = drawn.await?.ok_or_else(|| Problem::not_found(nothing.unwrap_or_default()))?;
    let headers =
        [(header::CONTENT_TYPE, "image/svg+xml"), (header::CONTENT_SECURITY_POLICY, POLICY)];
    Ok((headers, svg).into_response())
}

/// The picture; `None` if nothing was heard of the asset.
fn draw(
    store: &Store,
    lifecycle: &Lifecycle,
    id: Option<&str>,
    now: Option<Timestamp>,
) -> Result<Option<String>, StoreError> {
    if let Some(id) = id {
        let asset = store.history(lifecycle.entity(), id)?;
        return Ok(asset.map(|asset| Diagram::asset(lifecycle, &asset).svg()));
    }
    let Some(now) = now else { return Ok(Some(Diagram::new(lifecycle).svg())) };
    let observed = today(store, lifecycle, now)?;
    Ok(Some(Diagram::observed(&observed).svg()))
}

/// Where assets are now, and the steps that became known since midnight, UTC.
fn today<'l>(
    store: &Store,
    lifecycle: &'l Lifecycle,
    now: Timestamp,
) -> Result<Observed<'l>, StoreError> {
    let mut observed = Observed::new(lifecycle);
    for (entity, state, assets) in store.population()? {
        if entity == lifecycle.entity() {
            observed.add_population(&state, assets);
        }
    }
    let before = store.last_change_before(midnight(now))?;
    for step in store.count_changes(before, u64::MAX)? {
        if step.entity == lifecycle.entity() {
            observed.add_steps(&step.from, &step.cause, &step.to, step.count);
        }
    }
    Ok(observed)
}
