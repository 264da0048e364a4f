//! Lifecycles as diagrams: text in, one format a file, the same bytes every time.
//!
//! Deliberately not here: layout. Mermaid and Graphviz have their own.

mod dot;
mod machine;
mod mermaid;
mod scxml;
mod xstate;

use self::machine::Machine;
use crate::lifecycle::Lifecycle;

/// What a diagram is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DiagramFormat {
    /// Mermaid's `stateDiagram-v2`, which Markdown hosts draw.
    Mermaid,
    /// Graphviz.
    Dot,
    /// XState 5: JSON for `createMachine`. It is in the state of the fold after every event; the end stops it.
    XState,
    /// SCXML of the W3C: the same machine. What SCXML has no word for is in the namespace `urn:mediafold`.
    Scxml,
}

/// Draws a lifecycle: states with their kinds of rest and end, transitions forward and back, flags.
pub fn diagram(lifecycle: &Lifecycle, format: DiagramFormat) -> String {
    let picture = Picture::new(lifecycle);
    match format {
        DiagramFormat::Mermaid => mermaid::write(&picture),
        DiagramFormat::Dot => dot::write(&picture),
        DiagramFormat::XState => xstate::write(&Machine::new(lifecycle)),
        DiagramFormat::Scxml => scxml::write(&Machine::new(lifecycle)),
    }
}

/// What every format draws: transitions between the same two states share one edge.
struct Picture<'l> {
    lifecycle: &'l Lifecycle,
    edges: Vec<Edge<'l>>,
    /// A line for each flag: its name and the events that set it.
    flags: Vec<String>,
}

struct Edge<'l> {
    from: usize,
    to: usize,
    again: bool,
    /// One line each, in the order of the definition.
    labels: Vec<String>,
    /// The event kinds in full, for tooltips.
    kinds: Vec<&'l str>,
}

impl<'l> Picture<'l> {
    fn new(lifecycle: &'l Lifecycle) -> Self {
        let mut edges: Vec<Edge<'l>> = Vec::new();
        let prefix_len = common_prefix_len(lifecycle);
        for step in lifecycle.transitions() {
            let (set, clear) = lifecycle.flag_changes(step);
            // What stays would be a loop at every state; the flags that it sets are listed apart.
            if step.from == step.to {
                continue;
            }
            let kind = lifecycle.kind_name(step.kind);
            let set = set.iter().map(|flag| format!(" +{flag}"));
            let clear = clear.iter().map(|flag| format!(" -{flag}"));
            let label =
                set.chain(clear).fold(kind[prefix_len..].to_owned(), |label, flag| label + &flag);
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
        Self { lifecycle, edges, flags: flags(lifecycle, prefix_len) }
    }
}

fn flags(lifecycle: &Lifecycle, prefix_len: usize) -> Vec<String> {
    let setters = |flag: &str| {
        let mut kinds: Vec<&str> = Vec::new();
        for step in lifecycle.transitions() {
            let kind = &lifecycle.kind_name(step.kind)[prefix_len..];
            if lifecycle.flag_changes(step).0.contains(&flag) && !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        kinds.join(", ")
    };
    lifecycle.flags().iter().map(|flag| format!("{}: {}", flag.name, setters(&flag.name))).collect()
}

/// What all event kinds of a lifecycle begin with, up to a dot: it would only fill the picture.
fn common_prefix_len(lifecycle: &Lifecycle) -> usize {
    let mut names = lifecycle.kinds().map(|(_, name)| name);
    let Some(first) = names.next() else { return 0 };
    let common = names.fold(first.len(), |len, name| {
        first.bytes().zip(name.bytes()).take(len).take_while(|(a, b)| a == b).count()
    });
    first.as_bytes()[..common].iter().rposition(|byte| *byte == b'.').map_or(0, |dot| dot + 1)
}
