//! Events per second from bytes to the state of every asset, and microseconds to read one payload.
//!
//! Makes its own deliveries. `MEDIAFOLD_BENCH=a.jsonl:b.jsonl cargo bench --bench bulk` folds files instead: with
//! one of 100,000 and one of a million deliveries, the cost per event must not differ by more than a tenth.

use std::{fmt::Write, fs::File, hint::black_box, io::Read, path::PathBuf};

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use mediafold::{
    Catalog, Delivery, Reader,
    bulk::{Bulk, Documents},
};

/// Five deliveries of each asset, interleaved with those of others.
fn deliveries(count: usize) -> String {
    let kinds = ["created", "updated", "ready", "intro.ready", "deleted"];
    let mut out = String::new();
    for number in 0..count {
        let (asset, kind) = (number % (count / 5).max(1), number / (count / 5).max(1));
        let kind = kinds[kind.min(4)];
        let _ = writeln!(
            out,
            r#"{{"type":"video.media.{kind}","id":"e-{number:010}","workspace":{{"name":"Bench","id":"w-1"}},"object":{{"type":"media","id":"m-{asset:010}"}},"status":"{kind}","data":{{"id":"m-{asset:010}","metadata":{{"title":"Asset {asset}","note":"a line\nand another"}},"maxResolution":"1080p","playbackIds":[{{"id":"p-{asset:010}","accessPolicy":"public","accessRestrictions":{{"domains":{{"defaultPolicy":"allow","allow":[],"deny":[]}}}}}}],"duration":"00:01:02","aspectRatio":"16:9"}},"createdAt":"2025-04-07T{:02}:{:02}:{:02}.{:09}Z","attempts":[{{"webhookId":"w","responseStatusCode":404,"maxAttempts":30,"address":"https://example.com/hook"}}]}}"#,
            number / 360_000 % 24,
            number / 6_000 % 60,
            number / 100 % 60,
            number % 1_000_000_000,
        );
    }
    out
}

fn fold(input: impl Read) -> usize {
    let mut bulk = Bulk::new(Reader::new(Catalog::builtin()).without_data());
    let mut documents = Documents::new(input);
    while let Some(document) = documents.next_document().expect("the input is readable") {
        match document.body {
            Ok(body) => bulk.deliver(&Delivery::new(body, document.line)),
            Err(error) => bulk.deliver_broken(&error, document.line),
        }
    }
    bulk.finish().assets.len()
}

fn end_to_end(criterion: &mut Criterion) {
    let files = std::env::var_os("MEDIAFOLD_BENCH");
    let files: Vec<PathBuf> = files.iter().flat_map(std::env::split_paths).collect();
    let mut group = criterion.benchmark_group("fold end to end");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for path in &files {
        let mut lines = Documents::new(File::open(path).expect("the file is readable"));
        let mut count = 0;
        while lines.next_document().expect("the file is readable").is_some() {
            count += 1;
        }
        group.throughput(Throughput::Elements(count));
        group.bench_function(path.display().to_string(), |bencher| {
            bencher.iter(|| fold(File::open(path).expect("the file is readable")));
        });
    }
    if files.is_empty() {
        for count in [20_000, 200_000] {
            let text = deliveries(count);
            group.throughput(Throughput::Elements(count as u64));
            group.bench_function(format!("{count} deliveries"), |bencher| {
                bencher.iter(|| fold(black_box(text.as_bytes())));
            });
        }
    }
    group.finish();
}

fn reading(criterion: &mut Criterion) {
    let text = deliveries(100);
    let line = text.lines().next().expect("there are lines").as_bytes();
    let mut group = criterion.benchmark_group("read one payload");
    group.throughput(Throughput::Bytes(line.len() as u64));
    let form = b"AccountSid=AC0&MediaProcessorSid=ZX0&StatusCallbackEvent=media-processor-started&Timestamp=2022-03-04T20%3A25%3A09Z&Url=https%3A%2F%2Fmedia.twilio.com%2Fv1%2FMediaProcessors%2FZX0";
    for (name, body) in [("FastPix, with data", line), ("Twilio form", form)] {
        let reader = Reader::new(Catalog::builtin());
        group.bench_function(name, |bencher| {
            bencher.iter(|| reader.read(black_box(&Delivery::new(body, 1))));
        });
    }
    group.finish();
}

criterion_group!(all, reading, end_to_end);
criterion_main!(all);
