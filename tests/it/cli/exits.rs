//! The exit codes of all verbs: 0 fine, 1 found, 2 could not run.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use super::{WEBHOOKS, delivery, mediafold, rows, stderr, stdout, with_stdin};

/// The verbs that need an event to have something to say; a file is to follow.
const READERS: [&[&str]; 5] = [
    &["fold"],
    &["fold", "--plain"],
    &["report"],
    &["timeline", "fastpix/media", "m"],
    &["diagram", "fastpix/media", "--observed"],
];

/// What each verb prints something for, and ends with.
const PRINTING: [(&[&str], i32); 16] = [
    (&["fold", WEBHOOKS], 0),
    (&["fold", "--fail-on", "error", "--format", "table", WEBHOOKS], 1),
    (&["fold", "--format", "csv", WEBHOOKS], 0),
    (&["check", WEBHOOKS], 1),
    (&["check", "--plain", "--summary", "--format", "table", WEBHOOKS], 1),
    (&["check", "--fail-on", "never", WEBHOOKS], 0),
    (&["audit", "tests/data/audit/media.csv", "tests/data/audit/deliveries.jsonl"], 1),
    (&["report", WEBHOOKS], 0),
    (&["timeline", "vms/content", "kT3vQ9mXo1bZr5WcN7uE2g", WEBHOOKS], 0),
    (&["diagram", "vms/content"], 0),
    (&["lifecycles", "vms/content"], 0),
    (&["lint", "--format", "jsonl", "tests/data/lint"], 1),
    (&["paths", "vms/content", "--bodies"], 0),
    (&["simulate", "fastpix", "--events", "3000"], 0),
    (&["explain", "L101"], 0),
    (&["--help"], 0),
];

fn run(args: &[&str], to: impl Into<Stdio>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mediafold"));
    command.args(args).stdin(Stdio::null()).stdout(to).output().unwrap()
}

/// Something that is no webhook is told from no webhooks.
#[test]
fn input_without_one_event_could_not_be_run() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("package-lock.json");
    fs::write(&json, "{\n  \"name\": \"x\",\n  \"version\": \"1.0.0\"\n}\n").unwrap();
    let files = ["README.md", "Cargo.lock", "docs/page.png", json.to_str().unwrap()];
    for file in files {
        for verb in READERS {
            let out = folder.path().join("out");
            fs::write(&out, "before").unwrap();
            let args = [verb, &[file]].concat();
            let output = mediafold(&args);
            assert_eq!(output.status.code(), Some(2), "{args:?}");
            assert_eq!(
                (stdout(&output).as_str(), stderr(&output).lines().count()),
                ("", 1),
                "{args:?}"
            );
            assert!(stderr(&output).contains("not one event can be read in "), "{args:?}");
            if verb[0] != "timeline" {
                let args = [verb, &[file, "-o", out.to_str().unwrap()]].concat();
                assert_eq!(mediafold(&args).status.code(), Some(2), "{args:?}");
                assert_eq!(fs::read_to_string(&out).unwrap(), "before", "{args:?}");
            }
        }
        // What cannot be read is what `check` is asked for.
        let check = mediafold(&["check", file]);
        assert_eq!((check.status.code(), rows(&check).is_empty()), (Some(1), false), "{file}");
    }
    let good = delivery("video.media.created", 1, "m");
    let mixed = folder.path().join("mixed.jsonl");
    fs::write(&mixed, format!("# Notes\n{good}\n")).unwrap();
    for verb in READERS {
        let output = mediafold(&[verb, &[mixed.to_str().unwrap(), "README.md"]].concat());
        assert_eq!(output.status.code(), Some(0), "{verb:?}: {}", stderr(&output));
    }
    // Events that are left out were read all the same.
    let later = with_stdin(&["fold", "--as-of", "2020-01-01T00:00:00Z"], good.as_bytes());
    assert_eq!((later.status.code(), stderr(&later).as_str()), (Some(0), ""));
    let unknown = with_stdin(&["fold"], delivery("video.media.nonsense", 1, "m").as_bytes());
    assert_eq!(unknown.status.code(), Some(0), "{}", stderr(&unknown));
}

#[test]
fn no_input_is_fine_and_is_said() {
    for verb in READERS.into_iter().chain([&["check"][..], &["check", "--plain"]]) {
        for input in ["", "\n\r\n ", "[]"] {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("hooks.jsonl");
            fs::write(&file, input).unwrap();
            let output = mediafold(&[verb, &[file.to_str().unwrap()]].concat());
            assert_eq!(output.status.code(), Some(0), "{verb:?} {input:?}");
            assert_eq!(stderr(&output), "no deliveries\n", "{verb:?} {input:?}");
        }
    }
    let asset = with_stdin(&["diagram", "fastpix/media", "--observed", "--asset", "m"], b"");
    assert_eq!(asset.status.code(), Some(2), "there is nothing to draw");
}

