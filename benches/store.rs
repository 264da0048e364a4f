//! How many deliveries a second are stored, beside bare loops over SQLite with the same settings, in one run.
//!
//! `cargo bench --bench store -- [SECONDS [CLIENTS [BYTES [ROUNDS]]]]`, or `-- scale ASSETS DELIVERIES BYTES` for memory and
//! the time that opening takes with so much in it. The bare loops do what every store must at the least: `body` writes the
//! body alone, `row` also an id that is unique and a row of the asset. They have the same clients, which make and give the
//! same bodies by a channel; nothing goes by HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that cannot go on has failed"
)]
#![allow(clippy::disallowed_methods, reason = "a bench looks at the clock")]

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{self, SyncSender},
    },
    time::{Duration, Instant},
};

use mediafold::{
    Catalog, Timestamp,
    store::{FindingFilter, Incoming, Store, StoreOptions},
};
use rusqlite::{Connection, params};

/// That of the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Assets that deliveries are about at a time; each has six events and then another takes its place.
const ASSETS: u64 = 2_000;

/// What happens to each, with the status word that goes with it: nothing that there is to find.
const KINDS: [(&str, &str); 6] = [
    ("created", "Created"),
    ("updated", "Processing"),
    ("ready", "Ready"),
    ("updated", "Ready"),
    ("track.created", "preparing"),
    ("track.ready", "available"),
];

fn body(number: u64, len: usize) -> Vec<u8> {
    let turn = number / ASSETS;
    let id = number % ASSETS + turn / KINDS.len() as u64 * ASSETS;
    let (kind, status) = KINDS[(turn % KINDS.len() as u64) as usize];
    let time = Timestamp::from_nanos(1_790_000_000_000_000_000 + number as i64 * 1_000);
    let id = format!("{:08x}-7df4-4ffa-9764-{id:012x}", id.wrapping_mul(2_654_435_761) as u32);
    let event = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut body = format!(
        r#"{{"type":"video.media.{kind}","id":"{event:016x}-{number:x}","createdAt":"{time}","object":{{"type":"media","id":"{id}"}},"workspace":{{"id":"w"}},"status":"{kind}","data":{{"id":"{id}","trackId":"t{id}","title":"A video","status":"{status}","maxResolution":"1080p","playbackIds":[{{"id":"p{id}","accessPolicy":"public"}}],"filler":""#
    );
    while body.len() + 3 < len {
        body.push(char::from(b'a' + (body.len() % 26) as u8));
    }
    body.push_str("\"}}");
    body.into_bytes()
}

fn incoming(number: u64, len: usize) -> Incoming {
    Incoming {
        source: "fastpix".to_owned(),
        provider: "fastpix".to_owned(),
        received_at: Timestamp::from_nanos(1_790_000_000_000_000_000 + number as i64 * 1_000),
        content_type: Some("application/json".to_owned()),
        headers: Default::default(),
        query: None,
        body: body(number, len),
    }
}

/// A second, how long it took to be acknowledged at half and at 99 % of all deliveries, in ms, and deliveries a commit.
struct Measured {
    rate: f64,
    p50: f64,
    p99: f64,
    group: f64,
    /// Processor time of the thread that writes, in µs a delivery.
    writer: f64,
}

/// For how long the threads of a name have had a processor, in s.
fn processor(name: &str) -> f64 {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let of_name = threads.filter(|thread| {
        std::fs::read_to_string(thread.path().join("comm")).is_ok_and(|comm| comm.trim() == name)
    });
    let ran = of_name.filter_map(|thread| {
        let stat = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        stat.split(' ').next()?.parse::<f64>().ok()
    });
    ran.sum::<f64>() / 1e9
}

