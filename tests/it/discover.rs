//! What is discovered from test traffic, held against the lifecycles that it was made from.

use std::collections::{BTreeMap, BTreeSet};

use mediafold::{
    Asset, Catalog, Delivery, Lifecycle, Reader, Timestamp, Verdict,
    bulk::Bulk,
    discover::{DiscoverOptions, Discovery, Draft, PlanPlace},
    lifecycle::DefinitionFile,
    simulate::{Faults, Scale, Simulation, Templates},
};

/// A step as it was taken: state before, kind, state after.
type Taken = (String, String, String);

fn traffic(name: &str, assets: u64, seed: u64, faults: Faults) -> Vec<Vec<u8>> {
    let templates = Templates::with(&[]).unwrap();
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let (names, scale) = ([name.to_owned()], Scale::Assets(assets));
    let catalog = Catalog::builtin();
    let mut simulation =
        Simulation::new(catalog, &templates, &names, scale, seed, start, faults).unwrap();
    let mut bodies = Vec::new();
    while let Some(body) = simulation.next_delivery() {
        bodies.push(body.to_vec());
    }
    bodies
}

fn discovered(bodies: &[Vec<u8>], options: DiscoverOptions) -> Result<Draft, String> {
    let place = PlanPlace::default();
    let mut discovery = Discovery::new(options, &place);
    for (number, body) in (1..).zip(bodies) {
        discovery.deliver(&Delivery::new(body, number));
    }
    discovery.finish()
}

fn catalog_of(draft: &Draft) -> Catalog {
    let named = |(path, text): &(String, String)| DefinitionFile::new(&**path, &**text);
    Catalog::with(&draft.files.iter().map(named).collect::<Vec<_>>()).unwrap()
}

/// What an event did to an asset.
struct Did {
    step: Taken,
    verdict: Verdict,
}

/// By entity and asset, and by delivery and payload, what each event did.
type History = BTreeMap<(String, String), BTreeMap<(u64, u32), Did>>;

fn history(catalog: &Catalog, provider: &str, bodies: &[Vec<u8>]) -> History {
    let reader = Reader::new(catalog).with_provider(catalog.provider(provider).unwrap());
    let mut bulk = Bulk::new(reader);
    for (number, body) in (1..).zip(bodies) {
        bulk.deliver(&Delivery::new(body, number));
    }
    let mut history = History::new();
    for (lifecycle, asset) in bulk.finish().assets {
        let own =
            history.entry((lifecycle.entity().to_owned(), asset.id().to_owned())).or_default();
        own.extend(done(lifecycle, &asset));
    }
    history
}

fn done(lifecycle: &Lifecycle, asset: &Asset) -> Vec<((u64, u32), Did)> {
    let did = |entry: mediafold::fold::HistoryEntry<'_>| {
        let state = |node| lifecycle.state(node).name.clone();
        let kind = entry.event.label(lifecycle).into_owned();
        let step = (state(entry.before), kind, state(entry.after));
        (entry.event.place(), Did { step, verdict: entry.verdict })
    };
    asset.history().map(did).collect()
}

/// What was mined of one entity, beside what is true.
struct Compared {
    entity: String,
    /// The lifecycle that most of its events are of.
    of: String,
    /// Events that the mined lifecycle does not allow.
    illegal: BTreeMap<Taken, u64>,
    /// Steps that are defined, and that nothing took.
    untaken: Vec<Taken>,
    /// By mined state, the true ones in which an asset was then, and how often.
    states: BTreeMap<String, BTreeMap<String, u64>>,
    /// By mined kind and the mined state it led to, the true kinds, and how often.
    kinds: BTreeMap<(String, String), BTreeMap<String, u64>>,
    /// True steps that were taken legally, by what was mined, and how often.
    taken: BTreeMap<Taken, u64>,
    /// Mined steps and how often they were counted.
    mined: Vec<(Taken, u64)>,
}

impl Compared {
    /// The true state that a mined one mostly is.
    fn meaning(&self, state: &str) -> &str {
        if state == "new" {
            return "new";
        }
        let all = self.states.get(state).into_iter().flatten();
        all.max_by_key(|(_, count)| **count).map_or("?", |(state, _)| state)
    }

