//! Simulated deliveries of envelopes that wrap, join and batch: what is read of them is what is true.

use std::collections::BTreeMap;

use mediafold::{
    Catalog, Delivery, Reader,
    bulk::{Bulk, Documents},
    lifecycle::DefinitionFile,
    paths::{Cover, paths},
    simulate::{Bodies, Faults, Scale, Simulation, Templates, Truth},
};

use crate::simulate::{faults, start};

/// Line, item, entity, id and name of a finding.
type Shown = (u64, Option<u32>, Option<String>, Option<String>, String);

const ENTITY: &str = "status = [\"/status\"]\n[states]\nmade = {}\nready = { rest = true }\nfailed = { rest = true, error = true }\n\
    gone = { end = true }\n[flags]\nshared = {}\n[events]\n\"video.made\" = { from = [\"new\"], to = \"made\" }\n\
    \"video.ready\" = { from = [\"made\"], to = \"ready\" }\n\"video.failed\" = { from = [\"made\"], to = \"failed\" }\n\
    \"video.retried\" = { again = [\"failed\"], to = \"made\" }\n\"video.shared\" = { from = [\"made\", \"ready\"], set = [\"shared\"] }\n\
    \"video.gone\" = { from = [\"made\", \"ready\", \"failed\"], to = \"gone\" }\n";

