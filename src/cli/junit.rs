//! Findings as the XML of JUnit: a test case each, which fails where the exit code is 1 for it.

use std::io::{self, Write};

use super::{
    github::about,
    sources::{Sources, numbered},
};
use crate::{Finding, Severity, bulk::Findings, shown::harmless};

/// Writes what comes before the cases. Where nothing was found that is the one case, since a run without any is taken
/// for one that did not happen.
pub(super) fn begin(
    out: &mut impl Write,
    findings: &Findings,
    lowest: Option<Severity>,
) -> io::Result<()> {
    let (mut tests, mut failures) = (0_u64, 0_u64);
    for severity in findings.severities() {
        tests += 1;
        failures += u64::from(lowest.is_some_and(|lowest| severity >= lowest));
    }
    let counts = format!("tests=\"{}\" failures=\"{failures}\"", tests.max(1));
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"mediafold check\" {counts}>")?;
    writeln!(out, "<testsuite name=\"mediafold check\" {counts} errors=\"0\" skipped=\"0\">")?;
    match tests {
        0 => writeln!(out, "<testcase classname=\"mediafold\" name=\"no findings\"/>"),
        _ => Ok(()),
    }
}

/// Writes a finding as a test case.
pub(super) fn print(
    out: &mut impl Write,
    finding: &Finding,
    sources: &Sources,
    lowest: Option<Severity>,
) -> io::Result<()> {
    let (mut place, mut properties) = (String::new(), String::new());
    if let (Some(source), Some(line)) = sources.place(finding) {
        place = format!(" ({source}:{line}{})", numbered(finding.item));
        properties = format!(" file=\"{}\" line=\"{line}\"", escaped(source));
    }
    let class = finding.entity.as_deref().unwrap_or("mediafold");
    let id = finding.id.as_deref().map(|id| format!(": {id}")).unwrap_or_default();
    let name = format!("{} {}{id}{place}", finding.code.code(), finding.name);
    let (class, name) = (escaped(class), escaped(&name));
    write!(out, "<testcase classname=\"{class}\" name=\"{name}\"{properties}>")?;
    let told: Vec<String> = about(finding).iter().map(|line| escaped(line)).collect();
    let told = told.join("\n");
    match lowest.is_some_and(|lowest| finding.severity >= lowest) {
        true => {
            let message = escaped(&finding.message);
            let kind = finding.severity.name();
            write!(out, "<failure type=\"{kind}\" message=\"{message}\">{told}</failure>")?;
        }
        false => write!(out, "<system-out>{told}</system-out>")?,
    }
    writeln!(out, "</testcase>")
}

/// Writes what comes after the cases.
pub(super) fn end(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "</testsuite>\n</testsuites>")
}

fn escaped(text: &str) -> String {
    let text = harmless(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;")
}
