//! The header `Authorization`.

use axum::http::{HeaderMap, header};

/// What follows `Bearer` in the header, or nothing; nothing too, if there are two of that header.
pub(super) fn bearer(headers: &HeaderMap) -> &str {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let value = value.filter(|_| !has_two_authorizations(headers));
    let words = value.and_then(|value| value.split_once(' '));
    words.filter(|(word, _)| word.eq_ignore_ascii_case("bearer")).map_or("", |(_, token)| token)
}

/// Whether it could be read as that of one sender by us, and as that of another by a proxy.
pub(super) fn has_two_authorizations(headers: &HeaderMap) -> bool {
    headers.get_all(header::AUTHORIZATION).iter().nth(1).is_some()
}
