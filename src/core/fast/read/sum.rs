//! One walk over the tokens of a line: finds what is wanted, and if need be what the digest of the content is made of,
//! which is the same as [`content_without`](crate::event::content::content_without) of the tree.

use super::{
    value::{is_plain_integer, unescaped},
    wanted::{SeenBits, Wanted, WantedNode},
};
use crate::{
    event::content::{MemberPlace, SHORT_LEN, is_as_printed, quote},
    json::Json,
    scan::{Tokens, Value, sum_of},
};

/// What was found in a line.
#[derive(Clone, Debug, Default)]
pub(super) struct Leaves {
    /// What the digest is made of: the scalars and empty containers, in the order of their tokens.
    pub(super) leaves: Vec<Value>,
    /// The tokens of all names.
    pub(super) names: Vec<u16>,
    open: Vec<Open>,
}

/// An object or a list that is not closed yet.
#[derive(Clone, Copy, Debug)]
struct Open {
    place: MemberPlace,
    /// How many items of a list were met.
    items: Option<u64>,
    /// What is wanted of it.
    node: Option<WantedNode>,
    /// Which of that were met.
    met: SeenBits,
}

impl Open {
    fn object(place: MemberPlace, node: Option<WantedNode>) -> Self {
        Self { place, items: None, node, met: SeenBits::default() }
    }

    fn list(place: MemberPlace, node: Option<WantedNode>) -> Self {
        Self { items: Some(0), ..Self::object(place, node) }
    }
}

impl Leaves {
    /// Finds the leaves of a line, and what [`Wanted::find`] finds.
    pub(super) fn find(&mut self, tokens: &Tokens<'_>, wanted: &Wanted, at: &mut Vec<u16>) -> bool {
        let kinds = tokens.kinds;
        self.leaves.clear();
        self.names.clear();
        self.open.clear();
        at.clear();
        at.resize(wanted.len(), 0);
        let mut open = Open::object(MemberPlace::ROOT, Some(Wanted::ROOT));
        let mut token = 1;
        loop {
            while is_closing(kinds[token]) {
                let Some(outer) = self.open.pop() else { return true };
                open = outer;
                token += 1;
                token += usize::from(kinds[token] == b',');
            }
            let (value, place, node) = match &mut open.items {
                Some(items) => {
                    let index = *items;
                    *items += 1;
                    let node = open.node.map_or(Some(None), |node| wanted.item(node, index));
                    let Some(node) = node else { return false };
                    (token, open.place.item(index), node)
                }
                None => {
                    let Some((place, node)) = member(&mut open, tokens, token, wanted) else {
                        return false;
                    };
                    self.names.push(token as u16);
                    (token + 2, place, node)
                }
            };
            if let Some(slot) = node.and_then(|node| wanted.slot_at(node)) {
                at[slot] = value as u16;
            }
            let inner = match (kinds[value], kinds[value + 1]) {
                (b'{', b'"') => Open::object(place, node),
                (b'[', next) if next != b']' => Open::list(place, node),
                (kind, _) => {
                    token = value + if is_opening(kind) { 2 } else { 1 };
                    self.leaves.push(Value::new(kind, value, token, place.0));
                    token += usize::from(kinds[token] == b',');
                    continue;
                }
            };
            self.open.push(std::mem::replace(&mut open, inner));
            token = value + 1;
        }
    }

    /// Leaves the values from some tokens to others out.
    pub(super) fn leave_out(&mut self, left_out: &[(u16, u16)]) {
        self.leaves.retain(|leaf| {
            left_out.iter().all(|(first, end)| !(*first..*end).contains(&leaf.token))
        });
    }
}

/// The digest of a line with these leaves.
pub(super) fn sum(leaves: &[Value], tokens: &Tokens<'_>, text: &mut Vec<u8>) -> u64 {
    let sum = sum_of(leaves, tokens, |leaf| leaf_digest(tokens, leaf, text));
    sum.unwrap_or_else(|| {
        leaves.iter().fold(0, |sum, leaf| sum.wrapping_add(leaf_digest(tokens, leaf, text)))
    })
}

#[inline(never)]
fn leaf_digest(tokens: &Tokens<'_>, leaf: &Value, text: &mut Vec<u8>) -> u64 {
    let value = tokens.span(leaf.token.into(), usize::from(leaf.end) - 1);
    let plain = match tokens.kinds[usize::from(leaf.token)] {
        b'"' => is_as_printed(value),
        b'0' => is_plain_number(value),
        b'{' | b'[' => value.len() == 2,
        _ => true,
    };
    match plain {
        true => MemberPlace(leaf.place).leaf(value),
        false => MemberPlace(leaf.place).leaf(spelled(tokens, leaf.token.into(), text)),
    }
}

/// The place of the member whose name is at this token, and what is wanted there; `None` if the name may be a wanted
/// one that is escaped or repeated.
#[inline]
fn member(
    open: &mut Open,
    tokens: &Tokens<'_>,
    name: usize,
    wanted: &Wanted,
) -> Option<(MemberPlace, Option<WantedNode>)> {
    if tokens.is_escaped(name) {
        let place = || (open.place.member(unescaped(tokens, name).as_bytes()), None);
        return open.node.is_none().then(place);
    }
    let (name, first) = tokens.string_and_first(name);
    let place = match name.len() <= SHORT_LEN {
        true => open.place.short_member(first, name.len()),
        false => open.place.member(name),
    };
    match open.node {
        // Within an item of a list the place is another than that of the pointer's names.
        Some(node) if wanted.place(node) != open.place => {
            Some((place, wanted.named(node, name, first, &mut open.met)?))
        }
        Some(node) => Some((place, wanted.child(node, place, name, &mut open.met)?)),
        None => Some((place, None)),
    }
}

fn is_closing(kind: u8) -> bool {
    matches!(kind, b'}' | b']')
}

fn is_opening(kind: u8) -> bool {
    matches!(kind, b'{' | b'[')
}

/// A leaf as it is hashed, where it does not stand so in the line.
fn spelled<'t>(tokens: &Tokens<'_>, value: usize, text: &'t mut Vec<u8>) -> &'t [u8] {
    match tokens.kinds[value] {
        b'"' => quote(&unescaped(tokens, value), text),
        b'{' => text.splice(.., *b"{}").for_each(drop),
        b'[' => text.splice(.., *b"[]").for_each(drop),
        _ => {
            let read: Option<Json<'_>> = serde_json::from_slice(tokens.text(value)).ok();
            text.splice(.., read.unwrap_or(Json::Null).to_string().into_bytes()).for_each(drop);
        }
    }
    text
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
