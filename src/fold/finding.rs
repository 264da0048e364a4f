//! The catalogue of findings, and how each is worded. `docs/findings.md` has a section on each code.

use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::{
    event::{Event, EventError, EventKind},
    lifecycle::{Lifecycle, Node, Step},
    time::{Timestamp, human_duration},
};

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
    MalformedPayload "P101" "malformed-payload" Error "Neither JSON nor form-urlencoded, or cut.",
    NoEventKind "P102" "no-event-kind" Error "No envelope of a known provider fits.",
    NoAssetId "P103" "no-asset-id" Error "The event names no asset.",
    BadTime "P104" "bad-time" Warning "No usable time; the event sorts last.",
    TooLarge "P105" "too-large" Error "Longer than is read.",
    ContradictoryStatus "P106" "contradictory-status" Warning "The status word is not the state that the event leads to.",
    UnknownProvider "P107" "unknown-provider" Error "A record names a provider without a definition.",
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// A coded remark about an event, a payload or an asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    /// The number of the delivery that it is about.
    #[serde(skip)]
    pub delivery: u64,
    /// The number of the delivery that this one repeats.
    #[serde(skip)]
    pub repeats: Option<u64>,
}

impl Finding {
    fn blank(code: Code, message: String, help: impl Into<String>) -> Self {
        Self {
            code,
            name: code.name(),
            severity: code.severity(),
            entity: None,
            id: None,
            event: None,
            event_id: None,
            at: None,
            state: None,
            allowed: Vec::new(),
            missing: Vec::new(),
            message,
            help: help.into(),
            delivery: 0,
            repeats: None,
        }
    }

    fn about(self, lifecycle: &Lifecycle, asset: &str) -> Self {
        Self { entity: Some(lifecycle.entity().to_owned()), id: Some(asset.to_owned()), ..self }
    }

    fn of_event(self, lifecycle: &Lifecycle, asset: &str, event: &Event) -> Self {
        Self {
            event: Some(event.name(lifecycle).to_owned()),
            event_id: event.id.as_deref().map(str::to_owned),
            at: event.time,
            delivery: event.delivery,
            ..self.about(lifecycle, asset)
        }
    }

    fn in_state(self, lifecycle: &Lifecycle, node: Node) -> Self {
        Self {
            state: Some(lifecycle.state(node).name.clone()),
            allowed: owned(lifecycle.allowed(node)),
            ..self
        }
    }

    /// What there is to say of a payload that could not be read.
    pub fn unreadable(error: &EventError, delivery: u64) -> Self {
        let message = error.to_string();
        let (code, help) = match error {
            EventError::Malformed { .. } => (
                Code::MalformedPayload,
                "the delivery was not folded; ask the provider to send it again".to_owned(),
            ),
            EventError::NoKind { .. } => (
                Code::NoEventKind,
                "give the provider with `--provider`, or a definition with `--definitions`".to_owned(),
            ),
            EventError::NoId { .. } => (
                Code::NoAssetId,
                "the event belongs to some asset that cannot be told from the payload".to_owned(),
            ),
            EventError::UnknownKind { near: Some(near), .. } => {
                (Code::UnknownKind, format!("did you mean `{near}`?"))
            }
            EventError::UnknownKind { near: None, .. } => (
                Code::UnknownKind,
                "if it moves an asset, add it to a definition; if another provider sent it, give `--provider`"
                    .to_owned(),
            ),
            EventError::UnknownProvider { .. } => {
                (Code::UnknownProvider, "add its definition with `--definitions`".to_owned())
            }
            EventError::BadReceivedAt { .. } => {
                (Code::BadTime, "the delivery was folded without it".to_owned())
            }
            EventError::TooLarge { .. } => {
                (Code::TooLarge, "the delivery was not folded".to_owned())
            }
        };
        let event = match error {
            EventError::NoId { kind, .. } | EventError::UnknownKind { kind, .. } => {
                Some(kind.clone())
            }
            _ => None,
        };
        let entity = match error {
            EventError::NoId { entity, .. } => Some(entity.clone()),
            _ => None,
        };
        Self { delivery, event, entity, ..Self::blank(code, message, help) }
    }

