//! What holds of assets that are kept as text in somebody's own row.

use std::{collections::BTreeSet, time::Duration};

use mediafold::fold::{HEARD_MAX, LoadError};

use super::*;
use crate::generate::{Machine, random};

/// The asset as it is printed, without the counts that say how often something was heard.
fn saved(lifecycle: &Lifecycle, asset: &Asset) -> String {
    let mut text: serde_json::Value = serde_json::from_str(&asset.save(lifecycle)).unwrap();
    let members = text.as_object_mut().unwrap();
    members.remove("duplicates");
    members.remove("late");
    members.remove("latest");
    text.to_string()
}

fn loaded(lifecycle: &Lifecycle, text: &str) -> Asset {
    Asset::load(lifecycle, text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Rows of the events whose turn it is by the seed; some have more than one.
fn rows(
    machine: &Machine,
    policy: Policy,
    events: &[Event],
    seed: &[u16],
    count: u16,
) -> Vec<Asset> {
    let row = |own: u16| {
        let mine = |at: &usize| {
            let turn = seed[at % seed.len()];
            turn % count == own || turn.is_multiple_of(3)
        };
        let events: Vec<Event> =
            (0..events.len()).filter(mine).map(|at| events[at].clone()).collect();
        folded(&machine.lifecycle, policy, &events)
    };
    (0..count).map(row).collect()
}

fn merged(lifecycle: &Lifecycle, rows: &[&Asset]) -> Asset {
    let mut merged = rows[0].clone();
    for row in &rows[1..] {
        let before = merged.state(lifecycle).name.clone();
        let outcome = merged.merge(lifecycle, row).unwrap();
        assert_eq!(outcome.before, before);
        assert_eq!(outcome.after, merged.state(lifecycle).name);
    }
    merged
}

proptest! {
    #![proptest_config(config(256))]

    /// What is loaded is what was saved, condensed or not, and goes on as that would have.
    #[test]
    fn what_is_loaded_is_what_was_saved(
        machine in machines(),
        raws in raws(),
        policy in policies(),
        split in any::<prop::sample::Index>(),
        bound in prop_oneof![Just(None), (0_usize..12).prop_map(Some)],
    ) {
        let (lifecycle, events) = (&machine.lifecycle, machine.stream(&raws));
        let (first, rest) = events.split_at(split.index(events.len() + 1));
        let mut asset = folded(lifecycle, policy, first);
        if let Some(bound) = bound {
            asset.bound(lifecycle, bound, None);
        }
        let text = asset.save(lifecycle);
        let mut other = loaded(lifecycle, &text);
        prop_assert_eq!(&other.save(lifecycle), &text);
        for event in rest {
            same(&printed_whole(lifecycle, &asset), &printed_whole(lifecycle, &other))?;
            let (ours, theirs) = (step(lifecycle, &mut asset, event), step(lifecycle, &mut other, event));
            prop_assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
        }
        prop_assert_eq!(asset.save(lifecycle), other.save(lifecycle));
    }

    /// A row that is loaded, stepped and saved for each event is what a fold over all of them makes.
    #[test]
    fn stepping_saved_rows_is_a_fold(machine in machines(), raws in raws(), policy in policies()) {
        let (lifecycle, events) = (&machine.lifecycle, machine.stream(&raws));
        let mut text = Asset::with_policy("a1", policy).save(lifecycle);
        for event in &events {
            let mut asset = loaded(lifecycle, &text);
            step(lifecycle, &mut asset, event);
            text = asset.save(lifecycle);
        }
        let whole = folded(lifecycle, policy, &events);
        same(&printed_whole(lifecycle, &loaded(lifecycle, &text)), &printed_whole(lifecycle, &whole))?;
    }

    /// Where events have times, rows that went on by themselves are merged into the fold of all events, in whatever order
    /// and however often they are merged.
    #[test]
    fn merging_rows_is_a_fold(
        machine in machines_by_time(),
        raws in raws(),
        policy in policies(),
        seed in vec(any::<u16>(), 1..24),
    ) {
        let (lifecycle, events) = (&machine.lifecycle, machine.stream(&raws));
        let rows = rows(&machine, policy, &events, &seed, 3);
        let [a, b, c] = &rows[..] else { unreachable!() };
        let whole = folded(lifecycle, policy, &events);
        let ways: [&[&Asset]; 6] =
            [&[a, b, c], &[c, b, a], &[b, a, c], &[a, b, b, c, a], &[&whole, a], &[a, &whole]];
        for way in ways {
            let merged = merged(lifecycle, way);
            same(&printed(lifecycle, &merged), &printed(lifecycle, &whole))?;
            prop_assert_eq!(saved(lifecycle, &merged), saved(lifecycle, &whole));
        }
        let late = merged(lifecycle, &[a, &merged(lifecycle, &[b, c])]);
        prop_assert_eq!(saved(lifecycle, &late), saved(lifecycle, &whole));
        // Nothing that was counted is counted again.
        prop_assert_eq!(merged(lifecycle, &[a, a]).save(lifecycle), a.save(lifecycle));
    }

    /// The same after they condensed the same events.
    #[test]
    fn merging_rows_of_one_past_is_a_fold(
        machine in machines_by_time(),
        raws in raws(),
        policy in policies(),
        seed in vec(any::<u16>(), 1..24),
        kept in 1_usize..8,
    ) {
        let (lifecycle, mut events) = (&machine.lifecycle, machine.stream(&raws));
        events.sort_by_key(|event| event.time);
        let mut whole = folded(lifecycle, policy, &events[..events.len() / 2]);
        whole.bound(lifecycle, kept, None);
        let (mut one, mut other) = (whole.clone(), whole.clone());
        for (event, seed) in events[events.len() / 2..].iter().zip(seed.iter().cycle()) {
            step(lifecycle, &mut whole, event);
            if seed % 3 != 0 {
                step(lifecycle, &mut one, event);
            }
            if seed % 3 != 1 {
                step(lifecycle, &mut other, event);
            }
        }
        for way in [[&one, &other], [&other, &one]] {
            prop_assert_eq!(saved(lifecycle, &merged(lifecycle, &way)), saved(lifecycle, &whole));
        }
    }

    /// Beyond that, and where arrival is the order, nothing is lost in silence: each event is in the row, was a copy, or is
    /// told.
    #[test]
    fn merging_any_rows_tells_what_it_cannot_place(
        machine in machines(),
        raws in raws(),
        seed in vec(any::<u16>(), 1..24),
        kept in (1_usize..8, 1_usize..8),
    ) {
        let (lifecycle, events) = (&machine.lifecycle, machine.stream(&raws));
        let rows = rows(&machine, Policy::Keep, &events, &seed, 2);
        let (mut ours, mut theirs) = (rows[0].clone(), rows[1].clone());
        ours.bound(lifecycle, kept.0, None);
        theirs.bound(lifecycle, kept.1, None);
        let known: BTreeSet<String> = ours.history().chain(theirs.history()).map(|it| format!("{:?}", it.event.id)).collect();
        let mut merged = ours.clone();
        let outcome = merged.merge(lifecycle, &theirs).unwrap();
        let told: BTreeSet<String> =
            outcome.findings.iter().map(|it| format!("{:?}", it.event_id.as_deref().map(Box::<str>::from))).collect();
        let condensed = ours.condensed() + theirs.condensed() > 0;
        for id in known {
            let kept = merged.history().any(|it| format!("{:?}", it.event.id) == id);
            prop_assert!(kept || condensed || told.contains(&id), "{} is lost", id);
        }
        prop_assert!(merged.condensed() == ours.condensed().max(theirs.condensed()) || lifecycle.order() == Order::Time);
        prop_assert_eq!(loaded(lifecycle, &merged.save(lifecycle)).save(lifecycle), merged.save(lifecycle));
    }

    /// A row that is bounded has the state that it had, and knows copies of what it condensed.
    #[test]
    fn bounded_rows_keep_the_state(
        machine in machines(),
        raws in raws(),
        policy in policies(),
        bound in 0_usize..6,
        seconds in prop_oneof![Just(None), (0_u64..100).prop_map(Some)],
    ) {
        let (lifecycle, events) = (&machine.lifecycle, machine.stream(&raws));
        let whole = folded(lifecycle, policy, &events);
        let mut asset = whole.clone();
        asset.bound(lifecycle, bound, seconds.map(Duration::from_secs));
        let (ours, theirs) = (asset.snapshot(lifecycle, true), whole.snapshot(lifecycle, true));
        prop_assert_eq!(
            (ours.state, ours.flags, ours.since, ours.status, ours.retries, ours.events, ours.data),
            (theirs.state, theirs.flags, theirs.since, theirs.status, theirs.retries, theirs.events, theirs.data)
        );
        prop_assert!(asset.condensed() > 0 || whole.history().len() <= bound.max(1) || seconds.is_some());
        let condensed = asset.condensed() as usize;
        if condensed <= HEARD_MAX {
            for old in whole.history().take(condensed).filter(|it| it.event.id.is_some()) {
                let outcome = step(lifecycle, &mut asset, old.event);
                prop_assert_eq!(outcome.verdict, Verdict::Duplicate);
                prop_assert_eq!(outcome.findings[0].code, Code::Duplicate);
            }
        }
    }

    /// Whatever stands in the row: it is refused, or is an asset that its lifecycle can have.
    #[test]
    fn text_of_any_kind_is_safe(
        machine in random(None, true),
        raws in raws(),
        bound in 0_usize..6,
        spots in vec((any::<prop::sample::Index>(), 0_usize..12), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let lifecycle = &machine.lifecycle;
        let mut asset = folded(lifecycle, Policy::Keep, &machine.stream(&raws));
        asset.bound(lifecycle, bound, None);
        let text = asset.save(lifecycle);
        let mut bytes = text.into_bytes();
        for (place, with) in spots {
            let at = place.index(bytes.len());
            bytes[at] = b"0-9\"{}[],:ae"[with];
        }
        if cut.index(4) == 0 {
            bytes.truncate(cut.index(bytes.len()));
        }
        let Ok(other) = Asset::load(lifecycle, &String::from_utf8_lossy(&bytes)) else { return Ok(()) };
        printed_whole(lifecycle, &other);
        let node = lifecycle.node(&other.state(lifecycle).name, other.snapshot(lifecycle, false).retries);
        prop_assert_eq!(node, Some(other.node()));
        let again = loaded(lifecycle, &other.save(lifecycle));
        prop_assert_eq!(again.save(lifecycle), other.save(lifecycle));
    }
}

/// Rows of version 1 are read for ever: each file is a row, and says in its name the state that it is in.
#[test]
fn rows_of_version_1_are_read() {
    let mut count = 0;
    for file in std::fs::read_dir("tests/data/saved").unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let (entity, state) = stem.split_once("--").unwrap();
        let lifecycle = Lifecycle::builtin(&entity.replacen('_', "/", 1)).unwrap();
        let asset = loaded(lifecycle, text.trim_end());
        assert_eq!(asset.state(lifecycle).name, state, "{path:?}");
        assert_eq!(asset.save(lifecycle), text.trim_end(), "{path:?}");
        count += 1;
    }
    assert!(count >= 4, "only {count} rows");
}

/// What cannot be loaded says why.
#[test]
fn what_is_no_row_says_why() {
    let media = Lifecycle::builtin("fastpix/media").unwrap();
    let told = |text: &str| Asset::load(media, text).unwrap_err();
    let head = r#"{"mediafold":1,"entity":"fastpix/media","id":"m1","#;
    assert_eq!(told(r#"{"mediafold":2}"#), LoadError::OtherVersion { found: 2 });
    for text in
        ["", "null", "{}", "[1]", r#"{"mediafold":1}"#, &format!(r#"{head}"events":[],"x":1}}"#)]
    {
        assert!(matches!(told(text), LoadError::Malformed { .. }), "{text}");
    }
    let other = Lifecycle::builtin("fastpix/upload").unwrap();
    let upload = Asset::new("u1").save(other);
    assert_eq!(
        told(&upload).to_string(),
        "this asset is one of fastpix/upload, not of fastpix/media"
    );
    let past = |past: &str| {
        told(&format!(r#"{head}"past":{{"events":3,{past}}},"events":[]}}"#)).to_string()
    };
    assert_eq!(
        past(r#""state":"created","retries":9"#),
        "the past of this asset led to `created` with 9 retries, which fastpix/media cannot reach"
    );
    assert_eq!(
        past(r#""state":"ready","flags":["__proto__"]"#),
        "the past of this asset set the flag `__proto__`, which fastpix/media does not have"
    );
    assert!(past(r#""state":"ready","heard":"xyz""#).contains("no saved asset"));
    let long = "x".repeat(2000);
    assert!(
        told(&format!(r#"{{"mediafold":1,"entity":"fastpix/media","id":"{long}","events":[]}}"#))
            .to_string()
            .contains("2000 bytes")
    );
}

/// A row stays small: at most 100 bytes an event beside ids, words and data.
#[test]
fn rows_are_small() {
    let media = Lifecycle::builtin("fastpix/media").unwrap();
    let mut asset = Asset::new("m1");
    let empty = asset.save(media).len();
    let mut words = 0;
    for number in 0..50 {
        let id = format!("e{number}");
        let event =
            Event::new(media, "video.media.updated").unwrap().at(at(number)).with_id(id.clone());
        words += id.len() + "video.media.updated".len();
        step(media, &mut asset, &event);
    }
    let each = (asset.save(media).len() - empty - words) / 50;
    assert!(each <= 100, "{each} bytes an event");
}
