//! Findings, printed as rustc prints its own.

use std::io::{self, Write};

use annotate_snippets::{Group, Level, Origin, Renderer};
use clap::Args;

use super::{
    FailOn, Format, completions,
    exit::Exit,
    output::{self, CYAN, DIM},
    sources::{Sources, numbered},
};
use crate::{
    Code, Finding, Severity,
    bulk::{Findings, STRAY_KEPT_MAX},
    event::EventError,
    fast,
    fold::Levels,
    shown::harmless,
};

/// Findings made into text at a time.
const PIECE: usize = 1024;

/// Severities changed by the user.
#[derive(Debug, Args)]
pub(super) struct LevelArgs {
    /// Do not report this finding (code or name; may be repeated)
    #[arg(long, value_name = "NAME", value_parser = parse_code, add = completions::findings())]
    allow: Vec<Code>,
    /// Report this finding as a warning
    #[arg(long, value_name = "NAME", value_parser = parse_code, add = completions::findings())]
    warn: Vec<Code>,
    /// Report this finding as an error
    #[arg(long, value_name = "NAME", value_parser = parse_code, add = completions::findings())]
    deny: Vec<Code>,
}

fn parse_code(text: &str) -> Result<Code, String> {
    let named = |code: &&Code| code.name() == text || code.code().eq_ignore_ascii_case(text);
    Code::ALL.iter().find(named).copied().ok_or_else(|| {
        let names: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
        match crate::lifecycle::closest(text, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("expected one of {}", names.join(", ")),
        }
    })
}

impl LevelArgs {
    /// As they were given.
    pub(super) fn given(&self) -> String {
        let all = [("allow", &self.allow), ("warn", &self.warn), ("deny", &self.deny)];
        let each = all.into_iter().flat_map(|(option, codes)| {
            codes.iter().map(move |code| format!(" --{option} {}", code.name()))
        });
        each.collect()
    }

    /// The severities that count; the strictest wins.
    pub(super) fn levels(&self) -> Levels {
        let mut levels = Levels::default();
        for (codes, severity) in [
            (&self.allow, Severity::Allowed),
            (&self.warn, Severity::Warning),
            (&self.deny, Severity::Error),
        ] {
            for code in codes {
                levels.set(*code, severity);
            }
        }
        levels
    }
}

/// What reading came to, and findings at or above `fail_on`.
pub(super) fn exit(sources: &Sources, findings: &Findings, fail_on: FailOn) -> Exit {
    let lowest = match fail_on {
        FailOn::Never => None,
        FailOn::Warning => Some(Severity::Warning),
        FailOn::Error => Some(Severity::Error),
    };
    let fails = |lowest| findings.severities().any(|severity| severity >= lowest);
    sources.exit().max(Exit::found(lowest.is_some_and(fails)))
}

#[derive(serde::Serialize)]
struct FindingRow<'a> {
    #[serde(flatten)]
    finding: &'a Finding,
    source: Option<&'a str>,
    line: Option<u64>,
    /// The line of the delivery that this one repeats, in `repeats_source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    repeats_source: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repeats_line: Option<u64>,
    /// How many findings this row stands for, none of which is listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<u64>,
}

/// Prints all findings, made into text by several threads.
pub(super) fn print(
    out: &mut output::Out,
    format: Format,
    findings: &Findings,
    sources: &Sources,
    threads: usize,
) -> io::Result<()> {
    let make = |piece: usize, text: &mut Vec<u8>| {
        let from = piece * PIECE;
        let findings = findings.range(from..findings.len().min(from + PIECE));
        match format {
            Format::Table => print_lines(text, findings, sources),
            Format::Jsonl => print_json(text, findings, sources),
            Format::Csv => print_csv(text, findings, sources),
        }
    };
    if format == Format::Csv {
        print_header(out)?;
    }
    fast::print(findings.len().div_ceil(PIECE), threads, || &make, out)?;
    findings.omitted().try_for_each(|(code, severity, count)| {
        let finding = omitted(code, severity, count);
        match format {
            Format::Table => {
                let title = level(severity).primary_title(&finding.message).id(code.code());
                writeln!(out, "{}\n", Renderer::styled().render(&[Group::with_title(title)]))
            }
            Format::Jsonl => output::json_line(
                out,
                &FindingRow {
                    finding: &finding,
                    source: None,
                    line: None,
                    repeats_source: None,
                    repeats_line: None,
                    more: Some(count),
                },
            ),
            Format::Csv => print_csv(out, std::iter::once(finding), sources),
        }
    })
}

/// A finding that stands for the `count` of them that are not listed.
fn omitted(code: Code, severity: Severity, count: u64) -> Finding {
    let reason = format!(
        "{count} more, not listed: of findings that belong to no asset, the first {STRAY_KEPT_MAX} are"
    );
    let mut finding = Finding::unreadable(&EventError::BrokenStream { reason }, 0);
    (finding.code, finding.name, finding.severity) = (code, code.name(), severity);
    finding.help.clear();
    finding
}

fn print_lines(
    out: &mut impl Write,
    mut findings: impl Iterator<Item = Finding>,
    sources: &Sources,
) -> io::Result<()> {
    let renderer = Renderer::styled();
    findings.try_for_each(|finding| match finding.severity {
        Severity::Info => info_line(out, &finding, sources),
        _ => writeln!(out, "{}\n", renderer.render(&[group(&finding, sources)])),
    })
}

