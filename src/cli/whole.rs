//! Files that are there whole or not at all: written beside and renamed, and taken away again when something fails or
//! the process is told to end.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use super::{CliError, interrupt};
use crate::durable::sync_folder_of;

/// A file that is being written.
pub(super) struct WholeFile {
    file: BufWriter<File>,
    path: PathBuf,
    /// Where it is written; `None` for what is no file, such as `/dev/null`.
    part: Option<PathBuf>,
}

impl WholeFile {
    /// Begins a file; nothing is at its path before [`Self::finish`], or what was there before.
    pub(super) fn create(path: &Path) -> Result<Self, CliError> {
        let is_other = fs::metadata(path).is_ok_and(|about| !about.is_file());
        let part = (!is_other).then(|| {
            let mut part = path.as_os_str().to_owned();
            part.push(".part");
            PathBuf::from(part)
        });
        if let Some(part) = &part {
            interrupt::remove(part);
        }
        match File::create(part.as_deref().unwrap_or(path)) {
            Ok(file) => {
                let file = BufWriter::with_capacity(256 << 10, file);
                Ok(Self { file, path: path.to_owned(), part })
            }
            Err(source) => {
                part.iter().for_each(|part| interrupt::keep(part));
                Err(CliError::Write { path: path.to_owned(), source })
            }
        }
    }

    /// An error of writing this file.
    pub(super) fn failed(&self, source: io::Error) -> CliError {
        CliError::Write { path: self.path.clone(), source }
    }

    /// Puts the file in its place.
    pub(super) fn finish(mut self) -> Result<(), CliError> {
        let finished = self.file.flush().and_then(|()| match &self.part {
            Some(part) => {
                self.file.get_ref().sync_all()?;
                fs::rename(part, &self.path)?;
                sync_folder_of(&self.path)
            }
            None => Ok(()),
        });
        finished.map_err(|source| self.failed(source))
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if let Some(part) = &self.part {
            // It is gone if the file is in its place.
            let _ = fs::remove_file(part);
            interrupt::keep(part);
        }
    }
}
