//! Digests that no one can foresee: what others write is sorted into tables by them, and must not be able to fill one
//! place of a table. They are other ones each time the program runs, so nothing that is told may depend on them.
//!
//! The secret is that of the standard library's own tables, and is no better: on `wasm32-unknown-unknown`, where there is no source
//! of chance, it is much the same in every process, and whoever knows the build can make texts that collide. A secret
//! from the host for these tables alone would not mend that, since the other maps of the crate are the standard
//! library's. Results stay right there, and digests of 128 bits different; only time is not bounded against somebody who means harm.

use std::{
    hash::{BuildHasher, RandomState},
    sync::LazyLock,
};

use xxhash_rust::xxh3::xxh3_128_with_secret;

use crate::digest::folded;

/// How long a secret is that all texts can be digested with, in words.
const SECRET_LEN: usize = 24;

/// Drawn when the program runs.
static SECRET: LazyLock<[[u8; 8]; SECRET_LEN]> =
    LazyLock::new(|| std::array::from_fn(|at| RandomState::new().hash_one(at).to_le_bytes()));

/// What a text is known by while the program runs.
///
/// It has 128 bits, so that two texts of one digest are as rare as two random UUIDs that are equal, whoever writes them.
#[inline]
pub(crate) fn digest(text: &str) -> u128 {
    xxh3_128_with_secret(text.as_bytes(), SECRET.as_flattened())
}

/// A digest of two words: the halves of a product, laid over one another.
#[inline]
pub(crate) fn mixed(one: u64, two: u64) -> u64 {
    let [first, second, ..] = SECRET.map(u64::from_le_bytes);
    folded(one ^ first, two ^ second)
}
