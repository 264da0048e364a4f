//! All that folds: whatever the way, each asset is to end where the tables say.

use std::collections::BTreeMap;

use mediafold::{
    Asset, Catalog, Delivery, Event, Finding, Lifecycle, Reader, Snapshot, Verdict,
    bulk::Bulk,
    diagram::Diagram,
    event::{EventKind, Placed},
    fast::Batch,
    fold, step,
};

use super::{Word, bodies::body};
use crate::machines::{Letter, Read, letters};

/// An asset of its own, and what happens to it; all but the last is legal.
pub(super) struct Case<'w> {
    pub(super) id: String,
    pub(super) words: Vec<&'w Word>,
}

/// Where an asset stands and what its last event did, as far as an engine tells.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) state: String,
    pub(super) verdict: Option<String>,
    /// Of the asset: what is legal has none.
    pub(super) findings: Option<String>,
}

/// One way to fold.
pub(super) trait Engine {
    fn name(&self) -> String;

    /// Whether it is given bodies, of which the reader may make another event than the line has.
    fn reads(&self) -> bool {
        true
    }

    /// What becomes of each of these assets.
    fn tell(&self, lifecycle: &Lifecycle, cases: &[Case<'_>]) -> Vec<Told>;
}

pub(super) fn all() -> Vec<Box<dyn Engine>> {
    let mut all: Vec<Box<dyn Engine>> =
        vec![Box::new(Step), Box::new(Fold), Box::new(General), Box::new(Machines)];
    for findings in [true, false] {
        all.push(Box::new(Records { findings }));
    }
    #[cfg(feature = "cli")]
    for ways in [&["--plain"][..], &["--threads", "1"], &["--threads", "3"]] {
        all.push(Box::new(command::Command { ways }));
    }
    #[cfg(feature = "server")]
    all.push(Box::new(stored::Stored));
    all
}

/// An event at a time, and each on the way has to be legal.
struct Step;

impl Engine for Step {
    fn name(&self) -> String {
        "step".to_owned()
    }

    fn reads(&self) -> bool {
        false
    }

    fn tell(&self, lifecycle: &Lifecycle, cases: &[Case<'_>]) -> Vec<Told> {
        let tell = |case: &Case<'_>| {
            let mut asset = Asset::new(case.id.as_str());
            let (last, way) = case.events(lifecycle);
            for event in way {
                let outcome = step(lifecycle, &mut asset, &event);
                assert!(
                    outcome.verdict == Verdict::Moved && outcome.findings.is_empty(),
                    "{}: {event:?} on a legal path: {outcome:?}",
                    lifecycle.entity()
                );
            }
            let before = asset.state(lifecycle).name.clone();
            let outcome = step(lifecycle, &mut asset, &last);
            let after = asset.state(lifecycle).name.as_str();
            assert_eq!((outcome.before, outcome.after), (before.as_str(), after));
            Told {
                state: asset.state(lifecycle).name.clone(),
                verdict: Some(outcome.verdict.name().to_owned()),
                findings: Some(said(&outcome.findings)),
            }
        };
        cases.iter().map(tell).collect()
    }
}

/// All events of an asset at once.
struct Fold;

impl Engine for Fold {
    fn name(&self) -> String {
        "fold".to_owned()
    }

    fn reads(&self) -> bool {
        false
    }

    fn tell(&self, lifecycle: &Lifecycle, cases: &[Case<'_>]) -> Vec<Told> {
        let tell = |case: &Case<'_>| {
            let mut asset = Asset::new(case.id.as_str());
            let (last, way) = case.events(lifecycle);
            fold(lifecycle, &mut asset, way.chain([last]));
            told(lifecycle, &asset)
        };
        cases.iter().map(tell).collect()
    }
}

/// Bodies, by the general reader.
struct General;

impl Engine for General {
    fn name(&self) -> String {
        "Bulk".to_owned()
    }

    fn tell(&self, lifecycle: &Lifecycle, cases: &[Case<'_>]) -> Vec<Told> {
        let mut bulk = Bulk::new(reader(lifecycle)).with_findings();
        for (number, body) in (1..).zip(bodies(lifecycle, cases)) {
            bulk.deliver(&Delivery::new(body.as_bytes(), number));
        }
        let folded = bulk.finish();
        let own = folded.assets.iter().filter(|(of, _)| of.entity() == lifecycle.entity());
        let mut by_id: BTreeMap<&str, &Asset> = own.map(|(_, asset)| (asset.id(), asset)).collect();
        let mut findings = by_asset(lifecycle, folded.findings.iter());
        let mut tell = |case: &Case<'_>| {
            let asset = by_id.remove(case.id.as_str()).expect("it was heard of");
            let findings = findings.remove(&case.id).unwrap_or_default();
            Told { findings: Some(said(&findings)), ..told(lifecycle, asset) }
        };
        cases.iter().map(&mut tell).collect()
    }
}

/// Records of events; where findings are not asked for they are folded without an asset.
struct Records {
    findings: bool,
}

impl Engine for Records {
    fn name(&self) -> String {
        format!("Batch, findings: {}", self.findings)
    }

    fn reads(&self) -> bool {
        false
    }

    fn tell(&self, lifecycle: &Lifecycle, cases: &[Case<'_>]) -> Vec<Told> {
        let bulk = Bulk::new(Reader::new(Catalog::builtin()));
        let mut batch = Batch::from(if self.findings { bulk.with_findings() } else { bulk });
        for (worker, case) in [0, 1].into_iter().cycle().zip(cases) {
            let (last, way) = case.events(lifecycle);
            for (number, event) in (1..).zip(way.chain([last])) {
                let event = event.from_delivery(number);
                let placed = Placed::new(Catalog::builtin(), lifecycle.entity(), &case.id, event);
                batch.place(worker, &placed.expect("it is built in"));
            }
        }
        let sheet = batch.finish();
        let mut states = BTreeMap::new();
        for cut in sheet.cuts(100) {
            let row = |row: Snapshot<'_>| {
                states.insert(row.id.to_owned(), row.state.to_owned());
                Ok::<(), ()>(())
            };
            sheet.rows(&cut, false, row).expect("nothing fails");
        }
        let mut findings = by_asset(lifecycle, sheet.findings.iter());
        let mut tell = |case: &Case<'_>| {
            let findings = findings.remove(&case.id).unwrap_or_default();
            Told {
                state: states.remove(&case.id).expect("it was heard of"),
                verdict: None,
                findings: self.findings.then(|| said(&findings)),
            }
        };
        cases.iter().map(&mut tell).collect()
    }
}

/// Machines as `diagram` writes them for other programs.
struct Machines;

impl Engine for Machines {
    fn name(&self) -> String {
        "XState and SCXML".to_owned()
    }

