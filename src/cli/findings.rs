//! Findings, printed as rustc prints its own.

use std::io::{self, Write};

use annotate_snippets::{Group, Level, Origin, Renderer};
use clap::{Args, ValueEnum};

use super::{
    FailOn, Format, completions,
    exit::Exit,
    github, junit,
    output::{self, CYAN, DIM},
    sarif,
    sources::{Sources, numbered},
    target::FileFormat,
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

pub(super) fn parse_code(text: &str) -> Result<Code, String> {
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

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FindingsFormat {
    /// For people; the default on a terminal
    Table,
    /// One JSON object a line; the default elsewhere
    Jsonl,
    /// With a header line
    Csv,
    /// Annotations of GitHub Actions; the default in its jobs
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML: a test case for each finding
    Junit,
}

impl FindingsFormat {
    /// What is printed to standard output where no format is asked for.
    pub(super) fn or_default() -> Self {
        let in_job = std::env::var_os("GITHUB_ACTIONS").is_some_and(|set| set == "true");
        match Format::or_default(None) {
            Format::Table => Self::Table,
            // Whoever sends it to a file means to read it.
            _ if in_job && !output::is_file() => Self::Github,
            _ => Self::Jsonl,
        }
    }
}

impl FileFormat for FindingsFormat {
    const ROWS: Self = Self::Jsonl;

    fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Table => Format::Table.extensions(),
            Self::Jsonl => Format::Jsonl.extensions(),
            Self::Csv => Format::Csv.extensions(),
            Self::Github => &[],
            Self::Sarif => &["sarif"],
            Self::Junit => &["xml"],
        }
    }

    fn printed(self) -> Format {
        match self {
            Self::Table | Self::Github => Format::Table,
            Self::Csv => Format::Csv,
            Self::Jsonl | Self::Sarif | Self::Junit => Format::Jsonl,
        }
    }
}

/// The severities of which one makes the exit code 1.
pub(super) fn failing(fail_on: FailOn) -> Option<Severity> {
    match fail_on {
        FailOn::Never => None,
        FailOn::Warning => Some(Severity::Warning),
        FailOn::Error => Some(Severity::Error),
    }
}

/// What reading came to, and findings at or above `fail_on`.
pub(super) fn exit(sources: &Sources, findings: &Findings, fail_on: FailOn) -> Exit {
    let lowest = failing(fail_on);
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

impl<'a> FindingRow<'a> {
    fn new(finding: &'a Finding, sources: &'a Sources) -> Self {
        let (source, line) = sources.place(finding);
        let (repeats_source, repeats_line) =
            finding.repeats.map(|first| sources.locate(first)).unzip();
        Self { finding, source, line, repeats_source, repeats_line, more: None }
    }
}

/// What is printed, and how.
pub(super) struct PrintedFindings<'a> {
    pub(super) findings: &'a Findings,
    pub(super) sources: &'a Sources,
    pub(super) fail_on: FailOn,
    /// How many threads make text of them.
    pub(super) threads: usize,
}

/// Prints all findings, made into text by several threads.
pub(super) fn print(
    out: &mut output::Out,
    format: FindingsFormat,
    printed: &PrintedFindings<'_>,
) -> io::Result<()> {
    let PrintedFindings { findings, sources, threads, .. } = *printed;
    let lowest = failing(printed.fail_on);
    match format {
        FindingsFormat::Csv => print_header(out)?,
        FindingsFormat::Sarif => sarif::begin(out)?,
        FindingsFormat::Junit => junit::begin(out, findings, lowest)?,
        _ => {}
    }
    let make = |piece: usize, text: &mut Vec<u8>| {
        let from = piece * PIECE;
        let findings = findings.range(from..findings.len().min(from + PIECE));
        printed.some(text, format, from, findings)
    };
    fast::print(findings.len().div_ceil(PIECE), threads, || &make, out)?;
    for (at, (code, severity, count)) in findings.omitted().enumerate() {
        let finding = omitted(code, severity, count);
        match format {
            FindingsFormat::Table => {
                let title = level(severity).primary_title(&finding.message).id(code.code());
                writeln!(out, "{}\n", Renderer::styled().render(&[Group::with_title(title)]))?;
            }
            FindingsFormat::Jsonl => {
                let row = FindingRow::new(&finding, sources);
                output::json_line(out, &FindingRow { more: Some(count), ..row })?;
            }
            _ => printed.some(out, format, findings.len() + at, std::iter::once(finding))?,
        }
    }
    match format {
        FindingsFormat::Sarif => sarif::end(out),
        FindingsFormat::Junit => junit::end(out),
        _ => Ok(()),
    }
}

impl PrintedFindings<'_> {
    /// Prints findings of which the first stands at this place in the order.
    fn some(
        &self,
        out: &mut impl Write,
        format: FindingsFormat,
        from: usize,
        mut findings: impl Iterator<Item = Finding>,
    ) -> io::Result<()> {
        let Self { sources, fail_on, .. } = *self;
        match format {
            FindingsFormat::Table => print_lines(out, findings, sources),
            FindingsFormat::Jsonl => print_json(out, findings, sources),
            FindingsFormat::Csv => print_csv(out, findings, sources),
            FindingsFormat::Github => {
                findings.try_for_each(|own| github::print(out, &own, sources))
            }
            FindingsFormat::Sarif => findings
                .enumerate()
                .try_for_each(|(at, own)| sarif::print(out, from + at == 0, &own, sources)),
            FindingsFormat::Junit => {
                let lowest = failing(fail_on);
                findings.try_for_each(|own| junit::print(out, &own, sources, lowest))
            }
        }
    }
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
    findings
        .try_for_each(|finding| output::json_line(&mut *out, &FindingRow::new(&finding, sources)))
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
        let (source, line) = sources.place(&finding);
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
    let place = match sources.place(finding) {
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
    let (origin, asset) = match sources.place(finding) {
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
