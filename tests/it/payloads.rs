//! What the reader makes of every payload under `tests/data/payloads/`.
//!
//! A folder is a provider, a file name an event kind; what was read is one golden file per provider.
//! Beside that, one module per provider for what its documents and its practice differ in.

mod apivideo;
mod bunny;
mod cloudflare;
mod fastpix;
mod jwplayer;
mod livekit;
mod livepeer;
mod mediaconvert;
mod medialive;
mod mux;
mod names;
mod recognised;
mod twilio;
mod twilio_video;
mod vms;
mod wistia;
mod zoom;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use mediafold::{
    Asset, Catalog, Code, Delivery, Reader, Timestamp, Verdict,
    bulk::Bulk,
    event::{EventError, Placed, Reading},
    step,
};
use serde::Serialize;
use serde_json::Value;

use crate::golden;

const FOLDER: &str = "tests/data/payloads";

/// One line of a golden file.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    events: Vec<Seen<'a>>,
    errors: Vec<String>,
}

/// An event as it was read, and what one fold of it keeps of the asset.
#[derive(Serialize)]
struct Seen<'a> {
    entity: &'a str,
    id: &'a str,
    event: &'a str,
    time: Option<Timestamp>,
    event_id: Option<&'a str>,
    status: Option<&'a str>,
    parent: Option<&'a str>,
    data: Value,
}

#[test]
fn every_payload_is_read_and_named_by_its_file() {
    for provider in Catalog::builtin().providers() {
        for (file, body) in payloads(provider.name()) {
            let reading = read(&body);
            assert_eq!(reading.provider, Some(provider.name()), "{file}");
            if file.contains("~no-id") || file.contains("~no-sid") {
                assert!(reading.events.is_empty(), "{file}: {:?}", reading.events);
                assert!(matches!(reading.errors[..], [EventError::NoId { .. }]), "{file}");
                continue;
            }
            assert_eq!(reading.errors, [], "{file}");
            assert_eq!(reading.events.is_empty(), file.contains("~ignored"), "{file}");
            for placed in &reading.events {
                let kind = placed.lifecycle.kind(kind_of(&file)).expect("a kind of the lifecycle");
                // Of a kind with a `*` the event keeps the name that it came by.
                let name =
                    Some(placed.lifecycle.kind_name(kind)).filter(|name| !name.contains('*'));
                let name = name.unwrap_or_else(|| kind_of(&file));
                assert_eq!(placed.event.name(placed.lifecycle), name, "{file}");
            }
        }
    }
}

/// A kind that several entities have is an event of each.
#[test]
fn every_entity_that_has_the_kind_is_told() {
    for provider in Catalog::builtin().providers() {
        let of_provider = || {
            let all = Catalog::builtin().lifecycles();
            all.filter(|lifecycle| lifecycle.provider() == provider.name())
        };
        for (file, body) in payloads(provider.name()) {
            if file.contains("~no-") && read(&body).events.is_empty() {
                continue;
            }
            let having = of_provider().filter(|lifecycle| lifecycle.kind(kind_of(&file)).is_some());
            let wanted: BTreeSet<&str> = having.map(|lifecycle| lifecycle.entity()).collect();
            let events = read(&body).events;
            let told: BTreeSet<&str> =
                events.iter().map(|placed| placed.lifecycle.entity()).collect();
            assert_eq!(told, wanted, "{file}");
        }
    }
}

/// Each payload is recognised with all providers there, whatever came before it: the same reader reads all of them
/// in turn, and one file of them all is folded without a finding about who sent what.
#[test]
fn payloads_of_all_providers_are_recognised_in_one_file() {
    let catalog = Catalog::builtin();
    let reader = Reader::new(catalog);
    let mut bulk = Bulk::new(Reader::new(catalog)).with_findings();
    let mut all: Vec<_> = catalog
        .providers()
        .flat_map(|provider| {
            let files = payloads(provider.name()).into_iter();
            files.enumerate().map(|(at, (file, body))| (at, provider.name(), file, body))
        })
        .collect();
    // The providers take turns.
    all.sort();
    for (line, (_, provider, file, body)) in (1..).zip(&all) {
        let delivery = Delivery::new(body.as_bytes(), line);
        assert_eq!(reader.read(&delivery).provider, Some(*provider), "{file}");
        bulk.deliver(&delivery);
    }
    let unclear = [Code::UnknownProvider, Code::AmbiguousProvider, Code::NoEventKind];
    let folded = bulk.finish();
    let findings: Vec<_> =
        folded.findings.iter().filter(|found| unclear.contains(&found.code)).collect();
    assert!(findings.is_empty(), "{findings:?}");
}

