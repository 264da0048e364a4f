//! What Python calls.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError},
};

use mediafold_plain::Plain;
use pyo3::{import_exception, prelude::*, pybacked::PyBackedBytes};
use serde_json::json;

use super::{
    feed::Feed,
    folding::{self, Definitions, Given, Options},
    judging::{self, Judging},
    source::Source,
    table::Table,
    work::done,
};

import_exception!(mediafold._errors, UsageError);

/// A body from here on is read while other threads of Python go on: for less that costs more than it gives.
const LONG: usize = 16 << 10;

/// The library by one set of definitions.
#[pyclass(frozen, module = "mediafold._native")]
pub(super) struct Engine {
    plain: Mutex<Plain>,
    definitions: Definitions,
    /// Those of a user, as `Plain` calls them.
    handle: Option<u32>,
}

#[pymethods]
impl Engine {
    /// By these definitions laid over the built-in ones; beside it, what is wrong with them, as JSON.
    #[staticmethod]
    fn open(files: Option<BTreeMap<String, String>>) -> (Self, String) {
        let mut plain = Plain::new();
        let Some(files) = files else {
            let definitions = Definitions(None);
            return (Self { plain: Mutex::new(plain), definitions, handle: None }, "{}".to_owned());
        };
        let said =
            plain.call(json!({ "call": "open", "files": files }).to_string().as_bytes(), b"");
        let handle = plain.handles().next_back();
        let definitions = Definitions(handle.and_then(|handle| plain.catalog(handle)));
        (Self { plain: Mutex::new(plain), definitions, handle }, said)
    }

    /// The handle of the definitions for `call`.
    #[getter]
    fn definitions(&self) -> Option<u32> {
        self.handle
    }

    /// Does what a request asks, with the bytes that it is about: JSON in, JSON out.
    fn call(&self, py: Python<'_>, request: PyBackedBytes, body: PyBackedBytes) -> String {
        if body.len() < LONG {
            match self.plain.try_lock() {
                Ok(mut plain) => return plain.call(&request, &body),
                Err(TryLockError::Poisoned(plain)) => {
                    return plain.into_inner().call(&request, &body);
                }
                Err(TryLockError::WouldBlock) => {}
            }
        }
        py.detach(|| self.plain().call(&request, &body))
    }

    /// The rows of all assets in these sources.
    fn fold(
        &self,
        py: Python<'_>,
        sources: Vec<Source>,
        options: Options,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Table> {
        let Given { batches, about, .. } = self.folded(py, sources, options, progress)?;
        Ok(Table::new(batches, about))
    }

    /// The findings of all deliveries in these sources, as lists of JSON, and what else there is to say.
    fn check(
        &self,
        py: Python<'_>,
        sources: Vec<Source>,
        options: Options,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<(Vec<String>, String)> {
        let Given { findings, about, .. } = self.folded(py, sources, options, progress)?;
        Ok((findings, about))
    }

    /// Takes in deliveries one by one.
    fn feed(&self, options: Options) -> PyResult<Feed> {
        self.known(&options)?;
        Ok(Feed::new(self.definitions.clone(), options))
    }

    /// What a table says against these sources, as JSON.
    fn audit(
        &self,
        py: Python<'_>,
        rows: Judging,
        sources: Vec<Source>,
        options: Options,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<String> {
        self.known(&options)?;
        let (definitions, own) = (self.definitions.clone(), sources.clone());
        let judged = done(py, (progress, total(&sources)), move |watch| {
            judging::audit(&definitions, rows, &own, &options, watch)
        })?;
        match judged {
            Ok(text) => Ok(text),
            Err(judging::Refused::Source(at, error)) => Err(sources[at].error(py, error)),
            Err(judging::Refused::Usage(message)) => Err(UsageError::new_err(message)),
        }
    }
}

impl Engine {
    fn plain(&self) -> MutexGuard<'_, Plain> {
        self.plain.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn folded(
        &self,
        py: Python<'_>,
        sources: Vec<Source>,
        options: Options,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Given> {
        self.known(&options)?;
        let definitions = self.definitions.clone();
        let sources = Arc::new(sources);
        let own = Arc::clone(&sources);
        let work = move |watch: &_| folding::fold(&definitions, &own, &options, watch);
        done(py, (progress, total(&sources)), work)?
            .map_err(|(at, error)| sources[at].error(py, error))
    }

    fn known(&self, options: &Options) -> PyResult<()> {
        match options.misfit(self.definitions.catalog()) {
            Some(message) => Err(UsageError::new_err(message)),
            None => Ok(()),
        }
    }
}

/// How long all are, if all say so.
fn total(sources: &[Source]) -> Option<u64> {
    sources.iter().map(Source::len).sum()
}
