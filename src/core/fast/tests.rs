//! Blocks read by workers in turn give what documents read one after another give.

mod own;

use std::io::{self, Cursor, Read};

use proptest::prelude::*;

use super::{
    Lines, Rows,
    assets::{Grouper, gather},
    blocks::{BlockText, Blocks, Leftovers, Rereader, Worker},
};
use crate::{
    bulk::{Bulk, DOCUMENT_LEN_MAX, Documents, Folded, brackets::LOOKED_AT, ledger::FoldOptions},
    event::{Delivery, EventError, Reader},
    lifecycle::Catalog,
    marks::{during, share},
    simulate::{Faults, Scale, Simulation, Templates},
};

/// A text, at whose end the stream breaks off or not.
struct Stream<'t> {
    text: &'t [u8],
    breaks: bool,
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.text.is_empty() && self.breaks {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.text.read(buffer)
    }
}

fn terms() -> FoldOptions {
    FoldOptions { findings: true, ..FoldOptions::default() }
}

/// Gives each document of a text, and what stands in the place of one, with its line.
fn by_documents(text: &[u8], breaks: bool, mut each: impl FnMut(u64, Result<&[u8], EventError>)) {
    let mut documents = Documents::new(Stream { text, breaks });
    let mut last = 1;
    loop {
        match documents.next_document() {
            Ok(None) => return,
            Ok(Some(document)) => {
                last = document.line;
                each(last, document.body);
            }
            Err(_) => {
                let reason = "it breaks".to_owned();
                return each(last, Err(EventError::BrokenStream { reason }));
            }
        }
    }
}

fn bulk() -> Bulk<'static> {
    Bulk::new(Reader::new(Catalog::builtin())).with_findings()
}

/// Everything that is told, as text, by the general reader alone.
fn plainly(text: &[u8], breaks: bool) -> Vec<String> {
    plainly_by(bulk(), text, breaks)
}

fn plainly_by(mut bulk: Bulk<'_>, text: &[u8], breaks: bool) -> Vec<String> {
    by_documents(text, breaks, |line, body| match body {
        Ok(body) => bulk.deliver(&Delivery::new(body, line)),
        Err(error) => bulk.deliver_broken(&error, line),
    });
    told(&bulk.finish())
}

/// The same by [`Lines`].
fn by_lines(text: &[u8], breaks: bool) -> Vec<String> {
    let mut lines = Lines::from(bulk());
    by_documents(text, breaks, |line, body| match body {
        Ok(body) => lines.deliver(&Delivery::new(body, line)),
        Err(error) => lines.deliver_broken(&error, line),
    });
    told(&lines.finish())
}

fn told(folded: &Folded<'_>) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for (lifecycle, asset) in &folded.assets {
        told.push(serde_json::to_string(&asset.snapshot(lifecycle, true)).expect("JSON"));
    }
    told.extend(folded.findings.iter().map(|finding| format!("{finding:?}")));
    told.extend(folded.summaries.iter().map(|summary| format!("{summary:?}")));
    told
}

fn by_blocks(text: &[u8], breaks: bool, again: bool, len: usize, count: usize) -> Vec<String> {
    told_by_blocks(text, breaks, again, len, count, &terms())
}

fn told_by_blocks(
    text: &[u8],
    breaks: bool,
    again: bool,
    len: usize,
    count: usize,
    terms: &FoldOptions,
) -> Vec<String> {
    told_by_blocks_of(Catalog::builtin(), text, breaks, again, len, count, terms)
}

