//! Where webhooks come from: files, folders, standard input; plain, gzip or zstd.

use std::{
    fs::File,
    io::{self, BufReader, IsTerminal, Read},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use clap::{Args, ValueEnum, ValueHint};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{
    CliError,
    output::{self, YELLOW},
    threads::{self, Threads},
};
use crate::{
    Asset, Bulk, Catalog, Delivery, Documents, EventError, Finding, Folded, Levels, Lifecycle,
    Policy, Provider, Reader, Sheet, Summary, Timestamp, UNREADABLE_KEPT_MAX, bulk::FoldTerms,
};

/// Bits of a delivery's number that are its line; the file is above them.
const LINE_BITS: u32 = 40;

const EXTENSIONS: [&str; 6] = ["json", "jsonl", "ndjson", "form", "txt", "log"];

#[derive(Debug, Args)]
pub(super) struct Input {
    /// Files or folders of webhooks; standard input where none is given, or for `-`
    ///
    /// NDJSON, a JSON array, one JSON document, or form-urlencoded lines, each also gzip or zstd. A line is a
    /// payload or a recorded delivery {"provider":…,"received_at":…,"body":…}.
    #[arg(value_name = "FILE", value_hint = ValueHint::AnyPath)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    reading: ReadingArgs,
}

/// How fast webhooks are folded.
#[derive(Debug, Args)]
pub(super) struct ThreadArgs {
    /// So many threads; default: one for each processor
    #[arg(long, value_name = "N", conflicts_with = "plain")]
    threads: Option<NonZeroUsize>,
    /// Read with one thread and the general reader alone: the same output, slowly
    #[arg(long)]
    plain: bool,
}

impl ThreadArgs {
    /// How many threads fold.
    pub(super) fn count(&self) -> usize {
        threads::count(self.threads)
    }
}

/// How webhooks are read and folded, wherever they come from.
#[derive(Debug, Args)]
pub(super) struct ReadingArgs {
    /// Who sent them; default: recognised by the envelope
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// What an illegal event does to the state
    #[arg(long, value_enum, default_value = "keep")]
    policy: PolicyArg,
    /// Fold only what happened until then: RFC 3339, seconds since 1970, or `now`
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    as_of: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PolicyArg {
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
    /// The entity, and of it only the asset of this id.
    pub(super) only: Option<(&'a str, Option<&'a str>)>,
}

/// The files that deliveries came from, by the upper bits of their numbers.
#[derive(Debug, Default)]
pub(super) struct Sources {
    names: Vec<String>,
    /// Some file could not be read to its end.
    pub(super) failed: bool,
}

impl Sources {
    /// The names of the files.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Adds a file; the upper bits of the numbers of its deliveries.
    fn add(&mut self, path: &Path) -> u64 {
        self.names.push(match is_stdin(path) {
            true => "<stdin>".to_owned(),
            false => path.display().to_string(),
        });
        (self.names.len() as u64 - 1) << LINE_BITS
    }

    /// The file and line of a delivery.
    pub(super) fn locate(&self, delivery: u64) -> (&str, u64) {
        let name = usize::try_from(delivery >> LINE_BITS).ok().and_then(|at| self.names.get(at));
        (name.map_or("", String::as_str), delivery & ((1 << LINE_BITS) - 1))
    }
}

fn parse_time(text: &str) -> Result<Timestamp, String> {
    match text {
        "now" => now(),
        _ => text.parse().map_err(|error: crate::TimeError| error.to_string()),
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
    pub(super) findings: Vec<Finding>,
    pub(super) summaries: Vec<Summary>,
}

/// The folded assets.
pub(super) enum Assets<'c> {
    /// One by one.
    Kept(Vec<(&'c Lifecycle, Asset)>),
    /// As rows.
    Rows(Sheet<'c>),
}

impl<'c> Told<'c> {
    fn of(mut sheet: Sheet<'c>) -> Self {
        let findings = std::mem::take(&mut sheet.findings);
        let summaries = std::mem::take(&mut sheet.summaries);
        Self { assets: Assets::Rows(sheet), findings, summaries }
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
        self.reading.fold(&self.files, catalog, wanted)
    }

    /// Reads and folds everything in little memory, by several threads unless it is to be plain.
    pub(super) fn tell<'c>(
        &self,
        catalog: &'c Catalog,
        wanted: Wanted<'_>,
        threads: &ThreadArgs,
    ) -> Result<(Told<'c>, Sources), CliError> {
        if threads.plain {
            let (folded, sources) = self.fold(catalog, wanted)?;
            let Folded { assets, findings, summaries, .. } = folded;
            return Ok((Told { assets: Assets::Kept(assets), findings, summaries }, sources));
        }
        let count = threads.count();
        let (sheet, sources) = self.reading.fold_by_threads(&self.files, catalog, wanted, count)?;
        Ok((Told::of(sheet), sources))
    }

    pub(super) fn as_of(&self) -> Option<Timestamp> {
        self.reading.as_of
    }
}

impl ReadingArgs {
    /// Reads and folds these files, or standard input if there are none.
    pub(super) fn fold<'c>(
        &self,
        files: &[PathBuf],
        catalog: &'c Catalog,
        wanted: Wanted<'_>,
    ) -> Result<(Folded<'c>, Sources), CliError> {
        let wanted_findings = wanted.findings && wanted.only.is_none();
        let mut bulk = self.bulk(catalog, wanted)?;
        let mut sources = Sources::default();
        let paths = paths(files, &mut sources)?;
        let sizes = paths.iter().map(|path| std::fs::metadata(path).map_or(0, |meta| meta.len()));
        let progress = Progress::new(sizes.sum());
        for path in &paths {
            let number = sources.add(path);
            if let Err(error) = read(path, number, &mut bulk, &progress) {
                progress.bar.suspend(|| output::report_error(&error));
                sources.failed = true;
            }
        }
        progress.bar.finish_and_clear();
        let folded = bulk.finish();
        note_undated(folded.undated);
        if !wanted_findings {
            note_unreadable(&folded.unreadable, &sources);
        }
        Ok((folded, sources))
    }

    /// Reads and folds these files, or standard input if there are none, by several threads.
    fn fold_by_threads<'c>(
        &self,
        files: &[PathBuf],
        catalog: &'c Catalog,
        wanted: Wanted<'_>,
        count: usize,
    ) -> Result<(Sheet<'c>, Sources), CliError> {
        let terms = FoldTerms {
            policy: self.policy.into(),
            levels: wanted.levels.clone(),
            as_of: self.as_of,
            findings: wanted.findings,
        };
        let given = self.given(catalog)?;
        let mut threads = Threads::new(catalog, given, wanted.data, terms, count);
        let mut sources = Sources::default();
        let paths = paths(files, &mut sources)?;
        let sizes = paths.iter().map(|path| std::fs::metadata(path).map_or(0, |meta| meta.len()));
        let progress = Progress::new(sizes.sum());
        for path in &paths {
            let number = sources.add(path);
            let breaks = |error: &io::Error| {
                is_corruption(error).then(|| format!("the compressed stream breaks off: {error}"))
            };
            let show = || progress.show_when_slow();
            let read =
                open(path, &progress).and_then(|input| threads.read(number, input, show, breaks));
            if let Err(source) = read {
                let error = CliError::Read { path: path.clone(), source };
                progress.bar.suspend(|| output::report_error(&error));
                sources.failed = true;
            }
        }
        progress.bar.finish_and_clear();
        let sheet = threads.finish();
        note_undated(sheet.undated);
        if !wanted.findings {
            note_unreadable(&sheet.unreadable, &sources);
        }
        Ok((sheet, sources))
    }

    /// Who sent everything, if that was said.
    fn given<'c>(&self, catalog: &'c Catalog) -> Result<Option<&'c Provider>, CliError> {
        let Some(name) = &self.provider else { return Ok(None) };
        catalog.provider(name).map(Some).ok_or_else(|| {
            let known: Vec<&str> = catalog.providers().map(Provider::name).collect();
            let known = known.join(", ");
            CliError::usage(format!("there is no provider `{name}`\nknown: {known}"))
        })
    }

    fn bulk<'c>(&self, catalog: &'c Catalog, wanted: Wanted<'_>) -> Result<Bulk<'c>, CliError> {
        let mut reader = Reader::new(catalog);
        if let Some(provider) = self.given(catalog)? {
            reader = reader.with_provider(provider);
        }
        if !wanted.data {
            reader = reader.without_data();
        }
        let mut bulk = Bulk::new(reader).with_policy(self.policy.into());
        bulk = bulk.with_levels(wanted.levels);
        if let Some(time) = self.as_of {
            bulk = bulk.as_of(time);
        }
        if wanted.findings {
            bulk = bulk.with_findings();
        }
        if let Some((entity, id)) = wanted.only {
            let lifecycle = super::lifecycle(catalog, entity)?;
            bulk = match id {
                Some(id) => bulk.only(lifecycle, id),
                None => bulk.only_entity(lifecycle),
            };
        }
        Ok(bulk)
    }
}

