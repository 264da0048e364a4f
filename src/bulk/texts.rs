//! Texts that many events say, each kept once.

use std::{collections::HashMap, hash::BuildHasherDefault};

use xxhash_rust::xxh3::xxh3_64;

use super::{key::Arena, records::Digest};

/// Where each text of an arena stands, by digest.
#[derive(Debug, Default)]
pub(super) struct Texts {
    places: HashMap<u64, u64, BuildHasherDefault<Digest>>,
    /// The digests of the texts at hand, and where the first of each digest stands.
    asked: Vec<(u64, Option<u64>)>,
}

impl Texts {
    /// Gives where each of some texts stands, which is put there if it was not said before.
    #[inline]
    pub(super) fn place<'t>(
        &mut self,
        texts: impl Iterator<Item = &'t str> + Clone,
        arena: &mut Arena,
        mut each: impl FnMut(u64),
    ) {
        self.asked.clear();
        self.asked.extend(texts.clone().map(|text| (xxh3_64(text.as_bytes()), None)));
        // Neither the table nor the texts are in a cache: all are asked for before one is looked at, so that the
        // processor waits for them together.
        for (digest, place) in &mut self.asked {
            *place = self.places.get(digest).copied();
        }
        for (at, text) in texts.enumerate() {
            let (digest, place) = self.asked[at];
            each(match place {
                Some(place) if arena.bytes(place) == text.as_bytes() => place,
                _ => self.keep(digest, text, arena),
            });
        }
    }

    /// Where a text of this digest stands that may not have been said before.
    fn keep(&mut self, digest: u64, text: &str, arena: &mut Arena) -> u64 {
        let mut digest = digest;
        loop {
            match self.places.get(&digest) {
                Some(&place) if arena.bytes(place) == text.as_bytes() => return place,
                Some(_) => digest = digest.wrapping_add(1),
                None => {
                    let place = arena.keep(text);
                    self.places.insert(digest, place);
                    return place;
                }
            }
        }
    }
}
