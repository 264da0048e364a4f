//! A payload, and the names in it: of assets, events and kinds, each as it was written.

use std::{borrow::Cow, collections::HashMap};

use serde_json::value::RawValue;

use super::{
    Delivery, EventError, Headers, NAME_LEN_MAX,
    candidates::PayloadFields,
    content::{MemberPlace, content_without},
    error::json_error,
    form,
    headers::parameter,
    layer::Layer,
    multipart,
};
use crate::{
    json::Json,
    lifecycle::{Condition, Locator, Pointer, Provider, Spot, SpotValue, joined_id},
    time::Timestamp,
};

/// A body as it was read.
pub(crate) struct RecordedBody<'a> {
    pub(crate) json: Json<'a>,
    pub(crate) form: bool,
    pub(crate) text: &'a str,
}

impl<'a> RecordedBody<'a> {
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, EventError> {
        let malformed = |reason| EventError::Malformed { reason };
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
        let Some(first) = body.first() else { return Err(malformed("empty".to_owned())) };
        if let Some(members) = multipart::parse(body) {
            return members.map(|json| Self { json, form: true, text: "" }).map_err(malformed);
        }
        let text = std::str::from_utf8(body)
            .map_err(|error| malformed(format!("not UTF-8 after byte {}", error.valid_up_to())))?;
        let json = serde_json::from_str(text).map(|value| (value, false));
        let (json, form) = match first {
            b'{' | b'[' | b'"' => json.map_err(|error| malformed(json_error(&error))),
            _ => json.or_else(|_| form::parse(text).map(|value| (value, true)).map_err(malformed)),
        }?;
        Ok(Self { json, form, text })
    }

    /// The body as payloads are taken from it, and what is known of its delivery besides.
    pub(crate) fn of<'p>(&'p self, delivery: &Delivery<'p>) -> (Layer<'p>, Around<'p>) {
        let around = Around { form: self.form, ..Around::of(delivery) };
        (Layer::body(&self.json, self.text, &[]), around)
    }
}

/// What is known of a delivery besides its body.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Around<'p> {
    pub(crate) form: bool,
    pub(crate) headers: Option<&'p Headers>,
    pub(crate) query: Option<&'p str>,
    pub(crate) received_at: Option<Timestamp>,
}

impl<'p> Around<'p> {
    pub(crate) fn of(delivery: &Delivery<'p>) -> Self {
        let (headers, query) = (delivery.headers, delivery.query);
        Self { headers, query, ..Self::default() }
    }
}

/// What one event, or several, are read from, with all that is around it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Payload<'p> {
    pub(crate) layer: Layer<'p>,
    pub(crate) around: Around<'p>,
    /// Its number in its delivery, from 1.
    pub(crate) number: u32,
}

/// How far from a payload something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Distance {
    /// In the payload itself.
    Inside,
    /// In what it was unwrapped from.
    Outside,
    /// Outside a list of payloads.
    BeyondList,
}

/// How far something is looked for, and how its parts are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    Kind,
    EventId,
    /// Never beyond a list, whose payloads may be about different assets.
    AssetId,
}

/// A name that was found.
#[derive(Clone, Debug)]
pub(crate) struct FoundName<'l> {
    pub(crate) text: String,
    pub(crate) at: &'l Locator,
    distance: Distance,
    /// Some part of it was not found in the payload itself.
    pub(crate) reaches_out: bool,
}

impl<'p> Payload<'p> {
    pub(crate) fn json(&self) -> &'p Json<'p> {
        self.layer.json
    }

    /// Whether anything is around it in its body.
    pub(crate) fn is_wrapped(&self) -> bool {
        self.layer.outer.is_some()
    }

    /// The layers in which things are looked for, from the payload outwards.
    fn layers(&self) -> impl Iterator<Item = (Layer<'p>, Distance)> {
        let mut next = Some((self.layer, Distance::Inside));
        std::iter::from_fn(move || {
            let (layer, distance) = next?;
            let further = if layer.is_item() { Distance::BeyondList } else { Distance::Outside };
            next = layer.outer.map(|outer| (*outer, distance.max(further)));
            Some((layer, distance))
        })
    }

