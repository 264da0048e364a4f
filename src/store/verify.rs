//! Whether a store is what was stored: its pages, every delivery against its digests and against what is kept of it,
//! every asset against a fold of its events, and the changes against each other. Nothing is written.

use std::{collections::HashMap, path::Path};

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use super::{
    Store, assets, definitions,
    digests::{self, DeliveryRow, damaged},
    error::{Failed, FailedKind, StoreError},
    incoming::Read,
    reader::{open_reader, sort_in_files},
    rows,
};
use crate::{
    event::Event,
    fold::{Asset, Code, JudgedMark, Policy},
    lifecycle::{Catalog, Lifecycle, NEW},
    time::Timestamp,
};

/// Limit on the damaged places that are named.
const DAMAGE_KEPT_MAX: usize = 100;

/// Something that is not as it was stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Damage {
    /// The number of the delivery, where it is one.
    pub delivery: Option<u64>,
    /// The entity and the id of the asset, where it is one.
    pub entity: Option<String>,
    /// The id of the asset.
    pub id: Option<String>,
    /// What is wrong.
    pub message: String,
}

/// What came of looking through a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// Deliveries that were looked at.
    pub deliveries: u64,
    /// Of those, the ones that were stored by a version that kept no digests: damage to them may not be told.
    pub undigested: u64,
    /// Assets that were folded again.
    pub assets: u64,
    /// Changes that were followed.
    pub changes: u64,
    /// The first places that are damaged.
    pub damage: Vec<Damage>,
    /// How many are.
    pub damaged: u64,
    /// Providers whose definitions are others now: what was judged is not compared with anything then.
    pub other_definitions: Vec<String>,
}

/// Progress: how many deliveries and assets are done, of how many.
pub(super) type OnProgress<'p> = &'p mut dyn FnMut(u64, u64);

struct Verifier<'v> {
    database: &'v Connection,
    catalog: &'v Catalog,
    policy: Policy,
    verified: Verified,
    /// Events that the deliveries say they have.
    events: i64,
}

impl Store {
    /// Looks through all of a store, as it is at one moment. Another process may have it open; its log grows meanwhile.
    ///
    /// # Errors
    /// The file cannot be read, or is no store.
    pub fn verify(
        path: impl AsRef<Path>,
        catalog: &Catalog,
        policy: Policy,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Verified, StoreError> {
        let mut reader = open_reader(path.as_ref())?;
        // Sorting many changes is not to take memory for all of them.
        sort_in_files(&reader)?;
        let transaction = reader.transaction()?;
        let verified = Verified::default();
        let mut verifier =
            Verifier { database: &transaction, catalog, policy, verified, events: 0 };
        verifier.run(progress)?;
        Ok(verifier.verified)
    }
}

impl Verifier<'_> {
    fn run(&mut self, progress: OnProgress<'_>) -> Result<(), StoreError> {
        let pages = self.pages();
        self.part("the database", pages)?;
        match definitions::check(self.database, self.catalog, self.policy, false) {
            Err(StoreError::Definitions { providers }) => {
                self.verified.other_definitions = providers;
            }
            checked => self.part("the table of definitions", checked)?,
        }
        let deliveries = self.deliveries(progress);
        self.part("the table of deliveries", deliveries)?;
        if self.verified.other_definitions.is_empty() {
            let assets = self.assets(progress);
            self.part("the table of assets", assets)?;
        }
        let counts = self.counts();
        self.part("what is counted", counts)?;
        let changes = self.changes();
        self.part("the table of changes", changes)
    }

    fn note(&mut self, damage: Damage) {
        self.verified.damaged += 1;
        if self.verified.damage.len() < DAMAGE_KEPT_MAX {
            self.verified.damage.push(damage);
        }
    }

    fn say(&mut self, message: String) {
        self.note(Damage { message, ..Damage::default() });
    }

