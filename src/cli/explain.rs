use std::process::ExitCode;

use clap::Args;

use super::{CliError, completions, output};
use crate::explain::{explanation, explanations};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold explain L101
  mediafold explain missing-events")]
pub(super) struct Explain {
    /// The code or the name of a finding
    #[arg(add = completions::explained())]
    code: String,
}

impl Explain {
    pub(super) fn run(self) -> Result<ExitCode, CliError> {
        match explanation(&self.code) {
            Some(section) => output::write_all(format!("{}\n", section.trim_end()).as_bytes()),
            None => {
                let titles: Vec<String> = explanations()
                    .map(|section| format!("  {}", section.lines().next().unwrap_or_default()))
                    .collect();
                Err(CliError::usage(format!(
                    "there is no finding `{}`; there are\n{}",
                    self.code,
                    titles.join("\n")
                )))
            }
        }
    }
}
