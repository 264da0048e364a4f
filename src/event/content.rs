//! The digest by which payloads are compared: equal for equal JSON, however its members are ordered and its
//! strings and numbers are written.
//!
//! It is the sum of a hash for each scalar, and each empty object or list, with the place where it stands. A sum
//! has no order, so members need not be sorted, and the same digest comes of a tree as of text read once from front
//! to back.

use crate::{digest::digest, lifecycle::Json};

/// Where a value stands in a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(pub(crate) u64);

impl Place {
    /// The payload itself.
    pub(crate) const ROOT: Self = Self(0x243f_6a88_85a3_08d3);

    /// The member of this name of the object that stands here.
    #[inline]
    pub(crate) fn member(self, name: &[u8]) -> Self {
        Self(hash(self.0, name))
    }

    /// The item of this index of the list that stands here.
    #[inline]
    pub(crate) fn item(self, index: u64) -> Self {
        Self(folded(self.0 ^ 0x1319_8a2e_0370_7344, index ^ 0xa409_3822_299f_31d0))
    }

    /// The hash of a scalar or an empty container that stands here. Strings have their quotes but no escapes.
    #[inline]
    pub(crate) fn leaf(self, text: &[u8]) -> u64 {
        digest(self.0, text)
    }
}

/// The digest of a payload.
pub(crate) fn content(payload: &Json<'_>) -> u64 {
    let mut text = Vec::new();
    sum(Place::ROOT, payload, &mut text)
}

fn sum(place: Place, value: &Json<'_>, text: &mut Vec<u8>) -> u64 {
    match value {
        Json::Object(members) if !members.is_empty() => {
            let member = |sum: u64, (name, value): &(_, _)| {
                let name: &std::borrow::Cow<'_, str> = name;
                sum.wrapping_add(self::sum(place.member(name.as_bytes()), value, text))
            };
            members.iter().fold(0, member)
        }
        Json::Array(items) if !items.is_empty() => {
            let item = |sum: u64, (index, value)| {
                sum.wrapping_add(self::sum(place.item(index), value, text))
            };
            (0..).zip(items).fold(0, item)
        }
        Json::Object(_) => place.leaf(b"{}"),
        Json::Array(_) => place.leaf(b"[]"),
        Json::Null => place.leaf(b"null"),
        Json::Bool(true) => place.leaf(b"true"),
        Json::Bool(false) => place.leaf(b"false"),
        Json::Number(number) => place.leaf(number.to_string().as_bytes()),
        Json::String(string) => {
            quote(string.as_bytes(), text);
            place.leaf(text)
        }
    }
}

/// Makes the text of a string as it is hashed.
pub(crate) fn quote(string: &[u8], text: &mut Vec<u8>) {
    text.clear();
    text.push(b'"');
    text.extend_from_slice(string);
    text.push(b'"');
}

/// A hash of a name and where it stands: one multiplication for 16 bytes, since most names are short.
#[inline]
fn hash(seed: u64, text: &[u8]) -> u64 {
    const KEY: u64 = 0x9e37_79b9_7f4a_7c15;
    let len = text.len() as u64;
    let mut seed = seed ^ len.wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
    let (first, last) = match text {
        [a, b, c, d, ..] if text.len() < 8 => {
            let last = text.last_chunk().map_or(0, |last| u32::from_le_bytes(*last));
            (u32::from_le_bytes([*a, *b, *c, *d]).into(), last.into())
        }
        [] => (0, 0),
        [first, .., last] if text.len() < 4 => {
            let middle = text[text.len() / 2];
            (u64::from(*first) << 16 | u64::from(middle) << 8 | u64::from(*last), 0)
        }
        [only] => (u64::from(*only), 1),
        _ => {
            let (pairs, _) = text.as_chunks::<16>();
            for pair in pairs.iter().take((text.len() - 1) / 16) {
                let (first, last) = words(pair);
                seed = folded(first ^ KEY, last ^ seed);
            }
            let first = text[(text.len() - 1) / 16 * 16..].first_chunk();
            let last = text.last_chunk().map_or(0, |last| u64::from_le_bytes(*last));
            (first.map_or(0, |first| u64::from_le_bytes(*first)), last)
        }
    };
    folded(first ^ KEY, last ^ seed) ^ seed.rotate_left(29)
}

#[inline]
fn words(pair: &[u8; 16]) -> (u64, u64) {
    let both = u128::from_le_bytes(*pair);
    (both as u64, (both >> 64) as u64)
}

/// Both halves of a product.
#[inline]
fn folded(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(text: &str) -> u64 {
        content(&serde_json::from_str(text).expect("the test is JSON"))
    }

    #[test]
    fn order_and_spelling_make_no_difference() {
        for (a, b) in [
            (r#"{"a":1,"b":{"c":[1,2]}}"#, r#"{ "b": {"c": [1, 2]}, "a": 1 }"#),
            (r#"{"a":"\u00e9\/"}"#, r#"{"a":"é/"}"#),
            (r#"{"a":1.50,"b":[]}"#, r#"{"b":[ ],"a":1.5}"#),
        ] {
            assert_eq!(digest(a), digest(b), "{a} {b}");
        }
    }

    #[test]
    fn every_difference_counts() {
        let all = [
            "{}",
            "[]",
            r#"{"a":1}"#,
            r#"{"a":"1"}"#,
            r#"{"b":1}"#,
            r#"{"a":[1]}"#,
            r#"{"a":{}}"#,
            r#"{"a":[]}"#,
            r#"{"a":null}"#,
            r#"{"a":[1,2]}"#,
            r#"{"a":[2,1]}"#,
            r#"{"a":{"b":1}}"#,
            r#"{"a":{"b":1},"c":{}}"#,
            r#"{"a":{},"c":{"b":1}}"#,
            r#"{"a":[[1],[]]}"#,
            r#"{"a":[[],[1]]}"#,
            r#"{"a":1,"a":1}"#,
        ];
        let mut digests: Vec<u64> = all.iter().map(|text| digest(text)).collect();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), all.len());
    }
}
