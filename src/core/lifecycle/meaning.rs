//! Fingerprints of what definitions mean, however they are written: comments, titles, summaries, sources and the order
//! of keys go into none. What the order of states, flags, events and rows decides, such as ranks, does.

use std::{fmt, sync::Arc};

use xxhash_rust::xxh3::Xxh3;

use super::{
    Condition, Lifecycle, Locator, Order, Pointer, Provider, Retries,
    condition::{Scalar, Test},
};

/// Raised when something else goes into a fingerprint.
const VERSION: u64 = 1;

/// Which lifecycle something belongs to: two that mean the same are one.
#[derive(Debug)]
pub(crate) struct Identity {
    entity: Box<str>,
    fingerprint: u128,
}

impl Identity {
    pub(super) fn new(entity: &str, fingerprint: u128) -> Arc<Self> {
        Arc::new(Self { entity: entity.into(), fingerprint })
    }

    pub(super) fn entity(&self) -> &str {
        &self.entity
    }

    pub(super) fn fingerprint(&self) -> u128 {
        self.fingerprint
    }

    /// Panics unless the asset of this id, which belongs here, may be looked at by that lifecycle.
    #[inline]
    pub(crate) fn check(self: &Arc<Self>, asset: &str, lifecycle: &Lifecycle) {
        let other = lifecycle.identity();
        if !Arc::ptr_eq(self, other) && self.fingerprint != other.fingerprint {
            foreign(asset, &self.entity, &other.entity);
        }
    }
}

#[cold]
fn foreign(asset: &str, own: &str, other: &str) -> ! {
    match own == other {
        true => panic!("`{asset}` was folded by another definition of {own} than the one given"),
        false => panic!("`{asset}` is one of {own}, and the lifecycle given is that of {other}"),
    }
}

/// Takes in values one after the other; each tells where it ends, so that no two sequences are alike.
pub struct Meaning(Xxh3);

impl fmt::Debug for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Meaning").field(&self.finish()).finish()
    }
}

impl Default for Meaning {
    /// Of nothing yet.
    fn default() -> Self {
        let mut meaning = Self(Xxh3::new());
        meaning.number(VERSION);
        meaning
    }
}

impl Meaning {
    /// Takes in a number.
    pub fn number(&mut self, number: impl Into<u64>) {
        self.0.update(&number.into().to_le_bytes());
    }

    /// Takes in a text.
    pub fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text.as_bytes());
    }

    /// Takes in the fingerprint of something else.
    pub fn fingerprint(&mut self, fingerprint: u128) {
        self.0.update(&fingerprint.to_le_bytes());
    }

    /// The fingerprint of what was taken in.
    pub fn finish(&self) -> u128 {
        self.0.digest128()
    }

    fn list<T>(&mut self, items: &[T], mut each: impl FnMut(&mut Self, &T)) {
        self.number(items.len() as u64);
        items.iter().for_each(|item| each(self, item));
    }

    fn texts(&mut self, texts: &[String]) {
        self.list(texts, |meaning, text| meaning.text(text));
    }

    fn pointers(&mut self, pointers: &[Pointer]) {
        self.list(pointers, |meaning, pointer| meaning.text(pointer.as_str()));
    }

    fn locators(&mut self, locators: &[Locator]) {
        self.list(locators, |meaning, locator| {
            meaning.list(locator.spots(), |meaning, spot| meaning.text(&spot.text()));
        });
    }

    pub(super) fn condition(&mut self, condition: &Condition) {
        self.list(condition.tests(), |meaning, (spot, test)| {
            meaning.text(&spot.text());
            match test {
                Test::Absent => meaning.number(0_u8),
                Test::Present => meaning.number(1_u8),
                Test::OneOf(values) => {
                    meaning.number(2_u8);
                    meaning.list(values, |meaning, value| match value {
                        Scalar::Bool(value) => meaning.number(*value),
                        Scalar::Number(text) | Scalar::Text(text) => {
                            meaning.number(2_u8);
                            meaning.text(text);
                        }
                    });
                }
            }
        });
    }

    fn names<T: Copy + PartialEq + Into<u64>>(&mut self, mut names: Vec<(&str, T)>) {
        names.sort_unstable_by_key(|(name, _)| *name);
        self.list(&names, |meaning, (name, value)| {
            meaning.text(name);
            meaning.number(*value);
        });
    }

    fn events(&mut self, lifecycle: &Lifecycle) {
        self.list(&lifecycle.kinds, |meaning, kind| {
            meaning.text(&kind.name);
            meaning.number(kind.foreign);
            meaning.locators(&kind.id);
            meaning.pointers(&kind.status);
            meaning.list(&kind.variants, |meaning, (state, variant)| {
                meaning.number(*state);
                meaning.number(variant.0);
            });
            meaning.list(&kind.branches, |meaning, (condition, branch)| {
                meaning.condition(condition);
                meaning.number(branch.0);
            });
            meaning.number(kind.base.0);
        });
        let named = lifecycle.named.iter().map(|(name, kind)| (name, kind.0));
        self.names(named.collect());
        self.names(lifecycle.statuses.iter().collect());
        self.list(&lifecycle.transitions, |meaning, step| {
            meaning.number(step.from as u64);
            meaning.number(step.kind.0);
            meaning.number(step.to as u64);
            meaning.number(step.again);
            meaning.number(step.row);
        });
        self.list(&lifecycle.rows, |meaning, row| {
            meaning.number(row.set);
            meaning.number(row.clear);
        });
    }

    fn retries(&mut self, retries: Option<&Retries>) {
        self.number(retries.is_some());
        let Some(Retries { from, limit, then, renewed_by }) = retries else { return };
        self.number(*from as u64);
        self.number(*limit);
        self.number(*then as u64);
        let mut renewed_by = renewed_by.clone();
        renewed_by.sort_unstable();
        self.list(&renewed_by, |meaning, state| meaning.number(*state as u64));
    }
}

