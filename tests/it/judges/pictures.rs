//! Pictures for programs outside. `target/judges/pictures/index.json` lists them: what each lifecycle has, and the
//! files that were written of it.

use std::{fs, path::Path};

use mediafold::{
    Asset, Catalog, Lifecycle, bulk::Observed, diagram::Diagram, lifecycle::DefinitionFile,
};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::{draw, make_empty};
use crate::{
    generate::dice::{Dice, random_assets, random_definition},
    geometry::shapes::Drawn,
    machines,
};

const FOLDER: &str = "target/judges/pictures";
/// Random lifecycles of few states with retries, and without.
const SMALL: [(bool, usize); 2] = [(true, 13), (false, 12)];
/// Seeds of random lifecycles of up to 40 states.
const LARGE: [u64; 3] = [2, 6, 8];
const ASSETS: usize = 30;
const VARIANTS: [&str; 3] = ["plain", "observed", "asset"];

/// What HTML, Markdown, Mermaid, Graphviz or YAML would read as their own; and what is hard to show.
#[rustfmt::skip]
const NAMES: [&str; 64] = [
    "<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "</title><script>alert(2)</script>", "<br/>",
    "<b>bold</b>", "say \"it\"", "it's", "a;b", "%% comment", "%%{init: {}}%%", "a:::b", "a: b", "x\ny", "tab\there",
    "end", "end note", "End Note", "state", "state x {", "note", "note right of s1", "direction TB", "LR direction  LR",
    "[*]", "-->", "--", "---", "- item", "+ item", "1. one", "_x_", "__init__", "a_b_c", "**bold**", "`tick`", "~~x~~",
    "#35;", "#quot;", "&lt;b&gt;", "&amp;", "&#60;", "\\n", "\\N \\G \\L", "C:\\new", "<<fork>>", "[[choice]]",
    "{", "}", "class", "classDef x fill:#f00;", "style s1 fill:#f00;", "www.example.org", "http://example.org/x",
    "fa:fa-user", "$$x^2$$", "日本語", "u\u{308}ber", "\u{202e}right to left", "  spaced  out  ", "]]>", "click s1 call x()",
    "accTitle: x","32 °C ¶ %", "a_name_of_more_letters_than_any_box_holds_so_that_it_is_cut_at_some_place",
];
const TITLES: [&str; 8] = [
    "<b x=",
    "</title><script>alert(3)</script>",
    "\u{7f} \u{85} \u{2028} \u{feff}",
    "--- %%{init: {\"theme\": \"dark\"}}%%",
    "a: b # c",
    "back\\",
    "&lt; &amp;",
    "x\n---\ny",
];

#[test]
#[ignore = "writes what .ci/judges reads"]
fn write_pictures() {
    make_empty(Path::new(FOLDER));
    let mut runner = TestRunner::deterministic();
    let mut index = Vec::new();
    for lifecycle in Catalog::builtin().lifecycles() {
        index.extend(write(&lifecycle.entity().replace('/', "_"), lifecycle, &VARIANTS));
    }
    // Other programs take their time, so what is painted takes turns.
    let turns = |number: usize| ["plain", VARIANTS[1 + number % 2]];
    for (retries, count) in SMALL {
        for (number, machine) in draw(&mut runner, retries, count).iter().enumerate() {
            let name = format!("small_{}{number}", if retries { "retries_" } else { "" });
            index.extend(write(&name, &machine.lifecycle, &turns(number)));
        }
    }
    for (number, seed) in LARGE.iter().enumerate() {
        let lifecycle = compiled(&random_definition(&mut Dice(seed * 7_919)));
        index.extend(write(&format!("large_{number}"), &lifecycle, &turns(number)));
    }
    index.extend(write("hostile_to_machines", &machines::hostile().0, &VARIANTS));
    index.extend(write("hostile", &hostile(), &VARIANTS));
    for (number, title) in TITLES.iter().enumerate() {
        // What JSON quotes, TOML reads, but for one letter that it wants escaped.
        let quoted = |text: String| Value::from(text).to_string().replace('\u{7f}', "\\u007f");
        let (entity, title) =
            (quoted(format!("{}/x", title.replace('/', "|"))), quoted((*title).to_owned()));
        let text = format!(
            "entity = {entity}\ntitle = {title}\nid = [\"/id\"]\n[states]\na = {{ end = true }}\n\
            [events]\nk = {{ from = [\"new\"], to = \"a\" }}\n"
        );
        index.extend(write(&format!("hostile_title_{number}"), &compiled(&text), &VARIANTS[..1]));
    }
    fs::write(Path::new(FOLDER).join("index.json"), Value::from(index).to_string()).unwrap();
}

