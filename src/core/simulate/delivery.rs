//! What is around payloads when they are delivered: wrappers, batches, headers, the query of the address.

use std::collections::BTreeMap;

use serde_json::{Value, json, value::RawValue};

use super::{
    dice::mixed,
    script::DeliveryScript,
    template::{Filling, Template, TemplateParts, to_base64},
};
use crate::{
    event::parameter,
    lifecycle::{Locator, Pointer, Provider, Spot},
    time::Timestamp,
};

/// How many events come together where a definition says no more than that there is a list.
const BATCH_USUAL: usize = 4;

/// Where the seeds of wrappers begin.
const SEEDS: u64 = 0x77_7261_7000;

/// How the payloads of a provider become the body of a delivery.
#[derive(Clone, Debug)]
pub(super) struct Wrapping {
    /// From the inside outwards, and whether it has a list of payloads; none: the payload is the body.
    layers: Vec<(Template, bool)>,
    /// The body is a list, which in a file would be a list of deliveries.
    pub(super) is_list: bool,
    /// How many payloads come together at most.
    pub(super) batch: usize,
}

/// How one event is said.
#[derive(Clone, Debug, Default)]
pub(super) struct EventText {
    pub(super) payload: Template,
    /// Index of its wrapping.
    pub(super) wrapping: usize,
    pub(super) headers: Vec<(Box<str>, Template)>,
    /// Of the address, as it is written there.
    pub(super) query: Template,
    /// A body alone does not say it all, or not when it was received.
    pub(super) is_recorded: bool,
}

/// One request as it is sent.
#[derive(Clone, Debug)]
pub(super) struct Parcel {
    pub(super) body: Vec<u8>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) query: String,
}

impl Wrapping {
    /// The payload is the body.
    pub(super) fn none() -> Self {
        Self { layers: Vec::new(), is_list: false, batch: 1 }
    }

    /// As templates say.
    pub(super) fn written(
        script: &DeliveryScript,
        provider: &Provider,
        parts: TemplateParts<'_>,
    ) -> Result<Self, String> {
        let (mut layers, mut is_list) = (Vec::new(), false);
        for (at, text) in script.wrap.iter().enumerate() {
            let form = provider.form && at + 1 == script.wrap.len();
            let template = Template::compile(text, form, parts)?;
            if !template.is_wrapper() {
                return Err("a wrapper has no `${payload}`".to_owned());
            }
            let json: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
            is_list = json.is_array();
            layers.push((template, has_list(&json)));
        }
        if script.batch > 1 && !layers.iter().any(|(_, lists)| *lists) {
            return Err("a `batch` needs a wrapper with `[\"${payload}\"]`".to_owned());
        }
        // Of events of one moment of receipt nobody could tell the order.
        let batch = if is_timed(provider) || provider.time.is_empty() { script.batch } else { 1 };
        Ok(Self { layers, is_list, batch })
    }

    /// As the envelope lets it be: the first place of its `unwrap`, with what stands there most often.
    pub(super) fn derived(provider: &Provider, around: bool) -> Self {
        let Some(pointer) = provider.unwrap.first() else { return Self::none() };
        let form = provider.form;
        let payload = match pointer.tokens().last().map(|token| token.to_ascii_lowercase()) {
            _ if form => json!("${payload}"),
            None => json!(["${payload}"]),
            Some(name) if name == "data" && pointer.tokens().len() > 1 => {
                json!("${payload:base64}")
            }
            Some(name) if name == "message" || name == "body" => json!("${payload:text}"),
            Some(name) if name.ends_with('s') => json!(["${payload}"]),
            Some(_) => json!("${payload}"),
        };
        let (lists, is_list) = (payload.is_array(), pointer.tokens().is_empty());
        let body = placed(pointer, payload).to_string();
        // A pointer that leads into a list by index has been made an object of: it reads back, or `proof` says so.
        let layers = Template::compile(&body, form, &|_| None).map(|layer| vec![(layer, lists)]);
        let alone = around || !lists || !is_timed(provider) && !provider.time.is_empty();
        let batch = if alone { 1 } else { BATCH_USUAL };
        Self { layers: layers.unwrap_or_default(), is_list, batch }
    }

    /// Whether the payload is the body.
    pub(super) fn is_none(&self) -> bool {
        self.layers.is_empty()
    }

