//! A group of deliveries: folded one by one, in their order, and written together.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use rusqlite::Connection;

use super::{
    incoming::{Read, Receipt},
    kept::{Cache, Kept, Key},
    origins,
    rows::{self, Change, Rows, Said},
};
use crate::{
    event::Event,
    fold::{Arrival, Asset, Finding, HISTORY_MAX, JudgedMark, Policy, SnapshotCache},
    lifecycle::{Catalog, Lifecycle},
    time::Timestamp,
};

/// How the events of one entity were judged when they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Judged {
    /// The entity.
    pub entity: String,
    /// How many had each verdict, by its [name](crate::Verdict::name).
    pub verdicts: BTreeMap<&'static str, u64>,
    /// How many came after one that happened later.
    pub late: u64,
}

/// Folds deliveries into the assets of a database.
#[derive(Debug)]
pub(super) struct Folder {
    catalog: Arc<Catalog>,
    policy: Policy,
    cache: Cache,
    /// The id of the store.
    store: String,
    next_asset: i64,
    /// Changes of states are told of.
    tells: bool,
}

/// What one group does to the assets that it names.
pub(super) struct Group<'f> {
    folder: &'f mut Folder,
    database: &'f Connection,
    rows: Rows<'f>,
    works: Vec<Work>,
    places: HashMap<Key, usize>,
    turns: Vec<Turn>,
    population: BTreeMap<(usize, usize), i64>,
    judged: BTreeMap<usize, Judged>,
}

/// The assets of a group that is written, to be kept once it is committed.
pub(super) struct Written(Vec<(Key, Box<Kept>)>);

/// An asset, and what the group brought of it.
struct Work {
    key: Key,
    kept: Box<Kept>,
    events: Vec<Event>,
    /// How many of them are written.
    written: usize,
    /// Findings that only the order of arrival brings up.
    said: Vec<Finding>,
    /// The first place of the history that may be judged otherwise than before.
    from: usize,
    /// The events that were condensed when the history was last written.
    condensed: u64,
    heard_at: Timestamp,
}

/// An event that changed the state of its asset: their places in the group, and the states.
struct Turn {
    work: usize,
    event: usize,
    from: usize,
    to: usize,
    at: Option<Timestamp>,
    recorded_at: Timestamp,
}

impl Folder {
    pub(super) fn new(
        database: &Connection,
        catalog: Arc<Catalog>,
        policy: Policy,
        assets_bytes: usize,
        tells: bool,
    ) -> rusqlite::Result<Self> {
        let last = "SELECT ifnull(max(asset), 0) FROM assets";
        let next_asset = database.query_row(last, [], |row| row.get::<_, i64>(0))? + 1;
        let store = origins::own_id(database)?;
        let cache = Cache::new(assets_bytes);
        Ok(Self { catalog, policy, cache, store, next_asset, tells })
    }

    pub(super) fn group<'f>(&'f mut self, database: &'f Connection) -> rusqlite::Result<Group<'f>> {
        Ok(Group {
            folder: self,
            database,
            rows: Rows::new(database)?,
            works: Vec::new(),
            places: HashMap::new(),
            turns: Vec::new(),
            population: BTreeMap::new(),
            judged: BTreeMap::new(),
        })
    }

    /// Keeps the assets of a group that was committed; those of one that failed are read again.
    pub(super) fn keep(&mut self, Written(written): Written) {
        written.into_iter().for_each(|(key, kept)| self.cache.put(key, kept));
    }

    /// Notes that the database has it that an asset is overdue, or is not.
    pub(super) fn set_overdue(&mut self, entity: &str, id: &str, overdue: bool) {
        let Some(index) = self.catalog.index(entity) else { return };
        let key = (index, id.into());
        if let Some(mut kept) = self.cache.take(&key) {
            kept.row.overdue = overdue;
            self.cache.put(key, kept);
        }
    }

    /// Forgets what assets were, since something else changed them.
    pub(super) fn forget(&mut self) {
        self.cache.clear();
    }

    fn find(&mut self, database: &Connection, key: &Key) -> rusqlite::Result<Box<Kept>> {
        if let Some(kept) = self.cache.take(key) {
            return Ok(kept);
        }
        let lifecycle = self.catalog.at(key.0);
        let mut asset = Asset::with_policy(key.1.clone(), self.policy);
        let (number, row) = match rows::find_asset(database, lifecycle, &key.1)? {
            Some((number, row)) => {
                rows::load_history(database, lifecycle, number, &mut asset)?;
                (number, row)
            }
            None => {
                self.next_asset += 1;
                (self.next_asset - 1, Default::default())
            }
        };
        let mut trail = SnapshotCache::default();
        trail.follow(lifecycle, &asset, 0);
        let marks = (0..asset.kept()).map(|at| asset.mark(at)).collect();
        Ok(Box::new(Kept { number, asset, trail, marks, row }))
    }
}

