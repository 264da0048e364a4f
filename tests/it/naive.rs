//! A naive interpreter: the words of the design walked on a graph, sharing nothing with the crate but the
//! public description of a lifecycle. It is slow and plain on purpose; `laws` compares the fold with it.
//!
//! What rows with a status word do it knows from the machine's description, not from the lifecycle.

mod history;

use std::collections::{BTreeMap, HashMap};

use mediafold::{
    Event, Lifecycle, Verdict,
    event::EventKind,
    lifecycle::{KindId, Order},
};
use petgraph::{
    algo::{dijkstra, has_path_connecting},
    graph::{DiGraph, NodeIndex},
};

use crate::generate::{Choice, Decided, Machine};

/// Where an asset is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) state: usize,
    pub(crate) used: u8,
}

const NEW: Place = Place { state: 0, used: 0 };

/// What one event did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judged<'n> {
    pub(crate) verdict: Verdict,
    pub(crate) code: Option<&'static str>,
    pub(crate) to: Place,
    /// The step whose flags count.
    step: Option<&'n Step>,
}

/// What happened: a kind, and the state that its status word means where that decides.
type What = (KindId, Option<usize>);

/// One allowed step between states.
#[derive(Debug)]
struct Step {
    from: usize,
    to: usize,
    again: bool,
    set: Vec<String>,
    clear: Vec<String>,
}

pub(crate) struct Naive<'l> {
    lifecycle: &'l Lifecycle,
    machine: &'l Machine,
    kinds: BTreeMap<What, Vec<Step>>,
    /// The states that a kind leads to, by rank.
    targets: HashMap<What, Vec<usize>>,
    /// Legal steps between places, twice: until the first `again`, and after it.
    graph: DiGraph<(Place, bool), ()>,
    nodes: HashMap<(Place, bool), NodeIndex>,
    /// Forward transitions between states, retries aside.
    forward: DiGraph<(), ()>,
}

/// How a step goes with a number of retries used.
enum Way {
    Legal(Place),
    /// It gives up with retries left.
    Early(Place),
    /// It is a retry, and none is left.
    Exhausted,
}

impl<'l> Naive<'l> {
    pub(crate) fn new(machine: &'l Machine) -> Self {
        let lifecycle = &machine.lifecycle;
        let mut kinds: BTreeMap<What, Vec<Step>> = BTreeMap::new();
        let owned = |flags: Vec<&str>| flags.into_iter().map(str::to_owned).collect();
        for (kind, _) in lifecycle.kinds() {
            let own = lifecycle.transitions().iter().filter(|step| step.kind == kind);
            let steps = own.map(|step| {
                let (set, clear) = lifecycle.flag_changes(step);
                let (set, clear) = (owned(set), owned(clear));
                Step { from: step.from, to: step.to, again: step.again, set, clear }
            });
            kinds.insert((kind, None), steps.collect());
        }
        let mut targets: HashMap<What, Vec<usize>> = HashMap::new();
        for (what, steps) in &kinds {
            let said = |to: usize| {
                let own = (lifecycle.kind_name(what.0), lifecycle.states()[to].name.as_str());
                let mut known = machine.self_targets.iter();
                known.any(|(kind, state)| (kind.as_str(), state.as_str()) == own)
            };
            let leads = |state: &usize| {
                steps.iter().any(|step| step.to == *state && (step.from != *state || said(*state)))
            };
            let mut own: Vec<_> = (0..lifecycle.states().len()).filter(leads).collect();
            own.sort_by_key(|state| lifecycle.states()[*state].rank);
            targets.insert(*what, own);
        }
        for decided in &machine.decided {
            let kind = lifecycle.kind(&decided.kind).expect("a kind");
            for said in 1..lifecycle.states().len() {
                let steps = with_word(machine, decided, said);
                if !steps.is_empty() {
                    kinds.insert((kind, Some(said)), steps);
                    targets.insert((kind, Some(said)), vec![said]);
                }
            }
        }
        let (graph, nodes, forward) = (DiGraph::new(), HashMap::new(), DiGraph::new());
        let mut naive = Self { lifecycle, machine, kinds, targets, graph, nodes, forward };
        naive.draw();
        naive
    }

    /// What an event says that happened; `None` for an unknown kind.
    pub(crate) fn what(&self, event: &Event) -> Option<What> {
        let EventKind::Known(_) = event.kind else { return None };
        let kind = self.lifecycle.kind(event.name(self.lifecycle)).expect("a kind");
        let word = event.status.as_deref();
        let said = self.machine.words.iter().find(|(own, _)| Some(own.as_str()) == word);
        let said = said.map(|(_, state)| state_of(self.lifecycle, state));
        Some((kind, said.filter(|said| self.kinds.contains_key(&(kind, Some(*said))))))
    }

