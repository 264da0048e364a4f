use std::process::Command;

use super::*;

/// What is wrong with it, a line each.
fn problems(text: &str, env: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mediafold.toml");
    std::fs::write(&path, text).unwrap();
    match load_with(&path, env) {
        Ok(config) => vec![format!("fine: {config}")],
        Err(ConfigError::Wrong(problems)) => problems
            .iter()
            .map(|problem| format!("{}: {}", problem.line, problem.message))
            .collect(),
        Err(other) => vec![other.to_string()],
    }
}

/// The one problem of a text, which says all of this.
fn assert_problem(text: &str, says: &[&str]) {
    let problems = problems(text, &|_| None);
    assert_eq!(problems.len(), 1, "{text}\n{problems:#?}");
    for part in says {
        assert!(problems[0].contains(part), "{part}: {}", problems[0]);
    }
}

/// Each configuration that docs/providers.md shows is one, whatever the secrets are.
#[test]
fn the_configurations_of_the_platforms_are_right() {
    let page = std::fs::read_to_string("docs/providers.md").unwrap();
    let named = |name: &str| page.contains(&format!("env = \"{name}\""));
    let env = |name: &str| named(name).then(|| "Z2xhc3Mgc2VjcmV0Z2xhc3Mgc2VjcmV0".to_owned());
    let blocks = page.split("```toml\n").skip(1).filter_map(|rest| rest.split_once("```"));
    let blocks: Vec<&str> =
        blocks.map(|(block, _)| block).filter(|block| block.starts_with("[sources.")).collect();
    for block in &blocks {
        let told = problems(block, &env);
        assert!(told.iter().all(|told| told.starts_with("fine: ")), "{block}\n{told:#?}");
    }
    for provider in crate::definitions::providers() {
        let named = format!("provider = \"{provider}\"");
        let named_wide = format!("provider   = \"{provider}\"");
        let has = |block: &&str| block.contains(&named) || block.contains(&named_wide);
        assert!(blocks.iter().any(has), "{provider}");
    }
}

const SAMPLE: &str = r#"
listen = "127.0.0.1:9090"
data   = "hooks.db"
token  = "t0ken"
log    = "info,mediafold=debug"
[limits]
connections = 50
body_timeout = "5s"
[sources.fastpix]
provider = "fastpix"
secrets  = [{ value = "c2lnbmluZyBzZWNyZXQ=" }, { env = "FASTPIX", not_after = "2026-12-31T00:00:00Z" }, { file = "fastpix.key" }]
body_max = "2 MiB"
rate     = 500
retention = { bodies = "36h", assets = "365d" }
[sources.twilio]
provider   = "twilio"
public_url = "https://example.com/in/twilio?foo=1"
secrets    = [{ value = "12345" }]
[sources.vms]
provider   = "vms"
path_token = "s3cret-path"
[sources.open]
provider = "vms"
insecure = true
"#;

#[test]
fn what_is_understood_is_shown_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mediafold.toml");
    std::fs::write(&path, SAMPLE).unwrap();
    std::fs::write(folder.path().join("fastpix.key"), "ZnJvbSBmaWxl\n").unwrap();
    let env = |name: &str| (name == "FASTPIX").then(|| "ZnJvbSBlbnY=".to_owned());
    let config = load_with(&path, &env).unwrap();
    assert_eq!(config.data, folder.path().join("hooks.db"));
    assert_eq!((config.limits.connections, config.limits.body_timeout.as_secs()), (50, 5));
    let shown = config.to_string();
    for part in [
        "listen   127.0.0.1:9090\n",
        "source   fastpix: POST /in/fastpix, provider fastpix\n    verified by hmac, 3 secrets (until 2026-12-31T00:00:00Z)\n    2 MiB each, 256 at a time, 500 a second\n    keeps bodies for 1d 12h, assets of fastpix at rest for 365d after they were heard of last, and all else\n",
        "    1 MiB each, 256 at a time\n    keeps everything\n",
        "source   twilio: POST or GET /in/twilio, provider twilio\n    verified by twilio, 1 secret\n",
        "source   vms: POST /in/vms/…, provider vms\n    verified by path token, 1 secret\n    1 MiB each",
        "source   open: POST /in/open, provider vms\n    verified by nothing: anybody may write\n",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    let all = format!("{shown}{config:?}");
    for secret in ["t0ken", FASTPIX, "signing secret", "12345", "s3cret", "ZnJvb", "from file"] {
        assert!(!all.contains(secret), "{secret}\n{all}");
    }
}

