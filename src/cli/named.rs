//! What the names in arguments stand for: entities, providers, and assets by the beginnings of their ids.

use super::CliError;
use crate::{
    Asset, Catalog, Lifecycle,
    lifecycle::{Provider, closest},
    shown::{did_you_mean, harmless},
};

/// How many of those that a name may stand for are listed.
const LISTED_MAX: usize = 10;

/// The provider of this name, or which there are instead.
pub(super) fn provider<'c>(catalog: &'c Catalog, name: &str) -> Result<&'c Provider, CliError> {
    catalog.provider(name).ok_or_else(|| {
        let known = || catalog.providers().map(Provider::name);
        let near = did_you_mean(closest(name, known()));
        let known = known().collect::<Vec<_>>().join(", ");
        CliError::usage(format!("there is no provider `{name}`{near}\nknown: {known}"))
    })
}

/// The lifecycle of an entity, or what there is instead.
pub(super) fn lifecycle<'c>(catalog: &'c Catalog, name: &str) -> Result<&'c Lifecycle, CliError> {
    match *lifecycles(catalog, name)? {
        [one] => Ok(one),
        ref several => {
            let entities = several.iter().map(|own| format!("`{}`", own.entity()));
            let entities = entities.collect::<Vec<_>>().join(" or ");
            Err(CliError::usage(format!("`{name}` may be {entities}")))
        }
    }
}

/// The lifecycles that a name stands for: that of the entity, or those of all that are called so after their provider.
pub(super) fn lifecycles<'c>(
    catalog: &'c Catalog,
    name: &str,
) -> Result<Vec<&'c Lifecycle>, CliError> {
    if let Some(own) = catalog.lifecycle(name) {
        return Ok(vec![own]);
    }
    let short = |own: &'c Lifecycle| own.entity().split_once('/').map_or("", |(_, short)| short);
    let found: Vec<_> = catalog.lifecycles().filter(|own| short(own) == name).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let known = || catalog.lifecycles().map(Lifecycle::entity);
    let near = closest(name, known().chain(catalog.lifecycles().map(short)));
    let (near, known) = (did_you_mean(near), known().collect::<Vec<_>>().join(", "));
    Err(CliError::usage(format!("there is no lifecycle `{name}`{near}\nknown: {known}")))
}

/// Of assets whose ids begin with what was asked for, the one that is meant: of that very id, or else the only one.
/// `None` if there are none.
///
/// # Errors
/// Several may be meant.
pub(super) fn meant<'a, 'c>(
    assets: &'a [(&'c Lifecycle, Asset)],
    asked: &str,
) -> Result<Option<&'a (&'c Lifecycle, Asset)>, CliError> {
    let is_whole = |own: &&(&Lifecycle, Asset)| own.1.id() == asked;
    let whole: Vec<_> = assets.iter().filter(is_whole).collect();
    let found = if whole.is_empty() { assets.iter().collect() } else { whole };
    if let [] | [_] = *found {
        return Ok(found.first().copied());
    }
    let each = found.iter().take(LISTED_MAX);
    let mut list: Vec<String> =
        each.map(|(own, asset)| format!("  {} {}", own.entity(), harmless(asset.id()))).collect();
    if let more @ 1.. = found.len().saturating_sub(LISTED_MAX) {
        list.push(format!("  and {more} more"));
    }
    let (asked, list) = (harmless(asked), list.join("\n"));
    Err(CliError::usage(format!("`{asked}` may be\n{list}")))
}
