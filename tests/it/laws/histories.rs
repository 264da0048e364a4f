//! Histories that random streams do not come to.

use mediafold::{
    Asset, Code, Event, Lifecycle, Policy, Severity, Verdict, fold,
    fold::{HISTORY_MAX, Levels, overdue},
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
        let event = Event::new(stream, &kind).unwrap_or_else(|_| Event::unknown(&kind));
        let mut event = event.at(at(second)).with_id(id);
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
            let event =
                Event::new(stream, &format!("video.live_stream.{kind}")).unwrap().with_id("1");
            let mut event = event.at(at(i64::from(number % 7)));
            event.content = u64::from(number);
            event
        })
        .collect();
    let seed: Vec<u16> = (0..60_u16).map(|number| number.wrapping_mul(7_919)).collect();
    let other = shuffled(&copies, &seed);
    let whole = folded(stream, Policy::Keep, &copies);
    let codes = whole.findings(stream).into_iter().map(|finding| finding.code);
    assert_eq!(codes.filter(|code| *code == Code::ConflictingDuplicate).count(), 16);
    let one = printed(stream, &whole);
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
        let event = Event::new(media, kind).unwrap().at(at(number)).with_id(number.to_string());
        event.from_delivery(number as u64)
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
    let findings = asset.findings(media);
    let told: Vec<_> = findings.iter().map(|finding| (finding.code, finding.delivery)).collect();
    // It is about the last of those that were condensed.
    let first = asset.history().next().map_or(0, |entry| entry.event.delivery);
    assert_eq!(told, [(Code::HistoryCondensed, first - 1)]);
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
        Event::new(media, kind).unwrap().at(at(2 * number)).with_id(number.to_string())
    };
    for (kept, verdict, code) in [
        (HISTORY_MAX - 1, Verdict::Moved, Code::Late),
        (HISTORY_MAX, Verdict::Duplicate, Code::HistoryCondensed),
        (HISTORY_MAX + 1, Verdict::Duplicate, Code::HistoryCondensed),
    ] {
        let mut asset = Asset::new("m1");
        fold(media, &mut asset, (0..i64::try_from(kept).expect("small")).map(event));
        let late = Event::new(media, "video.media.ready").unwrap().at(at(1)).with_id("late");
        let outcome = step(media, &mut asset, &late);
        assert_eq!((outcome.verdict, outcome.late), (verdict, true), "{kept}");
        assert_eq!(outcome.findings[0].code, code, "{kept}");
        assert_eq!(asset.snapshot(media, false).late, 1, "{kept}");
        assert!(asset.findings(media).iter().all(|finding| finding.code == Code::HistoryCondensed));
    }
}

/// What was condensed is still counted.
#[test]
fn condensed_findings_stay_counted() {
    let media = Lifecycle::builtin("fastpix/media").expect("built in");
    let event = |number: i64| {
        let event = Event::unknown("video.media.nonsense").at(at(number));
        event.with_id(number.to_string())
    };
    let mut asset = Asset::new("m1");
    fold(media, &mut asset, (0..12_000).map(event));
    let counts = asset.snapshot(media, false).findings;
    assert_eq!((counts.error, counts.warning), (0, 12_001));
    assert_eq!(asset.finding_counts(media, &Levels::default()), counts);
    let mut levels = Levels::default();
    assert!(levels.is_default());
    levels.set(Code::UnknownKind, Severity::Allowed);
    assert!(!levels.is_default());
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
        Event::new(stream, &kind).unwrap().at(at(number)).with_id(number.to_string())
    };
    let mut asset = Asset::new("s1");
    for number in (0..10_000).rev() {
        step(stream, &mut asset, &event(number));
    }
    let snapshot = asset.snapshot(stream, true);
    assert_eq!((snapshot.state, snapshot.late), ("disconnected", 9_999));
    assert!(asset.findings(stream).is_empty());
}

/// As many updates of a media as are kept, so that one more has the first 5,000 condensed, the number being the moment.
fn updates() -> impl Iterator<Item = Event> {
    let media = Lifecycle::builtin("fastpix/media").expect("built in");
    (0..=10_000).map(move |number| {
        let kind = if number == 0 { "video.media.created" } else { "video.media.updated" };
        let mut event = Event::new(media, kind).unwrap().at(at(number)).with_id(number.to_string());
        event.content = number as u64;
        event
    })
}

