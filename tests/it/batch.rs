//! Folding from records gives, to the byte, what folding the assets themselves gives.

use mediafold::{
    Catalog, Code, Event, Policy, Reader, Severity, Timestamp,
    bulk::{Bulk, Folded},
    event::Placed,
    fast::{Batch, Printer, Rows},
    fold::{HISTORY_MAX, Levels, overdue},
    lifecycle::DefinitionFile,
};
use proptest::{collection::vec, prelude::*};

use super::{
    generate::{at, machines, raws},
    laws::config,
};

/// What is asked of a fold.
#[derive(Clone, Debug)]
struct Asked {
    follow: bool,
    findings: bool,
    changed: bool,
    as_of: Option<Timestamp>,
    data: bool,
    /// Which worker takes in the next delivery, in turn.
    workers: Vec<usize>,
    /// How many assets are printed at once.
    cut: usize,
}

fn asked(times: impl Strategy<Value = Timestamp>) -> impl Strategy<Value = Asked> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let workers = prop_oneof![Just(vec![0]), vec(0..3_usize, 1..9)];
    (flags, prop::option::weighted(0.3, times), workers, 1..40_usize).prop_map(
        |((follow, findings, changed, data), as_of, workers, cut)| Asked {
            follow,
            findings,
            changed,
            as_of,
            data,
            workers,
            cut,
        },
    )
}

impl Asked {
    fn policy(&self) -> Policy {
        if self.follow { Policy::Follow } else { Policy::Keep }
    }

    fn levels(&self) -> Levels {
        let mut levels = Levels::default();
        if self.changed {
            levels.set(Code::Duplicate, Severity::Allowed);
            levels.set(Code::Late, Severity::Error);
            levels.set(Code::MissingEvents, Severity::Allowed);
            levels.set(Code::IllegalTransition, Severity::Warning);
            levels.set(Code::Overdue, Severity::Info);
        }
        levels
    }

    fn folds<'c>(&self, reader: &Reader<'c>) -> (Bulk<'c>, Batch<'c>) {
        let reader = if self.data { reader.clone() } else { reader.clone().without_data() };
        let (policy, levels) = (self.policy(), self.levels());
        let bulk = || {
            let bulk = Bulk::new(reader.clone()).with_policy(policy).with_levels(levels.clone());
            let bulk = if self.findings { bulk.with_findings() } else { bulk };
            if let Some(time) = self.as_of { bulk.as_of(time) } else { bulk }
        };
        (bulk(), Batch::from(bulk()))
    }

    /// Everything that a fold of assets tells, line by line.
    fn told(&self, folded: &Folded<'_>) -> Vec<String> {
        let mut told = Vec::new();
        for (lifecycle, asset) in &folded.assets {
            let mut row = asset.snapshot(lifecycle, self.data);
            row.findings = asset.finding_counts(lifecycle, &self.levels());
            if let Some(late) = self.as_of.and_then(|time| overdue(lifecycle, asset, time)) {
                row.findings.add(self.levels().severity(late.code), 1);
            }
            told.push(serde_json::to_string(&row).unwrap());
        }
        told.extend(folded.findings.iter().map(|finding| format!("{finding:?}")));
        told.extend(folded.unreadable.iter().map(|finding| format!("{finding:?}")));
        told.extend(folded.summaries.iter().map(|summary| format!("{summary:?}")));
        told.push(format!("{:?} {:?}", folded.undated, folded.latest));
        told
    }

    /// Everything that a fold of records tells, line by line.
    fn told_by(&self, sheet: &Rows<'_>) -> Vec<String> {
        let (mut told, mut printer) = (Vec::new(), Printer::new(sheet));
        for cut in sheet.cuts(self.cut) {
            let (first, mut printed) = (told.len(), Vec::new());
            let print = |row: mediafold::Snapshot<'_>| {
                let mut line = Vec::new();
                row.write_json(&mut line);
                told.push(String::from_utf8(line).unwrap());
                Ok::<(), ()>(())
            };
            sheet.rows(&cut, self.data, print).unwrap();
            printer.print(&cut, self.data, &mut printed);
            let lines = told[first..].iter().map(|line| format!("{line}\n"));
            assert_eq!(String::from_utf8(printed).unwrap(), lines.collect::<String>());
        }
        assert_eq!(told.len(), sheet.len());
        told.extend(sheet.findings.iter().map(|finding| format!("{finding:?}")));
        told.extend(sheet.unreadable.iter().map(|finding| format!("{finding:?}")));
        told.extend(sheet.summaries.iter().map(|summary| format!("{summary:?}")));
        told.push(format!("{:?} {:?}", sheet.undated, sheet.latest));
        told
    }
}

