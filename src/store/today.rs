//! What came since a moment, counted: deliveries, and findings by entity and severity.

use rusqlite::Connection;

use super::{Store, error::StoreError, rows::signed};
use crate::time::Timestamp;

/// A table whose rows are numbered in the order in which they came, with its number and its time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Numbered {
    Deliveries,
    Findings,
    Changes,
}

/// How many deliveries came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeliveryCount {
    /// All of them.
    pub deliveries: u64,
    /// Those that nobody could read.
    pub quarantined: u64,
    /// The number of the last delivery of all.
    pub last: u64,
}

/// How many findings there are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FindingCount {
    /// Of assets of this entity; `None` for what is about no asset.
    pub entity: Option<String>,
    /// Of this severity.
    pub severity: String,
    /// How many.
    pub count: u64,
}

impl Numbered {
    fn columns(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Deliveries => ("deliveries", "delivery", "received_at"),
            Self::Findings => ("findings", "finding", "found_at"),
            Self::Changes => ("changes", "seq", "recorded_at"),
        }
    }

    /// The number of the last row from before this time. Where the clock was set back it is a number between those that
    /// could be meant.
    pub(super) fn last_before(
        self,
        database: &Connection,
        time: Timestamp,
    ) -> rusqlite::Result<u64> {
        let (table, number, at) = self.columns();
        let bounds = format!("SELECT min({number}), max({number}) FROM {table}");
        let found = database.query_row(&bounds, [], |row| {
            Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?))
        })?;
        let (Some(first), Some(mut high)) = found else { return Ok(0) };
        let mut low = first - 1;
        let sql = format!("SELECT {at} FROM {table} WHERE {number} >= ? ORDER BY {number} LIMIT 1");
        let mut statement = database.prepare_cached(&sql)?;
        while low < high {
            let middle = low + (high - low) / 2 + 1;
            let at: Option<i64> = statement.query_row([middle], |row| row.get(0))?;
            if at.unwrap_or(i64::MIN) < time.as_nanos() {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        Ok(low as u64)
    }
}

impl Store {
    /// How many deliveries came since this time. It costs what there is in quarantine of them.
    ///
    /// # Errors
    /// The database failed.
    pub fn count_deliveries(&self, since: Timestamp) -> Result<DeliveryCount, StoreError> {
        self.ask(|database| {
            let before = signed(Numbered::Deliveries.last_before(database, since)?);
            // Numbers are given without a gap, and none is given twice.
            let sql = "SELECT ifnull(max(delivery), 0) FROM deliveries";
            let last: i64 = database.query_row(sql, [], |row| row.get(0))?;
            let sql =
                "SELECT count(*) FROM deliveries WHERE quarantine IS NOT NULL AND delivery > ?";
            let quarantined: i64 = database.query_row(sql, [before], |row| row.get(0))?;
            Ok(DeliveryCount {
                deliveries: (last - before).max(0) as u64,
                quarantined: quarantined as u64,
                last: last as u64,
            })
        })
    }

    /// How many findings came up since this time and still hold, by entity and severity; and the number of the last
    /// finding of all. It costs what it counts.
    ///
    /// # Errors
    /// The database failed.
    pub fn count_findings(&self, since: Timestamp) -> Result<(Vec<FindingCount>, u64), StoreError> {
        self.ask(|database| {
            let before = Numbered::Findings.last_before(database, since)?;
            let sql = "SELECT ifnull(max(finding), 0) FROM findings";
            let last: i64 = database.query_row(sql, [], |row| row.get(0))?;
            let sql = "SELECT entity, severity, count(*) FROM findings WHERE finding > ?
                       GROUP BY entity, severity";
            let mut statement = database.prepare_cached(sql)?;
            let counts = statement.query_map([signed(before)], |row| {
                let count = row.get::<_, i64>(2)? as u64;
                Ok(FindingCount { entity: row.get(0)?, severity: row.get(1)?, count })
            })?;
            Ok((counts.collect::<rusqlite::Result<_>>()?, last as u64))
        })
    }
}
