//! How each finding is worded: what happened, what was allowed from there, the shortest legal way.

use std::time::Duration;

use super::finding::{Code, Finding};
use crate::{
    event::{Event, EventError, EventKind},
    lifecycle::{KindId, Lifecycle, NEW, Node, Order},
    shown::shortened,
    time::{Timestamp, human_duration},
};

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
            item: None,
            delivery: 0,
            repeats: None,
            repeats_item: None,
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
            item: event.item,
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
        let (item, error) = match error {
            EventError::OfItem { item, error } => (Some(*item), &**error),
            error => (None, error),
        };
        let message = error.to_string();
        let cause = match error {
            EventError::Items { first, .. } => first,
            error => error,
        };
        let (code, help) = match cause {
            EventError::Malformed { .. } => (
                Code::MalformedPayload,
                "it was not folded; if it matters, ask the provider to send it again".to_owned(),
            ),
            EventError::NoKind { help, .. } => (
                Code::NoEventKind,
                help.unwrap_or("a line is the body as it was sent, or {\"provider\":…,\"received_at\":…,\"body\":…}; another provider needs `--definitions`")
                    .to_owned(),
            ),
            EventError::Unrecognised { .. } => (
                Code::UnknownProvider,
                "if a known provider sent it, name it with `--provider`; for another, load a definition with `--definitions`"
                    .to_owned(),
            ),
            EventError::NoId { .. } => (
                Code::NoAssetId,
                "the event belongs to some asset that cannot be told from the payload".to_owned(),
            ),
            EventError::UnknownKind { near: Some(near), .. } => {
                (Code::UnknownKind, format!("the nearest known is `{near}`"))
            }
            EventError::UnknownKind { near: None, .. } => (
                Code::UnknownKind,
                "if it moves an asset, add it to a definition; if another provider sent it, give `--provider`"
                    .to_owned(),
            ),
            EventError::UnknownProvider { near: Some(near), .. } => {
                (Code::UnknownProvider, format!("did you mean `{near}`?"))
            }
            EventError::UnknownProvider { near: None, .. } => {
                (Code::UnknownProvider, "add its definition with `--definitions`".to_owned())
            }
            EventError::BrokenStream { .. } => {
                (Code::MalformedPayload, "what could be read of it was folded; the rest may be lost".to_owned())
            }
            EventError::BadReceivedAt { .. } => {
                (Code::BadTime, "the delivery was folded without it".to_owned())
            }
            EventError::LongStatus { .. } => {
                (Code::TooLarge, "the delivery was folded without its status".to_owned())
            }
            EventError::TooLarge { .. } => {
                (Code::TooLarge, "the delivery was not folded".to_owned())
            }
            error => of_envelope(error),
        };
        let (event, entity, event_id, at) = about(error);
        Self { delivery, item, event, entity, event_id, at, ..Self::blank(code, message, help) }
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
        Self::blank(Code::HistoryCondensed, message, "it was counted as late and not folded")
            .of_event(lifecycle, asset, event)
    }

    /// Two rows of an asset were merged, and only the times of receipt tell in which order their events came.
    pub(crate) fn order_guessed(lifecycle: &Lifecycle, asset: &str) -> Self {
        let message = "two copies of the asset were merged, and each had events of its own";
        let help = "their order is that in which they were received, as far as that is known";
        Self::blank(Code::OrderGuessed, message.to_owned(), help).about(lifecycle, asset)
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
    pub fn overdue(
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
            Some(id) => format!("the event id `{}`", shortened(id)),
            None => "the same event at the same time".to_owned(),
        };
        let (first, second) = (counts.name(lifecycle), other.name(lifecycle));
        let message = if first == second {
            format!("{what} came with other content (`{first}` both times)")
        } else {
            format!("{what} came as `{first}` and as `{second}`")
        };
        let help = match lifecycle.order() {
            Order::Time => "the copy that sorts first by time and content counts",
            Order::Arrival => "the copy that came first counts",
        };
        let finding = Self::blank(Code::ConflictingDuplicate, message, help);
        let (repeats, repeats_item) = (Some(counts.delivery), counts.item);
        Self { repeats, repeats_item, ..finding.of_event(lifecycle, asset, other) }
    }

    /// What there is to say of an event that led from one node to another.
    pub(crate) fn of(
        code: Code,
        lifecycle: &Lifecycle,
        asset: &str,
        event: &Event,
        before: Node,
        after: Node,
    ) -> Self {
        match (code, &event.kind) {
            (Code::BadTime | Code::UnknownStatus | Code::ContradictoryStatus, _) => {
                Self::payload(code, lifecycle, event, after)
                    .of_event(lifecycle, asset, event)
                    .in_state(lifecycle, after)
            }
            (_, EventKind::Unknown(_)) => unknown_kind(lifecycle, asset, event, before),
            (_, EventKind::Known(kind)) => Self::step(code, lifecycle, event, before, *kind)
                .of_event(lifecycle, asset, event)
                .in_state(lifecycle, before),
        }
    }

    fn step(code: Code, lifecycle: &Lifecycle, event: &Event, node: Node, kind: KindId) -> Self {
        let name = &*event.label(lifecycle);
        let state = lifecycle.state(node).name.as_str();
        let next = lifecycle.rule(node, kind).next;
        let to = &lifecycle.state(next).name;
        let limit = lifecycle.retries().map_or(0, |retries| retries.limit);
        let mut missing = Vec::new();
        let (message, help) = match code {
            Code::FirstSeenMidLife if next == Node::NEW => (
                format!("the first event heard is `{name}`, which begins nothing"),
                "earlier events were lost, or happened before webhooks were recorded".to_owned(),
            ),
            Code::FirstSeenMidLife => (
                format!("first heard of when already `{to}`"),
                "earlier events were lost, or happened before webhooks were recorded".to_owned(),
            ),
            Code::MissingEvents => {
                missing = owned(lifecycle.missing(node, kind));
                missing_events(lifecycle, name, state, &missing)
            }
            Code::FailedEarly => {
                missing = lifecycle.way(node, kind).map(owned).unwrap_or_default();
                let used = lifecycle.retries_used(node);
                let message = format!("`{name}` in `{state}` with {used} of {limit} retries used");
                (message, "the provider gave up early, or retries were not reported".to_owned())
            }
            Code::AfterEnd => (
                format!("`{name}` after the end: nothing leaves `{state}`"),
                "it was under way when the asset ended, or the asset's id is used again".to_owned(),
            ),
            Code::RetriesExhausted => {
                let then = lifecycle.retries().map_or(0, |retries| retries.then);
                let then = &lifecycle.states()[then].name;
                let message = format!("`{name}` in `{state}` is a retry, and all {limit} are used");
                (message, format!("with no retry left `{then}` is what comes"))
            }
            Code::BackwardTransition => (
                format!("`{name}` leads from `{state}` back to `{to}`, which lies before it"),
                "most likely a late delivery; without times, order of arrival is all there is"
                    .to_owned(),
            ),
            _ => (format!("`{name}` is not allowed from `{state}`"), way(lifecycle, node, kind)),
        };
        Self { missing, ..Self::blank(code, message, help) }
    }

    /// What there is to say of an event apart from whether it was legal.
    fn payload(code: Code, lifecycle: &Lifecycle, event: &Event, after: Node) -> Self {
        let name = event.name(lifecycle);
        let word = shortened(event.status.as_deref().unwrap_or_default());
        let (message, help) = match code {
            Code::BadTime => {
                let why = event.time_error.as_deref().unwrap_or("the payload has none");
                let message = format!("`{name}` has no usable time: {why}");
                let help = match event.received_at {
                    Some(_) => "the time at which it was received is taken in its place",
                    None => "it is taken to be the last of the asset's events",
                };
                (message, help)
            }
            Code::UnknownStatus => (
                format!("{} has no status `{word}`", lifecycle.entity()),
                "add it to [statuses] if it says where the asset is",
            ),
            _ => {
                let state = &lifecycle.state(after).name;
                let says =
                    event.says.map_or("", |says| &lifecycle.states()[usize::from(says)].name);
                let message =
                    format!("the status `{word}` says `{says}`, but the events say `{state}`");
                (message, "the events are believed; an event may be missing")
            }
        };
        Self::blank(code, message, help)
    }
}

