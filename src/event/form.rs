//! Form bodies and queries as JSON objects of strings, so that one set of pointers reads both.

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
    let spaced = text.replace('+', " ");
    match percent_decode_str(&spaced).decode_utf8() {
        Ok(decoded) => Ok(decoded.into_owned()),
        Err(_) => Err(format!(
            "`{}` is not UTF-8 once decoded",
            text.chars().take(64).collect::<String>()
        )),
    }
}
