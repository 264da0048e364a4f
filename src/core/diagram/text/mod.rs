//! A picture for a terminal, in characters that draw boxes. Where things are is decided by `layout`, as for SVG,
//! only that its unit is a character.

mod boxes;
mod foot;
mod grid;

pub(super) use self::grid::width;
use self::grid::{Grid, GridWay, Stroke};
use super::{
    layout::{Link, Point, Rect, Size, Spacing, layout},
    picture::{DrawnEdge, Picture, StateBox, Tone},
    words::clipped,
};

/// Draws a picture.
pub(super) fn write(picture: &Picture<'_>) -> String {
    let lines: Vec<_> = picture.boxes.iter().map(|own| boxes::lines(picture, own)).collect();
    let sizes: Vec<Size> = lines.iter().map(|lines| boxes::size(lines)).collect();
    let labels: Vec<_> = picture.edges.iter().map(labels).collect();
    let link = |(edge, labels): (&DrawnEdge, &Vec<String>)| Link {
        from: edge.from,
        to: edge.to,
        label: label_size(labels),
        weight: if edge.again || edge.skips { 1 } else { 6 },
    };
    let links: Vec<Link> = picture.edges.iter().zip(&labels).map(link).collect();
    let order: Vec<u16> = picture.lifecycle.states().iter().map(|state| state.rank).collect();
    let placed = layout(&sizes, &links, &order, &Spacing::CHARACTERS);

    let mut grid = Grid::new(placed.size.width.ceil() as usize, placed.size.height as usize);
    for ((own, lines), rect) in picture.boxes.iter().zip(&lines).zip(&placed.boxes) {
        boxes::draw(&mut grid, own, lines, rect);
    }
    for (edge, (points, _)) in picture.edges.iter().zip(&placed.routes) {
        let border = (!lines[edge.from].is_empty()).then(|| &picture.boxes[edge.from]);
        draw_edge(&mut grid, border, edge, points);
    }
    for (labels, (_, rect)) in labels.iter().zip(&placed.routes) {
        if let Some(rect) = rect {
            draw_label(&mut grid, labels, rect);
        }
    }
    let (title, entity) = (clipped(picture.lifecycle.title()), clipped(picture.lifecycle.entity()));
    let foot = foot::foot(picture, placed.size.width as usize).join("\n");
    let text = format!("{title}  {entity}\n\n{}\n{foot}", grid.text());
    format!("{}\n", text.trim_end())
}

fn labels(edge: &DrawnEdge) -> Vec<String> {
    match (edge.tone, edge.labels.is_empty()) {
        (Tone::Inferred, true) => vec!["missed".to_owned()],
        _ => edge.labels.iter().map(|label| clipped(label)).collect(),
    }
}

fn label_size(labels: &[String]) -> Size {
    let Some(width) = labels.iter().map(|label| width(label)).max() else { return Size::default() };
    Size { width: odd(width) as f64, height: labels.len() as f64 }
}

/// At least this many columns, with one in the middle.
fn odd(width: usize) -> usize {
    width | 1
}

fn draw_label(grid: &mut Grid, labels: &[String], rect: &Rect) {
    for (at, label) in labels.iter().enumerate() {
        let indent = (rect.width as usize).saturating_sub(width(label)) / 2;
        grid.put(rect.left as usize + indent, rect.top as usize + at, label);
    }
}

fn stroke(edge: &DrawnEdge) -> Stroke {
    match (edge.tone, edge.again) {
        (Tone::Undefined, _) => Stroke::Heavy,
        (Tone::Unseen, _) => Stroke::Dotted,
        (_, true) => Stroke::Dashed,
        (_, false) => Stroke::Solid,
    }
}

/// From the border of its box, if it has one, to just before the box where it ends.
fn draw_edge(grid: &mut Grid, from: Option<&StateBox>, edge: &DrawnEdge, points: &[Point]) {
    let stroke = stroke(edge);
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return };
    let down = first.y <= last.y;
    // An end at y is on the line between two rows.
    let row = |y: f64, above: bool| (y as usize).saturating_sub(usize::from(above));
    let mut cells: Vec<(usize, usize)> =
        points.iter().map(|point| (point.x as usize, point.y as usize)).collect();
    let ends = [(0, !down), (cells.len() - 1, down)];
    for (at, above) in ends {
        cells[at].1 = row(points[at].y, above);
    }
    let (start, end) = (cells[0], cells[cells.len() - 1]);
    let (way, back) =
        if down { (GridWay::Down, GridWay::Up) } else { (GridWay::Up, GridWay::Down) };
    grid.line(start.0, start.1, back, stroke);
    for pair in cells.windows(2) {
        draw_piece(grid, pair[0], pair[1], stroke);
    }
    let head = match (edge.again, down) {
        (false, true) => "▼",
        (false, false) => "▲",
        (true, true) => "▽",
        (true, false) => "△",
    };
    grid.put(end.0, end.1, head);
    if let Some(from) = from {
        let border = if down { start.1.saturating_sub(1) } else { start.1 + 1 };
        boxes::leave(grid, from, start.0, border, way, stroke);
    }
}

/// A straight piece of a line.
fn draw_piece(grid: &mut Grid, from: (usize, usize), to: (usize, usize), stroke: Stroke) {
    let (left, right) = (from.0.min(to.0), from.0.max(to.0));
    let (top, bottom) = (from.1.min(to.1), from.1.max(to.1));
    for x in left..right {
        grid.line(x, top, GridWay::Right, stroke);
        grid.line(x + 1, top, GridWay::Left, stroke);
    }
    for y in top..bottom {
        grid.line(left, y, GridWay::Down, stroke);
        grid.line(left, y + 1, GridWay::Up, stroke);
    }
}
