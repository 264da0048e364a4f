//! Targets: how far each has got with the changes that it is brought.
//!
//! A change is beyond a target's `after`, or one of its outstanding ones, or has arrived. What is known of that is in the
//! store alone, so that a target that is down costs no memory, and a server that was killed goes on where it was.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use super::{
    Store, StoredChange,
    assets::{COLUMNS, asset_of},
    changes,
    error::StoreError,
    reader::{Reader, open_reader},
    rows::signed,
};
use crate::time::Timestamp;

/// A target as the store knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StoredTarget {
    /// Its name in the configuration.
    pub name: String,
    /// Every change up to this one has arrived, is outstanding, or is not for it.
    pub after: u64,
    /// Changes that it got to and that are not known to have arrived.
    pub outstanding: u64,
    /// Changes that it did not get to, whether they are for it or not; those that were removed since are counted too.
    pub ahead: u64,
    /// The first change that has not arrived, or that it did not get to.
    pub next: Option<u64>,
    /// When that one was recorded.
    pub next_at: Option<Timestamp>,
    /// Since when the change fails that has failed for the longest.
    pub failing_since: Option<Timestamp>,
    /// Why the last attempt that failed did.
    pub error: Option<String>,
    /// Why nothing is sent to it.
    pub paused: Option<String>,
    /// Since when.
    pub paused_at: Option<Timestamp>,
    /// Grows when it is resumed or moved.
    #[serde(skip)]
    pub revision: u64,
}

/// Where a target begins that the store does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TargetStart {
    /// With the change after the last one that there is.
    Now,
    /// With the change of this number.
    From(u64),
}

/// What is ordered of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TargetOrder {
    /// Nothing is to be sent to it.
    Pause,
    /// It is to be sent to again.
    Resume,
    /// The first change that has not arrived is passed over, or all up to a number.
    Skip(Option<u64>),
    /// All is to be sent again from this change on.
    Replay(u64),
}

/// The changes that a target wants; of what is empty, all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct WantedChanges {
    pub(crate) entities: Vec<String>,
    pub(crate) states: Vec<String>,
}

/// Where a target is, and whether it may be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TargetMark {
    pub(crate) name: String,
    pub(crate) revision: u64,
    pub(crate) after: u64,
    pub(crate) paused: Option<String>,
}

/// A change by its number and asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outstanding {
    pub(crate) seq: u64,
    pub(crate) entity: String,
    pub(crate) id: String,
    pub(crate) failed_at: Option<Timestamp>,
    /// There are later ones of the same asset.
    pub(crate) more: bool,
}

/// A change with the line that `fold` prints for its asset, as that stands.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) change: StoredChange,
    pub(crate) asset: Option<String>,
    /// The changes up to this one are in the line.
    pub(crate) asset_seq: u64,
}

/// What a target got to since it was saved last.
#[derive(Clone, Debug, Default)]
pub(crate) struct TargetProgress {
    pub(crate) target: String,
    pub(crate) revision: u64,
    pub(crate) after: u64,
    pub(crate) outstanding: Vec<Outstanding>,
    /// Of those that were saved as outstanding.
    pub(crate) arrived: Vec<Outstanding>,
    pub(crate) error: Option<String>,
    pub(crate) paused: Option<(String, Timestamp)>,
}

impl WantedChanges {
    fn wants(&self, entity: &str, to: &str) -> bool {
        let has = |all: &[String], one: &str| all.is_empty() || all.iter().any(|own| own == one);
        has(&self.entities, entity) && has(&self.states, to)
    }
}

impl Store {
    /// The targets that it knows, by name.
    ///
    /// # Errors
    /// The database failed.
    pub fn targets(&self) -> Result<Vec<StoredTarget>, StoreError> {
        self.ask(|database| Ok(listed(database)?))
    }

