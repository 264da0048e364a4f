//! What reads a stream, and what takes in what was read, know of each other by this.

use crate::{Delivery, event::EventError};

/// What takes in one delivery after another.
pub(super) trait Hearer {
    /// Takes in one delivery.
    fn deliver(&mut self, delivery: &Delivery<'_>);
    /// Takes in what stands in the place of a delivery that could not be cut out of its stream.
    fn deliver_broken(&mut self, error: &EventError, number: u64);
}