    fn reads(&self) -> bool {
        false
    }

    fn tell(&self, lifecycle: &Lifecycle, cases: &[Case<'_>]) -> Vec<Told> {
        let letters = letters(lifecycle, &super::statuses(lifecycle));
        let diagram = Diagram::new(lifecycle);
        let [xstate, scxml] = [Read::xstate(&diagram.xstate()), Read::scxml(&diagram.scxml())];
        let tell = |case: &Case<'_>| {
            let (last, way) = case.events(lifecycle);
            let events: Vec<Event> = way.chain([last]).collect();
            let [one, other] = [&xstate, &scxml].map(|read| {
                let names = crate::machines::names(read, &letters);
                read.walk(events.iter().map(|event| &*names[letter_of(&letters, event)]))
            });
            assert_eq!(one, other, "{}", case.id);
            let (state, gap) = one;
            Told { state, verdict: gap.then(|| Verdict::Gap.name().to_owned()), findings: None }
        };
        cases.iter().map(tell).collect()
    }
}

/// The number of the letter that stands for an event; all that are unknown are alike.
fn letter_of(letters: &[Letter], event: &Event) -> usize {
    let is_it = |letter: &Letter| match (&letter.kind, &event.kind) {
        (EventKind::Known(one), EventKind::Known(other)) => one == other,
        (EventKind::Unknown(_), EventKind::Unknown(_)) => true,
        _ => false,
    };
    letters.iter().position(is_it).expect("there is a letter for every kind")
}

impl Case<'_> {
    /// The last event, and those before it.
    fn events(&self, lifecycle: &Lifecycle) -> (Event, impl Iterator<Item = Event>) {
        let event = |at: usize| super::event(lifecycle, self.words[at], at);
        let last = self.words.len() - 1;
        (event(last), (0..last).map(event))
    }
}

