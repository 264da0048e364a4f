use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

use super::*;
use crate::{Delivery, Reader, bulk::Bulk};

fn draft(documents: &[Value]) -> Result<Draft, String> {
    drafted(documents, DiscoverOptions { partial: true, ..DiscoverOptions::default() })
}

fn drafted(documents: &[Value], options: DiscoverOptions) -> Result<Draft, String> {
    let place = PlanPlace::default();
    let mut discovery = Discovery::new(options, &place);
    for (number, document) in (1..).zip(documents) {
        discovery.deliver(&Delivery::new(document.to_string().as_bytes(), number));
    }
    discovery.finish()
}

fn file<'d>(draft: &'d Draft, name: &str) -> &'d str {
    let found = draft.files.iter().find(|(own, _)| own == name);
    found.map_or_else(|| panic!("no {name} in {:?}", draft.files), |(_, text)| text)
}

/// What a fold by the draft makes of the documents: for each asset its id and state.
fn folded(draft: &Draft, documents: &[Value]) -> Vec<(String, String)> {
    let files: Vec<DefinitionFile> =
        draft.files.iter().map(|(path, text)| DefinitionFile::new(&**path, &**text)).collect();
    let catalog = Catalog::with(&files).expect("it passes lint");
    let provider = catalog.provider("acme").expect("it is there");
    let mut bulk = Bulk::new(Reader::new(&catalog).with_provider(provider));
    for (number, document) in (1..).zip(documents) {
        bulk.deliver(&Delivery::new(document.to_string().as_bytes(), number));
    }
    let assets = bulk.finish().assets.into_iter();
    assets.map(|(own, asset)| (asset.id().to_owned(), asset.state(own).name.clone())).collect()
}

fn story() -> Vec<Value> {
    let event = |number: u32, clip: &str, kind: &str| {
        json!({
            "event_type": format!("clip.{kind}"), "id": format!("e-{number}"), "project": {"id": "p1"},
            "sent_at": format!("2026-01-01 00:00:{number:02}"), "data": {"clip_id": clip, "status": kind},
        })
    };
    let mut story = Vec::new();
    for (at, clip) in (0..).zip(["a", "b", "c", "d"]) {
        story.push(event(4 * at, clip, "created"));
        story.push(event(4 * at + 1, clip, if at == 2 { "failed" } else { "ready" }));
        story.push(event(4 * at + 2, clip, "deleted"));
    }
    story
}

#[test]
fn a_draft_reads_what_it_was_made_from() {
    let story = story();
    let draft = draft(&story).expect("a draft");
    let provider = file(&draft, "provider.toml");
    for part in [
        "kind = [\"/event_type\"]",
        "event_id = [\"/id\"]",
        "time = [\"/sent_at\"]",
        "zone = \"UTC\"    # uncertain",
        "scheme = \"none\"    # uncertain",
    ] {
        assert!(provider.contains(part), "{part}\n{provider}");
    }
    let clip = file(&draft, "clip.toml");
    for part in [
        "entity = \"acme/clip\"",
        "id = [\"/data/clip_id\"]",
        "status = [\"/data/status\"]",
        "[statuses]\n\"created\" = \"created\"\n",
        "\"deleted\" = { end = true }    # entered 4, the last 4",
        "\"failed\" = { error = true }    # entered 1, the last 0",
        "\"clip.ready\" = { from = [\"created\"], to = \"ready\" }    # seen 3, from created 3",
        "seen 4, from failed 1, ready 3",
    ] {
        assert!(clip.contains(part), "{part}\n{clip}");
    }
    let deleted = ["a", "b", "c", "d"].map(|id| (id.to_owned(), "deleted".to_owned()));
    assert_eq!(folded(&draft, &story), deleted);
}

