//! Where deliveries come from.

use std::{
    fs::File,
    io::{self, Cursor, Read, Seek},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use mediafold_core::bulk::{OpenedStream, decompressed};
use pyo3::{exceptions::PyOSError, prelude::*, pybacked::PyBackedBytes};

use super::work::{Watch, Watched};

/// The most that a stream of Python is asked for at once, in bytes.
const PIECE: usize = 1 << 20;

/// A source of many deliveries.
#[derive(Clone, FromPyObject)]
pub(super) enum Source {
    /// Bytes as they are.
    #[pyo3(transparent)]
    Bytes(SharedBytes),
    /// A file by its path.
    #[pyo3(transparent)]
    Path(PathBuf),
    /// What has a `read` of Python.
    #[pyo3(transparent)]
    Stream(SharedStream),
}

/// Bytes that belong to Python.
#[derive(Clone)]
pub(super) struct SharedBytes(Arc<PyBackedBytes>);

impl FromPyObject<'_, '_> for SharedBytes {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        Ok(Self(Arc::new(object.extract()?)))
    }
}

impl AsRef<[u8]> for SharedBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// An object of Python with a `read`, and why reading it failed.
#[derive(Clone)]
pub(super) struct SharedStream {
    object: Arc<Py<PyAny>>,
    failed: Arc<Mutex<Option<PyErr>>>,
}

impl FromPyObject<'_, '_> for SharedStream {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        object.getattr("read")?;
        Ok(Self { object: Arc::new(object.to_owned().unbind()), failed: Arc::default() })
    }
}

impl Read for SharedStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = Python::attach(|py| -> PyResult<usize> {
            let len = buffer.len().min(PIECE);
            let bytes: PyBackedBytes =
                self.object.bind(py).call_method1("read", (len,))?.extract()?;
            // More than was asked for is a stream that cannot be trusted.
            let room = buffer.get_mut(..bytes.len());
            let room =
                room.ok_or_else(|| PyOSError::new_err("`read` gave more than it was asked for"))?;
            room.copy_from_slice(&bytes);
            Ok(bytes.len())
        });
        read.map_err(|error| {
            *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            io::Error::other("a stream of Python failed")
        })
    }
}

/// What can be read again at any place.
pub(super) trait ReadSeek: Read + Seek + Send {}

impl<R: Read + Seek + Send> ReadSeek for R {}

impl Source {
    /// How long it is, if it says so.
    pub(super) fn len(&self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes.as_ref().len() as u64),
            Self::Path(path) => {
                let about = std::fs::metadata(path).ok()?;
                about.is_file().then_some(about.len())
            }
            Self::Stream(_) => None,
        }
    }

    /// Opens it, decompressed; what is read of it is counted as it came.
    pub(super) fn open(&self, watch: &Arc<Watch>) -> io::Result<OpenedStream> {
        let watch = Arc::clone(watch);
        match self {
            Self::Bytes(bytes) => {
                decompressed(Watched { input: Cursor::new(bytes.clone()), watch })
            }
            Self::Path(path) => {
                let file = File::open(path)?;
                let is_file = file.metadata()?.is_file();
                let mut opened = decompressed(Watched { input: file, watch })?;
                opened.again &= is_file;
                Ok(opened)
            }
            Self::Stream(stream) => {
                let mut opened = decompressed(Watched { input: stream.clone(), watch })?;
                opened.again = false;
                Ok(opened)
            }
        }
    }

    /// Opens it once more, as it is.
    pub(super) fn open_again(&self) -> io::Result<Box<dyn ReadSeek>> {
        match self {
            Self::Bytes(bytes) => Ok(Box::new(Cursor::new(bytes.clone()))),
            Self::Path(path) => Ok(Box::new(File::open(path)?)),
            Self::Stream(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// What Python is told that reading it failed.
    pub(super) fn error(&self, py: Python<'_>, error: io::Error) -> PyErr {
        match (self, error.raw_os_error()) {
            (Self::Stream(stream), _) => {
                let failed = stream.failed.lock().unwrap_or_else(PoisonError::into_inner).take();
                failed.unwrap_or_else(|| error.into())
            }
            (Self::Path(path), Some(code)) => {
                let text = py
                    .import("os")
                    .and_then(|os| os.call_method1("strerror", (code,)))
                    .and_then(|text| text.extract::<String>());
                let text = text.unwrap_or_else(|_| error.to_string());
                PyOSError::new_err((code, text, path.clone().into_os_string()))
            }
            _ => error.into(),
        }
    }

    /// What it is called.
    pub(super) fn name(&self) -> Option<String> {
        match self {
            Self::Path(path) => Some(path.to_string_lossy().into_owned()),
            _ => None,
        }
    }
}
