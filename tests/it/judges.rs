//! Machines, and what the fold makes of random events, for programs outside; `.ci/judges/run` has it written and
//! read. For each lifecycle there are `NAME.xstate`, `NAME.scxml` and `NAME.runs`, the same every time. The last
//! is JSON: `xstate` and `scxml`, what each format calls each event; `places`, each a state, the retries used and
//! whether that is an end; and `runs`, each a list of steps, a step being an event and the place after it.

use std::{fs, path::Path, sync::Arc};

use mediafold::{Lifecycle, diagram::Diagram, lifecycle::Node};
use proptest::{
    collection::vec,
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use serde_json::json;

use crate::{
    generate::{Machine, builtins, random},
    machines::{Pick, Read, hostile, letters, names, pick, run},
};

#[cfg(feature = "draw")]
mod pictures;

const FOLDER: &str = "target/judges/machines";
/// Random lifecycles with retries, and without.
const RANDOM: [(bool, usize); 2] = [(true, 25), (false, 25)];
/// Sequences for each lifecycle.
const RUNS: usize = 350;
/// The longest sequence.
const EVENTS_MAX: usize = 30;

#[test]
#[ignore = "writes what .ci/judges reads"]
fn write_machines() {
    let mut runner = TestRunner::deterministic();
    let drawn: Vec<Arc<Machine>> =
        RANDOM.iter().flat_map(|(retries, count)| draw(&mut runner, *retries, *count)).collect();
    make_empty(Path::new(FOLDER));
    for (number, machine) in builtins().iter().chain(&drawn).enumerate() {
        let Machine { lifecycle, words, .. } = &**machine;
        let name = lifecycle.entity().replace('/', "_");
        write(&format!("{number:02}_{name}"), lifecycle, words, &mut runner);
    }
    let (lifecycle, words) = hostile();
    write("hostile", &lifecycle, &words, &mut runner);
}

/// Random lifecycles of more than a few states, with retries or without.
fn draw(runner: &mut TestRunner, retries: bool, count: usize) -> Vec<Arc<Machine>> {
    let wanted = move |machine: &Arc<Machine>| {
        machine.lifecycle.retries().is_some() == retries && machine.lifecycle.states().len() > 3
    };
    let strategy = random(None, true).prop_filter("of the other sort", wanted);
    (0..count).map(|_| strategy.new_tree(runner).expect("a lifecycle").current()).collect()
}

fn make_empty(folder: &Path) {
    if folder.exists() {
        fs::remove_dir_all(folder).unwrap();
    }
    fs::create_dir_all(folder).unwrap();
}

fn write(name: &str, lifecycle: &Lifecycle, words: &[(String, String)], runner: &mut TestRunner) {
    let xstate = Diagram::new(lifecycle).xstate();
    let scxml = Diagram::new(lifecycle).scxml();
    let letters = letters(lifecycle, words);
    let mut places: Vec<Node> = Vec::new();
    let mut index = |node: Node| {
        places.iter().position(|own| *own == node).unwrap_or_else(|| {
            places.push(node);
            places.len() - 1
        })
    };
    let picks = vec(pick(), 1..=EVENTS_MAX);
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        let picks: Vec<Pick> = picks.new_tree(runner).expect("picks").current();
        let steps = run(lifecycle, &letters, &picks);
        let steps: Vec<(usize, usize)> =
            steps.into_iter().map(|(letter, node, _)| (letter, index(node))).collect();
        runs.push(steps);
    }
    let place = |node: &Node| {
        let state = lifecycle.state(*node);
        (&state.name, lifecycle.retries_used(*node), state.end)
    };
    let told = json!({
        "xstate": names(&Read::xstate(&xstate), &letters),
        "scxml": names(&Read::scxml(&scxml), &letters),
        "places": places.iter().map(place).collect::<Vec<_>>(),
        "runs": runs,
    });
    for (extension, text) in [("xstate", xstate), ("scxml", scxml), ("runs", told.to_string())] {
        fs::write(Path::new(FOLDER).join(format!("{name}.{extension}")), text).unwrap();
    }
}
