use crate::{
    lifecycle::{Lifecycle, closest},
    shown::did_you_mean,
    time::Timestamp,
};

/// An event kind that a lifecycle does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{entity} has no event kind `{kind}`{}", did_you_mean(near.as_deref()))]
#[non_exhaustive]
pub struct UnknownKind {
    /// The entity that the lifecycle is of.
    pub entity: String,
    /// The event kind as it was asked for.
    pub kind: String,
    /// The kind that was most likely meant.
    pub near: Option<String>,
}

impl UnknownKind {
    pub(super) fn new(lifecycle: &Lifecycle, kind: &str) -> Self {
        let near = closest(kind, lifecycle.kinds().map(|(_, name)| name)).map(str::to_owned);
        Self { entity: lifecycle.entity().to_owned(), kind: kind.to_owned(), near }
    }
}

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
    /// Several providers may have sent it, and nothing tells which of them did.
    #[error("`{kind}` may be one of `{}` or of `{}`, and nothing tells which", providers[0], providers[1])]
    Ambiguous {
        /// The event kind, or its beginning.
        kind: String,
        /// Two of them.
        providers: [String; 2],
    },
    /// The provider's definition says what holds of its payloads, and it does not.
    #[error("it is none of `{provider}`: what `when` asks does not hold")]
    NotOf {
        /// The provider's name.
        provider: String,
    },
    /// A list of which one item is read has more.
    #[error("the list at {at} has {len} items, of which the definition reads one")]
    PartOfList {
        /// The pointer to the list.
        at: String,
        /// How many items it has.
        len: usize,
    },
    /// More payloads in one delivery than are read.
    #[error("a list of {len} payloads; the first {len_max} of a delivery are read")]
    TooManyItems {
        /// How many the list has.
        len: usize,
        /// The limit.
        len_max: usize,
    },
    /// What is wrong with one payload of several.
    #[error("{error}")]
    OfItem {
        /// Its number in the delivery, from 1.
        item: u32,
        /// What is wrong.
        error: Box<Self>,
    },
    /// Some payloads of several cannot be read.
    #[error("{count} of {of} payloads cannot be read; the first: {first}")]
    Items {
        /// How many cannot be read.
        count: u32,
        /// How many there are.
        of: u32,
        /// What is wrong with the first.
        first: Box<Self>,
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
        if let Self::OfItem { error, .. } = self {
            return error.loses_an_event();
        }
        !matches!(
            self,
            Self::BadReceivedAt { .. }
                | Self::BrokenStream { .. }
                | Self::LongStatus { .. }
                | Self::PartOfList { .. }
                | Self::UnknownKind { .. }
        )
    }
}

impl EventError {
    /// Says which payload it is about.
    pub(super) fn put_in_item(&mut self, item: u32) {
        let error = std::mem::replace(self, Self::Malformed { reason: String::new() });
        *self = Self::OfItem { item, error: Box::new(error) };
    }

    /// What is wrong, where it is about the only payload.
    pub(super) fn take_out_of_item(&mut self) {
        if let Self::OfItem { error, .. } = self {
            let error = std::mem::replace(&mut **error, Self::Malformed { reason: String::new() });
            *self = error;
        }
    }
}

/// Payloads of one delivery that cannot be read.
#[derive(Debug, Default)]
pub(super) struct Unreadable {
    first: Option<(u32, EventError)>,
    count: u32,
}

impl Unreadable {
    pub(super) fn note(&mut self, item: u32, error: EventError) {
        self.first.get_or_insert((item, error));
        self.count += 1;
    }

    /// All of them as one error, given how many payloads there are.
    pub(super) fn told(self, of: u32) -> Option<EventError> {
        let (item, first) = self.first?;
        Some(match (of, self.count) {
            (1, _) => first,
            (_, 1) => EventError::OfItem { item, error: Box::new(first) },
            (_, count) => {
                let error = EventError::Items { count, of, first: Box::new(first) };
                EventError::OfItem { item, error: Box::new(error) }
            }
        })
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
