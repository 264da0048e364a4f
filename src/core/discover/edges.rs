//! Which steps were taken, and which of them are noise: what was lost makes steps that skip one, what was not allowed
//! leads to where nothing goes on.

use super::signs::SignedStories;

/// Where arrival is all the order there is, neighbours that may change places do so more often than others are lost.
const SWAPPED: f64 = 4.0;
/// How often the stories are gone through anew with what was learned.
const ROUNDS: usize = 3;

/// LogSteps by the state that they leave and what is said: how often they were taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Edges {
    signs: usize,
    counts: Vec<u64>,
    kept: Vec<bool>,
    /// How often each state was entered.
    pub(super) visits: Vec<u64>,
    /// How many stories end in each state.
    pub(super) last: Vec<u64>,
}

/// A step that was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MinedStep {
    pub(super) from: usize,
    pub(super) sign: usize,
    pub(super) to: usize,
    pub(super) count: u64,
}

impl Edges {
    /// The steps of these stories, where so large a share of events may be noise. Where they came in the order of their
    /// arrival two may have changed places.
    pub(super) fn of(signed: &SignedStories, noise: f64, is_timed: bool) -> Self {
        let mut edges = Self::counted(signed, None);
        edges.kept = edges.counts.iter().map(|count| *count > 0).collect();
        if noise > 0.0 {
            let skipped = edges.skipped(signed, if is_timed { noise } else { SWAPPED * noise });
            edges.drop_rare(signed, noise);
            edges.kept.iter_mut().zip(skipped).for_each(|(kept, skips)| *kept &= !skips);
            if !is_timed {
                edges.drop_swapped(signed, SWAPPED * noise);
            }
            for _ in 0..ROUNDS {
                let kept = std::mem::take(&mut edges.kept);
                edges = Self::counted(signed, Some(&kept));
                edges.kept = kept;
                edges.drop_rare(signed, noise);
            }
        }
        edges.reach_all(signed);
        edges
    }

    /// All steps that were kept, by the state that they leave.
    pub(super) fn steps(&self, signed: &SignedStories) -> Vec<MinedStep> {
        let step = |at: usize| {
            let (from, sign) = (at / self.signs, at % self.signs);
            let to = signed.signs[sign].leads(from);
            MinedStep { from, sign, to, count: self.counts[at] }
        };
        (0..self.counts.len()).filter(|at| self.kept[*at]).map(step).collect()
    }

    fn is_kept(kept: &[bool], signs: usize, state: usize, sign: u16) -> bool {
        kept[state * signs + usize::from(sign)]
    }

    /// Counts the steps. With what is kept so far, an event that nothing leads to, or nothing on from, and without which
    /// the story goes on, is left out.
    fn counted(signed: &SignedStories, kept: Option<&[bool]>) -> Self {
        let signs = signed.signs.len();
        let states = signed.states.len();
        let mut own = Self {
            signs,
            counts: vec![0; states * signs],
            kept: Vec::new(),
            visits: vec![0; states],
            last: vec![0; states],
        };
        for (story, count) in &signed.stories {
            let mut at = 0;
            own.visits[0] += count;
            for (place, sign) in story.iter().enumerate() {
                let to = signed.signs[usize::from(*sign)].leads(at);
                if let Some(kept) = kept {
                    let allowed = |state, sign| Self::is_kept(kept, signs, state, sign);
                    let next = story.get(place + 1);
                    let goes_on_without = next.is_some_and(|next| allowed(at, *next));
                    let goes_on_with = next.is_none_or(|next| allowed(to, *next));
                    let is_stray = to != at && goes_on_without && !goes_on_with;
                    if is_stray || (!allowed(at, *sign) && (goes_on_without || to == at)) {
                        continue;
                    }
                    if allowed(at, *sign) {
                        own.counts[at * signs + usize::from(*sign)] += count;
                    }
                } else {
                    own.counts[at * signs + usize::from(*sign)] += count;
                }
                if to != at {
                    own.visits[to] += count;
                }
                at = to;
            }
            own.last[at] += count;
        }
        own
    }

