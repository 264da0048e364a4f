//! Deliveries that Python gives one by one.

use std::sync::{
    Mutex, PoisonError,
    mpsc::{SyncSender, sync_channel},
};

use mediafold_core::Delivery;
use pyo3::{exceptions::PyRuntimeError, prelude::*, pybacked::PyBackedBytes};

use super::{
    folding::{Definitions, Given, Hearer, Options, given},
    table::Table,
    work::{Work, failed},
};

/// How many pieces may wait to be read.
const WAITING: usize = 4;

/// Takes in deliveries, which another thread reads meanwhile.
#[pyclass(frozen, module = "mediafold._native")]
pub(super) struct Feed {
    work: Work<Given>,
    /// Taken away at the end.
    sender: Mutex<Option<SyncSender<Vec<PyBackedBytes>>>>,
}

impl Feed {
    pub(super) fn new(definitions: Definitions, options: Options) -> Self {
        let (sender, receiver) = sync_channel::<Vec<PyBackedBytes>>(WAITING);
        let work = Work::begin(move |watch| {
            let mut lines = options.lines(definitions.catalog());
            let mut number = 0;
            for bodies in receiver {
                for body in &bodies {
                    number += 1;
                    if !watch.is_stopped() {
                        Hearer::deliver(&mut lines, &Delivery::new(body, number));
                    }
                }
            }
            given(lines.finish(), &[None], &options)
        });
        Self { work, sender: Mutex::new(Some(sender)) }
    }

    fn finished(&self, py: Python<'_>) -> PyResult<Given> {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(sender.ok_or_else(ended)?);
        self.work.end(py, |_| Ok(()))
    }
}

fn ended() -> PyErr {
    PyRuntimeError::new_err("this has ended")
}

#[pymethods]
impl Feed {
    /// Takes in these bodies, each a delivery.
    fn push(&self, py: Python<'_>, bodies: Vec<PyBackedBytes>) -> PyResult<()> {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let sender = sender.ok_or_else(ended)?;
        py.detach(|| sender.send(bodies)).map_err(|_| failed())
    }

    /// The rows of all assets.
    fn fold(&self, py: Python<'_>) -> PyResult<Table> {
        let Given { batches, about, .. } = self.finished(py)?;
        Ok(Table::new(batches, about))
    }

    /// The findings.
    fn check(&self, py: Python<'_>) -> PyResult<(Vec<String>, String)> {
        let Given { findings, about, .. } = self.finished(py)?;
        Ok((findings, about))
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.work.stop();
    }
}
