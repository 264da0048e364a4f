use std::collections::{BTreeMap, HashMap};

use mediafold::{
    Catalog, Delivery, Reader, Timestamp,
    bulk::{Bulk, Folded},
    paths::{Cover, paths},
    simulate::{Bodies, FaultKind, Faults, Scale, Simulation, Templates, Truth},
};

use crate::definitions::providers;

/// Line, entity, id and name of a finding.
type Shown = (u64, Option<String>, Option<String>, String);

pub(crate) fn faults(share: f64) -> Faults {
    Faults {
        duplicates: share,
        late: share,
        lost: share,
        illegal: share,
        malformed: share / 4.0,
        ..Faults::default()
    }
}

pub(crate) fn start() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn simulation(names: &[&str], scale: Scale, seed: u64, faults: Faults) -> Simulation<'static> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let templates = Templates::with(&[]).unwrap();
    let catalog = Catalog::builtin();
    Simulation::new(catalog, &templates, &names, scale, seed, start(), faults).unwrap()
}

/// Folds what is delivered as it comes; everything that is true besides.
fn folded(mut simulation: Simulation<'static>) -> (Folded<'static>, Vec<Truth>) {
    let mut bulk = Bulk::new(Reader::new(Catalog::builtin())).with_findings();
    let (mut line, mut truths) = (0, Vec::new());

    while let Some(body) = simulation.next_delivery() {
        line += 1;
        bulk.deliver(&Delivery::new(body, line));
        truths.extend(simulation.truths());
    }
    truths.extend(simulation.truths());
    (bulk.finish(), truths)
}

fn tally(shown: impl Iterator<Item = Shown>) -> BTreeMap<Shown, i64> {
    let mut tally = BTreeMap::new();
    for shown in shown {
        *tally.entry(shown).or_default() += 1;
    }
    tally
}

fn expected(truths: &[Truth]) -> BTreeMap<Shown, i64> {
    tally(truths.iter().filter_map(|truth| match truth {
        Truth::Fault { line: Some(line), entity, id, finding: Some(finding), .. } => {
            let entity = entity.as_deref().map(str::to_owned);
            Some((*line, entity, id.as_deref().map(str::to_owned), (*finding).to_owned()))
        }
        _ => None,
    }))
}

fn found(folded: &Folded<'_>) -> BTreeMap<Shown, i64> {
    tally(folded.findings.iter().map(|finding| {
        let (entity, id) = (finding.entity.clone(), finding.id.clone());
        (finding.delivery, entity, id, finding.name.to_owned())
    }))
}

/// What one of them has and the other has not.
fn without(a: &BTreeMap<Shown, i64>, b: &BTreeMap<Shown, i64>) -> Vec<(Shown, i64)> {
    let more = a.iter().map(|(shown, count)| (shown, count - b.get(shown).unwrap_or(&0)));
    more.filter(|(_, more)| *more > 0).map(|(shown, more)| (shown.clone(), more)).collect()
}

fn hold(names: &[&str], scale: Scale, seed: u64, faults: Faults) -> BTreeMap<FaultKind, u64> {
    let (folded, truths) = folded(simulation(names, scale, seed, faults));
    let (expected, found) = (expected(&truths), found(&folded));
    let missed = without(&expected, &found);
    let invented = without(&found, &expected);
    assert!(
        missed.is_empty() && invented.is_empty(),
        "{names:?} seed {seed}\nmissed {missed:#?}\ninvented {invented:#?}"
    );
    let states: HashMap<(&str, &str), &str> = folded
        .assets
        .iter()
        .map(|(lifecycle, asset)| {
            ((lifecycle.entity(), asset.id()), asset.state(lifecycle).name.as_str())
        })
        .collect();
    let mut count = 0;
    for truth in &truths {
        let Truth::Asset { entity, id, state, decidable } = truth else { continue };
        count += 1;
        let folded = states.get(&(&**entity, &**id)).copied();
        if *decidable {
            assert_eq!(folded, Some(state.as_str()), "{names:?} seed {seed}: {entity} {id}");
        }
    }
    assert!(states.len() <= count, "{names:?} seed {seed}: more assets than there are");
    let mut injected = BTreeMap::new();
    for truth in truths {
        if let Truth::Fault { fault, .. } = truth {
            *injected.entry(fault).or_default() += 1;
        }
    }
    injected
}