fn missing_events(
    lifecycle: &Lifecycle,
    name: &str,
    state: &str,
    missing: &[String],
) -> (String, String) {
    let missed = match missing {
        [] => String::new(),
        missing => format!(", at the least {}", listed(missing)),
    };
    let help = match lifecycle.order() {
        Order::Time => "lost or late; if they still come, this heals",
        Order::Arrival => "lost, or overtaken on the way",
    };
    (format!("`{name}` in `{state}`: events before it are missing{missed}"), help.to_owned())
}

type ErrorFacts = (Option<String>, Option<String>, Option<String>, Option<Timestamp>);

/// What is known of an event that could not be read: its kind, entity, id and time.
fn about(error: &EventError) -> ErrorFacts {
    let event = match error {
        EventError::NoId { kind, .. }
        | EventError::UnknownKind { kind, .. }
        | EventError::Ambiguous { kind, .. }
        | EventError::Unrecognised { kind, .. } => Some(kind.clone()),
        _ => None,
    };
    let (entity, event_id, at) = match error {
        EventError::NoId { entity, event_id, at, .. } => {
            (Some(entity.clone()), event_id.clone(), *at)
        }
        _ => (None, None, None),
    };
    (event, entity, event_id, at)
}

/// The code of what an envelope does not settle, and what to make of it.
fn of_envelope(error: &EventError) -> (Code, String) {
    match error {
        EventError::Ambiguous { .. } => (
            Code::AmbiguousProvider,
            "it was folded by neither: name its sender with `--provider`, or say in a definition by `when` what its payloads alone have"
                .to_owned(),
        ),
        EventError::NotOf { .. } => (
            Code::UnknownProvider,
            "it was not folded; another provider sent it, or the definition asks too much".to_owned(),
        ),
        EventError::PartOfList { .. } => (
            Code::PartOfAList,
            "the others were not read: `unwrap` reads each item of a list as a payload".to_owned(),
        ),
        EventError::TooManyItems { .. } => {
            (Code::TooLarge, "the others were not folded".to_owned())
        }
        _ => (Code::MalformedPayload, String::new()),
    }
}

