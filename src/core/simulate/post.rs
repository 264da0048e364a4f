//! One delivery, to be written as often as it is attempted.

use std::sync::Arc;

use serde_json::Value;

use super::{
    cast::{Cast, World},
    fault::Break,
    template::Filling,
};
use crate::{
    lifecycle::{KindId, Locator, Node, Pointer, Provider},
    time::Timestamp,
};

/// One delivery of a simulation. Another attempt at it is the same event with the same id, but says which attempt it
/// is where the provider's bodies do.
#[derive(Clone, Debug)]
pub struct Post<'c> {
    pub(super) world: Arc<World<'c>>,
    pub(super) simulation_seed: u64,
    /// The asset that the body is about.
    pub(super) cast: usize,
    pub(super) id: Box<str>,
    pub(super) asset_seed: u64,
    pub(super) born: i64,
    pub(super) parent: Option<Box<str>>,
    /// The event.
    pub(super) kind: KindId,
    pub(super) after: Node,
    pub(super) at: i64,
    /// When it comes.
    pub(super) arrival: i64,
    pub(super) word: Option<Arc<str>>,
    pub(super) percent: u8,
    pub(super) sequence: u32,
    pub(super) seed: u64,
    pub(super) attempt: u32,
    pub(super) broken: Option<Break>,
}

impl<'c> Post<'c> {
    /// Who sends it.
    pub fn provider(&self) -> &'c Provider {
        self.world.casts[self.cast].provider
    }

    /// When it comes, in the time of the simulation.
    pub fn arrival(&self) -> Timestamp {
        Timestamp::from_nanos(self.arrival)
    }

    /// Which attempt at delivering the event it is, from 1; a duplicate is the second.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The body of this attempt, from 1.
    pub fn body(&self, attempt: u32) -> Vec<u8> {
        let mut body = Vec::new();
        self.write(attempt, &mut body);
        body
    }

    pub(super) fn write(&self, attempt: u32, body: &mut Vec<u8>) {
        let Cast { lifecycle, provider, kinds, .. } = &self.world.casts[self.cast];
        let filling = Filling {
            id: &self.id,
            kind: &lifecycle.sample_name(self.kind),
            status: self.word.as_deref(),
            state: &lifecycle.state(self.after).name,
            parent: self.parent.as_deref(),
            time: Timestamp::from_nanos(self.at),
            born: Timestamp::from_nanos(self.born),
            percent: self.percent,
            sequence: self.sequence,
            attempt,
            seed: self.seed,
            asset_seed: self.asset_seed,
            simulation_seed: self.simulation_seed,
        };
        let saying = &kinds[usize::from(self.kind.0)];
        self.world.templates[saying.template].render(&filling, body);
        if let Some(broken) = self.broken {
            let pointers: &[Locator] = match broken {
                Break::NoKind => &provider.kind,
                _ => lifecycle.id_of(Some(self.kind)),
            };
            let pointers: Vec<_> = pointers.iter().flat_map(Locator::pointers).collect();
            spoil(body, broken, &pointers, provider);
        }
    }
}

/// Breaks a body.
fn spoil(body: &mut Vec<u8>, broken: Break, pointers: &[&Pointer], provider: &Provider) {
    let form = provider.form;
    match broken {
        // Before the first `=` a form is none; a JSON document is plainly cut where a line ends within a string.
        Break::Cut if form => body.truncate(4),
        Break::Cut => {
            let mut inside = false;
            let enough = body.len() / 3;
            let cut = body.iter().enumerate().find_map(|(at, byte)| {
                inside ^= *byte == b'"';
                (at > enough && inside && byte.is_ascii_alphanumeric()).then_some(at)
            });
            body.truncate(cut.unwrap_or(1));
        }
        Break::Bytes => {
            let text = body.iter().rposition(u8::is_ascii_alphanumeric).unwrap_or(0);
            body.splice(text..text, [0xff, 0xfe]);
        }
        Break::NoKind | Break::NoId if form => {
            let text = String::from_utf8_lossy(body).into_owned();
            let named = |pair: &&str| {
                let name = pair.split_once('=').map_or(*pair, |(name, _)| name);
                !pointers.iter().any(|pointer| pointer.as_str().strip_prefix('/') == Some(name))
            };
            *body = text.split('&').filter(named).collect::<Vec<_>>().join("&").into_bytes();
        }
        Break::NoKind | Break::NoId => {
            let Ok(mut value) = serde_json::from_slice::<Value>(body) else { return };
            blank(&mut value, pointers, &provider.unwrap);
            *body = value.to_string().into_bytes();
        }
    }
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
                items.iter_mut().for_each(|item| blank(item, pointers, &[]))
            }
            Some(inner) => blank(inner, pointers, &[]),
            None => {}
        }
    }
}
