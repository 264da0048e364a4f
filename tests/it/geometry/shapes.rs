//! The shapes of a picture, read from its SVG.

use roxmltree::{Document, Node};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Rect {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

pub(crate) struct Drawn {
    pub(crate) canvas: Rect,
    pub(crate) boxes: Vec<StateBox>,
    pub(crate) edges: Vec<Edge>,
    pub(crate) texts: Vec<Rect>,
}

pub(crate) struct StateBox {
    pub(crate) name: String,
    pub(crate) rect: Rect,
    pub(crate) texts: Vec<Rect>,
    /// The states that its listed edges lead to.
    pub(crate) exits: Vec<String>,
}

pub(crate) struct Edge {
    pub(crate) name: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) line: Vec<Point>,
    pub(crate) tip: Point,
    pub(crate) label: Option<Rect>,
}

impl Edge {
    pub(crate) fn segments(&self) -> impl Iterator<Item = [Point; 2]> {
        self.line.windows(2).map(|pair| [pair[0], pair[1]])
    }
}

impl Rect {
    pub(crate) fn around(points: &[Point]) -> Self {
        let fold = |of: fn(&Point) -> f64, start: f64, by: fn(f64, f64) -> f64| {
            points.iter().map(of).fold(start, by)
        };
        Self {
            left: fold(|point| point.x, f64::INFINITY, f64::min),
            top: fold(|point| point.y, f64::INFINITY, f64::min),
            right: fold(|point| point.x, f64::NEG_INFINITY, f64::max),
            bottom: fold(|point| point.y, f64::NEG_INFINITY, f64::max),
        }
    }

    pub(crate) fn grown(&self, by: f64) -> Self {
        Self {
            left: self.left - by,
            top: self.top - by,
            right: self.right + by,
            bottom: self.bottom + by,
        }
    }

    pub(crate) fn contains(&self, other: &Self) -> bool {
        self.left <= other.left
            && self.top <= other.top
            && self.right >= other.right
            && self.bottom >= other.bottom
    }

    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    pub(crate) fn has_on_border(&self, point: Point, slack: f64) -> bool {
        let within = |at: f64, from: f64, to: f64| from - slack <= at && at <= to + slack;
        let near = |a: f64, b: f64| (a - b).abs() <= slack;
        (near(point.y, self.top) || near(point.y, self.bottom))
            && within(point.x, self.left, self.right)
            || (near(point.x, self.left) || near(point.x, self.right))
                && within(point.y, self.top, self.bottom)
    }

    /// Whether a straight line passes through: clips it as Liang and Barsky do.
    pub(crate) fn is_crossed(&self, [from, to]: [Point; 2]) -> bool {
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let (mut enters, mut leaves) = (0.0_f64, 1.0_f64);
        for (step, room) in [
            (-dx, from.x - self.left),
            (dx, self.right - from.x),
            (-dy, from.y - self.top),
            (dy, self.bottom - from.y),
        ] {
            if step == 0.0 {
                if room < 0.0 {
                    return false;
                }
            } else if step < 0.0 {
                enters = enters.max(room / step);
            } else {
                leaves = leaves.min(room / step);
            }
        }
        enters < leaves
    }
}

impl Drawn {
    pub(crate) fn read(svg: &str) -> Self {
        let document = Document::parse(svg).expect("well-formed");
        let root = document.root_element();
        let canvas = Rect {
            left: 0.0,
            top: 0.0,
            right: number(root, "width"),
            bottom: number(root, "height"),
        };
        let groups = |class: &'static str| {
            root.descendants().filter(move |node| has_class(*node, class) && node.has_tag_name("g"))
        };
        let boxes = groups("state").filter(|node| node.has_attribute("data-state"));
        let edges = groups("edge");
        let texts = root.descendants().filter(|node| node.has_tag_name("text")).map(text);
        Self {
            canvas,
            boxes: boxes.map(state_box).collect(),
            edges: edges.map(edge).collect(),
            texts: texts.collect(),
        }
    }
}