/// Envelope, id, and what the first delivery has; the envelope of each is of a kind that platforms have.
const ENVELOPES: [(&str, &str, &str); 12] = [
    // SNS: JSON text in a wrapper.
    (
        "unwrap = [\"/Message\"]\nkind = [\"/type\"]\nevent_id = [\"/id\"]\ntime = [\"/at\", \"/Timestamp\"]",
        "[\"/video/id\"]",
        r#"{"Message":"{\"#,
    ),
    // Pub/Sub: base64.
    (
        "unwrap = [\"/message/data\"]\nkind = [\"/type\"]\nevent_id = [\"/id\"]\ntime = [\"/at\"]",
        "[\"/video/id\"]",
        r#"{"message":{"data":"ey"#,
    ),
    // EventBridge: an object.
    (
        "when = { \"/source\" = \"aws.acme\" }\nunwrap = [\"/detail\"]\nkind = [\"/type\"]\ntime = [\"/at\"]",
        "[\"/video/id\"]",
        r#"{"detail":{"at""#,
    ),
    // A list of events.
    (
        "unwrap = [\"/events\"]\nkind = [\"/type\"]\nevent_id = [\"/id\"]\ntime = [\"/at\"]",
        "[\"/video/id\"]",
        r#"{"events":[{"at""#,
    ),
    // A body that is a list.
    (
        "unwrap = [\"\"]\nkind = [\"/type\"]\nevent_id = [\"/id\"]\ntime = [\"/at\"]\nsequence = [\"/n\"]",
        "[\"/video/id\"]",
        r#","body":[{"at""#,
    ),
    // Kinds joined of a header and a member, ids of deliveries in headers.
    (
        "kind = [[\"@X-Event\", \"/action\"]]\nevent_id = [\"@X-Delivery\"]\ntime = [\"/at\"]",
        "[\"/video/id\"]",
        r#""headers":{"x-delivery":""#,
    ),
    // Ids in the query of the address.
    (
        "kind = [\"/type\"]\nevent_id = [\"/id\"]\ntime = [\"/at\"]",
        "[\"?video\"]",
        r#""query":"video="#,
    ),
    // Joined ids, of events and of assets.
    (
        "kind = [\"/type\"]\nevent_id = [[\"/a\", \"/type\", \"/at\"]]\ntime = [\"/at\"]",
        "[[\"/a\", \"/b\"]]",
        r#""b":""#,
    ),
    // No time but that of receipt.
    (
        "kind = [\"/type\"]\nevent_id = [\"/id\"]\ntime = [\"@received\"]",
        "[\"/video/id\"]",
        r#""received_at":"#,
    ),
    ("kind = [\"/type\"]\ntime = [\"@received\"]", "[\"/video/id\"]", r#""received_at":"#),
    // JSON in a member of a form.
    (
        "body = \"form\"\nunwrap = [\"/acme\"]\nkind = [\"/type\"]\nevent_id = [\"/id\"]\ntime = [\"/at\"]",
        "[\"/video/id\"]",
        "acme=%7B%22",
    ),
    // A wrapped list, a header beside it, and a condition on a header.
    (
        "when = { \"@X-Env\" = \"live\", \"/v\" = 2 }\nunwrap = [\"/data\"]\nkind = [\"@X-Event\"]\nevent_id = [\"/id\"]\ntime = [\"/at\"]",
        "[\"/video/id\"]",
        r#""x-env":"live""#,
    ),
];

fn catalog(envelope: &str, id: &str) -> Catalog {
    let files = [
        ("provider.toml", format!("provider = \"acme\"\n[envelope]\n{envelope}\n")),
        ("video.toml", format!("entity = \"acme/video\"\nid = {id}\n{ENTITY}")),
    ];
    let files = files.map(|(path, text)| DefinitionFile::new(path, text));
    Catalog::with(&files).unwrap_or_else(|error| panic!("{envelope}: {error}"))
}

/// What came of one stream.
#[derive(Default)]
struct Told {
    first: String,
    /// Deliveries with several events, and with several of one asset.
    batches: usize,
    twice: usize,
    faults: usize,
}

/// Simulates and folds: what is found is what is true, no more and no less.
fn hold(catalog: &Catalog, templates: &Templates, seed: u64, faults: Faults) -> Told {
    let (names, scale) = (["acme".to_owned()], Scale::Assets(30));
    let mut simulation =
        Simulation::new(catalog, templates, &names, scale, seed, start(), faults).unwrap();
    let mut bulk = Bulk::new(Reader::new(catalog)).with_findings();
    let reader = Reader::new(catalog);
    let (mut text, mut told, mut truths) = (Vec::new(), Told::default(), Vec::new());
    while let Some(body) = simulation.next_delivery() {
        if text.is_empty() {
            told.first = String::from_utf8_lossy(body).into_owned();
        }
        let events = reader.read(&Delivery::new(body, 1)).events;
        let mut assets: Vec<String> = events.iter().map(|event| event.asset.to_string()).collect();
        told.batches += usize::from(assets.len() > 1);
        assets.sort();
        told.twice += usize::from(assets.windows(2).any(|pair| pair[0] == pair[1]));
        text.extend_from_slice(body);
        text.push(b'\n');
        truths.extend(simulation.truths());
    }
    truths.extend(simulation.truths());
    // As a file is read.
    let mut documents = Documents::new(&text[..]);
    while let Some(document) = documents.next_document().unwrap() {
        match document.body {
            Ok(body) => bulk.deliver(&Delivery::new(body, document.line)),
            Err(error) => bulk.deliver_broken(&error, document.line),
        }
    }
    let folded = bulk.finish();
    let mut tally: BTreeMap<Shown, i64> = BTreeMap::new();
    for truth in &truths {
        let Truth::Fault { line: Some(line), item, entity, id, finding: Some(finding), .. } = truth
        else {
            continue;
        };
        told.faults += 1;
        let (entity, id) = (entity.as_deref().map(str::to_owned), id.as_deref().map(str::to_owned));
        *tally.entry((*line, *item, entity, id, (*finding).to_owned())).or_default() += 1;
    }
    for finding in folded.findings.iter() {
        let (entity, id) = (finding.entity.clone(), finding.id.clone());
        let shown = (finding.delivery, finding.item, entity, id, finding.name.to_owned());
        *tally.entry(shown).or_default() -= 1;
    }
    tally.retain(|_, count| *count != 0);
    assert!(
        tally.is_empty(),
        "seed {seed}: missed (above 0) or invented: {tally:#?}\n{}",
        told.first
    );
    let states: BTreeMap<&str, &str> = folded
        .assets
        .iter()
        .map(|(lifecycle, asset)| (asset.id(), asset.state(lifecycle).name.as_str()))
        .collect();
    for truth in &truths {
        if let Truth::Asset { id, state, decidable: true, .. } = truth {
            assert_eq!(states.get(&**id), Some(&state.as_str()), "seed {seed}: {id}");
        }
    }
    told
}

#[test]
fn every_envelope_is_simulated_as_it_reads() {
    let templates = Templates::with(&[]).unwrap();
    for (envelope, id, has) in ENVELOPES {
        let catalog = catalog(envelope, id);
        let whole = hold(&catalog, &templates, 1, Faults::default());
        assert!(whole.first.contains(has), "{envelope}: {}", whole.first);
        assert_eq!(whole.faults, 0);
        let mut sum = Told::default();
        for seed in 0..30 {
            let share = [0.02, 0.1, 0.3][seed as usize % 3];
            let told = hold(&catalog, &templates, seed, faults(share));
            sum.faults += told.faults;
            sum.batches += told.batches;
            sum.twice += told.twice;
        }
        assert!(sum.faults > 300, "{envelope}: {}", sum.faults);
        let batched = envelope.contains("/events") || envelope.contains("[\"\"]");
        assert_eq!(sum.batches > 100, batched, "{envelope}: {}", sum.batches);
        assert_eq!(sum.twice > 30, batched, "{envelope}: {}", sum.twice);
        let moves = paths(catalog.lifecycle("acme/video").unwrap(), Cover::Transitions).unwrap();
        let mut bodies = Bodies::new(&catalog, &templates, "acme/video", 3, start()).unwrap();
        for sequence in &moves.sequences {
            bodies.next_asset();
            sequence.moves.iter().for_each(|one| drop(bodies.body(one.kind, one.to).unwrap()));
        }
    }
}

/// The video's template, and the provider's with this `delivery`.
fn templates(delivery: &str) -> Result<Templates, String> {
    let video = r#"{"entity": "acme/video", "id": "vid_${hex:8}", "bodies": [{"kinds": ["*"],
        "body": {"type": "${kind}", "id": "${event_id}", "at": "${time}", "video": {"id": "${id}", "name": "a \"b\" \\ é"}}}]}"#;
    let provider = format!(r#"{{"provider": "acme", "delivery": {delivery}}}"#);
    let files = [("video.payload.json", video.to_owned()), ("provider.payload.json", provider)];
    let files = files.map(|(path, text)| DefinitionFile::new(path, text));
    Templates::with(&files).map_err(|error| error.to_string())
}

