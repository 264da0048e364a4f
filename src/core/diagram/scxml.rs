use std::{collections::HashSet, fmt::Write};

use super::machine::{Machine, MachinePlace, escaped, is_name_letter};

/// A document without code: one state for each place, transitions in the order in which SCXML tries them.
///
/// An event that is not in it, but begins with one that is and a dot, counts as that one: SCXML has it so.
pub(super) fn write(machine: &Machine<'_>) -> String {
    let lifecycle = machine.lifecycle;
    let events = Events::new(machine);
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    // Writing to a String cannot fail.
    if let Some(note) = machine.note {
        let _ = writeln!(out, "<!-- {note} -->");
    }
    let _ = writeln!(
        out,
        "<scxml xmlns=\"http://www.w3.org/2005/07/scxml\" xmlns:fold=\"urn:mediafold\" version=\"1.0\"\n       \
         datamodel=\"null\" name=\"{}\" initial=\"{}\"\n       fold:entity=\"{}\" fold:title=\"{}\">",
        identifier(&lifecycle.entity().replace('/', "_")),
        machine.places[0].name,
        quoted(lifecycle.entity()),
        quoted(lifecycle.title()),
    );
    for place in &machine.places {
        write_place(&mut out, machine, &events, place);
    }
    out.push_str("</scxml>\n");
    out
}

fn write_place(out: &mut String, machine: &Machine<'_>, events: &Events, place: &MachinePlace<'_>) {
    let MachinePlace { name, state, retries, moves } = place;
    let tag = if state.end { "final" } else { "state" };
    let own = quoted(&state.name);
    let _ = write!(out, "  <{tag} id=\"{name}\" fold:state=\"{own}\" fold:retries=\"{retries}\"");
    for (word, is) in [("rest", state.rest), ("error", state.error)] {
        if is {
            let _ = write!(out, " fold:{word}=\"true\"");
        }
    }
    if !state.summary.is_empty() {
        let _ = write!(out, " fold:summary=\"{}\"", quoted(&state.summary));
    }
    if moves.is_empty() {
        out.push_str("/>\n");
        return;
    }
    out.push_str(">\n");
    let mut written = HashSet::new();
    for own in moves {
        // An event is also matched by what it begins with, and the first match is taken.
        for event in events.longer[own.event].iter().copied().chain([own.event]) {
            if !written.insert(event) {
                continue;
            }
            let _ = write!(out, "    <transition event=\"{}\"", events.names[event]);
            if let Ok(at) = moves.binary_search_by_key(&event, |own| own.event) {
                let found = &moves[at];
                let _ = write!(out, " target=\"{}\"", machine.places[found.to].name);
                if let Some(gap) = &found.gap {
                    let _ = write!(out, " fold:gap=\"{}\"", quoted(gap));
                }
            }
            out.push_str("/>\n");
        }
    }
    let _ = writeln!(out, "  </{tag}>");
}

struct Events {
    names: Vec<String>,
    /// For each event those that begin with it and a dot, the longest first.
    longer: Vec<Vec<usize>>,
}

impl Events {
    fn new(machine: &Machine<'_>) -> Self {
        let names: Vec<String> = machine.events.iter().map(|event| name(event)).collect();
        let longer = names.iter().map(|own| {
            let begins =
                |name: &str| name.strip_prefix(own).is_some_and(|rest| rest.starts_with('.'));
            let mut longer: Vec<usize> =
                (0..names.len()).filter(|at| begins(&names[*at])).collect();
            longer.sort_by_key(|at| std::cmp::Reverse(names[*at].len()));
            longer
        });
        let longer = longer.collect();
        Self { names, longer }
    }
}

/// What SCXML takes as the name of an event: letters, digits, `-` and `_`, with single dots between them.
fn name(text: &str) -> String {
    escaped(text, |at, letter| match letter {
        '.' => {
            let (before, after) = (&text[..at], &text[at + 1..]);
            !before.is_empty()
                && !before.ends_with('.')
                && !after.is_empty()
                && !after.starts_with('.')
        }
        '-' | '_' | '0'..='9' => true,
        letter => is_name_letter(letter),
    })
}

/// The name of the whole. A reader may take it as a name in a program.
fn identifier(text: &str) -> String {
    escaped(text, |at, letter| match letter {
        '_' => true,
        '0'..='9' => at > 0,
        letter => is_name_letter(letter),
    })
}

/// An attribute's value. Control characters that XML does not have become U+FFFD.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(out, "&#{};", u32::from(letter));
            }
            '\0'..='\x1F' | '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            letter => out.push(letter),
        }
    }
    out
}
