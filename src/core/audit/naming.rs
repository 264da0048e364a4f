//! Which rules of a handler make the rows of a table.

use std::collections::BTreeMap;

use super::handler::Rule;

/// What a rule says of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamedRule {
    /// The rule.
    pub rule: Rule,
    /// It is of the smallest set that makes the most rows.
    pub named: bool,
    /// Rules that make the same of every row: nothing tells them from this one.
    pub alike: Vec<Rule>,
    /// Wrong rows that it makes as they are.
    pub wrong: u64,
    /// Of these, rows that no rule makes which is named before it.
    pub more: u64,
    /// Rows that are right and that it would make wrong.
    pub spoilt: u64,
}

/// Which rules make the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HandlerNaming {
    /// The rules that are named, and then the others that make any of the wrong rows; the likelier before the others.
    pub rules: Vec<NamedRule>,
    /// Wrong rows that were compared: those that were true when they were written are not.
    pub wrong: u64,
    /// Wrong rows that no rule makes which is named.
    pub unexplained: u64,
}

impl HandlerNaming {
    /// The rules that are named.
    pub fn named(&self) -> impl Iterator<Item = &NamedRule> {
        self.rules.iter().filter(|rule| rule.named)
    }
}

/// Rows, counted by the set of the rules that make them, a bit each.
#[derive(Clone, Debug, Default)]
pub(super) struct RuleCounts(BTreeMap<usize, RowsOfSet>);

#[derive(Clone, Copy, Debug, Default)]
struct RowsOfSet {
    equal: u64,
    wrong: u64,
}

impl RuleCounts {
    /// Counts a row that these rules make as it is.
    pub(super) fn add(&mut self, makers: usize, is_wrong: bool) {
        let rows = self.0.entry(makers).or_default();
        *if is_wrong { &mut rows.wrong } else { &mut rows.equal } += 1;
    }

    fn sum(&self, of: impl Fn(usize, RowsOfSet) -> u64) -> u64 {
        self.0.iter().map(|(makers, rows)| of(*makers, *rows)).sum()
    }

    /// Names the smallest of the sets of rules that make the most rows, right ones included; of equals that which spoils
    /// the fewest right rows, and then that of the plainest rules. A rule more must make more rows than chance does: one
    /// row alone, some rule nearly always makes.
    ///
    /// Where rows are wrong by chance, a rule makes a few of them and would spoil many: it is not named.
    pub(super) fn name(&self) -> HandlerNaming {
        let mut rules: Vec<NamedRule> =
            Rule::ALL.into_iter().map(|rule| self.about(rule)).collect();
        rules.retain(|about| about.wrong > 0);
        let best = self.best(&self.likely(&rules));
        for about in &mut rules {
            about.named = best & bit(about.rule) != 0;
        }
        rules.sort_by_key(|about| {
            let spoilt = if about.named { 0 } else { about.spoilt };
            let gain = i128::from(about.wrong) - i128::from(spoilt);
            (!about.named, std::cmp::Reverse(gain), about.rule)
        });
        let mut before = 0;
        for about in rules.iter_mut().filter(|about| about.named) {
            let own = bit(about.rule);
            let is_more = |makers: usize| makers & own != 0 && makers & before == 0;
            about.more = self.sum(|makers, rows| if is_more(makers) { rows.wrong } else { 0 });
            before |= own;
        }
        let unexplained = |makers, rows: RowsOfSet| if makers & best == 0 { rows.wrong } else { 0 };
        HandlerNaming {
            rules,
            wrong: self.sum(|_, rows| rows.wrong),
            unexplained: self.sum(unexplained),
        }
    }

    fn about(&self, rule: Rule) -> NamedRule {
        let makes = |makers: usize, rule: Rule| makers & bit(rule) != 0;
        let is_alike = |other: &Rule| {
            *other != rule && self.0.keys().all(|set| makes(*set, rule) == makes(*set, *other))
        };
        NamedRule {
            rule,
            named: false,
            more: 0,
            alike: Rule::ALL.into_iter().filter(is_alike).collect(),
            wrong: self.sum(|makers, rows| if makes(makers, rule) { rows.wrong } else { 0 }),
            spoilt: self.sum(|makers, rows| if makes(makers, rule) { 0 } else { rows.equal }),
        }
    }

