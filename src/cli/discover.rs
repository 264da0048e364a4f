//! `discover`: a definition from what a platform sent.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, ValueHint};
use serde::Serialize;

use super::{
    CliError, Format, FormatArg,
    exit::Exit,
    input::{Hearer, hear_rows_too},
    output::{self, BOLD, YELLOW, note},
    tables,
};
use crate::{
    Delivery,
    discover::{DiscoverOptions, Discovered, Discovery, Draft, PlanPlace, Wishes},
    event::EventError,
    fast::LineReader,
    lifecycle::Pointer,
    shown::{harmless, plural},
};

/// Limit on the unreadable deliveries that are named.
const REFUSED_SHOWN_MAX: usize = 10;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold discover captured.jsonl                    what there is in it: kinds, ids, times, and what followed what
  mediafold discover captured/ -o acme                 the same as a definition, in the folder acme
  mediafold diagram acme/video --definitions acme -o acme.svg
  mediafold discover orders.csv --id order --kind step --time at -o orders
  mediafold discover captured.jsonl --noise 0 --fitness 1 -o acme     everything that came, however rare

What was found says what it rests on; what it was not sure of, the files say in comments. Where no id comes with two events
nothing is made up: it says so, and the exit code is 2.")]
pub(super) struct Discover {
    /// Files or folders of what it sent; standard input where none is given, or for `-`
    ///
    /// What every verb reads: NDJSON, a JSON array, one JSON document, form-urlencoded lines, recorded deliveries, each also
    /// gzip or zstd; and CSV with a head line, by its name (.csv).
    #[arg(value_name = "FILE", value_hint = ValueHint::AnyPath)]
    files: Vec<PathBuf>,
    /// Write the definition into this folder; no file is written over
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    output: Option<PathBuf>,
    /// What the provider is to be called; default: as the folder to write to is called, or else `discovered`
    #[arg(long, value_name = "NAME", value_parser = name)]
    name: Option<String>,
    #[command(flatten)]
    mining: MiningArgs,
    #[command(flatten)]
    format: FormatArg,
}

/// What need not be found, and how much is noise.
#[derive(Clone, Debug, Args)]
#[command(
    next_help_heading = "What you know: a member such as type, a pointer such as /data/id, or a header such as @x-event"
)]
pub(super) struct MiningArgs {
    /// Where the event kind is
    #[arg(long, value_name = "PLACE", value_parser = place)]
    kind: Option<String>,
    /// Where the id of the asset is
    #[arg(long, value_name = "PLACE", value_parser = place)]
    id: Option<String>,
    /// Where it says when it happened
    #[arg(long, value_name = "PLACE", value_parser = place)]
    time: Option<String>,
    /// Where the id of the event is
    #[arg(long, value_name = "PLACE", value_parser = place)]
    event_id: Option<String>,
    /// Where the status word is
    #[arg(long, value_name = "PLACE", value_parser = place)]
    status: Option<String>,
    /// What the one entity is called that all events are of; default: as many as there are
    #[arg(long, value_name = "NAME", value_parser = name)]
    entity: Option<String>,
    /// Leave out what is rarer than this beside what usually happens: lost, late and stray events
    #[arg(long, value_name = "SHARE", default_value = "3%", value_parser = super::simulate::share, help_heading = "How much is noise")]
    noise: f64,
    /// The share of events that is to be allowed at least: less is left out until it is reached
    #[arg(long, value_name = "SHARE", default_value = "95%", value_parser = super::simulate::share, help_heading = "How much is noise")]
    fitness: f64,
}

/// A member by its name, or a place as definitions write it.
fn place(text: &str) -> Result<String, String> {
    match text.as_bytes().first() {
        None => Err("expected a member, a pointer or a header".to_owned()),
        Some(b'/') => Ok(text.to_owned()),
        Some(b'@') => Ok(text.to_lowercase()),
        Some(_) => Ok(Pointer::member(text)),
    }
}

