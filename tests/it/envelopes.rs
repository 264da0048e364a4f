//! What envelopes can say: conditions, wrappers, batches, joined names, headers and parameters.

use mediafold::{
    Catalog, Code, Delivery, Finding, Reader,
    event::{Headers, Reading},
    lifecycle::DefinitionFile,
};
use proptest::{prelude::*, sample::subsequence};

const VIDEO: &str = "id = [\"/video/id\"]\n[states]\nmade = { rest = true }\nready = { rest = true }\n\
    [events]\n\"video.made\" = { from = [\"new\"], to = \"made\" }\n\"video.ready\" = { from = [\"made\"], to = \"ready\" }\n";

/// A catalog with providers of these names and envelopes, each with an entity `video`.
fn catalog(providers: &[(&str, &str)]) -> Catalog {
    let files = providers.iter().flat_map(|(name, envelope)| {
        let provider = format!("provider = \"{name}\"\n[envelope]\n{envelope}\n");
        let entity = format!("entity = \"{name}/video\"\n{VIDEO}");
        [("provider.toml", provider), ("video.toml", entity)]
            .map(|(file, text)| DefinitionFile::new(format!("{name}/{file}"), text))
    });
    Catalog::with(&files.collect::<Vec<_>>()).unwrap_or_else(|error| panic!("{error}"))
}

fn acme(envelope: &str) -> Catalog {
    catalog(&[("acme", envelope)])
}

fn read<'c>(catalog: &'c Catalog, body: &str) -> Reading<'c> {
    Reader::new(catalog).read(&Delivery::new(body.as_bytes(), 1))
}

/// Each event: kind, asset, event id, item.
fn told(reading: &Reading<'_>) -> Vec<String> {
    let each = reading.events.iter().map(|placed| {
        let (event, item) = (&placed.event, placed.event.item.map_or(0, |item| item));
        let id = event.id.as_deref().unwrap_or("-");
        format!("{} {} {id} {item}", event.name(placed.lifecycle), placed.asset)
    });
    each.collect()
}

fn found(reading: &Reading<'_>) -> Vec<(Code, Option<u32>)> {
    let findings = reading.errors.iter().map(|error| Finding::unreadable(error, 1));
    findings.map(|finding| (finding.code, finding.item)).collect()
}

fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

