//! Retention: what is removed when it is old. Bodies go first; what was read of them, event ids above all, stays at
//! least [`EVENT_IDS_KEPT`].

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::{Store, error::StoreError, group::Folder};
use crate::time::Timestamp;

/// An event that is delivered again within this time is known to be a copy, whatever the retention.
pub(crate) const EVENT_IDS_KEPT: Duration = Duration::from_secs(90 * 86_400);

/// Deliveries gone over in one transaction, so that others need not wait for long.
const DELIVERIES_AT_ONCE: i64 = 500;
/// Assets removed in one transaction.
const ASSETS_AT_ONCE: usize = 50;
/// Assets looked at in one question, by a connection that keeps no delivery waiting.
const LOOKED_AT: i64 = 10_000;

/// How long what came in by one source is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "whoever configures it makes it of all its parts")]
pub struct Retain {
    /// The source.
    pub source: String,
    /// Bodies are removed when they were received so long ago; `None` keeps them. What was read of them stays.
    pub bodies: Option<Duration>,
    /// Assets that are at rest or have ended are removed with everything about them when nothing was heard of them for
    /// so long, and for at least 90 days; `None` keeps them. It counts for all entities of the source's provider.
    pub assets: Option<(String, Duration)>,
}

/// What retention removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retained {
    /// Bodies.
    pub bodies: u64,
    /// Assets, with their events and findings.
    pub assets: u64,
}

