//! What lines that are alike have in common: everything but their values. A line is held against a pattern in one go,
//! in which the digests of its values are added up.

use super::{Tokens, simd};
use crate::digest::{STRIPE, STRIPE_LEN};

/// How many values of a line may be odd.
const ODD_MAX: usize = 32;

/// Everything of a line but its values: names, structure, white space.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    /// The text before each value, from the end of the one before it, and after the last; then a stripe of nothing.
    gaps: Vec<u8>,
    /// Closed by one for the end of the line, which does not count.
    values: Vec<Value>,
}

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
    how: How,
    /// How long the text before it is, in bytes.
    gap: u8,
}

/// How a value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Not,
    AsText,
    AsNumber,
}

impl Value {
    pub(crate) fn new(kind: u8, token: usize, end: usize, place: Option<u64>) -> Self {
        Self {
            token: token as u16,
            end: end as u16,
            place: place.unwrap_or_default(),
            len_max: match kind {
                // With white space within.
                b'{' | b'[' => 2,
                // Longer ones may be printed in another way.
                b'0' => 18,
                _ => u16::MAX,
            },
            how: match kind {
                _ if place.is_none() => How::Not,
                b'0' => How::AsNumber,
                _ => How::AsText,
            },
            gap: 0,
        }
    }

    /// Whether it is part of the sum.
    pub(crate) fn counts(&self) -> bool {
        self.how != How::Not
    }
}

impl Pattern {
    /// The pattern of a line with these values, in their order, all scalars and empty objects and lists among them;
    /// `None` if a name is escaped.
    pub(crate) fn new(tokens: &Tokens<'_>, values: &[Value]) -> Option<Self> {
        let mut pattern = Self { gaps: Vec::new(), values: Vec::new() };
        let mut token = 0;
        let end = Value::new(b'\n', tokens.kinds.len(), tokens.kinds.len(), None);
        for value in values.iter().chain([&end]) {
            let mut from = tokens.start(token);
            // A gap longer than a stripe is cut before tokens, by values of no length.
            while tokens.start(value.token.into()) - from > STRIPE_LEN {
                let cut = |token: &usize| tokens.start(*token) - from > STRIPE_LEN;
                let next = (token..).find(cut)? - 1;
                if tokens.start(next) == from {
                    return None;
                }
                pattern.add(tokens, from, Value::new(b'\n', next, next, None));
                (token, from) = (next, tokens.start(next));
            }
            pattern.add(tokens, from, *value);
            token = value.end.into();
        }
        let escaped = pattern.gaps.contains(&b'\\');
        pattern.gaps.extend([0; STRIPE_LEN]);
        (!escaped).then_some(pattern)
    }

    fn add(&mut self, tokens: &Tokens<'_>, from: usize, value: Value) {
        let gap = tokens.between(from, tokens.start(value.token.into()));
        self.gaps.extend_from_slice(gap);
        self.values.push(Value { gap: gap.len() as u8, ..value });
    }

    /// The sum of the [digests](crate::digest) of the values that count, if a line of the same kinds is like this.
    /// What might not stand as it is meant, such as strings with escapes and fractions, is given to `odd` for its
    /// digest.
    #[inline]
    pub(crate) fn sum(
        &self,
        tokens: &Tokens<'_>,
        mut odd: impl FnMut(&Value) -> u64,
    ) -> Option<u64> {
        let mut odds = Odds::default();
        let sum = simd::sum::<true>(&self.gaps, &self.values, tokens, &mut odds)?;
        odds.add_to(sum, &self.values, &mut odd)
    }
}

/// [`Pattern::sum`] of a line with these values that need not be like any other; `None` if too many of them are odd.
pub(crate) fn sum_of(
    values: &[Value],
    tokens: &Tokens<'_>,
    mut odd: impl FnMut(&Value) -> u64,
) -> Option<u64> {
    let mut odds = Odds::default();
    let sum = simd::sum::<false>(&[], values, tokens, &mut odds)?;
    odds.add_to(sum, values, &mut odd)
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

/// A part of a text that is not longer than a stripe: so many bytes from a place on.
pub(super) type Part<'a> = (&'a [u8], usize, usize);

/// The work of [`Pattern::sum`] but for the odd values, in the ways of a level: `same` tells whether parts of the same
/// length are equal, unless lines need not be `ALIKE`; `add` adds the digest of a part at a place to a sum, unless there is a backslash in it or, if it
/// is a number, anything but digits. Each is named once, so that it becomes part of the loop.
#[inline(always)]
pub(super) fn sum_with<const ALIKE: bool, S: Copy>(
    gaps: &[u8],
    values: &[Value],
    tokens: &Tokens<'_>,
    odds: &mut Odds,
    mut sum: S,
    same: impl Fn(Part<'_>, Part<'_>) -> bool,
    add: impl Fn(&mut S, Part<'_>, u64, bool) -> bool,
) -> Option<S> {
    let text = tokens.chunk;
    let (mut gap, mut from) = (0, tokens.start(0));
    for (at, value) in values.iter().enumerate() {
        let start = tokens.start(value.token.into());
        let len = usize::from(value.gap);
        if ALIKE && (start - from != len || !same((text, from, len), (gaps, gap, len))) {
            return None;
        }
        (gap, from) = (gap + len, tokens.start(value.end.into()));
        if value.how == How::Not {
            continue;
        }
        let (before, mut start, mut place) = (sum, start, value.place);
        // White space after a value is no part of it.
        let mut plain = from - start <= usize::from(value.len_max) && text[from - 1] > b' ';
        while plain && start < from {
            let len = (from - start).min(STRIPE_LEN);
            plain = add(&mut sum, (text, start, len), place, value.how == How::AsNumber);
            (start, place) = (start + len, place.wrapping_add(STRIPE));
        }
        if !plain {
            sum = before;
            odds.add(at);
        }
    }
    Some(sum)
}
