use std::{
    io::{self, BufWriter, IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::{ArgGroup, Args, ValueHint};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{
    CliError, Format, completions,
    exit::Exit,
    output::{self, Out, Standard},
    send::SendArgs,
    target::{self, OutputArg},
    whole::WholeFile,
};
use crate::{
    Catalog, Timestamp,
    shown::plural,
    simulate::{Faults, Scale, Simulation, Truth},
};

/// How many deliveries are written between two looks at the progress.
const STRIDE: u64 = 4096;

#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("scale").required(true),
    after_help = "\
Examples:
  mediafold simulate fastpix --assets 100
  mediafold simulate vms/content --assets 20 --seed 7 --illegal 2% | mediafold check
  mediafold simulate fastpix twilio vms --events 1000000 -o traffic.jsonl --truth truth.jsonl \\
      --duplicates 2% --late 3% --lateness 60s --lost 1% --illegal 0.5% --malformed 0.1%

  mediafold simulate fastpix --assets 1000 --send http://localhost:8080/webhooks \\
      --secret fastpix=@signing.key --rate 200 --concurrency 8

The same arguments give the same bytes. Entities that share deliveries come together: a track needs its media."
)]
pub(super) struct Simulate {
    /// Providers, such as fastpix, or entities, such as vms/content
    #[arg(required = true, value_name = "PROVIDER|ENTITY", add = completions::entities_and_providers())]
    names: Vec<String>,
    /// Number of assets
    #[arg(long, value_name = "N", group = "scale")]
    assets: Option<u64>,
    /// Number of deliveries, about: stories that have begun are told to their end
    #[arg(long, value_name = "N", group = "scale")]
    events: Option<u64>,
    /// Where chance begins
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// When the first story begins
    #[arg(long, value_name = "TIME", default_value = "2026-01-01T00:00:00Z")]
    start: Timestamp,
    #[command(flatten)]
    output: OutputArg,
    /// Write here what is true: the state of each asset, and each fault with the finding that it must give; `-` is standard
    /// output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    truth: Option<PathBuf>,
    #[command(flatten)]
    faults: FaultArgs,
    #[command(flatten)]
    send: SendArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What goes wrong, as a share of the deliveries (2% or 0.02)")]
struct FaultArgs {
    /// Delivered twice
    #[arg(long, value_name = "SHARE", default_value = "0%", value_parser = share)]
    duplicates: f64,
    /// Delivered after a later event of the same asset
    #[arg(long, value_name = "SHARE", default_value = "0%", value_parser = share)]
    late: f64,
    /// By how much at most
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    lateness: Duration,
    /// Never delivered
    #[arg(long, value_name = "SHARE", default_value = "0%", value_parser = share)]
    lost: f64,
    /// Not allowed where they come
    #[arg(long, value_name = "SHARE", default_value = "0%", value_parser = share)]
    illegal: f64,
    /// Cut short, not UTF-8, or without event kind or id
    #[arg(long, value_name = "SHARE", default_value = "0%", value_parser = share)]
    malformed: f64,
}

pub(super) fn share(text: &str) -> Result<f64, String> {
    let (number, unit) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
    let share = number.trim().parse::<f64>().map(|number| number / unit);
    let share = share.ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "expected a share from 0% to 100%, such as 2% or 0.02".to_owned())
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    crate::time::parse_duration(text).map_err(str::to_owned)
}

