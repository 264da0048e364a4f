//! The digest by which payloads are compared: equal for equal JSON, however its members are ordered and its
//! strings and numbers are written.
//!
//! It is the sum of a hash for each scalar, and each empty object or list, with its name and where it stands. A sum
//! has no order, so members need not be sorted, and the same digest comes of a tree as of text read once from front
//! to back.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::lifecycle::Json;

/// Where a value stands in a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(u64);

impl Place {
    /// The payload itself.
    pub(crate) const ROOT: Self = Self(0);

    /// Within the member of this name of the object that stands here.
    pub(crate) fn member(self, name: &[u8]) -> Self {
        Self(xxh3_64_with_seed(name, self.0 ^ 0x9e37_79b9_7f4a_7c15))
    }

    /// Within the item of this index of the list that stands here.
    pub(crate) fn item(self, index: u64) -> Self {
        Self((self.0 ^ index).wrapping_mul(0xd6e8_feb8_6659_fd93).rotate_left(23) ^ index)
    }

    /// The hash of a scalar or an empty container that stands here: a member as `"name":value`, an item as `value`.
    /// Strings have their quotes but no escapes.
    pub(crate) fn leaf(self, text: &[u8]) -> u64 {
        xxh3_64_with_seed(text, self.0)
    }
}

/// The digest of a payload.
pub(crate) fn content(payload: &Json<'_>) -> u64 {
    Digest { sum: 0, text: Vec::new() }.value(Place::ROOT, payload)
}

/// Writes the text before a value: the name of its member.
pub(crate) fn write_name(name: &[u8], text: &mut Vec<u8>) {
    text.push(b'"');
    text.extend_from_slice(name);
    text.extend_from_slice(b"\":");
}

/// Writes a string as it is hashed.
pub(crate) fn write_string(string: &[u8], text: &mut Vec<u8>) {
    text.push(b'"');
    text.extend_from_slice(string);
    text.push(b'"');
}

struct Digest {
    sum: u64,
    text: Vec<u8>,
}

impl Digest {
    fn value(mut self, place: Place, value: &Json<'_>) -> u64 {
        self.text.clear();
        self.add(place, place, value);
        self.sum
    }

    /// Adds a value that stands at `place`, whose contents stand `within`; the text so far is its name.
    fn add(&mut self, place: Place, within: Place, value: &Json<'_>) {
        match value {
            Json::Object(members) if !members.is_empty() => {
                for (name, value) in members {
                    self.text.clear();
                    write_name(name.as_bytes(), &mut self.text);
                    let inside = match value {
                        Json::Object(_) | Json::Array(_) => within.member(name.as_bytes()),
                        _ => within,
                    };
                    self.add(within, inside, value);
                }
            }
            Json::Array(items) if !items.is_empty() => {
                for (index, value) in (0..).zip(items) {
                    self.text.clear();
                    let item = within.item(index);
                    self.add(item, item, value);
                }
            }
            leaf => {
                match leaf {
                    Json::Object(_) => self.text.extend_from_slice(b"{}"),
                    Json::Array(_) => self.text.extend_from_slice(b"[]"),
                    Json::Null => self.text.extend_from_slice(b"null"),
                    Json::Bool(value) => self.text.extend_from_slice(value.to_string().as_bytes()),
                    Json::Number(number) => {
                        self.text.extend_from_slice(number.to_string().as_bytes());
                    }
                    Json::String(text) => write_string(text.as_bytes(), &mut self.text),
                }
                self.sum = self.sum.wrapping_add(place.leaf(&self.text));
            }
        }
    }
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