impl Store {
    /// Removes what is older than it is to be kept, in small transactions between those of deliveries, for as long as
    /// `go_on` says so. What was taken in without the time at which it was received is not old.
    ///
    /// # Errors
    /// The database failed; what was removed until then is.
    pub fn retain(
        &self,
        terms: &[Retain],
        now: Timestamp,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Retained, StoreError> {
        let mut retained = Retained::default();
        for Retain { source, bodies, assets } in terms {
            if let Some(kept) = bodies {
                retained.bodies +=
                    self.retain_bodies(source, now.saturating_sub(*kept).as_nanos(), go_on)?;
            }
            if let Some((provider, kept)) = assets {
                let before = now.saturating_sub((*kept).max(EVENT_IDS_KEPT)).as_nanos();
                retained.assets += self.retain_assets(provider, before, go_on)?;
            }
        }
        Ok(retained)
    }

    fn retain_bodies(
        &self,
        source: &str,
        before: i64,
        go_on: &dyn Fn() -> bool,
    ) -> Result<u64, StoreError> {
        let mut all = 0;
        while go_on() {
            let source = source.to_owned();
            let (more, removed) = self.act(move |ledger| {
                ledger.transact(|database, _, _| Ok((bodies_of(database, &source, before)?, None)))
            })?;
            all += removed;
            if !more {
                break;
            }
        }
        Ok(all)
    }

    fn retain_assets(
        &self,
        provider: &str,
        before: i64,
        go_on: &dyn Fn() -> bool,
    ) -> Result<u64, StoreError> {
        let (mut all, mut after) = (0, 0);
        loop {
            let (last, found) =
                self.ask(|database| old_assets(database, provider, after, before))?;
            for found in found.chunks(ASSETS_AT_ONCE) {
                if !go_on() {
                    return Ok(all);
                }
                let found = found.to_vec();
                all += self.act(move |ledger| {
                    ledger.transact(|database, folder, _| {
                        Ok((remove_old(database, folder, &found, before)?, None))
                    })
                })?;
            }
            match last {
                Some(last) => after = last,
                None => return Ok(all),
            }
        }
    }

    /// Removes one asset with its events, findings and changes, and the bodies of its deliveries: for somebody who has
    /// the right to be forgotten. Whether there was one.
    ///
    /// # Errors
    /// The database failed.
    pub fn erase(&self, entity: &str, id: &str) -> Result<bool, StoreError> {
        let (entity, id) = (entity.to_owned(), id.to_owned());
        self.act(move |ledger| {
            ledger.transact(|database, folder, _| {
                let sql = "SELECT asset FROM assets WHERE entity = ? AND id = ?";
                let asset = database.query_row(sql, [&entity, &id], |row| row.get::<_, i64>(0));
                let Some(asset) = asset.optional()? else { return Ok((false, None)) };
                remove(database, asset)?;
                let sql = "DELETE FROM changes WHERE entity = ? AND id = ?";
                database.execute(sql, [&entity, &id])?;
                folder.forget();
                Ok((true, None))
            })
        })
    }
}

/// Removes bodies of the next deliveries of a source; whether there may be more, and how many it removed.
fn bodies_of(database: &Connection, source: &str, before: i64) -> rusqlite::Result<(bool, u64)> {
    let sql = "SELECT delivery FROM retained WHERE source = ?";
    let from: Option<i64> = database.query_row(sql, [source], |row| row.get(0)).optional()?;
    let from = from.unwrap_or(0);
    let last: i64 =
        database
            .query_row("SELECT ifnull(max(delivery), 0) FROM deliveries", [], |row| row.get(0))?;
    let until = last.min(from + DELIVERIES_AT_ONCE);
    // Deliveries come in the order of the clock, or nearly: beyond the first that is to stay, none is looked for. Where
    // the clock was set back some stay longer than they need.
    let sql = "SELECT min(delivery) FROM deliveries
               WHERE delivery > ? AND delivery <= ? AND source = ? AND received_at >= ?";
    let stays: Option<i64> =
        database.query_row(sql, params![from, until, source, before], |row| row.get(0))?;
    let end = stays.map_or(until, |stays| stays - 1);
    let sql = "UPDATE deliveries SET body = NULL
               WHERE delivery > ? AND delivery <= ? AND source = ? AND received_at > 0
               AND body IS NOT NULL";
    let removed = database.execute(sql, params![from, end, source])?;
    let sql = "INSERT INTO retained VALUES (?1, ?2) ON CONFLICT DO UPDATE SET delivery = ?2";
    database.execute(sql, params![source, end])?;
    Ok((stays.is_none() && end < last, removed as u64))
}

/// The assets of a provider, of the next after this one, that nothing more need happen to and nothing was heard of since;
/// and the last that was looked at, if there may be more.
fn old_assets(
    database: &Connection,
    provider: &str,
    after: i64,
    before: i64,
) -> Result<(Option<i64>, Vec<i64>), StoreError> {
    let sql = "SELECT asset FROM assets WHERE asset > ? ORDER BY asset LIMIT 1 OFFSET ?";
    let mut statement = database.prepare_cached(sql)?;
    let last: Option<i64> =
        statement.query_row([after, LOOKED_AT - 1], |row| row.get(0)).optional()?;
    let sql = "SELECT asset FROM assets WHERE asset > ?1 AND asset <= ?2
               AND +entity >= ?3 || '/' AND +entity < ?3 || '0'
               AND (at_rest OR at_end) AND heard_at > 0 AND heard_at < ?4";
    let mut statement = database.prepare_cached(sql)?;
    let until = last.unwrap_or(i64::MAX);
    let found = statement.query_map(params![after, until, provider, before], |row| row.get(0))?;
    Ok((last, found.collect::<rusqlite::Result<_>>()?))
}

/// Removes those of these assets that are still old; how many.
fn remove_old(
    database: &Connection,
    folder: &mut Folder,
    assets: &[i64],
    before: i64,
) -> rusqlite::Result<u64> {
    let sql = "SELECT 1 FROM assets WHERE asset = ? AND (at_rest OR at_end) AND heard_at < ?";
    let mut removed = 0;
    for asset in assets {
        if database.prepare_cached(sql)?.exists([*asset, before])? {
            remove(database, *asset)?;
            removed += 1;
        }
    }
    if removed > 0 {
        folder.forget();
    }
    Ok(removed)
}

/// Removes an asset, and the bodies of its deliveries.
fn remove(database: &Connection, asset: i64) -> rusqlite::Result<()> {
    let statements = [
        "UPDATE deliveries SET body = NULL, events = events - (
             SELECT count(*) FROM events WHERE asset = ?1 AND events.delivery = deliveries.delivery)
         WHERE delivery IN (SELECT delivery FROM events WHERE asset = ?1)",
        // The row of an import stays, so that it does not come back by the same file.
        "DELETE FROM deliveries WHERE events = 0 AND quarantine IS NULL AND number IS NULL AND delivery IN
             (SELECT delivery FROM events WHERE asset = ?)
             AND delivery < (SELECT max(delivery) FROM deliveries)",
        "DELETE FROM events WHERE asset = ?",
        "DELETE FROM findings WHERE asset = ?",
        "UPDATE population SET assets = assets - 1
         WHERE (entity, state) = (SELECT entity, state FROM assets WHERE asset = ?)",
        "DELETE FROM assets WHERE asset = ?",
    ];
    statements.iter().try_for_each(|sql| database.prepare_cached(sql)?.execute([asset]).map(drop))
}
