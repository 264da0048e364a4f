use std::process::Command;

use super::{WEBHOOKS, delivery, with_stdin};

const RED: &str = "\u{1b}[31m";
const GREEN: &str = "\u{1b}[32m";
const YELLOW: &str = "\u{1b}[33m";
const CYAN: &str = "\u{1b}[36m";

fn colored(args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mediafold"));
    let output = command.args(args).env("CLICOLOR_FORCE", "1").env_remove("NO_COLOR").output();
    String::from_utf8(output.unwrap().stdout).unwrap()
}

/// Error states are red, rest and end green, what moves yellow, whatever was found; findings have their own colours.
#[test]
fn states_have_the_colours_of_states_and_findings_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hooks.jsonl");
    let lines = [
        delivery("video.media.created", 1, "lawful"),
        delivery("video.media.failed", 2, "lawful"),
        delivery("video.media.created", 1, "gone"),
        delivery("video.media.deleted", 2, "gone"),
        delivery("video.media.ready", 3, "gone"),
        delivery("video.media.created", 1, "moving"),
        delivery("video.media.nonsense", 2, "moving"),
        delivery("video.media.ready", 1, "done"),
    ];
    std::fs::write(&file, lines.join("\n")).unwrap();
    let table = colored(&["fold", "--format", "table", file.to_str().unwrap()]);
    let row = |id: &str| table.lines().find(|line| line.contains(id)).unwrap();
    for (id, state, findings) in [
        ("lawful", format!("{RED}failed"), None),
        ("gone", format!("{GREEN}deleted"), Some(format!("{RED}1 error"))),
        ("moving", format!("{YELLOW}created"), Some(format!("{YELLOW}1 warning"))),
        ("done", format!("{GREEN}ready"), Some(format!("{CYAN}1 info"))),
    ] {
        let row = row(id);
        assert!(row.contains(&state), "{row:?}");
        let color = |text: &str| text.contains('\u{1b}');
        match findings {
            Some(findings) => assert!(row.contains(&findings), "{row:?}"),
            None => assert!(!color(row.split_once("failed\u{1b}[0m").unwrap().1), "{row:?}"),
        }
        let timeline = colored(&[
            "timeline",
            "fastpix/media",
            id,
            "--format",
            "table",
            file.to_str().unwrap(),
        ]);
        let head = timeline.lines().next().unwrap();
        let code = state[..5].replace("\u{1b}[", "");
        assert!(head.contains(&format!("\u{1b}[1m\u{1b}[{code}")), "{head:?}");
    }
}

/// Every state of every built-in lifecycle that is reached: the definition says what it is.
#[test]
fn the_colour_of_every_state_is_what_its_definition_says() {
    let catalog = mediafold::Catalog::builtin();
    for lifecycle in catalog.lifecycles() {
        let entity = lifecycle.entity();
        let bodies = super::mediafold(&["paths", entity, "--cover", "states", "--bodies"]).stdout;
        let lines: Vec<&[u8]> = bodies.split(|byte| *byte == b'\n').collect();
        let mut seen = 0;
        // Each beginning of the sequences leaves some asset in each state on its way.
        for len in 1..lines.len() {
            let table = colored_stdin(&lines[..len].join(&b'\n'));
            for row in table.lines().filter(|line| line.starts_with(&format!("{entity} "))) {
                let name = row
                    .split("\u{1b}[")
                    .nth(1)
                    .and_then(|colored| colored.split_once('m'))
                    .unwrap()
                    .1;
                let name = name.split(' ').next().unwrap();
                let state = lifecycle.states().iter().find(|state| state.name == name).unwrap();
                let color = match (state.error, state.rest || state.end) {
                    (true, _) => RED,
                    (false, true) => GREEN,
                    (false, false) => YELLOW,
                };
                assert!(row.contains(&format!("{color}{name}")), "{row:?}");
                seen += 1;
            }
        }
        assert!(seen > 0, "{entity}");
    }
}

fn colored_stdin(input: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hooks.jsonl");
    std::fs::write(&file, input).unwrap();
    colored(&["fold", "--format", "table", file.to_str().unwrap()])
}

#[test]
fn nobody_who_is_no_terminal_gets_colours() {
    let table = with_stdin(&["fold", "--format", "table", WEBHOOKS], b"");
    assert!(!table.stdout.contains(&0x1b));
}
