//! The table: what an event of any kind does in any node, decided once.

use std::collections::BTreeSet;

use super::{
    Kind, KindId, Lifecycle, Node, Order, Retries, State,
    graph::{Edge, GraphRoute, NodeGraph},
};

/// What one event does in one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[repr(align(8))] // so that a processor finds one without a multiplication
pub struct Ruling {
    /// Where the event leads; for an illegal one where the provider says the asset is.
    pub next: Node,
    /// Whether that is legal, and if not, why.
    pub step: Step,
    pub(crate) row: u16,
}

/// How an event follows from a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Step {
    /// A transition leads on.
    Moved,
    /// A row keeps the state.
    Stayed,
    /// The target lies ahead, or behind exactly one `again`: events are missing.
    MissingEvents,
    /// The state that comes when retries are used up, with some left.
    FailedEarly,
    /// The first event heard is not one that begins the lifecycle.
    FirstSeen,
    /// Ordered by arrival, the target lies behind.
    Backward,
    /// A retry with none left.
    RetriesExhausted,
    /// Nothing leaves an end state.
    AfterEnd,
    /// No way leads there.
    Illegal,
}

/// Marks a ruling that no row of the definition stands behind.
pub(crate) const NO_ROW: u16 = u16::MAX;

/// What the table is made from.
pub(crate) struct Input<'a> {
    pub(crate) order: Order,
    pub(crate) states: &'a [State],
    pub(crate) kinds: &'a [Kind],
    pub(crate) retries: Option<&'a Retries>,
    pub(crate) edges: &'a [(Node, Node, Edge)],
    /// The first row of each kind, for one that has no `to`.
    pub(crate) first_row: &'a [u16],
    pub(crate) graph: &'a NodeGraph,
    pub(crate) nodes: usize,
}

impl Lifecycle {
    /// Whether some events lead to a node, legal or not, whatever becomes of illegal ones.
    pub(crate) fn is_reachable(&self, node: Node) -> bool {
        let mut is_seen = vec![false; self.nodes];
        let mut open = vec![Node::NEW];
        while let Some(at) = open.pop() {
            if at == node {
                return true;
            }
            if !std::mem::replace(&mut is_seen[usize::from(at.0)], true) {
                let rows = self.table.chunks(self.nodes);
                open.extend(rows.map(|row| row[usize::from(at.0)].next));
            }
        }
        false
    }
}

pub(crate) fn build(input: &Input<'_>) -> Vec<Ruling> {
    let width = input.kinds.len();
    let none = Ruling { next: Node::NEW, step: Step::Illegal, row: NO_ROW };
    let mut table = vec![none; input.nodes * width];
    let mut legal = vec![false; table.len()];
    for (from, to, edge) in input.edges {
        let cell = usize::from(edge.kind.0) * input.nodes + usize::from(from.0);
        let state = |node: &Node| usize::from(node.0) % input.states.len();
        table[cell] = match () {
            () if edge.early => Ruling { next: *to, step: Step::FailedEarly, row: edge.row },
            () if state(from) == state(to) => {
                Ruling { next: *to, step: Step::Stayed, row: edge.row }
            }
            () => Ruling { next: *to, step: Step::Moved, row: edge.row },
        };
        legal[cell] = true;
    }
    let behind = Behind::new(input);
    let renewing = input.retries.iter().flat_map(|retries| &retries.renewed_by).copied().collect();
    for node in 0..input.nodes {
        // Kinds that are legal everywhere need no route.
        let mut from = None;
        for kind in 0..width {
            let cell = kind * input.nodes + node;
            if !legal[cell] {
                let from = from.get_or_insert_with(|| From {
                    node: Node(node as u16),
                    route: input.graph.distances(Node(node as u16)),
                    behind: behind.of(node % input.states.len()),
                    renewing: &renewing,
                });
                table[cell] = other(input, from, KindId(kind as u16));
            }
        }
    }
    table
}

/// Where an event is met that no row allows.
struct From<'a> {
    node: Node,
    route: GraphRoute,
    /// The states from which forward transitions lead here.
    behind: Vec<bool>,
    /// The states that give all retries back.
    renewing: &'a BTreeSet<usize>,
}

