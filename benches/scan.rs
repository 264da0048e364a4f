//! Bytes per second from lines to proven tokens, at every level that the machine has, beside `serde_json`.
//!
//! Makes its own lines. `MEDIAFOLD_BENCH=a.jsonl:b.jsonl cargo bench --bench scan` scans files instead.
//! Budget: as fast as simdjson's DOM, which `peers/simdjson.cpp` measures on the same files; half of
//! the best level's speed without AVX-512.

use std::{fmt::Write, fs, hint::black_box, path::PathBuf};

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use serde_json::Value;

#[path = "../src/core/digest.rs"]
mod digest;
#[cfg(test)]
#[allow(dead_code, reason = "its tests do not run here")]
#[path = "../src/core/marks.rs"]
mod marks;
#[allow(
    dead_code,
    unused_imports,
    reason = "not all of it is measured, and its tests do not run here"
)]
#[path = "../src/core/scan/mod.rs"]
mod scan;

use scan::{Level, Scanner};

/// Lines of a few hundred shapes, with what payloads have: escapes, other scripts, numbers.
fn lines(count: usize) -> String {
    let mut out = String::new();
    for number in 0..count {
        let entries = vec![r#""example.com""#; number % 7].join(",");
        let metadata: Vec<String> =
            (0..number % 11).map(|key| format!(r#""key{key}":"{number}""#)).collect();
        let _ = writeln!(
            out,
            r#"{{"type":"video.media.ready","id":"e-{number:010}","workspace":{{"name":"ワークスペース","id":"w-1"}},"status":"ready","data":{{"id":"m-{number:010}","trial":false,"metadata":{{{}}},"playbackIds":[{{"id":"p-{number:010}","accessPolicy":"public","accessRestrictions":{{"domains":{{"defaultPolicy":"allow","allow":[{entries}],"deny":[]}}}}}}],"duration":"00:01:02","aspectRatio":"16:9"}},"createdAt":"2025-04-07T00:00:00.789265941Z","attempts":[{{"responseStatusCode":404,"transfer":null,"responseBody":"{{\"success\":false,\"error\":{{\"message\":\"Token not found\"}}}}","maxAttempts":30,"address":"https://example.com/hook"}}]}}"#,
            metadata.join(","),
        );
    }
    out
}

fn proven(scanner: &mut Scanner, block: &[u8]) -> usize {
    let mut proven = 0;
    scanner.scan(block, |line| proven += usize::from(line.tokens.is_some()));
    proven
}

fn scanning(criterion: &mut Criterion) {
    let files = std::env::var_os("MEDIAFOLD_BENCH");
    let files: Vec<PathBuf> = files.iter().flat_map(std::env::split_paths).collect();
    let mut blocks: Vec<(String, Vec<u8>)> = files
        .iter()
        .map(|path| (path.display().to_string(), fs::read(path).expect("the file is readable")))
        .collect();
    if blocks.is_empty() {
        blocks.push(("20000 lines".to_owned(), lines(20_000).into_bytes()));
    }
    for (name, block) in &blocks {
        let mut group = criterion.benchmark_group(format!("scan {name}"));
        group.sample_size(10).sampling_mode(SamplingMode::Flat);
        group.throughput(Throughput::Bytes(block.len() as u64));
        for level in Level::all() {
            let mut scanner = Scanner::new(level);
            group.bench_function(format!("{level:?}"), |bencher| {
                bencher.iter(|| proven(&mut scanner, black_box(block)));
            });
        }
        group.bench_function("serde_json values", |bencher| {
            bencher.iter(|| {
                let lines = black_box(block).split(|byte| *byte == b'\n');
                lines.filter(|line| serde_json::from_slice::<Value>(line).is_ok()).count()
            });
        });
        group.finish();
    }
}

criterion_group!(all, scanning);
criterion_main!(all);
