use std::fmt::Write;

use super::Picture;

pub(super) fn write(picture: &Picture<'_>) -> String {
    let lifecycle = picture.lifecycle;
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "---\ntitle: {}\n---\nstateDiagram-v2", quoted(lifecycle.title()));
    for (index, state) in lifecycle.states().iter().enumerate().skip(1) {
        let _ = writeln!(out, "    state \"{}\" as s{index}", escaped(&state.name));
    }
    for edge in &picture.edges {
        let labels: Vec<String> = edge.labels.iter().map(|label| escaped(label)).collect();
        let back = if edge.again { "↺ " } else { "" };
        let (from, to) = (node(edge.from), node(edge.to));
        let _ = writeln!(out, "    {from} --> {to}: {back}{}", labels.join("<br/>"));
    }
    for (index, _) in lifecycle.states().iter().enumerate().filter(|(_, state)| state.end) {
        let _ = writeln!(out, "    s{index} --> [*]");
    }
    if !picture.flags.is_empty() {
        let flags: Vec<String> = picture.flags.iter().map(|flag| escaped(flag)).collect();
        let _ = writeln!(
            out,
            "    note right of s1\n        flags<br/>{}\n    end note",
            flags.join("<br/>")
        );
    }
    out.push_str("    classDef atRest stroke-width:3px\n    classDef atEnd stroke-width:3px,stroke-dasharray:4 2\n");
    for (index, state) in lifecycle.states().iter().enumerate() {
        match (state.end, state.rest) {
            (true, _) => {
                let _ = writeln!(out, "    class s{index} atEnd");
            }
            (_, true) => {
                let _ = writeln!(out, "    class s{index} atRest");
            }
            _ => {}
        }
    }
    out
}

fn node(index: usize) -> String {
    match index {
        0 => "[*]".to_owned(),
        _ => format!("s{index}"),
    }
}

/// A title as YAML takes it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Mermaid has character references for what it would read as its own.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '.' | '-' | '+' | ' ' | '/' => {
                out.push(letter)
            }
            letter if letter.is_alphanumeric() => out.push(letter),
            letter => {
                let _ = write!(out, "#{};", u32::from(letter));
            }
        }
    }
    out
}
