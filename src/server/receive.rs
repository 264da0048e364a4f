//! Requests and answers.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use tokio::time::Instant;

use super::{
    Gate, Receipt,
    body::{self, Encoding, Held, NoBody},
    config::Source,
    connections::Connection,
    gate::Outcome,
    metrics,
};

/// When to come again where nothing better is known.
const SOON: Duration = Duration::from_secs(1);

impl Gate {
    /// The routes of the gate; what answers other questions is merged with them.
    pub fn routes(self: &Arc<Self>) -> Router {
        let named = |State(gate): State<Arc<Self>>, Path(name): Path<String>, request: Request| async move {
            gate.receive(&name, None, request).await
        };
        let with_token = |State(gate): State<Arc<Self>>,
                          Path((name, token)): Path<(String, String)>,
                          request: Request| async move {
            gate.receive(&name, Some(token), request).await
        };
        let ready = |State(gate): State<Arc<Self>>| async move {
            match gate.ready() {
                Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
                Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")),
            }
        };
        let measured = |State(gate): State<Arc<Self>>, headers: HeaderMap| async move {
            if !gate.may_ask(bearer(&headers)) {
                return unauthorized();
            }
            // The store is asked, which may take a moment.
            match tokio::task::spawn_blocking(move || gate.metrics()).await {
                Ok(text) => ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
                Err(_) => for_now(StatusCode::SERVICE_UNAVAILABLE, "no metrics", SOON),
            }
        };
        Router::new()
            .route("/in/{source}", any(named))
            .route("/in/{source}/{token}", any(with_token))
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(ready))
            .route("/metrics", get(measured))
            .with_state(Arc::clone(self))
    }

    async fn receive(
        self: &Arc<Self>,
        name: &str,
        token: Option<String>,
        request: Request,
    ) -> Response {
        let begun = Instant::now();
        let source = self.settings().sources.get(name).cloned();
        let wanted = source.filter(|source| token.is_none() || source.path_token.is_some());
        let Some(source) = wanted else {
            self.metrics.ended("", "no_source", None);
            return refused(StatusCode::NOT_FOUND, "no such source");
        };
        let outcome = self.deliver(source, token, request, begun).await;
        outcome.into_response()
    }

    async fn deliver(
        self: &Arc<Self>,
        source: Arc<Source>,
        token: Option<String>,
        request: Request,
        begun: Instant,
    ) -> Outcome {
        let (parts, body) = request.into_parts();
        if parts.method != Method::POST && !(parts.method == Method::GET && source.form) {
            return self.ended(&source, Outcome::BadMethod, begun);
        }
        let Some(encoding) = Encoding::of(&parts.headers) else {
            return self.ended(&source, Outcome::BadEncoding, begun);
        };
        let connection = parts.extensions.get::<Arc<Connection>>().cloned();
        if let Some(connection) = &connection {
            connection.waits(true);
        }
        let held = self.read(body, &parts.headers, &source, encoding).await;
        if let Some(connection) = &connection {
            connection.works();
        }
        match held {
            Ok(held) => self.take(source, token, parts, held, encoding, begun).await,
            Err(outcome) => self.ended(&source, outcome, begun),
        }
    }

    async fn read(
        &self,
        body: Body,
        headers: &HeaderMap,
        source: &Source,
        encoding: Encoding,
    ) -> Result<Held, Outcome> {
        let (most, memory) = (source.body_max, &self.memory);
        let reading = async {
            let mut held = body::read(body, headers, most, memory).await?;
            if encoding == Encoding::Gzip {
                held.unfold(most, memory).await?;
            }
            Ok(held)
        };
        match tokio::time::timeout(self.limits.body_timeout, reading).await {
            Ok(Ok(held)) => Ok(held),
            Ok(Err(NoBody::TooLarge)) => Err(Outcome::TooLarge),
            Ok(Err(NoBody::Broken)) => Err(Outcome::Broken),
            Ok(Err(NoBody::NoRoom)) => Err(Outcome::Shed),
            Err(_) => Err(Outcome::Slow),
        }
    }
}

/// What follows `Bearer` in the header, or nothing.
pub(super) fn bearer(headers: &HeaderMap) -> &str {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let words = value.and_then(|value| value.split_once(' '));
    words.filter(|(word, _)| word.eq_ignore_ascii_case("bearer")).map_or("", |(_, token)| token)
}

fn refused(status: StatusCode, reason: &str) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    (status, json, format!("{{\"error\":\"{reason}\"}}\n")).into_response()
}

pub(super) fn unauthorized() -> Response {
    with(refused(StatusCode::UNAUTHORIZED, "not authentic"), header::WWW_AUTHENTICATE, "Bearer")
}

fn with(mut response: Response, name: header::HeaderName, value: &'static str) -> Response {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    response
}

/// A refusal that ends when this time is over.
fn for_now(status: StatusCode, reason: &str, wait: Duration) -> Response {
    let mut response = refused(status, reason);
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    response.headers_mut().insert(header::RETRY_AFTER, seconds.max(1).into());
    response
}

/// The status codes are those by which senders know whether to try again: what is our fault or passes is 429 or 503, what
/// will not be better the next time is another 4xx.
impl IntoResponse for Outcome {
    fn into_response(self) -> Response {
        use StatusCode as Code;
        match self {
            Self::Stored(Receipt { delivery, quarantined, .. }) => {
                let json = [(header::CONTENT_TYPE, "application/json")];
                let body = format!("{{\"delivery\":{delivery},\"quarantined\":{quarantined}}}\n");
                (json, body).into_response()
            }
            Self::Probe => ([(header::CONTENT_TYPE, "application/json")], "{}\n").into_response(),
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
            Self::Forged => unauthorized(),
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
