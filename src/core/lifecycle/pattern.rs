//! Event kinds with `*` in them, which stands for anything.

use std::collections::HashSet;

/// A name in which `*` stands for any text, also for none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    text: Box<str>,
}

/// Event kinds, some of which have `*` in them.
#[derive(Clone, Debug, Default)]
pub(crate) struct KindSet {
    names: HashSet<String>,
    patterns: Vec<Pattern>,
}

impl FromIterator<String> for KindSet {
    fn from_iter<I: IntoIterator<Item = String>>(kinds: I) -> Self {
        let mut set = Self::default();
        for kind in kinds {
            match Pattern::parse(&kind) {
                Some(pattern) => set.patterns.push(pattern),
                None => drop(set.names.insert(kind)),
            }
        }
        set
    }
}

impl KindSet {
    pub(crate) fn has(&self, kind: &str) -> bool {
        self.names.contains(kind) || self.patterns.iter().any(|pattern| pattern.matches(kind))
    }
}

impl Pattern {
    /// `None` for a name without `*`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        text.contains('*').then(|| Self { text: text.into() })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// How much of it stands for itself, in bytes: the longer of two patterns goes first.
    pub(super) fn len(&self) -> usize {
        self.text.bytes().filter(|byte| *byte != b'*').count()
    }

    /// Whether it stands for this name.
    pub(super) fn matches(&self, name: &str) -> bool {
        let mut parts = self.text.split('*');
        let (Some(first), Some(last)) = (parts.next(), parts.next_back()) else { return false };
        let Some(mut rest) = name.strip_prefix(first).and_then(|rest| rest.strip_suffix(last))
        else {
            return false;
        };
        parts.all(|part| match rest.find(part) {
            Some(at) => {
                rest = &rest[at + part.len()..];
                true
            }
            None => false,
        })
    }

    /// Whether some name is one of both.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let (own, its) = (self.text.as_bytes(), other.text.as_bytes());
        // Whether what stands before a place of each can be the same text, place by place.
        let mut same = vec![false; its.len() + 1];
        for i in 0..=own.len() {
            let mut next = vec![false; its.len() + 1];
            for j in 0..=its.len() {
                let star = |text: &[u8], at: usize| at > 0 && text[at - 1] == b'*';
                next[j] = match (i, j) {
                    (0, 0) => true,
                    // A star stands for nothing, or takes in one more of the other's.
                    _ if star(own, i) => same[j] || j > 0 && next[j - 1],
                    _ if star(its, j) => next[j - 1] || i > 0 && same[j],
                    (0, _) | (_, 0) => false,
                    _ => own[i - 1] == its[j - 1] && same[j - 1],
                };
            }
            same = next;
        }
        same[its.len()]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).expect("it has a star")
    }

    /// The same by trying everything.
    fn plainly(pattern: &[u8], name: &[u8]) -> bool {
        match pattern.split_first() {
            None => name.is_empty(),
            Some((b'*', rest)) => (0..=name.len()).any(|at| plainly(rest, &name[at..])),
            Some((byte, rest)) => name.first() == Some(byte) && plainly(rest, &name[1..]),
        }
    }

    fn names() -> Vec<String> {
        let mut names = vec![String::new()];
        let mut begun = 0;
        for _ in 0..6 {
            let end = names.len();
            for at in begun..end {
                names.extend(["a", "b"].map(|letter| format!("{}{letter}", names[at])));
            }
            begun = end;
        }
        names
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

        #[test]
        fn patterns_match_and_overlap_as_they_do_when_all_is_tried(
            one in "[ab*]{0,3}\\*[ab*]{0,2}", two in "[ab*]{0,2}\\*[ab*]{0,3}",
        ) {
            let (own, its) = (pattern(&one), pattern(&two));
            let mut both = false;
            for name in names() {
                let plain = [&one, &two].map(|text| plainly(text.as_bytes(), name.as_bytes()));
                prop_assert_eq!([own.matches(&name), its.matches(&name)], plain, "{}", name);
                both |= plain == [true, true];
            }
            // What both stand for is never longer than they are together.
            prop_assert!(own.overlaps(&its) || !both);
            prop_assert!(!own.overlaps(&its) || both || own.len() + its.len() > 6);
            prop_assert_eq!(own.overlaps(&its), its.overlaps(&own));
        }
    }
}
