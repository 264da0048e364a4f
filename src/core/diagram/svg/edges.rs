//! Steps from one state to another.

use std::fmt::Write;

use maud::{Markup, html};

use super::{Anchor, SMALL_LINE, SMALL_SIZE, px, text, tooltip};
use crate::diagram::{
    font,
    layout::{Point, Rect, Size},
    picture::{DrawnEdge, Picture, Tone},
    words::clipped,
};

/// How far before a corner the line begins to turn.
const FILLET: f64 = 7.0;
const ARROW_LEN: f64 = 9.0;
const ARROW_HALF: f64 = 4.0;
/// From the text of a label to the side of its ground.
const PAD_X: f64 = 4.0;
const PAD_Y: f64 = 2.0;

/// The classes of how an edge looks.
pub(super) fn look(edge: &DrawnEdge) -> &'static str {
    match (edge.tone, edge.again) {
        (Tone::Undefined, _) => "undefined",
        (Tone::Inferred, false) => "forward inferred",
        (Tone::Inferred, true) => "again inferred",
        (Tone::Unseen, false) => "forward unseen",
        (Tone::Unseen, true) => "again unseen",
        (_, false) => "forward",
        (_, true) => "again",
    }
}

/// The room that a label takes; none where there is none.
pub(super) fn label_size(edge: &DrawnEdge) -> Size {
    if edge.labels.is_empty() {
        return Size::default();
    }
    let width = |label: &String| font::width(&clipped(label), SMALL_SIZE);
    let width = edge.labels.iter().map(width).fold(0.0, f64::max) + 2.0 * PAD_X;
    Size { width, height: SMALL_LINE * edge.labels.len() as f64 + 2.0 * PAD_Y }
}

pub(super) fn draw(
    picture: &Picture<'_>,
    edge: &DrawnEdge,
    points: &[Point],
    label: Option<&Rect>,
) -> Markup {
    let name = |state: usize| clipped(&picture.boxes[state].name);
    let width = px(1.2 + 3.3 * edge.weight);
    html! {
        g class=(format!("edge {}", look(edge))) data-from=(name(edge.from)) data-to=(name(edge.to)) {
            (tooltip(&edge.tooltip))
            path class="wide" d=(line(points)) {}
            path class="line" stroke-width=(width) d=(line(points)) {}
            path class="arrow" d=(arrow(points, 1.0 + 0.4 * edge.weight)) {}
            @if let Some(rect) = label {
                rect class="ground" x=(px(rect.left)) y=(px(rect.top)) width=(px(rect.width))
                    height=(px(rect.height)) rx="3" {}
                @for (at, told) in edge.labels.iter().enumerate() {
                    (text(&clipped(told), "label", label_place(rect, at), SMALL_SIZE, Anchor::Middle))
                }
            }
        }
    }
}

fn label_place(rect: &Rect, line: usize) -> Point {
    let y = rect.top + PAD_Y + SMALL_SIZE * 0.95 + SMALL_LINE * line as f64;
    Point { x: rect.left + rect.width / 2.0, y }
}

/// Straight from point to point, with the corners rounded.
fn line(points: &[Point]) -> String {
    let mut path = String::new();
    let Some((first, rest)) = points.split_first() else { return path };
    // Writing to a String cannot fail.
    let _ = write!(path, "M{} {}", px(first.x), px(first.y));
    for around in points.windows(3) {
        let [before, corner, after] = [around[0], around[1], around[2]];
        let (from, to) = (toward(corner, before, FILLET), toward(corner, after, FILLET));
        let _ = write!(
            path,
            "L{} {}Q{} {} {} {}",
            px(from.x),
            px(from.y),
            px(corner.x),
            px(corner.y),
            px(to.x),
            px(to.y)
        );
    }
    if let Some(last) = rest.last() {
        let _ = write!(path, "L{} {}", px(last.x), px(last.y));
    }
    path
}

/// The point this far from one to another, at most half way.
fn toward(from: Point, to: Point, far: f64) -> Point {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let length = dx.hypot(dy);
    let share = if length > 0.0 { (far / length).min(0.5) } else { 0.0 };
    Point { x: from.x + dx * share, y: from.y + dy * share }
}

/// A triangle whose tip is where the edge ends. The last piece of an edge is upright.
fn arrow(points: &[Point], scale: f64) -> String {
    let [.., before, tip] = points else { return String::new() };
    let down = if tip.y >= before.y { 1.0 } else { -1.0 };
    let (base, half) = (tip.y - down * ARROW_LEN * scale, ARROW_HALF * scale);
    format!(
        "M{} {}L{} {}L{} {}Z",
        px(tip.x),
        px(tip.y),
        px(tip.x - half),
        px(base),
        px(tip.x + half),
        px(base)
    )
}
