//! What all instruction sets do in the same way.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{_mm_clmulepi64_si128, _mm_cvtsi128_si64, _mm_set_epi64x};

/// Defines a level's functions from the features that it needs and its `look`, `within`, `push`, `kinds`, `signs`,
/// `planes`, `is_plain`, `zero`, `mix` and `total`.
macro_rules! level {
    ($($feature:tt),*) => {
        pub(super) fn is_there() -> bool {
            true $(&& is_x86_feature_detected!($feature))*
        }

        $(#[target_feature(enable = $feature)])*
        pub(super) fn find(found: &mut ChunkTokens, chunk: &[u8]) -> bool {
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

        $(#[target_feature(enable = $feature)])*
        pub(super) fn pairs(text: &[u8], ends: &mut Vec<u32>) -> FormTraits {
            pairs::pairs_with(text, ends, |piece| signs(piece))
        }

        $(#[target_feature(enable = $feature)])*
        pub(super) fn is_object(tokens: &Tokens<'_>, ahead: &[u8]) -> bool {
            grammar::is_object_with(tokens, ahead, |piece| planes(piece))
        }

        $(#[target_feature(enable = $feature)])*
        pub(super) fn sum(values: &[Value], tokens: &Tokens<'_>, odds: &mut Odds) -> u64 {
            let add = |sum: &mut _, part: Span<'_>, place, is_number| {
                let plain = is_plain(part, is_number);
                if plain {
                    mix(sum, part, place);
                }
                plain
            };
            total(sums::sum_with(values, tokens, odds, zero(), add))
        }

        $(#[target_feature(enable = $feature)])*
        pub(super) fn verbatim(tokens: &Tokens<'_>, but: &[(u16, u16)]) -> u64 {
            let mix = |sum: &mut _, part: Span<'_>, place| mix(sum, part, place);
            total(sums::verbatim_with(tokens, but, zero(), mix))
        }
    };
}

/// Sets all bits between two set bits, with the first and without the second: a product without carries
/// by all ones is the exclusive or of all bits up to each.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "pclmulqdq")]
pub(super) fn within(bits: u64) -> u64 {
    let product =
        _mm_clmulepi64_si128::<0>(_mm_set_epi64x(0, bits.cast_signed()), _mm_set_epi64x(0, -1));
    _mm_cvtsi128_si64(product).cast_unsigned()
}
