//! Laws of cutting streams into documents: nothing is lost, and how a file is laid out says nothing.

use std::io::Read;

use mediafold::bulk::Documents;
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::Value;

use super::{config, reading::values};

/// A reader that gives a few bytes at a time.
struct Trickle<'b> {
    bytes: &'b [u8],
    chunk_len: usize,
}

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = self.chunk_len.min(self.bytes.len()).min(buffer.len());
        buffer[..len].copy_from_slice(&self.bytes[..len]);
        self.bytes = &self.bytes[len..];
        Ok(len)
    }
}

/// The documents of a stream with their lines; `None` for one that could not be cut out.
fn documents(bytes: &[u8], chunk_len: usize) -> Vec<(u64, Option<Vec<u8>>)> {
    let mut documents = Documents::new(Trickle { bytes, chunk_len });
    let mut found = Vec::new();
    while let Some(document) = documents.next_document().expect("memory can be read") {
        found.push((document.line, document.body.ok().map(<[u8]>::to_vec)));
    }
    found
}

fn parsed(documents: Vec<(u64, Option<Vec<u8>>)>) -> Vec<Value> {
    let body = |(_, body): (u64, Option<Vec<u8>>)| {
        serde_json::from_slice(&body.unwrap_or_default()).unwrap_or(Value::Null)
    };
    documents.into_iter().map(body).collect()
}

fn objects() -> impl Strategy<Value = Value> {
    vec(("[a-c{\"\\\\]{0,3}", values()), 0..4)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
}

const BRACKETS: &[char] = &['{', '}', '[', ']', '"', '\\', ',', ':', 'x'];

/// What became of a line on its way.
#[derive(Clone, Debug)]
enum Damage {
    None,
    Cut(usize),
    Garbled(usize, char),
    Lost,
    /// Something else stands in its place, of a line or more.
    Replaced(String),
}

fn damages(letters: &'static [char]) -> impl Strategy<Value = Damage> {
    prop_oneof![
        3 => Just(Damage::None),
        1 => any::<usize>().prop_map(Damage::Cut),
        1 => (any::<usize>(), select(letters))
            .prop_map(|(at, letter)| Damage::Garbled(at, letter)),
        1 => Just(Damage::Lost),
        1 => garbage().prop_map(Damage::Replaced),
    ]
}

fn damaged(line: &str, damage: &Damage) -> String {
    let mut letters: Vec<char> = line.chars().collect();
    let len = letters.len();
    match damage {
        Damage::None => {}
        Damage::Cut(at) => letters.truncate(at % len),
        Damage::Garbled(at, letter) => letters[at % len] = *letter,
        Damage::Lost => letters.clear(),
        Damage::Replaced(other) => return other.clone(),
    }
    letters.into_iter().collect()
}

/// What begins a value, or several.
fn openers() -> impl Strategy<Value = String> {
    let parts = &[
        "{", "[", "{\"a\":", "[1,", "[]", "{}", ",", " ", "\t", "\"", ":", "\"b\":", "x", "]", "}",
    ];
    vec(select(parts), 1..6).prop_map(|parts| parts.concat())
}

/// What stands in the place of a line: openers, cut bodies, cut arrays and pretty-printed ones, lines that are
/// indented, levels that are opened in a column each.
fn garbage() -> impl Strategy<Value = String> {
    let cut = |text: String, at: usize| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.truncate(at % (letters.len() + 1));
        letters.into_iter().collect::<String>()
    };
    let pretty = |value: &Value| serde_json::to_string_pretty(value).expect("JSON");
    let indented = |(indent, text): (usize, String)| " ".repeat(indent) + &text;
    let lines = |lines: Vec<String>| lines.join("\n");
    let step = |levels: usize| {
        let level = |at: usize| " ".repeat(at) + "{\"a\":";
        (0..levels).map(level).collect::<Vec<String>>().join("\n")
    };
    prop_oneof![
        3 => openers(),
        2 => (0..4_usize, openers()).prop_map(indented),
        2 => (objects(), any::<usize>()).prop_map(move |(body, at)| cut(body.to_string(), at)),
        2 => (objects(), any::<usize>()).prop_map(move |(body, at)| cut(pretty(&body), at)),
        1 => (vec(objects(), 0..4), any::<usize>())
            .prop_map(move |(list, at)| cut(Value::Array(list).to_string(), at)),
        2 => (vec(objects(), 0..4), any::<usize>())
            .prop_map(move |(list, at)| cut(pretty(&Value::Array(list)), at)),
        2 => vec((0..4_usize, openers()).prop_map(indented), 1..5).prop_map(lines),
        1 => prop_oneof![2..5_usize, 120..140_usize].prop_map(step),
    ]
}

