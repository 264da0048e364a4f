//! Definitions laid over the built-in ones.

use mediafold::{
    Catalog, Delivery, Lifecycle, Reader, event::EventError, lifecycle::DefinitionFile,
};

pub(super) fn with(texts: &[&str]) -> Catalog {
    let files: Vec<_> =
        (1..).zip(texts).map(|(n, text)| DefinitionFile::new(format!("{n}.toml"), *text)).collect();
    Catalog::with(&files).unwrap_or_else(|error| panic!("{error}"))
}

const PROCESSOR: &str = r#"
entity = "twilio/media_processor"
title = "My processor"
id = ["/MediaProcessorSid"]
states = { running = { rest = true } }
events = { "media-processor-started" = { from = ["new"], to = "running" } }
"#;

/// The provider is still ours, and so are its other entities.
#[test]
fn an_entity_of_the_same_name_replaces_ours() {
    let catalog = with(&[PROCESSOR]);
    assert_eq!(catalog.lifecycles().len(), Catalog::builtin().lifecycles().len());
    let own = catalog.lifecycle("twilio/media_processor").expect("it replaces");
    assert_eq!((own.title(), own.states()[1].name.as_str()), ("My processor", "running"));
    let body = b"MediaProcessorSid=ZX1&StatusCallbackEvent=media-processor-started";
    let reading = Reader::new(&catalog).read(&Delivery::new(body, 1));
    assert_eq!(reading.events[0].lifecycle.title(), "My processor");
    // Ours is as it was, for everybody else.
    let ours = Lifecycle::builtin("twilio/media_processor").expect("built in");
    assert_eq!(ours.title(), "Twilio MediaProcessor");
    // A kind that the replacement left out is no longer one.
    let ended = b"MediaProcessorSid=ZX1&StatusCallbackEvent=media-processor-ended";
    let reading = Reader::new(&catalog).read(&Delivery::new(ended, 1));
    let known = reading
        .events
        .iter()
        .any(|placed| matches!(placed.event.kind, mediafold::event::EventKind::Known(_)));
    assert!(!known, "{:?}", reading.events);
}

const VMS: &str = r#"
provider = "vms"
title = "Our VMS"
envelope = { kind = ["/callback/state"], time = ["/callback/at"] }
"#;

#[test]
fn a_provider_of_the_same_name_replaces_ours() {
    let catalog = with(&[VMS]);
    assert_eq!(catalog.providers().len(), Catalog::builtin().providers().len());
    let body = br#"{"UniqueId":"u7","callback":{"state":"ENCODE","at":1750000000}}"#;
    let reading = Reader::new(&catalog).read(&Delivery::new(body, 1));
    assert_eq!(reading.provider, Some("vms"));
    let event = &reading.events[0].event;
    assert_eq!(event.name(reading.events[0].lifecycle), "ENCODE");
    assert_eq!(event.time.map(|time| time.to_string()).as_deref(), Some("2025-06-15T15:06:40Z"));
}

const STREAM_HOST: &str = r#"
provider = "bunny"
title = "Bunny Stream"
[envelope]
kind = ["/Status"]
"#;

/// Its numbers are no order: 6 and 7 come first.
const VIDEO: &str = r#"
entity = "bunny/video"
id = ["/VideoGuid"]
order = "arrival"
data = { library = "/VideoLibraryId" }
[states]
uploading = { summary = "Uploading." }
uploaded  = { summary = "Uploaded." }
queued    = { summary = "Queued." }
finished  = { rest = true }
[events]
6 = { from = ["new"], to = "uploading" }
7 = { from = ["uploading"], to = "uploaded" }
0 = { from = ["new", "uploaded"], to = "queued" }
3 = { from = ["queued"], to = "finished" }
"#;

/// A provider that we have never heard of: its envelope is recognised, and its kinds are integers.
#[test]
fn a_new_provider_with_integer_kinds_is_recognised() {
    let catalog = with(&[VIDEO, STREAM_HOST]);
    let reader = Reader::new(&catalog);
    for (status, name) in [("6", "6"), ("0", "0"), ("\"3\"", "3")] {
        let body = format!(r#"{{"VideoLibraryId":133,"VideoGuid":"g-1","Status":{status}}}"#);
        let reading = reader.read(&Delivery::new(body.as_bytes(), 1));
        assert_eq!((reading.provider, reading.errors.as_slice()), (Some("bunny"), &[][..]));
        let placed = &reading.events[0];
        assert_eq!((placed.lifecycle.entity(), &*placed.asset), ("bunny/video", "g-1"));
        assert_eq!(placed.event.name(placed.lifecycle), name);
    }
    // A kind that nobody knows is nobody's, until it is said whose it is.
    let unknown = Delivery::new(br#"{"VideoGuid":"g-1","Status":99}"#, 1);
    let refused = EventError::Unrecognised { kind: "99".to_owned(), at: "/Status".to_owned() };
    assert_eq!(reader.read(&unknown).errors, [refused]);
    let told = reader.with_provider(catalog.provider("bunny").unwrap());
    let told = told.read(&unknown);
    assert_eq!(told.events[0].event.name(told.events[0].lifecycle), "99");
}

/// Those that come with the crate are recognised as before.
#[test]
fn a_new_provider_is_not_in_the_way() {
    let catalog = with(&[VIDEO, STREAM_HOST]);
    for (body, provider) in [
        (r#"{"type":"video.media.ready","id":"e1","object":{"id":"m1"}}"#, "fastpix"),
        (r#"{"UniqueId":"u7","ContentStatus":"READY"}"#, "vms"),
        ("PlayerStreamerSid=VJ1&StatusCallbackEvent=stream-ended", "twilio"),
    ] {
        let reading = Reader::new(&catalog).read(&Delivery::new(body.as_bytes(), 1));
        assert_eq!((reading.provider, reading.events.len()), (Some(provider), 1), "{body}");
    }
}

/// A new entity of a provider that is there needs no `provider.toml`; a kind may belong to both.
#[test]
fn a_new_entity_of_our_provider_needs_no_provider() {
    let audit = r#"
        entity = "vms/audit"
        id = ["/RefId"]
        order = "arrival"
        states = { seen = { rest = true } }
        events = { READY = { from = ["new", "seen"], to = "seen" } }
    "#;
    let catalog = with(&[audit]);
    let body = br#"{"UniqueId":"u7","RefId":"r1","ContentStatus":"READY"}"#;
    let reading = Reader::new(&catalog).read(&Delivery::new(body, 1));
    let found: Vec<_> =
        reading.events.iter().map(|own| (own.lifecycle.entity(), &*own.asset)).collect();
    assert_eq!(found, [("vms/audit", "r1"), ("vms/content", "u7")]);
}
