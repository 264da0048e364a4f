//! What all instruction sets do in the same way.

use std::arch::x86_64::{_mm_clmulepi64_si128, _mm_cvtsi128_si64, _mm_set_epi64x};

/// Defines a level's functions from its features and its `look`, `push`, `kinds`, `planes`, `zero`, `same`, `add` and `total`.
macro_rules! level {
    ($($feature:tt),+) => {
        pub(super) fn is_there() -> bool {
            true $(&& is_x86_feature_detected!($feature))+
        }

        $(#[target_feature(enable = $feature)])+
        pub(super) fn find(found: &mut Found, chunk: &[u8]) -> bool {
            let right = found.mark(chunk, |piece| look(piece), |quotes| within(quotes));
            if right {
                found.write(
                    chunk,
                    |piece, mask, first, bytes, places| push(piece, mask, first, bytes, places),
                    |bytes| kinds(bytes),
                );
            }
            right
        }

        $(#[target_feature(enable = $feature)])+
        pub(super) fn is_object(tokens: &Tokens<'_>, ahead: &[u8]) -> bool {
            grammar::is_object_with(tokens, ahead, |piece| planes(piece))
        }

        $(#[target_feature(enable = $feature)])+
        pub(super) fn sum(
            pattern: &Pattern,
            tokens: &Tokens<'_>,
            plain: impl Fn(&[u8]) -> bool,
            odd: impl FnMut(&Value) -> u64,
        ) -> Option<u64> {
            pattern::sum_with(
                pattern,
                tokens,
                zero(),
                |a, b| same(a, b),
                |sum, text, place| add(sum, text, place),
                |sum| total(sum),
                plain,
                odd,
            )
        }
    };
}

/// Sets all bits between two set bits, with the first and without the second: a product without carries
/// by all ones is the exclusive or of all bits up to each.
#[inline]
#[target_feature(enable = "pclmulqdq")]
pub(super) fn within(bits: u64) -> u64 {
    let product =
        _mm_clmulepi64_si128::<0>(_mm_set_epi64x(0, bits.cast_signed()), _mm_set_epi64x(0, -1));
    _mm_cvtsi128_si64(product).cast_unsigned()
}
