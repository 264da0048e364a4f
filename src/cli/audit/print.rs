//! Rows and the summary, as a table, JSON or CSV.

use std::{borrow::Cow, collections::BTreeMap, io, io::Write};

use serde::Serialize;

use super::{
    super::{
        CliError, Format,
        output::{self, BOLD, DIM, GREEN, Out, RED, YELLOW},
        sources::{Sources, numbered},
        tables::{Fit, print_table},
    },
    columns::Columns,
};
use crate::{
    Timestamp,
    audit::{AuditCounts, Audited, AuditedRow, NamedRule, RowVerdict},
    shown::{grouped, harmless, plural},
};

/// What is printed of an audit.
pub(super) struct Printed<'a> {
    pub(super) audited: &'a Audited<'a>,
    pub(super) sources: &'a Sources,
    pub(super) columns: &'a Columns,
    pub(super) all: bool,
}

#[derive(Serialize)]
struct AuditLine<'a> {
    /// The line of the table.
    row: Option<u64>,
    is: &'static str,
    entity: &'a str,
    id: &'a str,
    word: Option<&'a str>,
    theirs: Option<&'a str>,
    ours: Option<&'a str>,
    since: Option<Timestamp>,
    at: Option<Timestamp>,
    why: Option<&'static str>,
    message: Option<Cow<'a, str>>,
    source: Option<&'a str>,
    line: Option<u64>,
    item: Option<u32>,
    rules: Vec<&'static str>,
}

#[derive(Serialize)]
struct SummaryLine<'a> {
    summary: bool,
    entity: &'a str,
    columns: BTreeMap<&'static str, Option<&'a str>>,
    rows: u64,
    equal: u64,
    wrong: u64,
    unknown: u64,
    missing: u64,
    missing_ended: u64,
    unclear: u64,
    repeated: u64,
    reasons: BTreeMap<&'static str, u64>,
    handler: Vec<RuleLine>,
    /// Wrong rows that were compared with what rules make, and those of them that no named rule makes.
    compared: u64,
    unexplained: u64,
    strange_words: &'a BTreeMap<String, u64>,
}

#[derive(Serialize)]
struct RuleLine {
    rule: &'static str,
    named: bool,
    wrong: u64,
    more: u64,
    spoilt: u64,
    alike: Vec<&'static str>,
    summary: &'static str,
}

