//! Webhooks as arguments: where they come from, and how they are read and folded.

use std::{
    fs::File,
    io::{self, Read},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::SystemTime,
};

use clap::{Args, ValueEnum};

use super::{
    CliError, completions,
    csv_rows::{is_csv, read_csv},
    errors::report_error,
    exit::Exit,
    files::{open, paths},
    origin::OriginArgs,
    output::{self, RED},
    progress::Progress,
};
pub(super) use super::{
    hearer::Hearer,
    sources::{Sources, Unreadable},
};
use crate::{
    Asset, Catalog, Delivery, Lifecycle, Policy, Reader, Timestamp,
    audit::{Audit, AuditTable},
    bulk::{Bulk, Documents, Findings, FoldOptions, Folded, Summary},
    event::EventError,
    fast::{Lines, Rows, Threads},
    fold::Levels,
    lifecycle::Provider,
    locks::locked,
    shown::plural,
};

#[derive(Debug, Args)]
pub(super) struct Input {
    #[command(flatten)]
    origin: OriginArgs,
    #[command(flatten)]
    reading: ReadingArgs,
}

/// How fast webhooks are folded.
#[derive(Debug, Args)]
pub(super) struct ThreadArgs {
    /// Number of threads; default: one for each processor
    #[arg(long, value_name = "N", conflicts_with = "plain")]
    threads: Option<NonZeroUsize>,
    /// Read with one thread and the general reader alone: the same output, slowly
    #[arg(long)]
    plain: bool,
}

impl ThreadArgs {
    /// How many threads fold.
    pub(super) fn count(&self) -> usize {
        let all = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        self.threads.map_or_else(all, NonZeroUsize::get)
    }
}

/// How webhooks are read and folded, wherever they come from.
#[derive(Debug, Args)]
pub(super) struct ReadingArgs {
    /// Who sent them; default: recognised by the envelope
    #[arg(long, value_name = "NAME", add = completions::providers())]
    provider: Option<String>,
    /// What an illegal event does to the state
    #[arg(long, value_enum, default_value = "keep")]
    policy: PolicyArg,
    /// Fold only what happened until then: RFC 3339, seconds since 1970, or `now`
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    as_of: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum PolicyArg {
    /// Nothing: the lifecycle is believed
    Keep,
    /// It leads where the provider says, but never out of an end state
    Follow,
}

impl From<PolicyArg> for Policy {
    fn from(policy: PolicyArg) -> Self {
        match policy {
            PolicyArg::Keep => Self::Keep,
            PolicyArg::Follow => Self::Follow,
        }
    }
}

/// What there is to do with the input.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted<'a> {
    pub(super) data: bool,
    pub(super) findings: bool,
    pub(super) levels: Levels,
    pub(super) unreadable: Unreadable,
    /// Only assets of these entities.
    pub(super) entities: Option<&'a [&'a Lifecycle]>,
    /// Only assets whose ids begin like this.
    pub(super) beginning: Option<&'a str>,
    /// By the general reader alone.
    pub(super) plain: bool,
}

fn parse_time(text: &str) -> Result<Timestamp, String> {
    match text {
        "now" => now(),
        _ => text.parse().map_err(|error: crate::time::TimeError| error.to_string()),
    }
}

/// What the clock says.
pub(super) fn now() -> Result<Timestamp, String> {
    #[expect(clippy::disallowed_methods, reason = "the command is where the clock is read")]
    let now =
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_err(|e| e.to_string())?;
    i64::try_from(now.as_nanos()).map(Timestamp::from_nanos).map_err(|error| error.to_string())
}

/// What came of a fold.
pub(super) struct Told<'c> {
    pub(super) assets: Assets<'c>,
    pub(super) findings: Findings,
    pub(super) summaries: Vec<Summary>,
}

