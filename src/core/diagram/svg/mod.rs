//! A picture as SVG: shapes and colours by class, light and dark by `prefers-color-scheme`, text as text,
//! tooltips as `<title>`, no script.

mod boxes;
mod edges;
mod foot;

use maud::{Markup, PreEscaped, html};

use super::{
    font,
    layout::{Link, Point, Spacing, layout},
    picture::Picture,
    words::clipped,
};
use crate::shown::harmless;

const STYLE: &str = include_str!("style.css");

const MARGIN: f64 = 20.0;
const TITLE_SIZE: f64 = 18.0;
const NAME_SIZE: f64 = 13.0;
const NAME_LINE: f64 = 17.0;
const SMALL_SIZE: f64 = 10.5;
const SMALL_LINE: f64 = 14.0;
const HEAD: f64 = 34.0;

/// Draws a picture.
pub(super) fn write(picture: &Picture<'_>) -> String {
    let lines: Vec<_> = picture.boxes.iter().map(|own| boxes::lines(picture, own)).collect();
    let sizes: Vec<_> =
        picture.boxes.iter().zip(&lines).map(|(own, lines)| boxes::size(own, lines)).collect();
    let link = |edge: &super::picture::DrawnEdge| Link {
        from: edge.from,
        to: edge.to,
        label: edges::label_size(edge),
        weight: if edge.again || edge.skips { 1 } else { 6 },
    };
    let links: Vec<Link> = picture.edges.iter().map(link).collect();
    let order: Vec<u16> = picture.lifecycle.states().iter().map(|state| state.rank).collect();
    let placed = layout(&sizes, &links, &order, &Spacing::PIXELS);

    let (title, entity) = (clipped(picture.lifecycle.title()), clipped(picture.lifecycle.entity()));
    let entity_left = MARGIN + font::width(&title, TITLE_SIZE) + 12.0;
    let head = entity_left + font::width(&entity, SMALL_SIZE) - MARGIN;
    let foot = foot::foot(picture, placed.size.width.max(head));
    let width = placed.size.width.max(head).max(foot.size.width) + 2.0 * MARGIN;
    let top = MARGIN + HEAD;
    let foot_top = top + placed.size.height + 2.0 * MARGIN;
    let height = foot_top + foot.size.height + MARGIN;
    let left = (width - placed.size.width) / 2.0;
    let baseline = MARGIN + TITLE_SIZE - 2.0;
    let fonts = format!("'{}', Arial, Helvetica, sans-serif", font::FAMILY);
    // Whole pixels: a PNG has no others.
    let (width, height) = (px(width.ceil()), px(height.ceil()));
    let svg = html! {
        svg xmlns="http://www.w3.org/2000/svg" class="mediafold" width=(width) height=(height)
            viewBox=(format!("0 0 {width} {height}")) font-family=(fonts) {
            title { (title) " (" (entity) ")" }
            style { (PreEscaped(STYLE)) }
            rect class="page" width=(width) height=(height) {}
            (text(&title, "head", Point { x: MARGIN, y: baseline }, TITLE_SIZE, Anchor::Start))
            (text(&entity, "quiet", Point { x: entity_left, y: baseline }, SMALL_SIZE, Anchor::Start))
            g transform=(format!("translate({} {})", px(left), px(top))) {
                @for (edge, (points, label)) in picture.edges.iter().zip(&placed.routes) {
                    (edges::draw(picture, edge, points, label.as_ref()))
                }
                @for ((own, lines), rect) in picture.boxes.iter().zip(&lines).zip(&placed.boxes) {
                    (boxes::draw(own, lines, rect))
                }
            }
            g class="foot" transform=(format!("translate({} {})", px(MARGIN), px(foot_top))) {
                (foot.drawn)
            }
        }
    };
    let mut svg = svg.into_string();
    svg.push('\n');
    svg
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Anchor {
    Start,
    Middle,
}

/// A line of text as wide as it was measured, whatever font the reader has.
fn text(text: &str, class: &str, at: Point, size: f64, anchor: Anchor) -> Markup {
    let anchor = (anchor == Anchor::Middle).then_some("middle");
    html! {
        text class=(class) x=(px(at.x)) y=(px(at.y)) font-size=(size) text-anchor=[anchor]
            textLength=(px(font::width(text, size))) { (text) }
    }
}

/// A tooltip. Its lines are lines, so only what is within them is cleaned.
fn tooltip(text: &str) -> Markup {
    let lines: Vec<String> = text.lines().map(harmless).collect();
    html! { title { (lines.join("\n")) } }
}

/// A length in pixels, to hundredths.
fn px(length: f64) -> String {
    let text = format!("{length:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}
