//! Chance: generators whose values are the same in every release and on every machine.

use rand::{Rng, RngExt, SeedableRng};
use rand_distr::{Distribution, LogNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

/// A generator with what a simulation asks of chance.
#[derive(Clone, Debug)]
pub(super) struct Dice(Xoshiro256PlusPlus);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    pub(super) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// From 0 up to, but not including, 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(super) fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// From `low` to `high`, both included; `low` if there is nothing between them.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        if low < high { self.0.random_range(low..=high) } else { low }
    }

    /// An index below `len`; 0 if that is 0.
    pub(super) fn index(&mut self, len: usize) -> usize {
        // An index is far below 2^63.
        self.between(0, len.saturating_sub(1) as i64) as usize
    }

    /// An index by weight; `None` if all weights are nothing.
    pub(super) fn weighted(&mut self, weights: impl Iterator<Item = f64> + Clone) -> Option<usize> {
        let sum: f64 = weights.clone().sum();
        let mut left = self.unit() * sum;
        let mut last = None;
        for (index, weight) in weights.enumerate().filter(|(_, weight)| *weight > 0.0) {
            last = Some(index);
            left -= weight;
            if left < 0.0 {
                break;
            }
        }
        last
    }

    /// A log-normal value about this median.
    pub(super) fn about(&mut self, median: f64, spread: f64) -> f64 {
        let factor = LogNormal::new(0.0, spread).map_or(1.0, |normal| normal.sample(&mut self.0));
        median * factor
    }
}

/// Two numbers mixed into one seed.
pub(super) fn mixed(a: u64, b: u64) -> u64 {
    let mut value = a ^ b.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
