//! Bodies, and what is unwrapped from them: payloads within objects, lists and texts.

use std::{borrow::Cow, ops::ControlFlow};

use super::base64::from_base64;
use crate::{json::Json, lifecycle::Pointer};

/// How often something is unwrapped from what was.
const ROUNDS_MAX: u8 = 4;

/// How many payloads of one delivery are read.
pub(crate) const ITEMS_MAX: u32 = 10_000;

/// A body, or what was unwrapped from it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layer<'p> {
    pub(crate) json: &'p Json<'p>,
    /// The text that it was read from, if it is no part of what is around it.
    text: Option<&'p str>,
    /// Where it stands in that text, or in what is around it: pointer, and index of a list.
    way: &'p [Box<str>],
    index: Option<usize>,
    pub(crate) outer: Option<&'p Self>,
}

impl<'p> Layer<'p> {
    /// A body that stands in this text at these names.
    pub(crate) fn body(json: &'p Json<'p>, text: &'p str, way: &'p [Box<str>]) -> Self {
        Self { json, text: Some(text), way, index: None, outer: None }
    }

    /// Whether it is an item of a list in what is around it.
    pub(crate) fn is_item(&self) -> bool {
        self.index.is_some()
    }

    /// The text that it stands in, and the names and indexes on the way there.
    pub(crate) fn written(&self) -> (&'p str, Vec<Cow<'p, str>>) {
        let (mut text, mut way) = match (self.text, self.outer) {
            (Some(text), _) => (text, Vec::new()),
            (None, Some(outer)) => outer.written(),
            (None, None) => ("", Vec::new()),
        };
        text = self.text.unwrap_or(text);
        way.extend(self.way.iter().map(|name| Cow::Borrowed(&**name)));
        way.extend(self.index.map(|index| Cow::Owned(index.to_string())));
        (text, way)
    }
}

/// What was found where payloads are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unwrapped<'p> {
    Payload(Layer<'p>),
    /// A list of this length, of which no more items are read.
    TooMany(usize),
    EmptyList,
}

/// Gives each payload that is in a body, in their order, with its number.
pub(crate) fn unwrap(
    pointers: &[Pointer],
    body: &Layer<'_>,
    each: &mut dyn FnMut(Unwrapped<'_>, u32) -> ControlFlow<()>,
) {
    let mut unwrapping = Unwrapping { pointers, each, given: 0 };
    // The end of the walk is all that a break says.
    let _ = unwrapping.open(body, 0, false);
}

struct Unwrapping<'u> {
    pointers: &'u [Pointer],
    each: &'u mut dyn FnMut(Unwrapped<'_>, u32) -> ControlFlow<()>,
    given: u32,
}

impl Unwrapping<'_> {
    fn give(&mut self, what: Unwrapped<'_>) -> ControlFlow<()> {
        self.given += 1;
        (self.each)(what, self.given)
    }

    /// Goes on with what the first pointer leads to that leads somewhere. Only once is it the layer itself.
    fn open(&mut self, layer: &Layer<'_>, rounds: u8, whole: bool) -> ControlFlow<()> {
        let pointers = self.pointers.iter().filter(|_| rounds < ROUNDS_MAX);
        for pointer in pointers.filter(|pointer| !(whole && pointer.tokens().is_empty())) {
            let itself = pointer.tokens().is_empty();
            let (whole, rounds) = (whole || itself, rounds + 1);
            let way = pointer.tokens();
            match pointer.find(layer.json) {
                Some(Json::Object(_)) if itself => return self.open(layer, rounds, whole),
                Some(json @ Json::Object(_)) => {
                    let inner = Layer { json, text: None, way, index: None, outer: Some(layer) };
                    return self.open(&inner, rounds, whole);
                }
                Some(Json::Array(items)) => return self.items(items, layer, way, rounds, whole),
                Some(Json::String(text)) => {
                    if let Some(end) = self.text(text, layer, rounds, whole) {
                        return end;
                    }
                }
                _ => {}
            }
        }
        self.give(Unwrapped::Payload(*layer))
    }

    fn items(
        &mut self,
        items: &[Json<'_>],
        layer: &Layer<'_>,
        way: &[Box<str>],
        rounds: u8,
        whole: bool,
    ) -> ControlFlow<()> {
        if items.is_empty() {
            return self.give(Unwrapped::EmptyList);
        }
        for (index, json) in items.iter().enumerate() {
            if self.given >= ITEMS_MAX {
                self.give(Unwrapped::TooMany(items.len()))?;
                return ControlFlow::Break(());
            }
            let item = Layer { json, text: None, way, index: Some(index), outer: Some(layer) };
            match json {
                Json::String(text) => match self.text(text, &item, rounds, whole) {
                    Some(end) => end?,
                    None => self.give(Unwrapped::Payload(item))?,
                },
                Json::Object(_) => self.open(&item, rounds, whole)?,
                _ => self.give(Unwrapped::Payload(item))?,
            }
        }
        ControlFlow::Continue(())
    }

    /// Goes on with what a text says; `None` if it is no JSON with members or items.
    fn text(
        &mut self,
        text: &str,
        outer: &Layer<'_>,
        rounds: u8,
        whole: bool,
    ) -> Option<ControlFlow<()>> {
        let decoded = decoded(text);
        let text = decoded.as_deref().unwrap_or(text);
        if !begins_as_json(text) {
            return None;
        }
        let json: Json<'_> = serde_json::from_str(text).ok()?;
        let inner =
            Layer { json: &json, text: Some(text), way: &[], index: None, outer: Some(outer) };
        match &json {
            Json::Object(_) => Some(self.open(&inner, rounds, whole)),
            Json::Array(items) => Some(self.items(items, &inner, &[], rounds, whole)),
            Json::String(text) if rounds < ROUNDS_MAX => self.text(text, outer, rounds + 1, whole),
            _ => None,
        }
    }
}

/// Most texts are seen not to be JSON without reading them.
fn begins_as_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[', '"'])
}

/// Whether there may be something to unwrap in a text; most are seen to have nothing without decoding them.
#[cfg(feature = "fast")]
pub(crate) fn may_be_unwrapped(text: &str) -> bool {
    begins_as_json(text) || is_base64(text)
}

fn is_base64(text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    !text.is_empty() && text.len().is_multiple_of(4) && text.bytes().all(is_digit)
}

/// What base64 says, if a text is that and it says text.
pub(super) fn decoded(text: &str) -> Option<String> {
    if !is_base64(text) {
        return None;
    }
    String::from_utf8(from_base64(text).ok()?).ok()
}