/// The folded assets.
pub(super) enum Assets<'c> {
    /// One by one.
    Kept(Vec<(&'c Lifecycle, Asset)>),
    /// As rows.
    Rows(Box<Rows<'c>>),
}

impl<'c> Told<'c> {
    fn of(mut sheet: Rows<'c>) -> Self {
        let findings = std::mem::take(&mut sheet.findings);
        let summaries = std::mem::take(&mut sheet.summaries);
        Self { assets: Assets::Rows(Box::new(sheet)), findings, summaries }
    }

    /// How many assets there are.
    pub(super) fn len(&self) -> usize {
        match &self.assets {
            Assets::Kept(assets) => assets.len(),
            Assets::Rows(sheet) => sheet.len(),
        }
    }
}

impl Input {
    /// Reads and folds everything. What cannot be read is noted and the rest goes on.
    pub(super) fn fold<'c>(
        &self,
        catalog: &'c Catalog,
        wanted: Wanted<'_>,
    ) -> Result<(Folded<'c>, Sources), CliError> {
        self.reading.fold(&self.paths()?, catalog, wanted)
    }

    /// Reads and folds everything in little memory, by several threads unless it is to be plain.
    pub(super) fn tell<'c>(
        &self,
        catalog: &'c Catalog,
        wanted: Wanted<'_>,
        threads: &ThreadArgs,
    ) -> Result<(Told<'c>, Sources), CliError> {
        if threads.plain {
            let (folded, sources) = self.fold(catalog, Wanted { plain: true, ..wanted })?;
            let Folded { assets, findings, summaries, .. } = folded;
            return Ok((Told { assets: Assets::Kept(assets), findings, summaries }, sources));
        }
        let count = threads.count();
        let paths = self.paths()?;
        let (sheet, sources) = self.reading.fold_by_threads(&paths, catalog, wanted, count)?;
        Ok((Told::of(sheet), sources))
    }

    /// Has something take in everything that is read. What cannot be read is noted and the rest goes on.
    pub(super) fn hear(&self, hearer: &mut impl Hearer) -> Result<Sources, CliError> {
        hear(&self.paths()?, hearer)
    }

    /// Reads everything once, and folds it by two catalogues; a provider that is given has sent everything.
    pub(super) fn fold_both<'c>(
        &self,
        old: (&'c Catalog, Option<&'c Provider>, Wanted<'_>),
        new: (&'c Catalog, Option<&'c Provider>, Wanted<'_>),
    ) -> Result<([Folded<'c>; 2], Sources), CliError> {
        let unreadable = new.2.unreadable;
        let folding =
            |(catalog, provider, wanted): (&'c Catalog, Option<&'c Provider>, Wanted<'_>)| {
                let reader = self.reading.reader(catalog, wanted.data)?;
                let reader = match provider.filter(|_| self.reading.provider.is_none()) {
                    Some(provider) => reader.with_provider(provider),
                    None => reader,
                };
                Ok::<_, CliError>(self.reading.folding_by(reader, wanted))
            };
        let mut both = Both([folding(old)?, folding(new)?]);
        let mut sources = self.hear(&mut both)?;
        let folded = both.0.map(Folding::finish);
        sources.settle(&folded[1].summaries, &folded[1].unreadable, unreadable)?;
        note_undated(folded[1].undated);
        Ok((folded, sources))
    }

    /// An audit of this table by what is to be read.
    pub(super) fn audit<'c>(
        &self,
        catalog: &'c Catalog,
        table: AuditTable,
    ) -> Result<Audit<'c>, CliError> {
        let audit = Audit::new(self.reading.reader(catalog, false)?, table);
        let audit = audit.with_policy(self.reading.policy.into());
        Ok(match self.reading.as_of {
            Some(time) => audit.as_of(time),
            None => audit,
        })
    }

    /// What is to be read: files or folders, or a store; nothing for standard input.
    pub(super) fn paths(&self) -> Result<Vec<PathBuf>, CliError> {
        self.origin.paths()
    }

    pub(super) fn origin(&self) -> &OriginArgs {
        &self.origin
    }

    pub(super) fn origin_mut(&mut self) -> &mut OriginArgs {
        &mut self.origin
    }

    pub(super) fn reading(&self) -> &ReadingArgs {
        &self.reading
    }

    pub(super) fn as_of(&self) -> Option<Timestamp> {
        self.reading.as_of
    }

    /// The options of reading as they were given, with this time in place of theirs if there is one.
    pub(super) fn given(&self, as_of: Option<Timestamp>) -> String {
        let time = as_of.or(self.reading.as_of).map(|time| format!(" --as-of {time}"));
        self.reading.given() + &time.unwrap_or_default()
    }
}

