//! Rows: what is kept of events, assets, findings and changes, and how events are recalled.

use rusqlite::{CachedStatement, Connection, OptionalExtension, ToSql, params};
use serde_json::value::RawValue;

use super::{
    digests::{DeliveryRow, body_digest, headers_text},
    incoming::Read,
    kept::{Kept, Row},
};
use crate::{
    event::Event,
    fold::{Asset, Code, Finding, FindingCounts, JudgedMark, Verdict, write_object},
    lifecycle::Lifecycle,
    time::Timestamp,
};

/// Whom a finding is about, and when it was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    pub(super) asset: Option<i64>,
    pub(super) found_at: Timestamp,
}

/// A change of an asset's state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change<'a> {
    pub(super) entity: &'a str,
    pub(super) id: &'a str,
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) at: Option<Timestamp>,
    pub(super) recorded_at: Timestamp,
    pub(super) delivery: Option<u64>,
    pub(super) cause: &'a str,
}

/// Writes the rows that nearly every delivery brings, by statements that are looked up once for a group.
pub(super) struct Rows<'d> {
    delivery: CachedStatement<'d>,
    event: CachedStatement<'d>,
    new_asset: CachedStatement<'d>,
    moved_asset: CachedStatement<'d>,
    stayed_asset: CachedStatement<'d>,
    change: CachedStatement<'d>,
}

pub(super) fn nanos(time: Option<Timestamp>) -> Option<i64> {
    time.map(Timestamp::as_nanos)
}

/// SQLite's integers are signed; the numbers of deliveries never get that far, and digests keep their bits.
pub(super) fn signed(number: u64) -> i64 {
    number as i64
}

pub(super) fn find_asset(
    database: &Connection,
    lifecycle: &Lifecycle,
    id: &str,
) -> rusqlite::Result<Option<(i64, Row)>> {
    let sql = "SELECT asset, state, since, due, overdue FROM assets WHERE entity = ? AND id = ?";
    let mut statement = database.prepare_cached(sql)?;
    let found = statement.query_row(params![lifecycle.entity(), id], |row| {
        let state: String = row.get(1)?;
        let index = lifecycle.states().iter().position(|known| known.name == state);
        let (since, due, overdue) = (row.get(2)?, row.get(3)?, row.get(4)?);
        let state = index.unwrap_or(0);
        Ok((row.get(0)?, Row { there: true, state, since, due, overdue }))
    });
    found.optional()
}

/// Folds the stored events of an asset, in the order in which they came.
pub(super) fn load_history(
    database: &Connection,
    lifecycle: &Lifecycle,
    number: i64,
    asset: &mut Asset,
) -> rusqlite::Result<()> {
    let sql = format!("SELECT {RECALLED} FROM events WHERE asset = ? ORDER BY delivery, item");
    let mut statement = database.prepare_cached(&sql)?;
    let mut rows = statement.query([number])?;
    while let Some(row) = rows.next()? {
        asset.insert(lifecycle, recall(lifecycle, row)?);
    }
    asset.settle(lifecycle);
    Ok(())
}

/// The columns that an event is recalled from.
pub(super) const RECALLED: &str =
    "delivery, kind, at, received_at, event_id, status, parent, time_error, content, data,
    item, sequence, branch, by_receipt";

