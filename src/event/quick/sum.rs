//! The digest of a payload's content from its tokens: what [`content`](super::super::content::content) is of the tree.

use super::{is_plain_integer, wanted::skip};
use crate::{
    event::content::{Place, quote},
    lifecycle::Json,
    scan::{Pattern, Tokens, Value, sum_of},
};

/// What the digest is made of: the scalars and empty containers of a line, in the order of its tokens.
#[derive(Clone, Debug, Default)]
pub(super) struct Leaves {
    pub(super) leaves: Vec<Value>,
    open: Vec<Open>,
}

/// An object or a list that is not closed yet, and where it stands.
#[derive(Clone, Copy, Debug)]
enum Open {
    Object(Place),
    List(Place, u64),
}

impl Leaves {
    /// Finds the leaves of a line. The values at the tokens `left_out` do not count.
    pub(super) fn find(&mut self, tokens: &Tokens<'_>, left_out: &[u32]) {
        let kinds = tokens.kinds;
        self.leaves.clear();
        self.open.clear();
        self.open.push(Open::Object(Place::ROOT));
        let mut token = 1;
        while let Some(open) = self.open.last_mut() {
            let (value, place) = match (kinds[token], &mut *open) {
                (b',', _) => {
                    token += 1;
                    continue;
                }
                (b'}' | b']', _) => {
                    self.open.pop();
                    token += 1;
                    continue;
                }
                (_, Open::Object(place)) => (token + 2, member(*place, tokens, token)),
                (_, Open::List(place, index)) => {
                    *index += 1;
                    (token, place.item(*index - 1))
                }
            };
            let counts = !left_out.contains(&(value as u32));
            match (kinds[value], kinds[value + 1]) {
                (b'{', b'"') if counts => self.open.push(Open::Object(place)),
                (b'[', next) if next != b']' && counts => self.open.push(Open::List(place, 0)),
                _ => {
                    token = after(kinds, value);
                    let place = counts.then_some(place.0);
                    self.leaves.push(Value::new(kinds[value], value, token, place));
                    continue;
                }
            }
            token = value + 1;
        }
    }

    /// Whether a token is of a value that does not count.
    pub(super) fn hide(&self, token: u16) -> bool {
        let mut hidden = self.leaves.iter().filter(|leaf| !leaf.counts());
        hidden.any(|leaf| (leaf.token..leaf.end).contains(&token))
    }

    /// The digest of the line whose leaves were found.
    pub(super) fn sum(&self, tokens: &Tokens<'_>, text: &mut Vec<u8>) -> u64 {
        let sum = sum_of(&self.leaves, tokens, |leaf| leaf_digest(tokens, leaf, text));
        sum.unwrap_or_else(|| {
            let leaves = self.leaves.iter();
            leaves.fold(0, |sum, leaf| sum.wrapping_add(leaf_digest(tokens, leaf, text)))
        })
    }
}

/// The digest of a line that is like a pattern, and whether all its strings stand as they are meant.
#[inline]
pub(super) fn sum(
    pattern: &Pattern,
    tokens: &Tokens<'_>,
    text: &mut Vec<u8>,
) -> Option<(u64, bool)> {
    let mut plain = true;
    let sum = pattern.sum(tokens, |leaf| {
        plain &= tokens.kinds[usize::from(leaf.token)] != b'"' || !is_escaped(tokens, leaf);
        leaf_digest(tokens, leaf, text)
    });
    sum.map(|sum| (sum, plain))
}

fn is_escaped(tokens: &Tokens<'_>, leaf: &Value) -> bool {
    tokens.is_escaped(leaf.token.into())
}

#[inline(never)]
fn leaf_digest(tokens: &Tokens<'_>, leaf: &Value, text: &mut Vec<u8>) -> u64 {
    if !leaf.counts() {
        return 0;
    }
    let value = tokens.span(leaf.token.into(), usize::from(leaf.end) - 1);
    let plain = match tokens.kinds[usize::from(leaf.token)] {
        b'"' => !is_escaped(tokens, leaf),
        b'0' => is_plain_number(value),
        b'{' | b'[' => value.len() == 2,
        _ => true,
    };
    match plain {
        true => Place(leaf.place).leaf(value),
        false => Place(leaf.place).leaf(spelled(tokens, leaf.token.into(), text)),
    }
}

fn member(place: Place, tokens: &Tokens<'_>, name: usize) -> Place {
    match tokens.is_escaped(name) {
        true => place.member(unescaped(tokens, name).as_bytes()),
        false => place.member(tokens.string(name)),
    }
}

fn after(kinds: &[u8], value: usize) -> usize {
    let mut token = value;
    skip(kinds, &mut token);
    token
}

/// A leaf as it is hashed, where it does not stand so in the line.
fn spelled<'t>(tokens: &Tokens<'_>, value: usize, text: &'t mut Vec<u8>) -> &'t [u8] {
    match tokens.kinds[value] {
        b'"' => quote(unescaped(tokens, value).as_bytes(), text),
        b'{' => text.splice(.., *b"{}").for_each(drop),
        b'[' => text.splice(.., *b"[]").for_each(drop),
        _ => {
            let read: Option<Json<'_>> = serde_json::from_slice(tokens.text(value)).ok();
            text.splice(.., read.unwrap_or(Json::Null).to_string().into_bytes()).for_each(drop);
        }
    }
    text
}

fn unescaped(tokens: &Tokens<'_>, token: usize) -> String {
    // The scanner has proven it to be a string.
    serde_json::from_slice(tokens.text(token)).unwrap_or_default()
}

/// Whether a number would be printed as it stands there: an integer of up to 18 digits, or a fraction of up to 15
/// whose last digit is not zero.
fn is_plain_number(text: &[u8]) -> bool {
    if is_plain_integer(text) {
        return true;
    }
    let Some(dot) = memchr::memchr(b'.', text) else { return false };
    let (whole, fraction) = (&text[..dot], &text[dot + 1..]);
    text.len() <= 16
        && whole.iter().chain(fraction).all(u8::is_ascii_digit)
        && !(whole == b"0" && fraction.starts_with(b"000"))
        && !fraction.ends_with(b"0")
}