    /// The mined steps between true states.
    fn meant(&self, least: u64) -> BTreeSet<Taken> {
        let often = self.mined.iter().filter(|(_, count)| *count >= least);
        let meant = |((from, kind, to), _): &(Taken, u64)| {
            let kinds = self.kinds.get(&(kind.clone(), to.clone())).into_iter().flatten();
            let kind = kinds.max_by_key(|(_, count)| **count).map_or("?", |(kind, _)| kind);
            (self.meaning(from).to_owned(), kind.to_owned(), self.meaning(to).to_owned())
        };
        // Of events of another entity nothing is true of this one.
        let own = |(from, kind, to): &Taken| [from, kind, to].iter().all(|name| *name != "?");
        often.map(meant).filter(own).collect()
    }

    /// Mined states that are several true ones, of those in which assets were often enough to tell.
    fn split(&self) -> BTreeSet<String> {
        let is_split = |(_, all): &(&String, &BTreeMap<String, u64>)| {
            all.len() > 1 && all.values().sum::<u64>() >= OFTEN
        };
        self.states.iter().filter(is_split).map(|(state, _)| state.clone()).collect()
    }
}

/// Steps that are seldomer are not judged where there is noise.
const OFTEN: u64 = 20;

/// What a draft has of this provider, beside the lifecycles that the traffic was made from.
fn compare(provider: &str, bodies: &[Vec<u8>], draft: &Draft) -> Vec<Compared> {
    let truth = history(Catalog::builtin(), provider, bodies);
    let catalog = catalog_of(draft);
    let mined = history(&catalog, "mined", bodies);
    let mut at: BTreeMap<(u64, u32), Vec<(&str, &Did)>> = BTreeMap::new();
    for ((entity, _), events) in &truth {
        for (place, did) in events {
            at.entry(*place).or_default().push((entity, did));
        }
    }
    let mut compared = Vec::new();
    for found in &draft.entities {
        let own = || mined.iter().filter(|((entity, _), _)| *entity == found.entity);
        let mut of: BTreeMap<&str, u64> = BTreeMap::new();
        for (place, _) in own().flat_map(|(_, events)| events) {
            at.get(place)
                .into_iter()
                .flatten()
                .for_each(|(entity, _)| *of.entry(entity).or_default() += 1);
        }
        let most = of.iter().max_by_key(|(_, count)| **count).map_or("", |(entity, _)| entity);
        let mut one = Compared {
            entity: found.entity.clone(),
            of: most.to_owned(),
            illegal: BTreeMap::new(),
            untaken: Vec::new(),
            states: BTreeMap::new(),
            kinds: BTreeMap::new(),
            taken: BTreeMap::new(),
            mined: Vec::new(),
        };
        let base = |(from, kind, to): &Taken| {
            let kind = kind.split(" (").next().unwrap();
            (from.clone(), kind.to_owned(), to.clone())
        };
        let mut done = BTreeSet::new();
        for (place, did) in own().flat_map(|(_, events)| events) {
            done.insert(base(&did.step));
            if !matches!(did.verdict, Verdict::Moved | Verdict::Stayed) {
                *one.illegal.entry(did.step.clone()).or_default() += 1;
            }
            let true_ones = at.get(place).into_iter().flatten();
            for (_, truth) in true_ones.filter(|(entity, _)| *entity == most) {
                let states = one.states.entry(did.step.2.clone()).or_default();
                *states.entry(truth.step.2.clone()).or_default() += 1;
                let (_, kind, to) = base(&did.step);
                let kinds = one.kinds.entry((kind, to)).or_default();
                *kinds.entry(base(&truth.step).1).or_default() += 1;
                if matches!(truth.verdict, Verdict::Moved | Verdict::Stayed) {
                    *one.taken.entry(base(&truth.step)).or_default() += 1;
                }
            }
        }
        for step in &found.steps {
            let taken = (step.from.clone(), step.kind.clone(), step.to.clone());
            if !done.contains(&taken) {
                one.untaken.push(taken.clone());
            }
            one.mined.push((taken, step.count));
        }
        compared.push(one);
    }
    compared
}

/// Lifecycles of which the traffic does not tell everything, and what.
const NOT_TOLD: [(&str, &str); 7] = [
    ("apivideo/video", "the quality in the payload says whether `completed` makes it playable"),
    (
        "jwplayer/media",
        "`available` is too seldom said of what is complete to tell that it changes nothing",
    ),
    ("livepeer/task", "one `failed` in eighty has the word `waiting`"),
    ("mediaconvert/job", "a warning that comes first has no state to keep"),
    ("medialive/channel", "the word IDLE is said of two states"),
    ("mux/live_stream", "`updated` comes in every state and is taken for one"),
    ("mux/static_rendition", "one that is made anew has the id of the one that was deleted"),
];

