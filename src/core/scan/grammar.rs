//! Whether a line's tokens are in an order that JSON allows: 64 tokens at a time by masks, only brackets
//! one by one.

use super::{
    Tokens,
    piece::{Block64, PIECE_LEN},
};

/// The longest number that is read.
const NUMBER_LEN_MAX: usize = 64;

/// One bit of each of 64 kinds, the first kind lowest. These five tell all kinds apart.
pub(super) struct Planes {
    pub(super) bit_0: u64,
    pub(super) bit_1: u64,
    pub(super) bit_3: u64,
    pub(super) bit_5: u64,
    pub(super) bit_7: u64,
}

/// Which of 64 tokens are what.
struct TokenMasks {
    string: u64,
    primitive: u64,
    colon: u64,
    comma: u64,
    open: u64,
    close: u64,
    /// Among brackets the braces, among others nothing.
    brace: u64,
    /// No token of JSON begins so.
    none: u64,
}

impl TokenMasks {
    #[inline(always)]
    fn new(planes: &Planes, there: u64) -> Self {
        let Planes { bit_0, bit_1, bit_3, bit_5, bit_7 } = planes;
        let (bracket, other) = (bit_0 & there, !(bit_0 | bit_7) & there);
        Self {
            string: other & bit_1 & !bit_3,
            primitive: other & !(bit_1 | bit_3),
            colon: other & bit_1 & bit_3,
            comma: other & !bit_1 & bit_3,
            open: bracket & bit_1,
            close: bracket & !bit_1,
            brace: bracket & bit_5,
            none: bit_7 & there,
        }
    }
}

/// Which of the two tokens before 64 tokens were what: bit 63 is the last.
#[derive(Default)]
struct Before {
    /// What may end a value: a string, also one that is a name, a number, a literal, a closing bracket.
    value: u64,
    /// What a value or a name may follow: a colon, a comma, an opening bracket.
    lead: u64,
    string: u64,
    open: u64,
    open_brace: u64,
    /// Commas of objects.
    member: u64,
}

/// The open brackets: the lowest bit is the innermost, 1 for a brace; a 1 lies below them all.
struct Stack {
    open: u64,
    /// All that it ever was, so that one that became too deep shows.
    all: u64,
    wrong: u64,
}

/// Whether tokens are one object, numbers and literals included. `ahead` begins with their kinds, and at
/// least a piece can be read from each; `look` makes the planes of a piece.
#[inline(always)]
pub(super) fn is_object_with(
    tokens: &Tokens<'_>,
    ahead: &[u8],
    look: impl Fn(&Block64) -> Planes,
) -> bool {
    let len = tokens.kinds.len();
    if len < 2 || ahead[0] != b'{' || ahead[len - 1] != b'}' {
        return false;
    }
    let mut stack = Stack { open: 1, all: 0, wrong: 0 };
    let mut before = Before { lead: 1 << 63, ..Before::default() };
    let mut from = 0;
    while from < len {
        let piece = ahead[from..].first_chunk().expect("leftovers follow the last token");
        let left = len - from;
        let there = if left < PIECE_LEN { (1 << left) - 1 } else { u64::MAX };
        let kinds = TokenMasks::new(&look(piece), there);
        // The last brace is what closes the first, if nothing is left open before it.
        let last = if left <= PIECE_LEN { 1 << (left - 1) } else { 0 };
        let in_object = stack.walk(&kinds, last);
        if kinds.none | stack.wrong | neighbours(&kinds, in_object, &mut before) != 0 {
            return false;
        }
        let mut primitives = kinds.primitive;
        while primitives != 0 {
            if !tokens.is_primitive_valid(from + primitives.trailing_zeros() as usize) {
                return false;
            }
            primitives &= primitives - 1;
        }
        from += PIECE_LEN;
    }
    stack.open == 0b11 && stack.all >> 62 == 0
}

impl Stack {
    /// Opens and closes the brackets but the last; which tokens are in an object.
    #[inline(always)]
    fn walk(&mut self, kinds: &TokenMasks, last: u64) -> u64 {
        let mut in_object = (self.open & 1).wrapping_neg();
        let mut left = (kinds.open | kinds.close) & !last;
        while left != 0 {
            let at = left.trailing_zeros();
            left &= left - 1;
            let brace = kinds.brace >> at & 1;
            let close = kinds.close >> at & 1;
            let next = if close == 0 { self.open << 1 | brace } else { self.open >> 1 };
            self.wrong |= close & (self.open ^ brace) | u64::from(next < 2);
            self.all |= next;
            in_object ^= ((next ^ self.open) & 1).wrapping_neg() << at;
            self.open = next;
        }
        in_object
    }
}

