//! `check` where nobody reads a terminal: formats of other programs, filters, and silence.

use std::{fs, process::Command};

use roxmltree::Document;
use serde_json::Value;

use super::{WEBHOOKS, mediafold, rows, stderr, stdout, with_stdin};
use crate::golden;

const SAMPLE: &str = "tests/data/samples/mux.jsonl";

/// Text that every format would read as its own.
const HOSTILE: &str = r#"{"type":"video.asset.ready","id":"e<1>","created_at":"2026-03-02T09:00:38Z","environment":{"id":"k7"},"data":{"id":"a\"&<b>::%0A,\n\u001b[31m"}}
{"type":"video.asset.created","id":"e2","created_at":"2026-03-02T09:00:39Z","environment":{"id":"k7"},"data":{"id":"a\"&<b>::%0A,\n\u001b[31m"}}
"#;

#[test]
fn github_reads_annotations() {
    let output = mediafold(&["check", "--format", "github", WEBHOOKS]);
    assert_eq!(output.status.code(), Some(1));
    golden::check("golden/check.github", &stdout(&output));
    let hostile = with_stdin(&["check", "--format", "github"], HOSTILE.as_bytes());
    let text = stdout(&hostile);
    let commands = text.lines().filter(|line| line.starts_with("::")).count();
    assert_eq!(commands, rows(&with_stdin(&["check"], HOSTILE.as_bytes())).len(), "{text}");
    assert!(text.contains("%250A") && !text.contains('\u{1b}'), "{text}");
    assert!(!text.contains("file="), "standard input is no file: {text}");
}

/// In a job annotations are the default, unless the findings go to a file; elsewhere nothing is noticed.
#[test]
fn github_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out");
    let run = |job: &str, to_file: bool, args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mediafold"));
        command.arg("check").args(args).arg(SAMPLE).env("GITHUB_ACTIONS", job);
        if to_file {
            command.stdout(fs::File::create(&file).unwrap()).status().unwrap();
            return fs::read_to_string(&file).unwrap();
        }
        stdout(&command.output().unwrap())
    };
    let annotated = run("true", false, &[]);
    assert!(annotated.starts_with("::notice file="), "{annotated}");
    assert!(annotated.contains("\n2 errors, 1 warning"), "{annotated}");
    for (job, to_file, args) in
        [("", false, &[][..]), ("true", true, &[]), ("true", false, &["--format", "jsonl"])]
    {
        assert!(run(job, to_file, args).starts_with("{\"code\""), "{job} {to_file} {args:?}");
    }
}

#[test]
fn sarif_is_whole() {
    let parsed = |output: &std::process::Output| -> Value {
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let mut log = parsed(&mediafold(&["check", "--format", "sarif", WEBHOOKS]));
    let rules = log["runs"][0]["tool"]["driver"]["rules"].take();
    let rules = rules.as_array().unwrap();
    assert_eq!(rules.len(), mediafold::Code::ALL.len());
    for result in log["runs"][0]["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(result["ruleId"], rules[index]["id"]);
    }
    assert!(rules.iter().all(|rule| rule["help"]["text"].as_str().is_some_and(|it| it.len() > 50)));
    let shown = serde_json::to_string_pretty(&log).unwrap() + "\n";
    golden::check("golden/check.sarif", &shown);
    let none = parsed(&mediafold(&["check", "--format", "sarif", "--only", "L104", WEBHOOKS]));
    assert_eq!(none["runs"][0]["results"], Value::Array(Vec::new()));
    let hostile = with_stdin(&["check", "--format", "sarif"], HOSTILE.as_bytes());
    let result = &parsed(&hostile)["runs"][0]["results"][0];
    assert!(result["locations"][0]["physicalLocation"].is_null(), "{result}");
}

/// More findings than are printed at a time.
#[test]
fn many_findings_are_one_document() {
    let line = HOSTILE.lines().next().unwrap().to_owned() + "\n";
    let input = line.repeat(3000);
    let sarif = with_stdin(&["check", "--format", "sarif"], input.as_bytes());
    let log: Value = serde_json::from_slice(&sarif.stdout).unwrap();
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), 3000);
    let junit = with_stdin(&["check", "--format", "junit"], input.as_bytes());
    let text = stdout(&junit);
    let document = Document::parse(&text).unwrap();
    let cases = document.descendants().filter(|node| node.has_tag_name("testcase")).count();
    assert_eq!(cases, 3000);
}

