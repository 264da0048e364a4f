use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

use super::*;
use crate::{Delivery, Reader, bulk::Bulk};

fn draft(documents: &[Value]) -> Result<Draft, String> {
    let mut discovery = Discovery::default();
    for document in documents {
        discovery.add(document.to_string().as_bytes())?;
    }
    discovery.draft("acme")
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
        "and /data/status has a status word as well",
        "# [statuses]\n# \"created\" = \"created\"    # seen 4, 4 of them in this state",
        "\"deleted\" = { end = true }",
        "\"failed\" = { rest = true, error = true }",
        "\"clip.ready\" = { from = [\"created\", \"ready\"], to = \"ready\" }    # seen 3, from created 3",
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
        let mut discovery = Discovery::default();
        for document in documents {
            let _ = discovery.add(document.to_string().as_bytes());
        }
        if let Err(reason) = discovery.draft("acme") {
            prop_assert!(!reason.contains("no definition came of it"), "{}", reason);
        }
    }

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..200)) {
        let mut discovery = Discovery::default();
        let _ = discovery.add(&bytes);
        let _ = discovery.draft("acme");
    }
}