    /// All that may happen.
    pub(crate) fn whats(&self) -> impl Iterator<Item = What> {
        self.kinds.keys().copied()
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
        let steps = self.kinds.values().flatten().filter(|step| step.from != step.to);
        for step in steps {
            if !step.again {
                self.forward.add_edge(NodeIndex::new(step.from), NodeIndex::new(step.to), ());
            }
            for used in 0..=limit {
                let Way::Legal(to) = way(self.lifecycle, step, used) else { continue };
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
    fn gap<'n>(&'n self, from: Place, kind: What, again: bool) -> Option<Judged<'n>> {
        let costs = dijkstra(&self.graph, self.nodes[&(from, false)], None, |_| 1_usize);
        let cost = |place: Place, after: bool| costs.get(&self.nodes[&(place, after)]).copied();
        let targets = &self.targets[&kind];
        let ways = |step: &'n Step| {
            let limit = self.lifecycle.retries().map_or(0, |retries| retries.limit);
            let before = if again { Some(!step.again) } else { (!step.again).then_some(false) };
            (0..=limit).filter_map(move |used| {
                let cost = cost(Place { state: step.from, used }, before?)?;
                match way(self.lifecycle, step, used) {
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
        let leading = |step: &&Step| targets.contains(&step.to);
        let own = self.kinds[&kind].iter().filter(leading).flat_map(&ways);
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
        let steps = self.kinds.values().flatten().filter(|step| targets.contains(&step.to));
        let early = steps.flat_map(ways).filter(|(_, gap)| gap.code == Some("L105"));
        let early = early.min_by_key(|(cost, _)| *cost);
        early.map(|(_, gap)| Judged { step: self.into(kind, gap.to.state), ..gap })
    }

    fn into(&self, kind: What, state: usize) -> Option<&Step> {
        self.kinds[&kind].iter().find(|step| step.to == state)
    }

    /// Rule 3 of the fold, to the letter.
    pub(crate) fn judge(&self, at: Place, what: Option<What>) -> Judged<'_> {
        let Some(kind) = what else {
            return judged(Verdict::Unknown, Some("L203"), at, None);
        };
        if let Some(step) = self.kinds[&kind].iter().find(|step| step.from == at.state) {
            match way(self.lifecycle, step, at.used) {
                Way::Legal(to) if to == at => return judged(Verdict::Stayed, None, to, Some(step)),
                Way::Legal(to) => return judged(Verdict::Moved, None, to, Some(step)),
                Way::Early(to) => return judged(Verdict::Gap, Some("L105"), to, Some(step)),
                Way::Exhausted => return self.illegal("L104", at, Some(step.to)),
            }
        }
        // The word says where the asset is already.
        if kind.1 == Some(at.state) {
            return judged(Verdict::Stayed, None, at, None);
        }
        if self.lifecycle.states()[at.state].end {
            return self.illegal("L103", at, None);
        }
        if at == NEW {
            return self.first_seen(kind);
        }
        if let Some(gap) = self.gap(at, kind, false) {
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
        let targets = &self.targets[&kind];
        if self.lifecycle.order() == Order::Arrival
            && let Some(state) = targets.iter().find(behind)
        {
            return self.illegal("L102", at, Some(*state));
        }
        let gap = self.gap(at, kind, true);
        gap.unwrap_or_else(|| self.illegal("L101", at, targets.first().copied()))
    }

    fn first_seen(&self, kind: What) -> Judged<'_> {
        let gap = self.gap(NEW, kind, false).or_else(|| self.gap(NEW, kind, true));
        let state = gap.map(|gap| gap.to.state).or_else(|| self.targets[&kind].first().copied());
        let step = match state {
            Some(state) => self.into(kind, state),
            None => self.kinds[&kind].first(),
        };
        judged(Verdict::Gap, Some("L202"), Place { state: state.unwrap_or(0), used: 0 }, step)
    }

    /// Where the provider says that the asset is; flags are left alone.
    fn illegal(&self, code: &'static str, at: Place, state: Option<usize>) -> Judged<'_> {
        let renewed =
            |state| self.lifecycle.retries().is_some_and(|r| r.renewed_by.contains(&state));
        let to = state
            .map_or(at, |state| Place { state, used: if renewed(state) { 0 } else { at.used } });
        judged(Verdict::Illegal, Some(code), to, None)
    }
}

fn judged<'n>(
    verdict: Verdict,
    code: Option<&'static str>,
    to: Place,
    step: Option<&'n Step>,
) -> Judged<'n> {
    Judged { verdict, code, to, step }
}

fn way(lifecycle: &Lifecycle, step: &Step, used: u8) -> Way {
    let to = |used| Place { state: step.to, used };
    let Some(retries) = lifecycle.retries().filter(|_| step.from != step.to) else {
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

/// The steps of a kind whose status word means this state: those of the rows that such a word may choose.
fn with_word(machine: &Machine, decided: &Decided, said: usize) -> Vec<Step> {
    let lifecycle = &machine.lifecycle;
    let name = &lifecycle.states()[said].name;
    if !machine.words.iter().any(|(_, state)| state == name) {
        return Vec::new();
    }
    let mut steps = Vec::new();
    for Choice { from, again, to, set, clear } in &decided.rows {
        if !to.is_empty() && !to.contains(name) {
            continue;
        }
        for (state, again) in
            from.iter().map(|state| (state, false)).chain(again.iter().map(|state| (state, true)))
        {
            let from = state_of(lifecycle, state);
            // Without targets of its own a row leads on only as the states are listed.
            if again || !to.is_empty() || from <= said {
                let (set, clear) = (set.clone(), clear.clone());
                steps.push(Step { from, to: said, again, set, clear });
            }
        }
    }
    steps
}

fn state_of(lifecycle: &Lifecycle, name: &str) -> usize {
    lifecycle.states().iter().position(|state| state.name == name).expect("a state")
}
