//! A fold of many assets whose rows are kept, not the assets.

use std::convert::Infallible;

use super::{
    assets::{Grouper, gather},
    compact::Records,
    read::Fact,
    rows::Rows,
};
use crate::{
    bulk::{Bulk, ledger::FoldOptions},
    event::{Delivery, EventError, Placed, Reader, Reading},
};

/// A fold of many assets in little memory. It gives what [`Bulk`] gives, the assets themselves aside.
///
/// Deliveries may be shared out among workers in any way, as long as the numbers of those of one worker go up.
#[derive(Debug)]
pub struct Batch<'c> {
    reader: Reader<'c>,
    terms: FoldOptions,
    workers: Vec<Records<'c>>,
}

impl<'c> From<Bulk<'c>> for Batch<'c> {
    /// The fold that this one would be; it must not have taken anything in, nor be of some assets only.
    fn from(bulk: Bulk<'c>) -> Self {
        Self { reader: bulk.reader, terms: bulk.terms, workers: Vec::new() }
    }
}

impl<'c> Batch<'c> {
    fn worker(&mut self, number: usize) -> &mut Records<'c> {
        while self.workers.len() <= number {
            self.workers.push(Records::new(self.terms.clone()));
        }
        &mut self.workers[number]
    }

    /// Takes in one delivery, by this worker.
    pub fn deliver(&mut self, worker: usize, delivery: &Delivery<'_>) {
        let reading = self.reader.read(delivery);
        self.take(worker, &reading, delivery.number);
    }

    /// Takes in what was read of the delivery of this number.
    pub fn take(&mut self, worker: usize, reading: &Reading<'c>, number: u64) {
        self.worker(worker).take(reading, number);
    }

    /// Takes in what stands in the place of a delivery.
    pub fn deliver_broken(&mut self, worker: usize, error: &EventError, number: u64) {
        self.worker(worker).deliver_broken(error, number);
    }

    /// Takes in an event.
    pub fn place(&mut self, worker: usize, placed: &Placed<'c>) {
        self.worker(worker).add(&Fact::of(placed));
    }

    /// Judges everything and ends the fold.
    pub fn finish(self) -> Rows<'c> {
        let (common, parts) = gather(self.reader.catalog(), &self.terms, self.workers);
        let mut scratch = Grouper::default();
        let fold = |part| {
            let Ok(pile) = common.fold(part, &mut scratch, as_is);
            pile
        };
        let piles = parts.into_iter().map(fold).collect();
        Rows::new(common, piles)
    }
}

/// Contents whose digests are known already.
fn as_is(_: u64, content: u64) -> Result<u64, Infallible> {
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fast::assets::{FoldContext, FoldPart, FoldedPartition};

    fn is_shared<T: Send + Sync>() {}

    /// Whoever has threads may give each its records, and its parts of them to fold.
    #[test]
    fn every_step_can_be_shared_out() {
        is_shared::<Records<'_>>();
        is_shared::<FoldContext<'_>>();
        is_shared::<FoldPart>();
        is_shared::<FoldedPartition<'_>>();
        is_shared::<Grouper>();
        is_shared::<Rows<'_>>();
    }
}
