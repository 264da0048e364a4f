//! Deliveries as they were received, and what is read from each.

use rusqlite::{Connection, OptionalExtension, params, params_from_iter, types::Value as SqlValue};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    Store,
    assets::Page,
    changes::{StoredFinding, findings_of_delivery},
    digests::{self, DeliveryRow},
    error::StoreError,
    incoming::{Incoming, Read},
    rows::{self, signed},
};
use crate::{fold::Verdict, lifecycle::Catalog, time::Timestamp};

/// Deliveries looked at for one page, where no index has what is asked for.
const LOOKED_AT_MAX: usize = 20_000;

/// A delivery without its body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StoredDelivery {
    /// Its number, in the order in which deliveries were committed.
    pub delivery: u64,
    /// The source that it came in by.
    pub source: String,
    /// The provider whose definition reads it.
    pub provider: String,
    /// When it was received; `None` where nobody knows.
    pub received_at: Option<Timestamp>,
    /// The content type, as it was sent.
    pub content_type: Option<String>,
    /// How many events were read from it.
    pub events: u64,
    /// Why no event could be read from it; `None` for all others.
    pub quarantine: Option<String>,
    /// The length of its body in bytes; `None` once retention has removed it.
    pub body_len: Option<u64>,
}

/// A delivery with all that was kept of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WholeDelivery {
    /// What stands beside the body.
    pub about: StoredDelivery,
    /// Of its headers those that definitions name, a JSON object.
    pub headers: Option<Box<RawValue>>,
    /// Of the address's query the parameters that definitions name.
    pub query: Option<String>,
    /// The bytes of its body; `None` once retention has removed them.
    pub body: Option<Vec<u8>>,
    /// What is read from it, and what each event did.
    pub told: Vec<ToldEvent>,
    /// What there is to say of it.
    pub findings: Vec<StoredFinding>,
}

/// An event of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ToldEvent {
    /// The entity of the asset that it is about.
    pub entity: String,
    /// The id of that asset.
    pub id: String,
    /// The number of the payload in the delivery, from 1; `None` for the only one.
    pub item: Option<u32>,
    /// The event kind.
    pub event: String,
    /// When it happened, by the provider's clock.
    pub at: Option<Timestamp>,
    /// What it did; `None` where retention removed the asset.
    pub verdict: Option<Verdict>,
    /// The state before it; `None` for a copy.
    pub before: Option<String>,
    /// The state after it; `None` for a copy.
    pub after: Option<String>,
}

/// Which deliveries are asked for.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct DeliveryFilter {
    /// Of this source.
    pub source: Option<String>,
    /// Those alone from which no event could be read.
    pub quarantine: bool,
    /// With a higher number than this.
    pub after: u64,
}

