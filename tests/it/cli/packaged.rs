//! What packages bring along: completions, manual pages, samples, and what a build says of itself.

use super::*;

#[test]
fn a_build_says_what_it_is() {
    let version = stdout(&mediafold(&["--version"]));
    let mut lines = version.lines();
    assert_eq!(lines.next(), Some(concat!("mediafold ", env!("CARGO_PKG_VERSION"))));
    let commit = lines.next().and_then(|line| line.strip_prefix("commit: ")).unwrap();
    let digits = |text: &str, len: usize| {
        text.len() == len && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let named = commit.strip_suffix(", with changes").unwrap_or(commit);
    let none = ["unknown", "none, a build for development"];
    assert!(none.contains(&commit) || digits(named, 40), "{commit}");
    let definitions = lines.next().and_then(|line| line.strip_prefix("definitions: ")).unwrap();
    let (fingerprint, counts) = definitions.split_once(' ').unwrap();
    assert!(digits(fingerprint, 32), "{fingerprint}");
    let lifecycles = stdout(&mediafold(&["lifecycles", "--format", "jsonl"])).lines().count();
    assert!(counts.ends_with(&format!(" {lifecycles} lifecycles)")), "{counts}, {lifecycles}");
    assert_eq!(lines.next(), None);
    assert_eq!(stdout(&mediafold(&["-V"])), version);
}

/// What is offered at the end of a line, by the protocol that all shells have in common.
fn completed(line: &[&str]) -> Vec<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mediafold"));
    let output = command.env("MEDIAFOLD_COMPLETE", "fish").args(["--", "mediafold"]).args(line);
    let output = stdout(&output.output().unwrap());
    output.lines().filter_map(|line| line.split('\t').next()).map(str::to_owned).collect()
}

#[test]
fn completions_know_what_the_definitions_name() {
    assert_eq!(completed(&["timel"]), ["timeline"]);
    for verb in ["diagram", "timeline", "paths", "lifecycles", "simulate"] {
        assert_eq!(completed(&[verb, "mux/as"]), ["mux/asset"], "{verb}");
    }
    assert_eq!(completed(&["audit", "--entity", "mux/as"]), ["mux/asset"]);
    for line in [&["fold", "--provider"][..], &["import", "--provider"], &["config"], &["simulate"]]
    {
        assert!(
            completed(&[line, &["cloudfl"]].concat()).contains(&"cloudflare".into()),
            "{line:?}"
        );
    }
    assert_eq!(completed(&["check", "--allow", "illegal-t"]), ["illegal-transition"]);
    assert_eq!(completed(&["check", "--deny", "L10"]).len(), 5);
    assert_eq!(completed(&["explain", "D101"]), ["D101"]);
    assert!(completed(&["check", "--deny", "D101"]).is_empty(), "a definition's problem is none");
}

#[test]
fn completions_know_definitions_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine");
    let sample = folder.path().join("sample.jsonl");
    let traffic = mediafold(&["simulate", "fastpix", "--assets", "20"]);
    fs::write(&sample, &traffic.stdout).unwrap();
    let (mine, sample) = (mine.to_str().unwrap(), sample.to_str().unwrap());
    assert!(mediafold(&["init", "acme", "--from", sample, "--into", mine]).status.success());
    let joined = format!("--definitions={mine}");
    for definitions in [&["--definitions", mine][..], &[&joined]] {
        let line = [definitions, &["fold", "--provider", "ac"]].concat();
        assert_eq!(completed(&line), ["acme"], "{line:?}");
    }
    // Definitions that cannot be read are no reason to offer nothing.
    let line = ["--definitions", sample, "fold", "--provider", "mu"];
    assert_eq!(completed(&line), ["mux"]);
}

/// Bash as it is used: the script is read, and the function that it registers is called.
#[cfg(unix)]
#[test]
fn bash_completes() {
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_mediafold")).parent().unwrap();
    let script = "PATH=$0:$PATH
        source <(mediafold completions bash)
        COMP_WORDS=(mediafold diagram mux/live) COMP_CWORD=2 COMP_TYPE=9
        function=$(complete -p mediafold | sed 's/.* -F \\([^ ]*\\).*/\\1/')
        \"$function\" mediafold mux/live diagram 2>/dev/null
        printf '%s\\n' \"${COMPREPLY[@]}\"";
    let output = Command::new("bash").args(["-c", script]).arg(bin).output().unwrap();
    assert_eq!(stdout(&output), "mux/live_stream\n", "{}", stderr(&output));
}

#[test]
fn an_unknown_shell_is_refused() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mediafold"));
    let output = command.env("MEDIAFOLD_COMPLETE", "tcsh").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("tcsh"), "{}", stderr(&output));
}

#[test]
fn every_verb_has_a_page_of_the_manual() {
    let folder = tempfile::tempdir().unwrap();
    let man = folder.path().join("man1");
    let write = || assert!(mediafold(&["man", man.to_str().unwrap()]).status.success());
    let read = |name: &str| fs::read_to_string(man.join(name)).unwrap();
    write();
    let page = read("mediafold.1");
    assert_eq!(page, stdout(&mediafold(&["man"])));
    let help = stdout(&mediafold(&["--help"]));
    let verbs = help.split_once("Commands:\n").unwrap().1.split_once("\n\n").unwrap().0;
    let verbs = verbs.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let verbs: Vec<&str> = verbs.filter(|verb| !verb.is_empty() && *verb != "help").collect();
    assert!(verbs.len() >= 20, "{verbs:?}");
    assert_eq!(fs::read_dir(&man).unwrap().count(), verbs.len() + 1);
    for verb in verbs {
        let shown = verb.replace('-', "\\-");
        assert!(page.contains(&format!("mediafold\\-{shown}(1)")), "{verb}");
        let own = read(&format!("mediafold-{verb}.1"));
        assert!(own.starts_with(".ie ") && own.contains("SYNOPSIS"), "{verb}: {own}");
    }
    // Columns and continued lines stay as they are, and a backslash is one.
    let simulate = read("mediafold-simulate.1");
    let (_, notes) = simulate.split_once(".nf\n").unwrap();
    assert!(notes.contains("  mediafold simulate fastpix \\-\\-assets 100\n"), "{notes}");
    assert!(notes.contains("truth.jsonl \\\\\n"), "{notes}");
    // Over those that are there.
    fs::write(man.join("mediafold.1"), "older").unwrap();
    write();
    assert_eq!(read("mediafold.1"), page);
}

#[test]
fn a_sample_needs_no_repository() {
    let sample = mediafold(&["sample"]);
    assert_eq!(sample.stdout, fs::read("tests/data/samples/mux.jsonl").unwrap());
    let folder = tempfile::tempdir().unwrap();
    let hooks = folder.path().join("hooks");
    let hooks = hooks.to_str().unwrap();
    let wrote = stdout(&mediafold(&["sample", hooks]));
    let names: Vec<&str> = wrote.lines().filter_map(|line| line.strip_prefix("wrote ")).collect();
    assert_eq!(names.len(), 3, "{wrote}");
    assert_eq!(fs::read(names[0]).unwrap(), sample.stdout);
    let audit = mediafold(&["audit", names[1], names[2]]);
    assert_eq!(audit.status.code(), Some(1), "{}", stderr(&audit));
    // What somebody has there by these names is theirs.
    fs::write(names[1], "mine").unwrap();
    assert_eq!(mediafold(&["sample", hooks]).status.code(), Some(2));
    assert_eq!(fs::read(names[1]).unwrap(), b"mine");
}
