//! What a picture promises, read from the picture itself: from the SVG of every built-in lifecycle and of 200
//! random ones of up to 40 states, plain, with what happened, and with the path of one asset. The characters of the
//! same pictures are followed in `terminal`.

mod shapes;
mod terminal;

use mediafold::{
    Asset, Catalog, DefinitionFile, Diagram, Event, EventKind, KindId, Lifecycle, Node, Observed,
    Step, Timestamp, fold,
};

use self::shapes::{Drawn, Rect};

/// How far lines and borders may be off, in pixels: their coordinates are rounded to hundredths.
const ROUNDING: f64 = 0.05;

/// No built-in lifecycle is wider, in columns of a terminal.
const WIDTH_MAX: usize = 130;

/// The lines of lifecycles of up to so many states are followed on the terminal too.
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

/// Small and the same everywhere: xorshift.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// A lifecycle of up to 40 states with short and long names, several events between the same two states, skips,
/// ways back and flags.
fn random_definition(dice: &mut Dice) -> String {
    // Mostly few, for the time that layouts take, and some of the largest.
    let few = 1 + dice.below(40).min(dice.below(40));
    let states = if dice.chance(5) { 40 } else { few };
    let long = dice.chance(30);
    let name = |state: usize| match (state, long && state.is_multiple_of(3)) {
        (0, _) => "new".to_owned(),
        (_, true) => format!("state_with_a_rather_long_name_{state}"),
        _ => format!("s{state}"),
    };
    let density = 1 + dice.below(4);
    let mut text = format!(
        "entity = \"random/thing\"\ntitle = \"Random {states}\"\nid = [\"/id\"]\norder = \"time\"\n[states]\n"
    );
    for state in 1..=states {
        let (rest, error) = (state % 5 == 0, dice.chance(15));
        text += &format!(
            "{} = {{ rest = {}, error = {error} }}\n",
            name(state),
            rest || state == states
        );
    }
    let (mut events, mut flags) = (String::new(), 0);
    let mut leaves = vec![false; states + 1];
    let list = |states: &[usize]| {
        states.iter().map(|state| format!("\"{}\"", name(*state))).collect::<Vec<_>>().join(", ")
    };
    for number in 0..states + dice.below(states) {
        let to = 1 + number % states;
        let mut from: Vec<usize> = (0..1 + dice.below(density)).map(|_| dice.below(to)).collect();
        from.push(if dice.chance(70) { to - 1 } else { dice.below(to) });
        from.sort_unstable();
        from.dedup();
        from.iter().for_each(|state| leaves[*state] = true);
        events += &format!(
            "\"thing.event_{to}_{number}\" = {{ from = [{}], to = \"{}\"",
            list(&from),
            name(to)
        );
        if to < states && dice.chance(20) {
            let again = to + 1 + dice.below(states - to);
            leaves[again] = true;
            events += &format!(", again = [{}]", list(&[again]));
        }
        if dice.chance(10) {
            events += &format!(", set = [\"flag_{flags}\"]");
            flags += 1;
        }
        events += " }\n";
    }
    // A state that is not at rest has a way out.
    let stuck: Vec<usize> = (1..states).filter(|state| !leaves[*state]).collect();
    if !stuck.is_empty() {
        events += &format!(
            "\"thing.over\" = {{ from = [{}], to = \"{}\" }}\n",
            list(&stuck),
            name(states)
        );
    }
    if flags > 0 {
        text += "[flags]\n";
        (0..flags).for_each(|flag| text += &format!("flag_{flag} = {{}}\n"));
    }
    text + "[events]\n" + &events
}

/// Assets that mostly go their way, leave steps out, and sometimes do what is not allowed.
fn random_assets(lifecycle: &Lifecycle, dice: &mut Dice, count: usize) -> Vec<Asset> {
    let kinds: Vec<KindId> = lifecycle.kinds().map(|(kind, _)| kind).collect();
    let story = |number: usize, dice: &mut Dice| {
        let mut asset = Asset::new(format!("asset {number} <&\">"));
        let (mut node, mut events) = (Node::NEW, Vec::new());
        for second in 0..1 + dice.below(40) {
            let legal: Vec<KindId> = kinds
                .iter()
                .copied()
                .filter(|kind| lifecycle.rule(node, *kind).step == Step::Moved)
                .collect();
            let kind = match legal.is_empty() || dice.chance(15) {
                true => kinds[dice.below(kinds.len())],
                false => legal[dice.below(legal.len())],
            };
            let at = Timestamp::from_nanos((1_744_000_000 + 977 * second as i64) * 1_000_000_000);
            let mut event = Event::new(lifecycle, "").at(at).with_id(format!("{number}.{second}"));
            event.kind = match dice.chance(3) {
                true => EventKind::Unknown("nobody.knows".into()),
                false => EventKind::Known(kind),
            };
            events.push(event);
            let ruling = lifecycle.rule(node, kind);
            if matches!(ruling.step, Step::Moved | Step::MissingEvents) {
                node = ruling.next;
            }
        }
        fold(lifecycle, &mut asset, events);
        asset
    };
    (0..count).map(|number| story(number, dice)).collect()
}
