//! A value from its tokens as the general reader would print it: without white space, members by their names.

use super::{is_plain_integer, wanted::skip};
use crate::{event::content, scan::Tokens};

/// Writes the value at `token` and moves behind it; `None` if something in it does not stand as it would be printed.
pub(super) fn write(tokens: &Tokens<'_>, token: &mut usize, out: &mut String) -> Option<()> {
    match tokens.kinds[*token] {
        b'{' => return write_object(tokens, token, out),
        b'[' => {
            out.push('[');
            *token += 1;
            while tokens.kinds[*token] != b']' {
                write(tokens, token, out)?;
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

fn write_object(tokens: &Tokens<'_>, token: &mut usize, out: &mut String) -> Option<()> {
    let mut members = Vec::new();
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
    // Names sort in bytes and repeated ones by place; of these the last counts.
    members.sort_unstable();
    members.reverse();
    members.dedup_by_key(|(name, _)| *name);
    out.push('{');
    for (at, (_, name)) in members.into_iter().rev().enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push_str(tokens.text_of(name, name));
        out.push(':');
        write(tokens, &mut (name + 2), out)?;
    }
    out.push('}');
    Some(())
}
