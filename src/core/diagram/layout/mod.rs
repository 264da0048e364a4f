//! Where boxes, edges and labels go. `dagre` ranks, orders and places them in layers; from that the routes
//! are made here, so that they keep to what a picture promises: an edge crosses a layer only straight
//! down beside its boxes and labels, and goes sideways only between layers, on a track of its own.
//!
//! - `layers` asks dagre for the layers: the seam to replace it at.
//! - `nudge` moves boxes and edges within their layers, so that what leads on stands in one line.
//! - `columns` decides where edges leave and enter boxes.
//! - `tracks` decides where they go sideways.
//! - `spacing` is what differs between pixels and characters.
//!
//! y grows downwards.

mod columns;
mod layers;
mod nudge;
mod spacing;
mod tracks;

pub(super) use self::spacing::Spacing;
use self::{columns::Columns, tracks::Tracks};

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
}

/// What leads from a box to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The size of its label; zero without one.
    pub(super) label: Size,
    /// The greater, the shorter and straighter it should be.
    pub(super) weight: i32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rect {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

#[derive(Debug)]
pub(super) struct Layout {
    pub(super) size: Size,
    pub(super) boxes: Vec<Rect>,
    /// For each link its points, from its first box to its second, and where its label is.
    pub(super) routes: Vec<(Vec<Point>, Option<Rect>)>,
}

/// A link from the upper of its boxes to the lower.
#[derive(Clone, Copy, Debug)]
struct Down {
    upper: usize,
    lower: usize,
    label: Size,
    weight: i32,
}

/// What stands in a layer.
#[derive(Clone, Copy, Debug)]
struct Item {
    what: LayoutNode,
    x: f64,
    width: f64,
    height: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LayoutNode {
    Box(usize),
    /// A link that goes by, with its label or without.
    Link(usize),
}

/// Places boxes and links. Links lead down from the box of the lower `order` and up from the other, so no
/// two boxes of one order may be linked.
pub(super) fn layout(boxes: &[Size], links: &[Link], order: &[u16], spacing: &Spacing) -> Layout {
    let down = |link: &Link| {
        let Link { from, to, label, weight } = *link;
        let (upper, lower) = if order[from] <= order[to] { (from, to) } else { (to, from) };
        Down { upper, lower, label, weight }
    };
    let downs: Vec<Down> = links.iter().map(down).collect();
    let boxes = wide_enough(boxes, &downs, spacing);
    let mut layers = layers::layers(&boxes, &downs, spacing);
    nudge::nudge(&mut layers, &downs, boxes.len(), spacing);
    let columns = Columns::new(boxes.len(), downs.len(), &layers, spacing);
    let lanes = columns.lanes(&downs);
    let ends_up = |own: usize| links[own].from != downs[own].upper;
    let gaps: Vec<Tracks> =
        (1..layers.len()).map(|below| Tracks::new(&lanes, below, &ends_up, spacing)).collect();
    let heights: Vec<f64> = layers.iter().map(|layer| height(layer)).collect();
    let mut tops = vec![0.0];
    for (height, gap) in heights.iter().zip(&gaps) {
        tops.push(tops[tops.len() - 1] + height + gap.height());
    }
    let centred = |layer: usize, size: Size, left: f64| Rect {
        left,
        top: tops[layer] + spacing.edge((heights[layer] - size.height) / 2.0),
        width: size.width,
        height: size.height,
    };
    let placed =
        |(size, (layer, left, _)): (&Size, &(usize, f64, f64))| centred(*layer, *size, *left);
    let rects: Vec<Rect> = boxes.iter().zip(&columns.boxes).map(placed).collect();
    let mut routes = Vec::with_capacity(links.len());
    for (own, (link, lane)) in downs.iter().zip(&lanes).enumerate() {
        let (above, below) = (&rects[link.upper], &rects[link.lower]);
        let mut points = vec![Point { x: lane[0].1, y: above.top + above.height }];
        for pair in lane.windows(2) {
            let ((layer, from), (_, to)) = (pair[0], pair[1]);
            if let Some(depth) = gaps[layer].depth(own) {
                let y = tops[layer] + heights[layer] + depth;
                points.extend([Point { x: from, y }, Point { x: to, y }]);
            }
        }
        points.push(Point { x: lane[lane.len() - 1].1, y: below.top });
        if ends_up(own) {
            points.reverse();
        }
        let label = columns.labels[own]
            .map(|(layer, x)| centred(layer, link.label, x - link.label.width / 2.0));
        routes.push((points, label));
    }
    let last = heights.last().copied().unwrap_or_default();
    let size = Size { width: columns.width, height: tops[tops.len() - 1] + last };
    Layout { size, boxes: rects, routes }
}

/// No box may be too narrow for the edges that end on it.
fn wide_enough(boxes: &[Size], links: &[Down], spacing: &Spacing) -> Vec<Size> {
    let widened = |(at, size): (usize, &Size)| {
        if is_point(size, spacing) {
            return *size;
        }
        let below = links.iter().filter(|link| link.upper == at).count();
        let above = links.iter().filter(|link| link.lower == at).count();
        let ends = below.max(above) as f64;
        let width = (ends - 1.0) * spacing.port_gap + 2.0 * spacing.port_inset;
        Size { width: size.width.max(width), ..*size }
    };
    boxes.iter().enumerate().map(widened).collect()
}

/// Too narrow for two edges to end on it beside each other: they meet in its middle.
fn is_point(size: &Size, spacing: &Spacing) -> bool {
    size.width <= 2.0 * spacing.port_inset
}

fn height(layer: &[Item]) -> f64 {
    layer.iter().map(|item| item.height).fold(0.0, f64::max)
}
