//! Where deliveries come from, and what the names in arguments stand for.

use std::fs;

use super::{delivery, mediafold, stderr, stdout, with_stdin};

const SAMPLE: &str = "tests/data/samples/mux.jsonl";

fn said(args: &[&str]) -> (Option<i32>, String) {
    let output = mediafold(args);
    (output.status.code(), stdout(&output) + &stderr(&output))
}

/// A store is read by every verb as its export is, given by `--data` or in the place of a file.
#[cfg(feature = "server")]
#[test]
fn a_store_is_read_wherever_files_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    // The page has the name of the file, and not of its folder.
    fs::create_dir(path("export")).unwrap();
    let (data, export) = (path("s.db"), path("export/s.db"));
    mediafold(&["import", "--data", &data, SAMPLE]);
    fs::write(&export, mediafold(&["export", "--data", &data]).stdout).unwrap();
    let id = "Qs01tide7xK2";
    for verb in [
        &["fold"][..],
        &["fold", "--plain"],
        &["check", "--fail-on", "never"],
        &["timeline", "mux/asset", id],
        &["diagram", "mux/asset", "--format", "text", "--asset", id],
        &["report"],
    ] {
        let of = |origin: &[&str]| {
            let output = mediafold(&[verb, origin].concat());
            assert_eq!(output.status.code(), Some(0), "{verb:?} {origin:?}: {}", stderr(&output));
            // Lines are those of the export; the page names what it was made of.
            stdout(&output).replace(origin[origin.len() - 1], "FILE").replace("--data ", "")
        };
        let observed: &[&str] = if verb[0] == "diagram" { &["--observed"] } else { &[] };
        let expected = of(&[observed, &[&export]].concat()).replace("FILE…", "FILE");
        assert!(!expected.is_empty());
        for origin in [[observed, &[&*data]].concat(), vec!["--data", &data]] {
            assert_eq!(of(&origin).replace("FILE…", "FILE"), expected, "{verb:?} {origin:?}");
        }
    }
    // One store is put into another as an export would be.
    let (code, copied) = said(&["import", "--data", &path("copy.db"), &data]);
    assert_eq!(code, Some(0));
    assert!(copied.contains("17 stored"), "{copied}");
}

/// What no delivery can come from is refused with what helps.
#[cfg(feature = "server")]
#[test]
fn what_is_no_store_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let data = path("s.db");
    mediafold(&["import", "--data", &data, SAMPLE]);
    let foreign = path("foreign.db");
    rusqlite::Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    for (args, told) in [
        (
            &["fold", "--data", SAMPLE][..],
            "is no store; files of webhooks are given without `--data`",
        ),
        (&["fold", "--data", &data, SAMPLE], "from files or from `--data`, not from both"),
        (&["fold", "--data", &path("gone.db")], "cannot read"),
        (&["fold", &foreign], "is not a store"),
    ] {
        let (code, text) = said(args);
        assert_eq!(code, Some(2), "{args:?}: {text}");
        assert!(text.contains(told), "{args:?}: {text}");
    }
    let redirected = with_stdin(&["fold"], &fs::read(&data).unwrap());
    assert_eq!(redirected.status.code(), Some(2));
    assert!(stderr(&redirected).contains("by the name of its file"), "{}", stderr(&redirected));
}

/// A store that breaks off is told, and what came before it stands.
#[cfg(feature = "server")]
#[test]
fn a_damaged_delivery_ends_the_reading() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("s.db");
    let data = data.to_str().unwrap();
    mediafold(&["import", "--data", data, SAMPLE]);
    let open = rusqlite::Connection::open(data).unwrap();
    open.execute("UPDATE deliveries SET body = x'7b7d' WHERE delivery = 5", []).unwrap();
    drop(open);
    let output = mediafold(&["check", data]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("delivery 5 is damaged"), "{}", stderr(&output));
}

