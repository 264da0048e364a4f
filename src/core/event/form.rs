//! Form bodies and queries as JSON objects of strings, so that one set of pointers reads both.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::json::Json;
#[cfg(feature = "fast")]
use crate::scan::{Level, pairs};

/// Reads `application/x-www-form-urlencoded`, or the query of a GET given as a path, a URL or a request
/// line. Of a repeated name the last value counts, as with JSON.
pub(crate) fn parse(text: &str) -> Result<Json<'static>, String> {
    if let Some(what) = looks_like(text) {
        return Err(format!("neither JSON nor form-urlencoded: it is {what}"));
    }
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

/// What a text is that is neither JSON nor a form, where that is seen at once.
pub(super) fn looks_like(text: &str) -> Option<&'static str> {
    if text.starts_with('<') {
        Some("XML or HTML")
    } else if text.starts_with("--") && text.contains("Content-Disposition:") {
        Some("multipart")
    } else {
        None
    }
}

/// The pairs of a form as they stand there.
#[cfg(feature = "fast")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pairs<'a> {
    text: &'a [u8],
    /// Where each `&` stands.
    ends: &'a [u32],
    /// Something is decoded to what is not ASCII.
    high: bool,
}

#[cfg(feature = "fast")]
impl<'a> Pairs<'a> {
    /// `None` for what [`parse`] refuses or reads otherwise, but for a pair that is not UTF-8 once decoded.
    pub(crate) fn of(text: &'a [u8], level: Level, ends: &'a mut Vec<u32>) -> Option<Self> {
        let is_no_form = text.first().is_some_and(|first| b"{[\"<-".contains(first));
        if is_no_form || u32::try_from(text.len()).is_err() {
            return None;
        }
        let (mut text, mut about) = (text, pairs(level, text, ends));
        if !about.plain {
            text = query_of(std::str::from_utf8(text).ok()?).as_bytes();
            if !text.iter().all(u8::is_ascii_graphic) {
                return None;
            }
            about = pairs(level, text, ends);
        }
        memchr::memchr(b'=', text).map(|_| Self { text, ends, high: about.high })
    }

    /// Each pair.
    #[inline]
    pub(crate) fn each(self) -> impl ExactSizeIterator<Item = &'a [u8]> {
        let Self { text, ends, .. } = self;
        let mut start = 0;
        (0..ends.len() + 1).map(move |at| {
            let end = ends.get(at).map_or(text.len(), |end| *end as usize);
            let pair = &text[start..end];
            start = end + 1;
            pair
        })
    }

    /// Each name and its value, not decoded.
    pub(crate) fn iter(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let pairs = self.each().filter(|pair| !pair.is_empty());
        pairs.map(|pair| {
            let end = memchr::memchr(b'=', pair).unwrap_or(pair.len());
            (&pair[..end], pair.get(end + 1..).unwrap_or_default())
        })
    }

    /// All of it as it stands there.
    pub(crate) fn text(self) -> &'a [u8] {
        self.text
    }

    /// Whether every pair is UTF-8 once decoded.
    pub(crate) fn are_text(self) -> bool {
        !self.high
            || self.iter().all(|(name, value)| decoded(name).is_some() && decoded(value).is_some())
    }
}

/// A name or a value, decoded as [`decode`] does; `None` if it is not UTF-8.
#[cfg(feature = "fast")]
pub(crate) fn decoded(text: &[u8]) -> Option<Cow<'_, str>> {
    let is_coded = |byte: &u8| matches!(byte, b'+' | b'%');
    let Some(plain) = text.iter().position(is_coded) else {
        return std::str::from_utf8(text).ok().map(Cow::Borrowed);
    };
    let (plain, mut rest) = text.split_at(plain);
    let mut bytes = Vec::with_capacity(text.len());
    bytes.extend_from_slice(plain);
    while let [first, after @ ..] = rest {
        let code = after.first_chunk().filter(|_| *first == b'%').and_then(code);
        bytes.push(code.unwrap_or(if *first == b'+' { b' ' } else { *first }));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// The byte that two hex digits stand for.
#[cfg(feature = "fast")]
fn code(digits: &[u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    Some((high? << 4 | low?) as u8)
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
    unescaped(text).map(Cow::into_owned).ok_or_else(|| {
        format!("`{}` is not UTF-8 once decoded", text.chars().take(64).collect::<String>())
    })
}

/// A name or a value of a form or a query without its escapes: `+` is a blank, `%XX` a byte. `None` if it is not UTF-8 then.
pub fn unescaped(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('+') {
        return percent_decode_str(text).decode_utf8().ok();
    }
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(Cow::Owned(decoded.into_owned()))
}

#[cfg(all(test, feature = "fast"))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

        #[test]
        fn both_ways_of_decoding_agree(text in "([a%+]|%[0-9a-gA-G+%]{0,2}|%[C-E][0-9A-F]%[89AB][0-9A-F]){0,8}") {
            prop_assert_eq!(decoded(text.as_bytes()).map(Cow::into_owned), decode(&text).ok());
        }
    }
}
