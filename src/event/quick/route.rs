//! Routes: what payloads of one signature and one event kind are, and where each part of their events stands.

use super::{
    payload::Values,
    record::About,
    value::is_plain_integer,
    wanted::{Signature, Slot, Type, Wanted},
};
use crate::{
    event::{Fact, FactKind, NAME_LEN_MAX, fact::Said, read::recognise},
    lifecycle::{Catalog, KindId, Lifecycle, Pointer, Provider},
    time::Timestamp,
};

/// More words than this are not remembered.
const WORDS_MAX: usize = 64;

/// How to read payloads of one signature and one event kind.
#[derive(Clone, Debug)]
pub(super) struct Route<'c> {
    pub(super) provider: &'c Provider,
    pub(super) event_id: Option<Named>,
    pub(super) time: Option<Named>,
    pub(super) events: Vec<Turn<'c>>,
}

/// Where a name or a time stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named {
    slot: Slot,
    /// A string or a number.
    of: Type,
}

/// One of the events that a payload is.
#[derive(Clone, Debug)]
pub(super) struct Turn<'c> {
    /// The lifecycle, and its index in the catalog.
    pub(super) lifecycle: &'c Lifecycle,
    pub(super) index: usize,
    pub(super) kind: KindId,
    pub(super) id: Named,
    pub(super) parent: Option<Named>,
    pub(super) status: Option<Named>,
    /// Data fields, and where each stands.
    pub(super) data: Vec<(u16, Slot)>,
    words: Vec<(Box<[u8]>, Word)>,
}

/// What a status word means.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    pub(super) kind: KindId,
    pub(super) says: Option<u16>,
    pub(super) unknown: bool,
}

/// What tells one content from another.
#[derive(Clone, Copy, Debug)]
pub(super) enum Digest {
    /// The digest of the content.
    Meant(u64),
    /// A digest of how it is written.
    Written(u64),
}

/// What is known of a payload before its event kind is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look<'c> {
    pub(super) signature: Signature,
    /// Where the event kind stands.
    pub(super) kind: Slot,
    pub(super) form: bool,
    /// Who sent it, if that was said.
    pub(super) provider: Option<&'c Provider>,
}

impl<'c> Route<'c> {
    /// `None`: the general reader must say what such payloads are.
    pub(super) fn new(
        catalog: &'c Catalog,
        keep_data: bool,
        wanted: &Wanted,
        look: Look<'c>,
        kind: &str,
    ) -> Option<Self> {
        let Look { signature, form, .. } = look;
        let there = |name| signature.get(wanted.slot_of(name)) != Type::Nothing;
        if there("/provider") && there("/received_at")
            || there("/body") && (there("/provider") || there("/received_at"))
        {
            return None;
        }
        let slot = |pointer: &Pointer| {
            Some(wanted.slot(pointer)).filter(|slot| signature.get(*slot) != Type::Nothing)
        };
        let first = |pointers: &[Pointer]| pointers.iter().find_map(slot);
        let provider = match look.provider {
            Some(provider) => provider,
            None => {
                let own = |provider: &Provider| {
                    (first(&provider.kind) == Some(look.kind)).then(|| kind.to_owned())
                };
                recognise(catalog, form, &own, &|pointers| first(pointers).is_some())?
            }
        };
        // Attempts are taken away before anything but the kind is looked for.
        let is_taken = |pointer: &Pointer| {
            let mut attempts = provider.attempts.iter();
            attempts.any(|attempts| pointer.tokens().starts_with(attempts.tokens()))
        };
        let left = |pointers: &[Pointer]| {
            pointers.iter().filter(|pointer| !is_taken(pointer)).find_map(slot)
        };
        // A name may be a string or a number; where the first value found is neither, another may be looked for.
        let name = |pointers: &[Pointer]| match left(pointers) {
            None => Some(None),
            Some(slot) => match signature.get(slot) {
                Type::Other => None,
                of => Some(Some(Named { slot, of })),
            },
        };
        if first(&provider.kind) != Some(look.kind)
            || provider.attempts.iter().any(|pointer| pointer.tokens().len() != 1)
        {
            return None;
        }
        let meanings = provider.meanings(kind);
        let turn = |(index, kind): &(usize, KindId)| {
            let lifecycle = catalog.at(*index);
            let about = lifecycle.kind_of(*kind);
            let parent = lifecycle.parent().map_or(&[][..], |(_, pointers)| pointers);
            let deciding = about.status.as_slice();
            let status = if deciding.is_empty() { lifecycle.status() } else { deciding };
            let data = (0..).zip(lifecycle.data()).filter(|_| keep_data && !about.foreign);
            Some(Turn {
                lifecycle,
                index: *index,
                kind: *kind,
                id: name(lifecycle.id_of(Some(*kind)))??,
                parent: name(parent)?,
                status: if about.foreign { None } else { name(status)? },
                data: data.filter_map(|(field, data)| Some((field, left(&data.at)?))).collect(),
                words: Vec::new(),
            })
        };
        let events: Option<Vec<Turn<'c>>> = meanings.iter().map(turn).collect();
        let time = name(&provider.time)?;
        Some(Self {
            provider,
            event_id: name(&provider.event_id)?,
            time,
            events: events.filter(|events| !events.is_empty())?,
        })
    }
}

