//! The server: it receives webhooks, lets nobody in who is not their provider, and says 2xx when they are stored.
//!
//! - [`Config`] is `mediafold.toml`, read as a whole.
//! - [`Gate`] takes one request: it reads the body within bounds, verifies it to the byte, hands it to the store and
//!   answers when that has it for good. `docs/architecture.md` has the way of a request.
//! - [`ask`] answers what there is to ask of the store, and streams its changes; [`page`] shows it to people.
//! - [`bring`] posts each change of a state to the targets that want it.
//! - [`run`] listens, bounds what is open, and ends with all that was accepted.
//!
//! The store is whatever implements [`Accept`], as [`Store`](crate::store::Store) does. Besides the command, this is the only part with sockets and a clock.

pub mod ask;
mod authorization;
mod body;
mod config;
mod connections;
mod copies;
mod gate;
mod listen;
mod metrics;
mod outcome;
pub mod page;
mod probing;
mod receive;
mod socket;
mod stored;
mod targets;
mod upkeep;

use std::{
    io,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use prometheus_client::registry::Registry;
use tokio::sync::mpsc;
use tracing_subscriber::{filter::Targets, fmt::MakeWriter, prelude::*};

pub use self::{
    config::{Config, ConfigError, ConfigProblem, Limits, Surroundings},
    gate::Gate,
    listen::{bind, run},
    targets::bring,
    upkeep::upkeep,
};
pub use crate::store::{Busy, Incoming, Receipt};
use crate::time::Timestamp;

/// The store took a delivery and could not keep it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not stored: {0}")]
#[non_exhaustive]
pub struct NotStored(pub String);

/// Called once, when a delivery is stored for good or cannot be. Dropped uncalled it means the latter.
pub type Done = Box<dyn FnOnce(Result<Receipt, NotStored>) + Send>;

/// What keeps deliveries.
pub trait Accept: Send + Sync + 'static {
    /// Takes a delivery to be stored and calls `done` when that is certain. May read the body before it returns; what is
    /// long is given by a thread that is kept for such. Does not wait for anything else.
    ///
    /// # Errors
    /// No room: nothing was taken, and `done` is not called.
    fn submit(&self, incoming: Incoming, done: Done) -> Result<(), Busy>;

    /// Whether it can store at the moment; `/readyz` answers so.
    ///
    /// # Errors
    /// Why it cannot.
    fn ready(&self) -> Result<(), String> {
        Ok(())
    }

    /// Adds what it knows of itself to what `/metrics` tells.
    fn register(self: Arc<Self>, _registry: &mut Registry, _clock: &Clock) {}
}

/// Where the server takes the time from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What a running server is asked from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// Read the configuration again: SIGHUP.
    Reload,
    /// Finish what was accepted, and end: SIGTERM, SIGINT.
    Shutdown,
}

impl NotStored {
    /// For this reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// The clock of the machine.
pub fn system_clock() -> Clock {
    Arc::new(|| {
        #[expect(clippy::disallowed_methods, reason = "the server is where deliveries get a time")]
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
    })
}

/// The signals that the process gets from now on. Has to be called within the runtime that [`run`] will be in.
///
/// # Errors
/// The process cannot be told of signals.
#[cfg(unix)]
pub fn signals() -> io::Result<mpsc::Receiver<Signal>> {
    use tokio::signal::unix::{SignalKind, signal};

    let (sender, receiver) = mpsc::channel(4);
    for (kind, meaning) in [
        (SignalKind::hangup(), Signal::Reload),
        (SignalKind::terminate(), Signal::Shutdown),
        (SignalKind::interrupt(), Signal::Shutdown),
    ] {
        let (mut signal, sender) = (signal(kind)?, sender.clone());
        tokio::spawn(async move {
            while signal.recv().await.is_some() && sender.send(meaning).await.is_ok() {}
        });
    }
    Ok(receiver)
}

/// Ctrl-C, which is all that there is to be told of here.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn signals() -> io::Result<mpsc::Receiver<Signal>> {
    let (sender, receiver) = mpsc::channel(4);
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() && sender.send(Signal::Shutdown).await.is_ok() {
        }
    });
    Ok(receiver)
}

/// Sends what is logged to this writer: as JSON, or as lines for people. What `log` says wrong counts as `info`;
/// [`Config::load`] refuses it before.
pub fn logger<W>(log: &str, json: bool, writer: W) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let targets = log
        .parse::<Targets>()
        .unwrap_or_else(|_| Targets::new().with_default(tracing::Level::INFO));
    let lines = tracing_subscriber::fmt::layer();
    let lines = if json {
        lines.json().flatten_event(true).with_writer(writer).boxed()
    } else {
        lines.with_writer(writer).boxed()
    };
    tracing_subscriber::registry().with(lines).with(targets)
}
