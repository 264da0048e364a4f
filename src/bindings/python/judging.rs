//! A table of ids and statuses, held against deliveries.

use std::{collections::BTreeMap, io, sync::Arc};

use mediafold_core::{
    Delivery, Lifecycle, Timestamp,
    audit::{Audit, AuditTable, AuditWords, Audited, AuditedRow, NamedRule},
    bulk::Summary,
    event::EventError,
    fast::LineReader,
    lifecycle::closest,
    shown::did_you_mean,
};
use pyo3::{prelude::*, pybacked::PyBackedBytes};
use serde::Serialize;

use super::{
    folding::{Definitions, Hearer, Options, hear, place},
    source::Source,
    work::Watch,
};

/// A table, as Python says it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct Judging {
    /// Id, word, and when it was written, as RFC 3339 has it.
    rows: Vec<(String, String, Option<String>)>,
    entity: Option<String>,
    /// Deliveries one by one, in place of sources.
    bodies: Option<Vec<PyBackedBytes>>,
    /// What words mean.
    words: BTreeMap<String, String>,
}

/// Why there is no audit.
pub(super) enum Refused {
    Source(usize, io::Error),
    Usage(String),
}

/// Most deliveries are read by their tokens.
struct QuickAudit<'a, 'c> {
    audit: &'a mut Audit<'c>,
    lines: LineReader<'c>,
}

impl Hearer for QuickAudit<'_, '_> {
    fn deliver(&mut self, delivery: &Delivery<'_>) {
        match self.lines.read(delivery, |_, _| true) {
            Some((provider, events)) => self.audit.take_read(provider, events),
            None => self.audit.deliver(delivery),
        }
    }

    fn deliver_broken(&mut self, error: &EventError, number: u64) {
        self.audit.deliver_broken(error, number);
    }
}

#[derive(Serialize)]
struct AuditAnswer<'a> {
    entity: &'a str,
    rows: u64,
    equal: u64,
    wrong: u64,
    unknown: u64,
    missing: u64,
    missing_ended: u64,
    unclear: u64,
    repeated: u64,
    reasons: BTreeMap<&'static str, u64>,
    handler: Vec<RuleRow>,
    compared: u64,
    unexplained: u64,
    strange_words: &'a BTreeMap<String, u64>,
    findings: Vec<JudgedRow>,
    summaries: Vec<Summary>,
}

#[derive(Serialize)]
struct RuleRow {
    rule: &'static str,
    named: bool,
    wrong: u64,
    more: u64,
    spoilt: u64,
    alike: Vec<&'static str>,
    summary: &'static str,
}

#[derive(Serialize)]
struct JudgedRow {
    row: Option<u64>,
    is: &'static str,
    id: String,
    word: Option<String>,
    theirs: Option<String>,
    ours: Option<String>,
    since: Option<Timestamp>,
    at: Option<Timestamp>,
    why: Option<&'static str>,
    message: Option<String>,
    source: Option<String>,
    line: Option<u64>,
    item: Option<u32>,
    rules: Vec<&'static str>,
}

/// Holds a table against these sources.
pub(super) fn audit(
    definitions: &Definitions,
    judging: Judging,
    sources: &[Source],
    options: &Options,
    watch: &Arc<Watch>,
) -> Result<String, Refused> {
    let catalog = definitions.catalog();
    let (mut table, mut words) = (AuditTable::default(), AuditWords::default());
    for (line, (id, word, at)) in (1..).zip(&judging.rows) {
        let at = at.as_deref().map(str::parse::<Timestamp>).transpose();
        let at =
            at.map_err(|error| Refused::Usage(format!("`at` of row {line} is no time: {error}")))?;
        table.add(line, id, word, at);
    }
    judging.words.iter().for_each(|(word, state)| words.insert(word, state));
    let mut audit = Audit::new(options.reader(catalog), table).with_policy(options.policy());
    if let Some(time) = options.as_of() {
        audit = audit.as_of(time);
    }
    if let Some(entity) = &judging.entity {
        let lifecycle = catalog.lifecycle(entity).ok_or_else(|| {
            let near = did_you_mean(closest(entity, catalog.lifecycles().map(Lifecycle::entity)));
            Refused::Usage(format!("there is no lifecycle `{entity}`{near}"))
        })?;
        audit = audit.only_entity(lifecycle);
    }
    let lines = LineReader::new(audit.reader());
    let mut hearer = QuickAudit { audit: &mut audit, lines };
    for (number, body) in (1..).zip(judging.bodies.iter().flatten()) {
        if watch.is_stopped() {
            break;
        }
        hearer.deliver(&Delivery::new(body, number));
    }
    hear(sources, &mut hearer, watch).map_err(|(at, error)| Refused::Source(at, error))?;
    let (summaries, _) = audit.heard();
    let audited = audit
        .finish(&words)
        .map_err(|error| Refused::Usage(error.to_string().replace("`--entity`", "`entity`")))?;
    if let Some((word, state, near)) = words.strange(audited.lifecycle()) {
        let near = did_you_mean(near);
        return Err(Refused::Usage(format!(
            "`words`: `{word}` is to mean `{state}`, which is no state{near}"
        )));
    }
    Ok(told(&audited, summaries, sources))
}

fn told(audited: &Audited<'_>, summaries: Vec<Summary>, sources: &[Source]) -> String {
    let (counts, naming) = (audited.counts(), audited.naming());
    let mut findings = Vec::new();
    let Ok(()) = audited.each(|row| {
        findings.push(judged(&row, sources));
        Ok::<(), std::convert::Infallible>(())
    });
    let rule = |about: &NamedRule| RuleRow {
        rule: about.rule.name(),
        named: about.named,
        wrong: about.wrong,
        more: about.more,
        spoilt: about.spoilt,
        alike: about.alike.iter().map(|rule| rule.name()).collect(),
        summary: about.rule.summary(),
    };
    let answer = AuditAnswer {
        entity: audited.lifecycle().entity(),
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
        findings,
        summaries,
    };
    // What is written is made of texts and numbers.
    serde_json::to_string(&answer).unwrap_or_default()
}

fn judged(row: &AuditedRow<'_>, sources: &[Source]) -> JudgedRow {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let explained = row.explanation.as_ref();
    let at = explained.and_then(|explanation| explanation.place);
    let located = at.map(|(delivery, _)| place(delivery));
    JudgedRow {
        row: row.line,
        is: row.verdict.name(),
        id: row.id.to_owned(),
        word: owned(row.word),
        theirs: owned(row.theirs),
        ours: owned(row.ours),
        since: row.since,
        at: row.at,
        why: explained.map(|explanation| explanation.reason.name()),
        message: explained.map(|it| it.message.clone()).or_else(|| row.unclear.clone()),
        source: located.and_then(|(source, _)| sources.get(source)?.name()),
        line: located.map(|(_, line)| line),
        item: at.map(|(_, item)| item).filter(|item| *item > 0),
        rules: row.rules.iter().map(|rule| rule.name()).collect(),
    }
}
