//! What a picture promises, read from the picture itself: from the SVG of every built-in lifecycle and of 200
//! random ones of up to 40 states, plain, with what happened, and with the path of one asset. The characters of the
//! same pictures are followed in `terminal`.

pub(crate) mod shapes;
mod terminal;

use mediafold::{
    Asset, Catalog, Lifecycle, bulk::Observed, diagram::Diagram, lifecycle::DefinitionFile,
};

use self::shapes::{Drawn, Rect};
use crate::generate::dice::{Dice, random_assets, random_definition};

/// How far lines and borders may be off, in pixels: their coordinates are rounded to hundredths.
const ROUNDING: f64 = 0.05;

/// No built-in lifecycle is wider, in columns of a terminal.
const WIDTH_MAX: usize = 130;

/// States up to which the lines of a lifecycle are followed on the terminal too.
const FOLLOWED_MAX: usize = 25;

/// How many random lifecycles are drawn.
const RANDOM: u64 = 200;

#[test]
fn the_builtin_pictures_keep_their_promises() {
    for lifecycle in Catalog::builtin().lifecycles() {
        plain_picture(lifecycle);
        let text = Diagram::new(lifecycle).text();
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(WIDTH_MAX), "{widest:?}\n{text}");
        let assets = random_assets(lifecycle, &mut Dice(1), 30);
        observed_picture(lifecycle, &assets);
        assets.iter().take(5).for_each(|asset| asset_picture(lifecycle, asset));
    }
}

#[test]
fn the_pictures_of_random_lifecycles_keep_their_promises() {
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                (1..=RANDOM)
                    .skip(thread as usize)
                    .step_by(threads as usize)
                    .for_each(random_pictures)
            });
        }
    });
}

fn random_pictures(seed: u64) {
    let text = random_definition(&mut Dice(seed * 7_919));
    let lifecycle = Lifecycle::compile(&DefinitionFile::new("random.toml", &text));
    let lifecycle = lifecycle.unwrap_or_else(|error| panic!("{error}\n{text}"));
    plain_picture(&lifecycle);
    let assets = random_assets(&lifecycle, &mut Dice(seed), 30);
    // A layout of 40 states takes its time, so what is painted takes turns.
    match seed % 2 {
        0 => observed_picture(&lifecycle, &assets),
        _ => asset_picture(&lifecycle, &assets[0]),
    }
}

fn plain_picture(lifecycle: &Lifecycle) {
    let svg = Diagram::new(lifecycle).svg();
    follow_text("plain", &Diagram::new(lifecycle), &svg);
    let drawn = keeps_its_promises(lifecycle, "plain", &svg);
    shows_everything(lifecycle, &drawn);
    if lifecycle.states().len() < 12 {
        assert_eq!(svg, Diagram::new(lifecycle).svg(), "the same bytes every time");
    }
}

fn observed_picture(lifecycle: &Lifecycle, assets: &[Asset]) {
    let mut observed = Observed::new(lifecycle);
    assets.iter().for_each(|asset| observed.add(asset));
    let diagram = Diagram::observed(&observed);
    let svg = diagram.svg();
    keeps_its_promises(lifecycle, "observed", &svg);
    follow_text("observed", &diagram, &svg);
}

fn asset_picture(lifecycle: &Lifecycle, asset: &Asset) {
    let diagram = Diagram::asset(lifecycle, asset);
    let svg = diagram.svg();
    keeps_its_promises(lifecycle, "asset", &svg);
    follow_text("asset", &diagram, &svg);
}

/// The largest are left out, for the time that another layout of them takes.
fn follow_text(name: &str, diagram: &Diagram<'_>, svg: &str) {
    if svg.matches("data-state=").count() <= FOLLOWED_MAX {
        terminal::shows_the_same(name, svg, &diagram.text());
    }
}

