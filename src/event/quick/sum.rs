//! The digest of a payload's content, from its tokens: what [`content`](super::super::content::content) is of the tree.

use super::{is_plain_integer, wanted::skip};
use crate::{
    event::content::{Place, write_name, write_string},
    lifecycle::Json,
    scan::Tokens,
};

/// How many members may be left out.
pub(super) const ATTEMPTS_MAX: usize = 4;

/// The digest of a line, the members whose values are at these tokens left out.
pub(super) fn content(
    tokens: &Tokens<'_>,
    without: impl Iterator<Item = usize>,
    text: &mut Vec<u8>,
) -> u64 {
    let mut left_out = [0; ATTEMPTS_MAX];
    for (at, token) in left_out.iter_mut().zip(without) {
        *at = token;
    }
    left_out.sort_unstable();
    let escapes = has_escapes(tokens, &left_out);
    let mut sum = Sum { tokens, sum: 0, text, escapes, left_out };
    sum.object(Place::ROOT, &mut 0);
    sum.sum
}

/// Whether some string has an escape, aside from what is left out.
fn has_escapes(tokens: &Tokens<'_>, left_out: &[usize]) -> bool {
    let kinds = tokens.kinds;
    let has = |from: usize, to: usize| memchr::memchr(b'\\', tokens.span(from, to)).is_some();
    let mut from = 0;
    for &value in left_out.iter().filter(|value| **value > 0) {
        if has(from, value - 1) {
            return true;
        }
        from = value;
        skip(kinds, &mut from);
    }
    has(from, kinds.len() - 1)
}

struct Sum<'a, 't> {
    tokens: &'a Tokens<'a>,
    sum: u64,
    text: &'t mut Vec<u8>,
    /// Some string of what counts is escaped.
    escapes: bool,
    /// Values that do not count; 0 is none.
    left_out: [usize; ATTEMPTS_MAX],
}

impl Sum<'_, '_> {
    /// Adds the members of the object whose brace `token` is at, and leaves it behind the end.
    fn object(&mut self, place: Place, token: &mut usize) {
        let kinds = self.tokens.kinds;
        *token += 1;
        while kinds[*token] == b'"' {
            let (name, value) = (*token, *token + 2);
            *token = value;
            if self.left_out.contains(&value) {
                skip(kinds, token);
            } else {
                match (kinds[value], kinds[value + 1]) {
                    (b'{', b'"') => {
                        let within = self.within(place, name);
                        self.object(within, token);
                    }
                    (b'[', next) if next != b']' => {
                        let within = self.within(place, name);
                        self.list(within, token);
                    }
                    _ => {
                        skip(kinds, token);
                        self.leaf(place, Some(name), value, *token - 1);
                    }
                }
            }
            if kinds[*token] == b',' {
                *token += 1;
            }
        }
        *token += 1;
    }

    fn list(&mut self, place: Place, token: &mut usize) {
        let kinds = self.tokens.kinds;
        *token += 1;
        let mut index = 0;
        while kinds[*token] != b']' {
            let value = *token;
            let within = place.item(index);
            match (kinds[value], kinds[value + 1]) {
                (b'{', b'"') => self.object(within, token),
                (b'[', next) if next != b']' => self.list(within, token),
                _ => {
                    skip(kinds, token);
                    self.leaf(within, None, value, *token - 1);
                }
            }
            if kinds[*token] == b',' {
                *token += 1;
            }
            index += 1;
        }
        *token += 1;
    }

    /// The place within the member of this name.
    fn within(&mut self, place: Place, name: usize) -> Place {
        if self.escapes && self.tokens.is_escaped(name) {
            return place.member(self.unescaped(name).as_bytes());
        }
        place.member(self.tokens.string(name))
    }

    /// Adds a scalar or an empty container.
    fn leaf(&mut self, place: Place, name: Option<usize>, value: usize, last: usize) {
        let tokens = self.tokens;
        let text = tokens.span(name.unwrap_or(value), last);
        let kind = tokens.kinds[value];
        let plain = match kind {
            b'"' => !self.escapes || !tokens.is_escaped(value),
            b'0' => is_plain_number(tokens.text(value)),
            _ => true,
        };
        let named = name.is_none_or(|name| {
            let len = tokens.text(name).len() + 1 + tokens.span(value, last).len();
            len == text.len() && (!self.escapes || !tokens.is_escaped(name))
        });
        if plain && named && !matches!(kind, b'{' | b'[') {
            self.sum = self.sum.wrapping_add(place.leaf(text));
            return;
        }
        let mut own = std::mem::take(self.text);
        own.clear();
        if let Some(name) = name {
            write_name(self.unescaped(name).as_bytes(), &mut own);
        }
        match kind {
            b'"' => write_string(self.unescaped(value).as_bytes(), &mut own),
            b'{' => own.extend_from_slice(b"{}"),
            b'[' => own.extend_from_slice(b"[]"),
            _ => {
                let read: Option<Json<'_>> = serde_json::from_slice(tokens.text(value)).ok();
                own.extend_from_slice(read.unwrap_or(Json::Null).to_string().as_bytes());
            }
        }
        self.sum = self.sum.wrapping_add(place.leaf(&own));
        *self.text = own;
    }

    fn unescaped(&self, token: usize) -> String {
        // The scanner has proven it to be a string.
        serde_json::from_slice(self.tokens.text(token)).unwrap_or_default()
    }
}

/// Whether a number would be printed as it stands there: an integer of up to 18 digits, or a fraction of up to 15
/// whose last digit is not zero.
fn is_plain_number(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    match text.split_once('.') {
        None => is_plain_integer(text),
        Some((whole, fraction)) => {
            text.len() <= 16
                && !whole.starts_with('-')
                && whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit())
                && !(whole == "0" && fraction.starts_with("000"))
                && !fraction.ends_with('0')
        }
    }
}
