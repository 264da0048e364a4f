use std::{
    io::{BufRead, BufReader, Read},
    net::TcpStream,
};

use serde_json::Value;

use super::{Server, TOKEN, each, media};

/// An event of a stream.
#[derive(Debug, PartialEq)]
struct Sent {
    id: u64,
    change: Value,
}

/// A stream that is read.
struct Stream(BufReader<TcpStream>);

impl Stream {
    fn open(server: &Server, target: &str, headers: &str) -> Self {
        let headers = format!("{TOKEN}Accept: text/event-stream\r\n{headers}");
        let mut stream = Self(server.open("GET", target, &headers));
        let head: Vec<String> =
            std::iter::from_fn(|| stream.line().filter(|line| !line.is_empty())).collect();
        assert!(head[0].contains("200"), "{head:?}");
        assert!(head.iter().any(|line| line == "content-type: text/event-stream"), "{head:?}");
        stream
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.0.read_line(&mut line).unwrap();
        (read > 0).then(|| line.trim_end().to_owned())
    }

    /// The next event; the sizes of chunks and what opens the stream are passed over.
    fn next(&mut self) -> Option<Sent> {
        let mut id = None;
        while let Some(line) = self.line() {
            assert_ne!(line, ": still here", "nothing came for a long time");
            if let Some(number) = line.strip_prefix("id: ") {
                id = Some(number.parse().unwrap());
            } else if let Some(data) = line.strip_prefix("data: ") {
                return Some(Sent { id: id?, change: serde_json::from_str(data).unwrap() });
            }
        }
        None
    }
}

#[test]
fn a_change_comes_by_long_poll() {
    let server = Server::filled();
    let known = server.json("/api/changes");
    let next = known["next"].as_u64().unwrap();
    assert_eq!(known["seq"], next);
    let at_once = server.json(&format!("/api/changes?after={next}"));
    assert_eq!((each(&at_once, "seq").len(), &at_once["next"]), (0, &known["next"]));
    let waited = server.json(&format!("/api/changes?after={next}&wait=1"));
    assert_eq!(waited, at_once);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| server.json(&format!("/api/changes?after={next}&wait=20")));
        crate::serving::wait(200);
        server.media("m2", "ready", 60);
        let heard = waiting.join().unwrap();
        assert_eq!(each(&heard, "to"), ["ready"]);
        assert_eq!(heard["next"], next + 1);
    });
}

