//! The assets of all piles in one order.

use std::cmp::Ordering;

use super::{
    Findings, Summary,
    group::prefix,
    key::{Arenas, Key},
    pile::{Common, Pile, Row},
};
use crate::{
    fold::{Finding, Snapshot},
    time::Timestamp,
};

/// Everything that was folded; see [`Folded`](super::Folded).
#[doc(hidden)]
#[derive(Debug)]
#[non_exhaustive]
pub struct Sheet<'c> {
    common: Common<'c>,
    piles: Vec<Pile<'c>>,
    /// See [`Folded`](super::Folded).
    pub findings: Findings,
    /// See [`Folded`](super::Folded).
    pub unreadable: Vec<Finding>,
    /// See [`Folded`](super::Folded).
    pub summaries: Vec<Summary>,
    /// See [`Folded`](super::Folded).
    pub undated: u64,
    /// See [`Folded`](super::Folded).
    pub latest: Option<Timestamp>,
}

/// A range of the assets of a sheet: for each pile where it begins and where it ends.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Cut(Vec<(usize, usize)>);

/// The row that is next in a pile.
#[derive(Clone, Copy)]
struct Head<'s> {
    prefix: u64,
    row: Option<&'s Row>,
    /// Ids stand in what all piles have in common.
    arenas: Arenas<'s>,
}