    /// The rules that may be named: those aside of which a plainer one is alike, and those that make no more of the rows
    /// in which they differ from what is right than chance does.
    fn likely<'r>(&self, rules: &'r [NamedRule]) -> Vec<&'r NamedRule> {
        let [wrong, all] =
            [self.sum(|_, rows| rows.wrong), self.sum(|_, rows| rows.wrong + rows.equal)];
        let is_plainest = |about: &NamedRule| about.alike.iter().all(|other| *other > about.rule);
        // Four times the share of rows that are wrong at all, but a quarter is enough.
        let is_more = |about: &NamedRule| {
            let differs = u128::from(about.wrong + about.spoilt);
            let own = 4 * u128::from(about.wrong);
            own >= differs || own * u128::from(all) >= 16 * u128::from(wrong) * differs
        };
        rules.iter().filter(|about| is_plainest(about) && is_more(about)).collect()
    }

    /// The set of these rules that is to be named.
    fn best(&self, rules: &[&NamedRule]) -> usize {
        let chance = 1 + self.sum(|_, rows| rows.wrong) / 200;
        let mut best = ((u64::MAX, 0, 0), 0);
        for chosen in 1_usize..1 << rules.len() {
            let own = || (0..rules.len()).filter(|at| chosen >> at & 1 == 1).map(|at| rules[at]);
            let set: usize = own().map(|about| bit(about.rule)).sum();
            let missed = |makers, rows: RowsOfSet| match makers & set {
                0 => rows.equal + rows.wrong,
                _ => 0,
            };
            let spoilt = own().map(|about| about.spoilt).sum::<u64>();
            let size = u64::from(chosen.count_ones());
            let cost = (self.sum(missed) + size * chance, size, spoilt);
            if cost < best.0 {
                best = (cost, set);
            }
        }
        best.1
    }
}

fn bit(rule: Rule) -> usize {
    1 << rule as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(rules: &[Rule]) -> usize {
        rules.iter().map(|rule| bit(*rule)).sum()
    }

    fn named(counts: &RuleCounts) -> Vec<Rule> {
        counts.name().named().map(|about| about.rule).collect()
    }

    use Rule::{GapsRefused, LastByTime, LastToArrive, NoTombstone};

    #[test]
    fn what_makes_the_right_rows_too_is_named() {
        let mut counts = RuleCounts::default();
        for _ in 0..10 {
            counts.add(bits(&[LastToArrive, NoTombstone]), true);
            counts.add(bits(&[NoTombstone, GapsRefused]), false);
        }
        assert_eq!(named(&counts), [NoTombstone]);
        let naming = counts.name();
        assert_eq!((naming.rules[1].rule, naming.rules[1].spoilt), (LastToArrive, 10));
    }

    #[test]
    fn two_handlers_and_what_neither_made() {
        let mut counts = RuleCounts::default();
        (0..10).for_each(|_| counts.add(bits(&[LastToArrive]), true));
        (0..20).for_each(|_| counts.add(bits(&[GapsRefused]), true));
        (0..5).for_each(|_| counts.add(0, true));
        assert_eq!(named(&counts), [GapsRefused, LastToArrive]);
        assert_eq!((counts.name().wrong, counts.name().unexplained), (35, 5));
        let more: Vec<u64> = counts.name().named().map(|about| about.more).collect();
        assert_eq!(more, [20, 10]);
    }

    #[test]
    fn one_row_names_nobody_beside_another() {
        let mut counts = RuleCounts::default();
        (0..10).for_each(|_| counts.add(bits(&[LastToArrive]), true));
        counts.add(bits(&[GapsRefused]), true);
        assert_eq!(named(&counts), [LastToArrive]);
        assert_eq!(counts.name().unexplained, 1);
    }

    #[test]
    fn what_is_wrong_by_chance_names_nobody() {
        let mut counts = RuleCounts::default();
        (0..940).for_each(|_| counts.add(bits(&[LastByTime, GapsRefused, NoTombstone]), false));
        (0..60).for_each(|_| counts.add(bits(&[GapsRefused, NoTombstone]), false));
        (0..40).for_each(|_| counts.add(0, true));
        (0..3).for_each(|_| counts.add(bits(&[LastByTime]), true));
        assert_eq!(named(&counts), []);
        assert_eq!(counts.name().unexplained, 43);
        // A handler that wrote a fifth of the table is another thing.
        (0..15).for_each(|_| counts.add(bits(&[LastByTime]), true));
        assert_eq!(named(&counts), [LastByTime]);
    }

    #[test]
    fn of_equals_the_plainest_is_named_and_the_others_are_said() {
        let mut counts = RuleCounts::default();
        counts.add(bits(&[LastByTime, GapsRefused]), true);
        counts.add(bits(&[LastByTime, GapsRefused]), false);
        assert_eq!(named(&counts), [LastByTime]);
        assert_eq!(counts.name().rules[0].alike, [GapsRefused]);
    }

    #[test]
    fn nothing_wrong_or_nothing_explained_names_nobody() {
        let mut counts = RuleCounts::default();
        counts.add(bits(&Rule::ALL), false);
        assert_eq!(counts.name(), HandlerNaming::default());
        counts.add(0, true);
        assert_eq!((named(&counts), counts.name().unexplained), (Vec::new(), 1));
    }
}
