//! What `docs/operations.md` says is so.

use std::{collections::BTreeSet, process::Command};

use super::*;

fn page() -> String {
    std::fs::read_to_string("docs/operations.md").unwrap()
}

/// The block of this language.
fn block(page: &str, language: &str) -> String {
    let start = format!("```{language}\n");
    page.split(&start).nth(1).unwrap().split("```").next().unwrap().to_owned()
}

/// What the command says of these arguments, with this for its configuration.
fn told(arguments: &str, config: &Path) -> (Option<i32>, String) {
    let arguments = arguments.split_whitespace().map(|argument| match argument {
        path if path.ends_with(".toml") => config.to_str().unwrap().to_owned(),
        other => other.to_owned(),
    });
    let output = Command::new(env!("CARGO_BIN_EXE_mediafold")).args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// The commands of the unit and of the container are taken: what is missing is the configuration.
#[test]
fn the_documented_commands_start_a_server() {
    let page = page();
    let unit = block(&page, "ini");
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let (_, arguments) = start.split_once("/mediafold ").unwrap();
    let container = block(&page, "dockerfile");
    let list = |name: &str| -> String {
        let line = container.lines().filter_map(|line| line.strip_prefix(name)).next_back();
        serde_json::from_str::<Vec<String>>(line.unwrap()).unwrap().join(" ")
    };
    assert_eq!(format!("{} {}", list("ENTRYPOINT "), list("CMD ")), start);
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("mediafold.toml");
    let (code, error) = told(arguments, &nowhere);
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("there is no") && error.contains("mediafold.toml`"), "{error}");
    let (_, error) = told(&arguments.replace("--config", "--confg"), &nowhere);
    assert!(error.contains("--confg"), "{error}");
}

#[test]
fn the_documented_configuration_reads_credentials() {
    let folder = tempfile::tempdir().unwrap();
    let unit = block(&page(), "ini");
    for credential in unit.lines().filter_map(|line| line.strip_prefix("LoadCredential=")) {
        let name = credential.split(':').next().unwrap();
        std::fs::write(folder.path().join(name), format!("{FASTPIX}\n")).unwrap();
    }
    let config = block(&page(), "toml");
    let here = folder.path().to_str().unwrap();
    let config = config.replace("/run/credentials/mediafold.service", here);
    let path = folder.path().join("mediafold.toml");
    std::fs::write(&path, config).unwrap();
    let loaded = load(&path).unwrap().to_string();
    assert!(loaded.contains("token    set") && loaded.contains("1 secret"), "{loaded}");
}

/// What the page names of the metrics is there, and the other way round.
#[test]
fn the_documented_metrics_are_those_that_there_are() {
    let words = |text: &str| -> BTreeSet<String> {
        let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let words = text.split(|c: char| !letter(c)).filter(|word| word.starts_with("mediafold_"));
        let whole = words.map(|word| {
            let word = word.strip_suffix("_bucket").unwrap_or(word);
            ["_sum", "_count"]
                .iter()
                .find_map(|end| word.strip_suffix(end))
                .unwrap_or(word)
                .to_owned()
        });
        whole.collect()
    };
    let folder = tempfile::tempdir().unwrap();
    let server = stored::Whole::start(folder.path(), stored::CONFIG, 0);
    assert_eq!(server.media("m", "created", "e", 0), 200);
    let target = format!(
        "[targets.app]\nurl = \"http://127.0.0.1:1/\"\nsecrets = [{{ value = \"{FASTPIX}\" }}]\n"
    );
    let signed = Server::new(&(SOURCES.to_owned() + &target));
    signed.signed(EVENT);
    let samples = |text: String| -> String {
        text.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect()
    };
    let metrics = samples(server.ask("/metrics").body) + &samples(signed.metrics());
    let page = page();
    let documented = words(page.split("## What to watch").nth(1).unwrap());
    assert_eq!(documented, words(&metrics));
}
