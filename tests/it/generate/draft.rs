//! Definitions at random, made to be valid.

use std::{
    collections::HashSet,
    fmt::{self, Write as _},
    sync::Arc,
};

use mediafold::{Lifecycle, lifecycle::DefinitionFile};

use super::{Choice, Decided, Machine};

/// Choices, read one after the other; past its end all are the first.
struct Tape<'t>(std::slice::Iter<'t, u16>);

impl Tape<'_> {
    fn pick(&mut self, choices: usize) -> usize {
        usize::from(*self.0.next().unwrap_or(&0)) % choices.max(1)
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.pick(100) >= 100 - percent
    }

    fn some(&mut self, from: impl IntoIterator<Item = usize>, percent: usize) -> Vec<usize> {
        from.into_iter().filter(|_| self.chance(percent)).collect()
    }
}

/// A definition to be. States are numbers, 0 is `new`, and forward transitions lead to higher ones.
#[derive(Default)]
pub(super) struct Draft {
    ends: Vec<bool>,
    rests: Vec<bool>,
    /// The order in which the states are declared.
    order: Vec<usize>,
    flags: usize,
    arrival: bool,
    kinds: Vec<Vec<RowDraft>>,
    retries: Option<(usize, usize, usize, Vec<usize>)>,
    words: Vec<usize>,
    decided: Vec<usize>,
}

#[derive(Default)]
struct RowDraft {
    from: Vec<usize>,
    again: Vec<usize>,
    to: Vec<usize>,
    set: Vec<usize>,
    clear: Vec<usize>,
    status: bool,
}

pub(super) fn draft(tape: &[u16], arrival: Option<bool>, statuses: bool) -> Draft {
    let mut tape = Tape(tape.iter());
    let count = 1 + tape.pick(12);
    let mut draft = Draft {
        ends: (0..=count).map(|state| state > 0 && tape.chance(12)).collect(),
        order: (1..=count).collect(),
        flags: tape.pick(4),
        arrival: arrival.unwrap_or_else(|| tape.chance(40)),
        ..Draft::default()
    };
    let open = |draft: &Draft, below: usize, tape: &mut Tape<'_>| {
        let open: Vec<usize> = (0..below).filter(|state| !draft.ends[*state]).collect();
        // Chains are more telling than stars.
        let nearest = tape.chance(50);
        if nearest { open[open.len() - 1] } else { open[tape.pick(open.len())] }
    };
    // From, to, again.
    let mut edges: Vec<(usize, usize, bool)> =
        (1..=count).map(|to| (open(&draft, to, &mut tape), to, false)).collect();
    for _ in 0..tape.pick(2 * count) {
        let to = 1 + tape.pick(count);
        edges.push((open(&draft, to, &mut tape), to, false));
    }
    for _ in 0..tape.pick(count + 1) {
        let (from, to) = (open(&draft, count + 1, &mut tape), 1 + tape.pick(count));
        edges.push((from, to, from > 0));
    }
    // An `again` may lead forward, but what is not one may not lead back.
    edges.retain(|(from, to, again)| *again || from < to);
    draft.retry(&mut tape, &mut edges);
    draft.events(&mut tape, &edges);
    if statuses && tape.chance(40) {
        draft.status(&mut tape);
    }
    let leaves = |state: usize| edges.iter().any(|(from, to, _)| *from == state && *to != state);
    draft.rests = (0..=count).map(|state| !leaves(state) || tape.chance(20)).collect();
    let keys: Vec<usize> = (0..=count).map(|_| tape.pick(100)).collect();
    draft.order.sort_by_key(|state| keys[*state]);
    draft
}

impl Draft {
    /// Retries that can be used up: from `before` to `from`, back by an `again`, and on to `then`.
    fn retry(&mut self, tape: &mut Tape<'_>, edges: &mut Vec<(usize, usize, bool)>) {
        let open: Vec<usize> = (1..self.ends.len()).filter(|state| !self.ends[*state]).collect();
        let count = self.order.len();
        if open.len() < 2 || !tape.chance(45) {
            return;
        }
        let at = 1 + tape.pick(open.len() - 1);
        let (before, from) = (open[tape.pick(at)], open[at]);
        if from == count {
            return;
        }
        let then = from + 1 + tape.pick(count - from);
        edges.extend([(before, from, false), (from, before, true), (from, then, false)]);
        let others = (1..=count).filter(|state| ![before, from, then].contains(state));
        self.retries = Some((from, 1 + tape.pick(3), then, tape.some(others, 30)));
    }