/// Checks what a provider or an entity is to be called.
pub(super) fn name(text: &str) -> Result<String, String> {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    match !text.is_empty() && text.len() <= 64 && text.bytes().all(letter) {
        true => Ok(text.to_owned()),
        false => Err("expected letters, digits, `-` and `_`".to_owned()),
    }
}

impl Discover {
    pub(super) fn run(self) -> Result<ExitCode, CliError> {
        let folder = self.output.as_deref();
        let of_folder = || {
            let last = folder?.file_name()?.to_string_lossy().into_owned();
            name(&last).ok()
        };
        let provider =
            self.name.clone().or_else(of_folder).unwrap_or_else(|| "discovered".to_owned());
        let options = self.mining.options(provider, false);
        let (draft, exit) = discovered(&self.files, options)?;
        if let Some(folder) = folder {
            write(folder, &draft.files)?;
        }
        self.print(&draft)?;
        if let Some(folder) = folder {
            note(&written(folder, &draft));
        }
        Ok(exit.into())
    }

    fn print(&self, draft: &Draft) -> Result<(), CliError> {
        let format = Format::or_default(self.format.format);
        let mut out = output::out(format);
        for told in &draft.untold {
            note(&format!("{YELLOW}not told{YELLOW:#}: {}", harmless(told)));
        }
        match format {
            Format::Table => print_table(&mut out, draft)?,
            Format::Jsonl => {
                for entity in &draft.entities {
                    for row in rows(entity) {
                        output::json_line(&mut out, &row)?;
                    }
                    output::json_line(&mut out, &DiscoveredRow::of(entity))?;
                }
            }
            Format::Csv => {
                let mut csv = output::csv_writer(out);
                for row in draft.entities.iter().flat_map(rows) {
                    csv.serialize(row).map_err(std::io::Error::from)?;
                }
                csv.flush()?;
                return Ok(());
            }
        }
        out.flush()?;
        Ok(())
    }
}

impl MiningArgs {
    pub(super) fn options(&self, provider: String, partial: bool) -> DiscoverOptions {
        let wishes = Wishes {
            kind: self.kind.clone(),
            event_id: self.event_id.clone(),
            time: self.time.clone(),
            id: self.id.clone(),
            status: self.status.clone(),
            entity: self.entity.clone(),
        };
        DiscoverOptions { provider, noise: self.noise, fitness: self.fitness, wishes, partial }
    }
}

/// What is found in these files, or in standard input if there are none. What cannot be read is noted, and the rest goes on.
pub(super) fn discovered(
    files: &[PathBuf],
    options: DiscoverOptions,
) -> Result<(Draft, Exit), CliError> {
    let place = PlanPlace::default();
    let mut quick = QuickDiscovery { discovery: Discovery::new(options, &place), lines: None };
    let mut sources = hear_rows_too(files, &mut quick)?;
    if let Some(error) = sources.why.take() {
        return Err(error);
    }
    let (refused, count) = quick.discovery.refused();
    for own in refused.iter().take(REFUSED_SHOWN_MAX) {
        let (path, line) = sources.locate(own.delivery);
        note(&format!("not read: {path}:{line}: {}", harmless(&own.reason)));
    }
    if count > REFUSED_SHOWN_MAX as u64 {
        note(&format!("not read: {} more", plural(count - REFUSED_SHOWN_MAX as u64, "delivery")));
    }
    let exit = sources.exit().max(Exit::found(count > 0));
    let draft = quick.discovery.finish().map_err(CliError::usage)?;
    Ok((draft, exit))
}

/// A discovery that reads most deliveries by their tokens, once it knows how.
struct QuickDiscovery<'p> {
    discovery: Discovery<'p>,
    lines: Option<LineReader<'p>>,
}

impl Hearer for QuickDiscovery<'_> {
    fn deliver(&mut self, delivery: &Delivery<'_>) {
        let Self { discovery, lines } = self;
        if lines.is_none() {
            *lines = discovery.reader().map(LineReader::new);
        }
        match lines.as_mut().and_then(|lines| lines.read(delivery, |_, _| true)) {
            Some((_, events)) => discovery.take_read(events),
            None => discovery.deliver(delivery),
        }
    }

    fn deliver_broken(&mut self, error: &EventError, number: u64) {
        self.discovery.refuse(number, error.to_string());
    }
}

