//! What the words of a table mean.

use std::collections::HashMap;

use crate::lifecycle::{Lifecycle, closest};

/// Words and states that the user said.
#[derive(Clone, Debug, Default)]
pub struct AuditWords(HashMap<String, String>);

/// What a word means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WordMeaning {
    /// The state of this index.
    State(usize),
    /// One state by its name, and another as a status word of the provider.
    Ambiguous(usize, usize),
    /// Nothing that anybody knows.
    Nothing,
}

impl AuditWords {
    /// What this word means is the state of this name.
    pub fn insert(&mut self, word: &str, state: &str) {
        self.0.insert(word.to_owned(), state.to_owned());
    }

    /// The first word, by the alphabet, whose state the lifecycle does not have, with that state and what is near to it.
    pub fn strange<'a>(
        &'a self,
        lifecycle: &'a Lifecycle,
    ) -> Option<(&'a str, &'a str, Option<&'a str>)> {
        let is_strange = |state: &str| lifecycle.state_called(state).is_none();
        let strange = self.0.iter().filter(|(_, state)| is_strange(state)).min()?;
        let names = lifecycle.states().iter().map(|state| state.name.as_str());
        Some((strange.0, strange.1, closest(strange.1, names)))
    }

    /// What a word means: what the user said, the name of a state, a status word of the provider.
    pub fn meaning(&self, lifecycle: &Lifecycle, word: &str) -> WordMeaning {
        if let Some(state) = self.0.get(word) {
            return lifecycle.state_called(state).map_or(WordMeaning::Nothing, WordMeaning::State);
        }
        match (lifecycle.state_called(word), lifecycle.state_of_status(word)) {
            (Some(a), Some(b)) if a != b => WordMeaning::Ambiguous(a, b),
            (Some(state), _) | (None, Some(state)) => WordMeaning::State(state),
            (None, None) => WordMeaning::Nothing,
        }
    }

    /// A word that the user said for this state: the first by the alphabet.
    pub(super) fn word_for(&self, lifecycle: &Lifecycle, state: usize) -> Option<&str> {
        let fits = |said: &&String| lifecycle.state_called(said) == Some(state);
        let words = self.0.iter().filter(|(_, said)| fits(said)).map(|(word, _)| word.as_str());
        words.min()
    }
}
