//! A consumer of a queue: each message is a delivery as somebody recorded it, and is acknowledged once the asset is
//! kept. A message comes at least once and in any order; the asset is the same in the end.
//!
//! ```console
//! $ cargo run --example queue < tests/data/samples/mux.jsonl
//! ```

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program of its own"
)]

use std::{
    collections::HashMap,
    io::{self, BufRead},
};

use mediafold::{Asset, Catalog, Delivery, Lifecycle, Reader, step};

/// A queue: the next message, and how to say that it need not come again.
trait Queue {
    fn next(&mut self) -> io::Result<Option<(u64, Vec<u8>)>>;
    fn acknowledge(&mut self, message: u64);
}

/// Standard input as one.
struct Lines<R>(io::Lines<R>, u64);

impl<R: BufRead> Queue for Lines<R> {
    fn next(&mut self) -> io::Result<Option<(u64, Vec<u8>)>> {
        self.1 += 1;
        Ok(self.0.next().transpose()?.map(|line| (self.1, line.into_bytes())))
    }

    fn acknowledge(&mut self, _: u64) {}
}

/// Where assets are kept between messages: a database, in earnest.
type Rows = HashMap<(&'static str, Box<str>), String>;

fn consume(queue: &mut impl Queue, rows: &mut Rows) -> Result<(), Box<dyn std::error::Error>> {
    let reader = Reader::new(Catalog::builtin());
    while let Some((number, message)) = queue.next()? {
        let reading = reader.read(&Delivery::new(&message, number));
        for error in reading.errors {
            eprintln!("message {number}: {error}");
        }
        for placed in reading.events {
            let lifecycle: &'static Lifecycle = placed.lifecycle;
            let row = rows.entry((lifecycle.entity(), placed.asset.clone())).or_default();
            let mut asset = match row.as_str() {
                "" => Asset::new(placed.asset),
                saved => Asset::load(lifecycle, saved)?,
            };
            let outcome = step(lifecycle, &mut asset, &placed.event);
            for finding in &outcome.findings {
                eprintln!("message {number}: {}: {}", finding.code.code(), finding.message);
            }
            if outcome.changed() {
                println!(
                    "{}/{}: {} -> {}",
                    lifecycle.entity(),
                    asset.id(),
                    outcome.before,
                    outcome.after
                );
            }
            *row = asset.save(lifecycle);
        }
        queue.acknowledge(number);
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    consume(&mut Lines(io::stdin().lock().lines(), 0), &mut Rows::new())
}
