//! What other languages are told: vectors that this writes and every binding is held to, to the byte.

/// Bad requests and bad texts.
mod errors;

use std::{collections::BTreeMap, fs, path::PathBuf};

use mediafold::{
    Catalog, Timestamp,
    lifecycle::{Provider, Scheme},
    signature::Request,
};
use mediafold_plain::Plain;
use serde_json::{Value, json};

use crate::golden;

/// Payloads of each provider that are taken.
const PAYLOADS: usize = 5;
const NOW: &str = "2026-03-02T12:00:00Z";
const URL: &str = "https://app.example.com/hooks?from=there";
/// Is text, base64 and hex.
const SECRET: &str = "6d65646961666f6c64212121";
/// Small enough to be seen in a few steps.
const BOUND: u64 = 2;

/// Calls, what they were about, and what came back.
#[derive(Default)]
struct Vectors {
    plain: Plain,
    lines: Vec<String>,
}

impl Vectors {
    /// Calls, writes down what came back, and gives that with the saved assets in their places. Those of the request go
    /// before the body.
    fn call(&mut self, request: &Value, body: &[u8]) -> Value {
        let mut request = request.clone();
        let mut sent = Vec::new();
        for name in ["fold", "other"] {
            if let Some(Value::String(saved)) = request.get(name).cloned() {
                request[name] = saved.len().into();
                sent.extend_from_slice(saved.as_bytes());
            }
        }
        sent.extend_from_slice(body);
        let body = &*sent;
        // As text, since languages read numbers in their own ways.
        let request = request.to_string();
        let answer = self.plain.call(request.as_bytes(), body);
        let mut line = json!({ "request": request, "answer": answer });
        match std::str::from_utf8(body) {
            Ok("") => {}
            Ok(text) => line["body"] = text.into(),
            Err(_) => line["body_hex"] = hex(body).into(),
        }
        self.lines.push(line.to_string());
        told(&answer)
    }

    fn check(self, name: &str) {
        golden::check(
            &format!("bindings/{name}.json"),
            &format!("[\n{}\n]\n", self.lines.join(",\n")),
        );
    }
}

