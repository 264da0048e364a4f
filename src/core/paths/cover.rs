use std::collections::VecDeque;

use super::{
    Cover, Goal, Paths, PathsError, Sequence,
    goals::{Goals, why},
    moves::{Moves, index},
    network::{Arc, Circulation, circulation},
    walks::walks,
};
use crate::lifecycle::Lifecycle;

/// Fewer events come first, then fewer sequences.
const EVENT: i64 = 1 << 32;
const SEQUENCE: i64 = 1;
/// So often another way to use up retries is tried, and less often in large lifecycles.
const ROUNDS_MAX: usize = 64;
const WORK_MAX: usize = 20_000;

/// The shortest set of event sequences from `new` that covers a lifecycle, each ending at rest: fewest events in all,
/// then fewest sequences. The same lifecycle gives the same sequences.
///
/// Without retries it is the shortest for [`Cover::Transitions`] and [`Cover::Pairs`]. With retries, where one
/// transition is several moves, and for [`Cover::States`] no fast way to the shortest is known; there it is short, and
/// [`Paths::is_shortest`] says whether it is proven to be the shortest.
///
/// ```
/// use mediafold_core::{Lifecycle, paths::{Cover, paths}};
///
/// let upload = Lifecycle::builtin("fastpix/upload").expect("built in");
/// let paths = paths(upload, Cover::Transitions)?;
/// let names = |at: usize| paths.sequences[at].moves.iter().map(|one| upload.kind_name(one.kind));
/// assert!(names(0).eq(["video.media.upload", "video.media.upload.cancelled"]));
/// assert!(names(1).eq(["video.media.upload", "video.upload.media_created"]));
/// assert!(paths.is_shortest() && paths.uncovered.is_empty());
/// # Ok::<(), mediafold_core::paths::PathsError>(())
/// ```
///
/// # Errors
/// If there are more than [`MOVES_MAX`](super::MOVES_MAX) transitions, or pairs of them, to cover.
pub fn paths(lifecycle: &Lifecycle, cover: Cover) -> Result<Paths, PathsError> {
    let moves = Moves::of(lifecycle)?;
    let goals = Goals::of(&moves, cover)?;
    let useful = moves.all.iter().enumerate().filter(|(_, one)| moves.is_useful(one));
    let ways: Vec<Way> = useful
        .map(|(own, one)| {
            let (from, to) = (index(one.from), index(one.to));
            Way { from, to, transition: moves.transition[own], own }
        })
        .collect();
    let network = Network::new(&moves, &goals, &ways);
    let wanted: Vec<bool> = network.copies.iter().map(|copies| !copies.is_empty()).collect();
    let (mut walks, cost_min) = network.cover();
    let events_min = events_of(cost_min) as usize;
    let events =
        |walk: &Vec<usize>| walk.iter().filter(|arc| network.moves[**arc].is_some()).count();
    if walks.iter().map(events).sum::<usize>() > events_min {
        network.trim(&mut walks);
    }
    let mut seen = vec![false; wanted.len()];
    let mut sequence = |walk: &Vec<usize>| {
        let own = walk.iter().filter_map(|arc| network.moves[*arc]).map(|own| moves.all[own]);
        let met = walk.iter().filter_map(|arc| network.goals[*arc]);
        let new = met.filter(|goal| !std::mem::replace(&mut seen[*goal], true));
        Sequence { moves: own.collect(), covers: new.map(|goal| goals.list[goal]).collect() }
    };
    let sequences = walks.iter().map(&mut sequence).collect();
    let missed = goals.list.iter().zip(&wanted).filter(|(_, wanted)| !**wanted);
    let uncovered = missed.map(|(goal, _)| (*goal, why(&moves, goal))).collect::<Vec<(Goal, _)>>();
    Ok(Paths { sequences, uncovered, goals: goals.list.len(), events_min })
}

/// The events that walks of at least this cost have at least.
fn events_of(cost_min: i64) -> i64 {
    // What the sequences cost is far less than one event.
    (cost_min + EVENT / 2) / EVENT
}

/// A move that some sequence can have.
struct Way {
    from: usize,
    to: usize,
    transition: usize,
    own: usize,
}

/// Closed walks through the hub, vertex 0, are sequences; what an arc adds to one is its move.
struct Network {
    vertices: usize,
    arcs: Vec<Arc>,
    moves: Vec<Option<usize>>,
    goals: Vec<Option<usize>>,
    /// For each goal, the arcs that reach it, those with fewer retries used first.
    copies: Vec<Vec<usize>>,
}

impl Network {
    fn new(moves: &Moves, goals: &Goals, ways: &[Way]) -> Self {
        let rests = &moves.rests;
        let mut network = Self {
            vertices: 1,
            arcs: Vec::new(),
            moves: Vec::new(),
            goals: Vec::new(),
            copies: vec![Vec::new(); goals.list.len()],
        };
        match goals.cover() {
            Cover::States => network.of_states(moves, goals, ways),
            Cover::Transitions => network.of_transitions(goals, ways, rests),
            Cover::Pairs => network.of_pairs(goals, ways, rests),
        }
        network
    }