/// The deliveries of all assets, one after the other.
fn bodies<'a>(
    lifecycle: &'a Lifecycle,
    cases: &'a [Case<'_>],
) -> impl Iterator<Item = String> + 'a {
    let of_case = |case: &'a Case<'_>| {
        let words = case.words.iter().enumerate();
        words.map(|(number, word)| body(lifecycle, &case.id, word, number))
    };
    cases.iter().flat_map(of_case)
}

/// Whether the reader finds an event of this lifecycle in what is sent of it.
pub(super) fn is_read(lifecycle: &Lifecycle, word: &Word) -> bool {
    let body = body(lifecycle, "a1", word, 0);
    let reading = reader(lifecycle).read(&Delivery::new(body.as_bytes(), 1));
    reading.events.iter().any(|placed| placed.lifecycle.entity() == lifecycle.entity())
}

/// A reader that knows who sends: a kind that no provider knows would be nobody's otherwise.
fn reader(lifecycle: &Lifecycle) -> Reader<'static> {
    let catalog = Catalog::builtin();
    Reader::new(catalog).with_provider(catalog.provider(lifecycle.provider()).expect("built in"))
}

fn told(lifecycle: &Lifecycle, asset: &Asset) -> Told {
    let last = asset.history().last().expect("it has events");
    Told {
        state: asset.state(lifecycle).name.clone(),
        verdict: Some(last.verdict.name().to_owned()),
        findings: Some(said(&asset.findings(lifecycle))),
    }
}

fn by_asset(
    lifecycle: &Lifecycle,
    findings: impl Iterator<Item = Finding>,
) -> BTreeMap<String, Vec<Finding>> {
    let mut by_asset: BTreeMap<String, Vec<Finding>> = BTreeMap::new();
    for finding in findings.filter(|it| it.entity.as_deref() == Some(lifecycle.entity())) {
        let id = finding.id.as_deref().unwrap_or_default().to_owned();
        by_asset.entry(id).or_default().push(finding);
    }
    by_asset
}

/// Findings as the tables have them.
fn said(findings: &[Finding]) -> String {
    joined(findings.iter().map(|finding| (finding.name, finding.missing.as_slice())))
}

fn joined<'f, T: AsRef<str> + 'f>(findings: impl Iterator<Item = (&'f str, &'f [T])>) -> String {
    let each = findings.map(|(name, missing)| {
        let missing: Vec<&str> = missing.iter().map(AsRef::as_ref).collect();
        match name {
            "missing-events" => format!("{name}({})", missing.join(", ")),
            _ => name.to_owned(),
        }
    });
    let all = each.collect::<Vec<_>>().join("; ");
    if all.is_empty() { "-".to_owned() } else { all }
}

#[cfg(feature = "cli")]
mod command {
    use std::{fs, process};

    use serde_json::Value;

    use super::*;

