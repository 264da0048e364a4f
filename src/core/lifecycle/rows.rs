//! The rows of events: which of them are one kind, and where they lead.

use std::collections::{BTreeSet, HashSet};

use super::{
    FlagRow, Kind, KindId,
    assemble::StateStep,
    compiler::Compiler,
    condition::{Condition, Scalar, Test},
    definition::{EventDefinition, RowDefinition},
    pattern::Pattern,
    problem::ProblemKind,
    reader::SpannedName,
    spelling::NameIndex,
    table,
};

/// All event kinds, and their names.
#[derive(Default)]
pub(super) struct KindTable {
    pub(super) rows: Vec<FlagRow>,
    pub(super) kinds: Vec<Kind>,
    pub(super) named: NameIndex<KindId>,
    /// The longer before the shorter.
    pub(super) patterns: Vec<(Pattern, KindId)>,
}

/// The steps of one kind, and the states that they leave: no two of them leave one state.
#[derive(Default)]
pub(super) struct Steps {
    pub(super) list: Vec<StateStep>,
    pub(super) from: HashSet<usize>,
}

/// The rows of an event that serve the same payloads, by their places among its rows.
struct Branch<'a> {
    when: &'a Condition,
    rows: Vec<usize>,
}

/// The rows without a condition, and then those of each condition in turn.
fn branches(event: &EventDefinition) -> Vec<Branch<'_>> {
    static ALWAYS: std::sync::LazyLock<Condition> = std::sync::LazyLock::new(Condition::default);
    let mut branches = vec![Branch { when: &ALWAYS, rows: Vec::new() }];
    for (at, row) in event.rows.iter().enumerate() {
        match branches.iter_mut().find(|branch| *branch.when == row.when) {
            Some(branch) => branch.rows.push(at),
            None => branches.push(Branch { when: &row.when, rows: vec![at] }),
        }
    }
    branches
}

impl<'a> Compiler<'a> {
    /// Numbers the kinds and their rows, and collects every allowed step.
    pub(super) fn events(&mut self) -> KindTable {
        let entity = self.entity;
        let mut all = KindTable::default();
        for (base, event) in entity.events.iter().enumerate() {
            let id = KindId(base as u16);
            self.name(&mut all, &event.name, id);
            for spelling in event.rows.iter().flat_map(|row| &row.spellings) {
                self.name(&mut all, spelling, id);
            }
            all.kinds.push(blank(event, id));
        }
        all.patterns.sort_by_key(|(pattern, _)| std::cmp::Reverse(pattern.len()));
        for (base, event) in entity.events.iter().enumerate() {
            let first_row = all.rows.len();
            let mut targets = Vec::new();
            for row in &event.rows {
                let flags = FlagRow { set: self.flags(&row.set), clear: self.flags(&row.clear) };
                all.rows.push(flags);
                targets.push(self.targets(row));
            }
            for branch in branches(event) {
                self.branch(&mut all, event, (base, first_row), &branch, &targets);
            }
        }
        all
    }

