//! Folds the webhooks of video platforms into the one true state of each asset.

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
