//! Server-sent events, whatever they say.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
    response::{IntoResponse, Response},
};
use hyper::body::{Body as HttpBody, Frame};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::{Asking, problem::Problem};
use crate::server::connections::Connection;

/// How long a stream is silent before it says that it is still there.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(15);
/// A client that takes nothing for so long is left.
pub(super) const STALLED: Duration = Duration::from_secs(60);
/// What begins a stream: come again after a second.
pub(super) const OPENING: &[u8] = b"retry: 1000\n\n";
/// What says that it is still there.
pub(super) const STILL_HERE: &[u8] = b": still here\n\n";

pub(super) fn wants_stream(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut kinds = values.flat_map(|value| value.split(','));
    kinds.any(|kind| {
        let kind = kind.split(';').next().unwrap_or_default();
        kind.trim().eq_ignore_ascii_case("text/event-stream")
    })
}

/// Whoever waits for an answer that comes when something happens.
pub(super) struct Waiting(Option<Arc<Connection>>);

impl Waiting {
    /// Comes to an end when it sends nothing more. It is not told from one that has gone, so it gets what there is.
    pub(super) async fn left(&self) {
        match &self.0 {
            Some(connection) => connection.left().await,
            None => std::future::pending().await,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Waiting {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get().cloned()))
    }
}

/// The answer that has what is sent here: each part is taken when the one before is on its way.
pub(super) fn answer(parts: mpsc::Receiver<Bytes>) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/event-stream")];
    (kind, Body::new(Sent(parts))).into_response()
}

struct Sent(mpsc::Receiver<Bytes>);

impl HttpBody for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let part = self.get_mut().0.poll_recv(context);
        part.map(|part| part.map(|part| Ok(Frame::data(part))))
    }
}

impl Asking {
    /// A place among those who wait.
    pub(super) fn follower(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let place = Arc::clone(&self.followers).try_acquire_owned();
        place.map_err(|_| Problem::for_now("too many wait for changes at the moment"))
    }
}