#[test]
fn payloads_are_found_in_objects_lists_and_texts() {
    let catalog = acme("unwrap = [\"/Message\", \"\"]\nkind = [\"/type\"]\nevent_id = [\"/id\"]");
    let plain = r#"{"type":"video.made","id":"e1","video":{"id":"v1"}}"#;
    let base64 = "eyJ0eXBlIjoidmlkZW8ubWFkZSIsImlkIjoiZTEiLCJ2aWRlbyI6eyJpZCI6InYxIn19";
    let content = read(&catalog, plain).events[0].event.content;
    for body in [
        plain.to_owned(),
        format!(r#"{{"Message":{plain},"MessageId":"m1"}}"#),
        format!(r#"{{"Message":{},"MessageId":"m2"}}"#, json(plain)),
        format!(r#"{{"Message":"{base64}","MessageId":"m3"}}"#),
        format!(r#"{{"Message":{}}}"#, json(&format!(r#"{{"Message":{}}}"#, json(plain)))),
        format!(r#"{{"Message":{}}}"#, json(&json(plain))),
        format!("[{plain}]"),
        format!(r#"{{"Message":[{plain}]}}"#),
        format!("[{}]", json(plain)),
    ] {
        let reading = read(&catalog, &body);
        assert_eq!(told(&reading), ["video.made v1 e1 0"], "{body}");
        assert_eq!(reading.events[0].event.content, content, "{body}");
        assert!(reading.errors.is_empty(), "{body}");
    }
}

#[test]
fn items_of_a_batch_have_numbers_and_ids_outside_a_list_have_them_too() {
    let catalog = acme("unwrap = [\"/events\"]\nkind = [\"/type\"]\nevent_id = [\"/id\"]");
    let item = |id: &str| format!(r#"{{"type":"video.made","video":{{"id":"{id}"}}}}"#);
    let body = format!(
        r#"{{"id":"m1","video":{{"id":"no"}},"events":[{},{},3,{{"type":"video.made"}},"x"]}}"#,
        item("a"),
        item("b")
    );
    let reading = read(&catalog, &body);
    assert_eq!(told(&reading), ["video.made a m1/1 1", "video.made b m1/2 2"]);
    // The id of another payload's asset is never read outwards, and what is no payload is one finding.
    let of_items = [(Code::NoAssetId, Some(4)), (Code::NoEventKind, Some(3))];
    assert_eq!(found(&reading), of_items);
    assert!(reading.errors[1].to_string().starts_with("2 of 5 payloads"), "{}", reading.errors[1]);
}

#[test]
fn names_are_joined_and_read_from_headers_and_parameters() {
    let envelope = "kind = [[\"@X-Event\", \"/action\"]]\nevent_id = [[\"?batch\", \"/a\", \"/b\"]]\nsequence = [\"/n\"]\ntime = [\"@X-Time\", \"@received\"]";
    let catalog = acme(envelope);
    assert_eq!(
        (catalog.named_headers(), catalog.named_parameters()),
        (vec!["x-event", "x-time"], vec!["batch"])
    );
    let body =
        r#"{"action":"made","a":"x/y","b":7,"n":"18849496460467696128","video":{"id":"v1"}}"#;
    let headers: Headers =
        [("X-EVENT", "video"), ("x-time", "2026-01-01T00:00:00Z")].into_iter().collect();
    let delivery =
        Delivery::new(body.as_bytes(), 1).with_headers(&headers).with_query("batch=4%2F2");
    let record = format!(
        r#"{{"provider":"acme","headers":{{"X-Event":["video"],"X-Time":"2026-01-01T00:00:00Z"}},"query":"?batch=4%2F2","body":{body}}}"#
    );
    for reading in [Reader::new(&catalog).read(&delivery), read(&catalog, &record)] {
        assert_eq!(told(&reading), ["video.made v1 4~12/x~1y/7 0"]);
        assert_eq!(reading.events[0].event.sequence, Some(18_849_496_460_467_696_128));
        assert!(reading.events[0].event.time.is_some());
    }
    assert_eq!(found(&read(&catalog, body)), [(Code::NoEventKind, None)]);
}

#[test]
fn a_tie_is_folded_by_neither_and_a_condition_decides() {
    let plain = "kind = [\"/type\"]";
    let body = r#"{"type":"video.made","env":1,"video":{"id":"v1"}}"#;
    let tie = catalog(&[("one", plain), ("two", plain)]);
    assert_eq!(found(&read(&tie, body)), [(Code::AmbiguousProvider, None)]);
    let one = tie.provider("one").unwrap();
    let given = Reader::new(&tie).with_provider(one).read(&Delivery::new(body.as_bytes(), 1));
    assert_eq!((given.provider, given.events.len()), (Some("one"), 1));
    for (when, sender) in [
        ("{ \"/env\" = true }", Some("two")),
        ("{ \"/env\" = [\"1\", 3] }", Some("two")),
        ("{ \"/env\" = false }", Some("one")),
        ("{ \"/video\" = \"v1\" }", Some("one")),
    ] {
        let two = format!("{plain}\nwhen = {when}");
        let catalog = catalog(&[("one", plain), ("two", &two)]);
        assert_eq!(read(&catalog, body).provider, sender, "{when}");
    }
    let never = acme(&format!("{plain}\nwhen = {{ \"/env\" = 2 }}"));
    let acme = never.provider("acme").unwrap();
    let reading = Reader::new(&never).with_provider(acme).read(&Delivery::new(body.as_bytes(), 1));
    assert_eq!((found(&reading), reading.events.len()), (vec![(Code::UnknownProvider, None)], 0));
}

/// What an envelope may have besides the kind.
const PARTS: [&str; 5] = [
    "event_id = [\"/env\"]",
    "time = [\"/at\"]",
    "when = { \"/env\" = [1, \"2\"] }",
    "unwrap = [\"/inner\"]",
    "ignore = [\"video.*\"]",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    /// Two providers that change their names are read as before: one of them sent a payload, or nobody can say.
    #[test]
    fn names_of_providers_decide_nothing(
        parts in prop::array::uniform2(subsequence(PARTS.to_vec(), 0..4)),
        kinds in prop::array::uniform2(prop::sample::select(vec!["[\"/type\"]", "[\"/inner/type\", \"/type\"]"])),
        env in prop::sample::select(vec!["1", "2", "3", "null"]),
        inner in prop::sample::select(vec!["null", "{\"type\":\"video.made\",\"env\":1}", "[{\"type\":\"video.ready\"},{\"env\":2}]"]),
        at in prop::sample::select(vec!["null", "1767225600"]),
        is_listed in any::<bool>(),
    ) {
        let of = |at: usize| format!("kind = {}\n{}", kinds[at], parts[at].join("\n"));
        let (one, other) = (of(0), of(1));
        let body = format!(r#"{{"type":"video.made","env":{env},"at":{at},"inner":{inner},"video":{{"id":"v1"}}}}"#);
        let body = if is_listed { format!("[{body},{body}]") } else { body };
        let senders = |first: &str, second: &str| {
            let catalog = catalog(&[("a", first), ("b", second)]);
            let reading = read(&catalog, &body);
            let events = reading.events.iter().map(|placed| {
                let sender = placed.lifecycle.provider().to_owned();
                (sender, placed.event.item, placed.event.name(placed.lifecycle).to_owned())
            });
            (events.collect::<Vec<_>>(), found(&reading))
        };
        let (mut events, findings) = senders(&one, &other);
        for pair in events.windows(2) {
            prop_assert!(pair[0].1 != pair[1].1 || pair[0].0 == pair[1].0, "{:?}", events);
        }
        for (sender, ..) in &mut events {
            *sender = if sender == "a" { "b" } else { "a" }.to_owned();
        }
        let (swapped, swapped_findings) = senders(&other, &one);
        prop_assert_eq!(events, swapped);
        prop_assert_eq!(findings, swapped_findings);
    }
}

#[test]
fn a_list_that_is_read_by_index_is_told() {
    let catalog = acme("kind = [\"/events/0/type\"]");
    let event = r#"{"type":"video.made"}"#;
    let body = |items: &str| format!(r#"{{"events":[{items}],"video":{{"id":"v1"}}}}"#);
    let two = read(&catalog, &body(&[event, event].join(",")));
    assert_eq!((found(&two), two.events.len()), (vec![(Code::PartOfAList, None)], 1));
    assert_eq!(found(&read(&catalog, &body(event))), []);
}

#[test]
fn kinds_that_are_ignored_are_no_finding() {
    let catalog = acme("kind = [\"/type\"]\nignore = [\"video.*.sent\", \"ping\"]");
    for (kind, codes) in [
        ("ping", vec![]),
        ("video.a.b.sent", vec![]),
        ("pings", vec![Code::UnknownProvider]),
        ("video.sent", vec![Code::UnknownProvider]),
    ] {
        let reading = read(&catalog, &format!(r#"{{"type":"{kind}"}}"#));
        let found: Vec<Code> = found(&reading).into_iter().map(|(code, _)| code).collect();
        assert_eq!((found, reading.events.len()), (codes, 0), "{kind}");
    }
}

#[test]
fn hostile_wrappers_are_bounded() {
    let catalog = acme("unwrap = [\"/m\", \"\"]\nkind = [\"/type\"]");
    let event = r#"{"type":"video.made","video":{"id":"v1"}}"#;
    let many = format!("[{}]", vec![event; 10_003].join(","));
    let reading = read(&catalog, &many);
    assert_eq!(reading.events.len(), 10_000);
    assert_eq!(reading.errors.len(), 1, "{:?}", reading.errors);
    assert_eq!(found(&reading)[0].0, Code::TooLarge);
    let deep = r#"{"m":"#.repeat(100) + event + &"}".repeat(100);
    let mut text = event.to_owned();
    for _ in 0..8 {
        text = format!(r#"{{"m":{}}}"#, json(&text));
    }
    let nested = "[".repeat(1000) + &"]".repeat(1000);
    for body in [&deep, &text, &nested, "[]", r#"{"m":[]}"#, r#"{"m":"AAAA"}"#, r#"{"m":"e30="}"#] {
        let reading = read(&catalog, body);
        assert_eq!((reading.events.len(), reading.errors.len()), (0, 1), "{body}");
    }
}

#[test]
fn what_cannot_be_looked_for_is_refused() {
    for (envelope, said) in [
        ("kind = [\"@Authorization\"]", "is not kept"),
        ("kind = [\"?access_token\"]", "is not kept"),
        ("kind = [\"@X-Hub-Signature\"]", "is not kept"),
        ("kind = [\"@a b\"]", "names no header"),
        ("kind = [\"/a\"]\nzone = \"Mars\"", "no zone"),
        ("kind = [\"/a\"]\nwhen = { \"/b\" = [] }", "found a list"),
        ("kind = [\"/a\"]\nwhen = { \"/b\" = { c = 1 } }", "found a table"),
        ("kind = [\"/a\"]\nwhen = {}", "found a table"),
        ("kind = [\"/a\"]\ntime = [[\"/a\", \"/b\"]]", "found a list"),
        ("kind = [\"/a\", []]", "found a list"),
        ("kind = [\"/a/*/b\"]", "stands for nothing"),
        ("body = \"form\"\nkind = [\"/a/b\"]", "a form has no depth"),
    ] {
        let text = format!("provider = \"acme\"\n[envelope]\n{envelope}\n");
        let error = Catalog::with(&[DefinitionFile::new("p.toml", text)]).expect_err(envelope);
        assert!(error.to_string().contains(said), "{envelope}: {error}");
    }
}