/// What an answer says, with the saved assets behind it in their places.
fn told(answer: &str) -> Value {
    let mut lines = answer.split('\n');
    let mut answer: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    let Some(told) = answer.get_mut("ok") else { return answer["error"].clone() };
    let lines: Vec<&str> = lines.collect();
    let owners: Vec<&mut Value> = match told {
        Value::Array(rows) if !lines.is_empty() => rows.iter_mut().collect(),
        Value::Object(members) if members.get("events").is_some_and(Value::is_array) => {
            members["events"].as_array_mut().unwrap().iter_mut().collect()
        }
        Value::Object(_) if !lines.is_empty() => vec![told],
        _ => Vec::new(),
    };
    assert_eq!(owners.len(), lines.len(), "as many as there are assets in the answer");
    for (owner, saved) in owners.into_iter().zip(lines) {
        owner["fold"] = saved.into();
    }
    told.clone()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Some bodies that a provider sends.
fn bodies(provider: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from("tests/data/payloads").join(provider);
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let stride = files.len().div_ceil(PAYLOADS);
    files.iter().step_by(stride).map(|file| fs::read(file).unwrap()).collect()
}

/// How a body of this provider is read: verified where it signs.
fn reading(provider: &Provider, body: &[u8]) -> Value {
    let scheme = provider.scheme();
    if *scheme == Scheme::None {
        return json!({ "call": "read", "provider": provider.name(), "received_at": NOW });
    }
    let now: Timestamp = NOW.parse().unwrap();
    let headers = scheme.sign(SECRET, &Request::new(URL, body, "msg_1", now)).unwrap();
    json!({
        "call": "unwrap", "provider": provider.name(), "secrets": ["another0", SECRET],
        "headers": headers, "url": URL, "now": NOW, "method": "POST",
    })
}

/// Every provider's webhooks, from the request to the row.
#[test]
fn what_providers_send() {
    for provider in Catalog::builtin().providers() {
        let mut vectors = Vectors::default();
        let mut rows: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for body in bodies(provider.name()) {
            let mut read = reading(provider, &body);
            let mut told = vectors.call(&read, &body);
            if told["type"] == "UsageError" {
                // A secret of hexadecimal digits is of another length here.
                read["secrets"] = json!([SECRET]);
                told = vectors.call(&read, &body);
            }
            assert!(told["findings"].is_array(), "{}: {told}", provider.name());
            for event in told["events"].as_array().unwrap() {
                let key = |name: &str| event[name].as_str().unwrap().to_owned();
                let row = rows.entry((key("entity"), key("id"))).or_default();
                let request = json!({
                    "call": "step", "fold": row.last(), "other": event["fold"], "bound": { "events": BOUND },
                });
                let stepped = vectors.call(&request, b"");
                row.push(stepped["fold"].as_str().unwrap().to_owned());
            }
        }
        for row in rows.values() {
            let last = row.last().unwrap();
            for call in ["asset", "findings", "history"] {
                vectors.call(&json!({ "call": call, "fold": last }), b"");
            }
            vectors.call(&json!({ "call": "overdue", "fold": last, "now": NOW }), b"");
            vectors.call(&json!({ "call": "merge", "fold": row[0], "other": last }), b"");
        }
        assert!(!rows.is_empty(), "{} says nothing", provider.name());
        vectors.check(provider.name());
    }
}

/// What needs no row: files, diagrams, definitions.
#[test]
fn files_and_definitions() {
    let mut vectors = Vectors::default();
    let sample = fs::read("tests/data/samples/mux.jsonl").unwrap();
    vectors.call(&json!({ "call": "fold" }), &sample);
    vectors.call(&json!({ "call": "check" }), &sample);
    vectors.call(
        &json!({ "call": "fold", "provider": "mux", "bound": { "events": 2, "age": "1h" } }),
        &sample,
    );
    for format in ["mermaid", "dot", "xstate", "scxml"] {
        vectors.call(&json!({ "call": "diagram", "entity": "mux/upload", "format": format }), b"");
    }
    let acme = "provider = \"acme\"\n[envelope]\nkind = [\"/t\"]\nevent_id = []\ntime = []\n";
    let job = "entity = \"acme/job\"\nid = [\"/id\"]\norder = \"arrival\"\n[states]\nopen = {}\ndone = { end = true }\n[events]\nopen = { from = [\"new\"], to = \"open\" }\ndone = { from = [\"open\"], to = \"done\" }\n";
    let opened = vectors
        .call(&json!({ "call": "open", "files": { "provider.toml": acme, "job.toml": job } }), b"");
    assert_eq!(opened["definitions"], 1, "{opened}");
    for id in ["__proto__", "constructor", "9007199254740993"] {
        let body = json!({ "t": "open", "id": id }).to_string();
        let read = json!({ "call": "read", "provider": "acme", "definitions": 1 });
        let told = vectors.call(&read, body.as_bytes());
        let fold = &told["events"][0]["fold"];
        let stepped =
            vectors.call(&json!({ "call": "step", "other": fold, "definitions": 1 }), b"");
        assert_eq!(stepped["asset"]["id"], id);
        vectors.call(&json!({ "call": "asset", "fold": fold }), b"");
    }
    vectors.call(&json!({ "call": "close", "definitions": 1 }), b"");
    vectors.call(&json!({ "call": "lifecycles", "definitions": 1 }), b"");
    vectors.check("files");
}

/// A verifier of a provider's own is told from that of the same name in other definitions.
#[test]
fn a_verifier_belongs_to_its_definitions() {
    let mut plain = Plain::new();
    let mut ask = |request: Value, body: &[u8]| -> Value {
        told(&plain.call(request.to_string().as_bytes(), body))
    };
    let own = "provider = \"mux\"\n[envelope]\nkind = [\"/type\"]\nevent_id = [\"/id\"]\ntime = [\"/created_at\"]\n[signature]\nscheme = \"token\"\nheader = \"x-own\"\n";
    let opened = ask(json!({ "call": "open", "files": { "provider.toml": own } }), b"");
    let unwrap = |handle: &Value, header: &str, value: &str| {
        json!({
            "call": "unwrap", "provider": "mux", "secrets": ["s3cret"], "now": NOW,
            "headers": [[header, value]], "definitions": handle,
        })
    };
    let handle = &opened["definitions"];
    assert!(handle.is_number(), "{opened}");
    let body = br#"{"type":"video.asset.created","id":"e","data":{"id":"a"}}"#;
    let forged = ask(unwrap(&Value::Null, "x-own", "s3cret"), body);
    assert_eq!(forged["type"], "UnsignedError", "{forged}");
    let read = ask(unwrap(handle, "x-own", "s3cret"), body);
    assert_eq!(read["events"][0]["id"], "a", "{read}");
    let forged = ask(unwrap(handle, "x-own", "s3creT"), body);
    assert_eq!(forged["status"], 401, "{forged}");
}
