//! A value from its tokens as the general reader would print it: without white space, members by their names.

use std::borrow::Cow;

use super::wanted::{Type, skip};
use crate::{event::content, json::Json, scan::Tokens, time::Timestamp};

/// Writes values as the general reader would print them.
struct Writer<'w, 'a> {
    tokens: &'w Tokens<'a>,
    /// No string has an escape.
    plain: bool,
    /// Members of the objects that are being written: their names, and where those stand.
    members: Vec<(&'a str, usize)>,
    out: String,
}

/// A value where it stands in a line: its first token, and the one after its last.
#[derive(Clone, Copy)]
pub(crate) struct RawValue<'a> {
    tokens: &'a Tokens<'a>,
    first: usize,
    end: usize,
}

impl<'a> RawValue<'a> {
    /// The value that begins with a token.
    #[inline]
    pub(super) fn at(tokens: &'a Tokens<'a>, first: usize) -> Self {
        let mut end = first;
        skip(tokens.kinds, &mut end);
        Self { tokens, first, end }
    }

    /// The value as it stands there.
    #[inline]
    pub(crate) fn text(self) -> &'a str {
        self.tokens.text_of(self.first, self.end - 1)
    }

    /// The value as the general reader would print it.
    pub(crate) fn printed(self) -> Cow<'a, str> {
        let Self { tokens, first, .. } = self;
        if is_as_printed(tokens, first, tokens.kinds[first]) {
            return self.text().into();
        }
        let plain = !tokens.are_escaped(first, self.end - 1);
        let out = String::with_capacity(self.text().len());
        let mut writer = Writer { tokens, plain, members: Vec::new(), out };
        if writer.write(&mut { first }).is_some() {
            return writer.out.into();
        }
        // Something in it does not stand as it would be printed. What was proven to be JSON can be read.
        let read: Option<Json<'_>> = serde_json::from_str(self.text()).ok();
        read.map_or_else(|| self.text().into(), |json| json.to_string().into())
    }
}

impl Writer<'_, '_> {
    /// Writes the value at `token` and moves behind it.
    fn write(&mut self, token: &mut usize) -> Option<()> {
        match self.tokens.kinds[*token] {
            b'{' => return self.write_object(token),
            b'[' => {
                self.out.push('[');
                *token += 1;
                while self.tokens.kinds[*token] != b']' {
                    self.write(token)?;
                    if self.tokens.kinds[*token] == b',' {
                        self.out.push(',');
                        *token += 1;
                    }
                }
                self.out.push(']');
            }
            kind => {
                let as_printed =
                    kind == b'"' && self.plain || is_as_printed(self.tokens, *token, kind);
                self.out.push_str(as_printed.then(|| self.tokens.text_of(*token, *token))?);
            }
        }
        *token += 1;
        Some(())
    }

    fn write_object(&mut self, token: &mut usize) -> Option<()> {
        let (kinds, first) = (self.tokens.kinds, self.members.len());
        *token += 1;
        while kinds[*token] == b'"' {
            if !self.plain && self.tokens.is_escaped(*token) {
                return None;
            }
            self.members.push((self.tokens.inner(*token), *token));
            *token += 2;
            skip(kinds, token);
            *token += usize::from(kinds[*token] == b',');
        }
        *token += 1;
        self.members[first..].sort_unstable();
        self.out.push('{');
        let is_empty = self.members.len() == first;
        for at in first..self.members.len() {
            let (text, name) = self.members[at];
            // Of a repeated name the last counts.
            if self.members.get(at + 1).is_some_and(|(next, _)| *next == text) {
                continue;
            }
            self.out.push_str(self.tokens.text_of(name, name));
            self.out.push(':');
            self.write(&mut (name + 2))?;
            self.out.push(',');
        }
        if !is_empty {
            self.out.pop();
        }
        self.out.push('}');
        self.members.truncate(first);
        Some(())
    }
}

/// Whether a token is a scalar that stands as it would be printed.
pub(super) fn is_as_printed(tokens: &Tokens<'_>, token: usize, kind: u8) -> bool {
    match kind {
        b'"' => !tokens.is_escaped(token) || content::is_as_printed(tokens.text(token)),
        b'0' => is_plain_integer(tokens.text(token)),
        b't' => true,
        _ => false,
    }
}

/// What a string says.
pub(super) fn unescaped<'a>(tokens: &Tokens<'a>, token: usize) -> Cow<'a, str> {
    match tokens.is_escaped(token) {
        false => tokens.inner(token).into(),
        // The scanner has proven it to be a string.
        true => serde_json::from_slice::<String>(tokens.text(token)).unwrap_or_default().into(),
    }
}

/// Whether the text of a number is that of an integer as it would be printed.
pub(super) fn is_plain_integer(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    digits.len() <= 18 && digits.iter().all(u8::is_ascii_digit) && text != b"-0"
}

/// The moment that the text of a string or a number says, as the general reader takes it.
pub(super) fn time(text: &str, of: Type, zone: Option<i32>) -> Option<Timestamp> {
    match of {
        Type::Number if is_plain_integer(text.as_bytes()) => {
            Timestamp::from_epoch(text.parse().ok()?).ok()
        }
        Type::String => Timestamp::parse(text, zone).ok(),
        _ => None,
    }
}
