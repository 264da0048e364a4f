//! Nanoseconds per event of the fold, in order and late, and of one look-up in the table.
//!
//! On a shared 2-core machine: look-up 5 ns; step in order 0.35 µs, every second late 0.75 µs.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use mediafold::{Asset, Event, Lifecycle, Timestamp, fold, lifecycle::Node, step};

const SECOND: i64 = 1_000_000_000;
const START: i64 = 1_743_984_000 * SECOND;

/// A live stream that goes on and off the air, legally, `events` long.
fn session(lifecycle: &Lifecycle, events: usize) -> Vec<Event> {
    let round = ["preparing", "connected", "active", "recording", "disconnected", "idle"];
    let kinds = std::iter::once("created").chain(round.into_iter().cycle()).take(events);
    (0..)
        .zip(kinds)
        .map(|(number, kind)| {
            let time = Timestamp::from_nanos(START + number * SECOND);
            let event = Event::new(lifecycle, &format!("video.live_stream.{kind}"))
                .expect("a kind of the live stream");
            event.at(time).with_id(format!("event-{number:08}"))
        })
        .collect()
}

fn benches(criterion: &mut Criterion) {
    let lifecycle = Lifecycle::builtin("fastpix/live_stream").expect("built in");
    let events = session(lifecycle, 1000);
    let mut late = events.clone();
    for pair in late.chunks_exact_mut(2) {
        pair.swap(0, 1);
    }
    let kinds: Vec<_> =
        events.iter().filter_map(|event| lifecycle.kind(event.name(lifecycle))).collect();

    let mut group = criterion.benchmark_group("per event");
    group.throughput(Throughput::Elements(events.len() as u64));
    group.bench_function("look-up", |bencher| {
        bencher.iter(|| {
            kinds.iter().fold(Node::NEW, |node, kind| lifecycle.rule(node, black_box(*kind)).next)
        });
    });
    for (name, events) in [("step in order", &events), ("step every second late", &late)] {
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || Asset::new("asset"),
                |mut asset| {
                    for event in events {
                        black_box(step(lifecycle, &mut asset, event));
                    }
                    asset
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.bench_function("fold at once", |bencher| {
        bencher.iter_batched(
            || (Asset::new("asset"), late.clone()),
            |(mut asset, events)| {
                fold(lifecycle, &mut asset, events);
                asset
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
