//! What is wrong with a definition that reads well: questions about its graph, answered with petgraph.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::{
    graph::{DiGraph, NodeIndex},
    visit::Bfs,
};
use toml_span::Span;

use super::{
    Lifecycle,
    assemble::StateStep,
    compiler::Compiler,
    definition::{RowDefinition, StateDefinition},
    problem::ProblemKind,
    reader::SpannedName,
};

const FLAGS_MAX: usize = 64;
const NODES_MAX: usize = u16::MAX as usize;
/// 8 bytes each.
const CELLS_MAX: usize = 1 << 22;
/// From each state all transitions are looked at once, to find what lies ahead.
const WORK_MAX: usize = 1 << 26;
/// Limit on the names of a cycle that are told.
const CYCLE_NAMED_MAX: usize = 12;
/// Limit on the events told that leave an end state.
const EVENTS_NAMED_MAX: usize = 5;

impl Compiler<'_> {
    /// The states in an order in which every forward transition leads on, the definition's own
    /// order where that leaves a choice; a cycle is a problem.
    pub(super) fn ranks(&mut self) -> Vec<u16> {
        let count = self.names.len();
        // What leaves an end state is a problem of its own.
        let ends = |state: usize| self.declared(state).is_some_and(|state| state.end);
        let forward = |step: &&StateStep| {
            !step.again && step.from != step.to && !step.guessed && !ends(step.from)
        };
        let mut edges = BTreeMap::new();
        for step in self.steps.iter().filter(forward) {
            edges.entry((step.from, step.to)).or_insert(step.span);
        }
        let mut before = vec![0_usize; count];
        for (_, to) in edges.keys() {
            before[*to] += 1;
        }
        let mut ready: BTreeSet<usize> = (0..count).filter(|state| before[*state] == 0).collect();
        let mut ranks = vec![u16::MAX; count];
        let mut rank = 0;
        while let Some(state) = ready.pop_first() {
            ranks[state] = rank;
            rank += 1;
            for ((_, to), _) in edges.range((state, 0)..(state + 1, 0)) {
                before[*to] -= 1;
                if before[*to] == 0 {
                    ready.insert(*to);
                }
            }
        }
        if usize::from(rank) < count {
            self.report_cycles(count, &edges);
        }
        ranks
    }

    fn declared(&self, state: usize) -> Option<&StateDefinition> {
        self.entity.states.get(state.checked_sub(1)?)
    }

    /// Names a cycle for each step that closes one, walking from every state in turn.
    fn report_cycles(&mut self, count: usize, edges: &BTreeMap<(usize, usize), Span>) {
        let next = |state: usize| {
            edges.range((state, 0)..(state + 1, 0)).map(|((_, to), _)| *to).collect::<Vec<_>>()
        };
        let mut done = vec![false; count];
        // Where each state stands on the path.
        let mut on_path = vec![None; count];
        for start in 0..count {
            let mut path = vec![start];
            let mut open = vec![next(start)];
            on_path[start] = Some(0);
            while let (Some(&at), Some(ways)) = (path.last(), open.last_mut()) {
                match ways.pop() {
                    None => {
                        done[at] = true;
                        on_path[at] = None;
                        path.pop();
                        open.pop();
                    }
                    Some(to) if done[to] => {}
                    Some(to) => match on_path[to] {
                        Some(begun) => {
                            self.report_cycle(&path[begun..], edges[&(at, to)]);
                        }
                        None => {
                            on_path[to] = Some(path.len());
                            path.push(to);
                            open.push(next(to));
                        }
                    },
                }
            }
        }
    }

    fn report_cycle(&mut self, path: &[usize], span: Span) {
        let mut names: Vec<&str> = path.iter().map(|state| self.names[*state]).collect();
        if names.len() > CYCLE_NAMED_MAX {
            names.splice(CYCLE_NAMED_MAX / 2..names.len() - CYCLE_NAMED_MAX / 2, ["…"]);
        }
        names.push(self.names[path[0]]);
        let message = format!("`from` transitions lead round in a circle: {}", names.join(" → "));
        self.notes.report(
            ProblemKind::Cycle,
            span,
            message,
            "make the one that goes back an `again`",
        );
    }

    /// The states that some sequence of events leads to.
    pub(super) fn reachable(&self) -> Vec<bool> {
        let mut graph = DiGraph::<(), ()>::new();
        for _ in &self.names {
            graph.add_node(());
        }
        for step in &self.steps {
            graph.add_edge(NodeIndex::new(step.from), NodeIndex::new(step.to), ());
        }
        let mut reached = vec![false; self.names.len()];
        // Nobody knows what leads to a state that is declared nowhere, or to where a row leads that says no source.
        let mut starts: BTreeSet<usize> =
            (self.entity.states.len() + 1..self.names.len()).collect();
        let rows = self.entity.events.iter().flat_map(|event| &event.rows);
        for row in rows.filter(|row| row.from.is_empty() && row.again.is_empty()) {
            starts.extend(row.to.iter().filter_map(|to| self.states.get(to.value.as_str())));
        }
        starts.insert(0);
        for start in starts {
            let mut bfs = Bfs::new(&graph, NodeIndex::new(start));
            while let Some(node) = bfs.next(&graph) {
                reached[node.index()] = true;
            }
        }
        reached
    }

    pub(super) fn lint_states(&mut self, reached: &[bool]) {
        let mut leaving: Vec<Vec<usize>> = vec![Vec::new(); self.names.len()];
        for (at, step) in self.steps.iter().enumerate().filter(|(_, step)| step.from != step.to) {
            leaving[step.from].push(at);
        }
        let causes = self.out_of_reach(reached, &leaving);
        for (state, leaving) in self.entity.states.iter().zip(&leaving[1..]) {
            let name = &state.name.value;
            let own = self.states[name.as_str()];
            if causes.contains(&own) {
                let message = format!("nothing leads to `{name}`");
                let help =
                    "expected an event with `to = …`, or a status word, that leads here from `new`";
                self.notes.report(ProblemKind::UnreachableState, state.name.span, message, help);
            } else if reached[own] && !state.rest && !state.end && leaving.is_empty() {
                let message = format!("nothing leads out of `{name}`");
                let help = "expected a transition out of it, or `rest = true` or `end = true`";
                self.notes.report(ProblemKind::TrapState, state.name.span, message, help);
            }
            if let Some(first) = leaving.iter().find(|_| state.end) {
                let mut events: Vec<String> = Vec::new();
                for at in leaving {
                    let event = &self.entity.events[usize::from(self.steps[*at].base)].name.value;
                    events.push(format!("`{event}`"));
                }
                events.dedup();
                let more = events.len().saturating_sub(EVENTS_NAMED_MAX);
                events.truncate(EVENTS_NAMED_MAX);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let leaves = if events.len() > 1 { "leave" } else { "leaves" };
                let events = events.join(", ");
                let message = format!("{events}{more} {leaves} `{name}`, which is an end state");
                let help = "`rest = true` is for a state that may still be left";
                let span = self.steps[*first].span;
                self.notes.report(ProblemKind::LeavesEnd, span, message, help);
            }
        }
    }

    /// Of the states that nothing leads to those for whose sake the others are out of reach.
    fn out_of_reach(&self, reached: &[bool], leaving: &[Vec<usize>]) -> BTreeSet<usize> {
        let mut is_led_to = vec![false; reached.len()];
        let ways = |from: usize| leaving[from].iter().map(|at| self.steps[*at].to);
        let unreached = || (0..reached.len()).filter(|state| !reached[*state]);
        for from in unreached() {
            ways(from).for_each(|to| is_led_to[to] = true);
        }
        let first = unreached().filter(|state| !is_led_to[*state]);
        // Of states in a circle any one will do.
        let (mut told, mut causes) = (reached.to_vec(), BTreeSet::new());
        for cause in first.chain(unreached()).collect::<Vec<_>>() {
            let mut open = vec![cause];
            while let Some(state) = open.pop() {
                if !std::mem::replace(&mut told[state], true) {
                    causes.extend((state == cause).then_some(cause));
                    open.extend(ways(state));
                }
            }
        }
        causes
    }

    pub(super) fn lint_rows(&mut self) {
        for event in &self.entity.events {
            let mut wordless_states = Vec::new();
            // A state that nothing leads to is a problem of its own.
            let live = |row: &RowDefinition| {
                let decides = row.status.is_empty() || !self.decided(row).is_empty();
                decides && row.from.iter().chain(&row.again).next().is_some()
            };
            let dead: Vec<Span> =
                event.rows.iter().filter(|row| !live(row)).map(|row| row.span).collect();
            for row in event.rows.iter().filter(|row| !row.status.is_empty() && live(row)) {
                let wordless = |name: &&SpannedName| {
                    let state = self.states.get(name.value.as_str());
                    state.is_some_and(|state| *state != 0 && !self.said.contains(state))
                };
                for name in row.to.iter().filter(wordless) {
                    let message = format!("no status word means `{}`", name.value);
                    let help = "expected a word for it in [statuses]; only a word leads to a state of this `to`";
                    wordless_states.push((name.span, message, help));
                }
            }
            for (span, message, help) in wordless_states {
                self.notes.report(ProblemKind::DeadRow, span, message, help);
            }
            let name = &event.name.value;
            if dead.len() == event.rows.len() {
                let message = format!("`{name}` is legal in no state that can be reached");
                let help = "expected `from` or `again` with a state that events lead to";
                self.notes.report(ProblemKind::NeverLegal, event.name.span, message, help);
            } else {
                for span in dead {
                    let message = format!("a row of `{name}` can never apply");
                    let help = "expected a `from` or `again` with a state that events lead to, and words in [statuses] for `status`";
                    self.notes.report(ProblemKind::DeadRow, span, message, help);
                }
            }
        }
    }

    /// Whether a definition is small enough to be compiled in a second; its numbers are known before anything is made
    /// of it.
    pub(super) fn within_limits(&mut self) -> bool {
        let entity = self.entity;
        let tries = entity.retries.as_ref().map_or(1, |retries| usize::from(retries.limit) + 1);
        let nodes = self.names.len().saturating_mul(tries);
        let (mut rows, mut kinds, mut steps) = (0, 0, 0_usize);
        for event in &entity.events {
            let states = event.rows.iter().map(|row| row.from.len() + row.again.len());
            let deciding = event.rows.iter().filter(|row| !row.status.is_empty());
            let chosen = deciding.map(|row| match row.to.len() {
                0 => self.said.len(),
                named => named.min(self.said.len()),
            });
            // Of a kind that a word decides there is one for each state that it may mean.
            // And so there is for each condition.
            let branches = 1 + event.rows.iter().filter(|row| !row.when.is_empty()).count();
            let variants = branches + chosen.sum::<usize>().min(branches * self.said.len());
            rows += event.rows.len();
            kinds += variants;
            steps = steps.saturating_add(variants.saturating_mul(states.sum()));
        }
        let steps = steps.saturating_mul(tries);
        let first_too_many = entity.flags.get(FLAGS_MAX).map(|(name, _)| name.span);
        let mut within = true;
        for (found, most, what) in [
            (entity.flags.len(), FLAGS_MAX, "flags"),
            (nodes, NODES_MAX, "states times retries"),
            (kinds, NODES_MAX, "event kinds"),
            (rows, NODES_MAX - 1, "rows"),
            (nodes.saturating_mul(kinds), CELLS_MAX, "states times retries times event kinds"),
            (nodes.saturating_mul(steps), WORK_MAX, "states times transitions, for each retry"),
        ] {
            if found > most {
                let message = format!("{found} {what}");
                let flags = first_too_many.filter(|_| what == "flags");
                let span = flags.unwrap_or(entity.entity.span);
                self.notes.report(ProblemKind::TooMany, span, message, format!("at most {most}"));
                within = false;
            }
        }
        within
    }

    /// Whether retries can be used up, which only the compiled nodes can tell.
    pub(super) fn lint_retries(&mut self, lifecycle: &Lifecycle) {
        let (Some(retries), Some(definition)) = (&lifecycle.retries, &self.entity.retries) else {
            return;
        };
        let reached = lifecycle.reachable_nodes();
        let wanted = lifecycle.node_at(retries.then, retries.limit);
        if !reached[usize::from(wanted.0)] {
            let then = &definition.then.value;
            let message = format!("the retries are never used up before `{then}`");
            let help = format!(
                "expected ways from `{from}` by `again` back to `{from}`, none through `renewed_by`, and on to `{then}`",
                from = definition.from.value
            );
            self.notes.report(ProblemKind::UnusableRetries, definition.span, message, help);
        }
    }
}