    /// The command, with these options on how to read.
    pub(super) struct Command {
        pub(super) ways: &'static [&'static str],
    }

    impl Command {
        fn rows(&self, verb: &str, lifecycle: &Lifecycle, file: &str) -> Vec<Value> {
            let output = process::Command::new(env!("CARGO_BIN_EXE_mediafold"))
                .args([&[verb, "--format", "jsonl", "--fail-on", "never"], self.ways].concat())
                .args(["--provider", lifecycle.provider(), file])
                .output()
                .expect("it can be run");
            assert!(output.status.success(), "{output:?}");
            let text = String::from_utf8(output.stdout).expect("it is text");
            text.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect()
        }
    }

    impl Engine for Command {
        fn name(&self) -> String {
            format!("the command {}", self.ways.join(" "))
        }

        fn tell(&self, lifecycle: &Lifecycle, cases: &[Case<'_>]) -> Vec<Told> {
            let folder = tempfile::tempdir().expect("there is room");
            let file = folder.path().join("deliveries.jsonl");
            let lines = bodies(lifecycle, cases).map(|body| body + "\n");
            fs::write(&file, lines.collect::<String>()).expect("there is room");
            let file = file.to_str().expect("it is text");
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let is_own = |row: &Value| row["entity"] == lifecycle.entity();
            let rows = self.rows("fold", lifecycle, file).into_iter().filter(is_own);
            let states: BTreeMap<String, String> =
                rows.map(|row| (text(&row["id"]), text(&row["state"]))).collect();
            let mut findings: BTreeMap<String, Vec<(String, Vec<String>)>> = BTreeMap::new();
            for row in self.rows("check", lifecycle, file).into_iter().filter(is_own) {
                let missing = row["missing"].as_array().into_iter().flatten().map(text).collect();
                findings.entry(text(&row["id"])).or_default().push((text(&row["name"]), missing));
            }
            let tell = |case: &Case<'_>| {
                let own = findings.get(&case.id).into_iter().flatten();
                Told {
                    state: states[&case.id].clone(),
                    verdict: None,
                    findings: Some(joined(own.map(|(name, missing)| (&**name, &**missing)))),
                }
            };
            cases.iter().map(tell).collect()
        }
    }
}

#[cfg(feature = "server")]
mod stored {
    use mediafold::store::{FindingFilter, Incoming, Store, StoreOptions};

    use super::*;

    /// The store, each delivery given for itself.
    pub(super) struct Stored;

    impl Engine for Stored {
        fn name(&self) -> String {
            "the store".to_owned()
        }

        fn tell(&self, lifecycle: &Lifecycle, cases: &[Case<'_>]) -> Vec<Told> {
            let folder = tempfile::tempdir().expect("there is room");
            let path = folder.path().join("mediafold.db");
            let mut options = StoreOptions::default();
            options.queue_len = 100_000;
            let store = Store::open(path, Catalog::builtin().clone(), options).expect("it opens");
            let submit = |body: String| {
                let incoming = Incoming {
                    source: lifecycle.provider().to_owned(),
                    provider: lifecycle.provider().to_owned(),
                    received_at: "2026-01-01T00:00:00Z".parse().expect("a time"),
                    content_type: None,
                    headers: Default::default(),
                    query: None,
                    body: body.into(),
                };
                store.submit(incoming).expect("there is room")
            };
            let pending: Vec<_> = bodies(lifecycle, cases).map(submit).collect();
            for pending in pending {
                pending.wait().expect("it is stored");
            }
            let tell = |case: &Case<'_>| {
                let (entity, id) = (lifecycle.entity(), case.id.as_str());
                let asset = store.asset(entity, id).expect("it answers").expect("it is there");
                let timeline = store.timeline(entity, id).expect("it answers");
                let last = timeline.last().expect("it has events");
                let mut filter = FindingFilter::default();
                filter.asset = Some((entity.to_owned(), id.to_owned()));
                let found = store.findings(&filter, None, 10).expect("it answers").items;
                let found: Vec<(String, Vec<String>)> = found
                    .iter()
                    .rev()
                    .map(|finding| {
                        let missing = serde_json::from_str(finding.missing.get());
                        (finding.name.to_string(), missing.expect("a list"))
                    })
                    .collect();
                Told {
                    state: asset.state,
                    verdict: Some(last.verdict.name().to_owned()),
                    findings: Some(joined(found.iter().map(|(name, it)| (&**name, &**it)))),
                }
            };
            cases.iter().map(tell).collect()
        }
    }
}