    /// Drops what is rare beside what else happens in its state. Of each sign one step is left.
    fn drop_rare(&mut self, signed: &SignedStories, noise: f64) {
        let mut best = vec![None; self.signs];
        let happened = |state: usize| -> u64 {
            self.counts[state * self.signs..(state + 1) * self.signs].iter().sum()
        };
        let here: Vec<u64> =
            (0..signed.states.len()).map(|state| happened(state).max(self.visits[state])).collect();
        let mut is_left = vec![false; self.signs];
        for (at, count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let (state, sign) = (at / self.signs, at % self.signs);
            let keeps = signed.signs[sign].leads(state) == state;
            let beside = if keeps { here[state] } else { self.visits[state] };
            let is_rare = *count as f64 <= noise / 4.0 * beside as f64;
            if self.kept[at] && best[sign].is_none_or(|best: usize| self.counts[best] < *count) {
                best[sign] = Some(at);
            }
            self.kept[at] &= !is_rare;
            is_left[sign] |= self.kept[at];
        }
        for at in 0..self.counts.len() {
            self.kept[at] &= self.counts[at] > 0;
        }
        for (best, _) in best.iter().zip(is_left).filter(|(_, left)| !left) {
            best.iter().for_each(|at| self.kept[*at] = true);
        }
    }

    /// Drops steps back that events explain which came the other way round: few go from C back to B of the many that go
    /// from B to C.
    fn drop_swapped(&mut self, signed: &SignedStories, noise: f64) {
        let states = signed.states.len();
        // How often a state was entered from another.
        let mut ways = vec![0_u64; states * states];
        for (at, count) in self.counts.iter().enumerate() {
            let (from, to) =
                (at / self.signs, signed.signs[at % self.signs].leads(at / self.signs));
            ways[from * states + to] += count;
        }
        for at in 0..self.counts.len() {
            let from = at / self.signs;
            // What keeps a state that its sign otherwise leads away from is the same turned round.
            let Some(to) = signed.signs[at % self.signs].to.filter(|to| *to != from) else {
                continue;
            };
            let swapped = noise * ways[to * states + from] as f64;
            if self.counts[at] as f64 <= swapped + 2.0 * swapped.sqrt() {
                self.kept[at] = false;
            }
        }
    }

    /// LogSteps that others and a lost event explain: few go from A to C of the many that go from A over another to C.
    fn skipped(&self, signed: &SignedStories, noise: f64) -> Vec<bool> {
        let mut over = vec![0_u64; self.counts.len()];
        for (story, count) in &signed.stories {
            let (mut before, mut at) = (None, 0);
            for sign in story {
                let to = signed.signs[usize::from(*sign)].leads(at);
                if to == at {
                    continue;
                }
                if let Some(before) = before {
                    over[before * self.signs + usize::from(*sign)] += count;
                }
                (before, at) = (Some(at), to);
            }
        }
        let explained = |(count, over): (&u64, &u64)| {
            let lost = noise * *over as f64;
            *count as f64 <= lost + 2.0 * lost.sqrt() && lost > 0.5
        };
        self.counts.iter().zip(&over).map(explained).collect()
    }

    /// Takes back the most frequent steps without which a state is not reached.
    fn reach_all(&mut self, signed: &SignedStories) {
        let states = signed.states.len();
        let all = Self::counted(signed, None);
        loop {
            let mut reached = vec![false; states];
            let mut open = vec![0];
            while let Some(state) = open.pop() {
                if !std::mem::replace(&mut reached[state], true) {
                    open.extend(
                        (0..self.signs)
                            .filter(|sign| self.kept[state * self.signs + sign])
                            .map(|sign| signed.signs[sign].leads(state)),
                    );
                }
            }
            let leads = |at: &usize| {
                let from = at / self.signs;
                let to = signed.signs[at % self.signs].leads(from);
                reached[from] && all.counts[*at] > 0 && !reached[to]
            };
            let Some(best) = (0..all.counts.len())
                .filter(leads)
                .max_by_key(|at| (all.counts[*at], std::cmp::Reverse(*at)))
            else {
                return;
            };
            self.kept[best] = true;
            self.counts[best] = self.counts[best].max(all.counts[best]);
        }
    }
}
