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
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use hyper::body::{Body as HttpBody, Frame};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::{Asking, problem::Problem};

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

/// The answer that has what is sent here: each part is taken when the one before is on its way.
pub(super) fn answer(parts: mpsc::Receiver<Bytes>) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/event-stream")];
    (kind, Body::new(Parts(parts))).into_response()
}

struct Parts(mpsc::Receiver<Bytes>);

impl HttpBody for Parts {
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
