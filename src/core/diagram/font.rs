//! The font that text is measured with and that PNGs are drawn with. It ships with the package: Liberation
//! Sans has the widths of Arial and Helvetica, so that what was measured here fits in any browser.

use skrifa::{
    FontRef, MetadataProvider,
    instance::{LocationRef, Size},
};

/// Liberation Sans Regular 2.1.5, SIL Open Font License 1.1; see `font/LICENSE`.
pub(super) const DATA: &[u8] = include_bytes!("font/LiberationSans-Regular.ttf");

pub(super) const FAMILY: &str = "Liberation Sans";

/// How wide a line is, in pixels, at a size in pixels. Letters that the font lacks count as wide.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let Ok(font) = FontRef::new(DATA) else { return text.chars().count() as f64 * size };
    let (letters, metrics) =
        (font.charmap(), font.glyph_metrics(Size::new(size as f32), LocationRef::default()));
    let advance = |letter| metrics.advance_width(letters.map(letter)?).map(f64::from);
    text.chars().map(|letter| advance(letter).unwrap_or(size)).sum()
}
