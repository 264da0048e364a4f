use std::{path::PathBuf, process::ExitCode};

use clap::{Args, ValueHint};
use serde::Serialize;

use super::{
    CliError, Format, FormatArg,
    compare::of_entity,
    definition_files,
    errors::report_problems,
    exit::Exit,
    input::{ReadingArgs, Wanted},
    output::{self, GREEN, note},
    tables,
};
use crate::{
    Catalog, Lifecycle,
    compare::{Drift, DriftStep, drift},
    lifecycle::{DefinitionFile, Problem},
    shown::{harmless, plural},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold lint definitions/
  mediafold lint acme/ --against hooks/      also what happens and is not defined, and what never happens

With `--against` the exit code is 1 where something happens that is not defined. `mediafold docs definitions` is the
language, `mediafold explain CODE` what a problem means.")]
pub(super) struct Lint {
    /// Definitions, or folders of them
    #[arg(required = true, value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    paths: Vec<PathBuf>,
    /// Hold the definitions against these deliveries: files, folders, or `-`
    #[arg(long, value_name = "FILE", num_args = 1.., value_hint = ValueHint::AnyPath)]
    against: Vec<PathBuf>,
    #[command(flatten)]
    format: FormatArg,
    #[command(flatten)]
    reading: ReadingArgs,
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
        if exit == Exit::Fine && !self.against.is_empty() {
            if !problems.is_empty() {
                report_problems(&problems, &files);
            }
            return self.drift(&paths, &files);
        }
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

#[derive(Serialize)]
struct DriftRow<'a> {
    entity: &'a str,
    /// `undefined`, `unknown` or `unused`.
    is: &'static str,
    from: Option<&'a str>,
    event: &'a str,
    to: Option<&'a str>,
    count: u64,
}

impl Lint {
    /// Says what happens and is not defined, and what never happens.
    fn drift(&self, paths: &[PathBuf], files: &[DefinitionFile]) -> Result<ExitCode, CliError> {
        let catalog = super::catalog(paths)?;
        let (folded, sources) = self.reading.fold(&self.against, &catalog, Wanted::default())?;
        let is_own =
            |lifecycle: &&Lifecycle| files.iter().any(|file| file.text == lifecycle.definition());
        let of = |own: &Lifecycle| drift(own, &of_entity(&folded, own.entity()));
        let drifts: Vec<Drift> = catalog.lifecycles().filter(is_own).map(of).collect();
        let rows: Vec<DriftRow<'_>> = drifts.iter().flat_map(rows_of).collect();
        let format = Format::or_default(self.format.format);
        let mut out = output::out(format);
        match format {
            Format::Jsonl => rows.iter().try_for_each(|row| output::json_line(&mut out, row))?,
            Format::Csv => {
                let mut csv = output::csv_writer(&mut out);
                rows.iter().try_for_each(|row| csv.serialize(row)).map_err(std::io::Error::from)?;
                csv.flush()?;
            }
            Format::Table => print_drift(&mut out, &rows)?,
        }
        std::io::Write::flush(&mut out)?;
        let assets: u64 = drifts.iter().map(|drift| drift.assets).sum();
        let happens = rows.iter().filter(|row| row.is != "unused").count();
        let unused = rows.len() - happens;
        note(&format!(
            "{}: {} happen and are not defined, {} never happened",
            plural(assets, "asset"),
            plural(happens as u64, "step"),
            plural(unused as u64, "transition")
        ));
        Ok(sources.exit().max(Exit::found(happens > 0)).into())
    }
}

fn rows_of(drift: &Drift) -> impl Iterator<Item = DriftRow<'_>> {
    let entity = &*drift.entity;
    let undefined = drift.undefined.iter().map(move |own| of_step(entity, "undefined", own));
    let unused = drift.unused.iter().map(move |own| of_step(entity, "unused", own));
    let unknown = drift.unknown.iter().map(move |(event, count)| DriftRow {
        entity,
        is: "unknown",
        from: None,
        event,
        to: None,
        count: *count,
    });
    undefined.chain(unknown).chain(unused)
}

fn of_step<'a>(entity: &'a str, is: &'static str, step: &'a DriftStep) -> DriftRow<'a> {
    DriftRow {
        entity,
        is,
        from: Some(&step.from),
        event: &step.kind,
        to: step.to.as_deref(),
        count: step.count,
    }
}

fn print_drift(out: &mut output::Out, rows: &[DriftRow<'_>]) -> std::io::Result<()> {
    let cells = rows.iter().map(|row| {
        let cell = |text: Option<&str>| text.map(harmless).unwrap_or_default();
        let count = if row.is == "unused" { String::new() } else { row.count.to_string() };
        [
            row.entity.to_owned(),
            row.is.to_owned(),
            cell(row.from),
            harmless(row.event),
            cell(row.to),
            count,
        ]
    });
    tables::print_table(
        out,
        &[
            ("entity", tables::Fit::Keep),
            ("", tables::Fit::Keep),
            ("from", tables::Fit::Keep),
            ("event", tables::Fit::Keep),
            ("to", tables::Fit::Keep),
            ("count", tables::Fit::Keep),
        ],
        cells,
    )
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
