//! Long work: done by another thread, while Python is free, watched and interrupted from the one that asked for it.

use std::{
    io::{self, Read},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use pyo3::{exceptions::PyRuntimeError, prelude::*};

/// How often Python is asked whether it was interrupted, and told how far the work has come.
const WATCH: Duration = Duration::from_millis(50);
/// How long an interrupted thread is waited for: it reads no more by then, and only what it has begun to judge is left.
const LAST: Duration = Duration::from_millis(250);

/// How far work has come, and whether it is to end.
#[derive(Debug, Default)]
pub(super) struct Watch {
    stopped: AtomicBool,
    /// Bytes read.
    read: AtomicU64,
}

impl Watch {
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

/// A stream that is counted, and that breaks off once it is no longer wanted.
pub(super) struct Watched<R> {
    pub(super) input: R,
    pub(super) watch: Arc<Watch>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.watch.is_stopped() {
            return Err(io::Error::other("interrupted"));
        }
        let len = self.input.read(buffer)?;
        self.watch.read.fetch_add(len as u64, Ordering::Relaxed);
        Ok(len)
    }
}

/// Work that another thread does.
pub(super) struct Work<T> {
    watch: Arc<Watch>,
    receiver: Mutex<Receiver<T>>,
}

impl<T: Send + 'static> Work<T> {
    pub(super) fn begin(work: impl FnOnce(&Arc<Watch>) -> T + Send + 'static) -> Self {
        let watch = Arc::new(Watch::default());
        let (sender, receiver) = mpsc::sync_channel(1);
        let own = Arc::clone(&watch);
        // Nobody waits for it any more if it was interrupted.
        thread::spawn(move || drop(sender.send(work(&own))));
        Self { watch, receiver: Mutex::new(receiver) }
    }

    pub(super) fn stop(&self) {
        self.watch.stopped.store(true, Ordering::Relaxed);
    }

    fn wait(&self, py: Python<'_>, time: Duration) -> Result<T, RecvTimeoutError> {
        let receiver = &self.receiver;
        py.detach(|| receiver.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(time))
    }

    /// What it gives; meanwhile `tell` is called with the bytes that it has read.
    pub(super) fn end(&self, py: Python<'_>, tell: impl Fn(u64) -> PyResult<()>) -> PyResult<T> {
        let tell = || tell(self.watch.read.load(Ordering::Relaxed));
        loop {
            match self.wait(py, WATCH) {
                Ok(given) => return tell().map(|()| given),
                Err(RecvTimeoutError::Disconnected) => return Err(failed()),
                Err(RecvTimeoutError::Timeout) => {
                    if let Err(error) = py.check_signals().and_then(|()| tell()) {
                        self.stop();
                        drop(self.wait(py, LAST));
                        return Err(error);
                    }
                }
            }
        }
    }
}

/// A thread of ours panicked.
pub(super) fn failed() -> PyErr {
    PyRuntimeError::new_err("mediafold failed: this is a bug of it")
}

/// What another thread gives; `progress` is called with the bytes that it has read, and `total`.
pub(super) fn done<T: Send + 'static>(
    py: Python<'_>,
    (progress, total): (Option<&Bound<'_, PyAny>>, Option<u64>),
    work: impl FnOnce(&Arc<Watch>) -> T + Send + 'static,
) -> PyResult<T> {
    let tell = |read| progress.map_or(Ok(()), |it| it.call1((read, total)).map(|_| ()));
    Work::begin(work).end(py, tell)
}
