use std::{path::PathBuf, process::ExitCode};

use clap::{Args, ValueHint};

use super::{CliError, discover::write, output};

/// Name and text of each file, the one that is printed first.
const FILES: [(&str, &str); 3] = [
    ("mux.jsonl", include_str!("../../tests/data/samples/mux.jsonl")),
    ("media.csv", include_str!("../../tests/data/audit/media.csv")),
    ("deliveries.jsonl", include_str!("../../tests/data/audit/deliveries.jsonl")),
];

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold sample | mediafold fold
  mediafold sample hooks                         mux.jsonl, and what `audit` takes: media.csv, deliveries.jsonl
  mediafold audit hooks/media.csv hooks/deliveries.jsonl

A few webhooks of Mux with what goes wrong with such. `simulate` makes as many as you like, of every provider.")]
pub(super) struct Sample {
    /// Write the files to this folder, over none that is there
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    folder: Option<PathBuf>,
}

impl Sample {
    pub(super) fn run(self) -> Result<ExitCode, CliError> {
        let Some(folder) = self.folder else { return output::write_all(FILES[0].1.as_bytes()) };
        write(&folder, &FILES)?;
        let wrote = FILES.map(|(name, _)| format!("wrote {}\n", folder.join(name).display()));
        output::write_all(wrote.concat().as_bytes())
    }
}
