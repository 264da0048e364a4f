//! What the events of a history say of their asset, up to some place.

use std::sync::Arc;

use super::{data::Data, identity::happened};
use crate::{event::Event, lifecycle::Lifecycle, time::Timestamp};

/// What is known of an asset besides where it stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Accumulated {
    pub(super) since: Option<Timestamp>,
    pub(super) status: Option<Box<str>>,
    pub(super) parent: Option<Box<str>>,
    pub(super) data: Data<Arc<str>>,
}

impl Accumulated {
    /// Takes in the next event: whether it led into another state, and whether what its payload says counts.
    pub(super) fn add(
        &mut self,
        lifecycle: &Lifecycle,
        event: &Event,
        moved: bool,
        believed: bool,
    ) {
        if moved {
            self.since = happened(event);
        }
        if believed {
            if event.status.is_some() {
                self.status.clone_from(&event.status);
            }
            if event.parent.is_some() {
                self.parent.clone_from(&event.parent);
            }
            self.data.merge(lifecycle, event.data.iter().cloned());
        }
    }
}