fn told_by_blocks_of(
    catalog: &Catalog,
    text: &[u8],
    breaks: bool,
    again: bool,
    len: usize,
    count: usize,
    terms: &FoldOptions,
) -> Vec<String> {
    let worker = |_| {
        let mut worker = Worker::new(&Reader::new(catalog), terms);
        worker.open(again);
        worker
    };
    let mut workers: Vec<Worker<'_>> = (0..count).map(worker).collect();
    let mut turn = Leftovers::new(Reader::new(catalog), terms);
    let mut blocks = Blocks::with_len(Stream { text, breaks }, len);
    let (mut block, mut number) = (BlockText::default(), 0);
    while let Some((about, read)) = blocks.next(&mut block) {
        let worker = &mut workers[number % count];
        number += 1;
        match read {
            Ok(()) => {
                worker.read(&block, about, 0);
                turn.settle(worker, &block, about);
            }
            Err(_) => {
                turn.break_off(&block);
                turn.tell_break("it breaks".to_owned());
            }
        }
    }
    let read = workers.into_iter().map(Worker::into_records);
    let (mut records, places): (Vec<_>, Vec<_>) = read.unzip();
    records.push(turn.into_records());
    let (common, parts) = gather(catalog, terms, records);
    let mut again = Rereader::new(&Reader::new(catalog), &places, |_| Ok(Cursor::new(text)));
    let mut scratch = Grouper::default();
    let mut fold = |part| {
        let meant = |delivery, written| again.meant(delivery, written);
        common.fold(part, &mut scratch, meant).expect("nothing was changed")
    };
    let piles = parts.into_iter().map(&mut fold).collect();
    let sheet = Rows::new(common, piles);
    let mut told: Vec<String> = Vec::new();
    for cut in sheet.cuts(10) {
        let row = |row: crate::Snapshot<'_>| {
            let mut text = Vec::new();
            row.write_json(&mut text);
            told.push(String::from_utf8(text).expect("it is text"));
            Ok::<(), ()>(())
        };
        sheet.rows(&cut, true, row).expect("nothing fails");
    }
    told.extend(sheet.findings.iter().map(|finding| format!("{finding:?}")));
    told.extend(sheet.summaries.iter().map(|summary| format!("{summary:?}")));
    told
}

fn bodies(seed: u64) -> Vec<String> {
    traffic(seed, Scale::Assets(12))
}

fn traffic(seed: u64, scale: Scale) -> Vec<String> {
    let templates = Templates::with(&[]).expect("they are built in");
    let start = "2026-01-01T00:00:00Z".parse().expect("a time");
    let names = ["fastpix", "vms", "twilio"].map(str::to_owned);
    let mut faults = Faults::default();
    (faults.duplicates, faults.late, faults.illegal) = (0.1, 0.1, 0.05);
    let mut simulation =
        Simulation::new(Catalog::builtin(), &templates, &names, scale, seed, start, faults)
            .expect("they are built in");
    let mut bodies = Vec::new();
    while let Some(body) = simulation.next_delivery() {
        bodies.push(String::from_utf8_lossy(body).into_owned());
    }
    bodies
}