impl Group<'_> {
    /// Writes a delivery by this number and folds its events, unless it was imported before.
    pub(super) fn receive(&mut self, number: u64, read: &mut Read) -> rusqlite::Result<Receipt> {
        let quarantine = read.quarantine();
        let quarantined = quarantine.is_some();
        let mut origin = 0;
        if let Some(first) = &read.origin {
            origin = origins::row_of(self.database, &first.store)?;
            let place = (origin, first.number);
            if let Some(known) = origins::find(self.database, place, number, &read.incoming)? {
                return Ok(Receipt { delivery: known, quarantined, known: true });
            }
        }
        let own = &self.folder.store;
        self.rows.write_delivery((number, own), origin, read, quarantine.as_deref())?;
        self.fold(number, read)?;
        Ok(Receipt::new(number, quarantined))
    }

    /// Folds the events of the delivery of this number.
    pub(super) fn fold(&mut self, number: u64, read: &mut Read) -> rusqlite::Result<()> {
        let heard_at = read.incoming.received_at;
        for (index, id, event) in read.events.drain(..) {
            self.fold_event((index, id), event.from_delivery(number), heard_at)?;
        }
        for finding in &mut read.findings {
            finding.delivery = number;
            rows::say(self.database, Said { asset: None, found_at: heard_at }, finding)?;
        }
        Ok(())
    }

    pub(super) fn fold_event(
        &mut self,
        key: Key,
        event: Event,
        heard_at: Timestamp,
    ) -> rusqlite::Result<()> {
        let catalog = Arc::clone(&self.folder.catalog);
        let (index, lifecycle) = (key.0, catalog.at(key.0));
        let at = self.place(key, heard_at)?;
        let work = &mut self.works[at];
        if work.kept.asset.kept() >= HISTORY_MAX {
            // Of what is about to be condensed everything is said first, or it never would be.
            let verdicts = &mut self.judged.entry(index).or_default().verdicts;
            write_history(self.database, &mut self.rows, lifecycle, work, verdicts)?;
        }
        let asset = &mut work.kept.asset;
        let before = lifecycle.state_index(asset.node());
        let inserted = asset.insert(lifecycle, event.clone());
        let from = asset.settle(lifecycle);
        work.from = work.from.min(match inserted.arrival {
            // The copy that counts may be another one now, wherever it stands.
            Arrival::Conflict(_) => 0,
            _ if inserted.condensed => 0,
            _ => from,
        });
        if matches!(inserted.arrival, Arrival::Late(..) | Arrival::TooOld(_)) {
            self.judged.entry(index).or_default().late += 1;
        }
        if let Arrival::TooOld(finding) = inserted.arrival {
            work.said.push(finding);
        }
        work.events.push(event);
        work.heard_at = heard_at;
        let after = lifecycle.state_index(asset.node());
        if before != after && self.folder.tells {
            self.turns.push(Turn {
                work: at,
                event: work.events.len() - 1,
                from: before,
                to: after,
                at: asset.since(lifecycle),
                recorded_at: heard_at,
            });
        }
        Ok(())
    }

    /// The asset's place among those of the group.
    fn place(&mut self, key: Key, heard_at: Timestamp) -> rusqlite::Result<usize> {
        if let Some(at) = self.places.get(&key) {
            return Ok(*at);
        }
        let kept = self.folder.find(self.database, &key)?;
        let (from, condensed) = (kept.asset.kept(), kept.asset.condensed());
        self.places.insert(key.clone(), self.works.len());
        let (events, written, said) = (Vec::new(), 0, Vec::new());
        self.works.push(Work { key, kept, events, written, said, from, condensed, heard_at });
        Ok(self.works.len() - 1)
    }

    /// Writes what the group changed, and tells how its events were judged.
    pub(super) fn write(mut self) -> rusqlite::Result<(Written, Vec<Judged>)> {
        let catalog = Arc::clone(&self.folder.catalog);
        for work in &mut self.works {
            let lifecycle = catalog.at(work.key.0);
            let before = work.kept.row;
            let verdicts = &mut self.judged.entry(work.key.0).or_default().verdicts;
            write_history(self.database, &mut self.rows, lifecycle, work, verdicts)?;
            self.rows.write_asset(self.database, lifecycle, &mut work.kept, work.heard_at)?;
            let after = work.kept.row;
            if before.there && before.state != after.state {
                *self.population.entry((work.key.0, before.state)).or_default() -= 1;
            }
            if !before.there || before.state != after.state {
                *self.population.entry((work.key.0, after.state)).or_default() += 1;
            }
        }
        for ((index, state), more) in self.population {
            let lifecycle = catalog.at(index);
            let state = &lifecycle.states()[state].name;
            rows::count_population(self.database, lifecycle.entity(), state, more)?;
        }
        for Turn { work, event, from, to, at, recorded_at } in self.turns {
            let work = &self.works[work];
            let (lifecycle, event) = (catalog.at(work.key.0), &work.events[event]);
            self.rows.tell(Change {
                entity: lifecycle.entity(),
                id: &work.key.1,
                from: &lifecycle.states()[from].name,
                to: &lifecycle.states()[to].name,
                at,
                recorded_at,
                delivery: Some(event.delivery),
                cause: event.name(lifecycle),
            })?;
        }
        let written = Written(self.works.into_iter().map(|work| (work.key, work.kept)).collect());
        let judged = self.judged.into_iter().map(|(index, judged)| {
            let entity = catalog.at(index).entity().to_owned();
            Judged { entity, ..judged }
        });
        Ok((written, judged.collect()))
    }
}

