//! Changes of states, in the order in which they became known; and findings, in the order in which they came up.

use rusqlite::{Row, params};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{Store, assets::Page, error::StoreError, rows::signed};
use crate::{fold::Code, time::Timestamp};

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
}

impl Store {
    /// The changes after this one, at most so many, in their order.
    ///
    /// # Errors
    /// The database failed.
    pub fn changes(&self, after: u64, limit: usize) -> Result<Vec<StoredChange>, StoreError> {
        let sql = "SELECT seq, entity, id, from_state, to_state, at, recorded_at, delivery, cause
                   FROM changes WHERE seq > ? ORDER BY seq LIMIT ?";
        self.ask(|database| {
            let mut statement = database.prepare_cached(sql)?;
            let rows = statement.query_map(params![signed(after), limit as i64], change_of)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
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
        self.ask(|database| {
            let bounds = "SELECT ifnull(min(seq), 1) - 1, ifnull(max(seq), 0) FROM changes";
            let (mut low, mut high) =
                database.query_row(bounds, [], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))?;
            let sql = "SELECT recorded_at FROM changes WHERE seq >= ? ORDER BY seq LIMIT 1";
            let mut statement = database.prepare_cached(sql)?;
            while low < high {
                let middle = low + (high - low) / 2 + 1;
                let at: i64 = statement.query_row([middle], |row| row.get(0))?;
                if at < time.as_nanos() {
                    low = middle;
                } else {
                    high = middle - 1;
                }
            }
            Ok(low as u64)
        })
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
        let limit = limit.max(1);
        let (entity, id) = filter.asset.clone().unzip();
        let code = filter.code.map(Code::code);
        let which = match (&code, &entity) {
            (_, Some(_)) => {
                "asset = (SELECT asset FROM assets WHERE entity = ?3 AND id = ?4)
                 AND (?5 IS NULL OR code = ?5)"
            }
            (Some(_), None) => "code = ?5 AND ?3 IS ?4",
            (None, None) => "?3 IS ?4 AND ?5 IS NULL",
        };
        let sql = format!(
            "SELECT finding, code, name, severity, entity, id, event, event_id, at, state, allowed, missing,
             message, help, delivery, found_at
             FROM findings WHERE finding < ?1 AND {which} ORDER BY finding DESC LIMIT ?2"
        );
        self.ask(|database| {
            let mut statement = database.prepare_cached(&sql)?;
            let given = params![before, limit as i64 + 1, entity, id, code];
            let rows = statement.query_map(given, finding_of)?;
            let mut items = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            let more = items.len() > limit;
            items.truncate(limit);
            let last = items.last().filter(|_| more);
            Ok(Page { next: last.map(|last| last.number.to_string()), items })
        })
    }
}

fn time(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Timestamp>> {
    row.get(at).map(|nanos: Option<i64>| nanos.map(Timestamp::from_nanos))
}

fn number(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<u64>> {
    row.get(at).map(|number: Option<i64>| number.map(|number| number as u64))
}

fn change_of(row: &Row<'_>) -> rusqlite::Result<StoredChange> {
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
        found_at: time(row, 15)?,
    })
}
