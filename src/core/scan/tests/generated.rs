//! Lines made at random, and what becomes of them when they are damaged.

use proptest::prelude::*;

use super::{Counts, Scanners};

/// How many lines the long test scans; `SCAN_LINES=3000000 cargo test --release scan` at compile time.
const LINES: usize = match option_env!("SCAN_LINES") {
    Some(text) => match usize::from_str_radix(text, 10) {
        Ok(lines) => lines,
        Err(_) => panic!("SCAN_LINES is a number"),
    },
    None => 4000,
};

/// Payloads as providers send them.
const PAYLOADS: &[&str] = &[
    r#"{"type":"video.media.ready","id":"4393f6c5-e38a-4e26-a087-a1ca6cce298a","workspace":{"name":"日本語","id":"1850237a"},"status":"ready","data":{"id":"38e1dde5","trial":false,"playbackIds":[{"id":"8a57eda7","accessPolicy":"public","accessRestrictions":{"domains":{"allow":["example.com","cdn.example.org"],"deny":[]}}}],"metadata":{"title":"Caf\u00e9 \ud83d\ude00","note":"a \"b\"\\"},"subtitles":{},"duration":12.5},"createdAt":"2025-04-07T00:00:00.789265941Z","attempts":[{"responseStatusCode":404,"transfer":null,"responseBody":"{\"success\":false,\"error\":{\"message\":\"Token \\\"639ecc66\\\" not found\",\"id\":null}}","maxAttempts":30}]}"#,
    r#"{"ContentId":84689867,"UniqueId":"6h-vcvIczMNcbEy4VAj-Iv","Duration":777,"Percentage":100,"Links":[{"Link":"https://play.example.org/2d97f2c90a6d/index.m3u8","IsReady":true,"Bitrate":null},{"Link":"https://play.example.org/540.mp4","IsReady":false,"Bitrate":1100}],"Message":"Published as c128a64376eb","ContentStatus":"READY"}"#,
    r#"{"provider":"twilio","received_at":"2022-03-04T20:25:09Z","body":"AccountSid=AC0&MediaProcessorSid=ZX0"}"#,
];

