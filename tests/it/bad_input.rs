//! Bad input: wrappers, batches, multipart, tokens and headers that are made to hurt. Each is a finding or a refusal, in bounded
//! memory and time, and nothing beside it is lost.

use std::time::{Duration, Instant};

use mediafold::{
    Catalog, Code, Delivery, Finding, Reader,
    bulk::{Bulk, Documents},
    event::Headers,
    lifecycle::DefinitionFile,
};

const EVENT: &str = r#"{"type":"video.made","id":"e1","video":{"id":"v1"}}"#;

/// A catalog with a provider of this envelope that has one entity with these events.
fn catalog(envelope: &str, events: &str) -> Catalog {
    let files = [
        ("p.toml", format!("provider = \"acme\"\n[envelope]\n{envelope}\n")),
        (
            "v.toml",
            format!(
                "entity = \"acme/video\"\nid = [\"/video/id\"]\norder = \"arrival\"\n[states]\nmade = {{ rest = true }}\n[flags]\nhd = {{}}\n[events]\n{events}\n"
            ),
        ),
    ];
    let files = files.map(|(path, text)| DefinitionFile::new(path, text));
    Catalog::with(&files).unwrap_or_else(|error| panic!("{envelope}: {error}"))
}

fn acme(envelope: &str) -> Catalog {
    catalog(envelope, "\"video.made\" = { from = [\"new\"], to = \"made\" }")
}

/// The number of events, and the findings, of a stream; what it took is bounded.
fn read(catalog: &Catalog, text: &[u8]) -> (usize, Vec<Code>) {
    let begun = now();
    let mut bulk = Bulk::new(Reader::new(catalog)).with_findings();
    let (reader, mut events) = (Reader::new(catalog), 0);
    let mut documents = Documents::new(text);
    while let Some(document) = documents.next_document().unwrap() {
        match document.body {
            Ok(body) => {
                events += reader.read(&Delivery::new(body, document.line)).events.len();
                bulk.deliver(&Delivery::new(body, document.line));
            }
            Err(error) => bulk.deliver_broken(&error, document.line),
        }
    }
    let findings = bulk.finish().findings;
    // Unoptimized, on a machine that is shared.
    let most = Duration::from_secs(20) + Duration::from_micros(text.len() as u64 * 8);
    assert!(begun.elapsed() < most, "{:?} for {} bytes", begun.elapsed(), text.len());
    (events, findings.iter().map(|finding| finding.code).collect())
}

#[expect(
    clippy::disallowed_methods,
    reason = "that it does not take for ever is measured by the clock"
)]
fn now() -> Instant {
    Instant::now()
}

fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// A line with a good one before and after it: those are read, and the findings are of this line alone.
fn between(catalog: &Catalog, line: &str) -> Vec<Code> {
    let good = |id: &str| EVENT.replace("v1", id).replace("e1", id);
    let text = format!("{}\n{line}\n{}\n", good("first"), good("last"));
    let (events, findings) = read(catalog, text.as_bytes());
    assert_eq!(events, 2, "{}", &line[..line.len().min(200)]);
    findings
}

#[test]
fn wrappers_a_thousand_deep() {
    let catalog = acme("unwrap = [\"/m\", \"\"]\nkind = [\"/type\"]");
    for (open, close) in [("{\"m\":", "}"), ("[", "]"), ("{\"m\":[", "]}")] {
        let line = open.repeat(1000) + EVENT + &close.repeat(1000);
        let findings = between(&catalog, &line);
        // A line that begins with `[` is a list of documents, which has no end besides.
        let most = if open == "[" { 2 } else { 1 };
        let all = findings.iter().all(|code| *code == Code::MalformedPayload);
        assert!(all && (1..=most).contains(&findings.len()), "{open}: {findings:?}");
        // As deep as JSON is read.
        let line = open.repeat(50) + EVENT + &close.repeat(50);
        assert_eq!(between(&catalog, &line), [Code::NoEventKind], "{open}");
    }
}

