use super::*;

/// Small limits, quickly reached.
fn limited(limits: &str, source: &str) -> Server {
    let config = format!(
        "token = \"may ask\"\n[limits]\n{limits}\n[sources.fastpix]\nprovider = \"fastpix\"\n\
         secrets = [\"{FASTPIX}\"]\n{source}\n[sources.other]\nprovider = \"vms\"\npath_token = \"t\"\nbody_max = \"64 KiB\"\n"
    );
    Server::new(&config)
}

/// Sends a delivery from a thread of its own.
fn sending(
    server: &Server,
    scope: impl Fn(Answer) + Send + 'static,
) -> std::thread::JoinHandle<()> {
    let address = server.serving.address;
    std::thread::spawn(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(&request("POST", "/in/fastpix", &fastpix(EVENT), EVENT)).unwrap();
        scope(Answer::read(&mut stream));
    })
}

#[test]
fn slow_heads_and_silent_connections_are_closed() {
    let server = limited("header_timeout = \"200ms\"", "");
    let mut slow = server.connect();
    slow.write_all(b"POST /in/fastpix HTTP/1.1\r\nHost: x\r\n").unwrap();
    let mut silent = server.connect();
    let mut used = server.connect();
    let keeping = request("POST", "/in/fastpix", &fastpix(EVENT), EVENT);
    let keeping = String::from_utf8(keeping).unwrap().replace("Connection: close\r\n", "");
    used.write_all(keeping.as_bytes()).unwrap();
    assert_eq!(Answer::read(&mut slow).status, 0);
    assert_eq!(Answer::read(&mut silent).status, 0);
    assert_eq!(Answer::read(&mut used).status, 200);
}

#[test]
fn slow_bodies_are_given_up() {
    let server = limited("body_timeout = \"200ms\"", "");
    let whole = request("POST", "/in/fastpix", &fastpix(EVENT), EVENT);
    let mut slow = server.connect();
    slow.write_all(&whole[..whole.len() - 1]).unwrap();
    let answer = Answer::read(&mut slow);
    assert_eq!((answer.status, answer.header("connection")), (408, "close"));
    // A sender that breaks off has no answer to get, and stores nothing.
    let mut gone = server.connect();
    gone.write_all(&whole[..whole.len() - 1]).unwrap();
    drop(gone);
    assert_eq!(server.signed(EVENT).status, 200);
    assert_eq!(server.store.count(), 1);
}

#[test]
fn what_is_not_stored_is_not_acknowledged() {
    let server = limited("commit_timeout = \"200ms\"", "");
    for mode in [Mode::Busy, Mode::Fail, Mode::Forget, Mode::Hold] {
        server.store.is_now(mode);
        let answer = server.signed(EVENT);
        assert_eq!((answer.status, answer.header("retry-after")), (503, "1"), "{mode:?}");
    }
    server.store.is_now(Mode::Store);
    assert_eq!(server.signed(EVENT).status, 200);
    let metrics = server.metrics();
    for counted in ["busy\"} 1", "not_stored\"} 3", "stored\"} 1"] {
        let line = format!("mediafold_deliveries_total{{source=\"fastpix\",outcome=\"{counted}");
        assert!(metrics.contains(&line), "{line}\n{metrics}");
    }
}

/// A source takes no more at a time than it may, and another does not suffer from it.
#[test]
fn sources_do_not_starve_each_other() {
    let server = limited("", "concurrency = 2");
    server.store.is_now(Mode::Hold);
    let waiting = [0, 1].map(|_| sending(&server, |answer| assert_eq!(answer.status, 200)));
    assert!(server.soon(|server| server.store.count() == 2));
    let answer = server.signed(EVENT);
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
    server.store.is_now(Mode::Store);
    assert_eq!(server.post("/in/other/t", &vec![], EVENT).status, 200);
    assert_eq!(server.signed(EVENT).status, 503);
    server.store.release();
    waiting.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(server.signed(EVENT).status, 200);
}