impl ReadingArgs {
    /// As they were given, but for the time.
    fn given(&self) -> String {
        let provider = self.provider.iter().map(|name| format!(" --provider {name}"));
        let policy = match self.policy {
            PolicyArg::Keep => "",
            PolicyArg::Follow => " --policy follow",
        };
        provider.chain([policy.to_owned()]).collect()
    }

    /// Reads and folds these files, or standard input if there are none.
    pub(super) fn fold<'c>(
        &self,
        files: &[PathBuf],
        catalog: &'c Catalog,
        wanted: Wanted<'_>,
    ) -> Result<(Folded<'c>, Sources), CliError> {
        let unreadable = wanted.unreadable;
        let mut folding = self.folding(catalog, wanted)?;
        let mut sources = each_file(files, |path, number, progress| {
            read(open(path, &progress.bar)?.stream, number, &mut folding, progress)
        })?;
        let folded = folding.finish();
        sources.settle(&folded.summaries, &folded.unreadable, unreadable)?;
        note_undated(folded.undated);
        Ok((folded, sources))
    }

    /// Reads and folds these files, or standard input if there are none, by several threads.
    fn fold_by_threads<'c>(
        &self,
        files: &[PathBuf],
        catalog: &'c Catalog,
        wanted: Wanted<'_>,
        count: usize,
    ) -> Result<(Rows<'c>, Sources), CliError> {
        let Wanted { data, findings, levels, unreadable, .. } = wanted;
        let terms = FoldOptions { policy: self.policy.into(), levels, as_of: self.as_of, findings };
        let mut threads = Threads::new(self.reader(catalog, data)?, terms, count);
        let mut sources = each_file(files, |path, number, progress| {
            let input = open(path, &progress.bar)?;
            let broken = |error: &io::Error| progress.broken(error);
            threads.read(number, input.stream, input.again, || progress.show_when_slow(), broken)
        })?;
        let open_again = |delivery| File::open(sources.path(delivery));
        let sheet = threads.finish(open_again).map_err(|(delivery, source)| CliError::Read {
            path: sources.path(delivery).to_owned(),
            source,
        })?;
        sources.settle(&sheet.summaries, &sheet.unreadable, unreadable)?;
        note_undated(sheet.undated);
        Ok((sheet, sources))
    }

    pub(super) fn reader<'c>(
        &self,
        catalog: &'c Catalog,
        data: bool,
    ) -> Result<Reader<'c>, CliError> {
        let mut reader = Reader::new(catalog);
        if let Some(name) = &self.provider {
            reader = reader.with_provider(super::provider(catalog, name)?);
        }
        Ok(if data { reader } else { reader.without_data() })
    }

    fn folding<'c>(
        &self,
        catalog: &'c Catalog,
        wanted: Wanted<'_>,
    ) -> Result<Folding<'c>, CliError> {
        Ok(self.folding_by(self.reader(catalog, wanted.data)?, wanted))
    }

    fn folding_by<'c>(&self, reader: Reader<'c>, wanted: Wanted<'_>) -> Folding<'c> {
        let mut bulk = Bulk::new(reader).with_policy(self.policy.into());
        bulk = bulk.with_levels(wanted.levels);
        if let Some(time) = self.as_of {
            bulk = bulk.as_of(time);
        }
        if wanted.findings {
            bulk = bulk.with_findings();
        }
        if let Some(entities) = wanted.entities {
            bulk = bulk.only_entities(entities);
        }
        if let Some(beginning) = wanted.beginning {
            bulk = bulk.only_beginning(beginning);
        }
        if wanted.plain {
            Folding::Plain(Box::new(bulk))
        } else {
            Folding::Fast(Box::new(bulk.into()))
        }
    }
}

