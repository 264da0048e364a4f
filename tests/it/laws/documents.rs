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
}

fn damages(letters: &'static [char]) -> impl Strategy<Value = Damage> {
    prop_oneof![
        3 => Just(Damage::None),
        1 => any::<usize>().prop_map(Damage::Cut),
        1 => (any::<usize>(), select(letters))
            .prop_map(|(at, letter)| Damage::Garbled(at, letter)),
        1 => Just(Damage::Lost),
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
    }
    letters.into_iter().collect()
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

    /// Nothing is lost: each line that is whole is one document at its line, whatever became of the others,
    /// and no broken line goes unmentioned, though broken neighbours may be one document together.
    #[test]
    fn a_broken_line_costs_only_itself(
        lines in prop_oneof![
            4 => vec((objects().prop_map(|body| body.to_string()), damages(BRACKETS)), 1..8),
            1 => vec(("Sid=[a-c]&Event=[x%2+]{0,3}", damages(&[',', ' ', '%'])), 1..8),
        ],
        chunk_len in 1..64_usize,
    ) {
        let mut text = String::new();
        let mut sent = Vec::new();
        for (body, damage) in &lines {
            let line = damaged(body, damage);
            text += &line;
            text.push('\n');
            sent.push((line == *body, line));
        }
        let found = documents(text.as_bytes(), chunk_len);
        let mut run_from = 1;
        for (number, (whole, line)) in (1..).zip(sent) {
            let begun = |from| found.iter().filter(move |(at, _)| (from..=number).contains(at));
            if whole {
                let own: Vec<_> = begun(number).collect();
                run_from = number + 1;
                prop_assert_eq!(own.len(), 1, "line {} of\n{}", number, text);
                let body = own[0].1.as_deref().map(<[u8]>::trim_ascii);
                prop_assert_eq!(body, Some(line.as_bytes()), "line {} of\n{}", number, text);
            } else if !line.is_empty() && !line.starts_with(['[', ']', ',', ' ']) {
                prop_assert!(begun(run_from).next().is_some(), "line {} of\n{}", number, text);
            }
        }
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