    /// The body that these payloads make: several only where `batch` allows it.
    pub(super) fn body(&self, payloads: Vec<Vec<u8>>, fillings: &[Filling<'_>]) -> Vec<u8> {
        let mut inner = payloads;
        for (number, (layer, lists)) in (SEEDS..).zip(&self.layers) {
            let around = |payloads: &[Vec<u8>], filling: &Filling<'_>| {
                let mut outer = Vec::new();
                let seed = mixed(filling.seed, number);
                layer.render(&Filling { seed, payloads, ..*filling }, &mut outer);
                outer
            };
            inner = match (lists, fillings) {
                (true, [first, ..]) => vec![around(&inner, first)],
                _ => {
                    let each = inner.iter().zip(fillings);
                    each.map(|(one, filling)| around(std::slice::from_ref(one), filling)).collect()
                }
            };
        }
        inner.into_iter().next().unwrap_or_default()
    }
}

/// Whether its payloads say when things happened.
pub(super) fn is_timed(provider: &Provider) -> bool {
    provider.time.iter().any(|at| at.single() != Some(&Spot::Received))
}

/// An object in which a pointer leads to this value.
fn placed(pointer: &Pointer, value: Value) -> Value {
    pointer.tokens().iter().rev().fold(value, |inner, token| {
        Value::Object(std::iter::once((token.to_string(), inner)).collect())
    })
}

/// Whether payloads are items of a list in it.
fn has_list(json: &Value) -> bool {
    let is_payload = |item: &Value| item.as_str().is_some_and(|text| text.starts_with("${payload"));
    match json {
        Value::Array(items) => items.iter().any(|item| is_payload(item) || has_list(item)),
        Value::Object(members) => members.values().any(has_list),
        _ => false,
    }
}

impl EventText {
    /// With what the request has besides its body: names and texts with placeholders.
    pub(super) fn around(
        mut self,
        headers: &BTreeMap<String, String>,
        query: &BTreeMap<String, String>,
    ) -> Result<Self, String> {
        for (name, text) in headers {
            self.headers.push((name.as_str().into(), Template::compile_string(text)?));
        }
        let query = json!(query).to_string();
        self.query = Template::compile(&query, true, &|_| None)?;
        self.is_recorded |= !self.headers.is_empty() || !self.query.is_empty();
        Ok(self)
    }

    /// The headers and the query of the delivery of an event.
    pub(super) fn parcel(&self, body: Vec<u8>, filling: &Filling<'_>) -> Parcel {
        let headers = self.headers.iter().zip(SEEDS << 8..).map(|((name, value), number)| {
            let filling = Filling { seed: mixed(filling.seed, number), ..*filling };
            (name.to_string(), value.render_string(&filling))
        });
        let query = Filling { seed: mixed(filling.seed, SEEDS << 16), ..*filling };
        Parcel { body, headers: headers.collect(), query: self.query.render_string(&query) }
    }
}

impl Parcel {
    /// Takes out what these places lead to besides the body.
    pub(super) fn take_out(&mut self, locators: &[Locator]) {
        for spot in locators.iter().flat_map(Locator::spots) {
            match spot {
                Spot::Header(name) => {
                    self.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
                }
                Spot::Parameter(name) => {
                    let kept = self.query.split('&').filter(|pair| parameter(pair, name).is_none());
                    self.query = kept.collect::<Vec<_>>().join("&");
                }
                Spot::Body(_) | Spot::Received => {}
            }
        }
    }

    /// The record of the delivery, on one line.
    pub(super) fn record(&self, provider: &Provider, received_at: Timestamp) -> Vec<u8> {
        let mut record = format!(
            r#"{{"provider":{},"received_at":"{received_at}""#,
            Value::from(provider.name())
        );
        if !self.headers.is_empty() {
            let text = |(name, value): &(String, String)| (name.clone(), Value::from(&**value));
            let headers: serde_json::Map<String, Value> = self.headers.iter().map(text).collect();
            record.push_str(&format!(r#","headers":{}"#, Value::Object(headers)));
        }
        if !self.query.is_empty() {
            record.push_str(&format!(r#","query":{}"#, Value::from(&*self.query)));
        }
        let is_json = |text: &&str| {
            text.starts_with(['{', '[']) && serde_json::from_str::<&RawValue>(text).is_ok()
        };
        let body = match std::str::from_utf8(&self.body) {
            Ok(text) if is_json(&text) => format!(r#","body":{text}}}"#),
            Ok(text) => format!(r#","body":{}}}"#, Value::from(text)),
            Err(_) => format!(r#","body_base64":"{}"}}"#, to_base64(&self.body)),
        };
        record.push_str(&body);
        record.into_bytes()
    }
}
