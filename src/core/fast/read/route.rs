//! Routes: what payloads of one signature and one event kind are, and where each part of their events stands.

use super::{
    fact::{DataValues, Fact, FactKind, Values},
    name::{NameAt, WantedField, field, optional},
    record::RecordEnvelope,
    seen::{Looked, Seen, sender, texts_to_unwrap},
    value::{is_plain_integer, time},
    wanted::{PointerId, Signature, Type, Wanted},
};
use crate::{
    event::{NAME_LEN_MAX, candidates::PayloadFields, may_be_unwrapped, outside_digest},
    lifecycle::{
        Catalog, KindId, Lifecycle, Locator, Pointer, Provider, SpotValue, StatusWord, Test,
    },
};

/// More words than this are not remembered.
const WORDS_MAX: usize = 64;

/// How to read payloads of one signature and one event kind.
#[derive(Clone, Debug)]
pub(super) struct Route<'c> {
    pub(super) provider: &'c Provider,
    /// Where the event kind stands, or the first part of it.
    pub(super) kind: PointerId,
    pub(super) event_id: Option<NameAt>,
    sequence: Option<WantedField>,
    pub(super) time: Option<WantedField>,
    pub(super) events: Vec<EventChoice<'c>>,
    /// The object that is the payload, if that is not all of the line.
    pub(super) within: Option<PointerId>,
    /// What the content of its events has besides the payload.
    outside: Outside,
    /// Texts in which there must be nothing to unwrap.
    texts: Box<[PointerId]>,
}

/// What is read from around a payload, which is part of its content.
#[derive(Clone, Debug, Default)]
struct Outside {
    /// The digest of what is the same on all of a route.
    known: u64,
    /// By what a definition calls it.
    values: Vec<(Box<str>, PointerId)>,
}

/// What is asked of a slot, and what kind of value it has.
type SlotTest = (PointerId, Type, Test);

/// One of the events that a payload is: which rows it chooses is told by what it has.
#[derive(Clone, Debug)]
pub(super) struct EventChoice<'c> {
    /// The first that holds chooses; `None` where such an event has no asset.
    branches: Vec<(Vec<SlotTest>, Option<EventAt<'c>>)>,
    usual: Option<EventAt<'c>>,
}

/// Where the parts of one of the events stand that a payload is.
#[derive(Clone, Debug)]
pub(super) struct EventAt<'c> {
    /// The lifecycle, and its index in the catalog.
    pub(super) lifecycle: &'c Lifecycle,
    pub(super) index: usize,
    pub(super) kind: KindId,
    /// The name as it came, where the definition has a pattern for it.
    own_name: Option<Box<str>>,
    id: NameAt,
    parent: Option<NameAt>,
    status: Option<WantedField>,
    /// Data fields, and where each stands.
    pub(super) data: Vec<(u16, PointerId)>,
    outside: Outside,
    words: Vec<(Box<[u8]>, StatusWord)>,
}

/// What tells one content from another.
#[derive(Clone, Copy, Debug)]
pub(super) enum ContentDigest {
    /// The digest of the content.
    Meant(u64),
    /// A digest of how it is written.
    Written(u64),
}

/// What is known of a payload before its event kind is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct RouteQuery<'c> {
    pub(super) signature: Signature,
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
        look: RouteQuery<'c>,
        deciding: &[(PointerId, &str)],
    ) -> Option<Self> {
        let RouteQuery { signature, form, .. } = look;
        if wanted.may_be_record(|slot| signature.get(slot) != Type::Nothing) {
            return None;
        }
        let provider = match look.provider {
            Some(provider) => provider,
            None => sender(catalog, wanted, signature, deciding, form)?,
        };
        if !wanted.reads(provider) {
            return None;
        }
        let seen = Seen::of(signature, wanted, provider)?;
        let looked = Looked { seen: &seen, deciding, form };
        let (slot, kind, at) = looked.kind_at(provider)?;
        if kind.len() > NAME_LEN_MAX || !looked.meets(&provider.when) {
            return None;
        }
        let mut outside = Outside::default();
        if at.spots().iter().any(|spot| spot.pointer().is_some_and(|at| seen.is_outside(at))) {
            outside.known = outside_digest(&at.text(), &kind);
        }
        let time = seen.field(provider.time.iter().filter_map(Locator::pointer))?;
        for at in provider.time.iter().filter_map(Locator::pointer) {
            if let Some((slot, is_outside)) = seen.find(at) {
                outside.values.extend(is_outside.then(|| (at.as_str().into(), slot)));
                break;
            }
        }
        let event = |(index, kind_id): &(usize, KindId)| {
            EventChoice::new(catalog, &seen, (*index, *kind_id), &kind, keep_data)
        };
        let events: Option<Vec<_>> = provider.meanings(&kind).iter().map(event).collect();
        Some(Self {
            provider,
            kind: slot,
            sequence: seen.field(provider.sequence.iter().filter_map(Locator::pointer))?,
            event_id: seen.name(&provider.event_id)?,
            time,
            events: events.filter(|events| events.iter().any(EventChoice::is_any))?,
            within: seen.within.and_then(|at| wanted.known_slot(at)),
            outside,
            texts: texts_to_unwrap(wanted, signature),
        })
    }
}

