//! Lifecycles as diagrams, with what really happened on them: the same bytes every time.
//!
//! [`Diagram`] makes a picture (`picture`), paints what happened on it (`overlay`, `walk`) and writes it in one
//! format a file. Mermaid and Graphviz lay it out themselves; for the others `layout` does.

mod dot;
#[cfg(feature = "svg")]
mod font;
#[cfg(feature = "svg")]
mod layout;
mod machine;
mod mermaid;
mod overlay;
mod picture;
#[cfg(feature = "draw")]
mod png;
mod scxml;
#[cfg(feature = "svg")]
mod svg;
#[cfg(feature = "svg")]
mod text;
mod walk;
mod words;
mod xstate;

use self::{machine::Machine, picture::Picture};
use crate::{bulk::Observed, fold::Asset, lifecycle::Lifecycle};

/// A lifecycle to be drawn: states with their kinds of rest and end, transitions forward and back, flags.
///
/// ```
/// use mediafold_core::{Lifecycle, diagram::Diagram};
///
/// let upload = Lifecycle::builtin("fastpix/upload").expect("built in");
/// assert!(Diagram::new(upload).mermaid().contains("stateDiagram-v2"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Diagram<'a> {
    lifecycle: &'a Lifecycle,
    overlay: Overlay<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Overlay<'a> {
    Nothing,
    Observed(&'a Observed<'a>),
    Asset(&'a Asset),
}

/// Why a picture could not be drawn.
#[cfg(feature = "draw")]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot draw the picture: {0}")]
pub struct DrawError(String);

impl<'a> Diagram<'a> {
    /// The lifecycle alone.
    pub fn new(lifecycle: &'a Lifecycle) -> Self {
        Self { lifecycle, overlay: Overlay::Nothing }
    }

    /// The lifecycle of what was observed, with counts and shares of steps, assets and dwell times of states, what
    /// never happened and what should not have.
    pub fn observed(observed: &'a Observed<'a>) -> Self {
        Self { lifecycle: observed.lifecycle(), overlay: Overlay::Observed(observed) }
    }

    /// The lifecycle with the path of one of its assets: numbers and times of its steps, and what was illegal.
    ///
    /// # Panics
    /// The asset belongs to another lifecycle.
    pub fn asset(lifecycle: &'a Lifecycle, asset: &'a Asset) -> Self {
        asset.check(lifecycle);
        Self { lifecycle, overlay: Overlay::Asset(asset) }
    }

    /// As `stateDiagram-v2` of Mermaid, which Markdown hosts draw.
    pub fn mermaid(&self) -> String {
        mermaid::write(&self.picture())
    }

    /// For Graphviz.
    pub fn dot(&self) -> String {
        dot::write(&self.picture())
    }

    /// As SVG, in light or dark colours as the reader prefers.
    #[cfg(feature = "svg")]
    pub fn svg(&self) -> String {
        svg::write(&self.picture())
    }

    /// As PNG in light colours, with two pixels for each of the SVG; letters that Liberation Sans lacks are boxes.
    ///
    /// # Errors
    /// If the picture has no size, or is too large for the memory there is.
    #[cfg(feature = "draw")]
    pub fn png(&self) -> Result<Vec<u8>, DrawError> {
        png::write(&self.svg())
    }

    /// For a terminal: boxes and lines of characters, as wide as the lifecycle needs.
    #[cfg(feature = "svg")]
    pub fn text(&self) -> String {
        text::write(&self.picture())
    }

    /// The same in so many columns at most: what does not fit is drawn anew with more of its edges listed in the boxes
    /// in place of lines.
    ///
    /// # Errors
    /// How many columns the narrowest picture takes, if that is more.
    #[cfg(feature = "svg")]
    pub fn text_within(&self, columns: usize) -> Result<String, usize> {
        let mut narrowest = usize::MAX;
        for edges_max in [picture::EDGES_MAX, 3, 1, 0] {
            let text = text::write(&self.picture_with(edges_max));
            let wide = text.lines().map(text::width).max().unwrap_or(0);
            if wide <= columns {
                return Ok(text);
            }
            narrowest = narrowest.min(wide);
        }
        Err(narrowest)
    }

    /// The machine that the fold runs, as JSON for XState 5: for `createMachine`, without any code of its own. It is in
    /// the state of the fold after every event; the end stops it. What happened is not painted on it.
    pub fn xstate(&self) -> String {
        xstate::write(&Machine::new(self.lifecycle))
    }

    /// The same machine as SCXML of the W3C. What SCXML has no word for is in the namespace `urn:mediafold`.
    pub fn scxml(&self) -> String {
        scxml::write(&Machine::new(self.lifecycle))
    }

    fn picture(&self) -> Picture<'a> {
        self.picture_with(picture::EDGES_MAX)
    }

    fn picture_with(&self, edges_max: usize) -> Picture<'a> {
        let mut picture = Picture::new(self.lifecycle, edges_max);
        match self.overlay {
            Overlay::Nothing => {}
            Overlay::Observed(observed) => overlay::paint(&mut picture, observed),
            Overlay::Asset(asset) => walk::paint(&mut picture, asset),
        }
        picture
    }
}
