//! What strangers send.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::TcpStream,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    flood::{ELSEWHERE, from},
    folder,
    server::{Client, Server, media, status},
};

/// A delivery that has to be taken, and how long that takes.
fn serves(server: &Server, id: &str) {
    let began = Instant::now();
    assert_eq!(Client::new(server).post(&media(id, "created", id)), Some(200));
    println!("a delivery is answered 200 in {:.1?}; {}", began.elapsed(), server.memory());
}

/// Eight clients, each request of another kind than the one before.
pub(crate) fn junk(count: u64) {
    let (_folder, path) = folder();
    let server = Server::start(&path, None);
    println!("before: {}", server.memory());
    let body = media("m", "created", "e");
    let post = |path: &str, headers: &str, body: &str| {
        let len = body.len();
        format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len}\r\n{headers}\r\n{body}")
    };
    let signature = "FastPix-Signature: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n";
    let (next, began) = (AtomicU64::new(0), Instant::now());
    let answers: Mutex<BTreeMap<Option<u16>, u64>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let (mut client, mut own) = (Client::new(&server), BTreeMap::new());
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        break;
                    }
                    let request = match number % 6 {
                        0 => post("/in/signed", signature, &body),
                        1 => post("/in/signed", signature, &format!("{{]{number}")),
                        2 => post(&format!("/in/nobody{number}"), "", &body),
                        3 => post(&format!("/wp-login.php?{number}"), "", ""),
                        4 => post(
                            "/in/open",
                            "Content-Encoding: br\r\nAuthorization: Basic x\r\n",
                            "x",
                        ),
                        _ => format!("\x16\x03\x01 {number} no request\r\n\r\n"),
                    };
                    *own.entry(client.send(request.as_bytes())).or_insert(0) += 1;
                }
                let mut answers = answers.lock().unwrap();
                own.into_iter()
                    .for_each(|(status, count)| *answers.entry(status).or_default() += count);
            });
        }
    });
    let took = began.elapsed().as_secs_f64();
    println!("{count} requests in {took:.1} s, {:.0}/s, answered", count as f64 / took);
    for (status, count) in answers.into_inner().unwrap() {
        println!(
            "  {}: {count}",
            status.map_or_else(|| "not".to_owned(), |status| status.to_string())
        );
    }
    serves(&server, "after");
    assert!(server.end_and_find(&["after".to_owned()]));
}

const GIGABYTE: usize = 1 << 30;

pub(crate) fn bodies() {
    let (_folder, path) = folder();
    let server = Server::start(&path, None);
    println!("before: {}", server.memory());
    let zeros = {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let piece = vec![0; 1 << 20];
        (0..GIGABYTE >> 20).for_each(|_| encoder.write_all(&piece).unwrap());
        encoder.finish().unwrap()
    };
    let head = |more: &str| {
        format!("POST /in/open HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer open\r\n{more}\r\n")
    };
    let at_once = |what: &str, send: &(dyn Fn(&mut TcpStream) -> usize + Sync)| {
        let began = Instant::now();
        let answers: Vec<_> = std::thread::scope(|scope| {
            let one = || {
                let mut stream = server.connect();
                let sent = send(&mut stream);
                (sent >> 20, status(&mut stream))
            };
            let all: Vec<_> = (0..4).map(|_| scope.spawn(one)).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let took = began.elapsed();
        println!("{what}: (MB sent, answer) {answers:?} in {took:.1?}; {}", server.memory());
    };
    at_once("1 GB with its length", &|stream| {
        let _ = stream.write_all(head(&format!("Content-Length: {GIGABYTE}\r\n")).as_bytes());
        pour(stream, &[b'x'; 64 << 10])
    });
    at_once("1 GB in chunks", &|stream| {
        let _ = stream.write_all(head("Transfer-Encoding: chunked\r\n").as_bytes());
        let chunk = [b"10000\r\n".as_slice(), &[b'x'; 64 << 10], b"\r\n"].concat();
        pour(stream, &chunk)
    });
    at_once(&format!("1 GB of zeros as {} KB of gzip", zeros.len() >> 10), &|stream| {
        let len = zeros.len();
        let more = format!("Content-Encoding: gzip\r\nContent-Length: {len}\r\n");
        let _ = stream.write_all(head(&more).as_bytes());
        let _ = stream.write_all(&zeros);
        len
    });
    // As much of it as may be sent.
    let bomb = &zeros[..900 << 10];
    at_once("900 KB of that, broken off", &|stream| {
        let more = format!("Content-Encoding: gzip\r\nContent-Length: {}\r\n", bomb.len());
        let _ = stream.write_all(head(&more).as_bytes());
        let _ = stream.write_all(bomb);
        bomb.len()
    });
    serves(&server, "after");
    assert!(server.end_and_find(&["after".to_owned()]));
}

/// Writes until a gigabyte has gone or the other side has had enough.
fn pour(stream: &mut TcpStream, piece: &[u8]) -> usize {
    let mut sent = 0;
    while sent < GIGABYTE && stream.write_all(piece).is_ok() {
        sent += piece.len();
    }
    sent
}

pub(crate) fn idle(count: usize) {
    let (_folder, path) = folder();
    let server = Server::start(&path, None);
    println!("before: {}", server.memory());
    let hold = |what: &str, bytes: &[u8]| {
        let began = Instant::now();
        let one = || {
            let mut stream = from(&server.address, ELSEWHERE);
            // It may have been closed for another already.
            let _ = stream.write_all(bytes);
            stream
        };
        let _held: Vec<TcpStream> = std::iter::repeat_with(one).take(count).collect();
        println!("{count} {what} in {:.1?}; {}", began.elapsed(), server.memory());
        serves(&server, what);
    };
    hold("silent connections", b"");
    hold("connections in the middle of a head", b"POST /in/open HTTP/1.1\r\nHost: x\r\nX-A: ");
    let body = "POST /in/open HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer open\r\nContent-Length: 100000\r\n\r\n{";
    hold("connections in the middle of a body", body.as_bytes());
    let changes = "GET /api/changes?after=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer may ask\r\nAccept: text/event-stream\r\n\r\n";
    let mut client = Client::new(&server);
    for number in 0..20_000 {
        let id = format!("a{number}");
        assert_eq!(client.post(&media(&id, "created", &id)), Some(200));
    }
    println!("20000 deliveries stored; {}", server.memory());
    let mut readers: Vec<TcpStream> = (0..250).map(|_| server.connect()).collect();
    readers.iter_mut().for_each(|reader| reader.write_all(changes.as_bytes()).unwrap());
    std::thread::sleep(Duration::from_secs(3));
    println!("250 readers of 20000 changes who do not read; {}", server.memory());
    let mut some = [0; 100];
    assert!(readers.iter_mut().all(|reader| reader.read(&mut some).unwrap() > 0));
    serves(&server, "after");
    assert!(server.end_and_find(&["after".to_owned(), "a19999".to_owned()]));
}
