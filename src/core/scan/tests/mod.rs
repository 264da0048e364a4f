//! Every line is judged by `serde_json` and by a plain tokenizer too, at every level.

mod alike;
mod broken;
mod generated;
mod pairs;

use serde_json::Value;

use super::{LINE_LEN_MAX, Level, Line, SHAPES_MAX, Scanner};

/// What the plain tokenizer finds: the kind and the text of each token.
type Plain<'a> = Vec<(u8, &'a [u8])>;

/// A scanner for each level of this machine. They keep their shapes from block to block.
struct Scanners(Vec<(Scanner, Vec<Vec<u8>>)>);

/// How many lines there were, and how many had tokens.
#[derive(Debug, Default, PartialEq)]
struct Counts {
    lines: usize,
    proven: usize,
}

impl Scanners {
    fn new() -> Self {
        Self(Level::all().into_iter().map(|level| (Scanner::new(level), Vec::new())).collect())
    }

    /// Scans a block at every level and holds what comes out against what should.
    fn check(&mut self, block: &[u8]) -> Counts {
        let mut lines: Vec<&[u8]> = block.split(|byte| *byte == b'\n').collect();
        if lines.last().is_some_and(|line| line.is_empty()) {
            lines.pop();
        }
        let expected: Vec<_> = lines.into_iter().map(|line| (line, tokens_of(line))).collect();
        for (scanner, shapes) in &mut self.0 {
            let level = scanner.level;
            let mut rest = expected.iter();
            let mut start = 0;
            scanner.scan(block, |line| {
                let (text, tokens) = rest.next().expect("no more lines than there are");
                assert_eq!((line.start, line.text), (start, *text), "{level:?}");
                start += text.len() + 1;
                same(&line, tokens.as_deref(), level, shapes);
            });
            assert!(rest.next().is_none(), "{level:?} left out lines");
        }
        let proven = expected.iter().filter(|(_, tokens)| tokens.is_some()).count();
        Counts { lines: expected.len(), proven }
    }
}

fn same(
    line: &Line<'_>,
    expected: Option<&[(u8, &[u8])]>,
    level: Level,
    shapes: &mut Vec<Vec<u8>>,
) {
    let text = String::from_utf8_lossy(&line.text[..line.text.len().min(3000)]);
    assert_eq!(line.tokens.is_some(), expected.is_some(), "{level:?}: {text}");
    let (Some(tokens), Some(expected)) = (line.tokens, expected) else { return };
    let found: Plain<'_> =
        (0..).zip(tokens.kinds).map(|(at, kind)| (*kind, tokens.text(at))).collect();
    assert_eq!(found, expected, "{level:?}: {text}");
    for (at, (_, text)) in (0..).zip(expected).filter(|(_, (kind, _))| *kind == b'"') {
        assert_eq!(tokens.string(at), &text[1..text.len() - 1]);
        assert_eq!(tokens.is_escaped(at), text.contains(&b'\\'));
        let mut said = b"before".to_vec();
        let simple = tokens.unescape(at, &mut said);
        let read: String = serde_json::from_slice(text).expect("it is a string");
        if simple {
            assert_eq!(said, [b"before", read.as_bytes()].concat(), "{level:?}: {text:?}");
        }
        let others = String::from_utf8_lossy(text).replace("\\\\", "").replace("\\\"", "");
        assert_eq!(simple, !others.contains('\\'), "{level:?}: {text:?}");
    }
    assert_eq!(tokens.span(0, found.len() - 1), line.text.trim_ascii());
    if let Some(shape) = tokens.shape {
        let shape = shape as usize;
        assert!(shape <= shapes.len(), "ids have no gaps");
        if shape == shapes.len() {
            shapes.push(tokens.kinds.to_vec());
        }
        assert_eq!(shapes[shape], tokens.kinds, "{level:?}: {text}");
    }
}

/// The tokens of a line that should have some: an object that `serde_json` reads, and none of the rare
/// ones that are left out.
fn tokens_of(line: &[u8]) -> Option<Plain<'_>> {
    let value = serde_json::from_slice::<Value>(line).ok()?;
    let tokens = plain(line);
    let mut depth = 0_usize;
    let deep = tokens.iter().any(|(kind, _)| {
        match kind {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        depth > 61
    });
    let long = tokens.iter().any(|(kind, text)| {
        let exponent = text.iter().position(|byte| matches!(byte, b'e' | b'E'));
        let digits =
            exponent.map_or(0, |at| text[at..].iter().filter(|byte| byte.is_ascii_digit()).count());
        *kind == b'0' && (text.len() > 64 || digits > 2)
    });
    (value.is_object() && !deep && !long && line.len() <= LINE_LEN_MAX).then_some(tokens)
}

