use std::{path::PathBuf, process::ExitCode};

use clap::{Args, ValueHint};
use serde::Serialize;

use super::{
    CliError, Format, FormatArg, definition_files,
    errors::report_problems,
    exit::Exit,
    output::{self, GREEN, note},
};
use crate::{Catalog, lifecycle::Problem, shown::plural};

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  mediafold lint definitions/

`mediafold docs definitions` is the language, `mediafold explain CODE` what a problem means.")]
pub(super) struct Lint {
    /// Definitions, or folders of them
    #[arg(required = true, value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    format: FormatArg,
}

#[derive(Serialize)]
struct ProblemRow<'a> {
    code: &'static str,
    name: &'static str,
    severity: &'static str,
    message: &'a str,
    help: &'a str,
    source: &'a str,
    line: usize,
    column: usize,
}

impl Lint {
    pub(super) fn run(self, below: &[PathBuf]) -> Result<ExitCode, CliError> {
        let paths: Vec<PathBuf> = below.iter().chain(&self.paths).cloned().collect();
        let files = definition_files(&paths)?;
        let (problems, exit) = match Catalog::lint(&files) {
            Ok(warnings) => (warnings, Exit::Fine),
            Err(error) => (error.problems, Exit::Found),
        };
        if problems.is_empty() {
            let count = plural(files.len() as u64, "definition");
            note(&format!("{GREEN}{count}: nothing wrong{GREEN:#}"));
            return Ok(exit.into());
        }
        // On a pipe too: a definition is mended by people, so jsonl has to be asked for.
        let format = self.format.format.unwrap_or(Format::Table);
        match format {
            Format::Table => {
                report_problems(&problems, &files);
                let what = if exit == Exit::Fine { "warning" } else { "problem" };
                note(&plural(problems.len() as u64, what));
            }
            Format::Jsonl => {
                let mut out = output::out(format);
                for problem in &problems {
                    output::json_line(&mut out, &row(problem))?;
                }
                std::io::Write::flush(&mut out)?;
            }
            Format::Csv => {
                let mut csv = output::csv_writer(output::out(format));
                for problem in &problems {
                    csv.serialize(row(problem)).map_err(std::io::Error::from)?;
                }
                csv.flush()?;
            }
        }
        Ok(exit.into())
    }
}

fn row(problem: &Problem) -> ProblemRow<'_> {
    ProblemRow {
        code: problem.kind.code(),
        name: problem.kind.name(),
        severity: if problem.kind.is_warning() { "warning" } else { "error" },
        message: &problem.message,
        help: &problem.help,
        source: &problem.path,
        line: problem.line,
        column: problem.column,
    }
}
