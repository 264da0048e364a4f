//! A list of rows that is a member of a JSON object, as APIs answer: `{"data":[…],"total":3}`.

use std::io::{self, Read};

/// What such a list is called, and what the objects are that it is in.
const LISTS: [&str; 16] = [
    "data", "items", "results", "result", "records", "rows", "list", "values", "entries",
    "objects", "content", "assets", "videos", "media", "streams", "response",
];

/// Where the list begins that the text is about, in bytes; `None` where it begins otherwise.
pub(super) fn list_in(text: &[u8]) -> Option<usize> {
    let mut open: Vec<&[u8]> = Vec::new();
    let (mut name, mut at): (Option<&[u8]>, usize) = (None, 0);
    loop {
        match *text.get(at)? {
            b'"' => {
                let end = string_end(text, at)?;
                let is_name = text[end..].trim_ascii_start().first() == Some(&b':');
                name = is_name.then(|| &text[at + 1..end - 1]);
                at = end;
                continue;
            }
            b'{' if open.len() < 4 => open.push(name.take().unwrap_or_default()),
            b'[' if is_listed(&open, name) => return is_of_rows(&text[at..]).then_some(at),
            b'[' | b'{' => at = end_of(text, at)?,
            b'}' => {
                open.pop();
                if open.is_empty() {
                    return None;
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// Whether a list of this name, in objects of these, is one of rows.
fn is_listed(open: &[&[u8]], name: Option<&[u8]>) -> bool {
    let known = |name: &[u8]| LISTS.iter().any(|list| list.as_bytes().eq_ignore_ascii_case(name));
    let around = open.get(1..).unwrap_or_default();
    !open.is_empty() && name.is_some_and(known) && around.iter().all(|name| known(name))
}

fn is_of_rows(list: &[u8]) -> bool {
    matches!(list[1..].trim_ascii_start().first(), Some(b'{' | b']') | None)
}

/// The end of the string that begins here.
fn string_end(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from + 1;
    loop {
        match *text.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// The last byte of the list or object that begins here.
fn end_of(text: &[u8], from: usize) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, from);
    loop {
        match *text.get(at)? {
            b'"' => {
                at = string_end(text, at)?;
                continue;
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// A list to its end, and nothing of what comes after it.
pub(super) struct Listed<R> {
    input: R,
    depth: usize,
    in_string: bool,
    is_escaped: bool,
    is_done: bool,
}

impl<R: Read> Listed<R> {
    /// The list with which the stream begins.
    pub(super) fn new(input: R) -> Self {
        Self { input, depth: 0, in_string: false, is_escaped: false, is_done: false }
    }

    /// Passes over a byte; whether the list is at its end.
    fn pass(&mut self, byte: u8) -> bool {
        match byte {
            _ if self.is_escaped => self.is_escaped = false,
            b'\\' => self.is_escaped = self.in_string,
            b'"' => self.in_string = !self.in_string,
            _ if self.in_string => {}
            b'[' | b'{' => self.depth += 1,
            b']' | b'}' => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }
}

impl<R: Read> Read for Listed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_done {
            return Ok(0);
        }
        let len = self.input.read(buffer)?;
        let end = buffer[..len].iter().position(|byte| self.pass(*byte));
        self.is_done = end.is_some();
        Ok(end.map_or(len, |end| end + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Option<String> {
        let at = list_in(text.as_bytes())?;
        let mut list = String::new();
        Listed::new(&text.as_bytes()[at..]).read_to_string(&mut list).expect("it is text");
        Some(list)
    }

    #[test]
    fn a_list_of_rows_is_found_in_its_object() {
        let rows = r#"[{"id":"a]\"","tags":["x"]},{"id":"b"}]"#;
        for text in [
            format!(r#"{{"data":{rows},"total":2}}"#),
            format!(
                "{{\n  \"object\": \"list\", \"tags\": [1, 2], \"more\": {{\"x\": []}},\n \"Items\" : {rows} }}"
            ),
            format!(r#"{{"response":{{"assets":{rows}}}}}"#),
        ] {
            assert_eq!(list(&text).as_deref(), Some(rows), "{text}");
        }
        assert_eq!(list(r#"{"data":[]}"#).as_deref(), Some("[]"));
    }

    #[test]
    fn a_row_is_none() {
        for text in [
            r#"{"id":"a","status":"ready","playback_ids":[{"id":"p"}]}"#,
            r#"{"id":"a","data":["x"]}"#,
            r#"{"meta":{"items":[{"id":"x"}]},"id":"a"}"#,
            r#"[{"id":"a"}]"#,
            r#"{"id":"a"#,
            "{}",
            "",
        ] {
            assert_eq!(list(text), None, "{text}");
        }
    }
}
