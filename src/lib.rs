//! Folds the webhooks of video platforms into the one true state of each asset.
//!
//! ```
//! use mediafold::{Bulk, Catalog, Delivery, Reader};
//!
//! let deliveries = [
//!     r#"{"type":"video.media.ready","id":"e2","createdAt":"2025-04-07T09:30:40Z","data":{"id":"m1"}}"#,
//!     r#"{"type":"video.media.created","id":"e1","createdAt":"2025-04-07T09:30:10Z","data":{"id":"m1"}}"#,
//!     r#"{"type":"video.media.ready","id":"e2","createdAt":"2025-04-07T09:30:40Z","data":{"id":"m1"}}"#,
//! ];
//! let mut bulk = Bulk::new(Reader::new(Catalog::builtin())).with_findings();
//! for (line, body) in (1..).zip(deliveries) {
//!     bulk.deliver(&Delivery::new(body.as_bytes(), line));
//! }
//! let folded = bulk.finish();
//! let (media, asset) = &folded.assets[0];
//! assert_eq!(asset.state(media).name, "ready"); // although it came first, and twice
//! assert_eq!(folded.findings.get(0).name, "late");
//! assert_eq!(folded.findings.get(1).name, "duplicate");
//! ```
//!
//! One asset at a time, as webhooks come in: [`Reader::read`], then [`step`] for each event it gives.
//! Whole files: [`Documents`] cuts them into deliveries. What is allowed is data: a [`Lifecycle`] is compiled
//! from a [definition](_documentation::definitions), and the [`Catalog`] has eight built in.
//!
//! The law that everything here keeps: **the state is a function of the set of events**, not of the order in
//! which they came. See [the architecture](_documentation::architecture) for this and the other invariants.
//!
//! [`Store`] keeps deliveries and the states they fold into in one SQLite file.
//!
//! Without the features `cli`, which is the `mediafold` command, and `server`, which receives webhooks, the crate touches
//! no clock, file, socket, thread or environment.
//!
//! On `wasm32-unknown-unknown` the standard library has no source of chance for its hash tables. Results are the same there, but
//! who sends ids made to collide can make tables slow, which nobody can elsewhere: bound what is read from strangers.

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(any(feature = "cli", feature = "server"))]
mod explain;
#[cfg(feature = "cli")]
mod report;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "server")]
pub mod store;

pub use mediafold_core::*;