/// One delivery in one of the forms in which it may stand in a file, or something in its place.
fn written(body: &str, form: u8) -> String {
    let pretty = || {
        let value: Result<serde_json::Value, _> = serde_json::from_str(body);
        value.map_or_else(|_| body.to_owned(), |value| format!("{value:#}"))
    };
    let json = body.starts_with('{');
    match form {
        0 => pretty() + "\n",
        1 => format!("[{body}]\n"),
        2 if json => format!("[\n{body},\n{body}\n]\n"),
        3 => format!("\n  {body} \r\n\n"),
        4 => format!("{}\n", &body[..body.len() / 2]),
        5 if json => format!("{{\"received_at\":\"2026-02-01T00:00:00Z\",\"body\":{body}}}\n"),
        6 if json => format!("{{\"provider\":null,\"x\":[\n{body}\n,\n{{}}\n]}}\n{body}\n"),
        7 => format!("{body}{body}\n"),
        8 => "{}\n[]\n{\"a\":\n".to_owned(),
        9 => "]\n}\n\"\n\\\nnull\n{\"type\":1}\n".to_owned(),
        10 => format!("{}\n", body.replace(':', " : ").replace(',', " ,\t")),
        11 if json => format!("{{\"type\":\"nobody.knows\",{}\n", &body[1..]),
        12 => format!("[[{body}\n"),
        // The same in another order, and with other content.
        13 if json => format!(
            "{body}\n{}\n",
            serde_json::from_str::<serde_json::Value>(body).unwrap_or_default()
        ),
        14 if json => format!("{body}\n{{\"other\":[1],{}\n", &body[1..]),
        // Names that are escaped where a whole value is wanted.
        16 if json => {
            let body = body.replace("\"data\":{", "\"data\":{\"metadata\":{\"\\u00e9\":1},");
            format!("{body}\n{}\n", body.replace("\":", "\": "))
        }
        15 if json => format!("{body}\n{}\n", body.replace("\":", "\": ")),
        // A form that is written in another way, and one with other content.
        15 => format!("{body}\n{}\n{body}&Other=1\n", body.replace("%3A", "%3a")),
        // Recorded, as text and as it is, between copies that were not.
        17 if json => {
            let text = serde_json::to_string(body).unwrap_or_default();
            let around = "{\"provider\":null,\"received_at\":1767225600,\"body\":";
            format!("{around}{text}}}\n{body}\n{around}{body}}}\n{around}{body}}}\n")
        }
        // What is white elsewhere, but not here.
        18 => format!("\u{c}\n\u{c} {body}\u{c}\n\u{b}\n"),
        // Forms that are too long to be read quickly, the second written in another way.
        19 => {
            let long = |pairs: &str| format!("{body}&{pairs}&Long={}\n", "x".repeat(66_000));
            long("A=1&B=2") + &long("B=2&A=1")
        }
        20..=98 => too_long(body, form),
        100..=u8::MAX => opened(body, form),
        _ => format!("{body}\n"),
    }
}

/// Brackets that are opened and not closed, and lines that are indented, with deliveries around them.
fn opened(body: &str, form: u8) -> String {
    let half = &body[..body.len() / 2];
    let cut = |text: String| text[..text.len() * 2 / 3].to_owned();
    let pretty = || {
        let value: Result<serde_json::Value, _> = serde_json::from_str(body);
        value.map_or_else(|_| body.to_owned(), |value| format!("{:#}", serde_json::json!([value])))
    };
    let columns = |open: &str| -> String {
        (0..usize::from(form)).map(|at| format!("{}{open}\n", " ".repeat(at % 150))).collect()
    };
    match form % 12 {
        0 => format!("[{{\n{body}\n"),
        1 => format!(" {{\n{body}\n"),
        2 => format!("[1,[\n{body}\n"),
        3 => "{\"a\":[\n".to_owned(),
        4 => format!("{}\n{body}\n", cut(pretty())),
        5 => format!("  {half}\n   {body}\n"),
        6 => columns("{\"a\":") + body + "\n",
        7 => columns("[") + body + "\n",
        8 => format!("{{\n  \"a\": [\n    {body}\n"),
        9 => "]}\n".to_owned(),
        10 => format!("{{\"a\":[\n{body}\n]}}\n"),
        _ => "{\n".to_owned(),
    }
}

/// A multipart body of the pairs of a form, or of something else, with which a stream may begin: whole, or without an end.
fn multipart(bodies: &[String], way: u8) -> String {
    let form = bodies.iter().find(|body| !body.starts_with('{')).map_or("a=1", |body| body);
    let part = |(name, value): (&str, &str)| {
        format!("--x\nContent-Disposition: form-data; name=\"{name}\"\n\n{value}\n")
    };
    let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
    let parts: String =
        pairs.map(|(name, value)| part((name, &value.replace("%3A", ":")))).collect();
    let body = format!("{parts}{}", part(("more", &bodies[0])));
    match way % 8 {
        0 => format!("{body}--x--\n"),
        1 => format!("{body}--x--\r\n\n").replace('\n', "\r\n"),
        2 => body,
        3 => format!("{body}--xy\n--x\n--x\n{form}\n"),
        4 => format!("{body}{form}\n{{\n\"a\":1}}\n"),
        5 => format!("{body}{}", part(("long", &"y\n".repeat(DOCUMENT_LEN_MAX / 2)))),
        6 => format!("--x\n\n{form}\n--x--\n"),
        _ => format!("{body}--x--"),
    }
}

