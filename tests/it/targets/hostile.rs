use super::*;

/// Whatever it does with a request, each change arrives, and none of an asset before the one before it.
#[test]
fn a_receiver_that_fails_at_random_gets_all_in_order() {
    let receiver =
        Receiver::new(|post, before| match (post.seq() * 31 + before as u64 * 17) % 14 {
            0 => Reply::Status(500, ""),
            1 => Reply::Close,
            2 => Reply::Half,
            3 => Reply::Slow(20, 200),
            4 => Reply::Slow(5, 503),
            5 => Reply::Status(302, "Location: http://127.0.0.1:1/\r\n"),
            _ => Reply::Status(204, ""),
        });
    let server = Server::new(&target("app", &receiver.address, "concurrency = 16\nfrom = \"all\""));
    let all = server.fill(60);
    // One that fails several times comes some seconds later each time.
    assert!((0..6).any(|_| receiver.has_taken(all)), "{:?}", server.told("app"));
    assert!(server.is_done("app"));
    receiver.is_in_order();
    let at_once = receiver.at_once.load(Ordering::SeqCst);
    assert!((2..=16).contains(&at_once), "{at_once} at a time");
    let told = server.told("app");
    assert!(told["failed"].as_u64().unwrap() > 10 && told["failing"] == 0, "{told}");
    assert_eq!(told["arrived"].as_u64().unwrap() as usize, all);
}

#[test]
fn as_many_requests_are_under_way_as_may() {
    let receiver = Receiver::new(|_, _| Reply::Slow(100, 200));
    let server = Server::new(&target("app", &receiver.address, "concurrency = 8\nfrom = \"all\""));
    let all = server.fill(24);
    assert!(receiver.has_taken(all));
    assert_eq!(receiver.at_once.load(Ordering::SeqCst), 8);
    receiver.is_in_order();
}

/// One asset that it will not have keeps no other from arriving, and what waits behind it costs no memory.
#[test]
fn others_go_on_while_one_fails() {
    let receiver = Receiver::new(|post, _| match post.json["id"] == "bad" {
        true => Reply::Status(422, ""),
        false => Reply::Status(200, ""),
    });
    let server = Server::new(&target("app", &receiver.address, "from = \"all\""));
    server.media("bad", "created", 0);
    let all = server.fill(700);
    server.media("bad", "ready", 50);
    assert!(receiver.has_taken(all));
    assert!(soon(|| server.told("app")["outstanding"] == 2), "{}", server.told("app"));
    let told = server.told("app");
    assert_eq!((&told["next"], &told["ahead"]), (&1.into(), &0.into()), "{told}");
    assert_eq!((&told["failing"], &told["error"]), (&1.into(), &"answered 422".into()), "{told}");
    assert!(receiver.posts().iter().all(|post| post.json["id"] != "bad" || post.seq() == 1));
    receiver.is_in_order();
}

/// A receiver that is down is asked seldom, however much there is for it, and then gets everything.
#[test]
fn a_receiver_that_is_down_is_not_pestered() {
    let down = Arc::new(AtomicUsize::new(1));
    let is_down = Arc::clone(&down);
    let receiver = Receiver::new(move |_, _| match is_down.load(Ordering::SeqCst) {
        0 => Reply::Status(200, ""),
        _ => Reply::Status(503, ""),
    });
    let server = Server::new(&target("app", &receiver.address, "from = \"all\""));
    let all = server.fill(500);
    wait(2_500);
    // 64 assets, each after 0.5 to 1 and then 1 to 2 seconds.
    let asked = receiver.posts().len();
    assert!((64..=64 * 4).contains(&asked), "{asked}");
    let told = server.told("app");
    assert!(told["failing"].as_u64().unwrap() <= 72 && told["arrived"] == 0, "{told}");
    down.store(0, Ordering::SeqCst);
    assert!(receiver.has_taken(all));
    receiver.is_in_order();
}

#[test]
fn it_waits_as_long_as_the_receiver_says() {
    let receiver = Receiver::new(|_, before| match before {
        0 => Reply::Status(429, "Retry-After: 3\r\n"),
        _ => Reply::Status(200, ""),
    });
    let server = Server::new(&target("app", &receiver.address, "from = \"all\"\nconcurrency = 1"));
    let begun = crate::serving::moment();
    server.fill(3);
    assert!(receiver.has_taken(6));
    // Others wait too: it is the receiver that has had enough.
    assert!(begun.elapsed() >= Duration::from_secs(3));
    receiver.is_in_order();
}

/// Answers that never come, never end, or are no HTTP.
#[test]
fn answers_are_bounded() {
    let huge = [b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'x'; 8 << 20]].concat();
    let cases: [(&str, Reply, &str); 5] = [
        ("never", Reply::Slow(4_000, 200), "no answer within 1s"),
        ("nonsense", Reply::Raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec()), "broke off: "),
        (
            "long",
            Reply::Raw([b"HTTP/1.1 200 OK\r\nX: ".to_vec(), vec![b'x'; 1 << 20]].concat()),
            "broke off: ",
        ),
        (
            "moved",
            Reply::Status(307, "Location: http://127.0.0.1:1/\r\n"),
            "answered 307, which is not followed",
        ),
        ("huge", Reply::Raw(huge), ""),
    ];
    for (name, reply, error) in cases {
        let receiver = Receiver::new(move |_, _| reply.clone());
        let lines = "from = \"all\"\nanswer_timeout = \"1s\"\ntimeout = \"2s\"";
        let server = Server::new(&target("app", &receiver.address, lines));
        server.media("m1", "created", 0);
        let is_so = || {
            let told = server.told("app");
            let failed = told["error"].as_str().is_some_and(|own| own.starts_with(error));
            if error.is_empty() { told["arrived"] == 1 } else { failed }
        };
        assert!(soon(is_so), "{name}: {}", server.told("app"));
    }
    // Nobody listens.
    let server = Server::new(&target("app", "127.0.0.1:1", "from = \"all\""));
    server.media("m1", "created", 0);
    let said = || {
        server.told("app")["error"].as_str().is_some_and(|own| own.starts_with("could not connect"))
    };
    assert!(soon(said), "{}", server.told("app"));
}

#[test]
fn a_receiver_that_is_gone_is_asked_once() {
    let receiver = Receiver::new(|_, _| Reply::Status(410, ""));
    let server = Server::new(&target("app", &receiver.address, "from = \"all\"\nconcurrency = 1"));
    server.fill(20);
    assert!(soon(|| server.told("app")["paused"] == "answered 410: it wants no more"));
    wait(1_500);
    assert_eq!(receiver.posts().len(), 1);
    let (_, metrics) = server.get("/metrics");
    assert!(metrics.contains("mediafold_target_paused{target=\"app\"} 1\n"), "{metrics}");
}

/// By the clock of the server, and not by how often it was tried.
#[test]
fn what_fails_for_too_long_pauses_the_target() {
    let receiver = Receiver::new(|_, _| Reply::Status(500, ""));
    let server = Server::new(&target("app", &receiver.address, "from = \"all\"\ngive_up = \"3d\""));
    server.media("m1", "created", 0);
    assert!(soon(|| receiver.posts().len() > 1));
    assert_eq!(server.told("app")["paused"], Value::Null);
    server.ahead.store(3 * 86_400, Ordering::SeqCst);
    let paused = "given up on change 1 after 3d: answered 500";
    assert!(soon(|| server.told("app")["paused"] == paused), "{}", server.told("app"));
    let asked = receiver.posts().len();
    wait(1_500);
    assert_eq!(receiver.posts().len(), asked);
}
