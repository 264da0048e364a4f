use std::{borrow::Cow, ffi::OsString, io::Write, process::ExitCode};

use clap::Args;
use serde::Serialize;

use super::{
    CliError, Format, FormatArg, completions,
    files::is_stdin,
    input::{Input, Sources, Wanted},
    named::meant,
    nearest::not_heard,
    output::{self, BOLD, CYAN, DIM, GREEN, RED, YELLOW},
    sources::numbered,
    tables::{Fit, print_table},
};
use crate::{
    Asset, Catalog, Finding, Lifecycle, Timestamp, Verdict, bulk::Findings, shown::harmless,
};

#[derive(Debug, Args)]
#[command(
    override_usage = "mediafold timeline [OPTIONS] [ENTITY] <ID> [FILE]...",
    after_help = "\
Examples:
  mediafold timeline fastpix/media d49e44c7-df42-4ffa-9764-8dea1543b63e webhooks/
  mediafold timeline d49e44c7 webhooks/           whatever it is, by a beginning that no other id has
  mediafold timeline media d49e44c7 --data mediafold.db"
)]
pub(super) struct Timeline {
    /// The asset's id, or a beginning that no other has; before it the entity, such as fastpix/media or media, where the
    /// id is not enough
    #[arg(value_name = "ID", add = completions::entities())]
    asset: OsString,
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
    pub(super) fn run(mut self, catalog: &Catalog) -> Result<ExitCode, CliError> {
        let (entities, id) = self.asked(catalog)?;
        let wanted = Wanted {
            findings: true,
            entities: Some(&entities),
            beginning: Some(&id),
            ..Wanted::default()
        };
        let (folded, sources) = self.input.fold(catalog, wanted)?;
        let Some((lifecycle, asset)) = meant(&folded.assets, &id)? else {
            if sources.empty {
                return Ok(sources.exit().into());
            }
            let paths = self.input.paths()?;
            return Err(not_heard(&paths, self.input.reading(), catalog, &entities, &id));
        };
        let is_own = |finding: &&Finding| {
            let Finding { entity, id, .. } = finding;
            (entity.as_deref(), id.as_deref()) == (Some(lifecycle.entity()), Some(asset.id()))
        };
        let own: Vec<Finding> = folded.findings.iter().filter(|it| is_own(&it)).collect();
        let format = Format::or_default(self.format.format);
        let condensed = |finding: &&Finding| {
            finding.code == crate::Code::HistoryCondensed && finding.event.is_none()
        };
        for finding in own.iter().filter(condensed) {
            output::note(&format!("note: {}: {}", finding.message, finding.help));
        }
        let mut out = output::out(format);
        let rows = rows(lifecycle, asset, &folded.findings, &sources);
        match format {
            Format::Jsonl => rows.iter().try_for_each(|row| output::json_line(&mut out, row))?,
            Format::Csv => csv(&mut out, &rows)?,
            Format::Table => {
                table(&mut out, lifecycle, asset, &rows)?;
                for finding in own.iter().filter(|finding| finding.delivery == 0) {
                    writeln!(out, "{YELLOW}{}{YELLOW:#}", harmless(&finding.message))?;
                }
            }
        }
        out.flush()?;
        Ok(sources.exit().into())
    }

    /// The entities that the asset may be of, and its id or what that begins with. The first word is an entity where a
    /// second one follows, unless that is a file and the first names no entity.
    fn asked<'c>(
        &mut self,
        catalog: &'c Catalog,
    ) -> Result<(Vec<&'c Lifecycle>, String), CliError> {
        let text = |word: OsString| {
            let refused = || CliError::usage("an id is UTF-8, and not empty");
            word.into_string().ok().filter(|word| !word.is_empty()).ok_or_else(refused)
        };
        let word = text(std::mem::take(&mut self.asset))?;
        let named = super::lifecycles(catalog, &word);
        let origin = self.input.origin_mut();
        let is_file = origin.first().is_some_and(|next| is_stdin(next) || next.exists());
        match (origin.first().is_some(), named) {
            (true, Ok(entities)) => {
                let id = origin.take_first().unwrap_or_default();
                Ok((entities, text(id.into_os_string())?))
            }
            (true, Err(unknown)) if !is_file => Err(unknown),
            (false, Ok(_)) if word.contains('/') => {
                Err(CliError::usage(format!("which asset? `mediafold timeline {word} ID`")))
            }
            _ => Ok((catalog.lifecycles().collect(), word)),
        }
    }
}

/// The events in the order in which they happened, each followed by the deliveries that repeat it.
fn rows<'a>(
    lifecycle: &'a Lifecycle,
    asset: &'a Asset,
    findings: &Findings,
    sources: &'a Sources,
) -> Vec<TimelineRow<'a>> {
    let is_own = |at: &usize| {
        let about = findings.asset(*at);
        about.is_none_or(|(entity, id)| entity == lifecycle.entity() && id == asset.id())
    };
    let by_delivery = findings.by_delivery((0..findings.len()).filter(is_own));
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
    let columns = [
        ("time", Fit::Keep),
        ("event", Fit::Keep),
        ("verdict", Fit::Drop(1)),
        ("state", Fit::Keep),
        ("delivery", Fit::Drop(0)),
        ("remarks", Fit::Below),
    ];
    let wide = out.columns();
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
            row.at.or(row.received_at).map(|at| output::moment(at, wide)).unwrap_or_default(),
            harmless(&row.label),
            format!("{color}{}{color:#}", row.verdict.name()),
            state,
            format!("{}:{}{}", row.source, row.line, numbered(row.item)),
            harmless(&row.messages.join("; ")),
        ]
    });
    print_table(out, &columns, rows)
}