/// Whoever sends nothing more may have gone: it is answered with what there is, and makes room for others.
#[test]
fn who_has_closed_its_side_is_not_waited_for() {
    let server = Server::filled();
    let next = server.json("/api/changes")["next"].as_u64().unwrap();
    let begun = crate::serving::moment();
    for (target, headers) in [
        (format!("/api/changes?after={next}&wait=20"), TOKEN.to_owned()),
        ("/api/changes?after=3".to_owned(), format!("{TOKEN}Accept: text/event-stream\r\n")),
        ("/api/overview".to_owned(), format!("{TOKEN}Accept: text/event-stream\r\n")),
    ] {
        let mut reader = server.open("GET", &target, &headers);
        crate::serving::wait(50);
        // Less than the heartbeat of a stream that would go on.
        reader.get_ref().set_read_timeout(Some(std::time::Duration::from_secs(5))).unwrap();
        reader.get_ref().shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        reader.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(answer.contains(&format!("\"seq\":{next}")), "{answer}");
    }
    // More than there are places for at a time.
    for _ in 0..300 {
        drop(server.open("GET", &format!("/api/changes?after={next}&wait=20"), TOKEN));
    }
    let answered = || server.get(&format!("/api/changes?after={next}&wait=1")).status == 200;
    assert!(crate::serving::soon(answered));
    assert!(begun.elapsed() < std::time::Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[test]
fn a_change_comes_by_stream() {
    let server = Server::new();
    let mut stream = Stream::open(&server, "/api/changes", "");
    for (id, second) in ["m1", "m2", "m3"].into_iter().zip(0..) {
        server.media(id, "created", second);
        let sent = stream.next().unwrap();
        assert_eq!((sent.id, &sent.change["id"]), (second as u64 + 1, &Value::from(id)));
    }
    assert_eq!(server.json("/api/changes")["items"].as_array().unwrap().len(), 3);
}

#[test]
fn resuming_misses_and_repeats_nothing() {
    let server = Server::new();
    for number in 0..250 {
        server.media(&format!("m{number}"), "created", number);
    }
    let (mut polled, mut after) = (Vec::new(), 0);
    loop {
        let page = server.json(&format!("/api/changes?after={after}&limit=37"));
        let items = page["items"].as_array().unwrap().clone();
        after = page["next"].as_u64().unwrap();
        if items.is_empty() {
            break;
        }
        polled.extend(items);
    }
    assert_eq!(polled.len(), 250);
    let mut streamed: Vec<Value> = Vec::new();
    while streamed.len() < 250 {
        let last = streamed.last().map_or(0, |change| change["seq"].as_u64().unwrap());
        // What the address says counts only the first time.
        let header = if last == 0 { String::new() } else { format!("Last-Event-ID: {last}\r\n") };
        let mut stream = Stream::open(&server, "/api/changes?after=0", &header);
        for _ in 0..(250 - streamed.len()).min(61) {
            let sent = stream.next().unwrap();
            assert_eq!(sent.change["seq"], sent.id);
            streamed.push(sent.change);
        }
    }
    assert_eq!(streamed, polled);
}

#[test]
fn a_reader_that_is_slow_gets_all_of_it() {
    let server = Server::new();
    let mut stream = Stream::open(&server, "/api/changes", "");
    // More than what lies between the two can hold.
    let pending: Vec<_> = (0..3_000)
        .map(|number| {
            let id = format!("{number}-{}", "x".repeat(1_000));
            server.store.submit(media(&id, "created", number)).unwrap()
        })
        .collect();
    for pending in pending {
        pending.wait().unwrap();
    }
    for seq in 1..=3_000 {
        assert_eq!(stream.next().unwrap().id, seq);
    }
}

#[test]
fn what_never_was_is_not_waited_for() {
    let server = Server::filled();
    let problem = server.problem("/api/changes?after=1000&wait=20", 409);
    assert!(problem["detail"].as_str().unwrap().contains("begin anew"));
    for (target, header) in [
        ("/api/changes?wait=1", ""),
        ("/api/changes?limit=1", ""),
        ("/api/changes", "Last-Event-ID: none\r\n"),
    ] {
        let headers = format!("{TOKEN}Accept: text/event-stream\r\n{header}");
        assert_eq!(server.send("GET", target, &headers).status, 400, "{target}");
    }
}

#[test]
fn waiting_clients_are_bounded_and_give_their_places_back() {
    let server = Server::new();
    let mut streams: Vec<Stream> =
        (0..256).map(|_| Stream::open(&server, "/api/changes", "")).collect();
    let refused = server.get("/api/changes?wait=20");
    assert_eq!(refused.status, 503);
    assert!(refused.head.contains("retry-after"), "{}", refused.head);
    server.json("/api/changes");
    server.media("m1", "created", 0);
    for stream in &mut streams {
        assert_eq!(stream.next().unwrap().id, 1);
    }
    drop(streams);
    let again = (0..200).any(|_| {
        crate::serving::wait(20);
        server.get("/api/changes?after=1&wait=1").status == 200
    });
    assert!(again);
}

#[test]
fn streams_end_with_the_server() {
    let server = Server::new();
    let mut stream = Stream::open(&server, "/api/changes", "");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| server.json("/api/changes?wait=20"));
        crate::serving::wait(200);
        server.serving.signal(mediafold::server::Signal::Shutdown);
        assert!(stream.next().is_none());
        assert_eq!(waiting.join().unwrap()["next"], 0);
    });
}