#[test]
fn every_kind_has_a_payload() {
    for provider in Catalog::builtin().providers() {
        let files = payloads(provider.name());
        for lifecycle in Catalog::builtin().lifecycles() {
            for (kind, name) in
                lifecycle.kinds().filter(|_| lifecycle.provider() == provider.name())
            {
                let has = files.iter().any(|(file, _)| lifecycle.kind(kind_of(file)) == Some(kind));
                assert!(has, "{}: no payload of {name}", provider.name());
            }
        }
    }
}

#[test]
fn what_was_read_is_golden() {
    for provider in Catalog::builtin().providers() {
        let mut lines = String::new();
        for (file, body) in payloads(provider.name()) {
            let reading = read(&body);
            let line = Line {
                file: &file,
                events: reading.events.iter().map(seen).collect(),
                errors: reading.errors.iter().map(ToString::to_string).collect(),
            };
            lines += &serde_json::to_string(&line).expect("plain values");
            lines.push('\n');
        }
        golden::check(&format!("payloads/{}.golden.jsonl", provider.name()), &lines);
    }
}

fn seen<'a>(placed: &'a Placed<'_>) -> Seen<'a> {
    let Placed { lifecycle, asset: id, event, .. } = placed;
    let mut asset = Asset::new(id.clone());
    step(lifecycle, &mut asset, event);
    let snapshot = serde_json::to_value(asset.snapshot(lifecycle, true)).expect("plain values");
    Seen {
        entity: lifecycle.entity(),
        id,
        event: event.name(lifecycle),
        time: event.time,
        event_id: event.id.as_deref(),
        status: event.status.as_deref(),
        parent: event.parent.as_deref(),
        data: snapshot["data"].clone(),
    }
}

fn read(body: &str) -> Reading<'static> {
    Reader::new(Catalog::builtin()).read(&Delivery::new(body.as_bytes(), 1))
}

/// The payloads of a provider by file name; the line feed that ends a file is not a part of the body.
fn payloads(provider: &str) -> Vec<(String, String)> {
    let files = fs::read_dir(Path::new(FOLDER).join(provider)).expect("a folder per provider");
    let mut paths: Vec<PathBuf> = files.map(|file| file.expect("readable").path()).collect();
    paths.sort();
    let named = paths.iter().map(|path| {
        let text = fs::read_to_string(path).expect("UTF-8");
        let body = text.strip_suffix('\n').expect("a file ends with a line feed");
        let name = path.file_name().and_then(|name| name.to_str()).expect("UTF-8");
        (name.to_owned(), body.to_owned())
    });
    named.collect()
}

/// What a reader is told of the sender counts for more than the envelope, and without data none is read.
#[test]
fn readers_do_as_they_are_told() {
    let body = r#"{"type":"video.media.created","id":"e","createdAt":"2026-01-01T00:00:00Z","object":{"id":"m"},"data":{"title":"t"}}"#;
    let delivery = Delivery::new(body.as_bytes(), 1);
    let catalog = Catalog::builtin();
    let vms = catalog.providers().find(|provider| provider.name() == "vms").expect("built in");
    let told = Reader::new(catalog).with_provider(vms).read(&delivery);
    assert_eq!((told.provider, told.events.len()), (Some("vms"), 0));
    assert!(matches!(told.errors[..], [EventError::NoKind { .. }]), "{:?}", told.errors);
    let data = |reader: Reader<'static>| {
        let (asset, _) = folded(&reader.read(&delivery).events);
        asset["data"].as_object().expect("an object").len()
    };
    let reader = Reader::new(catalog);
    assert_eq!((data(reader.clone()), data(reader.without_data())), (1, 0));
}

/// The event kind that a file is named for.
fn kind_of(file: &str) -> &str {
    let (name, _) = file.rsplit_once('.').unwrap_or((file, ""));
    name.split_once('~').map_or(name, |(kind, _)| kind)
}

/// The one event of a delivery.
fn one(body: &str) -> Placed<'static> {
    let mut reading = read(body);
    assert_eq!(reading.errors, [], "{body}");
    assert_eq!(reading.events.len(), 1, "{body}");
    reading.events.remove(0)
}

/// A payload with these members in place of its own.
fn merged(mut base: Value, members: &Value) -> String {
    for (name, value) in members.as_object().expect("members") {
        base[name] = value.clone();
    }
    base.to_string()
}

/// An asset after these events, as it is printed, and what each of them did.
fn folded(events: &[Placed<'static>]) -> (Value, Vec<Verdict>) {
    let lifecycle = events[0].lifecycle;
    let mut asset = Asset::new("a1");
    let verdicts =
        events.iter().map(|placed| step(lifecycle, &mut asset, &placed.event).verdict).collect();
    (serde_json::to_value(asset.snapshot(lifecycle, true)).expect("plain values"), verdicts)
}
