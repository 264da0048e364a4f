//! The rows of a table, judged.

use std::collections::{BTreeMap, HashMap};

use super::{
    explain::{AuditReason, Explanation, RowSays, after_written, explain, state_when_written},
    handler::{Followed, Rule},
    naming::{HandlerNaming, RuleCounts},
    rows::{AuditTable, TableRow},
    words::{AuditWords, WordMeaning},
};
use crate::{
    lifecycle::{Lifecycle, NEW},
    time::Timestamp,
};

/// Why it cannot be told what a table is about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntityError {
    /// There are no assets at all.
    #[error("there is no event of any asset to hold the table against")]
    NoDeliveries,
    /// Several entities have assets, and none of them has an id of the table.
    #[error("none of the table's ids is known, and there are assets of {}; `--entity` says which the table is about", .0.join(", "))]
    NoIdKnown(Vec<String>),
    /// Several entities have ids of the table: which, and how many rows.
    #[error("the table's ids are those of several entities; `--entity` says which it is about: {}", listed(.0))]
    Several(Vec<(String, u64)>),
}

fn listed(entities: &[(String, u64)]) -> String {
    let each = entities.iter().map(|(entity, ids)| format!("{entity} has {ids} of them"));
    each.collect::<Vec<_>>().join(", ")
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RowVerdict {
    /// It says where the asset is.
    Equal,
    /// It says something else.
    Wrong,
    /// No delivery is about its asset.
    Unknown,
    /// There is an asset and no row.
    Missing,
    /// What it says cannot be told.
    Unclear,
}

impl RowVerdict {
    /// Its name, as printed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Wrong => "wrong",
            Self::Unknown => "unknown",
            Self::Missing => "missing",
            Self::Unclear => "unclear",
        }
    }
}

/// How many rows are what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditCounts {
    /// Rows of the table.
    pub rows: u64,
    /// Rows that are right.
    pub equal: u64,
    /// Rows that are wrong.
    pub wrong: u64,
    /// Rows of which no delivery is.
    pub unknown: u64,
    /// Assets that have no row.
    pub missing: u64,
    /// Of these, assets in an end state.
    pub missing_ended: u64,
    /// Rows that cannot be told.
    pub unclear: u64,
    /// Rows of an id that another row before has.
    pub repeated: u64,
    /// Wrong rows by how they are explained.
    pub reasons: BTreeMap<AuditReason, u64>,
    /// Words that mean nothing known, and how many rows have each; the empty one is no word at all.
    pub strange: BTreeMap<String, u64>,
}

/// One row, judged; or an asset that has none.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AuditedRow<'a> {
    /// What it is.
    pub verdict: RowVerdict,
    /// Its line in the table.
    pub line: Option<u64>,
    /// The asset's id.
    pub id: &'a str,
    /// The table's word.
    pub word: Option<&'a str>,
    /// The state that the word means.
    pub theirs: Option<&'a str>,
    /// The true state.
    pub ours: Option<&'a str>,
    /// Since when the asset is there.
    pub since: Option<Timestamp>,
    /// When the row was written.
    pub at: Option<Timestamp>,
    /// Why a wrong row is wrong.
    pub explanation: Option<Explanation>,
    /// Why a row cannot be told.
    pub unclear: Option<String>,
    /// The rules that make a wrong row as it is.
    pub rules: Vec<Rule>,
}

/// A table that was held against deliveries.
#[derive(Debug)]
pub struct Audited<'c> {
    lifecycle: &'c Lifecycle,
    table: AuditTable,
    assets: HashMap<Box<str>, Followed>,
    /// By word of the table.
    meanings: Vec<WordMeaning>,
    /// By state, the word that the table is to have for it.
    written: Vec<Option<Box<str>>>,
    counts: AuditCounts,
    naming: HandlerNaming,
}

/// A row together with what is known of its asset.
enum Compared<'a> {
    Equal(&'a Followed),
    /// What the row says, and whether it was true when it was written.
    Wrong(&'a Followed, RowSays<'a>, bool),
    Unknown,
    Unclear(String),
}

impl<'c> Audited<'c> {
    pub(super) fn new(
        lifecycle: &'c Lifecycle,
        table: AuditTable,
        assets: HashMap<Box<str>, Followed>,
        words: &AuditWords,
    ) -> Self {
        let meanings = table.words().map(|word| words.meaning(lifecycle, word)).collect();
        let written = Vec::new();
        let (counts, naming) = (AuditCounts::default(), HandlerNaming::default());
        let mut audited = Self { lifecycle, table, assets, meanings, written, counts, naming };
        audited.find_words(words);
        audited.find_rules();
        audited.count();
        audited
    }

