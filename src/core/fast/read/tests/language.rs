//! What is read quickly of a user's definitions is what the general reader reads, whatever they have of the language:
//! conditions, wrappers, indexes into lists, several places, joined names.

use std::cell::Cell;

use proptest::{
    collection::vec,
    test_runner::{TestCaseError, TestRunner},
};

use super::*;

/// What an envelope may say; one line of each list is taken.
const ENVELOPE: &[&[&str]] = &[
    &[
        "kind = [\"/type\"]",
        "kind = [\"/detail/kind\", \"/type\"]",
        "kind = [[\"/of\", \"/type\"], \"/type\"]",
        "kind = [[\"@X-Event\", \"/type\"], [\"/of\", \"/detail/kind\"], \"/type\"]",
        "kind = [\"@X-Event\", \"/type\"]",
    ],
    &[
        "",
        "when = { \"/source\" = \"a\" }",
        "when = { \"/source\" = [\"a\", 3, true], \"/gone\" = false }",
        "when = { \"/list/0/id\" = true }",
    ],
    &[
        "",
        "",
        "unwrap = [\"/Message\"]",
        "unwrap = [\"/items\"]",
        "unwrap = [\"/items\", \"/Message\"]",
        "unwrap = [\"/list/0\", \"/detail\"]",
        "unwrap = [\"/Message\", \"/detail\"]",
        "unwrap = [\"/detail\"]",
        "unwrap = [\"/detail\", \"/object\"]",
        "unwrap = [\"/outer/inner\", \"/Message\"]",
        "unwrap = [\"\"]",
    ],
    &[
        "",
        "event_id = [\"/id\"]",
        "event_id = [[\"/id\", \"/detail/kind\"], \"/id\"]",
        "event_id = [[\"/id\", \"/seq\"]]",
        "event_id = [\"/list/0/id\", \"/id\"]",
    ],
    &["", "time = [\"/at\"]", "time = [\"/list/1\", \"/at\"]", "time = [\"/at\", \"@received\"]"],
    &["", "sequence = [\"/seq\"]", "sequence = [\"/list/1\", \"/seq\"]"],
    &["", "attempts = [\"/tries\"]", "attempts = [\"/list/1\"]"],
    &["", "ignore = [\"x.*\"]"],
    &["", "zone = \"+01:00\""],
];

/// The same of an entity.
const ENTITY: &[&[&str]] = &[
    &[
        "id = [\"/object/id\"]",
        "id = [[\"/object/id\", \"/seq\"], \"/object/id\"]",
        "id = [\"/list/0/id\", \"/object/id\"]",
        "id = [\"/object/id\", \"/id\"]",
        "id = [\"?id\", \"/object/id\"]",
        "id = [[\"/source\", \"/object/id\"], [\"/seq\", \"/object/id\"], \"/object/id\"]",
    ],
    &["", "status = [\"/status\", \"/detail/status\"]"],
    &["", "parent = { entity = \"p/other\", id = [\"/list/0/id\", \"/source\"] }"],
    &["", "order = \"arrival\""],
    &[
        "",
        "[data]\ntitle = [\"/title\", \"/detail/kind\"]\nfirst = \"/list/0\"\nall = { at = [\"/list\"], key = [\"id\"] }",
    ],
];