/// What damage is made of, and what lines are made of here and there.
const SCRAPS: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"\"",
    b"\\",
    b"\\\\",
    b"\\\"",
    b"\\u",
    b"\\ud83d",
    b"\\ude00",
    b"\\u00e9",
    b"\\n",
    b"\\x",
    b"0",
    b"-",
    b"1.5",
    b"1e5",
    b"01",
    b"e",
    b".",
    b"true",
    b"null",
    b"nul",
    b"\"a\":",
    b"\"b\"",
    b",\"c\":",
    b"{}",
    b"[]",
    b" ",
    b"\t",
    b"\r",
    b"\n",
    b"\0",
    b"\x1f",
    b"\x7f",
    b"\x0c",
    b"\xc3\xa9",
    b"\xe2\x82\xac",
    b"\xf0\x9f\x98\x80",
    b"\x80",
    b"\xc3",
    b"\xe2\x82",
    b"\xed\xa0\x80",
    b"\xc0\x80",
    b"\xff",
    b"\xef\xbb\xbf",
    b"{\"a\":1}",
    b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    b"/",
    b"'",
];

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) as usize % end
    }

    fn scrap(&mut self) -> &'static [u8] {
        SCRAPS[self.below(SCRAPS.len())]
    }

    fn white(&mut self, line: &mut Vec<u8>) {
        while self.below(8) == 0 {
            line.push(b" \t\r"[self.below(3)]);
        }
    }

    fn string(&mut self, line: &mut Vec<u8>) {
        const INSIDE: &[&str] = &[
            "a",
            "key",
            "{",
            "]",
            ",",
            ":",
            "\\\"",
            "\\\\",
            "\\/",
            "\\n",
            "\\u00e9",
            "\\ud83d\\ude00",
            "é",
            "€",
            "😀",
            "日本",
            " ",
            "x-amz-meta",
            "0123456789abcdef0123456789abcdef",
            "\u{7f}",
        ];
        line.push(b'"');
        for _ in 0..self.below(6) {
            line.extend(INSIDE[self.below(INSIDE.len())].bytes());
        }
        line.push(b'"');
    }

    fn value(&mut self, line: &mut Vec<u8>, depth: usize) {
        const PRIMITIVES: &[&str] = &[
            "0",
            "-0",
            "7",
            "404",
            "-12",
            "0.5",
            "-1.25",
            "1e5",
            "2E-7",
            "1.5e+10",
            "12345678901234567890",
            "1e308",
            "1e309",
            "1e-400",
            "true",
            "false",
            "null",
        ];
        self.white(line);
        match self.below(if depth == 0 { 5 } else { 9 }) {
            0..3 => self.string(line),
            3..5 => line.extend(PRIMITIVES[self.below(PRIMITIVES.len())].bytes()),
            5..7 => self.object(line, depth - 1),
            _ => self.many(line, b"[]", |random, line| random.value(line, depth - 1)),
        }
        self.white(line);
    }

    fn object(&mut self, line: &mut Vec<u8>, depth: usize) {
        self.many(line, b"{}", |random, line| {
            random.white(line);
            random.string(line);
            random.white(line);
            line.push(b':');
            random.value(line, depth);
        });
    }

    fn many(
        &mut self,
        line: &mut Vec<u8>,
        around: &[u8; 2],
        one: impl Fn(&mut Self, &mut Vec<u8>),
    ) {
        line.push(around[0]);
        for item in 0..self.below(6) {
            if item > 0 {
                line.push(b',');
            }
            one(self, line);
        }
        self.white(line);
        line.push(around[1]);
    }

    fn line(&mut self) -> Vec<u8> {
        let mut line = Vec::new();
        match self.below(3) {
            0 => line.extend(PAYLOADS[self.below(PAYLOADS.len())].bytes()),
            _ => {
                let depth = self.below(5);
                self.white(&mut line);
                self.object(&mut line, depth);
                self.white(&mut line);
            }
        }
        line
    }

    fn damage(&mut self, line: &mut Vec<u8>, other: &[u8]) {
        if line.is_empty() {
            return;
        }
        let (at, len) = (self.below(line.len()), 1 + self.below(4));
        let end = line.len().min(at + len);
        match self.below(9) {
            0 => line[at] ^= 1 << self.below(8),
            1 => line[at] = self.below(256) as u8,
            2 => drop(line.splice(at..at, self.scrap().iter().copied())),
            3 => drop(line.splice(at..end, self.scrap().iter().copied())),
            4 => drop(line.drain(at..end)),
            5 => line.truncate(at),
            6 => {
                let from = self.below(line.len());
                line.swap(at, from);
            }
            7 => line.extend(other),
            _ => drop(line.splice(at.., other[other.len().min(at)..].iter().copied())),
        }
    }
}

#[test]
fn damaged_lines_have_tokens_just_if_they_are_still_valid() {
    let mut random = Random(20_250_407);
    let mut scanners = Scanners::new();
    let mut sum = Counts::default();
    while sum.lines < LINES {
        let mut block = Vec::new();
        // Some blocks are all good, so that lines are also found together.
        let damaged = [0, 0, 1, 3][random.below(4)];
        for _ in 0..1 + random.below(40) {
            let mut line = random.line();
            while random.below(4) < damaged {
                let other = random.line();
                random.damage(&mut line, &other);
            }
            block.extend(line);
            block.push(b'\n');
            if random.below(50) == 0 {
                block.extend(b"\n");
            }
        }
        if random.below(4) == 0 {
            block.pop();
        }
        let counts = scanners.check(&block);
        sum.lines += counts.lines;
        sum.proven += counts.proven;
    }
    // Neither all nor none, or this would show nothing.
    let share = sum.proven as f64 / sum.lines as f64;
    assert!((0.4..0.8).contains(&share), "{sum:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn scraps_have_tokens_just_if_they_are_valid(
        scraps in prop::collection::vec(prop::sample::select(SCRAPS), 0..60),
        framed in any::<bool>(),
    ) {
        let text = scraps.concat();
        let block = if framed { [b"{\"a\":\"", &*text, b"\"}\n{}"].concat() } else { text };
        Scanners::new().check(&block);
    }
}
