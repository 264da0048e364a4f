//! One address that opens connections as fast as it is told to.

use std::{
    collections::VecDeque,
    io::Write,
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use tokio::net::TcpSocket;

use super::{
    folder,
    server::{Server, media, status},
};

/// Another address than that which connections of this machine have by themselves.
pub(crate) const ELSEWHERE: [u8; 4] = [127, 0, 0, 66];
/// Connections that each of the two flooding threads keeps open, as far as it is let.
const KEPT: usize = 2_000;
const DELIVERIES: usize = 20;

/// A connection from this address of the machine.
pub(crate) fn from(to: &str, address: [u8; 4]) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stream = runtime.block_on(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((address, 0))).unwrap();
        socket.connect(to.parse().unwrap()).await.unwrap().into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

/// How many connections were opened, and how many of those meanwhile could not be.
#[derive(Default)]
struct Opened {
    done: AtomicU64,
    failed: AtomicU64,
}

/// Opens connections at this rate until the end, and sends the beginning of a request on every other.
fn pour(to: SocketAddr, rate: f64, opened: &Opened, end: &AtomicBool) {
    let began = Instant::now();
    let mut kept = VecDeque::new();
    for number in 0_u32.. {
        if end.load(Ordering::Relaxed) {
            break;
        }
        let due = began + Duration::from_secs_f64(f64::from(number) / rate);
        if let Some(wait) = due.checked_duration_since(Instant::now()) {
            std::thread::sleep(wait);
        }
        match TcpStream::connect(to) {
            Ok(mut stream) => {
                if number % 2 == 0 {
                    // It may have been closed already.
                    let _ = stream.write_all(b"POST /in/open HTTP/1.1\r\nHost: x\r\n");
                }
                kept.push_back(stream);
                kept.drain(..kept.len().saturating_sub(KEPT));
                opened.done.fetch_add(1, Ordering::Relaxed);
            }
            Err(_) => {
                opened.failed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// A delivery by this connection, and the time that it took.
fn deliver(stream: &mut TcpStream, id: &str) -> (bool, Duration) {
    let (began, body) = (Instant::now(), media(id, "created", id));
    let head = format!(
        "POST /in/open HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer open\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let sent = stream.write_all((head + &body).as_bytes());
    (sent.is_ok() && status(stream) == Some(200), began.elapsed())
}

pub(crate) fn flood(rate: u64, seconds: u64) {
    let (_folder, path) = folder();
    let server = Server::start(&path, None);
    println!("before: {}", server.memory());
    let to: SocketAddr = server.address.parse().unwrap();
    let (opened, end) = (Opened::default(), AtomicBool::new(false));
    let elsewhere = || from(&server.address, ELSEWHERE);
    let (mut kept, mut neighbour) = (elsewhere(), server.connect());
    assert!(deliver(&mut kept, "kept").0 && deliver(&mut neighbour, "neighbour").0);
    let mut ids = vec!["kept".to_owned(), "neighbour".to_owned()];
    let pause = Duration::from_secs(seconds) / (DELIVERIES as u32 + 5);
    std::thread::scope(|scope| {
        let began = Instant::now();
        for _ in 0..2 {
            scope.spawn(|| pour(to, rate as f64 / 2.0, &opened, &end));
        }
        std::thread::sleep(5 * pause);
        let mut ways = [
            ("fresh connections", 0, Duration::ZERO),
            ("a kept connection", 0, Duration::ZERO),
            ("a kept connection of the flood's own address", 0, Duration::ZERO),
            ("fresh connections of the flood's own address", 0, Duration::ZERO),
        ];
        for number in 0..DELIVERIES {
            std::thread::sleep(pause);
            for (way, (_, taken, longest)) in ways.iter_mut().enumerate() {
                let id = format!("d{number}-{way}");
                let (is_taken, took) = match way {
                    0 => deliver(&mut elsewhere(), &id),
                    1 => deliver(&mut kept, &id),
                    2 => deliver(&mut neighbour, &id),
                    _ => deliver(&mut server.connect(), &id),
                };
                if is_taken {
                    *taken += 1;
                    *longest = took.max(*longest);
                    ids.push(id);
                }
            }
        }
        end.store(true, Ordering::Relaxed);
        let took = began.elapsed().as_secs_f64();
        let [done, failed] =
            [&opened.done, &opened.failed].map(|count| count.load(Ordering::Relaxed));
        println!(
            "{done} connections from one address in {took:.1} s, {:.0}/s, {failed} more could not be opened; {}",
            done as f64 / took,
            server.memory()
        );
        for (way, taken, longest) in ways {
            println!("{taken} of {DELIVERIES} on {way}, within {longest:.1?}");
        }
        let promised = &ways[..3];
        assert!(
            promised.iter().all(|(_, taken, _)| *taken == DELIVERIES),
            "a delivery was kept out"
        );
    });
    assert!(server.end_and_find(&ids));
}
