//! The least delivery that a definition can read back: for entities without templates.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::{Map, Value};

use super::delivery::is_timed;
use crate::lifecycle::{
    Condition, KindId, Lifecycle, Locator, Pointer, Provider, Spot,
    condition::{Scalar, Test},
};

/// Lists in a body are no longer than this: a greater number is a name.
const ITEMS_MAX: usize = 256;

/// What says one event: a payload, and what stands beside the body. All texts may have placeholders.
#[derive(Clone, Debug)]
pub(super) struct LeastText {
    payload: Value,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) query: BTreeMap<String, String>,
}

/// What the places of the definition lead to. Of the `others` that see the same delivery, `true`
/// says that its asset has the same id; else its asset is the parent.
pub(super) fn text<'l>(
    provider: &Provider,
    lifecycle: &Lifecycle,
    kind: KindId,
    others: impl Iterator<Item = (&'l Lifecycle, KindId, bool)>,
) -> LeastText {
    let mut text = LeastText {
        payload: Value::Object(Map::new()),
        headers: BTreeMap::new(),
        query: BTreeMap::new(),
    };
    let joined = provider.event_id.first().is_some_and(|at| at.single().is_none());
    text.put(&provider.kind, &Named::Kind(&lifecycle.sample_name(kind)));
    if !joined {
        text.put(&provider.event_id, &Named::EventId);
    }
    text.put(&provider.time, &Named::Whole("${time}"));
    text.put(lifecycle.id_of(Some(kind)), &Named::Id("id"));
    if let Some((_, parent)) = lifecycle.parent() {
        text.put(parent, &Named::Id("parent"));
    }
    for (other, kind, same) in others {
        let id = if same { "id" } else { "parent" };
        text.put(other.id_of(Some(kind)), &Named::Id(id));
    }
    let about = lifecycle.kind_of(kind);
    let status = if about.status.is_empty() { lifecycle.status() } else { &about.status };
    let status = status.iter().map(|at| Locator::new(vec![Spot::Body(at.clone())]));
    text.put(&status.collect::<Vec<_>>(), &Named::Whole("${status}"));
    if joined {
        // Its parts are the names above, as far as they are enough.
        text.put(&provider.event_id, &Named::EventId);
    }
    if is_timed(provider) {
        text.put(&provider.sequence, &Named::Whole("${epoch:ns}"));
    } else if provider.event_id.is_empty() {
        // Nothing else would tell an event from the one before.
        let sequence = Pointer::parse("/sequence").map(|at| Locator::new(vec![Spot::Body(at)]));
        text.put(sequence.as_slice(), &Named::Whole("${sequence}"));
    }
    text
}

