use std::{fs, process::Command};

/// What the README shows is what the program prints.
#[test]
fn transcripts_are_true() {
    let readme = fs::read_to_string("README.md").unwrap();
    let mut shown = 0;
    for block in readme.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for (command, expected) in
            commands(block).into_iter().filter(|(_, output)| !output.is_empty())
        {
            let args = command.split(' ').skip(1).chain(["--format", "table"]);
            let output = Command::new(env!("CARGO_BIN_EXE_mediafold")).args(args).output().unwrap();
            let actual = String::from_utf8([output.stderr, output.stdout].concat()).unwrap();
            assert_eq!(actual.trim_end(), expected.trim_end(), "{command}");
            shown += 1;
        }
    }
    assert!(shown >= 2, "only {shown} transcripts");
}

/// Each command of a block with the output below it.
fn commands(block: &str) -> Vec<(&str, String)> {
    let mut commands: Vec<(&str, String)> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command, String::new())),
            (None, Some((_, output))) => {
                output.push_str(line);
                output.push('\n');
            }
            (None, None) => {}
        }
    }
    commands
}
