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

mod bulk;
#[cfg(feature = "cli")]
pub mod cli;
mod diagram;
mod digest;
#[cfg(feature = "cli")]
mod discover;
mod event;
mod fold;
mod lifecycle;
#[cfg(all(test, feature = "cli"))]
mod marks;
mod paths;
#[cfg(feature = "cli")]
mod report;
#[cfg(feature = "cli")]
mod scan;
mod secret;
#[cfg(feature = "server")]
pub mod server;
mod shown;
#[cfg(feature = "signature")]
mod signature;
#[cfg(feature = "simulate")]
mod simulate;
#[cfg(feature = "server")]
mod store;
mod time;

#[cfg(feature = "draw")]
pub use self::diagram::DrawError;
#[cfg(feature = "signature")]
pub use self::signature::{Forged, Received, Request, Secret, SignatureError, Verifier};
#[cfg(feature = "simulate")]
pub use self::simulate::{
    Attempts, Bodies, FaultKind, Faults, Post, Scale, SimulateError, Simulation, Templates, Truth,
};
#[cfg(feature = "server")]
pub use self::store::{
    AssetFilter, Busy, ChangeCount, Committed, Damage, DeliveryCount, Failed, FailedKind,
    FindingCount, FindingFilter, Imported, Incoming, Judged, Page, Pending, Rebuilt, Receipt,
    Restated, Retain, Retained, Store, StoreError, StoreOptions, StoredAsset, StoredChange,
    StoredFinding, Swept, TimelineEntry, Verified,
};
pub use self::{
    bulk::{
        Batch, Bulk, Cut, DOCUMENT_LEN_MAX, Document, Documents, Dwell, Findings, Folded, Lateness,
        Observed, ObservedStep, Printer, STRAY_KEPT_MAX, Sheet, Summary, UNREADABLE_KEPT_MAX,
    },
    diagram::Diagram,
    event::{
        Delivery, Event, EventError, EventKind, Headers, NAME_LEN_MAX, Placed, Reader, Reading,
    },
    fold::{
        Asset, Code, Finding, FindingCounts, HISTORY_MAX, HistoryEntry, Levels, Outcome, ParentRef,
        Policy, Severity, Snapshot, Verdict, fold, overdue, step,
    },
    lifecycle::{
        Catalog, DefinitionError, DefinitionFile, Flag, Hmac, Jwt, KindId, Lifecycle, NEW, Node,
        Order, Pointer, Problem, ProblemKind, Provider, Retries, Ruling, Scheme, State, Step,
        Transition,
    },
    paths::{Cover, Goal, MOVES_MAX, Move, Paths, PathsError, Sequence, Why, paths},
    time::{TimeError, Timestamp},
};

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
