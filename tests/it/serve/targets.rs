//! Targets of a server that is killed, that speaks TLS to them, and that the command tells what to do.

use super::*;
use crate::{
    serving::{soon, wait},
    targets::{Receiver, Reply, target},
};

impl Server {
    fn with(folder: &Path, lines: &str) -> Self {
        Self::of(spawn_with(folder, lines))
    }
}

/// Runs `mediafold targets` on the store of a folder; its standard output and error.
fn targets(folder: &Path, arguments: &[&str]) -> (String, String) {
    let data = folder.join("mediafold.db");
    let output = Command::new(MEDIAFOLD)
        .args(["targets", "--data", data.to_str().unwrap()])
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

/// What the command lists of the one target.
fn listed(folder: &Path) -> Value {
    serde_json::from_str(&targets(folder, &["list"]).0).unwrap_or_default()
}

/// Posts all of these; those that are not answered any more since the server was killed do not matter.
fn post_all(address: &str, bodies: &[String]) {
    load(address, bodies, &AtomicBool::new(true), &AtomicU64::new(0));
}

/// Whenever it is killed: each change arrives, those of an asset in their order, and none goes back.
#[test]
fn killed_at_any_moment_it_brings_every_change_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::new(|post, before| match (post.seq() + before as u64) % 11 {
        0 => Reply::Status(500, ""),
        1 => Reply::Close,
        2 => Reply::Slow(10, 200),
        _ => Reply::Status(200, ""),
    });
    let lines = target("app", &receiver.address, "from = \"all\"");
    let rounds = rounds();
    for round in 0..rounds {
        let bodies = &traffic(5_000 + round)[..200];
        let server = Server::with(folder.path(), &lines);
        let before = receiver.taken().len() as u64;
        std::thread::scope(|scope| {
            let clients = scope.spawn(|| post_all(&server.address, bodies));
            // At moments between the first request and the last.
            let wanted = before + round * 37 % 120;
            assert!(soon(|| receiver.taken().len() as u64 > wanted || clients.is_finished()));
            wait(round * 13 % 170);
            server.signal("-KILL");
            clients.join().unwrap();
        });
    }
    let server = Server::with(folder.path(), &lines);
    let done = || listed(folder.path())["outstanding"] == 0 && listed(folder.path())["ahead"] == 0;
    assert!((0..12).any(|_| soon(done)), "{}", listed(folder.path()));
    drop(server);
    let database = Connection::open(folder.path().join("mediafold.db")).unwrap();
    let mut statement = database.prepare("SELECT seq FROM changes").unwrap();
    let changes = statement.query_map([], |row| row.get::<_, i64>(0)).unwrap();
    let changes: HashSet<u64> = changes.map(|seq| seq.unwrap() as u64).collect();
    let taken = receiver.taken();
    let lost: Vec<_> = changes.iter().filter(|seq| !taken.contains(seq)).collect();
    assert!(
        lost.is_empty() && changes.len() as u64 > 20 * rounds,
        "of {} lost {lost:?}",
        changes.len()
    );
    receiver.is_in_order();
    #[expect(clippy::print_stdout, reason = "a long run says what it did")]
    {
        let (changes, twice) = (changes.len(), taken.len() - changes.len());
        println!("{rounds} kills, {changes} changes, all arrived in order, {twice} of them twice");
    }
}

#[test]
fn the_command_tells_a_running_server_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::fine();
    let server = Server::with(folder.path(), &target("app", &receiver.address, ""));
    let listed = || listed(folder.path());
    assert!(soon(|| listed()["name"] == "app"));
    let bodies = traffic(6_000);
    post_all(&server.address, &bodies[..100]);
    let done = || listed()["outstanding"] == 0 && listed()["ahead"] == 0;
    assert!(soon(done), "{}", listed());
    let all = receiver.taken().len();
    assert_eq!(
        targets(folder.path(), &["pause", "app"]).1,
        "app: paused; everything has arrived\n"
    );
    assert!(soon(|| listed()["paused"] == "by hand"));
    // It follows within a second or two.
    wait(2_000);
    post_all(&server.address, &bodies[100..150]);
    wait(300);
    assert_eq!(receiver.taken().len(), all);
    let ahead = listed()["ahead"].as_u64().unwrap();
    let (table, _) = targets(folder.path(), &["list", "--format", "table"]);
    assert!(table.starts_with("TARGET  REACHED  OUTSTANDING  AHEAD"), "{table}");
    assert!(table.lines().nth(1).unwrap().ends_with("by hand"), "{table}");
    let (_, told) = targets(folder.path(), &["resume", "app"]);
    assert_eq!(told, format!("app: {ahead} changes ahead\n"));
    assert!(soon(done) && receiver.taken().len() == all + ahead as usize);
    let (_, told) = targets(folder.path(), &["replay", "--from", "1", "app"]);
    assert_eq!(told, format!("app: {} changes ahead\n", all + ahead as usize));
    assert!(soon(|| receiver.taken().len() == 2 * (all + ahead as usize)));
    let (_, told) = targets(folder.path(), &["pause", "ap"]);
    assert_eq!(told, "error: there is no target `ap`; known: app\n");
    assert!(receiver.posts().iter().all(|post| post.taken));
    drop(server);
    // Nobody has it open, and the order is there when it starts.
    targets(folder.path(), &["pause", "app"]);
    let server = Server::with(folder.path(), &target("app", &receiver.address, ""));
    assert!(soon(|| listed()["paused"] == "by hand"));
    server.signal("-TERM");
}

/// One server is the target of another: what it is brought is authentic, by TLS whose root the system has, and by no
/// other.
#[test]
fn a_target_is_believed_by_a_root_of_the_system_alone() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let pem = std::env::current_dir().unwrap().join("tests/data/gate");
    let receives = format!(
        "[tls]\ncertificate = {:?}\nkey = {:?}\n[sources.app]\nprovider = \"fastpix\"\nscheme = \"standard-webhooks\"\n\
         secrets = [{{ value = \"c2lnbmluZyBzZWNyZXQ=\" }}]\n",
        pem.join("localhost.pem"),
        pem.join("localhost.key")
    );
    let receiver = Server::with(other.path(), &receives);
    let port = receiver.address.rsplit(':').next().unwrap();
    let lines = target("app", &format!("localhost:{port}"), "from = \"all\"");
    let lines = lines.replace("http://", "https://").replace("/hook", "/in/app");
    let server = Server::with(folder.path(), &lines);
    post_all(&server.address, &traffic(7_000)[..20]);
    let error = || listed(folder.path())["error"].as_str().unwrap_or_default().to_owned();
    assert!(soon(|| error().contains("certificate")), "{}", error());
    assert_eq!(stored_after(other.path(), 0).1, 0);
    server.signal("-KILL");
    drop(server);
    let mut serve = Command::new(MEDIAFOLD);
    serve.args(["serve", "--config"]).arg(folder.path().join("mediafold.toml"));
    serve.env("SSL_CERT_FILE", pem.join("localhost.pem")).stderr(Stdio::piped());
    let server = Server::of(serve.spawn().unwrap());
    let done = || listed(folder.path())["outstanding"] == 0 && listed(folder.path())["ahead"] == 0;
    assert!((0..3).any(|_| soon(done)), "{}", listed(folder.path()));
    assert!(stored_after(other.path(), 0).1 > 10);
    drop(server);
}
