//! The one test binary. Data is under `tests/data/`; a module each:

/// The command line's contract, and every kind of bad input.
#[cfg(feature = "cli")]
mod cli;
/// Golden files.
mod golden;
/// Tables of what each event does in each state.
mod tables;
/// The project's own rules, above all what must be absent.
mod tidy;
