//! States.

use std::fmt::Write;

use maud::{Markup, html};

use super::{Anchor, NAME_LINE, NAME_SIZE, SMALL_LINE, SMALL_SIZE, edges::look, px, text, tooltip};
use crate::diagram::{
    font,
    layout::{Point, Rect, Size},
    picture::{DrawnEdge, Picture, StateBox, Tone},
    words::clipped,
};

/// From the text of a box to its side.
const PAD_X: f64 = 14.0;
const PAD_Y: f64 = 6.0;
/// A box gets wider than this only for its name; what else it says is broken into lines.
const SMALL_WIDTH: f64 = 236.0;
const NEW_SIZE: f64 = 16.0;
/// How far the corners of error states are cut, and those of the others rounded.
const CUT: f64 = 8.0;
const ROUND: f64 = 6.0;
/// From the outer line of an end state to its inner one.
const INNER: f64 = 3.5;
const BETWEEN: f64 = 7.0;
const FLAG_WIDTH: f64 = 10.0;

/// A line of small text.
#[derive(Default)]
pub(super) struct TextLine {
    spans: Vec<TextSpan>,
    flag: bool,
}

struct TextSpan {
    text: String,
    class: String,
    tooltip: Option<String>,
}

impl TextLine {
    fn width(&self) -> f64 {
        let texts = self.spans.iter().map(|span| font::width(&span.text, SMALL_SIZE));
        let flag = if self.flag { FLAG_WIDTH } else { 0.0 };
        texts.sum::<f64>() + flag + BETWEEN * self.spans.len().saturating_sub(1) as f64
    }
}

/// What stands below the name of a state.
pub(super) fn lines(picture: &Picture<'_>, own: &StateBox) -> Vec<TextLine> {
    let plain = |text: &String, class: &str| TextLine {
        spans: vec![TextSpan { text: clipped(text), class: class.to_owned(), tooltip: None }],
        flag: false,
    };
    let mut lines: Vec<TextLine> = Vec::new();
    lines.extend(own.remarks.iter().map(|remark| plain(remark, "remark")));
    if let Some(flags) = own.flags_told() {
        lines.push(TextLine { flag: true, ..plain(&flags, "quiet") });
    }
    for (again, lead) in [(false, "→"), (true, "again →")] {
        let exits: Vec<&DrawnEdge> = own.exits.iter().filter(|exit| exit.again == again).collect();
        if !exits.is_empty() {
            wrap_exits(&mut lines, picture, lead, &exits);
        }
    }
    lines.extend(own.undefined.iter().map(|undefined| plain(undefined, "undefined")));
    lines
}

fn wrap_exits(lines: &mut Vec<TextLine>, picture: &Picture<'_>, lead: &str, exits: &[&DrawnEdge]) {
    let mut line = TextLine::default();
    line.spans.push(TextSpan { text: lead.to_owned(), class: "quiet".to_owned(), tooltip: None });
    for exit in exits {
        let text = clipped(&exit.exit_text(picture));
        let span = TextSpan {
            text,
            class: format!("exit {}", look(exit)),
            tooltip: Some(exit.tooltip.clone()),
        };
        let width = line.width() + BETWEEN + font::width(&span.text, SMALL_SIZE);
        if width > SMALL_WIDTH && line.spans.len() > 1 {
            lines.push(std::mem::take(&mut line));
        }
        line.spans.push(span);
    }
    lines.push(line);
}

pub(super) fn size(own: &StateBox, lines: &[TextLine]) -> Size {
    if own.is_new() {
        return Size { width: NEW_SIZE, height: NEW_SIZE };
    }
    let name = font::width(&clipped(&own.name), NAME_SIZE);
    let width = lines.iter().map(TextLine::width).fold(name, f64::max) + 2.0 * PAD_X;
    let height = NAME_LINE + SMALL_LINE * lines.len() as f64 + 2.0 * PAD_Y;
    Size { width: width.max(64.0), height }
}