/// Every built-in entity, with those that share its deliveries, and every provider.
fn everything() -> Vec<&'static str> {
    let catalog = Catalog::builtin();
    let providers = catalog.providers().map(|provider| provider.name());
    providers.chain(catalog.lifecycles().map(|lifecycle| lifecycle.entity())).collect()
}

/// The heart of it: what `check` reports is exactly what was done.
#[test]
fn check_finds_exactly_the_injected_faults() {
    let mut injected: BTreeMap<FaultKind, u64> = BTreeMap::new();
    for name in everything() {
        for seed in 0..200 {
            let share = [0.02, 0.1, 0.3][seed as usize % 3];
            for (fault, count) in hold(&[name], Scale::Assets(6), seed, faults(share)) {
                *injected.entry(fault).or_default() += count;
            }
        }
    }
    assert_eq!(injected.len(), 5, "{injected:?}");
    assert!(injected.values().all(|count| *count > 200), "{injected:?}");
}

#[test]
fn all_providers_at_once() {
    for seed in 0..20 {
        hold(&providers(), Scale::Assets(60), seed, faults(0.05));
    }
}

#[test]
fn same_seed_same_bytes() {
    let bytes = |seed| {
        let mut simulation = simulation(&["fastpix", "vms"], Scale::Assets(30), seed, faults(0.1));
        let mut bytes = Vec::new();
        while let Some(body) = simulation.next_delivery() {
            bytes.extend_from_slice(body);
        }
        bytes.extend(format!("{:?}", simulation.truths().collect::<Vec<_>>()).bytes());
        bytes
    };
    assert!(bytes(1) == bytes(1));
    assert!(bytes(1) != bytes(2));
}

#[test]
fn so_many_assets_as_were_asked_for() {
    for name in ["fastpix", "twilio/player_streamer", "vms"] {
        let mut simulation = simulation(&[name], Scale::Assets(57), 3, Faults::default());
        while simulation.next_delivery().is_some() {}
        let truths: Vec<Truth> = simulation.truths().collect();
        assert_eq!(truths.len(), 57, "{name}: assets, and no fault");
    }
}

/// Without templates a body is made from the pointers of the definition.
#[test]
fn own_provider_without_templates() {
    let provider = "provider = \"acme\"\n[envelope]\nkind = [\"/event\"]\ntime = [\"/at\"]\n";
    let video = "entity = \"acme/video\"\nid = [\"/video/id\"]\nstatus = [\"/status\"]\n\
        [states]\nqueued = {}\ndone = { end = true }\n\
        [events]\n\"v.queued\" = { from = [\"new\"], to = \"queued\" }\n\
        \"v.done\" = { from = [\"queued\"], to = \"done\" }\n";
    let files = [("p.toml", provider), ("v.toml", video)];
    let files = files.map(|(path, text)| mediafold::lifecycle::DefinitionFile::new(path, text));
    let catalog = Catalog::with(&files).unwrap();
    let names = ["acme".to_owned()];
    let simulate = |templates: &Templates| {
        let faults = faults(0.1);
        let scale = Scale::Assets(50);
        let simulation = Simulation::new(&catalog, templates, &names, scale, 5, start(), faults);
        let mut simulation = simulation.map_err(|error| error.to_string())?;
        let mut bulk = Bulk::new(Reader::new(&catalog)).with_findings();
        let (mut line, mut first) = (0, String::new());
        while let Some(body) = simulation.next_delivery() {
            line += 1;
            if line == 1 {
                first = String::from_utf8_lossy(body).into_owned();
            }
            bulk.deliver(&Delivery::new(body, line));
        }
        let truths: Vec<Truth> = simulation.truths().collect();
        assert_eq!(expected(&truths), found(&bulk.finish()));
        Ok::<String, String>(first)
    };
    let first = simulate(&Templates::with(&[]).unwrap()).unwrap();
    assert!(
        first.contains("\"event\":\"v.queued\"") && first.contains("\"video\":{\"id\""),
        "{first}"
    );
    let template = |body: &str| {
        let text = format!(
            "{{\"entity\": \"acme/video\", \"bodies\": [{{\"kinds\": [\"v.*\"], \"body\": {body}}}]}}"
        );
        Templates::with(&[mediafold::lifecycle::DefinitionFile::new("video.payload.json", text)])
    };
    let good =
        r#"{"event": "${kind}", "at": "${time:us}", "video": {"id": "${id}", "n": "${int:1:9}"}}"#;
    assert!(simulate(&template(good).unwrap()).unwrap().contains("\"n\":"));
    let bad = simulate(&template(&good.replace("${time:us}", "2026-01-01T00:00:00Z")).unwrap());
    let expected = "the body of `v.queued` of acme/video does not read back as that event: its time is not to the millisecond";
    assert_eq!(bad, Err(expected.to_owned()));
    assert!(simulate(&template(&good.replace("${int:1:9}", "${nothing}")).unwrap()).is_err());
}

