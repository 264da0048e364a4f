//! Nanoseconds per byte to read and check what is no webhook at all, by size: the same for every size, since reading is
//! linear, whatever is read.
//!
//! `cargo bench --bench hostile`. Budget: 100 ns per byte, and no size more than half as much again as the smallest.

#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "it measures and says what")]

use std::time::Instant;

use mediafold::{
    Catalog, Delivery, Reader,
    bulk::{Bulk, Documents},
};

const SIZES: [usize; 4] = [1 << 20, 4 << 20, 16 << 20, 32 << 20];

/// What makes a text of a length in bytes.
type Shape = fn(usize) -> String;

/// The text repeated, at most this many bytes of it.
fn fill(text: &str, len: usize) -> String {
    text.repeat(len / text.len() + 1)[..len].to_owned()
}

/// Each opens a level, in a column of its own.
fn columns(len: usize) -> String {
    let level = |at: usize| format!("{}{{\"a\":\n", " ".repeat(at));
    fill(&(0..128).map(level).collect::<String>(), len)
}

/// Pretty-printed documents, as long as any may be, that are broken at their ends.
fn broken_at_the_end(len: usize) -> String {
    let body = fill("  \"a\": 1,\n", (len / 4).min(15 << 20));
    fill(&format!("{{\n{body}  \"b\": x\n"), len)
}

/// Levels that are closed again behind something long, with something behind them.
fn closed_late(len: usize) -> String {
    let (open, close) = ("{\"a\":\n".repeat(120), "},\n".repeat(120));
    let long = fill("x", (len / 4).min(15 << 20));
    fill(&format!("{open}\"{long}\"\n{close}"), len)
}

fn check(text: &str) -> usize {
    let mut bulk = Bulk::new(Reader::new(Catalog::builtin())).with_findings();
    let mut documents = Documents::new(text.as_bytes());
    while let Some(document) = documents.next_document().expect("it is in memory") {
        match document.body {
            Ok(body) => bulk.deliver(&Delivery::new(body, document.line)),
            Err(error) => bulk.deliver_broken(&error, document.line),
        }
    }
    bulk.finish().findings.severities().count()
}

fn main() {
    let shapes: [(&str, Shape); 7] = [
        ("a level a line, each in its column", columns),
        ("a bracket a line", |len| fill("[\n", len)),
        ("`[{` lines", |len| fill("[{\n", len)),
        ("unclosed strings", |len| fill("{\"a\":\"\n", len)),
        ("long and broken at their end", broken_at_the_end),
        ("closed late, with something behind", closed_late),
        ("cut lines", |len| fill("{\"type\":\"x\",\"data\":{\"list\":[1,\n", len)),
    ];
    print!("{:36}", "ns per byte");
    SIZES.iter().for_each(|len| print!("{:>8} MB", len >> 20));
    println!("{:>12}", "findings");
    for (name, text) in shapes {
        print!("{name:36}");
        let mut findings = 0;
        for len in SIZES {
            let text = text(len);
            let begun = Instant::now();
            findings = check(&text);
            print!("{:>11.1}", begun.elapsed().as_nanos() as f64 / len as f64);
        }
        println!("{findings:>12}");
    }
}
