//! Tables that naive handlers would have written, held against what was delivered to them.

mod handlers;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use mediafold::{
    Asset, Catalog, Delivery, Event, Lifecycle, Reader, Timestamp,
    audit::{Audit, AuditReason, AuditTable, AuditWords, Audited, RowVerdict, Rule},
    event::Placed,
    fast::LineReader,
    fold,
    lifecycle::{Order, State, Transition},
    simulate::{Faults, Scale, Simulation, Templates},
};

use self::handlers::{HANDLERS, Handler, late_dropped};

/// Numbers that look like chance, the same for the same seed.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn percent(&mut self, share: u64) -> bool {
        self.next() % 100 < share
    }
}

/// What is delivered about assets of an entity, in the order in which it comes: test traffic with faults, of a platform
/// that is quicker than others and sends kinds that nobody knows and words that contradict.
fn traffic(entity: &str, seed: u64) -> Vec<Placed<'static>> {
    let catalog = Catalog::builtin();
    let faults =
        Faults { duplicates: 0.08, late: 0.06, lost: 0.06, illegal: 0.06, ..Faults::default() };
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let (names, templates) = ([entity.to_owned()], Templates::with(&[]).unwrap());
    // Of Mux's a third are assets, and the others uploads and tracks of theirs; a VMS tells more of each asset.
    let scale = Scale::Assets(match entity {
        "mux/asset" => 150,
        "vms/content" => 44,
        _ => 80,
    });
    let mut simulation =
        Simulation::new(catalog, &templates, &names, scale, seed, start, faults).unwrap();
    let reader = Reader::new(catalog);
    let (mut events, mut number, mut chance) = (Vec::new(), 0, Chance(seed + 1));
    while let Some(body) = simulation.next_delivery() {
        number += 1;
        for mut placed in reader.read(&Delivery::new(body, number)).events {
            if placed.lifecycle.entity() != entity {
                continue;
            }
            let quick = |time: Timestamp| start.saturating_add(time.since(start) / 40);
            placed.event.time = placed.event.time.map(quick);
            spoil(&mut placed, &mut chance);
            let strange = chance.percent(4).then(|| strange(&placed, number));
            events.push(placed);
            events.extend(strange);
        }
    }
    let last: BTreeMap<Box<str>, Placed<'static>> =
        events.iter().map(|placed| (placed.asset.clone(), placed.clone())).collect();
    for placed in last.into_values() {
        let kinds = match chance.next() % 10 {
            0 | 1 => vec![any(placed.lifecycle, &mut chance, |_| true)],
            2 => {
                let ends = any(placed.lifecycle, &mut chance, |state| state.end);
                vec![ends, any(placed.lifecycle, &mut chance, |_| true)]
            }
            3 if placed.lifecycle.retries().is_some() => {
                // It fails again and again, and nothing of what was heard of it later is.
                let mut heard = 0;
                events.retain(|other| {
                    heard += u32::from(other.asset == placed.asset);
                    other.asset != placed.asset || heard <= 3
                });
                [["ERROR", "QUEUE"]; 3].concat()
            }
            _ => continue,
        };
        for kind in kinds {
            number += 1;
            events.push(stray(&placed, kind, number));
        }
    }
    events
}

/// A kind that leads to such a state.
fn any(lifecycle: &Lifecycle, chance: &mut Chance, to: fn(&State) -> bool) -> &'static str {
    let leads = |step: &&Transition| step.to != step.from && to(&lifecycle.states()[step.to]);
    let steps: Vec<&Transition> = lifecycle.transitions().iter().filter(leads).collect();
    let kind = steps[chance.next() as usize % steps.len()].kind;
    let own = Lifecycle::builtin(lifecycle.entity()).unwrap();
    own.kind_name(kind)
}

