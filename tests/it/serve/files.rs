//! A server whose files are removed, replaced or given to a second one.

use std::{os::unix::fs::symlink, path::PathBuf, time::Instant};

use super::*;

/// Whether it comes to be within some seconds, and how soon.
#[expect(clippy::disallowed_methods, reason = "it waits for another process")]
fn soon(mut is_so: impl FnMut() -> bool) -> Option<Duration> {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(20) {
        if is_so() {
            return Some(began.elapsed());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    None
}

fn ready(server: &Server) -> u16 {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    write!(stream, "GET /readyz HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// Posts bodies one after the other; those that were acknowledged.
fn acknowledged<'a>(server: &Server, bodies: &'a [String]) -> Vec<&'a String> {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    bodies.iter().filter(|body| post(&mut stream, body).unwrap()).collect()
}

/// What is stored, in whichever folder it is.
fn all_there(folder: &Path, acknowledged: &[&String]) {
    let (stored, _) = stored_after(folder, 0);
    let lost = acknowledged.iter().filter(|body| !stored.contains(**body)).count();
    assert_eq!(lost, 0, "of {} acknowledged", acknowledged.len());
}

#[test]
fn a_database_that_is_removed_gets_no_2xx_and_one_that_comes_back_does() {
    let folder = tempfile::tempdir().unwrap();
    let bodies = traffic(2000);
    let (data, aside) = (folder.path().join("mediafold.db"), folder.path().join("aside.db"));
    let server = Server::start(folder.path());
    let mut kept = acknowledged(&server, &bodies[..100]);
    assert_eq!(kept.len(), 100);
    let is_refused = |what: &str, bodies| {
        assert_eq!(acknowledged(&server, bodies), [""; 0]);
        assert_eq!(ready(&server), 503);
        let said = soon(|| server.log.lock().unwrap().contains(what));
        assert!(said.is_some(), "{}", server.log.lock().unwrap());
    };
    fs::rename(&data, &aside).unwrap();
    is_refused("was removed or renamed", &bodies[100..200]);
    fs::rename(&aside, &data).unwrap();
    assert!(soon(|| ready(&server) == 200).is_some());
    kept.extend(acknowledged(&server, &bodies[200..300]));
    assert_eq!(kept.len(), 200);
    // Restored from a backup, as nobody should while it runs.
    Store::backup(&data, folder.path().join("backup.db")).unwrap();
    assert_eq!(acknowledged(&server, &bodies[300..400]).len(), 100);
    fs::rename(folder.path().join("backup.db"), &data).unwrap();
    is_refused("was replaced", &bodies[400..500]);
    server.signal("-KILL");
    drop(server);
    let server = Server::start(folder.path());
    kept.extend(acknowledged(&server, &bodies[500..600]));
    assert_eq!(kept.len(), 300);
    drop(server);
    all_there(folder.path(), &kept);
    let (told, folded) = told_and_folded(folder.path());
    assert!(told == folded);
}

/// Nobody sends anything, and still it is known within some seconds.
#[test]
fn that_a_file_is_gone_is_noticed_while_nothing_comes() {
    for ending in ["", "-wal"] {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(folder.path());
        let path = folder.path().join(format!("mediafold.db{ending}"));
        fs::remove_file(&path).unwrap();
        let logged = || server.log.lock().unwrap().contains(&format!("mediafold.db{ending}` was"));
        let took = soon(logged).expect("it is logged");
        assert!(took < Duration::from_secs(5), "{took:?}");
        assert_eq!(ready(&server), 503);
    }
}

/// Whatever is in the log alone when that is removed under load is copied into the database, and the next start has it.
#[test]
fn a_log_that_is_removed_under_load_costs_nothing_that_was_acknowledged() {
    let bodies = &traffic(3000)[..600];
    for round in 0..4 {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(folder.path());
        let count = AtomicU64::new(0);
        let kept = std::thread::scope(|scope| {
            let clients: Vec<_> = bodies
                .chunks(bodies.len() / 4)
                .map(|bodies| {
                    let (server, count) = (&server, &count);
                    scope.spawn(move || {
                        let mut stream = TcpStream::connect(&server.address).unwrap();
                        let posted = |body: &&String| post(&mut stream, body).unwrap();
                        let counted = |_: &&String| {
                            count.fetch_add(1, Ordering::SeqCst);
                        };
                        bodies.iter().filter(posted).inspect(counted).collect()
                    })
                })
                .collect();
            assert!(soon(|| count.load(Ordering::SeqCst) > 40 + 60 * round).is_some());
            fs::remove_file(folder.path().join("mediafold.db-wal")).unwrap();
            let kept = clients.into_iter().map(|client| client.join().unwrap());
            kept.collect::<Vec<Vec<&String>>>().concat()
        });
        assert!(kept.len() > 40 && kept.len() < bodies.len(), "{} acknowledged", kept.len());
        assert_eq!(ready(&server), 503);
        // Half of them are told to end, and half are killed.
        server.signal(if round % 2 == 0 { "-TERM" } else { "-KILL" });
        let mut server = server;
        server.process.wait().unwrap();
        all_there(folder.path(), &kept);
        let server = Server::start(folder.path());
        assert_eq!(ready(&server), 200);
    }
}

/// Starts a server that must not start; what it says.
#[expect(clippy::disallowed_methods, reason = "it waits for another process")]
fn refused(folder: &Path, data: &Path) -> String {
    let config = folder.join("second.toml");
    let text = fs::read_to_string(folder.join("mediafold.toml")).unwrap();
    let text = text.replace("\"mediafold.db\"", &format!("{data:?}"));
    fs::write(&config, text).unwrap();
    let mut second = Command::new(MEDIAFOLD)
        .args(["serve", "--config", config.to_str().unwrap()])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    for _ in 0..1000 {
        if second.try_wait().unwrap().is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    // One that serves is none that was refused.
    let _ = second.kill();
    let output = second.wait_with_output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    error
}

#[test]
fn a_second_server_is_refused_whatever_it_calls_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let bodies = traffic(4000);
    let [data, link, hard, lock] = ["mediafold.db", "link.db", "hard.db", "mediafold.db-lock"]
        .map(|name| folder.path().join(name));
    let server = Server::start(folder.path());
    let mut kept = acknowledged(&server, &bodies[..50]);
    symlink(&data, &link).unwrap();
    // What another version has locked there.
    let _ = fs::remove_file(&lock);
    for path in [&data, &link] {
        assert!(refused(folder.path(), path).contains("in use by another process"));
    }
    fs::hard_link(&data, &hard).unwrap();
    assert!(refused(folder.path(), &hard).contains("in use by another process"));
    kept.extend(acknowledged(&server, &bodies[50..100]));
    assert_eq!(kept.len(), 100);
    server.signal("-KILL");
    drop(server);
    for path in [&data, &link, &hard] {
        assert!(refused(folder.path(), path).contains("2 names"));
    }
    assert!(!folder.path().join("hard.db-wal").exists());
    fs::remove_file(&hard).unwrap();
    let server = Server::start(folder.path());
    kept.extend(acknowledged(&server, &bodies[100..150]));
    all_there(folder.path(), &kept);
    drop(server);
    let (told, folded) = told_and_folded(folder.path());
    assert!(told == folded && !lock.exists());
}

/// Killed while it makes its store, it leaves none or a whole one.
#[test]
#[expect(clippy::disallowed_methods, reason = "it kills another process after a time")]
fn a_store_is_made_whole_or_not_at_all() {
    let (mut none, mut whole) = (0, 0);
    for round in 0..24_u64 {
        let folder = tempfile::tempdir().unwrap();
        let data: PathBuf = folder.path().join("mediafold.db");
        let mut process = spawn(folder.path());
        // Soon after it begins, at every length that the part has meanwhile.
        while !folder.path().join("mediafold.db.part").exists() && !data.exists() {
            assert!(process.try_wait().unwrap().is_none());
            std::thread::yield_now();
        }
        if round % 2 == 0 {
            std::thread::sleep(Duration::from_micros(500 * round));
        }
        process.kill().unwrap();
        process.wait().unwrap();
        match data.exists() {
            true => {
                whole += 1;
                Store::export(&data, &mut Vec::new()).unwrap();
            }
            false => none += 1,
        }
        let server = Server::start(folder.path());
        assert_eq!(ready(&server), 200);
    }
    assert!(none > 0 && none + whole == 24, "{none} without, {whole} with a store");
}
