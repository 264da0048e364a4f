//! Nanoseconds per event for what comes after reading: taking in records, folding them, putting assets in order and
//! printing them. Budget: 200 ns per delivery in all, and 330 bytes of records per asset of five events.
//!
//! Makes its own deliveries. `MEDIAFOLD_BENCH=a.jsonl cargo bench --bench records` takes a file instead.

#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "it measures and says what")]

use std::{fmt::Write, fs, hint::black_box, time::Instant};

use mediafold::{Catalog, Delivery, Reader, bulk::Bulk, event::Reading, fast::Batch};

/// How many deliveries are read at once.
const BLOCK_LEN: usize = 200;

/// Five deliveries of each asset, interleaved with those of others.
fn deliveries(count: usize) -> String {
    let kinds = ["created", "updated", "ready", "intro.ready", "deleted"];
    let mut out = String::new();
    for number in 0..count {
        let (asset, kind) = (number % (count / 5).max(1), number / (count / 5).max(1));
        let (asset, kind) = (asset.wrapping_mul(0x9e37_79b9) & 0xffff_ffff, kinds[kind.min(4)]);
        let _ = writeln!(
            out,
            r#"{{"type":"video.media.{kind}","id":"{number:08x}-0000-4000-8000-00000000e7e9","object":{{"id":"{asset:08x}-0000-4000-8000-0000000000a5"}},"status":"{kind}","createdAt":"2025-04-07T{:02}:{:02}:{:02}.{:09}Z"}}"#,
            number / 360_000 % 24,
            number / 6_000 % 60,
            number / 100 % 60,
            number % 1_000_000_000,
        );
    }
    out
}

/// Bytes of memory in use, and the most that ever were, where the system tells.
fn memory() -> (u64, u64) {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0)
    };
    (kilobytes("VmRSS:") << 10, kilobytes("VmHWM:") << 10)
}

/// Nanoseconds that this process was running, or by the clock where the system does not tell.
fn on_cpu() -> u64 {
    let times = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    times.split_whitespace().next().and_then(|time| time.parse().ok()).unwrap_or(0)
}

fn main() {
    let path = std::env::var_os("MEDIAFOLD_BENCH");
    let text = match path {
        Some(path) => fs::read_to_string(path).expect("the file is readable"),
        None => deliveries(500_000),
    };
    let reader = Reader::new(Catalog::builtin()).without_data();
    let count = text.lines().count() as f64;
    for workers in [1, 2] {
        let (before, _) = memory();
        let mut batch = Batch::from(Bulk::new(Reader::new(Catalog::builtin())));
        let mut numbered = (1..).zip(text.lines());
        // What was just read is still at hand, and the median is what nothing else got in the way of.
        let mut blocks = Vec::new();
        loop {
            let block = numbered.by_ref().take(BLOCK_LEN);
            let readings: Vec<(u64, Reading<'_>)> = block
                .map(|(line, body)| (line, reader.read(&Delivery::new(body.as_bytes(), line))))
                .collect();
            let Some((first, _)) = readings.first() else { break };
            let worker = *first as usize / BLOCK_LEN % workers;
            let begun = Instant::now();
            for (line, reading) in &readings {
                batch.take(worker, reading, *line);
            }
            blocks.push(begun.elapsed().as_nanos() as u64);
        }
        blocks.sort_unstable();
        let add = blocks[blocks.len() / 2] as f64 / BLOCK_LEN as f64;
        let (added, _) = memory();
        let mut times = vec![("", on_cpu())];
        let sheet = batch.finish();
        times.push(("group and fold", on_cpu()));
        let (folded, _) = memory();
        for cut in sheet.cuts(4096) {
            let _ = sheet.rows(&cut, false, |row| {
                black_box(row);
                Ok::<(), ()>(())
            });
        }
        times.push(("merge", on_cpu()));
        let (mut out, mut bytes) = (Vec::new(), 0);
        for cut in sheet.cuts(4096) {
            out.clear();
            let _ = sheet.rows(&cut, false, |row| {
                row.write_json(&mut out);
                out.push(b'\n');
                Ok::<(), ()>(())
            });
            bytes += out.len();
        }
        times.push(("merge and print", on_cpu()));
        let assets = sheet.len() as f64;
        println!("{count} deliveries, {assets} assets, {bytes} bytes printed, {workers} workers");
        println!("  add: {add:.0} ns per delivery, {:.0} per asset", add * count / assets);
        for pair in times.windows(2) {
            let nanos = (pair[1].1 - pair[0].1) as f64;
            let (name, per_asset) = (pair[1].0, nanos / assets);
            println!("  {name}: {:.0} ns per delivery, {per_asset:.0} per asset", nanos / count);
        }
        let bytes = |now: u64| now.saturating_sub(before) as f64;
        println!(
            "  memory: records {:.1} MB, {:.0} bytes per 5 deliveries; rows {:.1} MB",
            bytes(added) / 1e6,
            bytes(added) / count * 5.0,
            bytes(folded) / 1e6,
        );
    }
}
