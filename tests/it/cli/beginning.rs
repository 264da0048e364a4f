//! Where people begin: `init`, `config`, and the definitions that there are.

use super::*;

#[test]
fn a_draft_is_written_once_and_passes_lint() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let traffic = path("traffic.jsonl");
    assert!(mediafold(&["simulate", "fastpix", "--assets", "20", "-o", &traffic]).status.success());
    let mine = path("mine");
    let init = mediafold(&["init", "acme", "--from", &traffic, "--into", &mine]);
    let shown = String::from_utf8_lossy(&init.stdout).into_owned();
    assert_eq!(init.status.code(), Some(0), "{shown}{}", String::from_utf8_lossy(&init.stderr));
    assert!(shown.contains("kind      /type: in ") && shown.contains("provider.toml"), "{shown}");
    assert_eq!(mediafold(&["lint", &mine]).status.code(), Some(0));
    let fold = mediafold(&[
        "fold",
        "--definitions",
        &mine,
        "--provider",
        "acme",
        "--format",
        "jsonl",
        &traffic,
    ]);
    let assets = String::from_utf8_lossy(&fold.stdout).lines().count();
    assert!(assets >= 15, "{assets} assets");
    // Nothing is written over, and of several files none is written.
    let before = fs::read(folder.path().join("mine/provider.toml")).unwrap();
    fs::remove_file(folder.path().join("mine/media.toml")).unwrap();
    let again = mediafold(&["init", "other", "--from", &traffic, "--into", &mine]);
    assert_eq!(again.status.code(), Some(2));
    assert_eq!(fs::read(folder.path().join("mine/provider.toml")).unwrap(), before);
    assert!(!folder.path().join("mine/media.toml").exists());
}

#[test]
fn init_says_what_it_could_not_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let sample = path("sample.jsonl");
    let code = |arguments: &[&str]| mediafold(arguments).status.code();
    let into = path("mine");
    fs::write(&sample, "{\"type\":\"clip.made\",\"clip_id\":\"a\"}\n{cut\n").unwrap();
    assert_eq!(code(&["init", "acme", "--from", &sample, "--into", &into]), Some(1));
    fs::write(&sample, "{\"a\":1}\n").unwrap();
    assert_eq!(code(&["init", "acme", "--from", &sample, "--into", &path("none")]), Some(2));
    assert!(!folder.path().join("none").exists());
    assert_eq!(code(&["init", "a/b", "--from", &sample]), Some(2));
    assert_eq!(code(&["init", "acme"]), Some(2));
    assert_eq!(
        code(&["init", "acme", "--from", &path("gone.jsonl"), "--into", &path("none")]),
        Some(2)
    );
}

#[test]
fn a_provider_is_listed_and_printed() {
    let printed = mediafold(&["lifecycles", "fastpix", "--toml"]);
    let file = fs::read("src/core/definitions/fastpix/provider.toml").unwrap();
    assert_eq!((printed.status.code(), printed.stdout), (Some(0), file));
    let listed = mediafold(&["lifecycles", "fastpix", "--format", "jsonl"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert_eq!(listed.lines().count(), 5, "{listed}");
    assert!(listed.lines().all(|line| line.contains("\"entity\":\"fastpix/")), "{listed}");
    assert_eq!(mediafold(&["lifecycles", "fastpics", "--toml"]).status.code(), Some(2));
}

/// What `config` prints is taken once the secrets that it names are there.
#[cfg(feature = "server")]
#[test]
fn a_configuration_to_begin_with_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine");
    fs::create_dir(&mine).unwrap();
    let provider = "provider = \"acme-7\"\n[envelope]\nkind = [\"/type\"]\n[signature]\nscheme = \"jwt\"\n[probe]\nwhen = { \"?hub.verify_token\" = \"{verify_token}\" }\nanswer = \"{?hub.challenge}\"\n";
    fs::write(mine.join("provider.toml"), provider).unwrap();
    let run = |arguments: &[&str], env: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mediafold"));
        command.current_dir(folder.path()).args(arguments);
        command.envs(env.iter().map(|name| (name, "c2lnbmluZyBzZWNyZXQ=")));
        command.output().unwrap()
    };
    let printed = run(&["config", "--definitions", "mine"], &[]);
    let text = String::from_utf8(printed.stdout).unwrap();
    assert_eq!(printed.status.code(), Some(0), "{text}");
    for source in ["fastpix", "twilio", "vms", "acme_7"] {
        assert!(text.contains(&format!("[sources.{source}]")), "{text}");
    }
    fs::write(folder.path().join("mediafold.toml"), &text).unwrap();
    let names: Vec<&str> =
        text.split("env = \"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(run(&["check-config", "mediafold.toml"], &[]).status.code(), Some(1));
    let checked = run(&["check-config", "mediafold.toml"], &names);
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert_eq!(
        checked.status.code(),
        Some(0),
        "{said}{}",
        String::from_utf8_lossy(&checked.stderr)
    );
    assert!(said.contains("token    set") && said.contains("verified by jwt"), "{said}");
    assert_eq!(run(&["config", "fastpics"], &[]).status.code(), Some(2));
    let one = run(&["config", "fastpix"], &[]);
    assert!(!String::from_utf8_lossy(&one.stdout).contains("twilio"));
}
