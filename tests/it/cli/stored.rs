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
    assert!(
        stderr(&output).contains("such.db`; `mediafold config` prints one"),
        "{}",
        stderr(&output)
    );
}

/// Killed at any moment, a backup has its name when it is whole and not before.
#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "it kills another process after a time")]
#[test]
fn a_backup_that_is_killed_leaves_no_file_of_its_name() {
    let (folder, data) = place();
    let traffic = folder.path().join("traffic.jsonl");
    let simulate = ["simulate", "fastpix", "--assets", "2000", "-o", traffic.to_str().unwrap()];
    assert!(
        Command::new(env!("CARGO_BIN_EXE_mediafold")).args(simulate).status().unwrap().success()
    );
    let imported =
        mediafold(&["import", "--provider", "fastpix", traffic.to_str().unwrap()], &data);
    assert!(imported.status.success(), "{}", stderr(&imported));
    let exported = mediafold(&["export"], &data).stdout;
    let copy = folder.path().join("copy.db");
    let (mut parts, mut copies) = (0, 0);
    for round in 0..16 {
        let mut backup = Command::new(env!("CARGO_BIN_EXE_mediafold"))
            .args(["backup", "--data"])
            .args([&data, &copy])
            .spawn()
            .unwrap();
        let part = folder.path().join("copy.db.part");
        // The one before has left some of it.
        let len = || std::fs::metadata(&part).map_or(0, |part| part.len());
        let left = len();
        while !copy.exists() && len() == left && backup.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        std::thread::sleep(std::time::Duration::from_millis(2 * round));
        backup.kill().unwrap();
        backup.wait().unwrap();
        match copy.exists() {
            true => {
                assert!(mediafold(&["export"], &copy).stdout == exported, "round {round}");
                std::fs::remove_file(&copy).unwrap();
                copies += 1;
            }
            false => parts += u32::from(part.exists()),
        }
    }
    assert!(parts > 0, "none of them was killed in the middle, {copies} were whole");
    let last = mediafold(&["backup", copy.to_str().unwrap()], &data);
    assert!(last.status.success(), "{}", stderr(&last));
    assert!(mediafold(&["export"], &copy).stdout == exported);
    assert!(!folder.path().join("copy.db.part").exists());
}

/// Runs a verb where the folder of the store may only be read; `None` where nobody may mount anything.
#[cfg(target_os = "linux")]
fn read_only(folder: &Path, args: &[&str]) -> Option<Output> {
    let run = |script: &str, args: &[&str]| {
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--map-root-user", "sh", "-c", script]).args(args);
        unshare.output().ok().filter(|output| output.status.code() != Some(99))
    };
    let mount = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" || exit 99";
    let folder = folder.to_str().unwrap();
    run(mount, &[folder]).filter(|mounted| mounted.status.success())?;
    let mut all = vec![folder, env!("CARGO_BIN_EXE_mediafold")];
    all.extend(args);
    run(&format!("{mount}; exec \"$@\""), &all)
}