const ROWS: &[&[&str]] = &[
    &[
        "made = { from = [\"new\"], to = \"made\" }",
        "made = [{ when = { \"/source\" = \"a\" }, from = [\"new\"], to = \"made\" }, { from = [\"new\"], to = \"done\" }]",
    ],
    &[
        "done = { from = [\"made\"], to = \"done\" }",
        "done = [{ when = { \"/list/0/id\" = true }, from = \"*\", set = [\"seen\"] }, { when = { \"/detail/kind\" = false, \"/seq\" = [1, 2] }, from = [\"made\"], to = \"done\" }]",
        "done = [{ when = { \"/source\" = [true, 3] }, from = [\"made\"], to = \"done\", id = [\"/seq\", \"/id\"] }, { when = { \"/at\" = true }, from = \"*\", foreign = true }, { from = [\"made\"], status = \"/detail/status\" }]",
        "done = [{ status = [\"/status\", \"/list/1\"], from = [\"made\"] }, { from = [\"made\", \"done\"] }]",
    ],
    &[
        "",
        "\"w.*\" = { from = \"*\" }",
        "\"w.*\" = [{ when = { \"/source\" = [\"b\", false] }, from = \"*\", set = [\"seen\"] }, { from = [\"made\"] }]",
        "\"w.made\" = { from = \"*\" }\n\"w.done\" = { from = \"*\", set = [\"seen\"] }",
        "\"w.x\" = { from = \"*\", id = [\"/list/1\", \"/source\"] }",
    ],
];

/// Members of a payload: name, and what it may be.
const MEMBERS: &[(&str, &[&str])] = &[
    ("type", &["\"made\"", "\"done\"", "\"w.x\"", "\"x.y\"", "7", "null"]),
    ("object", &["{\"id\":\"o1\"}", "{\"id\":\"o/2\"}", "{\"id\":12.50}", "{}", "null", "[]"]),
    ("id", &["\"e1\"", "\"e2\"", "15", "\"\"", "null"]),
    (
        "at",
        &["\"2026-01-01T00:00:00Z\"", "1767225600", "\"2026-01-01 10:00:00\"", "\"soon\"", "null"],
    ),
    (
        "source",
        &["\"a\"", "\"b\"", "3", "\"3\"", "true", "null", "{}", "false", "\"\\u0061\"", "3.0"],
    ),
    ("of", &["\"w\"", "\"w\"", "\"\"", "null", "3", "[]"]),
    (
        "list",
        &[
            "[{\"id\":\"l1\"},5]",
            "[{\"id\":\"l2\"}]",
            "[null,\"ready\"]",
            "[]",
            "{\"0\":{\"id\":\"n\"}}",
            "[[1],{\"id\":1}]",
        ],
    ),
    (
        "detail",
        &[
            "{\"kind\":\"made\"}",
            "{\"kind\":\"done\",\"status\":\"ready\"}",
            "{\"type\":\"made\",\"object\":{\"id\":\"d1\"},\"title\":\"in\",\"id\":\"e9\",\"of\":\"w\"}",
            "{\"type\":\"done\",\"source\":\"b\",\"seq\":4,\"detail\":{\"kind\":\"made\"}}",
            "{\"type\":\"done\",\"source\":\"b\",\"seq\":4,\"at\":1767225602,\"status\":\"ready\"}",
            "{}",
            "[{\"kind\":\"made\"}]",
            "true",
            "{\"status\":null}",
            "\"made\"",
        ],
    ),
    ("status", &["\"ready\"", "\"odd\"", "4", "null"]),
    ("seq", &["1", "\"2\"", "\"0003\"", "-1", "1.5", "null"]),
    ("tries", &["1", "2", "[{\"at\":1}]"]),
    ("title", &["\"t\"", "\"\\u00e9\"", "{\"b\":1,\"a\":2}", "null"]),
    ("more", &["[1,{\"type\":\"done\"}]", "\"{\\\"type\\\":\\\"made\\\"}\""]),
];

