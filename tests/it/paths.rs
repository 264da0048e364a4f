//! Event sequences that cover a lifecycle, against searches that try everything.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
};

use mediafold::{
    Asset, Event, Lifecycle,
    event::EventKind,
    fold,
    lifecycle::{KindId, Node, Step},
    paths::{Cover, Goal, Move, Paths, paths},
};
use proptest::prelude::*;

use super::{
    generate::{Machine, at, builtins, random},
    laws::config,
};

const COVERS: [Cover; 3] = [Cover::States, Cover::Transitions, Cover::Pairs];

/// A state, an event kind and a state: what tells one transition from another.
type Key = (String, String, String);
/// A legal move as the table has it.
type Legal = (Node, KindId, Node);

/// A goal in words: a state, a transition, or two.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    State(String),
    Transition(Key),
    Pair(Key, Key),
}

/// Everything that the table allows, asked for cell by cell.
struct Table<'a> {
    lifecycle: &'a Lifecycle,
    nodes: Vec<Node>,
    legal: Vec<Legal>,
}

impl<'a> Table<'a> {
    fn new(machine: &'a Machine) -> Self {
        let lifecycle = &machine.lifecycle;
        let limit = lifecycle.retries().map_or(0, |retries| retries.limit);
        let used = lifecycle.states().iter().flat_map(|state| (0..=limit).map(move |n| (state, n)));
        let nodes: Vec<Node> =
            used.map(|(state, n)| lifecycle.node(&state.name, n).unwrap()).collect();
        let mut legal = Vec::new();
        for node in &nodes {
            for kind in machine.kinds() {
                let ruling = lifecycle.rule(*node, kind);
                let state = lifecycle.state(*node);
                // A word may also say where the asset is already; of that no row need speak.
                let mut steps = lifecycle.transitions().iter();
                let from = |from: usize| lifecycle.states()[from].name == state.name;
                let is_row = steps.any(|step| step.kind == kind && from(step.from));
                if is_row && matches!(ruling.step, Step::Moved | Step::Stayed) {
                    legal.push((*node, kind, ruling.next));
                }
            }
        }
        Self { lifecycle, nodes, legal }
    }

    fn state(&self, node: Node) -> String {
        self.lifecycle.state(node).name.clone()
    }

    fn key(&self, (from, kind, to): Legal) -> Key {
        (self.state(from), self.lifecycle.kind_label(kind).to_owned(), self.state(to))
    }

    fn rests(&self, node: Node) -> bool {
        self.lifecycle.state(node).rest || self.lifecycle.state(node).end
    }

    fn part(&self, goal: Goal) -> Part {
        let key = |one: Move| self.key((one.from, one.kind, one.to));
        match goal {
            Goal::State(state) => Part::State(self.lifecycle.states()[state].name.clone()),
            Goal::Transition(one) => Part::Transition(key(one)),
            Goal::Pair(one, next) => Part::Pair(key(one), key(next)),
        }
    }

    /// The moves that some way from `new` to rest has.
    fn useful(&self) -> Vec<Legal> {
        let spread = |from: BTreeSet<Node>, forward: bool| {
            let mut marked = from;
            loop {
                let ends = self.legal.iter().map(|(from, _, to)| match forward {
                    true => (*from, *to),
                    false => (*to, *from),
                });
                let new: Vec<Node> = ends
                    .filter(|(one, other)| marked.contains(one) && !marked.contains(other))
                    .map(|(_, other)| other)
                    .collect();
                if new.is_empty() {
                    return marked;
                }
                marked.extend(new);
            }
        };
        let reached = spread(BTreeSet::from([Node::NEW]), true);
        let rests = self.nodes.iter().copied().filter(|node| self.rests(*node)).collect();
        let resting = spread(rests, false);
        let useful = self
            .legal
            .iter()
            .filter(|(from, _, to)| reached.contains(from) && resting.contains(to));
        useful.copied().collect()
    }

