//! The targets: what the store knows of each, and what its sending told last.

use std::{collections::BTreeMap, sync::Arc};

use axum::{extract::State, http::Uri, response::Response};
use serde::Serialize;

use super::{Asking, json, problem::Problem, query::Query};
use crate::{server::targets::TargetTold, store::StoredTarget};

#[derive(Serialize)]
struct TargetsAnswer {
    items: Vec<TargetItem>,
    /// The number of the last change.
    seq: u64,
}

#[derive(Serialize)]
struct TargetItem {
    #[serde(flatten)]
    stored: StoredTarget,
    /// Whether the configuration that holds has it.
    configured: bool,
    #[serde(flatten)]
    told: TargetTold,
    /// Changes that arrived a second, of the last minute.
    rate: f64,
}

pub(super) async fn targets(
    State(asking): State<Arc<Asking>>,
    uri: Uri,
) -> Result<Response, Problem> {
    Query::read(&uri, &[])?;
    let seq = asking.seq();
    let stored = asking.ask(|store| store.targets()).await?;
    let mut all: BTreeMap<String, TargetTold> = asking.gate.targets.all();
    let now = asking.gate.now();
    let items = stored.into_iter().map(|stored| {
        let told = all.remove(&stored.name);
        let configured = told.is_some();
        let mut told = told.unwrap_or_default();
        let rate = told.rate(now);
        TargetItem { stored, configured, told, rate }
    });
    Ok(json(&TargetsAnswer { items: items.collect(), seq }))
}
