//! Findings as annotations of GitHub Actions.

use std::io::{self, Write};

use super::sources::{STDIN_NAME, Sources, numbered};
use crate::{Finding, Severity, shown::harmless};

/// Prints a finding as a workflow command.
pub(super) fn print(out: &mut impl Write, finding: &Finding, sources: &Sources) -> io::Result<()> {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        _ => "notice",
    };
    let mut properties = Vec::new();
    if let (Some(source), Some(line)) = sources.place(finding)
        && source != STDIN_NAME
    {
        properties.push(format!("file={},line={line}", property(source)));
    }
    let title = format!("{} {}{}", finding.code.code(), finding.name, numbered(finding.item));
    properties.push(format!("title={}", property(&title)));
    let told = about(finding).join("\n");
    writeln!(out, "::{command} {}::{}", properties.join(","), escaped(&told))
}

/// What there is to say of a finding, a line each.
pub(super) fn about(finding: &Finding) -> Vec<String> {
    let mut lines = vec![harmless(&finding.message)];
    let mut add = |name: &str, told: &str| {
        if !told.is_empty() {
            lines.push(format!("{name}: {}", harmless(told)));
        }
    };
    let asset = [&finding.entity, &finding.id].map(|part| part.as_deref().unwrap_or_default());
    add("asset", asset.join(" ").trim());
    add("event", finding.event_id.as_deref().unwrap_or_default());
    add("at", &finding.at.map(|at| at.to_string()).unwrap_or_default());
    add("allowed", &finding.allowed.join(", "));
    add("missing", &finding.missing.join(", "));
    add("help", &finding.help);
    lines
}

/// Text as it may stand behind the last `::`.
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Text as it may stand among the properties.
fn property(text: &str) -> String {
    escaped(&harmless(text)).replace(':', "%3A").replace(',', "%2C")
}