    /// The same event again.
    pub(crate) fn duplicate(lifecycle: &Lifecycle, asset: &str, event: &Event, first: u64) -> Self {
        let message = format!("`{}` came again", event.name(lifecycle));
        let help = "webhooks are delivered at least once; nothing changed";
        let finding = Self::blank(Code::Duplicate, message, help);
        Self { repeats: Some(first), ..finding.of_event(lifecycle, asset, event) }
    }

    /// An event that came after one that happened later.
    pub(crate) fn late(lifecycle: &Lifecycle, asset: &str, event: &Event, by: Duration) -> Self {
        let name = event.name(lifecycle);
        let message =
            format!("`{name}` came after an event that happened {} later", human_duration(by));
        Self::blank(
            Code::Late,
            message,
            "it was put in its place and what follows was judged again",
        )
        .of_event(lifecycle, asset, event)
    }

    /// An event older than the history that is kept.
    pub(crate) fn too_old(lifecycle: &Lifecycle, asset: &str, event: &Event) -> Self {
        let name = event.name(lifecycle);
        let message = format!("`{name}` is older than the history that is kept of the asset");
        Self::blank(Code::HistoryCondensed, message, "it was counted and not folded")
            .of_event(lifecycle, asset, event)
    }

    /// The history passed its limit.
    pub(crate) fn condensed(
        lifecycle: &Lifecycle,
        asset: &str,
        events: u64,
        delivery: u64,
    ) -> Self {
        let message =
            format!("the oldest {events} events of the asset were condensed into its state");
        let help = format!(
            "at most {} are kept; events older than those cannot be placed",
            super::HISTORY_MAX
        );
        Self {
            delivery,
            ..Self::blank(Code::HistoryCondensed, message, help).about(lifecycle, asset)
        }
    }

    /// The asset has been in its state for longer than is normal.
    pub(crate) fn overdue(
        lifecycle: &Lifecycle,
        asset: &str,
        node: Node,
        waited: Duration,
        dwell: Duration,
    ) -> Self {
        let state = &lifecycle.state(node).name;
        let (waited, dwell) = (human_duration(waited), human_duration(dwell));
        let message = format!("in `{state}` for {waited}; {dwell} is the longest that is normal");
        let help = "an event was lost, or the provider is stuck: ask its API where the asset is";
        Self::blank(Code::Overdue, message, help).about(lifecycle, asset).in_state(lifecycle, node)
    }

    /// The same event id with other content.
    pub(crate) fn conflict(
        lifecycle: &Lifecycle,
        asset: &str,
        counts: &Event,
        other: &Event,
    ) -> Self {
        let what = match &other.id {
            Some(id) => format!("the event id `{}`", short(id)),
            None => "the same event at the same time".to_owned(),
        };
        let (first, second) = (counts.name(lifecycle), other.name(lifecycle));
        let message = if first == second {
            format!("{what} came with other content (`{first}` both times)")
        } else {
            format!("{what} came as `{first}` and as `{second}`")
        };
        let help = format!("the copy that sorts first by time and content counts: `{first}`");
        let finding = Self::blank(Code::ConflictingDuplicate, message, help);
        Self { repeats: Some(counts.delivery), ..finding.of_event(lifecycle, asset, other) }
    }

