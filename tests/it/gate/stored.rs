//! A gate with a store behind it, and what keeps that in order.

use std::sync::atomic::{AtomicI64, Ordering};

use mediafold::{
    server::{ask, upkeep},
    store::{Store, StoreOptions},
};
use rusqlite::Connection;

use super::*;

pub(super) const CONFIG: &str = r#"
token = "may ask"
[sources.fastpix]
provider = "fastpix"
scheme   = "bearer"
secrets  = ["open"]
"#;
const DAY: i64 = 86_400;

/// A server as `mediafold serve` has it, by a clock that is set.
pub(super) struct Whole {
    clock: Arc<AtomicI64>,
    serving: Serving,
}

impl Whole {
    pub(super) fn start(folder: &Path, config: &str, day: i64) -> Self {
        LazyLock::force(&LOG);
        let path = folder.join("mediafold.toml");
        std::fs::write(&path, config).unwrap();
        let clock = Arc::new(AtomicI64::new(now().as_nanos() / 1_000_000_000 + day * DAY));
        let seconds = Arc::clone(&clock);
        let time = move || Timestamp::from_nanos(seconds.load(Ordering::SeqCst) * 1_000_000_000);
        let catalog = Catalog::builtin().clone();
        let options = StoreOptions::default();
        let store = Store::open(folder.join("mediafold.db"), catalog, options).unwrap();
        let store = Arc::new(store);
        let gate = Gate::new(load(&path).unwrap(), Arc::clone(&store) as _, Arc::new(time));
        let beside = ask::routes(Arc::clone(&gate), Arc::clone(&store));
        let meanwhile = upkeep(Arc::clone(&gate), store);
        let serving = Serving::start(gate, beside, move || load(&path), meanwhile);
        Self { clock, serving }
    }

    fn send(&self, method: &str, target: &str, token: &str, body: &[u8]) -> Answer {
        let headers = vec![("Authorization".to_owned(), format!("Bearer {token}"))];
        self.send_with(method, target, &headers, body)
    }

    pub(super) fn send_with(
        &self,
        method: &str,
        target: &str,
        headers: &Headers,
        body: &[u8],
    ) -> Answer {
        let mut stream = TcpStream::connect(self.serving.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(&request(method, target, headers, body)).unwrap();
        Answer::read(&mut stream)
    }

    pub(super) fn ask(&self, target: &str) -> Answer {
        self.send("GET", target, "may ask", b"")
    }

    /// What FastPix sends of a media; what became of it.
    pub(super) fn media(&self, id: &str, kind: &str, event: &str, second: i64) -> u16 {
        let time = Timestamp::from_nanos(now().as_nanos() + second * 1_000_000_000);
        let body = format!(
            r#"{{"type":"video.media.{kind}","id":"{event}","createdAt":"{time}","object":{{"id":"{id}"}},"data":{{"id":"{id}"}}}}"#
        );
        self.send("POST", "/in/fastpix", "open", body.as_bytes()).status
    }

    /// Whether this comes to be within some seconds.
    fn soon(&self, is_so: impl Fn(&Self) -> bool) -> bool {
        soon(|| is_so(self))
    }
}

#[test]
fn metrics_tell_what_became_of_events() {
    let folder = tempfile::tempdir().unwrap();
    let server = Whole::start(folder.path(), CONFIG, 0);
    for (kind, event, second) in [
        ("created", "e1", 1),
        ("created", "e1", 1),
        ("failed", "e2", 9),
        ("ready", "e3", 10),
        ("updated", "e4", 5),
        ("hatched", "e5", 11),
    ] {
        assert_eq!(server.media("m1", kind, event, second), 200, "{kind}");
    }
    assert_eq!(server.media("m2", "ready", "e6", 1), 200);
    let metrics = server.ask("/metrics").body;
    for line in [
        "mediafold_events_total{entity=\"fastpix/media\",verdict=\"Moved\"} 2",
        "mediafold_events_total{entity=\"fastpix/media\",verdict=\"Stayed\"} 1",
        "mediafold_events_total{entity=\"fastpix/media\",verdict=\"Gap\"} 1",
        "mediafold_events_total{entity=\"fastpix/media\",verdict=\"Illegal\"} 1",
        "mediafold_events_total{entity=\"fastpix/media\",verdict=\"Duplicate\"} 1",
        "mediafold_late_events_total{entity=\"fastpix/media\"} 1",
        "mediafold_assets{entity=\"fastpix/media\",state=\"failed\"} 1",
        "mediafold_assets{entity=\"fastpix/media\",state=\"ready\"} 1",
        "mediafold_overdue_assets 0",
        "mediafold_commit_seconds_count 7",
        "mediafold_store_seconds_count 7",
        "mediafold_last_commit_timestamp_seconds 1767225600",
        "mediafold_queue_depth 0",
        "mediafold_ready 1",
    ] {
        assert!(metrics.lines().any(|own| own == line), "{line}\n{metrics}");
    }
    let value = |name: &str| -> u64 {
        let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name}\n{metrics}")).parse().unwrap()
    };
    assert!(value("mediafold_database_bytes") + value("mediafold_database_log_bytes") > 100_000);
    // What is counted has the names and the units that the format asks for, and everything says what it is.
    let named = |line: &str, what: &str| line.starts_with(&format!("# {what} mediafold_"));
    let count = |what| metrics.lines().filter(|line| named(line, what)).count();
    assert_eq!(count("HELP"), count("TYPE"));
    assert!(count("UNIT") >= 6 && metrics.ends_with("# EOF\n"), "{metrics}");
}

