//! The cheapest circulation in a network whose arcs carry at least so much: the primal-dual method. Shortest ways
//! under reduced costs take surplus to deficit, and all ways of one length are filled at once.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
};

/// An arc that carries any amount, each unit at `cost`, which is not negative.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arc {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) cost: i64,
}

/// A cheapest circulation, and the proof that it is one.
#[derive(Clone, Debug)]
pub(super) struct Circulation {
    /// How much each arc carries.
    pub(super) carried: Vec<u64>,
    /// For each arc, what it costs more to have it carry one more: never less than nothing.
    pub(super) price: Vec<i64>,
    pub(super) cost: i64,
}

/// The cheapest circulation in which each arc carries its `least`. The network is to be strongly connected where arcs
/// have to carry anything, so that there is one.
pub(super) fn circulation(vertices: usize, arcs: &[Arc], least: &[u64]) -> Circulation {
    let mut residual = Residual::new(vertices, arcs, least);
    while residual.left > 0 && residual.measure() {
        residual.fill();
    }
    debug_assert_eq!(residual.left, 0, "what comes in can leave");
    let more = |arc: usize| residual.room[2 * arc + 1];
    let carried: Vec<u64> = (0..arcs.len()).map(|arc| least[arc] + more(arc)).collect();
    let price = arcs.iter().enumerate().map(|(own, arc)| residual.reduced(arc.from, 2 * own));
    let cost = arcs.iter().zip(&carried).map(|(arc, carried)| arc.cost * *carried as i64).sum();
    Circulation { price: price.collect(), carried, cost }
}

/// What may still be changed. The arc after an even one is its reverse.
struct Residual {
    to: Vec<usize>,
    room: Vec<u64>,
    cost: Vec<i64>,
    /// For each vertex, where its arcs begin in `leaving`.
    first: Vec<usize>,
    leaving: Vec<usize>,
    potential: Vec<i64>,
    source: usize,
    sink: usize,
    /// How much surplus has not found its deficit.
    left: u64,
}

impl Residual {
    fn new(vertices: usize, arcs: &[Arc], least: &[u64]) -> Self {
        let (source, sink) = (vertices, vertices + 1);
        let (mut surplus, mut deficit) = (vec![0_u64; vertices], vec![0_u64; vertices]);
        for (arc, least) in arcs.iter().zip(least) {
            surplus[arc.to] += least;
            deficit[arc.from] += least;
        }
        let mut ends: Vec<(usize, usize)> = arcs.iter().map(|arc| (arc.from, arc.to)).collect();
        let mut cost: Vec<i64> = arcs.iter().flat_map(|arc| [arc.cost, -arc.cost]).collect();
        let mut room: Vec<u64> = arcs.iter().flat_map(|_| [u64::MAX / 2, 0]).collect();
        let mut left = 0;
        for vertex in 0..vertices {
            let (more, less) = (surplus[vertex], deficit[vertex]);
            let (end, amount) = match more > less {
                true => ((source, vertex), more - less),
                false => ((vertex, sink), less - more),
            };
            if amount > 0 {
                ends.push(end);
                cost.extend([0, 0]);
                room.extend([amount, 0]);
                left += if more > less { amount } else { 0 };
            }
        }
        let mut first = vec![0; vertices + 3];
        for (from, to) in &ends {
            first[from + 1] += 1;
            first[to + 1] += 1;
        }
        for vertex in 1..first.len() {
            first[vertex] += first[vertex - 1];
        }
        let mut next = first.clone();
        let mut leaving = vec![0; 2 * ends.len()];
        for (arc, (from, to)) in ends.iter().enumerate() {
            for (vertex, own) in [(*from, 2 * arc), (*to, 2 * arc + 1)] {
                leaving[next[vertex]] = own;
                next[vertex] += 1;
            }
        }
        let to = ends.iter().flat_map(|(from, to)| [*to, *from]).collect();
        let potential = vec![0; vertices + 2];
        Self { to, room, cost, first, leaving, potential, source, sink, left }
    }

    fn leaving(&self, vertex: usize) -> &[usize] {
        &self.leaving[self.first[vertex]..self.first[vertex + 1]]
    }

    /// What an arc out of this vertex costs beyond the difference of the potentials; never negative where there is room.
    fn reduced(&self, from: usize, arc: usize) -> i64 {
        self.cost[arc] + self.potential[from] - self.potential[self.to[arc]]
    }

    /// Sets the potentials so that the shortest ways to the sink cost nothing; `false` if there is none.
    fn measure(&mut self) -> bool {
        let mut distance = vec![i64::MAX; self.potential.len()];
        distance[self.source] = 0;
        let mut open = BinaryHeap::from([Reverse((0, self.source))]);
        while let Some(Reverse((far, vertex))) = open.pop() {
            if vertex == self.sink {
                break;
            }
            if far > distance[vertex] {
                continue;
            }
            for &arc in self.leaving(vertex) {
                let to = self.to[arc];
                let farther = far + self.reduced(vertex, arc);
                if self.room[arc] > 0 && farther < distance[to] {
                    distance[to] = farther;
                    open.push(Reverse((farther, to)));
                }
            }
        }
        let most = distance[self.sink];
        for (potential, distance) in self.potential.iter_mut().zip(distance) {
            *potential += distance.min(most);
        }
        most < i64::MAX
    }

    /// Fills all ways that cost nothing.
    fn fill(&mut self) {
        loop {
            let levels = self.levels();
            if levels[self.sink] == usize::MAX {
                return;
            }
            let mut next = self.first.clone();
            let mut way: Vec<usize> = Vec::new();
            let mut at = self.source;
            loop {
                if at == self.sink {
                    self.push(&way);
                    way.clear();
                    at = self.source;
                }
                let ways = &self.leaving[next[at]..self.first[at + 1]];
                let on = ways.iter().position(|arc| {
                    self.room[*arc] > 0
                        && self.reduced(at, *arc) == 0
                        && levels[self.to[*arc]] == levels[at].saturating_add(1)
                });
                match on {
                    Some(skipped) => {
                        next[at] += skipped;
                        let arc = self.leaving[next[at]];
                        way.push(arc);
                        at = self.to[arc];
                    }
                    None => {
                        next[at] = self.first[at + 1];
                        let Some(arc) = way.pop() else { break };
                        at = self.to[arc ^ 1];
                        next[at] += 1;
                    }
                }
            }
        }
    }

    /// For each vertex, the number of arcs from the source by arcs that cost nothing.
    fn levels(&self) -> Vec<usize> {
        let mut levels = vec![usize::MAX; self.potential.len()];
        levels[self.source] = 0;
        let mut open = VecDeque::from([self.source]);
        while let Some(vertex) = open.pop_front() {
            for &arc in self.leaving(vertex) {
                let to = self.to[arc];
                if self.room[arc] > 0 && levels[to] == usize::MAX && self.reduced(vertex, arc) == 0
                {
                    levels[to] = levels[vertex] + 1;
                    open.push_back(to);
                }
            }
        }
        levels
    }

    fn push(&mut self, way: &[usize]) {
        let amount = way.iter().map(|arc| self.room[*arc]).min().unwrap_or(0);
        for arc in way {
            self.room[*arc] -= amount;
            self.room[arc ^ 1] += amount;
        }
        self.left -= amount;
    }
}
