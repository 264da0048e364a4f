//! The command that follows a server.

use std::process::{Command, Output};

use super::Server;

fn follow(server: &Server, token: Option<&str>, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mediafold"));
    command.arg("follow").arg(format!("http://{}/", server.serving.address)).args(args);
    match token {
        Some(token) => command.env("MEDIAFOLD_TOKEN", token),
        None => command.env_remove("MEDIAFOLD_TOKEN"),
    };
    command.output().unwrap()
}

/// What is printed is what the server answers, and all of it.
#[test]
fn a_server_is_followed() {
    let server = Server::filled();
    let output = follow(&server, Some("may ask"), &["--after", "0", "--once"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let printed: Vec<serde_json::Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let answer = server.json("/api/changes?after=0&limit=1000");
    assert_eq!(answer["items"].as_array(), Some(&printed));
    assert_eq!(printed.len(), 6);
}

#[test]
fn a_server_that_refuses_is_told() {
    let server = Server::filled();
    for (token, args, told) in [
        (None, &["--once"][..], "set MEDIAFOLD_TOKEN, or add `--token-file FILE`"),
        (Some("may not"), &["--once"], "answers 401"),
        (Some("may ask"), &["--once", "--after", "99"], "begin anew, from the assets"),
    ] {
        let output = follow(&server, token, args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(told) && !said.contains("may not"), "{said}");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_mediafold"));
    let nobody =
        command.args(["follow", "http://127.0.0.1:9", "--once"]).env("MEDIAFOLD_TOKEN", "t");
    let output = nobody.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("does not answer"));
}
