//! What is read quickly is what the general reader reads.

mod language;

use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::{prelude::*, test_runner::FileFailurePersistence};

use super::*;
use crate::{
    Catalog, Delivery, Reader,
    event::Placed,
    lifecycle::DefinitionFile,
    scan::{Level, Scanner},
    simulate::{Faults, Scale, Simulation, Templates},
};

/// Reads a body both ways; whether it was read quickly.
fn agree(
    quick: &mut FastReader<'static>,
    scanner: &mut Scanner,
    reader: &Reader<'static>,
    body: &[u8],
) -> bool {
    let mut told: Option<Vec<String>> = None;
    let mut facts = Vec::new();
    let mut each = |fact: &Fact<'_>| facts.push(format!("{fact:?}"));
    scanner.scan(body, |line| {
        if quick.read(&line, 7, &mut each).is_some() {
            told = Some(Vec::new());
        }
    });
    if told.is_none() {
        assert!(facts.is_empty(), "given and taken back: {}", String::from_utf8_lossy(body));
        return false;
    }
    let reading = reader.read(&Delivery::new(body, 7));
    let general =
        reading.events.iter().map(|placed: &Placed<'_>| format!("{:?}", Fact::of(placed)));
    let text = String::from_utf8_lossy(body);
    assert_eq!(facts, general.collect::<Vec<_>>(), "{text}");
    assert!(reading.errors.is_empty(), "{text}: {:?}", reading.errors);
    true
}

fn bodies(provider: &str, seed: u64) -> Vec<Vec<u8>> {
    let templates = Templates::with(&[]).expect("they are built in");
    let start = "2026-01-01T00:00:00Z".parse().expect("a time");
    let (names, scale) = ([provider.to_owned()], Scale::Assets(40));
    let mut faults = Faults::default();
    (faults.duplicates, faults.malformed) = (0.2, 0.05);
    let mut simulation =
        Simulation::new(Catalog::builtin(), &templates, &names, scale, seed, start, faults)
            .expect("it is built in");
    let mut bodies = Vec::new();
    while let Some(body) = simulation.next_delivery() {
        bodies.push(body.to_vec());
    }
    bodies
}

fn readers(keep_data: bool) -> (FastReader<'static>, Scanner, Reader<'static>) {
    let reader = Reader::new(Catalog::builtin());
    let reader = if keep_data { reader } else { reader.without_data() };
    (FastReader::new(&reader), Scanner::new(Level::detect()), reader)
}

#[test]
fn ordinary_deliveries_are_read_quickly_and_right() {
    for (provider, keep_data) in
        ["fastpix", "vms", "twilio"].into_iter().flat_map(|name| [(name, true), (name, false)])
    {
        let (mut quick, mut scanner, reader) = readers(keep_data);
        let bodies: Vec<_> = (0..5).flat_map(|seed| bodies(provider, seed)).collect();
        let mut count = 0;
        for body in &bodies {
            count += usize::from(agree(&mut quick, &mut scanner, &reader, body));
        }
        assert!(count * 100 > bodies.len() * 92, "{provider}: {count} of {}", bodies.len());
    }
}

/// Whoever sent a delivery, it is read as of the provider that was given.
#[test]
fn a_given_provider_is_believed() {
    let catalog = Catalog::builtin();
    for given in catalog.providers() {
        let reader = || Reader::new(catalog).with_provider(given);
        let (mut quick, mut scanner) = (FastReader::new(&reader()), Scanner::new(Level::detect()));
        for provider in ["fastpix", "vms", "twilio"] {
            let mut count = 0;
            for body in bodies(provider, 1) {
                count += usize::from(agree(&mut quick, &mut scanner, &reader(), &body));
            }
            assert_eq!(count > 0, provider == given.name(), "{provider} as {}", given.name());
        }
    }
}

/// How a delivery may be recorded; the last ways are out of the ordinary.
const WAYS: usize = 21;
const ORDINARY: usize = 9;

fn recorded(body: &str, provider: &str, way: usize) -> String {
    let text = serde_json::to_string(body).expect("it is text");
    let either = if body.starts_with('{') { body } else { &text };
    let at = "2026-02-01T00:00:00.5Z";
    let base64 = STANDARD.encode(body);
    match way {
        0 => format!("{{\"provider\":\"{provider}\",\"received_at\":\"{at}\",\"body\":{either}}}"),
        1 => format!("{{\"provider\":\"{provider}\",\"received_at\":\"{at}\",\"body\":{text}}}"),
        2 => format!("{{\"received_at\":1767225600123,\"body\":{either},\"source\":\"a\\n\"}}"),
        3 => format!("{{\"source\":{{\"body\":[1]}},\"body\":{text},\"provider\":\"{provider}\"}}"),
        4 => format!("{{ \"body\" : {either} , \"provider\" : null , \"received_at\" : null }} "),
        5 => format!("{{\"provider\":null,\"body\":{either},\"body_\":{{}}}}"),
        6 => format!("{{\"received_at\":null,\"body\":{text}}}"),
        7 => format!("{{\"provider\":\"{provider}\",\"body\":{either},\"received_at\":\"{at}\"}}"),
        8 => format!(
            "{{\"provider\":\"{provider}\",\"headers\":{{\"X-Event\":\"made\",\"x\":[1]}},\"query\":\"id=c1&kind=done\",\"body\":{either}}}"
        ),
        20 => format!("{{\"provider\":\"nobody\",\"body\":{either}}}"),
        9 => format!("{{\"provider\":\"vms\",\"body\":{either}}}"),
        10 => format!("{{\"body\":{either},\"received_at\":\"soon\",\"received_at\":5}}"),
        11 => format!("{{\"body\":{{}},\"provider\":\"{provider}\",\"body\":{either}}}"),
        12 => format!("{{\"body\":{either},\"provider\":null,{}", &either[1..]),
        13 => format!("{{\"body\":null,\"provider\":\"{provider}\",{}", &either[1..]),
        14 => format!("{{\"received_at\":null,\"body\":null,{}", &either[1..]),
        15 => format!("{{\"provider\":\"{provider}\",\"body_base64\":\"{base64}\"}}"),
        16 => format!("{{\"body\":null,\"provider\":\"{provider}\",\"body_base64\":\"{base64}\"}}"),
        17 => format!("{{\"received_at\":null,\"body_base64\":\"{base64}\",{}", &either[1..]),
        18 => format!("{{\"provider\":null,\"body_base64\":null,{}", &either[1..]),
        _ => format!(
            "{{\"provider\":\"{provider}\",\"body\":{{\"provider\":null,\"body\":{either}}}}}"
        ),
    }
}

#[test]
fn recorded_deliveries_are_read_quickly_and_right() {
    for provider in ["fastpix", "vms", "twilio"] {
        let (mut quick, mut scanner, reader) = readers(true);
        let bodies = (0..5).flat_map(|seed| bodies(provider, seed));
        let bodies: Vec<_> = bodies.filter_map(|body| String::from_utf8(body).ok()).collect();
        for way in 0..WAYS {
            let mut count = 0;
            for body in &bodies {
                let line = recorded(body, provider, way);
                count += usize::from(agree(&mut quick, &mut scanner, &reader, line.as_bytes()));
            }
            let most = count * 100 > bodies.len() * 90;
            assert_eq!(
                most,
                way < ORDINARY
                    || way == 9 && provider == "vms"
                    || way == 12 && provider != "twilio",
                "{provider} {way}: {count} of {}",
                bodies.len()
            );
        }
    }
}

/// A line of this shape may have been read quickly before, with a member of another name in the place of `body_base64`.
#[test]
fn a_body_in_base64_is_seen_whatever_was_planned() {
    let (mut quick, mut scanner, reader) = readers(true);
    for body in bodies("fastpix", 1) {
        let Ok(body) = String::from_utf8(body) else { continue };
        for name in ["body_base65", "body_base65", "body_base65", "body_base64"] {
            let line = format!("{{\"provider\":\"vms\",\"{name}\":\"e30=\",{}", &body[1..]);
            let read = agree(&mut quick, &mut scanner, &reader, line.as_bytes());
            assert!(!read || name != "body_base64", "{line}");
        }
    }
}

/// What a plan says of payloads that stand alone says nothing of those that were recorded, and the other way round.
#[test]
fn recorded_deliveries_are_read_between_others() {
    let (mut quick, mut scanner, reader) = readers(true);
    let bodies =
        (0..3).flat_map(|seed| bodies("fastpix", seed).into_iter().chain(bodies("vms", seed)));
    for (at, body) in bodies.enumerate() {
        let Ok(body) = String::from_utf8(body) else { continue };
        for way in [at, at / 2, at / 3, at] {
            agree(&mut quick, &mut scanner, &reader, body.as_bytes());
            let line = recorded(&body, ["fastpix", "vms"][at / 5 % 2], way % WAYS);
            agree(&mut quick, &mut scanner, &reader, line.as_bytes());
        }
    }
}

#[test]
fn of_names_repeated_within_a_value_the_last_counts() {
    let (mut quick, mut scanner, reader) = readers(true);
    let body = r#"{"type":"video.media.created","object":{"type":"media","id":"m"},"id":"e","data":{"id":"m","metadata":{"b":1,"a":{"x":1,"x":2},"b":[3],"a":{"y":1,"x":3,"y":2},"b":null}},"createdAt":"2026-01-01T00:00:00Z"}"#;
    for _ in 0..3 {
        assert!(agree(&mut quick, &mut scanner, &reader, body.as_bytes()));
    }
}

/// What is read of a body, its content as it is written or as it is meant.
fn read(quick: &mut FastReader<'static>, scanner: &mut Scanner, body: &str) -> Vec<(String, u64)> {
    let mut facts = Vec::new();
    scanner.scan(body.as_bytes(), |line| {
        quick.read(&line, 7, &mut |fact| {
            let rest = Fact { content: 0, verbatim: false, ..*fact };
            facts.push((format!("{rest:?}"), fact.content));
        });
    });
    facts
}

#[test]
fn contents_can_be_told_apart_by_how_they_are_written() {
    for provider in ["fastpix", "vms"] {
        let (mut meant, mut scanner, _) = readers(true);
        let (mut written, ..) = readers(true);
        written.set_verbatim(true);
        let bodies =
            bodies(provider, 3).into_iter().filter_map(|body| String::from_utf8(body).ok());
        let sound = |body: &String| serde_json::from_str::<serde_json::Value>(body).is_ok();
        let mut several = 0;
        for body in bodies.filter(sound) {
            let attempts = "\"attempts\":[";
            // Later copies have more attempts, and say them in the same place.
            let again = body.replace(attempts, "\"attempts\":[{\"at\":[1,\"x\"]},");
            let again = again.replace("{\"at\":[1,\"x\"]},]", "{\"at\":[1,\"x\"]}]");
            let other = body.replacen(':', ": ", 1);
            // Three times each: a shape is known from the second time on, and a plan from the third.
            for _ in 0..3 {
                let [one, two, three] = [&body, &again, &other].map(|body| {
                    let (meant, written) = (
                        read(&mut meant, &mut scanner, body),
                        read(&mut written, &mut scanner, body),
                    );
                    assert_eq!(meant.len(), written.len(), "{body}");
                    meant.into_iter().zip(written).collect::<Vec<_>>()
                });
                for ((one, two), three) in one.iter().zip(&two).zip(&three) {
                    let ((meant, written), (meant_again, written_again)) = (one, two);
                    assert_eq!(meant.0, written.0);
                    assert_eq!((meant, written), (meant_again, written_again), "{again}");
                    assert_eq!(meant, &three.0);
                    let identified = meant.0.contains("id: Some") || meant.0.contains("time: Some");
                    assert_eq!(written != &three.1, identified, "{other}");
                    several += usize::from(identified);
                }
            }
        }
        assert!(several > 300 || provider == "vms", "{provider}: {several}");
    }
}

/// What is left out as attempts is not there for anything else, but for the kind.
#[test]
fn attempts_are_seen_by_nothing_else() {
    let files: Vec<_> = [
        ("p/provider.toml", "provider = \"p\"\ntitle = \"P\"\nsource = \"none\"\n[envelope]\nkind = [\"/tries/kind\"]\nattempts = [\"/tries\"]\n"),
        ("p/clip.toml", "entity = \"p/clip\"\ntitle = \"Clip\"\nid = [\"/tries/id\", \"/id\"]\n[data]\ntries = \"/tries\"\nlast = \"/tries/last\"\nname = \"/name\"\n[states]\nmade = { rest = true }\n[events]\nmade = { from = [\"new\"], to = \"made\" }\n"),
    ]
    .map(|(name, text)| DefinitionFile::new(name, text))
    .into();
    let catalog =
        Box::leak(Box::new(Catalog::with(&files).unwrap_or_else(|error| panic!("{error}"))));
    let reader = Reader::new(catalog);
    let (mut quick, mut scanner) = (FastReader::new(&reader), Scanner::new(Level::detect()));
    for verbatim in [false, true] {
        for tries in ["\"id\":\"b\",", "\"last\":4,", ""] {
            let body =
                format!("{{\"tries\":{{{tries}\"kind\":\"made\"}},\"id\":\"a\",\"name\":\"n\"}}");
            assert!(agree(&mut quick, &mut scanner, &reader, body.as_bytes()), "{verbatim} {body}");
        }
        quick.set_verbatim(true);
    }
}

#[test]
fn forms_can_be_told_apart_by_how_they_are_written() {
    let (mut meant, mut scanner, _) = readers(true);
    let (mut written, ..) = readers(true);
    written.set_verbatim(true);
    let mut several = 0;
    for body in bodies("twilio", 3).into_iter().filter_map(|body| String::from_utf8(body).ok()) {
        let other = body.replace("%3A", "%3a");
        let others = read(&mut meant, &mut scanner, &other);
        assert_eq!(read(&mut meant, &mut scanner, &body), others);
        let one = read(&mut written, &mut scanner, &body);
        let two = read(&mut written, &mut scanner, &other);
        assert!(one.iter().zip(&others).all(|(one, other)| one.0 == other.0 && one.1 != other.1));
        assert_eq!(one == two, one.is_empty() || body == other);
        several += one.len();
    }
    assert!(several > 50, "{several}");
}

/// What stands in the place of something in a body that is spoilt.
const PIECES: &[&str] = &[
    "null",
    "\"\"",
    "0",
    "-0",
    "1.50",
    "1e3",
    "12345678901234567890",
    "18446744073709551616",
    "8.57e10",
    "\"invoice.paid\"",
    "<",
    "--",
    "true",
    "{}",
    "[]",
    "[{\"id\":1}]",
    "\"\\u00e9\"",
    "\"é\"",
    "\"type\"",
    "\"id\"",
    "\"data\"",
    "\"object\"",
    " ",
    "\\",
    ",",
    ":",
    "\"x\":1,",
    "\"type\":\"ENCODE\",",
    "\"provider\":\"vms\",",
    "\"received_at\":5,",
    "\"body\":{},",
    "&",
    "=",
    "%20",
    "+",
    "%ff",
    "&Timestamp=",
    "\"a\":{\"b\":[1,{}]},",
    "\"createdAt\":7,",
];

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/data/regressions.txt"))),
        ..ProptestConfig::with_cases(128)
    })]

    #[test]
    fn spoilt_bodies_are_read_right_or_not_at_all(
        seed in 0_u64..50,
        provider in prop_oneof![Just("fastpix"), Just("vms"), Just("twilio")],
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, any::<prop::sample::Index>()), 1..4),
        keep_data in any::<bool>(),
        way in prop::option::of(0..WAYS),
    ) {
        let (mut quick, mut scanner, reader) = readers(keep_data);
        for mut body in bodies(provider, seed).into_iter().take(12) {
            if let (Some(way), Ok(text)) = (way, std::str::from_utf8(&body)) {
                body = recorded(text, provider, way).into_bytes();
            }
            // The plan is made of a sound body, and then met with a spoilt one.
            agree(&mut quick, &mut scanner, &reader, &body);
            agree(&mut quick, &mut scanner, &reader, &body);
            for (at, len, piece) in &edits {
                let at = at.index(body.len());
                let end = (at + len).min(body.len());
                body.splice(at..end, piece.get(PIECES).bytes());
            }
            agree(&mut quick, &mut scanner, &reader, &body);
        }
    }

    /// One value or name in its whole is replaced: most of these are still JSON.
    #[test]
    fn changed_values_are_read_right_or_not_at_all(
        seed in 0_u64..50,
        picks in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..4),
        spaced in any::<bool>(),
        way in prop::option::of(0..WAYS),
    ) {
        let (mut quick, mut scanner, reader) = readers(true);
        for body in bodies("fastpix", seed).into_iter().take(12) {
            let Ok(mut text) = String::from_utf8(body) else { continue };
            if let Some(way) = way {
                text = recorded(&text, "fastpix", way);
            }
            for (at, piece) in &picks {
                let strings: Vec<(usize, &str)> = text.match_indices('"').collect();
                if strings.len() < 2 {
                    break;
                }
                let first = at.index(strings.len() - 1);
                let (from, to) = (strings[first].0, strings[first + 1].0);
                let piece: &&str = piece.get(PIECES);
                text.replace_range(from..=to, piece);
            }
            if spaced {
                text = text.replace(':', " : ").replace(',', ", ");
            }
            agree(&mut quick, &mut scanner, &reader, text.as_bytes());
        }
    }
}
