//! Assets as they stand, page by page.

use rusqlite::{
    Connection, OptionalExtension, Row, params, params_from_iter, types::Value as SqlValue,
};
use serde_json::value::RawValue;

use super::{Store, error::StoreError};
use crate::{
    fold::{Code, FindingCounts, ParentRef, Snapshot},
    time::Timestamp,
};

/// Rows looked at for one page, whatever is asked for.
const LOOKED_AT_MAX: usize = 20_000;

/// Bytes of lines at which a page ends: what assets keep of payloads may be long.
const PAGE_BYTES_MAX: usize = 4 << 20;

/// An asset as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredAsset {
    /// The entity, such as `fastpix/media`.
    pub entity: String,
    /// The provider's id.
    pub id: String,
    /// The state.
    pub state: String,
    /// When it came into the state.
    pub since: Option<Timestamp>,
    /// When the last delivery of it was received.
    pub heard_at: Timestamp,
    /// When it will have been in its state for longer than is normal.
    pub due: Option<Timestamp>,
    /// That time has come.
    pub overdue: bool,
    /// The flags that are set.
    pub flags: Vec<String>,
    /// Findings by severity.
    pub findings: FindingCounts,
    /// The line that `mediafold fold` prints for it.
    pub json: String,
}

/// Which assets are asked for.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct AssetFilter {
    /// Of this entity.
    pub entity: Option<String>,
    /// In this state; needs the entity.
    pub state: Option<String>,
    /// With this flag.
    pub flag: Option<String>,
    /// In their state since this time or longer.
    pub since_before: Option<Timestamp>,
    /// With a finding of this code.
    pub finding: Option<Code>,
    /// In their state for longer than is normal.
    pub overdue: bool,
    /// Whose id begins so.
    pub id_prefix: Option<String>,
}

/// A part of an answer, and where the next one begins.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items; there may be none although there is more.
    pub items: Vec<T>,
    /// What to ask for the next page with; `None` if this was the last.
    pub next: Option<String>,
}

impl Store {
    /// The asset of this entity and id.
    ///
    /// # Errors
    /// The database failed.
    pub fn asset(&self, entity: &str, id: &str) -> Result<Option<StoredAsset>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM assets WHERE entity = ? AND id = ?");
        self.ask(|database| {
            let mut statement = database.prepare_cached(&sql)?;
            let found = statement.query_row([entity, id], asset_of);
            Ok(found.optional()?)
        })
    }

    /// The assets that are asked for, by entity and id; from the cursor of the page before on.
    ///
    /// No more than some 20,000 rows are looked at for one page, so that one of a rare kind may be short, or empty,
    /// and not the last.
    ///
    /// # Errors
    /// The database failed, or the cursor is none.
    pub fn assets(
        &self,
        filter: &AssetFilter,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<StoredAsset>, StoreError> {
        self.ask(|database| page(database, filter, cursor, limit))
    }

    /// How many assets are in each state of each entity.
    ///
    /// # Errors
    /// The database failed.
    pub fn population(&self) -> Result<Vec<(String, String, u64)>, StoreError> {
        let sql = "SELECT entity, state, assets FROM population WHERE assets > 0";
        self.ask(|database| {
            let mut statement = database.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)? as u64))
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

pub(super) const COLUMNS: &str =
    "entity, id, state, status, since, at_rest, at_end, flags, retries, parent_entity, parent,
    events, duplicates, late, errors, warnings, infos, heard_at, due, overdue, data, asset";

/// The index by which assets are gone over, which is the order in which they come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By entity and id.
    Name,
    /// Those of one state, the longest in it first.
    State,
    /// Those that are overdue, the longest first.
    Due,
}

impl Way {
    fn of(filter: &AssetFilter) -> Self {
        match filter {
            AssetFilter { overdue: true, .. } => Self::Due,
            AssetFilter { entity: Some(_), state: Some(_), .. } => Self::State,
            _ => Self::Name,
        }
    }

    /// The index, the columns that it goes by, and those as they are compared with a cursor.
    fn columns(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Name => ("sqlite_autoindex_assets_1", "entity, id", "entity, id"),
            // Assets without a time come first, as NULL does.
            Self::State => {
                let compared = "ifnull(since, -9223372036854775808), asset";
                ("assets_by_state", "since, asset", compared)
            }
            Self::Due => ("assets_by_due", "due, asset", "due, asset"),
        }
    }

    /// The cursor after an asset.
    fn cursor(self, asset: &StoredAsset, number: i64) -> String {
        let nanos =
            |time: Option<Timestamp>| time.map_or(i64::MIN, Timestamp::as_nanos).to_string();
        match self {
            Self::Name => cursor_of(&asset.entity, &asset.id),
            Self::State => cursor_of(&nanos(asset.since), &number.to_string()),
            Self::Due => cursor_of(&nanos(asset.due), &number.to_string()),
        }
    }

    fn after(self, cursor: &str) -> Result<[SqlValue; 2], StoreError> {
        let (first, second) = parse_cursor(cursor)?;
        let number =
            |text: &str| text.parse().map(SqlValue::Integer).map_err(|_| StoreError::NoCursor);
        match self {
            Self::Name => Ok([first.into(), second.into()]),
            Self::State | Self::Due => Ok([number(&first)?, number(&second)?]),
        }
    }
}