/// How a payload stands in a body.
fn wrapped(payload: &str, way: usize) -> String {
    let text = serde_json::to_string(payload).expect("it is text");
    match way {
        0 => format!("{{\"Message\":{text},\"id\":\"outer\"}}"),
        1 => format!("{{\"id\":\"outer\",\"Message\":{payload}}}"),
        2 => format!("{{\"items\":[{payload}],\"type\":\"done\"}}"),
        3 => format!("{{\"type\":\"made\",\"items\":[{payload},{text},{payload}]}}"),
        4 => format!("{{\"Message\":\"{}\"}}", STANDARD.encode(payload)),
        5 => format!(
            "{{\"items\":[{{\"Message\":{text}}},{{\"Message\":{payload}}}],\"at\":1767225601}}"
        ),
        6 => format!("{{\"list\":[{payload}],\"id\":1}}"),
        7 => format!("[{payload},{payload}]"),
        8 => format!("{{\"items\":[],\"Message\":{payload}}}"),
        9 => {
            format!("{{\"detail\":{payload},\"id\":\"outer\",\"source\":\"a\",\"type\":\"made\"}}")
        }
        10 => format!(
            "{{\"at\":1767225603,\"detail\":{payload},\"status\":\"ready\",\"title\":\"out\",\"seq\":9}}"
        ),
        11 => format!(
            "{{\"Message\":{payload},\"of\":\"w\",\"type\":\"w.x\",\"detail\":{{\"kind\":\"done\"}}}}"
        ),
        12 => format!(
            "{{\"outer\":{{\"at\":7,\"inner\":{payload}}},\"title\":[2],\"object\":{{\"id\":\"oo\"}}}}"
        ),
        _ => payload.to_owned(),
    }
}

/// The one of a list that a number stands for.
fn pick<T: Copy>(list: &[T], number: usize) -> T {
    list[number % list.len()]
}

fn picked(lists: &[&[&str]], picks: &[usize]) -> String {
    let lines = lists.iter().zip(picks).map(|(list, number)| pick(list, *number));
    lines.map(|line| format!("{line}\n")).collect()
}

/// What a case is made from.
#[derive(Clone, Debug)]
struct Case {
    /// Of two providers, if there are two: they may know the same kinds.
    envelopes: Vec<Vec<usize>>,
    entities: Vec<Vec<usize>>,
    members: Vec<(usize, usize)>,
    /// Other values of the same members, by their number.
    changes: Vec<(usize, usize)>,
    way: usize,
    record: Option<usize>,
}

impl Case {
    fn catalog(&self) -> Option<Catalog> {
        let mut files = Vec::new();
        for (envelope, name) in self.envelopes.iter().zip(["p", "q"]) {
            let envelope = picked(ENVELOPE, envelope);
            let text = format!("provider = \"{name}\"\n[envelope]\n{envelope}");
            files.push(DefinitionFile::new(format!("{name}.toml"), text));
            for (entity, own) in self.entities.iter().zip(["clip", "other"]) {
                let (head, rows) = (picked(ENTITY, entity), picked(ROWS, &entity[ENTITY.len()..]));
                let head = head.replace("p/other", &format!("{name}/other"));
                let text = format!(
                    "entity = \"{name}/{own}\"\n{head}[states]\nmade = {{ rest = true }}\ndone = {{ rest = true }}\n[flags]\nseen = {{}}\n[statuses]\nready = \"done\"\n[events]\n{rows}"
                );
                files.push(DefinitionFile::new(format!("{name}-{own}.toml"), text));
            }
        }
        // A parent that is not there, rows that leave a state out of reach: lint has tests of its own.
        Catalog::with(&files).ok()
    }

    /// A body, and the same with other values.
    fn bodies(&self) -> Vec<String> {
        let mut members: Vec<(&str, &str)> = Vec::new();
        for (member, value) in &self.members {
            let (name, values) = pick(MEMBERS, *member);
            if members.iter().all(|(other, _)| *other != name) {
                members.push((name, pick(values, *value)));
            }
        }
        let body = |members: &[(&str, &str)]| {
            let written = members.iter().map(|(name, value)| format!("\"{name}\":{value}"));
            let payload = format!("{{{}}}", written.collect::<Vec<_>>().join(","));
            let body = wrapped(&payload, self.way);
            match self.record {
                Some(way) => recorded(&body, "p", way),
                None => body,
            }
        };
        // A plan is made of what was seen before.
        let mut bodies = vec![body(&members); 3];
        for (at, value) in &self.changes {
            let count = members.len();
            let (name, member) = &mut members[at % count];
            let (_, values) = MEMBERS.iter().find(|(own, _)| own == name).expect("one of them");
            *member = pick(values, *value);
            bodies.push(body(&members));
        }
        bodies
    }
}

