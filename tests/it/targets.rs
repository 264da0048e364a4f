//! Changes that are brought to targets, through real sockets.

/// What `[targets]` may say.
mod config;
/// Receivers that fail in every way.
mod hostile;
/// Pausing, resuming, skipping and sending again.
mod orders;
/// What is sent, and to whom.
mod sent;

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use mediafold::{
    Catalog, Timestamp,
    server::{Config, ConfigError, Gate, Surroundings, ask, bring},
    store::{Incoming, Store, StoreOptions},
};
use serde_json::Value;

use crate::serving::{Serving, soon, wait};

const SECRET: &str = "c2lnbmluZyBzZWNyZXQ=";
const NOW: i64 = 1_790_000_000;

/// What a receiver does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Answers with this status and these lines of head.
    Status(u16, &'static str),
    /// The same, after so many milliseconds.
    Slow(u64, u16),
    /// Closes at once.
    Close,
    /// Closes in the middle of the head.
    Half,
    /// Sends this and closes.
    Raw(Vec<u8>),
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    head: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    json: Value,
    /// It was answered 2xx.
    pub(crate) taken: bool,
}

impl Post {
    pub(crate) fn seq(&self) -> u64 {
        self.json["seq"].as_u64().unwrap()
    }

    fn asset(&self) -> String {
        format!("{} {}", self.json["entity"], self.json["id"])
    }
}

/// Somebody's endpoint.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) address: String,
    posts: Arc<Mutex<Vec<Post>>>,
    /// The most requests that were under way at a time, and whether there were ever two of one asset.
    at_once: Arc<AtomicUsize>,
    doubles: Arc<AtomicUsize>,
    under_way: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    /// One that answers as this says, of a request and how many came before.
    pub(crate) fn new(reply: impl Fn(&Post, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let receiver = Self {
            address: listener.local_addr().unwrap().to_string(),
            posts: Arc::default(),
            at_once: Arc::default(),
            doubles: Arc::default(),
            under_way: Arc::default(),
        };
        let (own, reply) = (receiver.clone(), Arc::new(reply));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (own, reply) = (own.clone(), Arc::clone(&reply));
                std::thread::spawn(move || own.serve(&stream, &*reply));
            }
        });
        receiver
    }

    pub(crate) fn fine() -> Self {
        Self::new(|_, _| Reply::Status(200, ""))
    }

    fn serve(&self, stream: &TcpStream, reply: &dyn Fn(&Post, usize) -> Reply) {
        stream.set_nodelay(true).unwrap();
        let mut input = BufReader::new(stream);
        let mut output = stream;
        while let Some(mut post) = read(&mut input) {
            let asset = post.asset();
            {
                let mut under_way = self.under_way.lock().unwrap();
                self.doubles.fetch_add(usize::from(under_way.contains(&asset)), Ordering::SeqCst);
                under_way.push(asset.clone());
                self.at_once.fetch_max(under_way.len(), Ordering::SeqCst);
            }
            let before = self.posts.lock().unwrap().len();
            let (status, lines, raw) = match reply(&post, before) {
                Reply::Status(status, lines) => (status, lines, None),
                Reply::Slow(millis, status) => {
                    wait(millis);
                    (status, "", None)
                }
                Reply::Close => (0, "", Some(Vec::new())),
                Reply::Half => (0, "", Some(b"HTTP/1.1 200 O".to_vec())),
                Reply::Raw(bytes) => (0, "", Some(bytes)),
            };
            post.taken = (200..300).contains(&status);
            self.posts.lock().unwrap().push(post);
            let mut under_way = self.under_way.lock().unwrap();
            let at = under_way.iter().position(|own| *own == asset).unwrap();
            under_way.swap_remove(at);
            drop(under_way);
            if let Some(raw) = raw {
                let _ = output.write_all(&raw);
                return;
            }
            let head = format!("HTTP/1.1 {status} So\r\n{lines}Content-Length: 2\r\n\r\nok");
            if output.write_all(head.as_bytes()).is_err() {
                return;
            }
        }
    }

    pub(crate) fn posts(&self) -> Vec<Post> {
        self.posts.lock().unwrap().clone()
    }

    /// The numbers that were taken, in their order.
    pub(crate) fn taken(&self) -> Vec<u64> {
        self.posts().iter().filter(|post| post.taken).map(Post::seq).collect()
    }

    /// Whether within some seconds so many different changes were taken.
    pub(crate) fn has_taken(&self, count: usize) -> bool {
        soon(|| {
            let mut taken = self.taken();
            taken.sort_unstable();
            taken.dedup();
            taken.len() >= count
        })
    }

    /// Checks that the numbers of no asset ever went back, and that no asset had two requests at a time.
    pub(crate) fn is_in_order(&self) {
        let mut last: BTreeMap<String, u64> = BTreeMap::new();
        for post in self.posts() {
            let before = last.insert(post.asset(), post.seq());
            assert!(before.is_none_or(|before| before <= post.seq()), "{before:?} then {post:?}");
        }
        assert_eq!(self.doubles.load(Ordering::SeqCst), 0, "two of one asset at a time");
    }
}