    /// The lifecycle of the assets.
    pub fn lifecycle(&self) -> &'c Lifecycle {
        self.lifecycle
    }

    /// How many rows are what.
    pub fn counts(&self) -> &AuditCounts {
        &self.counts
    }

    /// Which rules make the rows.
    pub fn naming(&self) -> &HandlerNaming {
        &self.naming
    }

    /// The table's word for a state: that which most rows have, or one that the user said. `None`: it has none.
    pub fn word_for(&self, state: &str) -> Option<&str> {
        let index = self.lifecycle.states().iter().position(|own| own.name == state)?;
        self.written[index].as_deref()
    }

    /// Does something with each row in the order of the table, and then with each asset that has none, by id.
    ///
    /// # Errors
    /// What that gives, at the first that gives one.
    pub fn each<E>(&self, mut act: impl FnMut(AuditedRow<'_>) -> Result<(), E>) -> Result<(), E> {
        self.table.rows().iter().try_for_each(|row| act(self.judged(row)))?;
        let missing = self.assets.keys().filter(|id| !self.table.has(id));
        let mut missing: Vec<&str> = missing.map(|id| &**id).collect();
        missing.sort_unstable();
        missing.into_iter().try_for_each(|id| {
            let blank = self.blank(RowVerdict::Missing, id);
            act(self.with_truth(blank, &self.assets[id]))
        })
    }

    fn blank<'a>(&self, verdict: RowVerdict, id: &'a str) -> AuditedRow<'a> {
        AuditedRow {
            verdict,
            line: None,
            id,
            word: None,
            theirs: None,
            ours: None,
            since: None,
            at: None,
            explanation: None,
            unclear: None,
            rules: Vec::new(),
        }
    }

    fn with_truth<'a>(&'a self, row: AuditedRow<'a>, followed: &'a Followed) -> AuditedRow<'a> {
        let asset = &followed.asset;
        let ours = Some(&*asset.state(self.lifecycle).name);
        AuditedRow { ours, since: asset.since(self.lifecycle), ..row }
    }

    fn judged<'a>(&'a self, row: &'a TableRow) -> AuditedRow<'a> {
        let theirs = match self.meanings[row.word as usize] {
            WordMeaning::State(state) => Some(&*self.lifecycle.states()[state].name),
            _ => None,
        };
        let known = |verdict| AuditedRow {
            line: Some(row.line),
            word: Some(self.table.word(row)),
            theirs,
            at: row.at,
            ..self.blank(verdict, &row.id)
        };
        match self.compared(row) {
            Compared::Equal(followed) => self.with_truth(known(RowVerdict::Equal), followed),
            Compared::Unknown => known(RowVerdict::Unknown),
            Compared::Unclear(why) => {
                AuditedRow { unclear: Some(why), ..known(RowVerdict::Unclear) }
            }
            Compared::Wrong(followed, says, was_true) => {
                let makers = self.makers(followed, says);
                let is_maker = |rule: &Rule| makers >> *rule as usize & 1 == 1;
                let explanation = match (was_true, row.at) {
                    (true, Some(at)) => after_written(self.lifecycle, &followed.asset, at),
                    _ => {
                        let named = self.naming.named().map(|named| named.rule);
                        let likely: Vec<Rule> = named.filter(is_maker).collect();
                        explain(self.lifecycle, followed, says, row.at, &likely)
                    }
                };
                AuditedRow {
                    explanation: Some(explanation),
                    rules: Rule::ALL.into_iter().filter(is_maker).collect(),
                    ..self.with_truth(known(RowVerdict::Wrong), followed)
                }
            }
        }
    }

    fn compared<'a>(&'a self, row: &'a TableRow) -> Compared<'a> {
        if row.id.is_empty() {
            return Compared::Unclear("it has no id".to_owned());
        }
        if let Some(other) = row.contradicts {
            let line = self.table.row(other).line;
            return Compared::Unclear(format!(
                "line {line} has the same id and says something else"
            ));
        }
        let Some(followed) = self.assets.get(&*row.id) else { return Compared::Unknown };
        let word = self.table.word(row);
        let is_heard = self.lifecycle.state_index(followed.asset.node()) != NEW_INDEX;
        if !is_heard && self.meanings[row.word as usize] != WordMeaning::State(NEW_INDEX) {
            return Compared::Unclear("nothing that was heard says where it is".to_owned());
        }
        let (state, lifecycle) =
            (&|index: usize| &*self.lifecycle.states()[index].name, self.lifecycle);
        match self.meanings[row.word as usize] {
            WordMeaning::State(theirs) => {
                let ours = lifecycle.state_index(followed.asset.node());
                if ours == theirs {
                    return Compared::Equal(followed);
                }
                let then = row.at.and_then(|at| state_when_written(lifecycle, &followed.asset, at));
                Compared::Wrong(followed, Ok(theirs), then == Some(theirs))
            }
            // Nothing but a handler that writes the names of events can have it from them.
            WordMeaning::Nothing if followed.has_heard_of(word) => {
                Compared::Wrong(followed, Err(word), false)
            }
            WordMeaning::Nothing if word.is_empty() => {
                Compared::Unclear("it has no status".to_owned())
            }
            WordMeaning::Nothing => Compared::Unclear(format!(
                "`{}` is no state and no status word of {}",
                crate::shown::shortened(word),
                lifecycle.entity()
            )),
            WordMeaning::Ambiguous(a, b) => Compared::Unclear(format!(
                "`{word}` is the state `{}` and the provider's word for `{}`",
                state(a),
                state(b)
            )),
        }
    }

    /// The rules that make a row as it is, a bit each.
    fn makers(&self, followed: &Followed, says: RowSays<'_>) -> usize {
        let makes = |rule: &Rule| match (followed.written_by(self.lifecycle, *rule), says) {
            (Ok(made), Ok(says)) => made == says,
            (Err(made), Err(says)) => made.eq_ignore_ascii_case(says),
            _ => false,
        };
        Rule::ALL.into_iter().filter(makes).map(|rule| 1 << rule as usize).sum()
    }

    /// Finds the table's word for each state.
    fn find_words(&mut self, words: &AuditWords) {
        let mut rows = vec![0_u64; self.meanings.len()];
        self.table.rows().iter().for_each(|row| rows[row.word as usize] += 1);
        let own: Vec<&str> = self.table.words().collect();
        let for_state = |state: usize| {
            let means = |at: &usize| self.meanings[*at] == WordMeaning::State(state);
            let most = (0..own.len()).filter(means).max_by_key(|at| (rows[*at], usize::MAX - at));
            most.map(|at| own[at]).or_else(|| words.word_for(self.lifecycle, state))
        };
        let states = 0..self.lifecycle.states().len();
        self.written = states.map(|state| for_state(state).map(Box::from)).collect();
    }

    fn find_rules(&mut self) {
        let mut counts = RuleCounts::default();
        for row in self.table.rows() {
            match self.compared(row) {
                Compared::Equal(followed) => {
                    let state = self.lifecycle.state_index(followed.asset.node());
                    counts.add(self.makers(followed, Ok(state)), false);
                }
                Compared::Wrong(followed, says, false) => {
                    counts.add(self.makers(followed, says), true);
                }
                _ => {}
            }
        }
        self.naming = counts.name();
    }

    fn count(&mut self) {
        let mut counts = AuditCounts {
            rows: self.table.rows().len() as u64,
            repeated: self.table.repeated(),
            ..AuditCounts::default()
        };
        let is_ended = |state: &str| {
            state != NEW && self.lifecycle.states().iter().any(|own| own.end && own.name == state)
        };
        let Ok(()) = self.each(|row| {
            match row.verdict {
                RowVerdict::Equal => counts.equal += 1,
                RowVerdict::Wrong => counts.wrong += 1,
                RowVerdict::Unknown => counts.unknown += 1,
                RowVerdict::Unclear => counts.unclear += 1,
                RowVerdict::Missing => {
                    counts.missing += 1;
                    counts.missing_ended += u64::from(row.ours.is_some_and(is_ended));
                }
            }
            if let Some(explanation) = &row.explanation {
                *counts.reasons.entry(explanation.reason).or_default() += 1;
            }
            if row.verdict == RowVerdict::Unclear
                && let Some(word) = row.word.filter(|_| row.theirs.is_none())
                && (counts.strange.len() < STRANGE_MAX || counts.strange.contains_key(word))
            {
                *counts.strange.entry(word.to_owned()).or_default() += 1;
            }
            Ok::<(), std::convert::Infallible>(())
        });
        self.counts = counts;
    }
}

/// The state of an asset of which nothing was heard that leads anywhere.
const NEW_INDEX: usize = 0;

/// How many words that mean nothing are kept: a column of free text has as many as rows.
const STRANGE_MAX: usize = 100;