#[test]
fn templates_say_how_payloads_are_wrapped() {
    let plain = "kind = [\"/type\"]\nevent_id = [\"/id\"]\ntime = [\"/at\"]";
    let sns = r#"{"Type": "Notification", "MessageId": "${uuid}", "Message": "${payload:text}"}"#;
    for (envelope, delivery, has, batched) in [
        (
            "unwrap = [\"/Message\"]",
            format!(r#"{{"wrap": [["${{payload}}"], {sns}], "batch": 6}}"#),
            r#""Message":"[{\"type\":"#,
            true,
        ),
        (
            "unwrap = [\"/Records\", \"/body\", \"/Message\"]",
            format!(
                r#"{{"wrap": [{sns}, {{"body": "${{payload:text}}"}}, {{"Records": ["${{payload}}"]}}], "batch": 3}}"#
            ),
            r#"{"Records":[{"body":"{\"Type\":"#,
            true,
        ),
        (
            "unwrap = [\"/message/data\"]",
            r#"{"wrap": [{"message": {"data": "${payload:base64}", "publishTime": "${time}"}}]}"#
                .to_owned(),
            r#"{"message":{"data":"eyJ0eXBlIjoi"#,
            false,
        ),
        (
            "unwrap = [\"\"]",
            r#"{"wrap": [["${payload}"]], "batch": 100, "headers": {"X-Ce": "${kind:1} ${kind:2..}"}, "query": {"a b": "${id}"}}"#
                .to_owned(),
            r#""headers":{"X-Ce":"video made"},"query":"a%20b=vid_"#,
            true,
        ),
    ] {
        let catalog = catalog(&format!("{envelope}\n{plain}"), "[\"/video/id\"]");
        let templates = templates(&delivery).unwrap();
        let first = hold(&catalog, &templates, 1, Faults::default()).first;
        assert!(first.contains(has), "{delivery}: {first}");
        let batches = (0..20).map(|seed| hold(&catalog, &templates, seed, faults(0.1)).batches);
        assert_eq!(batches.sum::<usize>() > 50, batched, "{delivery}");
    }
}

#[test]
fn deliveries_that_would_not_read_back_are_refused() {
    let plain = "kind = [\"/type\"]\ntime = [\"/at\"]";
    let refused = |envelope: &str, delivery: &str| {
        let catalog = catalog(&format!("{envelope}\n{plain}"), "[\"/video/id\"]");
        let names = ["acme".to_owned()];
        let simulation = templates(delivery).and_then(|templates| {
            let (scale, faults) = (Scale::Assets(1), Faults::default());
            Simulation::new(&catalog, &templates, &names, scale, 1, start(), faults)
                .map_err(|error| error.to_string())
        });
        simulation.map(drop).expect_err(delivery)
    };
    let list = "unwrap = [\"/list\"]\nevent_id = [\"/m\"]";
    for (envelope, delivery, said) in [
        ("", r#"{"wrap": [{"a": "b"}]}"#, "a wrapper has no `${payload}`"),
        ("", r#"{"wrap": [{"a": "b ${payload}"}]}"#, "`${payload}` is to be a whole string"),
        ("", r#"{"wrap": [{"a": "${payload}"}]}"#, "no event kind"),
        ("", r#"{"batch": 0}"#, "expected a `batch` from 1 to 100"),
        ("", r#"{"batch": 2, "wrap": [{"list": "${payload}"}]}"#, "a `batch` needs"),
        ("", r#"{"headers": {"a b": "c"}}"#, "no name of a header"),
        ("", r#"{"headers": {"a": "${kind:0}"}}"#, "is no placeholder"),
        (
            list,
            r#"{"batch": 2, "wrap": [{"m": "${event_id}", "list": ["${payload}"]}]}"#,
            "in a batch it is another event",
        ),
    ] {
        let error = refused(envelope, delivery);
        assert!(error.contains(said), "{delivery}: {error}");
    }
    assert!(templates(r#"{"wrap": [], "more": 1}"#).is_err());
}
