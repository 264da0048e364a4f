use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{
    CliError, FailOn, Format, completions,
    findings::{self, FindingsFormat, LevelArgs, PrintedFindings, parse_code},
    input::{Assets, Input, Sources, ThreadArgs, Told, Unreadable, Wanted},
    named::meant,
    nearest::not_heard,
    output::{self, BOLD},
    tables::{Fit, print_within},
    target::{FileFormat, OutputArg},
};
use crate::{
    Catalog, Code, Finding, Lifecycle, Severity,
    bulk::{Findings, Summary},
    fold::Levels,
    shown::plural,
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold check webhooks/
  mediafold check --summary webhooks.jsonl
  mediafold check --allow duplicate --deny missing-events --format jsonl webhooks.jsonl
  mediafold check --only L101 --only after-end --entity mux/asset webhooks/
  mediafold check --asset Qs01tide7xK2 --data mediafold.db
  mediafold check --as-of now webhooks.jsonl     also what is overdue
  mediafold check -o findings.sarif webhooks/    for code scanning; findings.xml is JUnit's
  mediafold check -q webhooks/ || echo no

`mediafold explain CODE` says what a finding means, `mediafold docs findings` all of them.")]
pub(super) struct Check {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    threads: ThreadArgs,
    /// Report only this finding (code or name; may be repeated)
    #[arg(long, value_name = "NAME", value_parser = parse_code, add = completions::findings())]
    only: Vec<Code>,
    /// Report only what is about assets of this entity, such as mux/asset or asset (may be repeated)
    ///
    /// What cannot be read is about no asset: it is named on standard error.
    #[arg(long, value_name = "ENTITY", add = completions::entities())]
    entity: Vec<String>,
    /// Report only what is about this asset: its id, or a beginning that no other has
    #[arg(long, value_name = "ID")]
    asset: Option<String>,
    /// Add counts per provider, and fitness: the share of events that were legal as they came
    ///
    /// As CSV the counts are printed in place of the findings.
    #[arg(long, value_enum, value_name = "WHERE", num_args = 0..=1, require_equals = true,
          default_missing_value = "below")]
    summary: Option<SummaryPlace>,
    /// Print no findings: the exit code says whether there are any
    #[arg(short, long)]
    quiet: bool,
    /// How to print; default: what the file to write is called, else table on a terminal, github in a job of GitHub
    /// Actions, and jsonl elsewhere
    #[arg(long, value_enum)]
    format: Option<FindingsFormat>,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    levels: LevelArgs,
    /// The lowest severity of findings that makes the exit code 1
    #[arg(long, value_enum, default_value = "warning")]
    fail_on: FailOn,
}

