//! The definitions by which things were judged: what was judged by others is not mixed with what is judged now.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::StoreError;
use crate::{
    event::digest,
    fold::Policy,
    lifecycle::{Catalog, Provider},
};

/// Raised when the same definitions are read or judged otherwise by a new version of this crate.
const JUDGING: u32 = 1;

/// All that is defined for a provider, as TOML.
fn text(catalog: &Catalog, provider: &Provider) -> String {
    let own = catalog.lifecycles().filter(|lifecycle| lifecycle.provider() == provider.name());
    let entities =
        own.map(|lifecycle| format!("\n# {}\n{}", lifecycle.entity(), lifecycle.definition()));
    format!("# {}\n{}{}", provider.name(), provider.definition(), entities.collect::<String>())
}

fn fingerprint(text: &str, policy: Policy) -> String {
    let first = digest(format!("{JUDGING} {policy:?} {text}").as_bytes());
    let second = digest(format!("{text} {policy:?} {JUDGING}").as_bytes());
    format!("{first:016x}{second:016x}")
}

/// Takes note of the definitions of a catalog that judge nothing yet, if it is to.
///
/// # Errors
/// What is stored of some providers was judged by other definitions.
pub(super) fn check(
    database: &Connection,
    catalog: &Catalog,
    policy: Policy,
    takes_note: bool,
) -> Result<(), StoreError> {
    let mut providers = Vec::new();
    let mut known: Vec<&str> = Vec::new();
    for provider in catalog.providers() {
        let text = text(catalog, provider);
        let sql = "SELECT fingerprint FROM definitions WHERE provider = ? AND current";
        let held: Option<String> =
            database.query_row(sql, [provider.name()], |row| row.get(0)).optional()?;
        known.push(provider.name());
        if held.as_ref() == Some(&fingerprint(&text, policy)) {
            continue;
        }
        match judged(database, provider.name())? {
            true => providers.push(provider.name().to_owned()),
            false if takes_note => hold(database, provider.name(), &text, policy)?,
            false => {}
        }
    }
    let mut statement = database.prepare("SELECT provider FROM definitions WHERE current")?;
    let held = statement.query_map([], |row| row.get::<_, String>(0))?;
    for held in held.collect::<rusqlite::Result<Vec<_>>>()? {
        if !known.contains(&held.as_str()) && judged(database, &held)? {
            providers.push(held);
        }
    }
    match providers.is_empty() {
        true => Ok(()),
        false => Err(StoreError::Definitions { providers }),
    }
}

/// Takes note that the definitions of a catalog judge everything, as after a rebuild.
pub(super) fn hold_all(
    database: &Connection,
    catalog: &Catalog,
    policy: Policy,
) -> rusqlite::Result<()> {
    database.execute("UPDATE definitions SET current = 0", [])?;
    for provider in catalog.providers() {
        hold(database, provider.name(), &text(catalog, provider), policy)?;
    }
    Ok(())
}

fn hold(database: &Connection, provider: &str, text: &str, policy: Policy) -> rusqlite::Result<()> {
    let fingerprint = fingerprint(text, policy);
    let again = "UPDATE definitions SET current = 1 WHERE provider = ? AND fingerprint = ?";
    database.execute("UPDATE definitions SET current = 0 WHERE provider = ?", [provider])?;
    if database.execute(again, [provider, &fingerprint])? == 0 {
        let sql = "INSERT INTO definitions (provider, fingerprint, first_delivery, current, text)
                   SELECT ?, ?, 1 + ifnull(max(delivery), 0), 1, ? FROM deliveries";
        database.execute(sql, params![provider, fingerprint, text])?;
    }
    Ok(())
}

/// Whether anything is stored of a provider.
fn judged(database: &Connection, provider: &str) -> rusqlite::Result<bool> {
    // Entities are named `provider/…`, and `0` is what follows `/`.
    let sql =
        "SELECT EXISTS (SELECT 1 FROM assets WHERE entity >= ?1 || '/' AND entity < ?1 || '0')
               OR EXISTS (SELECT 1 FROM deliveries WHERE quarantine IS NOT NULL AND provider = ?1)";
    database.query_row(sql, [provider], |row| row.get(0))
}
