//! Definition → lifecycle, or everything that is wrong with it.

use std::collections::{BTreeSet, HashMap};

use toml_span::Span;

use super::{
    Flag, Kind, KindId, Lifecycle, NEW, Node, Retries, Row, State, Transition,
    definition::{EntityDefinition, EventDefinition, Name, RowDefinition},
    graph::{Edge, NodeGraph},
    problem::{DefinitionFile, Notes, Problem, ProblemKind},
    spelling::{NameIndex, closest},
    table,
};

/// Checks and compiles. `None` if a problem was found; all of them are in `problems`.
pub(super) fn compile(
    file: &DefinitionFile,
    entity: &EntityDefinition,
    problems: &mut Vec<Problem>,
) -> Option<Lifecycle> {
    let known = problems.len();
    let mut compiler = Compiler {
        notes: Notes { file, problems },
        entity,
        steps: Vec::new(),
        states: HashMap::new(),
    };
    compiler.states.insert(NEW, 0);
    for (index, state) in entity.states.iter().enumerate() {
        compiler.states.insert(&state.name.value, index + 1);
    }
    let (rows, kinds, named) = compiler.events();
    let statuses = compiler.statuses();
    let retries = compiler.retries();
    let ranks = compiler.ranks();
    compiler.lint_states();
    compiler.lint_rows();
    compiler.limits(kinds.len(), retries.as_ref());
    if compiler.notes.problems.len() > known {
        return None;
    }
    let steps = std::mem::take(&mut compiler.steps);
    let parts = Parts { rows, kinds, named, statuses, retries, ranks, steps };
    let lifecycle = assemble(file, entity, parts);
    compiler.lint_retries(&lifecycle);
    (compiler.notes.problems.len() == known).then_some(lifecycle)
}

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
    pub(super) span: Span,
}

struct Parts {
    rows: Vec<Row>,
    kinds: Vec<Kind>,
    named: NameIndex<KindId>,
    statuses: NameIndex<u16>,
    retries: Option<Retries>,
    ranks: Vec<u16>,
    steps: Vec<StateStep>,
}

pub(super) struct Compiler<'a> {
    pub(super) notes: Notes<'a>,
    pub(super) entity: &'a EntityDefinition,
    pub(super) states: HashMap<&'a str, usize>,
    pub(super) steps: Vec<StateStep>,
}

