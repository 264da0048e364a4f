//! A lifecycle as a plain state machine, for formats that other programs run.
//!
//! Each node of the table that events can lead to, gaps included, is a state of its own, so that the retries
//! need no counter, no guard and no code. The machine has a transition wherever an event moves an asset under
//! [`Policy::Keep`](crate::Policy::Keep): after any sequence of events it is where the fold is. What stays, is
//! illegal or is unknown has none. Flags are not part of it.

use std::{collections::HashSet, fmt::Write};

use crate::lifecycle::{KindId, Lifecycle, Node, State, Step};

/// Limit on the events named that a gap misses.
const MISSING_MAX: usize = 6;
const STATUS_NOTE: &str = "Where a status word decides, the event is KIND.status.STATE with the state \
    that the word means; with any other word it is KIND.";
const WHEN_NOTE: &str = "Where rows ask for something of a payload, the event is KIND.when.NUMBER with the number of the \
    first condition that holds, as the definition lists them; where none does it is KIND. Where a status word decides, \
    .status.STATE follows, with the state that the word means.";

pub(super) struct Machine<'l> {
    pub(super) lifecycle: &'l Lifecycle,
    /// What may happen: the name of each event kind, and `KIND.status.STATE` where a status word decides.
    pub(super) events: Vec<String>,
    /// A sentence on the events that status words decide, if there are any.
    pub(super) note: Option<&'static str>,
    /// The first is `new`.
    pub(super) places: Vec<MachinePlace<'l>>,
}

/// A state with a number of retries used.
pub(super) struct MachinePlace<'l> {
    /// The state's name with `_retry1` for one retry used: an XML name that has no dot and that no other has.
    pub(super) name: String,
    pub(super) state: &'l State,
    pub(super) retries: u8,
    /// In the order of the events.
    pub(super) moves: Vec<MachineStep>,
}

pub(super) struct MachineStep {
    /// Index of the event.
    pub(super) event: usize,
    /// Index of the place.
    pub(super) to: usize,
    /// What is missing where events are; `None` if the move is allowed.
    pub(super) gap: Option<String>,
}

impl<'l> Machine<'l> {
    pub(super) fn new(lifecycle: &'l Lifecycle) -> Self {
        let (kinds, events): (Vec<KindId>, Vec<String>) =
            lifecycle.event_names().into_iter().unzip();
        let asks = kinds.iter().any(|kind| lifecycle.kind_when(*kind).is_some());
        let note = match kinds.len() > lifecycle.kinds().count() {
            false => None,
            true if asks => Some(WHEN_NOTE),
            true => Some(STATUS_NOTE),
        };
        let nodes = reached(lifecycle, &kinds);
        let place = |node: &Node| {
            let (state, retries) = (lifecycle.state(*node), lifecycle.retries_used(*node));
            let missing = lifecycle.missing_from(*node);
            let mut moves = Vec::new();
            for (event, kind) in kinds.iter().enumerate() {
                let Some((next, step)) = moved(lifecycle, *node, *kind) else { continue };
                if let Ok(to) = nodes.binary_search(&next) {
                    let left = lifecycle.retries().map_or(0, |own| own.limit - retries);
                    let gap = (step != Step::Moved).then(|| gap(step, left, &missing(*kind)));
                    moves.push(MachineStep { event, to, gap });
                }
            }
            MachinePlace { name: place_name(&state.name, retries), state, retries, moves }
        };
        let places = nodes.iter().map(place).collect();
        Self { lifecycle, events, note, places }
    }
}

/// Where the event leads and why, if it leads elsewhere.
fn moved(lifecycle: &Lifecycle, node: Node, kind: KindId) -> Option<(Node, Step)> {
    let ruling = lifecycle.rule(node, kind);
    let moves = matches!(
        ruling.step,
        Step::Moved | Step::MissingEvents | Step::FailedEarly | Step::FirstSeen
    );
    (moves && ruling.next != node).then_some((ruling.next, ruling.step))
}

/// The nodes that any events lead to, by retries used and then as the definition lists them.
fn reached(lifecycle: &Lifecycle, kinds: &[KindId]) -> Vec<Node> {
    let mut seen = HashSet::from([Node::NEW]);
    let mut nodes = vec![Node::NEW];
    let mut at = 0;
    while let Some(node) = nodes.get(at).copied() {
        for kind in kinds {
            let next = moved(lifecycle, node, *kind).map(|(next, _)| next);
            nodes.extend(next.filter(|next| seen.insert(*next)));
        }
        at += 1;
    }
    nodes.sort_unstable();
    nodes
}

fn gap(step: Step, left: u8, missing: &[&str]) -> String {
    let mut parts = Vec::new();
    match (step, left) {
        (Step::FirstSeen, _) => parts.push("first seen mid-life".to_owned()),
        (Step::FailedEarly, 1) => parts.push("1 retry was left".to_owned()),
        (Step::FailedEarly, left) => parts.push(format!("{left} retries were left")),
        _ => {}
    }
    if !missing.is_empty() {
        let named = missing[..missing.len().min(MISSING_MAX)].join(", ");
        let more = match missing.len().saturating_sub(MISSING_MAX) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        parts.push(format!("missing {named}{more}"));
    }
    parts.join(", ")
}

fn place_name(state: &str, retries: u8) -> String {
    let kept = |at: usize, letter: char| match letter {
        '_' => !state[at..].starts_with("_retry") && (at > 0 || state != "__proto__"),
        '-' | '0'..='9' => at > 0,
        letter => is_name_letter(letter),
    };
    let name = escaped(state, kept);
    if retries == 0 { name } else { format!("{name}_retry{retries}") }
}

/// Whether XML 1.0 has it as a letter that a name may begin with.
pub(super) fn is_name_letter(letter: char) -> bool {
    let in_names = matches!(letter,
        'a'..='z' | 'A'..='Z'
        | '\u{C0}'..='\u{2FF}' | '\u{370}'..='\u{1FFF}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}'
        | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}');
    // The divisions of those ranges, × and ÷ among them, are no letters.
    in_names && letter.is_alphabetic()
}

/// The text with each letter that is not kept as `_xHHHH_`, its number in hexadecimal: the convention of SQL/XML.
/// No two texts give the same.
pub(super) fn escaped(text: &str, kept: impl Fn(usize, char) -> bool) -> String {
    if text.is_empty() {
        return "_x_".to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for (at, letter) in text.char_indices() {
        if kept(at, letter) && !looks_escaped(&text[at..]) {
            out.push(letter);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "_x{:04X}_", u32::from(letter));
        }
    }
    out
}

fn looks_escaped(text: &str) -> bool {
    text.strip_prefix("_x").is_some_and(|rest| {
        let digits = rest.bytes().take_while(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'));
        digits.count() >= 4 || rest.starts_with('_')
    })
}
