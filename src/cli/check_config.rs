use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, ValueHint};

use super::{CliError, catalog, exit::Exit, output};
use crate::server::{Config, ConfigError, Surroundings};

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  mediafold check-config mediafold.toml

Secrets are read, from the environment and from files too, and not shown.")]
pub(super) struct CheckConfig {
    /// The configuration
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,
}

impl CheckConfig {
    pub(super) fn run(self, definitions: &[PathBuf]) -> Result<ExitCode, CliError> {
        match load(&self.file, definitions) {
            Ok(config) => output::write_all(output::printable_lines(&config).as_bytes()),
            Err(wrong) => refuse(wrong).map(|()| Exit::Found.into()),
        }
    }
}

/// Says why a configuration is not taken, if it could be read at all.
pub(super) fn refuse(wrong: ConfigError) -> Result<(), CliError> {
    if let ConfigError::Read { path, source } = wrong {
        return Err(match source.kind() {
            ErrorKind::NotFound => CliError::usage(format!(
                "there is no `{}`; `mediafold config` prints one to begin with, and `mediafold serve --demo` needs none",
                path.display()
            )),
            _ => CliError::Read { path, source },
        });
    }
    output::note(&output::printable_lines(&wrong));
    Ok(())
}

/// The configuration of this file, with these definitions and those that it names laid over the built-in ones.
pub(super) fn load(path: &Path, definitions: &[PathBuf]) -> Result<Config, ConfigError> {
    #[expect(clippy::disallowed_methods, reason = "the command is where settings come from")]
    let env = |name: &str| std::env::var(name).ok();
    let layered = |own: &[PathBuf]| {
        catalog(&[definitions, own].concat()).map_err(|error| match error {
            CliError::Definitions(problems, _) => problems.to_string(),
            other => other.to_string(),
        })
    };
    Config::load(path, &Surroundings::new(&env, &layered))
}