impl<'a> Compiler<'a> {
    /// Looks a state up; `new` only where nothing can lead into it.
    fn state(&mut self, name: &Name, source: bool) -> Option<usize> {
        match self.states.get(name.value.as_str()) {
            Some(0) if !source => {
                let message = "nothing leads back to `new`".to_owned();
                let help = "`new` is only for `from`: it means that nothing was heard yet";
                self.notes.report(ProblemKind::Undeclared, name.span, message, help);
                None
            }
            Some(index) => Some(*index),
            None => {
                let usable = self.states.keys().copied().filter(|state| source || *state != NEW);
                let help = match closest(&name.value, usable) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if source => "expected a name from [states], or `new`".to_owned(),
                    None => "expected a name from [states]".to_owned(),
                };
                let message = format!("the state `{}` is not declared", name.value);
                self.notes.report(ProblemKind::Undeclared, name.span, message, help);
                None
            }
        }
    }

    fn flags(&mut self, names: &[Name]) -> u64 {
        let mut set = 0;
        for name in names {
            match self.entity.flags.iter().position(|(flag, _)| flag.value == name.value) {
                Some(bit) => set |= 1_u64.checked_shl(bit as u32).unwrap_or(0),
                None => {
                    let message = format!("the flag `{}` is not declared", name.value);
                    let flags = self.entity.flags.iter().map(|(flag, _)| flag.value.as_str());
                    let help = match closest(&name.value, flags) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "expected a name from [flags]".to_owned(),
                    };
                    self.notes.report(ProblemKind::Undeclared, name.span, message, help);
                }
            }
        }
        set
    }

    /// Numbers the kinds and their rows, and collects every allowed step.
    fn events(&mut self) -> (Vec<Row>, Vec<Kind>, NameIndex<KindId>) {
        let entity = self.entity;
        let (mut rows, mut kinds, mut named) = (Vec::new(), Vec::new(), NameIndex::new());
        for (base, event) in entity.events.iter().enumerate() {
            let id = KindId(base as u16);
            self.name(&mut named, &event.name, id);
            for spelling in event.rows.iter().flat_map(|row| &row.spellings) {
                self.name(&mut named, spelling, id);
            }
            kinds.push(kind(event, id));
        }
        for (base, event) in entity.events.iter().enumerate() {
            let first_row = rows.len();
            let mut targets = Vec::new();
            for row in &event.rows {
                let flags = Row { set: self.flags(&row.set), clear: self.flags(&row.clear) };
                rows.push(flags);
                targets.push(self.targets(row));
            }
            let mut plain = Vec::new();
            for (offset, row) in
                event.rows.iter().enumerate().filter(|(_, row)| row.status.is_none())
            {
                let to = targets[offset].first().copied();
                self.row(row, to, base, base, first_row + offset, &mut plain);
            }
            let deciding: Vec<usize> =
                (0..event.rows.len()).filter(|at| event.rows[*at].status.is_some()).collect();
            let decided: BTreeSet<usize> =
                deciding.iter().flat_map(|at| targets[*at].iter().copied()).collect();
            for target in decided {
                let variant = kinds.len();
                kinds[base].variants.push((target as u16, KindId(variant as u16)));
                let own = kind(event, KindId(base as u16));
                kinds.push(Kind { variants: Vec::new(), ..own });
                let mut steps = Vec::new();
                for at in deciding.iter().filter(|at| targets[**at].contains(&target)) {
                    let row = &event.rows[*at];
                    self.row(row, Some(target), variant, base, first_row + at, &mut steps);
                }
                let others = deciding.iter().filter(|at| !targets[**at].contains(&target));
                let undecided = self.undecided(event, others, base);
                add_rest(&mut steps, &plain, variant);
                add_rest(&mut steps, &undecided, variant);
                self.steps.extend(steps);
            }
            let undecided = self.undecided(event, deciding.iter(), base);
            add_rest(&mut plain, &undecided, base);
            self.steps.extend(plain);
        }
        (rows, kinds, named)
    }

    /// Where a row with `status` is met by a word that decides nothing: the state is kept, flags too.
    fn undecided<'r>(
        &self,
        event: &EventDefinition,
        rows: impl Iterator<Item = &'r usize>,
        base: usize,
    ) -> Vec<StateStep> {
        let rows = rows.map(|at| &event.rows[*at]);
        let names = rows.flat_map(|row| row.from.iter().chain(&row.again));
        let stay = |name: &Name| {
            let from = self.states.get(name.value.as_str()).copied()?;
            let (kind, base, row) = (base as u16, base as u16, table::NO_ROW);
            Some(StateStep {
                from,
                to: from,
                leads: false,
                again: false,
                kind,
                base,
                row,
                span: name.span,
            })
        };
        names.filter_map(stay).collect()
    }

    fn name(&mut self, named: &mut NameIndex<KindId>, name: &Name, id: KindId) {
        let other = named.insert(&name.value, id);
        if other.is_some_and(|other| other != id) {
            let message = format!("`{}` names two events", name.value);
            let help = "a name, spellings included, belongs to one event";
            self.notes.report(ProblemKind::Ambiguous, name.span, message, help);
        }
    }

    /// The states that a row leads to: for one with `status` those that a word may choose.
    fn targets(&mut self, row: &RowDefinition) -> Vec<usize> {
        let named: Vec<usize> = row.to.iter().filter_map(|to| self.state(to, false)).collect();
        if row.status.is_none() { named } else { self.decided(row) }
    }

    /// The states that a word may choose for a row with `status`.
    pub(super) fn decided(&self, row: &RowDefinition) -> Vec<usize> {
        let wanted = |name: &str| row.to.is_empty() || row.to.iter().any(|to| to.value == name);
        let names = self.entity.statuses.iter().map(|(_, state)| state.value.as_str());
        let states = names.filter(|name| wanted(name)).filter_map(|name| self.states.get(name));
        states.copied().filter(|state| *state != 0).collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn row(
        &mut self,
        row: &RowDefinition,
        to: Option<usize>,
        kind: usize,
        base: usize,
        index: usize,
        steps: &mut Vec<StateStep>,
    ) {
        let sources = row.from.iter().map(|name| (name, false));
        for (name, again) in sources.chain(row.again.iter().map(|name| (name, true))) {
            let Some(from) = self.state(name, true) else { continue };
            if again && from == 0 {
                let message = "nothing goes back to before it was heard of".to_owned();
                self.notes.report(
                    ProblemKind::InvalidValue,
                    name.span,
                    message,
                    "`new` is only for `from`",
                );
                continue;
            }
            // Any word may come in any state; without `to`, forward is as [states] lists them.
            let open = row.status.is_some() && row.to.is_empty() && !again;
            if open && to.is_some_and(|to| to < from) {
                continue;
            }
            if steps.iter().any(|step| step.from == from) {
                let event = &self.entity.events[base].name.value;
                let message = format!("`{event}` in `{}` is said twice", name.value);
                let help = "a state belongs to one row of an event, to `from` or `again`, once";
                self.notes.report(ProblemKind::Ambiguous, name.span, message, help);
                continue;
            }
            steps.push(StateStep {
                from,
                to: to.unwrap_or(from),
                leads: to.is_some(),
                again,
                kind: kind as u16,
                base: base as u16,
                row: index as u16,
                span: name.span,
            });
        }
    }

    fn statuses(&mut self) -> NameIndex<u16> {
        let mut statuses = NameIndex::new();
        for (word, name) in &self.entity.statuses {
            let Some(state) = self.state(name, false) else { continue };
            statuses.insert(&word.value, state as u16);
            if statuses.is_ambiguous(&word.value) {
                let message =
                    format!("`{}` is another spelling of a word mapped elsewhere", word.value);
                let help = "words are compared without case, `-` and `_`";
                self.notes.report(ProblemKind::Ambiguous, word.span, message, help);
            }
        }
        statuses
    }

    fn retries(&mut self) -> Option<Retries> {
        let retries = self.entity.retries.as_ref()?;
        let from = self.state(&retries.from, false);
        let then = self.state(&retries.then, false);
        let renewed_by =
            retries.renewed_by.iter().filter_map(|name| self.state(name, false)).collect();
        let (from, then) = (from?, then?);
        let leaves = self.steps.iter().any(|step| step.from == from && step.again);
        if retries.limit == 0 || !leaves {
            let (span, help) = match retries.limit {
                0 => (retries.span, "expected a limit of 1 or more"),
                _ => (retries.from.span, "expected `again` transitions out of that state"),
            };
            let message = format!("no retry is ever used in `{}`", retries.from.value);
            self.notes.report(ProblemKind::UnusableRetries, span, message, help);
        }
        Some(Retries { from, limit: retries.limit, then, renewed_by })
    }
}