    /// What moves have in them, the last two of a sequence at a time.
    fn parts(&self, cover: Cover, before: Option<Legal>, one: Legal) -> Option<Part> {
        match cover {
            Cover::States => Some(Part::State(self.state(one.2))).filter(|_| one.2 != Node::NEW),
            Cover::Transitions => Some(Part::Transition(self.key(one))),
            _ => before.map(|before| Part::Pair(self.key(before), self.key(one))),
        }
    }

    /// All there is to cover, and whether it can be.
    fn goals(&self, cover: Cover) -> BTreeMap<Part, bool> {
        let mut goals = BTreeMap::new();
        let mut add = |part, can| *goals.entry(part).or_insert(false) |= can;
        let useful = self.useful();
        let keys: BTreeSet<Key> = self.legal.iter().map(|one| self.key(*one)).collect();
        match cover {
            Cover::States => {
                for state in &self.lifecycle.states()[1..] {
                    add(Part::State(state.name.clone()), false);
                }
            }
            Cover::Transitions => {
                keys.iter().for_each(|key| add(Part::Transition(key.clone()), false));
            }
            _ => {
                for one in &keys {
                    let after = keys.iter().filter(|next| next.0 == one.2);
                    after.for_each(|next| add(Part::Pair(one.clone(), next.clone()), false));
                }
            }
        }
        for one in &useful {
            let before = useful.iter().filter(|before| before.2 == one.0);
            for before in before.copied().map(Some).chain([None]) {
                if let Some(part) = self.parts(cover, before, *one) {
                    add(part, true);
                }
            }
            if cover == Cover::Pairs
                && useful.iter().all(|other| other.2 != one.0 && other.0 != one.2)
            {
                add(Part::Transition(self.key(*one)), true);
            }
        }
        goals
    }

    /// The fewest events, and with them the fewest sequences, by trying everything; `None` if that is too much.
    fn fewest(&self, cover: Cover) -> Option<(usize, usize)> {
        let goals = self.goals(cover);
        let wanted: Vec<Part> =
            goals.into_iter().filter(|(_, can)| *can).map(|(part, _)| part).collect();
        let useful = self.useful();
        if wanted.len() > 11 || useful.len() > 40 {
            return None;
        }
        let bit = |part: Option<Part>| {
            let place = part.and_then(|part| wanted.binary_search(&part).ok());
            place.map_or(0, |place| 1_usize << place)
        };
        // What each move adds after each other one, and first.
        let adds = |last: Option<usize>, one: Legal| {
            let alone = (cover == Cover::Pairs).then(|| Part::Transition(self.key(one)));
            bit(self.parts(cover, last.map(|last| useful[last]), one)) | bit(alone)
        };
        let after = |last| useful.iter().map(|one| adds(last, *one)).collect::<Vec<usize>>();
        let first = after(None);
        let later: Vec<Vec<usize>> = (0..useful.len()).map(|last| after(Some(last))).collect();
        let mut known = BTreeSet::new();
        let mut open = BinaryHeap::from([Reverse((0, 0, 0, None::<usize>))]);
        while let Some(Reverse((events, sequences, have, last))) = open.pop() {
            if !known.insert((have, last)) {
                continue;
            }
            let node = last.map_or(Node::NEW, |last| useful[last].2);
            if last.is_none() && have + 1 == 1 << wanted.len() {
                return Some((events, sequences));
            }
            if last.is_some() && self.rests(node) {
                open.push(Reverse((events, sequences, have, None)));
            }
            let adds = last.map_or(&first, |last| &later[last]);
            for (own, _) in useful.iter().enumerate().filter(|(_, one)| one.0 == node) {
                let sequences = sequences + usize::from(last.is_none());
                open.push(Reverse((events + 1, sequences, have | adds[own], Some(own))));
            }
        }
        panic!("nothing covers what can be covered");
    }
}

fn events(lifecycle: &Lifecycle, moves: &[Move]) -> Vec<Event> {
    let numbered = moves.iter().zip(0_i64..);
    let event = |(one, number): (&Move, i64)| {
        let name = lifecycle.kind_name(one.kind);
        let mut event = Event::new(lifecycle, name)
            .unwrap_or_else(|_| Event::unknown(name))
            .at(at(number))
            .with_id(format!("e{number}"));
        event.kind = EventKind::Known(one.kind);
        event.content = number as u64;
        event
    };
    numbered.map(event).collect()
}