#[derive(Serialize)]
struct StepRow<'a> {
    entity: &'a str,
    from: &'a str,
    event: &'a str,
    to: &'a str,
    again: bool,
    count: u64,
}

#[derive(Serialize)]
struct DiscoveredRow<'a> {
    summary: bool,
    entity: &'a str,
    assets: u64,
    events: u64,
    duplicates: u64,
    noise: f64,
    fitness: f64,
    precision: f64,
}

impl<'a> DiscoveredRow<'a> {
    fn of(entity: &'a Discovered) -> Self {
        Self {
            summary: true,
            entity: &entity.entity,
            assets: entity.assets,
            events: entity.events,
            duplicates: entity.copies,
            noise: entity.noise,
            fitness: entity.fit.fitness,
            precision: entity.fit.precision,
        }
    }
}

fn rows(entity: &Discovered) -> impl Iterator<Item = StepRow<'_>> {
    entity.steps.iter().map(|step| StepRow {
        entity: &entity.entity,
        from: &step.from,
        event: &step.kind,
        to: &step.to,
        again: step.again,
        count: step.count,
    })
}

fn print_table(out: &mut output::Out, draft: &Draft) -> Result<(), CliError> {
    writeln!(out, "{}", found(draft))?;
    for entity in &draft.entities {
        let Discovered { assets, events, copies, fit, .. } = entity;
        writeln!(
            out,
            "\n{BOLD}{}{BOLD:#}: {}, {}, {}; fitness {:.2} %, precision {:.2} %\n",
            harmless(&entity.entity),
            plural(*assets, "asset"),
            plural(*events, "event"),
            plural(*copies, "duplicate"),
            fit.fitness * 100.0,
            fit.precision * 100.0,
        )?;
        let rows = entity.steps.iter().map(|step| {
            let way = if step.again { "again" } else { "" };
            vec![
                harmless(&step.from),
                harmless(&step.kind),
                harmless(&step.to),
                way.to_owned(),
                step.count.to_string(),
            ]
        });
        tables::print_table(
            out,
            &[
                ("from", tables::Fit::Keep),
                ("event", tables::Fit::Keep),
                ("to", tables::Fit::Keep),
                ("", tables::Fit::Keep),
                ("count", tables::Fit::Keep),
            ],
            rows,
        )?;
    }
    Ok(())
}

/// What was found where, for people.
pub(super) fn found(draft: &Draft) -> String {
    let mut text = plural(draft.payloads, "payload");
    for (what, found) in &draft.found {
        text += &format!("\n{what:<9} {}", harmless(found));
    }
    text
}

/// What was written where, and what to do with it.
pub(super) fn written(folder: &Path, draft: &Draft) -> String {
    let mut text = String::new();
    for (name, _) in &draft.files {
        text += &format!("wrote {}\n", folder.join(name).display());
    }
    let shown = folder.display();
    text + &format!(
        "next: read the comments, then `mediafold lint {shown}` and `mediafold check --definitions {shown} FILE`"
    )
}

/// Writes all files, or none if one of them is there.
pub(super) fn write(
    folder: &Path,
    files: &[(impl AsRef<Path>, impl AsRef<[u8]>)],
) -> Result<(), CliError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| CliError::Write { path, source }
    };
    if let Some((name, _)) = files.iter().find(|(name, _)| folder.join(name).exists()) {
        let path = folder.join(name);
        return Err(CliError::usage(format!("`{}` is there already", path.display())));
    }
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    for (name, text) in files {
        let path = folder.join(name);
        let made = std::fs::OpenOptions::new().write(true).create_new(true).open(&path);
        made.and_then(|mut file| file.write_all(text.as_ref())).map_err(failed(&path))?;
    }
    Ok(())
}
