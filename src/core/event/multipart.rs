//! Multipart bodies as JSON objects of strings, as forms are; files are left out.

use crate::json::Json;

/// How many parts are read.
const PARTS_MAX: usize = 10_000;

/// What the first header of a part begins with, in whatever case.
pub(crate) const NAME_BEGIN: &[u8] = b"content-";

/// The boundary that a text begins with, if it begins as a multipart body does.
pub(crate) fn boundary(text: &[u8]) -> Option<&[u8]> {
    opening(text).map(|(boundary, _)| boundary)
}

/// Reads `multipart/form-data` by the boundary that it begins with; `None` for what is something else. Of a repeated
/// name the last value counts, as with JSON.
///
/// # Errors
/// What is wrong with it, as a sentence.
pub(super) fn parse(body: &[u8]) -> Option<Result<Json<'static>, String>> {
    let (boundary, rest) = opening(body)?;
    Some(parts(boundary, rest))
}

/// The boundary that a multipart body begins with, and what comes after its line.
fn opening(body: &[u8]) -> Option<(&[u8], &[u8])> {
    if !body.starts_with(b"--") {
        return None;
    }
    let (boundary, rest) = line(body)?;
    let begin = rest.get(..NAME_BEGIN.len());
    let named = begin.is_some_and(|begin| begin.eq_ignore_ascii_case(NAME_BEGIN));
    (boundary.len() > 2 && named).then_some((boundary, rest))
}

fn parts(boundary: &[u8], body: &[u8]) -> Result<Json<'static>, String> {
    let mut members = Vec::new();
    let mut rest = body;
    for _ in 0..PARTS_MAX {
        let mut name = None;
        let mut is_file = false;
        loop {
            let (header, after) = line(rest).ok_or_else(no_end)?;
            rest = after;
            if header.is_empty() {
                break;
            }
            if let Some(disposition) = value_of(header, b"content-disposition") {
                name = parameter(&disposition, "name");
                is_file = parameter(&disposition, "filename").is_some()
                    || parameter(&disposition, "filename*").is_some();
            }
        }
        let (value, after) = until(rest, boundary).ok_or_else(no_end)?;
        let name = name.ok_or("a part of the multipart body has no name")?;
        if !is_file {
            let value = std::str::from_utf8(value)
                .map_err(|_| format!("the part `{}` is not UTF-8", shortened(&name)))?;
            members.push((name.into(), Json::String(value.to_owned().into())));
        }
        match after {
            [b'-', b'-', ..] => return Ok(Json::object(members)),
            _ => rest = line(after).ok_or_else(no_end)?.1,
        }
    }
    Err(format!("a multipart body of more than {PARTS_MAX} parts"))
}

pub(crate) fn no_end() -> String {
    "a multipart body that is cut before its end".to_owned()
}

fn shortened(name: &str) -> String {
    name.chars().take(64).collect()
}

/// The first line, without its end, and the rest; `None` if it has no end.
fn line(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b'\n', text)?;
    let line = &text[..end];
    Some((line.strip_suffix(b"\r").unwrap_or(line), &text[end + 1..]))
}

/// What stands before the next line that begins with a boundary, and what after the boundary.
fn until<'t>(text: &'t [u8], boundary: &[u8]) -> Option<(&'t [u8], &'t [u8])> {
    // An empty part has the boundary at once.
    if let Some(after) = text.strip_prefix(boundary).filter(|after| is_over(after)) {
        return Some((&[], after));
    }
    let mut from = 0;
    while let Some(at) = memchr::memchr(b'\n', &text[from..]) {
        let end = from + at;
        if let Some(after) = text[end + 1..].strip_prefix(boundary).filter(|after| is_over(after)) {
            let value = &text[..end];
            return Some((value.strip_suffix(b"\r").unwrap_or(value), after));
        }
        from = end + 1;
    }
    None
}

/// Whether a boundary ends here: it may be the beginning of a longer line.
fn is_over(after: &[u8]) -> bool {
    after.is_empty()
        || after.starts_with(b"--")
        || after.starts_with(b"\n")
        || after.starts_with(b"\r")
}

/// The value of a header of this name.
fn value_of(header: &[u8], name: &[u8]) -> Option<String> {
    let colon = memchr::memchr(b':', header)?;
    let is = header[..colon].trim_ascii().eq_ignore_ascii_case(name);
    is.then(|| String::from_utf8_lossy(&header[colon + 1..]).into_owned())
}

/// A parameter of a header's value.
fn parameter(value: &str, name: &str) -> Option<String> {
    let mut rest = value;
    loop {
        let start = rest.find(';')? + 1;
        rest = rest[start..].trim_start();
        let (own, after) = rest.split_once('=')?;
        let (text, after) = match after.strip_prefix('"') {
            Some(quoted) => {
                let mut text = String::new();
                let mut letters = quoted.char_indices();
                let end = loop {
                    match letters.next()? {
                        (at, '"') => break at,
                        (_, '\\') => text.extend(letters.next().map(|(_, letter)| letter)),
                        (_, letter) => text.push(letter),
                    }
                };
                (text, &quoted[end + 1..])
            }
            None => {
                let end = after.find(';').unwrap_or(after.len());
                (after[..end].trim_end().to_owned(), &after[end..])
            }
        };
        if own.trim_end().eq_ignore_ascii_case(name) {
            return Some(text);
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<String, String> {
        parse(body.as_bytes()).expect("it is multipart").map(|json| json.to_string())
    }

    #[test]
    fn parts_are_members_and_files_are_left_out() {
        let body = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--bc\r\n--b\r\n\
            content-disposition: form-data; name=f; filename=\"x;y.txt\"\r\n\r\n2\r\n--b\r\n\
            Content-Type: text/plain\r\nContent-Disposition: form-data; name=\"q\\\"q\"\r\n\r\n\r\n--b--\r\n";
        assert_eq!(read(body).as_deref(), Ok(r#"{"a":"1\r\n--bc","q\"q":""}"#));
        let plain = body.replace("\r\n", "\n");
        assert_eq!(read(&plain).as_deref(), Ok(r#"{"a":"1\n--bc","q\"q":""}"#));
    }

    #[test]
    fn what_is_broken_is_told() {
        let part = "--b\nContent-Disposition: form-data; name=\"a\"\n\n1\n";
        let no_end = Err(no_end());
        assert_eq!(read(part), no_end);
        assert_eq!(read("--b\nContent-Disposition: form-data; name=\"a\""), no_end);
        assert_eq!(read(&part.repeat(3)), no_end);
        let nameless = part.replace("; name=\"a\"", "") + "--b--";
        assert!(read(&nameless).is_err());
        let many = part.repeat(PARTS_MAX + 1) + "--b--";
        assert!(read(&many).is_err_and(|error| error.contains("more than")));
    }

    #[test]
    fn what_is_no_multipart() {
        for body in ["", "--", "--\n", "--b", "--b\n", "--\nContent-X: a\n", "a=b", "-1"] {
            assert!(parse(body.as_bytes()).is_none(), "{body}");
        }
    }
}