/// The tokens that may not stand where they do, given what stands before them.
#[inline(always)]
fn neighbours(kinds: &TokenMasks, in_object: u64, before: &mut Before) -> u64 {
    let open_brace = kinds.open & kinds.brace;
    let now = Before {
        value: kinds.string | kinds.primitive | kinds.close,
        lead: kinds.colon | kinds.comma | kinds.open,
        string: kinds.string,
        open: kinds.open,
        open_brace,
        member: kinds.comma & in_object,
    };
    let previous = |now: u64, before: u64| now << 1 | before >> 63;
    let second = |now: u64, before: u64| now << 2 | before >> 62;

    let starts = kinds.string | kinds.primitive | kinds.open;
    let ends = kinds.comma | kinds.close;
    let string = previous(now.string, before.string);
    let after_value = previous(now.value, before.value);
    let after_open = previous(now.open, before.open);
    let after_brace = previous(now.open_brace, before.open_brace);

    let mut wrong = starts & !previous(now.lead, before.lead);
    wrong |= ends & !(after_value | after_open & kinds.close);
    wrong |= after_brace & !(kinds.string | kinds.close);
    // A colon stands just where a name is before it: after a brace and a string, or after the comma of
    // an object and what must be a string.
    let name =
        second(now.open_brace, before.open_brace) & string | second(now.member, before.member);
    wrong |= kinds.colon ^ name | kinds.colon & !string;
    *before = now;
    wrong
}

pub(super) fn is_primitive_kind(kind: u8) -> bool {
    matches!(kind, b'0' | b't')
}

/// Whether the text is a number or a literal. Numbers that might be too large are not taken.
#[inline]
pub(super) fn is_primitive(text: &[u8]) -> bool {
    match text {
        b"true" | b"false" | b"null" => true,
        _ => is_number(text),
    }
}

/// Whether the first `len` of these bytes are a literal or an integer. There may be others that it does
/// not know.
#[inline]
pub(super) fn is_short_primitive(ahead: [u8; 8], len: usize) -> bool {
    // With their lengths.
    const TRUE: u64 = u64::from_le_bytes(*b"true\0\0\0\x04");
    const FALSE: u64 = u64::from_le_bytes(*b"false\0\0\x05");
    const NULL: u64 = u64::from_le_bytes(*b"null\0\0\0\x04");
    const ZEROS: u64 = u64::from_le_bytes(*b"00000000");
    const SIXES: u64 = 0x0606_0606_0606_0606;
    const UPPER: u64 = 0xf0f0_f0f0_f0f0_f0f0;
    let there = u64::MAX >> (64 - 8 * len.clamp(1, 8));
    let word = u64::from_le_bytes(ahead) & there;
    let digits = word | ZEROS & !there;
    let are_digits = (digits & UPPER == ZEROS) & (digits.wrapping_add(SIXES) & UPPER == ZEROS);
    let is_number = are_digits & ((len == 1) | (ahead[0] != b'0'));
    let with_len = word | (len as u64) << 56;
    let is_literal = (with_len == TRUE) | (with_len == FALSE) | (with_len == NULL);
    (1..=8).contains(&len) & (is_number | is_literal)
}

fn is_number(text: &[u8]) -> bool {
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    let (integer, rest) = digits(unsigned);
    let rest = match (integer, rest) {
        ([], _) | ([b'0', _, ..], _) => return false,
        (_, []) => return text.len() <= NUMBER_LEN_MAX,
        (_, [b'.', fraction @ ..]) => match digits(fraction) {
            ([], _) => return false,
            (_, rest) => rest,
        },
        (_, rest) => rest,
    };
    let exponent = match rest {
        [] => return text.len() <= NUMBER_LEN_MAX,
        [b'e' | b'E', b'+' | b'-', exponent @ ..] | [b'e' | b'E', exponent @ ..] => exponent,
        _ => return false,
    };
    text.len() <= NUMBER_LEN_MAX
        && matches!(exponent.len(), 1 | 2)
        && exponent.iter().all(u8::is_ascii_digit)
}

fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let len = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text.split_at(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_primitives_are_primitives() {
        let letters = b"0159/:-.eEtrufalsn \0\x7f\xb0";
        let mut known = 0;
        for len in 1..=8 {
            let letters = if len <= 5 { &letters[..] } else { b"09\xb9" };
            for number in 0..letters.len().pow(len as u32) {
                let mut ahead = *b"7777777,";
                let mut rest = number;
                for byte in &mut ahead[..len] {
                    *byte = letters[rest % letters.len()];
                    rest /= letters.len();
                }
                let is_short = is_short_primitive(ahead, len);
                known += usize::from(is_short);
                assert!(!is_short || is_primitive(&ahead[..len]), "{ahead:?} {len}");
            }
        }
        // Integers of the four digits that do not begin with 0, 0 itself, and the literals.
        assert_eq!(known, 3 * (1 + 4 + 16 + 64 + 256) + 1 + 3 + (32 + 64 + 128));
    }
}
