//! What is written to a file is there whole or not at all.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use super::{mediafold, stdout};

const WEBHOOKS: &str = "tests/data/webhooks/";

#[test]
fn a_file_has_what_would_be_printed() {
    let folder = tempfile::tempdir().unwrap();
    for (verb, name) in [("fold", "a.jsonl"), ("fold", "a.csv"), ("check", "f.jsonl")] {
        let path = folder.path().join(name);
        fs::write(&path, "what was there before").unwrap();
        let written = mediafold(&[verb, WEBHOOKS, "-o", path.to_str().unwrap()]);
        let format = name.rsplit_once('.').unwrap().1;
        let printed = mediafold(&[verb, WEBHOOKS, "--format", format]);
        assert_eq!(written.status, printed.status);
        assert!(written.stdout.is_empty());
        assert_eq!(fs::read_to_string(&path).unwrap(), stdout(&printed));
    }
    let path = folder.path().join("table");
    let path = path.to_str().unwrap();
    mediafold(&["fold", WEBHOOKS, "--format", "table", "-o", path]);
    assert_eq!(
        fs::read_to_string(path).unwrap(),
        stdout(&mediafold(&["fold", WEBHOOKS, "--format", "table"]))
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
    assert!(mediafold(&["fold", WEBHOOKS, "-o", "/dev/null"]).status.success());
}

/// Files may have 4 KB here, as on a disk that is full; what was there before stays.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_no_half_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    for verb in
        ["simulate fastpix --assets 50", "fold tests/data/webhooks/", "check tests/data/webhooks/"]
    {
        for before in [None, Some("before")] {
            before.iter().for_each(|text| fs::write(&path, text).unwrap());
            let script = format!("trap '' XFSZ; ulimit -f 4; exec \"$0\" {verb} -o \"$1\"");
            let mut shell = Command::new("sh");
            shell.args(["-c", &script, env!("CARGO_BIN_EXE_mediafold"), path.to_str().unwrap()]);
            let output = shell.output().unwrap();
            let error = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{verb}: {error}");
            assert!(error.contains("cannot write") && error.contains("out`"), "{error}");
            assert_eq!(fs::read_to_string(&path).ok().as_deref(), before);
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), usize::from(before.is_some()));
        }
        fs::remove_file(&path).unwrap();
    }
}

#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "it waits for another process")]
#[test]
fn ctrl_c_leaves_no_half_of_a_file() {
    // A fold still hears its standard input then.
    for verb in [&["simulate", "fastpix", "--events", "100000000"][..], &["fold"], &["check"]] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.jsonl");
        let mut child = Command::new(env!("CARGO_BIN_EXE_mediafold"))
            .args(verb)
            .args(["-o", path.to_str().unwrap()])
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while !folder.path().join("out.jsonl.part").exists() {
            std::thread::sleep(Duration::from_millis(5));
            assert!(child.try_wait().unwrap().is_none(), "{verb:?} ended by itself");
        }
        let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        let input = child.stdin.take();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{verb:?}");
        drop(input);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{verb:?}");
    }
}

/// Where there is `strace`: what is renamed is on the disk with its new name before the command ends.
#[cfg(target_os = "linux")]
#[test]
fn a_new_name_is_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (data, log) = (path("store.db"), path("strace"));
    let runs = [
        format!("fold {WEBHOOKS} -o {}", path("a.jsonl")),
        format!("check {WEBHOOKS} -o {}", path("b.csv")),
        format!("report {WEBHOOKS} -o {}", path("c.html")),
        format!("diagram fastpix/media -o {}", path("d.svg")),
        format!("simulate fastpix --assets 3 -o {} --truth {}", path("e.jsonl"), path("f.jsonl")),
        format!("import --data {data} --provider fastpix {WEBHOOKS}fastpix.jsonl"),
        format!("backup --data {data} {}", path("g.db")),
    ];
    for run in &runs {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-y", "-e", "trace=rename,renameat,renameat2,fsync", "-o", &log]);
        strace.arg(env!("CARGO_BIN_EXE_mediafold")).args(run.split(' '));
        let traced = strace.output().ok().zip(fs::read_to_string(&log).ok());
        let works = |calls: &str| !calls.is_empty() && !calls.contains("PTRACE");
        let Some((output, calls)) = traced.filter(|(_, calls)| works(calls)) else {
            assert!(std::env::var_os("CI").is_none(), "`.ci/run` installs `strace`");
            return;
        };
        // A call that another thread interrupts has a second line, "<... rename resumed>".
        let begun: Vec<&str> = calls.lines().filter(|call| !call.contains("<... ")).collect();
        let renames = begun.iter().filter(|call| call.contains("rename")).count();
        let of_folder = format!("{}>", folder.path().display());
        let last =
            begun.iter().rev().find(|call| call.contains("rename") || call.contains(&of_folder));
        let synced = last.is_some_and(|call| call.contains("fsync(") && call.contains(&of_folder));
        let expected = if run.contains("--truth") { 2 } else { 1 };
        assert_eq!(renames, expected, "{run}: {output:?}\n{calls}");
        assert!(synced, "{run}\n{calls}");
    }
    assert!(!Path::new(&path("a.jsonl.part")).exists());
}