impl<'c> Route<'c> {
    /// Gives the events of a payload that takes this route; `None` and nothing given where some value is out of the
    /// ordinary.
    pub(super) fn follow(
        &mut self,
        values: &impl Values,
        content: Digest,
        about: About<'_>,
        each: &mut impl FnMut(&Fact<'_>),
    ) -> Option<&'c Provider> {
        let (content, verbatim) = match content {
            Digest::Meant(digest) => (digest, false),
            Digest::Written(digest) => (digest, true),
        };
        let name = |Named { slot, of }: Named| {
            let text = values.text(slot)?;
            let fits = match of {
                Type::Number => is_plain_integer(text.as_bytes()),
                _ => !text.is_empty() && text.len() <= NAME_LEN_MAX,
            };
            fits.then_some(text)
        };
        let optional = |at: Option<Named>| at.map_or(Some(None), |at| name(at).map(Some));
        let id = optional(self.event_id)?;
        let time = match self.time {
            None => None,
            Some(Named { slot, of }) => Some(time(values.text(slot)?, of)?),
        };
        let several = self.events.len() > 1;
        // Either all events are given or none.
        if several {
            let there = |at: Option<Named>| optional(at).is_some();
            let whole =
                |turn: &Turn<'_>| there(Some(turn.id)) && there(turn.parent) && there(turn.status);
            if !self.events.iter().all(whole) {
                return None;
            }
        }
        for turn in &mut self.events {
            let (Some(asset), Some(parent), Some(status)) =
                (name(turn.id), optional(turn.parent), optional(turn.status))
            else {
                return None;
            };
            let word = match status {
                Some(text) => turn.word(text),
                None => Word { kind: turn.kind, says: None, unknown: false },
            };
            each(&Fact {
                lifecycle: turn.index,
                asset,
                kind: FactKind::Known(word.kind),
                time,
                time_error: None,
                received_at: about.received_at,
                id,
                status,
                parent,
                content,
                verbatim,
                delivery: about.number,
                says: word.says,
                unknown_status: word.unknown,
                data: Said::Read(&turn.data, values),
            });
        }
        Some(self.provider)
    }
}

impl Turn<'_> {
    /// What the provider's word for where the asset is means here.
    pub(super) fn word(&mut self, text: &str) -> Word {
        let known = self.words.iter().find(|(own, _)| **own == *text.as_bytes());
        if let Some((_, word)) = known {
            return *word;
        }
        let Self { lifecycle, kind, .. } = *self;
        let deciding = lifecycle.kind_of(kind).status.is_some();
        let says = lifecycle.status_state(text);
        let word = Word {
            kind: if deciding { lifecycle.kind_with_status(kind, text) } else { kind },
            says,
            unknown: deciding && says.is_none() && lifecycle.has_statuses(),
        };
        if self.words.len() < WORDS_MAX {
            self.words.push((text.as_bytes().into(), word));
        }
        word
    }
}

pub(super) fn time(text: &str, of: Type) -> Option<Timestamp> {
    match of {
        Type::Number if is_plain_integer(text.as_bytes()) => {
            Timestamp::from_epoch(text.parse().ok()?).ok()
        }
        Type::String => text.parse().ok(),
        _ => None,
    }
}