/// What happened when the last condensed event did is too old: its place is among what is no longer kept. What
/// happened after it is put in its place.
#[test]
fn the_last_condensed_moment_is_too_old_and_the_next_is_not() {
    let media = Lifecycle::builtin("fastpix/media").expect("built in");
    let asset = folded(media, Policy::Keep, &updates().collect::<Vec<_>>());
    assert_eq!(asset.history().next().and_then(|entry| entry.event.time), Some(at(5_000)));
    for (second, verdict) in [(4_999, Verdict::Duplicate), (5_000, Verdict::Moved)] {
        let late = Event::new(media, "video.media.ready").unwrap().at(at(second)).with_id("late");
        let outcome = step(media, &mut asset.clone(), &late);
        assert_eq!((outcome.verdict, outcome.late), (verdict, true), "{second}");
    }
}

/// Events of one time are ordered together, so that none is kept of a group of which one is condensed.
#[test]
fn events_of_one_time_are_condensed_together() {
    let media = Lifecycle::builtin("fastpix/media").expect("built in");
    let mut asset = Asset::new("m1");
    let grouped = updates().zip(0..).map(|(event, number)| match number {
        4_990..5_010 => event.at(at(4_990)),
        _ => event,
    });
    fold(media, &mut asset, grouped);
    assert_eq!(asset.history().len(), 10_001 - 5_010);
    assert_eq!(asset.history().next().and_then(|entry| entry.event.time), Some(at(5_010)));
}

/// Events without a time are condensed after those that have one, whose last still says what is too old.
#[test]
fn what_is_too_old_is_known_where_events_without_a_time_are_condensed() {
    let media = Lifecycle::builtin("fastpix/media").expect("built in");
    let mut asset = Asset::new("m1");
    let untimed = updates().zip(0..).map(|(mut event, number)| {
        event.time = event.time.filter(|_| number < 100);
        event
    });
    fold(media, &mut asset, untimed);
    // All without a time are one group, but for the one that had the others condensed.
    assert_eq!(asset.history().len(), 1);
    for (second, verdict) in [(99, Verdict::Duplicate), (100, Verdict::Moved)] {
        let late = Event::new(media, "video.media.ready").unwrap().at(at(second)).with_id("late");
        assert_eq!(step(media, &mut asset.clone(), &late).verdict, verdict, "{second}");
    }
}

/// A copy that is as old as what is condensed does not take the place of the event that is kept, although it sorts
/// first.
#[test]
fn a_copy_that_is_too_old_does_not_count() {
    let media = Lifecycle::builtin("fastpix/media").expect("built in");
    let mut asset = folded(media, Policy::Keep, &updates().collect::<Vec<_>>());
    for (second, code) in [(3, 1), (4_999, 2), (5_000, 3)] {
        let mut copy =
            Event::new(media, "video.media.updated").unwrap().at(at(second)).with_id("9000");
        copy.content = 100_000 + code;
        let outcome = step(media, &mut asset, &copy);
        assert_eq!(outcome.verdict, Verdict::Duplicate);
        let kept = asset.history().find(|entry| entry.event.id.as_deref() == Some("9000"));
        let time = if second < 5_000 { 9_000 } else { 5_000 };
        assert_eq!(kept.and_then(|entry| entry.event.time), Some(at(time)), "{second}");
    }
}

/// Two events of one time came in no wrong order.
#[test]
fn an_event_of_the_latest_time_is_not_late() {
    let media = Lifecycle::builtin("fastpix/media").expect("built in");
    let mut asset = Asset::new("m1");
    for (kind, second, late) in [("created", 1, false), ("ready", 1, false), ("updated", 0, true)] {
        let event =
            Event::new(media, &format!("video.media.{kind}")).unwrap().at(at(second)).with_id(kind);
        assert_eq!(step(media, &mut asset, &event).late, late, "{kind}");
    }
    assert_eq!(asset.snapshot(media, false).late, 1);
}

/// As long as the longest that is normal is normal.
#[test]
fn what_takes_its_whole_time_is_not_overdue() {
    let stream = Lifecycle::builtin("fastpix/live_stream").expect("built in");
    let dwell = stream.states()[1].dwell.expect("a stream is created for so long");
    let mut asset = Asset::new("s1");
    let created = Event::new(stream, "video.live_stream.created").unwrap().at(at(0));
    assert!(overdue(stream, &asset, at(1_000_000_000)).is_none(), "nothing was heard of it");
    step(stream, &mut asset, &created);
    let seconds = i64::try_from(dwell.as_secs()).expect("days at the most");
    for (second, is_overdue) in [(-1, false), (seconds, false), (seconds + 1, true)] {
        let finding = overdue(stream, &asset, at(second));
        assert_eq!(finding.map(|finding| finding.code), is_overdue.then_some(Code::Overdue));
    }
}
