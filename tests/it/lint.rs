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
    Catalog, Lifecycle,
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

/// The same, where there are no problems the warnings.
fn told(name: &str, files: &[DefinitionFile]) -> Vec<Problem> {
    let told = Catalog::lint(files).unwrap_or_else(|error| error.problems);
    assert!(!told.is_empty(), "{name}: nothing was found wrong");
    told
}

#[test]
fn every_bad_definition_is_explained() {
    for (name, files) in cases() {
        let printed: String =
            told(&name, &files).iter().map(|problem| format!("{problem}\n")).collect();
        golden::check(&format!("lint/{name}.txt"), &printed);
    }
}

#[test]
fn every_problem_occurs_and_is_told_alone() {
    let mut seen = BTreeSet::new();
    for (name, files) in cases() {
        let wanted = name.split('~').next();
        let kind = ProblemKind::ALL.iter().find(|kind| Some(kind.name()) == wanted);
        for problem in told(&name, &files) {
            assert_eq!(problem.kind.is_warning(), Catalog::with(&files).is_ok(), "{problem}");
            let others = kind.is_some_and(|kind| *kind != problem.kind);
            assert!(!others, "{name}: {problem}");
            seen.insert(problem.kind);
        }
    }
    for kind in ProblemKind::ALL {
        assert!(seen.contains(kind), "no definition in {FOLDER} has {}", kind.code());
    }
}

/// The place is that of the text which has to be changed: a name in the message stands there.
#[test]
fn every_problem_has_its_place() {
    for (name, files) in cases() {
        for problem in told(&name, &files) {
            let file = files.iter().find(|file| file.path == problem.path).expect("one of them");
            let line = file.text.lines().nth(problem.line - 1).expect("a line of the file");
            let at_column: String = line.chars().skip(problem.column - 1).collect();
            let spanned = &file.text[problem.span.clone()];
            let first = spanned.lines().next().unwrap_or_default();
            assert!(at_column.starts_with(first), "{problem}\n{at_column}\n{spanned}");
        }
    }
}

