use std::{fs, path::Path};

use super::{WEBHOOKS, mediafold, stderr, stdout};

/// Every verb with `-o`, as it prints.
const VERBS: [&[&str]; 8] = [
    &["fold", WEBHOOKS],
    &["check", WEBHOOKS],
    &["check", "--format", "csv", WEBHOOKS],
    &["report", WEBHOOKS],
    &["diagram", "fastpix/media"],
    &["simulate", "fastpix", "--assets", "5"],
    &["types"],
    &["audit", "tests/data/audit/media.csv", "tests/data/audit/deliveries.jsonl"],
];

/// What the help of a verb says of `-o`.
fn has_output(verb: &str) -> bool {
    stdout(&mediafold(&[verb, "--help"])).contains("-o, --output <FILE>")
}

#[test]
fn a_dash_is_standard_output_in_every_verb() {
    for args in VERBS {
        let (printed, dashed) = (mediafold(args), mediafold(&[args, &["-o", "-"]].concat()));
        assert_eq!(dashed.status, printed.status, "{args:?}");
        assert!(!printed.stdout.is_empty() && dashed.stdout == printed.stdout, "{args:?}");
        assert_eq!(stderr(&dashed), stderr(&printed), "{args:?}");
    }
    assert!(!Path::new("-").exists() && !Path::new("-.part").exists());
    let help = stdout(&mediafold(&["--help"]));
    let verbs = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let verbs = verbs.take_while(|line| !line.is_empty());
    let verbs: Vec<&str> = verbs.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(verbs.contains(&"fold") && verbs.len() >= 12, "{verbs:?}");
    for verb in verbs.into_iter().filter(|verb| has_output(verb)) {
        assert!(VERBS.iter().any(|args| args[0] == verb), "{verb} is not tried");
    }
}

/// The truth too, unless something else goes there.
#[test]
fn the_truth_goes_where_nothing_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let [file, truth] = ["hooks.jsonl", "truth.jsonl"].map(|name| folder.path().join(name));
    let (file, truth) = (file.to_str().unwrap(), truth.to_str().unwrap());
    let simulate =
        |more: &[&str]| mediafold(&[&["simulate", "fastpix", "--assets", "5"], more].concat());
    let printed = simulate(&["-o", file, "--truth", "-"]);
    assert_eq!(printed.status.code(), Some(0), "{}", stderr(&printed));
    assert!(simulate(&["-o", file, "--truth", truth]).status.success());
    assert_eq!(stdout(&printed), fs::read_to_string(truth).unwrap());
    fs::remove_file(file).unwrap();
    for both in
        [&["--truth", "-"][..], &["-o", "-", "--truth", "-"], &["-o", file, "--truth", file]]
    {
        let output = simulate(both);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{both:?}");
        assert!(!Path::new(file).exists(), "{both:?}");
    }
}

/// A name that promises another format is warned of, and what was asked for is written.
#[test]
fn names_that_contradict_the_format_are_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let written = |args: &[&str], name: &str| {
        let path = folder.path().join(name);
        let output = mediafold(&[args, &["-o", path.to_str().unwrap()]].concat());
        let told = stderr(&output).replace(folder.path().to_str().unwrap(), "");
        (output.status.code(), told, fs::read(&path).ok())
    };
    let diagram = |format| ["diagram", "vms/content", "--format", format];
    let (fold, check) = (["fold", WEBHOOKS], ["check", "--fail-on", "never", WEBHOOKS]);
    let rows = |format| ["fold", "--format", format, WEBHOOKS];
    let simulate = ["simulate", "fastpix", "--assets", "2"];
    for (args, name, warned) in [
        (&diagram("svg")[..], "x.gif", "svg, not as .gif"),
        (&diagram("png"), "x.svg", "png, not as .svg"),
        (&diagram("mermaid"), "x.JSON", "mermaid, not as .json"),
        (&diagram("text"), "x.png", "text, not as .png"),
        (&rows("csv"), "x.jsonl", "csv, not as .jsonl"),
        (&rows("jsonl"), "x.csv", "jsonl, not as .csv"),
        (&rows("table"), "x.html", "table, not as .html"),
        (&rows("jsonl"), "x.jsonl.gz", "jsonl, not as .gz"),
        (&fold, "x.xlsx", "jsonl; `--format` chooses"),
        (&check, "x.gz", "jsonl; `--format` chooses"),
        (&check, "x.nonsense", "jsonl; `--format` chooses"),
        (&["report", WEBHOOKS], "x.pdf", "HTML, not as .pdf"),
        (&simulate, "x.csv", "lines of JSON or form bodies, not as .csv"),
    ] {
        let (code, told, bytes) = written(args, name);
        assert_eq!(code, Some(0), "{args:?} {name}: {told}");
        let warnings: Vec<&str> = told.lines().filter(|line| line.starts_with("warning")).collect();
        assert_eq!(warnings, [format!("warning: `/{name}` is written as {warned}")], "{args:?}");
        assert!(!bytes.unwrap().is_empty(), "{args:?} {name}");
    }
    for (args, name) in [
        (&diagram("svg")[..], "x.svg"),
        (&diagram("svg"), "x.svg.new"),
        (&diagram("dot"), "x.gv"),
        (&diagram("xstate"), "x.json"),
        (&["diagram", "vms/content"], "x.PNG"),
        (&rows("csv"), "x"),
        (&rows("csv"), "x.2026-01-01"),
        (&fold, "x.ndjson"),
        (&fold, "x.json"),
        (&fold, "x.txt"),
        (&fold, "x"),
        (&["report", WEBHOOKS], "x.htm"),
        (&simulate, "x.jsonl"),
    ] {
        let (code, told, _) = written(args, name);
        assert!(code == Some(0) && !told.contains("warning"), "{args:?} {name}: {told}");
    }
    let (code, told, bytes) = written(&["diagram", "vms/content"], "z.gif");
    assert!(code == Some(2) && bytes.is_none());
    assert!(told.contains("no diagram is written as `.gif`"), "{told}");
    assert!(written(&fold, "y.txt").2.unwrap().starts_with(b"ENTITY"), "a text is a table");
}
