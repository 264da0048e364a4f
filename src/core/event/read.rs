//! The general reader: the single authority on what a payload means.

use std::{
    collections::HashMap,
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    Delivery, Event, EventError, EventKind, NAME_LEN_MAX, Placed, Reading,
    error::Unreadable,
    found::{empty_list, listed_places as listed, no_kind},
    layer::{ITEMS_MAX, Layer, Unwrapped, unwrap},
    moment::{read_time, time_of},
    payload::{Around, Naming, Payload, RecordedBody, outside_digest, word_of},
    recognise::{recognise, sender},
    record::{Taken, headers_of, is_record, is_record_without_body, query_of, take_body},
};
use crate::{
    json::Json,
    lifecycle::{Catalog, KindId, Lifecycle, Locator, Provider, StatusWord, closest},
    time::Timestamp,
};

/// For how many unknown kinds the nearest known one is looked for.
const NEAREST_KEPT_MAX: usize = 1000;

/// Reads deliveries by the definitions of a catalog.
#[derive(Clone, Debug)]
pub struct Reader<'c> {
    catalog: &'c Catalog,
    provider: Option<&'c Provider>,
    keep_data: bool,
    /// What unknown kinds are nearest to: looking for it takes longer than reading a payload.
    nearest: Arc<Mutex<HashMap<String, Option<String>>>>,
}

impl<'c> Reader<'c> {
    /// A reader that recognises the provider by the envelope and keeps data.
    pub fn new(catalog: &'c Catalog) -> Self {
        Self { catalog, provider: None, keep_data: true, nearest: Arc::default() }
    }

    /// Takes every payload to be from this provider, unless its record names another.
    #[must_use]
    pub fn with_provider(self, provider: &'c Provider) -> Self {
        Self { provider: Some(provider), ..self }
    }

    /// Leaves the values that definitions list under `[data]` unread.
    #[must_use]
    pub fn without_data(self) -> Self {
        Self { keep_data: false, ..self }
    }