/// What retention took is not there to be folded: that is said.
#[cfg(feature = "server")]
#[test]
fn bodies_that_were_removed_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("s.db");
    let data = data.to_str().unwrap();
    mediafold(&["import", "--data", data, SAMPLE]);
    let open = rusqlite::Connection::open(data).unwrap();
    open.execute("UPDATE deliveries SET body = NULL WHERE delivery IN (1, 2)", []).unwrap();
    drop(open);
    for verb in [&["fold"][..], &["export", "--data"]] {
        let output = mediafold(&[verb, &[data]].concat());
        assert_eq!(output.status.code(), Some(0));
        let note = "2 deliveries of `";
        assert!(stderr(&output).contains(note), "{verb:?}: {}", stderr(&output));
    }
}

#[test]
fn an_asset_is_found_by_what_is_known_of_it() {
    let head = |args: &[&str]| {
        let output = mediafold(&[&["timeline", "--format", "table"], args].concat());
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", stderr(&output));
        stdout(&output).lines().next().unwrap().to_owned()
    };
    for asked in [
        &["mux/asset", "Qs01tide7xK2", SAMPLE][..],
        &["asset", "Qs01tide7xK2", SAMPLE],
        &["Qs01tide7xK2", SAMPLE],
        &["Qs01", SAMPLE],
        &["asset", "Q", SAMPLE],
    ] {
        assert_eq!(head(asked), "mux/asset Qs01tide7xK2 is deleted");
    }
    // An id that is the beginning of another is that id.
    let input = [delivery("video.media.created", 1, "m"), delivery("video.media.ready", 2, "m2")];
    let whole = with_stdin(&["timeline", "m", "-"], input.join("\n").as_bytes());
    assert_eq!(stdout(&whole).lines().count(), 1, "{}", stdout(&whole));
    for (asked, told) in [
        (
            &["L", SAMPLE][..],
            "`L` may be\n  mux/asset Lm02lamp9vB4\n  mux/live_stream Ls05dawn3hJ7",
        ),
        (&["QS01", SAMPLE], "nothing was heard of `QS01`\ndid you mean `mux/asset Qs01tide7xK2`?"),
        (&["Qs01tide7xK3", SAMPLE], "did you mean `mux/asset Qs01tide7xK2`?"),
        (
            &["asset", "Pb07gate1sF5", SAMPLE],
            "did you mean `mux/asset Qs01tide7xK2`, whose webhooks name it?",
        ),
        (&["mux/upload", "Qs01", SAMPLE], "nothing was heard of mux/upload `Qs01`"),
        (
            &["mux/aset", "Qs01", SAMPLE],
            "there is no lifecycle `mux/aset`; did you mean `mux/asset`?",
        ),
        (&["mux/asset"], "which asset? `mediafold timeline mux/asset ID`"),
        (&["", SAMPLE], "an id is UTF-8, and not empty"),
    ] {
        let (code, text) = said(&[&["timeline"], asked].concat());
        assert_eq!(code, Some(2), "{asked:?}: {text}");
        assert!(text.contains(told), "{asked:?}: {text}");
    }
}

#[test]
fn a_short_name_is_an_entity_where_one_is_called_so() {
    let all = stdout(&mediafold(&["diagram", "mux/static_rendition"]));
    assert_eq!(stdout(&mediafold(&["diagram", "static_rendition"])), all);
    let paths = stdout(&mediafold(&["paths", "static_rendition", "--bodies"]));
    assert_eq!(paths, stdout(&mediafold(&["paths", "mux/static_rendition", "--bodies"])));
    let (code, text) = said(&["diagram", "asset"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("`asset` may be `livepeer/asset` or `mux/asset`"), "{text}");
    let (_, text) = said(&["lifecycles", "static_renditoin"]);
    assert!(text.contains("did you mean `static_rendition`?"), "{text}");
}

#[test]
fn observed_files_may_be_given_one_by_one() {
    let files = ["tests/data/webhooks/fastpix.jsonl", "tests/data/webhooks/vms.jsonl"];
    let draw = |args: &[&str]| {
        let output = mediafold(&[&["diagram", "vms/content"], args].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stdout(&output)
    };
    let both = draw(&["--observed", files[0], files[1]]);
    assert_eq!(draw(&["--observed", files[0], "--observed", files[1]]), both);
    assert_ne!(both, draw(&["--observed", files[0]]));
}
