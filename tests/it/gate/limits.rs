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

/// Another address than that of the other clients.
const ELSEWHERE: &str = "127.0.0.9";

/// What was opened and holds on to its place: silent, in the middle of a head, or of a body.
fn idle(server: &Server, from: &str, count: usize, bytes: &[u8]) -> Vec<TcpStream> {
    let one = || {
        let mut stream = server.connect_from(from);
        // It may have been closed already.
        let _ = stream.write_all(bytes);
        stream
    };
    std::iter::repeat_with(one).take(count).collect()
}

fn counted(server: &Server, name: &str) -> u32 {
    let metrics = server.metrics();
    let line = metrics.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.unwrap().parse().unwrap()
}

/// A delivery by a connection that is kept.
fn delivers(stream: &mut TcpStream) -> bool {
    let whole = String::from_utf8(request("POST", "/in/fastpix", &fastpix(EVENT), EVENT)).unwrap();
    let sent = stream.write_all(whole.replace("Connection: close\r\n", "").as_bytes());
    let mut answer = [0; 1_024];
    sent.is_ok()
        && stream.read(&mut answer).is_ok_and(|read| answer[..read].starts_with(b"HTTP/1.1 200"))
}

/// Neither silent connections, nor half heads, nor half bodies of another address keep a delivery out, or cost a
/// connection that is kept.
#[cfg(target_os = "linux")]
#[test]
fn many_idle_connections_do_no_harm() {
    let server = limited("connections = 20", "");
    let mut kept = server.connect();
    assert!(delivers(&mut kept));
    let whole = request("POST", "/in/fastpix", &fastpix(EVENT), EVENT);
    for part in [0, 20, whole.len() - 1] {
        let idle = idle(&server, ELSEWHERE, 80, &whole[..part]);
        for _ in 0..5 {
            assert_eq!(server.signed(EVENT).status, 200, "{part}");
            assert!(delivers(&mut kept), "{part}");
        }
        drop(idle);
    }
    assert!(counted(&server, "mediafold_connections_refused_total") > 150);
    assert!(counted(&server, "mediafold_connections_closed_total") >= 3);
}

/// Ends what goes on beside a test, even one that fails.
struct Ends<'a>(&'a std::sync::atomic::AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

/// While one address opens connections as fast as it can, others are served, on new connections and on old ones.
#[cfg(target_os = "linux")]
#[test]
fn a_flood_from_one_address_keeps_no_other_out() {
    let server = limited("connections = 50", "");
    let mut kept = server.connect();
    // An old connection of the flood's own address is left alone too.
    let mut neighbour = server.connect_from(ELSEWHERE);
    assert!(delivers(&mut kept) && delivers(&mut neighbour));
    let end = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _ends = Ends(&end);
        scope.spawn(|| {
            let mut open = std::collections::VecDeque::new();
            while !end.load(std::sync::atomic::Ordering::Relaxed) {
                open.push_back(server.connect_from(ELSEWHERE));
                open.drain(..open.len().saturating_sub(200));
            }
        });
        assert!(server.soon(|server| counted(server, "mediafold_connections_refused_total") > 500));
        for number in 0..20 {
            assert_eq!(server.signed(EVENT).status, 200, "{number}");
            assert!(delivers(&mut kept), "{number}");
            assert!(delivers(&mut neighbour), "{number}");
        }
    });
}

/// Who has all the connections gets another in place of one that has not sent a request for a second, and not before.
#[test]
fn an_address_makes_room_for_itself() {
    let server = limited("connections = 5", "");
    let idle = idle(&server, "127.0.0.1", 5, b"POST /in/fastpix HTTP/1.1\r\n");
    assert_eq!(server.signed(EVENT).status, 503);
    assert!(server.soon(|server| server.signed(EVENT).status == 200));
    drop(idle);
    // One that is kept gives way to a new one at once, if there is no other.
    assert!(server.soon(|server| counted(server, "mediafold_connections") == 1));
    let mut kept = Vec::new();
    for _ in 0..5 {
        kept.push(server.connect());
        assert!(kept.last_mut().is_some_and(delivers));
    }
    assert_eq!(server.signed(EVENT).status, 200);
    assert!(server.soon(|_| !delivers(&mut kept[0])));
    assert!(kept[1..].iter_mut().all(delivers));
}

/// Behind a proxy may be anybody: none of its connections pays for others, but for how long it has waited.
#[cfg(target_os = "linux")]
#[test]
fn connections_of_a_proxy_count_for_themselves() {
    let config = format!(
        "token = \"may ask\"\nproxies = [\"10.0.0.0/8\", \"127.0.0.1\"]\n[limits]\nconnections = 20\n\
         [sources.fastpix]\nprovider = \"fastpix\"\nsecrets = [\"{FASTPIX}\"]\n"
    );
    let server = Server::new(&config);
    let idle_ones = idle(&server, "127.0.0.1", 80, b"POST");
    assert_eq!(server.signed(EVENT).status, 200);
    drop(idle_ones);
    assert!(server.soon(|server| counted(server, "mediafold_connections") == 1));
    let mut proxied: Vec<_> = (0..10).map(|_| server.connect()).collect();
    assert!(proxied.iter_mut().all(delivers));
    let strangers = idle(&server, ELSEWHERE, 80, b"POST");
    assert!(proxied.iter_mut().all(delivers));
    assert_eq!(server.signed(EVENT).status, 200);
    drop(strangers);
    // Who is a proxy may change.
    std::fs::write(server.config(), config.replace(", \"127.0.0.1\"", "")).unwrap();
    server.serving.signal(Signal::Reload);
    assert!(server.soon(|server| counted(server, "mediafold_reloads_total") == 1));
    drop(proxied);
    assert!(server.soon(|server| counted(server, "mediafold_connections") == 1));
    let idle_ones = idle(&server, "127.0.0.1", 80, b"POST");
    assert_eq!(server.signed(EVENT).status, 503);
    drop(idle_ones);
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

/// Of those who hold on to memory the address with the most connections loses it first, however young they are.
#[cfg(target_os = "linux")]
#[test]
fn who_sends_slowly_alone_keeps_its_memory() {
    let server = limited("memory = \"256 KiB\"\nbody_timeout = \"60s\"", "body_max = \"64 KiB\"");
    let body = vec![b'x'; 64 << 10];
    let whole = request("POST", "/in/fastpix", &fastpix(&body), &body);
    let mut slow = server.connect();
    slow.write_all(&whole[..whole.len() - 1]).unwrap();
    // Until its body is being read, it holds nothing that could be taken from it, and nothing tells when that is.
    assert!(server.soon(|server| counted(server, "mediafold_connections") >= 1));
    crate::serving::wait(1_000);
    let others = idle(&server, ELSEWHERE, 16, &whole[..whole.len() - 1]);
    crate::serving::wait(300);
    slow.write_all(&whole[whole.len() - 1..]).unwrap();
    assert_eq!(Answer::read(&mut slow).status, 200);
    drop(others);
}
