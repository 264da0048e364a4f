use std::process::ExitCode;

use clap::Args;

use super::{CliError, output};

/// The one place where findings are explained.
const FINDINGS: &str = include_str!("../../docs/findings.md");

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold explain L101
  mediafold explain missing-events")]
pub(super) struct Explain {
    /// The code or the name of a finding
    code: String,
}

impl Explain {
    pub(super) fn run(self) -> Result<ExitCode, CliError> {
        match section(&self.code) {
            Some(section) => output::write_all(format!("{}\n", section.trim_end()).as_bytes()),
            None => {
                let titles: Vec<String> = sections()
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

fn sections() -> impl Iterator<Item = &'static str> {
    FINDINGS.split("\n## ").skip(1)
}

/// The section on a finding, by its code or its name.
pub(super) fn section(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    let title = |section: &str| section.lines().next().unwrap_or_default().to_lowercase();
    sections().find(|section| title(section).split_whitespace().any(|word| word == name))
}