#[test]
fn the_queue_is_bounded() {
    let server = limited("queue = 1", "");
    server.store.is_now(Mode::Hold);
    let waiting = sending(&server, |answer| assert_eq!(answer.status, 200));
    assert!(server.soon(|server| server.store.count() == 1));
    assert!(server.metrics().contains("mediafold_queue_depth 1\n"));
    assert_eq!((server.get("/readyz").status, server.get("/healthz").status), (503, 200));
    let answer = server.post("/in/other/t", &vec![], EVENT);
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
    server.store.release();
    waiting.join().unwrap();
    server.store.is_now(Mode::Store);
    assert_eq!(server.post("/in/other/t", &vec![], EVENT).status, 200);
    assert!(server.metrics().contains("mediafold_queue_depth 0\n"));
    assert_eq!(server.get("/readyz").status, 200);
}

/// Only what is authentic counts, or anybody could keep a source silent.
#[test]
fn sources_have_a_rate() {
    let server = limited("", "rate = 1");
    for _ in 0..5 {
        assert_eq!(server.post("/in/fastpix", &vec![], EVENT).status, 401);
    }
    assert_eq!(server.signed(EVENT).status, 200);
    let answer = server.signed(EVENT);
    assert_eq!((answer.status, answer.header("retry-after")), (429, "1"));
    assert_eq!(server.post("/in/other/t", &vec![], EVENT).status, 200);
    assert_eq!(server.store.count(), 2);
}

/// Neither silent connections, nor half heads, nor half bodies keep a delivery out.
#[test]
fn many_idle_connections_do_no_harm() {
    let server = limited("connections = 20", "");
    let whole = request("POST", "/in/fastpix", &fastpix(EVENT), EVENT);
    for part in [0, 20, whole.len() - 1] {
        let idle: Vec<TcpStream> = (0..80)
            .map(|_| {
                let mut stream = server.connect();
                // It may have been closed for another already.
                let _ = stream.write_all(&whole[..part]);
                stream
            })
            .collect();
        assert_eq!(server.signed(EVENT).status, 200, "{part}");
        drop(idle);
    }
    let metrics = server.metrics();
    let closed =
        metrics.lines().find_map(|line| line.strip_prefix("mediafold_connections_closed_total "));
    assert!(closed.unwrap().parse::<u32>().unwrap() > 150, "{metrics}");
}

/// Connections at work are not closed for others: those are told to come again.
#[test]
fn connections_at_work_are_left_alone() {
    let server = limited("connections = 2", "");
    server.store.is_now(Mode::Hold);
    let waiting = [0, 1].map(|_| sending(&server, |answer| assert_eq!(answer.status, 200)));
    assert!(server.soon(|server| server.store.count() == 2));
    let answer = server.signed(EVENT);
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
    server.store.release();
    waiting.into_iter().for_each(|thread| thread.join().unwrap());
    server.store.is_now(Mode::Store);
    assert!(server.soon(|server| server.signed(EVENT).status == 200));
}

/// Bodies have so much memory; who holds on to it by sending slowly loses it to who does not.
#[test]
fn memory_is_bounded() {
    let limits = "memory = \"256 KiB\"\nbody_timeout = \"60s\"";
    let server = limited(limits, "body_max = \"64 KiB\"");
    let body = vec![b'x'; 64 << 10];
    let whole = request("POST", "/in/fastpix", &fastpix(&body), &body);
    let slow: Vec<TcpStream> = (0..16)
        .map(|_| {
            let mut stream = server.connect();
            // It may have been closed for another already.
            let _ = stream.write_all(&whole[..whole.len() - 1]);
            stream
        })
        .collect();
    // While the slow ones are still being let in, one of theirs may take the place that was made.
    assert!((0..4).any(|_| server.signed(&body).status == 200));
    let then: Vec<u16> = (0..8).map(|_| server.signed(&body).status).collect();
    drop(slow);
    assert_eq!(then, [200; 8]);
    assert_eq!(server.store.count(), 9);
}
