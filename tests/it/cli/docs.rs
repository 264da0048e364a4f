use std::fs;

use super::{mediafold, stderr, stdout};

fn names() -> Vec<String> {
    let listed = stdout(&mediafold(&["docs"]));
    let rows = listed.lines().skip(1);
    rows.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

/// All pages are in the command, as they are in docs/.
#[test]
fn every_page_is_there() {
    let names = names();
    let mut there = 0;
    for entry in fs::read_dir("docs").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let name = path.file_stem().unwrap().to_str().unwrap();
            assert!(names.iter().any(|own| own == name), "{name} is not among {names:?}");
            let printed = stdout(&mediafold(&["docs", name]));
            assert_eq!(printed, fs::read_to_string(&path).unwrap(), "{name}");
            there += 1;
        }
    }
    // The README is the one that lies elsewhere.
    assert_eq!(names.len(), there + 1);
    let unknown = mediafold(&["docs", "confguration"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains("'configuration'"), "{}", stderr(&unknown));
}

/// Pages that `--help` names are there.
#[test]
fn help_names_pages_that_are_there() {
    let (names, mut named) = (names(), 0);
    for verb in ["", "serve", "follow", "check", "audit", "lint", "timeline", "import"] {
        let args: Vec<&str> =
            [verb, "--help"].into_iter().filter(|word| !word.is_empty()).collect();
        let help = stdout(&mediafold(&args));
        for rest in help.split("mediafold docs ").skip(1) {
            let name = rest.split(|it: char| !it.is_ascii_lowercase()).next().unwrap();
            named += 1;
            assert!(name.is_empty() || names.iter().any(|own| own == name), "{verb}: {name}");
        }
    }
    assert!(named >= 6, "{named}");
}

/// On a terminal pages have no marks, and no line that is broken by it.
#[cfg(unix)]
#[test]
fn pages_are_plain_on_a_terminal() {
    use super::terminal::{on_terminal, widest};

    for name in names() {
        let (code, text, said) = on_terminal(80, &["docs", &name]);
        assert_eq!(code, Some(0), "{name}: {said}");
        let prose = text.lines().filter(|line| !line.starts_with("    ") && line.contains(' '));
        let prose: Vec<&str> = prose.collect();
        for line in &prose {
            let hidden = ["```", "](", "<img", "**"].iter().any(|mark| line.contains(mark));
            assert!(!hidden && !line.starts_with('#'), "{name}: {line}");
        }
        // A word may be wider.
        let word = text.split_whitespace().map(widest).max().unwrap();
        assert!(widest(&prose.join("\n")) <= 80.max(word + 4), "{name}\n{text}");
    }
    let (_, text, _) = on_terminal(80, &["docs", "terminal"]);
    assert!(text.starts_with("The terminal\n\nWhat every verb has in common"), "{text}");
    assert!(text.contains("    $ mediafold fold --data mediafold.db\n"), "{text}");
}
