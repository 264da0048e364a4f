//! Changes of states, in the order in which they became known; and findings, in the order in which they came up.

use std::path::Path;

use rusqlite::{
    Connection, OptionalExtension, Row, params, params_from_iter, types::Value as SqlValue,
};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    Store, assets::Page, error::StoreError, reader::open_reader, rows::signed, today::Numbered,
};
use crate::{
    fold::{Code, Severity},
    time::Timestamp,
};

/// Findings looked at for one page, whatever is asked for.
const LOOKED_AT_MAX: usize = 20_000;

/// The columns of a [`StoredFinding`].
const FOUND: &str =
    "finding, code, name, severity, entity, id, event, event_id, at, state, allowed, missing,
         message, help, delivery, found_at, item";

/// A change of an asset's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StoredChange {
    /// Its number: larger for later ones.
    pub seq: u64,
    /// The entity of the asset.
    pub entity: String,
    /// The id of the asset.
    pub id: String,
    /// The state that it was in.
    pub from: String,
    /// The state that it is in.
    pub to: String,
    /// When it came into the state.
    pub at: Option<Timestamp>,
    /// When the delivery was received that brought it about.
    pub recorded_at: Timestamp,
    /// That delivery's number; `None` for a rebuild by other definitions.
    pub delivery: Option<u64>,
    /// The kind of the event that came, or `rebuild`.
    pub cause: String,
}

/// A finding as it is kept.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct StoredFinding {
    /// Its number: larger for later ones.
    #[serde(rename = "finding")]
    pub number: u64,
    /// The code, such as `L101`.
    pub code: String,
    /// The code's name.
    pub name: String,
    /// The severity.
    pub severity: String,
    /// The entity of the asset.
    pub entity: Option<String>,
    /// The id of the asset.
    pub id: Option<String>,
    /// The event kind.
    pub event: Option<String>,
    /// The provider's id of the event.
    pub event_id: Option<String>,
    /// When the event happened.
    pub at: Option<Timestamp>,
    /// The state that the asset was in.
    pub state: Option<String>,
    /// The event kinds that would have led on, a JSON list.
    pub allowed: Box<RawValue>,
    /// The cheapest legal sequence that would have led to the event, a JSON list.
    pub missing: Box<RawValue>,
    /// What happened, for people.
    pub message: String,
    /// What to make of it, for people.
    pub help: String,
    /// The number of the delivery that it is about.
    pub delivery: Option<u64>,
    /// The number of the payload in the delivery, from 1; `None` for the only one.
    pub item: Option<u32>,
    /// When the delivery was received that brought it up.
    pub found_at: Option<Timestamp>,
}

/// How often assets of an entity went from one state to another for the same cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ChangeCount {
    /// The entity.
    pub entity: String,
    /// The state that they were in.
    pub from: String,
    /// The state that they then were in.
    pub to: String,
    /// The kind of the events that came, or `rebuild`.
    pub cause: String,
    /// How often.
    pub count: u64,
}

/// Which findings are asked for.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct FindingFilter {
    /// Of this code.
    pub code: Option<Code>,
    /// Of this asset: entity and id.
    pub asset: Option<(String, String)>,
    /// Of assets of this entity.
    pub entity: Option<String>,
    /// Of assets of this id, whatever their entity.
    pub id: Option<String>,
    /// Of this severity or a worse one.
    pub severity: Option<Severity>,
}

impl Store {
    /// The changes after this one, up to a limit, in their order.
    ///
    /// # Errors
    /// The database failed.
    pub fn changes(&self, after: u64, limit: usize) -> Result<Vec<StoredChange>, StoreError> {
        self.ask(|database| changes_of(database, after, limit))
    }

    /// The changes after this one, up to a limit, of whatever store is at a path, and the number of its last. Another
    /// process may have it open.
    ///
    /// # Errors
    /// It is no store, or cannot be read.
    pub fn changes_in(
        path: impl AsRef<Path>,
        after: u64,
        limit: usize,
    ) -> Result<(Vec<StoredChange>, u64), StoreError> {
        let mut reader = open_reader(path.as_ref())?;
        // Both are of one moment.
        let reading = reader.transaction()?;
        let last = "SELECT ifnull(max(seq), 0) FROM main.changes";
        let last: i64 = reading.query_row(last, [], |row| row.get(0))?;
        Ok((changes_of(&reading, after, limit)?, last as u64))
    }

