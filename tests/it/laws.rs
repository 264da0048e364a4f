//! What holds for every lifecycle and every stream of events, tried at random on the built-in lifecycles and
//! on random ones. A case that fails is kept in `tests/data/laws.txt` and tried first from then on.

mod batches;
mod documents;
mod histories;
mod judging;
mod order;
mod reading;
mod saved;

use std::collections::HashSet;

use mediafold::{
    Asset, Code, Event, Lifecycle, Policy, Verdict, fold,
    fold::HistoryEntry,
    lifecycle::{Node, Order, Transition},
    step,
};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, FileFailurePersistence},
};

use super::generate::{at, machines, machines_by_time, raws};

/// The number of cases to which a law applies, and where those that failed are kept. At most as many may be drawn to which
/// it does not apply, or the law has hardly been tried. `PROPTEST_CASES` in the environment is the most.
pub(crate) fn config(cases: u32) -> Config {
    let failures = FileFailurePersistence::Direct("tests/data/laws.txt");
    #[expect(clippy::disallowed_methods, reason = "a run over mutants wants fewer")]
    let most = std::env::var("PROPTEST_CASES").ok().and_then(|most| most.parse().ok());
    let cases = most.map_or(cases, |most: u32| cases.min(most));
    Config {
        failure_persistence: Some(Box::new(failures)),
        max_global_rejects: cases,
        ..Config::with_cases(cases)
    }
}

fn policies() -> impl Strategy<Value = Policy> {
    prop_oneof![Just(Policy::Keep), Just(Policy::Follow)]
}

fn folded(lifecycle: &Lifecycle, policy: Policy, events: &[Event]) -> Asset {
    let mut asset = Asset::with_policy("a1", policy);
    fold(lifecycle, &mut asset, events.iter().cloned());
    asset
}

/// Everything that is printed of an asset, the counts of `late` and `duplicate` aside.
fn printed(lifecycle: &Lifecycle, asset: &Asset) -> String {
    let mut snapshot = asset.snapshot(lifecycle, true);
    (snapshot.duplicates, snapshot.late) = (0, 0);
    let all = (snapshot, asset.findings(lifecycle));
    serde_json::to_string_pretty(&all).expect("a snapshot is JSON")
}

/// Everything that is printed of an asset.
fn printed_whole(lifecycle: &Lifecycle, asset: &Asset) -> String {
    let all = (asset.snapshot(lifecycle, true), asset.findings(lifecycle));
    serde_json::to_string_pretty(&all).expect("a snapshot is JSON")
}

/// Compares what was printed, and names the first line that differs.
fn same(one: &str, other: &str) -> Result<(), TestCaseError> {
    for (number, (one, other)) in (1..).zip(one.lines().zip(other.lines())) {
        prop_assert_eq!(one, other, "in line {}", number);
    }
    prop_assert_eq!(one.lines().count(), other.lines().count());
    Ok(())
}

/// The same events in another order, some of them again.
pub(crate) fn shuffled<T: Clone>(events: &[T], seed: &[u16]) -> Vec<T> {
    let mut other = events.to_vec();
    for (last, pick) in (1..other.len()).rev().zip(seed.iter().cycle()) {
        other.swap(last, usize::from(*pick) % (last + 1));
    }
    for pair in seed.chunks_exact(2).filter(|_| !events.is_empty()).take(events.len()) {
        let again = events[usize::from(pair[0]) % events.len()].clone();
        other.insert(usize::from(pair[1]) % (other.len() + 1), again);
    }
    other
}

fn verdicts(asset: &Asset) -> Vec<Verdict> {
    asset.history().map(|entry| entry.verdict).collect()
}

fn has_illegal(asset: &Asset) -> bool {
    verdicts(asset).contains(&Verdict::Illegal)
}

/// No two events that happened at the same time, or at no time at all.
fn is_untied(events: &[Event]) -> bool {
    let mut times = HashSet::new();
    events.iter().all(|event| event.time.is_some_and(|time| times.insert(time)))
}

proptest! {
    #![proptest_config(config(1_000))]

    /// The state is a function of the set of events: in whatever order they come, and each however often,
    /// the asset and its findings are the same to the byte.
    #[test]
    fn any_order_and_repetition_gives_the_same(
        machine in machines_by_time(),
        raws in raws(),
        policy in policies(),
        seed in vec(any::<u16>(), 1..24),
    ) {
        let (lifecycle, events) = (&machine.lifecycle, machine.stream(&raws));
        let asset = folded(lifecycle, policy, &events);
        let other = folded(lifecycle, policy, &shuffled(&events, &seed));
        same(&printed(lifecycle, &asset), &printed(lifecycle, &other))?;
    }

    /// The same when each event is judged as it comes, which is how webhooks are folded in practice.
    #[test]
    fn any_order_and_repetition_step_by_step_gives_the_same(
        machine in machines_by_time(),
        raws in raws(),
        policy in policies(),
        seed in vec(any::<u16>(), 1..24),
    ) {
        let (lifecycle, events) = (&machine.lifecycle, machine.stream(&raws));
        let asset = folded(lifecycle, policy, &events);
        let mut other = Asset::with_policy("a1", policy);
        for event in shuffled(&events, &seed) {
            step(lifecycle, &mut other, &event);
        }
        same(&printed(lifecycle, &asset), &printed(lifecycle, &other))?;
    }
}