/// An event after the last of an asset.
fn stray(last: &Placed<'static>, kind: &str, number: u64) -> Placed<'static> {
    let lifecycle = last.lifecycle;
    let mut event = Event::new(lifecycle, kind).unwrap().from_delivery(number);
    event.id = last.event.id.as_ref().map(|_| format!("stray-{number}").into());
    event.time = last.event.time.map(|time| time.saturating_add(Duration::from_secs(number)));
    event.content = number;
    Placed::new(Catalog::builtin(), lifecycle.entity(), &last.asset, event).unwrap()
}

/// Gives an event that has a status word another one, now and then.
fn spoil(placed: &mut Placed<'_>, chance: &mut Chance) {
    let (lifecycle, event) = (placed.lifecycle, &placed.event);
    let (Some(kind), Some(_)) = (event.kind.known(), &event.status) else { return };
    // Where the word decides it is the event.
    if !chance.percent(8) || event.label(lifecycle) != event.name(lifecycle) {
        return;
    }
    let names = lifecycle.states().iter().map(|state| &state.name);
    let words: Vec<&String> =
        names.filter(|name| lifecycle.state_of_status(name).is_some()).collect();
    let Some(word) = words.get(chance.next() as usize % words.len().max(1)) else { return };
    let branch = lifecycle.branch_number(kind);
    let mut other =
        Event::recalled(lifecycle, event.name(lifecycle), branch, Some((*word).clone()));
    (other.time, other.id, other.delivery) = (event.time, event.id.clone(), event.delivery);
    other.content = event.content;
    placed.event = other;
}

/// An event of a kind that the platform has come to send.
fn strange(placed: &Placed<'static>, number: u64) -> Placed<'static> {
    let mut event = Event::unknown("video.asset.sparkled").with_id(format!("strange-{number}"));
    (event.time, event.delivery) = (placed.event.time, number);
    Placed::new(Catalog::builtin(), placed.lifecycle.entity(), &placed.asset, event).unwrap()
}

/// The events of each asset in the order in which they came.
fn by_asset(events: &[Placed<'static>]) -> BTreeMap<String, Vec<Event>> {
    let mut assets: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    for placed in events {
        assets.entry(placed.asset.to_string()).or_default().push(placed.event.clone());
    }
    assets
}

fn audited(
    lifecycle: &Lifecycle,
    events: &[Placed<'static>],
    rows: &BTreeMap<String, String>,
) -> Audited<'static> {
    let mut table = AuditTable::default();
    for (line, (id, word)) in (2..).zip(rows) {
        table.add(line, id, word, None);
    }
    let mut audit = Audit::new(Reader::new(Catalog::builtin()), table).only_entity(lifecycle);
    events.iter().for_each(|placed| audit.place(placed.clone()));
    audit.finish(&AuditWords::default()).unwrap()
}

/// How often a rule was named first, second or not, by its name; and how often another that comes first is alike.
type Tally = BTreeMap<&'static str, [u64; 4]>;

/// Of 50 streams about an entity, the tables that every handler would have written.
fn judged(entity: &str) -> Tally {
    let lifecycle = Lifecycle::builtin(entity).unwrap();
    let mut named = Tally::new();
    for seed in 0..50 {
        let events = traffic(entity, seed);
        let assets = by_asset(&events);
        let state = |(id, events): (&String, &Vec<Event>)| {
            let mut asset = Asset::new(id.as_str());
            fold(lifecycle, &mut asset, events.clone());
            (id.clone(), asset.state(lifecycle).name.clone())
        };
        let truth: HashMap<String, String> = assets.iter().map(state).collect();
        let written = |handler: Handler| -> BTreeMap<String, String> {
            assets.iter().map(|(id, events)| (id.clone(), handler(lifecycle, events))).collect()
        };
        let careful = written(late_dropped);
        for (rule, handler) in
            HANDLERS.into_iter().filter(|(rule, _)| is_possible(lifecycle, *rule))
        {
            let rows = written(handler);
            let audited = audited(lifecycle, &events, &rows);
            let mut wrong = 0;
            let Ok(()) = audited.each(|row| {
                let differs = truth[row.id] != rows[row.id];
                // Of what is heard of some assets nothing says where they are.
                let (is_wrong, verdict) = match (differs, &*truth[row.id]) {
                    (false, _) => (false, RowVerdict::Equal),
                    (true, "new") => (false, RowVerdict::Unclear),
                    (true, _) => (true, RowVerdict::Wrong),
                };
                assert_eq!(row.verdict, verdict, "{entity} {seed} {rule:?} {row:?}");
                assert_eq!(row.explanation.is_some(), is_wrong);
                assert!(!is_wrong || row.rules.contains(&rule), "{entity} {seed} {rule:?} {row:?}");
                wrong += u64::from(is_wrong);
                Ok::<(), std::convert::Infallible>(())
            });
            assert_eq!((audited.counts().wrong, audited.counts().missing), (wrong, 0));
            // A handler that had no occasion to do what it does wrong wrote the table of another.
            if wrong > 0 && rows != careful {
                let rules = &audited.naming().rules;
                let place = rules.iter().position(|about| about.rule == rule);
                let counts = named.entry(rule.name()).or_default();
                counts[place.unwrap_or(2).min(2)] += 1;
                counts[3] += u64::from(rules[0].alike.contains(&rule));
            }
        }
    }
    named
}

/// Whether such a handler can be written: not by times, words or retries where there are none.
fn is_possible(lifecycle: &Lifecycle, rule: Rule) -> bool {
    match rule {
        Rule::LastByTime | Rule::WholeSeconds => lifecycle.order() == Order::Time,
        Rule::RetriesIgnored => lifecycle.retries().is_some(),
        Rule::StatusWord => {
            lifecycle.states().iter().any(|state| lifecycle.state_of_status(&state.name).is_some())
        }
        _ => true,
    }
}

/// Every wrong row is found and none invented, and the rule that made them is named: first in 95 of 100, and always
/// within the first two.
#[test]
fn the_handler_is_named() {
    let entities = ["mux/asset", "fastpix/live_stream", "vms/content"];
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let judges = entities.map(|entity| scope.spawn(move || judged(entity)));
        judges.into_iter().map(|judge| judge.join().unwrap()).collect()
    });
    let sum =
        |at: usize| tallies.iter().flat_map(Tally::values).map(|counts| counts[at]).sum::<u64>();
    let tables = sum(0) + sum(1) + sum(2);
    assert!(tables > 1000, "only {tables} tables have wrong rows");
    let rules: BTreeSet<_> = tallies.iter().flat_map(Tally::keys).collect();
    assert_eq!(rules.len(), HANDLERS.len(), "{rules:?}");
    assert!(sum(0) * 100 >= tables * 95, "{tallies:?}");
    assert_eq!(sum(2), 0, "{tallies:?}");
}

/// Two handlers wrote a table, one before and one after it was changed, and a hand that is nobody's: both are named, and
/// the rows of the hand are not theirs.
#[test]
fn two_handlers_of_one_table_are_named() {
    let lifecycle = Lifecycle::builtin("vms/content").unwrap();
    let events = traffic("vms/content", 3);
    let assets = by_asset(&events);
    let handler = |rule: Rule| HANDLERS.into_iter().find(|(own, _)| *own == rule).unwrap().1;
    let halves = [handler(Rule::FirstTerminal), handler(Rule::GapsRefused)];
    let write = |(number, (id, events)): (usize, (&String, &Vec<Event>))| {
        (id.clone(), halves[number % 2](lifecycle, events))
    };
    let mut rows: BTreeMap<String, String> = assets.iter().enumerate().map(write).collect();
    for (id, events) in assets.iter().take(3) {
        // No rule writes what no event leads to.
        let mut asset = Asset::new(id.as_str());
        fold(lifecycle, &mut asset, events.clone());
        assert_ne!(asset.state(lifecycle).name, "WAITING", "{id}");
        rows.insert(id.clone(), "WAITING".to_owned());
    }
    let audited = audited(lifecycle, &events, &rows);
    let mut named: Vec<Rule> = audited.naming().named().map(|about| about.rule).collect();
    named.sort();
    assert_eq!(named, [Rule::FirstTerminal, Rule::GapsRefused]);
    assert_eq!(audited.naming().unexplained, 3, "{:?}", audited.naming());
    let more: u64 = audited.naming().named().map(|about| about.more).sum();
    assert_eq!(more + 3, audited.counts().wrong);
}

/// What was received after a row was written is not held against its handler.
#[test]
fn a_handler_is_not_judged_by_what_it_had_not_heard() {
    let lifecycle = Lifecycle::builtin("mux/asset").unwrap();
    let second =
        |second: u32| format!("2026-01-01T00:00:{second:02}Z").parse::<Timestamp>().unwrap();
    let mut table = AuditTable::default();
    table.add(2, "m", "preparing", Some(second(30)));
    let mut audit = Audit::new(Reader::new(Catalog::builtin()), table);
    // It happened before the row was written, and came after.
    for (number, kind, happened, came) in [(1, "created", 1, 2), (2, "ready", 20, 40)] {
        let kind = format!("video.asset.{kind}");
        let mut event = Event::new(lifecycle, &kind).unwrap().at(second(happened)).with_id(kind);
        (event.received_at, event.delivery) = (Some(second(came)), number);
        audit.place(Placed::new(Catalog::builtin(), "mux/asset", "m", event).unwrap());
    }
    let audited = audit.finish(&AuditWords::default()).unwrap();
    let Ok(()) = audited.each(|row| {
        let why = row.explanation.unwrap();
        assert_eq!((why.reason, why.place), (AuditReason::AfterWritten, Some((2, 0))));
        Ok::<(), std::convert::Infallible>(())
    });
    assert_eq!((audited.counts().wrong, audited.naming().wrong), (1, 0));
}

/// However deliveries are read, the audit is the same.
#[test]
fn the_quick_reader_tells_the_same() {
    let catalog = Catalog::builtin();
    let lifecycle = Lifecycle::builtin("mux/asset").unwrap();
    let faults =
        Faults { duplicates: 0.1, late: 0.1, illegal: 0.1, malformed: 0.05, ..Faults::default() };
    let (names, templates) = (["mux".to_owned()], Templates::with(&[]).unwrap());
    let start = "2026-01-01T00:00:00Z".parse().unwrap();
    let scale = Scale::Assets(200);
    let mut simulation =
        Simulation::new(catalog, &templates, &names, scale, 5, start, faults).unwrap();
    let bare = || Audit::new(Reader::new(catalog), AuditTable::default()).only_entity(lifecycle);
    let (mut plain, mut quick) = (bare(), bare());
    let (mut lines, mut number, mut read) = (LineReader::new(&quick.reader().clone()), 0, 0);
    while let Some(body) = simulation.next_delivery() {
        number += 1;
        let delivery = Delivery::new(body, number);
        plain.deliver(&delivery);
        match lines.read(&delivery, |_, _| true) {
            Some((provider, events)) => {
                read += 1;
                quick.take_read(provider, events);
            }
            None => quick.deliver(&delivery),
        }
    }
    assert!(read * 10 > number * 8, "{read} of {number}");
    let told = |mut audit: Audit<'static>| {
        let mut told = vec![format!("{:?}", audit.heard())];
        let audited = audit.finish(&AuditWords::default()).unwrap();
        let Ok(()) = audited.each(|row| {
            told.push(format!("{row:?}"));
            Ok::<(), std::convert::Infallible>(())
        });
        told
    };
    assert_eq!(told(plain), told(quick));
}
