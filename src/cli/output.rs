//! Printing: standard output that may be closed early, tables for people, errors with their causes.

use std::{
    io::{self, BufWriter, IsTerminal, Stdout, Write},
    path::Path,
    process::ExitCode,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use anstream::{AutoStream, ColorChoice, StripStream};
use anstyle::{AnsiColor, Style};
use serde::Serialize;

use super::{CliError, Format, exit::Exit, whole::WholeFile};
use crate::Timestamp;

pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const BOLD: Style = Style::new().bold();
pub(super) const RED: Style = AnsiColor::Red.on_default();
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(super) const GREEN: Style = AnsiColor::Green.on_default();
pub(super) const CYAN: Style = AnsiColor::Cyan.on_default();

/// The colour of a state: something went wrong there, nothing more need happen, or more is to come.
pub(super) fn state_color(error: bool, rest: bool) -> Style {
    match (error, rest) {
        (true, _) => RED,
        (false, true) => GREEN,
        (false, false) => YELLOW,
    }
}

/// Whether standard output was closed when the process began. The standard library has `/dev/null` in its place then.
static CLOSED: OnceLock<bool> = OnceLock::new();
/// Whoever read standard output has gone.
static GONE: AtomicBool = AtomicBool::new(false);

/// Notes whether standard output was closed when the process began.
pub(super) fn set_closed(closed: bool) {
    // What was said first stays.
    let _ = CLOSED.set(closed);
}

/// Whether whoever read standard output has gone: what is written there is not seen any more.
pub(super) fn is_gone() -> bool {
    GONE.load(Ordering::Relaxed)
}

/// How many columns standard output has, if it is a terminal: what COLUMNS says, or what it says itself.
pub(super) fn columns() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    let told = std::env::var_os("COLUMNS").and_then(|told| told.to_str()?.parse().ok());
    let own = || terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0.into());
    told.or_else(own).filter(|columns| *columns > 0)
}

/// A time as people read it on a terminal, in UTC and to the second; elsewhere all of it.
pub(super) fn moment(at: Timestamp, columns: Option<usize>) -> String {
    let text = at.to_string();
    match columns {
        None => text,
        Some(_) => text.split(['.', 'Z']).next().unwrap_or_default().replace('T', " "),
    }
}

/// Whether standard output was sent to a file.
pub(super) fn is_file() -> bool {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        let own = io::stdout().as_fd().try_clone_to_owned();
        own.and_then(|own| std::fs::File::from(own).metadata()).is_ok_and(|about| about.is_file())
    }
    #[cfg(not(unix))]
    false
}

/// Standard output. When whoever reads it has gone all goes on as if they had not, so that the exit code is that of the
/// whole; one that was closed from the beginning cannot be written.
pub(super) struct Standard<W>(W);

impl Standard<Stdout> {
    pub(super) fn new() -> Self {
        Self(io::stdout())
    }
}

impl<W: Write> Standard<W> {
    fn unless_gone<T>(
        &mut self,
        gone: T,
        act: impl FnOnce(&mut W) -> io::Result<T>,
    ) -> io::Result<T> {
        if is_gone() {
            return Ok(gone);
        }
        match act(&mut self.0) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                GONE.store(true, Ordering::Relaxed);
                Ok(gone)
            }
            done => done,
        }
    }
}

impl<W: Write> Write for Standard<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if CLOSED.get().is_some_and(|closed| *closed) {
            return Err(io::Error::other("standard output is closed"));
        }
        self.unless_gone(bytes.len(), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_gone((), W::flush)
    }
}

/// Where results go, buffered: standard output, where colours are dropped unless it is a terminal, or a file.
pub(super) enum Out {
    Stdout(BufWriter<Standard<AutoStream<Stdout>>>),
    Rows(WholeFile),
    /// Without colours; written when it is whole.
    Table(StripStream<Vec<u8>>, WholeFile),
}