    /// Makes the kinds of one branch of an event: that of the payloads without a word that decides, and one for each
    /// state that a word may choose.
    fn branch(
        &mut self,
        all: &mut KindTable,
        event: &'a EventDefinition,
        (base, first_row): (usize, usize),
        branch: &Branch<'_>,
        targets: &[Vec<usize>],
    ) {
        let (deciding, plain): (Vec<usize>, Vec<usize>) =
            branch.rows.iter().partition(|at| !event.rows[**at].status.is_empty());
        let own = self.branch_kind(event, branch, base, deciding.first().copied());
        let (when, name) = (told(branch.when), event.name.value.as_str());
        let kind = match branch.when.is_empty() {
            true => {
                all.kinds[base] = Kind { branches: Vec::new(), ..own.clone() };
                base
            }
            false => {
                let kind = all.kinds.len();
                all.kinds[base].branches.push((branch.when.clone(), KindId(kind as u16)));
                all.kinds.push(own.clone());
                kind
            }
        };
        all.kinds[kind].branch = KindId(kind as u16);
        let mut steps = Steps::default();
        for at in &plain {
            let to = targets[*at].first().copied();
            self.row(&event.rows[*at], to, kind, base, first_row + at, &mut steps);
        }
        if plain.is_empty() {
            // Nothing is said of payloads for which no condition holds: they keep the states that the rows name.
            let every: Vec<usize> = (0..event.rows.len()).collect();
            let rows = if branch.rows.is_empty() { &every } else { &deciding };
            steps.list = self.undecided(event, rows, (kind, base));
        }
        self.steps.append(&mut steps.list);
        let decided: BTreeSet<usize> =
            deciding.iter().flat_map(|at| targets[*at].iter().copied()).collect();
        for target in decided {
            let variant = all.kinds.len();
            let mut steps = Steps::default();
            for at in deciding.iter().filter(|at| targets[**at].binary_search(&target).is_ok()) {
                let row = &event.rows[*at];
                self.row(row, Some(target), variant, base, first_row + at, &mut steps);
            }
            // A word that leads nowhere decides nothing.
            if steps.list.is_empty() {
                continue;
            }
            self.steps.append(&mut steps.list);
            all.kinds[kind].variants.push((target as u16, KindId(variant as u16)));
            let word = self.word(target);
            let beside = if when.is_empty() { word.to_owned() } else { format!("{when}, {word}") };
            all.kinds.push(Kind {
                label: format!("{name} ({beside})").into(),
                word: Some(word.into()),
                says: Some(target as u16),
                branch: KindId(kind as u16),
                ..own.clone()
            });
        }
    }

    /// The kind of a branch, before it is known what leads from it.
    fn branch_kind(
        &mut self,
        event: &EventDefinition,
        branch: &Branch<'_>,
        base: usize,
        deciding: Option<usize>,
    ) -> Kind {
        let own = || branch.rows.iter().map(|at| &event.rows[*at]);
        let status = deciding.map_or(&[][..], |at| &event.rows[at].status);
        for row in own().filter(|row| !row.status.is_empty() && row.status != status) {
            let message =
                format!("the rows of `{}` look for their word in two places", event.name.value);
            let help = "expected one `status` in all rows that serve the same payloads";
            self.notes.report(ProblemKind::Ambiguous, row.span, message, help);
        }
        let mut kind = blank(event, KindId(base as u16));
        if let Some(row) = own().find(|row| !row.id.is_empty()) {
            kind.id.clone_from(&row.id);
        }
        kind.foreign = own().any(|row| row.foreign);
        kind.status = status.to_vec();
        let when = told(branch.when);
        if !when.is_empty() {
            kind.label = format!("{} ({when})", event.name.value).into();
            kind.when = Some(when.into());
        }
        kind
    }

    /// Where an event without a word that decides, and without rows for that, keeps the state, flags too.
    fn row(
        &mut self,
        row: &'a RowDefinition,
        to: Option<usize>,
        kind: usize,
        base: usize,
        index: usize,
        steps: &mut Steps,
    ) {
        let sources = row.from.iter().map(|name| (name, false));
        for (name, again) in sources.chain(row.again.iter().map(|name| (name, true))) {
            let Some(from) = self.state(name, true) else { continue };
            if again && from == 0 {
                let message = "nothing goes back to before it was heard of";
                self.notes.invalid(name.span, message, "`new` is only for `from`");
                continue;
            }
            // Any word may come in any state; without `to`, forward is as [states] lists them.
            let open = !row.status.is_empty() && row.to.is_empty() && !again;
            if open && to.is_some_and(|to| to < from) {
                continue;
            }
            let guessed = self.is_guessed(name);
            if !steps.from.insert(from) {
                if guessed {
                    continue;
                }
                let event = &self.entity.events[base].name.value;
                let message = format!("`{event}` in `{}` is said twice", name.value);
                let help = "a state belongs to one row of an event, to `from` or `again`, once";
                self.notes.report(ProblemKind::Ambiguous, name.span, message, help);
                continue;
            }
            steps.list.push(StateStep {
                from,
                to: to.unwrap_or(from),
                leads: to.is_some(),
                again,
                kind: kind as u16,
                base: base as u16,
                row: index as u16,
                guessed: guessed || row.to.iter().any(|to| self.is_guessed(to)),
                span: name.span,
            });
        }
    }