impl<'c> EventChoice<'c> {
    /// An event of an entity by its kind before conditions are asked; `None`: it is for the general reader.
    fn new(
        catalog: &'c Catalog,
        seen: &Seen<'_>,
        (index, kind): (usize, KindId),
        name: &str,
        keep_data: bool,
    ) -> Option<Self> {
        let lifecycle = catalog.at(index);
        let at = |kind| EventAt::new(lifecycle, index, seen, kind, name, keep_data);
        let mut branches = Vec::new();
        for (condition, branch) in &lifecycle.kind_of(kind).branches {
            let tests = condition.tests().iter().map(|(spot, test)| {
                let found = spot.pointer().and_then(|pointer| seen.find(pointer));
                let slot = found.map_or(0, |(slot, _)| slot);
                let of = found.map_or(Type::Nothing, |(slot, _)| seen.signature.get(slot));
                (slot, of, test.clone())
            });
            branches.push((tests.collect(), at(*branch)?));
        }
        Some(Self { branches, usual: at(kind)? })
    }

    /// Whether there may be such an event.
    fn is_any(&self) -> bool {
        self.usual.is_some() || self.branches.iter().any(|(_, event)| event.is_some())
    }

    /// The event that these values choose, if it has an asset; `None`: what is asked for is out of the ordinary.
    #[inline]
    fn chosen(&mut self, values: &impl Values) -> Option<Option<&mut EventAt<'c>>> {
        for (tests, event) in &mut self.branches {
            let mut holds = true;
            for (slot, of, test) in &*tests {
                holds = holds && is_met(*slot, *of, test, values)?;
            }
            if holds {
                return Some(event.as_mut());
            }
        }
        Some(self.usual.as_mut())
    }
}

/// Whether the value in a slot is what a test asks for; `None` if it is out of the ordinary.
fn is_met(slot: PointerId, of: Type, test: &Test, values: &impl Values) -> Option<bool> {
    if !matches!(test, Test::OneOf(_)) || of == Type::Nothing {
        let found = (of != Type::Nothing).then_some(SpotValue::Other);
        return Some(test.holds(found.as_ref()));
    }
    let found = match of {
        Type::String => SpotValue::Text(values.text(slot)?.into()),
        Type::Number => {
            let text = values.text(slot).filter(|text| is_plain_integer(text.as_bytes()))?;
            SpotValue::Number(text.into())
        }
        _ => match values.datum(slot).text() {
            "true" => SpotValue::Bool(true),
            "false" => SpotValue::Bool(false),
            _ => SpotValue::Other,
        },
    };
    Some(test.holds(Some(&found)))
}

impl<'c> EventAt<'c> {
    /// `Some(None)`: it has no asset.
    fn new(
        lifecycle: &'c Lifecycle,
        index: usize,
        seen: &Seen<'_>,
        kind: KindId,
        name: &str,
        keep_data: bool,
    ) -> Option<Option<Self>> {
        let Some(id) = seen.name(lifecycle.id_of(Some(kind)))? else { return Some(None) };
        let about = lifecycle.kind_of(kind);
        let parent = lifecycle.parent().map_or(&[][..], |(_, locators)| locators);
        let deciding = &*about.status;
        let status = if deciding.is_empty() { lifecycle.status() } else { deciding };
        let (mut data, mut outside) = (Vec::new(), Outside::default());
        let mut note = |pointers: &[Pointer]| {
            let found = pointers.iter().find_map(|at| Some((at, seen.find(at)?)));
            let (at, (slot, is_outside)) = found?;
            outside.values.extend(is_outside.then(|| (at.as_str().into(), slot)));
            Some(slot)
        };
        if !about.foreign {
            note(status);
            for (field, own) in (0..).zip(lifecycle.data()) {
                if keep_data || seen.within.is_some() {
                    data.extend(note(&own.at).map(|slot| (field, slot)));
                }
            }
        }
        if !keep_data {
            data.clear();
        }
        Some(Some(Self {
            lifecycle,
            index,
            kind,
            own_name: about.is_pattern.then(|| name.into()),
            id,
            parent: seen.name(parent)?,
            status: if about.foreign { None } else { seen.field(status)? },
            data,
            outside,
            words: Vec::new(),
        }))
    }
}