/// A fold of one delivery after another.
enum Folding<'c> {
    /// By the general reader alone.
    Plain(Box<Bulk<'c>>),
    Fast(Box<Lines<'c>>),
}

impl Hearer for Folding<'_> {
    fn deliver(&mut self, delivery: &Delivery<'_>) {
        match self {
            Self::Plain(bulk) => bulk.deliver(delivery),
            Self::Fast(lines) => lines.deliver(delivery),
        }
    }

    fn deliver_broken(&mut self, error: &EventError, number: u64) {
        match self {
            Self::Plain(bulk) => bulk.deliver_broken(error, number),
            Self::Fast(lines) => lines.deliver_broken(error, number),
        }
    }
}

/// Two folds of the same deliveries.
struct Both<'c>([Folding<'c>; 2]);

impl Hearer for Both<'_> {
    fn deliver(&mut self, delivery: &Delivery<'_>) {
        self.0.iter_mut().for_each(|folding| folding.deliver(delivery));
    }

    fn deliver_broken(&mut self, error: &EventError, number: u64) {
        self.0.iter_mut().for_each(|folding| folding.deliver_broken(error, number));
    }
}

impl<'c> Folding<'c> {
    fn finish(self) -> Folded<'c> {
        match self {
            Self::Plain(bulk) => bulk.finish(),
            Self::Fast(lines) => lines.finish(),
        }
    }
}

/// Has something take in everything in these files, or in standard input if there are none.
pub(super) fn hear(files: &[PathBuf], hearer: &mut impl Hearer) -> Result<Sources, CliError> {
    each_file(files, |path, number, progress| {
        read(open(path, &progress.bar)?.stream, number, hearer, progress)
    })
}

/// The same, where a file may be CSV too: each of its rows is an object, with the head's names.
pub(super) fn hear_rows_too(
    files: &[PathBuf],
    hearer: &mut impl Hearer,
) -> Result<Sources, CliError> {
    each_file(files, |path, number, progress| {
        let stream = open(path, &progress.bar)?.stream;
        match is_csv(path) {
            true => read_csv(stream, number, hearer, progress),
            false => read(stream, number, hearer, progress),
        }
    })
}

/// Says on standard error how many events could not be told to have happened yet.
pub(super) fn note_undated(events: u64) {
    if events > 0 {
        let events = plural(events, "event");
        output::note(&format!(
            "note: {events} left out: without a time or a `received_at` it is not known whether they had happened by then"
        ));
    }
}

/// Reads each of these files, or standard input if there are none; one that cannot be read is named and passed over.
fn each_file(
    files: &[PathBuf],
    mut read: impl FnMut(&Path, u64, &Progress) -> io::Result<()>,
) -> Result<Sources, CliError> {
    let (paths, found) = paths(files)?;
    let mut sources = Sources::default();
    let numbers: Vec<u64> = paths.iter().map(|path| sources.add(path)).collect();
    sources.failed = found == Exit::Failed;
    let size = |path: &PathBuf| std::fs::metadata(path).map_or(0, |meta| meta.len());
    let progress = Progress::new(sources.paths.iter().map(size).sum());
    let is_one = paths.len() == 1 && !sources.failed;
    for (path, number) in paths.into_iter().zip(numbers) {
        if let Err(source) = read(sources.path(number), number, &progress) {
            let error = CliError::Read { path, source };
            match is_one {
                true => sources.why = Some(error),
                false => progress.bar.suspend(|| report_error(&error)),
            }
            sources.failed = true;
        }
        let broken = locked(&progress.broken).take();
        if let Some(reason) = broken {
            let source = sources.locate(number).0;
            let note = format!(
                "{RED}error{RED:#}: {source}: {reason}; what was decompressed before that is read"
            );
            progress.bar.suspend(|| output::note(&note));
            sources.broken.push(reason);
        }
    }
    progress.bar.finish_and_clear();
    Ok(sources)
}

fn read(
    input: impl Read,
    number: u64,
    hearer: &mut impl Hearer,
    progress: &Progress,
) -> io::Result<()> {
    let mut documents = Documents::new(input);
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
                let reason = progress.broken(&error).ok_or(error)?;
                hearer.deliver_broken(&EventError::BrokenStream { reason }, number + last_line);
                return Ok(());
            }
        }
        progress.show_when_slow();
    }
}
