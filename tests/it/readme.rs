use std::{
    env::consts::EXE_SUFFIX,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What the README shows is what the program prints, where there is nothing but the program: each command is run in one
/// folder, empty at the beginning, in the order in which they stand.
#[test]
fn transcripts_are_true() {
    let readme = fs::read_to_string("README.md").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (mut run, mut shown) = (0, 0);
    for block in readme.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        let all = commands(block).into_iter();
        for (command, expected) in all.filter(|(command, _)| command.starts_with("mediafold ")) {
            run += 1;
            let (code, actual) = told(folder.path(), command, !expected.is_empty());
            // Findings, and rows that are wrong, are no failure of the command.
            assert!([Some(0), Some(1)].contains(&code), "{command}: {code:?} {actual}");
            if !expected.is_empty() {
                assert_eq!(actual.trim_end(), expected.trim_end(), "{command}");
                shown += 1;
            }
        }
    }
    assert!(run >= 10 && shown >= 2, "only {run} commands, of which {shown} show something");
}

/// How a command ends and what it says; where that is shown, as on a terminal.
fn told(folder: &Path, command: &str, is_shown: bool) -> (Option<i32>, String) {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_mediafold"));
    assert_eq!(program.file_name().unwrap().to_str(), Some(&*format!("mediafold{EXE_SUFFIX}")));
    let format = if is_shown { " --format table" } else { "" };
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("PATH=$0:$PATH; {command}{format}")]).arg(program.parent().unwrap());
    let output = shell.current_dir(folder).output().unwrap();
    (output.status.code(), String::from_utf8([output.stderr, output.stdout].concat()).unwrap())
}

/// The packages that the README names are those that are made.
#[test]
fn the_named_packages_are_made() {
    let readme = fs::read_to_string("README.md").unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert!(readme.contains(&format!("mediafold-{version}-x86_64-unknown-linux-musl.tar.gz")));
    let platforms = fs::read_to_string("src/bindings/command/platforms.json").unwrap();
    assert!(platforms.contains("\"x86_64-unknown-linux-musl\""), "{platforms}");
    let manifest = fs::read_to_string("src/bindings/npm/package.json").unwrap();
    assert!(manifest.contains("\"mediafold\": \"bin/mediafold.cjs\""), "{manifest}");
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