fn keeps_its_promises(lifecycle: &Lifecycle, name: &str, svg: &str) -> Drawn {
    let drawn = Drawn::read(svg);
    let broken = broken_promises(&drawn);
    if !broken.is_empty() {
        let file = std::env::temp_dir().join("mediafold-geometry.svg");
        std::fs::write(&file, svg).unwrap();
        let entity = lifecycle.entity();
        panic!("{entity}, {name}, {}:\n{}", file.display(), broken.join("\n"));
    }
    drawn
}

fn broken_promises(drawn: &Drawn) -> Vec<String> {
    let mut broken = Vec::new();
    let mut must = |holds: bool, what: String| {
        if !holds {
            broken.push(what);
        }
    };
    let inside = |rect: &Rect| drawn.canvas.contains(rect);
    for (at, own) in drawn.boxes.iter().enumerate() {
        must(inside(&own.rect), format!("box {} leaves the canvas", own.name));
        for other in &drawn.boxes[at + 1..] {
            let apart = !own.rect.grown(2.0).meets(&other.rect);
            must(apart, format!("boxes {} and {} meet", own.name, other.name));
        }
        for text in &own.texts {
            let fits = own.rect.grown(ROUNDING).contains(text);
            must(fits, format!("a text leaves box {}", own.name));
        }
    }
    for text in &drawn.texts {
        must(inside(text), format!("a text leaves the canvas: {text:?}"));
    }
    for (at, edge) in drawn.edges.iter().enumerate() {
        let name = &edge.name;
        for [from, to] in edge.segments() {
            must(inside(&Rect::around(&[from, to])), format!("{name} leaves the canvas"));
            for other in &drawn.boxes {
                let through = other.rect.grown(-0.5).is_crossed([from, to]);
                must(!through, format!("{name} runs through box {}", other.name));
            }
        }
        for (end, state) in [(edge.line[0], &edge.from), (edge.line[edge.line.len() - 1], &edge.to)]
        {
            let own = drawn.boxes.iter().find(|own| own.name == *state);
            let on_it = own.is_some_and(|own| own.rect.has_on_border(end, ROUNDING));
            must(on_it, format!("{name} does not end on {state}"));
        }
        let tip_on_end = edge.tip == edge.line[edge.line.len() - 1];
        must(tip_on_end, format!("the arrow of {name} is not at its end"));
        let Some(label) = &edge.label else { continue };
        must(inside(label), format!("the label of {name} leaves the canvas"));
        let crossed = |rect: &Rect, edge: &shapes::Edge| {
            edge.segments().any(|segment| rect.is_crossed(segment))
        };
        must(crossed(label, edge), format!("the label of {name} is not on it"));
        for own in &drawn.boxes {
            must(!label.meets(&own.rect), format!("the label of {name} covers box {}", own.name));
        }
        for (number, other) in drawn.edges.iter().enumerate().filter(|(number, _)| *number != at) {
            let clear = !crossed(&label.grown(-0.5), other);
            must(clear, format!("{} runs through the label of {name}", other.name));
            if let Some(second) = other.label.as_ref().filter(|_| number > at) {
                must(!label.meets(second), format!("the labels of {name} and {} meet", other.name));
            }
        }
    }
    broken
}

/// Every step between two states is drawn, or listed in the box of the state that it leaves.
fn shows_everything(lifecycle: &Lifecycle, drawn: &Drawn) {
    let name = |state: usize| lifecycle.states()[state].name.clone();
    let mut steps: Vec<(String, String)> = lifecycle
        .transitions()
        .iter()
        .filter(|step| step.from != step.to)
        .map(|step| (name(step.from), name(step.to)))
        .collect();
    steps.sort();
    steps.dedup();
    let mut shown: Vec<(String, String)> =
        drawn.edges.iter().map(|edge| (edge.from.clone(), edge.to.clone())).collect();
    for own in &drawn.boxes {
        shown.extend(own.exits.iter().map(|exit| (own.name.clone(), exit.clone())));
    }
    shown.sort();
    shown.dedup();
    assert_eq!(shown, steps, "{}", lifecycle.entity());
}
