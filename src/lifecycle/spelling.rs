//! Names as people and providers spell them.

use std::collections::HashMap;

/// Names as providers spell them: looked up exactly, and then without case, `-` and `_` if that
/// leaves only one.
#[derive(Clone, Debug)]
pub(crate) struct NameIndex<T> {
    exact: HashMap<String, T>,
    loose: HashMap<String, Option<T>>,
}

impl<T: Copy + PartialEq> NameIndex<T> {
    pub(crate) fn new() -> Self {
        Self { exact: HashMap::new(), loose: HashMap::new() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.exact.is_empty()
    }

    /// Every name as it was given, in no order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.exact.keys().map(String::as_str)
    }

    /// Gives back what the name already stood for.
    pub(crate) fn insert(&mut self, name: &str, value: T) -> Option<T> {
        if let Some(other) = self.exact.get(name) {
            return Some(*other);
        }
        self.exact.insert(name.to_owned(), value);
        self.loose
            .entry(loose(name))
            .and_modify(|known| *known = known.filter(|known| *known == value))
            .or_insert(Some(value));
        None
    }

    /// Whether another spelling of the name stands for something else.
    pub(crate) fn is_ambiguous(&self, name: &str) -> bool {
        self.loose.get(&loose(name)).is_some_and(Option::is_none)
    }

    pub(crate) fn find(&self, name: &str) -> Option<T> {
        match self.exact.get(name) {
            Some(value) => Some(*value),
            None => self.loose.get(&loose(name)).copied().flatten(),
        }
    }
}

fn loose(name: &str) -> String {
    name.chars()
        .filter(|letter| !matches!(letter, '-' | '_'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// The candidate that a mistyped name most likely means, if one is near.
pub(crate) fn closest<'c>(
    name: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    let near = |candidate: &&'c str| distance(name, candidate);
    let best = candidates.into_iter().min_by_key(near)?;
    (distance(name, best) <= 1 + name.len() / 5).then_some(best)
}

/// The number of single-letter changes between two names, without case.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.to_lowercase().chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
