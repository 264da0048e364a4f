//! The seam to dagre: boxes and links in, layers from top to bottom out.

use std::collections::BTreeMap;

use dagre::{
    EdgeLabel, LayoutOptions, NodeLabel,
    graph::{Graph, GraphOptions},
    layout::types::LabelPos,
};

use super::{Down, Item, LayoutNode, Size, Spacing};

/// Lets dagre rank, order and place: what it gives are layers from top to bottom.
pub(super) fn layers(boxes: &[Size], links: &[Down], spacing: &Spacing) -> Vec<Vec<Item>> {
    let options = GraphOptions { directed: true, multigraph: true, compound: false };
    let mut graph: Graph<NodeLabel, EdgeLabel> = Graph::with_options(options);
    for (at, size) in boxes.iter().enumerate() {
        let node = NodeLabel { width: size.width, height: size.height, ..NodeLabel::default() };
        graph.set_node(at.to_string(), Some(node));
    }
    for (at, link) in links.iter().enumerate() {
        let Size { width, height } = link.label;
        let labelpos = LabelPos::Center;
        let weight = link.weight;
        let edge = EdgeLabel { width, height, labelpos, weight, ..EdgeLabel::default() };
        let (upper, lower) = (link.upper.to_string(), link.lower.to_string());
        graph.set_edge(upper, lower, Some(edge), Some(&at.to_string()));
    }
    let (nodesep, edgesep) = (spacing.box_gap, spacing.edge_gap);
    let options = LayoutOptions { nodesep, edgesep, ..LayoutOptions::default() };
    dagre::layout::layout(&mut graph, Some(options));
    // All that dagre puts in one layer has one y; thousandths tell layers apart.
    let mut layers: BTreeMap<i64, Vec<Item>> = BTreeMap::new();
    let mut put = |item: Item, y: f64| {
        layers.entry((y * 1000.0).round() as i64).or_default().push(item);
    };
    for (at, size) in boxes.iter().enumerate() {
        let Some(node) = graph.node(&at.to_string()) else { continue };
        let (x, y) = (node.x.unwrap_or_default(), node.y.unwrap_or_default());
        put(Item { what: LayoutNode::Box(at), x, width: size.width, height: size.height }, y);
    }
    for (at, link) in links.iter().enumerate() {
        let (upper, lower) = (link.upper.to_string(), link.lower.to_string());
        let Some(edge) = graph.edge(&upper, &lower, Some(&at.to_string())) else { continue };
        let inner = edge.points.len().saturating_sub(1);
        for point in edge.points.iter().take(inner).skip(1) {
            let labelled = link.label.width > 0.0 && edge.y == Some(point.y);
            let Size { width, height } = if labelled { link.label } else { Size::default() };
            put(Item { what: LayoutNode::Link(at), x: point.x, width, height }, point.y);
        }
    }
    layers.into_values().filter(|layer| layer.iter().any(|item| item.height > 0.0)).collect()
}
