use std::fmt::Write;

use super::{
    picture::{DrawnEdge, Picture, StateBox, Tone},
    words::clipped,
};
use crate::shown::harmless;

/// In states and notes. With `<br/>` Mermaid would undo the escapes of a text and then read it as Markdown.
const NEXT_LINE: &str = "\n        ";

pub(super) fn write(picture: &Picture<'_>) -> String {
    let mut out = String::new();
    let title = quoted(picture.lifecycle.title());
    // Writing to a String cannot fail.
    let _ = writeln!(out, "---\ntitle: {title}\n---\nstateDiagram-v2");
    for (index, own) in picture.boxes.iter().enumerate().skip(1) {
        let lines = own.lines(picture).iter().map(|line| escaped(line)).collect::<Vec<_>>();
        let _ = writeln!(out, "    state \"{}\" as s{index}", lines.join(NEXT_LINE));
    }
    for edge in &picture.edges {
        let (from, to) = (node(edge.from), node(edge.to));
        let _ = match label(edge) {
            label if label.is_empty() => writeln!(out, "    {from} --> {to}"),
            label => writeln!(out, "    {from} --> {to}: {label}"),
        };
    }
    for (index, _) in picture.boxes.iter().enumerate().filter(|(_, own)| own.end) {
        let _ = writeln!(out, "    s{index} --> [*]");
    }
    if !picture.notes.is_empty() {
        let notes: Vec<String> =
            picture.notes.iter().map(|note| escaped(&harmless(note))).collect();
        let notes = notes.join(NEXT_LINE);
        let _ = writeln!(out, "    note right of s1\n        {notes}\n    end note");
    }
    for (class, style, has) in CLASSES {
        let states: Vec<String> = picture
            .boxes
            .iter()
            .enumerate()
            .skip(1)
            .filter(|(_, own)| has(own))
            .map(|(index, _)| format!("s{index}"))
            .collect();
        if !states.is_empty() {
            let states = states.join(",");
            let _ = writeln!(out, "    classDef {class} {style}\n    class {states} {class}");
        }
    }
    out
}

/// A class of states, its style, and which states are of it.
type Class = (&'static str, &'static str, fn(&StateBox) -> bool);

const CLASSES: [Class; 5] = [
    ("atRest", "stroke-width:3px", |own| own.rest),
    ("atEnd", "stroke-width:3px,stroke-dasharray:2 2", |own| own.end),
    ("atError", "stroke:#b23a2b", |own| own.error),
    ("neverSeen", "stroke-dasharray:6 4", |own| own.tone == Tone::Unseen),
    ("here", "stroke:#2563c9,stroke-width:5px", |own| own.here),
];

fn label(edge: &DrawnEdge) -> String {
    let mut labels: Vec<String> =
        edge.labels.iter().map(|label| escaped(&clipped(label))).collect();
    match edge.tone {
        Tone::Unseen => labels.push("never seen".to_owned()),
        Tone::Inferred if labels.is_empty() => labels.push("missed".to_owned()),
        _ => {}
    }
    let again = match (edge.again, labels.is_empty()) {
        (false, _) => "",
        (true, true) => "↺",
        (true, false) => "↺ ",
    };
    format!("{again}{}", labels.join("<br/>"))
}

fn node(index: usize) -> String {
    match index {
        0 => "[*]".to_owned(),
        _ => format!("s{index}"),
    }
}

/// A title as YAML takes it. Mermaid takes tags out of it and shows references as they are written, so what these
/// are made of is replaced by what looks like it.
fn quoted(text: &str) -> String {
    let text = clipped(text).replace('<', "‹").replace('>', "›").replace('&', "＆");
    serde_json::Value::from(text).to_string()
}

/// Mermaid has character references for what it would read as its own.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, letter) in text.char_indices() {
        let (before, after) = (&text[..at], &text[at + letter.len_utf8()..]);
        let plain = match letter {
            ' ' => !ends_with_keyword(before),
            // These mean something where a line, a word or a number begins or ends.
            '-' | '+' => !before.trim().is_empty(),
            '_' => is_inside_word(before, after),
            '.' | ')' => !before.trim().bytes().all(|byte| byte.is_ascii_digit()),
            '%' => before.ends_with(' '),
            ',' | '/' | '(' => true,
            _ => letter.is_alphanumeric() || !letter.is_ascii(),
        };
        match plain {
            true => out.push(letter),
            false => {
                let _ = write!(out, "#{};", u32::from(letter));
            }
        }
    }
    out
}

/// There an underscore is a letter like any other.
fn is_inside_word(before: &str, after: &str) -> bool {
    let is_word = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    is_word(before.chars().next_back()) && is_word(after.chars().next())
}

/// Mermaid looks anywhere for `direction TB` and its like, and for `end note` where a note begins.
fn ends_with_keyword(text: &str) -> bool {
    ["direction", "end"].iter().any(|keyword| {
        let start = text.len().checked_sub(keyword.len());
        start
            .and_then(|start| text.get(start..))
            .is_some_and(|end| end.eq_ignore_ascii_case(keyword))
    })
}