pub(super) fn draw(own: &StateBox, lines: &[TextLine], rect: &Rect) -> Markup {
    if own.is_new() {
        let (x, y) = (rect.left + rect.width / 2.0, rect.top + rect.height / 2.0);
        return html! {
            g class="state new" data-state=(clipped(&own.name)) {
                (tooltip(&own.tooltip))
                circle class="dot" cx=(px(x)) cy=(px(y)) r=(px(NEW_SIZE / 2.0)) {}
            }
        };
    }
    let middle = rect.left + rect.width / 2.0;
    let name_at = Point { x: middle, y: rect.top + PAD_Y + NAME_SIZE };
    html! {
        g class=(kinds(own)) data-state=(clipped(&own.name)) {
            (tooltip(&own.tooltip))
            path class="box" d=(outline(own, rect)) {}
            @if own.end { path class="inner" d=(outline(own, &grown(rect, -INNER))) {} }
            (text(&clipped(&own.name), "name", name_at, NAME_SIZE, Anchor::Middle))
            @for (at, line) in lines.iter().enumerate() {
                (draw_line(line, middle, name_at.y + 2.0 + SMALL_LINE * (at + 1) as f64))
            }
        }
    }
}

/// The shape of a state without anything in it.
pub(super) fn sample(own: &StateBox, rect: &Rect) -> Markup {
    html! {
        g class=(kinds(own)) {
            path class="box" d=(outline(own, rect)) {}
            @if own.end { path class="inner" d=(outline(own, &grown(rect, -INNER))) {} }
        }
    }
}

fn kinds(own: &StateBox) -> String {
    let kinds = [
        (own.rest, " rest"),
        (own.end, " end"),
        (own.error, " error"),
        (own.tone == Tone::Unseen, " unseen"),
        (own.here, " here"),
    ];
    kinds.iter().filter(|(is, _)| *is).fold("state".to_owned(), |class, (_, name)| class + name)
}

fn draw_line(line: &TextLine, middle: f64, y: f64) -> Markup {
    let mut x = middle - line.width() / 2.0;
    let flag = line.flag.then(|| {
        let pole = format!("M{} {}v-8h6l-2 2.5l2 2.5h-6", px(x), px(y));
        x += FLAG_WIDTH;
        pole
    });
    let spans: Vec<Markup> = line
        .spans
        .iter()
        .map(|span| {
            let at = Point { x, y };
            x += font::width(&span.text, SMALL_SIZE) + BETWEEN;
            let drawn = text(&span.text, &span.class, at, SMALL_SIZE, Anchor::Start);
            match &span.tooltip {
                Some(told) => html! { g { (tooltip(told)) (drawn) } },
                None => drawn,
            }
        })
        .collect();
    html! {
        @if let Some(flag) = flag { path class="flag" d=(flag) {} }
        @for span in spans { (span) }
    }
}

fn grown(rect: &Rect, by: f64) -> Rect {
    Rect {
        left: rect.left - by,
        top: rect.top - by,
        width: rect.width + 2.0 * by,
        height: rect.height + 2.0 * by,
    }
}

/// Error states have cut corners, rest states round ends, end states sharp corners.
fn outline(own: &StateBox, rect: &Rect) -> String {
    let (left, top) = (rect.left, rect.top);
    let (right, bottom) = (left + rect.width, top + rect.height);
    let (corner, round) = match (own.error, own.end, own.rest) {
        (true, ..) => (CUT.min(rect.height / 3.0), false),
        (_, true, _) => (0.0, false),
        (_, _, true) => ((rect.height / 2.0).min(15.0), true),
        _ => (ROUND, true),
    };
    let corners = [
        (right - corner, top, right, top + corner),
        (right, bottom - corner, right - corner, bottom),
        (left + corner, bottom, left, bottom - corner),
        (left, top + corner, left + corner, top),
    ];
    let mut path = format!("M{} {}", px(left + corner), px(top));
    for (x, y, next_x, next_y) in corners {
        // Writing to a String cannot fail.
        let _ = write!(path, "L{} {}", px(x), px(y));
        let _ = match round {
            true => write!(path, "A{0} {0} 0 0 1 {1} {2}", px(corner), px(next_x), px(next_y)),
            false => write!(path, "L{} {}", px(next_x), px(next_y)),
        };
    }
    path.push('Z');
    path
}