#[test]
fn clean_traffic_gives_the_steps_that_were_taken() {
    let mut differ: BTreeMap<String, String> = BTreeMap::new();
    let mut entities = 0;
    for provider in Catalog::builtin().providers().map(|provider| provider.name()) {
        let bodies = traffic(provider, 1500, 1, Faults::default());
        let options =
            DiscoverOptions { provider: "mined".to_owned(), noise: 0.0, ..Default::default() };
        let draft = discovered(&bodies, options).unwrap();
        for one in compare(provider, &bodies, &draft) {
            entities += 1;
            assert!(one.illegal.is_empty(), "{provider} {}: {:?}", one.entity, one.illegal);
            assert!(one.untaken.is_empty(), "{provider} {}: {:?}", one.entity, one.untaken);
            let split = one.split();
            // What is only seldom in a state does not tell which it is.
            let is_clear = |state: &String| {
                let meant = one.states.iter().filter(|(_, all)| all.contains_key(state));
                meant.into_iter().all(|(own, all)| all.len() == 1 || split.contains(own))
            };
            let clear = |(from, _, to): &Taken| is_clear(from) && is_clear(to);
            let taken = one.taken.keys().filter(|step| clear(step)).cloned();
            let taken: BTreeSet<Taken> = taken.collect();
            let meant: BTreeSet<Taken> = one.meant(0).into_iter().filter(clear).collect();
            if !split.is_empty() || taken != meant {
                let more: Vec<_> = meant.difference(&taken).collect();
                let less: Vec<_> = taken.difference(&meant).collect();
                let split: Vec<_> = split.iter().map(|state| (state, &one.states[state])).collect();
                differ.insert(one.of, format!("split {split:?}, more {more:?}, less {less:?}"));
            }
        }
    }
    assert!(entities >= 35, "{entities} entities");
    let known: BTreeSet<&str> = NOT_TOLD.iter().map(|(entity, _)| *entity).collect();
    let found: BTreeSet<&str> = differ.keys().map(String::as_str).collect();
    assert_eq!(found, known, "{differ:#?}");
}

#[test]
fn noise_is_told_from_what_happens() {
    let faults =
        Faults { duplicates: 0.02, late: 0.03, lost: 0.01, illegal: 0.005, ..Faults::default() };
    let (mut found, mut all, mut right, mut said) = (0, 0, 0, 0);
    let mut wrong = Vec::new();
    for provider in Catalog::builtin().providers().map(|provider| provider.name()) {
        let bodies = traffic(provider, 2500, 2, faults);
        // Where arrival is the order, a twentieth of the events is wrong.
        let options =
            DiscoverOptions { provider: "mined".to_owned(), fitness: 0.9, ..Default::default() };
        let draft = discovered(&bodies, options).unwrap();
        for one in compare(provider, &bodies, &draft) {
            let lifecycle = Lifecycle::builtin(&one.of).unwrap();
            let often: BTreeSet<&Taken> = one
                .taken
                .iter()
                .filter(|(_, count)| **count >= OFTEN)
                .map(|(step, _)| step)
                .collect();
            let any = one.meant(0);
            let missed: Vec<_> = often.iter().filter(|step| !any.contains(**step)).collect();
            all += often.len();
            found += often.len() - missed.len();
            let meant = one.meant(OFTEN);
            let legal = |(from, kind, to): &Taken| {
                one.taken.contains_key(&(from.clone(), kind.clone(), to.clone()))
                    || lifecycle.transitions().iter().any(|step| {
                        lifecycle.states()[step.from].name == *from
                            && lifecycle.states()[step.to].name == *to
                            && lifecycle.kind_name(step.kind) == kind
                    })
            };
            let invented: Vec<_> = meant.iter().filter(|step| !legal(step)).collect();
            said += meant.len();
            right += meant.len() - invented.len();
            if !missed.is_empty() || !invented.is_empty() {
                let fit = draft
                    .entities
                    .iter()
                    .find(|e| e.entity == one.entity)
                    .map(|e| (e.fit, e.noise));
                wrong.push(format!(
                    "{provider} {} of {} {fit:?}: missed {:?} invented {:?}",
                    one.entity,
                    one.of,
                    missed.iter().map(|s| (s, one.taken[**s])).collect::<Vec<_>>(),
                    invented
                ));
            }
        }
    }
    let (recall, precision) = (found as f64 / all as f64, right as f64 / said as f64);
    assert!(
        recall >= 0.98 && precision >= 0.98,
        "recall {recall}, precision {precision}\n{}",
        wrong.join("\n")
    );
}
