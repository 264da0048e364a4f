//! The general reader: the single authority on what a payload means.

use std::{collections::HashMap, sync::Arc};

use super::{
    Event, EventError, EventKind, Headers, NAME_LEN_MAX,
    content::content,
    found::{no_kind, shortened},
    payload::{Payload, word_of},
    record::{Body, is_record, is_record_without_body, take_body},
};
use crate::{
    lifecycle::{
        Catalog, Found, Json, KindId, Lifecycle, Locator, Pointer, Provider, Spot, closest,
        find_first,
    },
    time::Timestamp,
};

/// For how many unknown kinds the nearest known one is looked for.
const NEAREST_KEPT_MAX: usize = 1000;

/// One HTTP request, or one record of it, as it came.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Delivery<'a> {
    /// A payload, or a recorded delivery `{"provider":…,"received_at":…,"body":…}`; a body that is not UTF-8 stands there
    /// as `body_base64`.
    pub body: &'a [u8],
    /// The caller's number of it, given back with every event and finding.
    pub number: u64,
    pub(crate) headers: Option<&'a Headers>,
    pub(crate) query: Option<&'a str>,
}

impl<'a> Delivery<'a> {
    /// A delivery with the caller's number for it.
    pub fn new(body: &'a [u8], number: u64) -> Self {
        Self { body, number, headers: None, query: None }
    }

    /// The same with the headers of its request: definitions may name them. Those of a recorded delivery stand in it.
    #[must_use]
    pub fn with_headers(self, headers: &'a Headers) -> Self {
        Self { headers: Some(headers), ..self }
    }

    /// The same with the query of the address that it came to, what stands behind the `?`.
    #[must_use]
    pub fn with_query(self, query: &'a str) -> Self {
        Self { query: Some(query), ..self }
    }
}

/// Reads deliveries by the definitions of a catalog.
#[derive(Clone, Debug)]
pub struct Reader<'c> {
    catalog: &'c Catalog,
    provider: Option<&'c Provider>,
    keep_data: bool,
    /// What unknown kinds are nearest to: looking for it takes longer than reading a payload.
    nearest: HashMap<String, Option<String>>,
}

/// What one delivery said.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Reading<'c> {
    /// Who sent it, where that could be told.
    pub provider: Option<&'c str>,
    /// Its events, each of one asset; one delivery may be an event of several entities.
    pub events: Vec<Placed<'c>>,
    /// What could not be read.
    pub errors: Vec<EventError>,
}

/// An event, and the asset that it belongs to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Placed<'c> {
    /// The lifecycle of the asset's entity.
    pub lifecycle: &'c Lifecycle,
    /// The asset's id.
    pub asset: Box<str>,
    /// What happened to it.
    pub event: Event,
    pub(crate) index: usize,
}

impl<'c> Placed<'c> {
    /// An event of the asset of this id; `None` if the catalog does not have the entity.
    #[doc(hidden)]
    pub fn new(catalog: &'c Catalog, entity: &str, asset: &str, event: Event) -> Option<Self> {
        let index = catalog.index(entity)?;
        Some(Self { lifecycle: catalog.at(index), asset: asset.into(), event, index })
    }
}

impl<'c> Reader<'c> {
    /// A reader that recognises the provider by the envelope and keeps data.
    pub fn new(catalog: &'c Catalog) -> Self {
        Self { catalog, provider: None, keep_data: true, nearest: HashMap::new() }
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
    #[cfg(feature = "cli")]
    pub(super) fn provider(&self) -> Option<&'c Provider> {
        self.provider
    }

    #[cfg(feature = "cli")]
    pub(super) fn keeps_data(&self) -> bool {
        self.keep_data
    }

