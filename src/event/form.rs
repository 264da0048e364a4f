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

/// The pairs of a form as they stand there.
#[cfg(feature = "cli")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pairs<'a>(&'a str);

#[cfg(feature = "cli")]
impl<'a> Pairs<'a> {
    /// `None` for what [`parse`] refuses or reads otherwise, but for a pair that is not UTF-8 once decoded.
    pub(crate) fn of(text: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        // As most are.
        let query = match memchr::memchr3(b' ', b'?', b'#', text.as_bytes()) {
            None => text,
            Some(_) => query_of(text),
        };
        let plain = |byte: u8| byte > b' ' && byte.is_ascii() && byte != 0x7f;
        let json = text.starts_with(['{', '[', '"']);
        let all_plain = query.bytes().fold(true, |all, byte| all & plain(byte));
        let is_form = !json && all_plain && memchr::memchr(b'=', query.as_bytes()).is_some();
        is_form.then_some(Self(query))
    }

    /// Each name and its value, not decoded.
    pub(crate) fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let Self(query) = self;
        let mut signs = memchr::memchr2_iter(b'&', b'=', query.as_bytes());
        let mut start = 0;
        std::iter::from_fn(move || {
            let mut name_end = None;
            while start <= query.len() {
                let end = match signs.next() {
                    Some(at) if query.as_bytes()[at] == b'=' => {
                        name_end = name_end.or(Some(at));
                        continue;
                    }
                    end => end.unwrap_or(query.len()),
                };
                let (from, name_end) = (start, name_end.take().unwrap_or(end));
                start = end + 1;
                if from < end {
                    let value = (name_end + 1).min(end);
                    return Some((&query[from..name_end], &query[value..end]));
                }
            }
            None
        })
    }

    /// All of it as it stands there.
    pub(crate) fn text(self) -> &'a str {
        self.0
    }

    /// Whether every pair is UTF-8 once decoded.
    pub(crate) fn are_text(self) -> bool {
        let bytes = self.0.as_bytes();
        // Bytes that are not ASCII begin with an 8 or more.
        let next = bytes.iter().skip(1);
        let high = bytes
            .iter()
            .zip(next)
            .fold(false, |any, (byte, next)| any | ((*byte == b'%') & (*next >= b'8')));
        !high
            || self.iter().all(|(name, value)| decoded(name).is_some() && decoded(value).is_some())
    }
}

/// A name or a value, decoded; `None` if it is not UTF-8.
#[cfg(feature = "cli")]
pub(crate) fn decoded(text: &str) -> Option<Cow<'_, str>> {
    match memchr::memchr2(b'+', b'%', text.as_bytes()) {
        None => Some(Cow::Borrowed(text)),
        Some(_) => decode(text).ok().map(Cow::Owned),
    }
}

fn query_of(text: &str) -> &str {
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
