use std::{path::PathBuf, process::ExitCode};

use clap::{Args, ValueHint};

use super::{
    CliError,
    discover::{self, MiningArgs, discovered, found, written},
    output::{self, YELLOW, note},
};
use crate::shown::harmless;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold init acme --from captured.jsonl
  mediafold init acme --from hooks/ --into mine/
  mediafold lint mine/ && mediafold fold --definitions mine/ captured.jsonl

Bodies as they came, or records {\"provider\":…,\"received_at\":…,\"headers\":{…},\"body\":…}. What it writes passes `lint`,
and says in comments what it rests on and what is uncertain. It writes over no file. It is `discover -o DIR` for a few
captured deliveries: it writes a draft even where these do not tell what follows what.")]
pub(super) struct Init {
    /// What the provider is to be called
    #[arg(value_name = "NAME", value_parser = discover::name)]
    name: String,
    /// Files or folders of what it sent; `-` is standard input
    #[arg(long, value_name = "FILE", required = true, num_args = 1.., value_hint = ValueHint::AnyPath)]
    from: Vec<PathBuf>,
    /// The folder to write to; NAME if absent
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    into: Option<PathBuf>,
    #[command(flatten)]
    mining: MiningArgs,
}

impl Init {
    pub(super) fn run(self) -> Result<ExitCode, CliError> {
        let folder = self.into.unwrap_or_else(|| PathBuf::from(&self.name));
        let (draft, exit) = discovered(&self.from, self.mining.options(self.name, true))?;
        discover::write(&folder, &draft.files)?;
        for told in &draft.untold {
            note(&format!("{YELLOW}not told{YELLOW:#}: {}", harmless(told)));
        }
        let text = format!("{}\n{}\n", found(&draft), written(&folder, &draft));
        output::write_all(text.as_bytes())?;
        Ok(exit.into())
    }
}
