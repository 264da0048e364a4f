//! The assets of all piles in one order.

use std::cmp::Ordering;

mod printer;

pub use self::printer::Printer;
use super::assets::{FoldContext, FoldedPartition, Row, prefix};
use crate::{
    bulk::{Findings, Summary},
    fold::{Finding, Snapshot},
    scan::prefetch,
    time::Timestamp,
};

/// Everything that was folded; see [`Folded`](crate::bulk::Folded).
#[derive(Debug)]
#[non_exhaustive]
pub struct Rows<'c> {
    pub(crate) common: FoldContext<'c>,
    piles: Vec<FoldedPartition<'c>>,
    /// See [`Folded`](crate::bulk::Folded).
    pub findings: Findings,
    /// See [`Folded`](crate::bulk::Folded).
    pub unreadable: Vec<Finding>,
    /// See [`Folded`](crate::bulk::Folded).
    pub summaries: Vec<Summary>,
    /// See [`Folded`](crate::bulk::Folded).
    pub undated: u64,
    /// See [`Folded`](crate::bulk::Folded).
    pub latest: Option<Timestamp>,
}

/// A range of the assets of a sheet: for each pile where it begins and where it ends.
#[derive(Clone, Debug)]
pub struct RowRange(Vec<(usize, usize)>);

/// How many rows after one its data will be looked at.
const AHEAD: usize = 8;

/// A row, and where it is in the order of all.
#[derive(Clone, Copy)]
struct RowRef<'s> {
    prefix: u64,
    pile: usize,
    row: &'s Row,
}

impl<'c> Rows<'c> {
    /// Puts the piles of all parts together, in whatever order they were made.
    pub(crate) fn new(mut common: FoldContext<'c>, mut piles: Vec<FoldedPartition<'c>>) -> Self {
        let mut ledger = std::mem::take(&mut common.ledger);
        for pile in &mut piles {
            ledger.absorb(std::mem::take(&mut pile.ledger));
        }
        ledger.findings.sort();
        Self {
            common,
            piles,
            unreadable: std::mem::take(&mut ledger.unreadable),
            summaries: ledger.summaries(),
            undated: ledger.undated,
            latest: ledger.latest,
            findings: ledger.findings,
        }
    }

    /// How many assets there are.
    pub fn len(&self) -> usize {
        self.piles.iter().map(|pile| pile.rows.len()).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All assets in ranges of about this many, in order.
    pub fn cuts(&self, len: usize) -> Vec<RowRange> {
        let (count, piles) = ((self.len() / len.max(1)).max(1), self.piles.len());
        // Each pile is a sample of all: rows of each at even distances tell where the others are to be cut.
        let step = (len / 64).max(1);
        // Each at another place, lest all have theirs close together.
        let first = |pile: usize| step * pile / piles;
        let mut sample: Vec<RowRef<'_>> = Vec::new();
        for (pile, own) in self.piles.iter().enumerate() {
            let rows = (first(pile)..own.rows.len()).step_by(step);
            sample.extend(rows.map(|at| self.head(pile, at)));
        }
        sample.sort_unstable_by(|a, b| self.order(a, b));
        let mut cuts = Vec::with_capacity(count);
        let mut from: Vec<usize> = vec![0; piles];
        // How much of each pile's sample comes before the border.
        let (mut before, mut counted) = (vec![0; piles], 0);
        for number in 1..=count {
            let at = number * sample.len() / count;
            sample[counted..at].iter().for_each(|head| before[head.pile] += 1);
            counted = at;
            let to: Vec<usize> = match sample.get(at) {
                Some(border) => {
                    let to = |pile: usize| first(pile) + before[pile] * step;
                    let range = |to: usize| ((to + 1).saturating_sub(step), to);
                    self.find((0..piles).map(|pile| range(to(pile))), border)
                }
                None => self.piles.iter().map(|pile| pile.rows.len()).collect(),
            };
            cuts.push(RowRange(from.iter().copied().zip(to.iter().copied()).collect()));
            from = to;
        }
        cuts
    }

    /// The first row of each pile, between two, that does not come before this one.
    fn find(
        &self,
        ranges: impl Iterator<Item = (usize, usize)>,
        border: &RowRef<'_>,
    ) -> Vec<usize> {
        let within = |((from, to), pile): ((usize, usize), &FoldedPartition<'_>)| {
            (from.min(pile.rows.len()), to.min(pile.rows.len()))
        };
        let mut ranges: Vec<(usize, usize)> = ranges.zip(&self.piles).map(within).collect();
        while ranges.iter().any(|(from, to)| from < to) {
            // Rows come from far away in memory: those of all piles are waited for together.
            for (FoldedPartition { rows, .. }, (from, to)) in self.piles.iter().zip(&ranges) {
                if from < to {
                    prefetch(rows.at(from.midpoint(*to)));
                }
            }
            for (pile, (from, to)) in ranges.iter_mut().enumerate() {
                let middle = from.midpoint(*to);
                match *from < *to && self.order(&self.head(pile, middle), border).is_lt() {
                    true => *from = middle + 1,
                    false => *to = middle,
                }
            }
        }
        ranges.into_iter().map(|(from, _)| from).collect()
    }

    #[inline]
    fn head(&self, pile: usize, at: usize) -> RowRef<'_> {
        let FoldedPartition { rows, arena, .. } = &self.piles[pile];
        let row = rows.at(at);
        let prefix = prefix(row.alike.lifecycle, row.id(), self.common.arenas(arena));
        RowRef { prefix, pile, row }
    }

    #[inline]
    fn order(&self, a: &RowRef<'_>, b: &RowRef<'_>) -> Ordering {
        a.prefix.cmp(&b.prefix).then_with(|| {
            // Ids stand in what all piles have in common.
            let arenas = self.common.arenas(&self.piles[a.pile].arena);
            let ids = || a.row.id().order(b.row.id(), arenas);
            a.row.alike.lifecycle.cmp(&b.row.alike.lifecycle).then_with(ids)
        })
    }

    /// Gives the assets of a range in order, until there is an error.
    pub fn rows<E>(
        &self,
        cut: &RowRange,
        with_data: bool,
        mut print: impl FnMut(Snapshot<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        for (pile, row) in self.in_order(cut, with_data) {
            let mut buffers = [[0; 36]; 2];
            print(self.common.snapshot(pile, row, with_data, &mut buffers))?;
        }
        Ok(())
    }

    /// The rows of a range in order, with their piles.
    pub(crate) fn in_order(
        &self,
        cut: &RowRange,
        with_data: bool,
    ) -> impl Iterator<Item = (&FoldedPartition<'c>, &Row)> {
        let piles = cut.0.iter().enumerate();
        let all = piles.flat_map(|(pile, (from, to))| (*from..*to).map(move |at| (pile, at)));
        let mut heads: Vec<RowRef<'_>> = all.map(|(pile, at)| self.head(pile, at)).collect();
        heads.sort_unstable_by(|a, b| self.order(a, b));
        (0..heads.len()).map(move |at| {
            if let (true, Some(next)) = (with_data, heads.get(at + AHEAD)) {
                // Data comes from far away in memory.
                self.common.prefetch_data(&self.piles[next.pile], next.row);
            }
            (&self.piles[heads[at].pile], heads[at].row)
        })
    }
}