/// What is asked is answered where nothing can be written, with all that the log has, or refused.
#[cfg(target_os = "linux")]
#[test]
fn stores_are_read_where_nothing_can_be_written() {
    let (folder, clean) = place();
    let elsewhere = tempfile::TempDir::new().unwrap();
    let copy = elsewhere.path().join("copy.db");
    mediafold(&["import", "--provider", "fastpix", TRAFFIC], &clean);
    let [backed, crashed, alone] =
        ["backed.db", "crashed.db", "alone.db"].map(|name| folder.path().join(name));
    assert!(mediafold(&["backup", backed.to_str().unwrap()], &clean).status.success());
    // What a killed server leaves, and what is left of that without the memory that connections share.
    std::fs::copy(&clean, elsewhere.path().join("open.db")).unwrap();
    let open = rusqlite::Connection::open(elsewhere.path().join("open.db")).unwrap();
    let sql = "PRAGMA wal_autocheckpoint = 0;
               INSERT INTO deliveries (delivery, source, provider, received_at, content_type, events, quarantine, body)
               SELECT delivery + 100, source, provider, received_at, content_type, events, quarantine, body
               FROM deliveries";
    open.execute_batch(sql).unwrap();
    for (to, endings) in [(&crashed, &["", "-wal", "-shm"][..]), (&alone, &["", "-wal"])] {
        for ending in endings {
            let from = elsewhere.path().join(format!("open.db{ending}"));
            std::fs::copy(from, format!("{}{ending}", to.display())).unwrap();
        }
    }
    drop(open);
    for (data, deliveries) in [(&clean, 24), (&backed, 24), (&crashed, 48), (&alone, 0)] {
        let read_only = |verb: &[&str]| {
            let (verb, rest) = verb.split_first().unwrap();
            let mut args = vec![*verb, "--data", data.to_str().unwrap()];
            args.extend(rest);
            read_only(folder.path(), &args)
        };
        let Some(exported) = read_only(&["export"]) else {
            assert!(std::env::var_os("CI").is_none(), "where `.ci/run` runs, a mount can be made");
            return;
        };
        let lines = exported.stdout.iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(lines, deliveries, "{data:?}: {}", stderr(&exported));
        let backup = read_only(&["backup", copy.to_str().unwrap()]).unwrap();
        let rebuilt = read_only(&["rebuild", "--dry-run"]).unwrap();
        if deliveries == 0 {
            for output in [exported, backup, rebuilt] {
                assert_eq!(output.status.code(), Some(2));
                assert!(stderr(&output).contains("its log"), "{}", stderr(&output));
            }
            continue;
        }
        assert!(exported.status.success() && backup.status.success(), "{}", stderr(&backup));
        assert!(mediafold(&["export"], &copy).stdout == exported.stdout);
        std::fs::remove_file(&copy).unwrap();
        let told = stderr(&rebuilt);
        assert!(rebuilt.status.success() && told.contains(&format!("{deliveries} del")), "{told}");
        let imported = read_only(&["import", "--provider", "fastpix", TRAFFIC]).unwrap();
        assert!(stderr(&imported).contains("Read-only"), "{}", stderr(&imported));
    }
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

/// Bodies of which some are not UTF-8, imported: the export of that store.
fn export_of_bodies_that_are_no_text(data: &Path) -> Vec<u8> {
    let folder = data.parent().unwrap();
    let mut bodies = std::fs::read(TRAFFIC).unwrap();
    bodies.extend(b"\n{\"type\":\"video.media.ready\",\"id\":\"x\",\"data\":{\"id\":\"\xff\"}}\n");
    let file = folder.join("bodies.jsonl");
    std::fs::write(&file, bodies).unwrap();
    let imported = mediafold(&["import", "--provider", "fastpix", file.to_str().unwrap()], data);
    let said = stderr(&imported);
    assert!(
        said.contains("25 stored, 1 of them in quarantine; 0 passed over; 1 refused"),
        "{said}"
    );
    let exported = mediafold(&["export"], data).stdout;
    let text = String::from_utf8(exported.clone()).unwrap();
    assert_eq!(text.matches("\"body_base64\":\"").count(), 1);
    exported
}

#[test]
fn every_verb_reads_what_export_writes() {
    let (folder, data) = place();
    let mut export = export_of_bodies_that_are_no_text(&data);
    // One that is text after all, and one that is none.
    export.extend(b"{\"provider\":\"vms\",\"received_at\":\"2026-02-01T00:00:00Z\",\"body_base64\":\"eyJVbmlxdWVJZCI6InUiLCJDb250ZW50U3RhdHVzIjoiQ1JFQVRFRCJ9\"}\n");
    export.extend(b"{\"provider\":\"vms\",\"body_base64\":\"e30\"}\n");
    let file = folder.path().join("export.jsonl");
    std::fs::write(&file, export).unwrap();
    let path = file.to_str().unwrap();
    let run = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_mediafold")).args(args).output().unwrap();
        assert_ne!(output.status.code(), Some(2), "{args:?}: {}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    for verb in [&["fold", "--format", "jsonl", path][..], &["check", "--format", "jsonl", path]] {
        assert_eq!(run(verb), run(&[verb, &["--plain"]].concat()));
    }
    let check = run(&["check", "--format", "jsonl", path]);
    assert!(check.contains("\"not UTF-8 after byte 51\""), "{check}");
    assert!(check.contains("is not base64: its length is no multiple of four"), "{check}");
    assert!(!check.contains("has no `body`"), "{check}");
    let fold = run(&["fold", "--format", "jsonl", path]);
    assert!(
        fold.contains("\"entity\":\"vms/content\",\"id\":\"u\",\"state\":\"CREATED\""),
        "{fold}"
    );
    let timeline = run(&["timeline", "vms/content", "u", "--format", "jsonl", path]);
    assert!(timeline.contains("\"received_at\":\"2026-02-01T00:00:00Z\""), "{timeline}");
    let diagram = run(&["diagram", "vms/content", "--observed", path, "--asset", "u"]);
    assert!(diagram.contains("CREATED"), "{diagram}");
    let report = run(&["report", path]);
    assert!(report.contains("vms/content"), "the page has it");
}

/// What is imported again is passed over, whatever was read from it, and is told; an export of its own says nothing new.
#[test]
fn an_import_is_there_once() {
    let (folder, data) = place();
    let export = export_of_bodies_that_are_no_text(&data);
    let file = folder.path().join("export.jsonl");
    std::fs::write(&file, &export).unwrap();
    let (name, other) = (file.to_str().unwrap(), folder.path().join("other.db"));
    for (into, stored, known) in [(&data, 0, 25), (&other, 25, 0), (&other, 0, 25)] {
        let imported = mediafold(&["import", name], into);
        let (said, quarantined) = (stderr(&imported), u8::from(stored > 0));
        assert_eq!(imported.status.code(), Some(0), "{said}");
        let sum = format!(
            "{stored} stored, {quarantined} of them in quarantine; {known} passed over; 0 refused"
        );
        assert!(said.contains(&sum), "{said}");
        let told = format!("passed over: {name}: {known} deliveries stored already");
        assert_eq!(said.contains(&told), known > 0, "{said}");
        assert_eq!(mediafold(&["export"], into).stdout, export);
    }
}

/// Without `--provider`, files of several providers are from whom `fold` says; nothing is made where all is refused.
#[test]
fn an_import_recognises_providers_and_leaves_no_empty_store() {
    let (folder, data) = place();
    let files = ["fastpix.jsonl", "twilio.form", "vms.jsonl"];
    let files = files.map(|name| format!("tests/data/webhooks/{name}"));
    let mixed = folder.path().join("mixed.jsonl");
    std::fs::write(&mixed, files.map(|file| std::fs::read(file).unwrap()).concat()).unwrap();
    let imported = mediafold(&["import", mixed.to_str().unwrap()], &data);
    assert_eq!(imported.status.code(), Some(1), "lines that are cut: {}", stderr(&imported));
    let exported = folder.path().join("exported.jsonl");
    std::fs::write(&exported, mediafold(&["export"], &data).stdout).unwrap();
    let fold = |file| mediafold(&["fold", "--format", "jsonl"], file).stdout;
    assert!(fold(&mixed).len() > 5_000 && fold(&exported) == fold(&mixed));
    let nobody = folder.path().join("nobody.jsonl");
    std::fs::write(&nobody, "{\"hello\":\"world\"}\n{\"provider\":\"vms\",\n").unwrap();
    let none = folder.path().join("none.db");
    for files in [&[nobody.to_str().unwrap()][..], &["no/such/file"]] {
        let refused = mediafold(&[&["import"], files].concat(), &none);
        assert_ne!(refused.status.code(), Some(0), "{}", stderr(&refused));
    }
    let left = std::fs::read_dir(folder.path()).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("none")), "{left:?}");
}

