//! Texts that many events say, each kept once.

use std::{collections::HashMap, hash::BuildHasherDefault};

use xxhash_rust::xxh3::xxh3_64;

use super::{key::Arena, records::Digest};

/// Where each text of an arena stands, by digest.
#[derive(Debug, Default)]
pub(super) struct Texts(HashMap<u64, u64, BuildHasherDefault<Digest>>);

impl Texts {
    /// Where a text stands, which is put there if it was not said before.
    #[inline]
    pub(super) fn place(&mut self, text: &str, arena: &mut Arena) -> u64 {
        let mut digest = xxh3_64(text.as_bytes());
        loop {
            match self.0.get(&digest) {
                Some(&place) if arena.bytes(place) == text.as_bytes() => return place,
                Some(_) => digest = digest.wrapping_add(1),
                None => {
                    let place = arena.keep(text);
                    self.0.insert(digest, place);
                    return place;
                }
            }
        }
    }
}
