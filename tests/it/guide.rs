//! What the guide of docs/definitions.md has its reader do, done: its files are written, its commands are run, and print what it
//! shows.

use std::{fs, path::Path, process::Command};

const GUIDE: &str = include_str!("../../docs/definitions.md");

#[test]
fn the_guide_can_be_followed() {
    let guide = GUIDE.split("\n## Ten minutes\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut walk = Walk { folder: folder.path(), variables: Vec::new(), run: 0 };
    for (at, part) in guide.split("```").enumerate().filter(|(at, _)| at % 2 == 1) {
        let (language, text) = part.split_once('\n').unwrap();
        match language {
            "console" => walk.console(text),
            // A file begins with its name.
            "toml" if text.starts_with("# ") => {
                let name = text.lines().next().unwrap().trim_start_matches("# ");
                fs::write(folder.path().join(name), text).unwrap();
            }
            // A part of what `init` wrote.
            "toml" => {
                let draft = fs::read_to_string(folder.path().join("acme/video.toml")).unwrap();
                assert!(draft.contains(text.trim_end()), "{text}\n{draft}");
            }
            // What runs beside the guide, and what it answers.
            "sh" | "json" => {}
            other => panic!("{at}: ```{other}"),
        }
    }
    assert_eq!(walk.run, 9);
}

struct Walk<'f> {
    folder: &'f Path,
    variables: Vec<(String, String)>,
    run: usize,
}

impl Walk<'_> {
    fn console(&mut self, block: &str) {
        for step in block.split("$ ").skip(1) {
            let (command, shown) = step.split_once('\n').unwrap();
            let words: Vec<&str> = command.split(' ').collect();
            match words[..] {
                ["cat", file] => fs::write(self.folder.join(file), shown.trim_end()).unwrap(),
                ["export", ref pairs @ ..] => {
                    let pairs = pairs.iter().filter_map(|pair| pair.split_once('='));
                    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
                    self.variables.extend(pairs.map(owned));
                }
                ["mediafold", ref args @ ..] => self.mediafold(args, shown),
                _ => panic!("{command}"),
            }
        }
    }

    fn mediafold(&mut self, args: &[&str], shown: &str) {
        let (args, file) = match args {
            [args @ .., ">", file] => (args, Some(file)),
            args => (args, None),
        };
        let is_table = matches!(args[0], "fold" | "check" | "timeline");
        let table: &[&str] = if is_table { &["--format", "table"] } else { &[] };
        let output = Command::new(env!("CARGO_BIN_EXE_mediafold"))
            .args(args)
            .args(table)
            .current_dir(self.folder)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .output()
            .unwrap();
        self.run += 1;
        if let Some(file) = file {
            return fs::write(self.folder.join(file), output.stdout).unwrap();
        }
        let printed = String::from_utf8([output.stderr, output.stdout].concat()).unwrap();
        match shown.strip_prefix("…\n") {
            Some(end) => assert!(printed.trim_end().ends_with(end.trim_end()), "{printed}"),
            None => assert_eq!(printed.trim_end(), shown.trim_end(), "{args:?}"),
        }
    }
}
