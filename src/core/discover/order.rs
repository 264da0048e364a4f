//! What goes forward, and what back: an order of the states in which as little as can be goes back.

use super::{edges::MinedStep, signs::SignedStories};

/// How often the order is gone through to make it better.
const PASSES: usize = 12;
/// With more states than this the order of the first visits has to do.
const STATES_MAX: usize = 120;

/// The states in order, `new` first, and for each step whether it goes back.
pub(super) fn ordered(
    signed: &SignedStories,
    steps: &[MinedStep],
    ends: &[bool],
) -> (Vec<usize>, Vec<bool>) {
    let states = signed.states.len();
    let weights = weights(signed, steps);
    let mut order = by_first_visit(signed, ends);
    if states <= STATES_MAX {
        for _ in 0..PASSES {
            if !improve(&mut order, &weights, ends) {
                break;
            }
        }
    }
    let mut place = vec![0; states];
    order.iter().enumerate().for_each(|(at, state)| place[*state] = at);
    let mut back: Vec<bool> = steps
        .iter()
        .map(|step| step.from != step.to && place[step.from] > place[step.to])
        .collect();
    // What goes back in this order need not in another.
    let mut tried: Vec<usize> = (0..steps.len()).filter(|at| back[*at]).collect();
    tried.sort_by_key(|at| (std::cmp::Reverse(steps[*at].count), *at));
    for at in tried {
        let same = |other: &usize| {
            (steps[*other].from, steps[*other].to) == (steps[at].from, steps[at].to)
        };
        if !leads(steps, &back, steps[at].to, steps[at].from) {
            (0..steps.len()).filter(same).for_each(|other| back[other] = false);
        }
    }
    (order, back)
}

/// How much speaks for one state to come before another: how often a step led to a state that was not entered before.
fn weights(signed: &SignedStories, steps: &[MinedStep]) -> Vec<Vec<f64>> {
    let states = signed.states.len();
    let mut weights = vec![vec![0.0; states]; states];
    for step in steps.iter().filter(|step| step.from != step.to) {
        weights[step.from][step.to] += 0.001 * step.count as f64 + 0.001;
    }
    for (story, count) in &signed.stories {
        let mut seen = vec![false; states];
        let mut at = 0;
        for sign in story {
            let to = signed.signs[usize::from(*sign)].leads(at);
            // Of a step that was not kept nothing is learned.
            if to != at && !std::mem::replace(&mut seen[to], true) && weights[at][to] > 0.0 {
                weights[at][to] += *count as f64;
            }
            at = to;
        }
    }
    weights
}

fn by_first_visit(signed: &SignedStories, ends: &[bool]) -> Vec<usize> {
    let states = signed.states.len();
    let mut stood = vec![(0_u64, 0_u64); states];
    for (story, count) in &signed.stories {
        let mut seen = vec![false; states];
        let (mut at, mut place) = (0, 0);
        for sign in story {
            at = signed.signs[usize::from(*sign)].leads(at);
            if at > 0 && !std::mem::replace(&mut seen[at], true) {
                place += 1;
                stood[at] = (stood[at].0 + place * count, stood[at].1 + count);
            }
        }
    }
    let mean = |state: usize| stood[state].0 as f64 / stood[state].1.max(1) as f64;
    let mut order: Vec<usize> = (1..states).collect();
    order.sort_by(|one, other| {
        { ends[*one].cmp(&ends[*other]) }
            .then_with(|| mean(*one).total_cmp(&mean(*other)))
            .then_with(|| signed.states[*one].cmp(&signed.states[*other]))
    });
    order.insert(0, 0);
    order
}

/// Moves each state to where least goes back; whether one was moved.
fn improve(order: &mut Vec<usize>, weights: &[Vec<f64>], ends: &[bool]) -> bool {
    let mut changed = false;
    for at in 1..order.len() {
        let state = order[at];
        if ends[state] {
            continue;
        }
        // What moving it past each other state would change.
        let past = |other: usize| weights[state][other] - weights[other][state];
        let (mut best, mut best_at) = (-1e-9, at);
        let mut cost = 0.0;
        for before in (1..at).rev() {
            cost -= past(order[before]);
            if cost < best {
                (best, best_at) = (cost, before);
            }
        }
        cost = 0.0;
        for (after, other) in order.iter().enumerate().skip(at + 1) {
            if ends[*other] {
                break;
            }
            cost += past(*other);
            if cost < best {
                (best, best_at) = (cost, after);
            }
        }
        if best_at != at {
            order.remove(at);
            order.insert(best_at, state);
            changed = true;
        }
    }
    changed
}

/// Whether forward steps lead from one state to another.
fn leads(steps: &[MinedStep], back: &[bool], from: usize, to: usize) -> bool {
    let mut seen =
        vec![false; steps.iter().map(|step| step.from.max(step.to)).max().unwrap_or(0) + 1];
    let mut open = vec![from];
    while let Some(state) = open.pop() {
        if state == to {
            return true;
        }
        if !std::mem::replace(&mut seen[state], true) {
            let next = steps.iter().zip(back).filter(|(step, back)| !**back && step.from == state);
            open.extend(next.map(|(step, _)| step.to).filter(|to| *to != state));
        }
    }
    false
}
