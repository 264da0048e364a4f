//! Deliveries, opened, and what stands where in them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    event::sample::{opened, sample},
    lifecycle::Pointer,
};

/// Payloads that are looked at; what comes after them changes little.
const PAYLOADS_MAX: usize = 10_000;
/// Bytes of bodies that are looked at.
const BYTES_MAX: usize = 64 << 20;
/// Names on the way to a value.
const DEPTH_MAX: usize = 6;
/// Places that are counted.
const PLACES_MAX: usize = 2_000;
/// Values of a place that are told apart.
const VALUES_MAX: usize = 10_000;
/// How often something is unwrapped.
const ROUNDS_MAX: usize = 3;
/// Members that are lists of payloads.
const LISTS: [&str; 7] =
    ["events", "records", "messages", "items", "notifications", "entry", "data"];

/// One payload: its own value, and those that it was unwrapped from, inside first.
#[derive(Clone, Debug)]
pub(super) struct SamplePayload {
    pub(super) layers: Vec<Value>,
    pub(super) headers: BTreeMap<String, String>,
}

#[derive(Debug, Default)]
pub(super) struct Samples {
    pub(super) payloads: Vec<SamplePayload>,
    pub(super) forms: usize,
    /// Where payloads are within bodies.
    pub(super) unwrap: Vec<String>,
    /// Who sent them, as records say.
    pub(super) provider: Option<String>,
    pub(super) several_providers: bool,
    bytes: usize,
}

/// What stands in one place.
#[derive(Clone, Debug, Default)]
pub(super) struct SamplePlace {
    /// Payloads that have it.
    pub(super) count: usize,
    pub(super) values: BTreeSet<String>,
    /// Those that are numbers.
    pub(super) numbers: usize,
    /// More values than are told apart.
    pub(super) many: bool,
}

impl Samples {
    /// Whether enough was looked at.
    pub(super) fn is_full(&self) -> bool {
        self.payloads.len() >= PAYLOADS_MAX || self.bytes > BYTES_MAX
    }

    pub(super) fn add(&mut self, document: &[u8]) -> Result<(), String> {
        self.bytes += document.len();
        let read = sample(document)?;
        self.forms += usize::from(read.form);
        if let Some(name) = read.provider {
            self.several_providers |= self.provider.as_ref().is_some_and(|own| *own != name);
            self.provider.get_or_insert(name);
        }
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let headers = read.headers.iter().map(own).collect();
        self.payloads.push(SamplePayload { layers: vec![read.body], headers });
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.payloads.len()
    }

    /// The same with payloads taken out of what they are wrapped in.
    pub(super) fn unwrapped(mut self) -> Self {
        for _ in 0..ROUNDS_MAX {
            let Some(pointer) = self.wrapper() else { break };
            let mut inner = Vec::new();
            for payload in self.payloads {
                let found = payload.layers[0].pointer(&pointer).cloned();
                let items = match found {
                    Some(Value::Array(items)) => items,
                    Some(Value::String(text)) => match opened(&text) {
                        Some(Value::Array(items)) => items,
                        other => other.into_iter().collect(),
                    },
                    other => other.into_iter().collect(),
                };
                if items.is_empty() {
                    inner.push(payload);
                    continue;
                }
                let outer: Vec<Value> = match pointer.is_empty() {
                    true => payload.layers[1..].to_vec(),
                    false => payload.layers,
                };
                let room = PAYLOADS_MAX.saturating_sub(inner.len());
                for item in items.into_iter().take(room) {
                    let layers = [vec![item], outer.clone()].concat();
                    inner.push(SamplePayload { layers, headers: payload.headers.clone() });
                }
            }
            self.payloads = inner;
            self.unwrap.push(pointer);
        }
        self
    }

    /// Where most payloads have others within: a list, or a text that is JSON.
    fn wrapper(&self) -> Option<String> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for payload in &self.payloads {
            let found = wrapper_of(&payload.layers[0]);
            found.into_iter().for_each(|pointer| *counts.entry(pointer).or_default() += 1);
        }
        let (pointer, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
        (2 * count > self.len()).then_some(pointer)
    }

    /// What stands in each place of these payloads.
    pub(super) fn places<'p>(
        payloads: impl IntoIterator<Item = &'p SamplePayload>,
    ) -> BTreeMap<String, SamplePlace> {
        let mut places = BTreeMap::new();
        for payload in payloads {
            let mut own = BTreeMap::new();
            // What stands inside counts before what stands outside.
            for layer in payload.layers.iter().rev() {
                leaves(layer, String::new(), 0, &mut own);
            }
            for (name, value) in &payload.headers {
                own.insert(format!("@{name}"), (value.clone(), false));
            }
            for (at, (value, number)) in own {
                if places.len() >= PLACES_MAX && !places.contains_key(&at) {
                    continue;
                }
                let place: &mut SamplePlace = places.entry(at).or_default();
                place.count += 1;
                place.numbers += usize::from(number);
                match place.values.len() < VALUES_MAX {
                    true => drop(place.values.insert(value)),
                    false => place.many |= !place.values.contains(&value),
                }
            }
        }
        places
    }
}

impl SamplePayload {
    /// What stands in a place, as text.
    pub(super) fn at(&self, place: &str) -> Option<String> {
        match place.strip_prefix('@') {
            Some(name) => self.headers.get(name).cloned(),
            None => self.layers.iter().find_map(|layer| word(layer.pointer(place)?)),
        }
    }
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() && text.len() <= 1_024 => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

fn wrapper_of(value: &Value) -> Option<String> {
    if let Value::Array(items) = value {
        return items.first().is_some_and(|item| item.is_object()).then(String::new);
    }
    let members = value.as_object()?;
    let is_text = |value: &Value| value.as_str().is_some_and(|text| opened(text).is_some());
    let text = members.iter().find(|(_, value)| is_text(value));
    let is_list = |(name, value): &(&String, &Value)| {
        let lists = LISTS.contains(&name.to_ascii_lowercase().as_str());
        let objects = |items: &Vec<Value>| {
            items.first().is_some_and(|item| item.as_object().is_some_and(|item| item.len() > 1))
        };
        lists && value.as_array().is_some_and(objects)
    };
    text.or_else(|| members.iter().find(is_list)).map(|(name, _)| Pointer::member(name))
}

fn leaves(value: &Value, at: String, depth: usize, found: &mut BTreeMap<String, (String, bool)>) {
    if let Value::Object(members) = value {
        if depth < DEPTH_MAX {
            for (name, value) in members {
                let at = at.clone() + &Pointer::member(name);
                leaves(value, at, depth + 1, found);
            }
        }
    } else if let Some(text) = word(value) {
        found.insert(at, (text, value.is_number()));
    }
}
