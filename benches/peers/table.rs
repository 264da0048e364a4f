//! Prints the transition tables of FastPix as JSON, so that the peers in this folder fold by mediafold's own rules.
//!
//! `codes` has one entry for each event type and entity that it concerns, `decided` in it the code that counts where
//! the status is this word; `next` has at `code × width + state` the
//! state after it, or -1 where the event is illegal; `legal` has -1 where events are missing as well. `compare.py` runs it.

#![allow(clippy::print_stdout, reason = "it is a program")]

use std::collections::BTreeMap;

use mediafold::{
    Catalog, Lifecycle,
    lifecycle::{KindId, NEW, Node, Step},
};
use serde_json::{Value, json};

/// The provider's words for its statuses: the keys below `[statuses]`.
fn words(lifecycle: &Lifecycle) -> Vec<&str> {
    let lines = lifecycle.definition().lines().skip_while(|line| *line != "[statuses]").skip(1);
    let entries = lines.take_while(|line| !line.starts_with('['));
    entries.filter_map(|line| line.strip_prefix('"')?.split('"').next()).collect()
}

/// The state after an event of this kind in each state, -1 where its step is none of these.
fn row(lifecycle: &Lifecycle, kind: KindId, width: usize, steps: &[Step]) -> Vec<i64> {
    let states = lifecycle.states();
    let number =
        |node: Node| states.iter().position(|state| state.name == lifecycle.state(node).name);
    let mut row: Vec<i64> = states
        .iter()
        .filter_map(|state| {
            let ruling = lifecycle.rule(lifecycle.node(&state.name, 0)?, kind);
            let wanted = steps.contains(&ruling.step);
            if wanted { number(ruling.next).map(|next| next as i64) } else { Some(-1) }
        })
        .collect();
    row.resize(width, -1);
    row
}

const LEGAL: &[Step] = &[Step::Moved, Step::Stayed];
/// Where events are missing the state moves too: the fold knows the way.
const FOLDED: &[Step] = &[Step::Moved, Step::Stayed, Step::MissingEvents, Step::FirstSeen];

/// The one state that a kind moves assets to, if there is one.
fn leads_to(lifecycle: &Lifecycle, kind: KindId) -> Option<&str> {
    let moves =
        |step: &&mediafold::lifecycle::Transition| step.kind == kind && step.from != step.to;
    let step = lifecycle.transitions().iter().find(moves)?;
    Some(&lifecycle.states()[step.to].name)
}

fn main() {
    let of_fastpix = |lifecycle: &&Lifecycle| lifecycle.provider() == "fastpix";
    let lifecycles: Vec<&Lifecycle> = Catalog::builtin().lifecycles().filter(of_fastpix).collect();
    let width = lifecycles.iter().map(|lifecycle| lifecycle.states().len()).max().unwrap_or(0);
    let (mut codes, mut entities) = (Vec::<Value>::new(), Vec::new());
    let (mut next, mut legal) = (Vec::new(), Vec::new());
    for (entity, lifecycle) in lifecycles.iter().enumerate() {
        assert!(lifecycle.retries().is_none(), "the peers count no retries");
        assert_eq!(lifecycle.states()[0].name, NEW);
        for (kind, name) in lifecycle.kinds() {
            let code = next.len() / width;
            next.extend(row(lifecycle, kind, width, FOLDED));
            legal.extend(row(lifecycle, kind, width, LEGAL));
            let decides = |word: &&str| lifecycle.kind_with_status(kind, word) != kind;
            let words = words(lifecycle).into_iter().filter(decides);
            let mut decided = BTreeMap::new();
            for word in words {
                let kind = lifecycle.kind_with_status(kind, word);
                decided.insert(word, next.len() / width);
                next.extend(row(lifecycle, kind, width, FOLDED));
                legal.extend(row(lifecycle, kind, width, LEGAL));
            }
            codes.push(json!({
                "type": name, "entity": entity, "code": code, "decided": decided,
                "to": leads_to(lifecycle, kind),
            }));
        }
        let states: Vec<&str> = lifecycle.states().iter().map(|state| &*state.name).collect();
        entities.push(json!({ "name": lifecycle.entity(), "states": states }));
    }
    let tables = json!({
        "width": width, "entities": entities, "codes": codes, "next": next, "legal": legal,
    });
    println!("{tables}");
}
