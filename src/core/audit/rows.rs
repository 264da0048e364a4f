//! What a table says.

use std::{collections::HashMap, sync::Arc};

use crate::time::Timestamp;

/// What one row says of one asset.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TableRow {
    /// Its line in the table.
    pub line: u64,
    /// The asset's id; empty where the row has none.
    pub id: Arc<str>,
    /// When it was written.
    pub at: Option<Timestamp>,
    /// The number of its word among the table's words.
    pub(super) word: u32,
    /// A row of the same id that says something else, by its place.
    pub(super) contradicts: Option<u32>,
}

/// The rows of a table in their order. Words are kept once each.
#[derive(Clone, Debug, Default)]
pub struct AuditTable {
    rows: Vec<TableRow>,
    by_id: HashMap<Arc<str>, u32>,
    words: Vec<Box<str>>,
    by_word: HashMap<Box<str>, u32>,
    repeated: u64,
}

impl AuditTable {
    /// Adds a row: the asset's id and the table's word for where it is, each empty where the row has none.
    pub fn add(&mut self, line: u64, id: &str, word: &str, at: Option<Timestamp>) {
        let word = self.word_number(word);
        let own = self.rows.len() as u32;
        let mut row = TableRow { line, id: id.into(), at, word, contradicts: None };
        if !id.is_empty() {
            match self.by_id.get(id).copied() {
                None => {
                    self.by_id.insert(Arc::clone(&row.id), own);
                }
                Some(first) => {
                    self.repeated += 1;
                    let other = &mut self.rows[first as usize];
                    row.id = Arc::clone(&other.id);
                    if other.word != word || other.contradicts.is_some() {
                        other.contradicts.get_or_insert(own);
                        row.contradicts = Some(first);
                    }
                }
            }
        }
        self.rows.push(row);
    }

    fn word_number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.by_word.get(word) {
            return *number;
        }
        let number = self.words.len() as u32;
        self.words.push(word.into());
        self.by_word.insert(word.into(), number);
        number
    }

    /// The rows.
    pub fn rows(&self) -> &[TableRow] {
        &self.rows
    }

    /// How many rows have the id of one before them.
    pub fn repeated(&self) -> u64 {
        self.repeated
    }

    /// The table's word in a row.
    pub fn word(&self, row: &TableRow) -> &str {
        &self.words[row.word as usize]
    }

    /// Every word that stands in the table, in the order in which they come.
    pub fn words(&self) -> impl ExactSizeIterator<Item = &str> {
        self.words.iter().map(|word| &**word)
    }

    /// The ids of the rows, each once, in no order.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.by_id.keys().map(|id| &**id)
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    /// When the first row of this id was written.
    pub(super) fn written(&self, id: &str) -> Option<Timestamp> {
        self.rows[*self.by_id.get(id)? as usize].at
    }

    pub(super) fn row(&self, at: u32) -> &TableRow {
        &self.rows[at as usize]
    }
}