/// Lets clients give deliveries, each waiting for its own.
fn measure(
    seconds: f64,
    clients: usize,
    (commits, writer): (&AtomicU64, &str),
    give: &(dyn Fn(u64) + Sync),
) -> Measured {
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let began = Instant::now();
    let mut waits: Vec<Duration> = std::thread::scope(|scope| {
        let client = || {
            let mut waits = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let began = Instant::now();
                give(number);
                waits.push(began.elapsed());
            }
            waits
        };
        let clients: Vec<_> = (0..clients).map(|_| scope.spawn(client)).collect();
        std::thread::sleep(Duration::from_secs_f64(seconds));
        stop.store(true, Ordering::Relaxed);
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    let rate = waits.len() as f64 / began.elapsed().as_secs_f64();
    let writer = processor(writer) * 1e6 / waits.len() as f64;
    waits.sort_unstable();
    let at = |share: f64| waits[(waits.len() as f64 * share) as usize].as_secs_f64() * 1_000.0;
    let group = waits.len() as f64 / commits.load(Ordering::Relaxed) as f64;
    Measured { rate, p50: at(0.5), p99: at(0.99), group, writer }
}

fn store(path: &Path, seconds: f64, clients: usize, len: usize) -> Measured {
    let store = Store::open(path, Catalog::builtin().clone(), StoreOptions::default()).unwrap();
    let commits = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&commits);
    store.on_commit(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let measured = measure(seconds, clients, (&commits, "store-writer"), &|number| {
        store.submit(incoming(number, len)).unwrap().wait().unwrap();
    });
    let found = store.findings(&FindingFilter::default(), None, 1).unwrap();
    assert!(found.items.is_empty(), "ordinary deliveries: {:?}", found.items);
    measured
}

/// A group commit over the same settings: one thread writes what has come, and copies of the log go to another.
fn bare(path: &Path, rows: bool, seconds: f64, clients: usize, len: usize) -> Measured {
    let set_up = "PRAGMA journal_mode = wal; PRAGMA synchronous = full; PRAGMA fullfsync = on;
                  PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -16384;";
    let database = Connection::open(path).unwrap();
    database.execute_batch(set_up).unwrap();
    let tables = "CREATE TABLE d (n INTEGER PRIMARY KEY, body BLOB) STRICT;
                  CREATE TABLE i (id BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
                  CREATE TABLE a (id INTEGER PRIMARY KEY, row BLOB) STRICT;";
    database.execute_batch(tables).unwrap();
    let (given, tasks) = mpsc::sync_channel::<(u64, Vec<u8>, SyncSender<()>)>(4096);
    let (wrote, written) = mpsc::sync_channel(1);
    let commits = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&commits);
    let write = move || {
        while let Ok(first) = tasks.recv() {
            let group: Vec<_> = [first].into_iter().chain(tasks.try_iter().take(255)).collect();
            database.execute_batch("BEGIN IMMEDIATE").unwrap();
            for (number, body, _) in &group {
                database
                    .prepare_cached("INSERT INTO d (body) VALUES (?)")
                    .unwrap()
                    .execute([body])
                    .unwrap();
                if rows {
                    let id = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes().repeat(2);
                    database
                        .prepare_cached("INSERT INTO i VALUES (?)")
                        .unwrap()
                        .execute([id])
                        .unwrap();
                    let sql = "INSERT INTO a VALUES (?1, ?2) ON CONFLICT DO UPDATE SET row = ?2";
                    let row = params![(number % ASSETS) as i64, &body[..200]];
                    database.prepare_cached(sql).unwrap().execute(row).unwrap();
                }
            }
            database.execute_batch("COMMIT").unwrap();
            count.fetch_add(1, Ordering::Relaxed);
            let _ = wrote.try_send(());
            for (_, _, answer) in group {
                let _ = answer.send(());
            }
        }
    };
    let copied = path.to_owned();
    let copy = move || {
        let database = Connection::open(copied).unwrap();
        database.execute_batch("PRAGMA synchronous = full; PRAGMA fullfsync = on;").unwrap();
        while written.recv().is_ok() {
            std::thread::sleep(Duration::from_millis(200));
            let _ = database.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        }
    };
    let write = std::thread::Builder::new().name("bare-writer".to_owned()).spawn(write).unwrap();
    let threads = [write, std::thread::spawn(copy)];
    let measured = measure(seconds, clients, (&commits, "bare-writer"), &|number| {
        let (answer, answered) = mpsc::sync_channel(1);
        given.send((number, body(number, len), answer)).unwrap();
        answered.recv().unwrap();
    });
    drop(given);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    measured
}

/// How long the disk takes to say that something is on it, in ms.
fn fsync(folder: &Path) -> f64 {
    use std::io::Write as _;
    let mut file = std::fs::File::create(folder.join("probe")).unwrap();
    let mut waits: Vec<f64> = (0..50)
        .map(|_| {
            file.write_all(&[7; 4096]).unwrap();
            let began = Instant::now();
            file.sync_data().unwrap();
            began.elapsed().as_secs_f64() * 1_000.0
        })
        .collect();
    waits.sort_by(f64::total_cmp);
    waits[25]
}

fn settle(all: Vec<mediafold::store::Pending>) {
    for pending in all {
        pending.wait().unwrap();
    }
}

/// What one event costs an asset that has many already: in time, and in rows that are written.
fn long_histories(folder: &Path) {
    println!("\n{:<28} {:>12} {:>12}", "events of an asset", "in order µs", "late µs");
    for events in [10_u64, 1_000, 9_000] {
        let path = folder.join(format!("long{events}.db"));
        let store = Store::open(path, Catalog::builtin().clone(), StoreOptions::default()).unwrap();
        let give = |number: u64, second: u64| {
            let kind = if number == 0 { "created" } else { "updated" };
            let time = Timestamp::from_nanos((1_790_000_000 + second as i64) * 1_000_000_000);
            let body = format!(
                r#"{{"type":"video.media.{kind}","id":"e{number}","createdAt":"{time}","data":{{"id":"m","playbackIds":[{{"id":"p"}}]}}}}"#
            );
            let delivery = Incoming { body: body.into_bytes(), ..incoming(0, 0) };
            store.submit(delivery).unwrap()
        };
        let all: Vec<_> = (0..events)
            .map(|number| {
                while store.waiting() > 3_000 {
                    std::thread::yield_now();
                }
                give(number, number * 10)
            })
            .collect();
        settle(all);
        let timed = |from: u64, second: &dyn Fn(u64) -> u64| {
            let began = Instant::now();
            let all: Vec<_> = (0..500).map(|at| give(from + at, second(at))).collect();
            settle(all);
            began.elapsed().as_secs_f64() * 1e6 / 500.0
        };
        let in_order = timed(events, &|at| (events + at) * 10);
        let late = timed(events + 500, &|at| (events + 400 - at % 100) * 10 + 5 + at % 3);
        println!("{events:<28} {in_order:>12.1} {late:>12.1}");
    }
}

/// Memory that the process has, and the most that it had, in MB.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0");
        line.split_whitespace().next().and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1024
    };
    format!("{} MB resident, {} MB at the most", of("VmRSS:"), of("VmHWM:"))
}

