//! Ways through a lifecycle: a petgraph of nodes (state × retries used). Never used by the fold
//! itself, only to compile the table and to explain a finding.

use std::collections::{HashSet, VecDeque};

use petgraph::{
    graph::{DiGraph, NodeIndex},
    visit::{Bfs, EdgeRef},
};

use super::{Kind, KindId, Node};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) kind: KindId,
    pub(crate) row: u16,
    pub(crate) again: bool,
    /// Allowed only once the retries are used up, which they are not here.
    pub(crate) early: bool,
}

#[derive(Debug)]
pub(crate) struct NodeGraph {
    graph: DiGraph<(), Edge, u32>,
    /// For each kind, its edges: source, target and the edge.
    by_kind: Vec<Vec<(Node, Node, Edge)>>,
    /// For each kind, those of its edges that lead to one of its targets: a row without `to` leads nowhere.
    leading: Vec<Vec<(Node, Node, Edge)>>,
    /// The edges that are allowed only once the retries are used up, from where they are not; all lead to one state.
    early: Vec<(Node, Node, Edge)>,
    states: usize,
}

/// The ways out of one node: forward only (layer 0), and with exactly one `again` (layer 1).
#[derive(Debug)]
pub(crate) struct GraphRoute {
    distance: [Vec<u32>; 2],
    /// Empty where only distances were asked for.
    came_from: [Vec<Option<(Node, usize, KindId)>>; 2],
    /// For each layer the nearest of the early edges, if any can be reached.
    early: [Option<(u32, Gap)>; 2],
}

/// A place on a route: a node and the layer it was reached in.
pub(crate) type GraphPlace = (Node, usize);

/// Where a gap leads, and by what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gap {
    /// The place after which the event itself comes.
    pub(crate) via: GraphPlace,
    pub(crate) to: Node,
    pub(crate) row: u16,
    pub(crate) early: bool,
    /// The number of `again` transitions on the way, the event itself included.
    pub(crate) agains: usize,
}

const UNREACHED: u32 = u32::MAX;

impl NodeGraph {
    /// Edges are to be in the order of the definition: of two ways of one length the earlier wins.
    pub(crate) fn new(
        states: usize,
        nodes: usize,
        kinds: &[Kind],
        edges: &[(Node, Node, Edge)],
    ) -> Self {
        let mut graph = DiGraph::with_capacity(nodes, edges.len());
        for _ in 0..nodes {
            graph.add_node(());
        }
        // petgraph walks the edges of a node from the last one added.
        for (from, to, edge) in
            edges.iter().rev().filter(|(from, to, edge)| from != to && !edge.early)
        {
            graph.add_edge(index(*from), index(*to), *edge);
        }
        let mut by_kind = vec![Vec::new(); kinds.len()];
        for (from, to, edge) in edges {
            by_kind[usize::from(edge.kind.0)].push((*from, *to, *edge));
        }
        let leading = kinds.iter().zip(&by_kind).map(|(kind, edges)| {
            let targets: HashSet<u16> = kind.targets.iter().copied().collect();
            let leads = |to: Node| targets.contains(&((usize::from(to.0) % states) as u16));
            edges.iter().filter(|(_, to, _)| leads(*to)).copied().collect()
        });
        let leading = leading.collect();
        let early = edges.iter().filter(|(_, _, edge)| edge.early).copied().collect();
        Self { graph, by_kind, leading, early, states }
    }

    /// The shortest ways from `start` to everywhere, in two layers.
    pub(crate) fn route(&self, start: Node) -> GraphRoute {
        let nodes = self.graph.node_count();
        self.find_route(start, [vec![None; nodes], vec![None; nodes]])
    }

    /// How long those ways are.
    pub(crate) fn distances(&self, start: Node) -> GraphRoute {
        self.find_route(start, Default::default())
    }

    fn find_route(
        &self,
        start: Node,
        came_from: [Vec<Option<(Node, usize, KindId)>>; 2],
    ) -> GraphRoute {
        let nodes = self.graph.node_count();
        let distance = [vec![UNREACHED; nodes], vec![UNREACHED; nodes]];
        let mut route = GraphRoute { distance, came_from, early: [None; 2] };
        route.distance[0][usize::from(start.0)] = 0;
        let mut queue = VecDeque::from([(start, 0)]);
        while let Some((node, layer)) = queue.pop_front() {
            let next = route.distance[layer][usize::from(node.0)] + 1;
            for edge in self.graph.edges(index(node)) {
                let to = node_of(edge.target());
                let to_layer = layer + usize::from(edge.weight().again);
                if to_layer < 2 && route.distance[to_layer][usize::from(to.0)] == UNREACHED {
                    route.distance[to_layer][usize::from(to.0)] = next;
                    if let Some(came_from) = route.came_from[to_layer].get_mut(usize::from(to.0)) {
                        *came_from = Some((node, layer, edge.weight().kind));
                    }
                    queue.push_back((to, to_layer));
                }
            }
        }
        for agains in 0..2 {
            let ways = ways(&route, &self.early, agains).map(|(distance, gap)| (distance + 1, gap));
            route.early[agains] = ways.min_by_key(|(distance, _)| *distance);
        }
        route
    }

    /// The edges of a kind.
    pub(crate) fn edges_of(&self, kind: KindId) -> &[(Node, Node, Edge)] {
        &self.by_kind[usize::from(kind.0)]
    }

    /// For each node, whether legal events lead to it from `new`.
    pub(crate) fn reachable(&self) -> Vec<bool> {
        let mut reached = vec![false; self.graph.node_count()];
        let mut bfs = Bfs::new(&self.graph, index(Node::NEW));
        while let Some(node) = bfs.next(&self.graph) {
            reached[node.index()] = true;
        }
        reached
    }