/// The event of a row of [`RECALLED`].
pub(super) fn recall(lifecycle: &Lifecycle, row: &rusqlite::Row<'_>) -> rusqlite::Result<Event> {
    let text = |at: usize| row.get::<_, Option<Box<str>>>(at);
    let time = |at: usize| row.get(at).map(|nanos: Option<i64>| nanos.map(Timestamp::from_nanos));
    let kind = row.get_ref(1)?.as_str()?;
    let branch = row.get::<_, u32>(12)? as usize;
    let mut event = Event::recalled(lifecycle, kind, branch, row.get(5)?).named(lifecycle, kind);
    event.item = Some(row.get(10)?).filter(|item| *item > 0);
    event.sequence = row.get_ref(11)?.as_str_or_null()?.and_then(|digits| digits.parse().ok());
    event.by_receipt = row.get(13)?;
    event.delivery = row.get::<_, i64>(0)? as u64;
    event.time = time(2)?;
    event.received_at = time(3)?;
    event.id = text(4)?;
    event.parent = text(6)?;
    event.time_error = text(7)?;
    event.content = row.get::<_, i64>(8)? as u64;
    if let Some(data) = row.get_ref(9)?.as_str_or_null()? {
        event.data = recall_data(lifecycle, data);
    }
    Ok(event)
}

fn recall_data(lifecycle: &Lifecycle, text: &str) -> Box<[(u16, std::sync::Arc<str>)]> {
    let members: std::collections::HashMap<String, &RawValue> =
        serde_json::from_str(text).unwrap_or_default();
    let fields = (0..).zip(lifecycle.data());
    let known = fields.filter_map(|(at, field)| Some((at, members.get(&field.name)?.get().into())));
    known.collect()
}

/// A JSON object of values that are JSON already.
fn object<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = Vec::new();
    write_object(members, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// The verdict of an event that has this mark, or none.
pub(super) fn verdict(mark: Option<&JudgedMark>) -> Verdict {
    mark.map_or(Verdict::Duplicate, JudgedMark::verdict)
}

/// Writes how an event is judged now; without a mark it is a copy of one that counts.
pub(super) fn judge_again(
    database: &Connection,
    asset: i64,
    (delivery, item): (u64, u32),
    mark: Option<&JudgedMark>,
    lifecycle: &Lifecycle,
) -> rusqlite::Result<()> {
    let sql = "UPDATE events SET verdict = ?, state_before = ?, state_after = ?
               WHERE asset = ? AND delivery = ? AND item = ?";
    database.prepare_cached(sql)?.execute(params![
        verdict(mark).name(),
        mark.map(|mark| &lifecycle.state(mark.before()).name),
        mark.map(|mark| &lifecycle.state(mark.after()).name),
        asset,
        signed(delivery),
        item,
    ])?;
    Ok(())
}

const DELIVERY: &str = "INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const EVENT: &str =
    "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const CHANGE: &str = "
    INSERT INTO changes (entity, id, from_state, to_state, at, recorded_at, delivery, cause)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

const NEW_ASSET: &str = "
    INSERT INTO assets (asset, status, flags, retries, parent_entity, parent, events, duplicates, late, errors,
        warnings, infos, heard_at, data, state, since, at_rest, at_end, due, overdue, entity, id)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)";

const MOVED_ASSET: &str = "
    UPDATE assets SET status = ?2, flags = ?3, retries = ?4, parent_entity = ?5, parent = ?6, events = ?7,
        duplicates = ?8, late = ?9, errors = ?10, warnings = ?11, infos = ?12, heard_at = ?13, data = ?14,
        state = ?15, since = ?16, at_rest = ?17, at_end = ?18, due = ?19, overdue = ?20
    WHERE asset = ?1";

const STAYED_ASSET: &str = "
    UPDATE assets SET status = ?2, flags = ?3, retries = ?4, parent_entity = ?5, parent = ?6, events = ?7,
        duplicates = ?8, late = ?9, errors = ?10, warnings = ?11, infos = ?12, heard_at = ?13, data = ?14
    WHERE asset = ?1";

