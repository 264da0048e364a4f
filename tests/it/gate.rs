/// What `mediafold.toml` may say.
mod config;
/// Copies of what was stored.
mod copies;
/// Requests that are made to hurt.
mod hostile;
/// Limits, timeouts, and what is open.
mod limits;
/// What `docs/operations.md` says.
mod operations;
/// Deliveries that only test an address.
mod probes;
/// What `docs/providers.md` says.
/// What is let in and what is not.
mod received;
/// Reload, shutdown, metrics and logs.
mod running;
/// With a store behind it.
mod stored;

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, Mutex},
    time::Duration,
};

use axum::Router;
use mediafold::{
    Catalog, Timestamp,
    lifecycle::{DefinitionFile, Scheme},
    server::{
        Accept, Busy, Config, ConfigError, Done, Gate, Incoming, NotStored, Receipt, Signal,
        Surroundings, logger,
    },
    signature::Request,
};

use crate::serving::{Serving, soon};

const EVENT: &[u8] = br#"{"type":"video.media.ready","id":"e1","data":{"id":"m1"}}"#;
const FASTPIX: &str = "c2lnbmluZyBzZWNyZXQ=";
const CALLBACK: &str = "https://example.com/in/twilio?foo=1";

/// Sources of every kind.
const SOURCES: &str = r#"
token = "may ask"
[sources.fastpix]
provider = "fastpix"
secrets  = [{ value = "b3RoZXI=" }, { value = "c2lnbmluZyBzZWNyZXQ=" }]
body_max = "64 KiB"
[sources.twilio]
provider   = "twilio"
public_url = "https://example.com/in/twilio?foo=1"
secrets    = [{ value = "12345" }]
[sources.vms]
provider   = "vms"
path_token = "s3cret-path"
[sources.bearer]
provider = "vms"
scheme   = "bearer"
secrets  = [{ value = "old", not_after = "2020-01-01T00:00:00Z" }, { value = "open" }]
"#;

/// What the store does with a delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Store,
    Busy,
    Fail,
    /// Takes it and says nothing until it is told to.
    Hold,
    /// Takes it and drops what it was to call.
    Forget,
}

/// A store that remembers.
#[derive(Default)]
struct Fake {
    mode: Mutex<Mode>,
    seen: Mutex<Vec<Incoming>>,
    held: Mutex<Vec<Done>>,
}

impl Accept for Fake {
    fn submit(&self, incoming: Incoming, done: Done) -> Result<(), Busy> {
        let mode = *self.mode.lock().unwrap();
        if mode == Mode::Busy {
            return Err(Busy::default());
        }
        let mut seen = self.seen.lock().unwrap();
        let quarantined = !incoming.body.is_ascii() || incoming.body.starts_with(b"{]");
        seen.push(incoming);
        let receipt = Receipt::new(seen.len() as u64, quarantined);
        match mode {
            Mode::Fail => done(Err(NotStored::new("disk full"))),
            Mode::Hold => self.held.lock().unwrap().push(done),
            Mode::Forget => drop(done),
            _ => done(Ok(receipt)),
        }
        Ok(())
    }

    fn ready(&self) -> Result<(), String> {
        match *self.mode.lock().unwrap() {
            Mode::Fail => Err("disk full".to_owned()),
            _ => Ok(()),
        }
    }
}

impl Fake {
    fn is_now(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }

    fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    fn last(&self) -> Incoming {
        self.seen.lock().unwrap().last().unwrap().clone()
    }

    /// Stores what it holds.
    fn release(&self) {
        let held: Vec<Done> = self.held.lock().unwrap().drain(..).collect();
        held.into_iter().for_each(|done| done(Ok(Receipt::new(1, false))));
    }
}

/// A server on a port of its own, and its store.
struct Server {
    store: Arc<Fake>,
    folder: tempfile::TempDir,
    serving: Serving,
}

/// What all servers of this process log. One logger for all: of several, each for its thread, tracing asks only that of
/// the thread that is the first to have something to log.
static LOG: LazyLock<Arc<Mutex<Vec<u8>>>> = LazyLock::new(|| {
    let log: Arc<Mutex<Vec<u8>>> = Arc::default();
    let lines = Arc::clone(&log);
    let subscriber = logger("trace", true, move || Lines(Arc::clone(&lines)));
    tracing::subscriber::set_global_default(subscriber).unwrap();
    log
});

