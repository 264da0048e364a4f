use std::{io::Write, process::ExitCode};

use clap::Args;

use super::{
    CliError, FailOn, Format, FormatArg,
    findings::{LevelArgs, exit_code},
    input::{Input, Wanted},
    output::{self, BOLD, DIM, GREEN, RED, YELLOW, printable},
};
use crate::{Catalog, Folded, Snapshot, overdue};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold fold webhooks/
  mediafold fold --no-data --format csv webhooks.jsonl.gz > assets.csv
  mediafold fold --as-of 2025-04-07T09:30:35Z webhooks.jsonl")]
pub(super) struct Fold {
    #[command(flatten)]
    input: Input,
    /// Leave `data` out, the last known values from payloads
    #[arg(long)]
    no_data: bool,
    #[command(flatten)]
    format: FormatArg,
    #[command(flatten)]
    levels: LevelArgs,
    /// The lowest severity of findings that makes the exit code 1
    #[arg(long, value_enum, default_value = "never")]
    fail_on: FailOn,
}

impl Fold {
    pub(super) fn run(self, catalog: &Catalog) -> Result<ExitCode, CliError> {
        let format = Format::or_default(self.format.format);
        let data = !self.no_data && format == Format::Jsonl;
        let levels = self.levels.levels();
        let findings = self.fail_on != FailOn::Never;
        let wanted = Wanted { data, findings, levels: levels.clone(), ..Wanted::default() };
        let (folded, sources) = self.input.fold(catalog, wanted)?;
        let rows = folded.assets.iter().map(|(lifecycle, asset)| {
            let mut row = asset.snapshot(lifecycle, data);
            row.findings = asset.finding_counts(lifecycle, &levels);
            if let Some(late) = self.input.as_of().and_then(|at| overdue(lifecycle, asset, at)) {
                row.findings.add(levels.severity(late.code), 1);
            }
            row
        });
        let mut out = output::out(format);
        match format {
            Format::Jsonl => {
                rows.into_iter().try_for_each(|row| output::json_line(&mut out, &row))?
            }
            Format::Csv => csv(&mut out, rows)?,
            Format::Table => {
                table(&mut out, rows)?;
                footer(&mut out, &folded)?;
            }
        }
        out.flush()?;
        Ok(exit_code(&sources, &folded.findings, self.fail_on))
    }
}

fn csv<'a>(out: &mut output::Out, rows: impl Iterator<Item = Snapshot<'a>>) -> std::io::Result<()> {
    let mut csv = output::csv_writer(out);
    #[rustfmt::skip]
    csv.write_record([
        "entity", "id", "state", "status", "since", "rest", "end", "events", "duplicates", "late",
        "flags", "retries", "parent_entity", "parent_id", "errors", "warnings", "infos",
    ])?;
    for row in rows {
        let (parent_entity, parent_id) =
            row.parent.map_or_else(Default::default, |p| (p.entity, p.id));
        csv.write_record([
            row.entity,
            row.id,
            row.state,
            row.status.unwrap_or_default(),
            &row.since.map(|since| since.to_string()).unwrap_or_default(),
            &row.rest.to_string(),
            &row.end.to_string(),
            &row.events.to_string(),
            &row.duplicates.to_string(),
            &row.late.to_string(),
            &row.flags.join(" "),
            &row.retries.to_string(),
            parent_entity,
            parent_id,
            &row.findings.error.to_string(),
            &row.findings.warning.to_string(),
            &row.findings.info.to_string(),
        ])?;
    }
    csv.flush()
}

fn table<'a>(
    out: &mut output::Out,
    rows: impl Iterator<Item = Snapshot<'a>>,
) -> std::io::Result<()> {
    let header = ["entity", "id", "state", "since", "events", "findings", "flags"];
    let rows = rows.map(|row| {
        let color = match (row.findings.error > 0, row.rest || row.end) {
            (true, _) => RED,
            (false, true) => GREEN,
            (false, false) => YELLOW,
        };
        let counts = [
            (row.findings.error, "error"),
            (row.findings.warning, "warning"),
            (row.findings.info, "info"),
        ];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let counts: Vec<String> = counts.map(|(count, name)| plural(*count, name)).collect();
        let mut events = row.events.to_string();
        if row.duplicates + row.late > 0 {
            let again = (row.duplicates > 0).then(|| format!("{} again", row.duplicates));
            let late = (row.late > 0).then(|| format!("{} late", row.late));
            let both: Vec<String> = again.into_iter().chain(late).collect();
            events.push_str(&format!(" ({})", both.join(", ")));
        }
        let retries = match row.retries {
            0 => String::new(),
            used => format!(" (retry {used})"),
        };
        [
            printable(row.entity),
            printable(row.id),
            format!("{color}{}{retries}{color:#}", printable(row.state)),
            row.since.map(|since| since.to_string()).unwrap_or_default(),
            events,
            counts.join(", "),
            row.flags.join(" "),
        ]
    });
    output::print_table(out, &header, rows)
}

fn footer(out: &mut output::Out, folded: &Folded<'_>) -> std::io::Result<()> {
    let total = |of: fn(&crate::Summary) -> u64| folded.summaries.iter().map(of).sum::<u64>();
    let deliveries = total(|s| s.deliveries);
    let (errors, warnings) = (total(|s| s.errors), total(|s| s.warnings));
    let assets = plural(folded.assets.len() as u64, "asset");
    writeln!(
        out,
        "\n{BOLD}{assets}{BOLD:#} from {}",
        plural_of(deliveries, "delivery", "deliveries")
    )?;
    if errors + warnings > 0 {
        let (errors, warnings) = (plural(errors, "error"), plural(warnings, "warning"));
        writeln!(out, "{DIM}{errors}, {warnings}: `mediafold check` says which and why{DIM:#}")?;
    }
    Ok(())
}

pub(super) fn plural(count: u64, name: &str) -> String {
    plural_of(count, name, &format!("{name}s"))
}

pub(super) fn plural_of(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
