//! Judging: a look-up per event, and the order of events that happened at the same time.

use super::verdict::{Policy, Verdict};
use crate::{
    event::Event,
    lifecycle::{KindId, Lifecycle, Node, Step},
};

/// Groups of up to this many events of one time are ordered by trying all orders.
pub(crate) const GROUP_LEN_MAX: usize = 5;

/// Where an asset stands: what judging carries from event to event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) node: Node,
    pub(crate) flags: u64,
}

/// One event, judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub(crate) after: Standing,
    /// `None`: the lifecycle does not have the kind.
    pub(crate) step: Option<Step>,
    /// The status word says another state.
    pub(crate) contradictory: bool,
}

impl Judgement {
    /// Whether what the payload says of the asset counts: an illegal event changes nothing.
    #[inline]
    pub(crate) fn is_believed(&self, policy: Policy) -> bool {
        policy == Policy::Follow || Verdict::of(self.step) != Verdict::Illegal
    }

    /// Whether it led into another state than this one.
    #[inline]
    pub(crate) fn leaves(&self, lifecycle: &Lifecycle, before: Standing) -> bool {
        let (before, after) = (before.node, self.after.node);
        before != after && lifecycle.state_index(before) != lifecycle.state_index(after)
    }

    fn findings(&self) -> usize {
        usize::from(!matches!(self.step, Some(Step::Moved | Step::Stayed)))
            + usize::from(self.contradictory)
    }
}

/// What an event of this kind does, whose status word means the state `says`; of no kind, an unknown one.
pub(crate) fn judge(
    lifecycle: &Lifecycle,
    policy: Policy,
    before: Standing,
    kind: Option<KindId>,
    says: Option<u16>,
) -> Judgement {
    let Some(kind) = kind else {
        return Judgement { after: before, step: None, contradictory: false };
    };
    let ruling = lifecycle.rule(before.node, kind);
    let row = lifecycle.row(ruling.row);
    let taken = Standing { node: ruling.next, flags: before.flags & !row.clear | row.set };
    let illegal = Verdict::of(Some(ruling.step)) == Verdict::Illegal;
    let kept = illegal && (policy == Policy::Keep || ruling.step == Step::AfterEnd);
    let after = if kept { before } else { taken };
    let contradictory = says.filter(|_| !illegal).is_some_and(|says| {
        let about = lifecycle.kind_of(kind);
        let state = lifecycle.state_index(after.node);
        match about.status.is_empty() {
            // The word speaks of the asset as it is, whatever the event is.
            false => state != 0 && state != usize::from(says),
            true => !about.targets.is_empty() && !about.targets.contains(&says),
        }
    });
    Judgement { after, step: Some(ruling.step), contradictory }
}

/// The order of events of one time that gives the fewest findings, those that have a sequence in the order of it; of
/// equals the first by sequence, rank and event id. `group` comes in that order and is left in the order chosen.
pub(crate) fn order_group<T>(
    lifecycle: &Lifecycle,
    policy: Policy,
    before: Standing,
    group: &mut [T],
    event: impl Fn(&T) -> &Event,
) {
    if !(2..=GROUP_LEN_MAX).contains(&group.len()) {
        return;
    }
    let mut order: Vec<usize> = (0..group.len()).collect();
    let mut best = (usize::MAX, order.clone());
    loop {
        if !in_sequence(order.iter().map(|at| event(&group[*at]))) {
            if !next_permutation(&mut order) {
                break;
            }
            continue;
        }
        let mut standing = before;
        let mut findings = 0;
        for &at in &order {
            let judgement = {
                let event = event(&group[at]);
                judge(lifecycle, policy, standing, event.kind.known(), event.says)
            };
            findings += judgement.findings();
            standing = judgement.after;
        }
        if findings < best.0 {
            best = (findings, order.clone());
        }
        if findings == 0 || !next_permutation(&mut order) {
            break;
        }
    }
    // Applies the permutation in place by swaps.
    let mut order = best.1;
    for at in 0..group.len() {
        let from = order[at];
        if from != at {
            let target = order.iter().position(|place| *place == at).unwrap_or(at);
            group.swap(at, from);
            order.swap(at, target);
        }
    }
}

/// Whether the events that have a sequence are in the order of it.
fn in_sequence<'e>(events: impl Iterator<Item = &'e Event>) -> bool {
    events.filter_map(|event| event.sequence).is_sorted()
}

/// The next order in lexicographic order; `false` after the last.
fn next_permutation(order: &mut [usize]) -> bool {
    let Some(pivot) = order.windows(2).rposition(|pair| pair[0] < pair[1]) else { return false };
    let swap = order.iter().rposition(|item| *item > order[pivot]).unwrap_or(pivot);
    order.swap(pivot, swap);
    order[pivot + 1..].reverse();
    true
}
