//! The digest by which payloads are compared: equal for equal JSON, however its members are ordered and its
//! strings and numbers are written.
//!
//! It is the sum of a hash for each scalar, and each empty object or list, with the place where it stands. A sum
//! has no order, so members need not be sorted, and the same digest comes of a tree as of text read once from front
//! to back.

use crate::{
    digest::{KEYS, digest, folded},
    json::Json,
    lifecycle::Pointer,
};

/// Where a value stands in a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MemberPlace(pub(crate) u64);

impl MemberPlace {
    /// The payload itself.
    pub(crate) const ROOT: Self = Self(0x243f_6a88_85a3_08d3);

    /// The member of this name of the object that stands here.
    pub(crate) fn member(self, name: &[u8]) -> Self {
        Self(hash(self.0, name))
    }

    /// [`Self::member`] of a name of `len` bytes, padded with zeros.
    #[cfg(feature = "fast")]
    #[inline]
    pub(crate) fn short_member(self, name: [u8; SHORT_LEN], len: usize) -> Self {
        Self(short(self.0, name, len))
    }

    /// The item of this index of the list that stands here.
    #[inline]
    pub(crate) fn item(self, index: u64) -> Self {
        Self(folded(self.0 ^ 0x1319_8a2e_0370_7344, index ^ 0xa409_3822_299f_31d0))
    }

    /// The hash of a scalar or an empty container that stands here. Strings stand as they would be printed.
    #[inline]
    pub(crate) fn leaf(self, text: &[u8]) -> u64 {
        digest(self.0, text)
    }
}

/// The digest of a payload.
#[cfg(test)]
pub(crate) fn content(payload: &Json<'_>) -> u64 {
    content_without(payload, &[])
}

/// The digest of a payload without what these pointers lead to in it.
pub(crate) fn content_without(payload: &Json<'_>, left_out: &[Pointer]) -> u64 {
    let mut text = Vec::new();
    let ways: Vec<&[Box<str>]> = left_out.iter().map(Pointer::tokens).collect();
    match payload {
        Json::Object(members) if !ways.is_empty() => {
            sum_members(MemberPlace::ROOT, members, &ways, &mut text).unwrap_or(0)
        }
        _ => sum(MemberPlace::ROOT, payload, &mut text),
    }
}

/// The sum of an object's members but for those that one of these ways leads to; `None` if there is none.
fn sum_members(
    place: MemberPlace,
    members: &[(std::borrow::Cow<'_, str>, Json<'_>)],
    left_out: &[&[Box<str>]],
    text: &mut Vec<u8>,
) -> Option<u64> {
    let mut all = None;
    for (name, value) in members {
        let ways = left_out.iter().filter_map(|way| way.split_first());
        let ways: Vec<&[Box<str>]> =
            ways.filter(|(first, _)| ***first == **name).map(|(_, rest)| rest).collect();
        if ways.iter().any(|way| way.is_empty()) {
            continue;
        }
        let place = place.member(name.as_bytes());
        let own = match value {
            Json::Object(members) if !ways.is_empty() && !members.is_empty() => {
                let sum = sum_members(place, members, &ways, text);
                sum.unwrap_or_else(|| place.leaf(b"{}"))
            }
            _ => sum(place, value, text),
        };
        all = Some(all.unwrap_or(0_u64).wrapping_add(own));
    }
    all
}

fn sum(place: MemberPlace, value: &Json<'_>, text: &mut Vec<u8>) -> u64 {
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
            quote(string, text);
            place.leaf(text)
        }
    }
}

/// Makes the text of a string as it is hashed: as it would be printed.
pub(crate) fn quote(string: &str, text: &mut Vec<u8>) {
    text.clear();
    print(string, text);
}

/// Appends a string as JSON.
#[inline]
pub(crate) fn print(string: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    print_inside(string, out);
    out.push(b'"');
}

