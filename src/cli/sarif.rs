//! Findings as SARIF 2.1.0, which code scanning reads.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::sources::{STDIN_NAME, Sources, numbered};
use crate::{Code, Finding, Severity, explain::explanation, shown::harmless};

/// Writes all that comes before the results. The rules are all findings there are, so that an alert is closed, and not
/// its rule lost, when nothing breaks it any more.
pub(super) fn begin(out: &mut impl Write) -> io::Result<()> {
    let rules: Vec<Value> = Code::ALL.iter().map(|code| rule(*code)).collect();
    let driver = json!({
        "name": "mediafold",
        "version": env!("CARGO_PKG_VERSION"),
        "informationUri": env!("CARGO_PKG_HOMEPAGE"),
        "rules": rules,
    });
    write!(
        out,
        "{{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{},\
         \"results\":[",
        json!({ "driver": driver })
    )
}

/// Writes a finding as a result.
pub(super) fn print(
    out: &mut impl Write,
    is_first: bool,
    finding: &Finding,
    sources: &Sources,
) -> io::Result<()> {
    out.write_all(if is_first { b"\n" } else { b",\n" })?;
    serde_json::to_writer(out, &SarifResult::new(finding, sources))?;
    Ok(())
}

/// Writes all that comes after the results.
pub(super) fn end(out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"\n]}]}\n")
}

fn rule(code: Code) -> Value {
    let section = explanation(code.code()).unwrap_or_default();
    let text = section.split_once('\n').map_or(section, |(_, text)| text).trim();
    json!({
        "id": code.code(),
        "name": code.name(),
        "shortDescription": { "text": code.name() },
        "help": { "text": text, "markdown": text },
        "defaultConfiguration": { "level": level(code.severity()) },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        _ => "note",
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'a> {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Value,
    locations: [Value; 1],
    partial_fingerprints: Value,
    properties: &'a Finding,
}

impl<'a> SarifResult<'a> {
    fn new(finding: &'a Finding, sources: &Sources) -> Self {
        let text = |part: &Option<String>| part.as_deref().map(harmless).unwrap_or_default();
        let asset = format!("{} {}", text(&finding.entity), text(&finding.id));
        let mut location = json!({});
        if !asset.trim().is_empty() {
            location["logicalLocations"] = json!([{ "fullyQualifiedName": asset }]);
        }
        if let (Some(source), Some(line)) = sources.place(finding)
            && source != STDIN_NAME
        {
            location["physicalLocation"] = json!({
                "artifactLocation": { "uri": uri(source) },
                "region": { "startLine": line },
            });
        }
        let code = finding.code.code();
        let event = text(&finding.event_id);
        let at = finding.at.map(|at| at.to_string()).unwrap_or_default();
        let same = format!("{code} {asset} {event} {at}{}", numbered(finding.item));
        let help = match &*finding.help {
            "" => String::new(),
            help => format!("\n{}", harmless(help)),
        };
        Self {
            rule_id: code,
            rule_index: Code::ALL.iter().position(|own| *own == finding.code).unwrap_or_default(),
            level: level(finding.severity),
            message: json!({ "text": format!("{}{help}", harmless(&finding.message)) }),
            locations: [location],
            partial_fingerprints: json!({ "finding/v1": same }),
            properties: finding,
        }
    }
}

/// A path as an address relative to where the command was run; an absolute one stays absolute.
fn uri(path: &str) -> String {
    let mut uri = if path.starts_with('/') { "file://".to_owned() } else { String::new() };
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                uri.push(char::from(byte));
            }
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