pub(super) fn out(format: Format) -> Out {
    let choice = match format {
        Format::Table => AutoStream::choice(&io::stdout()),
        // Rows have no colours to drop.
        Format::Jsonl | Format::Csv => ColorChoice::AlwaysAnsi,
    };
    let stdout = Standard(AutoStream::new(io::stdout(), choice));
    Out::Stdout(BufWriter::with_capacity(64 << 10, stdout))
}

/// A file if one is wanted, or standard output.
pub(super) fn out_to(format: Format, path: Option<&Path>) -> Result<Out, CliError> {
    let Some(path) = path else { return Ok(out(format)) };
    let file = WholeFile::create(path)?;
    Ok(match format {
        Format::Table => Out::Table(StripStream::new(Vec::new()), file),
        Format::Jsonl | Format::Csv => Out::Rows(file),
    })
}

impl Out {
    /// How many columns what is written has: those of a terminal, if it is one.
    pub(super) fn columns(&self) -> Option<usize> {
        match self {
            Self::Stdout(_) => columns(),
            Self::Rows(_) | Self::Table(..) => None,
        }
    }

    /// An error of writing it.
    pub(super) fn failed(&self, error: io::Error) -> CliError {
        match self {
            Self::Stdout(_) => CliError::Output(error),
            Self::Rows(file) | Self::Table(_, file) => file.failed(error),
        }
    }

    /// Ends what was written, if all of it was; a file is only there then.
    pub(super) fn finish(mut self, written: io::Result<()>) -> Result<(), CliError> {
        let written = written.and_then(|()| self.flush());
        let (file, written) = match self {
            Self::Stdout(_) => return Ok(written?),
            Self::Rows(file) => (file, written),
            Self::Table(table, mut file) => {
                let written = written.and_then(|()| file.write_all(&table.into_inner()));
                (file, written)
            }
        };
        match written {
            Ok(()) => file.finish(),
            Err(error) => Err(file.failed(error)),
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::Rows(file) => file.write(bytes),
            Self::Table(table, _) => table.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::Rows(file) => file.flush(),
            Self::Table(table, _) => table.flush(),
        }
    }
}

/// Standard error, for notes that are not results.
pub(super) fn note(message: &str) {
    // If standard error is closed there is nobody left to tell.
    let _ = writeln!(anstream::stderr().lock(), "{message}");
}

pub(super) fn write_all(bytes: &[u8]) -> Result<ExitCode, CliError> {
    let mut out = Standard::new();
    out.write_all(bytes)?;
    out.flush()?;
    Ok(Exit::Fine.into())
}

/// Writes text with colours to standard output.
pub(super) fn write_text(text: &impl std::fmt::Display) -> Result<ExitCode, CliError> {
    let mut out = out(Format::Table);
    let written = write!(out, "{text}");
    out.finish(written)?;
    Ok(Exit::Fine.into())
}

/// Writes to standard output, or a file that nobody sees a part of.
pub(super) fn write_whole(path: Option<&Path>, bytes: &[u8]) -> Result<(), CliError> {
    let Some(path) = path else { return write_all(bytes).map(|_| ()) };
    let mut file = WholeFile::create(path)?;
    file.write_all(bytes).map_err(|source| file.failed(source))?;
    file.finish()
}

pub(super) fn json_line(out: &mut impl Write, row: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, row)?;
    out.write_all(b"\n")
}

pub(super) fn csv_writer<W: Write>(out: W) -> csv::Writer<W> {
    csv::WriterBuilder::new().from_writer(out)
}

/// Rows of CSV under a header.
pub(super) fn print_csv<R, C>(
    out: impl Write,
    header: &[&str],
    rows: impl IntoIterator<Item = R>,
) -> io::Result<()>
where
    R: IntoIterator<Item = C>,
    C: AsRef<[u8]>,
{
    let mut csv = csv_writer(out);
    csv.write_record(header)?;
    rows.into_iter().try_for_each(|row| csv.write_record(row))?;
    csv.flush()
}

/// Text of several lines as a terminal may show it.
#[cfg(feature = "server")]
pub(super) fn printable_lines(text: &impl std::fmt::Display) -> String {
    text.to_string().split('\n').map(crate::shown::harmless).collect::<Vec<_>>().join("\n")
}