/// The fingerprint of a lifecycle: what it reads, and what it does in every node on every event.
pub(super) fn of_lifecycle(lifecycle: &Lifecycle) -> u128 {
    let mut meaning = Meaning::default();
    meaning.text(lifecycle.entity());
    meaning.number(lifecycle.order == Order::Arrival);
    meaning.locators(&lifecycle.id);
    meaning.list(lifecycle.parent.as_slice(), |meaning, (entity, id): &(Arc<str>, _)| {
        meaning.text(entity);
        meaning.locators(id);
    });
    meaning.pointers(&lifecycle.status);
    meaning.texts(&lifecycle.prefix);
    meaning.list(&lifecycle.data, |meaning, field| {
        meaning.text(&field.name);
        meaning.pointers(&field.at);
        meaning.texts(&field.key);
    });
    meaning.list(&lifecycle.states, |meaning, state| {
        meaning.text(&state.name);
        meaning.number(state.rest);
        meaning.number(state.end);
        meaning.number(state.error);
        // When an asset is due stands in its row of a store.
        meaning.number(state.dwell.map_or(0, |dwell| dwell.as_nanos() as u64));
        meaning.number(state.rank);
    });
    meaning.list(&lifecycle.flags, |meaning, flag| meaning.text(&flag.name));
    meaning.events(lifecycle);
    meaning.retries(lifecycle.retries.as_ref());
    meaning.list(&lifecycle.table, |meaning, ruling| {
        let [next, row] = [ruling.next.0, ruling.row].map(u64::from);
        meaning.number(next << 32 | row << 8 | ruling.step as u64);
    });
    meaning.finish()
}

impl Provider {
    /// A fingerprint of how its envelope is read; see [`Lifecycle::fingerprint`]. How it signs is no part of it: what
    /// was taken in stays.
    pub fn fingerprint(&self) -> u128 {
        let mut meaning = Meaning::default();
        meaning.text(self.name());
        meaning.number(self.form);
        for locators in [&self.kind, &self.event_id, &self.time, &self.sequence] {
            meaning.locators(locators);
        }
        meaning.pointers(&self.attempts);
        meaning.pointers(&self.unwrap);
        meaning.condition(&self.when);
        meaning.list(self.zone.as_slice(), |meaning, zone| meaning.number(*zone as u64));
        meaning.texts(&self.ignore);
        meaning.finish()
    }
}
