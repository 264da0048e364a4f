use std::{io::Write, process::ExitCode};

use clap::Args;
use serde::Serialize;

use super::{
    CliError, FailOn, Format, FormatArg,
    findings::{self, LevelArgs},
    input::{Input, Sources, ThreadArgs, Told, Unreadable, Wanted},
    output::{self, BOLD},
    target::OutputArg,
};
use crate::{Catalog, Severity, bulk::Summary, shown::plural};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold check webhooks/
  mediafold check --summary webhooks.jsonl
  mediafold check --allow duplicate --deny missing-events --format jsonl webhooks.jsonl
  mediafold check --as-of now webhooks.jsonl     also what is overdue")]
pub(super) struct Check {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    threads: ThreadArgs,
    /// Add counts per provider, and fitness: the share of events that were legal as they came
    ///
    /// As CSV the counts are printed in place of the findings.
    #[arg(long)]
    summary: bool,
    #[command(flatten)]
    format: FormatArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    levels: LevelArgs,
    /// The lowest severity of findings that makes the exit code 1
    #[arg(long, value_enum, default_value = "warning")]
    fail_on: FailOn,
}

#[derive(Serialize)]
struct SummaryRow<'a> {
    summary: bool,
    #[serde(flatten)]
    counts: &'a Summary,
    fitness: Option<f64>,
}

impl Check {
    pub(super) fn run(self, catalog: &Catalog) -> Result<ExitCode, CliError> {
        let (format, mut out) = self.output.open(&self.format)?;
        let levels = self.levels.levels();
        let wanted =
            Wanted { findings: true, levels, unreadable: Unreadable::Listed, ..Wanted::default() };
        let (told, sources) = self.input.tell(catalog, wanted, &self.threads)?;
        let written = self.print(&mut out, format, &told, &sources);
        out.finish(written)?;
        Ok(findings::exit(&sources, &told.findings, self.fail_on).into())
    }

    fn print(
        &self,
        out: &mut output::Out,
        format: Format,
        told: &Told<'_>,
        sources: &Sources,
    ) -> std::io::Result<()> {
        // One CSV has one header.
        if !(self.summary && format == Format::Csv) {
            findings::print(out, format, &told.findings, sources, self.threads.count())?;
        }
        if format == Format::Table {
            let count = |severity| {
                told.findings.severities().filter(|other| *other == severity).count() as u64
            };
            let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
            let deliveries: u64 = told.summaries.iter().map(|summary| summary.deliveries).sum();
            let counts = format!(
                "{}, {}, {}",
                plural(errors, "error"),
                plural(warnings, "warning"),
                plural(count(Severity::Info), "info"),
            );
            let deliveries = plural(deliveries, "delivery");
            let more = match told.findings.is_empty() {
                true => "",
                false => "; `mediafold explain CODE` says more",
            };
            writeln!(out, "{BOLD}{counts}{BOLD:#} in {deliveries}{more}")?;
        }
        if self.summary {
            print_summary(out, format, &told.summaries)?;
        }
        Ok(())
    }
}

fn print_summary(
    out: &mut output::Out,
    format: Format,
    summaries: &[Summary],
) -> std::io::Result<()> {
    if format == Format::Jsonl {
        return summaries.iter().try_for_each(|counts| {
            let row = SummaryRow { summary: true, counts, fitness: counts.fitness() };
            output::json_line(out, &row)
        });
    }
    let header = [
        "provider",
        "deliveries",
        "events",
        "assets",
        "duplicates",
        "conflicts",
        "late",
        "gaps",
        "illegal",
        "unknown",
        "unreadable",
        "errors",
        "warnings",
        "fitness",
    ];
    let rows = summaries.iter().map(|s| {
        let counts = [
            s.deliveries,
            s.events,
            s.assets,
            s.duplicates,
            s.conflicts,
            s.late,
            s.gaps,
            s.illegal,
            s.unknown,
            s.unreadable,
            s.errors,
            s.warnings,
        ];
        let mut row = vec![s.provider.clone().unwrap_or_else(|| "(unknown)".to_owned())];
        row.extend(counts.iter().map(u64::to_string));
        row.push(s.fitness().map(|share| printed_share(share, format)).unwrap_or_default());
        row
    });
    if format == Format::Csv {
        return output::print_csv(out, &header, rows);
    }
    writeln!(out)?;
    output::print_table(out, &header, rows)
}

fn printed_share(share: f64, format: Format) -> String {
    match format {
        Format::Table => format!("{:.2} %", share * 100.0),
        Format::Jsonl | Format::Csv => share.to_string(),
    }
}
