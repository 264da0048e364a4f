//! Folds the webhooks of video platforms into the one true state of each asset.
//!
//! ```
//! use mediafold::{Catalog, Delivery, Reader, bulk::Bulk};
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
//! | you have | use |
//! |---|---|
//! | one webhook at a time, and the asset in memory | [`Reader::read`], then [`step`] for each event that it gives |
//! | a row in a table of your own | [`Asset::load`] its column, [`step`], [`Asset::save`] it again; [`Asset::merge`] what a lost write would have dropped |
//! | the history of one asset | [`fold`](fn@fold) |
//! | a file or a stream | [`bulk::Documents`] cuts it into deliveries, [`bulk::Bulk`] folds them |
//! | a large file, and several processors | [`fast::fold`] |
//! | an endpoint of your own, and no table yet | [`store::Store`](https://docs.rs/mediafold/latest/mediafold/store/) keeps deliveries and the states they fold into in one SQLite file |
//! | no endpoint yet | `mediafold serve`, which is [`server`](https://docs.rs/mediafold/latest/mediafold/server/) |
//! | a platform that is not built in | [`Catalog::with`] and [the definition language](_documentation::definitions) |
//!
//! What is allowed is data: a [`Lifecycle`] is compiled from a definition, and the [`Catalog`] has thirty-seven built in.
//! The law that everything here keeps: **the state is a function of the set of events**, not of the order in
//! which they came. See [the architecture](_documentation::architecture) for this and the other invariants.
//!
//! | feature | gives | by default |
//! |---|---|---|
//! | none | everything pure: reading, folding, findings, `fast`, `paths`, diagrams as Mermaid, DOT, XState and SCXML | |
//! | `draw` | diagrams as SVG, PNG and text | with `cli` |
//! | `simulate` | test traffic | with `cli` |
//! | `signature` | signs and verifies deliveries | with `cli`, `server` |
//! | `server` | `store` and `server`: the parts with files, sockets, threads and a clock | yes |
//! | `cli` | the `mediafold` command | yes |
//!
//! Library users take `default-features = false`. What is pure is a package of its own, `mediafold-core`, re-exported here
//! whole: it touches no clock, file, socket or environment, and has no C.
//!
//! On `wasm32-unknown-unknown` the standard library has no source of chance for its hash tables. Results are the same there, but
//! who sends ids made to collide can make tables slow, which nobody can elsewhere: bound what is read from strangers.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(any(feature = "cli", feature = "server"))]
mod durable;
#[cfg(any(feature = "cli", feature = "server"))]
mod explain;
#[cfg(any(feature = "cli", feature = "server"))]
mod locks;
#[cfg(feature = "cli")]
mod report;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "server")]
pub mod store;

pub use mediafold_core::*;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

/// The pages under `docs/`, so that they are searched and their links checked with the API.
pub mod _documentation {
    #[doc = include_str!("../docs/architecture.md")]
    pub mod architecture {}
    #[doc = include_str!("../docs/configuration.md")]
    pub mod configuration {}
    #[doc = include_str!("../docs/decisions.md")]
    pub mod decisions {}
    #[doc = include_str!("../docs/definitions.md")]
    pub mod definitions {}
    #[doc = include_str!("../docs/findings.md")]
    pub mod findings {}
    #[doc = include_str!("../docs/glossary.md")]
    pub mod glossary {}
    #[doc = include_str!("../docs/operations.md")]
    pub mod operations {}
    #[doc = include_str!("../docs/store.md")]
    pub mod store {}
}
