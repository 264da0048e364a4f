//! Histories that random streams do not come to.

use mediafold::{
    Asset, Code, Event, Lifecycle, Policy, Severity, Verdict, fold,
    fold::{HISTORY_MAX, Levels},
    step,
};

use super::{folded, printed, shuffled};
use crate::generate::at;

/// A conflicting copy takes an event out of the last group of one time: what is left of the group is ordered
/// anew, as if the event had never been in it.
#[test]
fn a_group_that_lost_an_event_is_ordered_anew() {
    let stream = Lifecycle::builtin("fastpix/live_stream").expect("built in");
    let event = |id: &str, kind: &str, second: i64, content: u64| {
        let kind = format!("video.live_stream.{kind}");
        let mut event = Event::new(stream, &kind).at(at(second)).with_id(id);
        event.content = content;
        event
    };
    let events = [
        event("1", "created", 0, 1),
        event("2", "connected", 1, 2),
        event("3", "active", 3, 3),
        event("4", "disconnected", 5, 4),
        event("5", "connected", 5, 5),
        event("6", "active", 5, 6),
        event("7", "updated", 5, 7),
        event("8", "updated", 5, 8),
        // Of a kind that nobody knows, so it comes last.
        event("9", "unheard", 5, 9),
        event("9", "unheard", 2, 10),
    ];
    let whole = folded(stream, Policy::Keep, &events);
    let mut asset = Asset::new("a1");
    for event in &events {
        step(stream, &mut asset, event);
    }
    assert_eq!(whole.state(stream).name, "active");
    assert_eq!(asset.state(stream).name, "active");
    assert_eq!(printed(stream, &asset), printed(stream, &whole));
}

/// Of many copies that conflict not all are kept, and which are does not depend on the order either.
#[test]
fn many_conflicting_copies_come_in_any_order() {
    let stream = Lifecycle::builtin("fastpix/live_stream").expect("built in");
    let copies: Vec<Event> = (0..60_u32)
        .map(|number| {
            let kind = ["created", "connected", "active"][number as usize % 3];
            let event = Event::new(stream, &format!("video.live_stream.{kind}")).with_id("1");
            let mut event = event.at(at(i64::from(number % 7)));
            event.content = u64::from(number);
            event
        })
        .collect();
    let seed: Vec<u16> = (0..60_u16).map(|number| number.wrapping_mul(7_919)).collect();
    let other = shuffled(&copies, &seed);
    let one = printed(stream, &folded(stream, Policy::Keep, &copies));
    assert_eq!(one, printed(stream, &folded(stream, Policy::Keep, &other)));
}

/// Of more events than are kept the older ones are condensed: the state is right, and one finding says so.
#[test]
fn a_long_history_is_condensed() {
    let media = Lifecycle::builtin("fastpix/media").expect("built in");
    let event = |number: i64| {
        let kind = match number {
            0 => "video.media.created",
            1 | 24_000 => "video.media.ready",
            2 => "video.media.source.ready",
            24_999 => "video.media.failed",
            _ => "video.media.updated",
        };
        Event::new(media, kind).at(at(number)).with_id(number.to_string())
    };
    let mut asset = Asset::new("m1");
    for from in (0..25_000).step_by(1_000) {
        fold(media, &mut asset, (from..from + 1_000).map(event));
        assert!(asset.history().len() <= HISTORY_MAX);
        let since = if from < 24_000 { at(1) } else { at(24_999) };
        assert_eq!(asset.since(media), Some(since));
    }
    let snapshot = asset.snapshot(media, true);
    assert_eq!((snapshot.state, snapshot.events), ("failed", 25_000));
    assert_eq!(snapshot.flags, ["source"]);
    let codes: Vec<Code> = asset.findings(media).iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::HistoryCondensed]);
}

/// Around the limit a late event is either put in its place or refused, never judged somewhere else.
#[test]
fn a_late_event_at_the_limit_is_placed_or_refused() {
    let media = Lifecycle::builtin("fastpix/media").expect("built in");
    let event = |number: i64| {
        let kind = match number {
            0 => "video.media.created",
            3_000 => "video.media.failed",
            _ => "video.media.updated",
        };
        Event::new(media, kind).at(at(2 * number)).with_id(number.to_string())
    };
    for (kept, verdict, code) in [
        (HISTORY_MAX - 1, Verdict::Moved, Code::Late),
        (HISTORY_MAX, Verdict::Duplicate, Code::HistoryCondensed),
        (HISTORY_MAX + 1, Verdict::Duplicate, Code::HistoryCondensed),
    ] {
        let mut asset = Asset::new("m1");
        fold(media, &mut asset, (0..i64::try_from(kept).expect("small")).map(event));
        let late = Event::new(media, "video.media.ready").at(at(1)).with_id("late");
        let outcome = step(media, &mut asset, &late);
        assert_eq!((outcome.verdict, outcome.late), (verdict, true), "{kept}");
        assert_eq!(outcome.findings[0].code, code, "{kept}");
        assert!(asset.findings(media).iter().all(|finding| finding.code == Code::HistoryCondensed));
    }
}

/// What was condensed is still counted.
#[test]
fn condensed_findings_stay_counted() {
    let media = Lifecycle::builtin("fastpix/media").expect("built in");
    let event = |number: i64| {
        let event = Event::new(media, "video.media.nonsense").at(at(number));
        event.with_id(number.to_string())
    };
    let mut asset = Asset::new("m1");
    fold(media, &mut asset, (0..12_000).map(event));
    let counts = asset.snapshot(media, false).findings;
    assert_eq!((counts.error, counts.warning), (0, 12_001));
    assert_eq!(asset.finding_counts(media, &Levels::default()), counts);
    let mut levels = Levels::default();
    levels.set(Code::UnknownKind, Severity::Allowed);
    assert_eq!(asset.finding_counts(media, &levels).warning, 1);
}

/// The worst order of all comes to an end, and to the right one.
#[test]
fn a_reversed_history_is_put_in_order() {
    let stream = Lifecycle::builtin("fastpix/live_stream").expect("built in");
    let session = ["preparing", "connected", "active", "disconnected", "idle"];
    let event = |number: i64| {
        let kind = match number {
            0 => "created",
            _ => session[(number as usize - 1) % session.len()],
        };
        let kind = format!("video.live_stream.{kind}");
        Event::new(stream, &kind).at(at(number)).with_id(number.to_string())
    };
    let mut asset = Asset::new("s1");
    for number in (0..10_000).rev() {
        step(stream, &mut asset, &event(number));
    }
    let snapshot = asset.snapshot(stream, true);
    assert_eq!((snapshot.state, snapshot.late), ("disconnected", 9_999));
    assert!(asset.findings(stream).is_empty());
}