/// A media is normally ready within a day. Nothing comes, and the clock goes on.
#[test]
fn what_becomes_overdue_is_found_while_nothing_comes() {
    let folder = tempfile::tempdir().unwrap();
    let server = Whole::start(folder.path(), CONFIG, 0);
    server.media("stuck", "created", "e1", 0);
    server.media("done", "ready", "e2", 0);
    let overdue = "/api/findings?code=L304";
    assert!(!server.ask(overdue).body.contains("stuck"));
    server.clock.fetch_add(DAY + 1, Ordering::SeqCst);
    assert!(server.soon(|server| server.ask(overdue).body.contains("stuck")));
    let found = server.ask(overdue).body;
    assert!(!found.contains("done"), "{found}");
    assert!(server.ask("/metrics").body.contains("mediafold_overdue_assets 1\n"));
    // A clock that is set back takes it back, and one that goes on says it again.
    server.clock.fetch_sub(3_600, Ordering::SeqCst);
    assert!(server.soon(|server| !server.ask(overdue).body.contains("stuck")));
    server.clock.fetch_add(3_600, Ordering::SeqCst);
    assert!(server.soon(|server| server.ask(overdue).body.contains("stuck")));
    // It moves on after all.
    assert_eq!(server.media("stuck", "ready", "e3", DAY + 2), 200);
    assert!(!server.ask(overdue).body.contains("stuck"));
}

/// A clock that is set back by an hour changes neither what is stored nor its order.
#[test]
fn a_clock_that_is_set_back_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = Whole::start(folder.path(), CONFIG, 0);
    assert_eq!(server.media("m", "created", "e1", 0), 200);
    server.clock.fetch_sub(3_600, Ordering::SeqCst);
    assert_eq!(server.media("m", "ready", "e2", 60), 200);
    assert_eq!(server.media("m", "ready", "e2", 60), 200);
    let asset = server.ask("/api/assets/fastpix/media/m").body;
    assert!(asset.contains(r#""state":"ready""#) && asset.contains(r#""duplicates":1"#), "{asset}");
    let changes = server.ask("/api/changes?after=0").body;
    let states = ["\"to\":\"created\"", "\"to\":\"ready\""].map(|state| changes.find(state));
    assert!(states[0] < states[1] && states[0].is_some(), "{changes}");
}

/// While nothing can be written it is not ready, and it is again when it can, without a delivery that tries.
#[test]
fn readiness_follows_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let server = Whole::start(folder.path(), CONFIG, 0);
    assert_eq!(server.media("m", "created", "e1", 0), 200);
    let ready = || server.ask("/readyz").status;
    assert_eq!(ready(), 200);
    let other = Connection::open(folder.path().join("mediafold.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(server.media("m", "ready", "e2", 1), 503);
    let refusal = server.ask("/readyz");
    assert_eq!((refusal.status, refusal.body.contains("busy")), (503, true), "{refusal:?}");
    assert_eq!(server.ask("/healthz").status, 200);
    let asset = server.ask("/api/assets/fastpix/media/m");
    assert!(asset.body.contains(r#""state":"created""#), "{asset:?}");
    assert!(server.ask("/metrics").body.contains("mediafold_ready 0\n"));
    other.execute_batch("ROLLBACK").unwrap();
    assert!(server.soon(|_| ready() == 200));
    assert_eq!(server.media("m", "ready", "e2", 1), 200);
}

#[test]
fn what_is_old_goes_as_the_configuration_says() {
    let folder = tempfile::tempdir().unwrap();
    let config = format!("{CONFIG}retention = {{ bodies = \"30d\", assets = \"100d\" }}\n");
    let server = Whole::start(folder.path(), &config, 0);
    server.media("done", "created", "e1", 0);
    server.media("done", "ready", "e2", 1);
    server.media("stuck", "created", "e3", 2);
    drop(server);
    let counted = |sql: &str| -> i64 {
        let database = Connection::open(folder.path().join("mediafold.db")).unwrap();
        database.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    let bodies = "SELECT count(body) FROM deliveries";
    let assets = "SELECT count(*) FROM assets";
    // On day 99 it is heard of again.
    let left = [(29, 3, 2), (31, 0, 2), (99, 0, 2), (101, 1, 2), (200, 0, 1)];
    for (day, bodies_left, assets_left) in left {
        let server = Whole::start(folder.path(), &config, day);
        assert!(
            server.soon(|_| (counted(bodies), counted(assets)) == (bodies_left, assets_left)),
            "day {day}"
        );
        if day == 99 {
            assert_eq!(server.media("done", "ready", "e2", 1), 200);
            let asset = server.ask("/api/assets/fastpix/media/done").body;
            assert!(asset.contains(r#""duplicates":1"#), "its event id is known: {asset}");
        }
        drop(server);
    }
}