impl<'d> Rows<'d> {
    pub(super) fn new(database: &'d Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            delivery: database.prepare_cached(DELIVERY)?,
            event: database.prepare_cached(EVENT)?,
            new_asset: database.prepare_cached(NEW_ASSET)?,
            moved_asset: database.prepare_cached(MOVED_ASSET)?,
            stayed_asset: database.prepare_cached(STAYED_ASSET)?,
            change: database.prepare_cached(CHANGE)?,
        })
    }

    /// Writes a delivery of this number, in the store of this id; `origin` is the row of the store it was in first.
    pub(super) fn write_delivery(
        &mut self,
        (delivery, own): (u64, &str),
        origin: i64,
        read: &Read,
        quarantine: Option<&str>,
    ) -> rusqlite::Result<()> {
        let incoming = &read.incoming;
        let first = read.origin.as_ref();
        let headers = headers_text(&incoming.headers);
        let row = DeliveryRow {
            delivery: signed(delivery),
            origin: first.map_or(own, |first| &first.store),
            number: first.map(|first| first.number),
            source: &incoming.source,
            provider: &incoming.provider,
            received_at: incoming.received_at.as_nanos(),
            content_type: incoming.content_type.as_deref(),
            quarantine,
            body: Some(&incoming.body),
            body_digest: Some(body_digest(&incoming.body)),
            digest: None,
            events: read.events.len() as i64,
            headers: headers.as_deref(),
            query: incoming.query.as_deref(),
        };
        self.delivery.execute(params![
            row.delivery,
            row.source,
            row.provider,
            row.received_at,
            row.content_type,
            row.events,
            row.quarantine,
            row.body,
            origin,
            row.number,
            row.body_digest,
            row.sealed(),
            row.headers,
            row.query,
        ])?;
        Ok(())
    }

    pub(super) fn write_event(
        &mut self,
        asset: i64,
        lifecycle: &Lifecycle,
        event: &Event,
        mark: Option<&JudgedMark>,
    ) -> rusqlite::Result<()> {
        let names = lifecycle.data();
        let data =
            event.data.iter().map(|(field, text)| (&*names[usize::from(*field)].name, &**text));
        let data = (!event.data.is_empty()).then(|| object(data));
        let branch = event.kind.known().map_or(0, |kind| lifecycle.branch_number(kind));
        self.event.execute(params![
            asset,
            signed(event.delivery),
            event.name(lifecycle),
            verdict(mark).name(),
            mark.map(|mark| &*lifecycle.state(mark.before()).name),
            mark.map(|mark| &*lifecycle.state(mark.after()).name),
            nanos(event.time),
            nanos(event.received_at),
            event.id.as_deref(),
            event.status.as_deref(),
            event.parent.as_deref(),
            event.time_error.as_deref(),
            signed(event.content),
            data,
            event.item.unwrap_or(0),
            event.sequence.map(|number| number.to_string()),
            branch as i64,
            event.by_receipt,
        ])?;
        Ok(())
    }

    /// Writes where the asset is.
    pub(super) fn write_asset(
        &mut self,
        database: &Connection,
        lifecycle: &Lifecycle,
        kept: &mut Kept,
        heard_at: Timestamp,
    ) -> rusqlite::Result<()> {
        let Kept { number, asset, trail, row, .. } = kept;
        let data = object(trail.data(lifecycle));
        let now = trail.snapshot(lifecycle, asset);
        let state = lifecycle.state_index(asset.node());
        let since = nanos(now.since);
        let dwell = lifecycle.states()[state].dwell;
        let due = now.since.zip(dwell).map(|(since, dwell)| since.saturating_add(dwell));
        let due = nanos(due);
        let flags = match now.flags.as_slice() {
            [] => String::new(),
            flags => format!(" {} ", flags.join(" ")),
        };
        let overdue = row.overdue && row.due == due;
        if row.overdue && !overdue {
            unsay_overdue(database, *number)?;
        }
        let moved = Row { there: true, state, since, due, overdue };
        // What indexes are over is only written where it changes.
        let (statement, count) = match (row.there, *row == moved) {
            (false, _) => (&mut self.new_asset, 22),
            (true, false) => (&mut self.moved_asset, 20),
            (true, true) => (&mut self.stayed_asset, 14),
        };
        let (parent_entity, parent) =
            now.parent.as_ref().map(|parent| (parent.entity, parent.id)).unzip();
        let [events, duplicates, late] = [now.events, now.duplicates, now.late].map(signed);
        let FindingCounts { error, warning, info, .. } = now.findings;
        let [errors, warnings, infos] = [error, warning, info].map(signed);
        let heard_at = heard_at.as_nanos();
        #[rustfmt::skip]
        let values: [&dyn ToSql; 22] = [
            number, &now.status, &flags, &now.retries, &parent_entity, &parent, &events, &duplicates, &late, &errors,
            &warnings, &infos, &heard_at, &data, &now.state, &since, &now.rest, &now.end, &due, &overdue, &now.entity,
            &now.id,
        ];
        statement.execute(&values[..count])?;
        *row = moved;
        Ok(())
    }

    pub(super) fn tell(&mut self, change: Change<'_>) -> rusqlite::Result<()> {
        self.change.execute(params![
            change.entity,
            change.id,
            change.from,
            change.to,
            nanos(change.at),
            change.recorded_at.as_nanos(),
            change.delivery.map(signed),
            change.cause,
        ])?;
        Ok(())
    }
}

