//! Texts known by a digest.

use std::{
    hash::{BuildHasher, RandomState},
    sync::LazyLock,
};

use xxhash_rust::xxh3::xxh3_128_with_secret;

/// How long a secret is that all texts can be digested with, in words.
const SECRET_LEN: usize = 24;

/// Drawn when the program runs.
static SECRET: LazyLock<[[u8; 8]; SECRET_LEN]> =
    LazyLock::new(|| std::array::from_fn(|at| RandomState::new().hash_one(at).to_le_bytes()));

/// What a text is known by while the program runs.
///
/// It has 128 bits and a secret that no one knows, so that two texts of one digest are as rare as two random UUIDs that are
/// equal, whoever writes them; to read what is kept would take longer than all the rest.
#[inline]
pub(super) fn digest(text: &str) -> u128 {
    xxh3_128_with_secret(text.as_bytes(), SECRET.as_flattened())
}
