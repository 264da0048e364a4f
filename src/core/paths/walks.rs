//! Takes a circulation apart into closed walks through one vertex, the hub.

use std::collections::BTreeSet;

use super::network::Arc;

/// Walks from vertex 0 back to it, as arcs, that together use each arc as often as `carried` says. What is carried is
/// to be balanced in every vertex and connected with the hub. Circles go to the shortest walk that meets them.
pub(super) fn walks(vertices: usize, arcs: &[Arc], carried: &[u64]) -> Vec<Vec<usize>> {
    let mut peeler = Peeler::new(vertices, arcs, carried);
    let mut walks = Vec::new();
    while let Some(walk) = peeler.walk(0) {
        walks.push(walk);
    }
    for vertex in 1..vertices {
        while let Some(circle) = peeler.walk(vertex) {
            peeler.circles.push(circle);
        }
    }
    let circles = peeler.circles;
    join(vertices, arcs, &mut walks, circles);
    walks
}

struct Peeler<'a> {
    arcs: &'a [Arc],
    left: Vec<u64>,
    leaving: Vec<Vec<usize>>,
    /// For each vertex on the walk, how many arcs lead there.
    place: Vec<Option<usize>>,
    circles: Vec<Vec<usize>>,
}

impl<'a> Peeler<'a> {
    fn new(vertices: usize, arcs: &'a [Arc], carried: &[u64]) -> Self {
        let mut leaving = vec![Vec::new(); vertices];
        // The last is taken first: home if it is there, else as the definition lists them.
        for (index, arc) in arcs.iter().enumerate().rev().filter(|(_, arc)| arc.to != 0) {
            leaving[arc.from].push(index);
        }
        for (index, arc) in arcs.iter().enumerate().filter(|(_, arc)| arc.to == 0) {
            leaving[arc.from].push(index);
        }
        let place = vec![None; vertices];
        Self { arcs, left: carried.to_vec(), leaving, place, circles: Vec::new() }
    }

    fn take(&mut self, vertex: usize) -> Option<usize> {
        while let Some(&arc) = self.leaving[vertex].last() {
            if self.left[arc] > 0 {
                self.left[arc] -= 1;
                return Some(arc);
            }
            self.leaving[vertex].pop();
        }
        None
    }

    /// A way from a vertex back to it that meets no other vertex twice; the circles on it are set aside.
    fn walk(&mut self, start: usize) -> Option<Vec<usize>> {
        let mut walk = Vec::new();
        let mut at = start;
        // In a balanced network nothing ends elsewhere.
        while let Some(arc) = self.take(at) {
            walk.push(arc);
            at = self.arcs[arc].to;
            if at == start {
                self.leave(&walk);
                return Some(walk);
            }
            match self.place[at] {
                Some(place) => {
                    let circle = walk.split_off(place);
                    self.leave(&circle);
                    self.place[at] = Some(place);
                    self.circles.push(circle);
                }
                None => self.place[at] = Some(walk.len()),
            }
        }
        None
    }

    fn leave(&mut self, walk: &[usize]) {
        for arc in walk {
            self.place[self.arcs[*arc].from] = None;
        }
    }
}

/// Puts each circle into the shortest walk that it meets, where they first meet.
fn join(vertices: usize, arcs: &[Arc], walks: &mut [Vec<usize>], mut circles: Vec<Vec<usize>>) {
    let mut visitors = vec![BTreeSet::new(); vertices];
    for (walk, own) in walks.iter().enumerate() {
        visit(&mut visitors, arcs, walk, own);
    }
    loop {
        let open = circles.len();
        circles.retain(|circle| {
            let met = circle.iter().flat_map(|arc| &visitors[arcs[*arc].from]).copied();
            let Some(walk) = met.min_by_key(|walk| (walks[*walk].len(), *walk)) else {
                return true;
            };
            let turn = circle.iter().position(|arc| visitors[arcs[*arc].from].contains(&walk));
            let turn = turn.unwrap_or(0);
            let vertex = arcs[circle[turn]].from;
            let at = walks[walk].iter().position(|arc| arcs[*arc].from == vertex).unwrap_or(0);
            let turned = circle[turn..].iter().chain(&circle[..turn]).copied();
            walks[walk].splice(at..at, turned);
            visit(&mut visitors, arcs, walk, circle);
            false
        });
        if circles.len() == open {
            return;
        }
    }
}

fn visit(visitors: &mut [BTreeSet<usize>], arcs: &[Arc], walk: usize, way: &[usize]) {
    // All walks meet in the hub, where no circle passes.
    for vertex in way.iter().map(|arc| arcs[*arc].from).filter(|vertex| *vertex != 0) {
        visitors[vertex].insert(walk);
    }
}
