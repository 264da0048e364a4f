use crate::time::Timestamp;

/// Why a delivery, or a part of it, could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// Neither JSON nor form-urlencoded, or cut.
    #[error("{reason}")]
    Malformed {
        /// What was found instead.
        reason: String,
    },
    /// There is no event kind where there should be one.
    #[error("no event kind {}: {found}", place(looked_at.as_deref()))]
    NoKind {
        /// Where the provider has it; `None` if it cannot be told who that is.
        looked_at: Option<String>,
        /// What there is instead.
        found: String,
        /// What to do about that, where it is known.
        help: Option<&'static str>,
    },
    /// No known provider sends events of this kind, and the delivery does not say who sent it.
    #[error("no known provider has an event kind `{kind}`, as stands at {at}")]
    Unrecognised {
        /// The event kind, or its beginning.
        kind: String,
        /// The pointer that leads to it.
        at: String,
    },
    /// The event names no asset.
    #[error("`{kind}` names no {entity}: no id at {looked_at}")]
    NoId {
        /// The entity whose id was looked for.
        entity: String,
        /// The event kind.
        kind: String,
        /// Where it was looked for.
        looked_at: String,
        /// The provider's id of the event.
        event_id: Option<String>,
        /// When it happened, by the provider's clock.
        at: Option<Timestamp>,
    },
    /// No lifecycle has the event kind, and it cannot be told whose it is.
    #[error("`{provider}` has no event kind `{kind}` in its definitions")]
    UnknownKind {
        /// The provider's name.
        provider: String,
        /// The event kind as it came.
        kind: String,
        /// A known kind that is spelled much alike.
        near: Option<String>,
    },
    /// The record of a delivery names a provider that has no definition.
    #[error("there is no provider `{provider}` (known: {known})")]
    UnknownProvider {
        /// The name in the record.
        provider: String,
        /// The names there are.
        known: String,
        /// A known name that is spelled much alike.
        near: Option<String>,
    },
    /// The stream ends before it should; what came before was read.
    #[error("{reason}")]
    BrokenStream {
        /// What was found.
        reason: String,
    },
    /// The record of a delivery says when it was received, but unusably; the delivery itself is read.
    #[error("the record's `received_at` is no usable time: {reason}")]
    BadReceivedAt {
        /// What was found.
        reason: String,
    },
    /// A status word longer than is read; the event itself is read.
    #[error("a status of {len} bytes; at most {len_max} are read")]
    LongStatus {
        /// Its length in bytes.
        len: usize,
        /// The limit in bytes.
        len_max: usize,
    },
    /// Longer than is read.
    #[error("{what} of {len} bytes; at most {len_max} are read")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its length in bytes.
        len: usize,
        /// The limit in bytes.
        len_max: usize,
    },
}

impl EventError {
    /// Whether a delivery, or one of its events, was not read for this.
    pub(crate) fn loses_an_event(&self) -> bool {
        !matches!(
            self,
            Self::BadReceivedAt { .. }
                | Self::BrokenStream { .. }
                | Self::LongStatus { .. }
                | Self::UnknownKind { .. }
        )
    }
}

fn place(looked_at: Option<&str>) -> String {
    looked_at.map_or_else(|| "where a provider has one".to_owned(), |at| format!("at {at}"))
}

/// What is wrong with JSON, and where in the document: most are one line, whose number is known already.
pub(crate) fn json_error(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let place = format!(" at line {line} column {column}");
    let text = error.to_string();
    let what = text.strip_suffix(&place).unwrap_or(&text);
    match line {
        0 | 1 => format!("not JSON: {what} at column {column}"),
        _ => format!("not JSON: {what} at column {column} of line {line} of the document"),
    }
}