/// Nobody is warned of what they did not write.
#[test]
fn builtin_providers_are_told_apart() {
    let warnings = Catalog::lint(&[]).expect("they are sound");
    assert!(warnings.is_empty(), "{warnings:?}");
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

/// A definition with nothing wrong in it, for mistakes to be made in.
const FILM: &str = "entity = \"vms/film\"\nid = [\"/id\"]\n[states]\nmade = {}\nshot = {}\ncut = {}\ndone = { rest = true }\n[statuses]\nMade = \"made\"\nShot = \"shot\"\n[events]\nmake = { from = [\"new\"], to = \"made\" }\nshoot = { from = [\"made\"], to = \"shot\" }\ncut = { from = [\"shot\"], to = \"cut\" }\nfinish = { from = [\"made\", \"shot\", \"cut\"], to = \"done\" }\nreopen = { again = [\"done\"], to = \"made\" }\nsay = { from = [\"made\", \"shot\"], status = \"/word\" }\n";

/// One wrong entry is one problem: what follows from it is not told.
#[test]
fn one_mistake_is_one_problem() {
    use ProblemKind::{
        Cycle, InvalidValue, LeavesEnd, NeverLegal, Syntax, Undeclared, UnknownField,
    };
    let sound = FILM;
    let events = &sound[sound.find("[events]").expect("it has them")..];
    let states = &sound[sound.find("[states]").expect("it has them")
        ..sound.find("[statuses]").expect("it has them")];
    for (what, from, to, kind) in [
        ("a state declared with a typo", "\nshot =", "\nshto =", Undeclared),
        ("a state that is not declared", "\ncut = {}", "", Undeclared),
        ("a state used with a typo", "to = \"shot\"", "to = \"shto\"", Undeclared),
        ("a source with a typo", "from = [\"made\"]", "from = [\"mode\"]", Undeclared),
        (
            "a source that is declared twice over",
            "[\"made\", \"shot\", \"cut\"]",
            "[\"made\", \"shot\", \"cut\", \"shoot\"]",
            Undeclared,
        ),
        ("a status word's state", "Shot = \"shot\"", "Shot = \"sho\"", Undeclared),
        ("no states at all", states, "", InvalidValue),
        ("states of another type", states, "states = 5\n[x]\n", InvalidValue),
        ("the states under another name", "[states]", "[state]", UnknownField),
        ("no events at all", events, "", InvalidValue),
        ("the events under another name", "[events]", "[event]", UnknownField),
        ("no id", "id = [\"/id\"]\n", "", InvalidValue),
        ("the id under another name", "id =", "ids =", UnknownField),
        ("a state that is no table", "shot = {}", "shot = true", InvalidValue),
        (
            "an event that is no table",
            "shoot = { from = [\"made\"], to = \"shot\" }",
            "shoot = \"shot\"",
            InvalidValue,
        ),
        (
            "an event's key with a typo",
            "{ from = [\"made\"], to = \"shot\" }",
            "{ form = [\"made\"], to = \"shot\" }",
            UnknownField,
        ),
        (
            "a target's key with a typo",
            "{ from = [\"made\"], to = \"shot\" }",
            "{ from = [\"made\"], too = \"shot\" }",
            UnknownField,
        ),
        ("a source of another type", "from = [\"made\"], to", "from = 5, to", InvalidValue),
        ("an end that is left", "rest = true", "end = true", LeavesEnd),
        ("no source", "{ from = [\"new\"], to = \"made\" }", "{ to = \"made\" }", NeverLegal),
        ("back by `from`", "reopen = { again", "reopen = { from", Cycle),
        ("a string that is not closed", "[\"/id\"]", "[\"/id]", Syntax),
    ] {
        assert!(sound.contains(from), "{what}");
        let text = sound.replacen(from, to, 1);
        // Of `states = 5` the rest of the top has to stand before any section.
        let text = match what {
            "states of another type" => format!("states = 5\n{}", sound.replacen(states, "", 1)),
            _ => text,
        };
        let error = problems(what, &[DefinitionFile::new("film.toml", text)]);
        let kinds: Vec<_> = error.problems.iter().map(|problem| problem.kind).collect();
        assert_eq!(kinds, [kind], "{what}:\n{error}");
    }
}

/// A name in ten places, an end with three ways out, states in a row that nothing leads to, a provider that three
/// entities miss: each is told once, with all that it concerns.
#[test]
fn what_is_wrong_in_many_places_is_told_once() {
    let film = |name: &str, extra: &str| {
        DefinitionFile::new(
            format!("{name}.toml"),
            format!(
                "entity = \"acme/{name}\"\nid = [\"/id\"]\n[states]\nmade = {{ rest = true }}\n[events]\nmake = {{ from = [\"new\"], to = \"made\" }}\n{extra}"
            ),
        )
    };
    let said = |files: &[DefinitionFile]| problems("many", files).to_string();
    let three = [film("a", ""), film("b", ""), film("c", "")];
    assert_eq!(
        said(&three),
        "a.toml:1:11: D104 there is no provider `acme`, which 3 entities name (expected a file with `provider = \"acme\"` and an [envelope])"
    );
    // It may be the file that cannot be read.
    let broken = DefinitionFile::new("provider.toml", "provider = \"acme\n");
    let with_broken = [three.to_vec(), vec![broken]].concat();
    assert!(
        said(&with_broken).starts_with("provider.toml:1:") && !said(&with_broken).contains("D104")
    );
    let text =
        |states: &str, events: &str| [DefinitionFile::new("film.toml", clip(ID, states, events))];
    let ten: String =
        (0..10).map(|at| format!("e{at} = {{ from = [\"hidden\"], to = \"kept\" }}\n")).collect();
    let said_of_ten = said(&text("", &ten));
    assert!(
        said_of_ten.contains("`hidden` is not declared, here and in 9 other places"),
        "{said_of_ten}"
    );
    assert_eq!(said_of_ten.lines().count(), 1);
    let row = "x1 = {}\nx2 = {}\nx3 = { rest = true }\n";
    let led = "a = { from = [\"x1\"], to = \"x2\" }\nb = { from = [\"x2\"], to = \"x3\" }\n";
    let unreached = said(&text(row, led));
    assert!(
        unreached.contains("nothing leads to `x1`") && unreached.lines().count() == 1,
        "{unreached}"
    );
    let round = said(&text(row, &format!("{led}c = {{ again = [\"x3\"], to = \"x1\" }}\n")));
    assert!(round.contains("nothing leads to `x1`") && round.lines().count() == 1, "{round}");
    let out = "o1 = { again = [\"gone\"], to = \"made\" }\no2 = { again = [\"gone\"], to = \"kept\" }\nlose = { from = [\"made\"], to = \"gone\" }\n";
    let leaves = said(&text("gone = { end = true }", out));
    assert!(
        leaves.contains("`o1`, `o2` leave `gone`, which is an end state")
            && leaves.lines().count() == 1,
        "{leaves}"
    );
}

/// Whatever is typed in the place of a word, or left out, is told and panics nowhere.
#[test]
fn no_mistake_is_too_odd() {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut places = Vec::new();
    for (at, letter) in FILM.char_indices() {
        let begins = !FILM[..at].ends_with(is_part);
        if is_part(letter) && begins {
            let rest = &FILM[at..];
            places.push((at, at + rest.find(|letter| !is_part(letter)).unwrap_or(rest.len())));
        } else if !is_part(letter) {
            places.push((at, at + 1));
        }
    }
    let mut refused = 0;
    for (start, end) in &places {
        for piece in ["", "x", "new", "made", "5", "[]", "states", "\"", "/", "again"] {
            let text = [&FILM[..*start], piece, &FILM[*end..]].concat();
            let file = DefinitionFile::new("film.toml", text);
            refused += usize::from(Lifecycle::compile(&file).is_err());
        }
    }
    assert!(refused > 1000, "{refused}");
}