#[test]
fn the_environment_wins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mediafold.toml");
    std::fs::write(&path, SOURCES).unwrap();
    let env = |name: &str| match name {
        "MEDIAFOLD_LISTEN" => Some("[::1]:1234".to_owned()),
        "MEDIAFOLD_DATA" => Some("/var/lib/hooks.db".to_owned()),
        "MEDIAFOLD_LOG" => Some("debug".to_owned()),
        "MEDIAFOLD_TOKEN" => Some("other".to_owned()),
        _ => None,
    };
    let config = load_with(&path, &env).unwrap();
    assert_eq!(config.listen.to_string(), "[::1]:1234");
    assert_eq!(
        (config.data.as_path(), config.log.as_str()),
        (Path::new("/var/lib/hooks.db"), "debug")
    );
    let gate = Gate::new(config, Arc::new(Fake::default()), Arc::new(now));
    assert!(gate.may_ask("other") && !gate.may_ask("may ask") && !gate.may_ask(""));

    let wrong = problems(SOURCES, &|name| (name == "MEDIAFOLD_LISTEN").then(|| "here".to_owned()));
    assert!(wrong.len() == 1 && wrong[0].starts_with("0: MEDIAFOLD_LISTEN is `here`"), "{wrong:?}");
}

#[test]
fn wrong_keys_and_values_name_their_lines() {
    let with =
        |text: &str| format!("{text}\n[sources.vms]\nprovider = \"vms\"\npath_token = \"x\"\n");
    assert_problem(
        &with("lisen = \"127.0.0.1:1\""),
        &["1: unknown key `lisen`", "did you mean `listen`?"],
    );
    assert_problem(
        &with("\n[limits]\nbody = 1"),
        &["3: unknown key `body`; expected one of connections"],
    );
    assert_problem(&with("listen = \"8080\""), &["1: cannot listen on `8080`", "127.0.0.1:8080"]);
    assert_problem(&with("listen = 8080"), &["1: found a number, expected some text"]);
    assert_problem(&with("log = \"a=b=c\""), &["1: `a=b=c`", "debug"]);
    assert_problem(&with("token = \"\""), &["1: found an empty text"]);
    for wrong in ["\"10.0.0.0/33\"", "[\"::1\", \"proxy.example\"]"] {
        let text = with(&format!("proxies = {wrong}"));
        assert_problem(&text, &["is no address of a proxy; expected an address"]);
    }
    assert_problem(&with("proxies = 1"), &["1: found a number"]);
    assert_problem(
        &with("[limits]\nbody_timeout = 5"),
        &["2: found a number, expected a duration"],
    );
    assert_problem(
        &with("[limits]\nqueue = 0"),
        &["2: found a number, expected a whole number from 1"],
    );
    assert_problem(&with("[limits]\nmemory = \"1 MB\""), &["2: found a text", "\"1 MiB\""]);
    assert_problem(&with("[limits]\nmemory = 100000"), &["`memory` is too little; expected 2 MiB"]);
    assert_problem(&with("[tls]\nkey = \"k.pem\""), &["[tls] without `certificate`"]);
    assert_problem(&with("a = = 1"), &["1: not TOML"]);
    assert_problem("", &["no sources"]);
    // All at once.
    let several = with("\nlisen = 1\n[limits]\nqeue = 1\nbody_timeout = 2");
    let lines: Vec<_> =
        problems(&several, &|_| None).iter().map(|text| text[..1].to_owned()).collect();
    assert_eq!(lines, ["2", "4", "5"]);
}