fn state_box(node: Node<'_, '_>) -> StateBox {
    let name = node.attribute("data-state").unwrap().to_owned();
    let rect = match child(node, "box") {
        Some(outline) => Rect::around(&path(outline)),
        None => {
            let dot = child(node, "dot").expect("a state is a box or the dot");
            let (x, y, r) = (number(dot, "cx"), number(dot, "cy"), number(dot, "r"));
            let shift = shift(node);
            let centre = Point { x: x + shift.x, y: y + shift.y };
            Rect::around(&[centre]).grown(r)
        }
    };
    let texts = node.descendants().filter(|node| node.has_tag_name("text"));
    let exits = texts.clone().filter(|node| has_class(*node, "exit"));
    let to = |exit: Node<'_, '_>| exit.text().unwrap().split(" (").next().unwrap().to_owned();
    StateBox {
        name,
        rect,
        texts: texts.clone().map(text).collect(),
        exits: exits.map(to).collect(),
    }
}

fn edge(node: Node<'_, '_>) -> Edge {
    let (from, to) = (node.attribute("data-from").unwrap(), node.attribute("data-to").unwrap());
    let label = child(node, "ground").map(|ground| {
        let shift = shift(ground);
        let (left, top) = (number(ground, "x") + shift.x, number(ground, "y") + shift.y);
        let (width, height) = (number(ground, "width"), number(ground, "height"));
        Rect { left, top, right: left + width, bottom: top + height }
    });
    Edge {
        name: format!("{from} → {to}"),
        from: from.to_owned(),
        to: to.to_owned(),
        line: path(child(node, "line").unwrap()),
        tip: path(child(node, "arrow").unwrap())[0],
        label,
    }
}

/// Where a line of text is, by the width that the picture says it has.
fn text(node: Node<'_, '_>) -> Rect {
    let shift = shift(node);
    let (x, y) = (number(node, "x") + shift.x, number(node, "y") + shift.y);
    let (width, size) = (number(node, "textLength"), number(node, "font-size"));
    let left = if node.attribute("text-anchor") == Some("middle") { x - width / 2.0 } else { x };
    Rect { left, top: y - 0.75 * size, right: left + width, bottom: y + 0.2 * size }
}

fn child<'a, 'd>(node: Node<'a, 'd>, class: &str) -> Option<Node<'a, 'd>> {
    node.children().find(|child| has_class(*child, class))
}

fn has_class(node: Node<'_, '_>, class: &str) -> bool {
    node.attribute("class").is_some_and(|classes| classes.split(' ').any(|own| own == class))
}

fn number(node: Node<'_, '_>, attribute: &str) -> f64 {
    let text = node.attribute(attribute);
    text.and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{attribute} of {node:?}"))
}

/// How far the groups around move a shape.
fn shift(node: Node<'_, '_>) -> Point {
    let mut sum = Point { x: 0.0, y: 0.0 };
    for group in node.ancestors() {
        if let Some(text) = group.attribute("transform") {
            let inner = text.strip_prefix("translate(").and_then(|text| text.strip_suffix(')'));
            let (x, y) = inner.unwrap().split_once(' ').unwrap();
            sum.x += x.parse::<f64>().unwrap();
            sum.y += y.parse::<f64>().unwrap();
        }
    }
    sum
}

/// The corners of a path, its curves as a few straight pieces.
fn path(node: Node<'_, '_>) -> Vec<Point> {
    let shift = shift(node);
    let spaced = node
        .attribute("d")
        .unwrap()
        .replace(['M', 'L', 'Z'], " ")
        .replace('Q', " Q ")
        .replace('A', " A ");
    let mut words = spaced.split_whitespace();
    let mut points: Vec<Point> = Vec::new();
    fn next<'w>(words: &mut impl Iterator<Item = &'w str>) -> f64 {
        words.next().unwrap().parse().unwrap()
    }
    while let Some(word) = words.next() {
        match word {
            "Q" => {
                let start = points[points.len() - 1];
                let corner = [next(&mut words) + shift.x, next(&mut words) + shift.y];
                let end = [next(&mut words) + shift.x, next(&mut words) + shift.y];
                for piece in 1..=8 {
                    let t = f64::from(piece) / 8.0;
                    let at = |start: f64, corner: f64, end: f64| {
                        (1.0 - t) * (1.0 - t) * start + 2.0 * t * (1.0 - t) * corner + t * t * end
                    };
                    points.push(Point {
                        x: at(start.x, corner[0], end[0]),
                        y: at(start.y, corner[1], end[1]),
                    });
                }
            }
            "A" => {
                for _ in 0..5 {
                    next(&mut words);
                }
                points.push(Point { x: next(&mut words) + shift.x, y: next(&mut words) + shift.y });
            }
            x => {
                let x: f64 = x.parse().unwrap();
                points.push(Point { x: x + shift.x, y: next(&mut words) + shift.y });
            }
        }
    }
    points
}