    /// What a pointer leads to in the payload, or else in what is around it.
    pub(crate) fn find(&self, pointer: &Pointer) -> Option<(&'p Json<'p>, Distance)> {
        let find = |(layer, distance): (Layer<'p>, _)| Some((pointer.find(layer.json)?, distance));
        self.layers().find_map(find)
    }

    /// The first of several pointers that leads somewhere, and to what.
    pub(crate) fn find_first<'l>(
        &self,
        pointers: &'l [Pointer],
    ) -> Option<(&'l Pointer, &'p Json<'p>, Distance)> {
        pointers.iter().find_map(|at| self.find(at).map(|(value, distance)| (at, value, distance)))
    }

    fn header(&self, name: &str) -> Option<&'p str> {
        self.around.headers.and_then(|headers| headers.get(name))
    }

    fn parameter(&self, name: &str) -> Option<Cow<'p, str>> {
        self.around.query.and_then(|query| parameter(query, name))
    }

    /// How far headers and parameters are from the payload.
    fn distance_of_around(&self) -> Distance {
        self.layers()
            .map(|(_, distance)| distance)
            .last()
            .unwrap_or(Distance::Inside)
            .max(Distance::Outside)
    }

    /// The word that stands in a spot.
    fn word(&self, spot: &Spot, furthest: Distance) -> Option<(String, Distance)> {
        let text = match spot {
            Spot::Body(pointer) => {
                let layers = self.layers().take_while(|(_, distance)| *distance <= furthest);
                let word = |(layer, distance)| Some((word_at(&layer, pointer)?, distance));
                return { layers }.find_map(word);
            }
            Spot::Header(name) => self.header(name)?.to_owned(),
            Spot::Parameter(name) => self.parameter(name)?.into_owned(),
            Spot::Received => return None,
        };
        (!text.is_empty()).then(|| (text, self.distance_of_around()))
    }

    /// The word that stands in a spot, however far away.
    pub(crate) fn word_at(&self, spot: &Spot) -> Option<String> {
        self.word(spot, Distance::BeyondList).map(|(text, _)| text)
    }

    /// The word that a pointer leads to.
    pub(crate) fn word_of(&self, pointer: &Pointer) -> Option<String> {
        self.layers().find_map(|(layer, _)| word_at(&layer, pointer))
    }

    /// The first name that is there.
    pub(crate) fn name<'l>(
        &self,
        locators: &'l [Locator],
        naming: Naming,
    ) -> Result<Option<FoundName<'l>>, EventError> {
        let Some(mut name) = locators.iter().find_map(|at| self.name_at(at, naming)) else {
            return Ok(None);
        };
        if naming == Naming::EventId && name.distance == Distance::BeyondList {
            name.text = joined_id(&[&name.text, &self.number.to_string()]);
        }
        let (len, len_max) = (name.text.len(), NAME_LEN_MAX);
        let what = match naming {
            Naming::Kind => "an event kind",
            Naming::EventId => "an event id",
            Naming::AssetId => "an asset id",
        };
        if len > len_max {
            Err(EventError::TooLarge { what, len, len_max })
        } else {
            Ok(Some(name))
        }
    }

    fn name_at<'l>(&self, at: &'l Locator, naming: Naming) -> Option<FoundName<'l>> {
        let furthest = match naming {
            Naming::AssetId => Distance::Outside,
            Naming::Kind | Naming::EventId => Distance::BeyondList,
        };
        if let Some(spot) = at.single() {
            let (text, distance) = self.word(spot, furthest)?;
            return Some(FoundName {
                text,
                at,
                distance,
                reaches_out: distance > Distance::Inside,
            });
        }
        let words = at.spots().iter().map(|spot| self.word(spot, furthest));
        let words: Vec<(String, Distance)> = words.collect::<Option<_>>()?;
        // One part of the payload's own is enough for its events to differ from its neighbours'.
        let distance = words.iter().map(|(_, distance)| *distance).min()?;
        let reaches_out = words.iter().any(|(_, distance)| *distance > Distance::Inside);
        let texts: Vec<String> = words.into_iter().map(|(text, _)| text).collect();
        let text = if naming == Naming::Kind { texts.join(".") } else { joined_id(&texts) };
        Some(FoundName { text, at, distance, reaches_out })
    }

    /// Whether something stands where one of these says.
    fn has_within(&self, locators: &[Locator], furthest: Distance) -> bool {
        let there = |spot: &Spot| match spot {
            Spot::Body(pointer) => self.find(pointer).is_some_and(|(_, at)| at <= furthest),
            Spot::Header(name) => self.header(name).is_some(),
            Spot::Parameter(name) => self.parameter(name).is_some(),
            Spot::Received => false,
        };
        locators.iter().any(|at| at.spots().iter().all(there))
    }

    /// Whether a condition holds.
    pub(crate) fn meets(&self, condition: &Condition) -> bool {
        condition.holds(|spot| match spot {
            Spot::Body(pointer) => SpotValue::of(self.find(pointer)?.0),
            Spot::Header(name) => Some(SpotValue::Text(self.header(name)?.into())),
            Spot::Parameter(name) => Some(SpotValue::Text(self.parameter(name)?)),
            Spot::Received => None,
        })
    }

    /// What is found of a value, for times: the value as JSON.
    pub(crate) fn value(&self, spot: &Spot) -> Option<(Cow<'p, Json<'p>>, Distance)> {
        let text = match spot {
            Spot::Body(pointer) => {
                return self
                    .find(pointer)
                    .map(|(value, distance)| (Cow::Borrowed(value), distance));
            }
            Spot::Header(name) => Cow::Borrowed(self.header(name)?),
            Spot::Parameter(name) => self.parameter(name)?,
            Spot::Received => return None,
        };
        Some((Cow::Owned(Json::String(text)), self.distance_of_around()))
    }

    /// The digest of the payload itself, delivery attempts aside.
    pub(crate) fn content(&self, attempts: &[Pointer]) -> u64 {
        content_without(self.json(), attempts)
    }

    /// The list that a locator reads by index although it has more items, and how many.
    pub(crate) fn part_of_list(&self, at: &Locator) -> Option<(String, usize)> {
        at.pointers().find_map(|pointer| {
            let layer = self.layers().find(|(layer, _)| pointer.find(layer.json).is_some())?.0;
            let mut value = layer.json;
            for (depth, token) in pointer.tokens().iter().enumerate() {
                value = match value {
                    Json::Object(_) => value.get(token)?,
                    Json::Array(items)
                        if items.iter().filter(|item| **item != Json::Null).count() > 1 =>
                    {
                        let way = pointer.tokens()[..depth].iter();
                        let list = way.map(|token| format!("/{token}")).collect();
                        return Some((list, items.len()));
                    }
                    Json::Array(items) => items.get(token.parse::<usize>().ok()?)?,
                    _ => return None,
                };
            }
            None
        })
    }
}