/// A store is read like a file, unless it is compressed: its log lies beside it.
#[cfg(feature = "server")]
#[test]
fn a_store_is_read_where_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    let (path, good) = (folder.path().join("hooks.db"), folder.path().join("good.jsonl"));
    let path = path.to_str().unwrap();
    fs::write(&good, delivery("video.media.created", 1, "m")).unwrap();
    let good = good.to_str().unwrap();
    assert!(mediafold(&["import", "--data", path, "--provider", "fastpix", good]).status.success());
    let compressed = folder.path().join("hooks.gz");
    let mut gzip = flate2::write::GzEncoder::new(
        fs::File::create(&compressed).unwrap(),
        flate2::Compression::fast(),
    );
    std::io::Write::write_all(&mut gzip, &fs::read(path).unwrap()).unwrap();
    gzip.finish().unwrap();
    let compressed = compressed.to_str().unwrap();
    for verb in READERS.into_iter().chain([&["check"][..]]) {
        assert_eq!(mediafold(&[verb, &[path]].concat()).status.code(), Some(0), "{verb:?}");
        let output = mediafold(&[verb, &[compressed]].concat());
        assert_eq!(output.status.code(), Some(2), "{verb:?}");
        let told = stderr(&output);
        assert_eq!((stdout(&output).as_str(), told.lines().count()), ("", 1), "{verb:?}");
        assert!(told.contains("a store is read where it lies"), "{verb:?}: {told}");
        let both = mediafold(&[verb, &[compressed, good]].concat());
        assert_eq!(both.status.code(), Some(2), "{verb:?}");
        assert!(stderr(&both).contains("an SQLite database"), "{verb:?}");
    }
    assert_eq!(rows(&mediafold(&["fold", compressed, good])).len(), 1, "the others are folded");
    for redirected in [">&-", "> /dev/full"].iter().filter(|_| Path::new("/dev/full").exists()) {
        let script = format!("exec \"$0\" export --data \"$1\" {redirected}");
        let mut shell = Command::new("sh");
        let output = shell.args(["-c", &script, env!("CARGO_BIN_EXE_mediafold"), path]).output();
        assert_eq!(output.unwrap().status.code(), Some(2), "{redirected}");
    }
    let piped = with_stdin(&["fold"], &fs::read(path).unwrap());
    assert!(stderr(&piped).contains("a store is read where it lies"), "{}", stderr(&piped));
}

/// Whoever reads the output may leave whenever they like: the exit code is that of the whole.
#[cfg(unix)]
#[test]
fn a_reader_that_leaves_changes_no_exit_code() {
    for (args, code) in PRINTING {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = run(args, writer);
        assert_eq!(
            (output.status.code(), code),
            (Some(code), code),
            "{args:?}: {}",
            stderr(&output)
        );
        assert!(!stderr(&output).contains("error:"), "{args:?}: {}", stderr(&output));
        assert_eq!(mediafold(args).status.code(), Some(code), "{args:?}");
    }
    // What is true of all deliveries is written although nobody reads them to their end.
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
    let simulate = |truth: &Path, to: Stdio| {
        run(&["simulate", "vms", "--assets", "300", "--truth", truth.to_str().unwrap()], to)
    };
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert!(simulate(&one, writer.into()).status.success());
    assert!(simulate(&other, Stdio::null()).status.success());
    assert_eq!(fs::read(one).unwrap(), fs::read(other).unwrap());
}

/// Nor does a test that somebody leaves early take as long as all of it would.
#[cfg(unix)]
#[test]
fn nothing_is_made_up_for_nobody() {
    let script = format!(
        "{} simulate fastpix --events 18446744073709551615 | head -n 1",
        env!("CARGO_BIN_EXE_mediafold")
    );
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert_eq!(stdout(&output).lines().count(), 1);
}

#[cfg(unix)]
#[test]
fn output_that_cannot_be_written_could_not_be_run() {
    for (args, code) in PRINTING {
        let shell = |redirected: &str| {
            let script = format!("exec \"$0\" \"$@\" {redirected}");
            let mut command = Command::new("sh");
            command.args(["-c", &script, env!("CARGO_BIN_EXE_mediafold")]).args(args);
            command.stdin(Stdio::null()).output().unwrap()
        };
        for redirected in [">&-", "> /dev/full"] {
            if redirected.contains("full") && !Path::new("/dev/full").exists() {
                continue;
            }
            let output = shell(redirected);
            assert_eq!(output.status.code(), Some(2), "{args:?} {redirected}");
            assert!(stderr(&output).contains("cannot write the output"), "{args:?} {redirected}");
        }
        // What others hand down as nothing is not closed.
        for null in ["> /dev/null", "<> /dev/null >&0"] {
            assert_eq!(shell(null).status.code(), Some(code), "{args:?} {null}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let script = "exec \"$0\" fold \"$1\" -o \"$2\" >&-";
    let mut shell = Command::new("sh");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_mediafold"), WEBHOOKS]);
    let output = shell.arg(folder.path().join("out.jsonl")).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "nothing goes to standard output");
}

/// The rule stands where people look for it, and `serve` keeps it too.
#[test]
fn the_rule_is_told() {
    let help = stdout(&mediafold(&["--help"]));
    for word in ["Exit code", "no input is fine", "could not run", "130"] {
        assert!(help.contains(word), "{word}");
    }
    for entry in fs::read_dir("src/cli").unwrap() {
        let path = entry.unwrap().path();
        let text = if path.is_file() { fs::read_to_string(&path).unwrap() } else { String::new() };
        let chooses =
            ["ExitCode::from(", "ExitCode::FAILURE"].iter().any(|word| text.contains(word));
        assert!(!chooses, "{path:?} chooses an exit code; the rule is in exit.rs");
    }
}

#[cfg(feature = "server")]
#[test]
fn a_bad_configuration_is_found_by_one_verb_and_stops_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mediafold.toml");
    fs::write(&file, "listen = 7\n").unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(mediafold(&["check-config", file]).status.code(), Some(1));
    assert_eq!(mediafold(&["serve", "--config", file]).status.code(), Some(2));
    let gone = format!("{file}.gone");
    assert_eq!(mediafold(&["check-config", &gone]).status.code(), Some(2));
}
