//! Names as people and providers spell them.

use std::{borrow::Cow, collections::HashMap};

/// Names as providers spell them: looked up exactly, and then without case, `-` and `_` if that
/// leaves only one.
#[derive(Clone, Debug)]
pub(crate) struct NameIndex<T> {
    exact: HashMap<String, T>,
    loose: HashMap<String, Option<T>>,
}

impl<T> Default for NameIndex<T> {
    fn default() -> Self {
        Self { exact: HashMap::new(), loose: HashMap::new() }
    }
}

impl<T: Copy + PartialEq> NameIndex<T> {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.exact.is_empty()
    }

    /// Every name as it was given, in no order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.exact.keys().map(String::as_str)
    }

    /// Every name as it was given, and what it stands for, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, T)> {
        self.exact.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// Gives back what the name already stood for.
    pub(crate) fn insert(&mut self, name: &str, value: T) -> Option<T> {
        if let Some(other) = self.exact.get(name) {
            return Some(*other);
        }
        self.exact.insert(name.to_owned(), value);
        self.loose
            .entry(loose(name, &mut Letters::default()).into_owned())
            .and_modify(|known| *known = known.filter(|known| *known == value))
            .or_insert(Some(value));
        None
    }

    /// Whether another spelling of the name stands for something else.
    pub(crate) fn is_ambiguous(&self, name: &str) -> bool {
        self.loose.get(&*loose(name, &mut Letters::default())).is_some_and(Option::is_none)
    }

    pub(crate) fn find(&self, name: &str) -> Option<T> {
        match self.exact.get(name) {
            Some(value) => Some(*value),
            None => self.loose.get(&*loose(name, &mut Letters::default())).copied().flatten(),
        }
    }
}

/// Room for the letters of a name that is looked up: nearly every payload asks several providers for its kind.
struct Letters([u8; 64]);

impl Default for Letters {
    fn default() -> Self {
        Self([0; 64])
    }
}

/// A name without case, `-` and `_`.
fn loose<'a>(name: &str, letters: &'a mut Letters) -> Cow<'a, str> {
    let is_letter = |letter: &char| !matches!(letter, '-' | '_');
    if !name.is_ascii() || name.len() > letters.0.len() {
        return name.chars().filter(is_letter).flat_map(char::to_lowercase).collect();
    }
    let mut len = 0;
    for letter in name.chars().filter(is_letter) {
        // It is ASCII, and so one byte.
        letters.0[len] = letter.to_ascii_lowercase() as u8;
        len += 1;
    }
    String::from_utf8_lossy(&letters.0[..len])
}

/// Names longer than this were not mistyped by anybody.
const NAME_LEN_MAX: usize = 64;

/// The candidate that a mistyped name most likely means, if one is near.
pub fn closest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let changes_max = 1 + name.len() / 5;
    if name.len() > NAME_LEN_MAX {
        return None;
    }
    let likely =
        candidates.into_iter().filter(|other| other.len().abs_diff(name.len()) <= 2 * changes_max);
    let near = likely.map(|candidate| (distance(name, candidate), candidate));
    near.min().filter(|(changes, _)| *changes <= changes_max).map(|(_, best)| best)
}

/// The number of letters changed, added, left out or swapped with their neighbour, without case.
fn distance(a: &str, b: &str) -> usize {
    let letters = |name: &str| name.to_lowercase().chars().collect::<Vec<char>>();
    let (a, b) = (letters(a), letters(b));
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before_last[j - 2] + 1);
            }
            row.push(least);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}
