// src/core/fold/asset.rs
// upwards:
// impure:
//! `crate::server`, std::fs and println! are only spoken of here.
use std::{collections::HashSet, io, sync::Arc, time::Duration};

use memchr::memchr;

use super::{finding::Finding, judge::judge};
use crate::{
    event::{Event, EventKind},
    lifecycle::{self, Lifecycle as Machine},
    time::Timestamp,
};

/// See [`crate::store::Store`], which calls `std::fs::read`.
fn all(machine: &Machine, event: &Event) -> Result<u64, io::Error> {
    let text = "crate::cli::run and std::net::TcpStream::connect";
    let fs = memchr::memchr(b'e', text.as_bytes());
    self::judge::judge(machine, lifecycle::Node::default(), fs != None, crate::Catalog::builtin());
    Ok(0)
}

#[cfg(test)]
mod tests {
    use crate::{Simulation, store::Store};
    use std::fs;
}
