//! The parts of a definition in which nothing is wrong, put together.

use std::collections::{BTreeSet, HashSet};

use toml_span::Span;

use super::{
    Flag, FlagRow, Kind, KindId, Lifecycle, NEW, Node, Retries, State, Transition,
    definition::EntityDefinition,
    graph::{Edge, NodeGraph},
    meaning::{self, Identity},
    pattern::Pattern,
    problem::DefinitionFile,
    reader::SpannedName,
    spelling::NameIndex,
    table,
};

/// One allowed step between states, as the definition has it.
#[derive(Clone, Copy)]
pub(super) struct StateStep {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The row has a target; without one the state is kept.
    pub(super) leads: bool,
    pub(super) again: bool,
    /// The event kind; a variant where a status word decides.
    pub(super) kind: u16,
    pub(super) base: u16,
    pub(super) row: u16,
    /// One of its states is a guess at what a name that is declared nowhere means.
    pub(super) guessed: bool,
    pub(super) span: Span,
}

/// What a definition was taken apart into.
pub(super) struct Parts {
    pub(super) rows: Vec<FlagRow>,
    pub(super) kinds: Vec<Kind>,
    pub(super) named: NameIndex<KindId>,
    pub(super) patterns: Vec<(Pattern, KindId)>,
    pub(super) statuses: NameIndex<u16>,
    pub(super) retries: Option<Retries>,
    pub(super) ranks: Vec<u16>,
    pub(super) steps: Vec<StateStep>,
}

pub(super) fn assemble(
    file: &DefinitionFile,
    entity: &EntityDefinition,
    parts: Parts,
) -> Lifecycle {
    let Parts { rows, mut kinds, named, patterns, statuses, retries, ranks, steps } = parts;
    let states = states_of(entity, &ranks);
    let mut by_kind = vec![Vec::new(); kinds.len()];
    for step in &steps {
        by_kind[usize::from(step.kind)].push(*step);
    }
    for (kind, steps) in kinds.iter_mut().zip(&by_kind) {
        place_kind(kind, steps, &ranks);
    }
    drop(by_kind);
    let mut first_row = vec![table::NO_ROW; kinds.len()];
    for step in steps.iter().rev() {
        first_row[usize::from(step.kind)] = step.row;
    }
    let tries = retries.as_ref().map_or(1, |retries| usize::from(retries.limit) + 1);
    let nodes = states.len() * tries;
    let edges = node_edges(states.len(), retries.as_ref(), &steps);
    let graph = NodeGraph::new(states.len(), nodes, &kinds, &edges);
    let table = table::build(&table::Input {
        order: entity.order,
        states: &states,
        kinds: &kinds,
        retries: retries.as_ref(),
        edges: &edges,
        first_row: &first_row,
        graph: &graph,
        nodes,
    });
    let flag = |(name, summary): &(SpannedName, String)| Flag {
        name: name.value.clone(),
        summary: summary.clone(),
    };
    let name = entity.entity.value.as_str();
    let mut lifecycle = Lifecycle {
        identity: Identity::new(name, 0),
        title: entity.title.clone().unwrap_or_else(|| entity.entity.value.clone()),
        source: entity.source.clone(),
        definition: file.text.as_str().into(),
        order: entity.order,
        id: entity.id.clone(),
        parent: entity.parent.as_ref().map(|(name, id)| (name.value.as_str().into(), id.clone())),
        status: entity.status.clone(),
        prefix: entity.prefix.clone(),
        data: entity.data.clone(),
        states,
        flags: entity.flags.iter().map(flag).collect(),
        transitions: transitions(&steps),
        kinds,
        named,
        patterns,
        statuses,
        retries,
        rows,
        table,
        nodes,
        graph,
    };
    lifecycle.identity = Identity::new(name, meaning::of_lifecycle(&lifecycle));
    lifecycle
}

fn states_of(entity: &EntityDefinition, ranks: &[u16]) -> Vec<State> {
    let mut states = vec![State {
        name: NEW.to_owned(),
        summary: "Nothing heard yet.".to_owned(),
        rest: false,
        end: false,
        error: false,
        dwell: None,
        rank: ranks[0],
    }];
    states.extend(entity.states.iter().zip(&ranks[1..]).map(|(state, rank)| State {
        name: state.name.value.clone(),
        summary: state.summary.clone(),
        rest: state.rest,
        end: state.end,
        error: state.error,
        dwell: state.dwell,
        rank: *rank,
    }));
    states
}

/// Fills in where a kind leads, and where it stands among events of the same time.
fn place_kind(kind: &mut Kind, steps: &[StateStep], ranks: &[u16]) {
    let leading = steps.iter().filter(|step| step.leads);
    let mut targets: Vec<u16> = leading.map(|step| step.to as u16).collect();
    targets.sort_by_key(|state| ranks[usize::from(*state)]);
    targets.dedup();
    let rank = |state: usize| ranks[state];
    kind.place = match targets.first() {
        Some(target) => (rank(usize::from(*target)), false),
        None => (steps.iter().map(|step| rank(step.from)).min().unwrap_or(u16::MAX), true),
    };
    kind.targets = targets;
}

/// The steps between nodes: each step between states, for each number of retries used.
fn node_edges(
    states: usize,
    retries: Option<&Retries>,
    steps: &[StateStep],
) -> Vec<(Node, Node, Edge)> {
    let limit = retries.map_or(0, |retries| usize::from(retries.limit));
    let node = |state: usize, used: usize| Node((used * states + state) as u16);
    let renewed: BTreeSet<usize> =
        retries.iter().flat_map(|retries| &retries.renewed_by).copied().collect();
    let mut edges = Vec::new();
    for step in steps {
        for used in 0..=limit {
            let mut used_after = used;
            let mut early = false;
            if let Some(retries) = retries.filter(|_| step.from != step.to) {
                if step.again && step.from == retries.from {
                    used_after += 1;
                }
                if renewed.contains(&step.to) {
                    used_after = 0;
                }
                early = step.to == retries.then && used_after < limit;
                if step.again && step.from == retries.from && used == limit {
                    continue;
                }
            }
            let edge = Edge { kind: KindId(step.kind), row: step.row, again: step.again, early };
            edges.push((node(step.from, used), node(step.to, used_after), edge));
        }
    }
    edges
}

fn transitions(steps: &[StateStep]) -> Vec<Transition> {
    let mut transitions: Vec<Transition> = Vec::new();
    let mut known = HashSet::new();
    for step in steps {
        let StateStep { from, to, again, row, .. } = *step;
        let kind = KindId(step.kind);
        if known.insert((from, to, kind, again)) {
            transitions.push(Transition { from, kind, to, again, row });
        }
    }
    transitions.sort_by_key(|transition| transition.row);
    transitions
}
