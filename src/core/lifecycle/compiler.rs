//! A definition's states, flags and status words by name, and what is guessed of those that are declared nowhere.

use std::collections::{BTreeSet, HashMap};

use super::{
    NEW, Retries,
    assemble::StateStep,
    definition::{EntityDefinition, RowDefinition},
    problem::{Notes, ProblemKind},
    reader::SpannedName,
    spelling::{NameIndex, closest},
};

/// How many mistyped names of a definition get a suggestion: looking for the nearest known one is the slowest part.
const HINTS_MAX: usize = 100;

pub(super) struct Compiler<'a> {
    pub(super) notes: Notes<'a>,
    pub(super) entity: &'a EntityDefinition,
    /// Names of states, what is guessed of those that are declared nowhere among them.
    pub(super) states: HashMap<&'a str, usize>,
    /// States by number; those that are declared nowhere come last.
    pub(super) names: Vec<&'a str>,
    /// The states that status words mean.
    pub(super) said: BTreeSet<usize>,
    pub(super) steps: Vec<StateStep>,
    flags: HashMap<&'a str, usize>,
    /// Names of states that are declared nowhere: the problem that says so, and how often they occur.
    undeclared: HashMap<&'a str, (usize, usize)>,
    /// How many states were guessed.
    pub(super) hints: usize,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(notes: Notes<'a>, entity: &'a EntityDefinition) -> Self {
        let states = entity.states.iter().map(|state| state.name.value.as_str());
        let names: Vec<&str> = std::iter::once(NEW).chain(states).collect();
        let states: HashMap<&str, usize> =
            (0..).zip(&names).map(|(at, name)| (*name, at)).collect();
        let said = entity.statuses.iter().filter_map(|(_, name)| states.get(name.value.as_str()));
        let said = said.copied().filter(|state| *state != 0).collect();
        let flags =
            (0..).zip(&entity.flags).map(|(at, (flag, _))| (flag.value.as_str(), at)).collect();
        let (steps, undeclared) = (Vec::new(), HashMap::new());
        Self { notes, entity, states, names, said, steps, flags, undeclared, hints: 0 }
    }

    /// Looks a state up; `new` only where nothing can lead into it. For a name that is declared nowhere it is the state
    /// that was most likely meant, or one of its own, so that nothing follows from one mistake but its own problem.
    pub(super) fn state(&mut self, name: &'a SpannedName, source: bool) -> Option<usize> {
        let known = self.states.get(name.value.as_str()).copied();
        if let Some((_, times)) = self.undeclared.get_mut(name.value.as_str()) {
            *times += 1;
            return known;
        }
        match known {
            Some(0) if !source => {
                let message = "nothing leads back to `new`";
                let help = "`new` is only for `from`: it means that nothing was heard yet";
                self.notes.report(ProblemKind::Undeclared, name.span, message, help);
                None
            }
            Some(index) => Some(index),
            None => Some(self.guess(name, source)),
        }
    }

    fn guess(&mut self, name: &'a SpannedName, source: bool) -> usize {
        let own = &self.names[..=self.entity.states.len()];
        self.hints += 1;
        let usable = own.iter().copied().filter(|state| source || *state != NEW);
        let near = closest(&name.value, usable.filter(|_| self.hints <= HINTS_MAX));
        let meant = near.and_then(|near| self.states.get(near)).copied();
        let index = meant.unwrap_or(self.names.len());
        self.states.insert(&name.value, index);
        if meant.is_none() {
            self.names.push(&name.value);
        }
        if self.entity.has_states {
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None if source => "expected a name from [states], or `new`".to_owned(),
                None => "expected a name from [states]".to_owned(),
            };
            let message = format!("the state `{}` is not declared", name.value);
            self.undeclared.insert(&name.value, (self.notes.problems.len(), 1));
            self.notes.report(ProblemKind::Undeclared, name.span, message, help);
        }
        index
    }

    pub(super) fn is_guessed(&self, name: &SpannedName) -> bool {
        self.undeclared.contains_key(name.value.as_str())
    }

    /// Says of each name that is declared nowhere in how many places it is, once for all.
    pub(super) fn count_undeclared(&mut self) {
        for (problem, times) in self.undeclared.values().filter(|(_, times)| *times > 1) {
            let message = &mut self.notes.problems[*problem].message;
            let others = if *times == 2 { "another place" } else { "other places" };
            let count = if *times == 2 { String::new() } else { format!("{} ", times - 1) };
            *message += &format!(", here and in {count}{others}");
        }
    }

    pub(super) fn flags(&mut self, names: &[SpannedName]) -> u64 {
        let mut set = 0;
        for name in names {
            match self.flags.get(name.value.as_str()) {
                Some(bit) => set |= 1_u64.checked_shl(*bit as u32).unwrap_or(0),
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

    /// The states that a row leads to: for one with `status` those that a word may choose.
    pub(super) fn targets(&mut self, row: &'a RowDefinition) -> Vec<usize> {
        let named: Vec<usize> = row.to.iter().filter_map(|to| self.state(to, false)).collect();
        if row.status.is_empty() { named } else { self.decided(row) }
    }

    /// The states that a word may choose for a row with `status`, in their order.
    pub(super) fn decided(&self, row: &RowDefinition) -> Vec<usize> {
        if row.to.is_empty() {
            return self.said.iter().copied().collect();
        }
        let named = row.to.iter().filter_map(|to| self.states.get(to.value.as_str()));
        let said: BTreeSet<usize> =
            named.copied().filter(|state| self.said.contains(state)).collect();
        said.into_iter().collect()
    }

    pub(super) fn statuses(&mut self) -> NameIndex<u16> {
        let mut statuses = NameIndex::new();
        for (word, name) in &self.entity.statuses {
            let Some(state) = self.state(name, false) else { continue };
            self.said.insert(state);
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

    pub(super) fn retries(&mut self) -> Option<Retries> {
        let retries = self.entity.retries.as_ref()?;
        let from = self.state(&retries.from, false);
        let then = self.state(&retries.then, false);
        let renewed_by =
            retries.renewed_by.iter().filter_map(|name| self.state(name, false)).collect();
        let (from, then) = (from?, then?);
        let leaves = self.steps.iter().any(|step| step.from == from && step.again);
        if retries.limit == 0 || !leaves && !self.entity.is_unsure {
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