#[test]
fn json_text_within_json_text_within_json_text() {
    let catalog = acme("unwrap = [\"/m\"]\nkind = [\"/type\"]");
    let mut text = EVENT.to_owned();
    for depth in 1..=12 {
        text = format!(r#"{{"m":{}}}"#, json(&text));
        let (events, findings) = read(&catalog, format!("{text}\n{EVENT}\n").as_bytes());
        match depth {
            1..=4 => assert_eq!((events, findings.len()), (2, usize::from(depth > 0)), "{depth}"),
            _ => assert_eq!((events, findings), (1, vec![Code::NoEventKind]), "{depth}"),
        }
    }
}

/// What base64 stands for is no longer than it is, and what stands for that is no longer again.
#[test]
fn base64_bombs() {
    let catalog = acme("unwrap = [\"/m\"]\nkind = [\"/type\"]");
    let long = "QUFB".repeat(500_000);
    assert_eq!(between(&catalog, &format!(r#"{{"m":"{long}"}}"#)), [Code::NoEventKind]);
    let nested = "[".repeat(1_000_000);
    let encoded = encoded(nested.as_bytes());
    assert_eq!(between(&catalog, &format!(r#"{{"m":"{encoded}"}}"#)), [Code::NoEventKind]);
    let items = format!("[{}1]", "1,".repeat(300_000));
    let encoded = self::encoded(items.as_bytes());
    assert_eq!(between(&catalog, &format!(r#"{{"m":"{encoded}"}}"#)), [Code::NoEventKind]);
}

fn encoded(bytes: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}

#[test]
fn a_list_of_a_million_items() {
    let catalog = acme("unwrap = [\"/m\", \"\"]\nkind = [\"/type\"]");
    let junk = format!("{{\"m\":[{}0]}}", "0,".repeat(1_000_000));
    assert_eq!(between(&catalog, &junk), [Code::NoEventKind]);
    // One is that there are too many, and one of all that cannot be read.
    let some = format!("{{\"m\":[{EVENT},{}0]}}", "0,".repeat(1_000_000));
    let (count, findings) = read(&catalog, format!("{some}\n{EVENT}\n").as_bytes());
    assert_eq!((count, &findings[..2]), (2, &[Code::TooLarge, Code::NoEventKind][..]));
    let events = format!("{{\"m\":[{}{EVENT}]}}", format!("{EVENT},").repeat(12_000));
    let (count, findings) = read(&catalog, format!("{events}\n{EVENT}\n").as_bytes());
    assert_eq!(count, 10_001);
    let errors = findings.iter().filter(|code| **code == Code::TooLarge);
    assert_eq!(errors.count(), 1);
}

#[test]
fn headers_and_queries_of_64_kb() {
    let catalog = acme("kind = [\"@X-Event\"]\nevent_id = [\"?id\"]");
    let long = "x".repeat(64 << 10);
    let found = |kind: &str, query: &str| {
        let headers: Headers = [("x-event", kind), ("x-other", &*long)].into_iter().collect();
        let delivery = Delivery::new(EVENT.as_bytes(), 1).with_headers(&headers).with_query(query);
        let reading = Reader::new(&catalog).read(&delivery);
        let codes = reading.errors.iter().map(|error| Finding::unreadable(error, 1).code);
        (reading.events.len(), codes.collect::<Vec<_>>())
    };
    assert_eq!(found("video.made", "id=1"), (1, vec![]));
    assert_eq!(found("video.made", &format!("a={long}&id=1")), (1, vec![]));
    assert_eq!(found("video.made", &format!("id={long}")), (0, vec![Code::TooLarge]));
    let (events, codes) = found(&long, "id=1");
    assert_eq!((events, codes.len()), (0, 1), "{codes:?}");
    // The same in a record.
    let record =
        format!(r#"{{"provider":"acme","headers":{{"X-Event":"{long}"}},"body":{EVENT}}}"#);
    let (events, codes) = read(&catalog, record.as_bytes());
    assert_eq!((events, codes.len()), (0, 1), "{codes:?}");
}

#[test]
fn a_when_on_a_list() {
    let events = "\"video.made\" = [{ when = { \"/tags\" = \"hd\" }, from = \"*\", set = [\"hd\"] }, { from = [\"new\"], to = \"made\" }]";
    let catalog = catalog("when = { \"/env\" = [\"live\", 1] }\nkind = [\"/type\"]", events);
    let body = |env: &str, tags: &str| {
        EVENT.replacen('{', &format!("{{\"env\":{env},\"tags\":{tags},"), 1)
    };
    for (env, tags, flags) in [
        ("\"live\"", "\"hd\"", Some(1)),
        // A list equals nothing, whatever its items are.
        ("\"live\"", "[\"hd\"]", Some(0)),
        ("\"live\"", "{\"0\":\"hd\"}", Some(0)),
        ("1", "[]", Some(0)),
        ("[\"live\"]", "\"hd\"", None),
        ("[1]", "\"hd\"", None),
        ("{}", "\"hd\"", None),
    ] {
        let made = EVENT.replacen('{', "{\"env\":1,", 1);
        let text = format!("{made}\n{}\n", body(env, tags));
        let mut bulk = Bulk::new(Reader::new(&catalog)).with_findings();
        (1..)
            .zip(text.lines())
            .for_each(|(line, body)| bulk.deliver(&Delivery::new(body.as_bytes(), line)));
        let folded = bulk.finish();
        let (lifecycle, asset) = &folded.assets[0];
        let set = asset.snapshot(lifecycle, false).flags.len();
        assert_eq!(set, flags.unwrap_or(0), "{env} {tags}");
        let refused = folded.findings.iter().any(|finding| finding.code == Code::UnknownProvider);
        assert_eq!(refused, flags.is_none(), "{env} {tags}");
    }
}

/// A file that is one multipart body of several lines is one delivery.
#[test]
fn multipart_as_a_whole_file() {
    let catalog = acme("body = \"form\"\nunwrap = [\"/acme\"]\nkind = [\"/type\"]");
    let part = |name: &str, value: &str| {
        format!("--b-1\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let pretty = format!("{:#}", serde_json::from_str::<serde_json::Value>(EVENT).unwrap());
    let file = part("x\"; filename=\"a.txt", "{\"a\":1}\n--b-11\nmore");
    let parts = part("signed", "no") + &file + &part("acme", &pretty);
    let whole = format!("{parts}--b-1--\r\n");
    assert_eq!(read(&catalog, whole.as_bytes()), (1, vec![Code::FirstSeenMidLife; 0]));
    assert_eq!(read(&catalog, format!("\u{feff}{whole}").as_bytes()).0, 1);
    assert_eq!(read(&catalog, whole.trim_end().as_bytes()).0, 1);
    // What comes after its end is read as everything else is.
    let line = format!(
        "acme={}",
        "%7B%22type%22%3A%22video.made%22%2C%22video%22%3A%7B%22id%22%3A%22v2%22%7D%7D"
    );
    assert_eq!(read(&catalog, format!("{whole}{line}\n\n{line}\n").as_bytes()).0, 3);
    // Without an end it is one finding, and what is an object by itself is read beside it.
    let parts = part("signed", "no") + &part("acme", "{}x\nabc");
    for lost in [parts.clone(), format!("{parts}--b-1x--\n"), parts.replace('\r', "") + "--b-1"] {
        let record = format!("{{\"provider\":\"acme\",\"body\":{}}}", json(&line));
        let (events, findings) = read(&catalog, format!("{lost}\n{record}\n{record}\n").as_bytes());
        let errors = findings.iter().filter(|code| **code == Code::MalformedPayload);
        assert_eq!((events, errors.count()), (2, 1), "{lost}: {findings:?}");
    }
}

#[test]
fn boundaries_that_repeat_and_multipart_without_an_end() {
    let catalog = acme("body = \"form\"\nunwrap = [\"/acme\"]\nkind = [\"/type\"]\n");
    let head = "--b\nContent-Disposition: form-data; name=\"type\"\n\nvideo.made\n";
    for text in [
        head.repeat(20_000),
        format!("{head}{}", "--b\n".repeat(300_000)),
        format!("{head}{}", "--".repeat(400_000)),
        format!("{head}{}--b--\n", "--b\n".repeat(300_000)),
        format!("{head}{}--b--", head.repeat(11_000)),
        format!("--{}\nContent-X: y\n\n", "b".repeat(1 << 20)),
    ] {
        let (events, findings) = read(&catalog, text.as_bytes());
        let name = &text[text.len() - 20..];
        assert_eq!((events, findings), (0, vec![Code::MalformedPayload]), "{name}");
    }
    // Longer than a body may be.
    let long = format!("{head}{}", "x\n".repeat(9 << 20));
    let (events, findings) = read(&catalog, format!("{long}{EVENT}\n").as_bytes());
    assert_eq!((events, findings[0]), (1, Code::TooLarge));
}
