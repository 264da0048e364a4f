//! The shortest set of event sequences that covers a lifecycle, to test what consumes webhooks: [`paths()`].
//!
//! - `moves` is every legal step between the nodes of the lifecycle, `goals` what is to be covered by them.
//! - `network` finds the cheapest circulation, `walks` takes it apart into sequences.
//! - `cover` puts these together.

mod cover;
mod goals;
mod moves;
mod network;
mod walks;

pub use self::cover::paths;
use crate::lifecycle::{KindId, Node};

/// Limit on legal moves, or pairs of moves; each number of retries used counts on its own.
pub const MOVES_MAX: usize = 50_000;

/// What the sequences of [`paths()`] are to cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cover {
    /// Every state.
    States,
    /// Every transition, those that stay included.
    Transitions,
    /// Every two transitions that can follow each other. One that neither follows nor is followed counts alone, so
    /// that all transitions are covered too.
    Pairs,
}

/// One legal move: an event of this kind, from one node to another or the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Move {
    /// The node before.
    pub from: Node,
    /// The kind; where a status word decides, what the word makes of it.
    pub kind: KindId,
    /// The node after.
    pub to: Node,
}

/// What one sequence covers, or none can. Transitions are between states: of the moves that are the same but for the
/// retries used, this is one with the fewest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "whoever prints goals must know all")]
pub enum Goal {
    /// Index of a state.
    State(usize),
    /// A transition.
    Transition(Move),
    /// A transition and the one right after it.
    Pair(Move, Move),
}

/// A sequence of events that is legal from `new` and ends at rest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sequence {
    /// Its events, each beginning where the one before it leads.
    pub moves: Vec<Move>,
    /// What it covers that no sequence before it does, in the order of its events.
    pub covers: Vec<Goal>,
}

/// Why something is in no sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "whoever prints reasons must know all")]
pub enum Why {
    /// No legal event leads to this state with the retries there are.
    Unreachable(usize),
    /// It is never legal with as many retries used as an asset has by then.
    Retries,
    /// No state of rest is reached any more from this state.
    NoRest(usize),
}

/// The sequences that cover a lifecycle; see [`paths()`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Paths {
    /// The sequences.
    pub sequences: Vec<Sequence>,
    /// What no legal sequence that ends at rest has in it.
    pub uncovered: Vec<(Goal, Why)>,
    /// How much there is to cover, `uncovered` included.
    pub goals: usize,
    /// No set of sequences that covers as much has fewer events than this. If these have as many, none is shorter.
    pub events_min: usize,
}

impl Paths {
    /// The number of events in all sequences.
    pub fn events(&self) -> usize {
        self.sequences.iter().map(|own| own.moves.len()).sum()
    }

    /// Whether it is proven that no set is shorter.
    pub fn is_shortest(&self) -> bool {
        self.events() == self.events_min
    }
}

/// Why a lifecycle is not covered at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathsError {
    /// More than [`MOVES_MAX`] moves, or pairs of them.
    #[error(
        "there are more than {MOVES_MAX} {0} to cover, each number of retries used counted on its own"
    )]
    TooMany(&'static str),
}
