use std::fmt::Write;

use super::{
    picture::{DrawnEdge, Picture, StateBox, Tone},
    words::clipped,
};
use crate::shown::harmless;

pub(super) fn write(picture: &Picture<'_>) -> String {
    let lifecycle = picture.lifecycle;
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "digraph {} {{", quoted(lifecycle.entity()));
    let _ = writeln!(
        out,
        "    label = {}; labelloc = t; fontname = \"sans-serif\";",
        quoted(&clipped(lifecycle.title()))
    );
    out.push_str(
        "    node [shape = box, style = rounded, fontname = \"sans-serif\", fontsize = 11];\n",
    );
    out.push_str("    edge [fontname = \"sans-serif\", fontsize = 9];\n");
    out.push_str("    s0 [shape = point, width = 0.15, label = \"\", tooltip = \"new\"];\n");
    for (index, own) in picture.boxes.iter().enumerate().skip(1) {
        let label = quoted(&own.lines(picture).join("\n"));
        let (tooltip, looks) = (quoted(&own.tooltip), state_looks(own));
        let _ = writeln!(out, "    s{index} [label = {label}, tooltip = {tooltip}{looks}];");
    }
    for edge in &picture.edges {
        let labels: Vec<String> = edge.labels.iter().map(|label| clipped(label)).collect();
        let label = quoted(&labels.join("\n"));
        let (tooltip, looks) = (quoted(&edge.tooltip), edge_looks(edge));
        let (from, to) = (edge.from, edge.to);
        let _ =
            writeln!(out, "    s{from} -> s{to} [label = {label}, tooltip = {tooltip}{looks}];");
    }
    if !picture.notes.is_empty() {
        // Each line ends at the left.
        let left = |note: &String| inner(&harmless(note)) + "\\l";
        let label: String = picture.notes.iter().map(left).collect();
        let _ = writeln!(
            out,
            "    notes [shape = note, style = solid, fontsize = 9, label = \"{label}\"];"
        );
    }
    out.push_str("}\n");
    out
}

fn state_looks(own: &StateBox) -> String {
    let mut looks = String::new();
    let (shape, style) = match (own.error, own.end) {
        (true, _) => (Some("octagon"), "solid"),
        (_, true) => (None, "solid"),
        _ => (None, "rounded"),
    };
    let style = match (own.tone, own.rest) {
        (Tone::Unseen, _) => format!("{style},dashed"),
        (_, true) => format!("{style},bold"),
        _ => style.to_owned(),
    };
    if let Some(shape) = shape {
        looks += &format!(", shape = {shape}");
    }
    if style != "rounded" {
        looks += &format!(", style = \"{style}\"");
    }
    if own.end {
        looks += ", peripheries = 2";
    }
    if own.error {
        looks += ", color = \"#b23a2b\"";
    }
    if own.here {
        looks += ", color = \"#2563c9\", penwidth = 3";
    }
    looks
}

fn edge_looks(edge: &DrawnEdge) -> String {
    let mut looks = match edge.again {
        true => ", color = \"#7446bd\", arrowhead = empty, constraint = false".to_owned(),
        false => String::new(),
    };
    looks += match edge.tone {
        Tone::Plain | Tone::Seen => "",
        Tone::Unseen => ", style = dashed, fontcolor = \"#7b8698\"",
        Tone::Inferred => ", style = dotted, fontcolor = \"#8f5a00\"",
        Tone::Undefined => ", color = \"#d11f2e\", fontcolor = \"#c0182a\", constraint = false",
    };
    if edge.weight > 0.0 {
        looks += &format!(", penwidth = {:.2}", 1.0 + 3.0 * edge.weight);
    }
    looks
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", inner(text))
}

/// What stands between quotes. Graphviz reads the references of HTML everywhere.
fn inner(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '&' => out.push_str("&amp;"),
            '\n' => out.push_str("\\n"),
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}