    fn add(
        &mut self,
        (from, to, cost): (usize, usize, i64),
        own: Option<usize>,
        goal: Option<usize>,
    ) {
        if let Some(goal) = goal {
            self.copies[goal].push(self.arcs.len());
        }
        self.arcs.push(Arc { from, to, cost });
        self.moves.push(own);
        self.goals.push(goal);
    }

    fn of_transitions(&mut self, goals: &Goals, ways: &[Way], rests: &[bool]) {
        self.vertices += rests.len();
        self.add((0, 1, SEQUENCE), None, None);
        for way in ways {
            let goal = goals.transition(way.transition);
            self.add((way.from + 1, way.to + 1, EVENT), Some(way.own), goal);
        }
        for (node, _) in rests.iter().enumerate().filter(|(_, rest)| **rest) {
            self.add((node + 1, 0, 0), None, None);
        }
    }

    /// Each node is an arc of its own.
    fn of_states(&mut self, moves: &Moves, goals: &Goals, ways: &[Way]) {
        let rests = &moves.rests;
        self.vertices += 2 * rests.len();
        self.add((0, 1, SEQUENCE), None, None);
        let mut met = vec![false; rests.len()];
        for end in ways.iter().flat_map(|way| [way.from, way.to]) {
            met[end] = true;
        }
        for (node, _) in met.iter().enumerate().filter(|(_, met)| **met) {
            self.add((2 * node + 1, 2 * node + 2, 0), None, goals.state(node % moves.states));
        }
        for way in ways.iter().filter(|way| way.from != way.to) {
            self.add((2 * way.from + 2, 2 * way.to + 1, EVENT), Some(way.own), None);
        }
        for (node, _) in rests.iter().enumerate().filter(|(_, rest)| **rest) {
            self.add((2 * node + 2, 0, 0), None, None);
        }
    }

    /// Each way is a vertex, and each pair an arc.
    fn of_pairs(&mut self, goals: &Goals, ways: &[Way], rests: &[bool]) {
        self.vertices += ways.len();
        let mut leaving = vec![Vec::new(); rests.len()];
        for (at, way) in ways.iter().enumerate() {
            leaving[way.from].push(at);
            if way.from == 0 {
                let goal = goals.transition(way.transition);
                self.add((0, at + 1, EVENT + SEQUENCE), Some(way.own), goal);
            }
        }
        for (at, way) in ways.iter().enumerate() {
            for &next in &leaving[way.to] {
                let goal = goals.pair_of(way.transition, ways[next].transition);
                self.add((at + 1, next + 1, EVENT), Some(ways[next].own), Some(goal));
            }
            if rests[way.to] {
                self.add((at + 1, 0, 0), None, None);
            }
        }
    }

    /// Closed walks through the hub that reach every goal, and the least that any such walks cost.
    ///
    /// Where several arcs reach one goal it is a game, as in fictitious play: in each round every goal asks for the arc
    /// that was the cheapest in all rounds before, and arcs are priced by how often they were asked for. What the
    /// prices say of the least cost rises to what parts of walks would cost; the best round is taken.
    fn cover(&self) -> (Vec<Vec<usize>>, i64) {
        let mut chosen: Vec<Option<usize>> =
            self.copies.iter().map(|copies| copies.first().copied()).collect();
        let mut found = circulation(self.vertices, &self.arcs, &self.least(&chosen));
        // No event covers two goals.
        let goals = chosen.iter().flatten().count() as i64;
        let mut cost_min = self.cost_min(&found.price).max(goals * EVENT);
        let mut best = self.settled(&mut chosen.clone(), found);
        let choices = self.copies.iter().any(|copies| copies.len() > 1);
        let rounds = if choices { (WORK_MAX / self.arcs.len()).min(ROUNDS_MAX) } else { 0 };
        let (mut prices, mut often) = (vec![0; self.arcs.len()], vec![0; self.arcs.len()]);
        for round in 1..=rounds {
            if best.cost / EVENT <= events_of(cost_min) {
                break;
            }
            for arc in chosen.iter().flatten() {
                often[*arc] += 1;
            }
            let priced = circulation(self.vertices, &self.arcs, &often).price;
            prices.iter_mut().zip(priced).for_each(|(sum, price)| *sum += price);
            cost_min = cost_min.max(self.cost_min(&prices) / round as i64);
            for (chosen, copies) in chosen.iter_mut().zip(&self.copies) {
                *chosen = copies.iter().copied().min_by_key(|arc| prices[*arc]);
            }
            found = circulation(self.vertices, &self.arcs, &self.least(&chosen));
            cost_min = cost_min.max(self.cost_min(&found.price));
            found = self.settled(&mut chosen.clone(), found);
            if found.cost < best.cost {
                best = found;
            }
        }
        (walks(self.vertices, &self.arcs, &best.carried), cost_min)
    }

