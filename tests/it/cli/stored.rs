//! Stores from the command line.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

const TRAFFIC: &str = "tests/data/webhooks/fastpix.jsonl";

fn mediafold(args: &[&str], data: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mediafold"));
    let output = match args {
        ["fold", rest @ ..] => command.arg("fold").args(rest).arg(data).output(),
        [verb, rest @ ..] => command.arg(verb).arg("--data").arg(data).args(rest).output(),
        [] => unreachable!("a verb is given"),
    };
    output.unwrap()
}

fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("mediafold.db");
    (folder, path)
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn what_is_imported_is_exported_backed_up_and_rebuilt() {
    let (folder, data) = place();
    let output = mediafold(&["import", "--provider", "fastpix", TRAFFIC], &data);
    assert_eq!(output.status.code(), Some(1), "one line is cut: {}", stderr(&output));
    assert!(stderr(&output).contains("fastpix.jsonl:16"), "{}", stderr(&output));
    let exported = mediafold(&["export"], &data);
    let file = folder.path().join("exported.jsonl");
    std::fs::write(&file, &exported.stdout).unwrap();
    let of_export = mediafold(&["fold", "--format", "jsonl"], &file);
    let of_traffic = mediafold(&["fold", "--format", "jsonl"], Path::new(TRAFFIC));
    assert_eq!(of_export.stdout, of_traffic.stdout);
    assert_eq!(of_export.stdout.iter().filter(|byte| **byte == b'\n').count(), 8);
    let copy = folder.path().join("copy.db");
    assert!(mediafold(&["backup", copy.to_str().unwrap()], &data).status.success());
    assert_eq!(mediafold(&["export"], &copy).stdout, exported.stdout);
    let rebuilt = mediafold(&["rebuild", "--dry-run"], &data);
    assert_eq!(rebuilt.status.code(), Some(0), "{}", stderr(&rebuilt));
    assert!(
        rebuilt.stdout.is_empty() && stderr(&rebuilt).contains("24 deliveries"),
        "{}",
        stderr(&rebuilt)
    );
}

#[test]
fn what_cannot_be_done_is_said() {
    let (folder, data) = place();
    for verb in ["export", "rebuild"] {
        let output = mediafold(&[verb], &data);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("cannot read"), "{}", stderr(&output));
    }
    assert!(!data.exists(), "asking makes no file");
    let output = mediafold(&["import", "--provider", "nobody", TRAFFIC], &data);
    assert!(stderr(&output).contains("no provider `nobody`"), "{}", stderr(&output));
    assert!(
        mediafold(&["import", "--provider", "fastpix", "--fail-on", "never", TRAFFIC], &data)
            .status
            .success()
    );
    let used = mediafold(&["backup", data.to_str().unwrap()], &data);
    assert!(stderr(&used).contains("cannot create"), "{}", stderr(&used));
    let nowhere = folder.path().join("no/such.db");
    assert_eq!(mediafold(&["backup", nowhere.to_str().unwrap()], &data).status.code(), Some(2));
    let mut serve = Command::new(env!("CARGO_BIN_EXE_mediafold"));
    let output = serve.args(["serve", "--config"]).arg(&nowhere).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("such.db`; docs/configuration.md"), "{}", stderr(&output));
}

/// A disk that takes no more: writing fails as it does on a real one.
#[cfg(unix)]
#[test]
fn a_disk_that_takes_no_more_costs_nothing_that_was_stored() {
    let (folder, data) = place();
    let traffic = folder.path().join("traffic.jsonl");
    let bin = env!("CARGO_BIN_EXE_mediafold");
    let (traffic_name, data_name) = (traffic.to_str().unwrap(), data.to_str().unwrap());
    let simulated = Command::new(bin)
        .args(["simulate", "fastpix", "--assets", "300", "--seed", "7", "-o", traffic_name])
        .output()
        .unwrap();
    assert!(simulated.status.success(), "{}", stderr(&simulated));
    // Files end at 400 blocks of 512 bytes, or of 1024 with some shells.
    let script =
        "trap '' XFSZ; ulimit -f 400; exec \"$0\" import --data \"$1\" --provider fastpix \"$2\"";
    let full =
        Command::new("sh").args(["-c", script, bin, data_name, traffic_name]).output().unwrap();
    assert_eq!(full.status.code(), Some(2), "{}", stderr(&full));
    assert!(stderr(&full).contains("the database failed: disk"), "{}", stderr(&full));
    // What is there is whole: judged anew it is where it was.
    let stored = || {
        let rebuilt = mediafold(&["rebuild", "--dry-run"], &data);
        assert!(rebuilt.stdout.is_empty() && rebuilt.status.success(), "{}", stderr(&rebuilt));
        let exported = mediafold(&["export"], &data);
        assert!(exported.status.success(), "{}", stderr(&exported));
        exported.stdout.iter().filter(|byte| **byte == b'\n').count()
    };
    let before = stored();
    let all = std::fs::read_to_string(&traffic).unwrap().lines().count();
    assert!(before < all, "{before} of {all}");
    let again = mediafold(&["import", "--provider", "fastpix", traffic_name], &data);
    assert!(again.status.success(), "{}", stderr(&again));
    assert_eq!(stored(), before + all);
}
