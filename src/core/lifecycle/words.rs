//! What status words make of event kinds, and how kinds are named.

#[cfg(feature = "simulate")]
use std::borrow::Cow;
use std::collections::HashSet;

use super::{Condition, Kind, KindId, Lifecycle, spelling::NameIndex};

/// What a status word means beside an event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StatusWord {
    /// The event's kind, what the word makes of it applied.
    pub(crate) kind: KindId,
    /// The state that the word maps to.
    pub(crate) says: Option<u16>,
    /// It was to decide, and the definition does not have it.
    pub(crate) unknown: bool,
}

impl Lifecycle {
    /// The name of an event kind, and beside it the status word where one decides: `video.media.updated (preparing)`.
    pub fn kind_label(&self, kind: KindId) -> &str {
        &self.kinds[usize::from(kind.0)].label
    }

    /// A status word for which a kind is, where one decides.
    pub fn kind_word(&self, kind: KindId) -> Option<&str> {
        self.kinds[usize::from(kind.0)].word.as_deref()
    }

    /// All event kinds with their names, each followed by those that a condition or a status word makes of it:
    /// `KIND.when.NUMBER`, `KIND.status.STATE`, `KIND.when.NUMBER.status.STATE`.
    pub fn event_names(&self) -> Vec<(KindId, String)> {
        let mut names = Vec::new();
        let mut taken: HashSet<String> = self.kinds().map(|(_, name)| name.to_owned()).collect();
        for (kind, name) in self.kinds() {
            names.push((kind, name.to_owned()));
            let mut add = |kind: KindId, mut own: String| {
                while !taken.insert(own.clone()) {
                    own.push('_');
                }
                names.push((kind, own.clone()));
                own
            };
            let branches = self.kind_of(kind).branches.iter().map(|(_, branch)| *branch);
            for (number, branch) in (0..).zip(std::iter::once(kind).chain(branches)) {
                let own = match number {
                    0 => name.to_owned(),
                    number => add(branch, format!("{name}.when.{number}")),
                };
                for (state, variant) in &self.kind_of(branch).variants {
                    let state = &self.states[usize::from(*state)].name;
                    add(*variant, format!("{own}.status.{state}"));
                }
            }
        }
        names
    }

    pub(super) fn has_patterns(&self) -> bool {
        !self.patterns.is_empty()
    }

    /// What a kind is for payloads of which such conditions hold.
    pub(crate) fn branch(&self, kind: KindId, holds: impl Fn(&Condition) -> bool) -> KindId {
        let mut branches = self.kind_of(kind).branches.iter();
        branches.find(|(condition, _)| holds(condition)).map_or(kind, |(_, branch)| *branch)
    }

    /// Which branch of its event a kind is of, from 1; 0 where no condition holds.
    pub fn branch_number(&self, kind: KindId) -> usize {
        let Kind { base, branch, .. } = self.kind_of(kind);
        let mut branches = self.kind_of(*base).branches.iter();
        branches.position(|(_, own)| own == branch).map_or(0, |at| at + 1)
    }

    /// The kind of this event that is of this branch.
    pub(crate) fn branch_at(&self, kind: KindId, number: usize) -> KindId {
        let own = number.checked_sub(1).and_then(|at| self.kind_of(kind).branches.get(at));
        own.map_or(kind, |(_, branch)| *branch)
    }

    /// What must hold of the payloads that a kind is for, if anything must.
    #[cfg(feature = "simulate")]
    pub(crate) fn condition_of(&self, kind: KindId) -> Option<&Condition> {
        let at = self.branch_number(kind).checked_sub(1)?;
        self.kind_of(self.kind_of(kind).base).branches.get(at).map(|(condition, _)| condition)
    }

    /// A name by which an event of this kind may come: that of the kind, something in the place of each `*`.
    #[cfg(feature = "simulate")]
    pub(crate) fn sample_name(&self, kind: KindId) -> Cow<'_, str> {
        let about = self.kind_of(kind);
        let filled = about.is_pattern.then(|| about.name.replace('*', "any"));
        match filled.filter(|name| self.kind(name) == Some(about.base)) {
            Some(name) => name.into(),
            None => (&*about.name).into(),
        }
    }

    /// What must hold of the payloads that a kind is for, for people.
    pub fn kind_when(&self, kind: KindId) -> Option<&str> {
        self.kind_of(kind).when.as_deref()
    }

    /// What a status word means beside an event of this kind.
    pub(crate) fn status_word(&self, kind: KindId, word: &str) -> StatusWord {
        let says = self.statuses.find(word);
        if self.kind_of(kind).status.is_empty() {
            return StatusWord { kind, says, unknown: false };
        }
        let unknown = says.is_none() && self.has_statuses();
        StatusWord { kind: self.kind_with_status(kind, word), says, unknown }
    }

    /// The kind as it is where the payload's status word is `word`; see `status` in `docs/definitions.md`.
    pub fn kind_with_status(&self, kind: KindId, word: &str) -> KindId {
        let state = self.statuses.find(word);
        let variants = &self.kinds[usize::from(kind.0)].variants;
        variants.iter().find(|(to, _)| Some(*to) == state).map_or(kind, |(_, variant)| *variant)
    }

    /// A kind, and what conditions and status words make of it.
    pub(super) fn with_variants(&self, kind: KindId) -> impl Iterator<Item = KindId> {
        let branches = self.kind_of(kind).branches.iter().map(|(_, branch)| *branch);
        std::iter::once(kind).chain(branches).flat_map(|branch| {
            let variants = self.kind_of(branch).variants.iter().map(|(_, variant)| *variant);
            std::iter::once(branch).chain(variants)
        })
    }

    /// The provider's words for its statuses, and the states that they mean.
    #[cfg(feature = "simulate")]
    pub(crate) fn status_words(&self) -> Vec<(&str, u16)> {
        let words =
            self.statuses.names().filter_map(|word| Some((word, self.statuses.find(word)?)));
        let mut words: Vec<_> = words.collect();
        words.sort_unstable();
        words
    }

    /// The index of the state of this name: exactly, or else without case, `-` and `_` where that leaves only one.
    pub fn state_called(&self, name: &str) -> Option<usize> {
        let mut names = NameIndex::new();
        for (index, state) in self.states.iter().enumerate() {
            names.insert(&state.name, index);
        }
        names.find(name)
    }

    /// Whether a kind leads to the state of this index, wherever it comes from.
    pub(crate) fn leads_to(&self, kind: KindId, state: usize) -> bool {
        self.kind_of(kind).targets.iter().any(|target| usize::from(*target) == state)
    }

    /// The index of the state that a status word of the provider means.
    pub fn state_of_status(&self, word: &str) -> Option<usize> {
        self.statuses.find(word).map(usize::from)
    }

    /// The state that the deciding word of a payload of this kind means, if the kind is for one word's state.
    pub(crate) fn says(&self, kind: KindId) -> Option<usize> {
        self.kind_of(kind).says.map(usize::from)
    }
}
