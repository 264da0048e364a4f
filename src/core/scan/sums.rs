//! Digests of lines that are not built up as values: of what their values are, in whatever order and however they are
//! written, and of a text as it stands.

use super::{Span, Tokens, simd};
use crate::digest::{STRIPE, STRIPE_LEN};

/// How many values of a line may be odd.
const ODD_MAX: usize = 32;

/// A value of a line: a scalar, or an object or a list as a whole.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value {
    /// Its first token, and the one after its last.
    pub(crate) token: u16,
    pub(crate) end: u16,
    /// Where it stands in the payload.
    pub(crate) place: u64,
    /// What is longer is odd.
    len_max: u16,
    is_number: bool,
}

impl Value {
    pub(crate) fn new(kind: u8, token: usize, end: usize, place: u64) -> Self {
        Self {
            token: token as u16,
            end: end as u16,
            place,
            len_max: match kind {
                // With white space within.
                b'{' | b'[' => 2,
                // Longer ones may be printed in another way.
                b'0' => 18,
                _ => u16::MAX,
            },
            is_number: kind == b'0',
        }
    }
}

/// The sum of the [digests](crate::digest) of values. What might not stand as it is meant, such as
/// strings with escapes and fractions, is given to `odd` for its digest; `None` if there is too much of that.
pub(crate) fn sum_of(
    values: &[Value],
    tokens: &Tokens<'_>,
    mut odd: impl FnMut(&Value) -> u64,
) -> Option<u64> {
    let mut odds = Odds::default();
    let sum = simd::sum(values, tokens, &mut odds);
    odds.add_to(sum, values, &mut odd)
}

/// A digest of the text of a line as it stands there, from its first brace to its last, but for the values that begin
/// at some tokens and end before others.
#[inline]
pub(crate) fn verbatim(tokens: &Tokens<'_>, but: &[(u16, u16)]) -> u64 {
    simd::verbatim(tokens, but)
}

/// The values of a line whose digests are still to be added.
#[derive(Default)]
pub(super) struct Odds {
    values: [u16; ODD_MAX],
    /// Greater than [`ODD_MAX`] if there are too many.
    len: usize,
}

impl Odds {
    #[inline]
    fn add(&mut self, at: usize) {
        if let Some(place) = self.values.get_mut(self.len) {
            *place = at as u16;
        }
        self.len += 1;
    }

    /// Adds their digests to a sum; `None` if there are too many.
    #[inline]
    fn add_to(
        &self,
        sum: u64,
        values: &[Value],
        odd: &mut impl FnMut(&Value) -> u64,
    ) -> Option<u64> {
        let odds = self.values.get(..self.len)?.iter();
        Some(odds.fold(sum, |sum, at| sum.wrapping_add(odd(&values[usize::from(*at)]))))
    }
}

/// The work of [`sum_of`] but for the odd values, in the ways of a level: `add` adds the digest of a part at a place to a
/// sum, unless there is a backslash in it or, if it is a number, anything but digits. It is named once, so that it
/// becomes part of the loop.
#[inline(always)]
pub(super) fn sum_with<S: Copy>(
    values: &[Value],
    tokens: &Tokens<'_>,
    odds: &mut Odds,
    mut sum: S,
    add: impl Fn(&mut S, Span<'_>, u64, bool) -> bool,
) -> S {
    let text = tokens.chunk;
    for (at, value) in values.iter().enumerate() {
        let (mut start, end) = (tokens.start(value.token.into()), tokens.start(value.end.into()));
        let (before, mut place) = (sum, value.place);
        // White space after a value is no part of it.
        let mut plain = end - start <= usize::from(value.len_max) && text[end - 1] > b' ';
        while plain && start < end {
            let len = (end - start).min(STRIPE_LEN);
            plain = add(&mut sum, (text, start, len), place, value.is_number);
            (start, place) = (start + len, place.wrapping_add(STRIPE));
        }
        if !plain {
            sum = before;
            odds.add(at);
        }
    }
    sum
}

/// The work of [`verbatim`] in the ways of a level: `mix` adds the digest of a part at a place to a sum.
#[inline(always)]
pub(super) fn verbatim_with<S: Copy>(
    tokens: &Tokens<'_>,
    but: &[(u16, u16)],
    mut sum: S,
    mix: impl Fn(&mut S, Span<'_>, u64),
) -> S {
    let (mut start, mut place) = (tokens.start(0), 0_u64);
    let end = tokens.start(tokens.kinds.len() - 1) + 1;
    let start_of = |token: u16| tokens.start(token.into());
    let gaps = but.iter().map(|(first, after)| (start_of(*first), start_of(*after)));
    for (from, next) in gaps.chain([(end, end)]) {
        while from.saturating_sub(start) >= STRIPE_LEN {
            mix(&mut sum, (tokens.chunk, start, STRIPE_LEN), place);
            (start, place) = (start + STRIPE_LEN, place.wrapping_add(STRIPE));
        }
        if start < from {
            mix(&mut sum, (tokens.chunk, start, from - start), place);
            place = place.wrapping_add(STRIPE);
        }
        start = next;
    }
    sum
}