/// What is put where several places may be.
enum Named<'n> {
    /// This text, whole.
    Whole(&'static str),
    /// The placeholder of this name, or parts of it.
    Id(&'static str),
    EventId,
    /// This kind.
    Kind(&'n str),
}

impl Named<'_> {
    fn whole(&self) -> String {
        match self {
            Self::Whole(text) => (*text).to_owned(),
            Self::Id(name) => format!("${{{name}}}"),
            Self::EventId => "${event_id}".to_owned(),
            Self::Kind(_) => "${kind}".to_owned(),
        }
    }

    /// A part of several, from 0; `None` if it has no such parts.
    fn part(&self, at: usize, of: usize) -> Option<String> {
        let number = at + 1;
        match self {
            Self::Whole(_) => None,
            Self::Id(name) => Some(format!("${{{name}:{number}}}")),
            Self::EventId => Some(if at == 0 { "${event_id}" } else { "${hex:8}" }.to_owned()),
            Self::Kind(name) if name.split('.').count() < of => None,
            Self::Kind(_) if number < of => Some(format!("${{kind:{number}}}")),
            Self::Kind(_) => Some(format!("${{kind:{number}..}}")),
        }
    }
}

impl LeastText {
    /// The payload as text.
    pub(super) fn payload(&self) -> String {
        self.payload.to_string()
    }

    /// Puts a name where the first of these places is that nothing else is at.
    fn put(&mut self, locators: &[Locator], named: &Named<'_>) {
        let whole = named.whole();
        let there = |at: &Locator| at.single().and_then(|spot| self.at(spot)) == Some(&*whole);
        if locators.iter().any(there) {
            return;
        }
        for locator in locators {
            let before = self.clone();
            if self.put_at(locator, named) {
                return;
            }
            *self = before;
        }
    }

    /// Whether there was room.
    fn put_at(&mut self, locator: &Locator, named: &Named<'_>) -> bool {
        if let Some(spot) = locator.single() {
            return self.put_in(spot, named.whole());
        }
        let spots = locator.spots();
        spots.iter().enumerate().all(|(at, spot)| {
            let taken = self.at(spot).is_some();
            match named {
                // Any text will do, so that what is there does.
                Named::EventId if taken => true,
                _ => named.part(at, spots.len()).is_some_and(|part| self.put_in(spot, part)),
            }
        })
    }

    /// The text that stands in a spot.
    fn at(&self, spot: &Spot) -> Option<&str> {
        match spot {
            Spot::Body(pointer) => self.payload.pointer(pointer.as_str())?.as_str(),
            Spot::Header(name) => self.headers.get(&**name).map(String::as_str),
            Spot::Parameter(name) => self.query.get(&**name).map(String::as_str),
            Spot::Received => None,
        }
    }

    fn put_in(&mut self, spot: &Spot, text: String) -> bool {
        match spot {
            Spot::Body(pointer) => match reach(&mut self.payload, pointer) {
                Some(free) if free.is_null() => *free = Value::String(text),
                _ => return false,
            },
            Spot::Header(name) => return free(&mut self.headers, name, text),
            Spot::Parameter(name) => return free(&mut self.query, name, text),
            Spot::Received => return false,
        }
        true
    }

    /// Lets a condition hold.
    pub(super) fn meet(&mut self, condition: &Condition) {
        for (spot, test) in condition.tests() {
            let (Spot::Header(name) | Spot::Parameter(name)) = spot else { continue };
            let is_header = matches!(spot, Spot::Header(_));
            let texts = if is_header { &mut self.headers } else { &mut self.query };
            match test {
                Test::Absent => drop(texts.remove(&**name)),
                Test::Present => {
                    texts.entry(name.to_string()).or_insert_with(|| "${hex:8}".to_owned());
                }
                Test::OneOf(values) => {
                    let text = values.iter().find_map(|value| match value {
                        Scalar::Number(text) | Scalar::Text(text) => Some(text.to_string()),
                        Scalar::Bool(_) => None,
                    });
                    text.and_then(|text| texts.insert(name.to_string(), text));
                }
            }
        }
        let body = self.payload();
        if let Ok(json) = serde_json::from_str(&met(&body, Some(condition))) {
            self.payload = json;
        }
    }
}

/// Puts a text under a name that has none.
fn free(texts: &mut BTreeMap<String, String>, name: &str, text: String) -> bool {
    texts.insert(name.to_owned(), text).is_none()
}

/// A body of which a condition holds, as far as pointers into it are asked for.
pub(super) fn met<'b>(body: &'b str, condition: Option<&Condition>) -> Cow<'b, str> {
    let (Some(condition), Ok(mut json)) = (condition, serde_json::from_str::<Value>(body)) else {
        return body.into();
    };
    for (spot, test) in condition.tests() {
        let Some(pointer) = spot.pointer() else { continue };
        let there = json.pointer(pointer.as_str()).is_some_and(|at| !at.is_null());
        let value = match test {
            Test::Absent if there => Value::Null,
            Test::Present if !there => "${hex:8}".into(),
            Test::OneOf(values) => match values.first() {
                Some(Scalar::Bool(value)) => (*value).into(),
                Some(Scalar::Number(text) | Scalar::Text(text)) => (**text).into(),
                None => continue,
            },
            _ => continue,
        };
        if let Some(at) = reach(&mut json, pointer) {
            *at = value;
        }
    }
    json.to_string().into()
}

/// Where a pointer leads, `null` where nothing is; `None` where something else is in its way.
fn reach<'v>(body: &'v mut Value, pointer: &Pointer) -> Option<&'v mut Value> {
    let tokens = pointer.tokens();
    let mut at = Some(&mut *body).filter(|_| !tokens.is_empty());
    for (depth, token) in tokens.iter().enumerate() {
        let next = tokens.get(depth + 1).map(|next| match index(next) {
            Some(_) => Value::Array(Vec::new()),
            None => Value::Object(Map::new()),
        });
        at = at.and_then(|at| inside(at, token, next));
    }
    at
}

/// What a token leads to: `next` where nothing is, or `null` at the end of a pointer.
fn inside<'v>(at: &'v mut Value, token: &str, next: Option<Value>) -> Option<&'v mut Value> {
    let inside = match at {
        Value::Object(members) => members.entry(token).or_insert(Value::Null),
        Value::Array(items) => {
            let index = index(token)?;
            if items.len() <= index {
                items.resize(index + 1, Value::Null);
            }
            &mut items[index]
        }
        _ => return None,
    };
    if let Some(next) = next.filter(|_| inside.is_null()) {
        *inside = next;
    }
    Some(inside)
}

/// The place in a list that a token stands for.
fn index(token: &str) -> Option<usize> {
    let index = token.parse().ok().filter(|index| *index < ITEMS_MAX)?;
    (usize::to_string(&index) == token).then_some(index)
}
