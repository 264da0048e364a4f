//! One request to a target, and what its answer says.
//!
//! No redirect is followed, no proxy asked, and of an answer no more is read than keeps its connection usable.

use std::{fmt::Write, time::Duration};

use axum::{
    body::Bytes,
    http::{HeaderName, HeaderValue, Method, Request, StatusCode, header},
};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming as IncomingBody;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use tokio::time::timeout;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

use crate::{
    server::config::Target,
    signature::{self, standard_webhooks},
    store::Outgoing,
    time::{Timestamp, human_duration},
};

/// Answers are read no further than this, in bytes.
const ANSWER_LEN_MAX: usize = 64 << 10;
/// Heads of answers may be no longer than this.
const HEAD_LEN_MAX: usize = 64 << 10;
/// A receiver is waited for no longer than this, whatever it asks for.
const WAIT_MAX: Duration = Duration::from_secs(86_400);
/// Connections that nobody uses are closed after this; receivers commonly close theirs after a minute.
const IDLE_MAX: Duration = Duration::from_secs(45);
const USER_AGENT: &str = concat!("mediafold/", env!("CARGO_PKG_VERSION"));

pub(super) type Poster = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PostAnswer {
    /// 2xx.
    Arrived,
    /// 410: nothing more is to be sent.
    Gone,
    Failed(Failure),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Failure {
    /// Why, for people; says nothing that the receiver wrote.
    pub(super) reason: String,
    /// For how long nothing is to be sent.
    pub(super) wait: Option<Duration>,
}

/// How to speak TLS: with the roots of the system.
pub(super) fn tls() -> ClientConfig {
    let builder = ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions();
    let Ok(builder) = builder else { unreachable!("ring has what the protocols need") };
    match builder.clone().with_native_roots() {
        Ok(builder) => builder.with_no_client_auth(),
        Err(reason) => {
            tracing::warn!(%reason, "no certificates of authorities: no target is believed by TLS");
            builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
        }
    }
}

/// What posts to this target, on connections of its own.
pub(super) fn poster(target: &Target, tls: ClientConfig) -> Poster {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_connect_timeout(Some(target.connect_timeout));
    http.set_nodelay(true);
    let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
    let connector = connector.enable_http1().wrap_connector(http);
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_MAX)
        .pool_max_idle_per_host(target.concurrency)
        .http1_max_buf_size(HEAD_LEN_MAX)
        .build(connector)
}

/// The change as `/api/changes` has it, and its asset.
pub(super) fn body(outgoing: &Outgoing) -> Vec<u8> {
    let mut text = serde_json::to_string(&outgoing.change).unwrap_or_default();
    text.pop();
    let asset = outgoing.asset.as_deref().unwrap_or("null");
    // Writing to a string does not fail.
    let _ = write!(text, ",\"asset\":{asset},\"asset_seq\":{}}}", outgoing.asset_seq);
    text.into_bytes()
}

/// Posts a change, once.
pub(super) async fn post(
    poster: &Poster,
    target: &Target,
    outgoing: &Outgoing,
    now: Timestamp,
) -> PostAnswer {
    let failed = |reason: String| PostAnswer::Failed(Failure { reason, wait: None });
    let request = match request(target, outgoing, now) {
        Ok(request) => request,
        Err(reason) => return failed(reason),
    };
    let within = |time: Duration| format!("within {}", human_duration(time));
    let begun = tokio::time::Instant::now();
    let patience = target.answer_timeout.min(target.timeout);
    let answer = match timeout(patience, poster.request(request)).await {
        Err(_) => return failed(format!("no answer {}", within(patience))),
        Ok(Err(error)) => return failed(reason_of(&error)),
        Ok(Ok(answer)) => answer,
    };
    let (parts, body) = answer.into_parts();
    // What it says is said: the rest is read for the sake of the connection.
    let left = target.timeout.saturating_sub(begun.elapsed());
    let _ = timeout(left, read(body)).await;
    match parts.status {
        status if status.is_success() => PostAnswer::Arrived,
        StatusCode::GONE => PostAnswer::Gone,
        status => {
            let followed = if status.is_redirection() { ", which is not followed" } else { "" };
            let wait = parts.headers.get(header::RETRY_AFTER);
            let wait = wait.and_then(|value| retry_after(value.to_str().ok()?, now));
            PostAnswer::Failed(Failure {
                reason: format!("answered {}{followed}", status.as_u16()),
                wait,
            })
        }
    }
}

fn request(
    target: &Target,
    outgoing: &Outgoing,
    now: Timestamp,
) -> Result<Request<Full<Bytes>>, String> {
    let body = body(outgoing);
    let id = format!("chg_{}", outgoing.change.seq);
    let signed = signature::Request::new("", &body, &id, now);
    let signed = standard_webhooks(&target.secrets, &signed).map_err(|error| error.to_string())?;
    if signed.is_empty() {
        return Err("not sent: no secret counts any more".to_owned());
    }
    let mut request = Request::new(Full::default());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = target.url.clone();
    let headers = request.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    for (name, value) in signed {
        let name: HeaderName = name.parse().map_err(|_| "not sent: no header".to_owned())?;
        let value = value.parse().map_err(|_| "not sent: no header".to_owned())?;
        headers.insert(name, value);
    }
    *request.body_mut() = body.into();
    Ok(request)
}

/// Reads a body to its end, or to where it is too long: its connection is closed then.
async fn read(mut body: IncomingBody) {
    let mut len = 0;
    while let Some(Ok(frame)) = body.frame().await {
        len += frame.data_ref().map_or(0, Bytes::len);
        if len > ANSWER_LEN_MAX {
            return;
        }
    }
}

/// What went wrong, down to its reason.
fn reason_of(error: &hyper_util::client::legacy::Error) -> String {
    let what = if error.is_connect() { "could not connect" } else { "broke off" };
    let mut last: &dyn std::error::Error = error;
    while let Some(source) = last.source() {
        last = source;
    }
    format!("{what}: {last}")
}

/// How long to wait, of seconds or a date.
fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let wait = match value.trim().parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => Timestamp::parse(value, Some(0)).ok()?.since(now),
    };
    Some(wait.min(WAIT_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2026-11-28T18:00:00Z".parse().unwrap();
        for (value, seconds) in [
            ("120", Some(120)),
            ("0", Some(0)),
            ("99999999999", Some(86_400)),
            ("Sat, 28 Nov 2026 18:01:00 GMT", Some(60)),
            ("Sat, 28 Nov 2026 17:00:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
            ("", None),
        ] {
            let wait = retry_after(value, now).map(|wait| wait.as_secs());
            assert_eq!(wait, seconds, "{value}");
        }
    }
}
