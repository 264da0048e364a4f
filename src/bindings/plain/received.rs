//! What was received: verified, and read into events.

use std::collections::HashMap;

use mediafold_core::{
    Asset, Catalog, Delivery, Finding, Reader, Timestamp,
    bulk::DOCUMENT_LEN_MAX,
    event::{
        EventError, Placed, Reading,
        probe::{ProbeAnswer, ProbeContext, answer},
    },
    fold,
    lifecycle::{Provider, Scheme, closest},
    shown::did_you_mean,
    signature::{Forged, Received, Secret, Verifier, is_same_secret},
};
use serde::Serialize;

use super::{
    VERIFIERS_MAX,
    error::CallError,
    request::{Request, time, wanted},
};

/// What one delivery said.
#[derive(Default, Serialize)]
pub(super) struct Told<'c> {
    provider: Option<&'c str>,
    events: Vec<EventRow<'c>>,
    /// What could not be read.
    findings: Vec<Finding>,
    /// What the sender is to be told, where it only tests the address.
    answer: Option<ProbeReply>,
}

/// An event, as it is told.
#[derive(Serialize)]
struct EventRow<'c> {
    entity: &'c str,
    id: Box<str>,
    /// The kind as the definition has it; `None` for one that it does not have.
    kind: Option<&'c str>,
    /// The kind as it came.
    name: String,
    event_id: Option<Box<str>>,
    at: Option<Timestamp>,
    received_at: Option<Timestamp>,
    status: Option<Box<str>>,
    parent: Option<ParentKey>,
    item: Option<u32>,
}

/// What a delivery said, and its events as assets that know them alone.
type Read<'c> = (Told<'c>, Vec<String>);

#[derive(Serialize)]
struct ParentKey {
    entity: String,
    id: String,
}

#[derive(Serialize)]
struct ProbeReply {
    status: u16,
    headers: [(&'static str, &'static str); 2],
    body: String,
    visit: Option<String>,
}

/// Reads a body that nobody claims to be authentic.
pub(super) fn read<'c>(
    catalog: &'c Catalog,
    request: &Request<'_>,
    body: &[u8],
) -> Result<Read<'c>, CallError> {
    read_at(catalog, request, body, time(&request.received_at, "received_at")?)
}

fn read_at<'c>(
    catalog: &'c Catalog,
    request: &Request<'_>,
    body: &[u8],
    received_at: Option<Timestamp>,
) -> Result<Read<'c>, CallError> {
    let headers = request.headers();
    let delivery = Delivery::new(body, 0).with_headers(&headers).with_query(request.query());
    let reader = Reader::new(catalog);
    if body.len() > DOCUMENT_LEN_MAX {
        let (what, len) = ("a body", body.len());
        let error = EventError::TooLarge { what, len, len_max: DOCUMENT_LEN_MAX };
        return Ok(told(Reading::default(), Some(&error)));
    }
    let reading = match &request.provider {
        Some(name) => {
            let provider = provider(catalog, name)?.name();
            reader.read_received(provider, received_at, &delivery)
        }
        None if received_at.is_some() => match reader.sender_of(&delivery) {
            Ok(sender) => reader.read_received(sender, received_at, &delivery),
            // A record says itself who sent it and when it was received.
            Err(_) => reader.read(&delivery),
        },
        None => reader.read(&delivery),
    };
    Ok(told(reading, None))
}

/// Reads a request that is authentic.
pub(super) fn unwrap<'c>(
    catalog: &'c Catalog,
    verifiers: &mut HashMap<String, Verifier>,
    request: &Request<'_>,
    body: &[u8],
) -> Result<Read<'c>, CallError> {
    let provider = provider(catalog, wanted(request.provider.as_deref(), "provider")?)?;
    let now = time(&request.now, "now")?;
    let now = now.ok_or_else(|| CallError::Usage("`now` is missing".to_owned()))?;
    let verifier = verifier(provider, verifiers, request)?;
    let headers: Vec<(&str, &[u8])> =
        request.headers.iter().map(|(name, value)| (&**name, value.as_bytes())).collect();
    let is_get = request.method.as_deref().is_some_and(|it| it.eq_ignore_ascii_case("get"));
    let url = request.url.as_deref().unwrap_or_default();
    let signed_body = if is_get { b"" } else { body };
    let signed = verifier.verify(&Received::new(url, &headers, signed_body), now);
    let body = if is_get { request.query().as_bytes() } else { body };
    if let Some(answer) = probe(provider, verifier, request, body, signed) {
        let kind = if answer.is_json { "application/json" } else { "text/plain; charset=utf-8" };
        let headers = [("content-type", kind), ("x-content-type-options", "nosniff")];
        let ProbeAnswer { text: body, visit, .. } = answer;
        let answer = Some(ProbeReply { status: 200, headers, body, visit });
        let told = Told { answer, provider: Some(provider.name()), ..Told::default() };
        return Ok((told, Vec::new()));
    }
    signed.map_err(|_| CallError::Unsigned)?;
    let received_at = time(&request.received_at, "received_at")?.unwrap_or(now);
    read_at(catalog, request, body, Some(received_at))
}

