//! What corrects a table: SQL, or CSV.

use std::{
    collections::{BTreeSet, HashSet},
    io::{self, Write},
};

use clap::ValueEnum;

use super::{
    super::output::{self, Out, YELLOW},
    columns::Columns,
    print::defused,
};
use crate::{
    audit::{Audited, AuditedRow, RowVerdict},
    shown::{harmless, plural},
};

/// How corrections are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FixKind {
    /// A transaction of UPDATEs
    Sql,
    /// Ids and statuses; what a spreadsheet would take for a formula has an apostrophe before it
    Csv,
}

/// Whose SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Dialect {
    Postgres,
    Mysql,
    Sqlite,
}

/// The corrections of a table.
pub(super) struct Fix<'a> {
    pub(super) audited: &'a Audited<'a>,
    pub(super) columns: &'a Columns,
    pub(super) kind: FixKind,
    pub(super) dialect: Dialect,
    /// What the table is called, with its schema before a dot if it has one.
    pub(super) table: &'a str,
}

impl Fix<'_> {
    /// Prints them; a row changes only if it still says what it said.
    pub(super) fn print(&self, out: &mut Out) -> io::Result<()> {
        let (mut done, mut strange, mut left) = (HashSet::new(), BTreeSet::new(), 0_u64);
        let mut fixes = |row: &AuditedRow<'_>| {
            let state = row.ours.filter(|_| row.verdict == RowVerdict::Wrong)?.to_owned();
            let is_new = self.audited.counts().repeated == 0 || done.insert(row.id.to_owned());
            let word = self.audited.word_for(&state).map(str::to_owned);
            if word.is_none() {
                strange.insert(state.clone());
            }
            is_new.then(|| word.unwrap_or(state))
        };
        match self.kind {
            FixKind::Csv => {
                let mut csv = output::csv_writer(&mut *out);
                csv.write_record([&*self.columns.id, &self.columns.status, "was"])?;
                self.audited.each(|row| {
                    if let Some(word) = fixes(&row) {
                        let cells = [row.id, &word, row.word.unwrap_or_default()];
                        csv.write_record(cells.map(|cell| defused(cell).into_owned()))?;
                    }
                    Ok::<(), io::Error>(())
                })?;
                csv.flush()?;
            }
            FixKind::Sql => {
                writeln!(out, "BEGIN;")?;
                self.audited.each(|row| match fixes(&row) {
                    Some(word) => match self.update(&row, &word) {
                        Some(update) => writeln!(out, "{update}"),
                        None => {
                            left += 1;
                            Ok(())
                        }
                    },
                    None => Ok(()),
                })?;
                writeln!(out, "COMMIT;")?;
            }
        }
        for state in strange {
            output::note(&format!(
                "{YELLOW}no word{YELLOW:#} of the table means `{state}`, so its name is written; `--words` may say one"
            ));
        }
        if left > 0 {
            let rows = plural(left, "row");
            output::note(&format!("{rows} left out: no text of Postgres has a zero byte"));
        }
        Ok(())
    }

    /// `None` for text that the database cannot have.
    fn update(&self, row: &AuditedRow<'_>, word: &str) -> Option<String> {
        let named = |name: &str| self.dialect.name(name);
        let table: Vec<String> = self.table.split('.').map(named).collect();
        let (id, status) = (named(&self.columns.id), named(&self.columns.status));
        Some(format!(
            "UPDATE {} SET {status} = {} WHERE {id} = {} AND {status} = {};",
            table.join("."),
            self.dialect.text(word)?,
            self.dialect.text(row.id)?,
            self.dialect.text(row.word.unwrap_or_default())?
        ))
    }
}

impl Dialect {
    /// A name, quoted.
    fn name(self, name: &str) -> String {
        let quote = if self == Self::Mysql { '`' } else { '"' };
        let doubled = harmless(name).replace(quote, &format!("{quote}{quote}"));
        format!("{quote}{doubled}{quote}")
    }

    /// A text, quoted so that it means itself whatever the database is set to; `None` if it can have none such.
    fn text(self, text: &str) -> Option<String> {
        let is_plain = !text.contains(['\\', '\0']);
        let doubled = || text.replace('\'', "''");
        let hex = || text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
        Some(match self {
            _ if is_plain => format!("'{}'", doubled()),
            // A backslash may escape or not, by a setting; here it does.
            Self::Postgres if !text.contains('\0') => {
                format!("E'{}'", doubled().replace('\\', "\\\\"))
            }
            Self::Postgres => return None,
            Self::Mysql => format!("CONVERT(0x{} USING utf8mb4)", hex()),
            Self::Sqlite if !text.contains('\0') => format!("'{}'", doubled()),
            Self::Sqlite => format!("CAST(x'{}' AS TEXT)", hex()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_names_are_quoted_for_their_database() {
        let text = |text: &str| {
            let all = [Dialect::Postgres, Dialect::Mysql, Dialect::Sqlite];
            all.map(|dialect| dialect.text(text).unwrap_or_default())
        };
        assert_eq!(text("it's"), ["'it''s'"; 3]);
        let slash =
            [r"E'\\'' OR 1=1'", "CONVERT(0x5c27204f5220313d31 USING utf8mb4)", r"'\'' OR 1=1'"];
        assert_eq!(text(r"\' OR 1=1"), slash);
        assert_eq!(text("a\0"), ["", "CONVERT(0x6100 USING utf8mb4)", "CAST(x'6100' AS TEXT)"]);
        assert_eq!(Dialect::Postgres.name("a\"b\nc"), "\"a\"\"b\u{fffd}c\"");
        assert_eq!(Dialect::Mysql.name("a`b"), "`a``b`");
    }
}
