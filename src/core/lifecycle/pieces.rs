//! Texts with `{placeholders}` in them.

/// A part of such a text.
pub(super) enum Piece<'t> {
    Text(&'t str),
    /// What stands between the braces.
    Placeholder(&'t str),
}

/// The parts of a text in their order; the last is an error where a brace is not closed, what begins with it.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = Result<Piece<'_>, &str>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (text, after) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
        if !text.is_empty() {
            rest = after;
            return Some(Ok(Piece::Text(text)));
        }
        let inner = rest.strip_prefix('{')?;
        let (piece, after) = match inner.split_once('}') {
            Some((name, after)) => (Ok(Piece::Placeholder(name)), after),
            None => (Err(rest), ""),
        };
        rest = after;
        Some(piece)
    })
}
