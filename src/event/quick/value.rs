//! A value from its tokens as the general reader would print it: without white space, members by their names.

use super::wanted::skip;
use crate::{event::content, scan::Tokens};

/// Members of the objects that are being written: their names, and where those stand.
pub(super) type Members<'a> = Vec<(&'a str, usize)>;

/// Writes the value at `token` and moves behind it; `None` if something in it does not stand as it would be printed.
pub(super) fn write<'a>(
    tokens: &Tokens<'a>,
    token: &mut usize,
    members: &mut Members<'a>,
    out: &mut String,
) -> Option<()> {
    match tokens.kinds[*token] {
        b'{' => return write_object(tokens, token, members, out),
        b'[' => {
            out.push('[');
            *token += 1;
            while tokens.kinds[*token] != b']' {
                write(tokens, token, members, out)?;
                if tokens.kinds[*token] == b',' {
                    out.push(',');
                    *token += 1;
                }
            }
            out.push(']');
        }
        kind => {
            let text = is_as_printed(tokens, *token, kind).then(|| tokens.text_of(*token, *token));
            out.push_str(text?);
        }
    }
    *token += 1;
    Some(())
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

fn write_object<'a>(
    tokens: &Tokens<'a>,
    token: &mut usize,
    members: &mut Members<'a>,
    out: &mut String,
) -> Option<()> {
    let first = members.len();
    *token += 1;
    while tokens.kinds[*token] == b'"' {
        if tokens.is_escaped(*token) {
            return None;
        }
        members.push((tokens.inner(*token), *token));
        *token += 2;
        skip(tokens.kinds, token);
        *token += usize::from(tokens.kinds[*token] == b',');
    }
    *token += 1;
    members[first..].sort_unstable();
    out.push('{');
    let is_empty = members.len() == first;
    for at in first..members.len() {
        let (text, name) = members[at];
        // Of a repeated name the last counts.
        if members.get(at + 1).is_some_and(|(next, _)| *next == text) {
            continue;
        }
        out.push_str(tokens.text_of(name, name));
        out.push(':');
        write(tokens, &mut (name + 2), members, out)?;
        out.push(',');
    }
    if !is_empty {
        out.pop();
    }
    out.push('}');
    members.truncate(first);
    Some(())
}

/// Whether the text of a number is that of an integer as it would be printed.
pub(super) fn is_plain_integer(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    digits.len() <= 18 && digits.iter().all(u8::is_ascii_digit) && text != b"-0"
}