impl Simulate {
    pub(super) fn run(
        self,
        catalog: &Catalog,
        definitions: &[PathBuf],
    ) -> Result<ExitCode, CliError> {
        let templates = super::templates(definitions)?;
        let scale = match (self.assets, self.events) {
            (Some(assets), _) => Scale::Assets(assets),
            (None, events) => Scale::Events(events.unwrap_or(0)),
        };
        let FaultArgs { duplicates, late, lateness, lost, illegal, malformed } = self.faults;
        let faults = Faults { duplicates, late, lateness, lost, illegal, malformed };
        let (seed, start) = (self.seed, self.start);
        let mut simulation =
            Simulation::new(catalog, &templates, &self.names, scale, seed, start, faults)
                .map_err(CliError::usage)?;
        let path = self.output.file();
        let sender = self.send.sender(catalog, &templates)?;
        let mut truths = self.truths()?;
        if let Some(sender) = sender {
            let exit = sender.send(|| {
                let post = simulation.next_post();
                truths.note(&mut simulation)?;
                Ok(post)
            })?;
            match exit {
                // A truth that is not whole is none, so that its file is not there.
                Exit::Interrupted if truths.out.is_some() => {
                    output::note("note: no truth is written of a part")
                }
                _ => truths.finish()?,
            }
            return Ok(exit.into());
        }
        match path {
            None => {
                let mut out = BufWriter::with_capacity(256 << 10, Standard::new());
                write(simulation, &mut out, truths, CliError::Output)?;
            }
            Some(path) => {
                target::warn(path, "lines of JSON or form bodies", &LINES);
                let mut file = WholeFile::create(path)?;
                let failed = |source| CliError::Write { path: path.to_owned(), source };
                write(simulation, &mut file, truths, failed)?;
                file.finish()?;
            }
        }
        Ok(Exit::Fine.into())
    }

    /// Where the truth goes, if anywhere: not where the deliveries go, or what came of sending them.
    fn truths(&self) -> Result<Truths, CliError> {
        let mut truths = Truths { out: None, assets: 0, faults: 0 };
        let Some(path) = self.truth.as_deref() else { return Ok(truths) };
        let path = target::named(Some(path));
        if path == self.output.file() {
            let message = "the truth needs a file of its own: all else goes there already";
            return Err(CliError::usage(message));
        }
        truths.out = Some(output::out_to(Format::Jsonl, path)?);
        Ok(truths)
    }
}

/// What files of deliveries are called.
const LINES: [&str; 6] = ["form", "json", "jsonl", "log", "ndjson", "txt"];

/// What is true, written if it is wanted, and counted.
struct Truths {
    out: Option<Out>,
    assets: u64,
    faults: u64,
}

impl Truths {
    /// Takes what became known since the last time.
    fn note(&mut self, simulation: &mut Simulation<'_>) -> Result<(), CliError> {
        for fact in simulation.truths() {
            match fact {
                Truth::Asset { .. } => self.assets += 1,
                Truth::Fault { .. } => self.faults += 1,
            }
            if let Some(out) = &mut self.out {
                output::json_line(out, &fact).map_err(|error| out.failed(error))?;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<(), CliError> {
        self.out.map_or(Ok(()), |out| out.finish(Ok(())))
    }
}

/// Writes everything; errors of the deliveries' own file are `failed`.
fn write(
    mut simulation: Simulation<'_>,
    out: &mut dyn Write,
    mut truths: Truths,
    failed: impl Fn(io::Error) -> CliError,
) -> Result<(), CliError> {
    let bar = progress();
    let (mut deliveries, mut bytes) = (0_u64, 0_u64);
    while let Some(body) = simulation.next_delivery() {
        out.write_all(body).and_then(|()| out.write_all(b"\n")).map_err(&failed)?;
        deliveries += 1;
        bytes += body.len() as u64 + 1;
        truths.note(&mut simulation)?;
        if deliveries.is_multiple_of(STRIDE) {
            bar.set_position(deliveries);
        }
        // The truth is still to be told of what nobody reads any more.
        if truths.out.is_none() && output::is_gone() {
            break;
        }
    }
    truths.note(&mut simulation)?;
    out.flush().map_err(&failed)?;
    let (assets, faults) = (truths.assets, truths.faults);
    truths.finish()?;
    bar.finish_and_clear();
    if io::stderr().is_terminal() {
        let sent = plural(deliveries, "delivery");
        let (of, wrong) = (plural(assets, "asset"), plural(faults, "fault"));
        output::note(&format!("{sent} of {of}, {wrong}, {} MB", bytes / 1_000_000));
    }
    Ok(())
}

/// A count on a terminal, unless that is where the deliveries go.
fn progress() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} deliveries {per_sec}") {
        bar.set_style(style);
    }
    if !io::stdout().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::stderr());
    }
    bar
}