impl Outside {
    /// What it adds to the digest of a payload's content.
    fn digest(&self, values: &impl Values) -> u64 {
        let each =
            self.values.iter().map(|(at, slot)| outside_digest(at, &values.datum(*slot).printed()));
        each.fold(self.known, u64::wrapping_add)
    }
}

impl<'c> Route<'c> {
    /// `None`: there may be a payload in a text.
    #[inline]
    fn unwraps_no_text(&self, values: &impl Values) -> Option<()> {
        let is_text = |slot: &PointerId| values.text(*slot).is_some_and(|it| !may_be_unwrapped(it));
        self.texts.iter().all(is_text).then_some(())
    }

    /// Gives the events of a payload that takes this route; `None` and nothing given where some value is out of the
    /// ordinary.
    pub(super) fn follow(
        &mut self,
        values: &impl Values,
        content: ContentDigest,
        about: RecordEnvelope<'_>,
        each: &mut impl FnMut(&Fact<'_>),
    ) -> Option<&'c Provider> {
        let Self { provider, within, .. } = *self;
        self.unwraps_no_text(values)?;
        let (mut content, verbatim) = match content {
            ContentDigest::Meant(digest) => (digest, false),
            ContentDigest::Written(digest) => (digest, true),
        };
        // How a line is written tells of what is around its payload, too.
        let adds_outside = within.is_some() && !verbatim;
        if adds_outside {
            content = content.wrapping_add(self.outside.digest(values));
        }
        let id = optional(self.event_id.as_ref(), values)?;
        let time = match self.time {
            None => None,
            Some(WantedField { slot, of }) => Some(time(values.text(slot)?, of, provider.zone)?),
        };
        let sequence = field(self.sequence, values)?.and_then(|digits| digits.parse().ok());
        // Either all events are given or none.
        if self.events.len() > 1 {
            for choice in &mut self.events {
                let Some(event) = choice.chosen(values)? else { continue };
                event.id.name(values)?;
                optional(event.parent.as_ref(), values)?;
                field(event.status, values)?;
            }
        }
        let mut given = false;
        for choice in &mut self.events {
            // An entity is asked only where its id is.
            let Some(event) = choice.chosen(values)? else { continue };
            let status = field(event.status, values)?;
            let (asset, parent) =
                (event.id.name(values)?, optional(event.parent.as_ref(), values)?);
            let word = match status {
                Some(text) => event.word(text),
                None => StatusWord { kind: event.kind, says: None, unknown: false },
            };
            let own = if adds_outside { event.outside.digest(values) } else { 0 };
            given = true;
            each(&Fact {
                lifecycle: event.index,
                asset: &asset,
                kind: FactKind::Known(word.kind),
                own_name: event.own_name.as_deref(),
                by_receipt: time.is_none() && provider.takes_receipt(),
                time,
                time_error: None,
                received_at: about.received_at,
                id: id.as_deref(),
                status,
                parent: parent.as_deref(),
                sequence,
                content: content.wrapping_add(own),
                verbatim,
                delivery: about.number,
                item: None,
                says: word.says,
                unknown_status: word.unknown,
                data: DataValues::Read(&event.data, values),
            });
        }
        given.then_some(provider)
    }
}

impl EventAt<'_> {
    /// What the provider's word for where the asset is means here.
    pub(super) fn word(&mut self, text: &str) -> StatusWord {
        let known = self.words.iter().find(|(own, _)| **own == *text.as_bytes());
        if let Some((_, word)) = known {
            return *word;
        }
        let word = self.lifecycle.status_word(self.kind, text);
        if self.words.len() < WORDS_MAX {
            self.words.push((text.as_bytes().into(), word));
        }
        word
    }
}