impl<'c> Sheet<'c> {
    /// Puts the piles of all parts together, in whatever order they were made.
    pub(crate) fn new(mut common: Common<'c>, mut piles: Vec<Pile<'c>>) -> Self {
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
    pub fn cuts(&self, len: usize) -> Vec<Cut> {
        let (count, piles) = ((self.len() / len.max(1)).max(1), self.piles.len());
        // Each pile is a sample of all: every so many rows of each tell where the others are to be cut.
        let step = (len / 64).max(1);
        // Each at another place, lest all have theirs close together.
        let first = |pile: usize| step * pile / piles;
        let mut sample: Vec<(Head<'_>, usize)> = Vec::new();
        for (pile, own) in self.piles.iter().enumerate() {
            let rows = (first(pile)..own.rows.len()).step_by(step);
            sample.extend(rows.map(|at| (self.head(pile, at), pile)));
        }
        sample.sort_unstable_by(|(a, _), (b, _)| a.order(b));
        let mut cuts = Vec::with_capacity(count);
        let mut from: Vec<usize> = vec![0; piles];
        // How much of each pile's sample comes before the border.
        let (mut before, mut counted) = (vec![0; piles], 0);
        for number in 1..=count {
            let at = number * sample.len() / count;
            sample[counted..at].iter().for_each(|(_, pile)| before[*pile] += 1);
            counted = at;
            let to: Vec<usize> = match sample.get(at) {
                Some((border, _)) => {
                    let to = |pile: usize| first(pile) + before[pile] * step;
                    let range = |to: usize| ((to + 1).saturating_sub(step), to);
                    self.find((0..piles).map(|pile| range(to(pile))), border)
                }
                None => self.piles.iter().map(|pile| pile.rows.len()).collect(),
            };
            cuts.push(Cut(from.iter().copied().zip(to.iter().copied()).collect()));
            from = to;
        }
        cuts
    }

    /// The first row of each pile, between two, that does not come before this one.
    fn find(&self, ranges: impl Iterator<Item = (usize, usize)>, border: &Head<'_>) -> Vec<usize> {
        let within = |((from, to), pile): ((usize, usize), &Pile<'_>)| {
            (from.min(pile.rows.len()), to.min(pile.rows.len()))
        };
        let mut ranges: Vec<(usize, usize)> = ranges.zip(&self.piles).map(within).collect();
        while ranges.iter().any(|(from, to)| from < to) {
            // Rows come from far away in memory: those of all piles are waited for together.
            #[cfg(feature = "cli")]
            for (Pile { rows, .. }, (from, to)) in self.piles.iter().zip(&ranges) {
                if from < to {
                    crate::scan::prefetch(rows.at(from.midpoint(*to)));
                }
            }
            for (pile, (from, to)) in ranges.iter_mut().enumerate() {
                let middle = from.midpoint(*to);
                match *from < *to && self.head(pile, middle).order(border).is_lt() {
                    true => *from = middle + 1,
                    false => *to = middle,
                }
            }
        }
        ranges.into_iter().map(|(from, _)| from).collect()
    }

    #[inline]
    fn head(&self, pile: usize, at: usize) -> Head<'_> {
        let Pile { rows, arena, .. } = &self.piles[pile];
        let (row, arenas) = (rows.at(at), self.common.arenas(arena));
        let id = Key { form: row.id_form, words: row.id };
        Head { prefix: prefix(row.lifecycle, id, arenas), row: Some(row), arenas }
    }

    /// Gives the assets of a range in order, until there is an error.
    pub fn rows<E>(
        &self,
        cut: &Cut,
        with_data: bool,
        mut print: impl FnMut(Snapshot<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut next = cut.0.clone();
        let mut head = |pile: usize| {
            let (from, to) = &mut next[pile];
            if from == to {
                let arenas = self.common.arenas(&self.piles[pile].arena);
                return Head { prefix: u64::MAX, row: None, arenas };
            }
            *from += 1;
            #[cfg(feature = "cli")]
            if *from < *to {
                // Rows come from far away in memory.
                crate::scan::prefetch(self.piles[pile].rows.at(*from));
            }
            #[cfg(feature = "cli")]
            if with_data {
                self.common.prefetch_data(&self.piles[pile], self.piles[pile].rows.at(*from - 1));
            }
            self.head(pile, *from - 1)
        };
        let mut heads: Vec<Head<'_>> = (0..cut.0.len()).map(&mut head).collect();
        let mut losers = Losers::new(&heads);
        loop {
            let first = losers.first();
            let Some(row) = heads.get(first).and_then(|head| head.row) else { return Ok(()) };
            let mut buffers = [[0; 36]; 2];
            print(self.common.snapshot(&self.piles[first], row, with_data, &mut buffers))?;
            heads[first] = head(first);
            losers.play(&heads);
        }
    }
}

impl Head<'_> {
    #[inline]
    fn order(&self, other: &Self) -> Ordering {
        self.prefix.cmp(&other.prefix).then_with(|| match (self.row, other.row) {
            (Some(a), Some(b)) => {
                let key = |row: &Row| Key { form: row.id_form, words: row.id };
                let ids = || key(a).order(key(b), self.arenas);
                a.lifecycle.cmp(&b.lifecycle).then_with(ids)
            }
            (a, b) => a.is_none().cmp(&b.is_none()),
        })
    }
}

/// A tournament over the heads of the piles: who lost at each node, and who won them all.
struct Losers(Vec<usize>);

impl Losers {
    fn new(heads: &[Head<'_>]) -> Self {
        let count = heads.len();
        let mut losers = vec![0; count.max(1)];
        let mut winners: Vec<usize> = (0..2 * count).map(|at| at.saturating_sub(count)).collect();
        for node in (1..count).rev() {
            let (a, b) = (winners[2 * node], winners[2 * node + 1]);
            let first = heads[a].order(&heads[b]).is_le();
            (winners[node], losers[node]) = if first { (a, b) } else { (b, a) };
        }
        losers[0] = winners.get(1).copied().unwrap_or_default();
        Self(losers)
    }

    fn first(&self) -> usize {
        self.0[0]
    }

    /// Plays the winner's games again.
    #[inline]
    fn play(&mut self, heads: &[Head<'_>]) {
        let mut winner = self.0[0];
        let mut node = (winner + heads.len()) / 2;
        while node > 0 {
            if heads[self.0[node]].order(&heads[winner]).is_lt() {
                std::mem::swap(&mut self.0[node], &mut winner);
            }
            node /= 2;
        }
        self.0[0] = winner;
    }
}