impl Printed<'_> {
    /// Prints the rows, and the summary where it has a place.
    pub(super) fn rows(&self, out: &mut Out, format: Format) -> io::Result<()> {
        match format {
            Format::Jsonl => {
                self.each(&mut |line, _| output::json_line(&mut *out, &line))?;
                output::json_line(out, &self.summary())
            }
            Format::Csv => {
                self.csv(out)?;
                self.note_summary().map_err(io::Error::other)
            }
            Format::Table => {
                self.table(out)?;
                self.footer(out)
            }
        }
    }

    /// Says the summary on standard error.
    pub(super) fn note_summary(&self) -> Result<(), CliError> {
        let mut text = Vec::new();
        self.footer(&mut text)?;
        output::note(String::from_utf8_lossy(&text).trim());
        Ok(())
    }

    fn each(
        &self,
        act: &mut dyn FnMut(AuditLine<'_>, RowVerdict) -> io::Result<()>,
    ) -> io::Result<()> {
        self.audited.each(|row| match row.verdict == RowVerdict::Equal && !self.all {
            true => Ok(()),
            false => {
                let verdict = row.verdict;
                act(self.line(row), verdict)
            }
        })
    }

    fn line<'r>(&'r self, row: AuditedRow<'r>) -> AuditLine<'r> {
        let place = row.explanation.as_ref().and_then(|explanation| explanation.place);
        let located = place.map(|(delivery, _)| self.sources.locate(delivery));
        let message = match row.verdict {
            RowVerdict::Unknown => Some("no delivery is about it".into()),
            RowVerdict::Missing => Some("it has no row".into()),
            _ => row.unclear.map(Cow::Owned),
        };
        let reason = row.explanation.as_ref().map(|explanation| explanation.reason.name());
        AuditLine {
            row: row.line,
            is: row.verdict.name(),
            entity: self.audited.lifecycle().entity(),
            id: row.id,
            word: row.word,
            theirs: row.theirs,
            ours: row.ours,
            since: row.since,
            at: row.at,
            why: reason,
            message: row.explanation.map(|explanation| explanation.message.into()).or(message),
            source: located.map(|(source, _)| source),
            line: located.map(|(_, line)| line),
            item: place.map(|(_, item)| item).filter(|item| *item > 0),
            rules: row.rules.iter().map(|rule| rule.name()).collect(),
        }
    }

    fn csv(&self, out: &mut Out) -> io::Result<()> {
        let mut csv = output::csv_writer(out);
        csv.write_record([
            "row", "is", "entity", "id", "word", "theirs", "ours", "since", "at", "why", "message",
            "source", "line", "item", "rules",
        ])?;
        let number = |number: Option<u64>| number.map(|n| n.to_string()).unwrap_or_default();
        let time = |time: Option<Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
        self.each(&mut |line, _| {
            csv.write_record([
                &*number(line.row),
                line.is,
                line.entity,
                &defused(line.id),
                &defused(line.word.unwrap_or_default()),
                line.theirs.unwrap_or_default(),
                line.ours.unwrap_or_default(),
                &time(line.since),
                &time(line.at),
                line.why.unwrap_or_default(),
                &defused(line.message.as_deref().unwrap_or_default()),
                &defused(line.source.unwrap_or_default()),
                &number(line.line),
                &number(line.item.map(u64::from)),
                &line.rules.join(" "),
            ])?;
            Ok(())
        })?;
        csv.flush()
    }

    fn table(&self, out: &mut Out) -> io::Result<()> {
        let mut cells = Vec::new();
        self.each(&mut |line, verdict| {
            let color = match verdict {
                RowVerdict::Equal => GREEN,
                RowVerdict::Wrong => RED,
                _ => YELLOW,
            };
            let place = match (line.source, line.line) {
                (Some(source), Some(at)) => format!("{source}:{at}{}", numbered(line.item)),
                _ => String::new(),
            };
            cells.push([
                line.row.map(|row| row.to_string()).unwrap_or_default(),
                format!("{color}{}{color:#}", line.is),
                harmless(line.id),
                harmless(line.theirs.or(line.word).unwrap_or_default()),
                line.ours.unwrap_or_default().to_owned(),
                harmless(line.message.as_deref().unwrap_or_default()),
                harmless(&place),
            ]);
            Ok(())
        })?;
        if cells.is_empty() {
            return Ok(());
        }
        let columns = [
            ("row", Fit::Drop(1)),
            ("is", Fit::Keep),
            ("id", Fit::Keep),
            ("theirs", Fit::Keep),
            ("ours", Fit::Keep),
            ("why", Fit::Below),
            ("delivery", Fit::Drop(0)),
        ];
        print_table(out, &columns, cells)?;
        writeln!(out)
    }

    /// The counts, and the handler.
    fn footer(&self, out: &mut impl Write) -> io::Result<()> {
        let AuditCounts { rows, equal, wrong, unknown, unclear, .. } = *self.audited.counts();
        let AuditCounts { missing, missing_ended, repeated, .. } = *self.audited.counts();
        let entity = self.audited.lifecycle().entity();
        let parts =
            [(equal, "equal"), (wrong, "wrong"), (unknown, "unknown"), (unclear, "unclear")];
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> =
            parts.map(|(count, name)| format!("{} {name}", grouped(*count))).collect();
        let counted = |count: u64, name: &str| {
            let digits = count.to_string();
            plural(count, name).replacen(&digits, &grouped(count), 1)
        };
        let rows = counted(rows, "row");
        write!(out, "{BOLD}{rows}{BOLD:#} of {entity}: {}", parts.join(", "))?;
        if missing > 0 {
            write!(out, "; {} without a row", counted(missing, "asset"))?;
        }
        if missing_ended > 0 {
            write!(out, ", {} at the end", grouped(missing_ended))?;
        }
        if repeated > 0 {
            write!(out, "; {} of an id that another has", counted(repeated, "row"))?;
        }
        writeln!(out)?;
        let reasons = &self.audited.counts().reasons;
        if !reasons.is_empty() {
            let each = reasons
                .iter()
                .map(|(reason, count)| format!("{} {}", reason.name(), grouped(*count)));
            writeln!(out, "explained by: {}", each.collect::<Vec<_>>().join(", "))?;
        }
        self.handler(out)
    }

    fn handler(&self, out: &mut impl Write) -> io::Result<()> {
        let naming = self.audited.naming();
        if naming.wrong == 0 {
            return Ok(());
        }
        let all = grouped(naming.wrong);
        let said = |about: &NamedRule| {
            let mut text =
                format!("makes {} of {all} wrong rows as they are", grouped(about.wrong));
            if about.more > 0 && about.more < about.wrong {
                text += &format!(", {} more", grouped(about.more));
            }
            match about.spoilt {
                0 => text,
                1 => text + ", and would spoil 1 right one",
                many => text + &format!(", and would spoil {} right ones", grouped(many)),
            }
        };
        for about in naming.named() {
            let (name, summary) = (about.rule.name(), about.rule.summary());
            writeln!(out, "{BOLD}handler: {name}{BOLD:#} {}. {summary}", said(about))?;
            if !about.alike.is_empty() {
                let alike: Vec<&str> = about.alike.iter().map(|rule| rule.name()).collect();
                writeln!(out, "  these rows do not tell it from {}", alike.join(", "))?;
            }
        }
        if naming.named().next().is_none() {
            let why = match naming.rules.is_empty() {
                true => "no rule makes any of the wrong rows",
                false => {
                    "none is named, since no rule makes more of the wrong rows than chance does"
                }
            };
            writeln!(out, "{BOLD}handler:{BOLD:#} {why}")?;
        } else if naming.unexplained > 0 {
            writeln!(out, "  not made so: {}", plural(naming.unexplained, "wrong row"))?;
        }
        let named: Vec<_> = naming.named().flat_map(|about| &about.alike).collect();
        let others =
            naming.rules.iter().filter(|about| !about.named && !named.contains(&&about.rule));
        for about in others.take(2) {
            writeln!(out, "{DIM}  next: {} {}{DIM:#}", about.rule.name(), said(about))?;
        }
        Ok(())
    }

    fn summary(&self) -> SummaryLine<'_> {
        let (counts, naming) = (self.audited.counts(), self.audited.naming());
        let Columns { id, status, at, .. } = self.columns;
        let rule = |about: &NamedRule| RuleLine {
            rule: about.rule.name(),
            named: about.named,
            wrong: about.wrong,
            more: about.more,
            spoilt: about.spoilt,
            alike: about.alike.iter().map(|rule| rule.name()).collect(),
            summary: about.rule.summary(),
        };
        SummaryLine {
            summary: true,
            entity: self.audited.lifecycle().entity(),
            columns: [("id", Some(&**id)), ("status", Some(&**status)), ("at", at.as_deref())]
                .into(),
            rows: counts.rows,
            equal: counts.equal,
            wrong: counts.wrong,
            unknown: counts.unknown,
            missing: counts.missing,
            missing_ended: counts.missing_ended,
            unclear: counts.unclear,
            repeated: counts.repeated,
            reasons: counts.reasons.iter().map(|(reason, rows)| (reason.name(), *rows)).collect(),
            handler: naming.rules.iter().map(rule).collect(),
            compared: naming.wrong,
            unexplained: naming.unexplained,
            strange_words: &counts.strange,
        }
    }
}

/// A cell of CSV that no spreadsheet takes for a formula: texts come from strangers.
pub(super) fn defused(cell: &str) -> Cow<'_, str> {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{cell}").into(),
        false => cell.into(),
    }
}