/// The question that finds the rows to look at, and what is filled in.
fn question(
    filter: &AssetFilter,
    cursor: Option<&str>,
) -> Result<(String, Vec<SqlValue>), StoreError> {
    let way = Way::of(filter);
    let (index, order, compared) = way.columns();
    let mut sql = format!("SELECT {COLUMNS} FROM assets INDEXED BY {index} WHERE true");
    let mut values: Vec<SqlValue> = Vec::new();
    if way == Way::Due {
        sql.push_str(" AND overdue = 1 AND due IS NOT NULL");
    }
    if let Some(entity) = &filter.entity {
        sql.push_str(" AND entity = ?");
        values.push(entity.clone().into());
    }
    if let (Way::State, Some(state)) = (way, &filter.state) {
        sql.push_str(" AND state = ?");
        values.push(state.clone().into());
    }
    if let (Way::Name, Some(_), Some(prefix)) = (way, &filter.entity, &filter.id_prefix) {
        sql.push_str(" AND id >= ?");
        values.push(prefix.clone().into());
    }
    if let Some(cursor) = cursor {
        sql.push_str(&format!(" AND ({compared}) > (?, ?)"));
        values.extend(way.after(cursor)?);
    }
    Ok((format!("{sql} ORDER BY {order}"), values))
}

fn page(
    database: &Connection,
    filter: &AssetFilter,
    cursor: Option<&str>,
    limit: usize,
) -> Result<Page<StoredAsset>, StoreError> {
    let way = Way::of(filter);
    let (sql, values) = question(filter, cursor)?;
    let mut statement = database.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut page = Page { items: Vec::new(), next: None };
    let (mut looked_at, mut bytes) = (0, 0);
    while let Some(row) = rows.next()? {
        let asset = asset_of(row)?;
        let number: i64 = row.get("asset")?;
        looked_at += 1;
        // Ids that begin so stand together.
        if let (Way::Name, Some(_), Some(prefix)) = (way, &filter.entity, &filter.id_prefix)
            && !asset.id.starts_with(prefix.as_str())
        {
            break;
        }
        let last = way.cursor(&asset, number);
        if filter.takes(&asset) && has_finding(database, filter, number)? {
            bytes += asset.json.len();
            page.items.push(asset);
        }
        if page.items.len() >= limit.max(1) || looked_at >= LOOKED_AT_MAX || bytes >= PAGE_BYTES_MAX
        {
            page.next = Some(last);
            break;
        }
    }
    Ok(page)
}

fn has_finding(
    database: &Connection,
    filter: &AssetFilter,
    number: i64,
) -> Result<bool, StoreError> {
    let Some(code) = filter.finding else { return Ok(true) };
    let sql = "SELECT EXISTS (SELECT 1 FROM findings WHERE asset = ? AND code = ?)";
    let found =
        database.prepare_cached(sql)?.query_row(params![number, code.code()], |row| row.get(0));
    Ok(found?)
}

impl AssetFilter {
    fn takes(&self, asset: &StoredAsset) -> bool {
        let is =
            |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|wanted| wanted == is);
        is(&self.entity, &asset.entity)
            && is(&self.state, &asset.state)
            && self.flag.as_ref().is_none_or(|flag| asset.flags.contains(flag))
            && self.since_before.is_none_or(|time| asset.since.is_some_and(|since| since <= time))
            && self.id_prefix.as_ref().is_none_or(|prefix| asset.id.starts_with(prefix.as_str()))
            && (asset.overdue || !self.overdue)
    }
}

/// Two words as a cursor: the length of the first, and both.
fn cursor_of(first: &str, second: &str) -> String {
    format!("{}.{first}{second}", first.len())
}

fn parse_cursor(cursor: &str) -> Result<(String, String), StoreError> {
    let (len, both) = cursor.split_once('.').ok_or(StoreError::NoCursor)?;
    let len: usize = len.parse().map_err(|_| StoreError::NoCursor)?;
    let (first, second) = both.split_at_checked(len).ok_or(StoreError::NoCursor)?;
    Ok((first.to_owned(), second.to_owned()))
}

/// The asset of a row of [`COLUMNS`].
pub(super) fn asset_of(row: &Row<'_>) -> rusqlite::Result<StoredAsset> {
    let time = |name| row.get(name).map(|nanos: Option<i64>| nanos.map(Timestamp::from_nanos));
    let count = |name| row.get::<_, i64>(name).map(|count| count as u64);
    let text = |name| row.get::<_, Option<String>>(name);
    let (entity, id, state): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let flags: String = row.get("flags")?;
    let flags: Vec<&str> = flags.split(' ').filter(|flag| !flag.is_empty()).collect();
    let findings = FindingCounts::new(count("errors")?, count("warnings")?, count("infos")?);
    let (status, parent_entity, parent) =
        (text("status")?, text("parent_entity")?, text("parent")?);
    let data: String = row.get("data")?;
    let mut known = Snapshot::default();
    known.entity = &entity;
    known.id = &id;
    known.state = &state;
    known.status = status.as_deref();
    known.since = time("since")?;
    known.rest = row.get("at_rest")?;
    known.end = row.get("at_end")?;
    known.events = count("events")?;
    known.duplicates = count("duplicates")?;
    known.late = count("late")?;
    known.flags = flags.clone();
    known.retries = row.get("retries")?;
    known.parent = parent_entity
        .as_deref()
        .zip(parent.as_deref())
        .map(|(entity, id)| ParentRef::new(entity, id));
    known.findings = findings;
    known.data = None;
    let mut json = Vec::new();
    known.write_json(&mut json);
    json.pop();
    json.extend_from_slice(b",\"data\":");
    // What somebody wrote into the file by hand stays one value.
    let data = serde_json::from_str::<&RawValue>(&data).map_or("{}", RawValue::get);
    json.extend_from_slice(data.as_bytes());
    json.push(b'}');
    Ok(StoredAsset {
        since: known.since,
        heard_at: Timestamp::from_nanos(row.get("heard_at")?),
        due: time("due")?,
        overdue: row.get("overdue")?,
        flags: flags.into_iter().map(str::to_owned).collect(),
        findings,
        json: String::from_utf8(json).unwrap_or_default(),
        entity,
        id,
        state,
    })
}