    /// What a part of the store came to: that it could not be read is damage, and the other parts are looked at all the same.
    fn part(&mut self, name: &str, checked: Result<(), StoreError>) -> Result<(), StoreError> {
        match checked {
            Err(StoreError::Failed(Failed {
                kind: FailedKind::Corrupt | FailedKind::Other,
                reason,
            })) => {
                self.say(format!("{name} cannot be read to its end: {reason}"));
                Ok(())
            }
            checked => checked,
        }
    }

    fn pages(&mut self) -> Result<(), StoreError> {
        let mut statement = self.database.prepare("PRAGMA integrity_check")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let said: String = row.get(0)?;
            if said != "ok" {
                self.say(said.replace('\n', "; "));
            }
        }
        Ok(())
    }

    fn number(&self, sql: &str) -> rusqlite::Result<i64> {
        self.database.query_row(sql, [], |row| row.get(0))
    }

    fn deliveries(&mut self, progress: OnProgress<'_>) -> Result<(), StoreError> {
        let last = self.number("SELECT ifnull(max(delivery), 0) FROM deliveries")?;
        let assets = self.number("SELECT count(*) FROM assets")?;
        let sql = format!("{} ORDER BY delivery", digests::select(self.database)?);
        let mut statement = self.database.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            progress(row.get::<_, i64>(0)? as u64, last.saturating_add(assets) as u64);
            match DeliveryRow::of(row).and_then(|row| self.delivery(&row)) {
                Err(StoreError::DamagedDelivery { delivery, reason: message }) => {
                    let delivery = Some(delivery);
                    self.note(Damage { delivery, message, ..Damage::default() });
                }
                checked => checked?,
            }
        }
        Ok(())
    }

    fn delivery(&mut self, row: &DeliveryRow<'_>) -> Result<(), StoreError> {
        self.verified.deliveries += 1;
        self.verified.undigested += u64::from(!row.is_sealed());
        self.events = self.events.saturating_add(row.events);
        row.check()?;
        let Some(incoming) = row.incoming() else { return Ok(()) };
        if !self.verified.other_definitions.is_empty() {
            return Ok(());
        }
        let other = |reason: String| Err(damaged(row.delivery, reason));
        let read = Read::new(self.catalog, incoming);
        if (read.quarantine().is_some(), read.events.len() as i64)
            != (row.quarantine.is_some(), row.events)
        {
            return other("what is kept of it is not what is read of its body".to_owned());
        }
        for (index, id, event) in &read.events {
            let lifecycle = self.catalog.at(*index);
            let event = event.clone().from_delivery(row.delivery as u64);
            if !self.has_event(lifecycle, id, &event)? {
                let entity = lifecycle.entity();
                return other(format!(
                    "its event of {entity} `{id}` is not what is read of its body"
                ));
            }
        }
        let sql =
            "SELECT count(*) FROM findings WHERE asset IS NULL AND ifnull(repeats, delivery) = ?";
        if !read.findings.is_empty() {
            let mut statement = self.database.prepare_cached(sql)?;
            let found: i64 = statement.query_row([row.delivery], |row| row.get(0))?;
            if found != read.findings.len() as i64 {
                return other("its findings are not those of its body".to_owned());
            }
        }
        Ok(())
    }

    fn has_event(
        &self,
        lifecycle: &Lifecycle,
        id: &str,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let Some((asset, _)) = rows::find_asset(self.database, lifecycle, id)? else {
            return Ok(false);
        };
        let sql = format!(
            "SELECT {} FROM events WHERE asset = ? AND delivery = ? AND item = ?",
            rows::RECALLED
        );
        let mut statement = self.database.prepare_cached(&sql)?;
        let (delivery, item) = event.place();
        let mut found = statement.query(params![asset, rows::signed(delivery), item])?;
        let Some(row) = found.next()? else { return Ok(false) };
        Ok(rows::recall(lifecycle, row).is_ok_and(|stored| stored == *event))
    }

    fn assets(&mut self, progress: OnProgress<'_>) -> Result<(), StoreError> {
        let last = self.number("SELECT ifnull(max(delivery), 0) FROM deliveries")? as u64;
        let all = last.saturating_add(self.number("SELECT count(*) FROM assets")? as u64);
        let sql = format!("SELECT {} FROM assets ORDER BY asset", assets::COLUMNS);
        let mut statement = self.database.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            self.verified.assets += 1;
            progress(last.saturating_add(self.verified.assets), all);
            let name = |at: usize| row.get::<_, String>(at).ok();
            let message = match self.asset(row) {
                Ok(None) => continue,
                Ok(Some(what)) => format!("{what} not what a fold of its events gives"),
                Err(error) => error.to_string(),
            };
            self.note(Damage { delivery: None, entity: name(0), id: name(1), message });
        }
        Ok(())
    }

    /// What of an asset is not what a fold of its events gives, with its verb.
    fn asset(&self, row: &Row<'_>) -> Result<Option<&'static str>, StoreError> {
        let number: i64 = row.get("asset")?;
        let stored = assets::asset_of(row)?;
        let Some(lifecycle) = self.catalog.lifecycle(&stored.entity) else {
            return Ok(Some("its entity is"));
        };
        let mut asset = Asset::with_policy(stored.id.as_str(), self.policy);
        rows::load_history(self.database, lifecycle, number, &mut asset)?;
        let mut line = Vec::new();
        asset.snapshot(lifecycle, true).write_json(&mut line);
        let dwell = lifecycle.state(asset.node()).dwell;
        let due =
            asset.since(lifecycle).zip(dwell).map(|(since, dwell)| since.saturating_add(dwell));
        let sql = "SELECT received_at FROM deliveries
                   WHERE delivery = (SELECT max(delivery) FROM events WHERE asset = ?)";
        let mut statement = self.database.prepare_cached(sql)?;
        let heard_at: Option<i64> = statement.query_row([number], |row| row.get(0)).optional()?;
        let heard_at = heard_at.map(Timestamp::from_nanos);
        Ok(if line != stored.json.as_bytes() || due != stored.due {
            Some("its row is")
        } else if heard_at != Some(stored.heard_at) {
            Some("the time at which it was heard of last is")
        } else if !self.has_verdicts(lifecycle, number, &asset)? {
            Some("a verdict is")
        } else {
            let findings = self.has_findings(lifecycle, number, &asset, stored.overdue)?;
            (!findings).then_some("its findings are")
        })
    }

    fn has_verdicts(
        &self,
        lifecycle: &Lifecycle,
        number: i64,
        asset: &Asset,
    ) -> Result<bool, StoreError> {
        let marks = (0..asset.kept()).map(|at| asset.mark(at));
        let marks: HashMap<(u64, u32), JudgedMark> = marks.map(|mark| (mark.place, mark)).collect();
        let sql =
            "SELECT delivery, verdict, state_before, state_after, item FROM events WHERE asset = ?";
        let mut statement = self.database.prepare_cached(sql)?;
        let mut found = statement.query([number])?;
        while let Some(row) = found.next()? {
            let mark = marks.get(&(row.get::<_, i64>(0)? as u64, row.get(4)?));
            // Events that are no longer kept one by one have the verdict that they had last.
            if mark.is_none() && asset.condensed() > 0 {
                continue;
            }
            let state = |node| lifecycle.state(node).name.as_str();
            let expected = (
                rows::verdict(mark).name(),
                mark.map(|mark| state(mark.before())),
                mark.map(|mark| state(mark.after())),
            );
            let text = |at: usize| Ok::<_, rusqlite::Error>(row.get_ref(at)?.as_str_or_null()?);
            if (text(1)?.unwrap_or_default(), text(2)?, text(3)?) != expected {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether the findings of an asset are those of a fold, by their codes and deliveries: their words may be those of
    /// an earlier version.
    fn has_findings(
        &self,
        lifecycle: &Lifecycle,
        number: i64,
        asset: &Asset,
        overdue: bool,
    ) -> Result<bool, StoreError> {
        let findings = asset.findings(lifecycle);
        let expected = findings.iter().map(|finding| {
            let delivery = finding.event.as_ref().map(|_| rows::signed(finding.delivery));
            (finding.code.code().to_owned(), delivery)
        });
        let mut expected: Vec<(String, Option<i64>)> = expected.collect();
        if overdue {
            expected.push((Code::Overdue.code().to_owned(), None));
        }
        let sql = "SELECT code, delivery FROM findings WHERE asset = ?";
        let mut statement = self.database.prepare_cached(sql)?;
        let found = statement.query_map([number], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut found: Vec<(String, Option<i64>)> = found.collect::<rusqlite::Result<_>>()?;
        // That an event was older than what is kept is said when it comes, and never again.
        found.retain(|(code, at)| code != Code::HistoryCondensed.code() || at.is_none());
        expected.sort_unstable();
        found.sort_unstable();
        Ok(expected == found)
    }

    fn counts(&mut self) -> Result<(), StoreError> {
        let kept = self.number("SELECT count(*) FROM events")?;
        if kept != self.events {
            let said = self.events;
            self.say(format!("deliveries have {said} events, and {kept} are kept"));
        }
        let sql = "SELECT count(*) FROM (
                       SELECT sum(assets) AS more FROM (
                           SELECT entity, state, count(*) AS assets FROM assets GROUP BY entity, state
                           UNION ALL SELECT entity, state, -assets FROM population)
                       GROUP BY entity, state) WHERE more <> 0";
        if self.number(sql)? != 0 {
            self.say("the population is not how many assets are in each state".to_owned());
        }
        Ok(())
    }

    /// The changes of an asset begin at `new`, each where the one before ended, and end at its state. An asset that
    /// retention removed begins anew when it is heard of again.
    fn changes(&mut self) -> Result<(), StoreError> {
        let sql = "SELECT entity, id, from_state, to_state FROM changes ORDER BY entity, id, seq";
        let mut statement = self.database.prepare(sql)?;
        let mut rows = statement.query([])?;
        let mut ends: Option<[String; 3]> = None;
        let mut moved = 0;
        while let Some(row) = rows.next()? {
            self.verified.changes += 1;
            let [entity, id, from, to]: [String; 4] =
                [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?];
            let before = match ends.take() {
                Some([of, named, state]) if of == entity && named == id => state,
                other => {
                    moved += self.end_of_chain(other)?;
                    NEW.to_owned()
                }
            };
            if from != NEW && from != before {
                let message =
                    format!("a change begins at `{from}`, and the one before ended at `{before}`");
                let (entity, id) = (Some(entity.clone()), Some(id.clone()));
                self.note(Damage { delivery: None, entity, id, message });
            }
            ends = Some([entity, id, to]);
        }
        moved += self.end_of_chain(ends)?;
        let all: i64 = self.database.query_row(
            "SELECT count(*) FROM assets WHERE state <> ?",
            [NEW],
            |row| row.get(0),
        )?;
        if all != moved {
            self.say(format!(
                "{all} assets are in another state than `{NEW}`, and {moved} have changes"
            ));
        }
        Ok(())
    }

    /// Compares where the changes of an asset end with where it is; 1 if it is in another state than `new`.
    fn end_of_chain(&mut self, ends: Option<[String; 3]>) -> Result<i64, StoreError> {
        let Some([entity, id, to]) = ends else { return Ok(0) };
        let sql = "SELECT state FROM assets WHERE entity = ? AND id = ?";
        let mut statement = self.database.prepare_cached(sql)?;
        let state: Option<String> =
            statement.query_row([&entity, &id], |row| row.get(0)).optional()?;
        let Some(state) = state else { return Ok(0) };
        if state != to {
            let message = format!("its changes end at `{to}`, and it is in `{state}`");
            let (entity, id) = (Some(entity), Some(id));
            self.note(Damage { delivery: None, entity, id, message });
        }
        Ok(i64::from(state != NEW))
    }
}
