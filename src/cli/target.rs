//! Where results go, and what the name of a file says of its format.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};

use super::{
    CliError, Format, FormatArg,
    output::{self, Out, YELLOW},
};
use crate::shown::harmless;

/// Where to write.
#[derive(Debug, Args)]
pub(super) struct OutputArg {
    /// Write to this file, which is there once it is complete; default, and for `-`: standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
}

/// Extensions that promise a format, ours or not.
const KNOWN: [&str; 34] = [
    "bmp", "bz2", "csv", "db", "dot", "eps", "gif", "gv", "gz", "htm", "html", "jpeg", "jpg",
    "json", "jsonl", "md", "mmd", "ndjson", "parquet", "pdf", "png", "sarif", "scxml", "sqlite",
    "svg", "tar", "toml", "tsv", "txt", "webp", "xlsx", "xml", "zip", "zst",
];

impl OutputArg {
    /// The file; `None` is standard output.
    pub(super) fn file(&self) -> Option<&Path> {
        named(self.output.as_deref())
    }

    /// Opens what rows are written to, in the format that is asked for or that the name of the file promises.
    pub(super) fn open(&self, format: &FormatArg) -> Result<(Format, Out), CliError> {
        self.open_as(format.format, || Format::or_default(None))
    }

    /// The same for any kind of formats; `default` is for standard output.
    pub(super) fn open_as<F: FileFormat>(
        &self,
        asked: Option<F>,
        default: impl FnOnce() -> F,
    ) -> Result<(F, Out), CliError> {
        let path = self.file();
        let format = asked.or_else(|| path.map(by_name)).unwrap_or_else(default);
        if let Some(path) = path {
            let own = format.extensions();
            let name = format.to_possible_value().map(|value| value.get_name().to_owned());
            let name = name.unwrap_or_default();
            match extension(path) {
                Some(extension) if asked.is_none() && !own.contains(&&*extension) => {
                    warn_of(path, format!("{name}; `--format` chooses"));
                }
                _ => warn(path, &name, own),
            }
        }
        Ok((format, output::out_to(format.printed(), path)?))
    }
}

/// Formats that files are called after.
pub(super) trait FileFormat: ValueEnum + Copy {
    /// What is written where the name of a file promises none.
    const ROWS: Self;

    /// What files of this format are called.
    fn extensions(self) -> &'static [&'static str];

    /// How it is printed: with colours as a table is, or as it stands.
    fn printed(self) -> Format;
}

/// A file that results go to; `None` is standard output.
pub(super) fn named(path: Option<&Path>) -> Option<&Path> {
    path.filter(|path| path.as_os_str() != "-")
}

/// What the name of a file ends in, in small letters.
pub(super) fn extension(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}

/// Says on standard error that the name of a file promises another format than what is written to it, whose own extensions
/// are given.
pub(super) fn warn(path: &Path, format: &str, own: &[&str]) {
    let Some(extension) = extension(path) else { return };
    if KNOWN.contains(&&*extension) && !own.contains(&&*extension) {
        warn_of(path, format!("{format}, not as .{extension}"));
    }
}

fn warn_of(path: &Path, written: String) {
    let path = harmless(&path.display().to_string());
    output::note(&format!("{YELLOW}warning{YELLOW:#}: `{path}` is written as {written}"));
}

fn by_name<F: FileFormat>(path: &Path) -> F {
    let extension = extension(path).unwrap_or_default();
    let mut all = F::value_variants().iter().copied();
    all.find(|format| format.extensions().contains(&&*extension)).unwrap_or(F::ROWS)
}

impl FileFormat for Format {
    const ROWS: Self = Self::Jsonl;

    fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Table => &["txt"],
            Self::Jsonl => &["jsonl", "ndjson", "json"],
            Self::Csv => &["csv"],
        }
    }

    fn printed(self) -> Format {
        self
    }
}
