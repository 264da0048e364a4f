//! Many deliveries folded at once, from files or one by one.

use std::{io, num::NonZeroUsize, sync::Arc};

use mediafold_core::{
    Asset, Catalog, Delivery, Finding, Lifecycle, Policy, Reader, Snapshot, Timestamp,
    bulk::{
        Bulk, Documents, Findings, FoldOptions, Folded, LINE_BITS, StreamDamage, Summary,
        UNREADABLE_KEPT_MAX,
    },
    event::EventError,
    fast::{Lines, Rows, Threads},
    fold::{Levels, overdue},
    lifecycle::{Provider, closest},
    shown::did_you_mean,
    time::parse_duration,
};
use pyo3::prelude::*;
use serde::Serialize;

use super::{
    source::Source,
    table::{Batches, Wanted},
    work::Watch,
};

/// The built-in definitions, or a user's own.
#[derive(Clone)]
pub(super) struct Definitions(pub(super) Option<Arc<Catalog>>);

impl Definitions {
    pub(super) fn catalog(&self) -> &Catalog {
        self.0.as_deref().unwrap_or_else(|| Catalog::builtin())
    }
}

/// How deliveries are read and folded, as Python says it.
#[derive(Clone, FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct Options {
    provider: Option<String>,
    follow: bool,
    /// As RFC 3339 has it.
    as_of: Option<String>,
    data: bool,
    /// The assets as text too, which are to have this many events at most, none of them older than so.
    saved: Option<(Option<usize>, Option<String>)>,
    threads: Option<NonZeroUsize>,
    /// The findings in place of the assets.
    findings: bool,
}

/// The number of the source that failed, and how.
pub(super) type Failure = (usize, io::Error);

impl Options {
    pub(super) fn policy(&self) -> Policy {
        if self.follow { Policy::Follow } else { Policy::Keep }
    }

    pub(super) fn as_of(&self) -> Option<Timestamp> {
        self.as_of.as_deref().and_then(|time| time.parse().ok())
    }

    /// What is wrong with them.
    pub(super) fn misfit(&self, catalog: &Catalog) -> Option<String> {
        if let Some(time) = &self.as_of
            && let Err(error) = time.parse::<Timestamp>()
        {
            return Some(format!("`as_of` is no time: {error}"));
        }
        if let Some((_, Some(age))) = &self.saved
            && let Err(reason) = parse_duration(age)
        {
            return Some(format!("`bound.age`: {reason}"));
        }
        let name = self.provider.as_deref().filter(|name| catalog.provider(name).is_none())?;
        let near = did_you_mean(closest(name, catalog.providers().map(Provider::name)));
        Some(format!("there is no provider `{name}`{near}"))
    }

    pub(super) fn reader<'c>(&self, catalog: &'c Catalog) -> Reader<'c> {
        let reader = Reader::new(catalog);
        // That there is one was asked before.
        let provider = self.provider.as_deref().and_then(|name| catalog.provider(name));
        let reader = match provider {
            Some(provider) => reader.with_provider(provider),
            None => reader,
        };
        if self.data || self.saved.is_some() { reader } else { reader.without_data() }
    }

    fn threads(&self) -> usize {
        let all = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        self.threads.map_or_else(all, NonZeroUsize::get)
    }

    pub(super) fn lines<'c>(&self, catalog: &'c Catalog) -> Lines<'c> {
        let mut bulk = Bulk::new(self.reader(catalog)).with_policy(self.policy());
        if let Some(time) = self.as_of() {
            bulk = bulk.as_of(time);
        }
        if self.findings { bulk.with_findings() } else { bulk }.into()
    }

    fn terms(&self) -> FoldOptions {
        let levels = Levels::default();
        FoldOptions { policy: self.policy(), levels, as_of: self.as_of(), findings: self.findings }
    }

    fn wanted(&self) -> Wanted {
        Wanted { data: self.data, saved: self.saved.is_some() }
    }
}

/// What takes in one delivery after another.
pub(super) trait Hearer {
    fn deliver(&mut self, delivery: &Delivery<'_>);
    fn deliver_broken(&mut self, error: &EventError, number: u64);
}

impl Hearer for Lines<'_> {
    fn deliver(&mut self, delivery: &Delivery<'_>) {
        Lines::deliver(self, delivery);
    }

    fn deliver_broken(&mut self, error: &EventError, number: u64) {
        Lines::deliver_broken(self, error, number);
    }
}

/// What came of it, for Python.
pub(super) struct Given {
    pub(super) batches: Batches,
    /// A JSON array, some at a time.
    pub(super) findings: Vec<String>,
    /// `{"summaries":[…],"unreadable":[…]}`
    pub(super) about: String,
}

#[derive(Serialize)]
struct About<'a> {
    summaries: &'a [Summary],
    unreadable: Vec<PlacedFinding<'a>>,
    undated: u64,
}

/// A finding, and the delivery that it is about.
#[derive(Serialize)]
struct PlacedFinding<'a> {
    #[serde(flatten)]
    finding: Finding,
    line: Option<u64>,
    source: Option<&'a str>,
}

