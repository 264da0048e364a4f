//! Texts that many events say, each kept once.

use std::{collections::HashMap, hash::BuildHasherDefault};

use super::{key::Arena, records::Digest};
use crate::{event::Said, secret};

/// Where each text of an arena stands.
///
/// A text is known by its digest alone: to read what is kept would take longer than all the rest.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// By their digests.
    places: HashMap<u128, u64, BuildHasherDefault<Digest>>,
    /// The fields of the values at hand, the digests of their texts, and where those stand.
    asked: Vec<(u16, u128, Option<u64>)>,
}

impl Texts {
    /// Gives each field of which something is said, and where its value stands as it is printed, which is put there if
    /// it was not said before.
    #[inline]
    pub(super) fn place(
        &mut self,
        said: Said<'_>,
        arena: &mut Arena,
        mut each: impl FnMut(u16, u64),
    ) {
        let Self { places, asked } = self;
        asked.clear();
        asked.extend((0..said.len()).map(|at| {
            let (field, value) = said.at(at);
            (field, secret::digest(value.text()), None)
        }));
        // The table is not in a cache: all are asked for before one is looked at, so that the processor waits for them
        // together.
        for (_, digest, place) in &mut *asked {
            *place = places.get(digest).copied();
        }
        for at in 0..said.len() {
            let (field, digest, place) = self.asked[at];
            each(field, place.unwrap_or_else(|| self.keep(said, at, digest, arena)));
        }
    }

    /// Where a value stands that was not written so before.
    #[cold]
    fn keep(&mut self, said: Said<'_>, at: usize, digest: u128, arena: &mut Arena) -> u64 {
        let (_, value) = said.at(at);
        let place = arena.keep(&value.printed());
        self.places.insert(digest, place);
        place
    }
}
