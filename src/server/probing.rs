//! Requests by which providers try an address: they are answered, and not stored.

use std::{collections::BTreeMap, sync::Mutex};

use axum::http::request::Parts;
use serde::Serialize;
use tracing::info;

use super::config::{Source, VERIFY_TOKEN};
use crate::{
    event::{
        Delivery, Headers,
        probe::{ProbeAnswer, ProbeContext, answer},
    },
    locks::locked,
    signature::{Forged, Received},
    time::Timestamp,
};

/// An address that somebody has to visit, so that its provider sends deliveries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Visit {
    source: String,
    address: String,
    at: Timestamp,
}

/// The last such address of each source since the server began.
#[derive(Debug, Default)]
pub(super) struct Visits(Mutex<BTreeMap<String, Visit>>);

impl Visits {
    pub(super) fn add(&self, source: &str, address: String, at: Timestamp) {
        // Requested by nobody here: what it leads to is for people to judge.
        info!(source, address, "the provider asks that this address be visited");
        let visit = Visit { source: source.to_owned(), address, at };
        let mut visits = locked(&self.0);
        visits.insert(source.to_owned(), visit);
    }

    pub(super) fn all(&self) -> Vec<Visit> {
        let visits = locked(&self.0);
        visits.values().cloned().collect()
    }
}

/// What a request is told that only tries the address; `None` for all others. `signed` is what the verifier made of it.
pub(super) fn probe(
    source: &Source,
    parts: &Parts,
    body: &[u8],
    signed: Option<Result<usize, Forged>>,
    now: Timestamp,
) -> Option<ProbeAnswer> {
    let header = source.signature.as_ref().and_then(|verifier| verifier.scheme().header());
    let claims = header.is_some_and(|header| parts.headers.contains_key(header));
    if let Some(probe) = &source.probe {
        let body = body.trim_ascii();
        if !claims && (body.is_empty() || body == probe.as_bytes()) {
            return Some(ProbeAnswer { text: "{}\n".to_owned(), is_json: true, visit: None });
        }
    }
    if source.probes.is_empty() {
        return None;
    }
    let is_token = |text: &str| {
        let said = [(VERIFY_TOKEN, text.as_bytes())];
        let verifier = source.verify_token.as_ref();
        verifier
            .is_some_and(|verifier| verifier.verify(&Received::new("", &said, b""), now).is_ok())
    };
    let key = match signed {
        Some(Ok(secret)) => source.signature.as_ref().zip(Some(secret)),
        _ => None,
    };
    let hmac = key.map(|(verifier, secret)| {
        move |text: &str| verifier.hmac(secret, text.as_bytes()).unwrap_or_default()
    });
    let known = ProbeContext {
        is_token: &is_token,
        hmac: hmac.as_ref().map(|hmac| hmac as &dyn Fn(&str) -> String),
        is_credible: !claims || key.is_some(),
        is_trusted: source.signature.is_none() || key.is_some(),
    };
    let text = |value: &axum::http::HeaderValue| value.to_str().ok().map(str::to_owned);
    let headers = parts.headers.iter();
    let headers: Headers =
        headers.filter_map(|(name, value)| Some((name.as_str(), text(value)?))).collect();
    let query = parts.uri.query().unwrap_or("");
    let delivery = Delivery::new(body, 0).with_headers(&headers).with_query(query);
    answer(&source.probes, &delivery, &known)
}
