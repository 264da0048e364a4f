//! A naive interpreter: the words of the design walked on a graph, sharing nothing with the crate but the
//! public description of a lifecycle. It is slow and plain on purpose; `laws` compares the fold with it.
//!
//! It knows no status words: kinds that a word decides are not to be given to it.

mod history;

use std::collections::{BTreeMap, HashMap};

use mediafold::{
    Lifecycle, Verdict,
    event::EventKind,
    lifecycle::{KindId, Order, Transition},
};
use petgraph::{
    algo::{dijkstra, has_path_connecting},
    graph::{DiGraph, NodeIndex},
};

/// Where an asset is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) state: usize,
    pub(crate) used: u8,
}

const NEW: Place = Place { state: 0, used: 0 };

/// What one event did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judged<'l> {
    pub(crate) verdict: Verdict,
    pub(crate) code: Option<&'static str>,
    pub(crate) to: Place,
    /// The step whose flags count.
    step: Option<&'l Transition>,
}

pub(crate) struct Naive<'l> {
    lifecycle: &'l Lifecycle,
    kinds: BTreeMap<KindId, Vec<&'l Transition>>,
    /// The states that a kind leads to, by rank.
    targets: HashMap<KindId, Vec<usize>>,
    /// Legal steps between places, twice: until the first `again`, and after it.
    graph: DiGraph<(Place, bool), ()>,
    nodes: HashMap<(Place, bool), NodeIndex>,
    /// Forward transitions between states, retries aside.
    forward: DiGraph<(), ()>,
}

/// How a step goes with so many retries used.
enum Way {
    Legal(Place),
    /// It gives up with retries left.
    Early(Place),
    /// It is a retry, and none is left.
    Exhausted,
}

impl<'l> Naive<'l> {
    /// `self_targets` are the kinds and states where the target of a row is a source of it too: the
    /// public description does not tell such a row from one without a target.
    pub(crate) fn new(lifecycle: &'l Lifecycle, self_targets: &[(String, String)]) -> Self {
        let mut kinds: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for step in lifecycle.transitions() {
            kinds.entry(step.kind).or_default().push(step);
        }
        let name = |state: usize| lifecycle.states()[state].name.as_str();
        let mut targets: HashMap<_, Vec<usize>> = HashMap::new();
        for (kind, steps) in &kinds {
            let said = |to: usize| {
                let own = (lifecycle.kind_name(*kind), name(to));
                self_targets.iter().any(|(kind, state)| (kind.as_str(), state.as_str()) == own)
            };
            let leads = |state: &usize| {
                steps.iter().any(|step| step.to == *state && (step.from != *state || said(*state)))
            };
            let mut own: Vec<_> = (0..lifecycle.states().len()).filter(leads).collect();
            own.sort_by_key(|state| lifecycle.states()[*state].rank);
            targets.insert(*kind, own);
        }
        let (graph, nodes, forward) = (DiGraph::new(), HashMap::new(), DiGraph::new());
        let mut naive = Self { lifecycle, kinds, targets, graph, nodes, forward };
        naive.draw();
        naive
    }

    fn draw(&mut self) {
        let limit = self.lifecycle.retries().map_or(0, |retries| retries.limit);
        for state in 0..self.lifecycle.states().len() {
            self.forward.add_node(());
            for used in 0..=limit {
                for after in [false, true] {
                    let node = (Place { state, used }, after);
                    self.nodes.insert(node, self.graph.add_node(node));
                }
            }
        }
        for step in self.lifecycle.transitions().iter().filter(|step| step.from != step.to) {
            if !step.again {
                self.forward.add_edge(NodeIndex::new(step.from), NodeIndex::new(step.to), ());
            }
            for used in 0..=limit {
                let Way::Legal(to) = self.way(step, used) else { continue };
                let from = Place { state: step.from, used };
                let layers: &[_] =
                    if step.again { &[(false, true)] } else { &[(false, false), (true, true)] };
                for (before, after) in layers {
                    self.graph.add_edge(
                        self.nodes[&(from, *before)],
                        self.nodes[&(to, *after)],
                        (),
                    );
                }
            }
        }
    }

    fn way(&self, step: &Transition, used: u8) -> Way {
        let to = |used| Place { state: step.to, used };
        let Some(retries) = self.lifecycle.retries().filter(|_| step.from != step.to) else {
            return Way::Legal(to(used));
        };
        let retry = step.again && step.from == retries.from;
        if retry && used == retries.limit {
            return Way::Exhausted;
        }
        let used = if retries.renewed_by.contains(&step.to) { 0 } else { used + u8::from(retry) };
        match step.to == retries.then && used < retries.limit {
            true => Way::Early(to(used)),
            false => Way::Legal(to(used)),
        }
    }

    /// Everywhere that legal steps lead to, with how many they are: without an `again`, or with just one.
    fn reach(&self, from: Place, again: bool) -> Vec<(usize, Place)> {
        let costs = dijkstra(&self.graph, self.nodes[&(from, false)], None, |_| 1_usize);
        let mut reached: Vec<_> = costs
            .into_iter()
            .map(|(node, cost)| (cost, self.graph[node]))
            .filter(|(cost, (_, after))| *cost > 0 && *after == again)
            .map(|(cost, (place, _))| (cost, place))
            .collect();
        reached.sort_unstable();
        reached
    }

