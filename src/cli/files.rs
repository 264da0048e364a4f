//! Files of webhooks: which there are, and what is in them once it is decompressed.

use std::{
    fs::File,
    io::{self, IsTerminal, Read},
    path::{Path, PathBuf},
};

use indicatif::ProgressBar;

#[cfg(feature = "server")]
use super::stored::exported;
use super::{CliError, errors::report_error, exit::Exit, output};
use crate::{
    bulk::{BrokenStream, OpenedStream, decompressed, is_compressed},
    shown::plural,
};

/// The name of standard input as a file.
const STDIN: &str = "/dev/stdin";

const EXTENSIONS: [&str; 6] = ["json", "jsonl", "ndjson", "form", "txt", "log"];

/// The files to read, folders opened, and what finding them came to.
pub(super) fn paths(files: &[PathBuf]) -> Result<(Vec<PathBuf>, Exit), CliError> {
    if files.is_empty() {
        if io::stdin().is_terminal() {
            output::note("reading webhooks from standard input; end with Ctrl-D");
        }
        return Ok((vec![PathBuf::from("-")], Exit::Fine));
    }
    let (mut paths, mut exit) = (Vec::new(), Exit::Fine);
    for file in files {
        if is_stdin(file) {
            // Read to its end, it is empty.
            if !paths.contains(file) {
                paths.push(file.clone());
            }
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
            Ok(ByContent { taken, passed_over }) => {
                if passed_over > 0 {
                    let path = file.display();
                    let others = plural(passed_over as u64, "other file");
                    output::note(&format!("note: {others} in `{path}` passed over ({read})"));
                }
                paths.extend(taken);
            }
            Err(error) => {
                report_error(&error);
                exit = Exit::Failed;
            }
        }
    }
    if paths.is_empty() && exit == Exit::Failed {
        return Err(CliError::usage("nothing could be read"));
    }
    Ok((paths, exit))
}

pub(super) struct ByContent {
    pub(super) taken: Vec<PathBuf>,
    /// How many files of a folder were not wanted.
    passed_over: usize,
}

/// A file as it is; of a folder, all wanted files below it by path, hidden ones aside.
pub(super) fn files_in(path: &Path, wanted: &dyn Fn(&Path) -> bool) -> Result<ByContent, CliError> {
    let failed = |source| CliError::Read { path: path.to_owned(), source };
    if !std::fs::metadata(path).map_err(failed)?.is_dir() {
        return Ok(ByContent { taken: vec![path.to_owned()], passed_over: 0 });
    }
    let mut found = ByContent { taken: Vec::new(), passed_over: 0 };
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

pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// By what path a file is opened. Standard input is a file of its own name where one was redirected to it, from its
/// beginning and free to be opened: then all that is done with files can be done with it.
pub(super) fn by_path(path: &Path) -> &Path {
    // Elsewhere what is opened by this name shares its place with standard input.
    #[cfg(target_os = "linux")]
    if is_stdin(path) {
        use std::{io::Seek, os::fd::AsFd};
        let own = || File::from(io::stdin().as_fd().try_clone_to_owned()?).stream_position();
        let is_file = std::fs::metadata(STDIN).is_ok_and(|about| about.is_file());
        if is_file && own().is_ok_and(|at| at == 0) && File::open(STDIN).is_ok() {
            return Path::new(STDIN);
        }
    }
    path
}

/// A file or standard input, decompressed.
pub(super) fn open(path: &Path, bar: &ProgressBar) -> io::Result<OpenedStream> {
    let (raw, is_file): (Box<dyn Read + Send>, _) = match is_stdin(path) {
        true => {
            widen(io::stdin());
            (Box::new(io::stdin()), false)
        }
        false => {
            let file = File::open(path)?;
            let is_file = file.metadata()?.is_file();
            if !is_file {
                widen(&file);
            }
            (Box::new(file), is_file)
        }
    };
    let mut opened = or_store(path, decompressed(bar.wrap_read(raw))?)?;
    opened.again &= is_file;
    Ok(opened)
}

/// Lets a pipe hold more, so that who writes and who reads wait less for each other; what is no pipe stays as it is.
#[cfg(target_os = "linux")]
fn widen(pipe: impl std::os::fd::AsFd) {
    // As much as everybody may ask for; if not, the pipe is as good as it was.
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, 1 << 20);
}

#[cfg(not(target_os = "linux"))]
fn widen<T>(_pipe: T) {}

/// The stream; of an SQLite database the deliveries, if it is a store.
fn or_store(path: &Path, mut opened: OpenedStream) -> io::Result<OpenedStream> {
    let mut first = Vec::with_capacity(DATABASE.len());
    // An error of a stream that breaks off here comes again when it is read on.
    let read = opened.stream.by_ref().take(DATABASE.len() as u64).read_to_end(&mut first);
    if first == DATABASE {
        (opened.stream, opened.again) = (store(path)?, false);
        return Ok(opened);
    }
    opened.stream = match read {
        Ok(_) => Box::new(io::Cursor::new(first).chain(opened.stream)),
        Err(error) => Box::new(io::Cursor::new(first).chain(BrokenStream::from(error))),
    };
    Ok(opened)
}

/// What an SQLite database begins with.
pub(super) const DATABASE: &[u8] = b"SQLite format 3\0";

/// The deliveries of the store at this path. What was redirected or compressed is not where its log is.
#[cfg(feature = "server")]
fn store(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    let mut first = Vec::new();
    let is_stream = is_stdin(path) || path == Path::new(STDIN);
    if !is_stream {
        File::open(path)?.take(DATABASE.len() as u64).read_to_end(&mut first)?;
    }
    if first == DATABASE {
        return exported(path);
    }
    let message =
        "it is an SQLite database; a store is read where it lies, by the name of its file";
    Err(io::Error::new(io::ErrorKind::Unsupported, message))
}

#[cfg(not(feature = "server"))]
fn store(_path: &Path) -> io::Result<Box<dyn Read + Send>> {
    let message = "it is an SQLite database, and this build reads no stores";
    Err(io::Error::new(io::ErrorKind::Unsupported, message))
}