    /// Reads one delivery. Never fails as a whole: what could not be read is in `errors`.
    pub fn read(&mut self, delivery: &Delivery<'_>) -> Reading<'c> {
        let mut reading = Reading::default();
        if let Err(error) = self.try_read(delivery, &mut reading) {
            reading.errors.push(error);
        }
        reading
    }

    fn try_read(
        &mut self,
        delivery: &Delivery<'_>,
        reading: &mut Reading<'c>,
    ) -> Result<(), EventError> {
        let mut payload = Payload::parse(delivery.body)?;
        let mut record = Record::default();
        let text;
        if is_record_without_body(&payload.json) {
            let reason = "the record of a delivery has no `body`".to_owned();
            return Err(EventError::Malformed { reason });
        }
        if is_record(&payload.json) {
            record = self.open_record(&payload.json, reading)?;
            payload = match take_body(&mut payload.json)? {
                Body::Bytes(bytes) => {
                    text = bytes;
                    Payload::parse(&text)?
                }
                Body::Value(value) => payload.of_record(value),
            };
        }
        self.read_payload(payload, record, delivery.number, reading)
    }

    /// Reads the body of a delivery from this provider, as it reads the record of one: the body itself is no record.
    #[cfg(feature = "server")]
    pub(crate) fn read_received(
        &mut self,
        provider: &str,
        received_at: Option<Timestamp>,
        delivery: &Delivery<'_>,
    ) -> Reading<'c> {
        let mut reading = Reading::default();
        let read = self.provider_named(provider).and_then(|provider| {
            let payload = Payload::parse(delivery.body)?;
            let record = Record { received_at, provider: Some(provider) };
            self.read_payload(payload, record, delivery.number, &mut reading)
        });
        reading.errors.extend(read.err());
        reading
    }