#[test]
fn verify_says_what_is_damaged() {
    let (folder, data) = place();
    mediafold(&["import", "--provider", "fastpix", TRAFFIC], &data);
    let verified = mediafold(&["verify"], &data);
    assert_eq!((verified.status.code(), &*verified.stdout), (Some(0), &b""[..]));
    let said = stderr(&verified);
    assert!(
        said.contains("24 deliveries, 8 assets, ") && said.contains("nothing is damaged"),
        "{said}"
    );
    let of_others = mediafold(&["verify", "--policy", "follow"], &data);
    assert_eq!(of_others.status.code(), Some(2), "{}", stderr(&of_others));
    assert!(stderr(&of_others).contains("by other definitions"), "{}", stderr(&of_others));
    // A letter of a body, in the file.
    let mut bytes = std::fs::read(&data).unwrap();
    let word = b"\"3ad87f14-c2b5\"";
    let at = bytes.windows(word.len()).position(|window| window == word).unwrap();
    bytes[at + 2] ^= 1;
    std::fs::write(&data, bytes).unwrap();
    let verified = mediafold(&["verify", "--format", "table"], &data);
    let told = String::from_utf8(verified.stdout).unwrap();
    assert_eq!(verified.status.code(), Some(1), "{told}");
    assert!(told.contains(": its body is not what was stored\n"), "{told}");
    let number = told.split(':').next().unwrap();
    let copy = folder.path().join("copy.db");
    for verb in [&["export"][..], &["backup", copy.to_str().unwrap()], &["rebuild"]] {
        let stopped = mediafold(verb, &data);
        assert_eq!(stopped.status.code(), Some(2), "{verb:?}");
        assert!(stderr(&stopped).contains(&format!("{number} is damaged: its body")), "{verb:?}");
    }
    assert!(!copy.exists());
    for format in ["csv", "jsonl"] {
        let told = mediafold(&["verify", "--format", format], &data).stdout;
        assert!(String::from_utf8(told).unwrap().contains("its body is not what was stored"));
    }
    assert_eq!(mediafold(&["verify"], &folder.path().join("none.db")).status.code(), Some(2));
    assert_eq!(mediafold(&["verify"], Path::new(TRAFFIC)).status.code(), Some(2));
}
