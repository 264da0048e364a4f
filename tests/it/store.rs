mod damage;
mod faults;
mod files;
mod imports;
mod items;
mod laws;
mod questions;
mod upkeep;

use std::path::{Path, PathBuf};

use mediafold::{
    Catalog, Delivery, Finding, Reader, Timestamp,
    bulk::{Bulk, Documents},
    store::{Incoming, Store, StoreOptions, Verified},
};
use tempfile::TempDir;

/// A folder with a store in it.
fn place() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("mediafold.db");
    (folder, path)
}

fn open(path: &Path) -> Store {
    Store::open(path, Catalog::builtin().clone(), StoreOptions::default()).unwrap()
}

/// A moment in which something is received.
fn moment(second: i64) -> Timestamp {
    Timestamp::from_nanos((1_790_000_000 + second) * 1_000_000_000 + 7)
}

fn incoming(provider: &str, body: impl Into<Vec<u8>>, second: i64) -> Incoming {
    Incoming {
        source: provider.to_owned(),
        provider: provider.to_owned(),
        received_at: moment(second),
        content_type: None,
        headers: Default::default(),
        query: None,
        body: body.into(),
    }
}

/// What FastPix sends of a media.
fn media(id: &str, kind: &str, event: &str, second: i64) -> Incoming {
    let body = format!(
        r#"{{"type":"video.media.{kind}","id":"{event}","createdAt":"{}","object":{{"id":"{id}"}},"data":{{"id":"{id}"}}}}"#,
        moment(second)
    );
    incoming("fastpix", body, second)
}

/// Gives a delivery and waits for it.
fn deliver(store: &Store, incoming: Incoming) -> mediafold::store::Receipt {
    store.submit(incoming).unwrap().wait().unwrap()
}

fn exported(path: &Path) -> Vec<u8> {
    let mut out = Vec::new();
    Store::export(path, &mut out).unwrap();
    out
}

/// What `verify` says of a store.
fn verified(path: &Path) -> Verified {
    Store::verify(path, Catalog::builtin(), Default::default(), &mut |_, _| ()).unwrap()
}

/// All assets of a store, as lines, by pages of three.
fn lines(store: &Store) -> Vec<String> {
    let (mut lines, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.assets(&Default::default(), cursor.as_deref(), 3).unwrap();
        lines.extend(page.items.into_iter().map(|asset| asset.json));
        match page.next {
            Some(next) => cursor = Some(next),
            None => return lines,
        }
    }
}

/// What a fold of a file gives: a line for each asset, and each finding in a form to compare it by.
fn folded(file: &[u8]) -> (Vec<String>, Vec<String>) {
    folded_by(Catalog::builtin(), file)
}

fn folded_by(catalog: &Catalog, file: &[u8]) -> (Vec<String>, Vec<String>) {
    let mut bulk = Bulk::new(Reader::new(catalog)).with_findings();
    let mut documents = Documents::new(file);
    while let Some(document) = documents.next_document().unwrap() {
        bulk.deliver(&Delivery::new(document.body.unwrap(), document.line));
    }
    let folded = bulk.finish();
    let line = |(lifecycle, asset): &(&mediafold::Lifecycle, mediafold::Asset)| {
        let mut line = Vec::new();
        asset.snapshot(lifecycle, true).write_json(&mut line);
        String::from_utf8(line).unwrap()
    };
    // Copies and late events are no findings of an asset as it stands.
    let of_set = |finding: &Finding| !matches!(finding.name, "duplicate" | "late");
    let findings = folded.findings.iter().filter(of_set);
    let mut findings: Vec<String> = findings.map(|finding| said(&finding)).collect();
    findings.sort();
    (folded.assets.iter().map(line).collect(), findings)
}

fn said(finding: &Finding) -> String {
    format!(
        "{} {} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {} {}",
        finding.code.code(),
        finding.severity.name(),
        finding.entity,
        finding.id,
        finding.event,
        finding.event_id,
        finding.at,
        finding.state,
        finding.allowed,
        finding.missing,
        finding.message,
        finding.help
    )
}

/// The findings of a store, in that form.
fn stored_findings(store: &Store) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.findings(&Default::default(), cursor.as_deref(), 7).unwrap();
        for finding in page.items {
            let list = |text: &str| serde_json::from_str::<Vec<String>>(text).unwrap();
            all.push(format!(
                "{} {} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {} {}",
                finding.code,
                finding.severity,
                finding.entity,
                finding.id,
                finding.event,
                finding.event_id,
                finding.at,
                finding.state,
                list(finding.allowed.get()),
                list(finding.missing.get()),
                finding.message,
                finding.help
            ));
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    all.sort();
    all
}