    fn provider_named(&self, name: &str) -> Result<&'c Provider, EventError> {
        let known = || self.catalog.providers().map(Provider::name);
        self.catalog.provider(name).ok_or_else(|| EventError::UnknownProvider {
            provider: name.chars().take(64).collect(),
            known: known().collect::<Vec<_>>().join(", "),
            near: closest(name, known()).map(str::to_owned),
        })
    }

    fn read_payload(
        &mut self,
        mut payload: Payload<'_>,
        record: Record<'c>,
        number: u64,
        reading: &mut Reading<'c>,
    ) -> Result<(), EventError> {
        let Record { received_at, provider } = record;
        let provider = match provider.or(self.provider) {
            Some(provider) => provider,
            None => self.recognise(&payload)?,
        };
        reading.provider = Some(provider.name());
        let kind = payload
            .name_at(&provider.kind, "an event kind")?
            .ok_or_else(|| no_kind(Some(listed(&provider.kind)), &payload))?;
        for attempts in &provider.attempts {
            attempts.remove(&mut payload.json);
        }
        let times: Vec<Pointer> =
            provider.time.iter().filter_map(Locator::pointer).cloned().collect();
        let (time, time_error) = read_time(&times, &payload.json);
        let event = Event {
            kind: EventKind::Unknown(Box::default()),
            own_name: None,
            time,
            time_error,
            received_at,
            id: payload.name_at(&provider.event_id, "an event id")?.map(String::into_boxed_str),
            status: None,
            parent: None,
            sequence: None,
            content: content(&payload.json),
            delivery: number,
            item: None,
            says: None,
            unknown_status: false,
            data: Box::default(),
        };
        match &*provider.meanings(&kind) {
            [] => self.unknown(provider, &kind, &payload, event, reading),
            meanings => {
                for (index, id) in meanings {
                    match self.place(*index, *id, &payload, event.clone(), reading) {
                        Ok(placed) => {
                            let event = placed.event.named(placed.lifecycle, &kind);
                            reading.events.push(Placed { event, ..placed });
                        }
                        Err(error) => reading.errors.push(error),
                    }
                }
                Ok(())
            }
        }
    }

    fn open_record(
        &self,
        record: &Json<'_>,
        reading: &mut Reading<'c>,
    ) -> Result<Record<'c>, EventError> {
        let provider = match record.get("provider") {
            None | Some(Json::Null) => None,
            Some(name) => {
                Some(self.provider_named(&word_of(name).unwrap_or_else(|| name.to_string()))?)
            }
        };
        let received_at = match record.get("received_at") {
            None | Some(Json::Null) => None,
            Some(value) => match time_of(value) {
                Ok(time) => Some(time),
                Err(reason) => {
                    reading.errors.push(EventError::BadReceivedAt { reason });
                    None
                }
            },
        };
        Ok(Record { received_at, provider })
    }

    /// The provider that knows the event kind and whose envelope fits best.
    pub(super) fn recognise(&self, payload: &Payload<'_>) -> Result<&'c Provider, EventError> {
        let kind = |provider: &Provider| payload.name_at(&provider.kind, "").ok().flatten();
        let has = |pointers: &[Pointer]| find_first(pointers, &payload.json).is_some();
        recognise(self.catalog, payload.form, &kind, &has).ok_or_else(|| {
            let locators = self.catalog.providers().flat_map(|provider| &provider.kind);
            let mut pointers = locators.filter_map(Locator::pointer);
            let seen = pointers.find_map(|at| Some((at, payload.word(at)?)));
            match seen {
                Some((at, kind)) => {
                    let at = at.as_str().to_owned();
                    EventError::Unrecognised { kind: shortened(&kind), at }
                }
                None => no_kind(None, payload),
            }
        })
    }

    fn nearest(&mut self, provider: &Provider, kind: &str) -> Option<String> {
        if let Some(known) = self.nearest.get(kind) {
            return known.clone();
        }
        if self.nearest.len() >= NEAREST_KEPT_MAX {
            return None;
        }
        let lifecycles = provider.entities.iter().map(|index| self.catalog.at(*index));
        let names = lifecycles.flat_map(|lifecycle| lifecycle.kinds().map(|(_, name)| name));
        let near = closest(kind, names).map(str::to_owned);
        self.nearest.insert(kind.to_owned(), near.clone());
        near
    }

    /// A kind that no definition has: it still belongs to an asset where that can be told.
    fn unknown(
        &mut self,
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
            matches!(payload.name_at(self.catalog.at(*index).id_of(None), ""), Ok(Some(_)))
        };
        let mut by_id = own().filter(with_id);
        let index = by_prefix.or_else(|| by_id.next().filter(|_| by_id.next().is_none()));
        let placed = index.filter(with_id).map(|index| {
            let lifecycle = self.catalog.at(index);
            let asset = payload.name_at(lifecycle.id_of(None), "an asset id");
            asset.map(|asset| (index, lifecycle, asset.unwrap_or_default()))
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
    ) -> Result<Placed<'c>, EventError> {
        let lifecycle = self.catalog.at(index);
        let found = |spot: &Spot| spot.pointer()?.find(&payload.json).and_then(Found::of);
        let kind = lifecycle.branch(kind, |condition| condition.holds(found));
        let pointers = lifecycle.id_of(Some(kind));
        let Some(asset) = payload.name_at(pointers, "an asset id")? else {
            return Err(EventError::NoId {
                entity: lifecycle.entity().to_owned(),
                kind: lifecycle.kind_name(kind).to_owned(),
                looked_at: listed(pointers),
                event_id: event.id.map(String::from),
                at: event.time,
            });
        };
        if let Some((_, pointers)) = lifecycle.parent() {
            event.parent = payload.name_at(pointers, "an asset id")?.map(String::into_boxed_str);
        }
        event.kind = EventKind::Known(kind);
        let about = lifecycle.kind_of(kind);
        if !about.foreign {
            let deciding = &*about.status;
            let pointers = if deciding.is_empty() { lifecycle.status() } else { deciding };
            let status = pointers.iter().find(|pointer| pointer.find(&payload.json).is_some());
            match status.and_then(|pointer| payload.word(pointer)) {
                Some(word) if word.len() > NAME_LEN_MAX => {
                    let (len, len_max) = (word.len(), NAME_LEN_MAX);
                    reading.errors.push(EventError::LongStatus { len, len_max });
                }
                Some(word) => take_status(lifecycle, kind, word, &mut event),
                None => {}
            }
            if self.keep_data {
                event.data = data_of(lifecycle, &payload.json);
            }
        }
        Ok(Placed { lifecycle, asset: asset.into(), event, index })
    }
}

