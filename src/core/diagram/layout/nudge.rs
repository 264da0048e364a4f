//! Small moves within layers: the order that dagre found stays.

use super::{Columns, Down, Item, LayoutNode, Spacing};

/// How often each kind of move is made.
const ROUNDS: usize = 4;

/// Moves what stands in layers apart, and to where it leads.
pub(super) fn nudge(layers: &mut [Vec<Item>], links: &[Down], boxes: usize, spacing: &Spacing) {
    for layer in layers.iter_mut() {
        spread(layer, spacing);
    }
    for _ in 0..ROUNDS {
        relax(layers, links, spacing);
    }
    for _ in 0..ROUNDS {
        align(layers, links, spacing);
        straighten(layers, links, boxes, spacing);
    }
    // Gaps are whole and widths odd, so that what was apart stays apart.
    for item in layers.iter_mut().flatten() {
        item.x = spacing.middle(item.x);
    }
}

/// Moves neighbours apart that stand too close: dagre balances four layouts, and their mean may not keep
/// what each of them kept.
fn spread(layer: &mut [Item], spacing: &Spacing) {
    layer.sort_by(|a, b| a.x.total_cmp(&b.x));
    let wanted: Vec<f64> = layer.iter().map(|item| item.x).collect();
    for at in 1..layer.len() {
        layer[at].x = layer[at].x.max(room(layer, at, spacing).0);
    }
    // What was pushed right gives back what it can, half of it to the left.
    let pushed: Vec<f64> = layer.iter().map(|item| item.x).collect();
    for at in (0..layer.len()).rev() {
        let back = (pushed[at] - wanted[at]) / 2.0;
        layer[at].x = (pushed[at] - back).min(room(layer, at, spacing).1);
    }
}

/// Between where an item may stand without coming too near to its neighbours.
fn room(layer: &[Item], at: usize, spacing: &Spacing) -> (f64, f64) {
    let apart = |a: &Item, b: &Item| {
        let between = match (a.what, b.what) {
            (LayoutNode::Box(_), LayoutNode::Box(_)) => spacing.box_gap,
            _ => spacing.edge_gap,
        };
        (a.width + b.width) / 2.0 + between
    };
    let own = &layer[at];
    let before = at.checked_sub(1).map(|at| layer[at].x + apart(&layer[at], own));
    let after = layer.get(at + 1).map(|next| next.x - apart(own, next));
    (before.unwrap_or(f64::NEG_INFINITY), after.unwrap_or(f64::INFINITY))
}

/// Moves each box to the middle of what its links lead to, as far as there is room.
fn relax(layers: &mut [Vec<Item>], links: &[Down], spacing: &Spacing) {
    for (layer, at, own) in boxes_of(layers) {
        let pulls: Vec<(f64, f64)> = pulls(layers, links, layer, own)
            .map(|(item, weight)| (item.x, f64::from(weight)))
            .collect();
        let weights: f64 = pulls.iter().map(|(_, weight)| weight).sum();
        if weights > 0.0 {
            let middle = pulls.iter().map(|(x, weight)| x * weight).sum::<f64>() / weights;
            shift(&mut layers[layer], at, middle, spacing);
        }
    }
}

/// Puts boxes of which one leads to the other, and which are nearly one above the other, in one line.
fn align(layers: &mut [Vec<Item>], links: &[Down], spacing: &Spacing) {
    for (layer, at, own) in boxes_of(layers) {
        let x = layers[layer][at].x;
        let heavy = pulls(layers, links, layer, own)
            .filter(|(item, weight)| *weight > 1 && (item.x - x).abs() <= spacing.align_max);
        let nearest =
            heavy.map(|(item, _)| item.x).min_by(|a, b| (a - x).abs().total_cmp(&(b - x).abs()));
        if let Some(other) = nearest {
            shift(&mut layers[layer], at, other, spacing);
        }
    }
}

fn shift(layer: &mut [Item], at: usize, x: f64, spacing: &Spacing) {
    let (first, last) = room(layer, at, spacing);
    layer[at].x = x.max(first).min(last);
}

/// All boxes from top to bottom: layer, place in it, number.
fn boxes_of(layers: &[Vec<Item>]) -> Vec<(usize, usize, usize)> {
    let mut boxes = Vec::new();
    for (layer, items) in layers.iter().enumerate() {
        for (at, item) in items.iter().enumerate() {
            if let LayoutNode::Box(own) = item.what {
                boxes.push((layer, at, own));
            }
        }
    }
    boxes
}

/// What the links of a box lead to: the nearest bend of each, or else its other box; and its weight.
fn pulls<'i>(
    layers: &'i [Vec<Item>],
    links: &'i [Down],
    layer: usize,
    own: usize,
) -> impl Iterator<Item = (&'i Item, i32)> {
    links.iter().enumerate().filter_map(move |(number, link)| {
        let other = match (link.upper == own, link.lower == own) {
            (true, _) => link.lower,
            (_, true) => link.upper,
            _ => return None,
        };
        let find = |what: LayoutNode| move |item: &&Item| item.what == what;
        let beside = [layer.checked_sub(1), Some(layer + 1)].into_iter().flatten();
        let bend = beside
            .filter_map(|layer| layers.get(layer))
            .find_map(|items| items.iter().find(find(LayoutNode::Link(number))));
        let end = bend.or_else(|| layers.iter().flatten().find(find(LayoutNode::Box(other))));
        end.map(|item| (item, link.weight))
    })
}

/// Takes small jogs out of edges: a stretch that runs upright beside where it is to end moves there if there is
/// room all along.
fn straighten(layers: &mut [Vec<Item>], links: &[Down], boxes: usize, spacing: &Spacing) {
    let left = layers.iter().flatten().map(|item| item.x - item.width / 2.0);
    let start = spacing.edge(left.fold(f64::INFINITY, f64::min));
    let lanes = Columns::new(boxes, links.len(), layers, spacing).lanes(links);
    for (own, lane) in lanes.iter().enumerate() {
        let mut stretch: Vec<(usize, usize)> = Vec::new();
        for (layer, items) in layers.iter().enumerate() {
            let at = items.iter().position(|item| item.what == LayoutNode::Link(own));
            stretch.extend(at.map(|at| (layer, at)));
        }
        for target in [lane[0].1, lane[lane.len() - 1].1].map(|x| x + start) {
            let x = |(layer, at): &(usize, usize)| layers[*layer][*at].x;
            let upright = stretch.windows(2).all(|pair| x(&pair[0]) == x(&pair[1]));
            let fits = stretch.iter().all(|(layer, at)| {
                let (first, last) = room(&layers[*layer], *at, spacing);
                first <= target && target <= last
            });
            let near =
                stretch.first().is_some_and(|end| (x(end) - target).abs() <= spacing.jog_max);
            if upright && fits && near {
                for (layer, at) in &stretch {
                    layers[*layer][*at].x = target;
                }
            }
        }
    }
}