#[test]
fn sources_say_who_sends_and_how_that_is_known() {
    let source = |text: &str| format!("[sources.a]\n{text}\n");
    let vms = |text: &str| source(&format!("provider = \"vms\"\n{text}"));
    let fastpix = |text: &str| source(&format!("provider = \"fastpix\"\n{text}"));
    assert_problem(
        &source("insecure = true"),
        &["source `a` without `provider`", &crate::definitions::providers().join(", ")],
    );
    assert_problem(
        &source("provider = \"fastpics\""),
        &["2: there is no provider `fastpics`; did you mean `fastpix`?"],
    );
    assert_problem("[sources.\"a/b\"]\nprovider = \"vms\"", &["1: a source named `a/b`"]);
    // Nothing is let in unverified unless that is written down.
    assert_problem(
        &vms(""),
        &["1: source `a` would let anybody write", "path_token", "insecure = true"],
    );
    assert_problem(&fastpix(""), &["1: source `a` has no `secrets` to verify", "insecure = true"]);
    assert_problem(&fastpix("secrets = []"), &["empty list of secrets"]);
    assert_problem(&fastpix("path_token = \"x\""), &["has no `secrets`"]);
    assert_problem(&vms("secrets = [\"x\"]"), &["signs nothing", "bearer"]);
    for fine in [
        vms("insecure = true"),
        fastpix("insecure = true"),
        vms("scheme = \"bearer\"\nsecrets = \"x\""),
    ] {
        assert!(problems(&fine, &|_| None)[0].starts_with("fine"), "{fine}");
    }
    assert_problem(
        &fastpix("secrets = [{ value = \"not base64!\" }]"),
        &["source `a`: the secret is not base64"],
    );
    assert_problem(&source("provider = \"twilio\"\nsecrets = [\"1\"]"), &["expected `public_url`"]);
    assert_problem(
        &vms("scheme = \"rot13\"\nsecrets = [\"1\"]"),
        &["3: source `a`: the scheme `rot13` is not known", "bearer"],
    );
    assert_problem(&vms("scheme = \"token\"\nsecrets = [\"1\"]"), &["header"]);
    assert_problem(
        &vms("path_token = \"x\"\nbody_max = \"26 MiB\""),
        &["4: found a text, expected bytes up to 25 MiB"],
    );
}

#[test]
fn what_is_kept_is_said_so_that_nothing_goes_unawares() {
    let kept = |text: &str| {
        format!("[sources.a]\nprovider = \"vms\"\npath_token = \"x\"\nretention = {text}\n")
    };
    for (retention, says) in [
        ("{ bodies = 30 }", "4: found a number, expected how long, such as \"30d\""),
        ("{ bodies = \"0d\" }", "4: found a text, expected how long"),
        ("{ bodies = \"30 moons\" }", "4: found a text, expected how long"),
        ("{ body = \"30d\" }", "4: unknown key `body`; expected one of bodies, assets"),
        ("{ assets = \"89d\" }", "4: expected `assets` of at least 90d"),
        ("\"30d\"", "4: found a text, expected a table"),
    ] {
        assert_problem(&kept(retention), &[says]);
    }
    let two = |other: &str| {
        let one = kept("{ assets = \"90d\" }");
        format!("{one}[sources.b]\nprovider = \"vms\"\npath_token = \"y\"\n{other}")
    };
    assert_problem(&two(""), &["5: sources `a` and `b`: expected the same `assets`"]);
    let same = problems(&two("retention = { bodies = \"1d\", assets = \"2160h\" }"), &|_| None);
    assert!(same[0].starts_with("fine"), "{same:?}");
}

#[test]
fn secrets_come_from_one_place() {
    let source =
        |secret: &str| format!("[sources.a]\nprovider = \"fastpix\"\nsecrets = [{secret}]\n");
    for (secret, says) in [
        ("{ env = \"NONE\" }", "3: the secret `NONE` is not in the environment"),
        ("{ file = \"none.key\" }", "none.key`: No such file"),
        ("{ value = \"eA==\", env = \"X\" }", "one of `value`, `env` and `file`"),
        ("{ }", "one of `value`, `env` and `file`"),
        ("{ vaule = \"eA==\", value = \"eA==\" }", "unknown key `vaule`; did you mean `value`?"),
        ("{ value = \"eA==\", not_after = \"tomorrow\" }", "3: not_after: `tomorrow`"),
        ("{ value = \" \" }", "3: the secret is empty"),
        ("7", "3: found a number, expected some text"),
    ] {
        assert_problem(&source(secret), &[says]);
    }
}

