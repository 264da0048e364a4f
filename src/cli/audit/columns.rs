//! Which column of a table is which: as the user says, or as the name says where it is obvious.

use std::fmt;

use super::super::CliError;
use crate::{Catalog, shown::harmless};

/// What the user says of the columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wishes<'a> {
    pub(super) id: Option<&'a str>,
    pub(super) status: Option<&'a str>,
    pub(super) at: Option<&'a str>,
    pub(super) entity: Option<&'a str>,
    /// Of times that name none, in seconds east of UTC.
    pub(super) zone: Option<i32>,
}

/// The columns of a table, by name.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    pub(super) id: String,
    pub(super) status: String,
    pub(super) at: Option<String>,
    /// The column that says which entity a row is about.
    pub(super) entity: Option<String>,
}

impl fmt::Display for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "id `{}`, status `{}`", harmless(&self.id), harmless(&self.status))?;
        if let Some(at) = &self.at {
            write!(f, ", written at `{}`", harmless(at))?;
        }
        if let Some(entity) = &self.entity {
            write!(f, ", entity `{}`", harmless(entity))?;
        }
        Ok(())
    }
}

/// Names of columns that say when a row was written.
const WRITTEN: [&str; 9] = [
    "updatedat",
    "updated",
    "lastupdated",
    "lastupdatedat",
    "modifiedat",
    "modified",
    "changedat",
    "writtenat",
    "statusupdatedat",
];
/// Names of columns that have a provider's id where none is called `id`.
const FOREIGN: [&str; 5] = ["uid", "uuid", "externalid", "providerid", "guid"];
/// What is in an object of a status and says it.
const INSIDE: [&str; 4] = ["state", "phase", "status", "value"];

/// A name without case and without what is between its words.
fn loose(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl Columns {
    /// The columns of a table that has columns of these names; those inside of a JSON row's objects are pointers.
    pub(super) fn choose(
        names: &[String],
        wishes: &Wishes<'_>,
        catalog: &Catalog,
    ) -> Result<Self, CliError> {
        let wish = |wish: Option<&str>| {
            let found = wish.map(|wish| named(names, wish));
            found.transpose()
        };
        let id = match wish(wishes.id)? {
            Some(id) => id,
            None => obvious(names, "id", &id_tiers(names, wishes.entity, catalog))?,
        };
        let status = match wish(wishes.status)? {
            Some(status) => status,
            None => obvious(names, "status", &status_tiers(names))?,
        };
        let fitting = |fits: &dyn Fn(&str) -> bool| {
            let mut fitting = names.iter().filter(|name| fits(&loose(name)));
            fitting.next().filter(|_| fitting.next().is_none()).cloned()
        };
        let at = match wish(wishes.at)? {
            Some(at) => Some(at),
            None => fitting(&|name| WRITTEN.contains(&name)),
        };
        let entity = fitting(&|name| name == "entity");
        Ok(Self { id, status, at, entity })
    }
}

/// The column that the user names: exactly, or without case and what is between words if that leaves one. A pointer may
/// lead where the first row has nothing.
fn named(names: &[String], wish: &str) -> Result<String, CliError> {
    if names.iter().any(|name| name == wish) || wish.starts_with('/') {
        return Ok(wish.to_owned());
    }
    let mut alike = names.iter().filter(|name| loose(name) == loose(wish));
    match (alike.next(), alike.next()) {
        (Some(name), None) => Ok(name.clone()),
        _ => {
            Err(CliError::usage(format!("there is no column `{}`\n{}", harmless(wish), all(names))))
        }
    }
}

fn all(names: &[String]) -> String {
    const SHOWN_MAX: usize = 40;
    let shown: Vec<String> = names.iter().take(SHOWN_MAX).map(|name| harmless(name)).collect();
    let more = if names.len() > SHOWN_MAX { ", …" } else { "" };
    format!("columns: {}{more}", shown.join(", "))
}

/// The one column of the first tier that has any.
fn obvious(names: &[String], what: &str, tiers: &[Vec<&String>]) -> Result<String, CliError> {
    let fitting = tiers.iter().find(|tier| !tier.is_empty());
    let why = match fitting.map(Vec::as_slice) {
        Some([name]) => return Ok((*name).clone()),
        Some(several) => {
            let several: Vec<String> =
                several.iter().map(|name| format!("`{}`", harmless(name))).collect();
            format!("is it {}?", several.join(" or "))
        }
        None => "none is called so".to_owned(),
    };
    Err(CliError::usage(format!(
        "which column has the {what} cannot be told: {why} `--{what} COLUMN` says it\n{}",
        all(names)
    )))
}

fn id_tiers<'n>(
    names: &'n [String],
    entity: Option<&str>,
    catalog: &Catalog,
) -> Vec<Vec<&'n String>> {
    let entities = catalog.lifecycles().map(crate::Lifecycle::entity);
    let entities: Vec<&str> =
        entities.filter(|own| entity.is_none_or(|entity| entity == *own)).collect();
    // Of a provider's own name: `mux_asset_id`, `mux_id`; of the entity's: `asset_id`.
    let (mut providers, mut kinds) = (Vec::new(), Vec::new());
    for own in entities {
        let (provider, kind) = own.split_once('/').unwrap_or((own, ""));
        let (provider, kind) = (loose(provider), loose(kind));
        providers.extend([format!("{provider}{kind}id"), format!("{provider}id")]);
        kinds.push(format!("{kind}id"));
    }
    let of = |fits: &dyn Fn(&str) -> bool| names.iter().filter(|name| fits(&loose(name))).collect();
    vec![
        of(&|name| providers.iter().any(|own| own == name)),
        of(&|name| name == "id"),
        of(&|name| kinds.iter().any(|own| own == name) || FOREIGN.contains(&name)),
        of(&|name| name.ends_with("id")),
    ]
}

fn status_tiers(names: &[String]) -> Vec<Vec<&String>> {
    let of = |fits: &dyn Fn(&str) -> bool| names.iter().filter(|name| fits(&loose(name))).collect();
    let inside = |name: &&String| {
        let within = name.strip_prefix("/status/").or_else(|| name.strip_prefix("/state/"));
        within.is_some_and(|within| INSIDE.contains(&within))
    };
    vec![
        of(&|name| matches!(name, "status" | "state")),
        names.iter().filter(inside).collect(),
        of(&|name| name.ends_with("status") || name.ends_with("state")),
    ]
}

/// An offset from UTC, in seconds.
pub(super) fn zone(text: &str) -> Result<i32, String> {
    if ["utc", "z", "gmt"].contains(&&*text.to_lowercase()) {
        return Ok(0);
    }
    let wrong = || "expected UTC, or an offset such as +02:00".to_owned();
    let (sign, rest) = match text.split_at_checked(1) {
        Some(("+", rest)) => (1, rest),
        Some(("-", rest)) => (-1, rest),
        _ => return Err(wrong()),
    };
    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
    let number = |text: &str, limit: i32| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse::<i32>().ok().filter(|_| digits);
        number.filter(|number| *number < limit).ok_or_else(wrong)
    };
    Ok(sign * (number(hours, 24)? * 3600 + number(minutes, 60)? * 60))
}