/// Fills a store with many assets, then opens it again and asks it something.
fn scale(folder: &Path, assets: u64, deliveries: u64, len: usize) {
    let path = folder.join("scale.db");
    let opened =
        || Store::open(&path, Catalog::builtin().clone(), StoreOptions::default()).unwrap();
    let store = opened();
    let began = Instant::now();
    let (mut log, mut under_way) = (0, std::collections::VecDeque::new());
    for number in 0..deliveries {
        // Each of the assets in turn, so that one that is heard of again was long not.
        let (kind, _) = KINDS[(number / assets) as usize % KINDS.len()];
        let id = (number % assets).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let time = Timestamp::from_nanos(1_790_000_000_000_000_000 + number as i64 * 1_000);
        let mut body = format!(
            r#"{{"type":"video.media.{kind}","id":"e{number}","createdAt":"{time}","data":{{"id":"{id:016x}","title":""#
        );
        let fill = len.saturating_sub(body.len() + 3);
        body.extend(std::iter::repeat_n('x', fill));
        body.push_str("\"}}");
        let delivery = Incoming { body: body.into_bytes(), ..incoming(0, 0) };
        under_way.push_back(store.submit(delivery).unwrap());
        if under_way.len() > 2_000 {
            under_way.pop_front().unwrap().wait().unwrap();
        }
        if number % 10_000 == 0 {
            log = log.max(store.log_len());
        }
    }
    under_way.into_iter().for_each(|pending| assert!(pending.wait().is_ok()));
    let rate = deliveries as f64 / began.elapsed().as_secs_f64();
    println!("{assets} assets, {deliveries} deliveries of {len} bytes: {rate:.0}/s; {}", memory());
    println!("the log was {} MB at the most", log >> 20);
    drop(store);
    let len = std::fs::metadata(&path).unwrap().len() >> 20;
    let began = Instant::now();
    let store = opened();
    println!("opened in {:.1} ms; the file is {len} MB", began.elapsed().as_secs_f64() * 1e3);
    let timed = |what: &str, ask: &dyn Fn() -> usize| {
        let began = Instant::now();
        let found = ask();
        println!("{what}: {found} in {:.1} ms", began.elapsed().as_secs_f64() * 1e3);
    };
    let mut filter = mediafold::store::AssetFilter::default();
    timed("a page of all", &|| store.assets(&Default::default(), None, 100).unwrap().items.len());
    (filter.entity, filter.state) = (Some("fastpix/media".to_owned()), Some("created".to_owned()));
    timed("a page of a state", &|| store.assets(&filter, None, 100).unwrap().items.len());
    filter.flag = Some("chapters".to_owned());
    timed("a page of what there is not", &|| store.assets(&filter, None, 100).unwrap().items.len());
    timed("population", &|| store.population().unwrap().len());
    let late = Timestamp::from_nanos(1_800_000_000_000_000_000);
    timed("overdue, the first time", &|| store.sweep(late).unwrap().overdue as usize);
    timed("overdue, again", &|| store.sweep(late).unwrap().overdue as usize);
    println!("{}", memory());
}