#[test]
fn check_config_says_what_it_understood() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mediafold.toml");
    let check = |text: &str| {
        std::fs::write(&path, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_mediafold"));
        command.arg("check-config").arg(&path).env("MEDIAFOLD_TOKEN", "from outside");
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    };
    let (code, shown) = check(SOURCES);
    assert_eq!(code, Some(0), "{shown}");
    assert!(
        shown.contains("source   twilio: POST or GET") && shown.contains("token    set"),
        "{shown}"
    );
    assert!(!shown.contains("from outside") && !shown.contains("12345"), "{shown}");
    assert!(!shown.contains("proxies") && !shown.contains("nothing can be asked"), "{shown}");
    // Without a token it says what that means, and how to set one.
    std::fs::write(
        &path,
        SOURCES.replace("token = \"may ask\"", "proxies = [\"10.1.0.0/8\", \"::1\"]"),
    )
    .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_mediafold"))
        .arg("check-config")
        .arg(&path)
        .env_remove("MEDIAFOLD_TOKEN")
        .output();
    let shown = String::from_utf8(output.unwrap().stdout).unwrap();
    for part in [
        "token    none: nothing can be asked",
        "set `token = \"…\"`",
        "MEDIAFOLD_TOKEN",
        "proxies  10.0.0.0/8, ::1\n",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    let (code, shown) = check("\nlisen = \"x\"\n[sources.vms]\nprovider = \"vms\"\n");
    assert_eq!(code, Some(1));
    let place = format!("{}:2: unknown key `lisen`", path.display());
    assert!(shown.contains(&place) && shown.contains("would let anybody write"), "{shown}");
    std::fs::remove_file(&path).unwrap();
    let output =
        Command::new(env!("CARGO_BIN_EXE_mediafold")).arg("check-config").arg(&path).output();
    assert_eq!(output.unwrap().status.code(), Some(2));
}

/// Definitions beside the configuration count, with their own schemes.
#[test]
fn own_definitions_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine");
    std::fs::create_dir(&mine).unwrap();
    let provider = "provider = \"acme\"\n[envelope]\nkind = [\"/type\"]\n[signature]\nscheme = \"standard-webhooks\"\n";
    std::fs::write(mine.join("provider.toml"), provider).unwrap();
    let config =
        "definitions = \"mine\"\n[sources.acme]\nprovider = \"acme\"\nsecrets = [\"whsec_eA==\"]\n";
    let path = folder.path().join("mediafold.toml");
    std::fs::write(&path, config).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mediafold"));
    let output = command.arg("check-config").arg(&path).output().unwrap();
    let shown = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(shown.contains("verified by standard-webhooks, 1 secret"), "{shown}");
}

/// The page's own example, as it stands and with what is commented out.
#[test]
fn the_documented_configuration_is_one() {
    let page = std::fs::read_to_string("docs/configuration.md").unwrap();
    let example = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let shown = problems(example, &|_| None);
    assert!(shown[0].starts_with("fine"), "{shown:#?}");
    let named = ["definitions", "[tls]", "certificate", "key "];
    let lines = example.lines().map(|line| line.strip_prefix("# ").unwrap_or(line));
    // Those would have to be there.
    let whole = lines.filter(|line| !named.iter().any(|start| line.starts_with(start)));
    let whole: Vec<_> = whole.collect();
    let whole = problems(&whole.join("\n"), &|_| None);
    let after_path = |text: &str| text.split("log ").nth(1).unwrap().to_owned();
    // All but the rate and what goes when it is old are the values that hold anyway.
    let whole =
        after_path(&whole[0]).replace(", 100 a second", "").replace("proxies  10.0.0.0/8\n", "");
    let whole = whole.replace(
        "keeps bodies for 90d, assets of fastpix at rest for 365d after they were heard of last, and all else",
        "keeps everything",
    );
    assert_eq!(whole, after_path(&shown[0]));
}
