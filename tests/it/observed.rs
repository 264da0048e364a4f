//! What is counted of many assets, against the findings and against counting by hand.

use mediafold::{Asset, Code, Lifecycle, Verdict, bulk::Observed, event::EventKind, fold};
use proptest::prelude::*;

use crate::generate::{machines, raws};

/// The codes of what is not allowed.
const ILLEGAL: [Code; 4] =
    [Code::IllegalTransition, Code::BackwardTransition, Code::AfterEnd, Code::RetriesExhausted];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn everything_is_counted_once(machine in machines(), first in raws(), second in raws()) {
        let lifecycle = &machine.lifecycle;
        let assets: Vec<Asset> = [first, second]
            .iter()
            .map(|raws| {
                let mut asset = Asset::new("a");
                fold(lifecycle, &mut asset, machine.stream(raws));
                asset
            })
            .collect();
        let mut observed = Observed::new(lifecycle);
        assets.iter().for_each(|asset| observed.add(asset));
        let steps = observed.steps();
        let sum = |of: &dyn Fn(&mediafold::bulk::ObservedStep) -> u64| steps.iter().map(of).sum::<u64>();

        let events: u64 = assets.iter().map(Asset::events).sum();
        prop_assert_eq!(sum(&|step| step.count) + observed.unknown(), events);
        let states = 0..lifecycle.states().len();
        prop_assert_eq!(states.map(|state| observed.population(state)).sum::<u64>(), 2);

        let findings: Vec<_> =
            assets.iter().flat_map(|asset| asset.findings(lifecycle)).collect();
        let gaps = findings.iter().filter(|finding| finding.code == Code::MissingEvents);
        let missing = gaps.map(|finding| finding.missing.len() as u64).sum::<u64>();
        // What is missing before giving up early is not listed in its finding.
        match findings.iter().any(|finding| finding.code == Code::FailedEarly) {
            true => prop_assert!(sum(&|step| step.inferred) >= missing),
            false => prop_assert_eq!(sum(&|step| step.inferred), missing),
        }
        let illegal = findings.iter().filter(|finding| ILLEGAL.contains(&finding.code)).count();
        let undefined = |step: &mediafold::bulk::ObservedStep| match step.defined || step.mid_life {
            true => 0,
            false => step.count,
        };
        prop_assert_eq!(sum(&undefined), illegal as u64);
        let mid_life = findings.iter().filter(|finding| finding.code == Code::FirstSeenMidLife);
        prop_assert_eq!(
            sum(&|step| if step.mid_life { step.count } else { 0 }),
            mid_life.count() as u64
        );
        for state in 0..lifecycle.states().len() {
            let mut stays: Vec<u64> =
                assets.iter().flat_map(|asset| stays(lifecycle, asset, state)).collect();
            stays.sort_unstable();
            let dwell = observed.dwell(state);
            prop_assert_eq!(dwell.map_or(0, |dwell| dwell.stays), stays.len());
            prop_assert_eq!(dwell.map(|dwell| dwell.max), stays.last().copied());
            if let Some(dwell) = dwell {
                let no_longer = |than: u64| stays.iter().filter(|stay| **stay <= than).count();
                prop_assert!(no_longer(dwell.p50) * 2 >= stays.len());
                prop_assert!(no_longer(dwell.p95) * 100 >= stays.len() * 95);
                prop_assert!(stays.contains(&dwell.p50) && stays.contains(&dwell.p95));
            }
        }
    }
}

/// The stays in a state that began and ended with a move at a known time, in nanoseconds.
fn stays(lifecycle: &Lifecycle, asset: &Asset, state: usize) -> Vec<u64> {
    let name = &lifecycle.states()[state].name;
    let moves: Vec<_> = asset
        .history()
        .filter(|entry| lifecycle.state(entry.before).name != lifecycle.state(entry.after).name)
        .map(|entry| {
            let known = matches!(entry.event.kind, EventKind::Known(_));
            let time = entry.event.time.or(entry.event.received_at);
            (entry, time.filter(|_| known && entry.verdict == Verdict::Moved))
        })
        .collect();
    moves
        .windows(2)
        .filter(|pair| lifecycle.state(pair[0].0.after).name == *name)
        .filter_map(|pair| Some(pair[1].1?.since(pair[0].1?).as_nanos() as u64))
        .collect()
}
