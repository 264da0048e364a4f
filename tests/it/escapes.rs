//! Names that Mermaid or Graphviz would read as their own, and how they are written for them. `.ci/judges` has those
//! programs show them.

use mediafold::{Lifecycle, diagram::Diagram, lifecycle::DefinitionFile};
use serde_json::Value;

/// A lifecycle of one state, with a flag that its event sets.
fn lifecycle(title: &str, state: &str, flag: &str) -> Lifecycle {
    let [title, state, flag] = [title, state, flag].map(|text| Value::from(text).to_string());
    let text = format!(
        "entity = \"a/b\"\ntitle = {title}\nid = [\"/id\"]\n[states]\n{state} = {{ rest = true }}\n\
        [flags]\n{flag} = {{}}\n[events]\n\
        {state} = {{ from = [\"new\"], to = {state}, set = [{flag}] }}\n\
        stay = {{ from = [{state}], set = [{flag}] }}\n"
    );
    Lifecycle::compile(&DefinitionFile::new("own.toml", text)).unwrap()
}

fn mermaid(name: &str) -> String {
    Diagram::new(&lifecycle("title", name, "flag")).mermaid()
}

#[test]
fn mermaid_reads_no_name_as_its_own() {
    for (name, written) in [
        ("<img src=x>", "#60;img src#61;x#62;"),
        ("say \"it\"", "say #34;it#34;"),
        ("a;b:::c", "a#59;b#58;#58;#58;c"),
        ("%% x 5 %", "#37;#37; x 5 %"),
        ("x\ny", "x\u{fffd}y"),
        ("End note", "End#32;note"),
        ("LR direction  LR", "LR direction#32; LR"),
        ("__init__", "#95;#95;init#95;#95;"),
        ("a_b c-d +e (f, g)", "a_b c-d +e (f, g)"),
        ("- x", "#45; x"),
        ("1. x", "1#46; x"),
        ("**b** `c`", "#42;#42;b#42;#42; #96;c#96;"),
        ("#35; &amp;", "#35;35#59; #38;amp#59;"),
        ("état → 日本語", "état → 日本語"),
    ] {
        let text = mermaid(name);
        assert!(text.contains(&format!("    state \"{written}\n")), "{name}:\n{text}");
        assert!(text.contains(&format!("    [*] --> s1: {written} +flag\n")), "{name}:\n{text}");
    }
}

/// With `<br/>` in it, a text of a state or a note would be read as Markdown, whatever was escaped.
#[test]
fn mermaid_gets_lines_of_states_and_notes_as_lines() {
    let text = Diagram::new(&lifecycle("title", "a", "*f*")).mermaid();
    assert!(text.contains("    state \"a\n        flag#58; #42;f#42;\" as s1\n"), "{text}");
    assert!(
        text.contains("    note right of s1\n        Flags#58; #42;f#42; set by a, stay."),
        "{text}"
    );
    assert!(!text.contains("<br/>"), "{text}");
}

/// Mermaid looks for tags before it reads the title, and takes them out of it after.
#[test]
fn mermaid_gets_no_markup_in_a_title() {
    let text = Diagram::new(&lifecycle("<b x=\u{85} \"&\"", "a", "f")).mermaid();
    assert!(text.starts_with("---\ntitle: \"‹b x=\u{fffd} \\\"＆\\\"\"\n---\n"), "{text}");
}

#[test]
fn graphviz_reads_no_name_as_its_own() {
    for (name, written) in [
        ("say \"it\"", "say \\\"it\\\""),
        ("&lt;b&gt; &#60;", "&amp;lt;b&amp;gt; &amp;#60;"),
        ("C:\\new \\N", "C:\\\\new \\\\N"),
        ("x\ny", "x\u{fffd}y"),
    ] {
        let text = Diagram::new(&lifecycle(name, name, name)).dot();
        assert!(text.contains(&format!("    label = \"{written}\"; ")), "{name}:\n{text}");
        assert!(
            text.contains(&format!(" s1 [label = \"{written}\\nflag: {written}\"")),
            "{name}:\n{text}"
        );
        assert!(
            text.contains(&format!(" -> s1 [label = \"{written} +{written}\"")),
            "{name}:\n{text}"
        );
        // A backslash before an n is no line end, and each line ends at the left.
        let note = format!("label = \"Flags: {written} set by {written}, stay.\\l\"];");
        assert!(text.contains(&note), "{name}:\n{text}");
    }
}
