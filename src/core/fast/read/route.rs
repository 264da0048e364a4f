//! Routes: what payloads of one signature and one event kind are, and where each part of their events stands.

use super::{
    fact::{Fact, FactKind, Said},
    payload::Values,
    record::About,
    value::is_plain_integer,
    wanted::{Signature, Slot, Type, Wanted},
};
use crate::{
    event::{
        NAME_LEN_MAX,
        recognise::{Candidates, Look as Recognised},
    },
    lifecycle::{Catalog, Condition, Found, KindId, Lifecycle, Locator, Pointer, Provider},
    time::Timestamp,
};

/// More words than this are not remembered.
const WORDS_MAX: usize = 64;

/// How to read payloads of one signature and one event kind.
#[derive(Clone, Debug)]
pub(super) struct Route<'c> {
    pub(super) provider: &'c Provider,
    /// Where the event kind stands.
    pub(super) kind: Slot,
    pub(super) event_id: Option<Named>,
    sequence: Option<Named>,
    pub(super) time: Option<Named>,
    pub(super) events: Vec<EventAt<'c>>,
}

/// Where a name or a time stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named {
    slot: Slot,
    /// A string or a number.
    of: Type,
}

/// Where the parts of one of the events stand that a payload is.
#[derive(Clone, Debug)]
pub(super) struct EventAt<'c> {
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

/// The pointers of locators that are nothing else.
fn pointers(locators: &[Locator]) -> impl Iterator<Item = &Pointer> {
    locators.iter().filter_map(Locator::pointer)
}

/// What is known of a payload before its event kind is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look<'c> {
    pub(super) signature: Signature,
    pub(super) form: bool,
    /// Who sent it, if that was said.
    pub(super) provider: Option<&'c Provider>,
}

/// Where values stand in payloads of one signature.
struct Seen<'w> {
    signature: Signature,
    wanted: &'w Wanted,
}

impl Seen<'_> {
    /// The slot of the first value that is there.
    fn first<'p>(&self, pointers: impl IntoIterator<Item = &'p Pointer>) -> Option<Slot> {
        let mut slots = pointers.into_iter().map(|pointer| self.wanted.slot(pointer));
        slots.find(|slot| self.signature.get(*slot) != Type::Nothing)
    }

    /// The same for a name, which may be a string or a number; `None` where the first value found is neither, so that
    /// another may be looked for.
    fn name<'p>(&self, pointers: impl IntoIterator<Item = &'p Pointer>) -> Option<Option<Named>> {
        let Some(slot) = self.first(pointers) else { return Some(None) };
        match self.signature.get(slot) {
            Type::Other => None,
            of => Some(Some(Named { slot, of })),
        }
    }
}

/// What is seen of a payload with its event kind.
struct Looked<'w> {
    seen: &'w Seen<'w>,
    deciding: &'w [(Slot, &'w str)],
    form: bool,
}

impl Looked<'_> {
    fn text(&self, slot: Slot) -> Option<&str> {
        let of = self.deciding.iter().find(|(own, _)| *own == slot);
        of.map(|(_, text)| *text)
    }

    /// Who sent it; `None` where the general reader must say.
    fn sender<'c>(&self, catalog: &'c Catalog) -> Option<&'c Provider> {
        let Seen { signature, wanted } = *self.seen;
        let there = |slot| signature.get(slot) != Type::Nothing;
        let is_other = |own: &Provider| {
            let known = || self.kind_at(own).is_none_or(|(_, kind)| own.may_know(catalog, kind));
            wanted.may_be(own, there)
                && (wanted.unwraps(own, there) || !self.sees_kind_of(own) || known())
        };
        if catalog.providers().any(is_other) {
            return None;
        }
        let mut senders = Candidates::default();
        let own = catalog.providers().filter(|own| wanted.reads(own));
        own.for_each(|own| senders.consider(catalog, own, self));
        senders.only().ok()?
    }

    /// Whether the event kind of a provider would be among what decides.
    fn sees_kind_of(&self, provider: &Provider) -> bool {
        provider.kind.iter().all(|at| {
            let slot = at.pointer().and_then(|at| self.seen.wanted.known_slot(at));
            slot.is_some_and(|slot| self.seen.wanted.deciding().contains(&slot))
        })
    }

    /// Where the event kind of a provider stands, and what it is.
    fn kind_at(&self, provider: &Provider) -> Option<(Slot, &str)> {
        let slots = pointers(&provider.kind).filter_map(|at| self.seen.wanted.known_slot(at));
        { slots }.find_map(|slot| Some((slot, self.text(slot)?)))
    }
}

impl Recognised for Looked<'_> {
    fn kind(&self, provider: &Provider) -> Option<String> {
        self.kind_at(provider).map(|(_, kind)| kind.to_owned())
    }

    fn has(&self, locators: &[Locator]) -> bool {
        self.seen.first(pointers(locators)).is_some()
    }

    fn has_asset(&self, locators: &[Locator]) -> bool {
        self.has(locators)
    }

    fn meets(&self, condition: &Condition) -> bool {
        condition.holds(|spot| {
            let slot = self.seen.wanted.known_slot(spot.pointer()?)?;
            match self.seen.signature.get(slot) {
                Type::Nothing => None,
                Type::Other => Some(Found::Other),
                // What nobody compares with anything has no text here.
                Type::String | Type::Number => {
                    Some(self.text(slot).map_or(Found::Other, |text| Found::Text(text.into())))
                }
            }
        })
    }

    fn is_form(&self) -> bool {
        self.form
    }
}

