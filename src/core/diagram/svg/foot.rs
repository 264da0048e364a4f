//! What stands below a picture: notes, and what looks mean.

use maud::{Markup, html};

use super::{Anchor, SMALL_LINE, SMALL_SIZE, boxes, px, text};
use crate::diagram::{
    font,
    layout::{Point, Rect, Size},
    picture::{Appearance, Picture, StateBox, Tone},
};
use crate::shown::harmless;

/// How far the lines of a note after its first are indented.
const INDENT: f64 = 12.0;
/// Notes are broken into lines of at least this width.
const WIDTH_MIN: f64 = 420.0;
const SAMPLE_WIDTH: f64 = 26.0;
const SAMPLE_GAP: f64 = 7.0;
const BETWEEN: f64 = 18.0;
const ROW: f64 = 19.0;

pub(super) struct Foot {
    pub(super) drawn: Markup,
    pub(super) size: Size,
}

/// What is shown of a look, and what it means.
enum LegendSample {
    Shape(StateBox),
    Edge(&'static str),
}

pub(super) fn foot(picture: &Picture<'_>, width: f64) -> Foot {
    let width = width.max(WIDTH_MIN);
    let mut drawn = Vec::new();
    let (mut x, mut y, mut widest): (f64, f64, f64) = (0.0, 0.0, 0.0);
    for (look, told) in picture.looks() {
        let need = SAMPLE_WIDTH + SAMPLE_GAP + font::width(told, SMALL_SIZE);
        if x > 0.0 && x + need > width {
            (x, y) = (0.0, y + ROW);
        }
        drawn.push(draw(&sample(look), told, x, y));
        x += need + BETWEEN;
        widest = widest.max(x - BETWEEN);
    }
    y += ROW + 6.0;
    for (x, line) in picture.notes.iter().flat_map(|note| wrapped(&harmless(note), width)) {
        widest = widest.max(x + font::width(&line, SMALL_SIZE));
        drawn.push(text(&line, "note", Point { x, y }, SMALL_SIZE, Anchor::Start));
        y += SMALL_LINE + 1.0;
    }
    let drawn = html! { @for part in drawn { (part) } };
    Foot { drawn, size: Size { width: widest, height: y - SMALL_LINE } }
}

fn sample(look: Appearance) -> LegendSample {
    let shape = |rest, end, error| {
        LegendSample::Shape(StateBox { rest, end, error, ..StateBox::default() })
    };
    match look {
        Appearance::Rest => shape(true, false, false),
        Appearance::End => shape(false, true, false),
        Appearance::Error => shape(false, false, true),
        Appearance::Again => LegendSample::Edge("again"),
        Appearance::Listed => LegendSample::Edge("listed"),
        Appearance::Tone(Tone::Plain | Tone::Seen) => LegendSample::Edge("forward"),
        Appearance::Tone(Tone::Unseen) => LegendSample::Edge("forward unseen"),
        Appearance::Tone(Tone::Inferred) => LegendSample::Edge("forward inferred"),
        Appearance::Tone(Tone::Undefined) => LegendSample::Edge("undefined"),
    }
}

fn draw(sample: &LegendSample, told: &str, x: f64, y: f64) -> Markup {
    let middle = y - SMALL_SIZE * 0.35;
    let at = Point { x: x + SAMPLE_WIDTH + SAMPLE_GAP, y };
    let told = text(told, "quiet", at, SMALL_SIZE, Anchor::Start);
    match sample {
        LegendSample::Shape(own) => {
            let rect = Rect { left: x, top: middle - 7.0, width: SAMPLE_WIDTH, height: 14.0 };
            html! { g class="sample" { (boxes::sample(own, &rect)) (told) } }
        }
        LegendSample::Edge("listed") => {
            let at = Point { x: x + SAMPLE_WIDTH / 2.0, y };
            html! { g class="sample" { (text("→", "quiet", at, SMALL_SIZE, Anchor::Middle)) (told) } }
        }
        LegendSample::Edge(class) => {
            let tip = x + SAMPLE_WIDTH;
            let line = format!("M{} {}H{}", px(x), px(middle), px(tip));
            let (base, high, low) = (tip - 8.0, middle - 4.0, middle + 4.0);
            let arrow = format!(
                "M{} {}L{} {}L{} {}Z",
                px(tip),
                px(middle),
                px(base),
                px(high),
                px(base),
                px(low)
            );
            html! {
                g class=(format!("sample {class}")) {
                    path class="line" stroke-width="1.6" d=(line) {}
                    path class="arrow" d=(arrow) {}
                    (told)
                }
            }
        }
    }
}

/// Breaks a sentence between words: the lines, and where each begins.
fn wrapped(text: &str, width: f64) -> Vec<(f64, String)> {
    let mut lines = vec![(0.0, String::new())];
    for word in text.split(' ') {
        let last = lines.len() - 1;
        let (x, line) = &mut lines[last];
        let longer = format!("{line} {word}");
        match line.is_empty() {
            true => line.push_str(word),
            false if *x + font::width(&longer, SMALL_SIZE) <= width => *line = longer,
            false => lines.push((INDENT, word.to_owned())),
        }
    }
    lines
}
