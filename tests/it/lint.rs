//! What is said of bad definitions, word for word: `tests/data/lint/<name>.toml`, or a folder of them where
//! it takes two, and beside it the problems as they are printed in `<name>.txt`.
//!
//! A name up to `~` is that of the problem which the definition has, and of no other.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use mediafold::{
    Catalog,
    lifecycle::{DefinitionError, DefinitionFile, Problem, ProblemKind},
};

use crate::golden;

const FOLDER: &str = "tests/data/lint";

/// Each case by name, with its files.
fn cases() -> Vec<(String, Vec<DefinitionFile>)> {
    let mut cases = Vec::new();
    for path in listed(Path::new(FOLDER)) {
        let paths = if path.is_dir() { listed(&path) } else { vec![path.clone()] };
        let is_definition = |path: &PathBuf| path.extension().is_some_and(|end| end == "toml");
        let files: Vec<_> = paths.iter().filter(|path| is_definition(path)).map(file).collect();
        if !files.is_empty() {
            let name = path.file_stem().expect("a name").to_string_lossy();
            cases.push((name.into_owned(), files));
        }
    }
    assert!(!cases.is_empty(), "no definition in {FOLDER}");
    cases
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<_> = files.map(|file| file.expect("readable").path()).collect();
    paths.sort();
    paths
}

/// The path is the one below the folder, whatever the separator here is.
fn file(path: &PathBuf) -> DefinitionFile {
    let own = path.strip_prefix(FOLDER).expect("below the folder");
    let parts: Vec<_> = own.iter().map(|part| part.to_string_lossy()).collect();
    DefinitionFile::new(parts.join("/"), fs::read_to_string(path).expect("UTF-8"))
}

fn problems(name: &str, files: &[DefinitionFile]) -> DefinitionError {
    Catalog::with(files).err().unwrap_or_else(|| panic!("{name}: nothing was found wrong"))
}

#[test]
fn every_bad_definition_is_explained() {
    for (name, files) in cases() {
        let printed = format!("{}\n", problems(&name, &files));
        golden::check(&format!("lint/{name}.txt"), &printed);
    }
}

#[test]
fn every_problem_occurs_and_is_told_alone() {
    let mut seen = BTreeSet::new();
    for (name, files) in cases() {
        let wanted = name.split('~').next();
        let kind = ProblemKind::ALL.iter().find(|kind| Some(kind.name()) == wanted);
        for problem in problems(&name, &files).problems {
            let others = kind.is_some_and(|kind| *kind != problem.kind);
            assert!(!others || may_follow(&name, &problem), "{name}: {problem}");
            seen.insert(problem.kind);
        }
    }
    for kind in ProblemKind::ALL {
        assert!(seen.contains(kind), "no definition in {FOLDER} has {}", kind.code());
    }
}

/// Where one problem makes another: what is only for a state that nothing leads to can never apply.
fn may_follow(name: &str, problem: &Problem) -> bool {
    use ProblemKind::{NeverLegal, UnreachableState};
    name == "dead-row~unreachable" && matches!(problem.kind, UnreachableState | NeverLegal)
}

/// The place is that of the text which has to be changed: a name in the message stands there.
#[test]
fn every_problem_has_its_place() {
    for (name, files) in cases() {
        for problem in problems(&name, &files).problems {
            let file = files.iter().find(|file| file.path == problem.path).expect("one of them");
            let line = file.text.lines().nth(problem.line - 1).expect("a line of the file");
            let at_column: String = line.chars().skip(problem.column - 1).collect();
            let spanned = &file.text[problem.span.clone()];
            let first = spanned.lines().next().unwrap_or_default();
            assert!(at_column.starts_with(first), "{problem}\n{at_column}\n{spanned}");
        }
    }
}