impl PayloadFields for Payload<'_> {
    fn kind(&self, provider: &Provider) -> Option<String> {
        self.name(&provider.kind, Naming::Kind).ok().flatten().map(|name| name.text)
    }

    fn has(&self, locators: &[Locator]) -> bool {
        self.has_within(locators, Distance::BeyondList)
    }

    fn has_asset(&self, locators: &[Locator]) -> bool {
        self.has_within(locators, Distance::Outside)
    }

    fn meets(&self, condition: &Condition) -> bool {
        Payload::meets(self, condition)
    }

    fn is_form(&self) -> bool {
        self.around.form
    }
}

/// What a value adds to the digest of a payload's content that was read outside of it.
pub(crate) fn outside_digest(at: &str, value: &str) -> u64 {
    MemberPlace::ROOT.member(b"\0outside").member(at.as_bytes()).leaf(value.as_bytes())
}

/// The string or the number that a pointer leads to in a layer.
fn word_at(layer: &Layer<'_>, pointer: &Pointer) -> Option<String> {
    match pointer.find(layer.json)? {
        // What was read of it may have lost digits.
        Json::Number(number) if number.is_f64() => written(layer, pointer),
        value => word_of(value),
    }
}

/// The text of the value that a pointer leads to. It reads the document once more: few names are such numbers.
fn written(layer: &Layer<'_>, pointer: &Pointer) -> Option<String> {
    let (mut at, way) = layer.written();
    let tokens = pointer.tokens().iter().map(|token| Cow::Borrowed(&**token));
    for name in way.into_iter().chain(tokens) {
        let inside: &RawValue = if at.trim_start().starts_with('[') {
            let items: Vec<&RawValue> = serde_json::from_str(at).ok()?;
            items.get(name.parse::<usize>().ok()?).copied()?
        } else {
            let members: HashMap<String, &RawValue> = serde_json::from_str(at).ok()?;
            members.get(&*name).copied()?
        };
        at = inside.get();
    }
    Some(at.to_owned())
}

/// A string or an integer as a word.
pub(crate) fn word_of(value: &Json<'_>) -> Option<String> {
    match value {
        Json::String(text) if !text.is_empty() => Some(text.clone().into_owned()),
        Json::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}