/// The files to read, folders opened.
fn paths(files: &[PathBuf], sources: &mut Sources) -> Result<Vec<PathBuf>, CliError> {
    if files.is_empty() {
        if io::stdin().is_terminal() {
            output::note("reading webhooks from standard input; end with Ctrl-D");
        }
        return Ok(vec![PathBuf::from("-")]);
    }
    let mut paths = Vec::new();
    for file in files {
        if is_stdin(file) {
            paths.push(file.clone());
            continue;
        }
        let read = "read: .".to_owned()
            + &EXTENSIONS.join(", .")
            + ", and what is gzip, zstd or JSON by its first bytes";
        let found = files_in(file, &is_webhooks).and_then(|found| match found.taken.is_empty() {
            false => Ok(found),
            true => Err(CliError::usage(format!("no webhooks in `{}` ({read})", file.display()))),
        });
        match found {
            Ok(Found { taken, passed_over }) => {
                if passed_over > 0 {
                    let path = file.display();
                    let others = super::fold::plural(passed_over as u64, "other file");
                    output::note(&format!("note: {others} in `{path}` passed over ({read})"));
                }
                paths.extend(taken);
            }
            Err(error) => {
                output::report_error(&error);
                sources.failed = true;
            }
        }
    }
    if paths.is_empty() && sources.failed {
        return Err(CliError::usage("nothing could be read"));
    }
    Ok(paths)
}