/// The first of each list is the plainest.
fn cases() -> impl Strategy<Value = Case> {
    let often_first = || prop_oneof![3 => Just(0_usize), 1 => 0..1000_usize];
    let picks = move |len: usize| vec(often_first(), len);
    let member = (0..1000_usize, prop_oneof![2 => Just(0_usize), 1 => 0..1000_usize]);
    (
        prop_oneof![3 => vec(picks(ENVELOPE.len()), 1), 1 => vec(picks(ENVELOPE.len()), 2)],
        vec(picks(ENTITY.len() + ROWS.len()), 2),
        vec(member, 2..12),
        vec((0..1000_usize, 0..1000_usize), 0..6),
        prop_oneof![1 => 0_usize..9, 1 => 9_usize..13, 2 => Just(99)],
        prop::option::weighted(0.3, 0..ORDINARY),
    )
        .prop_map(|(envelopes, entities, mut members, changes, way, record)| {
            // Most have a kind, an asset and a source.
            members.extend([0, 1, 4, 6].map(|member| (member, members[0].1)));
            Case { envelopes, entities, members, changes, way, record }
        })
}

#[test]
fn whatever_the_language_can_say_is_read_right_or_not_at_all() {
    let (catalogs, bodies, quickly) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) };
    let held = TestRunner::new(config).run(&cases(), |case| {
        let Some(catalog) = case.catalog() else { return Ok(()) };
        catalogs.set(catalogs.get() + 1);
        let catalog: &'static Catalog = Box::leak(Box::new(catalog));
        let reader = Reader::new(catalog);
        let given = reader.clone().with_provider(catalog.provider("p").expect("it is there"));
        for reader in [reader, given] {
            let (mut quick, mut scanner) =
                (FastReader::new(&reader), Scanner::new(Level::detect()));
            for body in case.bodies() {
                bodies.set(bodies.get() + 1);
                let read = agree(&mut quick, &mut scanner, &reader, body.as_bytes());
                quickly.set(quickly.get() + usize::from(read));
            }
        }
        Ok::<(), TestCaseError>(())
    });
    held.unwrap_or_else(|error| panic!("{error}"));
    let (catalogs, bodies, quickly) = (catalogs.get(), bodies.get(), quickly.get());
    assert!(catalogs > 300 && quickly * 10 > bodies, "{quickly} of {bodies} by {catalogs}");
}

/// Of events without an id or a time the whole payload is gone over, for its digest.
#[test]
fn what_is_within_an_item_of_a_list_is_found_whatever_else_is_asked_for() {
    for envelope in ["", "event_id = [\"/id\"]\n"] {
        let provider = format!("provider = \"p\"\n[envelope]\nkind = [\"/type\"]\n{envelope}");
        let clip = "entity = \"p/clip\"\nid = [\"/list/1/of/0/id\", \"/object/id\"]\nstatus = [\"/list/0/is\"]\n[states]\nmade = { rest = true }\n[events]\nmade = { from = [\"new\"], to = \"made\" }\n";
        let files = [("p.toml", &*provider), ("clip.toml", clip)];
        let files = files.map(|(name, text)| DefinitionFile::new(name, text));
        let catalog =
            Box::leak(Box::new(Catalog::with(&files).unwrap_or_else(|error| panic!("{error}"))));
        let reader = Reader::new(catalog);
        let (mut quick, mut scanner) = (FastReader::new(&reader), Scanner::new(Level::detect()));
        for id in ["c1", "c2", "c3"] {
            let body = format!(
                "{{\"type\":\"made\",\"id\":\"e\",\"object\":{{\"id\":\"no\"}},\"list\":[{{\"is\":\"so\"}},{{\"of\":[{{\"id\":\"{id}\"}}]}}]}}"
            );
            agree(&mut quick, &mut scanner, &reader, body.as_bytes());
            let asset = reader.read(&Delivery::new(body.as_bytes(), 7)).events[0].asset.clone();
            assert_eq!(&*asset, id);
        }
    }
}
