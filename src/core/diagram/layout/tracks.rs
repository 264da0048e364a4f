//! Where edges go sideways between two layers.

use super::Spacing;

/// A link that goes sideways between two layers.
#[derive(Clone, Copy, Debug)]
struct Run {
    link: usize,
    from: f64,
    to: f64,
    /// Nearer than this, two upright lines look like one.
    close: f64,
}

/// The runs between two layers, and the track of each.
pub(super) struct Tracks {
    runs: Vec<(Run, usize)>,
    /// Above the tracks, and below them.
    stubs: [f64; 2],
    track_gap: f64,
    /// How thick a track is.
    pen: f64,
}

impl Tracks {
    /// The runs into a layer from the one above.
    pub(super) fn new(
        lanes: &[Vec<(usize, f64)>],
        below: usize,
        ends_up: &dyn Fn(usize) -> bool,
        spacing: &Spacing,
    ) -> Self {
        let close = spacing.close;
        let mut runs: Vec<Run> = Vec::new();
        for (link, lane) in lanes.iter().enumerate() {
            for pair in lane.windows(2) {
                let ((above, from), (at, to)) = (pair[0], pair[1]);
                if (above + 1, at) == (below, below) && from != to {
                    runs.push(Run { link, from, to, close });
                }
            }
        }
        order_runs(&mut runs);
        let mut tracks: Vec<(Run, usize)> = Vec::with_capacity(runs.len());
        for run in runs {
            let above = tracks.iter().filter(|(other, _)| other.disturbs(&run));
            let track = above.map(|(_, track)| track + 1).max().unwrap_or(0);
            tracks.push((run, track));
        }
        let pen = if spacing.whole { 1.0 } else { 0.0 };
        let stubs = stubs(lanes, below, ends_up, spacing);
        Self { runs: tracks, stubs, track_gap: spacing.track_gap, pen }
    }

    pub(super) fn height(&self) -> f64 {
        let last = self.runs.iter().map(|(_, track)| *track).max();
        let tracks = last.map_or(0.0, |last| last as f64 * self.track_gap + self.pen);
        (self.stubs[0] + tracks + self.stubs[1]).max(self.pen)
    }

    /// How far below the upper layer a link goes sideways.
    pub(super) fn depth(&self, link: usize) -> Option<f64> {
        let (_, track) = self.runs.iter().find(|(run, _)| run.link == link)?;
        Some(self.stubs[0] + *track as f64 * self.track_gap)
    }
}

/// The room above and below the tracks between two layers.
fn stubs(
    lanes: &[Vec<(usize, f64)>],
    below: usize,
    ends_up: &dyn Fn(usize) -> bool,
    spacing: &Spacing,
) -> [f64; 2] {
    if !spacing.whole {
        return [spacing.stub; 2];
    }
    let ends = |link: usize, lane: &[(usize, f64)]| match ends_up(link) {
        true => lane.first().is_some_and(|(layer, _)| layer + 1 == below),
        false => lane.last().is_some_and(|(layer, _)| *layer == below),
    };
    [true, false].map(|up| {
        let mut lanes = lanes.iter().enumerate();
        let has = lanes.any(|(link, lane)| ends_up(link) == up && ends(link, lane));
        if has { spacing.stub } else { 0.0 }
    })
}

impl Run {
    fn spans(&self, x: f64) -> bool {
        self.from.min(self.to) - self.close < x && x < self.from.max(self.to) + self.close
    }

    /// Whether the two may not share a track.
    fn disturbs(&self, other: &Self) -> bool {
        self.spans(other.from) || self.spans(other.to) || other.spans(self.from)
    }

    /// How bad it looks if this run is above the other: how often they cross, and much worse, whether they
    /// cover each other.
    fn cost_above(&self, other: &Self) -> u32 {
        let covers = (self.to - other.from).abs() < self.close;
        u32::from(self.spans(other.from)) + u32::from(other.spans(self.to)) + 50 * u32::from(covers)
    }
}

/// Puts runs in an order from top to bottom in which they cross as little as can be found by exchanging
/// neighbours.
fn order_runs(runs: &mut [Run]) {
    let right = |run: &Run| run.to > run.from;
    runs.sort_by(|a, b| match (right(a), right(b)) {
        (true, true) => b.from.total_cmp(&a.from),
        (false, false) => a.from.total_cmp(&b.from),
        (a, b) => b.cmp(&a),
    });
    for _ in 0..runs.len() {
        let mut changed = false;
        for at in 1..runs.len() {
            let (above, below) = (runs[at - 1], runs[at]);
            if below.cost_above(&above) < above.cost_above(&below) {
                runs.swap(at - 1, at);
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    for at in 0..runs.len() {
        move_run(runs, at);
    }
}

/// Moves a run to where it does better among all others; exchanging neighbours does not lead it past those that
/// it has nothing to do with.
fn move_run(runs: &mut [Run], at: usize) {
    let own = runs[at];
    let gain = |other: &Run| i64::from(other.cost_above(&own)) - i64::from(own.cost_above(other));
    let (mut best, mut most, mut sum) = (at, 0, 0);
    for (place, other) in runs.iter().enumerate().take(at).rev() {
        sum += gain(other);
        if sum > most {
            (best, most) = (place, sum);
        }
    }
    sum = 0;
    for (place, other) in runs.iter().enumerate().skip(at + 1) {
        sum -= gain(other);
        if sum > most {
            (best, most) = (place, sum);
        }
    }
    match best < at {
        true => runs[best..=at].rotate_right(1),
        false => runs[at..=best].rotate_left(1),
    }
}
