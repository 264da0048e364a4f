//! Deliveries as they were received: what support looks at when a state is not what a customer sees.

use std::sync::Arc;

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::Uri,
    response::Response,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    Asking, json,
    problem::Problem,
    query::{Query, number},
    questions::{QuestionAnswer, not_utf8},
};
use crate::store::{DeliveryFilter, StoredDelivery, StoredFinding, ToldEvent, WholeDelivery};

/// Names of parameters.
const DELIVERIES: &[&str] = &["source", "quarantine", "after", "limit", "cursor"];
/// The last number that there can be.
const NUMBER_MAX: u64 = i64::MAX as u64;

/// One delivery, with its body as text, or in base64 where it is none.
#[derive(Serialize)]
struct OneDelivery {
    #[serde(flatten)]
    about: StoredDelivery,
    headers: Option<Box<RawValue>>,
    query: Option<String>,
    body: Option<String>,
    body_base64: Option<String>,
    told: Vec<ToldEvent>,
    findings: Vec<StoredFinding>,
}

impl From<WholeDelivery> for OneDelivery {
    fn from(whole: WholeDelivery) -> Self {
        let WholeDelivery { about, headers, query, body, told, findings } = whole;
        let (body, body_base64) = match body.map(String::from_utf8) {
            None => (None, None),
            Some(Ok(text)) => (Some(text), None),
            Some(Err(other)) => (None, Some(STANDARD.encode(other.as_bytes()))),
        };
        Self { about, headers, query, body, body_base64, told, findings }
    }
}

pub(super) async fn deliveries(
    State(asking): State<Arc<Asking>>,
    uri: Uri,
) -> Result<Response, Problem> {
    let query = Query::read(&uri, DELIVERIES)?;
    let filter = DeliveryFilter {
        source: query.text("source").map(str::to_owned),
        quarantine: query.is_set("quarantine", &["true"])?,
        after: query.number("after", 0..=NUMBER_MAX)?.unwrap_or(0),
    };
    let (limit, cursor) = (query.limit()?, query.cursor()?);
    let seq = asking.seq();
    let page = asking.ask(move |store| store.deliveries(&filter, cursor.as_deref(), limit)).await?;
    Ok(json(&QuestionAnswer { items: page.items, next: query.next(page.next), seq }))
}

pub(super) async fn delivery(
    State(asking): State<Arc<Asking>>,
    path: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Response, Problem> {
    Query::read(&uri, &[])?;
    let Path(text) = path.map_err(|_| not_utf8())?;
    let wanted = number("delivery", &text, 1..=NUMBER_MAX)?;
    let found = asking.ask(move |store| store.delivery(wanted)).await?;
    let nothing = format!("there is no delivery {wanted}");
    found.map(|found| json(&OneDelivery::from(found))).ok_or_else(|| Problem::not_found(nothing))
}
