//! What status words make of event kinds, and how kinds are named.

use std::collections::HashSet;

use super::{KindId, Lifecycle};

impl Lifecycle {
    /// The name of an event kind, and beside it the status word where one decides: `video.media.updated (preparing)`.
    pub fn kind_label(&self, kind: KindId) -> &str {
        &self.kinds[usize::from(kind.0)].label
    }

    /// A status word for which a kind is, where one decides.
    pub fn kind_word(&self, kind: KindId) -> Option<&str> {
        self.kinds[usize::from(kind.0)].word.as_deref()
    }

    /// All event kinds with their names, each followed by those that a status word makes of it: `KIND.status.STATE`.
    pub(crate) fn event_names(&self) -> Vec<(KindId, String)> {
        let mut names = Vec::new();
        let mut taken: HashSet<String> = self.kinds().map(|(_, name)| name.to_owned()).collect();
        for (kind, name) in self.kinds() {
            names.push((kind, name.to_owned()));
            for (state, variant) in &self.kind_of(kind).variants {
                let state = &self.states[usize::from(*state)].name;
                let mut own = format!("{name}.status.{state}");
                while !taken.insert(own.clone()) {
                    own.push('_');
                }
                names.push((*variant, own));
            }
        }
        names
    }

    /// The kind as it is where the payload's status word is `word`; see `status` in `docs/definitions.md`.
    pub fn kind_with_status(&self, kind: KindId, word: &str) -> KindId {
        let state = self.statuses.find(word);
        let variants = &self.kinds[usize::from(kind.0)].variants;
        variants.iter().find(|(to, _)| Some(*to) == state).map_or(kind, |(_, variant)| *variant)
    }

    /// A kind, and what status words make of it.
    pub(super) fn with_variants(&self, kind: KindId) -> impl Iterator<Item = KindId> {
        let variants = self.kinds[usize::from(kind.0)].variants.iter();
        std::iter::once(kind).chain(variants.map(|(_, variant)| *variant))
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

    /// The state that the deciding word of a payload of this kind means, if the kind is for one word's state.
    pub(crate) fn says(&self, kind: KindId) -> Option<usize> {
        self.kind_of(kind).says.map(usize::from)
    }
}