    fn undecided(
        &self,
        event: &EventDefinition,
        rows: &[usize],
        (kind, base): (usize, usize),
    ) -> Vec<StateStep> {
        let rows = rows.iter().map(|at| &event.rows[*at]);
        let names = rows.flat_map(|row| row.from.iter().chain(&row.again));
        let mut known = HashSet::new();
        let stay = |name: &SpannedName| {
            let from = self.states.get(name.value.as_str()).copied()?;
            known.insert(from).then_some(StateStep {
                from,
                to: from,
                leads: false,
                again: false,
                kind: kind as u16,
                base: base as u16,
                row: table::NO_ROW,
                guessed: self.is_guessed(name),
                span: name.span,
            })
        };
        names.filter_map(stay).collect()
    }

    /// A status word that means this state: one that is spelled like it, or else the first.
    fn word(&self, state: usize) -> &'a str {
        let name = self.names[state];
        let own = self.entity.statuses.iter().filter(|(_, own)| own.value == *name);
        let words = || own.clone().map(|(word, _)| word.value.as_str());
        words().find(|word| *word == name).or_else(|| words().next()).unwrap_or(name)
    }

    fn name(&mut self, all: &mut KindTable, name: &SpannedName, id: KindId) {
        let Some(pattern) = Pattern::parse(&name.value) else {
            let other = all.named.insert(&name.value, id);
            if other.is_some_and(|other| other != id) {
                let message = format!("`{}` names two events", name.value);
                let help = "a name, spellings included, belongs to one event";
                self.notes.report(ProblemKind::Ambiguous, name.span, message, help);
            }
            return;
        };
        let mut known = all.patterns.iter();
        let same = known.find(|(own, _)| own.len() == pattern.len() && own.overlaps(&pattern));
        if let Some((other, _)) = same {
            let message =
                format!("`{}` and `{}` stand for some of the same names", name.value, other.text());
            let help = "of two patterns the longer goes first, and these are of one length";
            self.notes.report(ProblemKind::Ambiguous, name.span, message, help);
        }
        all.patterns.push((pattern, id));
    }
}

/// A condition for people: `/encoding = mp4`.
fn told(condition: &Condition) -> String {
    let value = |value: &Scalar| match value {
        Scalar::Bool(value) => value.to_string(),
        Scalar::Number(text) | Scalar::Text(text) => text.to_string(),
    };
    let tests = condition.tests().iter().map(|(spot, test)| match test {
        Test::Present => spot.text(),
        Test::Absent => format!("no {}", spot.text()),
        Test::OneOf(values) => {
            let values: Vec<String> = values.iter().map(value).collect();
            format!("{} = {}", spot.text(), values.join(" or "))
        }
    });
    tests.collect::<Vec<_>>().join(", ")
}

/// A kind of which only the event is known.
fn blank(event: &EventDefinition, base: KindId) -> Kind {
    let id = event.rows.iter().map(|row| &row.id).find(|id| !id.is_empty());
    Kind {
        name: event.name.value.as_str().into(),
        label: event.name.value.as_str().into(),
        is_pattern: event.name.value.contains('*'),
        word: None,
        when: None,
        foreign: event.rows.iter().any(|row| row.foreign),
        id: id.cloned().unwrap_or_default(),
        status: Vec::new(),
        says: None,
        variants: Vec::new(),
        branches: Vec::new(),
        targets: Vec::new(),
        place: (0, false),
        base,
        branch: base,
    }
}
