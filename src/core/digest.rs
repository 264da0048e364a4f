//! The digest of a text at a place, made so that vectors of eight words can work it out: a product for each word,
//! and everything added up. Sums of digests have no order.
//!
//! Two different texts have the same digest about once in 2³² pairs; it tells apart what nobody made to collide.

/// Bytes taken together; a text is padded with zeros.
pub(crate) const STRIPE_LEN: usize = 64;

/// What is added to the place for each word of a stripe.
pub(crate) const KEYS: [u64; STRIPE_LEN / 8] = [
    0x9e37_79b9_7f4a_7c15,
    0xc2b2_ae3d_27d4_eb4f,
    0xa076_1d64_78bd_642f,
    0xe703_7ed1_a0b4_28db,
    0x8ebc_6af0_9c88_c6e3,
    0x5899_65cc_7537_4cc3,
    0x1d8e_4e27_c47d_124f,
    0xeb44_acca_b455_d165,
];

/// What is added to the place for each stripe after the first.
pub(crate) const STRIPE: u64 = 0xd6e8_feb8_6659_fd93;

/// The digest of a text at a place. Texts that differ only in zeros at their ends are not told apart; no JSON value
/// ends so.
pub(crate) fn digest(place: u64, text: &[u8]) -> u64 {
    let (stripes, rest) = text.as_chunks::<STRIPE_LEN>();
    let (mut place, mut sum) = (place, 0_u64);
    for stripe in stripes {
        sum = sum.wrapping_add(stripe_digest(place, stripe));
        place = place.wrapping_add(STRIPE);
    }
    if rest.is_empty() && !stripes.is_empty() {
        return sum;
    }
    let mut last = [0; STRIPE_LEN];
    last[..rest.len()].copy_from_slice(rest);
    sum.wrapping_add(stripe_digest(place, &last))
}

#[inline]
fn stripe_digest(place: u64, stripe: &[u8; STRIPE_LEN]) -> u64 {
    let (words, _) = stripe.as_chunks();
    words.iter().zip(KEYS).fold(0_u64, |sum, (word, key)| {
        sum.wrapping_add(word_digest(u64::from_le_bytes(*word), place.wrapping_add(key)))
    })
}

/// The halves of a product, laid over one another.
#[inline]
pub(crate) fn folded(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// The digest of one word with its key: the product of its halves, and what was hashed, so that a half that is zero
/// hides nothing of the other.
#[inline]
pub(crate) fn word_digest(word: u64, key: u64) -> u64 {
    let mixed = word ^ key;
    (mixed & 0xffff_ffff).wrapping_mul(mixed >> 32).wrapping_add(word)
}