    /// Where an event of this kind leads if events before it are missing: by forward transitions
    /// if that can be, else by exactly one `again`.
    pub(crate) fn gap(&self, route: &GraphRoute, kind: &Kind, id: KindId) -> Option<Gap> {
        (0..2).find_map(|agains| {
            self.by_own_edge(route, id, agains).or_else(|| self.by_target(route, kind, id, agains))
        })
    }

    /// The place after which the gap would be none: where an event of this kind is legal and leads to
    /// where the gap leads; failing that, there itself.
    pub(crate) fn before(&self, route: &GraphRoute, kind: &Kind, id: KindId) -> Option<GraphPlace> {
        let gap = self.gap(route, kind, id)?;
        let same =
            |own: &Gap| usize::from(own.to.0) % self.states == usize::from(gap.to.0) % self.states;
        let own = (0..2).find_map(|agains| {
            self.own_edges(route, id, agains)
                .filter(|(_, own)| same(own))
                .min_by_key(|(distance, _)| *distance)
        });
        Some(own.map_or(gap.via, |(_, own)| own.via))
    }

    /// The cheapest way whose last step is an edge of the kind itself.
    fn by_own_edge(&self, route: &GraphRoute, id: KindId, agains: usize) -> Option<Gap> {
        let edges = self.own_edges(route, id, agains);
        edges.min_by_key(|(distance, _)| *distance).map(|(_, gap)| gap)
    }

    /// All ways whose last step is an edge of the kind itself, with the distance to that edge.
    fn own_edges<'g>(
        &'g self,
        route: &'g GraphRoute,
        id: KindId,
        agains: usize,
    ) -> impl Iterator<Item = (u32, Gap)> + 'g {
        ways(route, &self.leading[usize::from(id.0)], agains)
    }

    /// The target lies ahead, but the kind itself leads there only from elsewhere.
    fn by_target(&self, route: &GraphRoute, kind: &Kind, id: KindId, agains: usize) -> Option<Gap> {
        let targets = kind.targets.iter().map(|target| usize::from(*target));
        let nodes = targets.flat_map(|state| (state..self.graph.node_count()).step_by(self.states));
        let ahead = nodes.filter_map(|node| match route.distance[agains][node] {
            0 | UNREACHED => None,
            distance => Some((distance, (Node(node as u16), agains), Node(node as u16), false)),
        });
        let nearest = ahead.min_by_key(|(distance, ..)| *distance);
        // Giving up early is the reading of last resort.
        let early = || {
            let (distance, Gap { via, to, .. }) = route.early[agains]?;
            let state = (usize::from(to.0) % self.states) as u16;
            kind.targets.contains(&state).then_some((distance, via, to, true))
        };
        let (_, via, to, early) = nearest.or_else(early)?;
        let state = usize::from(to.0) % self.states;
        let edges = self.by_kind[usize::from(id.0)].iter();
        let row = edges.clone().find(|(_, target, _)| usize::from(target.0) % self.states == state);
        let row = row.map_or(u16::MAX, |(_, _, edge)| edge.row);
        Some(Gap { via, to, row, early, agains })
    }

    /// The shortest way with any number of `again`s to where the kind is legal.
    pub(crate) fn way(&self, start: Node, kind: KindId) -> Option<Vec<KindId>> {
        let legal = |node: Node| {
            let edges = self.by_kind[usize::from(kind.0)].iter();
            edges.clone().any(|(from, _, edge)| *from == node && !edge.early)
        };
        let mut came_from = vec![None; self.graph.node_count()];
        let mut queue = VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            if node != start && legal(node) {
                let mut path = Vec::new();
                let mut at = node;
                while at != start {
                    let (before, kind) = came_from[usize::from(at.0)]?;
                    path.push(kind);
                    at = before;
                }
                path.reverse();
                return Some(path);
            }
            for edge in self.graph.edges(index(node)) {
                let to = node_of(edge.target());
                if to != start && came_from[usize::from(to.0)].is_none() {
                    came_from[usize::from(to.0)] = Some((node, edge.weight().kind));
                    queue.push_back(to);
                }
            }
        }
        None
    }
}

/// The ways whose last step is one of these edges, with the distance to that edge.
fn ways<'g>(
    route: &'g GraphRoute,
    edges: &'g [(Node, Node, Edge)],
    agains: usize,
) -> impl Iterator<Item = (u32, Gap)> + 'g {
    edges.iter().filter_map(move |(from, to, edge)| {
        let layer = agains.checked_sub(usize::from(edge.again))?;
        let distance = route.distance[layer][usize::from(from.0)];
        let Edge { row, early, .. } = *edge;
        let gap = Gap { via: (*from, layer), to: *to, row, early, agains };
        (distance != UNREACHED).then_some((distance, gap))
    })
}

impl GraphRoute {
    /// The events on the way to a place.
    pub(crate) fn path(&self, (mut node, mut layer): GraphPlace) -> Vec<KindId> {
        let mut path = Vec::new();
        while let Some((before, before_layer, kind)) = self.came_from[layer][usize::from(node.0)] {
            path.push(kind);
            (node, layer) = (before, before_layer);
        }
        path.reverse();
        path
    }
}

fn index(node: Node) -> NodeIndex<u32> {
    NodeIndex::new(usize::from(node.0))
}

fn node_of(index: NodeIndex<u32>) -> Node {
    // The graph has as many nodes as the table has rows, at most u16::MAX.
    Node(index.index() as u16)
}
