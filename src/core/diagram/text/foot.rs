//! What stands below a picture: what looks mean, and notes.

use super::grid::width;
use crate::{
    diagram::picture::{Appearance, Picture, Tone},
    shown::harmless,
};

/// Notes and legends are broken into lines of this width, or of that of the picture if it is wider.
const WIDTH_MIN: usize = 76;

pub(super) fn foot(picture: &Picture<'_>, page: usize) -> Vec<String> {
    let page = page.max(WIDTH_MIN);
    let mut lines = legend(picture, page);
    lines.push(String::new());
    lines.extend(picture.notes.iter().flat_map(|note| wrapped(&harmless(note), page)));
    lines
}

fn legend(picture: &Picture<'_>, page: usize) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for (look, meaning) in picture.looks() {
        told.push(match sample(look) {
            "" => meaning.to_owned(),
            sample => format!("{sample} {meaning}"),
        });
    }
    let tells_unseen = picture.legend.iter().any(|(tone, _)| *tone == Tone::Unseen);
    if !tells_unseen && picture.edges.iter().any(|edge| edge.tone == Tone::Unseen) {
        told.push(format!("{} not taken", sample(Appearance::Tone(Tone::Unseen))));
    }
    if picture.boxes.iter().any(|own| own.here) {
        told.push("▶ ◀ here now".to_owned());
    }
    let mut lines: Vec<String> = Vec::new();
    for told in told {
        match lines.last_mut() {
            Some(line) if width(line) + 3 + width(&told) <= page => *line += &format!("   {told}"),
            _ => lines.push(told),
        }
    }
    lines
}

/// What is shown of a look.
fn sample(look: Appearance) -> &'static str {
    match look {
        Appearance::Rest => "( )",
        Appearance::End => "╔═╗",
        Appearance::Error => "!",
        Appearance::Again => "┄┄▷",
        Appearance::Listed => "→",
        Appearance::Tone(Tone::Plain | Tone::Seen) => "──▶",
        Appearance::Tone(Tone::Unseen) => "··▶",
        Appearance::Tone(Tone::Undefined) => "━━▶ ×",
        // The word for it stands at the edge.
        Appearance::Tone(Tone::Inferred) => "",
    }
}

/// Breaks a sentence between words.
fn wrapped(text: &str, page: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        if line.is_empty() {
            line.push_str(word);
        } else if width(&line) + 1 + width(word) <= page {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(std::mem::replace(&mut line, format!("  {word}")));
        }
    }
    lines.push(line);
    lines
}