/// Something longer than documents may be, with deliveries around it.
fn too_long(body: &str, form: u8) -> String {
    let fill = |text: &str| text.repeat(DOCUMENT_LEN_MAX / text.len() + 10);
    let number = body.len() % 3 + 1;
    match form {
        20 => format!("{{\n  \"a\": \"{}\n{body}\n", fill("x")),
        21 => format!("{{\n{}{body}\n{{\n}}\n", fill("\"a\": 1,\n")),
        22 => format!("[{{\"a\": \"{}\"}},{body}]\n{body}\n", fill("x")),
        23 => format!("[\n{}{},\n{body}\n]\n", "[".repeat(64 * number), fill("1,")),
        24 => format!("{}{body}\n", fill(&"[\n".repeat(number))),
        25 => format!("{{\"type\":{}1}}\n{body}\n", fill("\n")),
        26 => format!("  {{\n    \"a\":[\n{}]}}\n{body}\n", fill("    {\"b\":1},\n")),
        27 => format!("[{}{body}]\n{body}\n", fill("\"x\",1,{},\n")),
        _ => format!("[\"{}\",{body}\n{body}\n]\n", fill("\\\"")),
    }
}

/// Broken documents within one another are not read from their beginnings again and again.
#[test]
fn however_broken_a_stream_is_it_is_read_in_linear_time() {
    let columns = |open: &str, levels: usize| -> String {
        (0..levels).map(|at| format!("{}{open}\n", " ".repeat(at % 150))).collect()
    };
    let long = "\"x\":1,\n".repeat(DOCUMENT_LEN_MAX / 8);
    let nested = "{\"a\":\n".repeat(100);
    for text in [
        columns("{\"a\":", 4000),
        columns("{\"a\":[", 4000),
        columns("[{", 4000),
        "[\n".repeat(200_000),
        "{\"a\":\n".repeat(50_000),
        "{\"a\":\"\n".repeat(50_000),
        "[{\n{\"a\":[1,\n".repeat(30_000),
        format!("{{\n{long}x\n").repeat(5),
        format!("{nested}{long}x\n").repeat(5),
        format!("{nested}\"{}\"{}x\n", "y".repeat(DOCUMENT_LEN_MAX / 2), "}".repeat(100)).repeat(9),
        format!("{nested}1{}\n", "},\n".repeat(100)).repeat(90),
    ] {
        LOOKED_AT.set(0);
        let mut documents = Documents::new(text.as_bytes());
        while documents.next_document().expect("it is in memory").is_some() {}
        let (len, alone) = (text.len(), LOOKED_AT.replace(0));
        assert!(alone <= 3 * len, "{alone} of {len}: {}", &text[..40]);
        by_blocks(text.as_bytes(), false, false, 20_000, 1);
        let by_blocks = LOOKED_AT.get();
        assert!(by_blocks <= 9 * len, "{by_blocks} of {len} by blocks: {}", &text[..40]);
    }
}

/// What goes over lines costs its own blocks, not all that come after.
#[test]
fn after_a_document_of_many_lines_blocks_are_read_by_themselves_again() {
    let bodies: Vec<String> = bodies(1).into_iter().filter(|body| body.starts_with('{')).collect();
    let mut text = written(&bodies[0], 0);
    bodies[1..].iter().for_each(|body| text.push_str(&written(body, 99)));
    let (catalog, terms) = (Catalog::builtin(), terms());
    let mut worker = Worker::new(&Reader::new(catalog), &terms);
    let mut turn = Leftovers::new(Reader::new(catalog), &terms);
    let mut blocks = Blocks::with_len(text.as_bytes(), 600);
    let (mut block, mut between) = (BlockText::default(), Vec::new());
    while let Some((about, _)) = blocks.next(&mut block) {
        worker.read(&block, about, 0);
        turn.settle(&mut worker, &block, about);
        between.push(turn.is_between());
    }
    assert!(!between[0] && between.len() > 8, "{between:?}");
    assert!(between[4..].iter().all(|between| *between), "{between:?}");
}

