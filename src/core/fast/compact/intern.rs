//! Texts that many events say, each kept once.

use crate::{bulk::id::Arena, fast::read::DataValues, scan::prefetch, secret};

/// Where each text of an arena stands.
///
/// A text is known by its digest alone: to read what is kept would take longer than all the rest.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    places: PlaceTable,
    /// The fields of the values at hand, and the digests of their texts.
    asked: Vec<(u16, u128)>,
}

impl Interner {
    /// Asks where the values stand that are said, for [`Self::place`]: that takes a while, as the table is in no cache.
    #[inline]
    pub(crate) fn ask(&mut self, said: DataValues<'_>) {
        self.asked.clear();
        for at in 0..said.len() {
            let (field, value) = said.at(at);
            let digest = secret::digest(value.text());
            self.places.prefetch(digest);
            self.asked.push((field, digest));
        }
    }

    /// Gives each field of which something is said, and where its value stands as it is printed, which is put there if
    /// it was not said before. They must have been asked for.
    #[inline]
    pub(crate) fn place(
        &mut self,
        said: DataValues<'_>,
        arena: &mut Arena,
        mut each: impl FnMut(u16, u64),
    ) {
        for at in 0..said.len() {
            let (field, digest) = self.asked[at];
            let place = self.places.get(digest);
            each(field, place.unwrap_or_else(|| self.keep(said, at, digest, arena)));
        }
    }

    /// Where a value stands that was not written so before.
    #[cold]
    fn keep(&mut self, said: DataValues<'_>, at: usize, digest: u128, arena: &mut Arena) -> u64 {
        let (_, value) = said.at(at);
        let place = arena.keep(&value.printed());
        self.places.insert(digest, place);
        place
    }
}

/// Places in an arena by digests. Each has 16 bytes in one line of a cache, where a general table has 33 in two.
#[derive(Debug, Default)]
struct PlaceTable {
    /// As many as a power of two, or none: 64 bits of a digest; 16 more of it, and the place.
    slots: Vec<[u64; 2]>,
    len: usize,
}

/// How many bits a place has.
const PLACE_BITS: u32 = 48;
/// No arena has so much.
const EMPTY: u64 = u64::MAX;
const SLOTS_MIN: usize = 1024;

impl PlaceTable {
    /// What is kept in a slot, but for the place.
    fn kept(digest: u128) -> [u64; 2] {
        [digest as u64, (digest >> 64) as u64 >> PLACE_BITS << PLACE_BITS]
    }

    #[inline]
    fn prefetch(&self, digest: u128) {
        let [low, _] = Self::kept(digest);
        let mask = self.slots.len().wrapping_sub(1);
        self.slots.get(low as usize & mask).into_iter().for_each(prefetch);
    }

    #[inline]
    fn get(&self, digest: u128) -> Option<u64> {
        let [low, high] = Self::kept(digest);
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = low as usize & mask;
        loop {
            let [own, rest] = self.slots[at];
            if rest == EMPTY {
                return None;
            }
            if own == low && (rest ^ high) >> PLACE_BITS == 0 {
                return Some(rest ^ high);
            }
            at = (at + 1) & mask;
        }
    }

    /// Enters what is not there yet.
    fn insert(&mut self, digest: u128, place: u64) {
        if 3 * self.len >= 2 * self.slots.len() {
            let len = (2 * self.slots.len()).max(SLOTS_MIN);
            let before = std::mem::replace(&mut self.slots, vec![[0, EMPTY]; len]);
            before.into_iter().filter(|[_, rest]| *rest != EMPTY).for_each(|slot| self.put(slot));
        }
        self.len += 1;
        let [low, high] = Self::kept(digest);
        self.put([low, high | place]);
    }

    fn put(&mut self, slot: [u64; 2]) {
        let mask = self.slots.len() - 1;
        let mut at = slot[0] as usize & mask;
        while self.slots[at][1] != EMPTY {
            at = (at + 1) & mask;
        }
        self.slots[at] = slot;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Digests of which many begin in the same slot, at the end of the table too.
    #[test]
    fn places_are_found_where_they_were_put() {
        let (mut places, mut known) = (PlaceTable::default(), HashMap::new());
        for number in 0..5_000_u64 {
            let digest = u128::from(secret::mixed(number, 1)) << 64 | u128::from(number / 7 * 509);
            assert_eq!(places.get(digest), None, "{number}");
            places.insert(digest, (number << 16) | (number % 3));
            known.insert(digest, (number << 16) | (number % 3));
            let sought = known.iter().take(50).chain(known.get_key_value(&digest));
            sought.for_each(|(digest, place)| assert_eq!(places.get(*digest), Some(*place)));
        }
        known.iter().for_each(|(digest, place)| assert_eq!(places.get(*digest), Some(*place)));
        assert!(places.slots.len() < 4 * known.len());
    }
}
