use std::{borrow::Cow, io::Write, process::ExitCode};

use clap::Args;
use serde::Serialize;

use super::{
    CliError, Format, FormatArg, completions,
    input::{Input, Sources, Wanted},
    output::{self, BOLD, CYAN, DIM, GREEN, RED, YELLOW},
    sources::numbered,
};
use crate::{
    Asset, Catalog, Finding, Lifecycle, Timestamp, Verdict, bulk::Findings, shown::harmless,
};

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  mediafold timeline fastpix/media d49e44c7-df42-4ffa-9764-8dea1543b63e webhooks/")]
pub(super) struct Timeline {
    /// The entity, such as fastpix/media
    #[arg(add = completions::entities())]
    entity: String,
    /// The asset's id
    id: String,
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    format: FormatArg,
}

#[derive(Serialize)]
struct TimelineRow<'a> {
    at: Option<Timestamp>,
    received_at: Option<Timestamp>,
    event: &'a str,
    event_id: Option<&'a str>,
    /// The provider's word for where the asset is.
    status: Option<&'a str>,
    /// The event kind, and beside it the status word where one is to decide.
    #[serde(skip)]
    label: Cow<'a, str>,
    verdict: Verdict,
    before: &'a str,
    after: &'a str,
    findings: Vec<&'a str>,
    #[serde(skip)]
    messages: Vec<String>,
    source: &'a str,
    line: u64,
    item: Option<u32>,
}

impl Timeline {
    pub(super) fn run(self, catalog: &Catalog) -> Result<ExitCode, CliError> {
        let wanted = Wanted {
            findings: true,
            only: Some((&self.entity, Some(&self.id))),
            ..Wanted::default()
        };
        let (folded, sources) = self.input.fold(catalog, wanted)?;
        let Some((lifecycle, asset)) = folded.assets.first() else {
            if sources.empty {
                return Ok(sources.exit().into());
            }
            let (entity, id) = (&self.entity, &self.id);
            return Err(CliError::usage(format!("nothing was heard of {entity} `{id}`")));
        };
        let format = Format::or_default(self.format.format);
        let condensed = |finding: &Finding| {
            finding.code == crate::Code::HistoryCondensed && finding.event.is_none()
        };
        for finding in folded.findings.iter().filter(condensed) {
            output::note(&format!("note: {}: {}", finding.message, finding.help));
        }
        let mut out = output::out(format);
        let rows = rows(lifecycle, asset, &folded.findings, &sources);
        match format {
            Format::Jsonl => rows.iter().try_for_each(|row| output::json_line(&mut out, row))?,
            Format::Csv => csv(&mut out, &rows)?,
            Format::Table => {
                table(&mut out, lifecycle, asset, &rows)?;
                for finding in folded.findings.iter().filter(|finding| finding.delivery == 0) {
                    writeln!(out, "{YELLOW}{}{YELLOW:#}", harmless(&finding.message))?;
                }
            }
        }
        out.flush()?;
        Ok(sources.exit().into())
    }
}

/// The events in the order in which they happened, each followed by the deliveries that repeat it.
fn rows<'a>(
    lifecycle: &'a Lifecycle,
    asset: &'a Asset,
    findings: &Findings,
    sources: &'a Sources,
) -> Vec<TimelineRow<'a>> {
    let by_delivery = findings.by_delivery(0..findings.len());
    let mut rows = Vec::new();
    for entry in asset.history() {
        let event = entry.event;
        let row = |verdict, (delivery, item), findings: Vec<Finding>| {
            let (source, line) = sources.locate(delivery);
            TimelineRow {
                at: event.time,
                received_at: event.received_at,
                event: event.name(lifecycle),
                event_id: event.id.as_deref(),
                status: event.status.as_deref(),
                label: event.label(lifecycle),
                verdict,
                before: &lifecycle.state(entry.before).name,
                after: &lifecycle.state(entry.after).name,
                findings: findings.iter().map(|finding| finding.name).collect(),
                messages: findings.into_iter().map(|finding| finding.message).collect(),
                source,
                line,
                item,
            }
        };
        let about = by_delivery.get(&event.delivery).map(Vec::as_slice).unwrap_or_default();
        // Another payload of the same delivery may be about the same asset.
        let own = |finding: &Finding| match finding.repeats {
            Some(_) => finding.event_id.as_deref() == event.id.as_deref(),
            None => finding.item == event.item,
        };
        let about = about.iter().map(|at| findings.get(*at)).filter(own);
        let (repeats, own): (Vec<Finding>, Vec<Finding>) =
            about.partition(|finding| finding.repeats.is_some());
        rows.push(row(entry.verdict, (event.delivery, event.item), own));
        for repeat in repeats {
            let again = row(Verdict::Duplicate, (repeat.delivery, repeat.item), vec![repeat]);
            rows.push(TimelineRow { before: again.after, ..again });
        }
    }
    rows
}

fn csv(out: &mut output::Out, rows: &[TimelineRow<'_>]) -> std::io::Result<()> {
    let mut csv = output::csv_writer(out);
    #[rustfmt::skip]
    csv.write_record([
        "at", "received_at", "event", "event_id", "verdict", "before", "after", "findings", "source", "line",
        "item", "status",
    ])?;
    let text = |time: Option<Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
    for row in rows {
        csv.write_record([
            &text(row.at),
            &text(row.received_at),
            row.event,
            row.event_id.unwrap_or_default(),
            row.verdict.name(),
            row.before,
            row.after,
            &row.findings.join(" "),
            row.source,
            &row.line.to_string(),
            &row.item.map(|item| item.to_string()).unwrap_or_default(),
            row.status.unwrap_or_default(),
        ])?;
    }
    csv.flush()
}

fn table(
    out: &mut output::Out,
    lifecycle: &Lifecycle,
    asset: &Asset,
    rows: &[TimelineRow<'_>],
) -> std::io::Result<()> {
    let state = asset.state(lifecycle);
    let color = output::state_color(state.error, state.rest || state.end).bold();
    let (entity, id, state) = (lifecycle.entity(), harmless(asset.id()), &state.name);
    writeln!(out, "{BOLD}{entity} {id}{BOLD:#} is {color}{state}{color:#}\n")?;
    let header = ["time", "event", "verdict", "state", "delivery", "remarks"];
    let rows = rows.iter().map(|row| {
        let color = match row.verdict {
            Verdict::Moved => GREEN,
            Verdict::Gap | Verdict::Unknown => YELLOW,
            Verdict::Illegal => RED,
            Verdict::Duplicate => CYAN,
            _ => DIM,
        };
        let state = match row.before == row.after {
            true => row.after.to_owned(),
            false => format!("{} → {}", row.before, row.after),
        };
        [
            row.at.or(row.received_at).map(|at| at.to_string()).unwrap_or_default(),
            harmless(&row.label),
            format!("{color}{}{color:#}", row.verdict.name()),
            state,
            format!("{}:{}{}", row.source, row.line, numbered(row.item)),
            harmless(&row.messages.join("; ")),
        ]
    });
    output::print_table(out, &header, rows)
}
