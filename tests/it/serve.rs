//! `mediafold serve` as a process: what it acknowledged is there whenever it is killed.

#[cfg(unix)]
mod files;
/// With targets: killed, and told by the command what to do.
#[cfg(unix)]
mod targets;

use std::{
    collections::HashSet,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use mediafold::{
    Catalog,
    store::{AssetFilter, Store, StoreOptions},
};
use rusqlite::Connection;
use serde_json::Value;

const MEDIAFOLD: &str = env!("CARGO_BIN_EXE_mediafold");

/// A server on a port of its own.
struct Server {
    process: Child,
    address: String,
    /// What it has logged since it listens.
    log: Arc<Mutex<String>>,
}

/// Starts to serve what is in a folder.
fn spawn(folder: &Path) -> Child {
    spawn_with(folder, "")
}

/// With these lines more in the configuration.
fn spawn_with(folder: &Path, lines: &str) -> Child {
    let config = folder.join("mediafold.toml");
    let text = "listen = \"127.0.0.1:0\"\ndata = \"mediafold.db\"\n\
         [sources.fastpix]\nprovider = \"fastpix\"\nscheme = \"bearer\"\nsecrets = [{ value = \"open\" }]\n";
    fs::write(&config, format!("{text}{lines}")).unwrap();
    let mut serve = Command::new(MEDIAFOLD);
    serve.args(["serve", "--config"]).arg(config).stderr(Stdio::piped()).spawn().unwrap()
}

impl Server {
    fn start(folder: &Path) -> Self {
        Self::of(spawn(folder))
    }

    fn of(mut process: Child) -> Self {
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = lines.find_map(|line| {
            let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
            Some(line["address"].as_str()?.to_owned())
        });
        let log = Arc::<Mutex<String>>::default();
        let logged = Arc::clone(&log);
        // It would wait for a full pipe.
        std::thread::spawn(move || {
            lines.for_each(|line| *logged.lock().unwrap() += &(line.unwrap() + "\n"));
        });
        Self { process, address: address.unwrap(), log }
    }

    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Posts a body; whether it was acknowledged.
fn post(stream: &mut TcpStream, body: &str) -> std::io::Result<bool> {
    write!(
        stream,
        "POST /in/fastpix HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer open\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        answer.push(byte[0]);
    }
    let head = String::from_utf8(answer).unwrap().to_lowercase();
    let len = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let len = len.map_or(0, |len| len.parse().unwrap());
    std::io::copy(&mut stream.take(len), &mut std::io::sink())?;
    Ok(head.starts_with("http/1.1 2"))
}

fn traffic(seed: u64) -> Vec<String> {
    let seed = seed.to_string();
    let simulate =
        ["simulate", "fastpix", "--assets", "400", "--duplicates", "10%", "--late", "10%"];
    let mut command = Command::new(MEDIAFOLD);
    command.args(simulate).args(["--illegal", "3%", "--seed", &seed]);
    let bodies = command.output().unwrap().stdout;
    String::from_utf8(bodies).unwrap().lines().map(str::to_owned).collect()
}

/// Posts bodies by several clients until the server is gone; those that were acknowledged, counted meanwhile.
fn load(address: &str, bodies: &[String], killed: &AtomicBool, count: &AtomicU64) -> Vec<String> {
    let (next, kept) = (Mutex::new(bodies.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut stream = match TcpStream::connect(address) {
                    Ok(stream) => stream,
                    Err(error) => {
                        assert!(killed.load(Ordering::SeqCst), "{error}");
                        return;
                    }
                };
                stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                loop {
                    let body = next.lock().unwrap().next();
                    let Some(body) = body else { return };
                    match post(&mut stream, body) {
                        Ok(true) => {
                            kept.lock().unwrap().push(body.clone());
                            count.fetch_add(1, Ordering::SeqCst);
                        }
                        Ok(false) => panic!("it was refused: {body}"),
                        Err(error) => {
                            assert!(killed.load(Ordering::SeqCst), "{error}");
                            return;
                        }
                    }
                }
            });
        }
    });
    kept.into_inner().unwrap()
}

/// The bodies that were stored after the delivery of this number, and the number of the last.
fn stored_after(folder: &Path, number: i64) -> (HashSet<String>, i64) {
    let database = Connection::open(folder.join("mediafold.db")).unwrap();
    let sql = "SELECT CAST(body AS TEXT) FROM deliveries WHERE delivery > ?";
    let mut statement = database.prepare(sql).unwrap();
    let bodies = statement.query_map([number], |row| row.get(0)).unwrap();
    let last = "SELECT ifnull(max(delivery), 0) FROM deliveries";
    let last = database.query_row(last, [], |row| row.get(0)).unwrap();
    (bodies.map(Result::unwrap).collect(), last)
}