/// Each sequence is legal, ends at rest and covers what it says; together they cover all that can be.
fn keeps_its_promises(machine: &Machine, cover: Cover) -> Paths {
    let (lifecycle, table) = (&machine.lifecycle, Table::new(machine));
    let found = paths(lifecycle, cover).unwrap();
    assert_eq!(found, paths(lifecycle, cover).unwrap(), "another result the second time");
    let mut covered = BTreeSet::new();
    for sequence in &found.sequences {
        let mut asset = Asset::new("a1");
        fold(lifecycle, &mut asset, events(lifecycle, &sequence.moves));
        assert!(asset.findings(lifecycle).is_empty(), "{:?}", asset.findings(lifecycle));
        let state = asset.state(lifecycle);
        assert!(state.rest || state.end, "ends in {}", state.name);
        assert_eq!(asset.node(), sequence.moves.last().unwrap().to);
        let mut met = BTreeSet::new();
        for (index, one) in sequence.moves.iter().enumerate() {
            let legal = |one: &Move| (one.from, one.kind, one.to);
            let before = index.checked_sub(1).map(|before| legal(&sequence.moves[before]));
            met.extend(table.parts(cover, before, legal(one)));
            if cover == Cover::Pairs && sequence.moves.len() == 1 {
                met.insert(Part::Transition(table.key(legal(one))));
            }
        }
        for goal in &sequence.covers {
            let part = table.part(*goal);
            assert!(met.contains(&part), "{part:?} is not in its sequence");
            assert!(covered.insert(part), "{goal:?} is new twice");
        }
    }
    let goals = table.goals(cover);
    let can: BTreeSet<Part> =
        goals.iter().filter(|(_, can)| **can).map(|(p, _)| p.clone()).collect();
    let cannot: BTreeSet<Part> =
        goals.iter().filter(|(_, can)| !**can).map(|(p, _)| p.clone()).collect();
    assert_eq!(covered, can);
    let uncovered = found.uncovered.iter().map(|(goal, _)| table.part(*goal));
    assert_eq!(uncovered.collect::<BTreeSet<Part>>(), cannot);
    assert_eq!(found.goals, goals.len());
    assert!(found.events_min <= found.events());
    found
}

#[test]
fn the_builtin_lifecycles_are_covered() {
    for machine in builtins() {
        let lifecycle = &machine.lifecycle;
        for cover in COVERS {
            let found = keeps_its_promises(machine, cover);
            let exact = lifecycle.retries().is_none();
            assert!(found.is_shortest() || !exact, "{} {cover:?}", lifecycle.entity());
            if cover != Cover::Pairs {
                assert!(found.uncovered.is_empty(), "{:?}", found.uncovered);
            }
        }
        let transitions = paths(lifecycle, Cover::Transitions).unwrap().goals;
        assert_eq!(transitions, lifecycle.transitions().len(), "{}", lifecycle.entity());
    }
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn every_lifecycle_is_covered(machine in random(None, true)) {
        for cover in COVERS {
            keeps_its_promises(&machine, cover);
        }
    }

    /// Without retries no set of sequences is shorter; with them, and for states, none is shorter than it says.
    #[test]
    fn no_set_is_shorter(machine in random(None, true)) {
        let (lifecycle, table) = (&machine.lifecycle, Table::new(&machine));
        for cover in COVERS {
            let Some((events, sequences)) = table.fewest(cover) else { continue };
            let found = paths(lifecycle, cover).unwrap();
            prop_assert!(found.events_min <= events && events <= found.events(), "{:?}", cover);
            if lifecycle.retries().is_none() && cover != Cover::States {
                prop_assert!(found.is_shortest());
                prop_assert_eq!((found.events(), found.sequences.len()), (events, sequences));
            }
        }
    }
}