/// The provider that knows the event kind that it finds in a payload, or what the kind begins with; of several the one
/// whose envelope fits best, by whether these pointers lead to something.
pub(super) fn recognise<'c>(
    catalog: &'c Catalog,
    form: bool,
    kind: &dyn Fn(&Provider) -> Option<String>,
    has: &dyn Fn(&[Pointer]) -> bool,
) -> Option<&'c Provider> {
    let has_any = |locators: &[Locator]| {
        locators.iter().filter_map(Locator::pointer).any(|at| has(std::slice::from_ref(at)))
    };
    let mut best: Option<(u32, &'c Provider)> = None;
    for provider in catalog.providers() {
        let Some(kind) = kind(provider) else { continue };
        let lifecycles = || provider.entities.iter().map(|index| catalog.at(*index));
        let begins =
            |lifecycle: &Lifecycle| lifecycle.prefix().iter().any(|own| kind.starts_with(own));
        let known = if !provider.meanings(&kind).is_empty() {
            16
        } else if lifecycles().any(begins) {
            8
        } else {
            continue;
        };
        let fits = known
            + 2 * u32::from(has_any(&provider.event_id))
            + 2 * u32::from(has_any(&provider.time))
            + u32::from(lifecycles().any(|lifecycle| has_any(lifecycle.id_of(None))));
        // A body of the other format only breaks ties: recorders turn forms into JSON.
        let fit = 2 * fits + u32::from(provider.form == form);
        if fit > best.map_or(0, |(fit, _)| fit) {
            best = Some((fit, provider));
        }
    }
    best.map(|(_, provider)| provider)
}

/// Takes in the provider's word for where the asset is.
pub(super) fn take_status(lifecycle: &Lifecycle, kind: KindId, word: String, event: &mut Event) {
    let deciding = !lifecycle.kind_of(kind).status.is_empty();
    if deciding {
        event.kind = EventKind::Known(lifecycle.kind_with_status(kind, &word));
    }
    event.says = lifecycle.status_state(&word);
    event.unknown_status = deciding && event.says.is_none() && lifecycle.has_statuses();
    event.status = Some(word.into());
}

/// What the record of a delivery says around its body.
#[derive(Default)]
struct Record<'c> {
    received_at: Option<Timestamp>,
    provider: Option<&'c Provider>,
}

fn read_time(pointers: &[Pointer], payload: &Json<'_>) -> (Option<Timestamp>, Option<Box<str>>) {
    match find_first(pointers, payload).map(time_of) {
        Some(Ok(time)) => (Some(time), None),
        Some(Err(error)) => (None, Some(error.into())),
        None => (None, None),
    }
}

pub(crate) fn time_of(value: &Json<'_>) -> Result<Timestamp, String> {
    match value {
        Json::String(text) => text.parse().map_err(|error: crate::TimeError| error.to_string()),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Timestamp::from_epoch(integer).map_err(|error| error.to_string()),
            None => Err(format!("`{number}` is not an integer since 1970")),
        },
        Json::Bool(_) => Err("found a boolean".to_owned()),
        Json::Array(_) => Err("found a list".to_owned()),
        Json::Object(_) => Err("found an object".to_owned()),
        Json::Null => Err("found null".to_owned()),
    }
}

fn data_of(lifecycle: &Lifecycle, payload: &Json<'_>) -> Box<[(u16, Arc<str>)]> {
    let fields = (0..).zip(lifecycle.data());
    fields
        .filter_map(|(field, data)| {
            Some((field, find_first(&data.at, payload)?.to_string().into()))
        })
        .collect()
}

fn listed(locators: &[Locator]) -> String {
    locators.iter().map(Locator::text).collect::<Vec<_>>().join(" or ")
}
