"""Writes what benches/transition.rs measures from mediafold's own transitions, for the crates and by hand:

    cargo bench --bench table > table.json
    python3 benches/transition/generate.py table.json fastpix/media > benches/transition/media.rs
    python3 benches/transition/generate.py table.json fastpix/live_stream > benches/transition/live_stream.rs

Only what is legal is written; the bench compares the end states with mediafold's.
"""
import json
import re
import sys

table = json.load(open(sys.argv[1]))
entity = [entity["name"] for entity in table["entities"]].index(sys.argv[2])
states = table["entities"][entity]["states"]
width = table["width"]


def camel(name):
    return "".join(word[0].upper() + word[1:] for word in re.split(r"[._|]", name))


rows = {}
for code in table["codes"]:
    if code["entity"] == entity:
        rows[code["type"]] = code["code"]
        if code["words"]:
            rows[code["type"] + "|" + code["words"][0].lower()] = code["decided"]
names = list(rows)
legal_steps = {
    state: {name: states[table["legal"][row * width + at]]
            for name, row in rows.items() if table["legal"][row * width + at] >= 0}
    for at, state in enumerate(states)}
short = {name: camel(name.removeprefix("video.")) for name in names}


def wrapped(items, indent):
    lines, line = [], " " * indent
    for item in items:
        if len(line) + len(item) > 98:
            lines.append(line.rstrip())
            line = " " * indent
        line += item + " "
    return "\n".join(lines + [line.rstrip()])


def ours(argument, theirs):
    """A function from a crate's state to the one of this file."""
    arms = [f"            {theirs}::{camel(state)} {{ .. }} => super::State::{camel(state)}," for state in states]
    return [f"    pub fn ours(state: {argument}) -> super::State {{", "        match state {", *arms, "        }", "    }"]


def by_target(steps):
    targets = {}
    for name, target in steps.items():
        targets.setdefault(target, []).append(short[name])
    return targets.items()


out = [f"// Written by generate.py from the transitions of {sys.argv[2]}.", ""]
out += ["/// The kinds, each with the status word that makes it one of its own.",
        "pub const KINDS: &[(&str, &str)] = &["]
for name in names:
    kind, _, word = name.partition("|")
    out.append(f'    ("{kind}", "{word}"),')
out += ["];", ""]
out += ["/// In the order of [`State`].", "pub const STATES: &[&str] = &["] + [f'    "{name}",' for name in states] + ["];", ""]
out += ["#[derive(Clone, Copy, Debug, PartialEq)]", "pub enum Kind {"]
out += [wrapped([f"{short[name]}," for name in names], 4), "}", ""]
out += ["pub const EVENTS: &[Kind] = &["]
out += [wrapped([f"Kind::{short[name]}," for name in names], 4), "];", ""]
out += ["#[derive(Clone, Copy, Debug, PartialEq)]", "pub enum State {"]
out += [wrapped([f"{camel(state)}," for state in states], 4), "}", ""]

out += ["pub fn matched(state: State, kind: Kind) -> Option<State> {", "    use Kind::*;", "    match state {"]
for state, steps in legal_steps.items():
    if not steps:
        out.append(f"        State::{camel(state)} => None,")
        continue
    out.append(f"        State::{camel(state)} => match kind {{")
    for target, kinds in by_target(steps):
        out.append(wrapped([("" if at == 0 else "| ") + kind for at, kind in enumerate(kinds)], 12)
                   + f" => Some(State::{camel(target)}),")
    missing = len(names) - len(steps)
    out += ["            _ => None,"] * bool(missing) + ["        },"]
out += ["    }", "}", ""]

module = re.sub(r"\W", "_", sys.argv[2].split("/")[1])
initial = camel(states[0])
out += ["pub mod by_rust_fsm {", "    rust_fsm::state_machine! {",
        f"        #[state_machine(input(crate::{module}::Kind), state(crate::{module}::State))]",
        f"        machine({initial})", ""]
blocks = []
for state, steps in legal_steps.items():
    if steps:
        rows = wrapped([f"{short[name]} => {camel(target)}," for name, target in steps.items()], 12)
        blocks.append(f"        {camel(state)} => {{\n{rows.rstrip(',')}\n        }}")
out += [",\n".join(blocks), "    }", "", "    pub type Machine = machine::StateMachine;", "}", ""]

out += ["pub mod by_smlang {", "    smlang::statemachine! {", "        derive_states: [Clone, Copy, Debug],",
        "        derive_events: [Clone, Copy, Debug],", "        transitions: {"]
rows = []
for state, steps in legal_steps.items():
    for name, target in steps.items():
        first = "*" if not rows else ""
        rows.append(f"{first}{camel(state)} + {short[name]} = {camel(target)},")
out += [wrapped(rows, 12), "        },", "    }", "", "    #[derive(Debug)]", "    pub struct Context;",
        "    impl StateMachineContext for Context {}", "", "    pub const EVENTS: &[Events] = &["]
out += [wrapped([f"Events::{short[name]}," for name in names], 8), "    ];", "", *ours("&States", "States"), "}", ""]

out += ["pub mod by_statig {", "    use statig::prelude::*;", "", "    use super::Kind;", "",
        "    #[derive(Debug, Default)]", "    pub struct Asset {", "        pub illegal: bool,", "    }", "",
        f'    #[state_machine(initial = "State::{states[0]}()", state(derive(Debug, PartialEq)))]', "    impl Asset {"]
for state, steps in legal_steps.items():
    out += ["        #[state]", f"        fn {state}(&mut self, event: &Kind) -> Outcome<State> {{",
            *["            use Kind::*;"] * bool(steps), "            match event {"]
    for target, kinds in by_target(steps):
        what = "Handled" if target == state else f"Transition(State::{target}())"
        out.append(wrapped([("" if at == 0 else "| ") + kind for at, kind in enumerate(kinds)], 16) + f" => {what},")
    if len(steps) < len(names):
        out += ["                _ => {", "                    self.illegal = true;", "                    Handled",
                "                }"]
    out += ["            }", "        }", ""]
out.pop()
out += ["    }", "", *ours("&State", "State"), "}"]
print("\n".join(out))
