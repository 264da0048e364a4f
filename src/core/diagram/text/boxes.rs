//! States.

use super::{
    grid::{Grid, GridWay, Stroke, width},
    odd,
};
use crate::diagram::{
    layout::{Rect, Size},
    picture::{DrawnEdge, Picture, StateBox, Tone},
    words::clipped,
};

/// A box gets wider than this only for its name or for what cannot be broken.
const LISTED_WIDTH: usize = 30;

/// What the exits of a state begin with: whether they lead back, and whether that never happened.
const LEADS: [(bool, bool, &str); 4] = [
    (false, false, "→"),
    (false, true, "never →"),
    (true, false, "again →"),
    (true, true, "again, never →"),
];

/// What stands in the box: its name and what is listed below. Nothing for the dot that is `new`.
pub(super) fn lines(picture: &Picture<'_>, own: &StateBox) -> Vec<String> {
    let mut lines = own.remarks.iter().map(|remark| clipped(remark)).collect::<Vec<_>>();
    lines.extend(own.flags_line());
    for (again, never, lead) in LEADS {
        let is = |exit: &&DrawnEdge| (exit.again, exit.tone == Tone::Unseen) == (again, never);
        let exits = own.exits.iter().filter(is);
        let exits: Vec<String> = exits.map(|exit| clipped(&exit.exit_text(picture))).collect();
        if !exits.is_empty() {
            wrap(&mut lines, lead, &exits);
        }
    }
    lines.extend(own.undefined.iter().map(|undefined| clipped(undefined)));
    if !own.is_new() {
        lines.insert(0, name(own));
    } else if !lines.is_empty() {
        lines.insert(0, DOT.to_owned());
    }
    lines
}

const DOT: &str = "●";

fn name(own: &StateBox) -> String {
    let mark = if own.error { "! " } else { "" };
    let name = format!("{mark}{}", clipped(&own.name));
    if own.here { format!("▶ {name} ◀") } else { name }
}

/// Breaks a list between its items, into as few lines as can be and these as short as can be.
fn wrap(lines: &mut Vec<String>, lead: &str, items: &[String]) {
    let mut best = wrapped(LISTED_WIDTH, lead, items);
    for narrower in (1..LISTED_WIDTH).rev() {
        let other = wrapped(narrower, lead, items);
        if other.len() > best.len() {
            break;
        }
        best = other;
    }
    lines.extend(best);
}

fn wrapped(limit: usize, lead: &str, items: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = lead.to_owned();
    for (at, item) in items.iter().enumerate() {
        let comma = if at + 1 < items.len() { "," } else { "" };
        let longer = format!("{line} {item}{comma}");
        if at > 0 && width(&longer) > limit {
            lines.push(std::mem::replace(&mut line, format!("{item}{comma}")));
        } else {
            line = longer;
        }
    }
    lines.push(line);
    lines
}

pub(super) fn size(lines: &[String]) -> Size {
    if lines.is_empty() {
        return Size { width: 1.0, height: 1.0 };
    }
    let width = lines.iter().map(|line| width(line)).max().unwrap_or(0) + 4;
    Size { width: odd(width) as f64, height: lines.len() as f64 + 2.0 }
}

pub(super) fn draw(grid: &mut Grid, own: &StateBox, lines: &[String], rect: &Rect) {
    let (left, top) = (rect.left as usize, rect.top as usize);
    if lines.is_empty() {
        return grid.put(left, top, DOT);
    }
    let (right, bottom) =
        (left + rect.width as usize - 1, top + (rect.height as usize).saturating_sub(1));
    let border = Border::of(own);
    let [top_left, top_right, bottom_left, bottom_right] = border.corners;
    for x in left + 1..right {
        grid.put(x, top, border.level);
        grid.put(x, bottom, border.level);
    }
    for y in top + 1..bottom {
        grid.put(left, y, border.upright);
        grid.put(right, y, border.upright);
    }
    for (x, y, corner) in [
        (left, top, top_left),
        (right, top, top_right),
        (left, bottom, bottom_left),
        (right, bottom, bottom_right),
    ] {
        grid.put(x, y, corner);
    }
    if own.rest {
        grid.put(left, top + 1, "(");
        grid.put(right, top + 1, ")");
    }
    let inner = rect.width as usize - 2;
    for (at, line) in lines.iter().enumerate() {
        let indent = inner.saturating_sub(width(line)) / 2;
        grid.put(left + 1 + indent, top + 1 + at, line);
    }
}

/// Where an edge begins on the border of a box, below it or above.
pub(super) fn leave(
    grid: &mut Grid,
    own: &StateBox,
    x: usize,
    y: usize,
    way: GridWay,
    stroke: Stroke,
) {
    let down = way == GridWay::Down;
    let joint = match (own.end, stroke == Stroke::Heavy) {
        (true, _) => ["╧", "╤"],
        (false, true) => ["┸", "┰"],
        (false, false) => ["┴", "┬"],
    };
    grid.put(x, y, joint[usize::from(down)]);
}

/// How a box is bordered: rest states are round, end states double, what never happened is dotted.
pub(super) struct Border {
    pub(super) corners: [&'static str; 4],
    pub(super) level: &'static str,
    pub(super) upright: &'static str,
}

impl Border {
    pub(super) fn of(own: &StateBox) -> Self {
        let (corners, level, upright) = match (own.end, own.rest) {
            (true, _) => (["╔", "╗", "╚", "╝"], "═", "║"),
            (_, true) => (["╭", "╮", "╰", "╯"], "─", "│"),
            _ => (["┌", "┐", "└", "┘"], "─", "│"),
        };
        match own.tone {
            Tone::Unseen => Self { corners, level: "·", upright: ":" },
            _ => Self { corners, level, upright },
        }
    }
}
