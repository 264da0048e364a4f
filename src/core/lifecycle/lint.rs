//! What is wrong with a definition that reads well: questions about its graph, answered with petgraph.

use std::collections::BTreeSet;

use petgraph::{
    graph::{DiGraph, NodeIndex},
    visit::Bfs,
};
use toml_span::Span;

use super::{
    Lifecycle, NEW, Retries,
    compile::{Compiler, StateStep},
    definition::RowDefinition,
    problem::ProblemKind,
};

const FLAGS_MAX: usize = 64;
const NODES_MAX: usize = u16::MAX as usize;
/// 6 bytes each.
const CELLS_MAX: usize = 1 << 24;

impl<'a> Compiler<'a> {
    /// The states in an order in which every forward transition leads on, the definition's own
    /// order where that leaves a choice; a cycle is a problem.
    pub(super) fn ranks(&mut self) -> Vec<u16> {
        let count = self.entity.states.len() + 1;
        // What leaves an end state is a problem of its own.
        let ends = |state: usize| state > 0 && self.entity.states[state - 1].end;
        let forward = |step: &&StateStep| !step.again && step.from != step.to && !ends(step.from);
        let edges: BTreeSet<(usize, usize)> =
            self.steps.iter().filter(forward).map(|step| (step.from, step.to)).collect();
        let mut before = vec![0_usize; count];
        for (_, to) in &edges {
            before[*to] += 1;
        }
        let mut ready: BTreeSet<usize> = (0..count).filter(|state| before[*state] == 0).collect();
        let mut ranks = vec![u16::MAX; count];
        let mut rank = 0;
        while let Some(state) = ready.pop_first() {
            ranks[state] = rank;
            rank += 1;
            for (_, to) in edges.range((state, 0)..(state + 1, 0)) {
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

    /// Names a cycle for each step that closes one, walking from every state in turn.
    fn report_cycles(&mut self, count: usize, edges: &BTreeSet<(usize, usize)>) {
        let next = |state: usize| edges.range((state, 0)..(state + 1, 0)).map(|(_, to)| *to);
        let mut done = vec![false; count];
        for start in 0..count {
            let mut path = vec![start];
            let mut open = vec![next(start).collect::<Vec<_>>()];
            while let (Some(&at), Some(ways)) = (path.last(), open.last_mut()) {
                match ways.pop() {
                    None => {
                        done[at] = true;
                        path.pop();
                        open.pop();
                    }
                    Some(to) if done[to] => {}
                    Some(to) => match path.iter().position(|state| *state == to) {
                        Some(begun) => self.report_cycle(&path[begun..], to),
                        None => {
                            path.push(to);
                            open.push(next(to).collect());
                        }
                    },
                }
            }
            done[start] = true;
        }
    }

    fn report_cycle(&mut self, path: &[usize], to: usize) {
        let names: Vec<&str> =
            path.iter().chain([&to]).map(|state| self.state_name(*state)).collect();
        let closing =
            |step: &&StateStep| Some(&step.from) == path.last() && step.to == to && !step.again;
        let span = self.steps.iter().find(closing).map_or_else(Span::default, |step| step.span);
        let message = format!("`from` transitions lead round in a circle: {}", names.join(" → "));
        self.notes.report(
            ProblemKind::Cycle,
            span,
            message,
            "make the one that goes back an `again`",
        );
    }

    fn state_name(&self, index: usize) -> &'a str {
        match index {
            0 => NEW,
            _ => &self.entity.states[index - 1].name.value,
        }
    }

    /// The states that some sequence of events leads to.
    fn reachable(&self) -> Vec<bool> {
        let count = self.entity.states.len() + 1;
        let mut graph = DiGraph::<(), ()>::new();
        for _ in 0..count {
            graph.add_node(());
        }
        for step in &self.steps {
            graph.add_edge(NodeIndex::new(step.from), NodeIndex::new(step.to), ());
        }
        let mut reached = vec![false; count];
        let mut bfs = Bfs::new(&graph, NodeIndex::new(0));
        while let Some(node) = bfs.next(&graph) {
            reached[node.index()] = true;
        }
        reached
    }

    pub(super) fn lint_states(&mut self) {
        let reached = self.reachable();
        let steps = std::mem::take(&mut self.steps);
        for (index, state) in self.entity.states.iter().enumerate() {
            let own = index + 1;
            let name = &state.name.value;
            let leaves = |step: &&StateStep| step.from == own && step.to != own;
            if !reached[own] {
                let message = format!("nothing leads to `{name}`");
                let help =
                    "expected an event with `to = …`, or a status word, that leads here from `new`";
                self.notes.report(ProblemKind::UnreachableState, state.name.span, message, help);
            } else if !state.rest && !state.end && !steps.iter().any(|step| leaves(&step)) {
                let message = format!("nothing leads out of `{name}`");
                let help = "expected a transition out of it, or `rest = true` or `end = true`";
                self.notes.report(ProblemKind::TrapState, state.name.span, message, help);
            }
            for step in steps.iter().filter(leaves).filter(|_| state.end) {
                let event = &self.entity.events[usize::from(step.base)].name.value;
                let message = format!("`{event}` leaves `{name}`, which is an end state");
                let help = "`rest = true` is for a state that may still be left";
                self.notes.report(ProblemKind::LeavesEnd, step.span, message, help);
            }
        }
        self.steps = steps;
    }

    pub(super) fn lint_rows(&mut self) {
        let reached = self.reachable();
        for event in &self.entity.events {
            let live = |row: &RowDefinition| {
                if row.status.is_some() && self.decided(row).is_empty() {
                    return false;
                }
                let sources = row.from.iter().chain(&row.again);
                let mut known = sources.map(|name| self.states.get(name.value.as_str()));
                // An undeclared state is a problem of its own.
                known.any(|state| state.is_none_or(|state| reached[*state]))
            };
            let dead: Vec<Span> =
                event.rows.iter().filter(|row| !live(row)).map(|row| row.span).collect();
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

    pub(super) fn limits(&mut self, kinds: usize, retries: Option<&Retries>) {
        let tries = retries.map_or(1, |retries| usize::from(retries.limit) + 1);
        let nodes = (self.entity.states.len() + 1) * tries;
        let rows: usize = self.entity.events.iter().map(|event| event.rows.len()).sum();
        let first_too_many = self.entity.flags.get(FLAGS_MAX).map(|(name, _)| name.span);
        for (found, most, what) in [
            (self.entity.flags.len(), FLAGS_MAX, "flags"),
            (nodes, NODES_MAX, "states times retries"),
            (kinds, NODES_MAX, "event kinds"),
            (rows, NODES_MAX - 1, "rows"),
            (nodes.saturating_mul(kinds), CELLS_MAX, "states times retries times event kinds"),
        ] {
            if found > most {
                let message = format!("{found} {what}");
                let span = first_too_many.unwrap_or(self.entity.entity.span);
                self.notes.report(ProblemKind::TooMany, span, message, format!("at most {most}"));
            }
        }
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
