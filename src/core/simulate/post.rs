//! One delivery, to be written as often as it is attempted.

use std::sync::Arc;

use serde_json::Value;

use super::{
    cast::{Cast, World},
    delivery::{EventText, Parcel},
    fault::Break,
    template::Filling,
};
use crate::{
    lifecycle::{KindId, Locator, Node, Pointer, Provider},
    time::Timestamp,
};

/// One delivery of a simulation: of one event, or of several where the provider sends batches. Another attempt at it is
/// the same events with the same ids, but says which attempt it is where the provider's bodies do.
#[derive(Clone, Debug)]
pub struct Post<'c> {
    pub(super) world: Arc<World<'c>>,
    pub(super) simulation_seed: u64,
    /// At least one; all of one provider.
    pub(super) events: Vec<PostEvent>,
    /// When it comes.
    pub(super) arrival: i64,
    /// Of a single event.
    pub(super) broken: Option<Break>,
}

/// One event of a delivery.
#[derive(Clone, Debug)]
pub(super) struct PostEvent {
    /// The asset that the payload is about.
    pub(super) cast: usize,
    pub(super) id: Box<str>,
    pub(super) asset_seed: u64,
    pub(super) born: i64,
    pub(super) parent: Option<Box<str>>,
    /// The event.
    pub(super) kind: KindId,
    pub(super) after: Node,
    pub(super) at: i64,
    pub(super) word: Option<Arc<str>>,
    pub(super) percent: u8,
    pub(super) sequence: u32,
    pub(super) seed: u64,
    pub(super) attempt: u32,
}

impl<'c> Post<'c> {
    /// Who sends it.
    pub fn provider(&self) -> &'c Provider {
        self.world.casts[self.events[0].cast].provider
    }

    /// When it comes, in the time of the simulation.
    pub fn arrival(&self) -> Timestamp {
        Timestamp::from_nanos(self.arrival)
    }

    /// Which attempt at delivering the event it is, from 1; a duplicate is the second.
    pub fn attempt(&self) -> u32 {
        self.events[0].attempt
    }

    /// The body of this attempt, from 1.
    pub fn body(&self, attempt: u32) -> Vec<u8> {
        self.parcel(attempt).body
    }

    /// Its headers, as name and value, besides those of a signature and the usual ones.
    pub fn headers(&self, attempt: u32) -> Vec<(String, String)> {
        self.parcel(attempt).headers
    }

    /// What stands after the `?` of its address; empty for most providers.
    pub fn query(&self, attempt: u32) -> String {
        self.parcel(attempt).query
    }

    /// As it stands in a file: the body, or the record of the delivery where that does not say everything.
    pub fn line(&self, attempt: u32) -> Vec<u8> {
        let parcel = self.parcel(attempt);
        match self.text(&self.events[0]).is_recorded {
            true => parcel.record(self.provider(), self.arrival()),
            false => parcel.body,
        }
    }

    fn text(&self, event: &PostEvent) -> &EventText {
        self.world.text_of(event.cast, event.kind)
    }

    fn parcel(&self, attempt: u32) -> Parcel {
        let first = &self.events[0];
        let later = attempt.saturating_sub(first.attempt);
        let names: Vec<_> = self
            .events
            .iter()
            .map(|event| self.world.casts[event.cast].lifecycle.sample_name(event.kind))
            .collect();
        let fillings: Vec<Filling<'_>> = self
            .events
            .iter()
            .zip(&names)
            .map(|(event, name)| self.filling(event, name, event.attempt + later))
            .collect();
        let text = self.text(first);
        let wrapping = &self.world.wrappings[text.wrapping];
        let Cast { lifecycle, provider, .. } = &self.world.casts[first.cast];
        let spoilt: &[Locator] = match self.broken {
            Some(Break::NoKind) => &provider.kind,
            Some(Break::NoId) => lifecycle.id_of(Some(first.kind)),
            _ => &[],
        };
        let payload = |(event, filling): (&PostEvent, &Filling<'_>)| {
            let mut payload = Vec::new();
            self.text(event).payload.render(filling, &mut payload);
            if !spoilt.is_empty() && !wrapping.is_none() {
                take_out(&mut payload, spoilt, false, &[]);
            }
            payload
        };
        let payloads = self.events.iter().zip(&fillings).map(payload).collect();
        let mut parcel = text.parcel(wrapping.body(payloads, &fillings), &fillings[0]);
        if !spoilt.is_empty() {
            take_out(&mut parcel.body, spoilt, provider.form, &provider.unwrap);
            parcel.take_out(spoilt);
        }
        if let Some(broken) = self.broken {
            spoil(&mut parcel.body, broken, provider.form);
        }
        parcel
    }

    fn filling<'f>(&'f self, event: &'f PostEvent, name: &'f str, attempt: u32) -> Filling<'f> {
        let Cast { lifecycle, .. } = &self.world.casts[event.cast];
        Filling {
            id: &event.id,
            kind: name,
            status: event.word.as_deref(),
            state: &lifecycle.state(event.after).name,
            parent: event.parent.as_deref(),
            time: Timestamp::from_nanos(event.at),
            born: Timestamp::from_nanos(event.born),
            percent: event.percent,
            sequence: event.sequence,
            attempt,
            seed: event.seed,
            asset_seed: event.asset_seed,
            simulation_seed: self.simulation_seed,
            payloads: &[],
        }
    }
}

