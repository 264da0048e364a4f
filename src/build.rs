//! Says which commit a release is built of: [`cli::version`](../src/cli/version.rs) prints it.

use std::{env, fs, path::Path, process::Command};

#[expect(clippy::disallowed_methods, reason = "cargo's settings are in the environment")]
fn main() {
    println!("cargo::rerun-if-changed=src/build.rs");
    // Who develops is not to build anew for each commit.
    if env::var("PROFILE").is_ok_and(|profile| profile == "debug") {
        println!("cargo::rustc-env=MEDIAFOLD_COMMIT=none, a build for development");
        return;
    }
    let commit = packaged().or_else(checked_out);
    println!("cargo::rustc-env=MEDIAFOLD_COMMIT={}", commit.as_deref().unwrap_or("unknown"));
}

/// What cargo wrote beside the sources when it packaged them.
fn packaged() -> Option<String> {
    let text = fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let (_, commit) = text.split_once("\"sha1\": \"")?;
    commit.split_once('"').map(|(commit, _)| commit.to_owned())
}

/// What git says, where this folder is the root of its work tree; another project's commit is not ours.
fn checked_out() -> Option<String> {
    let is_root = git(&["rev-parse", "--show-prefix"])?.is_empty();
    if !is_root {
        return None;
    }
    let commit = git(&["rev-parse", "HEAD"])?;
    for path in ["src", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={path}");
    }
    // It grows with every commit and every change of branches, wherever it is.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    if Path::new(&log).exists() {
        println!("cargo::rerun-if-changed={log}");
    }
    let changes = git(&["status", "--porcelain", "--", "src", "Cargo.toml", "Cargo.lock"])?;
    Some(if changes.is_empty() { commit } else { format!("{commit}, with changes") })
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim_end().to_owned())
}
