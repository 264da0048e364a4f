//! `mediafold serve` under what may happen to it, as a process of its own: what it refuses, what it keeps, and how much
//! memory it has then. docs/operations.md has what each of these printed.
//!
//! `cargo bench --bench operate -- WHAT …`, where WHAT is one of
//!
//! - `junk N`: N requests that are not authentic or not even requests
//! - `bodies`: a gigabyte with its length, a gigabyte in chunks, and a gigabyte of zeros as gzip, four at a time
//! - `idle N`: N connections that say nothing, N that begin a request, and readers who do not read
//! - `flood N SECONDS`: N connections a second from one address, while others deliver
//! - `disk`: the disk refuses to write or to sync, by `strace`, while deliveries come
//! - `full FOLDER`: the folder's disk becomes full, and a file of 16 MiB is removed from it
//! - `load FILE SECONDS`: deliveries about random assets of a store that there is

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench that cannot go on has failed, and it looks at the clock"
)]

mod attacks;
mod faults;
mod flood;
mod server;

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use self::server::{Client, Server, media};

fn main() {
    let given: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse().unwrap();
    match given[..] {
        ["junk", count] => attacks::junk(number(count)),
        ["bodies"] => attacks::bodies(),
        ["idle", count] => attacks::idle(number(count) as usize),
        ["flood", rate, seconds] => flood::flood(number(rate), number(seconds)),
        ["disk"] => faults::disk(),
        ["full", folder] => faults::full(Path::new(folder)),
        ["load", file, seconds] => load(Path::new(file), number(seconds)),
        _ => println!(
            "one of: junk N, bodies, idle N, flood N SECONDS, disk, full FOLDER, load FILE SECONDS"
        ),
    }
}

/// A folder on the disk that everything else here is on: that for temporary files may be in memory.
fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = folder.path().to_owned();
    (folder, path)
}

/// 64 clients who each wait for their answers.
fn load(file: &Path, seconds: u64) {
    let (_folder, path) = folder();
    let assets: Vec<String> = {
        let database = rusqlite::Connection::open(file).unwrap();
        let last: i64 =
            database.query_row("SELECT max(asset) FROM assets", [], |row| row.get(0)).unwrap();
        let sql = "SELECT id FROM assets WHERE asset = ? AND entity = 'fastpix/media'";
        let mut statement = database.prepare(sql).unwrap();
        let numbers = (1..200_000_u64).map(|at| {
            (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) % last.unsigned_abs()).cast_signed() + 1
        });
        numbers.filter_map(|asset| statement.query_row([asset], |row| row.get(0)).ok()).collect()
    };
    let began = Instant::now();
    let server = Server::start(&path, Some(file));
    let started = began.elapsed();
    println!("ready after {started:.2?}; {}", server.memory());
    let (next, end) = (AtomicU64::new(0), AtomicBool::new(false));
    let waits = Mutex::new(Vec::new());
    let run = began.elapsed().as_nanos();
    std::thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                let (mut client, mut own) = (Client::new(&server), Vec::new());
                while !end.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let id = &assets[number as usize % assets.len()];
                    let body = media(id, "updated", &format!("{run}-{number}"));
                    let began = Instant::now();
                    assert_eq!(client.post(&body), Some(200));
                    own.push(began.elapsed());
                }
                waits.lock().unwrap().extend(own);
            });
        }
        std::thread::sleep(Duration::from_secs(seconds));
        end.store(true, Ordering::Relaxed);
    });
    let mut waits = waits.into_inner().unwrap();
    waits.sort_unstable();
    let at = |share: f64| waits[(waits.len() as f64 * share) as usize];
    println!(
        "{} acknowledged in {seconds} s about {} random assets, p50 {:.1?}, p99 {:.1?}; {}",
        waits.len(),
        assets.len(),
        at(0.5),
        at(0.99),
        server.memory()
    );
    let len = |ending: &str| {
        let file = format!("{}{ending}", file.display());
        std::fs::metadata(file).map_or(0, |file| file.len())
    };
    let database = rusqlite::Connection::open(file).unwrap();
    let count = |table: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        database.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    let (assets, deliveries) = (count("assets"), count("deliveries"));
    println!(
        "{assets} assets, {deliveries} deliveries; database {} MB, log {} MB, {} bytes a delivery",
        len("") / 1_000_000,
        len("-wal") / 1_000_000,
        len("") as i64 / deliveries
    );
}