/// The lines of all assets of a store, and what a fold of its export prints.
fn told_and_folded(folder: &Path) -> (Vec<String>, Vec<String>) {
    let (data, export) = (folder.join("mediafold.db"), folder.join("export.jsonl"));
    let store = Store::open(&data, Catalog::builtin().clone(), StoreOptions::default()).unwrap();
    let (mut told, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.assets(&AssetFilter::default(), cursor.as_deref(), 500).unwrap();
        told.extend(page.items.into_iter().map(|asset| asset.json));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    drop(store);
    let exported = Command::new(MEDIAFOLD)
        .args(["export", "--data", data.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
    fs::write(&export, exported.stdout).unwrap();
    let folded = Command::new(MEDIAFOLD).args(["fold", export.to_str().unwrap()]).output().unwrap();
    let folded = String::from_utf8(folded.stdout).unwrap();
    (told, folded.lines().map(str::to_owned).collect())
}

/// How often it is killed: 5 times, or as `MEDIAFOLD_KILLS` says.
#[expect(clippy::disallowed_methods, reason = "a long run is asked for by hand")]
fn rounds() -> u64 {
    std::env::var("MEDIAFOLD_KILLS").map_or(5, |rounds| rounds.parse().unwrap())
}

#[cfg(unix)]
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "it waits for another process, and is told how often"
)]
fn killed_at_any_moment_it_loses_nothing_that_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let (mut acknowledged, mut seen, mut compared, rounds) = (Vec::new(), 0, 0, rounds());
    for round in 0..rounds {
        let bodies = traffic(round);
        let server = Server::start(folder.path());
        let (address, killed, count) =
            (server.address.clone(), AtomicBool::new(false), AtomicU64::new(0));
        let kept = std::thread::scope(|scope| {
            let clients = scope.spawn(|| load(&address, &bodies, &killed, &count));
            // From at once to when about all is done.
            while count.load(Ordering::SeqCst) < round * 7919 % 400 && !clients.is_finished() {
                std::thread::sleep(Duration::from_millis(1));
            }
            killed.store(true, Ordering::SeqCst);
            server.signal("-KILL");
            clients.join().unwrap()
        });
        drop(server);
        let (stored, last) = stored_after(folder.path(), seen);
        let lost: Vec<_> = kept.iter().filter(|body| !stored.contains(*body)).collect();
        assert!(lost.is_empty(), "round {round} lost {lost:?}");
        seen = last;
        acknowledged.extend(kept);
        // It takes as long as there is much stored, so that a long run does it now and then.
        if rounds <= 5 || round % 25 == 24 || round + 1 == rounds {
            let (told, folded) = told_and_folded(folder.path());
            assert!(told == folded, "round {round}: the store says what no fold says");
            compared += 1;
        }
    }
    let (stored, _) = stored_after(folder.path(), 0);
    assert!(acknowledged.iter().all(|body| stored.contains(body)), "what was there is lost");
    let acknowledged = acknowledged.len() as u64;
    assert!(acknowledged > 20 * rounds && seen as u64 >= acknowledged, "{acknowledged}");
    #[expect(clippy::print_stdout, reason = "a long run says what it did")]
    {
        println!(
            "{rounds} kills, {acknowledged} acknowledged, all of {seen} there; {compared} folds the same"
        );
    }
}

#[cfg(unix)]
#[test]
fn it_ends_in_order_and_starts_again_with_all_it_had() {
    let folder = tempfile::tempdir().unwrap();
    let bodies = traffic(1000);
    let mut all = Vec::new();
    for half in [&bodies[..bodies.len() / 2], &bodies[bodies.len() / 2..]] {
        let mut server = Server::start(folder.path());
        let kept = load(&server.address, half, &AtomicBool::new(false), &AtomicU64::new(0));
        assert_eq!(kept.len(), half.len());
        all.extend(kept);
        server.signal("-TERM");
        assert!(server.process.wait().unwrap().success());
    }
    let (told, folded) = told_and_folded(folder.path());
    assert!(told == folded && told.len() >= 400, "{}", told.len());
    let export = fs::read_to_string(folder.path().join("export.jsonl")).unwrap();
    assert_eq!(export.lines().count(), all.len());
}

#[test]
fn a_configuration_that_is_wrong_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("mediafold.toml");
    fs::write(&config, "listen = \"127.0.0.1:0\"\n[sources.vms]\nprovider = \"vms\"\n").unwrap();
    let output = Command::new(MEDIAFOLD)
        .args(["serve", "--config", config.to_str().unwrap()])
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("mediafold.toml:2"), "{error}");
    assert!(!folder.path().join("mediafold.db").exists());
}