    fn least(&self, chosen: &[Option<usize>]) -> Vec<u64> {
        let mut least = vec![0; self.arcs.len()];
        chosen.iter().flatten().for_each(|arc| least[*arc] = 1);
        least
    }

    /// What walks that reach every goal cost at least: by the prices each goal costs as much as its cheapest arc, and
    /// nothing costs less than nothing.
    fn cost_min(&self, prices: &[i64]) -> i64 {
        let cheapest = |copies: &Vec<usize>| copies.iter().map(|arc| prices[*arc]).min();
        self.copies.iter().filter_map(cheapest).sum()
    }

    /// The circulation made whole, and made cheaper as long as it uses other arcs than are asked for anyway: then
    /// these are asked for.
    fn settled(&self, chosen: &mut [Option<usize>], loose: Circulation) -> Circulation {
        let mut best = self.joined(self.least(chosen), loose);
        loop {
            let mut changed = false;
            for (chosen, copies) in chosen.iter_mut().zip(&self.copies) {
                let other = |arc: &&usize| Some(**arc) != *chosen && best.carried[**arc] > 0;
                if let Some(other) = copies.iter().find(other) {
                    (*chosen, changed) = (Some(*other), true);
                }
            }
            if !changed {
                return best;
            }
            let least = self.least(chosen);
            let found = self.joined(least.clone(), circulation(self.vertices, &self.arcs, &least));
            if found.cost >= best.cost {
                return best;
            }
            best = found;
        }
    }

    /// The circulation with ways from the hub to circles that it is not connected with.
    fn joined(&self, mut least: Vec<u64>, mut found: Circulation) -> Circulation {
        loop {
            let mut carried = found.carried.clone();
            let mut whole = true;
            loop {
                let (near, came_by) = self.near(&carried);
                let apart = |(arc, carried): (&Arc, &u64)| *carried > 0 && near[arc.from] > 0;
                let Some(apart) = self.arcs.iter().zip(&carried).position(apart) else { break };
                whole = false;
                let mut at = self.arcs[apart].from;
                while let Some(arc) = came_by[at] {
                    least[arc] = 1;
                    carried[arc] = carried[arc].max(1);
                    at = self.arcs[arc].from;
                }
            }
            if whole {
                return found;
            }
            found = circulation(self.vertices, &self.arcs, &least);
        }
    }

    /// For each vertex, how many arcs that carry nothing lie between it and the hub, and the arc that leads to it.
    fn near(&self, carried: &[u64]) -> (Vec<usize>, Vec<Option<usize>>) {
        let mut leaving = vec![Vec::new(); self.vertices];
        for (own, arc) in self.arcs.iter().enumerate() {
            leaving[arc.from].push(own);
        }
        let mut near = vec![usize::MAX; self.vertices];
        let mut came_by = vec![None; self.vertices];
        near[0] = 0;
        let mut open = VecDeque::from([(0, 0)]);
        while let Some((far, at)) = open.pop_front() {
            if far > near[at] {
                continue;
            }
            for &arc in &leaving[at] {
                let (to, step) = (self.arcs[arc].to, usize::from(carried[arc] == 0));
                if far + step < near[to] {
                    (near[to], came_by[to]) = (far + step, Some(arc));
                    if step == 0 {
                        open.push_front((far, to));
                    } else {
                        open.push_back((far + 1, to));
                    }
                }
            }
        }
        (near, came_by)
    }

    /// Leaves out walks, and circles on them, that reach only what is reached elsewhere.
    fn trim(&self, walks: &mut Vec<Vec<usize>>) {
        let mut often = vec![0_usize; self.copies.len()];
        for goal in walks.iter().flatten().filter_map(|arc| self.goals[*arc]) {
            often[goal] += 1;
        }
        let mut spare = |part: &[usize]| {
            let met = || part.iter().filter_map(|arc| self.goals[*arc]);
            met().for_each(|goal| often[goal] -= 1);
            let spare = met().all(|goal| often[goal] > 0);
            if !spare {
                met().for_each(|goal| often[goal] += 1);
            }
            spare
        };
        walks.retain(|walk| !spare(walk));
        for walk in walks {
            let mut at = 0;
            while at < walk.len() {
                let vertex = self.arcs[walk[at]].from;
                let back = walk[at..].iter().position(|arc| self.arcs[*arc].to == vertex);
                match back.map(|back| at..at + back + 1) {
                    Some(circle) if vertex != 0 && spare(&walk[circle.clone()]) => {
                        walk.drain(circle);
                    }
                    _ => at += 1,
                }
            }
        }
    }
}
