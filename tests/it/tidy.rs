mod circles;
mod house;
mod paths;
mod tokens;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use self::house::House;

/// Longest code file, in lines.
const FILE_LINES_MAX: usize = 500;
/// Longest function, in lines from `fn` to its closing brace.
const FUNCTION_LINES_MAX: usize = 70;

fn files(folder: &str, extension: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::from(folder)];
    while let Some(path) = open.pop() {
        for entry in fs::read_dir(&path).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

/// The code files that are no tests.
fn sources() -> impl Iterator<Item = (PathBuf, String)> {
    files("src", "rs").into_iter().filter(|(path, _)| !house::is_test(path))
}

fn house() -> House {
    let page = fs::read_to_string("docs/architecture.md").unwrap();
    House::new(
        &page,
        &["src/core/lib.rs", "src/lib.rs"].map(|path| fs::read_to_string(path).unwrap()),
    )
}

/// Invariant 1: a module imports from lower floors, or from its own folder; never up.
#[test]
fn nothing_imports_upwards() {
    let house = house();
    let mut wrong = Vec::new();
    // The crate's root is the house itself.
    for (path, text) in sources().filter(|(path, _)| !path.ends_with("lib.rs")) {
        let found = house.upwards(&path, &text);
        wrong.extend(found.into_iter().map(|module| format!("{path:?} names {module}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_module_has_a_floor() {
    let of_files = sources().map(|(path, _)| house::module_of(&path));
    let of_files: BTreeSet<String> = of_files.filter(|module| !module.is_empty()).collect();
    let mut floors = house().floors;
    // Definitions are text.
    assert_eq!(floors.remove("definitions"), Some(0));
    assert_eq!(floors.into_keys().collect::<BTreeSet<_>>(), of_files);
}

/// Invariant 2: below the server and the command line nothing but the store touches a clock, file, socket, thread or the
/// environment.
#[test]
fn the_library_is_pure() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let module = house::module_of(&path);
        // Python's files and threads are asked for by it, and its clock is its own.
        if path.starts_with("src/bindings/python") {
            let mut found = house::impure(&path, &text);
            found.retain(|word| !matches!(&**word, "std::fs" | "std::thread"));
            wrong.extend(found.into_iter().map(|word| format!("{path:?} names {word}")));
        } else if !matches!(&*module, "build" | "cli" | "durable" | "main" | "server" | "store") {
            let mut found = house::impure(&path, &text);
            // The fast way has threads, and nothing else of all this.
            found.retain(|word| module != "fast" || word != "std::thread");
            wrong.extend(found.into_iter().map(|word| format!("{path:?} names {word}")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Invariant 2: the fast way is named by its doors alone, which are what its first page exports.
#[test]
fn the_fast_way_is_a_wing() {
    let page = fs::read_to_string("src/core/fast/mod.rs").unwrap();
    let named = page.lines().filter(|line| line.contains("mod ") && line.ends_with(';'));
    assert!(named.clone().count() >= 8, "where are its rooms?");
    // Rooms that are private to it can be named by nobody else: the compiler sees to that.
    assert!(named.clone().all(|line| line.starts_with("mod ")), "{:?}", named.collect::<Vec<_>>());
    for (path, text) in files("src/core", "rs") {
        let is_within = path.starts_with("src/core/fast") || path == Path::new("src/core/lib.rs");
        assert!(is_within || !text.contains("fast::"), "{path:?} goes through the wing");
    }
}

/// Files of a module may be read one after another, each knowing only those before it.
#[test]
fn no_files_import_each_other_in_a_circle() {
    let found = circles::circles(&sources().collect::<Vec<_>>());
    assert!(found.is_empty(), "{found:#?}");
    let planted = [
        ("a.rs", "use super::c::C;"),
        ("b.rs", "use super::A;"),
        ("c.rs", "fn c(_: super::b::B) {}"),
    ];
    let index = ("mod.rs", "mod a; mod b; mod c; pub use self::a::A;");
    let planted = planted.into_iter().chain([index, ("d.rs", "use super::{A, b::B, c};")]);
    let planted = planted.map(|(file, text)| (Path::new("src/x").join(file), text.to_owned()));
    let circle = ["a.rs", "b.rs", "c.rs"].map(|file| Path::new("src/x").join(file));
    assert_eq!(circles::circles(&planted.collect::<Vec<_>>()), BTreeSet::from([circle.into()]));
}

/// A name that is read is one thing in the whole package.
#[test]
fn a_type_is_defined_once_per_package() {
    let mut defined: BTreeMap<(&str, String), Vec<PathBuf>> = BTreeMap::new();
    for (path, text) in sources() {
        for name in types_of(&text) {
            defined.entry((house::package_of(&path), name)).or_default().push(path.clone());
        }
    }
    assert!(defined.len() > 500, "only {} types were found", defined.len());
    defined.retain(|_, paths| paths.len() > 1);
    assert!(defined.is_empty(), "{defined:#?}");
    let planted = "pub(crate) struct A;\n    enum B {\n/// struct C\ntype D<'a> = E;\nimpl F for A {\n    type G = A;\n";
    assert_eq!(types_of(planted).collect::<Vec<_>>(), ["A", "B", "D"]);
}

/// The names of the types that a file defines; those of an `impl` are not its own.
fn types_of(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter_map(|line| {
        let code = line.trim_start();
        let code = code.strip_prefix("pub").map_or(code, |rest| match rest.strip_prefix('(') {
            Some(rest) => rest.split_once(") ").map_or(rest, |(_, rest)| rest),
            None => rest.trim_start(),
        });
        let (keyword, rest) = code.split_once(' ')?;
        let is_own = ["struct", "enum", "trait", "union"].contains(&keyword)
            || (keyword == "type" && !line.starts_with(' '));
        let name = rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next()?;
        is_own.then(|| name.to_owned())
    })
}

/// Each file under `tests/data/tidy` says where it would be planted, and what there is to find in it then.
#[test]
fn planted_violations_are_found() {
    let house = house();
    let planted = files("tests/data/tidy", "rs");
    assert!(planted.len() >= 8, "only {} are planted", planted.len());
    for (file, text) in planted {
        let mut head = text.lines().map(|line| line.strip_prefix("// ").unwrap_or(line));
        let path = Path::new(head.next().unwrap());
        let mut wanted = |name: &str| -> BTreeSet<String> {
            let words = head.next().and_then(|line| line.strip_prefix(name)).unwrap();
            words.split_whitespace().map(str::to_owned).collect()
        };
        assert_eq!(house.upwards(path, &text), wanted("upwards:"), "{file:?}");
        assert_eq!(house::impure(path, &text), wanted("impure:"), "{file:?}");
    }
}

/// Invariant 2: what the compiler cannot check is in one module, and says at each place why it is sound. The module for
/// WebAssembly exports its names as they stand, and does nothing else of the kind.
#[test]
fn unsafe_code_is_in_one_module() {
    let opening = "#[expect(unsafe_code, reason = \"";
    assert!(fs::read_to_string("Cargo.toml").unwrap().contains("unsafe_code = \"deny\""));
    for (path, text) in files("src", "rs") {
        // What a content security policy calls so is no code.
        let text = text.replace("'unsafe-inline'", "");
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        for (at, line) in lines.iter().enumerate() {
            let (code, place) = (line.trim_start(), format!("{path:?}:{}", at + 1));
            if !code.contains("unsafe") || code.starts_with("//") {
                continue;
            }
            if path == Path::new("src/bindings/wasm/lib.rs") {
                assert!(
                    ["#[unsafe(no_mangle)]", "    unsafe_code,"].contains(line),
                    "{place} is no name"
                );
                continue;
            }
            if !path.starts_with("src/core/scan/simd") {
                let opens = path == Path::new("src/core/scan/mod.rs") && line.starts_with(opening);
                assert!(opens && lines[at + 1] == "mod simd;", "{place} may not be so");
                continue;
            }
            assert!(code.contains("unsafe {") && !code.contains("allow"), "{place} is no block");
            let above = lines[..at].iter().rev().map(|line| line.trim_start());
            let mut comment = above
                .skip_while(|line| line.starts_with("#["))
                .take_while(|line| line.starts_with("//"));
            assert!(comment.any(|line| line.starts_with("// SAFETY: ")), "{place} says nothing");
        }
    }
}

#[test]
fn files_and_functions_are_short() {
    for (path, text) in files("src", "rs").into_iter().chain(files("tests", "rs")) {
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() <= FILE_LINES_MAX, "{path:?} has {} lines", lines.len());
        for (start, line) in lines.iter().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let is_fn = line.trim_start().split(' ').take(3).any(|word| word == "fn");
            if !is_fn || line.ends_with(';') || line.ends_with('}') {
                continue;
            }
            let closing = format!("{}}}", " ".repeat(indent));
            let len = lines[start..].iter().position(|line| *line == closing).unwrap_or(0) + 1;
            assert!(len <= FUNCTION_LINES_MAX, "{path:?}:{} is {len} lines long", start + 1);
        }
    }
}

#[test]
fn nothing_is_unfinished() {
    for (path, text) in files("src", "rs").into_iter().chain(files("tests", "rs")) {
        if path.ends_with("tidy.rs") {
            continue;
        }
        // What writes for programs outside is not a test.
        let text = text.replace("#[ignore = \"writes what ", "");
        for word in ["todo!", "unimplemented!", "#[ignore", "TODO", "FIXME", "XXX"] {
            assert!(!text.contains(word), "{path:?} has {word}");
        }
    }
}

fn codes_of(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter_map(|line| line.strip_prefix("## "));
    headings.map(str::to_owned).collect()
}

/// Invariant 9: each finding and each problem has its section in docs/findings.md, and nothing else has.
#[test]
fn every_finding_is_explained() {
    let sections = codes_of(&fs::read_to_string("docs/findings.md").unwrap());
    let findings =
        mediafold::Code::ALL.iter().map(|code| format!("{} {}", code.code(), code.name()));
    let problems = mediafold::lifecycle::ProblemKind::ALL
        .iter()
        .map(|kind| format!("{} {}", kind.code(), kind.name()));
    assert_eq!(sections, findings.chain(problems).collect());
}

/// A page is read in a terminal and in a diff as well: tables, code and addresses may be longer.
#[test]
fn pages_wrap_at_100_columns() {
    let readme = (PathBuf::from("README.md"), fs::read_to_string("README.md").unwrap());
    for (path, text) in files("docs", "md").into_iter().chain([readme]) {
        let mut is_code = false;
        for (number, line) in (1..).zip(text.lines()) {
            is_code ^= line.trim_start().starts_with("```");
            let is_free = is_code || line.trim_start().starts_with(['|', '[', '<', '!']);
            let longest = line.split_whitespace().map(|word| word.chars().count()).max();
            // An address is not broken.
            let is_one_word = longest.is_some_and(|len| len > 60);
            let len = line.chars().count();
            assert!(len <= 100 || is_free || is_one_word, "{path:?}:{number} has {len} columns");
        }
    }
}

#[test]
fn the_readme_is_short_and_the_pages_link_to_what_exists() {
    let readme = fs::read_to_string("README.md").unwrap();
    assert!(readme.lines().count() <= 135, "{} lines", readme.lines().count());
    for (path, text) in files("docs", "md").into_iter().chain([("README.md".into(), readme)]) {
        let folder = path.parent().unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            if !file.is_empty() && !link.contains("://") {
                assert!(folder.join(file).exists(), "{path:?} links to {link}");
            }
        }
        for code in text.split('`').skip(1).step_by(2).filter(|code| code.starts_with("src/")) {
            assert!(code.contains(['*', '<']) || Path::new(code).exists(), "{path:?} names {code}");
        }
    }
}

/// Invariants are numbered in docs/architecture.md, each with the tests that hold it.
#[test]
fn every_invariant_names_a_test_that_exists() {
    let page = fs::read_to_string("docs/architecture.md").unwrap();
    let (_, invariants) = page.split_once("## Invariants").unwrap();
    let (invariants, _) = invariants.split_once("\n## ").unwrap_or((invariants, ""));
    // One that goes over several lines is indented from the second on.
    let invariants = invariants.replace("\n    ", " ").replace("\n   ", " ");
    let lines =
        invariants.lines().filter(|line| line.starts_with(|first: char| first.is_numeric()));
    let mut count = 0;
    for (number, line) in (1..).zip(lines) {
        assert!(line.starts_with(&format!("{number}. ")), "{line} has another number");
        let (_, held) = line.split_once("Held by ").unwrap_or_else(|| panic!("who holds {line}"));
        for name in held.split('`').skip(1).step_by(2) {
            assert!(is_a_test(name), "no test {name}");
        }
        count = number;
    }
    assert!(count >= 37, "only {count} invariants");
    for name in
        ["tidy::no_such_test", "laws::files_and_functions_are_short", "tidy::files", "gone::x"]
    {
        assert!(!is_a_test(name), "{name} is one");
    }
}

/// Whether there is a test of this path, in a module that its parent declares.
fn is_a_test(name: &str) -> bool {
    let (modules, function) = name.rsplit_once("::").unwrap();
    let mut parent = PathBuf::from("tests/it/main.rs");
    let mut folder = PathBuf::from("tests/it");
    for module in modules.split("::") {
        let declares = format!("mod {module};");
        let text = fs::read_to_string(&parent).unwrap_or_default();
        if !text.lines().any(|line| line.trim() == declares) {
            return false;
        }
        parent = folder.join(format!("{module}.rs"));
        folder.push(module);
    }
    let text = fs::read_to_string(parent).unwrap();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let opening = format!("fn {function}(");
    let found = lines.iter().position(|line| line.starts_with(&opening));
    found.is_some_and(|at| {
        let mut above = lines[..at].iter().rev().take_while(|line| line.starts_with("#["));
        above.any(|line| *line == "#[test]")
    })
}