/// The detection table: `cargo test --release --test it detection_table -- --ignored --nocapture`.
#[test]
#[expect(clippy::print_stdout, reason = "it is there to print")]
#[ignore = "writes what is found of a million deliveries of each provider"]
fn detection_table() {
    let mut faults = Faults::default();
    (faults.duplicates, faults.late, faults.lost) = (0.02, 0.03, 0.01);
    (faults.illegal, faults.malformed) = (0.005, 0.001);
    println!("| provider | fault | injected | found | missed | undecidable |");
    println!("|---|---|--:|--:|--:|--:|");
    for name in providers() {
        let (folded, truths) = folded(simulation(&[name], Scale::Events(1_000_000), 1, faults));
        let mut found = found(&folded);
        let mut rows: BTreeMap<FaultKind, [u64; 4]> = BTreeMap::new();
        for truth in truths {
            let Truth::Fault { fault, line, entity, id, finding, .. } = truth else { continue };
            let row = rows.entry(fault).or_default();
            row[0] += 1;
            let (Some(line), Some(finding)) = (line, finding) else {
                row[3] += 1;
                continue;
            };
            let entity = entity.as_deref().map(str::to_owned);
            let shown = (line, entity, id.map(String::from), finding.to_owned());
            match found.get_mut(&shown).filter(|count| **count > 0) {
                Some(count) => {
                    *count -= 1;
                    row[1] += 1;
                }
                None => row[2] += 1,
            }
        }
        let missed: u64 = rows.values().map(|row| row[2]).sum();
        for (fault, [injected, found, missed, undecidable]) in rows {
            println!("| {name} | {fault:?} | {injected} | {found} | {missed} | {undecidable} |");
        }
        let invented = found.values().sum::<i64>();
        println!("| {name} | invented | | {invented} | | |");
        assert_eq!((missed, invented), (0, 0), "{name}");
    }
}

/// The bodies of every sequence of `paths` fold to where the sequence ends, without a finding of that entity.
#[test]
fn bodies_of_paths_are_what_the_sequences_say() {
    let catalog = Catalog::builtin();
    let templates = Templates::with(&[]).unwrap();
    for lifecycle in catalog.lifecycles() {
        let entity = lifecycle.entity();
        let found = paths(lifecycle, Cover::Transitions).unwrap();
        let mut bodies = Bodies::new(catalog, &templates, entity, 3, start()).unwrap();
        let mut bulk = Bulk::new(Reader::new(catalog)).with_findings();
        let (mut line, mut ends) = (0, Vec::new());

        for sequence in &found.sequences {
            bodies.next_asset();
            for step in &sequence.moves {
                line += 1;
                let body = bodies.body(step.kind, step.to).unwrap();
                bulk.deliver(&Delivery::new(&body, line));
            }
            let last = sequence.moves.last().unwrap();
            ends.push(lifecycle.state(last.to).name.clone());
        }

        let folded = bulk.finish();
        let of_it =
            folded.findings.iter().filter(|finding| finding.entity.as_deref() == Some(entity));
        assert_eq!(of_it.collect::<Vec<_>>(), Vec::<mediafold::Finding>::new(), "{entity}");
        let assets = folded.assets.iter().filter(|(own, _)| own.entity() == entity);
        let mut states: Vec<String> =
            assets.map(|(own, asset)| asset.state(own).name.clone()).collect();
        states.sort();
        ends.sort();
        assert_eq!(states, ends, "{entity}");
    }
}

