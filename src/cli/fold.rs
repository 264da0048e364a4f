use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Args;

use super::{
    CliError, FailOn, Format, FormatArg,
    findings::{self, LevelArgs},
    input::{Assets, Input, ThreadArgs, Told, Wanted},
    output::{self, BOLD, CYAN, DIM, RED, YELLOW},
    tables::{Fit, print_table},
    target::OutputArg,
};
use crate::{
    Catalog, Lifecycle, Snapshot, fast,
    fast::Printer,
    fold::{Levels, overdue},
    shown::{harmless, plural},
};

/// Rows made into text at a time.
const ROWS: usize = 2048;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold fold webhooks/
  mediafold fold --no-data --format csv webhooks.jsonl.gz > assets.csv
  mediafold fold --as-of 2025-04-07T09:30:35Z webhooks.jsonl")]
pub(super) struct Fold {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    threads: ThreadArgs,
    /// Leave `data` out, the last known values from payloads
    #[arg(long)]
    no_data: bool,
    #[command(flatten)]
    format: FormatArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    levels: LevelArgs,
    /// The lowest severity of findings that makes the exit code 1
    #[arg(long, value_enum, default_value = "never")]
    fail_on: FailOn,
}

impl Fold {
    pub(super) fn run(self, catalog: &Catalog) -> Result<ExitCode, CliError> {
        let (format, mut out) = self.output.open(&self.format)?;
        let data = !self.no_data && format == Format::Jsonl;
        let findings = self.fail_on != FailOn::Never;
        let wanted = Wanted { data, findings, levels: self.levels.levels(), ..Wanted::default() };
        let (told, sources) = self.input.tell(catalog, wanted, &self.threads)?;
        let exit = findings::exit(&sources, &told.findings, self.fail_on);
        let written = self.print(&mut out, format, &told, data, catalog);
        out.finish(written)?;
        Ok(exit.into())
    }

    fn print(
        &self,
        out: &mut output::Out,
        format: Format,
        told: &Told<'_>,
        data: bool,
        catalog: &Catalog,
    ) -> io::Result<()> {
        if let (Assets::Rows(sheet), Format::Jsonl) = (&told.assets, format) {
            let cuts = sheet.cuts(ROWS);
            let maker = || {
                let mut printer = Printer::new(sheet);
                let cuts = &cuts;
                move |number: usize, text: &mut Vec<u8>| {
                    printer.print(&cuts[number], data, text);
                    Ok(())
                }
            };
            return fast::print(cuts.len(), self.threads.count(), maker, out);
        }
        let levels = self.levels.levels();
        let each = |act: &mut dyn FnMut(&Snapshot<'_>) -> io::Result<()>| {
            self.each_row(&told.assets, data, &levels, act)
        };
        match format {
            Format::Jsonl => each(&mut |row| output::json_line(&mut *out, row)),
            Format::Csv => csv(out, each),
            Format::Table => {
                table(out, catalog, each)?;
                footer(out, told)
            }
        }
    }

    fn each_row(
        &self,
        assets: &Assets<'_>,
        data: bool,
        levels: &Levels,
        act: &mut dyn FnMut(&Snapshot<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        match assets {
            Assets::Rows(sheet) => {
                sheet.cuts(ROWS).iter().try_for_each(|cut| sheet.rows(cut, data, |row| act(&row)))
            }
            Assets::Kept(assets) => assets.iter().try_for_each(|(lifecycle, asset)| {
                let mut row = asset.snapshot(lifecycle, data);
                row.findings = asset.finding_counts(lifecycle, levels);
                let as_of = self.input.as_of();
                if let Some(late) = as_of.and_then(|at| overdue(lifecycle, asset, at)) {
                    row.findings.add(levels.severity(late.code), 1);
                }
                act(&row)
            }),
        }
    }
}

/// Does something with each row.
type Act<'a> = &'a mut dyn FnMut(&Snapshot<'_>) -> io::Result<()>;

fn csv(out: &mut output::Out, rows: impl Fn(Act<'_>) -> io::Result<()>) -> io::Result<()> {
    let mut csv = output::csv_writer(out);
    #[rustfmt::skip]
    csv.write_record([
        "entity", "id", "state", "status", "since", "rest", "end", "events", "duplicates", "late",
        "flags", "retries", "parent_entity", "parent_id", "errors", "warnings", "infos",
    ])?;
    rows(&mut |row| {
        let parent = row.parent.as_ref();
        let (parent_entity, parent_id) =
            parent.map_or_else(Default::default, |parent| (parent.entity, parent.id));
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
        Ok(())
    })?;
    csv.flush()
}

fn table(
    out: &mut output::Out,
    catalog: &Catalog,
    rows: impl Fn(Act<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let columns = [
        ("entity", Fit::Keep),
        ("id", Fit::Keep),
        ("state", Fit::Keep),
        ("since", Fit::Drop(2)),
        ("events", Fit::Drop(1)),
        ("findings", Fit::Drop(3)),
        ("flags", Fit::Drop(0)),
    ];
    let wide = out.columns();
    let mut cells = Vec::new();
    rows(&mut |row| {
        let states = catalog.lifecycle(row.entity).map(Lifecycle::states).unwrap_or_default();
        let is_error = states.iter().any(|state| state.name == row.state && state.error);
        let color = output::state_color(is_error, row.rest || row.end);
        let counts = [
            (row.findings.error, "error", RED),
            (row.findings.warning, "warning", YELLOW),
            (row.findings.info, "info", CYAN),
        ];
        let counts = counts.iter().filter(|(count, ..)| *count > 0);
        let counts: Vec<String> = counts
            .map(|(count, name, color)| format!("{color}{}{color:#}", plural(*count, name)))
            .collect();
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
        cells.push([
            harmless(row.entity),
            harmless(row.id),
            format!("{color}{}{retries}{color:#}", harmless(row.state)),
            row.since.map(|since| output::moment(since, wide)).unwrap_or_default(),
            events,
            counts.join(", "),
            row.flags.join(" "),
        ]);
        Ok(())
    })?;
    print_table(out, &columns, cells)
}

fn footer(out: &mut output::Out, told: &Told<'_>) -> io::Result<()> {
    let total = |of: fn(&crate::bulk::Summary) -> u64| told.summaries.iter().map(of).sum::<u64>();
    let deliveries = total(|s| s.deliveries);
    let (errors, warnings) = (total(|s| s.errors), total(|s| s.warnings));
    let assets = plural(told.len() as u64, "asset");
    writeln!(out, "\n{BOLD}{assets}{BOLD:#} from {}", plural(deliveries, "delivery"))?;
    if errors + warnings > 0 {
        let (errors, warnings) = (plural(errors, "error"), plural(warnings, "warning"));
        writeln!(out, "{DIM}{errors}, {warnings}: `mediafold check` says which and why{DIM:#}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::{Command, FromArgMatches};

    use super::*;
    /// Both print the same, so that nothing else tells which way was taken.
    #[test]
    fn only_a_plain_fold_reads_plainly() {
        let told = |ways: &[&str]| {
            let words = [&["fold", "tests/data/webhooks/fastpix.jsonl"], ways].concat();
            let matches = Fold::augment_args(Command::new("fold")).get_matches_from(words);
            let fold = Fold::from_arg_matches(&matches).expect("these are its arguments");
            let told = fold.input.tell(Catalog::builtin(), Wanted::default(), &fold.threads);
            told.expect("the file is there").0
        };
        assert!(matches!(told(&["--threads", "1"]).assets, Assets::Rows(_)));
        assert!(matches!(told(&["--plain"]).assets, Assets::Kept(_)));
    }
}
