use super::*;

/// What is wrong with a target of these lines, or what is understood.
fn read(lines: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mediafold.toml");
    std::fs::write(&path, format!("{SOURCES}[targets.app]\n{lines}\n")).unwrap();
    match load(&path) {
        Ok(config) => vec![format!("fine: {config}{config:?}")],
        Err(ConfigError::Wrong(problems)) => problems
            .iter()
            .map(|problem| format!("{}: {}", problem.line, problem.message))
            .collect(),
        Err(other) => vec![other.to_string()],
    }
}

const URL: &str = "url = \"https://app.example.com:8443/hooks/s3cret?key=t0ken\"";
const SECRETS: &str = "secrets = [{ value = \"c2lnbmluZyBzZWNyZXQ=\", not_after = \"2030-01-01T00:00:00Z\" }, \
                       { value = \"whsec_bmV3IHNlY3JldA==\" }]";

#[test]
fn what_is_understood_is_shown_without_secrets() {
    let lines = "entities = [\"mux/asset\"]\nstates = [\"ready\", \"errored\"]\nwhat = \"changes\"\n\
                 from = 5000\nconcurrency = 2\ngive_up = \"36h\"\ntimeout = \"1m\"";
    let all = [read(&format!("{URL}\n{SECRETS}")), read(&format!("{URL}\n{SECRETS}\n{lines}"))];
    let expected = [
        "target   app: https://app.example.com:8443/…, signed with 2 secrets (until 2030-01-01T00:00:00Z)\n    \
         changes of all entities to all states\n    \
         from what comes after it was added on, 8 at a time, given up after 3d\n    \
         5s to connect, 15s to begin an answer, 30s for all of it\n",
        "    changes of mux/asset to ready, errored\n    \
         from change 5000 on, 2 at a time, given up after 1d 12h\n    \
         5s to connect, 15s to begin an answer, 1m for all of it\n",
    ];
    for (told, expected) in all.iter().zip(expected) {
        assert!(told[0].starts_with("fine: ") && told[0].contains(expected), "{told:?}");
        for secret in ["c2lnbm", "bmV3", "s3cret", "t0ken"] {
            assert!(!told[0].contains(secret), "{secret}: {told:?}");
        }
    }
}

#[test]
fn what_is_wrong_names_its_line() {
    let cases = [
        (format!("{SECRETS}\nURL = 1"), "7: unknown key `URL`; did you mean `url`?"),
        (SECRETS.to_owned(), "5: target `app` without `url`; expected the address"),
        (URL.to_owned(), "5: target `app` without `secrets`; expected"),
        (format!("{URL}\nsecrets = []"), "7: target `app` has an empty list of secrets"),
        (format!("{URL}\nsecrets = \"no base64\""), "7: target `app`: the secret is not base64"),
        (
            format!("{URL}\nsecrets = {{ env = \"NO_SUCH\" }}"),
            "7: the secret `NO_SUCH` is not in the environment",
        ),
        (format!("{SECRETS}\nurl = \"ftp://a/\""), "7: `url` is no address to post to; expected"),
        (format!("{SECRETS}\nurl = \"/hooks\""), "7: `url` is no address to post to"),
        (format!("{SECRETS}\nurl = \"https://me:pass@a/\""), "7: `url` is no address to post to"),
        (
            format!("{URL}\n{SECRETS}\nwhat = \"deliveries\""),
            "8: `what` is what is brought; expected \"changes\"",
        ),
        (
            format!("{URL}\n{SECRETS}\nentities = [\"mux/aset\"]"),
            "8: there is no entity `mux/aset`; did you mean `mux/asset`?",
        ),
        (
            format!("{URL}\n{SECRETS}\nentities = [\"mux/asset\"]\nstates = \"redy\""),
            "9: there is no state `redy`; did you mean `ready`?",
        ),
        (format!("{URL}\n{SECRETS}\nstates = \"new\""), "8: there is no state `new`"),
        (
            format!("{URL}\n{SECRETS}\nfrom = \"then\""),
            "8: `from` is where it begins; expected \"now\"",
        ),
        (format!("{URL}\n{SECRETS}\nfrom = 0"), "8: `from` is where it begins"),
        (
            format!("{URL}\n{SECRETS}\nconcurrency = 0"),
            "8: found a number, expected a whole number from 1 to 256",
        ),
        (format!("{URL}\n{SECRETS}\ngive_up = 3"), "8: found a number, expected how long"),
        (format!("{URL}\n{SECRETS}\ntimeout = \"never\""), "8: found a text, expected a duration"),
    ];
    for (lines, expected) in cases {
        let problems = read(&lines);
        let shown = problems.iter().any(|problem| problem.starts_with(expected));
        assert!(shown, "{lines}\n{expected}\n{problems:?}");
        assert!(problems.iter().all(|problem| !problem.contains("pass")), "{problems:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mediafold.toml");
    std::fs::write(&path, format!("{SOURCES}[targets.\"a b\"]\n{URL}\n{SECRETS}\n")).unwrap();
    assert!(
        load(&path).unwrap_err().to_string().contains(":5: a target named `a b`; expected letters")
    );
}

/// What docs/targets.md shows is what may be said, and what is commented out there is what holds without it.
#[test]
fn the_page_shows_a_target() {
    let page = std::fs::read_to_string("docs/targets.md").unwrap();
    let block = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let env = |name: &str| (name == "APP_SECRET").then(|| SECRET.to_owned());
    let catalog = |_: &[PathBuf]| Ok(Catalog::builtin().clone());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mediafold.toml");
    let shown = |text: &str| {
        std::fs::write(&path, format!("{SOURCES}{text}")).unwrap();
        Config::load(&path, &Surroundings::new(&env, &catalog)).unwrap().to_string()
    };
    let all = block.replace("\n# ", "\n");
    let [short, long] = [block, &all].map(shown);
    assert!(
        short.contains("target   app: https://app.example.com/…, signed with 1 secret\n"),
        "{short}"
    );
    let filtered = short.replace("all entities to all states", "mux/asset to ready, errored");
    assert_eq!(filtered, long);
}
