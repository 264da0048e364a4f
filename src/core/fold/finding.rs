//! The catalogue of findings; `docs/findings.md` has a section on each code.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::{lifecycle::Step, time::Timestamp};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Not reported at all.
    Allowed,
    /// Normal for webhooks, worth counting.
    Info,
    /// Something is missing, late or unknown.
    Warning,
    /// Something contradicts the lifecycle, or could not be read.
    Error,
}

impl Severity {
    /// Its name, as printed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl Serialize for Severity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Severities as the caller wants them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels(BTreeMap<Code, Severity>);

impl Levels {
    /// The severity of a finding.
    pub fn severity(&self, code: Code) -> Severity {
        self.0.get(&code).copied().unwrap_or_else(|| code.severity())
    }

    /// Changes the severity of a finding.
    pub fn set(&mut self, code: Code, severity: Severity) {
        self.0.insert(code, severity);
    }

    /// Whether nothing was changed.
    pub fn is_default(&self) -> bool {
        self.0.is_empty()
    }
}

macro_rules! codes {
    ($($variant:ident $code:literal $name:literal $severity:ident $summary:literal,)*) => {
        /// The stable code of a finding.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $summary] $variant,)*
        }

        impl Code {
            /// All codes, in order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code, such as `L101`.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The name, such as `illegal-transition`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The severity unless it is changed.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }
        }
    };
}

codes! {
    IllegalTransition "L101" "illegal-transition" Error "No way leads from the state to where the event leads.",
    BackwardTransition "L102" "backward-transition" Error "The event leads back to a state that was passed.",
    AfterEnd "L103" "after-end" Error "An event after the end state.",
    RetriesExhausted "L104" "retries-exhausted" Error "One retry more than there are.",
    FailedEarly "L105" "failed-early" Error "Given up with retries left.",
    MissingEvents "L201" "missing-events" Warning "Events before this one were not heard.",
    FirstSeenMidLife "L202" "first-seen-mid-life" Info "The first event heard of the asset is not a first event.",
    UnknownKind "L203" "unknown-kind" Warning "An event kind that the definition does not have.",
    UnknownStatus "L204" "unknown-status" Warning "A status word that the definition does not have.",
    Duplicate "L301" "duplicate" Info "The same event again.",
    ConflictingDuplicate "L302" "conflicting-duplicate" Error "The same event id again, with other content.",
    Late "L303" "late" Info "An event that came after a later one.",
    Overdue "L304" "overdue" Warning "Longer in a state than is normal.",
    HistoryCondensed "L305" "history-condensed" Warning "More events than are kept of one asset.",
    OrderGuessed "L306" "order-guessed" Warning "Two copies of an asset were merged in an order that was guessed.",
    MalformedPayload "P101" "malformed-payload" Error "Neither JSON nor form-urlencoded, or cut.",
    NoEventKind "P102" "no-event-kind" Error "There is no event kind where a provider has one.",
    NoAssetId "P103" "no-asset-id" Error "The event names no asset.",
    BadTime "P104" "bad-time" Warning "No usable time; the event sorts last.",
    TooLarge "P105" "too-large" Error "Longer than is read.",
    ContradictoryStatus "P106" "contradictory-status" Warning "The status word is not the state that the event leads to.",
    UnknownProvider "P107" "unknown-provider" Error "No known provider sends this, or a record names one without a definition.",
    AmbiguousProvider "P108" "ambiguous-provider" Error "Several providers may have sent it, and nothing tells which.",
    PartOfAList "P109" "part-of-a-list" Warning "A list of which one item is read has more.",
}

impl Code {
    /// What there is to say of a step; `None` is of an unknown kind.
    pub(crate) fn of_step(step: Option<Step>) -> Option<Self> {
        match step {
            None => Some(Self::UnknownKind),
            Some(Step::Moved | Step::Stayed) => None,
            Some(Step::MissingEvents) => Some(Self::MissingEvents),
            Some(Step::FailedEarly) => Some(Self::FailedEarly),
            Some(Step::FirstSeen) => Some(Self::FirstSeenMidLife),
            Some(Step::Backward) => Some(Self::BackwardTransition),
            Some(Step::RetriesExhausted) => Some(Self::RetriesExhausted),
            Some(Step::AfterEnd) => Some(Self::AfterEnd),
            Some(Step::Illegal) => Some(Self::IllegalTransition),
        }
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// A coded remark about an event, a payload or an asset.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// What it is.
    pub code: Code,
    /// The code's name.
    pub name: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The entity of the asset.
    pub entity: Option<String>,
    /// The id of the asset.
    pub id: Option<String>,
    /// The event kind.
    pub event: Option<String>,
    /// The provider's id of the event.
    pub event_id: Option<String>,
    /// When the event happened, by the provider's clock.
    pub at: Option<Timestamp>,
    /// The state that the asset was in.
    pub state: Option<String>,
    /// The event kinds that would have led on from there.
    pub allowed: Vec<String>,
    /// The cheapest legal sequence of events that would have led to this one.
    pub missing: Vec<String>,
    /// What happened, for people.
    pub message: String,
    /// What to make of it, for people; may be empty.
    pub help: String,
    /// The number of the payload that it is about within its delivery, from 1; `None` for the only one.
    pub item: Option<u32>,
    /// The number of the delivery that it is about.
    #[serde(skip)]
    pub delivery: u64,
    /// The number of the delivery that this one repeats.
    #[serde(skip)]
    pub repeats: Option<u64>,
    /// The number of the payload within that delivery.
    #[serde(skip)]
    pub repeats_item: Option<u32>,
}
