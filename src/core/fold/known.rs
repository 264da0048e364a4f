//! What the events of a history say of their asset, up to some place.

use std::sync::Arc;

use super::data::Data;
use crate::time::Timestamp;

/// What is known of an asset besides where it stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Accumulated {
    pub(super) since: Option<Timestamp>,
    pub(super) status: Option<Box<str>>,
    pub(super) parent: Option<Box<str>>,
    pub(super) data: Data<Arc<str>>,
}

/// The places of the events that say it, data aside: of each the last that counts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tellers {
    /// It led into another state.
    pub(crate) entered: Option<usize>,
    pub(crate) status: Option<usize>,
    pub(crate) parent: Option<usize>,
}

impl Tellers {
    /// Takes in the event at a place: whether it led into another state, whether what its payload says counts, and
    /// whether that has a status word and a parent.
    #[inline]
    pub(crate) fn add(&mut self, at: usize, moved: bool, believed: bool, says: [bool; 2]) {
        let last = |counts: bool, known: &mut Option<usize>| {
            if counts {
                *known = Some(at);
            }
        };
        last(moved, &mut self.entered);
        last(believed && says[0], &mut self.status);
        last(believed && says[1], &mut self.parent);
    }
}