/// Says on standard error how many events could not be told to have happened yet.
fn note_undated(events: u64) {
    if events > 0 {
        let events = super::fold::plural(events, "event");
        output::note(&format!(
            "note: {events} left out: without a time or a `received_at` it is not known whether they had happened by then"
        ));
    }
}

/// Says on standard error what was not folded: rows of assets have no place for it.
fn note_unreadable(unreadable: &[Finding], sources: &Sources) {
    const SHOWN_MAX: usize = 5;
    for finding in unreadable.iter().take(SHOWN_MAX) {
        let (source, line) = sources.locate(finding.delivery);
        let (code, message) = (finding.code.code(), output::printable(&finding.message));
        output::note(&format!("{YELLOW}not folded{YELLOW:#}: {source}:{line}: {code} {message}"));
    }
    match unreadable.len().saturating_sub(SHOWN_MAX) {
        0 => {}
        more if unreadable.len() == UNREADABLE_KEPT_MAX => {
            output::note(&format!("and {more} more at least; `mediafold check` lists them all"));
        }
        more => output::note(&format!("and {more} more; `mediafold check` lists them all")),
    }
}

pub(super) struct Found {
    pub(super) taken: Vec<PathBuf>,
    /// How many files of a folder were not wanted.
    passed_over: usize,
}

/// A file as it is; of a folder, all wanted files below it by path, hidden ones aside.
pub(super) fn files_in(path: &Path, wanted: &dyn Fn(&Path) -> bool) -> Result<Found, CliError> {
    let failed = |source| CliError::Read { path: path.to_owned(), source };
    if !std::fs::metadata(path).map_err(failed)?.is_dir() {
        return Ok(Found { taken: vec![path.to_owned()], passed_over: 0 });
    }
    let mut found = Found { taken: Vec::new(), passed_over: 0 };
    let mut open = vec![path.to_owned()];
    while let Some(folder) = open.pop() {
        let failed = |source| CliError::Read { path: folder.clone(), source };
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            // A link to a folder is not followed: it may lead round in a circle.
            match entry.file_type().map_err(failed)? {
                _ if hidden => {}
                kind if kind.is_dir() => open.push(entry.path()),
                // Opening a pipe would wait for whoever writes to it.
                _ if !entry.path().is_file() => found.passed_over += 1,
                _ if wanted(&entry.path()) => found.taken.push(entry.path()),
                _ => found.passed_over += 1,
            }
        }
    }
    found.taken.sort();
    Ok(found)
}

