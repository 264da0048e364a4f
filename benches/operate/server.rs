//! A server in a process of its own, and who sends to it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const MEDIAFOLD: &str = env!("CARGO_BIN_EXE_mediafold");

pub(crate) struct Server {
    pub(crate) process: Child,
    pub(crate) address: String,
    data: PathBuf,
}

impl Server {
    /// With its store in this file, or in the folder.
    pub(crate) fn start(folder: &Path, data: Option<&Path>) -> Self {
        let data =
            data.map_or_else(|| folder.join("mediafold.db"), |data| data.canonicalize().unwrap());
        let config = folder.join("mediafold.toml");
        let text = format!(
            "listen = \"127.0.0.1:0\"\ndata = {data:?}\ntoken = \"may ask\"\n\
             [sources.open]\nprovider = \"fastpix\"\nscheme = \"bearer\"\nsecrets = [\"open\"]\nconcurrency = 1000\n\
             [sources.signed]\nprovider = \"fastpix\"\nsecrets = [\"c2lnbmluZyBzZWNyZXQ=\"]\n"
        );
        std::fs::write(&config, text).unwrap();
        let mut process = Command::new(MEDIAFOLD)
            .args(["serve", "--config", config.to_str().unwrap()])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = lines.find_map(|line| {
            let line: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
            Some(line["address"].as_str()?.to_owned())
        });
        std::thread::spawn(move || lines.for_each(drop));
        let server = Self { process, address: address.unwrap(), data };
        assert_eq!(server.get("/readyz"), 200);
        server
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// The status of an answer to a question.
    pub(crate) fn get(&self, target: &str) -> u16 {
        let mut stream = self.connect();
        let head = format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        status(&mut stream).unwrap_or(0)
    }

    /// How long until the question is answered so, if within a minute.
    pub(crate) fn soon(&self, target: &str, status: u16) -> Duration {
        let began = Instant::now();
        while self.get(target) != status {
            assert!(began.elapsed() < Duration::from_secs(60), "{target} is never {status}");
            std::thread::sleep(Duration::from_millis(20));
        }
        began.elapsed()
    }

    /// What the system says of its memory.
    pub(crate) fn memory(&self) -> String {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1024
        };
        format!("{} MB resident, {} MB at the most", of("VmRSS:"), of("VmHWM:"))
    }

    /// Ends it in order; whether all of these deliveries are in its store.
    pub(crate) fn end_and_find(mut self, ids: &[String]) -> bool {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.process.wait().unwrap().success());
        let database = rusqlite::Connection::open(&self.data).unwrap();
        let sql = "SELECT 1 FROM assets JOIN events USING (asset) WHERE entity = 'fastpix/media' AND id = ?";
        let mut statement = database.prepare(sql).unwrap();
        ids.iter().all(|id| statement.exists([id]).unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The status of an answer, which is read to its end; nothing, where the connection ended before.
pub(crate) fn status(stream: &mut TcpStream) -> Option<u16> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return None,
        }
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let len = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let len = len.map_or(0, |len| len.parse().unwrap());
    std::io::copy(&mut stream.take(len), &mut std::io::sink()).ok()?;
    head.split(' ').nth(1)?.parse().ok()
}

/// One connection that is kept while it can be.
pub(crate) struct Client<'s> {
    server: &'s Server,
    stream: Option<TcpStream>,
}

impl<'s> Client<'s> {
    pub(crate) fn new(server: &'s Server) -> Self {
        Self { server, stream: None }
    }

    /// An authentic delivery.
    pub(crate) fn post(&mut self, body: &str) -> Option<u16> {
        let len = body.len();
        self.send(
            format!(
                "POST /in/open HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer open\r\nContent-Length: {len}\r\n\r\n{body}"
            )
            .as_bytes(),
        )
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> Option<u16> {
        let mut stream = self.stream.take().unwrap_or_else(|| self.server.connect());
        let status = stream.write_all(bytes).ok().and_then(|()| status(&mut stream));
        // After what is no request, or too large, the connection ends.
        if status.is_some_and(|status| !matches!(status, 400 | 408 | 413)) {
            self.stream = Some(stream);
        }
        status
    }
}

/// What FastPix sends of a media, about 1 KB.
pub(crate) fn media(id: &str, kind: &str, event: &str) -> String {
    let filler = "x".repeat(700);
    format!(
        r#"{{"type":"video.media.{kind}","id":"{event}","createdAt":"2026-11-01T10:00:00Z","object":{{"type":"media","id":"{id}"}},"workspace":{{"id":"w"}},"data":{{"id":"{id}","title":"A video","filler":"{filler}"}}}}"#
    )
}
