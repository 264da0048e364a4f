//! Tables for people. On a terminal they are no wider than it: columns are left out in a stated order, which is said,
//! long texts are broken between words, and rows that still do not fit between cells.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::output::{BOLD, DIM, Out};

/// Between columns.
const GAP: usize = 2;
/// What follows the first line of a row begins here.
const INDENT: usize = 4;
/// Texts are broken into columns no narrower than this.
const WRAPPED_MIN: usize = 24;

/// What becomes of a column where a table is too wide for its terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// It stays as it is.
    Keep,
    /// It is left out, after those of lesser numbers.
    Drop(u8),
    /// Its text is broken between words.
    Wrap,
    /// Its text stands below the row, on any terminal.
    Below,
}

/// A column: its name, of which the header is made, and what becomes of it.
pub(super) type Column = (&'static str, Fit);

/// Prints rows under a header, unless no column has a name.
pub(super) fn print_table<R, C>(
    out: &mut Out,
    columns: &[Column],
    rows: impl IntoIterator<Item = R>,
) -> io::Result<()>
where
    R: IntoIterator<Item = C>,
    C: AsRef<str>,
{
    let width = out.columns();
    print_within(out, width, columns, rows)
}

/// Prints rows no wider than this many columns, if they are limited.
pub(super) fn print_within<R, C>(
    out: &mut impl Write,
    width: Option<usize>,
    columns: &[Column],
    rows: impl IntoIterator<Item = R>,
) -> io::Result<()>
where
    R: IntoIterator<Item = C>,
    C: AsRef<str>,
{
    let cells = |row: R| -> Vec<String> {
        row.into_iter().map(|cell| cell.as_ref().replace(['\t', '\n'], " ")).collect()
    };
    let rows: Vec<Vec<String>> = rows.into_iter().map(cells).collect();
    let plan = Plan::new(columns, &rows, width);
    if columns.iter().any(|(name, _)| !name.is_empty()) {
        let header: Vec<String> = columns.iter().map(|(name, _)| name.to_uppercase()).collect();
        // Broken rows have no columns for it to stand above.
        if !plan.broken {
            let line = plan.lines(&header).swap_remove(0);
            writeln!(out, "{BOLD}{line}{BOLD:#}")?;
        }
    }
    for row in &rows {
        plan.lines(row).iter().try_for_each(|line| writeln!(out, "{line}"))?;
        for below in plan.below.iter().map(|at| &row[*at]).filter(|text| !text.is_empty()) {
            let width = width.unwrap_or(usize::MAX).saturating_sub(INDENT);
            for line in wrapped(below, width) {
                writeln!(out, "{:INDENT$}{line}", "")?;
            }
        }
    }
    if let (false, Some(width)) = (plan.dropped.is_empty(), width) {
        let names = plan.dropped.join(", ");
        writeln!(out, "{DIM}not in {width} columns: {names}; `--format jsonl` has all{DIM:#}")?;
    }
    Ok(())
}

/// Where each cell of a row goes.
struct Plan {
    /// The columns that stand beside each other, with their widths.
    shown: Vec<(usize, usize)>,
    below: Vec<usize>,
    dropped: Vec<&'static str>,
    /// Rows are broken between cells to keep to this width.
    broken: bool,
    width: usize,
}

impl Plan {
    fn new(columns: &[Column], rows: &[Vec<String>], width: Option<usize>) -> Self {
        let widest = |at: usize| {
            let cells = rows.iter().map(|row| visible(&row[at]));
            cells.max().unwrap_or(0).max(columns[at].0.width())
        };
        let word = |at: usize| {
            let words = rows.iter().flat_map(|row| row[at].split(' ')).map(visible);
            words.max().unwrap_or(0).max(columns[at].0.width()).max(WRAPPED_MIN)
        };
        // No column is narrower than that, and one of text than its longest word.
        let least = |(at, width): (usize, usize)| match columns[at].1 {
            Fit::Wrap => width.min(word(at)),
            _ => width,
        };
        let mut shown: Vec<(usize, usize)> =
            (0..columns.len()).map(|at| (at, widest(at))).collect();
        let mut plan = Self {
            shown: Vec::new(),
            below: Vec::new(),
            dropped: Vec::new(),
            broken: false,
            width: width.unwrap_or(usize::MAX),
        };
        if let Some(width) = width {
            // A column in which nothing stands is no loss.
            shown.retain(|(at, _)| rows.iter().any(|row| !row[*at].is_empty()));
            let is_below = |at: usize| columns[at].1 == Fit::Below;
            plan.below.extend(shown.iter().map(|(at, _)| *at).filter(|at| is_below(*at)));
            shown.retain(|(at, _)| !is_below(*at));
            let all = shown.clone();
            plan.drop_columns(columns, &mut shown, &least);
            for at in 0..shown.len() {
                let own = shown[at].1;
                let others = total(&shown) - own;
                if columns[shown[at].0].1 == Fit::Wrap && total(&shown) > width {
                    shown[at].1 = width.saturating_sub(others).max(least(shown[at])).min(own);
                }
            }
            if total(&shown) > width {
                // Where rows are broken anyway, nothing need be left out.
                plan.dropped.clear();
                (plan.broken, shown) = (true, all);
            }
        }
        plan.shown = shown;
        plan
    }

    fn drop_columns(
        &mut self,
        columns: &[Column],
        shown: &mut Vec<(usize, usize)>,
        least: &dyn Fn((usize, usize)) -> usize,
    ) {
        let narrowest = |shown: &[(usize, usize)]| {
            total(&shown.iter().map(|own| (own.0, least(*own))).collect::<Vec<_>>())
        };
        let order = |(at, _): &(usize, usize)| match columns[*at].1 {
            Fit::Drop(order) => Some(order),
            _ => None,
        };
        while narrowest(shown) > self.width {
            let first = shown.iter().filter_map(order).min();
            let Some(place) =
                first.and_then(|first| shown.iter().position(|own| order(own) == Some(first)))
            else {
                return;
            };
            self.dropped.push(columns[shown.remove(place).0].0);
        }
    }

    /// A row as lines.
    fn lines(&self, row: &[String]) -> Vec<String> {
        if self.broken {
            return self.broken_lines(row);
        }
        let mut lines = vec![String::new()];
        let mut left = 0_usize;
        for (at, width) in &self.shown {
            let cell = &row[*at];
            let parts = match visible(cell) > *width {
                true => wrapped(cell, *width),
                false => vec![cell.clone()],
            };
            for (number, part) in parts.iter().enumerate() {
                if lines.len() == number {
                    lines.push(String::new());
                }
                let line = &mut lines[number];
                line.push_str(&" ".repeat(left.saturating_sub(visible(line))));
                line.push_str(part);
            }
            left += width + GAP;
        }
        lines.iter_mut().for_each(|line| line.truncate(line.trim_end().len()));
        lines
    }

    /// A row with as many cells a line as fit.
    fn broken_lines(&self, row: &[String]) -> Vec<String> {
        let mut lines = vec![String::new()];
        for cell in self.shown.iter().map(|(at, _)| &row[*at]).filter(|cell| !cell.is_empty()) {
            let is_first = lines.len() == 1 && lines[0].is_empty();
            let last = lines.len() - 1;
            if is_first {
                lines = wrapped(cell, self.width);
            } else if visible(&lines[last]) + GAP + visible(cell) <= self.width {
                lines[last].push_str(&" ".repeat(GAP));
                lines[last].push_str(cell);
            } else {
                let rest = wrapped(cell, self.width.saturating_sub(INDENT));
                lines.extend(rest.iter().map(|part| format!("{:INDENT$}{part}", "")));
            }
        }
        lines
    }
}

/// How wide columns are beside each other.
fn total(shown: &[(usize, usize)]) -> usize {
    let widths: usize = shown.iter().map(|(_, width)| width).sum();
    widths + GAP * shown.len().saturating_sub(1)
}

/// How many columns of a terminal a text takes, its colours aside.
pub(super) fn visible(text: &str) -> usize {
    match text.contains('\u{1b}') {
        true => anstream::adapter::strip_str(text).map(|part| part.width()).sum(),
        false => text.width(),
    }
}

/// Breaks a text between words; a word that is wider stays whole.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    let mut filled = 0;
    for word in text.split(' ') {
        let wide = visible(word);
        let last = lines.len() - 1;
        if filled > 0 && filled + 1 + wide > width {
            lines.push(word.to_owned());
            filled = wide;
        } else {
            if filled > 0 {
                lines[last].push(' ');
                filled += 1;
            }
            lines[last].push_str(word);
            filled += wide;
        }
    }
    lines
}
