//! Changes of a store as they come.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use serde_json::Value;

use super::{mediafold, rows, stderr, stdout};

const SAMPLE: &str = "tests/data/samples/mux.jsonl";

/// A store of the sample, and the path of another file beside it.
fn store(lines: &str) -> (tempfile::TempDir, impl Fn(&str) -> String + use<>) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_owned();
    let path = move |name: &str| root.join(name).to_str().unwrap().to_owned();
    fs::write(path("hooks.jsonl"), lines).unwrap();
    mediafold(&["import", "--data", &path("s.db"), &path("hooks.jsonl")]);
    (folder, path)
}

fn sample() -> String {
    fs::read_to_string(SAMPLE).unwrap()
}

/// The states of an asset through all changes.
fn way(changes: &[Value], id: &str) -> String {
    let own = changes.iter().filter(|change| change["id"] == id);
    own.map(|change| change["to"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[test]
fn all_changes_or_those_that_are_wanted() {
    let (_folder, path) = store(&sample());
    let follow = |args: &[&str]| {
        let data = path("s.db");
        let output = mediafold(&[&["follow", &data, "--after", "0", "--once"], args].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        rows(&output)
    };
    let all = follow(&[]);
    assert_eq!(way(&all, "Qs01tide7xK2"), "preparing ready deleted");
    let numbers: Vec<u64> = all.iter().map(|change| change["seq"].as_u64().unwrap()).collect();
    assert!(numbers.is_sorted() && numbers.len() > 5, "{numbers:?}");
    let assets = follow(&["--entity", "mux/asset"]);
    assert!(
        assets.iter().all(|change| change["entity"] == "mux/asset") && assets.len() < all.len()
    );
    let ready = follow(&["--entity", "asset", "--state", "ready", "--state", "deleted"]);
    assert_eq!(way(&ready, "Qs01tide7xK2"), "ready deleted");
    // Nothing has come since now.
    let output = mediafold(&["follow", &path("s.db"), "--once"]);
    assert_eq!((output.status.code(), stdout(&output)), (Some(0), String::new()));
    for (args, told) in [
        (
            &["--entity", "mux/asset", "--state", "raedy"][..],
            "no entity has a state `raedy`; did you mean `ready`?",
        ),
        (&["--entity", "mux/aset"], "did you mean `mux/asset`?"),
        (&["--after", "999"], "has given no change 999"),
    ] {
        let output = mediafold(&[&["follow", &path("s.db"), "--once"], args].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(told), "{}", stderr(&output));
    }
    let nowhere = mediafold(&["follow", &path("none.db"), "--once"]);
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(!fs::exists(path("none.db")).unwrap());
}

/// What comes while nobody follows is there the next time, once.
#[test]
fn a_cursor_goes_on_where_it_was() {
    let sample = sample();
    let (before, after) = sample.split_at(sample.find("ev-08").unwrap());
    let cut = before.rfind('\n').unwrap() + 1;
    let after = before[cut..].to_owned() + after;
    let (_folder, path) = store(&before[..cut]);
    let follow = || {
        let output =
            mediafold(&["follow", &path("s.db"), "--cursor", &path("c"), "--once", "--after", "0"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        rows(&output)
    };
    let mut changes = follow();
    assert!(!changes.is_empty() && follow().is_empty());
    fs::write(path("more.jsonl"), after).unwrap();
    mediafold(&["import", "--data", &path("s.db"), &path("more.jsonl")]);
    let more = follow();
    assert!(!more.is_empty() && follow().is_empty());
    changes.extend(more);
    let all = rows(&mediafold(&["follow", &path("s.db"), "--after", "0", "--once"]));
    assert_eq!(changes, all);
    fs::write(path("c"), "no number\n").unwrap();
    let output = mediafold(&["follow", &path("s.db"), "--cursor", &path("c"), "--once"]);
    assert_eq!(output.status.code(), Some(2));
}

/// A command gets each change as it is, whatever is in it, and none is lost when it fails.
#[cfg(unix)]
#[test]
fn a_command_takes_changes_one_by_one() {
    let hostile = r#"{"type":"video.asset.created","id":"e1","created_at":"2026-03-02T09:00:38Z","environment":{"id":"k7"},"data":{"id":"$(touch pwned); `touch pwned` '\" & \\ \n"}}"#;
    let (folder, path) = store(&(sample() + hostile + "\n"));
    let run = |exec: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mediafold"));
        let cursor = path("c");
        command.current_dir(folder.path()).stdin(Stdio::null());
        command.args(["follow", "s.db", "--once", "--after", "0", "--cursor", &cursor, "--exec"]);
        command.args(exec).output().unwrap()
    };
    // Every change is refused until it is taken.
    for _ in 0..2 {
        let output = run(&["false"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("did not take change 1 "), "{}", stderr(&output));
        assert_eq!(fs::read_to_string(path("c")).unwrap(), "0\n");
    }
    let output = run(&["tee", "-a", "taken"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let all = stdout(&mediafold(&["follow", &path("s.db"), "--after", "0", "--once"]));
    assert_eq!(fs::read_to_string(path("taken")).unwrap(), all);
    assert_eq!(stdout(&output), all);
    assert!(all.contains("touch pwned") && !fs::exists(path("pwned")).unwrap());
    assert_eq!(stdout(&run(&["cat"])), "", "all of them are taken");
    let output = run(&["no-such-command"]);
    assert_eq!(output.status.code(), Some(0), "nothing is left to be taken");
}

/// A change is printed when it comes, whoever has the store open.
#[test]
fn changes_come_while_they_are_waited_for() {
    let (_folder, path) = store(&sample());
    let mut child = Command::new(env!("CARGO_BIN_EXE_mediafold"))
        .args(["follow", &path("s.db"), "--cursor", &path("c")])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    assert!(crate::serving::soon(|| fs::exists(path("c")).unwrap()));
    let line = r#"{"type":"video.asset.created","id":"e1","created_at":"2026-03-02T09:00:38Z","environment":{"id":"k7"},"data":{"id":"new"}}"#;
    fs::write(path("more.jsonl"), line).unwrap();
    mediafold(&["import", "--data", &path("s.db"), &path("more.jsonl")]);
    let mut change = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut change).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let change: Value = serde_json::from_str(&change).unwrap();
    assert_eq!((&change["id"], &change["to"]), (&"new".into(), &"preparing".into()));
}
