//! The one test binary. Data is under `tests/data/`; a module each:

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

/// What the server is asked, through real sockets.
#[cfg(feature = "server")]
mod ask;
/// Tables of others, and the handlers that wrote them.
#[cfg(feature = "simulate")]
mod audit;
/// Bad input, and what it costs.
mod bad_input;
/// Folding from records against folding assets.
mod batch;
/// What other languages are told.
mod bindings;
/// The command line's contract, and every kind of bad input.
#[cfg(feature = "cli")]
mod cli;
/// The built-in definitions, and what the loader makes of a user's.
mod definitions;
/// Lifecycles that are found in test traffic.
#[cfg(feature = "simulate")]
mod discover;
/// The definitions against the names that the providers document.
mod documented;
mod envelopes;
/// Names that a diagram's format would read as its own.
mod escapes;
/// What the server lets in, through real sockets.
#[cfg(feature = "server")]
mod gate;
/// Random lifecycles and events.
mod generate;
/// What pictures promise of where things are.
#[cfg(feature = "draw")]
mod geometry;
/// Golden files.
mod golden;
/// What the guide to definitions has its reader do.
#[cfg(all(feature = "cli", feature = "server"))]
mod guide;
/// What other programs are given to judge; `.ci/judges` has those programs.
mod judges;
/// What holds for every lifecycle and every stream of events.
mod laws;
/// Bad definitions, and what is said of them.
mod lint;
/// Lifecycles as machines that other programs run.
mod machines;
/// The fold once more, by walking a graph.
mod naive;
/// What happened, counted.
mod observed;
/// The live page, and the demo.
#[cfg(all(feature = "cli", feature = "server"))]
mod page;
/// Event sequences that cover a lifecycle.
mod paths;
/// Payloads of every documented webhook.
mod payloads;
/// What the README shows.
#[cfg(feature = "cli")]
mod readme;
/// The page of `report`.
#[cfg(feature = "cli")]
mod report;
/// `serve` as a process, killed.
#[cfg(all(feature = "cli", feature = "server"))]
mod serve;
/// A server on a port and a thread of its own.
#[cfg(feature = "server")]
mod serving;
/// Test traffic: what is done to it is what is found.
#[cfg(feature = "signature")]
mod signature;
#[cfg(feature = "simulate")]
mod simulate;
/// Simulated deliveries of envelopes that wrap, join and batch.
#[cfg(feature = "simulate")]
mod simulated;
/// The store: what was received, and where it leaves each asset.
#[cfg(feature = "server")]
mod store;
/// Tables of what each event does in each state.
mod tables;
/// Changes that are brought to whoever wants them.
#[cfg(feature = "server")]
mod targets;
/// The project's own rules, above all what must be absent.
mod tidy;
/// What each finding says.
mod wording;
