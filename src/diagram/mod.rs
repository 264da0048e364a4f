//! Lifecycles as diagrams: text in, one format a file, the same bytes every time.
//!
//! Deliberately not here: layout. Mermaid and Graphviz have their own.

mod dot;
mod mermaid;

use crate::lifecycle::Lifecycle;

/// What a diagram is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DiagramFormat {
    /// Mermaid's `stateDiagram-v2`, which Markdown hosts draw.
    Mermaid,
    /// Graphviz.
    Dot,
}

/// Draws a lifecycle: states with their kinds of rest and end, transitions forward and back, flags.
pub fn diagram(lifecycle: &Lifecycle, format: DiagramFormat) -> String {
    let picture = Picture::new(lifecycle);
    match format {
        DiagramFormat::Mermaid => mermaid::write(&picture),
        DiagramFormat::Dot => dot::write(&picture),
    }
}

/// What every format draws: transitions between the same two states share one edge.
struct Picture<'l> {
    lifecycle: &'l Lifecycle,
    edges: Vec<Edge<'l>>,
}

struct Edge<'l> {
    from: usize,
    to: usize,
    again: bool,
    /// One line each, in the order of the definition.
    labels: Vec<String>,
    /// The first of the event kinds, for tooltips.
    kinds: Vec<&'l str>,
}

impl<'l> Picture<'l> {
    fn new(lifecycle: &'l Lifecycle) -> Self {
        let mut edges: Vec<Edge<'l>> = Vec::new();
        for step in lifecycle.transitions() {
            let (set, clear) = lifecycle.flag_changes(step);
            // Staying without a flag says nothing that a picture should show.
            if step.from == step.to && set.is_empty() && clear.is_empty() {
                continue;
            }
            let kind = lifecycle.kind_name(step.kind);
            let set = set.iter().map(|flag| format!(" +{flag}"));
            let clear = clear.iter().map(|flag| format!(" -{flag}"));
            let label =
                set.chain(clear).fold(short_kind(kind).to_owned(), |label, flag| label + &flag);
            let same = |edge: &&mut Edge<'l>| {
                edge.from == step.from && edge.to == step.to && edge.again == step.again
            };
            match edges.iter_mut().find(same) {
                Some(edge) => {
                    edge.labels.push(label);
                    edge.kinds.push(kind);
                }
                None => edges.push(Edge {
                    from: step.from,
                    to: step.to,
                    again: step.again,
                    labels: vec![label],
                    kinds: vec![kind],
                }),
            }
        }
        Self { lifecycle, edges }
    }
}

/// An event kind without what all kinds of a provider begin with.
fn short_kind(kind: &str) -> &str {
    kind.strip_prefix("video.").unwrap_or(kind)
}
