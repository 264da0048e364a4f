//! Handlers as people write them, one for each rule: the events of one asset in the order in which they came, the status
//! that is in the row in the end.

use mediafold::{
    Event, Lifecycle,
    audit::Rule,
    event::EventKind,
    lifecycle::{KindId, Node, Order, State, Step},
};

pub(super) type Handler = fn(&Lifecycle, &[Event]) -> String;

pub(super) const HANDLERS: [(Rule, Handler); 12] = [
    (Rule::LastToArrive, last_to_arrive),
    (Rule::LastByTime, last_by_time),
    (Rule::FirstTerminal, first_terminal),
    (Rule::HighestRank, highest_rank),
    (Rule::IllegalBelieved, illegal_believed),
    (Rule::NoTombstone, no_tombstone),
    (Rule::GapsRefused, gaps_refused),
    (Rule::DuplicatesApplied, duplicates_applied),
    (Rule::WholeSeconds, whole_seconds),
    (Rule::StatusWord, status_word),
    (Rule::RetriesIgnored, retries_ignored),
    (Rule::UnknownOverwrites, unknown_overwrites),
];

/// Nanoseconds, for a platform whose times are to be trusted.
fn clock(lifecycle: &Lifecycle, event: &Event) -> i64 {
    match lifecycle.order() {
        Order::Time => event.time.map_or(0, |time| time.as_nanos()),
        Order::Arrival => 0,
    }
}

/// Where an event leads, by the table of the lifecycle.
fn leads(lifecycle: &Lifecycle, now: Node, event: &Event) -> Option<(Node, Step)> {
    let kind: KindId = event.kind.known()?;
    let ruling = lifecycle.rule(now, kind);
    Some((ruling.next, ruling.step))
}

fn state(lifecycle: &Lifecycle, node: Node) -> State {
    lifecycle.state(node).clone()
}

fn name(lifecycle: &Lifecycle, node: Node) -> String {
    state(lifecycle, node).name
}

/// The events, each once: those with an id by it, others unless they repeat the one before.
fn once(events: &[Event]) -> Vec<(&Event, bool)> {
    let mut seen: Vec<&Event> = Vec::new();
    let mut marked = Vec::new();
    for event in events {
        let is_copy = match &event.id {
            Some(id) => seen.iter().any(|other| other.id.as_ref() == Some(id)),
            None => seen.last().is_some_and(|last| last.content == event.content),
        };
        marked.push((event, is_copy));
        if !is_copy {
            seen.push(event);
        }
    }
    marked
}

fn is_legal(step: Step) -> bool {
    matches!(step, Step::Moved | Step::Stayed)
}

fn is_gap(step: Step) -> bool {
    matches!(step, Step::MissingEvents | Step::FailedEarly | Step::FirstSeen)
}

/// A state machine that passes over copies and whatever is older than what it took last: no more is wrong with it.
pub(super) fn late_dropped(lifecycle: &Lifecycle, events: &[Event]) -> String {
    let (mut row, mut updated_at) = (Node::NEW, i64::MIN);
    for (event, _) in once(events).into_iter().filter(|(_, is_copy)| !is_copy) {
        if clock(lifecycle, event) >= updated_at
            && let Some((next, step)) = leads(lifecycle, row, event)
            && (is_legal(step) || is_gap(step))
        {
            (row, updated_at) = (next, clock(lifecycle, event));
        }
    }
    name(lifecycle, row)
}

/// `UPDATE media SET status = …`, whatever comes.
fn last_to_arrive(lifecycle: &Lifecycle, events: &[Event]) -> String {
    let mut row = Node::NEW;
    for event in events {
        if let Some((next, _)) = leads(lifecycle, row, event) {
            row = next;
        }
    }
    name(lifecycle, row)
}

/// `… WHERE updated_at <= …`
fn last_by_time(lifecycle: &Lifecycle, events: &[Event]) -> String {
    let (mut row, mut updated_at) = (Node::NEW, i64::MIN);
    for event in events {
        if clock(lifecycle, event) >= updated_at
            && let Some((next, _)) = leads(lifecycle, row, event)
        {
            (row, updated_at) = (next, clock(lifecycle, event));
        }
    }
    name(lifecycle, row)
}

/// `… WHERE status NOT IN ('ready', 'errored', 'deleted')`
fn first_terminal(lifecycle: &Lifecycle, events: &[Event]) -> String {
    let mut row = Node::NEW;
    for event in events {
        let now = state(lifecycle, row);
        if let Some((next, _)) = leads(lifecycle, row, event).filter(|_| !now.rest && !now.end) {
            row = next;
        }
    }
    name(lifecycle, row)
}

/// A list of statuses in their order; the row only goes up in it.
fn highest_rank(lifecycle: &Lifecycle, events: &[Event]) -> String {
    let mut row = Node::NEW;
    for event in events {
        if let Some((next, _)) = leads(lifecycle, row, event)
            && state(lifecycle, next).rank > state(lifecycle, row).rank
        {
            row = next;
        }
    }
    name(lifecycle, row)
}

/// Copies and old events are passed over, nothing leaves the end; that is all it looks at.
fn illegal_believed(lifecycle: &Lifecycle, events: &[Event]) -> String {
    let (mut row, mut updated_at) = (Node::NEW, i64::MIN);
    for (event, _) in once(events).into_iter().filter(|(_, is_copy)| !is_copy) {
        if clock(lifecycle, event) < updated_at || state(lifecycle, row).end {
            continue;
        }
        if let Some((next, _)) = leads(lifecycle, row, event) {
            (row, updated_at) = (next, clock(lifecycle, event));
        }
    }
    name(lifecycle, row)
}

