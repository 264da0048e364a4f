//! What a disk does to a server.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::{
    folder,
    server::{Client, Server, media},
};

/// What was sent, one after another.
#[derive(Default)]
struct Sent {
    number: u64,
    acknowledged: Vec<String>,
}

impl Sent {
    /// Sends until the time is over; how many were acknowledged, and how many were not.
    fn send(&mut self, server: &Server, time: Duration) -> (usize, usize) {
        let (began, before, mut refused) = (Instant::now(), self.acknowledged.len(), 0);
        let mut client = Client::new(server);
        while began.elapsed() < time {
            self.number += 1;
            let id = format!("m{}", self.number);
            match client.post(&media(&id, "created", &id)) {
                Some(200) => self.acknowledged.push(id),
                answer => {
                    assert_eq!(answer, Some(503));
                    refused += 1;
                }
            }
        }
        (self.acknowledged.len() - before, refused)
    }
}

/// Has the system answer this call of the server with this error.
fn inject(server: &Server, fault: &str) -> Child {
    let calls = fault.split(':').next().unwrap();
    let tracing = Command::new("strace")
        .args(["-f", "-q", "-o", "/dev/null", "-e", &format!("trace={calls}")])
        .args(["-e", &format!("inject={fault}"), "-p", &server.process.id().to_string()])
        .stderr(Stdio::null())
        .spawn();
    std::thread::sleep(Duration::from_millis(500));
    tracing.unwrap()
}

pub(crate) fn disk() {
    let (_folder, path) = folder();
    let server = Server::start(&path, None);
    let mut sent = Sent::default();
    let second = Duration::from_secs(1);
    println!("before: {:?} acknowledged and refused", sent.send(&server, second));
    for fault in [
        "fsync,fdatasync:error=EIO",
        "pwrite64:error=ENOSPC",
        "pwrite64:error=EROFS",
        "pwrite64:error=EIO",
    ] {
        let mut tracing = inject(&server, fault);
        let during = sent.send(&server, 2 * second);
        let (ready, alive) = (server.get("/readyz"), server.get("/healthz"));
        assert!(Command::new("kill").arg(tracing.id().to_string()).status().unwrap().success());
        tracing.wait().unwrap();
        let again = server.soon("/readyz", 200);
        let after = sent.send(&server, second);
        println!(
            "{fault}: {during:?} acknowledged and refused, /readyz {ready}, /healthz {alive}; ready {again:.1?} after its end, then {after:?}"
        );
        assert!(during.0 == 0 && ready == 503 && alive == 200 && after.0 > 0 && after.1 == 0);
    }
    println!("{}", server.memory());
    let count = sent.acknowledged.len();
    assert!(server.end_and_find(&sent.acknowledged));
    println!("all {count} that were acknowledged are there");
}

pub(crate) fn full(folder: &Path) {
    let ballast = folder.join("ballast");
    std::fs::write(&ballast, vec![7; 16 << 20]).unwrap();
    let server = Server::start(folder, None);
    let mut sent = Sent::default();
    let mut refused = 0;
    while refused < 20 {
        refused += sent.send(&server, Duration::from_millis(200)).1;
    }
    println!("full after {} deliveries; {refused} refused", sent.acknowledged.len());
    println!("/readyz {}, /healthz {}", server.get("/readyz"), server.get("/healthz"));
    std::fs::remove_file(ballast).unwrap();
    println!("ready {:.1?} after there is room", server.soon("/readyz", 200));
    let after = sent.send(&server, Duration::from_millis(300));
    println!("then {after:?} acknowledged and refused; {}", server.memory());
    let count = sent.acknowledged.len();
    assert!(after.0 > 0 && server.end_and_find(&sent.acknowledged));
    println!("all {count} that were acknowledged are there");
}