/// Writes the events that came, and what is judged otherwise because of them.
fn write_history(
    database: &Connection,
    rows: &mut Rows<'_>,
    lifecycle: &Lifecycle,
    work: &mut Work,
    verdicts: &mut BTreeMap<&'static str, u64>,
) -> rusqlite::Result<()> {
    let Work { kept, events, written, said, from, condensed, heard_at, .. } = work;
    let events = &events[std::mem::replace(written, events.len())..];
    let Kept { number, asset, trail, marks, .. } = &mut **kept;
    let about = Said { asset: Some(*number), found_at: *heard_at };
    let gone = usize::try_from(asset.condensed() - *condensed).unwrap_or(usize::MAX);
    if gone > 0 {
        // All there was to say of them is said.
        let still: HashSet<_> = (0..asset.kept()).map(|at| asset.mark(at).place).collect();
        marks.retain(|mark| still.contains(&mark.place));
        rows::unsay_condensed(database, *number)?;
        if let Some(finding) = asset.condensed_finding(lifecycle) {
            rows::say(database, about, &finding)?;
        }
        *from = 0;
    }
    trail.follow(lifecycle, asset, *from);
    let first = (*from).min(marks.len());
    let now: Vec<JudgedMark> = (first..asset.kept()).map(|at| asset.mark(at)).collect();
    let changed = Changed::between(&marks[first..], &now);
    // They came in the order of their numbers.
    let came = |place| events.binary_search_by_key(&place, Event::place).is_ok();
    for place in changed.gone {
        rows::judge_again(database, *number, place, None, lifecycle)?;
        rows::unsay(database, *number, place)?;
    }
    let mut findings = Vec::new();
    for (at, known) in changed.other {
        let mark = &now[at];
        if known {
            rows::unsay(database, *number, mark.place)?;
        }
        if !came(mark.place) {
            rows::judge_again(database, *number, mark.place, Some(mark), lifecycle)?;
        }
        asset.findings_at(lifecycle, first + at, &mut findings);
    }
    for finding in findings.iter().chain(&*said) {
        rows::say(database, about, finding)?;
    }
    said.clear();
    (*from, *condensed) = (asset.kept(), asset.condensed());
    for event in events {
        let mark = now.iter().rev().find(|mark| mark.place == event.place());
        *verdicts.entry(rows::verdict(mark).name()).or_default() += 1;
        rows.write_event(*number, lifecycle, event, mark)?;
    }
    marks.truncate(first);
    marks.extend(now);
    Ok(())
}

/// What differs between two judgings of a history.
#[derive(Debug, Default, PartialEq, Eq)]
struct Changed {
    /// The places of the events that do not count any more.
    gone: Vec<(u64, u32)>,
    /// Where those stand that are judged otherwise, and whether they were judged at all before.
    other: Vec<(usize, bool)>,
}

impl Changed {
    fn between(before: &[JudgedMark], now: &[JudgedMark]) -> Self {
        let same = |(a, b): &(&JudgedMark, &JudgedMark)| a == b;
        let front = before.iter().zip(now).take_while(same).count();
        let (before, rest) = (&before[front..], &now[front..]);
        let back = before.iter().rev().zip(rest.iter().rev()).take_while(same).count();
        let (before, rest) = (&before[..before.len() - back], &rest[..rest.len() - back]);
        if before.is_empty() {
            let other = (front..front + rest.len()).map(|at| (at, false)).collect();
            return Self { gone: Vec::new(), other };
        }
        let known: HashMap<_, &JudgedMark> = before.iter().map(|mark| (mark.place, mark)).collect();
        let count: HashSet<_> = rest.iter().map(|mark| mark.place).collect();
        let gone = before.iter().map(|mark| mark.place);
        let other = rest.iter().enumerate().filter_map(|(at, mark)| match known.get(&mark.place) {
            Some(known) if *known == mark => None,
            known => Some((front + at, known.is_some())),
        });
        Self { gone: gone.filter(|gone| !count.contains(gone)).collect(), other: other.collect() }
    }
}
