//! The definitions by which things were judged: what was judged by others is not mixed with what is judged now.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::StoreError;
use crate::{
    event::digest,
    fold::Policy,
    lifecycle::{Catalog, DefinitionFile, Lifecycle, Meaning, Provider},
};

/// Raised when a new version of this crate judges the same definitions otherwise, so that stores are to be rebuilt.
const JUDGING: u32 = 1;

fn lifecycles<'c>(
    catalog: &'c Catalog,
    provider: &Provider,
) -> impl Iterator<Item = &'c Lifecycle> {
    catalog.lifecycles().filter(move |lifecycle| lifecycle.provider() == provider.name())
}

/// What stands before the definition of an entity in [`text`].
fn head(lifecycle: &Lifecycle) -> String {
    format!("\n# {}\n", lifecycle.entity())
}

/// All that is defined for a provider, as TOML.
fn text(catalog: &Catalog, provider: &Provider) -> String {
    let own = lifecycles(catalog, provider);
    let entities = own.map(|lifecycle| head(lifecycle) + lifecycle.definition());
    format!("# {}\n{}{}", provider.name(), provider.definition(), entities.collect::<String>())
}

/// The fingerprint of what the definitions of a provider mean, and of how they judge.
fn fingerprint(catalog: &Catalog, provider: &Provider, policy: Policy) -> String {
    let mut meaning = Meaning::default();
    meaning.number(JUDGING);
    meaning.text(&format!("{policy:?}"));
    meaning.fingerprint(provider.fingerprint());
    for lifecycle in lifecycles(catalog, provider) {
        meaning.fingerprint(lifecycle.fingerprint());
    }
    format!("meaning-{:032x}", meaning.finish())
}

/// What stood in the place of a fingerprint before it was one of the meaning: a digest of the text.
fn text_digest(text: &str, policy: Policy) -> String {
    let first = digest(format!("{JUDGING} {policy:?} {text}").as_bytes());
    let second = digest(format!("{text} {policy:?} {JUDGING}").as_bytes());
    format!("{first:016x}{second:016x}")
}

/// Whether a [`text_digest`] is that of a text which means what this catalog does.
fn means_the_same(
    catalog: &Catalog,
    provider: &Provider,
    policy: Policy,
    (held, text): (&str, &str),
) -> bool {
    if held != text_digest(text, policy) {
        return false;
    }
    let mut files = Vec::new();
    let mut rest = text;
    for lifecycle in lifecycles(catalog, provider) {
        let Some((before, after)) = rest.split_once(&head(lifecycle)) else { return false };
        files.push(DefinitionFile::new(lifecycle.entity(), before));
        rest = after;
    }
    files.push(DefinitionFile::new(provider.name(), rest));
    let Ok(known) = Catalog::with(&files) else { return false };
    let known = known.provider(provider.name()).map(|own| fingerprint(&known, own, policy));
    known == Some(fingerprint(catalog, provider, policy))
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
        let sql = "SELECT fingerprint, text FROM definitions WHERE provider = ? AND current";
        let held: Option<(String, String)> = database
            .query_row(sql, [provider.name()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        known.push(provider.name());
        let own = fingerprint(catalog, provider, policy);
        let same = |text: &str, held: &str| means_the_same(catalog, provider, policy, (held, text));
        match held.as_ref() {
            // Nothing is written: the file may be one that can only be read.
            Some((held, _)) if *held == own => {}
            Some((held, text)) if same(text, held) && takes_note => {
                keep(database, provider, &own)?;
            }
            Some((held, text)) if same(text, held) => {}
            _ if judged(database, provider.name())? => providers.push(provider.name().to_owned()),
            _ if takes_note => hold(database, catalog, provider, policy)?,
            _ => {}
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
        hold(database, catalog, provider, policy)?;
    }
    Ok(())
}

/// Has a fingerprint of the meaning where there was one of the text.
fn keep(database: &Connection, provider: &Provider, fingerprint: &str) -> rusqlite::Result<()> {
    let sql = "UPDATE definitions SET fingerprint = ? WHERE provider = ? AND current";
    database.execute(sql, params![fingerprint, provider.name()]).map(drop)
}

fn hold(
    database: &Connection,
    catalog: &Catalog,
    provider: &Provider,
    policy: Policy,
) -> rusqlite::Result<()> {
    let fingerprint = fingerprint(catalog, provider, policy);
    let (name, text) = (provider.name(), text(catalog, provider));
    let again =
        "UPDATE definitions SET current = 1, text = ? WHERE provider = ? AND fingerprint = ?";
    database.execute("UPDATE definitions SET current = 0 WHERE provider = ?", [name])?;
    if database.execute(again, params![text, name, fingerprint])? == 0 {
        let sql = "INSERT INTO definitions (provider, fingerprint, first_delivery, current, text)
                   SELECT ?, ?, 1 + ifnull(max(delivery), 0), 1, ? FROM deliveries";
        database.execute(sql, params![name, fingerprint, text])?;
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