fn unknown_kind(lifecycle: &Lifecycle, asset: &str, event: &Event, node: Node) -> Finding {
    let name = event.name(lifecycle);
    let message = format!("{} has no event kind `{}`", lifecycle.entity(), shortened(name));
    let names = lifecycle.kinds().map(|(_, name)| name);
    let help = match crate::lifecycle::closest(name, names) {
        Some(near) => format!(
            "if it moves the asset, add it to the definition (the nearest known is `{near}`)"
        ),
        None => "if it moves the asset, add it to the definition".to_owned(),
    };
    let finding = Finding::blank(Code::UnknownKind, message, help);
    finding.of_event(lifecycle, asset, event).in_state(lifecycle, node)
}

/// The shortest legal way to where the event would be allowed.
fn way(lifecycle: &Lifecycle, node: Node, kind: KindId) -> String {
    let state = &lifecycle.state(node).name;
    match lifecycle.way(node, kind).filter(|way| !way.is_empty()) {
        Some(way) => format!("the shortest legal way there: {}", listed(&owned(way))),
        None => {
            let legal = lifecycle.legal_in(kind);
            // What begins an asset begins another one, if the provider uses ids again.
            let again = if legal.contains(&NEW) { ", or the asset's id is used again" } else { "" };
            let legal = legal.join(", ");
            format!("no legal way leads there from `{state}`; it is allowed in {legal}{again}")
        }
    }
}

fn owned(names: Vec<&str>) -> Vec<String> {
    names.into_iter().map(str::to_owned).collect()
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