pub(super) fn count_population(
    database: &Connection,
    entity: &str,
    state: &str,
    more: i64,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO population VALUES (?1, ?2, ?3)
               ON CONFLICT DO UPDATE SET assets = assets + ?3";
    database.prepare_cached(sql)?.execute(params![entity, state, more])?;
    Ok(())
}

/// Writes a finding.
pub(super) fn say(database: &Connection, about: Said, finding: &Finding) -> rusqlite::Result<()> {
    let sql = "INSERT INTO findings (asset, delivery, repeats, code, name, severity, entity, id, event, event_id,
               at, state, allowed, missing, message, help, found_at, item, repeats_item)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let list = |names: &[String]| serde_json::Value::from(names).to_string();
    // What is said of the asset, rather than of one of its events, goes when the asset moves on.
    let delivery = finding.event.is_some() || about.asset.is_none();
    database.prepare_cached(sql)?.execute(params![
        about.asset,
        delivery.then(|| signed(finding.delivery)),
        finding.repeats.map(signed),
        finding.code.code(),
        finding.name,
        finding.severity.name(),
        finding.entity,
        finding.id,
        finding.event,
        finding.event_id,
        nanos(finding.at),
        finding.state,
        list(&finding.allowed),
        list(&finding.missing),
        finding.message,
        finding.help,
        about.found_at.as_nanos(),
        finding.item.unwrap_or(0),
        finding.repeats_item.unwrap_or(0),
    ])?;
    Ok(())
}

/// Removes what was said of an event and its conflicting copies.
pub(super) fn unsay(
    database: &Connection,
    asset: i64,
    (delivery, item): (u64, u32),
) -> rusqlite::Result<()> {
    let sql = "DELETE FROM findings WHERE asset = ? AND ifnull(repeats, delivery) = ?
               AND iif(repeats IS NULL, item, repeats_item) = ?";
    database.prepare_cached(sql)?.execute(params![asset, signed(delivery), item])?;
    Ok(())
}

fn unsay_of_asset(database: &Connection, asset: i64, code: Code) -> rusqlite::Result<()> {
    let sql = "DELETE FROM findings
               WHERE asset = ? AND ifnull(repeats, delivery) IS NULL AND code = ?";
    database.prepare_cached(sql)?.execute(params![asset, code.code()])?;
    Ok(())
}

/// Removes what was said of the events that are no longer kept one by one.
pub(super) fn unsay_condensed(database: &Connection, asset: i64) -> rusqlite::Result<()> {
    unsay_of_asset(database, asset, Code::HistoryCondensed)
}

/// Removes what was said of an asset being overdue.
pub(super) fn unsay_overdue(database: &Connection, asset: i64) -> rusqlite::Result<()> {
    unsay_of_asset(database, asset, Code::Overdue)
}
