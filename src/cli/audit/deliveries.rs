//! How an audit hears of deliveries.

use super::super::input::Hearer;
use crate::{Delivery, audit::Audit, event::EventError, fast::LineReader};

/// An audit that reads most deliveries by their tokens.
pub(super) struct QuickAudit<'a, 'c> {
    audit: &'a mut Audit<'c>,
    lines: LineReader<'c>,
}

impl<'a, 'c> QuickAudit<'a, 'c> {
    pub(super) fn new(audit: &'a mut Audit<'c>) -> Self {
        let lines = LineReader::new(audit.reader());
        Self { audit, lines }
    }
}

impl Hearer for QuickAudit<'_, '_> {
    fn deliver(&mut self, delivery: &Delivery<'_>) {
        match self.lines.read(delivery, |_, _| true) {
            Some((provider, events)) => self.audit.take_read(provider, events),
            None => self.audit.deliver(delivery),
        }
    }

    fn deliver_broken(&mut self, error: &EventError, number: u64) {
        self.audit.deliver_broken(error, number);
    }
}
