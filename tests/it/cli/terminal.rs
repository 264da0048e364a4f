//! What is printed on a terminal, of any width.

use std::{
    fs::File,
    io::Read,
    os::unix::ffi::OsStrExt,
    process::{Command, Stdio},
};

use mediafold::Catalog;
use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};
use unicode_width::UnicodeWidthStr;

use super::{mediafold, stdout};

const SAMPLE: &str = "tests/data/samples/mux.jsonl";

/// Runs the command on a terminal with so many columns: how it ends, what is on the terminal, and what it said besides.
pub(super) fn on_terminal(columns: u16, args: &[&str]) -> (Option<i32>, String, String) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let name = std::ffi::OsStr::from_bytes(name.to_bytes()).to_owned();
    let theirs = File::options().read(true).write(true).open(name).unwrap();
    tcsetwinsize(&theirs, Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 })
        .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mediafold"));
    command.args(args).env_remove("COLUMNS").env("NO_COLOR", "1").stdin(Stdio::null());
    let mut child = command.stdout(theirs).stderr(Stdio::piped()).spawn().unwrap();
    // What it holds of their side.
    drop(command);
    let (mut ours, mut shown, mut part) = (File::from(ours), Vec::new(), [0; 4096]);
    // Once nobody has the other side open, reading fails.
    while let Ok(read @ 1..) = ours.read(&mut part) {
        shown.extend_from_slice(&part[..read]);
    }
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    let shown = String::from_utf8(shown).unwrap().replace("\r\n", "\n");
    (child.wait().unwrap().code(), shown, said)
}

pub(super) fn widest(text: &str) -> usize {
    text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0)
}

#[test]
fn tables_fit_and_say_what_they_leave_out() {
    let (_, text, _) = on_terminal(80, &["fold", SAMPLE]);
    let expected = "\
ENTITY           ID            STATE          SINCE                FINDINGS
mux/asset        Lm02lamp9vB4  ready          2026-03-02 09:03:48  1 warning
mux/asset        Qs01tide7xK2  deleted        2026-03-02 09:30:00  1 error
mux/live_stream  Ls05dawn3hJ7  idle           2026-03-02 09:58:13
mux/upload       Up04wave6nD1  asset_created  2026-03-02 09:00:33
not in 80 columns: events; `--format jsonl` has all
";
    assert!(text.starts_with(expected), "{text}");
    let (_, text, _) = on_terminal(80, &["timeline", "Qs01", SAMPLE]);
    let expected = "\
mux/asset Qs01tide7xK2 is deleted

TIME                 EVENT                        VERDICT    STATE
2026-03-02 09:00:34  video.asset.created          Moved      new → preparing
2026-03-02 09:00:38  video.asset.ready            Moved      preparing → ready
2026-03-02 09:00:38  video.asset.ready            Duplicate  ready
    `video.asset.ready` came again
2026-03-02 09:30:00  video.asset.deleted          Moved      ready → deleted
2026-03-02 09:30:02  video.asset.updated (ready)  Illegal    deleted
    `video.asset.updated (ready)` after the end: nothing leaves `deleted`
not in 80 columns: delivery; `--format jsonl` has all
";
    assert_eq!(text, expected);
}

/// Whatever the width, nothing is wider, every asset and state is there, and what is left out is said.
#[test]
fn no_table_is_wider_than_its_terminal() {
    for columns in [40, 60, 72, 80, 100, 132, 200] {
        for args in [
            &["fold", SAMPLE][..],
            &["fold", "tests/data/webhooks/"],
            &["timeline", "Ls05", SAMPLE],
            &["check", "--summary=only", "tests/data/webhooks/"],
            &["lifecycles"],
            &["lifecycles", "vms/content"],
            &["lifecycles", "fastpix/live_stream"],
            &["paths", "mux/asset"],
            &["audit", "tests/data/audit/media.csv", "tests/data/audit/deliveries.jsonl"],
        ] {
            let (_, text, _) = on_terminal(columns, args);
            // One word may be wider than a narrow terminal.
            let longest = text.split_whitespace().map(UnicodeWidthStr::width).max().unwrap();
            let limit = usize::from(columns).max(longest + 4);
            // Sentences stand beside tables.
            let is_row = |line: &&str| ![": ", ". ", " cover "].iter().any(|it| line.contains(it));
            let rows: Vec<&str> = text.lines().filter(is_row).collect();
            assert!(widest(&rows.join("\n")) <= limit, "{columns} {args:?}\n{text}");
        }
        let (_, text, _) = on_terminal(columns, &["fold", SAMPLE]);
        for id in ["Lm02lamp9vB4", "Qs01tide7xK2", "Ls05dawn3hJ7", "Up04wave6nD1"] {
            assert!(text.contains(id), "{columns}: {text}");
        }
        assert_eq!(text.contains("\nnot in "), columns < 100 && columns > 44, "{columns}: {text}");
    }
}

/// What COLUMNS says counts before what the terminal says; elsewhere than on one it says nothing.
#[test]
fn a_file_and_a_pipe_have_no_width() {
    let piped = |columns: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mediafold"));
        command.args(["fold", "--format", "table", SAMPLE]).env("COLUMNS", columns);
        stdout(&command.output().unwrap())
    };
    assert_eq!(piped("40"), stdout(&mediafold(&["fold", "--format", "table", SAMPLE])));
}

#[test]
fn pictures_fit_or_say_what_would() {
    for lifecycle in Catalog::builtin().lifecycles() {
        let entity = lifecycle.entity();
        let whole = stdout(&mediafold(&["diagram", entity, "--format", "text"]));
        let (code, text, said) = on_terminal(100, &["diagram", entity]);
        if widest(&whole) <= 100 {
            assert_eq!((code, text), (Some(0), whole), "{entity}: {said}");
        } else if code == Some(0) {
            assert!(widest(&text) <= 100, "{entity}\n{text}");
            for state in lifecycle.states() {
                assert!(state.name == "new" || text.contains(&state.name), "{entity}\n{text}");
            }
        } else {
            let file = format!("add `-o {}.svg`", entity.replace('/', "_"));
            assert!(code == Some(2) && text.is_empty() && said.contains(&file), "{entity}: {said}");
        }
    }
    let (code, text, said) = on_terminal(100, &["diagram", "vms/content"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(widest(&text) <= 100, "{text}");
    // Who asks for text gets it.
    let (code, _, said) = on_terminal(30, &["diagram", "vms/content"]);
    assert_eq!(code, Some(2), "{said}");
    let (code, text, _) = on_terminal(30, &["diagram", "vms/content", "--format", "text"]);
    assert_eq!((code, widest(&text) > 30), (Some(0), true));
}
