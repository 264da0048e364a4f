//! The description of what can be asked, in full.

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use serde_json::Value;

use super::{Asking, json, problem::Problem, query::Query};
use crate::{
    fold::Code,
    lifecycle::{Catalog, Lifecycle},
};

const DESCRIPTION: &str = include_str!("openapi.json");

pub(super) async fn description(
    State(asking): State<Arc<Asking>>,
    uri: Uri,
) -> Result<Response, Problem> {
    Query::read(&uri, &[])?;
    Ok(json(&describe(asking.store.catalog())))
}

/// What can be asked.
pub(super) fn paths() -> Vec<String> {
    let all = serde_json::from_str(DESCRIPTION).unwrap_or(Value::Null);
    let paths = all["paths"].as_object().into_iter().flat_map(|paths| paths.keys().cloned());
    paths.filter(|path| path.starts_with("/api/")).collect()
}

/// The description, with the words that these definitions have.
fn describe(catalog: &Catalog) -> Value {
    // It is ours, and a test reads it.
    let mut all: Value = serde_json::from_str(DESCRIPTION).unwrap_or(Value::Null);
    let lifecycles: Vec<&Lifecycle> = catalog.lifecycles().collect();
    let states = |own: &&Lifecycle| -> Vec<String> {
        own.states().iter().map(|state| state.name.clone()).collect()
    };
    let flags = |own: &&Lifecycle| -> Vec<String> {
        own.flags().iter().map(|flag| flag.name.clone()).collect()
    };
    let codes = Code::ALL.iter().flat_map(|code| [code.code(), code.name()]);
    let words = [
        ("entity", lifecycles.iter().map(|own| own.entity().to_owned()).collect()),
        ("state", lifecycles.iter().flat_map(states).collect()),
        ("flag", lifecycles.iter().flat_map(flags).collect()),
        ("code", codes.map(str::to_owned).collect::<Vec<String>>()),
    ];
    for (name, mut words) in words {
        words.sort();
        words.dedup();
        // A definition without any flag has none to choose from.
        if !words.is_empty() {
            all["components"]["schemas"][name]["enum"] = words.into();
        }
    }
    if cfg!(not(feature = "draw"))
        && let Some(paths) = all["paths"].as_object_mut()
    {
        paths.retain(|path, _| !path.starts_with("/api/diagrams/"));
    }
    all
}
