//! Which delivery a wrong row comes of.

use super::handler::{Followed, Rule, is_after, tail};
use crate::{
    event::{Event, EventKind},
    fold::{Asset, HistoryEntry, Verdict, happened},
    lifecycle::{Lifecycle, Order},
    shown::shortened,
    time::Timestamp,
};

macro_rules! reasons {
    ($($variant:ident $name:literal $summary:literal,)*) => {
        /// How a delivery explains a wrong row.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum AuditReason {
            $(#[doc = $summary] $variant,)*
        }

        impl AuditReason {
            /// Its name, such as `late`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

reasons! {
    AfterWritten "after-written" "It came after the row was written, which was true then.",
    Late "late" "It came late and was believed.",
    AfterEnd "after-end" "It came after the end and was believed.",
    Illegal "illegal" "It was not allowed and was believed.",
    Copy "copy" "A copy was believed once more.",
    StatusWord "status-word" "Its status word was believed.",
    UnknownKind "unknown-kind" "It is of a kind that nobody knows, and was believed.",
    Gap "gap" "It was not believed, since events before it are missing.",
    SameSecond "same-second" "It was not believed, since it is of the second of the event before.",
    Unexplained "none" "No delivery explains the row.",
}

/// Why a row is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// How the delivery explains it.
    pub reason: AuditReason,
    /// That in a sentence.
    pub message: String,
    /// The number of the delivery, and that of its payload there, 0 for the only one; for a row that none explains the
    /// one with which the asset left the state of the row, if it was ever there.
    pub place: Option<(u64, u32)>,
}

/// What a row says: a state by its index, or a word that is none.
pub(super) type RowSays<'a> = Result<usize, &'a str>;

/// The state that the asset was in by what had come when a row was written.
pub(super) fn state_when_written(
    lifecycle: &Lifecycle,
    asset: &Asset,
    written: Timestamp,
) -> Option<usize> {
    // What was condensed can be told apart no more.
    if asset.condensed() > 0 {
        return None;
    }
    let mut then = Asset::with_policy(asset.id(), asset.policy());
    for entry in asset.history() {
        if !is_after(came(entry.event), Some(written)) {
            then.insert(lifecycle, entry.event.clone());
        }
    }
    then.settle(lifecycle);
    Some(lifecycle.state_index(then.node()))
}

fn came(event: &Event) -> Option<Timestamp> {
    event.received_at.or(event.time)
}

/// What first moved the asset on after its row was written, which was true then.
pub(super) fn after_written(
    lifecycle: &Lifecycle,
    asset: &Asset,
    written: Timestamp,
) -> Explanation {
    let moved = |entry: &HistoryEntry<'_>| entry.before != entry.after;
    let later = asset.history().filter(|entry| is_after(came(entry.event), Some(written)));
    let first = later.min_by_key(|entry| (!moved(entry), entry.event.place()));
    let (message, place) = match first {
        Some(HistoryEntry { event, .. }) => {
            let kind = event.label(lifecycle);
            (format!("`{kind}` came after the row was written"), Some(event.place()))
        }
        None => ("deliveries came after the row was written".to_owned(), None),
    };
    Explanation { reason: AuditReason::AfterWritten, message, place }
}

/// The delivery that explains a row; of several that which a rule that is likely points at, and then the last that came.
pub(super) fn explain(
    lifecycle: &Lifecycle,
    followed: &Followed,
    says: RowSays<'_>,
    written: Option<Timestamp>,
    likely: &[Rule],
) -> Explanation {
    let mut found = Vec::new();
    believed(lifecycle, followed, says, written, &mut found);
    if let Ok(state) = says {
        refused(lifecycle, followed, state, written, &mut found);
    }
    let weight = |(is_refused, explanation): &(bool, Explanation)| {
        let points = likely.iter().any(|rule| points_at(*rule, explanation.reason));
        (points, !is_refused, explanation.place)
    };
    let best = found.into_iter().max_by_key(weight).map(|(_, explanation)| explanation);
    best.unwrap_or_else(|| unexplained(lifecycle, followed, says))
}

/// Whether what a handler of this rule does wrong shows so.
fn points_at(rule: Rule, reason: AuditReason) -> bool {
    use AuditReason::{AfterEnd, Copy, Gap, Illegal, Late, SameSecond, StatusWord, UnknownKind};
    match rule {
        Rule::LastToArrive => matches!(reason, Late | AfterEnd | Illegal | Copy),
        Rule::LastByTime => matches!(reason, AfterEnd | Illegal),
        Rule::IllegalBelieved | Rule::RetriesIgnored => reason == Illegal,
        Rule::NoTombstone => matches!(reason, AfterEnd | Late),
        Rule::GapsRefused => reason == Gap,
        Rule::DuplicatesApplied => reason == Copy,
        Rule::WholeSeconds => reason == SameSecond,
        Rule::StatusWord => reason == StatusWord,
        Rule::UnknownOverwrites => reason == UnknownKind,
        Rule::LateDropped | Rule::FirstTerminal | Rule::HighestRank => false,
    }
}

/// What leads to the row if it is believed, and should not have been.
fn believed(
    lifecycle: &Lifecycle,
    followed: &Followed,
    says: RowSays<'_>,
    written: Option<Timestamp>,
    found: &mut Vec<(bool, Explanation)>,
) {
    let mut add = |reason, message, place| {
        found.push((false, Explanation { reason, message, place: Some(place) }));
    };
    for entry in followed.asset.history() {
        let HistoryEntry { event, verdict, before, after } = entry;
        if is_after(came(event), written) {
            continue;
        }
        let (label, state) = (event.label(lifecycle), &lifecycle.state(before).name);
        let kind = match (&event.kind, says) {
            (EventKind::Known(kind), _) => *kind,
            (EventKind::Unknown(name), says) => {
                let name = tail(name);
                let is_it = match says {
                    Ok(state) => lifecycle.state_called(name) == Some(state),
                    Err(word) => word.eq_ignore_ascii_case(name),
                };
                if is_it {
                    let message = format!("`{label}`, a kind that nobody knows, was believed");
                    add(AuditReason::UnknownKind, message, event.place());
                }
                continue;
            }
        };
        let Ok(says) = says else { continue };
        let leads = lifecycle.state_index(lifecycle.rule(before, kind).next) == says;
        if verdict == Verdict::Illegal && leads {
            let (reason, message) = match lifecycle.state(before).end {
                true => (
                    AuditReason::AfterEnd,
                    format!(
                        "`{label}` came after the end and was believed: nothing leaves `{state}`"
                    ),
                ),
                false => (
                    AuditReason::Illegal,
                    format!("`{label}` was believed, which is not allowed in `{state}`"),
                ),
            };
            add(reason, message, event.place());
        }
        if event.says.map(usize::from) == Some(says) && lifecycle.state_index(after) != says {
            let word = shortened(event.status.as_deref().unwrap_or_default());
            let message = format!("the status word `{word}` of `{label}` was believed");
            add(AuditReason::StatusWord, message, event.place());
        }
    }
    let Ok(says) = says else { return };
    for mark in followed.marks.iter().filter(|mark| !is_after(mark.came, written)) {
        if lifecycle.leads_to(mark.kind, says) {
            let label = lifecycle.kind_label(mark.kind);
            let (reason, message) = match mark.is_copy {
                true => (AuditReason::Copy, format!("a copy of `{label}` was believed once more")),
                false => (
                    AuditReason::Late,
                    format!("`{label}` came late, after what happened later, and was believed"),
                ),
            };
            add(reason, message, mark.place);
        }
    }
}

/// What led away from the state of the row, and was not believed.
fn refused(
    lifecycle: &Lifecycle,
    followed: &Followed,
    says: usize,
    written: Option<Timestamp>,
    found: &mut Vec<(bool, Explanation)>,
) {
    let second = |event: &Event| happened(event).map(|at| at.as_nanos().div_euclid(1_000_000_000));
    let mut last = None;
    for HistoryEntry { event, verdict, before, after } in followed.asset.history() {
        let of_second = lifecycle.order() == Order::Time && last.is_some() && second(event) == last;
        last = second(event);
        let left = lifecycle.state_index(before) == says && before != after;
        if !left || is_after(came(event), written) {
            continue;
        }
        let label = event.label(lifecycle);
        let (reason, why) = match verdict {
            Verdict::Gap => (AuditReason::Gap, "events before it are missing"),
            _ if of_second => (AuditReason::SameSecond, "it is of the second of the event before"),
            _ => continue,
        };
        let message = format!("`{label}` was not believed: {why}");
        found.push((true, Explanation { reason, message, place: Some(event.place()) }));
    }
}

fn unexplained(lifecycle: &Lifecycle, followed: &Followed, says: RowSays<'_>) -> Explanation {
    let state = says.ok().map(|state| (state, &lifecycle.states()[state].name));
    let left = followed.asset.history().filter(|entry| {
        let [before, after] = [entry.before, entry.after].map(|node| lifecycle.state_index(node));
        state.is_some_and(|(state, _)| before == state && after != state)
    });
    let (message, place) = match (left.last(), state) {
        (Some(HistoryEntry { event, .. }), Some((_, state))) => {
            let label = event.label(lifecycle);
            let message =
                format!("no delivery explains it: the asset left `{state}` with `{label}`");
            (message, Some(event.place()))
        }
        (_, Some((_, state))) => {
            (format!("no delivery explains it: the asset was never in `{state}`"), None)
        }
        (_, None) => ("no delivery explains it".to_owned(), None),
    };
    Explanation { reason: AuditReason::Unexplained, message, place }
}
