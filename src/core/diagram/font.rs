//! The font that text is measured for and that PNGs are drawn with. It ships with the package: Liberation
//! Sans has the widths of Arial and Helvetica, so that what was measured here fits in any browser.
//!
//! Measuring needs no more of it than how wide its letters are. That is a table, of a hundredth of the size.

/// Liberation Sans Regular 2.1.5, SIL Open Font License 1.1; see `font/LICENSE`.
#[cfg(any(feature = "draw", test))]
pub(super) const DATA: &[u8] = include_bytes!("font/LiberationSans-Regular.ttf");

pub(super) const FAMILY: &str = "Liberation Sans";

/// How wide its letters are, in rising order: for each run of letters the first one, in four bytes, how many there are,
/// in two, and then their widths in font units, in two each; the least byte first.
const WIDTHS: &[u8] = include_bytes!("font/widths.bin");

/// Font units to the size of the font.
const UNITS: i64 = 2048;

/// How wide a line is, in pixels, at a size in pixels. Letters that the font lacks count as wide.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(|letter| advance(letter).map_or(size, |units| scaled(units, size))).sum()
}

fn advance(letter: char) -> Option<u16> {
    let mut rest = WIDTHS;
    loop {
        let (head, runs) = rest.split_first_chunk::<6>()?;
        let [a, b, c, d, low, high] = *head;
        let first = u32::from_le_bytes([a, b, c, d]);
        let (run, after) =
            runs.split_at_checked(2 * usize::from(u16::from_le_bytes([low, high])))?;
        let at = usize::try_from(u32::from(letter).checked_sub(first)?).ok()?;
        if let Some(units) = run.get(2 * at..2 * at + 2) {
            return Some(u16::from_le_bytes([units[0], units[1]]));
        }
        rest = after;
    }
}

/// Font units in pixels, rounded as font libraries do it: to whole 65,536ths.
fn scaled(units: u16, size: f64) -> f64 {
    let scale = (((size as f32 * 64.0) as i64) << 16) + UNITS / 2;
    let bits = (scale / UNITS * i64::from(units) + 32) / 64;
    bits as f64 / 65_536.0
}

#[cfg(test)]
mod tests {
    use skrifa::{
        FontRef, MetadataProvider,
        instance::{LocationRef, Size},
    };

    use super::*;

    fn table(font: &FontRef<'_>) -> Vec<u8> {
        let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
        let mut letters: Vec<(u32, u16)> = font
            .charmap()
            .mappings()
            .filter_map(|(letter, glyph)| {
                char::from_u32(letter)?;
                Some((letter, metrics.advance_width(glyph)? as u16))
            })
            .collect();
        letters.sort_unstable();
        letters.dedup();
        let mut table = Vec::new();
        for run in letters.chunk_by(|a, b| a.0 + 1 == b.0) {
            table.extend(run[0].0.to_le_bytes());
            table.extend(u16::try_from(run.len()).unwrap().to_le_bytes());
            run.iter().for_each(|(_, units)| table.extend(units.to_le_bytes()));
        }
        table
    }

    /// `UPDATE=1` writes the table.
    #[test]
    fn the_table_has_the_widths_of_the_font() {
        let font = FontRef::new(DATA).unwrap();
        let table = table(&font);
        if std::env::var_os("UPDATE").is_some() {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/diagram/font/widths.bin");
            return std::fs::write(path, table).unwrap();
        }
        assert!(WIDTHS == table, "run it with UPDATE=1");
        for size in [10.0, 11.0, 12.0, 13.0, 14.5, 20.0] {
            let metrics = font.glyph_metrics(Size::new(size as f32), LocationRef::default());
            for letter in (0..0x1_1000).filter_map(char::from_u32) {
                let glyph = font.charmap().map(letter);
                let wanted = glyph.and_then(|glyph| metrics.advance_width(glyph));
                let wanted = wanted.map_or(size, f64::from);
                assert_eq!(width(&letter.to_string(), size), wanted, "{letter:?} at {size}");
            }
        }
    }
}
