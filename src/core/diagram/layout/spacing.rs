//! How far apart things are.

/// What sums of places may be off by.
const TINY: f64 = 1e-6;

/// Distances in the unit of the sizes that the layout is given.
#[derive(Clone, Copy, Debug)]
pub(in crate::diagram) struct Spacing {
    /// Between the sides of neighbours in a layer: of two boxes.
    pub(super) box_gap: f64,
    /// And where one of them is an edge.
    pub(super) edge_gap: f64,
    /// Between the ends of edges on one side of a box.
    pub(super) port_gap: f64,
    /// From the end of an edge to the corner of its box.
    pub(super) port_inset: f64,
    /// An edge goes straight down for this long before it meets a layer and after it leaves one.
    pub(super) stub: f64,
    /// Between edges that go sideways above each other.
    pub(super) track_gap: f64,
    /// Nearer than this, two upright lines look like one.
    pub(super) close: f64,
    /// Boxes of one way that are this near to one line are put there.
    pub(super) align_max: f64,
    /// An edge that ends this near to straight below its box is moved there.
    pub(super) jog_max: f64,
    /// Everything is in cells of size 1: boxes and labels fill cells, lines run through their middles, and a stub is
    /// only where an edge ends. Sizes must be whole, and widths odd, so that all have a cell in their middle.
    pub(super) whole: bool,
}

impl Spacing {
    /// Pixels of a picture.
    pub(in crate::diagram) const PIXELS: Self = Self {
        box_gap: 26.0,
        edge_gap: 14.0,
        port_gap: 13.0,
        port_inset: 12.0,
        stub: 16.0,
        track_gap: 7.0,
        close: 4.0,
        align_max: 70.0,
        jog_max: 160.0,
        whole: false,
    };

    /// Characters of a terminal.
    pub(in crate::diagram) const CHARACTERS: Self = Self {
        box_gap: 3.0,
        edge_gap: 2.0,
        port_gap: 2.0,
        port_inset: 1.5,
        stub: 1.0,
        track_gap: 1.0,
        close: 2.0,
        align_max: 10.0,
        jog_max: 20.0,
        whole: true,
    };

    /// Where the cell of a place begins.
    pub(super) fn edge(&self, place: f64) -> f64 {
        if self.whole { (place + TINY).floor() } else { place }
    }

    /// Where the cell of a place has its middle.
    pub(super) fn middle(&self, place: f64) -> f64 {
        if self.whole { (place + TINY).floor() + 0.5 } else { place }
    }
}