fn same(one: &[String], other: &[String]) -> Result<(), TestCaseError> {
    for (one, other) in one.iter().zip(other) {
        prop_assert_eq!(one, other);
    }
    prop_assert_eq!(one.len(), other.len());
    Ok(())
}

/// An id of every form, the same for the same number.
fn id(number: usize) -> String {
    let uuid = format!("{:08x}-0a1b-4c2d-8e3f-{:012x}", number * 0x1111_1111 % 0xffff_ffff, number);
    match number % 11 {
        0 => uuid,
        1 => uuid.replace('-', ""),
        2 => uuid.to_uppercase(),
        3 => format!("{number:015}"),
        4 => format!("{number:016}"),
        5 => format!("{number:017}"),
        6 => format!("{}{number:04}", "m".repeat(1020)),
        7 => format!("Épisode {number} \"日本語\"\n\u{0}"),
        8 => format!("ZX{number:032x}"),
        9 => format!("{uuid}0"),
        _ => number.to_string(),
    }
}

/// A catalog that has this lifecycle.
fn catalog_of(lifecycle: &mediafold::Lifecycle) -> Catalog {
    if Catalog::builtin().lifecycle(lifecycle.entity()).is_some() {
        return Catalog::builtin().clone();
    }
    let provider = "provider = \"random\"\n[envelope]\nbody = \"json\"\nkind = [\"/kind\"]\nevent_id = []\ntime = []\n";
    let files = [
        DefinitionFile::new("random/provider.toml", provider),
        DefinitionFile::new("random/thing.toml", lifecycle.definition()),
    ];
    Catalog::with(&files).unwrap()
}

/// Makes a stream nastier: ids of every form, parents, times that cannot be used, times of receipt.
fn worse(event: Event, number: usize, pick: u16) -> Event {
    let mut event = event.from_delivery(1 + number as u64);
    if let Some(id_of) = event.id.as_deref().and_then(|id| id.strip_prefix('e')) {
        event.id = Some(id(id_of.parse().unwrap()).into());
    }
    match pick % 24 {
        0 | 1 => event.parent = Some(id(usize::from(pick) % 40).into()),
        2 => event.time_error = Some("no time".into()),
        3 | 4 => event.received_at = Some(at(i64::from(pick % 60))),
        5 => event.status = Some(format!("word {}", pick % 7).into()),
        6 => event.time = Some(Timestamp::from_nanos(i64::MIN)),
        _ => {}
    }
    event
}

proptest! {
    #![proptest_config(config(600))]

    /// Random lifecycles and streams, few assets: ties, conflicts, strangers, no times, no ids.
    #[test]
    fn records_of_random_streams_fold_as_assets_do(
        machine in machines(),
        raws in vec(raws(), 1..4),
        picks in vec(any::<u16>(), 1..60),
        spread in 1..30_usize,
        asked in asked((0..70_i64).prop_map(at)),
    ) {
        let catalog = catalog_of(&machine.lifecycle);
        let (mut bulk, mut batch) = asked.folds(&Reader::new(&catalog));
        let streams = raws.iter().map(|raws| machine.stream(raws));
        let events: Vec<Event> = streams.flatten().collect();
        let workers = asked.workers.iter().cycle();
        for ((number, event), (worker, pick)) in
            events.into_iter().enumerate().zip(workers.zip(picks.iter().cycle()))
        {
            let asset = id(usize::from(*pick) % spread);
            let event = worse(event, number, pick.wrapping_mul(31).wrapping_add(number as u16));
            let entity = machine.lifecycle.entity();
            let placed = Placed::new(&catalog, entity, &asset, event).unwrap();
            batch.place(*worker, &placed);
            bulk.place(placed);
        }
        same(&asked.told(&bulk.finish()), &asked.told_by(&batch.finish()))?;
    }
}

/// More events of one asset than are kept, and an event that comes too late for what is kept.
#[test]
fn records_of_a_long_history_fold_as_the_asset_does() {
    let catalog = Catalog::builtin();
    for (entity, kinds) in [
        ("fastpix/media", ["video.media.created", "video.media.updated", "video.media.ready"]),
        ("vms/content", ["ENCODE", "ERROR", "ENCODE"]),
    ] {
        for findings in [false, true] {
            let asked = Asked {
                follow: false,
                findings,
                changed: false,
                as_of: None,
                data: false,
                workers: vec![0, 1],
                cut: 10,
            };
            let (mut bulk, mut batch) = asked.folds(&Reader::new(catalog));
            for number in 0..HISTORY_MAX + 200 {
                let kind = kinds[if number == 0 { 0 } else { 1 + number / 7 % 2 }];
                let lifecycle = catalog.lifecycle(entity).unwrap();
                let second = if number == HISTORY_MAX + 100 { 3 } else { number as i64 };
                let mut event = Event::new(lifecycle, kind).unwrap().from_delivery(number as u64);
                event.content = number as u64;
                if entity == "fastpix/media" {
                    event = event.at(at(second)).with_id(id(number));
                }
                let placed = Placed::new(catalog, entity, "m1", event).unwrap();
                batch.place(number / 13 % 2, &placed);
                bulk.place(placed);
            }
            same(&asked.told(&bulk.finish()), &asked.told_by(&batch.finish())).unwrap();
        }
    }
}

