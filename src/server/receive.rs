//! Requests to the gate: their addresses, and how their bodies are read.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use tokio::time::Instant;

use super::{
    Gate,
    authorization::bearer,
    body::{self, Encoding, Held, NoBody},
    config::Source,
    connections::Connection,
    metrics,
    outcome::{Outcome, SOON, for_now, refused, unauthorized, with},
};

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
                return gate.not_allowed_to_ask();
            }
            // The store is asked, which may take a moment.
            match tokio::task::spawn_blocking(move || gate.metrics()).await {
                Ok(text) => ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
                Err(_) => for_now(StatusCode::SERVICE_UNAVAILABLE, "no metrics", SOON),
            }
        };
        // The page asks it before it asks for a token.
        let token = |State(gate): State<Arc<Self>>| async move {
            let kind = [(header::CONTENT_TYPE, "application/json")];
            let answer = format!("{{\"set\":{}}}\n", gate.has_token());
            ([(header::CACHE_CONTROL, "no-store")], kind, answer).into_response()
        };
        Router::new()
            .route("/page/token.json", get(token))
            .route("/in/{source}", any(named))
            .route("/in/{source}/{token}", any(with_token))
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(ready))
            .route("/metrics", get(measured))
            .with_state(Arc::clone(self))
    }

    /// The answer to a question of somebody without the token.
    pub(super) fn not_allowed_to_ask(&self) -> Response {
        match self.has_token() {
            true => unauthorized("not authentic"),
            // So that the page can say why no token is taken.
            false => unauthorized("no token is set"),
        }
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
        let may_get = source.form || !source.probes.is_empty();
        if parts.method != Method::POST && !(parts.method == Method::GET && may_get) {
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
        // Its last byte may come while it is being closed for another: nobody would hear what became of it.
        if connection.is_some_and(|connection| !connection.works()) {
            return self.ended(&source, Outcome::Shed, begun);
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

/// For a request that does not say once, and readably, which host it is for. Nothing more is read from its connection,
/// on which somebody may read another request than we do.
pub(super) fn without_host() -> Response {
    let response = refused(StatusCode::BAD_REQUEST, "expected one Host");
    with(response, header::CONNECTION, "close")
}