/// By the name, or else by the first bytes: compressed, or the brace of a JSON object.
fn is_webhooks(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    if extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str())) {
        return true;
    }
    let mut first = Vec::new();
    // What cannot be opened is taken, so that reading it says why.
    let Ok(file) = File::open(path) else { return true };
    let read = file.take(64).read_to_end(&mut first);
    let text = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&first).trim_ascii_start();
    read.is_err() || is_compressed(&first) || text.starts_with(b"{")
}

fn is_compressed(magic: &[u8]) -> bool {
    is_gzip(magic) || is_zstd(magic)
}

fn is_gzip(magic: &[u8]) -> bool {
    magic.starts_with(&[0x1f, 0x8b])
}

fn is_zstd(magic: &[u8]) -> bool {
    matches!(magic, [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn read(
    path: &Path,
    number: u64,
    bulk: &mut Bulk<'_>,
    progress: &Progress,
) -> Result<(), CliError> {
    let failed = |source| CliError::Read { path: path.to_owned(), source };
    let mut documents = Documents::new(open(path, progress).map_err(failed)?);
    let mut last_line = 1;
    loop {
        match documents.next_document() {
            Ok(None) => return Ok(()),
            Ok(Some(document)) => {
                last_line = document.line;
                let number = number + document.line;
                match document.body {
                    Ok(body) => bulk.deliver(&Delivery::new(body, number)),
                    Err(error) => bulk.deliver_broken(&error, number),
                }
            }
            // The compressed stream is broken: what came before stands, what follows is lost.
            Err(error) if is_corruption(&error) => {
                let reason = format!("the compressed stream breaks off: {error}");
                bulk.deliver_broken(&EventError::BrokenStream { reason }, number + last_line);
                return Ok(());
            }
            Err(error) => return Err(failed(error)),
        }
        progress.show_when_slow();
    }
}

/// A file or standard input, decompressed.
fn open(path: &Path, progress: &Progress) -> io::Result<Box<dyn Read + Send>> {
    let raw: Box<dyn Read + Send> = match is_stdin(path) {
        true => Box::new(io::stdin()),
        false => Box::new(File::open(path)?),
    };
    decompressed(progress.bar.wrap_read(raw))
}

fn is_corruption(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
    matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof | Other)
}

/// The stream, decompressed if its first bytes say that it is compressed.
fn decompressed(mut stream: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    let mut magic = Vec::with_capacity(4);
    stream.by_ref().take(4).read_to_end(&mut magic)?;
    let stream = io::Cursor::new(magic.clone()).chain(stream);
    if is_gzip(&magic) {
        return Ok(Box::new(flate2::read::MultiGzDecoder::new(BufReader::new(stream))));
    }
    if is_zstd(&magic) {
        let stream = Some(BufReader::with_capacity(128 << 10, stream));
        return Ok(Box::new(ZstdFrames { stream, frame: None }));
    }
    Ok(Box::new(stream))
}

/// A zstd stream may be several frames; the decoder reads one.
struct ZstdFrames<R: Read> {
    stream: Option<BufReader<R>>,
    frame: Option<ruzstd::decoding::StreamingDecoder<BufReader<R>, ruzstd::decoding::FrameDecoder>>,
}

impl<R: Read> Read for ZstdFrames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        use std::io::BufRead;
        loop {
            if let Some(frame) = &mut self.frame {
                match frame.read(buffer)? {
                    0 => self.stream = self.frame.take().map(|frame| frame.into_inner()),
                    len => return Ok(len),
                }
            }
            let Some(mut stream) = self.stream.take() else { return Ok(0) };
            if stream.fill_buf()?.is_empty() {
                return Ok(0);
            }
            let frame = ruzstd::decoding::StreamingDecoder::new(stream);
            self.frame =
                Some(frame.map_err(|error| {
                    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
                })?);
        }
    }
}

/// A bar on a terminal, once the work has taken a second.
struct Progress {
    bar: ProgressBar,
    begun: Instant,
}

impl Progress {
    fn new(total: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(
            "{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta} left",
        ) {
            bar.set_style(style);
        }
        #[expect(clippy::disallowed_methods, reason = "only to show progress")]
        let begun = Instant::now();
        Self { bar, begun }
    }

    fn show_when_slow(&self) {
        if self.bar.is_hidden() && self.begun.elapsed() > Duration::from_secs(1) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}