    /// Shares the edges out among kinds, and adds rows that stay.
    fn events(&mut self, tape: &mut Tape<'_>, edges: &[(usize, usize, bool)]) {
        let kinds = 1 + tape.pick(edges.len());
        self.kinds = (0..kinds).map(|_| Vec::new()).collect();
        let mut taken = HashSet::new();
        for (from, to, again) in edges {
            let mut kind = tape.pick(kinds);
            while !taken.insert((kind, *from)) {
                kind += 1;
            }
            self.kinds.resize_with(self.kinds.len().max(kind + 1), Vec::new);
            let rows = &mut self.kinds[kind];
            let own = rows.iter().position(|row| row.to == [*to]).unwrap_or_else(|| {
                rows.push(RowDraft { to: vec![*to], ..RowDraft::default() });
                rows.len() - 1
            });
            if *again { &mut rows[own].again } else { &mut rows[own].from }.push(*from);
        }
        for (kind, rows) in self.kinds.iter_mut().enumerate() {
            for row in rows {
                let to = row.to[0];
                if tape.chance(35) && taken.insert((kind, to)) {
                    row.from.push(to);
                }
            }
        }
        for _ in 0..tape.pick(4) {
            let kind = tape.pick(self.kinds.len() + 2).min(self.kinds.len());
            let mut from = tape.some(0..=self.order.len(), 50);
            from.retain(|state| taken.insert((kind, *state)));
            // Only now and then a row whose target is its only source.
            let to: Vec<usize> = from.iter().copied().filter(|state| *state > 0).collect();
            let to = if to.len() == 1 && from == to { to } else { Vec::new() };
            if !from.is_empty() {
                self.kinds.resize_with(self.kinds.len().max(kind + 1), Vec::new);
                self.kinds[kind].push(RowDraft { from, to, ..RowDraft::default() });
            }
        }
        self.kinds.retain(|rows| !rows.is_empty());
        for row in self.kinds.iter_mut().flatten() {
            row.set = tape.some(0..self.flags, 25);
            row.clear = tape.some(0..self.flags, 15);
        }
    }

    /// A kind whose target a status word decides, with or without a row for other words.
    fn status(&mut self, tape: &mut Tape<'_>) {
        let count = self.order.len();
        self.words = tape.some(1..=count, 80);
        let mut rows: Vec<RowDraft> = Vec::new();
        for _ in 0..=tape.pick(3) {
            let from = tape.pick(count);
            let taken = |row: &RowDraft| row.from.contains(&from) || row.again.contains(&from);
            let first = if from > 0 && tape.chance(30) { from } else { from + 1 };
            let mut to = tape.some(first..=count, 50);
            to.retain(|state| self.words.contains(state));
            if self.ends[from] || to.is_empty() || rows.iter().any(taken) {
                continue;
            }
            // Without `to` any word counts, so it has to be an `again`, or may lead round in a circle.
            let back = from > 0 && !self.words.is_empty() && tape.chance(30);
            let (set, clear) = (tape.some(0..self.flags, 40), tape.some(0..self.flags, 15));
            rows.push(RowDraft {
                from: if back { vec![] } else { vec![from] },
                again: if back { vec![from] } else { vec![] },
                to: if back { vec![] } else { to },
                set,
                clear,
                status: true,
            });
        }
        if rows.is_empty() {
            return;
        }
        let stays = tape.some(1..=count, 40);
        if !stays.is_empty() {
            rows.push(RowDraft { from: stays, ..RowDraft::default() });
        }
        self.decided.push(self.kinds.len());
        self.kinds.push(rows);
    }