/// Whatever is fast gives the same as what is not, so that only its share of the work tells whether it is ever taken.
#[test]
fn fast_ways_are_taken_by_most_of_ordinary_traffic() {
    let mut text = traffic(7, Scale::Assets(1500)).join("\n");
    text.push('\n');
    // Where findings are asked for, assets with any are folded as a whole.
    for (again, findings, from_records) in
        [(false, false, 100), (true, false, 100), (true, true, 25)]
    {
        let terms = FoldOptions { findings, ..FoldOptions::default() };
        let fold = || told_by_blocks(text.as_bytes(), false, again, 100_000, 2, &terms);
        let (_, marks) = during(fold);
        for (fast, other, least) in [
            ("line read", "line left", 100),
            ("shape known", "shape proven", 95),
            ("plan known", "plan made", 93),
            ("block kept", "block again", 100),
            ("asset from records", "asset as a whole", from_records),
        ] {
            let percent = share(&marks, fast, other);
            assert!(percent >= least, "{fast}: {percent} %, {marks:?}");
        }
        // Copies are written alike.
        assert_eq!(marks.get("line read twice"), None);
    }
    // Hardly any line that is cut costs its block.
    let form = |at: usize| if at.is_multiple_of(30) { 4 } else { 99 };
    let bodies = traffic(7, Scale::Assets(100)).into_iter().enumerate();
    let left: String = bodies.map(|(at, body)| written(&body, form(at))).collect();
    let (_, marks) = during(|| by_blocks(left.as_bytes(), false, false, 10_000, 2));
    assert!(marks["line left"] > 5, "{marks:?}");
    assert!(share(&marks, "block kept", "block again") >= 90, "{marks:?}");
    let (_, marks) = during(|| by_lines(text.as_bytes(), false));
    let percent = share(&marks, "delivery by tokens", "delivery by values");
    assert!(percent >= 95, "{percent} %, {marks:?}");
    let (_, marks) = during(|| plainly(text.as_bytes(), false));
    assert_eq!(share(&marks, "delivery by tokens", "delivery by values"), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn blocks_give_what_documents_give(
        seed in 0_u64..40,
        forms in prop::collection::vec(prop_oneof![60 => Just(99_u8), 20 => 0_u8..20, 1 => 20_u8..29, 8 => 100_u8..=255], 1..60),
        len in prop_oneof![1_usize..60, 100_usize..4000, 10_000_usize..60_000],
        count in 1_usize..4,
        breaks in prop::bool::weighted(0.2),
        again in any::<bool>(),
        cut in any::<prop::sample::Index>(),
        bom in prop::bool::weighted(0.1),
        begins in prop::option::weighted(0.2, 0_u8..8),
    ) {
        let mut text = if bom { "\u{feff}".to_owned() } else { String::new() };
        let bodies = bodies(seed);
        text.extend(begins.map(|way| multipart(&bodies, way)));
        for (body, form) in bodies.iter().zip(forms) {
            text.push_str(&written(body, form));
        }
        let mut text = text.into_bytes();
        if breaks || seed % 3 == 0 {
            text.truncate(cut.index(text.len()));
        }
        let plain = plainly(&text, breaks);
        let others = [
            by_lines(&text, breaks),
            by_blocks(&text, breaks, again, len, count),
        ];
        for other in others {
            let first = plain.iter().zip(&other).find(|(plain, other)| plain != other);
            prop_assert!(first.is_none() && plain.len() == other.len(), "{first:#?}\n{} {}\n{}",
                plain.len(), other.len(), String::from_utf8_lossy(&text));
        }
    }
}
