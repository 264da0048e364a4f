use std::{collections::BTreeSet, fmt::Write as _};

use super::quoted;
use crate::{Lifecycle, shown::harmless};

/// The parts of an entity that have types of their own, and in whose words its events and assets speak.
const PARTS: [&str; 4] = ["State", "Flag", "Kind", "Data"];
const EVENT: [&str; 4] = ["Kind", "State", "Flag", "Data"];
const ASSET: [&str; 3] = ["State", "Flag", "Data"];
/// The longest line.
const COLUMNS: usize = 100;

/// What the lifecycles have names for, as a module of Python.
pub(super) fn python<'c>(lifecycles: impl Iterator<Item = &'c Lifecycle>) -> String {
    let (mut bases, mut types) = (Bases::default(), String::new());
    for lifecycle in lifecycles {
        let base = bases.name(lifecycle.entity());
        let states = lifecycle.states().iter().map(|state| state.name.as_str());
        let flags = lifecycle.flags().iter().map(|flag| flag.name.as_str());
        let kinds = lifecycle.kinds().map(|(_, name)| name);
        let data = lifecycle.data().iter().map(|field| field.name.as_str());
        // Writing to a string succeeds.
        let _ = writeln!(types, "\n# {}", harmless(lifecycle.title()));
        for (part, names) in
            PARTS.iter().zip([literal(states), literal(flags), literal(kinds), literal(data)])
        {
            assign(&format!("{base}{part}"), "Literal", &names, &mut types);
        }
        let entity = format!("Literal[{}]", quoted(lifecycle.entity()));
        for (kind, parts) in [("Event", &EVENT[..]), ("Asset", &ASSET[..])] {
            let own = parts.iter().map(|part| format!("{base}{part}"));
            let of: Vec<String> = [entity.clone()].into_iter().chain(own).collect();
            assign(&format!("{base}{kind}"), kind, &of, &mut types);
        }
    }
    types.push('\n');
    for kind in ["Event", "Asset"] {
        let all: Vec<String> = bases.given.iter().map(|base| format!("{base}{kind}")).collect();
        assign(&format!("Media{kind}"), "Union", &all, &mut types);
    }
    let never = if types.contains(" = NoReturn\n") { "NoReturn, " } else { "" };
    format!(
        "\"\"\"What the definitions have names for: made by `mediafold types --python`.\"\"\"\n\n\
         from typing import Literal, {never}Union\n\nfrom mediafold import Asset, Event\n{types}"
    )
}

fn literal<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    names.map(quoted).collect()
}

/// A name for something of these parts; where there are none, nothing is it.
fn assign(name: &str, of: &str, parts: &[String], text: &mut String) {
    let line = format!("{name} = {of}[{}]", parts.join(", "));
    let _ = match parts {
        [] => writeln!(text, "{name} = NoReturn"),
        _ if line.len() <= COLUMNS => writeln!(text, "{line}"),
        _ => writeln!(text, "{name} = {of}[\n    {},\n]", parts.join(",\n    ")),
    };
}

/// Entities as names of Python, each another one.
#[derive(Default)]
struct Bases {
    given: Vec<String>,
    taken: BTreeSet<String>,
}

impl Bases {
    /// `mux/live_stream` is `MuxLiveStream`.
    fn name(&mut self, entity: &str) -> String {
        let pieces = entity.split(|letter: char| !letter.is_ascii_alphanumeric());
        let pieces = pieces.map(|piece| {
            let (first, rest) = piece.split_at(piece.len().min(1));
            first.to_ascii_uppercase() + rest
        });
        let mut base: String = pieces.collect();
        if !base.starts_with(|first: char| first.is_ascii_alphabetic()) {
            base.insert_str(0, "Entity");
        }
        // This one means all of them.
        let is_free = |name: &String| name != "Media" && !self.taken.contains(name);
        let numbered = (2..).map(|number| format!("{base}{number}"));
        let name = [base.clone()].into_iter().chain(numbered).find(is_free);
        let name = name.unwrap_or(base);
        self.taken.insert(name.clone());
        self.given.push(name.clone());
        name
    }
}
