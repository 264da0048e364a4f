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
pub(super) struct FindingGroup<'a> {
    pub(super) code: Code,
    pub(super) severity: Severity,
    pub(super) count: usize,
    /// How many assets have one.
    pub(super) assets: usize,
    /// How many there are by provider; `None` is of those that no provider could be told for.
    pub(super) providers: BTreeMap<Option<&'a str>, usize>,
    /// The findings that are shown, each counted once.
    pub(super) examples: Vec<Example>,
    /// Some that each belong to another asset, or to none: their indexes.
    single: Vec<usize>,
    alike: BTreeMap<Alike<'a>, Example>,
}

impl FindingGroup<'_> {
    /// How many findings the examples do not stand for.
    pub(super) fn more(&self) -> usize {
        self.count - self.examples.iter().map(|example| example.count).sum::<usize>()
    }
}

/// A finding, or several that are alike and of which it is one.
pub(super) struct Example {
    /// The index of the finding.
    pub(super) at: usize,
    /// How many there are of it.
    pub(super) count: usize,
    /// What all of them say: what they do not agree in is `…`.
    pub(super) text: String,
}

/// Entity, event kind and state: findings of a code that agree in these are alike.
type Alike<'a> = [Option<&'a str>; 3];

/// The findings by code: gravest first, then the most frequent.
pub(super) fn groups<'a>(findings: &'a Findings, ranked: &Ranked) -> Vec<FindingGroup<'a>> {
    let mut groups: BTreeMap<Code, FindingGroup<'a>> = BTreeMap::new();
    // The worst assets come first, so that they are the examples; then what belongs to no asset.
    let of_assets = ranked.order.iter().map(|asset| ranked.facts[*asset].findings.as_slice());
    for own in of_assets {
        let mut seen = Vec::new();
        for at in own.iter().copied() {
            let group = take(&mut groups, findings, at);
            if !seen.contains(&group.code) {
                seen.push(group.code);
                group.assets += 1;
                if group.single.len() < EXAMPLES_MAX {
                    group.single.push(at);
                }
            }
        }
    }
    for at in (0..findings.len()).filter(|at| ranked.asset_of(*at).is_none()) {
        let group = take(&mut groups, findings, at);
        if group.single.len() < EXAMPLES_MAX {
            group.single.push(at);
        }
    }
    for (code, _, count) in findings.omitted() {
        if let Some(group) = groups.get_mut(&code) {
            group.count += count as usize;
            *group.providers.entry(None).or_default() += count as usize;
        }
    }
    let mut groups: Vec<FindingGroup<'a>> = groups.into_values().collect();
    for group in &mut groups {
        let mut sorts: Vec<Example> = std::mem::take(&mut group.alike).into_values().collect();
        if sorts.len() == 1 {
            let one = |at: &usize| {
                let text = findings.said(*at).message.clone();
                Example { at: *at, count: 1, text }
            };
            group.examples = group.single.iter().map(one).collect();
            continue;
        }
        sorts.sort_by_key(|example| Reverse(example.count));
        sorts.truncate(EXAMPLES_MAX);
        group.examples = sorts;
    }
    groups.sort_by_key(|group| Reverse((group.severity, group.count)));
    groups
}

/// Counts a finding in its group.
fn take<'a, 'g>(
    groups: &'g mut BTreeMap<Code, FindingGroup<'a>>,
    findings: &'a Findings,
    at: usize,
) -> &'g mut FindingGroup<'a> {
    let finding = findings.said(at);
    let group = groups.entry(finding.code).or_insert_with(|| FindingGroup {
        code: finding.code,
        severity: finding.severity,
        count: 0,
        assets: 0,
        providers: BTreeMap::new(),
        examples: Vec::new(),
        single: Vec::new(),
        alike: BTreeMap::new(),
    });
    group.count += 1;
    let entity = finding.entity.as_deref();
    let provider = entity.map(|entity| entity.split_once('/').map_or(entity, |(name, _)| name));
    *group.providers.entry(provider).or_default() += 1;
    let alike = [entity, finding.event.as_deref(), finding.state.as_deref()];
    let new = || Example { at, count: 0, text: finding.message.clone() };
    let example = group.alike.entry(alike).or_insert_with(new);
    example.count += 1;
    if example.text != finding.message {
        example.text = common(&example.text, &finding.message);
    }
    group
}

/// What two texts begin and end with, with `…` in place of what they do not agree in.
fn common(one: &str, other: &str) -> String {
    let [one, other] = [one, other].map(words);
    let same = |(a, b): &(&&str, &&str)| a == b;
    let begin = one.iter().zip(&other).take_while(same).count();
    let [rest, other_rest] = [&one[begin..], &other[begin..]];
    let end = rest.iter().rev().zip(other_rest.iter().rev()).take_while(same).count();
    let end = &rest[rest.len() - end..];
    [&one[..begin].concat(), "…", &end.concat()].concat()
}

/// The words of a text, such as names and durations, and the signs between them.
fn words(text: &str) -> Vec<&str> {
    let in_word = |letter: char| letter.is_alphanumeric() || "._-/".contains(letter);
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let len = match in_word(first) {
            true => rest.find(|letter| !in_word(letter)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (word, after) = rest.split_at(len);
        words.push(word);
        rest = after;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::common;

    #[test]
    fn what_texts_do_not_agree_in_is_left_out() {
        for (one, other, both) in [
            (
                "in `a` for 2d; 1d is normal",
                "in `a` for 1d 3h; 1d is normal",
                "in `a` for …; 1d is normal",
            ),
            (
                "in `a` for …; 1d is normal",
                "in `a` for 5d; 1d is normal",
                "in `a` for …; 1d is normal",
            ),
            ("`x.y` is cut", "`x.z` is cut", "`…` is cut"),
            ("after 3s", "after 3s later", "after 3s…"),
            ("a a", "a a a", "a a…"),
            ("", "é", "…"),
        ] {
            assert_eq!(common(one, other), both);
        }
    }
}