fn print_json(
    out: &mut impl Write,
    mut findings: impl Iterator<Item = Finding>,
    sources: &Sources,
) -> io::Result<()> {
    findings.try_for_each(|finding| {
        let (source, line) = place(&finding, sources);
        let (repeats_source, repeats_line) =
            finding.repeats.map(|first| sources.locate(first)).unzip();
        let finding = &finding;
        let row = FindingRow { finding, source, line, repeats_source, repeats_line, more: None };
        output::json_line(out, &row)
    })
}

/// The file and line of a finding; one about an asset as a whole has none.
fn place<'s>(finding: &Finding, sources: &'s Sources) -> (Option<&'s str>, Option<u64>) {
    match sources.locate(finding.delivery) {
        (_, 0) => (None, None),
        (source, line) => (Some(source), Some(line)),
    }
}

fn print_header(out: &mut output::Out) -> io::Result<()> {
    let mut csv = output::csv_writer(out);
    #[rustfmt::skip]
    csv.write_record([
        "code", "name", "severity", "entity", "id", "event", "event_id", "at", "state", "allowed",
        "missing", "message", "help", "source", "line", "item",
    ])?;
    csv.flush()
}

fn print_csv(
    out: &mut impl Write,
    findings: impl Iterator<Item = Finding>,
    sources: &Sources,
) -> io::Result<()> {
    let mut csv = output::csv_writer(out);
    for finding in findings {
        let (source, line) = place(&finding, sources);
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        csv.write_record([
            finding.code.code(),
            finding.name,
            finding.severity.name(),
            &text(&finding.entity),
            &text(&finding.id),
            &text(&finding.event),
            &text(&finding.event_id),
            &finding.at.map(|at| at.to_string()).unwrap_or_default(),
            &text(&finding.state),
            &finding.allowed.join(" "),
            &finding.missing.join(" "),
            &finding.message,
            &finding.help,
            source.unwrap_or_default(),
            &line.map(|line| line.to_string()).unwrap_or_default(),
            &finding.item.map(|item| item.to_string()).unwrap_or_default(),
        ])?;
    }
    csv.flush()
}

/// Infos are normal for webhooks; a line each is enough.
fn info_line(out: &mut impl Write, finding: &Finding, sources: &Sources) -> io::Result<()> {
    let (code, message) = (finding.code.code(), harmless(&finding.message));
    let place = match place(finding, sources) {
        (Some(source), Some(line)) => format!("{source}:{line}{}", numbered(finding.item)),
        _ => String::new(),
    };
    let asset = [&finding.entity, &finding.id].map(|part| part.as_deref().unwrap_or_default());
    let asset = harmless(&asset.join(" "));
    writeln!(out, "{CYAN}info[{code}]{CYAN:#}: {message}\n--> {place}  {DIM}{asset}{DIM:#}\n")
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        _ => Level::INFO,
    }
}

fn group<'a>(finding: &'a Finding, sources: &'a Sources) -> Group<'a> {
    let title =
        level(finding.severity).primary_title(harmless(&finding.message)).id(finding.code.code());
    let asset = [&finding.entity, &finding.id].map(|part| part.as_deref().unwrap_or_default());
    let asset = harmless(asset.join(" ").trim_end());
    let (origin, asset) = match place(finding, sources) {
        (Some(source), Some(line)) if finding.item.is_some() => {
            (Origin::path(format!("{source}:{line}{}", numbered(finding.item))), asset)
        }
        (Some(source), Some(line)) => {
            (Origin::path(source).line(usize::try_from(line).unwrap_or(usize::MAX)), asset)
        }
        _ => (Origin::path(asset), String::new()),
    };
    let mut group = title.element(origin);
    if !asset.is_empty() {
        group = group.element(Level::NOTE.with_name("asset").message(asset));
    }
    let event =
        [finding.event.clone(), finding.event_id.clone(), finding.at.map(|at| format!("at {at}"))];
    let event: Vec<String> = event.into_iter().flatten().collect();
    if !event.is_empty() {
        group = group.element(Level::NOTE.with_name("event").message(harmless(&event.join("  "))));
    }
    if let Some(first) = finding.repeats {
        let (source, line) = sources.locate(first);
        let name = if finding.code == Code::Duplicate { "first" } else { "counts" };
        group = group.element(Level::NOTE.with_name(name).message(format!("{source}:{line}")));
    }
    if let Some(state) = finding.state.as_ref().filter(|_| about_the_step(finding.code)) {
        let allowed = match finding.allowed.as_slice() {
            [] => format!("nothing leads on from `{state}`"),
            names => format!("from `{state}`: {}", names.join(", ")),
        };
        group = group.element(Level::NOTE.with_name("allowed").message(harmless(&allowed)));
    }
    if !finding.missing.is_empty() {
        let missing = finding.missing.join(", ");
        group = group.element(Level::NOTE.with_name("missing").message(harmless(&missing)));
    }
    if !finding.help.is_empty() {
        group = group.element(Level::HELP.message(harmless(&finding.help)));
    }
    group
}

/// Whether it helps to know what would have been allowed.
fn about_the_step(code: Code) -> bool {
    !matches!(
        code,
        Code::UnknownKind | Code::UnknownStatus | Code::ContradictoryStatus | Code::BadTime
    )
}
