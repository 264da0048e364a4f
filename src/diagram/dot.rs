use std::fmt::Write;

use super::Picture;

pub(super) fn write(picture: &Picture<'_>) -> String {
    let lifecycle = picture.lifecycle;
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "digraph {} {{", quoted(lifecycle.entity()));
    let _ = writeln!(
        out,
        "    label = {}; labelloc = t; fontname = \"sans-serif\";",
        quoted(lifecycle.title())
    );
    out.push_str(
        "    node [shape = box, style = rounded, fontname = \"sans-serif\", fontsize = 11];\n",
    );
    out.push_str("    edge [fontname = \"sans-serif\", fontsize = 9];\n");
    out.push_str("    s0 [shape = point, width = 0.15, label = \"\", tooltip = \"new\"];\n");
    for (index, state) in lifecycle.states().iter().enumerate().skip(1) {
        let shape = match (state.end, state.rest) {
            (true, _) => ", shape = doubleoctagon, style = solid",
            (_, true) => ", peripheries = 2",
            _ => "",
        };
        let (name, summary) = (quoted(&state.name), quoted(&state.summary));
        let _ = writeln!(out, "    s{index} [label = {name}, tooltip = {summary}{shape}];");
    }
    for edge in &picture.edges {
        let label = quoted(&edge.labels.join("\n"));
        let tooltip = quoted(&edge.kinds.join(", "));
        let back = if edge.again { ", style = dashed, constraint = false" } else { "" };
        let (from, to) = (edge.from, edge.to);
        let _ = writeln!(out, "    s{from} -> s{to} [label = {label}, tooltip = {tooltip}{back}];");
    }
    if !picture.flags.is_empty() {
        let label = quoted(&format!("flags\n{}", picture.flags.join("\n")));
        let _ = writeln!(
            out,
            "    flags [shape = note, style = solid, fontsize = 9, label = {label}];"
        );
    }
    out.push_str("}\n");
    out
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}