/// Adds the steps out of states that no step leaves yet.
fn add_rest(steps: &mut Vec<StateStep>, rest: &[StateStep], kind: usize) {
    for step in rest {
        if steps.iter().all(|known| known.from != step.from) {
            steps.push(StateStep { kind: kind as u16, ..*step });
        }
    }
}

fn kind(event: &EventDefinition, base: KindId) -> Kind {
    Kind {
        name: event.name.value.as_str().into(),
        foreign: event.rows.iter().any(|row| row.foreign),
        id: event
            .rows
            .iter()
            .map(|row| &row.id)
            .find(|id| !id.is_empty())
            .cloned()
            .unwrap_or_default(),
        status: event.rows.iter().find_map(|row| row.status.clone()),
        variants: Vec::new(),
        targets: Vec::new(),
        place: (0, false),
        base,
    }
}

fn assemble(file: &DefinitionFile, entity: &EntityDefinition, parts: Parts) -> Lifecycle {
    let Parts { rows, mut kinds, named, statuses, retries, ranks, steps } = parts;
    let states = states_of(entity, &ranks);
    for (id, kind) in kinds.iter_mut().enumerate() {
        place_kind(kind, id, &steps, &ranks);
    }
    let mut first_row = vec![table::NO_ROW; kinds.len()];
    for step in steps.iter().rev() {
        first_row[usize::from(step.kind)] = step.row;
    }
    let tries = retries.as_ref().map_or(1, |retries| usize::from(retries.limit) + 1);
    let nodes = states.len() * tries;
    let edges = node_edges(states.len(), retries.as_ref(), &steps);
    let graph = NodeGraph::new(states.len(), nodes, kinds.len(), &edges);
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
    let flag = |(name, summary): &(Name, String)| Flag {
        name: name.value.clone(),
        summary: summary.clone(),
    };
    Lifecycle {
        entity: entity.entity.value.as_str().into(),
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
        transitions: transitions(&steps, &kinds),
        kinds,
        named,
        statuses,
        retries,
        rows,
        table,
        nodes,
        graph,
    }
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
fn place_kind(kind: &mut Kind, id: usize, steps: &[StateStep], ranks: &[u16]) {
    let own = || steps.iter().filter(|step| usize::from(step.kind) == id);
    let mut targets: Vec<u16> =
        own().filter(|step| step.leads).map(|step| step.to as u16).collect();
    targets.sort_by_key(|state| ranks[usize::from(*state)]);
    targets.dedup();
    let rank = |state: usize| ranks[state];
    kind.place = match targets.first() {
        Some(target) => (rank(usize::from(*target)), false),
        None => (own().map(|step| rank(step.from)).min().unwrap_or(u16::MAX), true),
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
    let mut edges = Vec::new();
    for step in steps {
        for used in 0..=limit {
            let mut used_after = used;
            let mut early = false;
            if let Some(retries) = retries.filter(|_| step.from != step.to) {
                if step.again && step.from == retries.from {
                    used_after += 1;
                }
                if retries.renewed_by.contains(&step.to) {
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

fn transitions(steps: &[StateStep], kinds: &[Kind]) -> Vec<Transition> {
    let mut transitions: Vec<Transition> = Vec::new();
    for step in steps {
        let kind = kinds[usize::from(step.kind)].base;
        let known = |t: &Transition| {
            t.from == step.from && t.to == step.to && t.kind == kind && t.again == step.again
        };
        if !transitions.iter().any(known) {
            let StateStep { from, to, again, row, .. } = *step;
            transitions.push(Transition { from, kind, to, again, row });
        }
    }
    transitions.sort_by_key(|transition| transition.row);
    transitions
}
