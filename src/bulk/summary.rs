use serde::Serialize;

use crate::fold::{Code, Severity};

/// Counts over the deliveries of one provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// The provider; `None` for deliveries whose provider could not be told.
    pub provider: Option<String>,
    /// Deliveries, unreadable ones included.
    pub deliveries: u64,
    /// Distinct events; one delivery may be an event of several assets.
    pub events: u64,
    /// Assets.
    pub assets: u64,
    /// Events that had been heard already.
    pub duplicates: u64,
    /// Copies of an event with other content.
    pub conflicts: u64,
    /// Events that came after one that happened later.
    pub late: u64,
    /// Events before which others are missing.
    pub gaps: u64,
    /// Events that were not allowed.
    pub illegal: u64,
    /// Events of kinds that no definition has.
    pub unknown: u64,
    /// Deliveries, or parts of them, that could not be read.
    pub unreadable: u64,
    /// Findings that are errors.
    pub errors: u64,
    /// Findings that are warnings.
    pub warnings: u64,
    /// Events that were legal in the order in which they came.
    pub legal_as_came: u64,
}

impl Summary {
    /// The share of events that were legal as they came, from 0 to 1; `None` without events.
    pub fn fitness(&self) -> Option<f64> {
        (self.events > 0).then(|| self.legal_as_came as f64 / self.events as f64)
    }

    pub(super) fn count(&mut self, code: Code, severity: Severity) {
        match severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
            _ => {}
        }
        match code {
            Code::Duplicate => self.duplicates += 1,
            Code::Late => self.late += 1,
            Code::MissingEvents | Code::FailedEarly | Code::FirstSeenMidLife => self.gaps += 1,
            Code::IllegalTransition
            | Code::BackwardTransition
            | Code::AfterEnd
            | Code::RetriesExhausted => self.illegal += 1,
            Code::UnknownKind => self.unknown += 1,
            _ => {}
        }
    }
}
