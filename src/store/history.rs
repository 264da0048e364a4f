//! The history of one asset.

use rusqlite::OptionalExtension;
use serde::Serialize;

use super::{Store, error::StoreError, rows};
use crate::{
    event::Event,
    fold::{Asset, Verdict},
    lifecycle::Lifecycle,
    time::Timestamp,
};

/// One delivery in the history of an asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TimelineEntry {
    /// The number of the delivery.
    pub delivery: u64,
    /// The number of the payload in the delivery, from 1; `None` for the only one.
    pub item: Option<u32>,
    /// When the event happened, by the provider's clock.
    pub at: Option<Timestamp>,
    /// When it was received.
    pub received_at: Option<Timestamp>,
    /// The event kind.
    pub event: String,
    /// The event kind, and beside it the status word where one is to decide, or the condition that holds.
    pub label: String,
    /// The provider's word for where the asset is.
    pub status: Option<String>,
    /// The provider's id of the event.
    pub event_id: Option<String>,
    /// What it did.
    pub verdict: Verdict,
    /// The state before it; `None` for a copy.
    pub before: Option<String>,
    /// The state after it; `None` for a copy.
    pub after: Option<String>,
    /// What there is to say of it: names of findings.
    pub findings: Vec<String>,
}

impl Store {
    /// The asset of this entity and id with its events, folded; for diagrams and timelines.
    ///
    /// # Errors
    /// The database failed.
    pub fn history(&self, entity: &str, id: &str) -> Result<Option<Asset>, StoreError> {
        let Some(lifecycle) = self.catalog().lifecycle(entity) else { return Ok(None) };
        self.ask(|database| {
            let Some((number, _)) = rows::find_asset(database, lifecycle, id)? else {
                return Ok(None);
            };
            let mut asset = Asset::with_policy(id, self.options.policy);
            rows::load_history(database, lifecycle, number, &mut asset)?;
            Ok(Some(asset))
        })
    }

    /// The events of an asset in the order in which they happened, then the copies of them in the order in which they
    /// came; up to a limit of either.
    ///
    /// # Errors
    /// The database failed.
    pub fn timeline(&self, entity: &str, id: &str) -> Result<Vec<TimelineEntry>, StoreError> {
        let (Some(lifecycle), Some(asset)) =
            (self.catalog().lifecycle(entity), self.history(entity, id)?)
        else {
            return Ok(Vec::new());
        };
        let mut entries = of_history(lifecycle, &asset);
        let kept: std::collections::HashSet<(u64, Option<u32>)> =
            entries.iter().map(|entry| (entry.delivery, entry.item)).collect();
        self.ask(|database| {
            let Some((number, _)) = rows::find_asset(database, lifecycle, id)? else {
                return Ok(());
            };
            let sql = "SELECT delivery, at, received_at, kind, event_id, verdict, state_before, state_after,
                       item, branch, status FROM events WHERE asset = ? ORDER BY delivery, item";
            let mut statement = database.prepare_cached(sql)?;
            let mut found = statement.query([number])?;
            while let Some(row) = found.next()? {
                let delivery = row.get::<_, i64>(0)? as u64;
                let item = Some(row.get(8)?).filter(|item| *item > 0);
                if kept.contains(&(delivery, item)) {
                    continue;
                }
                let time =
                    |at: usize| row.get(at).map(|nanos: Option<i64>| nanos.map(Timestamp::from_nanos));
                let verdict: String = row.get(5)?;
                let (event, status): (String, Option<String>) = (row.get(3)?, row.get(10)?);
                let branch = row.get::<_, u32>(9)? as usize;
                let recalled = Event::recalled(lifecycle, &event, branch, status);
                let recalled = recalled.named(lifecycle, &event);
                entries.push(TimelineEntry {
                    delivery,
                    item,
                    at: time(1)?,
                    received_at: time(2)?,
                    label: recalled.label(lifecycle).into_owned(),
                    status: recalled.status.map(String::from),
                    event,
                    event_id: row.get(4)?,
                    verdict: Verdict::named(&verdict).unwrap_or(Verdict::Duplicate),
                    before: row.get(6)?,
                    after: row.get(7)?,
                    findings: Vec::new(),
                });
            }
            Ok(())
        })?;
        Ok(entries)
    }

    /// The number of a delivery's events, and why it is in quarantine, if it is.
    ///
    /// # Errors
    /// The database failed.
    pub fn quarantine(&self, delivery: u64) -> Result<Option<String>, StoreError> {
        let sql = "SELECT quarantine FROM deliveries WHERE delivery = ?";
        self.ask(|database| {
            let reason = database.query_row(sql, [rows::signed(delivery)], |row| row.get(0));
            Ok(reason.optional()?.flatten())
        })
    }
}

fn of_history(lifecycle: &Lifecycle, asset: &Asset) -> Vec<TimelineEntry> {
    let entries = (0..asset.kept()).zip(asset.history());
    let timeline = entries.map(|(at, entry)| {
        let mut findings = Vec::new();
        asset.findings_at(lifecycle, at, &mut findings);
        TimelineEntry {
            delivery: entry.event.delivery,
            item: entry.event.item,
            at: entry.event.time,
            received_at: entry.event.received_at,
            event: entry.event.name(lifecycle).to_owned(),
            label: entry.event.label(lifecycle).into_owned(),
            status: entry.event.status.as_deref().map(str::to_owned),
            event_id: entry.event.id.as_deref().map(str::to_owned),
            verdict: entry.verdict,
            before: Some(lifecycle.state(entry.before).name.clone()),
            after: Some(lifecycle.state(entry.after).name.clone()),
            findings: findings.iter().map(|finding| finding.name.to_owned()).collect(),
        }
    });
    timeline.collect()
}