    pub(crate) fn catalog(&self) -> &'c Catalog {
        self.catalog
    }

    /// Who sent everything, if that was said.
    #[cfg(feature = "fast")]
    pub(crate) fn provider(&self) -> Option<&'c Provider> {
        self.provider
    }

    #[cfg(feature = "fast")]
    pub(crate) fn keeps_data(&self) -> bool {
        self.keep_data
    }

    /// Reads one delivery. Never fails as a whole: what could not be read is in `errors`.
    pub fn read(&self, delivery: &Delivery<'_>) -> Reading<'c> {
        let mut reading = Reading::default();
        if let Err(error) = self.try_read(delivery, &mut reading) {
            reading.errors.push(error);
        }
        reading
    }

    /// Reads the body of a delivery from this provider, as it reads the record of one: the body itself is no record.
    pub fn read_received(
        &self,
        provider: &str,
        received_at: Option<Timestamp>,
        delivery: &Delivery<'_>,
    ) -> Reading<'c> {
        let mut reading = Reading::default();
        let read = self.provider_named(provider).and_then(|provider| {
            let body = RecordedBody::parse(delivery.body)?;
            let (layer, around) = body.of(delivery);
            let around = Around { received_at, ..around };
            self.read_body(&layer, around, Some(provider), delivery.number, &mut reading)
        });
        reading.errors.extend(read.err());
        reading
    }

    /// Who sent this body, by its envelope.
    ///
    /// # Errors
    /// That cannot be told.
    pub fn sender_of(&self, delivery: &Delivery<'_>) -> Result<&'c str, EventError> {
        let body = RecordedBody::parse(delivery.body)?;
        let (layer, around) = body.of(delivery);
        let senders = recognise(self.catalog, &layer, around)?;
        senders.only().map(|sender| sender.map_or("", Provider::name))
    }

    fn try_read(
        &self,
        delivery: &Delivery<'_>,
        reading: &mut Reading<'c>,
    ) -> Result<(), EventError> {
        let mut read = RecordedBody::parse(delivery.body)?;
        let mut around = Around::of(delivery);
        let (mut provider, mut is_body) = (None, false);
        let (bytes, headers, query);
        if is_record_without_body(&read.json) {
            let reason = "the record of a delivery has no `body`".to_owned();
            return Err(EventError::Malformed { reason });
        }
        if is_record(&read.json) {
            (provider, around.received_at) = self.open_record(&read.json, reading)?;
            (headers, query) = (headers_of(&read.json), query_of(&read.json));
            around.headers = headers.as_ref().or(around.headers);
            around.query = query.as_deref().or(around.query);
            match take_body(&mut read.json)? {
                Taken::Bytes(text) => {
                    bytes = text;
                    read = RecordedBody::parse(&bytes)?;
                }
                Taken::Value(value) => {
                    is_body = true;
                    read = RecordedBody { json: value, form: false, ..read };
                }
            }
        }
        around.form = read.form;
        let way = [Box::from("body")];
        let layer = Layer::body(&read.json, read.text, if is_body { &way } else { &[] });
        self.read_body(&layer, around, provider, delivery.number, reading)
    }

    pub(super) fn provider_named(&self, name: &str) -> Result<&'c Provider, EventError> {
        let known = || self.catalog.providers().map(Provider::name);
        self.catalog.provider(name).ok_or_else(|| EventError::UnknownProvider {
            provider: name.chars().take(64).collect(),
            known: known().collect::<Vec<_>>().join(", "),
            near: closest(name, known()).map(str::to_owned),
        })
    }

    /// Reads each payload of a body. Who sent it is told for each, unless it was said.
    pub(super) fn read_body(
        &self,
        layer: &Layer<'_>,
        around: Around<'_>,
        given: Option<&'c Provider>,
        number: u64,
        reading: &mut Reading<'c>,
    ) -> Result<(), EventError> {
        let mut given = given.or(self.provider);
        let senders = match given {
            Some(provider) => vec![provider],
            None => {
                let senders = recognise(self.catalog, layer, around)?;
                let [first, others @ ..] = senders.all() else { return Ok(()) };
                if first.unwrap.is_empty() {
                    // The body is the one payload, and has been looked at.
                    given = senders.only()?;
                } else if others.iter().any(|other| other.unwrap != first.unwrap) {
                    senders.only()?;
                }
                let all = self.catalog.providers();
                all.filter(|provider| provider.unwrap == first.unwrap).collect()
            }
        };
        let mut unreadable = Unreadable::default();
        let mut last = 0;
        unwrap(&senders[0].unwrap, layer, &mut |what, item| {
            last = item;
            let (events, errors) = (reading.events.len(), reading.errors.len());
            let read = match what {
                Unwrapped::Payload(layer) => {
                    let payload = Payload { layer, around, number: item };
                    let sender = match given {
                        Some(provider) => Ok(provider),
                        None => sender(self.catalog, &senders, &payload),
                    };
                    sender.and_then(|sender| self.read_payload(&payload, sender, number, reading))
                }
                Unwrapped::EmptyList => Err(empty_list()),
                Unwrapped::TooMany(len) => {
                    Err(EventError::TooManyItems { len, len_max: ITEMS_MAX as usize })
                }
            };
            match read {
                Err(error @ (EventError::Malformed { .. } | EventError::NoKind { .. })) => {
                    unreadable.note(item, error);
                }
                read => reading.errors.extend(read.err()),
            }
            reading.events[events..].iter_mut().for_each(|placed| placed.event.item = Some(item));
            reading.errors[errors..].iter_mut().for_each(|error| error.put_in_item(item));
            ControlFlow::Continue(())
        });
        if last == 1 {
            reading.events.iter_mut().for_each(|placed| placed.event.item = None);
            reading.errors.iter_mut().for_each(EventError::take_out_of_item);
        }
        reading.errors.extend(unreadable.told(last));
        Ok(())
    }

    fn read_payload(
        &self,
        payload: &Payload<'_>,
        provider: &'c Provider,
        number: u64,
        reading: &mut Reading<'c>,
    ) -> Result<(), EventError> {
        reading.provider.get_or_insert_with(|| provider.name());
        if !payload.meets(&provider.when) {
            return Err(EventError::NotOf { provider: provider.name().to_owned() });
        }
        let Some(kind) = payload.name(&provider.kind, Naming::Kind)? else {
            return Err(no_kind(Some(listed(&provider.kind)), payload));
        };
        let id = payload.name(&provider.event_id, Naming::EventId)?;
        let mut part = payload.part_of_list(kind.at);
        part = part.or_else(|| payload.part_of_list(id.as_ref()?.at));
        let mut content = payload.content(&provider.attempts);
        if kind.reaches_out && !provider.is_attempt(kind.at) {
            content = content.wrapping_add(outside_digest(&kind.at.text(), &kind.text));
        }
        let (time, time_error) = read_time(provider, payload, &mut content);
        let by_receipt = time.is_none() && time_error.is_none() && provider.takes_receipt();
        let kind = kind.text;
        let sequence = provider.sequence.iter().find_map(|at| payload.word_at(at.single()?));
        let event = Event {
            kind: EventKind::Unknown(Box::default()),
            own_name: None,
            time,
            time_error,
            received_at: payload.around.received_at,
            id: id.map(|id| id.text.into_boxed_str()),
            status: None,
            parent: None,
            sequence: sequence.and_then(|digits| digits.parse().ok()),
            by_receipt,
            content,
            delivery: number,
            item: None,
            says: None,
            unknown_status: false,
            data: Box::default(),
        };
        let meanings = provider.meanings(&kind);
        if meanings.is_empty() {
            if !provider.ignores(&kind) {
                self.unknown(provider, &kind, payload, event, reading)?;
            }
        } else {
            let (placed, mut lost) = (reading.events.len(), Vec::new());
            for (index, id) in &*meanings {
                match self.place(*index, *id, payload, event.clone(), reading) {
                    Ok((event, at)) => {
                        part = part.or_else(|| payload.part_of_list(at));
                        let own = event.event.named(event.lifecycle, &kind);
                        reading.events.push(Placed { event: own, ..event });
                    }
                    Err(error @ EventError::NoId { .. }) => lost.push(error),
                    Err(error) => reading.errors.push(error),
                }
            }
            // An entity is asked only where its id is.
            if reading.events.len() == placed {
                reading.errors.extend(lost);
            }
        }
        let part = part.map(|(at, len)| EventError::PartOfList { at, len });
        reading.errors.extend(part);
        Ok(())
    }

    fn open_record(
        &self,
        record: &Json<'_>,
        reading: &mut Reading<'c>,
    ) -> Result<(Option<&'c Provider>, Option<Timestamp>), EventError> {
        let provider = match record.get("provider") {
            None | Some(Json::Null) => None,
            Some(name) => {
                Some(self.provider_named(&word_of(name).unwrap_or_else(|| name.to_string()))?)
            }
        };
        let received_at = match record.get("received_at") {
            None | Some(Json::Null) => None,
            Some(value) => match time_of(value, None) {
                Ok(time) => Some(time),
                Err(reason) => {
                    reading.errors.push(EventError::BadReceivedAt { reason });
                    None
                }
            },
        };
        Ok((provider, received_at))
    }

    fn nearest(&self, provider: &Provider, kind: &str) -> Option<String> {
        let mut found = self.nearest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = found.get(kind) {
            return known.clone();
        }
        if found.len() >= NEAREST_KEPT_MAX {
            return None;
        }
        let lifecycles = provider.entities.iter().map(|index| self.catalog.at(*index));
        let names = lifecycles.flat_map(|lifecycle| lifecycle.kinds().map(|(_, name)| name));
        let near = closest(kind, names).map(str::to_owned);
        found.insert(kind.to_owned(), near.clone());
        near
    }

    /// A kind that no definition has: it still belongs to an asset where that can be told.
    fn unknown(
        &self,
        provider: &Provider,
        kind: &str,
        payload: &Payload<'_>,
        event: Event,
        reading: &mut Reading<'c>,
    ) -> Result<(), EventError> {
        let own = || provider.entities.iter().copied();
        let prefix_len = |index: &usize| {
            let prefixes = self.catalog.at(*index).prefix().iter();
            prefixes.filter(|prefix| kind.starts_with(prefix.as_str())).map(String::len).max()
        };
        let by_prefix = own().filter(|index| prefix_len(index).is_some()).max_by_key(prefix_len);
        let with_id = |index: &usize| {
            matches!(
                payload.name(self.catalog.at(*index).id_of(None), Naming::AssetId),
                Ok(Some(_))
            )
        };
        let mut by_id = own().filter(with_id);
        let index = by_prefix.or_else(|| by_id.next().filter(|_| by_id.next().is_none()));
        let placed = index.filter(with_id).map(|index| {
            let lifecycle = self.catalog.at(index);
            let asset = payload.name(lifecycle.id_of(None), Naming::AssetId);
            asset
                .map(|asset| (index, lifecycle, asset.map_or_else(String::new, |asset| asset.text)))
        });
        match placed {
            Some(placed) => {
                let (index, lifecycle, asset) = placed?;
                let event = Event { kind: EventKind::Unknown(kind.into()), ..event };
                reading.events.push(Placed { lifecycle, asset: asset.into(), event, index });
                Ok(())
            }
            None => {
                let near = self.nearest(provider, kind);
                let provider = provider.name().to_owned();
                Err(EventError::UnknownKind { provider, kind: kind.to_owned(), near })
            }
        }
    }

    /// The event as one entity sees it.
    fn place(
        &self,
        index: usize,
        kind: KindId,
        payload: &Payload<'_>,
        mut event: Event,
        reading: &mut Reading<'c>,
    ) -> Result<(Placed<'c>, &'c Locator), EventError> {
        let lifecycle = self.catalog.at(index);
        let kind = lifecycle.branch(kind, |condition| payload.meets(condition));
        let locators = lifecycle.id_of(Some(kind));
        let Some(asset) = payload.name(locators, Naming::AssetId)? else {
            return Err(EventError::NoId {
                entity: lifecycle.entity().to_owned(),
                kind: lifecycle.kind_name(kind).to_owned(),
                looked_at: listed(locators),
                event_id: event.id.map(String::from),
                at: event.time,
            });
        };
        if let Some((_, locators)) = lifecycle.parent() {
            let parent = payload.name(locators, Naming::AssetId)?;
            event.parent = parent.map(|parent| parent.text.into_boxed_str());
        }
        event.kind = EventKind::Known(kind);
        let about = lifecycle.kind_of(kind);
        if !about.foreign {
            let deciding = &*about.status;
            let pointers = if deciding.is_empty() { lifecycle.status() } else { deciding };
            let status = payload.find_first(pointers);
            event.take_outside(status);
            match status.and_then(|(pointer, ..)| payload.word_of(pointer)) {
                Some(word) if word.len() > NAME_LEN_MAX => {
                    let (len, len_max) = (word.len(), NAME_LEN_MAX);
                    reading.errors.push(EventError::LongStatus { len, len_max });
                }
                Some(word) => take_status(lifecycle, kind, word, &mut event),
                None => {}
            }
            // What stands in the payload is in its digest already.
            if payload.is_wrapped() {
                for field in lifecycle.data() {
                    event.take_outside(payload.find_first(&field.at));
                }
            }
            if self.keep_data {
                event.data = data_of(lifecycle, payload);
            }
        }
        let at = asset.at;
        Ok((Placed { lifecycle, asset: asset.text.into(), event, index }, at))
    }
}

/// Takes in the provider's word for where the asset is.
pub(crate) fn take_status(lifecycle: &Lifecycle, kind: KindId, word: String, event: &mut Event) {
    let StatusWord { kind, says, unknown } = lifecycle.status_word(kind, &word);
    (event.kind, event.says, event.unknown_status) = (EventKind::Known(kind), says, unknown);
    event.status = Some(word.into());
}

fn data_of(lifecycle: &Lifecycle, payload: &Payload<'_>) -> Box<[(u16, Arc<str>)]> {
    let fields = (0..).zip(lifecycle.data());
    fields
        .filter_map(|(field, data)| {
            Some((field, payload.find_first(&data.at)?.1.to_string().into()))
        })
        .collect()
}
