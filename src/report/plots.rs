//! Plots as SVG: no script, labels as text, and a title on each mark for whoever points at it.

use maud::{Markup, html};

use super::{
    Activity,
    text::{counted, duration, grouped, moment, moment_text, percent, share},
};
use crate::{
    bulk::{Dwell, Lateness},
    time::Timestamp,
};

/// A bar for a cell of a table, as long as its share from 0 to 1.
pub(super) fn bar(share: f64, class: &str) -> Markup {
    let width = match share * 100.0 {
        // What is not nothing is seen.
        width if width > 0.0 => width.max(1.0),
        _ => 0.0,
    };
    html! {
        svg.bar viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" {
            rect.track width="100" height="6" {}
            rect.(class) width=(format!("{width:.2}")) height="6" {}
        }
    }
}

/// The names of the ranges of [`Lateness`].
fn range_names(lateness: &Lateness) -> Vec<String> {
    let mut names = Vec::new();
    let mut from = None;
    for (below, _) in lateness.ranges() {
        names.push(match (from, below) {
            (None, Some(below)) => format!("<{}", duration(below)),
            (Some(from), Some(below)) => format!("{}–{}", duration(from), duration(below)),
            (from, None) => format!(">{}", from.map(duration).unwrap_or_default()),
        });
        from = below;
    }
    names
}

/// How late the late events were: a row for each range.
pub(super) fn lateness(lateness: &Lateness) -> Markup {
    const ROW: usize = 17;
    let names = range_names(lateness);
    let total: u64 = lateness.ranges().map(|(_, count)| count).sum();
    let most = lateness.ranges().map(|(_, count)| count).max().unwrap_or(0).max(1);
    let height = names.len() * ROW;
    html! {
        svg.plot viewBox={ "0 0 360 " (height) } role="img" aria-label="How late the late events were" {
            @for (at, ((_, count), name)) in lateness.ranges().zip(&names).enumerate() {
                @let y = at * ROW;
                @let width = 170.0 * count as f64 / most as f64;
                g {
                    title { (name) " late: " (grouped(count)) " of " (grouped(total)) " (" (percent(count, total)) ")" }
                    text.label x="62" y=(y + 12) text-anchor="end" { (name) }
                    line.axis x1="70" x2="240" y1=(y + 8) y2=(y + 8) {}
                    @if count > 0 {
                        rect.late x="70" y=(y + 3) width=(format!("{:.1}", width.max(1.5))) height="11" {}
                    }
                    @if count > 0 {
                        text.value x="304" y=(y + 12) text-anchor="end" { (grouped(count)) }
                        text.label x="360" y=(y + 12) text-anchor="end" { (percent(count, total)) }
                    }
                }
            }
        }
    }
}

/// Events over time, and below them errors and warnings, each on a scale of its own.
pub(super) fn activity(activity: &Activity) -> Markup {
    const WIDTH: f64 = 720.0;
    let most = |counts: &[u64]| counts.iter().copied().max().unwrap_or(0);
    let (events, grave) = (most(&activity.events), most(&activity.grave));
    let step = WIDTH / activity.events.len().max(1) as f64;
    let width = format!("{:.2}", (step * 0.86).min(26.0));
    let begin = |at: usize| Timestamp::from_nanos(activity.begin + activity.step * at as i64);
    html! {
        div.ends.dim {
            span { "up to " (counted(events as usize, "event", "events")) " in " (duration(std::time::Duration::from_nanos(activity.step as u64))) }
            @if grave > 0 {
                span.error { "below: up to " (counted(grave as usize, "error or warning", "errors and warnings")) }
            }
        }
        svg.plot.activity viewBox="0 0 720 116" preserveAspectRatio="none" role="img" aria-label="Events over time, and errors and warnings" {
            @for (at, (count, bad)) in activity.events.iter().zip(&activity.grave).enumerate() {
                @let x = format!("{:.2}", step * at as f64);
                g {
                    title {
                        (moment_text(begin(at))) ": " (counted(*count as usize, "event", "events")) ", "
                        (counted(*bad as usize, "error or warning", "errors and warnings"))
                    }
                    rect.hover x=(x) y="0" width=(format!("{step:.2}")) height="116" {}
                    @if *count > 0 {
                        @let height = (80.0 * share(*count, events)).max(1.0);
                        rect.event x=(x) y=(format!("{:.1}", 80.0 - height)) width=(width) height=(format!("{height:.1}")) {}
                    }
                    @if *bad > 0 {
                        rect.error x=(x) y="84" width=(width) height=(format!("{:.1}", (32.0 * share(*bad, grave)).max(2.0))) {}
                    }
                }
            }
            line.axis x1="0" x2="720" y1="82" y2="82" {}
        }
        @if let Some((first, last)) = activity.period {
            div.ends.dim { span { (moment(first)) } span { (moment(last)) } }
        }
    }
}

/// The scale of a table's dwell plots: logarithmic, the same for each row.
pub(super) struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    /// A scale on which all of these nanoseconds have a place.
    pub(super) fn new(nanos: impl Iterator<Item = u64>) -> Self {
        let (low, high) = nanos
            .map(log)
            .fold((f64::MAX, f64::MIN), |(low, high), at| (low.min(at), high.max(at)));
        Self { low, high: high.max(low + 1.0) }
    }

    fn x(&self, nanos: u64) -> f64 {
        4.0 + 152.0 * ((log(nanos) - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }
}

/// Milliseconds are the shortest that is told apart.
fn log(nanos: u64) -> f64 {
    (nanos.max(1_000_000) as f64).log10()
}

/// From the median to 95 of 100 thick, on to the longest thin; a mark at the longest that is normal.
pub(super) fn dwell(scale: &Scale, dwell: Option<Dwell>, normal: Option<u64>) -> Markup {
    let at = |x: f64| format!("{x:.1}");
    html! {
        svg.dwell viewBox="0 0 160 14" aria-hidden="true" {
            line.axis x1="4" x2="156" y1="7" y2="7" {}
            @if let Some(Dwell { p50, p95, max, .. }) = dwell {
                @let (from, to, end) = (scale.x(p50), scale.x(p95), scale.x(max));
                @let over = normal.is_some_and(|normal| max > normal);
                line.thin x1=(at(from)) x2=(at(end)) y1="7" y2="7" {}
                rect.thick x=(at(from)) y="4" width=(at((to - from).max(2.0))) height="6" {}
                circle.end.over[over] cx=(at(end)) cy="7" r="2.5" {}
            }
            @if let Some(normal) = normal {
                @let x = at(scale.x(normal));
                line.normal x1=(x) x2=(x) y1="0" y2="14" {}
            }
        }
    }
}