impl<'c> Route<'c> {
    /// `None`: the general reader must say what such payloads are.
    pub(super) fn new(
        catalog: &'c Catalog,
        keep_data: bool,
        wanted: &Wanted,
        look: Look<'c>,
        deciding: &[(Slot, &str)],
    ) -> Option<Self> {
        let Look { signature, form, .. } = look;
        let there = |name| signature.get(wanted.slot_of(name)) != Type::Nothing;
        let body = there("/body") || there("/body_base64");
        if there("/provider") && there("/received_at")
            || body && (there("/provider") || there("/received_at"))
        {
            return None;
        }
        let whole = Seen { signature, wanted };
        let looked = Looked { seen: &whole, deciding, form };
        let provider = match look.provider {
            Some(provider) => provider,
            None => looked.sender(catalog)?,
        };
        let (slot, kind) = looked.kind_at(provider)?;
        if !wanted.reads(provider) || !looked.meets(&provider.when) {
            return None;
        }
        let seen = &whole;
        // What holds of a payload, and names that are kept, are for the general reader.
        let is_general = |(index, kind): &(usize, KindId)| {
            let about = catalog.at(*index).kind_of(*kind);
            about.is_pattern || !about.branches.is_empty()
        };
        let meanings = provider.meanings(kind);
        if meanings.iter().any(is_general) {
            return None;
        }
        let there = |(index, kind): &&(usize, KindId)| {
            seen.first(pointers(catalog.at(*index).id_of(Some(*kind)))).is_some()
        };
        let event = |(index, kind): &(usize, KindId)| {
            let lifecycle = catalog.at(*index);
            let about = lifecycle.kind_of(*kind);
            let parent = lifecycle.parent().map_or(&[][..], |(_, locators)| locators);
            let deciding = &*about.status;
            let status = if deciding.is_empty() { lifecycle.status() } else { deciding };
            let data = (0..).zip(lifecycle.data()).filter(|_| keep_data && !about.foreign);
            Some(EventAt {
                lifecycle,
                index: *index,
                kind: *kind,
                id: seen.name(pointers(lifecycle.id_of(Some(*kind))))??,
                parent: seen.name(pointers(parent))?,
                status: if about.foreign { None } else { seen.name(status)? },
                data: data
                    .filter_map(|(field, data)| Some((field, seen.first(&data.at)?)))
                    .collect(),
                words: Vec::new(),
            })
        };
        // An entity is asked only where its id is.
        let events: Option<Vec<_>> = meanings.iter().filter(there).map(event).collect();
        Some(Self {
            provider,
            kind: slot,
            sequence: seen.name(pointers(&provider.sequence))?,
            event_id: seen.name(pointers(&provider.event_id))?,
            time: seen.name(pointers(&provider.time))?,
            events: events.filter(|events| !events.is_empty())?,
        })
    }
}

impl Named {
    /// The name, unless it is out of the ordinary.
    fn name(self, values: &impl Values) -> Option<&str> {
        let text = values.text(self.slot)?;
        let fits = match self.of {
            Type::Number => is_plain_integer(text.as_bytes()),
            _ => !text.is_empty() && text.len() <= NAME_LEN_MAX,
        };
        fits.then_some(text)
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
        let name = |at: Named| at.name(values);
        let optional = |at: Option<Named>| at.map_or(Some(None), |at| name(at).map(Some));
        let id = optional(self.event_id)?;
        let time = match self.time {
            None => None,
            Some(Named { slot, of }) => Some(time(values.text(slot)?, of, self.provider.zone)?),
        };
        let several = self.events.len() > 1;
        let sequence = optional(self.sequence)?.and_then(|digits| digits.parse().ok());
        // Either all events are given or none.
        if several {
            let there = |at: Option<Named>| optional(at).is_some();
            let whole = |event: &EventAt<'_>| {
                there(Some(event.id)) && there(event.parent) && there(event.status)
            };
            if !self.events.iter().all(whole) {
                return None;
            }
        }
        for event in &mut self.events {
            let (Some(asset), Some(parent), Some(status)) =
                (name(event.id), optional(event.parent), optional(event.status))
            else {
                return None;
            };
            let word = match status {
                Some(text) => event.word(text),
                None => Word { kind: event.kind, says: None, unknown: false },
            };
            each(&Fact {
                lifecycle: event.index,
                asset,
                kind: FactKind::Known(word.kind),
                own_name: None,
                by_receipt: time.is_none() && self.provider.takes_receipt(),
                time,
                time_error: None,
                received_at: about.received_at,
                id,
                status,
                parent,
                sequence,
                content,
                verbatim,
                delivery: about.number,
                item: None,
                says: word.says,
                unknown_status: word.unknown,
                data: Said::Read(&event.data, values),
            });
        }
        Some(self.provider)
    }
}

impl EventAt<'_> {
    /// What the provider's word for where the asset is means here.
    pub(super) fn word(&mut self, text: &str) -> Word {
        let known = self.words.iter().find(|(own, _)| **own == *text.as_bytes());
        if let Some((_, word)) = known {
            return *word;
        }
        let Self { lifecycle, kind, .. } = *self;
        let deciding = !lifecycle.kind_of(kind).status.is_empty();
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

pub(super) fn time(text: &str, of: Type, zone: Option<i32>) -> Option<Timestamp> {
    match of {
        Type::Number if is_plain_integer(text.as_bytes()) => {
            Timestamp::from_epoch(text.parse().ok()?).ok()
        }
        Type::String => Timestamp::parse(text, zone).ok(),
        _ => None,
    }
}
