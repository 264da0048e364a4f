//! Where results go, and what the name of a file says of its format.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

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
const KNOWN: [&str; 33] = [
    "bmp", "bz2", "csv", "db", "dot", "eps", "gif", "gv", "gz", "htm", "html", "jpeg", "jpg",
    "json", "jsonl", "md", "mmd", "ndjson", "parquet", "pdf", "png", "scxml", "sqlite", "svg",
    "tar", "toml", "tsv", "txt", "webp", "xlsx", "xml", "zip", "zst",
];

impl OutputArg {
    /// The file; `None` is standard output.
    pub(super) fn file(&self) -> Option<&Path> {
        named(self.output.as_deref())
    }

    /// Opens what rows are written to, in the format that is asked for or that the name of the file promises.
    pub(super) fn open(&self, format: &FormatArg) -> Result<(Format, Out), CliError> {
        let path = self.file();
        let asked = format.format;
        let format = Format::or_default(asked.or_else(|| path.map(by_name)));
        if let Some(path) = path {
            let own = format.extensions();
            match extension(path) {
                Some(extension) if asked.is_none() && !own.contains(&&*extension) => {
                    warn_of(path, format!("{}; `--format` chooses", format.name()));
                }
                _ => warn(path, format.name(), own),
            }
        }
        Ok((format, output::out_to(format, path)?))
    }
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

fn by_name(path: &Path) -> Format {
    let extension = extension(path).unwrap_or_default();
    let all = [Format::Table, Format::Csv];
    all.into_iter()
        .find(|format| format.extensions().contains(&&*extension))
        .unwrap_or(Format::Jsonl)
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
        }
    }

    /// What files of this format are called.
    fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Table => &["txt"],
            Self::Jsonl => &["jsonl", "ndjson", "json"],
            Self::Csv => &["csv"],
        }
    }
}