/// What an event does that no row allows: the rules of the fold in their order.
fn other(input: &Input<'_>, from: &From<'_>, id: KindId) -> Ruling {
    let From { node, route, behind, renewing } = from;
    let node = *node;
    let kind = &input.kinds[usize::from(id.0)];
    let state = usize::from(node.0) % input.states.len();
    let used = usize::from(node.0) / input.states.len();
    let claim = |target: usize| {
        let used = if renewing.contains(&target) { 0 } else { used };
        Node((used * input.states.len() + target) as u16)
    };
    let claimed = kind.targets.first().map_or(node, |target| claim(usize::from(*target)));
    let illegal = |step| Ruling { next: claimed, step, row: NO_ROW };
    if kind.says.is_some_and(|says| usize::from(says) == state) {
        return Ruling { next: node, step: Step::Stayed, row: NO_ROW };
    }
    if node == Node::NEW {
        return first_seen(input, route, kind, id);
    }
    if input.states[state].end {
        return illegal(Step::AfterEnd);
    }
    if let Some(target) = exhausted(input, state, id) {
        let next = claim(target);
        return Ruling { next, step: Step::RetriesExhausted, row: NO_ROW };
    }
    let mut targets = kind.targets.iter().map(|target| usize::from(*target));
    let behind = targets.find(|target| behind.get(*target).is_some_and(|behind| *behind));
    match (input.graph.gap(route, kind, id), behind) {
        (Some(gap), behind) if gap.agains == 0 || behind.is_none() => {
            let step = if gap.early { Step::FailedEarly } else { Step::MissingEvents };
            Ruling { next: gap.to, step, row: gap.row }
        }
        (_, Some(target)) => Ruling { next: claim(target), step: Step::Backward, row: NO_ROW },
        (_, None) => illegal(Step::Illegal),
    }
}

fn first_seen(input: &Input<'_>, route: &GraphRoute, kind: &Kind, id: KindId) -> Ruling {
    let own_row = |target: u16| {
        input
            .graph
            .edges_of(id)
            .iter()
            .find(|(_, to, _)| usize::from(to.0) % input.states.len() == usize::from(target))
    };
    let nearest = input.graph.gap(route, kind, id);
    let state = |node: Node| (usize::from(node.0) % input.states.len()) as u16;
    match nearest.map(|gap| state(gap.to)).or_else(|| kind.targets.first().copied()) {
        Some(target) => {
            let row = own_row(target).map_or(NO_ROW, |(_, _, edge)| edge.row);
            Ruling { next: Node(target), step: Step::FirstSeen, row }
        }
        None => {
            let row = input.first_row[usize::from(id.0)];
            Ruling { next: Node::NEW, step: Step::FirstSeen, row }
        }
    }
}

/// Where the event would lead as a retry, had any been left: an `again` out of the state that counts
/// them is legal in some node of this state, but not in this one.
fn exhausted(input: &Input<'_>, state: usize, id: KindId) -> Option<usize> {
    input.retries.filter(|retries| retries.from == state)?;
    let states = input.states.len();
    let mut edges = input.graph.edges_of(id).iter();
    let retry = edges.find(|(from, _, edge)| edge.again && usize::from(from.0) % states == state);
    retry.map(|(_, to, _)| usize::from(to.0) % states)
}

/// For each state, those that forward transitions lead from. Only where arrival is all the order there is does it
/// matter that a target lies behind: in time, what comes late is put in its place.
struct Behind(Option<Vec<Vec<usize>>>);

impl Behind {
    fn new(input: &Input<'_>) -> Self {
        let states = input.states.len();
        let mut before = vec![Vec::new(); states];
        for (from, to, _) in input.edges.iter().filter(|(_, _, edge)| !edge.again) {
            let (from, to) = (usize::from(from.0) % states, usize::from(to.0) % states);
            if from != to {
                before[to].push(from);
            }
        }
        for before in &mut before {
            before.sort_unstable();
            before.dedup();
        }
        Self((input.order == Order::Arrival).then_some(before))
    }

    /// By state, whether any number of forward transitions lead from there to this one; empty for none.
    fn of(&self, state: usize) -> Vec<bool> {
        let Some(before) = &self.0 else { return Vec::new() };
        let mut behind = vec![false; before.len()];
        let mut open = vec![state];
        while let Some(at) = open.pop() {
            for &from in &before[at] {
                if !std::mem::replace(&mut behind[from], true) {
                    open.push(from);
                }
            }
        }
        behind
    }
}