/// A state machine; but the end takes the row away, and with it all that was known.
fn no_tombstone(lifecycle: &Lifecycle, events: &[Event]) -> String {
    let (mut row, mut updated_at) = (Node::NEW, i64::MIN);
    for (event, _) in once(events).into_iter().filter(|(_, is_copy)| !is_copy) {
        if state(lifecycle, row).end {
            let inserted = leads(lifecycle, Node::NEW, event).map(|(node, _)| node);
            let word = event.status.as_deref().and_then(|word| lifecycle.state_of_status(word));
            let word = word.and_then(|at| lifecycle.node(&lifecycle.states()[at].name, 0));
            if let Some(node) = inserted.filter(|node| *node != Node::NEW).or(word) {
                (row, updated_at) = (node, clock(lifecycle, event));
            }
        } else if clock(lifecycle, event) >= updated_at
            && let Some((next, step)) = leads(lifecycle, row, event)
            && (is_legal(step) || is_gap(step))
        {
            (row, updated_at) = (next, clock(lifecycle, event));
        }
    }
    name(lifecycle, row)
}

/// A state machine that takes nothing but its transitions.
fn gaps_refused(lifecycle: &Lifecycle, events: &[Event]) -> String {
    let (mut row, mut updated_at) = (Node::NEW, i64::MIN);
    for (event, _) in once(events).into_iter().filter(|(_, is_copy)| !is_copy) {
        if clock(lifecycle, event) >= updated_at
            && let Some((next, step)) = leads(lifecycle, row, event)
            && is_legal(step)
        {
            (row, updated_at) = (next, clock(lifecycle, event));
        }
    }
    name(lifecycle, row)
}

/// A state machine whose queue delivers again what was old already.
fn duplicates_applied(lifecycle: &Lifecycle, events: &[Event]) -> String {
    let (mut row, mut updated_at) = (Node::NEW, i64::MIN);
    for (event, is_copy) in once(events) {
        if (is_copy || clock(lifecycle, event) >= updated_at)
            && let Some((next, step)) = leads(lifecycle, row, event)
            && (is_legal(step) || is_gap(step))
        {
            (row, updated_at) = (next, updated_at.max(clock(lifecycle, event)));
        }
    }
    name(lifecycle, row)
}

/// A state machine over a column `updated_at timestamp(0)`, and the id for what is of one second.
fn whole_seconds(lifecycle: &Lifecycle, events: &[Event]) -> String {
    let (mut row, mut last) = (Node::NEW, (i64::MIN, None));
    for (event, _) in once(events).into_iter().filter(|(_, is_copy)| !is_copy) {
        let second = (clock(lifecycle, event).div_euclid(1_000_000_000), event.id.clone());
        if second >= last
            && let Some((next, step)) = leads(lifecycle, row, event)
            && (is_legal(step) || is_gap(step))
        {
            (row, last) = (next, second);
        }
    }
    name(lifecycle, row)
}

/// `status = data.status` where there is one.
fn status_word(lifecycle: &Lifecycle, events: &[Event]) -> String {
    let (mut row, mut updated_at) = (Node::NEW, i64::MIN);
    for (event, _) in once(events).into_iter().filter(|(_, is_copy)| !is_copy) {
        if clock(lifecycle, event) < updated_at || event.kind.known().is_none() {
            continue;
        }
        let word = event.status.as_deref().and_then(|word| lifecycle.state_of_status(word));
        if let Some(at) = word {
            row = lifecycle.node(&lifecycle.states()[at].name, 0).unwrap();
            updated_at = clock(lifecycle, event);
        } else if let Some((next, step)) = leads(lifecycle, row, event)
            && (is_legal(step) || is_gap(step))
        {
            (row, updated_at) = (next, clock(lifecycle, event));
        }
    }
    name(lifecycle, row)
}

/// A state machine that lets an asset be tried for ever.
fn retries_ignored(lifecycle: &Lifecycle, events: &[Event]) -> String {
    let (mut row, mut updated_at) = (Node::NEW, i64::MIN);
    for (event, _) in once(events).into_iter().filter(|(_, is_copy)| !is_copy) {
        if clock(lifecycle, event) >= updated_at
            && let Some((next, step)) = leads(lifecycle, row, event)
            && (is_legal(step) || is_gap(step) || step == Step::RetriesExhausted)
        {
            (row, updated_at) = (next, clock(lifecycle, event));
        }
    }
    name(lifecycle, row)
}

/// A state machine with `default: status = type.split('.').pop()`.
fn unknown_overwrites(lifecycle: &Lifecycle, events: &[Event]) -> String {
    let (mut row, mut updated_at, mut status) = (Node::NEW, i64::MIN, String::new());
    for (event, _) in once(events).into_iter().filter(|(_, is_copy)| !is_copy) {
        if clock(lifecycle, event) < updated_at {
            continue;
        }
        match &event.kind {
            EventKind::Unknown(kind) => {
                status = kind.rsplit('.').next().unwrap_or_default().to_owned();
                updated_at = clock(lifecycle, event);
            }
            _ => {
                if let Some((next, step)) = leads(lifecycle, row, event)
                    && (is_legal(step) || is_gap(step))
                {
                    if next != row {
                        status = name(lifecycle, next);
                    }
                    (row, updated_at) = (next, clock(lifecycle, event));
                }
            }
        }
    }
    if status.is_empty() { name(lifecycle, row) } else { status }
}