proptest! {
    // Each case is read some fifty times.
    #![proptest_config(config(64))]

    /// Deliveries are the same however a file lays them out, and however few bytes are read at a time.
    #[test]
    fn layout_says_nothing(bodies in vec(objects(), 1..6), chunk_len in 1..8_usize) {
        let array = Value::Array(bodies.clone());
        let lines: Vec<String> = bodies.iter().map(Value::to_string).collect();
        let pretty = |value: &Value| serde_json::to_string_pretty(value).expect("JSON");
        let long: Vec<String> = bodies.iter().map(pretty).collect();
        let forms = lines.iter().zip(&long).enumerate();
        let mixed: Vec<&str> = forms
            .map(|(number, (line, long))| if number % 2 == 0 { &**line } else { &**long })
            .collect();
        for text in [
            lines.join("\n"),
            lines.join("\n") + "\n",
            lines.join("\n\n \t\n"),
            array.to_string(),
            format!("[\n{}\n]\n", lines.join(",\n")),
            pretty(&array),
            long.join("\n"),
            long.join("\n") + "\n",
            mixed.join("\n"),
        ] {
            for text in [text.replace('\n', "\r\n"), format!("\u{feff}{text}"), text] {
                for chunk_len in [chunk_len, usize::MAX] {
                    let found = parsed(documents(text.as_bytes(), chunk_len));
                    prop_assert_eq!(&found, &bodies, "{}", text);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(config(256))]

    /// Nothing is lost: each line that is whole is one document at its line, or part of one that is whole, whatever
    /// became of the others, and no broken line goes unmentioned, though broken neighbours may be one document together.
    #[test]
    fn a_broken_line_costs_only_itself(
        lines in prop_oneof![
            4 => vec((objects().prop_map(|body| body.to_string()), damages(BRACKETS)), 1..8),
            1 => vec(("Sid=[a-c]&Event=[x%2+]{0,3}", damages(&[',', ' ', '%'])), 1..8),
        ],
        chunk_len in 1..64_usize,
    ) {
        let mut sent = Vec::new();
        for (body, damage) in &lines {
            let lines = damaged(body, damage);
            // A form that was cut may be taken for one that was not, and is its own document either way.
            sent.extend(lines.split('\n').map(|line| (line == *body, line.to_owned())));
        }
        let text: String = sent.iter().map(|(_, line)| format!("{line}\n")).collect();
        let found = documents(text.as_bytes(), chunk_len);
        let mut run_from = 1;
        for (number, (whole, line)) in (1..).zip(sent) {
            if whole && !is_within(&found, number) {
                let own: Vec<_> = found.iter().filter(|(at, _)| *at == number).collect();
                run_from = number + 1;
                prop_assert_eq!(own.len(), 1, "line {} of\n{}", number, text);
                let body = own[0].1.as_deref().map(<[u8]>::trim_ascii);
                prop_assert_eq!(body, Some(line.as_bytes()), "line {} of\n{}", number, text);
            } else if !line.is_empty() && !line.starts_with(['[', ']', ',', ' ', '\t']) {
                let told = found.iter().any(|(at, _)| (run_from..=number).contains(at));
                prop_assert!(told || is_within(&found, number), "line {} of\n{}", number, text);
            }
        }
    }

    /// All good lines around something broken are documents.
    #[test]
    fn good_lines_beside_a_bad_one_are_all_read(
        bad in garbage(),
        good in prop_oneof![
            4 => vec(objects().prop_map(|body| body.to_string()), 1..6),
            1 => vec("Sid=[a-c]&Event=[a-c]{0,3}", 1..6),
        ],
        before in 0..3_usize,
        line_end in select(&["\n", "\r\n", "\n\n"]),
        chunk_len in prop_oneof![1..64_usize, Just(usize::MAX)],
    ) {
        let before = before.min(good.len() - 1);
        let mut lines: Vec<&str> = good.iter().map(|line| &**line).collect();
        lines.insert(before, &bad);
        let text = lines.join(line_end);
        let found = documents(text.as_bytes(), chunk_len);
        let bodies = found.iter().filter_map(|(_, body)| body.as_deref());
        let mut bodies = bodies.map(|body| String::from_utf8_lossy(body.trim_ascii()));
        for line in &good {
            prop_assert!(bodies.any(|body| body == *line), "{}\nis lost in\n{}", line, text);
        }
    }
}

/// Whether a line is one of several of a document that is whole.
fn is_within(found: &[(u64, Option<Vec<u8>>)], number: u64) -> bool {
    found.iter().any(|(from, body)| {
        let Some(body) = body else { return false };
        let to = from + body.iter().filter(|byte| **byte == b'\n').count() as u64;
        from < &to
            && (*from..=to).contains(&number)
            && serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok()
    })
}

/// What was lost once: openers behind something else, and a pretty-printed array that was cut, among good lines.
#[test]
fn openers_cost_only_themselves() {
    let good: Vec<String> = (0..50).map(|number| format!("{{\"a\":{number}}}")).collect();
    for bad in [
        "[{",
        "[[",
        "[ {",
        " {",
        "\t{",
        "[1,[",
        "[]{",
        "{",
        "[",
        "{\"a\":",
        "{\"a\":[",
        "  [{\"a\":{",
        "[\n  {\n    \"a\": 1",
        "[\n  {\n    \"a\": 1\n  },\n  {",
        "{\n  \"a\": [\n    [\n      1,",
        "  {\n    {",
        "{\"a\":\n  {\"b\":\n    {\"c\":",
    ] {
        for before in [0, 25] {
            let mut lines: Vec<&str> = good.iter().map(|line| &**line).collect();
            lines.insert(before, bad);
            let found = documents(lines.join("\n").as_bytes(), usize::MAX);
            let bodies = found.iter().filter_map(|(_, body)| body.as_deref());
            let bodies: Vec<&[u8]> = bodies.filter(|body| body.starts_with(b"{\"a\":")).collect();
            let all = good.iter().filter(|line| bodies.contains(&line.as_bytes())).count();
            assert_eq!(all, good.len(), "{bad}");
        }
    }
}

/// A document that is whole is one, whatever its lines are by themselves.
#[test]
fn whole_documents_are_not_split() {
    for whole in [
        "{\"records\":[\n{\"b\":1},\n{\"b\":2}\n]}",
        "{\n  \"a\": [\n    {\"b\":1},\n    {\"b\":2}\n  ]\n}",
        "{\n\"a\":\n{\"b\":1}\n}",
        "{\"a\":\n{\n}\n}",
        "{\"a\":[\n[\n{}\n,\n{}\n],true,\nfalse,\nnull\n]}",
    ] {
        let found = documents(format!("{whole}\n{{}}\n").as_bytes(), usize::MAX);
        let bodies: Vec<_> = found.into_iter().filter_map(|(_, body)| body).collect();
        assert_eq!(bodies, [whole.as_bytes(), b"{}"], "{whole}");
    }
}

/// A line cut within an escape costs only itself too, whatever follows.
#[test]
fn a_line_cut_after_a_backslash_costs_only_itself() {
    let (cut, whole) = (r#"{"a":"x\"#, r#"{"c":"\""}"#);
    let found = documents(format!("{cut}\n{whole}\n").as_bytes(), usize::MAX);
    assert_eq!(found.len(), 2);
    assert_eq!(found[1], (2, Some(whole.as_bytes().to_vec())));
}