#[test]
fn five_problems_are_told_at_once() {
    let (name, files) =
        cases().into_iter().find(|(name, _)| name == "five-at-once").expect("it is there");
    let kinds: Vec<_> = problems(&name, &files).problems.iter().map(|own| own.kind).collect();
    use ProblemKind::{InvalidValue, TrapState, Undeclared, UnknownField, UnreachableState};
    assert_eq!(kinds, [UnknownField, InvalidValue, UnreachableState, TrapState, Undeclared]);
}

/// Of states that are as near, the same one is meant each time.
#[test]
fn what_is_said_is_always_the_same() {
    let states: Vec<String> = (1..9).map(|n| format!("part{n} = {{ rest = true }}\n")).collect();
    let text = clip(ID, &states.concat(), r#"lend = { from = ["made"], to = "part9" }"#);
    let files = [DefinitionFile::new("clip.toml", text)];
    let said: BTreeSet<String> = (0..20)
        .filter_map(|_| problems("clip", &files).problems.pop())
        .map(|undeclared| undeclared.help)
        .collect();
    assert_eq!(said.len(), 1, "{said:?}");
}

const ID: &str = r#"id = ["/id"]"#;

/// A definition without a problem, and room for one.
fn clip(top: &str, states: &str, events: &str) -> String {
    format!(
        r#"
entity = "vms/clip"
{top}
[states]
made = {{ summary = "Made." }}
kept = {{ summary = "Kept.", rest = true }}
{states}
[events]
make = {{ from = ["new"], to = "made" }}
keep = {{ from = ["made"], to = "kept" }}
{events}
"#
    )
}

/// What loads and then does nothing, for ever and without a word, is worse than what does not load.
#[test]
fn what_can_never_work_is_refused() {
    use ProblemKind::{DeadRow, InvalidValue, NeverLegal, UnreachableState};
    let parent = |rest: &str| format!("{ID}\nparent = {{ entity = \"vms/content\"{rest} }}");
    let data = format!("{ID}\ndata = {{ x = {{ key = [\"a\"] }} }}");
    let by_word = |to: &str| format!("news = {{ from = [\"made\"], status = \"/s\"{to} }}");
    let or_stays = r#"news = [{ from = ["made"], status = "/s" }, { from = ["kept"] }]"#;
    let gone = "gone = { end = true }\n[statuses]\nReady = \"kept\"";
    let mut loaded = Vec::new();
    for (what, text, kind) in [
        ("no pointer to an id", clip("id = []", "", ""), InvalidValue),
        ("a parent without id", clip(&parent(""), "", ""), InvalidValue),
        ("a parent without pointers", clip(&parent(", id = []"), "", ""), InvalidValue),
        ("data without a place", clip(&data, "", ""), InvalidValue),
        ("a word decides, and none is mapped", clip(ID, "", &by_word("")), NeverLegal),
        ("one of the rows is for words, and none is mapped", clip(ID, "", or_stays), DeadRow),
        (
            "no word is mapped to the target",
            clip(ID, gone, &by_word(r#", to = ["gone"]"#)),
            UnreachableState,
        ),
    ] {
        let found = Catalog::with(&[DefinitionFile::new("clip.toml", text)]).err();
        let problems = found.map_or_else(Vec::new, |error| error.problems);
        if !problems.iter().any(|problem| problem.kind == kind) {
            loaded.push(format!("{what}: {problems:?}"));
        }
    }
    assert!(loaded.is_empty(), "{loaded:#?}");
}

/// Lines and columns are those of an editor: letters count once, and CRLF ends a line.
#[test]
fn places_are_those_of_an_editor() {
    let text = "entity = \"vms/clip\"\r\nid = [\"/id\"]\r\n[states]\r\n\
        made = { summary = \"Größe – geprüft ✓.\", dwel = \"1h\", rest = true }\r\n\
        [events]\r\nmake = { from = [\"new\"], to = \"made\" }\r\n";
    let error = problems("clip", &[DefinitionFile::new("clip.toml", text)]);
    let [problem] = &error.problems[..] else { panic!("{error}") };
    assert_eq!((problem.line, problem.column), (4, 42), "{error}");
}
