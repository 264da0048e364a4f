//! What Twilio signs, by the rules of its own libraries: the address with the sorted fields of the form after it.
//!
//! The address is the one that Twilio was given, so it comes from the receiver's configuration; what a request says of
//! its host is the sender's word. Twilio's libraries differ on ports and quotes, and so do its servers: an address is
//! right with its port or without, and with `'` or `%27` in its query.

use percent_encoding::percent_decode_str;

/// The fields of a form, by name and then value, each pair once: names and values with nothing in between.
pub(super) fn fields(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body).replace('+', " ");
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let mut fields: Vec<(String, String)> = pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect();
    fields.sort();
    fields.dedup();
    fields.into_iter().map(|(name, value)| name + &value).collect()
}

/// The addresses that may have been signed where this one is known.
pub(super) fn addresses(url: &str) -> Vec<String> {
    let (url, _) = url.split_once('#').unwrap_or((url, ""));
    let (place, query) = match url.find('?') {
        Some(at) => url.split_at(at),
        None => (url, ""),
    };
    let queries = [query.to_owned(), query.replace('\'', "%27"), query.replace("%27", "'")];
    with_and_without_port(place)
        .iter()
        .flat_map(|place| queries.iter().map(move |query| format!("{place}{query}")))
        .collect()
}

/// An address without a port, and with its own or that of its scheme.
fn with_and_without_port(place: &str) -> [String; 2] {
    let (scheme, rest) = place.split_once("://").unwrap_or(("", place));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if digits(port) => (host, port),
        _ => (authority, if scheme == "http" { "80" } else { "443" }),
    };
    [format!("{scheme}://{host}{path}"), format!("{scheme}://{host}:{port}{path}")]
}

/// The digest of the body that the query promises, in hex: Twilio adds it where the body is no form.
pub(super) fn promised_digest(url: &str) -> Option<&str> {
    let (_, query) = url.split_once('?')?;
    let query = query.split('#').next().unwrap_or(query);
    query.split('&').find_map(|pair| pair.strip_prefix("bodySHA256="))
}

/// A configured address with the query that came; its own where none did.
pub fn with_query(url: &str, query: Option<&str>) -> String {
    let url = url.split('#').next().unwrap_or(url);
    match query {
        Some(query) if !query.is_empty() => {
            format!("{}?{query}", url.split('?').next().unwrap_or(url))
        }
        _ => url.to_owned(),
    }
}
