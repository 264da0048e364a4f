use std::{fmt, path::PathBuf, sync::Arc};

/// Why a store could not be opened, asked or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The SQLite that was linked corrupts databases when their log is reset at the wrong moment.
    #[error(
        "SQLite {version} may corrupt a database when its log is reset; 3.51.3 or later is needed"
    )]
    UnsoundSqlite {
        /// Its version.
        version: &'static str,
    },
    /// Another process keeps its states.
    #[error("`{}` is in use by another process", .path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// A file that is no store, or one of a later version.
    #[error("`{}` is not a store that this version can use: {reason}", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        reason: String,
    },
    /// A store that cannot be used as it stands without losing something.
    #[error("`{}` is not opened: {reason}", .path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// Why not, and what to do.
        reason: String,
    },
    /// What is stored was judged by other definitions.
    #[error(
        "what is stored of {} was judged by other definitions: `mediafold rebuild` judges it anew",
        .providers.join(", ")
    )]
    Definitions {
        /// The providers whose definitions are others now.
        providers: Vec<String>,
    },
    /// A file could not be read or written.
    #[error("cannot {doing} `{}`", .path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A line of a file of recorded deliveries is no such record.
    #[error("line {line} is no record of a delivery: {reason}")]
    NoRecord {
        /// The line.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// A delivery is not what was stored: the file was damaged.
    #[error("delivery {delivery} is damaged: {reason}; `mediafold verify` says what else is")]
    DamagedDelivery {
        /// The number of the delivery.
        delivery: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The file is damaged, and it cannot be told which deliveries are missing for it.
    #[error("the database is damaged: {reason}; `mediafold verify` says what else is")]
    Damaged {
        /// What SQLite says.
        reason: String,
    },
    /// No target of this name was ever brought anything.
    #[error("there is no target `{name}`{}", known_targets(.known))]
    NoTarget {
        /// The name.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// Everything that there is has arrived at the target.
    #[error("everything has arrived at `{name}`: there is nothing to skip")]
    NothingToSkip {
        /// The target.
        name: String,
    },
    /// What was given as the cursor of a page is none.
    #[error("this is the cursor of no page")]
    NoCursor,
    /// A stream could not be read or written.
    #[error("the stream broke off")]
    Stream(#[from] std::io::Error),
    /// The database did not do what was asked.
    #[error(transparent)]
    Failed(#[from] Failed),
}

fn known_targets(known: &[String]) -> String {
    match known {
        [] => ": a server that was started with it makes it".to_owned(),
        known => format!("; known: {}", known.join(", ")),
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Why the database did not do what was asked. Nothing of it was done then, and it may be asked again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the database failed: {kind}: {reason}")]
#[non_exhaustive]
pub struct Failed {
    /// What kind of failure.
    pub kind: FailedKind,
    /// What SQLite says, or what happened to the file and what to do.
    pub reason: Arc<str>,
}

/// What kind of failure of the database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailedKind {
    /// There is no space left.
    Full,
    /// The file may not be written.
    ReadOnly,
    /// The disk failed.
    Disk,
    /// Another process has the database, and did not give it back in time.
    Busy,
    /// The file is damaged.
    Corrupt,
    /// The file, or its log, was removed, renamed or replaced while it was in use. A delivery may have been written, but
    /// into a file that nobody will find.
    Gone,
    /// The store was closed.
    Closed,
    /// Anything else.
    Other,
}

impl FailedKind {
    /// Its name, as metrics have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::ReadOnly => "read-only",
            Self::Disk => "disk",
            Self::Busy => "busy",
            Self::Corrupt => "corrupt",
            Self::Gone => "gone",
            Self::Closed => "closed",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for FailedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Failed {
    pub(super) fn closed() -> Self {
        Self { kind: FailedKind::Closed, reason: "the store is closed".into() }
    }

    /// It may be because of what was to be stored, rather than of where.
    pub(super) fn may_be_of_one(&self) -> bool {
        self.kind == FailedKind::Other
    }
}

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let kind = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => FailedKind::Full,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => FailedKind::ReadOnly,
            Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => FailedKind::Disk,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => FailedKind::Busy,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => FailedKind::Corrupt,
            _ => FailedKind::Other,
        };
        Self { kind, reason: error.to_string().into() }
    }
}
