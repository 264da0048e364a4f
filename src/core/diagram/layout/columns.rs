//! Where everything is between left and right.

use super::{Down, Item, LayoutNode, Spacing};

/// Where boxes and labels are between left and right, and where links pass.
pub(super) struct Columns<'s> {
    /// For each box its layer, left end and width.
    pub(super) boxes: Vec<(usize, f64, f64)>,
    /// For each link the layers that it passes and where, from top to bottom.
    pub(super) bends: Vec<Vec<(usize, f64)>>,
    /// For each link the layer of its label, and its middle.
    pub(super) labels: Vec<Option<(usize, f64)>>,
    pub(super) width: f64,
    spacing: &'s Spacing,
}

impl<'s> Columns<'s> {
    pub(super) fn new(
        boxes: usize,
        links: usize,
        layers: &[Vec<Item>],
        spacing: &'s Spacing,
    ) -> Self {
        let left = |item: &Item| item.x - item.width / 2.0;
        let start = layers.iter().flatten().map(left).fold(f64::INFINITY, f64::min);
        let start = spacing.edge(start);
        let mut columns = Self {
            boxes: vec![(0, 0.0, 0.0); boxes],
            bends: vec![Vec::new(); links],
            labels: vec![None; links],
            width: 0.0,
            spacing,
        };
        for (at, layer) in layers.iter().enumerate() {
            for item in layer {
                let x = left(item) - start;
                columns.width = columns.width.max(x + item.width);
                match item.what {
                    LayoutNode::Box(own) => columns.boxes[own] = (at, x, item.width),
                    LayoutNode::Link(own) => {
                        columns.bends[own].push((at, item.x - start));
                        if item.width > 0.0 {
                            columns.labels[own] = Some((at, item.x - start));
                        }
                    }
                }
            }
        }
        columns
    }

    /// For each link where it is in each layer, from that of its upper box to that of its lower one.
    pub(super) fn lanes(&self, links: &[Down]) -> Vec<Vec<(usize, f64)>> {
        let ports = self.ports(links);
        let lane = |(at, link): (usize, &Down)| {
            let [out, into] = ports[at];
            let mut lane = vec![(self.boxes[link.upper].0, out)];
            lane.extend(&self.bends[at]);
            lane.push((self.boxes[link.lower].0, into));
            lane
        };
        links.iter().enumerate().map(lane).collect()
    }

    /// Where each link leaves the upper box and enters the lower one: as near as can be to where it goes, in the
    /// order of where the links go, and apart from each other.
    fn ports(&self, links: &[Down]) -> Vec<[f64; 2]> {
        let mut ports = vec![[0.0; 2]; links.len()];
        for own in 0..self.boxes.len() {
            let below = links.iter().enumerate().filter(|(_, link)| link.upper == own);
            let below = below.map(|(at, link)| (at, self.bends[at].first(), link.lower));
            for (at, x) in self.side(own, below) {
                ports[at][0] = x;
            }
            let above = links.iter().enumerate().filter(|(_, link)| link.lower == own);
            let above = above.map(|(at, link)| (at, self.bends[at].last(), link.upper));
            for (at, x) in self.side(own, above) {
                ports[at][1] = x;
            }
        }
        ports
    }

    /// The ports of one side of a box: for each link its nearest bend, and the box at its other end.
    fn side<'c>(
        &self,
        own: usize,
        ends: impl Iterator<Item = (usize, Option<&'c (usize, f64)>, usize)>,
    ) -> Vec<(usize, f64)> {
        let end = |(at, bend, other): (usize, Option<&(usize, f64)>, usize)| {
            let (_, left, width) = self.boxes[other];
            let middle = left + width / 2.0;
            (bend.map_or(middle, |(_, x)| *x), middle, at)
        };
        let mut ends: Vec<(f64, f64, usize)> = ends.map(end).collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
        let (_, left, width) = self.boxes[own];
        let inset = self.spacing.port_inset.min(width / 2.0);
        let (first, last) = (left + inset, left + width - inset);
        apart(&ends, first, last.max(first), self.spacing)
            .into_iter()
            .map(|(at, x)| (at, self.spacing.middle(x)))
            .collect()
    }
}

/// Wanted places along a side, moved apart and kept within it.
fn apart(
    ends: &[(f64, f64, usize)],
    first: f64,
    last: f64,
    spacing: &Spacing,
) -> Vec<(usize, f64)> {
    if let [(wanted, _, at)] = ends {
        return vec![(*at, wanted.clamp(first, last))];
    }
    let gap = spacing.port_gap.min((last - first) / (ends.len().max(2) - 1) as f64);
    let mut places: Vec<f64> = ends.iter().map(|(wanted, ..)| wanted.clamp(first, last)).collect();
    for at in 1..places.len() {
        places[at] = places[at].max(places[at - 1] + gap);
    }
    let mut limit = last;
    for place in places.iter_mut().rev() {
        *place = place.min(limit);
        limit = *place - gap;
    }
    ends.iter().map(|(_, _, at)| *at).zip(places).collect()
}