/// The next request of a connection.
fn read(input: &mut BufReader<&TcpStream>) -> Option<Post> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if input.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let headers: BTreeMap<String, String> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    input.read_exact(&mut body).ok()?;
    let json = serde_json::from_slice(&body).unwrap();
    Some(Post { head, headers, body, json, taken: false })
}

/// A server with a store and targets, in this process.
struct Server {
    store: Arc<Store>,
    serving: Serving,
    /// Seconds that its clock is ahead.
    ahead: Arc<AtomicI64>,
    config: PathBuf,
    data: PathBuf,
    _folder: tempfile::TempDir,
}

const SOURCES: &str =
    "token = \"may ask\"\n[sources.vms]\nprovider = \"vms\"\npath_token = \"s3cret-path\"\n";

/// A target that posts there, with these lines more.
pub(crate) fn target(name: &str, address: &str, lines: &str) -> String {
    format!(
        "[targets.{name}]\nurl = \"http://{address}/hook\"\nsecrets = [{{ value = \"{SECRET}\" }}]\n{lines}\n"
    )
}

impl Server {
    fn new(targets: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::begin(folder, targets, |_| ())
    }

    /// After this was done with the store, before any target is there.
    fn begin(folder: tempfile::TempDir, targets: &str, before: impl FnOnce(&Store)) -> Self {
        let [config, data] =
            ["mediafold.toml", "mediafold.db"].map(|name| folder.path().join(name));
        std::fs::write(&config, format!("{SOURCES}{targets}")).unwrap();
        let catalog = Catalog::builtin().clone();
        let store = Arc::new(Store::open(&data, catalog, StoreOptions::default()).unwrap());
        before(&store);
        let ahead = Arc::<AtomicI64>::default();
        let clock = Arc::clone(&ahead);
        let now = move || moment(100 + clock.load(Ordering::SeqCst));
        let gate = Gate::new(load(&config).unwrap(), Arc::clone(&store) as _, Arc::new(now));
        let beside = ask::routes(Arc::clone(&gate), Arc::clone(&store));
        let path = config.clone();
        let bring = bring(Arc::clone(&gate), Arc::clone(&store));
        let serving = Serving::start(gate, beside, move || load(&path), bring);
        Self { store, serving, ahead, config, data, _folder: folder }
    }

    fn media(&self, id: &str, kind: &str, second: i64) {
        deliver(&self.store, media(id, kind, second));
    }

    /// Has so many media come, each with two changes.
    fn fill(&self, assets: usize) -> usize {
        fill(&self.store, assets)
    }

    fn get(&self, target: &str) -> (String, String) {
        let mut stream = TcpStream::connect(self.serving.address).unwrap();
        write!(
            stream,
            "GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Authorization: Bearer may ask\r\n\r\n"
        )
        .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    /// What is told of a target.
    fn told(&self, name: &str) -> Value {
        let (_, body) = self.get("/api/targets");
        let all: Value = serde_json::from_str(&body).unwrap();
        let items = all["items"].as_array().unwrap();
        items.iter().find(|item| item["name"] == name).cloned().unwrap_or_default()
    }

    /// Whether within some seconds all has arrived, and that is stored.
    fn is_done(&self, name: &str) -> bool {
        soon(|| {
            let told = self.told(name);
            told["outstanding"] == 0 && told["ahead"] == 0
        })
    }
}

fn fill(store: &Store, assets: usize) -> usize {
    let pending: Vec<_> = (0..assets)
        .flat_map(|asset| {
            let id = format!("m{asset}");
            [media(&id, "created", 0), media(&id, "ready", 40)]
        })
        .map(|incoming| store.submit(incoming).unwrap())
        .collect();
    pending.into_iter().for_each(|pending| {
        pending.wait().unwrap();
    });
    2 * assets
}

fn load(path: &Path) -> Result<Config, ConfigError> {
    let env = |_: &str| None;
    let catalog = |_: &[PathBuf]| Ok(Catalog::builtin().clone());
    Config::load(path, &Surroundings::new(&env, &catalog))
}

fn moment(second: i64) -> Timestamp {
    Timestamp::from_nanos((NOW + second) * 1_000_000_000)
}

fn deliver(store: &Store, incoming: Incoming) {
    store.submit(incoming).unwrap().wait().unwrap();
}

/// What FastPix sends of a media.
fn media(id: &str, kind: &str, second: i64) -> Incoming {
    let at = moment(second);
    let body = serde_json::json!({
        "type": format!("video.media.{kind}"), "id": format!("e-{kind}-{second}-{id}"),
        "createdAt": at.to_string(), "object": { "id": id }, "data": { "id": id },
    });
    Incoming {
        source: "fastpix".to_owned(),
        provider: "fastpix".to_owned(),
        received_at: at,
        content_type: None,
        headers: Default::default(),
        query: None,
        body: body.to_string().into_bytes(),
    }
}
