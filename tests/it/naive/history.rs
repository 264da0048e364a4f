//! The fold of a whole stream by the naive interpreter: which events are the same, in which order they
//! happened, and what becomes of them.

use mediafold::{Event, Order, Policy, Timestamp, Verdict};

use super::{Judged, NEW, Naive, Place};

/// What became of all events.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) state: usize,
    pub(crate) used: u8,
    pub(crate) flags: Vec<String>,
    /// Content and verdict of each event, in the order in which they happened.
    pub(crate) history: Vec<(u64, Verdict)>,
    pub(crate) codes: Vec<&'static str>,
}

/// A distinct event: the copies that differ, and when the first of all was received.
#[derive(Clone, Debug)]
struct Heard {
    copies: Vec<Event>,
    received: Option<Timestamp>,
}

impl Heard {
    /// Its time, or else when it was first received; what has neither comes last.
    fn time(&self) -> (bool, Option<Timestamp>) {
        let time = self.copies[0].time.or(self.received);
        (time.is_none(), time)
    }
}

impl Naive<'_> {
    /// The whole fold of these events, given as they came.
    pub(crate) fn tell(&self, events: &[Event], policy: Policy) -> Told {
        let heard = self.distinct(events);
        let mut told = Told::default();
        let mut at = NEW;
        for group in self.groups(heard) {
            let group = self.best_order(group, at, policy);
            for Heard { copies, .. } in group {
                let event = &copies[0];
                let judged = self.judge(at, self.what(event));
                at = self.apply(at, &judged, policy, Some(&mut told.flags));
                told.history.push((event.content, judged.verdict));
                told.codes.extend(judged.code);
                // How that is mended, by the time of receipt or not, is said in the finding.
                if self.lifecycle.order() == Order::Time && event.time.is_none() {
                    told.codes.push("P104");
                }
                told.codes.extend(copies[1..].iter().map(|_| "L302"));
            }
        }
        (told.state, told.used) = (at.state, at.used);
        let declared = |name: &String| self.lifecycle.flags().iter().position(|f| f.name == *name);
        told.flags.sort_by_key(declared);
        told
    }

    fn apply(
        &self,
        at: Place,
        judged: &Judged<'_>,
        policy: Policy,
        flags: Option<&mut Vec<String>>,
    ) -> Place {
        let kept = judged.verdict == Verdict::Illegal && policy == Policy::Keep;
        if kept || judged.verdict == Verdict::Unknown || judged.code == Some("L103") {
            return at;
        }
        if let (Some(flags), Some(step)) = (flags, judged.step) {
            flags.retain(|flag| !step.clear.contains(flag) && !step.set.contains(flag));
            flags.extend(step.set.iter().cloned());
        }
        judged.to
    }

    /// One of each event with its copies that differ, the one that counts first.
    fn distinct(&self, events: &[Event]) -> Vec<Heard> {
        let by_time = self.lifecycle.order() == Order::Time;
        let mut heard: Vec<Heard> = Vec::new();
        for event in events {
            let bare = event.id.is_none() && event.time.is_none();
            let same = |heard: &Heard| self.same(&heard.copies[0], event);
            let known = match bare && !by_time {
                true => heard.len().checked_sub(1).filter(|last| same(&heard[*last])),
                false => heard.iter().position(same),
            };
            let Some(known) = known else {
                heard.push(Heard { copies: vec![event.clone()], received: event.received_at });
                continue;
            };
            let Heard { copies, received } = &mut heard[known];
            *received = [*received, event.received_at].into_iter().flatten().min();
            if copies.iter().all(|copy| copy.content != event.content) {
                copies.push(event.clone());
                // By arrival the copy that came first counts.
                if by_time {
                    copies.sort_by_key(|copy| self.copy_key(copy));
                }
            }
        }
        heard
    }

    fn same(&self, a: &Event, b: &Event) -> bool {
        let kind_and_time = |event: &Event| {
            let name = event.name(self.lifecycle).to_owned();
            Some((name, self.what(event), event.time?, event.sequence))
        };
        match (&a.id, &b.id) {
            (Some(a), Some(b)) => a == b,
            (None, None) => match (kind_and_time(a), kind_and_time(b)) {
                (None, None) => a.content == b.content,
                (a, b) => a == b,
            },
            _ => false,
        }
    }

    /// Its own time, then the body; these events' bodies are what happened, a sequence and a number.
    fn copy_key(&self, event: &Event) -> impl Ord + use<> {
        let name = event.name(self.lifecycle).to_owned();
        let time = (event.time.is_none(), event.time);
        let sequence = (event.sequence.is_none(), event.sequence);
        (time, name, self.what(event), sequence, event.status.clone(), event.content)
    }

    /// Events of one time each; by arrival each is a group.
    fn groups(&self, mut heard: Vec<Heard>) -> Vec<Vec<Heard>> {
        if self.lifecycle.order() == Order::Arrival {
            return heard.into_iter().map(|heard| vec![heard]).collect();
        }
        heard.sort_by_key(Heard::time);
        heard.chunk_by(|a, b| a.time() == b.time()).map(<[Heard]>::to_vec).collect()
    }

    /// The order with the fewest findings in which sequences ascend; of those, and of more than five, the first by
    /// sequence and rank.
    fn best_order(&self, mut group: Vec<Heard>, at: Place, policy: Policy) -> Vec<Heard> {
        let rank = |state: usize| self.lifecycle.states()[state].rank;
        let key = |event: &Event| {
            let place = match self.what(event) {
                Some(what) => match self.targets[&what].iter().map(|s| rank(*s)).min() {
                    Some(rank) => (rank, false),
                    None => {
                        let from = self.kinds[&what].iter().map(|step| rank(step.from));
                        (from.min().unwrap_or(u16::MAX), true)
                    }
                },
                None => (u16::MAX, true),
            };
            let sequence = (event.sequence.is_none(), event.sequence);
            (sequence, place, event.id.clone(), self.copy_key(event))
        };
        group.sort_by_key(|heard| key(&heard.copies[0]));
        if group.len() > 5 {
            return group;
        }
        let findings = |order: &Vec<usize>| {
            let mut place = at;
            let mut findings = 0;
            for index in order {
                let judged = self.judge(place, self.what(&group[*index].copies[0]));
                findings += usize::from(judged.code.is_some());
                place = self.apply(place, &judged, policy, None);
            }
            findings
        };
        let mut orders = permutations((0..group.len()).collect());
        orders.retain(|order| {
            let sequences = order.iter().filter_map(|at| group[*at].copies[0].sequence);
            sequences.collect::<Vec<_>>().is_sorted()
        });
        // The first of the best, and they come sorted.
        let best = orders.into_iter().min_by_key(findings).unwrap_or_default();
        best.into_iter().map(|index| group[index].clone()).collect()
    }
}

/// All orders, in lexicographic order.
fn permutations(items: Vec<usize>) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (at, first) in items.iter().enumerate() {
        let mut rest = items.clone();
        rest.remove(at);
        all.extend(permutations(rest).into_iter().map(|rest| [&[*first], &rest[..]].concat()));
    }
    all
}
