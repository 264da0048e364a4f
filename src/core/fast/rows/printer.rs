//! Rows as they are printed. Most of what one says others say too: that is made once.

use super::{RowRange, Rows};
use crate::fast::assets::{FoldedPartition, Row, RowTemplate};
use crate::fold::{write_data, write_since};

/// How many texts are remembered.
const KNOWN: usize = 1024;

/// Prints the rows of a sheet as [`Snapshot::write_json`](crate::Snapshot::write_json) does. Make one for each thread.
#[derive(Debug)]
pub struct Printer<'s, 'c> {
    sheet: &'s Rows<'c>,
    /// By some bits of a digest of what they are of.
    known: Vec<Option<CachedText>>,
}

/// What rows that are alike have in common.
#[derive(Debug)]
struct CachedText {
    of: RowTemplate,
    text: Vec<u8>,
    /// Where the id, the time and the parent's id come.
    gaps: [usize; 3],
    has_parent: bool,
}

impl<'s, 'c> Printer<'s, 'c> {
    /// A printer that remembers nothing.
    pub fn new(sheet: &'s Rows<'c>) -> Self {
        Self { sheet, known: (0..KNOWN).map(|_| None).collect() }
    }

    /// Appends the assets of a range in order, each on a line of JSON.
    pub fn print(&mut self, cut: &RowRange, with_data: bool, out: &mut Vec<u8>) {
        for (pile, row) in self.sheet.in_order(cut, with_data) {
            self.print_row(pile, row, with_data, out);
            out.push(b'\n');
        }
    }

    fn print_row(
        &mut self,
        pile: &FoldedPartition<'c>,
        row: &Row,
        with_data: bool,
        out: &mut Vec<u8>,
    ) {
        let common = &self.sheet.common;
        if !common.has_status(row.alike.status) {
            // The word is one of the pile's own.
            let mut buffers = [[0; 36]; 2];
            return common.snapshot(pile, row, with_data, &mut buffers).write_json(out);
        }
        let known = &mut self.known[row.alike.digest() as usize % KNOWN];
        let known = match known {
            Some(known) if known.of == row.alike => known,
            known => known.insert(CachedText::new(self.sheet, pile, row)),
        };
        let [id, since, parent] = known.gaps;
        let arenas = common.arenas(&pile.arena);
        out.extend_from_slice(&known.text[..id]);
        row.id().write(arenas, out);
        out.extend_from_slice(&known.text[id..since]);
        write_since(row.since(), out);
        out.extend_from_slice(&known.text[since..parent]);
        if known.has_parent {
            row.parent().write(arenas, out);
        }
        out.extend_from_slice(&known.text[parent..]);
        if with_data {
            write_data(common.data(pile, row), out);
        }
        out.push(b'}');
    }
}

impl CachedText {
    fn new(sheet: &Rows<'_>, pile: &FoldedPartition<'_>, row: &Row) -> Self {
        let mut buffers = [[0; 36]; 2];
        let snapshot = sheet.common.snapshot(pile, row, false, &mut buffers);
        let mut text = Vec::new();
        snapshot.write_before_id(&mut text);
        let id = text.len();
        snapshot.write_before_since(&mut text);
        let since = text.len();
        snapshot.write_before_parent_id(&mut text);
        let parent = text.len();
        snapshot.write_after_parent_id(&mut text);
        let has_parent = snapshot.parent.is_some();
        Self { of: row.alike, text, gaps: [id, since, parent], has_parent }
    }
}