fn main() {
    let mut given = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).peekable();
    if given.next_if(|arg| arg == "scale").is_some() {
        let mut number = || given.next().and_then(|arg| arg.parse().ok()).unwrap_or(1_000);
        let (assets, deliveries, len) = (number(), number(), number());
        let folder = tempfile::tempdir_in(".").unwrap();
        return scale(folder.path(), assets, deliveries, len as usize);
    }
    let mut number = |usual: f64| given.next().and_then(|arg| arg.parse().ok()).unwrap_or(usual);
    let (seconds, clients, len) = (number(3.0), number(64.0) as usize, number(1024.0) as usize);
    let rounds = number(7.0) as usize;
    let folder = tempfile::tempdir_in(".").unwrap();
    println!(
        "{clients} clients, {len} bytes, {seconds} s each, fsync {:.2} ms",
        fsync(folder.path())
    );
    println!(
        "{:<12} {:>10} {:>9} {:>9} {:>11} {:>10}",
        "", "acks/s", "p50 ms", "p99 ms", "per commit", "writer µs"
    );
    let path = |name: &str, round: usize| folder.path().join(format!("{name}{round}"));
    let told = |name: &str, measured: Measured| {
        let Measured { rate, p50, p99, group, writer } = measured;
        println!("{name:<12} {rate:>10.0} {p50:>9.2} {p99:>9.2} {group:>11.1} {writer:>10.1}");
        measured
    };
    let mut ratios: [Vec<f64>; 4] = Default::default();
    for round in 0..rounds {
        let body = told("bare body", bare(&path("b", round), false, seconds, clients, len));
        let row = told("bare row", bare(&path("r", round), true, seconds, clients, len));
        let store = told("store", store(&path("s", round), seconds, clients, len));
        let ratio = [
            store.rate / row.rate,
            store.rate / body.rate,
            store.p99 / row.p99,
            store.p99 / body.p99,
        ];
        ratios.iter_mut().zip(ratio).for_each(|(all, ratio)| all.push(ratio));
    }
    let names =
        ["acks, of bare row", "acks, of bare body", "p99, of bare row", "p99, of bare body"];
    for (name, mut ratios) in names.iter().zip(ratios) {
        ratios.sort_unstable_by(f64::total_cmp);
        let [least, median, most] = [0, rounds / 2, rounds - 1].map(|at| ratios[at]);
        println!("{name:<20} {median:.2} [{least:.2}..{most:.2}]");
    }
    long_histories(folder.path());
}