#[test]
fn wrapped_payloads_are_unwrapped() {
    let batch: Vec<Value> = story().chunks(5).map(|events| json!({"events": events})).collect();
    let list: Vec<Value> = story().chunks(5).map(|events| json!(events)).collect();
    let queue: Vec<Value> = story()
        .iter()
        .map(
            |event| json!({"Type": "Notification", "MessageId": "x", "Message": event.to_string()}),
        )
        .collect();
    for (documents, unwrap) in
        [(batch, "[\"/events\"]"), (list, "[\"\"]"), (queue, "[\"/Message\"]")]
    {
        let draft = draft(&documents).expect("a draft");
        let provider = file(&draft, "provider.toml");
        assert!(provider.contains(&format!("unwrap = {unwrap}")), "{provider}");
        assert_eq!(folded(&draft, &documents).len(), 4, "{provider}");
    }
}

#[test]
fn what_headers_say_counts() {
    let record = |kind: &str, id: u32| {
        json!({
            "provider": null, "received_at": "2026-01-01T00:00:00Z",
            "headers": {"X-Acme-Event": kind, "X-Acme-Signature": "0a1b2c"}, "body": {"job": {"id": id}},
        })
    };
    let records = [record("queued", 1), record("done", 1), record("queued", 2)];
    let draft = draft(&records).expect("a draft");
    let provider = file(&draft, "provider.toml");
    assert!(provider.contains("kind = [\"@x-acme-event\"]"), "{provider}");
    assert!(provider.contains("x-acme-signature came with it"), "{provider}");
}

#[test]
fn without_kinds_or_ids_it_says_so() {
    let says = |documents: &[Value]| draft(documents).expect_err("no draft");
    assert!(says(&[]).contains("not one payload"));
    assert!(says(&[json!({"a": 1})]).contains("no event kind"));
    assert!(says(&[json!({"type": "ready"})]).contains("no id"));
}

/// A log that does not tell what follows what gives no lifecycle.
#[test]
fn nothing_is_made_up() {
    let says =
        |documents: &[Value]| drafted(documents, DiscoverOptions::default()).expect_err("no draft");
    let event = |number: u32, id: String, kind: String| json!({"type": kind, "id": format!("e-{number}"), "at": 1_760_000_000 + number, "data": {"id": id}});
    let kinds = ["clip.created", "clip.ready", "clip.deleted"];
    let one_each: Vec<Value> = (0..300)
        .map(|at| event(at, format!("a-{at}"), kinds[at as usize % 3].to_owned()))
        .collect();
    let told = says(&one_each);
    assert!(
        told.contains("none of which comes with two events") && told.contains("--id"),
        "{told}"
    );
    let one_asset: Vec<Value> =
        (0..300).map(|at| event(at, "a".to_owned(), kinds[at as usize % 3].to_owned())).collect();
    let told = says(&one_asset);
    let is_told =
        ["one story is no lifecycle", "cannot be told"].iter().any(|part| told.contains(part));
    assert!(is_told, "{told}");
    let many_kinds: Vec<Value> = (0..10_000)
        .map(|at| event(at, format!("a-{}", at % 500), format!("clip.k{}x", letters(at))))
        .collect();
    let told = says(&many_kinds);
    assert!(told.contains("kind") && told.contains("--kind"), "{told}");
}

/// A number in letters: a word with digits in it is no kind.
fn letters(number: u32) -> String {
    format!("{number:05}").bytes().map(|digit| char::from(b'a' + digit - b'0')).collect()
}

/// What goes back is only what must, and what was said is not looked for.
#[test]
fn again_is_only_where_a_circle_would_be() {
    let mut documents = Vec::new();
    for asset in 0..30 {
        let story = ["made", "run", "failed", "run", "done"];
        for (at, step) in story.iter().enumerate() {
            documents.push(json!({
                "step": step, "case": format!("case-{asset}"), "when": 1_760_000_000 + asset * 10 + at as u64,
            }));
        }
    }
    let wishes = Wishes {
        kind: Some("/step".to_owned()),
        id: Some("/case".to_owned()),
        time: Some("/when".to_owned()),
        entity: Some("order".to_owned()),
        ..Wishes::default()
    };
    let options = DiscoverOptions { noise: 0.0, wishes, ..DiscoverOptions::default() };
    let draft = drafted(&documents, options).expect("a draft");
    let steps = &draft.entities[0].steps;
    let back: Vec<(&str, &str)> =
        steps.iter().filter(|step| step.again).map(|step| (&*step.from, &*step.to)).collect();
    assert_eq!(back, [("failed", "run")]);
    let fit = draft.entities[0].fit;
    assert_eq!((fit.fitness, fit.precision), (1.0, 1.0));
    let options = DiscoverOptions {
        wishes: Wishes { kind: Some("/stop".to_owned()), ..Wishes::default() },
        ..DiscoverOptions::default()
    };
    let told = drafted(&documents, options).expect_err("it is not there");
    assert!(told.contains("`/stop`") && told.contains("`/step`"), "{told}");
}

