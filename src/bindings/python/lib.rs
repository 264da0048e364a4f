//! mediafold as a module of Python: `mediafold-plain` for one row at a time, and the fast way for whole files.
//!
//! - `engine` is what Python calls, and the definitions that it goes by.
//! - `source` is where deliveries come from: files, bytes, streams of Python, bodies one by one.
//! - `folding` folds them, `judging` holds a table against them; `table` is the rows as Arrow has them.
//! - `work` has another thread do it while Python is free, and ends it when Python is interrupted.
//!
//! What Python sees is `mediafold/`, which is written in it.

mod engine;
mod feed;
mod folding;
mod judging;
mod source;
mod table;
mod work;

use pyo3::prelude::*;

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<engine::Engine>()?;
    module.add_class::<feed::Feed>()?;
    module.add_class::<table::Table>()?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))
}
