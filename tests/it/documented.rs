//! The definitions against the lists of every event that the providers document, both ways: nothing
//! documented is unknown, and nothing known is made up.

use std::{collections::BTreeSet, fs};

use mediafold::{Catalog, Lifecycle, lifecycle::Provider};
use toml_span::Value;

fn lifecycles(provider: &str) -> impl Iterator<Item = &'static Lifecycle> {
    let all = Catalog::builtin().lifecycles();
    all.filter(move |lifecycle| lifecycle.provider() == provider)
}

/// The names that a provider documents.
fn documented(provider: &str) -> BTreeSet<String> {
    let path = format!("tests/data/documented/{provider}.txt");
    let text = fs::read_to_string(&path).expect("a list for each provider");
    let mut names = BTreeSet::new();
    for name in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        assert!(names.insert(name.to_owned()), "{path}: {name} is there twice");
    }
    names
}

/// The names in a provider's definitions: kinds as the crate has them, and spellings, which only the
/// text can tell since the crate finds a name without case, `-` and `_` as well.
fn defined(provider: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for lifecycle in lifecycles(provider) {
        names.extend(lifecycle.kinds().map(|(_, name)| name.to_owned()));
        let definition = toml_span::parse(lifecycle.definition()).expect("built-ins are TOML");
        let events = definition.pointer("/events").and_then(Value::as_table).expect("[events]");
        for event in events.values() {
            // An event has one row or a list of them.
            let rows = event.as_array().map_or_else(|| vec![event], |rows| rows.iter().collect());
            let spellings = rows.iter().filter_map(|row| row.pointer("/spellings")?.as_array());
            names.extend(spellings.flatten().filter_map(Value::as_str).map(str::to_owned));
        }
    }
    names
}

/// The kinds that a provider's definition ignores.
fn ignored(provider: &Provider) -> Vec<String> {
    let definition = toml_span::parse(provider.definition()).expect("built-ins are TOML");
    let kinds = definition.pointer("/envelope/ignore").and_then(Value::as_array);
    kinds.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Whether a name of a definition, in which a `*` stands for anything, is that of a documented event.
fn fits(name: &str, documented: &str) -> bool {
    match name.split_once('*') {
        None => name == documented,
        Some((before, after)) => documented
            .strip_prefix(before)
            .is_some_and(|rest| !rest.is_empty() && rest.ends_with(after)),
    }
}

#[test]
fn every_documented_event_is_known() {
    for provider in Catalog::builtin().providers() {
        let (defined, ignored) = (defined(provider.name()), ignored(provider));
        for name in documented(provider.name()) {
            let known = lifecycles(provider.name()).any(|own| own.kind(&name).is_some());
            let passed_over = ignored.iter().any(|own| fits(own, &name));
            assert!(known != passed_over, "{}: {name} is documented", provider.name());
            let spelled = passed_over || defined.iter().any(|own| fits(own, &name));
            assert!(spelled, "{}: {name} is spelled otherwise", provider.name());
        }
    }
}

#[test]
fn every_known_event_is_documented() {
    for provider in Catalog::builtin().providers() {
        let documented = documented(provider.name());
        for name in defined(provider.name()).into_iter().chain(ignored(provider)) {
            let is_documented = documented.iter().any(|event| fits(&name, event));
            assert!(is_documented, "{}: {name} is not documented", provider.name());
        }
    }
}

/// The 23 statuses of the VMS are its states as well.
#[test]
fn every_vms_status_is_a_state() {
    let content = Lifecycle::builtin("vms/content").expect("built in");
    let states: BTreeSet<String> =
        content.states().iter().skip(1).map(|state| state.name.clone()).collect();
    assert_eq!(states, documented("vms"));
    assert_eq!(states.len(), 23);
}

/// The SDK that Mux's names come from has 117 of them.
#[test]
fn all_of_muxs_event_types_are_there() {
    assert_eq!(documented("mux").len(), 117);
}

/// What may not be known: names that were only ever guessed, and those of things without a lifecycle.
#[test]
fn guesses_are_not_known() {
    for name in [
        "video.live_stream.simulcast_target.starting",
        "video.live_stream.simulcast_target.broadcasting",
        "video.media.live_clip.created",
        "video.playback_id.created",
        "fastpix.plugin.test",
    ] {
        let knowing = lifecycles("fastpix").find(|lifecycle| lifecycle.kind(name).is_some());
        assert!(knowing.is_none(), "{name}");
    }
}
