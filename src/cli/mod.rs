//! The command line: one verb a file. Only this part of the crate prints, reads files and the clock, and
//! chooses exit codes, by the rule in `exit`.

mod audit;
mod check;
#[cfg(feature = "server")]
mod check_config;
mod compare;
mod completions;
#[cfg(feature = "server")]
mod config;
mod csv_rows;
#[cfg(feature = "server")]
mod demo;
mod diagram;
mod discover;
mod docs;
mod errors;
mod exit;
mod explain;
mod files;
mod findings;
mod fold;
#[cfg(feature = "server")]
mod follow;
mod github;
mod hearer;
mod init;
mod input;
mod interrupt;
mod junit;
mod lifecycles;
mod lint;
mod man;
mod named;
mod nearest;
mod origin;
mod output;
mod paths;
mod progress;
mod report;
mod sample;
mod sarif;
mod send;
#[cfg(feature = "server")]
mod serve;
#[cfg(feature = "server")]
mod serving;
mod simulate;
mod sources;
#[cfg(feature = "server")]
mod store;
#[cfg(feature = "server")]
mod stored;
mod tables;
mod target;
#[cfg(feature = "server")]
mod targets;
mod timeline;
mod types;
mod version;
mod whole;

use std::{
    fmt, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anstream::ColorChoice;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum, ValueHint, error::ErrorKind};

use self::{
    exit::Exit,
    named::{lifecycle, lifecycles, provider},
};
use crate::{
    Catalog,
    lifecycle::{DefinitionError, DefinitionFile},
    simulate::Templates,
};

/// Folds the webhooks of video platforms into the one true state of each asset, and says which steps were
/// illegal and why.
#[derive(Debug, Parser)]
#[command(name = "mediafold", version, max_term_width = 110,
          after_help = format!("{EXAMPLES}\n\n{}", exit::RULE))]
struct Cli {
    /// Read definitions from this file or folder, laid over the built-in ones
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::AnyPath)]
    definitions: Vec<PathBuf>,
    /// When what people read has colours: `auto` is on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value = "auto")]
    color: ColorArg,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ColorArg {
    Auto,
    Always,
    Never,
}