    /// What there is to say of a step that was not simply legal.
    pub(crate) fn step(
        lifecycle: &Lifecycle,
        asset: &str,
        event: &Event,
        node: Node,
        step: Option<Step>,
    ) -> Option<Self> {
        let name = event.name(lifecycle);
        let state = lifecycle.state(node).name.as_str();
        let kind = match &event.kind {
            EventKind::Known(kind) => *kind,
            EventKind::Unknown(_) => return Some(unknown_kind(lifecycle, asset, event, node)),
        };
        let next = lifecycle.rule(node, kind).next;
        let to = &lifecycle.state(next).name;
        let finding = match step? {
            Step::Moved | Step::Stayed => return None,
            Step::FirstSeen => {
                let message = match next == Node::NEW {
                    true => format!("the first event heard is `{name}`, which begins nothing"),
                    false => format!("first heard of when already `{to}`"),
                };
                let help = "earlier events were lost, or happened before webhooks were recorded";
                Self::blank(Code::FirstSeenMidLife, message, help)
            }
            Step::MissingEvents => {
                let missing = owned(lifecycle.missing(node, kind));
                let message =
                    format!("`{name}` in `{state}`: {} must have come before", listed(&missing));
                let help = "a lost or late event; if it still comes, this heals";
                Self { missing, ..Self::blank(Code::MissingEvents, message, help) }
            }
            Step::FailedEarly => {
                let missing = lifecycle.way(node, kind).map(owned).unwrap_or_default();
                let used = lifecycle.retries_used(node);
                let limit = lifecycle.retries().map_or(0, |retries| retries.limit);
                let message = format!("`{name}` in `{state}` with {used} of {limit} retries used");
                let help = "the provider gave up early, or retries were not reported";
                Self { missing, ..Self::blank(Code::FailedEarly, message, help) }
            }
            Step::AfterEnd => {
                let message = format!("`{name}` after the end: nothing leaves `{state}`");
                Self::blank(
                    Code::AfterEnd,
                    message,
                    "a late delivery, or the provider reused the asset",
                )
            }
            Step::RetriesExhausted => {
                let limit = lifecycle.retries().map_or(0, |retries| retries.limit);
                let message = format!("`{name}` in `{state}` is a retry, and all {limit} are used");
                Self::blank(Code::RetriesExhausted, message, way(lifecycle, node, event))
            }
            Step::Backward => {
                let message =
                    format!("`{name}` leads from `{state}` back to `{to}`, which was passed");
                let help = "a late delivery: this provider sends no time, so order of arrival is all there is";
                Self::blank(Code::BackwardTransition, message, help)
            }
            Step::Illegal => {
                let message = format!("`{name}` is not allowed from `{state}`");
                Self::blank(Code::IllegalTransition, message, way(lifecycle, node, event))
            }
        };
        Some(finding.of_event(lifecycle, asset, event).in_state(lifecycle, node))
    }

    /// What there is to say of an event apart from whether it was legal.
    pub(crate) fn of_payload(
        lifecycle: &Lifecycle,
        asset: &str,
        event: &Event,
        contradictory: bool,
        node: Node,
        findings: &mut Vec<Self>,
    ) {
        let name = event.name(lifecycle);
        let mut push = |code, message, help: &str| {
            findings.push(Self::blank(code, message, help).of_event(lifecycle, asset, event));
        };
        if lifecycle.order() == crate::lifecycle::Order::Time && event.time.is_none() {
            let why = event.time_error.as_deref().unwrap_or("the payload has none");
            let message = format!("`{name}` has no usable time: {why}");
            push(Code::BadTime, message, "it is taken to be the last of the asset's events");
        }
        let word = short(event.status.as_deref().unwrap_or_default());
        if event.unknown_status {
            let message = format!("the definition has no status `{word}`");
            push(
                Code::UnknownStatus,
                message,
                "add it to [statuses] if it says where the asset is",
            );
        }
        if contradictory {
            let state = &lifecycle.state(node).name;
            let says = event.says.map_or("", |says| &lifecycle.states()[usize::from(says)].name);
            let message =
                format!("the status `{word}` says `{says}`, but the events say `{state}`");
            push(
                Code::ContradictoryStatus,
                message,
                "the events are believed; an event may be missing",
            );
        }
    }
}

fn unknown_kind(lifecycle: &Lifecycle, asset: &str, event: &Event, node: Node) -> Finding {
    let name = event.name(lifecycle);
    let message = format!("{} has no event kind `{}`", lifecycle.entity(), short(name));
    let names = lifecycle.kinds().map(|(_, name)| name);
    let help = match crate::lifecycle::closest(name, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "if it moves the asset, add it to the definition".to_owned(),
    };
    Finding::blank(Code::UnknownKind, message, help)
        .of_event(lifecycle, asset, event)
        .in_state(lifecycle, node)
}

/// The shortest legal way to where the event would be allowed.
fn way(lifecycle: &Lifecycle, node: Node, event: &Event) -> String {
    let EventKind::Known(kind) = event.kind else { return String::new() };
    let state = &lifecycle.state(node).name;
    match lifecycle.way(node, kind).filter(|way| !way.is_empty()) {
        Some(way) => format!("the shortest legal way there: {}", listed(&owned(way))),
        None => {
            let legal = lifecycle.legal_in(kind).join(", ");
            format!("no legal way leads there from `{state}`; it is allowed in {legal}")
        }
    }
}

fn owned(names: Vec<&str>) -> Vec<String> {
    names.into_iter().map(str::to_owned).collect()
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A name from outside, cut to what a line can hold.
fn short(name: &str) -> String {
    match name.char_indices().nth(64) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}
