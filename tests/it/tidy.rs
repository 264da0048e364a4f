use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Longest code file, in lines.
const FILE_LINES_MAX: usize = 500;
/// Longest function, in lines from `fn` to its closing brace.
const FUNCTION_LINES_MAX: usize = 70;

/// The floors of the house, from the ground up. A module imports from lower floors or from itself.
const FLOORS: [&[&str]; 7] = [
    &["digest", "secret", "shown"],
    &["time", "scan"],
    &["lifecycle"],
    &["event", "signature"],
    &["fold", "bulk"],
    &["diagram", "report", "paths", "simulate", "store"],
    &["server"],
];

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

fn module_of(path: &Path) -> String {
    let first = path.strip_prefix("src").unwrap().components().next().unwrap();
    Path::new(first.as_os_str()).file_stem().unwrap().to_string_lossy().into_owned()
}

/// Invariant 1: a module imports from lower floors, or from its own folder; never up.
#[test]
fn nothing_imports_upwards() {
    let floor = |module: &str| FLOORS.iter().position(|modules| modules.contains(&module));
    for (path, text) in files("src", "rs") {
        let Some(own) = floor(&module_of(&path)) else { continue };
        for used in text.split("crate::").skip(1) {
            let module: String = used
                .chars()
                .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
                .collect();
            if let Some(other) = floor(&module) {
                let same = module == module_of(&path);
                assert!(
                    other < own || same || (own == 4 && module == "fold"),
                    "{path:?} imports {module}"
                );
            } else {
                assert!(module != "cli", "{path:?} imports the command line");
            }
        }
    }
}

/// Invariant 2: below the server and the command line nothing but the store touches a clock, file, socket, thread or the
/// environment.
#[test]
fn the_library_is_pure() {
    let banned = [
        "std::fs",
        "std::net",
        "std::env",
        "std::thread",
        "std::process",
        "SystemTime",
        "Instant",
        "println!",
        "eprintln!",
    ];
    for (path, text) in files("src", "rs") {
        if matches!(module_of(&path).as_str(), "cli" | "main" | "server" | "store") {
            continue;
        }
        for word in banned {
            assert!(!text.contains(word), "{path:?} has {word}");
        }
    }
}

/// Invariant 2: what the compiler cannot check is in one module, and says at each place why it is sound.
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
            if !path.starts_with("src/scan/simd") {
                let opens = path == Path::new("src/scan/mod.rs") && line.starts_with(opening);
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

#[test]
fn the_readme_is_short_and_the_pages_link_to_what_exists() {
    let readme = fs::read_to_string("README.md").unwrap();
    assert!(readme.lines().count() <= 120, "{} lines", readme.lines().count());
    for (path, text) in files("docs", "md").into_iter().chain([("README.md".into(), readme)]) {
        let folder = path.parent().unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            if !file.is_empty() && !link.contains("://") {
                assert!(folder.join(file).exists(), "{path:?} links to {link}");
            }
        }
    }
}

/// Invariants are numbered in docs/architecture.md, each with the test that holds it.
#[test]
fn every_invariant_names_a_test_that_exists() {
    let page = fs::read_to_string("docs/architecture.md").unwrap();
    let tests: String = files("tests", "rs").into_iter().map(|(_, text)| text).collect();
    let mut count = 0;
    for line in page.lines().filter(|line| line.contains("Held by `")) {
        for name in line.split("Held by ").nth(1).unwrap().split('`').skip(1).step_by(2) {
            count += 1;
            let function = name.rsplit("::").next().unwrap();
            assert!(tests.contains(&format!("fn {function}(")), "no test {name}");
        }
    }
    assert!(count >= 8, "only {count} tests are named");
}
