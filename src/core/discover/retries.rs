//! Retries that are bounded: a state that is left by going back at most so often, and another that comes only then.

use super::{edges::MinedStep, signs::SignedStories};

/// Times that it must have been seen for it to be a rule.
const TIMES_MIN: u64 = 10;
/// More are no bound that anybody set.
const LIMIT_MAX: usize = 10;
/// The share of what may be otherwise.
const STRAY: f64 = 0.02;

/// The one counter that a lifecycle may have, by states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MinedRetries<S = String> {
    pub(super) from: S,
    pub(super) limit: usize,
    pub(super) then: S,
    pub(super) renewed_by: Option<S>,
    /// How often the last state came with none left.
    pub(super) seen: u64,
}

impl MinedRetries<usize> {
    pub(super) fn named(&self, states: &[String]) -> MinedRetries {
        MinedRetries {
            from: states[self.from].clone(),
            limit: self.limit,
            then: states[self.then].clone(),
            renewed_by: self.renewed_by.map(|state| states[state].clone()),
            seen: self.seen,
        }
    }
}

/// The retries of these stories, if they are bounded.
pub(super) fn retries(
    signed: &SignedStories,
    steps: &[MinedStep],
    back: &[bool],
) -> Option<MinedRetries<usize>> {
    let states = signed.states.len();
    let going_back =
        |state: usize| steps.iter().zip(back).any(|(step, back)| *back && step.from == state);
    let renewals = || std::iter::once(None).chain((1..states).map(Some));
    (1..states).filter(|state| going_back(*state)).find_map(|from| {
        // Most is explained by the renewal after which the last state comes most often with none left.
        let renewals = renewals().filter(|renewal| *renewal != Some(from));
        let found = renewals.filter_map(|renewal| bounded(signed, steps, back, from, renewal));
        found.max_by_key(|found| (found.seen, found.renewed_by.is_none()))
    })
}

fn bounded(
    signed: &SignedStories,
    steps: &[MinedStep],
    back: &[bool],
    from: usize,
    renewal: Option<usize>,
) -> Option<MinedRetries<usize>> {
    let states = signed.states.len();
    let mut is_back = vec![false; states];
    for (step, back) in steps.iter().zip(back) {
        is_back[step.to] |= *back && step.from == from;
    }
    // By retries used: how often one more was used, and how often each state was entered.
    let mut used_counts = [0_u64; LIMIT_MAX + 2];
    let mut entered = vec![vec![0_u64; states]; LIMIT_MAX + 2];
    for (story, count) in &signed.stories {
        let (mut at, mut used) = (0, 0);
        for sign in story {
            let to = signed.signs[usize::from(*sign)].leads(at);
            if to == at {
                continue;
            }
            if at == from && is_back[to] {
                used = (used + 1).min(LIMIT_MAX + 1);
                used_counts[used] += count;
            }
            if Some(to) == renewal {
                used = 0;
            }
            entered[used][to] += count;
            at = to;
        }
    }
    let beyond = |limit: usize| -> u64 { used_counts[limit + 1..].iter().sum() };
    let is_limit = |limit: &usize| {
        used_counts[*limit] >= TIMES_MIN
            && beyond(*limit) as f64 <= STRAY * used_counts[*limit] as f64
    };
    let limit = (1..=LIMIT_MAX).find(is_limit)?;
    let leads_on = |to: usize| steps.iter().any(|step| step.from == from && step.to == to);
    let all = |state: usize| -> u64 { entered.iter().map(|row| row[state]).sum() };
    let only_then = |state: &usize| {
        let own = entered[limit][*state];
        *state != from
            && Some(*state) != renewal
            && !is_back[*state]
            && leads_on(*state)
            && own >= TIMES_MIN
            && (all(*state) - own) as f64 <= STRAY * own as f64
    };
    let then = (1..states).filter(only_then).max_by_key(|state| entered[limit][*state])?;
    // That it might have come sooner must have been to be seen.
    let sooner: u64 = entered[..limit].iter().map(|row| row[from]).sum();
    let seen = entered[limit][then];
    (sooner >= TIMES_MIN).then_some(MinedRetries { from, limit, then, renewed_by: renewal, seen })
}
