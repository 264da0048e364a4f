//! Everything judged anew, from what was received: after a definition changed, or to be sure.

use std::{path::Path, sync::Arc};

use rusqlite::{Connection, TransactionBehavior, params};
use serde::Serialize;

use super::{
    Store,
    connection::{SCHEMA, open_writer},
    definitions,
    digests::{self, DeliveryRow},
    error::StoreError,
    files::Files,
    group::Folder,
    incoming::Read,
    reader::{open_reader, read_as_stored, sort_in_files},
    rows,
};
use crate::{
    fold::Policy,
    lifecycle::{Catalog, NEW},
    time::Timestamp,
};

/// Deliveries read at a time.
const BATCH: i64 = 256;

/// About so much memory is given to assets meanwhile.
const ASSETS_BYTES: usize = 256 << 20;

/// An asset that is in another state than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Restated {
    /// Its entity.
    pub entity: String,
    /// Its id.
    pub id: String,
    /// The state that it was in; `None` if it was not known.
    pub from: Option<String>,
    /// The state that it is in; `None` if no event is about it any more.
    pub to: Option<String>,
}

/// What came of judging everything anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rebuilt {
    /// Deliveries that were read again.
    pub deliveries: u64,
    /// Deliveries whose bodies retention has removed: what was read of them then was judged again.
    pub recalled: u64,
    /// Deliveries from which events can be read now and could not before.
    pub released: u64,
    /// Assets that are in another state than before, by entity and id.
    pub restated: Vec<Restated>,
}

impl Store {
    /// Reads and folds all deliveries of a store anew by these definitions, in one transaction: either everything is
    /// judged by them, or nothing is changed. Assets whose state is another one now have it in the stream of changes.
    /// A dry run does the same beside the store: it only reads that, which another process may have open.
    ///
    /// # Errors
    /// The file cannot be used or written, or is damaged, or another process has it open.
    pub fn rebuild(
        path: impl AsRef<Path>,
        catalog: Catalog,
        policy: Policy,
        now: Timestamp,
        dry_run: bool,
    ) -> Result<Rebuilt, StoreError> {
        if dry_run {
            let reader = open_reader(path.as_ref())?;
            sort_in_files(&reader)?;
            reader.pragma_update(None, "query_only", "off")?;
            reader.execute_batch("BEGIN")?;
            reader.execute_batch(PUT_ASIDE)?;
            read_as_stored(&reader)?;
            let transaction = &reader;
            transaction.execute_batch(&scratch())?;
            return judge_anew(transaction, catalog, policy, now);
        }
        let files = Files::take(path.as_ref(), false)?;
        let mut database = open_writer(files.path(), None)?;
        let immediate = TransactionBehavior::Immediate;
        let transaction = database.transaction_with_behavior(immediate)?;
        transaction.execute_batch(PUT_ASIDE)?;
        transaction.execute_batch(CLEAR)?;
        let rebuilt = judge_anew(&transaction, catalog, policy, now)?;
        transaction.commit()?;
        files.in_place()?;
        Ok(rebuilt)
    }
}

/// Puts aside what there is to compare with, and what only the tables know.
const PUT_ASIDE: &str = "
    CREATE TEMP TABLE assets_before AS SELECT entity, id, state FROM main.assets;
    CREATE INDEX temp.assets_before_by_id ON assets_before (entity, id);
    CREATE TEMP TABLE events_before AS
        SELECT entity, assets.id AS id, events.* FROM events JOIN main.assets USING (asset)
        WHERE delivery IN (SELECT delivery FROM main.deliveries WHERE body IS NULL);
    CREATE INDEX temp.events_before_by_delivery ON events_before (delivery);";

/// Removes all that is judged.
const CLEAR: &str = "
    DELETE FROM main.findings;
    DELETE FROM main.events;
    DELETE FROM main.assets;
    DELETE FROM main.population;";

/// Makes empty temporary tables that a name without its database means from then on: what is written goes there.
fn scratch() -> String {
    let tables = SCHEMA.replace("CREATE TABLE ", "CREATE TABLE temp.");
    tables.replace("CREATE INDEX ", "CREATE INDEX temp.")
}

