use serde::Serialize;

use super::finding::Finding;
use crate::lifecycle::Step;

/// What one event did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub enum Verdict {
    /// It led to another state.
    Moved,
    /// It was legal and kept the state.
    Stayed,
    /// It was taken, and events before it are missing.
    Gap,
    /// It was not allowed.
    Illegal,
    /// It had been heard already, or is so old that this can no longer be told; then a finding says so.
    Duplicate,
    /// The lifecycle does not have its kind.
    Unknown,
}

impl Verdict {
    /// The verdict of a judged event; `None` is an unknown kind.
    pub(crate) fn of(step: Option<Step>) -> Self {
        match step {
            None => Self::Unknown,
            Some(Step::Moved) => Self::Moved,
            Some(Step::Stayed) => Self::Stayed,
            Some(Step::MissingEvents | Step::FailedEarly | Step::FirstSeen) => Self::Gap,
            Some(Step::Backward | Step::RetriesExhausted | Step::AfterEnd | Step::Illegal) => {
                Self::Illegal
            }
        }
    }

    /// The verdict of this name.
    pub fn named(name: &str) -> Option<Self> {
        use Verdict::{Duplicate, Gap, Illegal, Moved, Stayed, Unknown};
        let all = [Moved, Stayed, Gap, Illegal, Duplicate, Unknown];
        all.into_iter().find(|verdict| verdict.name() == name)
    }

    /// Its name, as printed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Moved => "Moved",
            Self::Stayed => "Stayed",
            Self::Gap => "Gap",
            Self::Illegal => "Illegal",
            Self::Duplicate => "Duplicate",
            Self::Unknown => "Unknown",
        }
    }
}

/// What an illegal event does to the state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Policy {
    /// Nothing: the lifecycle is believed.
    #[default]
    Keep,
    /// It leads where the provider says, but never out of an end state.
    Follow,
}

/// What one event did to an asset.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome<'l> {
    /// What the event did, at its place among the others.
    pub verdict: Verdict,
    /// The state that the asset was in before the event came.
    pub before: &'l str,
    /// The state that it is in now. For a late event both are of the end of the history, not of its place.
    pub after: &'l str,
    /// The event came after one that happened later.
    pub late: bool,
    /// What there is to say of it.
    pub findings: Vec<Finding>,
}

impl Outcome<'_> {
    /// Whether the asset is in another state than before: what an application acts upon, once, after it has stored the
    /// asset.
    pub fn changed(&self) -> bool {
        self.before != self.after
    }
}