/// Where the counts are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SummaryPlace {
    /// Below the findings; on standard error where the format has no place for them
    Below,
    /// On standard error
    Stderr,
    /// In place of the findings
    Only,
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
        let (format, mut out) = self.output.open_as(self.format, FindingsFormat::or_default)?;
        if self.summary == Some(SummaryPlace::Only) && rows_of(format).is_none() {
            let message = "these counts are printed as table, jsonl or csv\nadd `--summary=stderr` to have them beside";
            return Err(CliError::usage(message));
        }
        let entities = self.entities(catalog)?;
        let (told, sources) = self.tell(catalog, &entities)?;
        let written = self.print(&mut out, format, &told, &sources);
        out.finish(written)?;
        Ok(findings::exit(&sources, &told.findings, self.fail_on).into())
    }

    /// The lifecycles of the entities that are asked for; `None` for all.
    fn entities<'c>(&self, catalog: &'c Catalog) -> Result<Option<Vec<&'c Lifecycle>>, CliError> {
        let mut all = Vec::new();
        for name in &self.entity {
            all.extend(super::lifecycles(catalog, name)?);
        }
        Ok((!all.is_empty()).then_some(all))
    }

    fn levels(&self) -> Levels {
        let mut levels = self.levels.levels();
        if !self.only.is_empty() {
            let others = Code::ALL.iter().filter(|code| !self.only.contains(code));
            others.for_each(|code| levels.set(*code, Severity::Allowed));
        }
        levels
    }

    /// Folds everything, or what is asked for with only its own findings.
    fn tell<'c>(
        &self,
        catalog: &'c Catalog,
        entities: &Option<Vec<&'c Lifecycle>>,
    ) -> Result<(Told<'c>, Sources), CliError> {
        let wanted = Wanted { findings: true, levels: self.levels(), ..Wanted::default() };
        if entities.is_none() && self.asset.is_none() {
            let wanted = Wanted { unreadable: Unreadable::Listed, ..wanted };
            return self.input.tell(catalog, wanted, &self.threads);
        }
        let wanted =
            Wanted { entities: entities.as_deref(), beginning: self.asset.as_deref(), ..wanted };
        let (folded, sources) = self.input.fold(catalog, wanted)?;
        let mut meant_one = None;
        if let Some(id) = self.asset.as_deref().filter(|_| !sources.empty) {
            let all = || catalog.lifecycles().collect();
            meant_one = meant(&folded.assets, id)?;
            if meant_one.is_none() {
                let among: Vec<&Lifecycle> = entities.clone().unwrap_or_else(all);
                let paths = self.input.paths()?;
                return Err(not_heard(&paths, self.input.reading(), catalog, &among, id));
            }
        }
        let is_own = |finding: &Finding| match (&finding.entity, &finding.id, meant_one) {
            (Some(entity), Some(id), Some((own, asset))) => {
                entity == own.entity() && id == asset.id()
            }
            (_, id, _) => id.is_some(),
        };
        let mut findings = Findings::default();
        findings.extend(folded.findings.iter().filter(is_own));
        let assets = Assets::Kept(folded.assets);
        Ok((Told { assets, findings, summaries: folded.summaries }, sources))
    }

    fn print(
        &self,
        out: &mut output::Out,
        format: FindingsFormat,
        told: &Told<'_>,
        sources: &Sources,
    ) -> io::Result<()> {
        let rows = rows_of(format);
        let place = self.summary.map(|place| match (place, rows) {
            (SummaryPlace::Below, None) => SummaryPlace::Stderr,
            // One CSV has one header.
            (SummaryPlace::Below, Some(Format::Csv)) => SummaryPlace::Only,
            (place, _) => place,
        });
        if !self.quiet && place != Some(SummaryPlace::Only) {
            let (fail_on, threads) = (self.fail_on, self.threads.count());
            let findings = &told.findings;
            findings::print(out, format, &PrintedFindings { findings, sources, fail_on, threads })?;
            if let FindingsFormat::Table | FindingsFormat::Github = format {
                print_counts(out, told)?;
            }
        }
        match place {
            None => Ok(()),
            Some(SummaryPlace::Stderr) => {
                let mut table = anstream::StripStream::new(Vec::new());
                print_summary(&mut table, None, Format::Table, &told.summaries)?;
                output::note(String::from_utf8_lossy(&table.into_inner()).trim());
                Ok(())
            }
            Some(place) => {
                let rows = rows.unwrap_or(Format::Table);
                if rows == Format::Table && place == SummaryPlace::Below && !self.quiet {
                    writeln!(out)?;
                }
                let width = out.columns();
                print_summary(out, width, rows, &told.summaries)
            }
        }
    }
}

/// As what rows are printed beside findings of this format; `None` where there is no place for any.
fn rows_of(format: FindingsFormat) -> Option<Format> {
    match format {
        FindingsFormat::Table | FindingsFormat::Jsonl | FindingsFormat::Csv => {
            Some(format.printed())
        }
        FindingsFormat::Github | FindingsFormat::Sarif | FindingsFormat::Junit => None,
    }
}

fn print_counts(out: &mut output::Out, told: &Told<'_>) -> io::Result<()> {
    let count =
        |severity| told.findings.severities().filter(|other| *other == severity).count() as u64;
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
    writeln!(out, "{BOLD}{counts}{BOLD:#} in {deliveries}{more}")
}

fn print_summary(
    out: &mut impl Write,
    width: Option<usize>,
    format: Format,
    summaries: &[Summary],
) -> io::Result<()> {
    if format == Format::Jsonl {
        return summaries.iter().try_for_each(|counts| {
            let row = SummaryRow { summary: true, counts, fitness: counts.fitness() };
            output::json_line(out, &row)
        });
    }
    let columns = [
        ("provider", Fit::Keep),
        ("deliveries", Fit::Drop(9)),
        ("events", Fit::Drop(8)),
        ("assets", Fit::Drop(6)),
        ("duplicates", Fit::Drop(3)),
        ("conflicts", Fit::Drop(0)),
        ("late", Fit::Drop(2)),
        ("gaps", Fit::Drop(4)),
        ("illegal", Fit::Drop(7)),
        ("unknown", Fit::Drop(1)),
        ("unreadable", Fit::Drop(5)),
        ("errors", Fit::Keep),
        ("warnings", Fit::Keep),
        ("fitness", Fit::Keep),
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
        let header = columns.map(|(name, _)| name);
        return output::print_csv(out, &header, rows);
    }
    print_within(out, width, &columns, rows)
}

fn printed_share(share: f64, format: Format) -> String {
    match format {
        Format::Table => format!("{:.2} %", share * 100.0),
        Format::Jsonl | Format::Csv => share.to_string(),
    }
}