fn probe(
    provider: &Provider,
    verifier: &Verifier,
    request: &Request<'_>,
    body: &[u8],
    signed: Result<usize, Forged>,
) -> Option<ProbeAnswer> {
    if provider.probes().is_empty() {
        return None;
    }
    let is_named =
        |header: &str| request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(header));
    let claims = verifier.scheme().header().is_some_and(is_named);
    let is_token = |text: &str| {
        let ours = request.verify_token.as_deref();
        ours.is_some_and(|ours| is_same_secret(ours.as_bytes(), text.as_bytes()))
    };
    let secret = signed.ok();
    let hmac = secret
        .map(|secret| move |text: &str| verifier.hmac(secret, text.as_bytes()).unwrap_or_default());
    let known = ProbeContext {
        is_token: &is_token,
        hmac: hmac.as_ref().map(|hmac| hmac as &dyn Fn(&str) -> String),
        is_credible: !claims || secret.is_some(),
        is_trusted: secret.is_some(),
    };
    let headers = request.headers();
    let delivery = Delivery::new(body, 0).with_headers(&headers).with_query(request.query());
    answer(provider.probes(), &delivery, &known)
}

/// The verifier of these secrets, which is made once.
fn verifier<'v>(
    provider: &Provider,
    verifiers: &'v mut HashMap<String, Verifier>,
    request: &Request<'_>,
) -> Result<&'v Verifier, CallError> {
    let mut key = format!("{:?} {:?} ", request.definitions, request.tolerance);
    let own = request.scheme.iter().flatten().flat_map(|(name, value)| [name, value]);
    for part in own.chain(&request.secrets) {
        // Its length before it: no two lists of texts give one key.
        key.push_str(&part.len().to_string());
        key.push(' ');
        key.push_str(part);
    }
    key.push_str(if request.scheme.is_some() { " own " } else { " " });
    key.push_str(provider.name());
    if verifiers.len() >= VERIFIERS_MAX && !verifiers.contains_key(&key) {
        verifiers.clear();
    }
    match verifiers.entry(key) {
        std::collections::hash_map::Entry::Occupied(known) => Ok(known.into_mut()),
        std::collections::hash_map::Entry::Vacant(free) => {
            Ok(free.insert(new_verifier(provider, request)?))
        }
    }
}

fn new_verifier(provider: &Provider, request: &Request<'_>) -> Result<Verifier, CallError> {
    let name = provider.name();
    let scheme = match &request.scheme {
        None => provider.scheme().clone(),
        Some(own) => {
            Scheme::read(&|key| own.get(key).map(|value| &**value)).map_err(|misfits| {
                let said: Vec<String> = misfits
                    .iter()
                    .map(|it| format!("`scheme.{}`: {}", it.key, it.message))
                    .collect();
                CallError::Usage(said.join("; "))
            })?
        }
    };
    if scheme == Scheme::None {
        let message = format!(
            "`{name}` signs nothing: give a `scheme`, such as a token in a header, or check who sent it and `read`"
        );
        return Err(CallError::Usage(message));
    }
    if request.secrets.is_empty() || request.secrets.iter().any(|secret| secret.is_empty()) {
        let message =
            format!("`secrets` is empty: `{name}` signs with one, and anybody else without");
        return Err(CallError::Usage(message));
    }
    let secrets: Vec<Secret> =
        request.secrets.iter().map(|secret| Secret::new(secret.clone())).collect();
    let made = Verifier::new(scheme, &secrets);
    let made = made.map_err(|error| CallError::Usage(format!("`secrets`: {error}")))?;
    Ok(match request.tolerance {
        Some(seconds) => made.with_tolerance(std::time::Duration::from_secs(seconds.into())),
        None => made,
    })
}

/// The provider of this name.
pub(super) fn provider<'c>(catalog: &'c Catalog, name: &str) -> Result<&'c Provider, CallError> {
    catalog.provider(name).ok_or_else(|| {
        let near = did_you_mean(closest(name, catalog.providers().map(Provider::name)));
        CallError::Usage(format!("there is no provider `{name}`{near}"))
    })
}

fn told<'c>(reading: Reading<'c>, error: Option<&EventError>) -> Read<'c> {
    let Reading { provider, events, errors, .. } = reading;
    let findings = errors.iter().chain(error).map(|error| Finding::unreadable(error, 0)).collect();
    let (events, saved) = events.into_iter().map(row).collect();
    (Told { provider, events, findings, answer: None }, saved)
}

fn row(placed: Placed<'_>) -> (EventRow<'_>, String) {
    let Placed { lifecycle, asset: id, event, .. } = placed;
    let mut asset = Asset::new(id.clone());
    // Nobody asks here what there is to say of it.
    fold(lifecycle, &mut asset, [event.clone()]);
    let parent = asset.snapshot(lifecycle, false).parent;
    let parent = parent.map(|it| ParentKey { entity: it.entity.to_owned(), id: it.id.to_owned() });
    let row = EventRow {
        entity: lifecycle.entity(),
        id,
        kind: event.kind.known().map(|kind| lifecycle.kind_name(kind)),
        name: event.name(lifecycle).to_owned(),
        at: event.time,
        received_at: event.received_at,
        parent,
        item: event.item,
        event_id: event.id,
        status: event.status,
    };
    (row, asset.save(lifecycle))
}