proptest! {
    #![proptest_config(config(256))]

    /// A step for each event and a fold over all of them give the same, counts included; and what a step
    /// says of where the asset is holds.
    #[test]
    fn steps_give_what_a_fold_gives(
        machine in machines(),
        raws in raws(),
        policy in policies(),
    ) {
        let (lifecycle, events) = (&machine.lifecycle, machine.stream(&raws));
        let mut asset = Asset::with_policy("a1", policy);
        for event in &events {
            let before = asset.state(lifecycle).name.clone();
            let outcome = step(lifecycle, &mut asset, event);
            let after = asset.state(lifecycle).name.as_str();
            prop_assert_eq!((outcome.before, outcome.after), (before.as_str(), after));
            prop_assert_eq!(outcome.changed(), before != after);
        }
        let whole = folded(lifecycle, policy, &events);
        same(&printed_whole(lifecycle, &asset), &printed_whole(lifecycle, &whole))?;
    }

    /// Folding in two parts is folding the whole.
    #[test]
    fn two_parts_give_the_whole(
        machine in machines(),
        raws in raws(),
        policy in policies(),
        cut in any::<prop::sample::Index>(),
    ) {
        let (lifecycle, events) = (&machine.lifecycle, machine.stream(&raws));
        let whole = folded(lifecycle, policy, &events);
        let (first, second) = events.split_at(cut.index(events.len() + 1));
        let mut asset = folded(lifecycle, policy, first);
        fold(lifecycle, &mut asset, second.iter().cloned());
        same(&printed_whole(lifecycle, &asset), &printed_whole(lifecycle, &whole))?;
    }

    /// An event that was heard before is a duplicate and changes nothing but the count.
    #[test]
    fn a_duplicate_only_counts(
        machine in machines(),
        raws in raws(),
        policy in policies(),
        which in any::<prop::sample::Index>(),
    ) {
        let (lifecycle, mut events) = (&machine.lifecycle, machine.stream(&raws));
        if lifecycle.order() == Order::Arrival {
            // By arrival, one without id and time is the same only right after itself.
            events.retain(|event| event.id.is_some() || event.time.is_some());
        }
        prop_assume!(!events.is_empty());
        let mut asset = folded(lifecycle, policy, &events);
        let (before, old) = (printed(lifecycle, &asset), asset.clone());
        let known = old.snapshot(lifecycle, false);
        let outcome = step(lifecycle, &mut asset, which.get(&events));
        let snapshot = asset.snapshot(lifecycle, false);
        prop_assert_eq!(outcome.verdict, Verdict::Duplicate);
        same(&printed(lifecycle, &asset), &before)?;
        prop_assert_eq!(snapshot.duplicates, known.duplicates + 1);
        prop_assert_eq!((snapshot.late, snapshot.events), (known.late, known.events));
    }

    /// Under `Keep` an illegal event changes neither state nor flags nor retries; nor does an unknown one.
    #[test]
    fn what_is_illegal_changes_nothing(machine in machines(), raws in raws()) {
        let (lifecycle, events) = (&machine.lifecycle, machine.stream(&raws));
        let mut asset = Asset::new("a1");
        for event in &events {
            let old = asset.clone();
            let before = old.snapshot(lifecycle, false);
            let happened = |event: &Event| event.time.or(event.received_at);
            let same = |other: &&Event| happened(other) == happened(event);
            let tied = events.iter().filter(same).count() > 1;
            let outcome = step(lifecycle, &mut asset, event);
            let refused = matches!(outcome.verdict, Verdict::Illegal | Verdict::Unknown);
            // Among events of one time it may change which order explains them best.
            if refused && (lifecycle.order() == Order::Arrival || !tied) {
                let after = asset.snapshot(lifecycle, false);
                prop_assert_eq!(before.state, after.state);
                prop_assert_eq!(before.flags, after.flags);
                prop_assert_eq!(before.retries, after.retries);
                prop_assert_eq!(before.since, after.since);
            }
        }
        for entry in asset.history() {
            let refused = matches!(entry.verdict, Verdict::Illegal | Verdict::Unknown);
            prop_assert!(!refused || entry.before == entry.after);
        }
    }

    /// The state is one of the lifecycle, no more retries are used than there are, each event begins where
    /// the one before led to, and nothing leaves an end state, whatever the policy.
    #[test]
    fn the_state_stays_within_the_lifecycle(
        machine in machines(),
        raws in raws(),
        policy in policies(),
    ) {
        let lifecycle = &machine.lifecycle;
        let asset = folded(lifecycle, policy, &machine.stream(&raws));
        let limit = lifecycle.retries().map_or(0, |retries| retries.limit);
        let mut at = Node::NEW;
        for entry in asset.history() {
            let used = lifecycle.retries_used(entry.after);
            let (before, after) = (lifecycle.state(entry.before), lifecycle.state(entry.after));
            prop_assert_eq!(entry.before, at);
            prop_assert!(used <= limit);
            prop_assert!(!before.end || entry.before == entry.after);
            prop_assert_eq!(lifecycle.node(&after.name, used), Some(entry.after));
            at = entry.after;
        }
        prop_assert_eq!(asset.node(), at);
        prop_assert_eq!(asset.snapshot(lifecycle, false).end, asset.state(lifecycle).end);
    }

    /// A legal run has no findings at all.
    #[test]
    fn a_legal_run_has_no_findings(machine in machines(), picks in vec(any::<u16>(), 0..40)) {
        let (lifecycle, events) = (&machine.lifecycle, machine.walk(&picks));
        let mut asset = Asset::new("a1");
        for event in &events {
            prop_assert!(step(lifecycle, &mut asset, event).findings.is_empty());
        }
        prop_assert!(asset.findings(lifecycle).is_empty());
    }

    /// A gap heals. An event that is missing from a legal run is noticed where the next one cannot do
    /// without it, and named unless another would do as well; once it came, nothing is left of the gap.
    #[test]
    fn a_gap_heals(
        machine in machines_by_time(),
        picks in vec(any::<u16>(), 2..24),
        which in any::<prop::sample::Index>(),
    ) {
        let (lifecycle, mut events) = (&machine.lifecycle, machine.walk(&picks));
        prop_assume!(events.len() >= 2);
        let whole = folded(lifecycle, Policy::Keep, &events);
        let at = which.index(events.len() - 1);
        let forward = whole.history().skip(at).take(2).all(|entry| is_forward(lifecycle, &entry));
        let missing = events.remove(at);
        let mut asset = folded(lifecycle, Policy::Keep, &events);
        let findings = asset.findings(lifecycle);
        let next = events[at].id.as_deref();
        if let Some(finding) = findings.iter().find(|f| f.event_id.as_deref() == next && forward) {
            match finding.code {
                // From where it now is, the event is a retry of its own.
                Code::FirstSeenMidLife | Code::FailedEarly | Code::RetriesExhausted => {}
                Code::MissingEvents if finding.missing == [missing.name(lifecycle)] => {}
                Code::MissingEvents => prop_assert_eq!(finding.missing.len(), 1),
                _ => prop_assert!(false, "{}", finding.message),
            }
        }
        let outcome = step(lifecycle, &mut asset, &missing);
        prop_assert!(outcome.late);
        same(&printed(lifecycle, &asset), &printed(lifecycle, &whole))?;
    }

    /// The policies differ only in what they make of illegal events.
    #[test]
    fn policies_agree_where_nothing_is_illegal(
        machine in machines(),
        picks in vec(any::<u16>(), 0..24),
        drops in vec(prop::bool::weighted(0.3), 24),
    ) {
        let lifecycle = &machine.lifecycle;
        let run = machine.walk(&picks).into_iter().zip(drops);
        let events: Vec<Event> = run.filter(|(_, drop)| !drop).map(|(event, _)| event).collect();
        let keep = folded(lifecycle, Policy::Keep, &events);
        prop_assert!(is_untied(&events));
        prop_assume!(!has_illegal(&keep));
        let follow = folded(lifecycle, Policy::Follow, &events);
        same(&printed(lifecycle, &keep), &printed(lifecycle, &follow))?;
    }
}

/// Whether an event moved the asset on, and not back.
fn is_forward(lifecycle: &Lifecycle, entry: &HistoryEntry<'_>) -> bool {
    let name = |node| &lifecycle.state(node).name;
    let states = lifecycle.states();
    let own = |step: &&Transition| {
        lifecycle.kind_name(step.kind) == entry.event.name(lifecycle)
            && states[step.from].name == *name(entry.before)
            && states[step.to].name == *name(entry.after)
    };
    entry.verdict == Verdict::Moved
        && lifecycle.transitions().iter().filter(own).all(|step| !step.again)
}