/// What was folded.
enum Told<'c> {
    Rows(Box<Rows<'c>>),
    Assets(Vec<(&'c Lifecycle, Asset)>),
}

/// Folds these sources: by threads, unless the assets themselves are wanted.
pub(super) fn fold(
    definitions: &Definitions,
    sources: &[Source],
    options: &Options,
    watch: &Arc<Watch>,
) -> Result<Given, Failure> {
    let catalog = definitions.catalog();
    let names: Vec<Option<String>> = sources.iter().map(Source::name).collect();
    if options.saved.is_some() {
        let mut lines = options.lines(catalog);
        hear(sources, &mut lines, watch)?;
        return Ok(given(lines.finish(), &names, options));
    }
    let mut threads = Threads::new(options.reader(catalog), options.terms(), options.threads());
    for (at, source) in sources.iter().enumerate() {
        let failed = |error| (at, error);
        let opened = source.open(watch).map_err(failed)?;
        threads.read(number(at), opened.stream, opened.again, || {}, damage).map_err(failed)?;
    }
    let open = |delivery| sources[place(delivery).0].open_again();
    let rows = threads.finish(open).map_err(|(delivery, error)| (place(delivery).0, error))?;
    let about = about(&rows.summaries, &rows.unreadable, rows.undated, &names);
    let findings = placed(&rows.findings, &names);
    Ok(made(&Told::Rows(Box::new(rows)), findings, about, options))
}

/// What was folded from deliveries one by one.
pub(super) fn given(folded: Folded<'_>, names: &[Option<String>], options: &Options) -> Given {
    let about = about(&folded.summaries, &folded.unreadable, folded.undated, names);
    let findings = placed(&folded.findings, names);
    let mut assets = folded.assets;
    if let Some((events, age)) = &options.saved
        && (events.is_some() || age.is_some())
    {
        let age = age.as_deref().and_then(|age| parse_duration(age).ok());
        for (lifecycle, asset) in &mut assets {
            asset.bound(lifecycle, events.unwrap_or(usize::MAX), age);
        }
    }
    made(&Told::Assets(assets), findings, about, options)
}

fn made(told: &Told<'_>, findings: Vec<String>, about: String, options: &Options) -> Given {
    let batches = match (options.findings, told) {
        (true, _) => Batches::new(options.wanted()),
        (false, Told::Rows(rows)) => Batches::of_rows(rows, options.wanted(), options.threads()),
        (false, Told::Assets(assets)) => {
            Batches::of_assets(assets, options.wanted(), |(lifecycle, asset), add| {
                let mut row: Snapshot<'_> = asset.snapshot(lifecycle, options.data);
                if options.as_of().is_some_and(|at| overdue(lifecycle, asset, at).is_some()) {
                    row.findings.warning += 1;
                }
                let saved = options.saved.is_some().then(|| asset.save(lifecycle));
                add(&row, saved.as_deref());
            })
        }
    };
    Given { batches, findings, about }
}

/// Has something take in all deliveries of these sources.
pub(super) fn hear(
    sources: &[Source],
    hearer: &mut impl Hearer,
    watch: &Arc<Watch>,
) -> Result<(), Failure> {
    for (at, source) in sources.iter().enumerate() {
        let failed = |error| (at, error);
        let opened = source.open(watch).map_err(failed)?;
        hear_one(Documents::new(opened.stream), number(at), hearer).map_err(failed)?;
    }
    Ok(())
}

fn hear_one(
    mut documents: Documents<impl io::Read>,
    number: u64,
    hearer: &mut impl Hearer,
) -> io::Result<()> {
    let mut last_line = 1;
    loop {
        match documents.next_document() {
            Ok(None) => return Ok(()),
            Ok(Some(document)) => {
                last_line = document.line;
                let number = number + document.line;
                match document.body {
                    Ok(body) => hearer.deliver(&Delivery::new(body, number)),
                    Err(error) => hearer.deliver_broken(&error, number),
                }
            }
            // What came before stands, what follows is lost.
            Err(error) => {
                let reason = damage(&error).ok_or(error)?;
                hearer.deliver_broken(&EventError::BrokenStream { reason }, number + last_line);
                return Ok(());
            }
        }
    }
}

/// How a stream is broken, if it is the stream and not the reading of it.
fn damage(error: &io::Error) -> Option<String> {
    StreamDamage::of(error).map(ToString::to_string)
}

/// The number of a source's deliveries, but for their lines.
fn number(source: usize) -> u64 {
    (source as u64) << LINE_BITS
}

/// The source of a delivery, and its line.
pub(super) fn place(delivery: u64) -> (usize, u64) {
    ((delivery >> LINE_BITS) as usize, delivery & ((1 << LINE_BITS) - 1))
}

fn with_place<'a>(finding: Finding, names: &'a [Option<String>]) -> PlacedFinding<'a> {
    let (source, line) = place(finding.delivery);
    let line = (finding.delivery > 0).then_some(line);
    let source = line.and_then(|_| names.get(source)?.as_deref());
    PlacedFinding { finding, line, source }
}

/// Findings made into text at a time.
const FINDINGS: usize = 4096;

fn placed(findings: &Findings, names: &[Option<String>]) -> Vec<String> {
    let cuts = (0..findings.len()).step_by(FINDINGS);
    let text = |from: usize| {
        let range = findings.range(from..findings.len().min(from + FINDINGS));
        let rows: Vec<PlacedFinding<'_>> = range.map(|it| with_place(it, names)).collect();
        // What is written is made of texts and numbers.
        serde_json::to_string(&rows).unwrap_or_default()
    };
    cuts.map(text).collect()
}

fn about(
    summaries: &[Summary],
    unreadable: &[Finding],
    undated: u64,
    names: &[Option<String>],
) -> String {
    let unreadable = unreadable.iter().take(UNREADABLE_KEPT_MAX);
    let unreadable = unreadable.map(|finding| with_place(finding.clone(), names)).collect();
    serde_json::to_string(&About { summaries, unreadable, undated }).unwrap_or_default()
}
