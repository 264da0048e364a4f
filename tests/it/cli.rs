use std::{
    fs,
    io::Write,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

use crate::{definitions::providers, golden};

/// Where deliveries come from, and what names stand for.
mod asked;
/// Tables, judged.
mod audits;
/// Where people begin.
mod beginning;
/// Where nobody reads a terminal.
mod ci;
/// What colours say.
mod colors;
/// Compressed input that is not whole.
mod compressed;
/// Pictures as files.
mod diagrams;
/// Definitions from logs, and held against each other.
mod discovers;
/// The pages in the command.
mod docs;
/// What each verb ends with.
mod exits;
/// Changes as they come.
#[cfg(feature = "server")]
mod follow;
/// What packages bring along.
mod packaged;
#[cfg(feature = "server")]
mod stored;
/// Where results go, and what their files are called.
mod target;
/// What fits a terminal.
#[cfg(unix)]
mod terminal;
/// The same output however it is folded.
mod threads;
/// Test traffic, written and sent.
mod traffic;
/// Names as types.
mod types;
/// Files instead of standard output.
mod whole;

const WEBHOOKS: &str = "tests/data/webhooks/";

fn mediafold(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mediafold"));
    // Wherever the tests are run.
    command.env_remove("GITHUB_ACTIONS").args(args).stdin(Stdio::null()).output().unwrap()
}

fn with_stdin(args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mediafold"))
        .env_remove("GITHUB_ACTIONS")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program may end before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn rows(output: &Output) -> Vec<Value> {
    stdout(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn delivery(kind: &str, second: u32, media: &str) -> String {
    format!(
        r#"{{"type":"{kind}","id":"{media}-{second}","createdAt":"2025-04-07T09:30:{second:02}Z","data":{{"id":"{media}"}}}}"#
    )
}

fn check_findings(input: &[u8]) -> Vec<(String, u64)> {
    let output = with_stdin(&["check"], input);
    let rows = rows(&output).into_iter();
    rows.map(|row| (row["name"].as_str().unwrap().to_owned(), row["line"].as_u64().unwrap()))
        .collect()
}

/// What a newcomer sees first, in every format.
#[test]
fn the_sample_folder_prints_as_it_should() {
    for verb in ["fold", "check"] {
        for format in ["table", "jsonl", "csv"] {
            let output = mediafold(&[verb, "--format", format, WEBHOOKS]);
            assert_eq!(
                output.status.code(),
                Some(i32::from(verb == "check")),
                "{}",
                stderr(&output)
            );
            golden::check(&format!("golden/{verb}.{format}"), &stdout(&output));
        }
    }
    let summary =
        mediafold(&["check", "--summary", "--format", "table", "--fail-on", "never", WEBHOOKS]);
    assert_eq!(summary.status.code(), Some(0));
    golden::check("golden/check-summary.table", &stdout(&summary));
}

#[test]
fn timelines_diagrams_and_lists_print_as_they_should() {
    let timeline = ["timeline", "vms/content", "kT3vQ9mXo1bZr5WcN7uE2g", WEBHOOKS, "--format"];
    for format in ["table", "jsonl", "csv"] {
        let output = mediafold(&[&timeline[..], &[format]].concat());
        golden::check(&format!("golden/timeline.{format}"), &stdout(&output));
    }
    golden::check(
        "golden/lifecycles.table",
        &stdout(&mediafold(&["lifecycles", "--format", "table"])),
    );
    for lifecycle in mediafold::Catalog::builtin().lifecycles() {
        let entity = lifecycle.entity();
        let name = entity.replace('/', "_");
        let described = mediafold(&["lifecycles", entity, "--format", "table"]);
        golden::check(&format!("golden/lifecycles/{name}.txt"), &stdout(&described));
        for (format, extension) in
            [("text", "txt"), ("dot", "dot"), ("xstate", "xstate"), ("scxml", "scxml")]
        {
            let drawn = mediafold(&["diagram", entity, "--format", format]);
            golden::check(&format!("golden/diagram/{name}.{extension}"), &stdout(&drawn));
        }
    }
    let observed = ["--format", "text", "--observed", WEBHOOKS];
    for (file, args) in [
        ("observed", vec!["fastpix/media"]),
        ("asset", vec!["fastpix/live_stream", "--asset", "9f0c73be-2d18"]),
    ] {
        let drawn = mediafold(&[&["diagram"], &args[..], &observed].concat());
        golden::check(&format!("golden/diagram/{file}.txt"), &stdout(&drawn));
    }
}

/// One object for each asset, sorted by entity then id, with the fields of the contract in their order.
#[test]
fn fold_keeps_its_contract() {
    let text = stdout(&mediafold(&["fold", WEBHOOKS]));
    let fields = [
        "entity",
        "id",
        "state",
        "status",
        "since",
        "rest",
        "end",
        "events",
        "duplicates",
        "late",
        "flags",
        "retries",
        "parent",
        "findings",
        "data",
    ];
    let mut keys = Vec::new();
    for line in text.lines() {
        let places: Vec<usize> =
            fields.iter().map(|field| line.find(&format!("\"{field}\":")).unwrap()).collect();
        assert!(places.is_sorted(), "{line}");
        let row: Value = serde_json::from_str(line).unwrap();
        keys.push((row["entity"].to_string(), row["id"].to_string()));
    }
    assert!(keys.is_sorted());
    let without = stdout(&mediafold(&["fold", "--no-data", WEBHOOKS]));
    assert!(without.lines().all(|line| !line.contains("\"data\":")));
    assert_eq!(without.lines().count(), text.lines().count());
}

/// Findings come in input order, across files in the order in which they were given.
#[test]
fn check_follows_the_input() {
    let files = ["tests/data/webhooks/vms.jsonl", "tests/data/webhooks/fastpix.jsonl"];
    let rows = rows(&mediafold(&["check", files[0], files[1]]));
    let place = |row: &Value| {
        let source = row["source"].as_str().unwrap();
        (files.iter().position(|file| *file == source).unwrap(), row["line"].as_u64().unwrap())
    };
    assert!(rows.iter().map(place).collect::<Vec<_>>().is_sorted());
}

#[test]
fn exit_codes_follow_fail_on_and_levels() {
    let late = format!(
        "{}\n{}\n",
        delivery("video.media.ready", 40, "m"),
        delivery("video.media.created", 10, "m")
    );
    let gap = delivery("video.media.track.updated", 1, "m");
    let illegal = format!(
        "{}\n{}\n",
        delivery("video.media.failed", 1, "m"),
        delivery("video.media.ready", 2, "m")
    );
    for (args, input, code) in [
        (vec!["check"], late.as_str(), 0),
        (vec!["check", "--deny", "late"], late.as_str(), 1),
        (vec!["check", "--deny", "L303", "--fail-on", "never"], late.as_str(), 0),
        (vec!["check"], illegal.as_str(), 1),
        (vec!["check", "--fail-on", "error"], illegal.as_str(), 1),
        (vec!["check", "--warn", "illegal-transition", "--fail-on", "error"], illegal.as_str(), 0),
        (vec!["check", "--allow", "illegal-transition"], illegal.as_str(), 0),
        (vec!["fold"], illegal.as_str(), 0),
        (vec!["fold", "--fail-on", "error"], illegal.as_str(), 1),
        (vec!["check", "--fail-on", "error"], gap.as_str(), 0),
    ] {
        assert_eq!(with_stdin(&args, input.as_bytes()).status.code(), Some(code), "{args:?}");
    }
    let allowed = with_stdin(&["check", "--allow", "illegal-transition"], illegal.as_bytes());
    assert!(!stdout(&allowed).contains("illegal-transition"));
}

#[test]
fn policy_follow_believes_the_provider() {
    let illegal = format!(
        "{}\n{}\n",
        delivery("video.media.failed", 1, "m"),
        delivery("video.media.ready", 2, "m")
    );
    let state = |policy| {
        rows(&with_stdin(&["fold", "--policy", policy], illegal.as_bytes()))[0]["state"].clone()
    };
    assert_eq!(state("keep"), "failed");
    assert_eq!(state("follow"), "ready");
}

/// What happened after the time asked for is left out, and what was overdue then is a finding.
#[test]
fn as_of_looks_back() {
    let input = format!(
        "{}\n{}\n",
        delivery("video.media.created", 10, "m"),
        delivery("video.media.ready", 40, "m")
    );
    let fold = |time| rows(&with_stdin(&["fold", "--as-of", time], input.as_bytes()));
    assert_eq!(fold("2025-04-07T09:30:39Z")[0]["state"], "created");
    assert_eq!(fold("2025-04-07T09:30:40Z")[0]["state"], "ready");
    assert!(fold("2025-04-07T09:30:09Z").is_empty());
    let created = delivery("video.media.created", 10, "m");
    let overdue =
        rows(&with_stdin(&["check", "--as-of", "2025-05-07T09:30:10Z"], created.as_bytes()));
    assert_eq!(overdue[0]["name"], "overdue");
    assert!(overdue[0]["message"].as_str().unwrap().contains("30d"));
    let vms = r#"{"ContentStatus":"CREATED","UniqueId":"u"}"#;
    let undated = with_stdin(&["fold", "--as-of", "now"], vms.as_bytes());
    assert!(stdout(&undated).is_empty() && stderr(&undated).contains("1 event"));
}

/// Bad input is normal: a finding says what and where, and the rest is folded.
#[test]
fn bad_lines_cost_only_themselves() {
    let (good, more) =
        (delivery("video.media.created", 1, "a"), delivery("video.media.created", 2, "b"));
    let deep = format!("{}1{}", "{\"a\":".repeat(300), "}".repeat(300));
    let long_id = delivery("video.media.created", 3, &"x".repeat(10_240));
    let huge = format!("{{\"type\":\"{}\"}}", "y".repeat(17 << 20));
    for (bad, finding) in [
        (&more[..50], "malformed-payload"),
        ("{\"type\":", "malformed-payload"),
        ("}}}", "malformed-payload"),
        ("hello world", "malformed-payload"),
        ("a b=c", "malformed-payload"),
        (&format!("{more} {more}"), "malformed-payload"),
        (&format!("{more}x"), "malformed-payload"),
        (&deep, "malformed-payload"),
        ("5", "no-event-kind"),
        ("{}", "no-event-kind"),
        ("null", "no-event-kind"),
        ("{\"type\":null,\"id\":\"e\"}", "no-event-kind"),
        ("{\"type\":\"video.media.ready\",\"id\":\"e\"}", "no-asset-id"),
        ("{\"type\":\"video.media.redy\",\"id\":\"e\"}", "unknown-kind"),
        (&long_id, "too-large"),
        (&huge, "too-large"),
        ("{\"provider\":\"nobody\",\"body\":{}}", "unknown-provider"),
    ] {
        let input = format!("{good}\n{bad}\n{more}\n");
        let short: String = bad.chars().take(40).collect();
        assert_eq!(check_findings(input.as_bytes()), [(finding.to_owned(), 2)], "{short}");
        let assets = rows(&with_stdin(&["fold"], input.as_bytes()));
        assert_eq!(assets.len(), 2, "{short}");
    }
    let mut binary = good.into_bytes();
    binary.extend(b"\n{\"type\":\"\xff\xfe\"}\n\xff\xfe\x00\n");
    let broken = "malformed-payload".to_owned();
    assert_eq!(check_findings(&binary), [(broken.clone(), 2), (broken, 3)]);
}

#[test]
fn layouts_and_line_ends_make_no_difference() {
    let bodies = [delivery("video.media.created", 1, "a"), delivery("video.media.ready", 2, "a")];
    let values: Vec<Value> =
        bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    let expected = stdout(&with_stdin(&["fold"], bodies.join("\n").as_bytes()));
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap();
    for input in [
        bodies.join("\r\n"),
        format!("\u{feff}{}\n\n\n", bodies.join("\n")),
        format!("[{}]", bodies.join(",")),
        format!("[\n{}\n]", bodies.join(",\n")),
        serde_json::to_string_pretty(&values).unwrap(),
        format!("{}\n{}", pretty(&values[0]), pretty(&values[1])),
        format!("{}\n{}", bodies[0], pretty(&values[1])),
    ] {
        let output = with_stdin(&["fold"], input.as_bytes());
        assert_eq!(stdout(&output), expected, "{input}");
        assert_eq!(with_stdin(&["check"], input.as_bytes()).status.code(), Some(0), "{input}");
    }
    for empty in ["", "\n \r\n", "\u{feff}", "[]"] {
        let output = with_stdin(&["check"], empty.as_bytes());
        assert!(output.status.success() && output.stdout.is_empty(), "{empty:?}");
    }
}

#[test]
fn files_that_cannot_be_read_are_named_and_the_rest_is_folded() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.jsonl");
    fs::write(&good, delivery("video.media.created", 1, "a")).unwrap();
    let missing = folder.path().join("gone.jsonl");
    let output = mediafold(&["fold", missing.to_str().unwrap(), good.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(rows(&output).len(), 1);
    assert!(stderr(&output).contains("gone.jsonl"));
    let empty = tempfile::tempdir().unwrap();
    let output = mediafold(&["fold", empty.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains(".jsonl"));
    fs::write(folder.path().join("notes.md"), "not a webhook").unwrap();
    let output = mediafold(&["fold", folder.path().to_str().unwrap()]);
    assert_eq!((output.status.code(), rows(&output).len()), (Some(0), 1));
    assert!(stderr(&output).contains("1 other file"));
}

#[test]
fn mistakes_in_arguments_are_answered_with_the_next_step() {
    let known = format!("known: {}", providers().join(", "));
    for (args, says) in [
        (vec!["fold", "--provider", "fastpx", WEBHOOKS], &*known),
        (vec!["timeline", "fastpix/medai", "x", WEBHOOKS], "did you mean `fastpix/media`?"),
        (vec!["timeline", "fastpix/media", "nobody", WEBHOOKS], "nothing was heard"),
        (vec!["diagram", "vms/contents"], "did you mean `vms/content`?"),
        (vec!["paths", "vms/contents"], "did you mean `vms/content`?"),
        (vec!["paths", "vms/content", "--cover", "all"], "transitions"),
        (vec!["explain", "L999"], "L101 illegal-transition"),
        (vec!["check", "--deny", "latte", WEBHOOKS], "did you mean `late`?"),
        (vec!["fold", "--as-of", "yesterday", WEBHOOKS], "RFC 3339"),
        (vec!["fold", "--definitions", "tests/data/webhooks", WEBHOOKS], "no definition"),
        (vec!["lint", "nowhere"], "nowhere"),
        (vec!["nonsense"], "unrecognized subcommand"),
    ] {
        let output = mediafold(&args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(stderr(&output).contains(says), "{args:?}: {}", stderr(&output));
    }
}

#[test]
fn explain_knows_every_code_by_code_and_name() {
    for code in mediafold::Code::ALL {
        let by_code = mediafold(&["explain", &code.code().to_lowercase()]);
        let by_name = mediafold(&["explain", code.name()]);
        assert_eq!(stdout(&by_code), stdout(&by_name));
        assert!(stdout(&by_code).starts_with(&format!("{} {}", code.code(), code.name())));
    }
}

const ACME: &str = r#"
entity = "acme/job"
id     = ["/job"]
[states]
queued = { dwell = "1h" }
done   = { rest = true }
[events]
queued = { from = ["new"], to = "queued" }
done   = { from = ["queued"], to = "done" }
"#;

#[test]
fn a_users_definitions_are_linted_loaded_and_laid_over_ours() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    fs::write(folder.path().join("job.toml"), ACME).unwrap();
    let lint = mediafold(&["lint", path]);
    assert_eq!(lint.status.code(), Some(1));
    assert!(
        stderr(&lint).contains("D104") && stderr(&lint).contains("job.toml:2"),
        "{}",
        stderr(&lint)
    );
    let unusable = mediafold(&["fold", "--definitions", path, WEBHOOKS]);
    assert_eq!(unusable.status.code(), Some(2));
    let provider = "provider = \"acme\"\n[envelope]\nkind = [\"/state\"]\ntime = [\"/at\"]\n";
    fs::write(folder.path().join("provider.toml"), provider).unwrap();
    assert_eq!(mediafold(&["lint", path]).status.code(), Some(0));
    let input = r#"{"state":"queued","job":7,"at":1743984000}
{"state":"done","job":7,"at":1743984060}"#;
    let output = with_stdin(&["fold", "--definitions", path], input.as_bytes());
    let row = &rows(&output)[0];
    assert_eq!(
        (&row["entity"], &row["id"], &row["state"]),
        (&"acme/job".into(), &"7".into(), &"done".into())
    );
    assert_eq!(row["since"], "2025-04-07T00:01:00Z");
}

/// Rows of assets have no place for what could not be read, so standard error says it.
#[test]
fn fold_says_what_it_could_not_read() {
    let good = delivery("video.media.created", 1, "a");
    for args in
        [["--format", "jsonl"], ["--format", "csv"], ["--format", "table"], ["--fail-on", "error"]]
    {
        let output =
            with_stdin(&[&["fold"], &args[..]].concat(), format!("{{bad\n{good}").as_bytes());
        assert_eq!(output.status.code(), Some(i32::from(args[0] == "--fail-on")));
        assert!(stderr(&output).contains("<stdin>:1: P101"), "{}", stderr(&output));
    }
    let many = "{bad\n".repeat(300) + &good;
    let output = with_stdin(&["fold"], many.as_bytes());
    assert_eq!(stderr(&output).lines().count(), 6);
}

/// In a folder files are known by their names or by what they begin with.
#[test]
fn folders_are_read_by_name_and_by_content() {
    let folder = tempfile::tempdir().unwrap();
    let body = delivery("video.media.created", 1, "a");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(delivery("video.media.created", 2, "b").as_bytes()).unwrap();
    fs::write(folder.path().join("hooks.gz"), gzip.finish().unwrap()).unwrap();
    fs::write(folder.path().join("dump"), &body).unwrap();
    fs::write(folder.path().join("notes.md"), "# no webhook").unwrap();
    assert_eq!(rows(&mediafold(&["fold", folder.path().to_str().unwrap()])).len(), 2);
}

#[test]
fn diagrams_go_to_a_file_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("media.mmd");
    let output = mediafold(&["diagram", "fastpix/media", "-o", path.to_str().unwrap()]);
    assert!(output.status.success());
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        stdout(&mediafold(&["diagram", "fastpix/media"]))
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let nowhere = folder.path().join("no/such/folder.mmd");
    let output = mediafold(&["diagram", "fastpix/media", "-o", nowhere.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn help_and_completions_are_there_for_every_verb() {
    for verb in [
        "fold",
        "check",
        "timeline",
        "report",
        "diagram",
        "lint",
        "lifecycles",
        "explain",
        "paths",
        "simulate",
        "audit",
    ] {
        let help = stdout(&mediafold(&[verb, "--help"]));
        assert!(help.contains("Example"), "{verb}");
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = stdout(&mediafold(&["completions", shell]));
        assert!(script.contains("MEDIAFOLD_COMPLETE"), "{shell}");
    }
}
