//! A picture as PNG: the SVG, drawn in light colours with the font that ships with the package.

use std::sync::Arc;

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree, fontdb::Database},
};

use super::{DrawError, font};

/// Pixels of the PNG for each of the SVG: sharp on dense screens.
const SCALE: f32 = 2.0;

/// No side of a PNG is longer, in pixels; a larger picture is drawn smaller.
const SIDE_MAX: f32 = 16_384.0;

pub(super) fn write(svg: &str) -> Result<Vec<u8>, DrawError> {
    let mut fonts = Database::new();
    fonts.load_font_data(font::DATA.to_vec());
    fonts.set_sans_serif_family(font::FAMILY);
    let options = Options {
        fontdb: Arc::new(fonts),
        font_family: font::FAMILY.to_owned(),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(|error| DrawError(error.to_string()))?;
    let (width, height) = (tree.size().width(), tree.size().height());
    let scale = SCALE.min(SIDE_MAX / width).min(SIDE_MAX / height);
    let side = |length: f32| (length * scale).ceil() as u32;
    let mut pixels = Pixmap::new(side(width), side(height))
        .ok_or_else(|| DrawError("the picture has no size".to_owned()))?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    encoded(&pixels).map_err(|error| DrawError(error.to_string()))
}

/// As an opaque picture: its ground covers all of it.
fn encoded(pixels: &Pixmap) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, pixels.width(), pixels.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    let mut colors = vec![0; pixels.data().len() / 4 * 3];
    for (color, pixel) in colors.chunks_exact_mut(3).zip(pixels.data().chunks_exact(4)) {
        color.copy_from_slice(&pixel[..3]);
    }
    writer.write_image_data(&colors)?;
    writer.finish()?;
    Ok(bytes)
}
