//! The digest of a payload's content from its tokens: what [`content`](super::super::content::content) is of the tree.

use super::{is_plain_integer, wanted::skip};
use crate::{
    event::content::{Place, quote},
    lifecycle::Json,
    scan::Tokens,
};

/// What the digest is made of: the scalars and empty containers of a line, in the order of its tokens.
#[derive(Clone, Debug, Default)]
pub(super) struct Leaves {
    leaves: Vec<Leaf>,
    open: Vec<Open>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Leaf {
    /// Its first token, and the one after its last.
    token: u32,
    end: u32,
    /// Where it stands; `None`: it does not count.
    place: Option<Place>,
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
                    let place = counts.then_some(place);
                    self.leaves.push(Leaf { token: value as u32, end: token as u32, place });
                    continue;
                }
            }
            token = value + 1;
        }
    }

    /// The digest of the line whose leaves were found.
    pub(super) fn sum(&self, tokens: &Tokens<'_>, text: &mut Vec<u8>) -> u64 {
        let leaves = self.leaves.iter();
        leaves.fold(0, |sum, leaf| {
            let value = tokens.span(leaf.token as usize, leaf.end as usize - 1);
            sum.wrapping_add(leaf.hash(tokens, value, true, text))
        })
    }
}

impl Leaf {
    #[inline]
    fn hash(&self, tokens: &Tokens<'_>, value: &[u8], escapes: bool, text: &mut Vec<u8>) -> u64 {
        let Some(place) = self.place else { return 0 };
        let plain = match tokens.kinds[self.token as usize] {
            b'"' => !escapes || memchr::memchr(b'\\', value).is_none(),
            b'0' => is_plain_number(value),
            b'{' | b'[' => value.len() == 2,
            _ => true,
        };
        match plain {
            true => place.leaf(value),
            false => place.leaf(spelled(tokens, self.token as usize, text)),
        }
    }
}

/// A line as it stands, but for its values: all lines alike have the same names in the same places and no white space.
#[derive(Clone, Debug)]
pub(super) struct Template {
    /// The text before each leaf, from the end of the one before it, and after the last.
    gaps: Box<[u8]>,
    /// By leaf: where the gap before it ends.
    ends: Box<[u32]>,
    leaves: Box<[Leaf]>,
}

impl Template {
    /// The template of a line whose leaves are these; `None` if there is white space in it.
    pub(super) fn new(tokens: &Tokens<'_>, leaves: &Leaves) -> Option<Self> {
        let (mut gaps, mut ends) = (Vec::new(), Vec::new());
        let mut from = tokens.start(0);
        for leaf in &leaves.leaves {
            gaps.extend_from_slice(tokens.between(from, tokens.start(leaf.token as usize)));
            ends.push(gaps.len() as u32);
            from = tokens.start(leaf.end as usize);
        }
        gaps.extend_from_slice(tokens.between(from, tokens.start(tokens.kinds.len() - 1) + 1));
        let white = gaps.iter().any(|byte| *byte <= b' ') || gaps.contains(&b'\\');
        (!white).then(|| Self {
            gaps: gaps.into(),
            ends: ends.into(),
            leaves: leaves.leaves.clone().into(),
        })
    }

    /// The digest of a line of the same kinds, if it is like this.
    pub(super) fn sum(&self, tokens: &Tokens<'_>, text: &mut Vec<u8>) -> Option<u64> {
        let (mut sum, mut gap, mut from) = (0_u64, 0, tokens.start(0));
        let escapes = self.has_escapes(tokens);
        for (leaf, end) in self.leaves.iter().zip(&self.ends) {
            let (start, end) = (tokens.start(leaf.token as usize), *end as usize);
            if !same(tokens.between(from, start), &self.gaps[gap..end]) {
                return None;
            }
            (gap, from) = (end, tokens.start(leaf.end as usize));
            let value = tokens.between(start, from);
            if value.last().is_none_or(|last| *last <= b' ') {
                return None;
            }
            sum = sum.wrapping_add(leaf.hash(tokens, value, escapes, text));
        }
        let last = tokens.between(from, tokens.start(tokens.kinds.len() - 1) + 1);
        same(last, &self.gaps[gap..]).then_some(sum)
    }

    /// Whether some string has an escape, aside from what does not count.
    fn has_escapes(&self, tokens: &Tokens<'_>) -> bool {
        let has = |from, to| memchr::memchr(b'\\', tokens.between(from, to)).is_some();
        let mut from = tokens.start(0);
        for leaf in self.leaves.iter().filter(|leaf| leaf.place.is_none()) {
            if has(from, tokens.start(leaf.token as usize)) {
                return true;
            }
            from = tokens.start(leaf.end as usize);
        }
        has(from, tokens.start(tokens.kinds.len() - 1))
    }
}

/// Whether two texts are the same; most are shorter than the call of a function that compares them takes.
#[inline]
fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    match a.len() {
        0 => true,
        8..=16 => a.first_chunk::<8>() == b.first_chunk() && a.last_chunk::<8>() == b.last_chunk(),
        17..=32 => {
            a.first_chunk::<16>() == b.first_chunk() && a.last_chunk::<16>() == b.last_chunk()
        }
        4..=7 => a.first_chunk::<4>() == b.first_chunk() && a.last_chunk::<4>() == b.last_chunk(),
        _ => a == b,
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
