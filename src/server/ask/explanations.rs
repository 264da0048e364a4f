//! What findings mean, as `mediafold explain` says it.

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use serde::Serialize;

use super::{Asking, json, problem::Problem, query::Query};
use crate::{explain::explanation, fold::Code};

#[derive(Serialize)]
struct Explanations {
    items: Vec<Explained>,
}

#[derive(Serialize)]
struct Explained {
    code: &'static str,
    name: &'static str,
    severity: &'static str,
    /// Markdown.
    text: &'static str,
}

pub(super) async fn explanations(
    State(_): State<Arc<Asking>>,
    uri: Uri,
) -> Result<Response, Problem> {
    let query = Query::read(&uri, &["code"])?;
    let wanted = query.code("code")?;
    let codes = Code::ALL.iter().filter(|code| wanted.is_none_or(|wanted| wanted == **code));
    Ok(json(&Explanations { items: codes.filter_map(explained).collect() }))
}

fn explained(code: &Code) -> Option<Explained> {
    let text = explanation(code.code())?.split_once('\n')?.1.trim();
    let severity = code.severity().name();
    Some(Explained { code: code.code(), name: code.name(), severity, text })
}