/// Bounded retries are found with their bound, and with what renews them.
#[test]
fn retries_are_found() {
    let mut documents = Vec::new();
    let mut add = |asset: u32, story: &[&str]| {
        for (at, kind) in story.iter().enumerate() {
            documents.push(json!({
                "type": format!("job.{kind}"), "job_id": format!("job-{asset}"),
                "at": 1_760_000_000 + asset * 100 + at as u32,
            }));
        }
    };
    for asset in 0..40 {
        let story: &[&str] = match asset % 4 {
            0 => &["queued", "run", "error", "run", "error", "run", "error", "failed"],
            1 => &["queued", "run", "error", "run", "ready"],
            2 => &["queued", "run", "error", "run", "error", "run", "ready"],
            _ => &["queued", "run", "ready"],
        };
        add(asset, story);
    }
    let draft = draft(&documents).expect("a draft");
    let job = file(&draft, "job.toml");
    assert!(job.contains("from = \"error\"\nlimit = 2\nthen = \"failed\""), "{job}");
}

/// Where there is too much, whole assets are left out.
#[test]
fn memory_is_bounded_by_leaving_out_whole_assets() {
    let documents: Vec<Value> = (0..4000).flat_map(|asset| {
        ["a.made", "a.ready"].map(|kind| json!({"type": kind, "a_id": format!("asset-{asset}"), "at": 1_760_000_000 + asset}))
    }).collect();
    let place = PlanPlace::default();
    let mut discovery = Discovery::new(DiscoverOptions::default(), &place);
    discovery.steps_max = 1000;
    for (number, document) in (1..).zip(&documents) {
        discovery.deliver(&Delivery::new(document.to_string().as_bytes(), number));
    }
    let draft = discovery.finish().expect("a draft");
    let entity = &draft.entities[0];
    assert!(entity.events < 1000 && entity.events == 2 * entity.assets, "{entity:?}");
    assert_eq!(entity.fit.fitness, 1.0);
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        select(vec![
            "ready",
            "clip.created",
            "a b",
            "\u{7f}\"\\\n",
            "2026-01-01T00:00:00Z",
            "new",
            "",
            "deleted"
        ])
        .prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        Just(Value::from("{\"type\":\"x\",\"id\":1}")),
    ];
    let name = select(vec![
        "type",
        "id",
        "data",
        "events",
        "created_at",
        "status",
        "a/b~c",
        "",
        "\u{7f}\"#",
        "Message",
    ]);
    leaf.prop_recursive(4, 24, 5, move |inner| {
        let members = vec((name.clone(), inner.clone()), 0..5);
        let object = members.prop_map(|members| {
            members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Value>()
        });
        prop_oneof![3 => object, 1 => vec(inner, 0..4).prop_map(Value::from)]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    /// Whatever it is given, a draft passes lint, or there is none and it is said why.
    #[test]
    fn a_draft_passes_lint(documents in vec(value(), 0..12)) {
        if let Err(reason) = draft(&documents) {
            prop_assert!(!reason.contains("no definition came of it"), "{}", reason);
        }
    }

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..200)) {
        let place = PlanPlace::default();
        let mut discovery = Discovery::new(DiscoverOptions::default(), &place);
        discovery.deliver(&Delivery::new(&bytes, 1));
        let _ = discovery.finish();
    }
}
