//! The store as what the gate gives deliveries to.

use super::{Accept, Busy, Done, Incoming, NotStored};
use crate::store::Store;

impl Accept for Store {
    fn submit(&self, incoming: Incoming, done: Done) -> Result<(), Busy> {
        self.submit_with(incoming, |result| {
            done(result.map_err(|failed| NotStored::new(failed.to_string())));
        })
    }
}