#[cfg(feature = "simulate")]
mod simulated {
    use mediafold::{
        Delivery,
        simulate::{Scale, Simulation, Templates},
    };

    use super::*;
    use crate::{
        laws::shuffled,
        simulate::{faults, start},
    };

    impl Asked {
        /// Folds these bodies both ways.
        fn agree(&self, reader: &Reader<'_>, bodies: &[Vec<u8>]) -> Result<(), TestCaseError> {
            let (mut bulk, mut batch) = self.folds(reader);
            // A file's lines, and those of another one whose number does not fit a record.
            let number =
                |line: usize| line as u64 + if line > bodies.len() / 2 { 3 << 40 } else { 1 };
            for (line, (body, worker)) in bodies.iter().zip(self.workers.iter().cycle()).enumerate()
            {
                let delivery = Delivery::new(body, number(line));
                bulk.deliver(&delivery);
                batch.deliver(*worker, &delivery);
            }
            same(&self.told(&bulk.finish()), &self.told_by(&batch.finish()))
        }
    }

    fn bodies(seed: u64, assets: u64, share: f64) -> Vec<Vec<u8>> {
        let names = crate::definitions::providers().into_iter().map(str::to_owned);
        let names: Vec<String> = names.collect();
        let faults = faults(share);
        let (catalog, templates) = (Catalog::builtin(), Templates::with(&[]).unwrap());
        let scale = Scale::Assets(assets);
        let simulation = Simulation::new(catalog, &templates, &names, scale, seed, start(), faults);
        let mut simulation = simulation.unwrap();
        let mut bodies = Vec::new();
        while let Some(body) = simulation.next_delivery() {
            bodies.push(body.to_vec());
        }
        bodies
    }

    /// The record of a delivery, as receivers keep it, or the delivery as it is.
    fn recorded(body: &[u8], pick: u16) -> Vec<u8> {
        match (std::str::from_utf8(body), pick % 3) {
            (Ok(text), 0) => serde_json::json!({
                "received_at": format!("2026-01-01T{:02}:00:00Z", pick % 25),
                "body": text,
            })
            .to_string()
            .into_bytes(),
            _ => body.to_vec(),
        }
    }

    /// Replaces what makes events ordinary.
    fn spoiled(body: &[u8], pick: u16) -> Vec<u8> {
        let Ok(text) = std::str::from_utf8(body) else { return body.to_vec() };
        let text = match pick % 40 {
            0 => text.replace("\"2026-", "\"2026/"),
            1 => text.replacen("ready", "unheard", 1),
            2 => text.replace("\"status\":\"", "\"status\":\"odd "),
            3 => text.replace("2026-01-01T", "2026-01-02T"),
            _ => text.to_owned(),
        };
        text.into_bytes()
    }

    proptest! {
        #![proptest_config(config(60))]

        /// Test traffic of all providers with all faults, in order or not, some of it recorded or spoiled.
        #[test]
        fn records_of_simulated_streams_fold_as_assets_do(
            seed in any::<u64>(),
            assets in 1..60_u64,
            share in prop_oneof![Just(0.0), Just(0.05), Just(0.3)],
            picks in prop::option::of(vec(any::<u16>(), 1..40)),
            asked in asked((0..200_000_i64).prop_map(|second| {
                Timestamp::from_nanos((1_767_225_600 + second) * 1_000_000_000)
            })),
        ) {
            let mut bodies = bodies(seed, assets, share);
            if let Some(picks) = &picks {
                if picks[0] % 2 == 0 {
                    bodies = shuffled(&bodies, picks);
                }
                let picks = || picks.iter().zip(0_u16..).cycle();
                let changed = bodies.iter().zip(picks());
                bodies = changed
                    .map(|(body, (pick, at))| {
                        let pick = pick.wrapping_mul(17).wrapping_add(at);
                        recorded(&spoiled(body, pick), pick)
                    })
                    .collect();
            }
            asked.agree(&Reader::new(Catalog::builtin()), &bodies)?;
        }
    }
}