impl From<ColorArg> for ColorChoice {
    fn from(color: ColorArg) -> Self {
        match color {
            ColorArg::Auto => Self::Auto,
            ColorArg::Always => Self::Always,
            ColorArg::Never => Self::Never,
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  mediafold fold webhooks/                       the current state of every asset
  mediafold check webhooks.jsonl.gz              what is wrong with them, and why
  cat webhooks.jsonl | mediafold check --summary
  mediafold timeline mux/asset ID hooks/         the history of one asset
  mediafold audit media.csv hooks/               which rows of a table are wrong, and why
  mediafold report hooks/ -o report.html         their health, as a page
  mediafold diagram mux/live_stream              its lifecycle, as Mermaid
  mediafold paths mux/asset                      event sequences to test a handler with
  mediafold explain illegal-transition           what a finding means
  mediafold simulate mux --assets 100            test traffic
  mediafold serve --demo                         a server and its page, with test traffic
  mediafold docs                                 the pages that say more";

#[derive(Debug, Subcommand)]
enum Verb {
    /// Print the current state of each asset
    Fold(fold::Fold),
    /// Print the findings: what was illegal, missing, late or unreadable
    Check(check::Check),
    /// Print the history of one asset, event by event, with verdicts
    Timeline(timeline::Timeline),
    /// Hold a table of ids and statuses against the webhooks: which rows are wrong, and why
    Audit(audit::AuditArgs),
    /// Write a page on the health of the webhooks: rates, findings, dwell times, timelines
    Report(report::ReportArgs),
    /// Write test traffic: realistic deliveries with known faults
    Simulate(simulate::Simulate),
    /// Draw a lifecycle
    Diagram(diagram::Diagram),
    /// Print event sequences that cover a lifecycle, to test what consumes its webhooks
    Paths(paths::Paths),
    /// List the lifecycles, or describe one
    Lifecycles(lifecycles::Lifecycles),
    /// Check definitions, and hold them against what happens
    Lint(lint::Lint),
    /// Hold two definitions against each other: what they have, and what they judge differently
    Compare(compare::Compare),
    /// Write the names that lifecycles have as types of TypeScript
    Types(types::Types),
    /// Find out what a platform sends: where kinds, ids and times are, and what follows what
    Discover(discover::Discover),
    /// Write a first draft of the definitions of a platform from a few deliveries of it
    Init(init::Init),
    /// Print a configuration of `serve` to begin with
    #[cfg(feature = "server")]
    Config(config::ConfigToBegin),
    /// Receive webhooks, and keep them with the states they fold into
    #[cfg(feature = "server")]
    Serve(serve::Serve),
    /// Check the configuration of `serve`, and say what it means
    #[cfg(feature = "server")]
    CheckConfig(check_config::CheckConfig),
    /// Judge everything in a store anew, after a definition changed
    #[cfg(feature = "server")]
    Rebuild(store::Rebuild),
    /// Copy a store while it is in use
    #[cfg(feature = "server")]
    Backup(store::Backup),
    /// Look through a store: whether everything is as it was stored
    #[cfg(feature = "server")]
    Verify(store::Verify),
    /// Write the deliveries of a store, one record a line
    #[cfg(feature = "server")]
    Export(store::Export),
    /// Store the deliveries of files
    #[cfg(feature = "server")]
    Import(store::Import),
    /// List the targets of a server, pause and resume them, skip and send again
    #[cfg(feature = "server")]
    Targets(targets::TargetsArgs),
    /// Print the changes of a store or a server as they come, or have a command take them
    #[cfg(feature = "server")]
    Follow(follow::Follow),
    /// Explain a finding by its code or name
    Explain(explain::Explain),
    /// Print a page of the documentation, or list the pages
    Docs(docs::Docs),
    /// Print a few webhooks to try the verbs on
    Sample(sample::Sample),
    /// Print completions for a shell
    Completions(completions::Completions),
    /// Print the manual page, or write that of each verb
    Man(man::ManPages),
}

/// How rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people; the default on a terminal
    Table,
    /// One JSON object a line; the default elsewhere
    Jsonl,
    /// With a header line
    Csv,
}

impl Format {
    fn or_default(format: Option<Self>) -> Self {
        let terminal = io::IsTerminal::is_terminal(&io::stdout());
        format.unwrap_or(if terminal { Self::Table } else { Self::Jsonl })
    }
}

/// The lowest severity that makes the exit code 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Never,
}

#[derive(Debug, Args)]
struct FormatArg {
    /// How to print; default: what the file to write is called, else table on a terminal and jsonl elsewhere
    #[arg(long, value_enum)]
    format: Option<Format>,
}

/// Why the command could not run.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error("{0}")]
    Usage(String),
    #[error("cannot read `{}`", .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write `{}`", .path.display())]
    Write { path: PathBuf, source: io::Error },
    #[cfg(feature = "server")]
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    #[error("cannot write the output")]
    Output(#[from] io::Error),
    #[error("the definitions have {} problem{}", .0.problems.len(), if .0.problems.len() == 1 { "" } else { "s" })]
    Definitions(DefinitionError, Vec<DefinitionFile>),
}

impl CliError {
    fn usage(message: impl fmt::Display) -> Self {
        Self::Usage(message.to_string())
    }
}

/// Runs the command with the arguments of the process, whose standard output may have been closed when it began.
pub fn run(stdout_is_closed: bool) -> ExitCode {
    output::set_closed(stdout_is_closed);
    match completions::complete(Cli::command) {
        Ok(false) => {}
        Ok(true) => return Exit::Fine.into(),
        Err(unknown) => unknown.exit(),
    }
    let ran = match Cli::try_parse() {
        Ok(cli) => cli.run(),
        Err(asked) if asked.kind() == ErrorKind::DisplayVersion => {
            output::write_all(version::version().as_bytes())
        }
        Err(told) if told.use_stderr() => told.exit(),
        Err(help) => output::write_text(&help.render().ansi()),
    };
    ran.unwrap_or_else(|error| {
        errors::report_error(&error);
        Exit::Failed.into()
    })
}

impl Cli {
    fn run(self) -> Result<ExitCode, CliError> {
        ColorChoice::from(self.color).write_global();
        match self.verb {
            Verb::Lint(lint) => return lint.run(&self.definitions),
            Verb::Types(types) => return types.run(&self.definitions),
            #[cfg(feature = "server")]
            Verb::CheckConfig(check) => return check.run(&self.definitions),
            #[cfg(feature = "server")]
            Verb::Serve(serve) => return serve.run(&self.definitions),
            Verb::Explain(explain) => return explain.run(),
            Verb::Compare(compare) => return compare.run(&self.definitions),
            Verb::Discover(discover) => return discover.run(),
            Verb::Init(init) => return init.run(),
            Verb::Docs(docs) => return docs.run(),
            Verb::Sample(sample) => return sample.run(),
            Verb::Completions(completions) => return completions.run(),
            Verb::Man(man) => return man.run(Self::command()),
            _ => {}
        }
        let catalog = catalog(&self.definitions)?;
        match self.verb {
            Verb::Simulate(simulate) => simulate.run(&catalog, &self.definitions),
            Verb::Fold(fold) => fold.run(&catalog),
            Verb::Check(check) => check.run(&catalog),
            Verb::Timeline(timeline) => timeline.run(&catalog),
            Verb::Audit(audit) => audit.run(&catalog),
            Verb::Report(report) => report.run(&catalog),
            Verb::Diagram(diagram) => diagram.run(&catalog),
            Verb::Paths(paths) => paths.run(&catalog, &self.definitions),
            Verb::Lifecycles(lifecycles) => lifecycles.run(&catalog),
            #[cfg(feature = "server")]
            Verb::Config(config) => config.run(&catalog, &self.definitions),
            #[cfg(feature = "server")]
            Verb::Rebuild(rebuild) => rebuild.run(&catalog),
            #[cfg(feature = "server")]
            Verb::Backup(backup) => backup.run(),
            #[cfg(feature = "server")]
            Verb::Verify(verify) => verify.run(&catalog),
            #[cfg(feature = "server")]
            Verb::Export(export) => export.run(),
            #[cfg(feature = "server")]
            Verb::Targets(targets) => targets.run(),
            #[cfg(feature = "server")]
            Verb::Import(import) => import.run(&catalog),
            #[cfg(feature = "server")]
            Verb::Follow(follow) => follow.run(&catalog),
            Verb::Lint(_)
            | Verb::Types(_)
            | Verb::Compare(_)
            | Verb::Discover(_)
            | Verb::Init(_)
            | Verb::Explain(_)
            | Verb::Docs(_)
            | Verb::Sample(_)
            | Verb::Completions(_)
            | Verb::Man(_) => Ok(Exit::Fine.into()),
            #[cfg(feature = "server")]
            Verb::CheckConfig(_) | Verb::Serve(_) => Ok(Exit::Fine.into()),
        }
    }
}

/// The built-in definitions with those of these paths laid over them.
fn catalog(paths: &[PathBuf]) -> Result<Catalog, CliError> {
    if paths.is_empty() {
        return Ok(Catalog::builtin().clone());
    }
    let files = definition_files(paths)?;
    Catalog::with(&files).map_err(|error| CliError::Definitions(error, files))
}

/// All definitions in these files and folders, by path.
fn definition_files(paths: &[PathBuf]) -> Result<Vec<DefinitionFile>, CliError> {
    let toml = |path: &Path| path.extension().is_some_and(|extension| extension == "toml");
    texts(paths, &toml, "definition (*.toml)")
}

/// The built-in payload templates with those beside the definitions in these folders laid over them.
fn templates(paths: &[PathBuf]) -> Result<Templates, CliError> {
    let payload = |path: &Path| path.to_string_lossy().ends_with(".payload.json");
    let has_some = |path: &&PathBuf| {
        path.is_dir() && files::files_in(path, &payload).is_ok_and(|found| !found.taken.is_empty())
    };
    let folders: Vec<PathBuf> = paths.iter().filter(has_some).cloned().collect();
    let files = texts(&folders, &payload, "template (*.payload.json)")?;
    Templates::with(&files).map_err(CliError::usage)
}

/// The texts of all wanted files in these files and folders, by path.
fn texts(
    paths: &[PathBuf],
    wanted: &dyn Fn(&Path) -> bool,
    what: &str,
) -> Result<Vec<DefinitionFile>, CliError> {
    let mut files = Vec::new();
    let mut known = std::collections::HashSet::new();
    for path in paths {
        let found = files::files_in(path, wanted)?.taken;
        if found.is_empty() {
            let path = path.display();
            return Err(CliError::usage(format!("there is no {what} in `{path}`")));
        }
        for file in found {
            // A folder may be given twice, as to `--definitions` and to `lint`.
            if !known.insert(file.canonicalize().unwrap_or_else(|_| file.clone())) {
                continue;
            }
            let read = |source| CliError::Read { path: file.clone(), source };
            let text = std::fs::read(&file).map_err(read)?;
            let text = String::from_utf8(text).map_err(|error| {
                let reason = format!("not UTF-8 after byte {}", error.utf8_error().valid_up_to());
                read(io::Error::new(io::ErrorKind::InvalidData, reason))
            })?;
            files.push(DefinitionFile::new(file.display().to_string(), text));
        }
    }
    Ok(files)
}
