//! What nobody sees from outside: how much is judged again, what is kept once, and digests that are equal by chance.

use std::sync::Arc;

use proptest::{collection::vec, prelude::*};

use super::{asset::Asset, identity::identity, snapshot::Snapshot};
use crate::{event::Event, lifecycle::Lifecycle, time::Timestamp};

fn media() -> &'static Lifecycle {
    Lifecycle::builtin("fastpix/media").expect("built in")
}

fn updated(id: u32, second: i64, content: u64) -> Event {
    let event = Event::new(media(), "video.media.updated").unwrap().with_id(format!("e{id}"));
    let mut event = event.at(Timestamp::from_nanos(second * 1_000_000_000));
    event.content = content;
    event
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    /// Once a history is settled all of it is judged, and it is known that nothing is left to judge, however many
    /// events came before, and whatever took the place of what.
    #[test]
    fn what_is_settled_is_judged(
        drawn in vec((0..6_u32, 0..8_i64, 0..4_u64, any::<bool>()), 0..24),
    ) {
        let mut asset = Asset::new("m1");
        for (id, second, content, settles) in drawn.into_iter().chain([(0, 0, 0, true)]) {
            asset.insert(media(), updated(id, second, content));
            let unjudged = asset.history.iter().filter(|entry| entry.judgement.is_none()).count();
            prop_assert_eq!(asset.unjudged, unjudged);
            if settles {
                asset.settle(media());
                prop_assert_eq!(asset.unjudged, 0);
                prop_assert!(asset.history.iter().all(|entry| entry.judgement.is_some()));
            }
        }
    }
}

/// An event at the end of a history has nothing judged again but those of its own time.
#[test]
fn what_stands_before_is_not_judged_again() {
    let mut asset = Asset::new("m1");
    for (number, (second, first)) in (0..).zip([(0, 0), (1, 1), (2, 2), (2, 2), (2, 2), (3, 5)]) {
        asset.insert(media(), updated(number, second, 0));
        assert_eq!(asset.settle(media()), first, "{number}");
    }
}

/// A value that the event before had too is kept once, each field by itself.
#[test]
fn values_that_stay_are_kept_once() {
    let text = |text: &str| Arc::<str>::from(text);
    let mut asset = Asset::new("m1");
    for (number, values) in (0..).zip([["\"a\"", "\"a\""], ["\"a\"", "\"b\""]]) {
        let mut event = updated(number, i64::from(number), 0);
        event.data = (0..).zip(values.map(text)).collect();
        asset.insert(media(), event);
    }
    let of = |at: usize, field: usize| &asset.history[at].event.data[field].1;
    assert!(Arc::ptr_eq(of(0, 0), of(1, 0)));
    assert!(!Arc::ptr_eq(of(0, 1), of(1, 0)));
    assert_eq!((&**of(0, 1), &**of(1, 1)), ("\"a\"", "\"b\""));
}

fn unnamed(kind: &str, nanos: i64) -> Event {
    Event::new(media(), kind)
        .unwrap_or_else(|_| Event::unknown(kind))
        .at(Timestamp::from_nanos(nanos))
}

/// Without ids, digests tell the moments of a kind apart.
#[test]
fn every_moment_has_a_digest_of_its_own() {
    let identities: std::collections::BTreeSet<u64> =
        (0..64).map(|bit| identity(media(), &unnamed("x", 1 << bit >> 1))).collect();
    assert_eq!(identities.len(), 64);
}

/// Events of which only the digests are equal are two.
#[test]
fn a_digest_alone_makes_no_copy() {
    let first = unnamed("x", 1_000_000_000);
    let second = (0..).find_map(|number| {
        let kind = format!("y{number}");
        let of_no_time = identity(media(), &unnamed(&kind, 0));
        let nanos = (identity(media(), &first) ^ of_no_time) as i64;
        (nanos > 0).then(|| unnamed(&kind, nanos))
    });
    let second = second.expect("every other one will do");
    assert_eq!(identity(media(), &first), identity(media(), &second));
    let mut asset = Asset::new("m1");
    for event in [first, second] {
        asset.insert(media(), event);
    }
    assert_eq!((asset.events(), asset.duplicates), (2, 0));
}

/// Numbers are written by hand, and as they are written elsewhere.
#[test]
fn numbers_are_written_as_serde_writes_them() {
    let powers = (0..20).map(|power| 10_u64.pow(power));
    let around = powers.flat_map(|power| [power - 1, power, power.saturating_mul(9)]);
    for number in (0..2_000).chain(around).chain([u64::MAX]) {
        let snapshot = Snapshot { events: number, ..Snapshot::default() };
        let mut line = Vec::new();
        snapshot.write_json(&mut line);
        assert_eq!(line, serde_json::to_vec(&snapshot).expect("a snapshot is JSON"));
    }
}