/// Breaks a body so that it cannot be read at all.
fn spoil(body: &mut Vec<u8>, broken: Break, form: bool) {
    match broken {
        // Before the first `=` a form is none; a JSON document is plainly cut where a line ends within a string.
        Break::Cut if form => body.truncate(4),
        Break::Cut => {
            let (mut inside, mut escaped) = (false, false);
            let enough = body.len() / 3;
            let cut = body.iter().enumerate().find_map(|(at, byte)| {
                let plain = !std::mem::take(&mut escaped);
                inside ^= *byte == b'"' && plain;
                escaped = inside && *byte == b'\\' && plain;
                (at > enough && inside && plain && byte.is_ascii_alphanumeric()).then_some(at)
            });
            body.truncate(cut.unwrap_or(1));
        }
        Break::Bytes => {
            let text = body.iter().rposition(u8::is_ascii_alphanumeric).unwrap_or(0);
            body.splice(text..text, [0xff, 0xfe]);
        }
        Break::NoKind | Break::NoId => {}
    }
}

/// Takes out of a body whatever these places lead to.
fn take_out(body: &mut Vec<u8>, locators: &[Locator], form: bool, unwrap: &[Pointer]) {
    let pointers: Vec<&Pointer> = locators.iter().flat_map(Locator::pointers).collect();
    if form {
        let text = String::from_utf8_lossy(body).into_owned();
        let named = |pair: &&str| {
            let name = pair.split_once('=').map_or(*pair, |(name, _)| name);
            !pointers.iter().any(|pointer| pointer.as_str().strip_prefix('/') == Some(name))
        };
        *body = text.split('&').filter(named).collect::<Vec<_>>().join("&").into_bytes();
        return;
    }
    let Ok(mut value) = serde_json::from_slice::<Value>(body) else { return };
    blank(&mut value, &pointers, unwrap);
    *body = value.to_string().into_bytes();
}

/// Takes away what the pointers lead to, in a body and in the payloads that are unwrapped from it.
fn blank(value: &mut Value, pointers: &[&Pointer], unwrap: &[Pointer]) {
    for pointer in pointers {
        if let Some(found) = value.pointer_mut(pointer.as_str()) {
            *found = Value::Null;
        }
    }
    for pointer in unwrap.iter().filter(|pointer| !pointer.as_str().is_empty()) {
        match value.pointer_mut(pointer.as_str()) {
            Some(Value::Array(items)) => {
                items.iter_mut().for_each(|item| blank(item, pointers, &[]));
            }
            Some(inner) => blank(inner, pointers, &[]),
            None => {}
        }
    }
}