    pub(super) fn compile(&self) -> Option<Arc<Machine>> {
        let text = self.text().expect("a string can be written to");
        let lifecycle = Lifecycle::compile(&DefinitionFile::new("random.toml", &*text)).ok()?;
        let mut self_targets = Vec::new();
        for (kind, rows) in self.kinds.iter().enumerate() {
            // A row that a status word chooses says nothing of payloads without one.
            for row in rows.iter().filter(|row| row.to.len() == 1 && !row.status) {
                if row.from.contains(&row.to[0]) || row.again.contains(&row.to[0]) {
                    self_targets.push((name(kind), state(row.to[0])));
                }
            }
        }
        let states = |states: &[usize]| states.iter().map(|own| state(*own)).collect();
        let flags = |flags: &[usize]| flags.iter().map(|own| format!("f{own}")).collect();
        let decided = self.decided.iter().map(|kind| {
            let (rows, plain): (Vec<&RowDraft>, Vec<&RowDraft>) =
                self.kinds[*kind].iter().partition(|row| row.status);
            let choice = |row: &RowDraft| Choice {
                from: states(&row.from),
                again: states(&row.again),
                to: states(&row.to),
                set: flags(&row.set),
                clear: flags(&row.clear),
            };
            let stays = plain.iter().flat_map(|row| row.from.iter().map(|own| state(*own)));
            Decided {
                kind: name(*kind),
                rows: rows.into_iter().map(choice).collect(),
                stays: (!plain.is_empty()).then(|| stays.collect()),
            }
        });
        let decided = decided.collect();
        let words = self.words.iter().map(|word| (format!("word {word}"), state(*word))).collect();
        Some(Arc::new(Machine { lifecycle, self_targets, decided, words, text }))
    }

    fn text(&self) -> Result<String, fmt::Error> {
        let mut text = "entity = \"random/thing\"\nid = [\"/id\"]\n".to_owned();
        // By time is what is meant where nothing is said, and may be said only where the provider has a time.
        if self.arrival {
            writeln!(text, "order = \"arrival\"")?;
        }
        text.push_str("[states]\n");
        for own in &self.order {
            let (rest, end) = (self.rests[*own] && !self.ends[*own], self.ends[*own]);
            writeln!(text, "{} = {{ rest = {rest}, end = {end} }}", state(*own))?;
        }
        text.push_str("[flags]\n");
        for flag in 0..self.flags {
            writeln!(text, "f{flag} = {{}}")?;
        }
        text.push_str("[statuses]\n");
        for word in &self.words {
            writeln!(text, "\"word {word}\" = \"{}\"", state(*word))?;
        }
        if let Some((from, limit, then, renewed)) = &self.retries {
            let renewed = list(renewed, "s");
            writeln!(text, "[retries]\nfrom = \"s{from}\"\nlimit = {limit}")?;
            writeln!(text, "then = \"s{then}\"\nrenewed_by = {renewed}")?;
        }
        text.push_str("[events]\n");
        for (kind, rows) in self.kinds.iter().enumerate() {
            let rows: Vec<String> = rows.iter().map(RowDraft::text).collect();
            writeln!(text, "\"{}\" = [{}]", name(kind), rows.join(", "))?;
        }
        Ok(text)
    }
}

impl RowDraft {
    fn text(&self) -> String {
        let mut fields = Vec::new();
        for (name, items, letter) in [
            ("from", &self.from, "s"),
            ("again", &self.again, "s"),
            ("set", &self.set, "f"),
            ("clear", &self.clear, "f"),
        ] {
            if !items.is_empty() {
                fields.push(format!("{name} = {}", list(items, letter)));
            }
        }
        match (&self.to[..], self.status) {
            ([], _) => {}
            ([to], false) => fields.push(format!("to = \"{}\"", state(*to))),
            (to, _) => fields.push(format!("to = {}", list(to, "s"))),
        }
        if self.status {
            fields.push("status = \"/status\"".to_owned());
        }
        format!("{{ {} }}", fields.join(", "))
    }
}

/// Of three kinds the first is what the second begins with, and that what the third begins with.
fn name(kind: usize) -> String {
    let family: Vec<String> = (kind - kind % 3..=kind).map(|own| format!("k{own}")).collect();
    family.join(".")
}

fn state(number: usize) -> String {
    if number == 0 { "new".to_owned() } else { format!("s{number}") }
}

fn list(items: &[usize], letter: &str) -> String {
    let name = |item: &usize| if letter == "s" { state(*item) } else { format!("{letter}{item}") };
    let items: Vec<String> = items.iter().map(|item| format!("\"{}\"", name(item))).collect();
    format!("[{}]", items.join(", "))
}