    /// Where an event of this kind leads with events missing before it: the nearest place from which a row
    /// of its own leads on, or else the nearest of its targets; and at last a target that is reached by
    /// giving up early.
    fn gap(&self, from: Place, kind: KindId, again: bool) -> Option<Judged<'l>> {
        let costs = dijkstra(&self.graph, self.nodes[&(from, false)], None, |_| 1_usize);
        let cost = |place: Place, after: bool| costs.get(&self.nodes[&(place, after)]).copied();
        let targets = &self.targets[&kind];
        let ways = |step: &'l Transition| {
            let limit = self.lifecycle.retries().map_or(0, |retries| retries.limit);
            let before = if again { Some(!step.again) } else { (!step.again).then_some(false) };
            (0..=limit).filter_map(move |used| {
                let cost = cost(Place { state: step.from, used }, before?)?;
                match self.way(step, used) {
                    Way::Legal(to) => {
                        Some((cost, judged(Verdict::Gap, Some("L201"), to, Some(step))))
                    }
                    Way::Early(to) => {
                        Some((cost, judged(Verdict::Gap, Some("L105"), to, Some(step))))
                    }
                    Way::Exhausted => None,
                }
            })
        };
        let leading = |step: &&&Transition| targets.contains(&step.to);
        let own = self.kinds[&kind].iter().filter(leading).flat_map(|step| ways(step));
        if let Some((_, gap)) = own.min_by_key(|(cost, _)| *cost) {
            return Some(gap);
        }
        let mut ends = self.reach(from, again);
        ends.retain(|(_, place)| targets.contains(&place.state));
        let rank = |place: &Place| self.lifecycle.states()[place.state].rank;
        ends.sort_by_key(|(cost, place)| (*cost, rank(place), place.used));
        if let Some((_, to)) = ends.first() {
            return Some(judged(Verdict::Gap, Some("L201"), *to, self.into(kind, to.state)));
        }
        let steps = self.lifecycle.transitions().iter().filter(|step| targets.contains(&step.to));
        let early = steps.flat_map(ways).filter(|(_, gap)| gap.code == Some("L105"));
        let early = early.min_by_key(|(cost, _)| *cost);
        early.map(|(_, gap)| Judged { step: self.into(kind, gap.to.state), ..gap })
    }

    fn into(&self, kind: KindId, state: usize) -> Option<&'l Transition> {
        self.kinds[&kind].iter().find(|step| step.to == state).copied()
    }

    /// Rule 3 of the fold, to the letter.
    pub(crate) fn judge(&self, at: Place, kind: &EventKind) -> Judged<'l> {
        let EventKind::Known(kind) = kind else {
            return judged(Verdict::Unknown, Some("L203"), at, None);
        };
        if let Some(step) = self.kinds[kind].iter().find(|step| step.from == at.state) {
            match self.way(step, at.used) {
                Way::Legal(to) if to == at => return judged(Verdict::Stayed, None, to, Some(step)),
                Way::Legal(to) => return judged(Verdict::Moved, None, to, Some(step)),
                Way::Early(to) => return judged(Verdict::Gap, Some("L105"), to, Some(step)),
                Way::Exhausted => return self.illegal("L104", at, Some(step.to)),
            }
        }
        if self.lifecycle.states()[at.state].end {
            return self.illegal("L103", at, None);
        }
        if at == NEW {
            return self.first_seen(*kind);
        }
        if let Some(gap) = self.gap(at, *kind, false) {
            return gap;
        }
        let behind = |state: &&usize| {
            **state != at.state
                && has_path_connecting(
                    &self.forward,
                    NodeIndex::new(**state),
                    NodeIndex::new(at.state),
                    None,
                )
        };
        let targets = &self.targets[kind];
        if self.lifecycle.order() == Order::Arrival
            && let Some(state) = targets.iter().find(behind)
        {
            return self.illegal("L102", at, Some(*state));
        }
        let gap = self.gap(at, *kind, true);
        gap.unwrap_or_else(|| self.illegal("L101", at, targets.first().copied()))
    }

    fn first_seen(&self, kind: KindId) -> Judged<'l> {
        let gap = self.gap(NEW, kind, false).or_else(|| self.gap(NEW, kind, true));
        let state = gap.map(|gap| gap.to.state).or_else(|| self.targets[&kind].first().copied());
        let step = match state {
            Some(state) => self.into(kind, state),
            None => self.kinds[&kind].first().copied(),
        };
        judged(Verdict::Gap, Some("L202"), Place { state: state.unwrap_or(0), used: 0 }, step)
    }

    /// Where the provider says that the asset is; flags are left alone.
    fn illegal(&self, code: &'static str, at: Place, state: Option<usize>) -> Judged<'l> {
        let renewed =
            |state| self.lifecycle.retries().is_some_and(|r| r.renewed_by.contains(&state));
        let to = state
            .map_or(at, |state| Place { state, used: if renewed(state) { 0 } else { at.used } });
        judged(Verdict::Illegal, Some(code), to, None)
    }
}

fn judged<'l>(
    verdict: Verdict,
    code: Option<&'static str>,
    to: Place,
    step: Option<&'l Transition>,
) -> Judged<'l> {
    Judged { verdict, code, to, step }
}
