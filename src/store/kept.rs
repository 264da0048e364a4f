//! Assets in memory: what the next event of one is folded into without reading the others again.

use std::collections::HashMap;

use crate::fold::{Asset, JudgedMark, SnapshotCache};

/// An asset: its lifecycle's place in the catalog, and its id.
pub(super) type Key = (usize, Box<str>);

/// An asset as it stands in the database, and what it stands there as.
#[derive(Debug)]
pub(super) struct Kept {
    /// Its number in the database.
    pub(super) number: i64,
    pub(super) asset: Asset,
    pub(super) trail: SnapshotCache,
    /// How the events are judged that the database has.
    pub(super) marks: Vec<JudgedMark>,
    pub(super) row: Row,
}

/// What of an asset's row decides about other rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// There is one.
    pub(super) there: bool,
    /// Index of the state.
    pub(super) state: usize,
    pub(super) since: Option<i64>,
    pub(super) due: Option<i64>,
    pub(super) overdue: bool,
}

impl Kept {
    /// About how much memory it takes, in bytes, as measured with payloads of a KB.
    fn weight(&self) -> usize {
        2_000 + 600 * self.asset.kept()
    }
}

/// The assets that were heard of last, as many as memory is given for.
///
/// They are in two halves: what is used goes to the young one, and when that is full the old one is dropped.
#[derive(Debug, Default)]
pub(super) struct Cache {
    young: HashMap<Key, Box<Kept>>,
    old: HashMap<Key, Box<Kept>>,
    weight: usize,
    weight_max: usize,
}

impl Cache {
    /// About how many bytes it takes.
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { weight_max: bytes_max / 2, ..Self::default() }
    }

    pub(super) fn take(&mut self, key: &Key) -> Option<Box<Kept>> {
        if let Some(kept) = self.young.remove(key) {
            self.weight = self.weight.saturating_sub(kept.weight());
            return Some(kept);
        }
        self.old.remove(key)
    }

    pub(super) fn put(&mut self, key: Key, kept: Box<Kept>) {
        self.weight += kept.weight();
        self.young.insert(key, kept);
        if self.weight > self.weight_max {
            self.old = std::mem::take(&mut self.young);
            self.weight = 0;
        }
    }

    pub(super) fn clear(&mut self) {
        let weight_max = self.weight_max;
        *self = Self { weight_max, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(number: i64) -> Box<Kept> {
        let (asset, trail) = (Asset::new("a"), SnapshotCache::default());
        Box::new(Kept { number, asset, trail, marks: Vec::new(), row: Row::default() })
    }

    #[test]
    fn what_is_used_stays_and_the_rest_is_bounded() {
        let mut cache = Cache::new(200_000);
        for number in 0..1000 {
            cache.put((0, number.to_string().into()), kept(number));
            let first = cache.take(&(0, "0".into())).expect("used all the time");
            assert_eq!(first.number, 0);
            cache.put((0, "0".into()), first);
            assert!(cache.young.len() + cache.old.len() <= 100);
        }
        assert!(cache.take(&(0, "5".into())).is_none());
    }
}