/// The tokens of valid JSON, byte by byte.
fn plain(line: &[u8]) -> Plain<'_> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = line.get(at) {
        let rest = &line[at..];
        let (kind, len) = match first {
            b' ' | b'\t' | b'\r' => {
                at += 1;
                continue;
            }
            b'"' => {
                let mut len = 1;
                while rest[len] != b'"' {
                    len += if rest[len] == b'\\' { 2 } else { 1 };
                }
                (b'"', len + 1)
            }
            b'{' | b'}' | b'[' | b']' | b':' | b',' => (*first, 1),
            _ => {
                let ends = |byte: &u8| b" \t\r,:]}".contains(byte);
                let kind = if first.is_ascii_alphabetic() { b't' } else { b'0' };
                (kind, rest.iter().position(ends).unwrap_or(rest.len()))
            }
        };
        tokens.push((kind, &rest[..len]));
        at += len;
    }
    tokens
}

#[test]
fn lines_are_counted() {
    let mut scanners = Scanners::new();
    for (block, lines, proven) in [
        ("", 0, 0),
        ("\n", 1, 0),
        ("\n\n", 2, 0),
        ("{}", 1, 1),
        ("{}\n", 1, 1),
        ("\n{}\n\n{}", 4, 2),
        ("  \n\t{} \r\n", 2, 1),
        ("\u{feff}{}\n{}\n", 2, 1),
    ] {
        assert_eq!(scanners.check(block.as_bytes()), Counts { lines, proven }, "{block:?}");
    }
}

#[test]
fn the_best_level_is_one_that_the_machine_has() {
    assert_eq!(Some(&Level::detect()), Level::all().first());
}

#[test]
fn no_more_shapes_are_remembered_than_promised() {
    let mut scanner = Scanner::new(Level::detect());
    let lines = (0..SHAPES_MAX + 100).map(|number| {
        let items = (0..13).map(|bit| if number >> bit & 1 == 1 { "1," } else { "\"\"," });
        format!("{{\"a\":[{}null]}}\n", items.collect::<String>()).repeat(2)
    });
    let mut ids = Vec::new();
    scanner.scan(lines.collect::<String>().as_bytes(), |line| {
        ids.extend(line.tokens.expect("they are valid").shape);
    });
    assert!(ids.len() > SHAPES_MAX * 9 / 10, "{}", ids.len());
    assert!(ids.len() <= SHAPES_MAX, "{}", ids.len());
    assert!((0..).zip(ids).all(|(id, found)| found == id));
}

#[test]
fn a_shape_is_remembered_from_its_second_line_on() {
    for level in Level::all() {
        let mut scanner = Scanner::new(level);
        let block =
            b"{\"a\":1}\n{\"b\":-2}\n{\"b\":\"\"}\n{\"c\" : 3}\n{\"c\":3x}\n{\"a\":\"b\"}\n";
        let mut shapes = Vec::new();
        scanner.scan(block, |line| shapes.push(line.tokens.map(|tokens| tokens.shape)));
        let expected = [Some(None), Some(Some(0)), Some(None), Some(Some(0)), None, Some(Some(1))];
        assert_eq!(shapes, expected);
    }
}

#[test]
fn long_lines_are_left_out() {
    let mut scanners = Scanners::new();
    for len in [LINE_LEN_MAX - 1, LINE_LEN_MAX, LINE_LEN_MAX + 1, 3 * LINE_LEN_MAX] {
        let line = format!("{{\"a\":\"{}\"}}", "b".repeat(len - 8));
        let proven = 2 + usize::from(len <= LINE_LEN_MAX);
        let block = format!("{{}}\n{line}\n{{}}");
        assert_eq!(scanners.check(block.as_bytes()), Counts { lines: 3, proven });
        assert_eq!(scanners.check(line.as_bytes()).proven, proven - 2);
    }
    let crowded = format!("{{\"a\":{}{}}}\n", "[".repeat(60), "]".repeat(60)).repeat(2000);
    assert_eq!(scanners.check(crowded.as_bytes()).proven, 2000);
    let crowded = format!("{{\"a\":[{}0]}}\n", "0,".repeat(32_000));
    assert_eq!(scanners.check(crowded.as_bytes()).proven, 1);
}

#[test]
fn every_depth_and_every_mix_of_brackets() {
    let mut scanners = Scanners::new();
    for depth in 0..130 {
        for mix in 0..8_u32 {
            let brace = |level: u32| mix >> (level % 3) & 1 == 1;
            let open = |level| if brace(level) { "{\"a\":" } else { "[" };
            let close = |level| if brace(level) { "}" } else { "]" };
            let opened: String = (0..depth).map(open).collect();
            let closed: String = (0..depth).rev().map(close).collect();
            let counts = scanners.check(format!("{{\"b\":{opened}1{closed}}}").as_bytes());
            assert_eq!(counts.proven, usize::from(depth < 61));
            let crossed: String = (0..depth).map(close).collect();
            scanners.check(format!("{{\"b\":{opened}1{crossed}}}").as_bytes());
        }
    }
}