#[test]
fn junit_counts_what_fails() {
    let run = |args: &[&str], input: Option<&[u8]>| {
        let args = [&["check", "--format", "junit"], args].concat();
        let output = match input {
            Some(input) => with_stdin(&args, input),
            None => mediafold(&args),
        };
        (output.status.code(), stdout(&output))
    };
    let (_, text) = run(&[WEBHOOKS], None);
    golden::check("golden/check.junit.xml", &text);
    for (args, input) in [
        (&[WEBHOOKS][..], None),
        (&["--fail-on", "error", WEBHOOKS], None),
        (&["--fail-on", "never", WEBHOOKS], None),
        (&["--only", "L104", WEBHOOKS], None),
        (&[], Some(HOSTILE.as_bytes())),
    ] {
        let (code, text) = run(args, input);
        let document = Document::parse(&text).unwrap();
        let count = |tag: &str| document.descendants().filter(|it| it.has_tag_name(tag)).count();
        let root = document.root_element();
        assert_eq!(root.attribute("tests"), Some(&*count("testcase").to_string()), "{args:?}");
        assert_eq!(root.attribute("failures"), Some(&*count("failure").to_string()), "{args:?}");
        assert!(count("testcase") > 0, "{args:?}");
        assert_eq!(code, Some(i32::from(count("failure") > 0)), "{args:?}");
    }
}

#[test]
fn formats_are_told_by_the_name_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    for (name, begins) in [
        ("a.sarif", "{\"$schema\""),
        ("a.xml", "<?xml"),
        ("a.txt", "info[L3"),
        ("a.csv", "code,name"),
        ("a.json", "{\"code\""),
    ] {
        let path = folder.path().join(name);
        let output = mediafold(&["check", SAMPLE, "-o", path.to_str().unwrap()]);
        assert_eq!((output.status.code(), stderr(&output)), (Some(1), String::new()), "{name}");
        let text = fs::read_to_string(path).unwrap();
        assert!(text.starts_with(begins), "{name}: {text}");
    }
}

#[test]
fn filters_leave_the_rest_out_of_the_exit_code_too() {
    let found = |args: &[&str]| {
        let output = mediafold(&[&["check", SAMPLE], args].concat());
        let rows = rows(&output).into_iter();
        let codes = rows.map(|row| row["code"].as_str().unwrap().to_owned());
        (output.status.code(), codes.collect::<Vec<_>>().join(" "))
    };
    for (args, code, codes) in [
        (&["--only", "L201"][..], 1, "L201"),
        (&["--only", "duplicate"], 0, "L301"),
        (&["--only", "L201", "--only", "L103", "--fail-on", "error"], 1, "L201 L103"),
        (&["--entity", "mux/upload"], 0, ""),
        (&["--entity", "mux/live_stream"], 0, "L303 L303 L303"),
        (&["--entity", "asset", "--entity", "mux/upload"], 1, "L201 L301 L103"),
        (&["--asset", "Lm02lamp9vB4"], 1, "L201"),
        (&["--asset", "Qs01", "--entity", "asset"], 1, "L301 L103"),
        (&["--asset", "Qs01", "--only", "L301"], 0, "L301"),
    ] {
        assert_eq!(found(args), (Some(code), codes.to_owned()), "{args:?}");
    }
    let (code, _) = found(&["--asset", "Qs02"]);
    assert_eq!(code, Some(2));
    // What is about no asset is not lost.
    let output = mediafold(&["check", SAMPLE, "--entity", "mux/upload"]);
    assert!(stderr(&output).contains("mux.jsonl:12: P101"), "{}", stderr(&output));
}

#[test]
fn counts_are_where_they_are_asked_for() {
    let said = |args: &[&str]| {
        let output = mediafold(&[&["check", SAMPLE], args].concat());
        assert_eq!(output.status.code(), Some(1), "{args:?}: {}", stderr(&output));
        (stdout(&output), stderr(&output))
    };
    let (findings, _) = said(&[]);
    let (both, _) = said(&["--summary"]);
    let (counts, none) = said(&["--summary=only"]);
    assert_eq!((findings.clone() + &counts, &*none), (both, ""));
    assert!(counts.contains("\"fitness\""), "{counts}");
    let (same, table) = said(&["--summary=stderr"]);
    assert_eq!(same, findings);
    assert!(table.starts_with("PROVIDER") && table.contains("\nmux "), "{table}");
    let (annotations, beside) = said(&["--summary", "--format", "github"]);
    assert!(annotations.starts_with("::") && beside == table, "{beside}");
    assert_eq!(said(&["-q"]), (String::new(), String::new()));
    assert_eq!(said(&["-q", "--summary"]), (counts, String::new()));
    let refused = mediafold(&["check", SAMPLE, "--summary=only", "--format", "sarif"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("add `--summary=stderr`"), "{}", stderr(&refused));
}

#[test]
fn colours_are_as_asked_for() {
    let colored = |args: &[&str]| {
        mediafold(&[args, &["fold", "--format", "table", SAMPLE]].concat()).stdout.contains(&0x1b)
    };
    assert!(colored(&["--color", "always"]));
    assert!(!colored(&["--color", "never"]) && !colored(&[]));
    assert!(!mediafold(&["fold", "--color", "always", SAMPLE]).stdout.contains(&0x1b));
}
