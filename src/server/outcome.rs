//! What became of a request to a source, and how its sender is told.

use std::time::Duration;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::Receipt;
use crate::event::probe::ProbeAnswer;

/// When to come again where nothing better is known.
pub(super) const SOON: Duration = Duration::from_secs(1);

/// What became of a request to a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Stored(Receipt),
    /// The store had it before.
    Copy(Receipt),
    /// What only tries the address, and what it is told.
    Probe(Option<Box<ProbeAnswer>>),
    BadMethod,
    BadEncoding,
    TooLarge,
    /// The body did not come in time.
    Slow,
    /// The body broke off.
    Broken,
    Forged,
    /// More than the source may send; after this time it may again.
    Limited(Duration),
    /// There is no room for it here.
    Shed,
    /// The store has none.
    Busy,
    /// The store could not keep it, or not in time.
    NotStored,
}

impl Outcome {
    /// One of each name.
    pub(super) const ALL: [Self; 14] = [
        Self::Stored(Receipt::new(0, false)),
        Self::Stored(Receipt::new(0, true)),
        Self::Copy(Receipt::new(0, false)),
        Self::Probe(None),
        Self::BadMethod,
        Self::BadEncoding,
        Self::TooLarge,
        Self::Slow,
        Self::Broken,
        Self::Forged,
        Self::Limited(Duration::ZERO),
        Self::Shed,
        Self::Busy,
        Self::NotStored,
    ];

    /// Its name in metrics and logs.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Stored(Receipt { quarantined: false, .. }) => "stored",
            Self::Stored(_) => "quarantined",
            Self::Copy(_) => "copy",
            Self::Probe(_) => "probe",
            Self::BadMethod => "bad_method",
            Self::BadEncoding => "bad_encoding",
            Self::TooLarge => "too_large",
            Self::Slow => "slow",
            Self::Broken => "broken",
            Self::Forged => "forged",
            Self::Limited(_) => "limited",
            Self::Shed => "shed",
            Self::Busy => "busy",
            Self::NotStored => "not_stored",
        }
    }
}

/// The status codes are those by which senders know whether to try again: what is our fault or passes is 429 or 503, what
/// will not be better the next time is another 4xx.
impl IntoResponse for Outcome {
    fn into_response(self) -> Response {
        use StatusCode as Code;
        match self {
            Self::Stored(receipt) => acknowledged(receipt, ""),
            Self::Copy(receipt) => acknowledged(receipt, ",\"copy\":true"),
            Self::Probe(told) => {
                let (text, is_json) =
                    told.map_or_else(Default::default, |told| (told.text, told.is_json));
                let kind = if is_json { "application/json" } else { "text/plain; charset=utf-8" };
                let response = ([(header::CONTENT_TYPE, kind)], text).into_response();
                with(response, header::X_CONTENT_TYPE_OPTIONS, "nosniff")
            }
            Self::BadMethod => {
                let response = refused(Code::METHOD_NOT_ALLOWED, "deliveries are posted");
                with(response, header::ALLOW, "POST")
            }
            Self::BadEncoding => {
                let response = refused(Code::UNSUPPORTED_MEDIA_TYPE, "gzip or nothing");
                with(response, header::ACCEPT_ENCODING, "gzip")
            }
            Self::TooLarge => refused(Code::PAYLOAD_TOO_LARGE, "the body is too large"),
            Self::Slow => {
                let response = refused(Code::REQUEST_TIMEOUT, "the body did not come in time");
                with(response, header::CONNECTION, "close")
            }
            Self::Broken => refused(Code::BAD_REQUEST, "the body broke off"),
            Self::Forged => unauthorized("not authentic"),
            Self::Limited(wait) => {
                for_now(Code::TOO_MANY_REQUESTS, "too many deliveries at the moment", wait)
            }
            Self::Shed | Self::Busy => {
                for_now(Code::SERVICE_UNAVAILABLE, "no room at the moment", SOON)
            }
            Self::NotStored => for_now(Code::SERVICE_UNAVAILABLE, "not stored", SOON),
        }
    }
}

pub(super) fn refused(status: StatusCode, reason: &str) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    (status, json, format!("{{\"error\":\"{reason}\"}}\n")).into_response()
}

pub(super) fn unauthorized(reason: &str) -> Response {
    with(refused(StatusCode::UNAUTHORIZED, reason), header::WWW_AUTHENTICATE, "Bearer")
}

pub(super) fn with(
    mut response: Response,
    name: header::HeaderName,
    value: &'static str,
) -> Response {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    response
}

fn acknowledged(Receipt { delivery, quarantined, .. }: Receipt, more: &str) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    let body = format!("{{\"delivery\":{delivery},\"quarantined\":{quarantined}{more}}}\n");
    (json, body).into_response()
}

/// A refusal that ends when this time is over.
pub(super) fn for_now(status: StatusCode, reason: &str, wait: Duration) -> Response {
    let mut response = refused(status, reason);
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    response.headers_mut().insert(header::RETRY_AFTER, seconds.max(1).into());
    response
}
