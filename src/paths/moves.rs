//! Every legal move of a lifecycle, and which of them a sequence from `new` to rest can have.

use std::collections::HashMap;

use super::{MOVES_MAX, Move, PathsError};
use crate::lifecycle::{KindId, Lifecycle, NO_ROW, Node, Step};

pub(super) struct Moves {
    pub(super) states: usize,
    /// For each node, whether it is at rest.
    pub(super) rests: Vec<bool>,
    /// Those with fewer retries used before those with more.
    pub(super) all: Vec<Move>,
    /// For each move, its transition.
    pub(super) transition: Vec<usize>,
    /// For each transition, its move with the fewest retries used.
    pub(super) transitions: Vec<Move>,
    /// For each node, whether legal events lead to it.
    pub(super) reached: Vec<bool>,
    /// For each node, whether legal events lead on from it to rest.
    pub(super) resting: Vec<bool>,
}

impl Moves {
    pub(super) fn of(lifecycle: &Lifecycle) -> Result<Self, PathsError> {
        let (nodes, kinds) = lifecycle.table_size();
        // Compiling refuses more nodes and kinds than u16::MAX.
        let node = |index: usize| Node(index as u16);
        let mut all: Vec<Move> = Vec::new();
        let (mut transition, mut transitions) = (Vec::new(), Vec::new());
        let mut known = HashMap::new();
        for from in (0..nodes).map(node) {
            for kind in (0..kinds).map(|kind| KindId(kind as u16)) {
                let ruling = lifecycle.rule(from, kind);
                // A word that says where the asset is already, and of which no row speaks, is no transition.
                let is_row = lifecycle.says(kind).is_none() || ruling.row != NO_ROW;
                if !matches!(ruling.step, Step::Moved | Step::Stayed) || !is_row {
                    continue;
                }
                if all.len() == MOVES_MAX {
                    return Err(PathsError::TooMany("transitions"));
                }
                let one = Move { from, kind, to: ruling.next };
                let (start, end) = (lifecycle.state_index(from), lifecycle.state_index(one.to));
                transition.push(*known.entry((start, kind, end)).or_insert_with(|| {
                    transitions.push(one);
                    transitions.len() - 1
                }));
                all.push(one);
            }
        }
        let rests = (0..nodes).map(|index| {
            let state = lifecycle.state(node(index));
            state.rest || state.end
        });
        let rests: Vec<bool> = rests.collect();
        let forward = all.iter().map(|one| (index(one.from), index(one.to)));
        let reached = spread(nodes, forward.clone(), (0..nodes).map(|node| node == 0).collect());
        let resting = spread(nodes, forward.map(|(from, to)| (to, from)), rests.clone());
        let states = lifecycle.states().len();
        Ok(Self { states, rests, all, transition, transitions, reached, resting })
    }

    pub(super) fn state(&self, node: Node) -> usize {
        index(node) % self.states
    }

    /// Whether some sequence from `new` to rest has this move.
    pub(super) fn is_useful(&self, one: &Move) -> bool {
        self.reached[index(one.from)] && self.resting[index(one.to)]
    }
}

pub(super) fn index(node: Node) -> usize {
    usize::from(node.0)
}

/// The marks carried along the edges for as long as they reach further.
fn spread(
    nodes: usize,
    edges: impl Iterator<Item = (usize, usize)>,
    mut marked: Vec<bool>,
) -> Vec<bool> {
    let mut next = vec![Vec::new(); nodes];
    for (from, to) in edges {
        next[from].push(to);
    }
    let mut open: Vec<usize> = (0..nodes).filter(|node| marked[*node]).collect();
    while let Some(at) = open.pop() {
        for &to in &next[at] {
            if !std::mem::replace(&mut marked[to], true) {
                open.push(to);
            }
        }
    }
    marked
}
