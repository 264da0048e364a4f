use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};

use super::{
    CliError, Format, FormatArg,
    exit::Exit,
    input, output,
    store::Data,
    tables::{Fit, print_table},
};
use crate::{
    shown::{harmless, plural},
    store::{Store, StoredTarget, TargetOrder},
    time::human_duration,
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold targets --data mediafold.db list
  mediafold targets --data mediafold.db pause app
  mediafold targets --data mediafold.db skip app                     the change that it hangs on
  mediafold targets --data mediafold.db replay --from 5000 app

The server may go on meanwhile, and follows within a second or two. `mediafold docs targets` says what a target is sent.")]
pub(super) struct TargetsArgs {
    #[command(flatten)]
    data: Data,
    #[command(subcommand)]
    act: TargetAct,
}

#[derive(Debug, Subcommand)]
enum TargetAct {
    /// List the targets: how far each has got, and what is wrong
    List {
        #[command(flatten)]
        format: FormatArg,
    },
    /// Send nothing to a target until it is resumed
    Pause {
        /// Its name in the configuration
        name: String,
    },
    /// Go on with a target that is paused
    Resume {
        /// Its name in the configuration
        name: String,
    },
    /// Pass over the first change that has not arrived
    Skip {
        /// Its name in the configuration
        name: String,
        /// All up to the change of this number
        #[arg(long, value_name = "SEQ")]
        until: Option<u64>,
    },
    /// Send everything again from a change on
    Replay {
        /// Its name in the configuration
        name: String,
        /// The number of the change
        #[arg(long, value_name = "SEQ", value_parser = clap::value_parser!(u64).range(1..))]
        from: u64,
    },
}

impl TargetsArgs {
    pub(super) fn run(self) -> Result<ExitCode, CliError> {
        let path = self.data.existing()?;
        let (name, order) = match self.act {
            TargetAct::List { format } => return list(path, format),
            TargetAct::Pause { name } => (name, TargetOrder::Pause),
            TargetAct::Resume { name } => (name, TargetOrder::Resume),
            TargetAct::Skip { name, until } => (name, TargetOrder::Skip(until)),
            TargetAct::Replay { name, from } => (name, TargetOrder::Replay(from)),
        };
        let now = input::now().map_err(CliError::usage)?;
        let target = Store::order_target(path, &name, order, now)?;
        let left = match (target.outstanding, target.ahead) {
            (0, 0) => "everything has arrived".to_owned(),
            (0, ahead) => format!("{} ahead", plural(ahead, "change")),
            (some, ahead) => format!("{some} outstanding, {} ahead", plural(ahead, "change")),
        };
        let paused = if target.paused.is_some() { "paused; " } else { "" };
        output::note(&format!("{name}: {paused}{left}"));
        Ok(Exit::Fine.into())
    }
}

fn list(path: &PathBuf, format: FormatArg) -> Result<ExitCode, CliError> {
    let targets = Store::list_targets(path)?;
    let now = input::now().map_err(CliError::usage)?;
    let format = Format::or_default(format.format);
    let mut out = output::out(format);
    let header = ["target", "reached", "outstanding", "ahead", "behind", "last_error", "paused"];
    let cells = |target: &StoredTarget| {
        let word = |word: &Option<String>| word.clone().unwrap_or_default();
        let behind = target.next_at.map(|at| human_duration(now.since(at)));
        let [reached, outstanding, ahead] =
            [target.after, target.outstanding, target.ahead].map(|count| count.to_string());
        let (error, paused) = (word(&target.error), word(&target.paused));
        [target.name.clone(), reached, outstanding, ahead, word(&behind), error, paused]
    };
    match format {
        Format::Jsonl => targets.iter().try_for_each(|row| output::json_line(&mut out, row))?,
        Format::Csv => output::print_csv(&mut out, &header, targets.iter().map(cells))?,
        Format::Table => {
            let cells = |target| cells(target).map(|cell| harmless(&cell));
            let columns =
                header.map(|name| (name, if name == "last_error" { Fit::Wrap } else { Fit::Keep }));
            print_table(&mut out, &columns, targets.iter().map(cells))?;
        }
    }
    out.flush()?;
    Ok(Exit::Fine.into())
}