/// Appends a string as JSON, its quotes left out.
#[inline]
pub(crate) fn print_inside(string: &str, out: &mut Vec<u8>) {
    if is_plain(string.as_bytes()) {
        return out.extend_from_slice(string.as_bytes());
    }
    let start = out.len();
    // Writing text into memory does not fail.
    let _ = serde_json::to_writer(&mut *out, string);
    out.remove(start);
    out.pop();
}

/// Whether nothing of a string need be escaped.
#[inline]
fn is_plain(string: &[u8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // The highest bit of each byte below a value, of those below 128.
    let below = |word: u64, value: u64| word.wrapping_sub(value * ONES) & !word;
    let special = |word: u64| {
        let is = |byte: u8| below(word ^ (u64::from(byte) * ONES), 1);
        (below(word, 0x20) | is(b'"') | is(b'\\')) & (0x80 * ONES)
    };
    let (words, rest) = string.as_chunks();
    let whole = words.iter().fold(0, |any, word| any | special(u64::from_le_bytes(*word)));
    let last = match string.last_chunk() {
        Some(last) if !rest.is_empty() => special(u64::from_le_bytes(*last)),
        _ => special(
            rest.iter().fold(u64::from(b'0') * ONES, |word, byte| word << 8 | u64::from(*byte)),
        ),
    };
    whole | last == 0
}

/// Whether a string of JSON is written as it would be printed, which is so if all escapes are the short ones but that
/// of the slash. It may be given with its quotes or without.
#[cfg(feature = "fast")]
pub(crate) fn is_as_printed(string: &[u8]) -> bool {
    let mut rest = string;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        match rest.get(at + 1) {
            Some(b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't') => rest = &rest[at + 2..],
            _ => return false,
        }
    }
    true
}

/// Bytes of a name taken together.
pub(crate) const SHORT_LEN: usize = 16;

/// A hash of a name and where it stands: one multiplication for 16 bytes, since most names are short.
fn hash(seed: u64, text: &[u8]) -> u64 {
    let mut seed = seed;
    let mut rest = text;
    while rest.len() > SHORT_LEN
        && let Some((block, after)) = rest.split_first_chunk()
    {
        seed = short(seed, *block, rest.len());
        rest = after;
    }
    let mut last = [0; SHORT_LEN];
    last[..rest.len()].copy_from_slice(rest);
    short(seed, last, rest.len())
}

/// The hash of up to 16 bytes, filled up with zeros.
#[inline]
fn short(seed: u64, text: [u8; SHORT_LEN], len: usize) -> u64 {
    let seed = seed ^ (len as u64).wrapping_mul(KEYS[1]);
    let both = u128::from_le_bytes(text);
    let (first, last) = (both as u64, (both >> 64) as u64);
    folded(first ^ KEYS[0], last ^ seed) ^ seed.rotate_left(29)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "fast")]
    #[test]
    fn strings_as_they_are_printed_are_known() {
        for string in ["\"\\/\u{8}\u{c}\n\r\té\u{7f}", "\\\\n", "", "\\"] {
            let mut text = Vec::new();
            quote(string, &mut text);
            assert!(is_as_printed(&text[1..text.len() - 1]), "{string}");
        }
        for other in [r"\/", r"\u0041", r"\\\/", r"\u000A", r"\"] {
            assert!(!is_as_printed(other.as_bytes()), "{other}");
        }
    }

    fn digest(text: &str) -> u64 {
        content(&serde_json::from_str(text).expect("the test is JSON"))
    }

    #[test]
    fn order_and_spelling_make_no_difference() {
        for (a, b) in [
            (r#"{"a":1,"b":{"c":[1,2]}}"#, r#"{ "b": {"c": [1, 2]}, "a": 1 }"#),
            (r#"{"a":"\u00e9\/"}"#, r#"{"a":"é/"}"#),
            (r#"{"a":"\u0022\u000a\u0001"}"#, r#"{"a":"\"\n\u0001"}"#),
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
            r#"{"a":"\\n"}"#,
            r#"{"a":"\n"}"#,
            r#"{"a":"n"}"#,
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
