//! A server on a port and a thread of its own.

use std::{
    net::SocketAddr,
    sync::Arc,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use axum::Router;
use mediafold::server::{Config, ConfigError, Gate, Signal, bind, run};
use tokio::sync::mpsc;

/// It ends when it is dropped, and must end well.
pub(crate) struct Serving {
    pub(crate) address: SocketAddr,
    signals: mpsc::Sender<Signal>,
    thread: Option<JoinHandle<()>>,
}

impl Serving {
    /// Serves, and does something beside meanwhile.
    pub(crate) fn start(
        gate: Arc<Gate>,
        routes: Router,
        reload: impl Fn() -> Result<Config, ConfigError> + Send + 'static,
        meanwhile: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
        let listener = {
            let _inside = runtime.enter();
            bind("127.0.0.1:0".parse().unwrap()).unwrap()
        };
        let address = listener.local_addr().unwrap();
        let (signals, received) = mpsc::channel(1);
        let thread = std::thread::spawn(move || {
            let beside = runtime.spawn(meanwhile);
            runtime.block_on(run(listener, gate, routes, received, reload)).unwrap();
            beside.abort();
        });
        Self { address, signals, thread: Some(thread) }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.signals.blocking_send(signal).unwrap();
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // A test may have ended it.
        let _ = self.signals.try_send(Signal::Shutdown);
        let ended = self.thread.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            assert!(ended.is_none_or(|ended| ended.is_ok()));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "what happens on other threads is waited for")]
pub(crate) fn wait(millis: u64) {
    std::thread::sleep(Duration::from_millis(millis));
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a server takes is part of what it promises"
)]
pub(crate) fn moment() -> Instant {
    Instant::now()
}

/// Whether this comes to be within some seconds.
pub(crate) fn soon(mut is_so: impl FnMut() -> bool) -> bool {
    (0..1_000).any(|_| {
        let so = is_so();
        if !so {
            wait(10);
        }
        so
    })
}
