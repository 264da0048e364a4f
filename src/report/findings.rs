//! The findings by code, and which of them stand for the others.

use std::{cmp::Reverse, collections::BTreeMap};

use super::assets::Ranked;
use crate::{
    bulk::Findings,
    fold::{Code, Severity},
};

/// How many examples of a code are shown.
const EXAMPLES_MAX: usize = 5;

/// All findings of one code.
pub(super) struct Group<'a> {
    pub(super) code: Code,
    pub(super) severity: Severity,
    pub(super) count: usize,
    /// How many assets have one.
    pub(super) assets: usize,
    /// How many there are by provider; `None` is of those that no provider could be told for.
    pub(super) providers: BTreeMap<Option<&'a str>, usize>,
    /// The findings that are shown.
    pub(super) examples: Vec<Example>,
    alike: BTreeMap<Alike<'a>, Example>,
}

/// A finding that stands for others.
#[derive(Clone, Copy)]
pub(super) struct Example {
    /// The index of the finding.
    pub(super) at: usize,
    /// How many are like it, itself included; 0 if another example has counted them.
    pub(super) alike: usize,
}

/// Entity, event kind and state: findings of a code that agree in these are alike.
type Alike<'a> = [Option<&'a str>; 3];

/// The findings by code: gravest first, then the most frequent.
pub(super) fn groups<'a>(findings: &'a Findings, ranked: &Ranked) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<Code, Group<'a>> = BTreeMap::new();
    // The worst assets come first, so that they are the examples; then what belongs to no asset.
    let of_assets = ranked.order.iter().map(|asset| ranked.facts[*asset].findings.as_slice());
    for own in of_assets {
        let mut seen = Vec::new();
        for at in own.iter().copied() {
            let group = take(&mut groups, findings, at);
            if !seen.contains(&group.code) {
                seen.push(group.code);
                group.assets += 1;
                if group.examples.len() < EXAMPLES_MAX {
                    group.examples.push(Example { at, alike: 0 });
                }
            }
        }
    }
    for at in (0..findings.len()).filter(|at| ranked.asset_of(*at).is_none()) {
        let group = take(&mut groups, findings, at);
        if group.examples.len() < EXAMPLES_MAX {
            group.examples.push(Example { at, alike: 0 });
        }
    }
    let mut groups: Vec<Group<'a>> = groups.into_values().collect();
    for group in &mut groups {
        // The most frequent of each sort, and others in the places that are left.
        let mut sorts: Vec<Example> = std::mem::take(&mut group.alike).into_values().collect();
        sorts.sort_by_key(|example| Reverse(example.alike));
        let fill = std::mem::take(&mut group.examples);
        let new = |example: &Example| sorts.iter().all(|sort| sort.at != example.at);
        let fill: Vec<Example> = fill.into_iter().filter(new).collect();
        group.examples.extend(sorts.into_iter().chain(fill).take(EXAMPLES_MAX));
    }
    groups.sort_by_key(|group| Reverse((group.severity, group.count)));
    groups
}

/// Counts a finding in its group.
fn take<'a, 'g>(
    groups: &'g mut BTreeMap<Code, Group<'a>>,
    findings: &'a Findings,
    at: usize,
) -> &'g mut Group<'a> {
    let finding = findings.said(at);
    let group = groups.entry(finding.code).or_insert_with(|| Group {
        code: finding.code,
        severity: finding.severity,
        count: 0,
        assets: 0,
        providers: BTreeMap::new(),
        examples: Vec::new(),
        alike: BTreeMap::new(),
    });
    group.count += 1;
    let entity = finding.entity.as_deref();
    let provider = entity.map(|entity| entity.split_once('/').map_or(entity, |(name, _)| name));
    *group.providers.entry(provider).or_default() += 1;
    let alike = [entity, finding.event.as_deref(), finding.state.as_deref()];
    group.alike.entry(alike).or_insert(Example { at, alike: 0 }).alike += 1;
    group
}
