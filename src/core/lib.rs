//! The core of mediafold: reads the webhooks of video platforms, folds them into the one true state of each asset,
//! and says which steps were illegal and why. Pure: no clock, file, socket or environment, and no C.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(feature = "fast"),
    allow(dead_code, unused_imports, reason = "the fast way has its own use for some parts")
)]

pub mod audit;
pub mod bulk;
pub mod compare;
pub mod diagram;
mod digest;
pub mod discover;
pub mod event;
#[cfg(feature = "fast")]
pub mod fast;
pub mod fold;
pub mod json;
pub mod lifecycle;
#[cfg(all(test, feature = "fast"))]
#[cfg_attr(
    not(all(feature = "signature", feature = "simulate")),
    allow(dead_code, reason = "what asks for the counts needs test traffic")
)]
mod marks;
pub mod paths;
#[cfg(feature = "fast")]
mod scan;
mod secret;
pub mod shown;
#[cfg(feature = "signature")]
pub mod signature;
#[cfg(feature = "simulate")]
pub mod simulate;
pub mod time;

pub use self::{
    event::{Delivery, Event, Reader},
    fold::{Asset, Code, Finding, Outcome, Policy, Severity, Snapshot, Verdict, fold, step},
    lifecycle::{Catalog, Lifecycle},
    time::Timestamp,
};