/// Reads all deliveries of `main` and folds them into tables that are empty.
fn judge_anew(
    database: &Connection,
    catalog: Catalog,
    policy: Policy,
    now: Timestamp,
) -> Result<Rebuilt, StoreError> {
    let catalog = Arc::new(catalog);
    let mut rebuilt = Rebuilt::default();
    fold_all(database, &catalog, policy, &mut rebuilt)?;
    rebuilt.restated = restated(database)?;
    let mut tells = rows::Rows::new(database)?;
    for asset in &rebuilt.restated {
        let change = rows::Change {
            entity: &asset.entity,
            id: &asset.id,
            from: asset.from.as_deref().unwrap_or(NEW),
            to: asset.to.as_deref().unwrap_or(NEW),
            at: since(database, asset)?,
            recorded_at: now,
            delivery: None,
            cause: "rebuild",
        };
        if change.from != change.to {
            tells.tell(change)?;
        }
    }
    drop(tells);
    definitions::hold_all(database, &catalog, policy)?;
    database.execute_batch("DROP TABLE temp.assets_before; DROP TABLE temp.events_before;")?;
    Ok(rebuilt)
}

fn fold_all(
    database: &Connection,
    catalog: &Arc<Catalog>,
    policy: Policy,
    rebuilt: &mut Rebuilt,
) -> Result<(), StoreError> {
    let mut folder = Folder::new(database, Arc::clone(catalog), policy, ASSETS_BYTES, false)?;
    let sql =
        format!("{} WHERE delivery > ? ORDER BY delivery LIMIT ?", digests::select(database)?);
    digests::check_pages(database)?;
    let mut last: i64 = 0;
    loop {
        let mut statement = database.prepare_cached(&sql)?;
        let mut found = statement.query([last, BATCH])?;
        let mut group = folder.group(database)?;
        let mut any = false;
        while let Some(row) = found.next()? {
            let row = DeliveryRow::of(row)?;
            row.check()?;
            (any, last) = (true, row.delivery);
            let received_at = Timestamp::from_nanos(row.received_at);
            let Some(incoming) = row.incoming() else {
                recall(database, catalog, &mut group, last, received_at)?;
                rebuilt.recalled += 1;
                continue;
            };
            let mut read = Read::new(catalog, incoming);
            let quarantine = read.quarantine();
            rebuilt.deliveries += 1;
            rebuilt.released += u64::from(row.quarantine.is_some() && quarantine.is_none());
            judge(database, &row, &read, quarantine.as_deref())?;
            group.fold(last as u64, &mut read)?;
        }
        let (written, _) = group.write()?;
        folder.keep(written);
        if !any {
            return Ok(());
        }
    }
}

/// Writes what is read of a delivery now; one that was stored without digests has them from now on.
fn judge(
    database: &Connection,
    row: &DeliveryRow<'_>,
    read: &Read,
    quarantine: Option<&str>,
) -> rusqlite::Result<()> {
    let sql = "UPDATE deliveries SET events = ?, quarantine = ?, body_digest = ?, digest = ?
               WHERE delivery = ?";
    let events = read.events.len() as i64;
    let body_digest = row.body.map(digests::body_digest);
    let digest = DeliveryRow { quarantine, body_digest, ..*row }.sealed();
    let values = params![events, quarantine, body_digest, digest, row.delivery];
    database.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Folds what was read of a delivery whose body is gone.
fn recall(
    database: &Connection,
    catalog: &Catalog,
    group: &mut super::group::Group<'_>,
    delivery: i64,
    received_at: Timestamp,
) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT {}, entity, id FROM temp.events_before WHERE delivery = ? ORDER BY item",
        rows::RECALLED
    );
    let mut statement = database.prepare_cached(&sql)?;
    let mut rows = statement.query([delivery])?;
    while let Some(row) = rows.next()? {
        let entity: String = row.get(14)?;
        // An entity that has no definition any more has no assets either.
        let Some(index) = catalog.index(&entity) else { continue };
        let event = rows::recall(catalog.at(index), row)?;
        group.fold_event(
            (index, row.get(15)?),
            event.from_delivery(delivery as u64),
            received_at,
        )?;
    }
    Ok(())
}

fn restated(database: &Connection) -> rusqlite::Result<Vec<Restated>> {
    let sql = "SELECT entity, id, before.state, assets.state
               FROM temp.assets_before AS before FULL JOIN assets USING (entity, id)
               WHERE before.state IS NOT assets.state ORDER BY entity, id";
    let mut statement = database.prepare(sql)?;
    let rows = statement.query_map([], |row| {
        let (entity, id) = (row.get(0)?, row.get(1)?);
        Ok(Restated { entity, id, from: row.get(2)?, to: row.get(3)? })
    })?;
    rows.collect()
}

fn since(database: &Connection, asset: &Restated) -> rusqlite::Result<Option<Timestamp>> {
    let sql = "SELECT max(since) FROM assets WHERE entity = ? AND id = ?";
    let since =
        database.prepare_cached(sql)?.query_row([&asset.entity, &asset.id], |row| row.get(0));
    since.map(|nanos: Option<i64>| nanos.map(Timestamp::from_nanos))
}
