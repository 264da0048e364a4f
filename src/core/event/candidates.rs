//! How well payloads fit providers: who sent one is told, or told to be in doubt, and never guessed.

use super::EventError;
use crate::{
    lifecycle::{Catalog, Condition, Locator, Provider},
    shown::shortened,
};

/// What a payload has where definitions look.
pub(crate) trait PayloadFields {
    /// Its event kind, where this provider has one.
    fn kind(&self, provider: &Provider) -> Option<String>;
    /// Whether something stands in one of these places.
    fn has(&self, locators: &[Locator]) -> bool;
    /// The same of an asset, whose id is never read beyond a list.
    fn has_asset(&self, locators: &[Locator]) -> bool;
    fn meets(&self, condition: &Condition) -> bool;
    fn is_form(&self) -> bool;
}

/// How well a payload fits a provider: what comes first decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fit {
    /// It knows the event kind, and not only how it begins.
    knows: bool,
    /// It is the user's own, and finds all that it looks for: what is built in later does not take it away.
    own_is_whole: bool,
    /// It says what must hold, and that does.
    meets: bool,
    event_id: bool,
    time: bool,
    asset: bool,
    /// A body of the other format only breaks ties: recorders turn forms into JSON.
    format: bool,
    /// It is the user's own.
    own: bool,
}

/// Who may have sent a payload.
#[derive(Clone, Debug, Default)]
pub(crate) struct Candidates<'c> {
    /// Those that fit best, all equally.
    best: Vec<&'c Provider>,
    fit: Option<Fit>,
    kind: String,
    /// Event kinds that were found, by [`Provider::kinds_at`].
    kinds: Vec<(usize, Option<String>)>,
}

impl<'c> Candidates<'c> {
    /// Looks at one provider more.
    pub(crate) fn consider(
        &mut self,
        catalog: &'c Catalog,
        provider: &'c Provider,
        look: &dyn PayloadFields,
    ) {
        let known = self.kinds.iter().position(|(at, _)| *at == provider.kinds_at);
        let known = known.unwrap_or_else(|| {
            self.kinds.push((provider.kinds_at, look.kind(provider)));
            self.kinds.len() - 1
        });
        let Some(kind) = &self.kinds[known].1 else { return };
        let Some(fit) = fit(catalog, provider, kind, look) else { return };
        if Some(fit) > self.fit {
            self.fit = Some(fit);
            self.kind.clone_from(kind);
            self.best.clear();
        }
        if Some(fit) == self.fit {
            self.best.push(provider);
        }
    }

    /// Takes over those of another look at the same delivery.
    pub(crate) fn absorb(&mut self, other: Self) {
        match other.fit.cmp(&self.fit) {
            std::cmp::Ordering::Greater => *self = other,
            std::cmp::Ordering::Equal => self.best.extend(other.best),
            std::cmp::Ordering::Less => {}
        }
    }

    /// Whether nobody knows the event kind.
    pub(crate) fn is_empty(&self) -> bool {
        self.best.is_empty()
    }

    /// The one that fits best; `None` if there is none.
    ///
    /// # Errors
    /// Several do.
    pub(crate) fn only(&self) -> Result<Option<&'c Provider>, EventError> {
        match &self.best[..] {
            [] => Ok(None),
            [provider] => Ok(Some(provider)),
            [one, other, ..] => Err(EventError::Ambiguous {
                kind: shortened(&self.kind).into(),
                providers: [one.name().to_owned(), other.name().to_owned()],
            }),
        }
    }

    /// All that fit best.
    pub(crate) fn all(&self) -> &[&'c Provider] {
        &self.best
    }
}

/// How well a payload of this event kind fits a provider; `None` if it is none of that provider's.
fn fit(
    catalog: &Catalog,
    provider: &Provider,
    kind: &str,
    look: &dyn PayloadFields,
) -> Option<Fit> {
    let meanings = provider.meanings(kind);
    let knows = !meanings.is_empty() || provider.ignores(kind);
    if !knows && !begins(catalog, provider, kind) || !look.meets(&provider.when) {
        return None;
    }
    let has = |(index, kind)| look.has_asset(catalog.at(index).id_of(kind));
    let asset = match &*meanings {
        [] => provider.entities.iter().any(|index| has((*index, None))),
        known => known.iter().any(|(index, kind)| has((*index, Some(*kind)))),
    };
    let (event_id, time) = (look.has(&provider.event_id), look.has(&provider.time));
    let is_whole =
        asset && (event_id || provider.event_id.is_empty()) && (time || provider.time.is_empty());
    Some(Fit {
        knows,
        own_is_whole: provider.is_own() && is_whole,
        meets: !provider.when.is_empty(),
        event_id,
        time,
        asset,
        format: provider.form == look.is_form(),
        own: provider.is_own(),
    })
}

/// Whether an event kind, or how it begins, is one that a provider knows.
#[cfg(feature = "fast")]
pub(crate) fn may_know(catalog: &Catalog, provider: &Provider, kind: &str) -> bool {
    !provider.meanings(kind).is_empty() || provider.ignores(kind) || begins(catalog, provider, kind)
}

/// Whether an event kind begins as those of some entity of a provider do.
fn begins(catalog: &Catalog, provider: &Provider, kind: &str) -> bool {
    let mut prefixes = provider.entities.iter().flat_map(|index| catalog.at(*index).prefix());
    prefixes.any(|prefix| kind.starts_with(prefix.as_str()))
}