    /// Of each target its name, its revision, and whether it is paused: what a server has to know again and again.
    pub(crate) fn target_marks(&self) -> Result<Vec<TargetMark>, StoreError> {
        let sql = "SELECT name, revision, after, paused FROM targets";
        self.ask(|database| {
            let mut statement = database.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| {
                let number = |at| row.get::<_, i64>(at).map(|number| number as u64);
                let (name, paused) = (row.get(0)?, row.get(3)?);
                Ok(TargetMark { name, revision: number(1)?, after: number(2)?, paused })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The same as [`targets`](Self::targets) of a store that another process may have open.
    ///
    /// # Errors
    /// The file cannot be used, or the database failed.
    pub fn list_targets(path: impl AsRef<Path>) -> Result<Vec<StoredTarget>, StoreError> {
        let mut reader = open_reader(path.as_ref())?;
        let transaction = reader.transaction()?;
        Ok(listed(&transaction)?)
    }

    /// Writes an order into the row of a target, of a store that a server may have open: that follows within a second or
    /// two.
    ///
    /// # Errors
    /// The file cannot be used, it knows no such target, there is nothing to skip, or the database failed.
    pub fn order_target(
        path: impl AsRef<Path>,
        name: &str,
        order: TargetOrder,
        now: Timestamp,
    ) -> Result<StoredTarget, StoreError> {
        let mut reader = open_reader(path.as_ref())?;
        ordered(&mut reader, name, order, now)
    }

    /// The rows of the targets of these names, which are made where there are none.
    pub(crate) fn begin_targets(
        &self,
        targets: Vec<(String, TargetStart)>,
    ) -> Result<(), StoreError> {
        let known = "SELECT count(*) FROM targets WHERE name = ?";
        let is_new = |database: &Connection, name: &str| {
            let count = database.prepare_cached(known)?.query_row([name], |row| row.get(0));
            count.map(|count: i64| count == 0)
        };
        let any_new = self.ask(|database| {
            let all = targets.iter().map(|(name, _)| is_new(database, name));
            Ok(all.collect::<rusqlite::Result<Vec<_>>>()?.contains(&true))
        })?;
        if !any_new {
            return Ok(());
        }
        self.act(move |ledger| {
            ledger.transact(|database, _, _| {
                let insert = "INSERT OR IGNORE INTO targets (name, after, revision) VALUES
                    (?, ifnull(?, (SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'changes')), 0)";
                for (name, start) in &targets {
                    let after = match start {
                        TargetStart::Now => None,
                        TargetStart::From(seq) => Some(signed(seq.saturating_sub(1))),
                    };
                    database.prepare_cached(insert)?.execute(params![name, after])?;
                }
                Ok(((), None))
            })
        })
    }

    /// Of the changes after this one those that are wanted, and up to which it was looked. At most so many are looked at.
    pub(crate) fn wanted_changes(
        &self,
        after: u64,
        wanted: &WantedChanges,
        limit: usize,
    ) -> Result<(Vec<Outstanding>, u64), StoreError> {
        let sql =
            "SELECT seq, entity, id, to_state FROM changes WHERE seq > ? ORDER BY seq LIMIT ?";
        self.ask(|database| {
            let mut statement = database.prepare_cached(sql)?;
            let mut rows = statement.query(params![signed(after), limit as i64])?;
            let (mut found, mut until) = (Vec::new(), after);
            while let Some(row) = rows.next()? {
                until = row.get::<_, i64>(0)? as u64;
                let (entity, id): (String, String) = (row.get(1)?, row.get(2)?);
                if wanted.wants(&entity, &row.get::<_, String>(3)?) {
                    found.push(Outstanding::new(until, entity, id));
                }
            }
            Ok((found, until))
        })
    }

    /// The first outstanding change of each asset that has one, by number.
    pub(crate) fn outstanding(&self, target: &str) -> Result<Vec<Outstanding>, StoreError> {
        let sql = "SELECT min(seq), entity, id, min(failed_at), count(*) > 1 FROM outstanding
                   WHERE target = ? GROUP BY entity, id ORDER BY 1";
        self.ask(|database| {
            let mut statement = database.prepare_cached(sql)?;
            let rows = statement.query_map([target], outstanding_of)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The same of these assets alone.
    pub(crate) fn outstanding_of(
        &self,
        target: &str,
        assets: &[(String, String)],
    ) -> Result<Vec<Outstanding>, StoreError> {
        let sql = "SELECT min(seq), entity, id, min(failed_at), count(*) > 1 FROM outstanding
                   WHERE target = ? AND entity = ? AND id = ? GROUP BY entity, id";
        self.ask(|database| {
            let mut statement = database.prepare_cached(sql)?;
            let first = |(entity, id): &(String, String)| {
                statement.query_row([target, entity, id], outstanding_of).optional()
            };
            let found = assets.iter().map(first).collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(found.into_iter().flatten().collect())
        })
    }

    /// These changes with their assets as they stand; nothing for one that was removed with its asset.
    pub(crate) fn outgoing(&self, seqs: &[u64]) -> Result<Vec<Option<Outgoing>>, StoreError> {
        let change = format!("SELECT {} FROM changes WHERE seq = ?", changes::COLUMNS);
        let asset = format!("SELECT {COLUMNS} FROM assets WHERE entity = ? AND id = ?");
        let last = "SELECT ifnull(max(seq), 0) FROM changes";
        self.ask(|database| {
            let asset_seq = database.query_row(last, [], |row| row.get::<_, i64>(0))? as u64;
            let mut found = Vec::with_capacity(seqs.len());
            for seq in seqs {
                let mut statement = database.prepare_cached(&change)?;
                let change = statement.query_row([signed(*seq)], changes::change_of).optional()?;
                let Some(change) = change else {
                    found.push(None);
                    continue;
                };
                let mut statement = database.prepare_cached(&asset)?;
                let asset = statement.query_row([&change.entity, &change.id], asset_of);
                let asset = asset.optional()?.map(|asset| asset.json);
                found.push(Some(Outgoing { change, asset, asset_seq }));
            }
            Ok(found)
        })
    }

    /// Saves what targets got to, in one transaction. For each whether it was saved: it is not where the target was resumed
    /// or moved meanwhile.
    pub(crate) fn save_targets(&self, all: Vec<TargetProgress>) -> Result<Vec<bool>, StoreError> {
        self.act(move |ledger| {
            ledger.transact(|database, _, _| {
                let saved = all.iter().map(|progress| save(database, progress));
                Ok((saved.collect::<rusqlite::Result<_>>()?, None))
            })
        })
    }
}

impl Outstanding {
    pub(crate) fn new(seq: u64, entity: String, id: String) -> Self {
        Self { seq, entity, id, failed_at: None, more: false }
    }
}

fn outstanding_of(row: &Row<'_>) -> rusqlite::Result<Outstanding> {
    Ok(Outstanding {
        seq: row.get::<_, i64>(0)? as u64,
        entity: row.get(1)?,
        id: row.get(2)?,
        failed_at: row.get::<_, Option<i64>>(3)?.map(Timestamp::from_nanos),
        more: row.get(4)?,
    })
}

fn save(database: &Connection, progress: &TargetProgress) -> rusqlite::Result<bool> {
    let TargetProgress { target, revision, after, .. } = progress;
    let (paused, paused_at) =
        progress.paused.as_ref().map(|(why, at)| (why, at.as_nanos())).unzip();
    let update =
        "UPDATE targets SET after = ?, error = ifnull(?, error), paused = ifnull(paused, ?),
                  paused_at = ifnull(paused_at, ?) WHERE name = ? AND revision = ?";
    let values =
        params![signed(*after), progress.error, paused, paused_at, target, signed(*revision)];
    if database.prepare_cached(update)?.execute(values)? == 0 {
        return Ok(false);
    }
    let insert = "INSERT OR REPLACE INTO outstanding (target, entity, id, seq, failed_at) VALUES (?, ?, ?, ?, ?)";
    let mut insert = database.prepare_cached(insert)?;
    for Outstanding { seq, entity, id, failed_at, .. } in &progress.outstanding {
        let failed_at = failed_at.map(Timestamp::as_nanos);
        insert.execute(params![target, entity, id, signed(*seq), failed_at])?;
    }
    let delete = "DELETE FROM outstanding WHERE target = ? AND entity = ? AND id = ? AND seq = ?";
    let mut delete = database.prepare_cached(delete)?;
    for Outstanding { seq, entity, id, .. } in &progress.arrived {
        delete.execute(params![target, entity, id, signed(*seq)])?;
    }
    Ok(true)
}

const LISTED: &str = "
    SELECT name, after, paused, paused_at, error, revision, waiting, failing_since,
           max(0, (SELECT ifnull(max(seq), 0) FROM changes) - after), changes.seq, recorded_at
    FROM (SELECT *, (SELECT count(*) FROM outstanding WHERE target = name) AS waiting,
                 (SELECT min(failed_at) FROM outstanding WHERE target = name) AS failing_since,
                 ifnull((SELECT min(seq) FROM outstanding WHERE target = name),
                        (SELECT min(seq) FROM changes WHERE seq > after)) AS next
          FROM targets)
    LEFT JOIN changes ON changes.seq = next ORDER BY name";

fn listed(database: &Connection) -> rusqlite::Result<Vec<StoredTarget>> {
    let mut statement = database.prepare_cached(LISTED)?;
    let rows = statement.query_map([], |row| {
        let number = |at| row.get::<_, i64>(at).map(|number| number as u64);
        let time = |at| row.get(at).map(|nanos: Option<i64>| nanos.map(Timestamp::from_nanos));
        Ok(StoredTarget {
            name: row.get(0)?,
            after: number(1)?,
            paused: row.get(2)?,
            paused_at: time(3)?,
            error: row.get(4)?,
            revision: number(5)?,
            outstanding: number(6)?,
            failing_since: time(7)?,
            ahead: number(8)?,
            next: row.get::<_, Option<i64>>(9)?.map(|seq| seq as u64),
            next_at: time(10)?,
        })
    })?;
    rows.collect()
}

fn ordered(
    reader: &mut Reader,
    name: &str,
    order: TargetOrder,
    now: Timestamp,
) -> Result<StoredTarget, StoreError> {
    reader.pragma_update(None, "query_only", "off")?;
    reader.pragma_update(None, "synchronous", "full")?;
    let transaction = reader.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let all = listed(&transaction)?;
    let Some(before) = all.iter().find(|target| target.name == name) else {
        let known = all.into_iter().map(|target| target.name).collect();
        return Err(StoreError::NoTarget { name: name.to_owned(), known });
    };
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| transaction.execute(sql, values);
    match order {
        TargetOrder::Pause => {
            let pause = "UPDATE targets SET paused = ifnull(paused, 'by hand'),
                         paused_at = ifnull(paused_at, ?) WHERE name = ?";
            run(pause, &[&now.as_nanos(), &name])?;
        }
        TargetOrder::Resume => {
            // It has as long as it had at first.
            run("UPDATE outstanding SET failed_at = NULL WHERE target = ?", &[&name])?;
            run(
                "UPDATE targets SET paused = NULL, paused_at = NULL, error = NULL,
                 revision = revision + 1 WHERE name = ?",
                &[&name],
            )?;
        }
        TargetOrder::Skip(until) => {
            let nothing = || StoreError::NothingToSkip { name: name.to_owned() };
            let until = until.or(before.next).ok_or_else(nothing)?;
            run("DELETE FROM outstanding WHERE target = ? AND seq <= ?", &[&name, &signed(until)])?;
            // Not beyond what there is: what comes next is not to be passed over.
            run(
                "UPDATE targets SET revision = revision + 1, after = max(after, min(?,
                 (SELECT ifnull(max(seq), 0) FROM changes))) WHERE name = ?",
                &[&signed(until), &name],
            )?;
        }
        TargetOrder::Replay(from) => {
            run("DELETE FROM outstanding WHERE target = ?", &[&name])?;
            run(
                "UPDATE targets SET revision = revision + 1,
                 after = min(?, (SELECT ifnull(max(seq), 0) FROM changes)) WHERE name = ?",
                &[&signed(from.saturating_sub(1)), &name],
            )?;
        }
    }
    let after = listed(&transaction)?.into_iter().find(|target| target.name == name);
    transaction.commit()?;
    after.ok_or_else(|| StoreError::NoTarget { name: name.to_owned(), known: Vec::new() })
}
