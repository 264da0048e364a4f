//! Form bodies and queries as JSON objects of strings, so that one set of pointers reads both.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::lifecycle::Json;

/// Reads `application/x-www-form-urlencoded`, or the query of a GET given as a path, a URL or a request
/// line. Of a repeated name the last value counts, as with JSON.
pub(crate) fn parse(text: &str) -> Result<Json<'static>, String> {
    let query = query_of(text);
    if !query.contains('=') {
        return Err("neither JSON nor form-urlencoded".to_owned());
    }
    if query.contains(|letter: char| letter == ' ' || letter.is_control()) {
        return Err("neither JSON nor form-urlencoded: it has unescaped spaces".to_owned());
    }
    let mut members = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        members.push((decode(name)?.into(), Json::String(decode(value)?.into())));
    }
    Ok(Json::object(members))
}

/// The names and values of a form, decoded; `None` for what [`parse`] refuses or reads otherwise, and in the place of a
/// pair that is not UTF-8 once decoded.
#[cfg(feature = "cli")]
pub(crate) fn pairs(
    text: &str,
) -> Option<impl Iterator<Item = Option<(Cow<'_, str>, Cow<'_, str>)>>> {
    let query = query_of(text);
    let plain = |byte: u8| byte > b' ' && byte.is_ascii() && byte != 0x7f;
    let json = text.starts_with(['{', '[', '"']);
    let all_plain = query.bytes().fold(true, |all, byte| all & plain(byte));
    if json || !all_plain || memchr::memchr(b'=', query.as_bytes()).is_none() {
        return None;
    }
    let part = |text| match memchr::memchr2(b'+', b'%', str::as_bytes(text)) {
        None => Some(Cow::Borrowed(text)),
        Some(_) => decode(text).ok().map(Cow::Owned),
    };
    let ends = memchr::memchr_iter(b'&', query.as_bytes()).chain([query.len()]);
    let mut start = 0;
    let pairs = ends.map(move |end| &query[std::mem::replace(&mut start, end + 1)..end]);
    Some(pairs.filter(|pair| !pair.is_empty()).map(move |pair| {
        let (name, value) = match memchr::memchr(b'=', pair.as_bytes()) {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, ""),
        };
        Some((part(name)?, part(value)?))
    }))
}

fn query_of(text: &str) -> &str {
    // As most are.
    if memchr::memchr3(b' ', b'?', b'#', text.as_bytes()).is_none() {
        return text;
    }
    let text = text.strip_prefix("GET ").unwrap_or(text);
    let text = text.split_once(" HTTP/").map_or(text, |(before, _)| before);
    let names_end = text.find('=').unwrap_or(text.len());
    let query = match text.find('?') {
        Some(at) if at < names_end => &text[at + 1..],
        _ => text,
    };
    query.split_once('#').map_or(query, |(before, _)| before)
}

fn decode(text: &str) -> Result<String, String> {
    let spaced = match memchr::memchr(b'+', text.as_bytes()) {
        Some(_) => Cow::Owned(text.replace('+', " ")),
        None => Cow::Borrowed(text),
    };
    match percent_decode_str(&spaced).decode_utf8() {
        Ok(decoded) => Ok(decoded.into_owned()),
        Err(_) => Err(format!(
            "`{}` is not UTF-8 once decoded",
            text.chars().take(64).collect::<String>()
        )),
    }
}
