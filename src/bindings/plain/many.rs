//! Whole files: many deliveries of many assets at once.

use mediafold_core::{
    Catalog, Delivery, Finding, Reader,
    bulk::{Bulk, Documents, Folded},
    event::EventError,
};
use serde::Serialize;

use super::{
    error::CallError,
    received::provider,
    request::Request,
    rows::{Shown, bound, shown},
};

/// A row as `step` would have left it.
#[derive(Serialize)]
pub(super) struct Row<'c> {
    asset: Shown<'c>,
}

/// A finding, and the line that it is about.
#[derive(Serialize)]
pub(super) struct LineFinding {
    #[serde(flatten)]
    finding: Finding,
    line: Option<u64>,
}

/// The rows of all assets, and what is stored of them.
pub(super) fn fold<'c>(
    catalog: &'c Catalog,
    request: &Request<'_>,
    body: &[u8],
) -> Result<(Vec<Row<'c>>, Vec<String>), CallError> {
    let folded = folded(bulk(catalog, request)?, body);
    let row = |(lifecycle, mut asset)| {
        bound(lifecycle, &mut asset, request)?;
        let fold = asset.save(lifecycle);
        Ok((Row { asset: shown(lifecycle, asset) }, fold))
    };
    folded.assets.into_iter().map(row).collect()
}

/// All findings.
pub(super) fn check(
    catalog: &Catalog,
    request: &Request<'_>,
    body: &[u8],
) -> Result<Vec<LineFinding>, CallError> {
    let folded = folded(bulk(catalog, request)?.with_findings(), body);
    let row = |finding: Finding| {
        let line = (finding.delivery > 0).then_some(finding.delivery);
        LineFinding { finding, line }
    };
    Ok(folded.findings.iter().map(row).collect())
}

fn bulk<'c>(catalog: &'c Catalog, request: &Request<'_>) -> Result<Bulk<'c>, CallError> {
    let mut reader = Reader::new(catalog);
    if let Some(name) = request.provider.as_deref() {
        reader = reader.with_provider(provider(catalog, name)?);
    }
    Ok(Bulk::new(reader).with_policy(request.policy()))
}

fn folded<'c>(mut bulk: Bulk<'c>, bytes: &[u8]) -> Folded<'c> {
    let mut documents = Documents::new(bytes);
    let mut last_line = 1;
    loop {
        match documents.next_document() {
            Ok(None) => return bulk.finish(),
            Ok(Some(document)) => {
                last_line = document.line;
                match document.body {
                    Ok(body) => bulk.deliver(&Delivery::new(body, last_line)),
                    Err(error) => bulk.deliver_broken(&error, last_line),
                }
            }
            Err(error) => {
                let reason = error.to_string();
                bulk.deliver_broken(&EventError::BrokenStream { reason }, last_line);
                return bulk.finish();
            }
        }
    }
}