/// Transitions of thousands are no matter; pairs of too many are refused before they are made.
#[test]
fn large_lifecycles_are_covered_or_refused() {
    let mut text = "entity = \"a/b\"\nid = [\"/id\"]\n[states]\n".to_owned();
    for state in 0..300 {
        text += &format!("s{state} = {{ rest = {} }}\n", state == 299);
    }
    text += "[events]\nbegin = { from = [\"new\"], to = \"s0\" }\n";
    for state in 0..299 {
        text += &format!("on{state} = {{ from = [\"s{state}\"], to = \"s{}\" }}\n", state + 1);
        text += &format!("back{state} = {{ again = [\"s299\"], to = \"s{state}\" }}\n");
        text += &format!("stay{state} = {{ from = [\"s{}\"] }}\n", state / 30);
    }
    let file = mediafold::lifecycle::DefinitionFile::new("large.toml", text);
    let lifecycle = Lifecycle::compile(&file).unwrap();
    let found = paths(&lifecycle, Cover::Transitions).unwrap();
    assert_eq!((found.goals, found.uncovered.len()), (lifecycle.transitions().len(), 0));
    // Down the chain from each state and back, and each stay once.
    assert_eq!(found.events(), 301 - 1 + (0..299).map(|state| 300 - state).sum::<usize>() + 299);
    assert!(found.is_shortest() && found.sequences.len() == 1);

    let mut text =
        "entity = \"a/b\"\nid = [\"/id\"]\n[states]\ns = { rest = true }\n[events]\n".to_owned();
    text += "begin = { from = [\"new\"], to = \"s\" }\n";
    for kind in 0..300 {
        text += &format!("stay{kind} = {{ from = [\"s\"] }}\n");
    }
    let lifecycle =
        Lifecycle::compile(&mediafold::lifecycle::DefinitionFile::new("hub.toml", text)).unwrap();
    assert_eq!(paths(&lifecycle, Cover::Transitions).unwrap().events(), 301);
    let refused = paths(&lifecycle, Cover::Pairs).unwrap_err();
    assert!(refused.to_string().contains("more than 50000 pairs"), "{refused}");
}

#[cfg(feature = "cli")]
mod command {
    use std::process::{Command, Output};

    use serde_json::{Value, json};

    use crate::golden;

    fn run(args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mediafold"));
        command.arg("paths").args(args).output().unwrap()
    }

    #[test]
    fn paths_print_as_they_should() {
        for (entity, file) in
            [("vms/content", "vms_content"), ("fastpix/live_stream", "fastpix_live_stream")]
        {
            for format in ["table", "jsonl", "csv"] {
                let output = run(&[entity, "--format", format]);
                assert_eq!(output.status.code(), Some(0));
                let text = String::from_utf8(output.stdout).unwrap();
                golden::check(&format!("golden/paths/{file}.{format}"), &text);
            }
            let output = run(&[entity, "--cover", "states", "--format", "table"]);
            let text = String::from_utf8(output.stdout).unwrap();
            golden::check(&format!("golden/paths/{file}-states.table"), &text);
        }
    }

    /// The fields that programs rely on, and what is not covered after the sequences.
    #[test]
    fn paths_keep_their_contract() {
        let rows = |args: &[&str]| -> Vec<Value> {
            let text = String::from_utf8(run(args).stdout).unwrap();
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        let started = "media-processor-started";
        let first = json!({
            "entity": "twilio/media_processor",
            "sequence": 1,
            "events": [started, "media-processor-ended"],
            "states": ["new", "started", "ended"],
            "ends_in": "ended",
            "covers": [
                {"from": "new", "event": started, "to": "started"},
                {"from": "started", "event": "media-processor-ended", "to": "ended"},
            ],
        });
        assert_eq!(rows(&["twilio/media_processor"])[0], first);
        let media = rows(&["fastpix/media", "--cover", "states"]);
        assert_eq!(media.len(), 1);
        assert_eq!(media[0]["events"][1], "video.media.updated.status.preparing");
        let missed = json!({
            "entity": "vms/content",
            "uncovered": [
                {"from": "READY", "event": "UPLOAD_TO_BACKUP", "to": "UPLOAD_TO_BACKUP"},
                {"from": "UPLOAD_TO_BACKUP", "event": "FAILED", "to": "FAILED"},
            ],
            "why": "the retries used by then never allow it",
        });
        assert!(rows(&["vms/content", "--cover", "pairs"]).contains(&missed));
    }
}
