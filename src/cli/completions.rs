//! Completions: the script for each shell asks this command, which knows its own arguments and what the definitions name.

use std::{env, ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Args, Command, ValueEnum};
use clap_complete::{
    CompleteEnv,
    engine::{ArgValueCandidates, CompletionCandidate},
    env::Shells,
};

use super::{CliError, output};
use crate::{Catalog, Code, explain::explanations, shown::harmless};

/// By which a shell says that it asks for completions.
const VARIABLE: &str = "MEDIAFOLD_COMPLETE";

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  source <(mediafold completions bash)           in ~/.bashrc; zsh alike, after compinit
  mediafold completions fish > ~/.config/fish/completions/mediafold.fish

The shell asks `mediafold` whenever it completes: for verbs, options, entities, providers, findings and files, those of
`--definitions DIR` too. After an upgrade print the script anew.")]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

impl Completions {
    pub(super) fn run(self) -> Result<ExitCode, CliError> {
        let name = self.shell.to_possible_value().map(|value| value.get_name().to_owned());
        let shells = Shells::builtins();
        let found = name.as_deref().and_then(|name| shells.completer(name));
        let mut script = Vec::new();
        let shell =
            found.ok_or_else(|| CliError::usage("there are no completions for this shell"))?;
        shell.write_registration(VARIABLE, "mediafold", "mediafold", "mediafold", &mut script)?;
        output::write_all(&script)
    }
}

/// Answers a shell that asks for completions; whether one does.
pub(super) fn complete(command: fn() -> Command) -> clap::error::Result<bool> {
    let folder = env::current_dir().ok();
    CompleteEnv::with_factory(command).var(VARIABLE).try_complete(env::args_os(), folder.as_deref())
}

pub(super) fn entities() -> ArgValueCandidates {
    ArgValueCandidates::new(|| entities_of(&catalog()))
}

pub(super) fn providers() -> ArgValueCandidates {
    ArgValueCandidates::new(|| providers_of(&catalog()))
}

pub(super) fn entities_and_providers() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let catalog = catalog();
        providers_of(&catalog).into_iter().chain(entities_of(&catalog)).collect()
    })
}

/// What `--allow`, `--warn` and `--deny` know.
pub(super) fn findings() -> ArgValueCandidates {
    let all = || Code::ALL.iter().map(|code| (code.code(), code.name()));
    ArgValueCandidates::new(move || names_and_codes(all()))
}

/// What `explain` knows.
pub(super) fn explained() -> ArgValueCandidates {
    let all = || explanations().filter_map(|section| section.lines().next()?.split_once(' '));
    ArgValueCandidates::new(move || names_and_codes(all()))
}

fn entities_of(catalog: &Catalog) -> Vec<CompletionCandidate> {
    catalog.lifecycles().map(|it| candidate(it.entity(), it.title())).collect()
}

fn providers_of(catalog: &Catalog) -> Vec<CompletionCandidate> {
    catalog.providers().map(|it| candidate(it.name(), it.title())).collect()
}

fn names_and_codes<'t>(all: impl Iterator<Item = (&'t str, &'t str)>) -> Vec<CompletionCandidate> {
    all.flat_map(|(code, name)| [candidate(name, code), candidate(code, name)]).collect()
}

fn candidate(value: &str, help: &str) -> CompletionCandidate {
    CompletionCandidate::new(value).help(Some(harmless(help).into()))
}

/// The definitions that the line to be completed asks for; the built-in ones where its own cannot be read.
fn catalog() -> Catalog {
    let line: Vec<OsString> = env::args_os().collect();
    let next = |at: usize| line.get(at + 1).cloned();
    let own = line.iter().enumerate().filter_map(|(at, word)| {
        let value = || word.to_str()?.strip_prefix("--definitions=").map(OsString::from);
        if word == "--definitions" { next(at) } else { value() }
    });
    let own: Vec<PathBuf> = own.map(PathBuf::from).collect();
    super::catalog(&own).unwrap_or_else(|_| Catalog::builtin().clone())
}