/// As bodies of `{"entry":[{"changes":[…]}]}` have it; a name is a name, and a body is an object.
#[test]
fn a_number_in_a_pointer_is_a_place_in_a_list() {
    let provider = "provider = \"acme\"\n[envelope]\nkind = [\"/entry/0/changes/1/field\"]\nevent_id = [\"/0/id\"]\n";
    let video = "entity = \"acme/video\"\nid = [\"/entry/0/x\"]\nstatus = [\"/by/00/300/x\"]\norder = \"arrival\"\n\
        [states]\nmade = { rest = true }\n[statuses]\nMade = \"made\"\n[events]\nmake = { from = [\"new\"], to = \"made\" }\n";
    let files = [("p.toml", provider), ("v.toml", video)];
    let files = files.map(|(path, text)| mediafold::lifecycle::DefinitionFile::new(path, text));
    let catalog = Catalog::with(&files).unwrap();
    let templates = Templates::with(&[]).unwrap();
    let lifecycle = catalog.lifecycle("acme/video").unwrap();
    let moves = &paths(lifecycle, Cover::States).unwrap().sequences[0].moves;
    let mut bodies = Bodies::new(&catalog, &templates, "acme/video", 3, start()).unwrap();
    let body: serde_json::Value =
        serde_json::from_slice(&bodies.body(moves[0].kind, moves[0].to).unwrap()).unwrap();
    assert_eq!(body["entry"][0]["changes"], serde_json::json!([null, {"field": "make"}]));
    assert!(
        body["entry"][0]["x"].is_string() && body["by"]["00"]["300"]["x"].is_string(),
        "{body}"
    );
    assert!(body["0"]["id"].is_string(), "{body}");
    let (names, scale) = (["acme".to_owned()], Scale::Assets(3));
    let simulated =
        Simulation::new(&catalog, &templates, &names, scale, 5, start(), Faults::default());
    let mut simulated = simulated.unwrap();
    let first = String::from_utf8_lossy(simulated.next_delivery().unwrap()).into_owned();
    assert!(first.contains(r#""entry":[{"changes":[null,{"field":"make"}]"#), "{first}");
}

/// Of two providers that nothing tells apart each is simulated, though nobody could say whose a body is; what cannot be
/// read back even so is told with a reason.
#[test]
fn bodies_are_read_back_as_those_of_their_provider() {
    let entity = |name: &str| {
        let text = format!(
            "entity = \"{name}/video\"\nid = [\"/id\"]\n[states]\nmade = {{}}\ndone = {{ end = true }}\n[events]\n\
             make = {{ from = [\"new\"], to = \"made\" }}\nend = {{ from = [\"made\"], to = \"done\" }}\n"
        );
        mediafold::lifecycle::DefinitionFile::new(format!("{name}/video.toml"), text)
    };
    let provider = |name: &str, kind: &str| {
        let text =
            format!("provider = \"{name}\"\n[envelope]\nkind = [{kind}]\ntime = [\"/at\"]\n");
        mediafold::lifecycle::DefinitionFile::new(format!("{name}/provider.toml"), text)
    };
    let mut files = ["one", "two", "joined"].map(entity).to_vec();
    files.extend([provider("one", "\"/kind\""), provider("two", "\"/kind\"")]);
    // Its kinds have a single part.
    files.push(provider("joined", "[\"/of\", \"/kind\"]"));
    let catalog = Catalog::with(&files).unwrap();
    let templates = Templates::with(&[]).unwrap();
    let simulate = |name: &str| {
        let (names, scale) = ([name.to_owned()], Scale::Assets(20));
        Simulation::new(&catalog, &templates, &names, scale, 5, start(), Faults::default())
    };
    for name in ["one", "two"] {
        let mut simulation = simulate(name).unwrap();
        let body = simulation.next_delivery().unwrap().to_vec();
        let errors = Reader::new(&catalog).read(&Delivery::new(&body, 1)).errors;
        assert!(errors[0].to_string().contains("one") && errors[0].to_string().contains("two"));
        let mut bulk =
            Bulk::new(Reader::new(&catalog).with_provider(catalog.provider(name).unwrap()));
        bulk.deliver(&Delivery::new(&body, 1));
        let mut line = 1;
        while let Some(body) = simulation.next_delivery() {
            line += 1;
            bulk.deliver(&Delivery::new(body, line));
        }
        let folded = bulk.finish();
        assert!(folded.assets.len() == 20 && folded.findings.is_empty(), "{name}");
        assert!(folded.assets.iter().all(|(own, asset)| asset.state(own).name == "done"), "{name}");
        let entity = format!("{name}/video");
        let moves =
            &paths(catalog.lifecycle(&entity).unwrap(), Cover::States).unwrap().sequences[0].moves;
        let mut bodies = Bodies::new(&catalog, &templates, &entity, 3, start()).unwrap();
        moves.iter().for_each(|step| assert!(bodies.body(step.kind, step.to).is_ok()));
    }
    let reason = simulate("joined").unwrap_err().to_string();
    assert!(reason.contains("does not read back as that event: no event kind"), "{reason}");
}