impl Store {
    /// The deliveries that are asked for, the latest first; from the cursor of the page before on.
    ///
    /// Of one source no more than 20,000 are looked at for one page, so that it may be short, or empty, and not be the
    /// last.
    ///
    /// # Errors
    /// The database failed, or the cursor is none.
    pub fn deliveries(
        &self,
        filter: &DeliveryFilter,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<StoredDelivery>, StoreError> {
        let before = match cursor {
            Some(cursor) => cursor.parse::<i64>().map_err(|_| StoreError::NoCursor)?,
            None => i64::MAX,
        };
        self.ask(|database| Ok(page(database, filter, before, limit.max(1))?))
    }

    /// A delivery with all that was kept of it; `None` if there is none of this number.
    ///
    /// # Errors
    /// The database failed, or the delivery is damaged.
    pub fn delivery(&self, delivery: u64) -> Result<Option<WholeDelivery>, StoreError> {
        self.ask(|database| {
            let sql = format!("{} WHERE delivery = ?", digests::select(database)?);
            let mut statement = database.prepare_cached(&sql)?;
            let mut found = statement.query([signed(delivery)])?;
            let Some(row) = found.next()? else { return Ok(None) };
            let row = DeliveryRow::of(row)?;
            row.check()?;
            let told = match row.incoming() {
                Some(incoming) => told(database, self.catalog(), delivery, incoming)?,
                None => Vec::new(),
            };
            let assets = told.iter().map(|told| (&*told.entity, &*told.id));
            let findings = findings_of_delivery(database, delivery, assets)?;
            Ok(Some(WholeDelivery {
                about: StoredDelivery {
                    delivery,
                    source: row.source.to_owned(),
                    provider: row.provider.to_owned(),
                    received_at: time(row.received_at),
                    content_type: row.content_type.map(str::to_owned),
                    events: row.events as u64,
                    quarantine: row.quarantine.map(str::to_owned),
                    body_len: row.body.map(|body| body.len() as u64),
                },
                headers: row.headers.and_then(|text| RawValue::from_string(text.to_owned()).ok()),
                query: row.query.map(str::to_owned),
                body: row.body.map(<[u8]>::to_vec),
                told,
                findings,
            }))
        })
    }
}

/// A broken clock's time is none.
fn time(nanos: i64) -> Option<Timestamp> {
    (nanos > 0).then(|| Timestamp::from_nanos(nanos))
}

/// A page of the deliveries with a lower number than this.
fn page(
    database: &Connection,
    filter: &DeliveryFilter,
    before: i64,
    limit: usize,
) -> rusqlite::Result<Page<StoredDelivery>> {
    let mut which = "delivery < ? AND delivery > ?".to_owned();
    let mut values: Vec<SqlValue> = vec![before.into(), signed(filter.after).into()];
    if filter.quarantine {
        which += " AND quarantine IS NOT NULL";
    }
    let mut low = None;
    if let Some(source) = &filter.source {
        low = lowest_looked_at(database, &which, &values)?;
        which += " AND source = ?";
        values.push(source.clone().into());
    }
    if let Some(low) = low {
        which += " AND delivery >= ?";
        values.push(low.into());
    }
    let sql = format!(
        "SELECT delivery, source, provider, received_at, content_type, events, quarantine, length(body)
         FROM deliveries WHERE {which} ORDER BY delivery DESC LIMIT ?"
    );
    values.push((limit as i64 + 1).into());
    let mut statement = database.prepare_cached(&sql)?;
    let found = statement.query_map(params_from_iter(values), |row| {
        Ok(StoredDelivery {
            delivery: row.get::<_, i64>(0)? as u64,
            source: row.get(1)?,
            provider: row.get(2)?,
            received_at: time(row.get(3)?),
            content_type: row.get(4)?,
            events: row.get::<_, i64>(5)? as u64,
            quarantine: row.get(6)?,
            body_len: row.get::<_, Option<i64>>(7)?.map(|len| len as u64),
        })
    })?;
    let mut items = found.collect::<rusqlite::Result<Vec<_>>>()?;
    let more = items.len() > limit;
    items.truncate(limit);
    let last = items.last().filter(|_| more).map(|last| last.delivery.to_string());
    Ok(Page { next: last.or_else(|| low.map(|low| low.to_string())), items })
}

/// Where to stop looking through these deliveries; `None` if all may be looked at.
fn lowest_looked_at(
    database: &Connection,
    which: &str,
    values: &[SqlValue],
) -> rusqlite::Result<Option<i64>> {
    let last = LOOKED_AT_MAX - 1;
    let sql = format!(
        "SELECT delivery FROM deliveries WHERE {which} ORDER BY delivery DESC LIMIT 1 OFFSET {last}"
    );
    let mut statement = database.prepare_cached(&sql)?;
    statement.query_row(params_from_iter(values), |row| row.get(0)).optional()
}

/// What a delivery says, and what that did: read anew, since events are kept by their assets.
fn told(
    database: &Connection,
    catalog: &Catalog,
    delivery: u64,
    incoming: Incoming,
) -> rusqlite::Result<Vec<ToldEvent>> {
    let sql = "SELECT verdict, state_before, state_after FROM events
               WHERE asset = ? AND delivery = ? AND item = ?";
    let mut statement = database.prepare_cached(sql)?;
    let mut all = Vec::new();
    for (index, id, event) in Read::new(catalog, incoming).events {
        let lifecycle = catalog.at(index);
        let known = rows::find_asset(database, lifecycle, &id)?;
        let kept: Option<(String, Option<String>, Option<String>)> = match known {
            Some((asset, _)) => {
                let key = params![asset, signed(delivery), event.item.unwrap_or(0)];
                let found =
                    statement.query_row(key, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
                found.optional()?
            }
            None => None,
        };
        let (verdict, before, after) = kept.unwrap_or_default();
        all.push(ToldEvent {
            entity: lifecycle.entity().to_owned(),
            id: id.into(),
            item: event.item,
            event: event.name(lifecycle).to_owned(),
            at: event.time,
            verdict: Verdict::named(&verdict),
            before,
            after,
        });
    }
    Ok(all)
}