fn logged() -> String {
    String::from_utf8(LOG.lock().unwrap().clone()).unwrap()
}

struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Server {
    fn new(config: &str) -> Self {
        Self::with_definitions(config, &[])
    }

    /// With these definitions in a folder `mine` beside the configuration.
    fn with_definitions(config: &str, definitions: &[(&str, &str)]) -> Self {
        LazyLock::force(&LOG);
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("mine")).unwrap();
        for (name, text) in definitions {
            std::fs::write(folder.path().join("mine").join(name), text).unwrap();
        }
        let path = folder.path().join("mediafold.toml");
        std::fs::write(&path, config).unwrap();
        let store = Arc::new(Fake::default());
        let gate = Gate::new(load(&path).unwrap(), Arc::clone(&store) as _, Arc::new(now));
        let serving =
            Serving::start(gate, Router::new(), move || load(&path), std::future::pending());
        Self { store, folder, serving }
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("mediafold.toml")
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.serving.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream
    }

    /// From this address of our own machine.
    fn connect_from(&self, address: &str) -> TcpStream {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let stream = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind(format!("{address}:0").parse().unwrap()).unwrap();
            socket.connect(self.serving.address).await.unwrap().into_std().unwrap()
        });
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream
    }

    /// Sends these bytes and reads until the connection ends.
    fn raw(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect();
        // A server that has heard enough may close before it has everything.
        let _ = stream.write_all(bytes);
        Answer::read(&mut stream)
    }

    fn send(&self, method: &str, target: &str, headers: &Headers, body: &[u8]) -> Answer {
        self.raw(&request(method, target, headers, body))
    }

    fn post(&self, target: &str, headers: &Headers, body: &[u8]) -> Answer {
        self.send("POST", target, headers, body)
    }

    /// A FastPix delivery with its signature.
    fn signed(&self, body: &[u8]) -> Answer {
        self.post("/in/fastpix", &fastpix(body), body)
    }

    fn get(&self, target: &str) -> Answer {
        self.send("GET", target, &vec![], b"")
    }

    fn metrics(&self) -> String {
        let headers = vec![("authorization".to_owned(), "Bearer may ask".to_owned())];
        self.send("GET", "/metrics", &headers, b"").body
    }

    /// Whether this comes to be within some seconds.
    fn soon(&self, mut is_so: impl FnMut(&Self) -> bool) -> bool {
        soon(|| is_so(self))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It would wait for what is held.
        self.store.is_now(Mode::Store);
        self.store.release();
    }
}

type Headers = Vec<(String, String)>;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Answer {
    /// 0 if the connection was closed without one.
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Answer {
    fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        // A connection that is cut is told by what is missing.
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
        Self {
            status: status.and_then(|status| status.parse().ok()).unwrap_or(0),
            headers: headers.filter(|(name, _)| name != "date").collect(),
            body: body.to_owned(),
        }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn load(path: &Path) -> Result<Config, ConfigError> {
    load_with(path, &|_| None)
}

fn load_with(path: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
    let catalog = |paths: &[PathBuf]| {
        let mut files = Vec::new();
        for path in paths.iter().flat_map(|path| std::fs::read_dir(path).unwrap()) {
            let path = path.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            files.push(DefinitionFile::new(path.to_string_lossy(), text));
        }
        Catalog::with(&files).map_err(|error| error.to_string())
    };
    Config::load(path, &Surroundings::new(env, &catalog))
}

fn request(method: &str, target: &str, headers: &Headers, body: &[u8]) -> Vec<u8> {
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: attacker.example\r\nConnection: close\r\n\
         Content-Length: {length}\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// What the provider adds to a delivery to this address.
fn sign(provider: &str, secret: &str, url: &str, body: &[u8]) -> Headers {
    let provider = Catalog::builtin().provider(provider).unwrap();
    let request = Request::new(url, body, "msg_1", now());
    provider.scheme().sign(secret, &request).unwrap()
}

fn fastpix(body: &[u8]) -> Headers {
    sign("fastpix", FASTPIX, "", body)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn with(headers: Headers, name: &str, value: &str) -> Headers {
    headers.into_iter().chain([(name.to_owned(), value.to_owned())]).collect()
}
