//! Definitions: that the built-in ones are whole, and that what `docs/definitions.md` promises is so.

mod catalog;
mod large;
mod limits;
mod meaning;
mod own;
mod rows;

use mediafold::{Catalog, Lifecycle, lifecycle::NEW};

/// The names of the built-in providers, sorted.
pub(crate) fn providers() -> Vec<&'static str> {
    Catalog::builtin().providers().map(|own| own.name()).collect()
}

#[test]
fn all_built_ins_load() {
    let entities: Vec<&str> = Catalog::builtin().lifecycles().map(Lifecycle::entity).collect();
    assert_eq!(
        entities,
        [
            "apivideo/live_stream",
            "apivideo/video",
            "bunny/video",
            "cloudflare/live_input",
            "cloudflare/video",
            "fastpix/live_stream",
            "fastpix/media",
            "fastpix/simulcast_target",
            "fastpix/track",
            "fastpix/upload",
            "jwplayer/channel",
            "jwplayer/media",
            "livekit/egress",
            "livekit/ingress",
            "livekit/room",
            "livepeer/asset",
            "livepeer/stream",
            "livepeer/task",
            "mediaconvert/job",
            "medialive/alert",
            "medialive/channel",
            "mux/asset",
            "mux/live_stream",
            "mux/robots_directive_run",
            "mux/robots_job",
            "mux/simulcast_target",
            "mux/static_rendition",
            "mux/track",
            "mux/upload",
            "twilio/composition",
            "twilio/media_processor",
            "twilio/player_streamer",
            "twilio/recording",
            "twilio/room",
            "vms/content",
            "wistia/media",
            "zoom/recording",
        ]
    );
    assert_eq!(
        providers(),
        [
            "apivideo",
            "bunny",
            "cloudflare",
            "fastpix",
            "jwplayer",
            "livekit",
            "livepeer",
            "mediaconvert",
            "medialive",
            "mux",
            "twilio",
            "vms",
            "wistia",
            "zoom",
        ]
    );
    for entity in entities {
        assert_eq!(Lifecycle::builtin(entity).map(Lifecycle::entity), Some(entity));
    }
}

/// A person who reads a diagram or a finding is told what a state means, and where that is from.
#[test]
fn everything_is_explained() {
    for lifecycle in Catalog::builtin().lifecycles() {
        let entity = lifecycle.entity();
        assert!(lifecycle.source().is_some(), "{entity} has no source");
        assert_ne!(lifecycle.title(), entity, "{entity} has no title");
        for state in lifecycle.states() {
            assert!(is_sentence(&state.summary), "{entity}: {}: {}", state.name, state.summary);
        }
        for flag in lifecycle.flags() {
            assert!(is_sentence(&flag.summary), "{entity}: {}: {}", flag.name, flag.summary);
        }
    }
    for provider in Catalog::builtin().providers() {
        assert!(provider.source().is_some(), "{} has no source", provider.name());
        assert!(provider.signature().any(|(key, _)| key == "scheme"), "{}", provider.name());
    }
}

fn is_sentence(text: &str) -> bool {
    text.starts_with(char::is_uppercase) && text.ends_with('.') && !text.ends_with("..")
}

#[test]
fn ranks_agree_with_forward_transitions() {
    for lifecycle in Catalog::builtin().lifecycles() {
        let states = lifecycle.states();
        assert_eq!((states[0].name.as_str(), states[0].rank), (NEW, 0));
        let mut ranks: Vec<u16> = states.iter().map(|state| state.rank).collect();
        ranks.sort_unstable();
        assert!((0..).zip(&ranks).all(|(place, rank)| place == *rank), "each rank once: {ranks:?}");
        let moving = lifecycle.transitions().iter().filter(|step| step.from != step.to);
        for step in moving.filter(|step| !step.again) {
            let (from, to) = (&states[step.from], &states[step.to]);
            assert!(from.rank < to.rank, "{}: {} → {}", lifecycle.entity(), from.name, to.name);
        }
    }
}

/// Retries of the VMS: "will be retried twice before failing".
#[test]
fn vms_retries_are_as_documented() {
    let content = Lifecycle::builtin("vms/content").expect("built in");
    let retries = content.retries().expect("it counts them");
    let name = |state: usize| content.states()[state].name.as_str();
    assert_eq!((name(retries.from), retries.limit, name(retries.then)), ("ERROR", 2, "FAILED"));
    assert_eq!(retries.renewed_by.iter().map(|state| name(*state)).collect::<Vec<_>>(), ["READY"]);
    assert!(content.node("ERROR", 2).is_some());
    assert!(content.node("ERROR", 3).is_none());
    assert_eq!(content.node("ERROR", 2).map(|node| content.retries_used(node)), Some(2));
}