fn compiled(text: &str) -> Lifecycle {
    let lifecycle = Lifecycle::compile(&DefinitionFile::new("drawn.toml", text));
    lifecycle.unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// States, events and flags of hostile names, about a third of them at rest and some an end.
fn hostile() -> Lifecycle {
    let name = |at: usize| Value::from(NAMES[at % NAMES.len()]);
    let mut text =
        "entity = \"hos<ti>le\\\"/#.*\\\\\"\ntitle = \"<&>\\\"'-- \\u0001 a: b\"\nid = [\"/id\"]\n\
        [states]\n"
            .to_owned();
    let (mut flags, mut events) = (String::new(), String::new());
    for at in 0..NAMES.len() {
        let (own, event) = (name(at), name(at + 7));
        // Each state has one before it, and a third of them has none after it.
        let from = if at == 0 { Value::from("new") } else { name((at - 1) / 2) };
        let again =
            if at % 9 == 4 { format!(", again = [{}]", name(at + 1)) } else { String::new() };
        let set = if at % 5 == 0 { format!(", set = [{event}]") } else { String::new() };
        text += &format!("{own} = {{ rest = true, error = {}, summary = {own} }}\n", at % 4 == 0);
        if !set.is_empty() {
            flags += &format!("{event} = {{}}\n");
        }
        events += &format!("{event} = {{ from = [{from}], to = {own}{again}{set} }}\n");
    }
    compiled(&format!("{text}[flags]\n{flags}[events]\n{events}"))
}

/// Writes a lifecycle in all formats: plain, with what happened, or with the path of one asset.
fn write(name: &str, lifecycle: &Lifecycle, variants: &[&str]) -> Vec<Value> {
    let assets: Vec<Asset> = random_assets(lifecycle, &mut Dice(1), ASSETS);
    let mut observed = Observed::new(lifecycle);
    assets.iter().for_each(|asset| observed.add(asset));
    let write = |variant: &&str| {
        let diagram = match *variant {
            "plain" => Diagram::new(lifecycle),
            "observed" => Diagram::observed(&observed),
            _ => Diagram::asset(lifecycle, &assets[0]),
        };
        picture(&format!("{name}.{variant}"), lifecycle, &diagram)
    };
    variants.iter().map(write).collect()
}

/// Writes a picture, unless it is in `docs`, where a test holds it the same.
fn picture(name: &str, lifecycle: &Lifecycle, diagram: &Diagram<'_>) -> Value {
    let svg = diagram.svg();
    let edges = Drawn::read(&svg).edges.len();
    let mut files = serde_json::Map::new();
    for (format, text) in [("dot", diagram.dot()), ("mermaid", diagram.mermaid()), ("svg", svg)] {
        let known = format!("docs/diagrams/{}.{format}", name.trim_end_matches(".plain"));
        let file = match Path::new(&known).exists() {
            true => known,
            false => format!("{FOLDER}/{name}.{format}"),
        };
        if file.starts_with(FOLDER) {
            fs::write(&file, text).unwrap();
        }
        files.insert(format.to_owned(), file.into());
    }
    let states = lifecycle.states();
    json!({
        "name": name,
        "title": lifecycle.title(),
        "states": states.iter().skip(1).map(|state| &state.name).collect::<Vec<_>>(),
        "ends": states.iter().filter(|state| state.end).count(),
        "edges": edges,
        "files": files,
    })
}
