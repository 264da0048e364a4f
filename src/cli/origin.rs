//! Where deliveries come from: files, standard input, or a store.

use std::path::{Path, PathBuf};
#[cfg(feature = "server")]
use std::{fs::File, io::Read};

use clap::{Args, ValueHint};

use super::CliError;
#[cfg(feature = "server")]
use super::files::DATABASE;

#[derive(Debug, Args)]
pub(super) struct OriginArgs {
    /// Files or folders of webhooks; standard input where none is given, or for `-`
    ///
    /// NDJSON, a JSON array, one JSON document, or form-urlencoded lines, each also gzip or zstd. A line is a
    /// payload or a recorded delivery {"provider":…,"received_at":…,"body":…}. The file of a store is its deliveries.
    #[arg(value_name = "FILE", value_hint = ValueHint::AnyPath)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    store: StoreArg,
}

impl OriginArgs {
    /// What is to be read: files or folders, or a store; nothing for standard input.
    ///
    /// # Errors
    /// There are both, or what is given as a store is none.
    pub(super) fn paths(&self) -> Result<Vec<PathBuf>, CliError> {
        self.store.or(&self.files)
    }

    /// The first file, which is none: what stands there means something else.
    pub(super) fn take_first(&mut self) -> Option<PathBuf> {
        (!self.files.is_empty()).then(|| self.files.remove(0))
    }

    /// The first of the files that are named.
    pub(super) fn first(&self) -> Option<&Path> {
        self.files.first().map(PathBuf::as_path)
    }

    /// What is to be read, as it would be given again.
    pub(super) fn given(&self) -> String {
        match self.store.path() {
            Some(store) => format!("--data {}", store.display()),
            None => "FILE…".to_owned(),
        }
    }
}

/// A store in the place of files.
#[derive(Debug, Args)]
pub(super) struct StoreArg {
    /// Read the deliveries of this store in place of files; a server may have it open
    #[cfg(feature = "server")]
    #[arg(long, value_name = "STORE", value_hint = ValueHint::FilePath)]
    data: Option<PathBuf>,
}

#[cfg(feature = "server")]
impl StoreArg {
    pub(super) fn path(&self) -> Option<&Path> {
        self.data.as_deref()
    }

    /// The store if one is given, or these files.
    ///
    /// # Errors
    /// There are both, or it is no store.
    pub(super) fn or(&self, files: &[PathBuf]) -> Result<Vec<PathBuf>, CliError> {
        let Some(store) = &self.data else { return Ok(files.to_vec()) };
        if !files.is_empty() {
            let message = "deliveries come from files or from `--data`, not from both";
            return Err(CliError::usage(message));
        }
        let mut first = Vec::new();
        let file = File::open(store);
        file.and_then(|file| file.take(DATABASE.len() as u64).read_to_end(&mut first))
            .map_err(|source| CliError::Read { path: store.clone(), source })?;
        match first == DATABASE {
            true => Ok(vec![store.clone()]),
            false => Err(CliError::usage(format!(
                "`{}` is no store; files of webhooks are given without `--data`",
                store.display()
            ))),
        }
    }
}

#[cfg(not(feature = "server"))]
impl StoreArg {
    pub(super) fn path(&self) -> Option<&Path> {
        None
    }

    pub(super) fn or(&self, files: &[PathBuf]) -> Result<Vec<PathBuf>, CliError> {
        Ok(files.to_vec())
    }
}
