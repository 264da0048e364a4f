//! The events of an asset that are no longer kept one by one.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::{Deref, DerefMut},
    sync::LazyLock,
};

use super::{finding::Code, judge::Standing, known::Accumulated};
use crate::time::Timestamp;

/// How many identities of condensed events are kept.
pub const HEARD_MAX: usize = 64;

/// What is left of them; takes room only where there are any, which few assets have.
#[derive(Clone, Debug, Default)]
pub(super) struct Past(Option<Box<Condensed>>);

/// What they led to.
#[derive(Clone, Debug, Default)]
pub(super) struct Condensed {
    pub(super) events: u64,
    pub(super) until: Option<Timestamp>,
    pub(super) standing: Standing,
    pub(super) known: Accumulated,
    pub(super) codes: BTreeMap<Code, u64>,
    pub(super) last_delivery: u64,
    /// The identities of the last of them, in no order but that of their condensing; of a bounded asset alone.
    pub(super) heard: VecDeque<u64>,
}

impl Condensed {
    pub(super) fn has_heard(&self, identity: u64) -> bool {
        self.heard.contains(&identity)
    }

    /// Keeps no more identities than are kept.
    pub(super) fn forget(&mut self) {
        self.heard.drain(..self.heard.len().saturating_sub(HEARD_MAX));
    }
}

impl Deref for Past {
    type Target = Condensed;

    fn deref(&self) -> &Condensed {
        static NONE: LazyLock<Condensed> = LazyLock::new(Condensed::default);
        self.0.as_deref().unwrap_or_else(|| &NONE)
    }
}

impl DerefMut for Past {
    fn deref_mut(&mut self) -> &mut Condensed {
        self.0.get_or_insert_default()
    }
}