    /// The number of the last change.
    pub fn last_change(&self) -> u64 {
        self.wait_for_change(u64::MAX, std::time::Duration::ZERO)
    }

    /// The number of the last change that was recorded before this time. Where the clock was set back it is a number
    /// between those that could be meant.
    ///
    /// # Errors
    /// The database failed.
    pub fn last_change_before(&self, time: Timestamp) -> Result<u64, StoreError> {
        self.ask(|database| Ok(Numbered::Changes.last_before(database, time)?))
    }

    /// How often assets went from each state to each other for which cause, in the changes after this one and up to that one.
    ///
    /// # Errors
    /// The database failed.
    pub fn count_changes(&self, after: u64, until: u64) -> Result<Vec<ChangeCount>, StoreError> {
        let sql = "SELECT entity, from_state, to_state, cause, count(*) FROM changes
                   WHERE seq > ? AND seq <= ? GROUP BY entity, from_state, to_state, cause";
        let until = until.min(i64::MAX as u64);
        self.ask(|database| {
            let mut statement = database.prepare_cached(sql)?;
            let rows = statement.query_map([signed(after), signed(until)], |row| {
                let count = row.get::<_, i64>(4)? as u64;
                let (from, to, cause) = (row.get(1)?, row.get(2)?, row.get(3)?);
                Ok(ChangeCount { entity: row.get(0)?, from, to, cause, count })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The findings that are asked for, the latest first; from the cursor of the page before on.
    ///
    /// Where no index has what is asked for, no more than 20,000 are looked at for one page, so that it may be short, or
    /// empty, and not be the last.
    ///
    /// # Errors
    /// The database failed, or the cursor is none.
    pub fn findings(
        &self,
        filter: &FindingFilter,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<StoredFinding>, StoreError> {
        let before = match cursor {
            Some(cursor) => cursor.parse::<i64>().map_err(|_| StoreError::NoCursor)?,
            None => i64::MAX,
        };
        self.ask(|database| Ok(page(database, filter, before, limit.max(1))?))
    }
}

pub(super) const COLUMNS: &str =
    "seq, entity, id, from_state, to_state, at, recorded_at, delivery, cause";

/// A page of the findings with a lower number than this.
fn page(
    database: &Connection,
    filter: &FindingFilter,
    before: i64,
    limit: usize,
) -> rusqlite::Result<Page<StoredFinding>> {
    let mut which = "finding < ?".to_owned();
    let mut values: Vec<SqlValue> = vec![before.into()];
    if let Some(code) = filter.code {
        which += " AND code = ?";
        values.push(code.code().to_owned().into());
    }
    let low = match filter.is_searched() {
        true => lowest_looked_at(database, &which, &values)?,
        false => None,
    };
    if let Some(low) = low {
        which += " AND finding >= ?";
        values.push(low.into());
    }
    if let Some((entity, id)) = &filter.asset {
        which += " AND asset = (SELECT asset FROM assets WHERE entity = ? AND id = ?)";
        values.extend([entity.clone().into(), id.clone().into()]);
    }
    for (column, wanted) in [("entity", &filter.entity), ("id", &filter.id)] {
        if let Some(wanted) = wanted {
            which += &format!(" AND {column} = ?");
            values.push(wanted.clone().into());
        }
    }
    if let Some(severity) = filter.severity {
        let all = [Severity::Info, Severity::Warning, Severity::Error];
        let names = all.iter().filter(|own| **own >= severity).map(|own| own.name());
        which += &format!(" AND severity IN ('{}')", names.collect::<Vec<_>>().join("', '"));
    }
    let sql = format!("SELECT {FOUND} FROM findings WHERE {which} ORDER BY finding DESC LIMIT ?");
    values.push((limit as i64 + 1).into());
    let mut statement = database.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), finding_of)?;
    let mut items = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let more = items.len() > limit;
    items.truncate(limit);
    let last = items.last().filter(|_| more).map(|last| last.number.to_string());
    Ok(Page { next: last.or_else(|| low.map(|low| low.to_string())), items })
}

/// What there is to say of a delivery, itself and its events of these assets (entity and id), in the order in which it
/// came up.
pub(super) fn findings_of_delivery<'a>(
    database: &Connection,
    delivery: u64,
    assets: impl Iterator<Item = (&'a str, &'a str)>,
) -> rusqlite::Result<Vec<StoredFinding>> {
    let own = format!(
        "SELECT {FOUND} FROM findings WHERE asset IS NULL AND ifnull(repeats, delivery) = ? AND delivery = ?"
    );
    let mut statement = database.prepare_cached(&own)?;
    let number = signed(delivery);
    let mut all: Vec<StoredFinding> =
        statement.query_map([number, number], finding_of)?.collect::<rusqlite::Result<_>>()?;
    // By the index, whatever else there is to say of the asset. A copy's stand with the event that counts.
    let of_asset = format!(
        "SELECT {FOUND} FROM findings WHERE asset = (SELECT asset FROM assets WHERE entity = ? AND id = ?)
         AND delivery = ?"
    );
    let mut statement = database.prepare_cached(&of_asset)?;
    for (entity, id) in assets {
        let found = statement.query_map(params![entity, id, number], finding_of)?;
        all.extend(found.collect::<rusqlite::Result<Vec<_>>>()?);
    }
    all.sort_by_key(|finding| finding.number);
    all.dedup_by_key(|finding| finding.number);
    Ok(all)
}

/// Where to stop looking through these findings; `None` if all may be looked at.
fn lowest_looked_at(
    database: &Connection,
    which: &str,
    values: &[SqlValue],
) -> rusqlite::Result<Option<i64>> {
    let last = LOOKED_AT_MAX - 1;
    let sql = format!(
        "SELECT finding FROM findings WHERE {which} ORDER BY finding DESC LIMIT 1 OFFSET {last}"
    );
    let mut statement = database.prepare_cached(&sql)?;
    statement.query_row(params_from_iter(values), |row| row.get(0)).optional()
}

impl FindingFilter {
    /// Whether findings have to be looked through for what no index has.
    fn is_searched(&self) -> bool {
        let searched = self.entity.is_some() || self.id.is_some() || self.severity.is_some();
        searched && self.asset.is_none()
    }
}

fn time(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Timestamp>> {
    row.get(at).map(|nanos: Option<i64>| nanos.map(Timestamp::from_nanos))
}

fn number(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<u64>> {
    row.get(at).map(|number: Option<i64>| number.map(|number| number as u64))
}

fn changes_of(
    database: &Connection,
    after: u64,
    limit: usize,
) -> Result<Vec<StoredChange>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM main.changes WHERE seq > ? ORDER BY seq LIMIT ?");
    let mut statement = database.prepare_cached(&sql)?;
    let rows = statement.query_map(params![signed(after), limit as i64], change_of)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The change of a row of [`COLUMNS`].
pub(super) fn change_of(row: &Row<'_>) -> rusqlite::Result<StoredChange> {
    Ok(StoredChange {
        seq: number(row, 0)?.unwrap_or_default(),
        entity: row.get(1)?,
        id: row.get(2)?,
        from: row.get(3)?,
        to: row.get(4)?,
        at: time(row, 5)?,
        recorded_at: Timestamp::from_nanos(row.get(6)?),
        delivery: number(row, 7)?,
        cause: row.get(8)?,
    })
}

fn finding_of(row: &Row<'_>) -> rusqlite::Result<StoredFinding> {
    let list = |at: usize| {
        let text: String = row.get(at)?;
        RawValue::from_string(text).or_else(|_| RawValue::from_string("[]".to_owned())).map_err(
            |error| {
                rusqlite::Error::FromSqlConversionFailure(
                    at,
                    rusqlite::types::Type::Text,
                    Box::new(error),
                )
            },
        )
    };
    Ok(StoredFinding {
        number: number(row, 0)?.unwrap_or_default(),
        code: row.get(1)?,
        name: row.get(2)?,
        severity: row.get(3)?,
        entity: row.get(4)?,
        id: row.get(5)?,
        event: row.get(6)?,
        event_id: row.get(7)?,
        at: time(row, 8)?,
        state: row.get(9)?,
        allowed: list(10)?,
        missing: list(11)?,
        message: row.get(12)?,
        help: row.get(13)?,
        delivery: number(row, 14)?,
        item: Some(row.get(16)?).filter(|item| *item > 0),
        found_at: time(row, 15)?,
    })
}
