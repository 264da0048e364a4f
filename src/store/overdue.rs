//! States that last for longer than is normal, found while no webhook comes.

use rusqlite::{Connection, params};

use super::{
    Store,
    error::StoreError,
    group::Folder,
    rows::{self, Said},
};
use crate::{fold::Finding, lifecycle::Catalog, time::Timestamp};

/// Assets looked at in one transaction, so that deliveries need not wait for long.
const BATCH: usize = 500;

/// What came of looking for what is overdue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Swept {
    /// Assets that are overdue now and were not.
    pub overdue: u64,
    /// Assets that were said to be overdue and are not: the clock was set back.
    pub not_yet: u64,
}

impl Store {
    /// Finds the assets that have been in their state for longer than is normal at this time, and says so of each.
    /// It costs what has become overdue since it was asked last, not what there is, and keeps no delivery waiting while
    /// that is nothing.
    ///
    /// # Errors
    /// The database failed.
    pub fn sweep(&self, now: Timestamp) -> Result<Swept, StoreError> {
        let mut swept = Swept::default();
        if !self.ask(|database| Ok(is_to_sweep(database, now)?))? {
            return Ok(swept);
        }
        loop {
            let catalog = std::sync::Arc::clone(&self.shared.catalog);
            let batch = self.act(move |ledger| {
                ledger.transact(|database, folder, _| {
                    let swept = sweep(database, folder, &catalog, now)?;
                    Ok((swept, None))
                })
            })?;
            swept.overdue += batch.overdue;
            swept.not_yet += batch.not_yet;
            if batch == Swept::default() {
                return Ok(swept);
            }
        }
    }

    /// How many assets are overdue.
    ///
    /// # Errors
    /// The database failed.
    pub fn overdue(&self) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM assets WHERE overdue = 1 AND due IS NOT NULL";
        self.ask(|database| Ok(database.query_row(sql, [], |row| row.get::<_, i64>(0))? as u64))
    }

    /// When the next asset becomes overdue, if nothing comes before.
    ///
    /// # Errors
    /// The database failed.
    pub fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT min(due) FROM assets WHERE overdue = 0 AND due IS NOT NULL";
        self.ask(|database| {
            let due = database.query_row(sql, [], |row| row.get::<_, Option<i64>>(0))?;
            Ok(due.map(Timestamp::from_nanos))
        })
    }
}

fn is_to_sweep(database: &Connection, now: Timestamp) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM assets WHERE overdue = 0 AND due < ?1)
               OR EXISTS (SELECT 1 FROM assets WHERE overdue = 1 AND due >= ?1)";
    database.prepare_cached(sql)?.query_row([now.as_nanos()], |row| row.get(0))
}

fn sweep(
    database: &Connection,
    folder: &mut Folder,
    catalog: &Catalog,
    now: Timestamp,
) -> rusqlite::Result<Swept> {
    let mut swept = Swept::default();
    let set = "UPDATE assets SET overdue = ? WHERE asset = ?";
    let sql = "SELECT asset, entity, id, state, retries, since FROM assets
               WHERE overdue = 0 AND due < ? ORDER BY due LIMIT ?";
    let mut late = database.prepare_cached(sql)?;
    let mut rows = late.query(params![now.as_nanos(), BATCH as i64])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let text = |at| row.get::<_, String>(at);
        found.push((row.get::<_, i64>(0)?, text(1)?, text(2)?, text(3)?, row.get(4)?, row.get(5)?));
    }
    for (asset, entity, id, state, retries, since) in found {
        let since: Option<i64> = since;
        database.prepare_cached(set)?.execute(params![true, asset])?;
        folder.set_overdue(&entity, &id, true);
        let lifecycle = catalog.lifecycle(&entity);
        let node = lifecycle.and_then(|lifecycle| lifecycle.node(&state, retries));
        if let (Some(lifecycle), Some(node), Some(since)) = (lifecycle, node, since)
            && let Some(dwell) = lifecycle.state(node).dwell
        {
            let waited = now.since(Timestamp::from_nanos(since));
            let finding = Finding::overdue(lifecycle, &id, node, waited, dwell);
            rows::say(database, Said { asset: Some(asset), found_at: now }, &finding)?;
        }
        swept.overdue += 1;
    }
    let sql = "SELECT asset, entity, id FROM assets WHERE overdue = 1 AND due >= ? LIMIT ?";
    let mut early = database.prepare_cached(sql)?;
    let early = early.query_map(params![now.as_nanos(), BATCH as i64], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    })?;
    for (asset, entity, id) in early.collect::<rusqlite::Result<Vec<_>>>()? {
        database.prepare_cached(set)?.execute(params![false, asset])?;
        folder.set_overdue(&entity, &id, false);
        rows::unsay_overdue(database, asset)?;
        swept.not_yet += 1;
    }
    Ok(swept)
}
