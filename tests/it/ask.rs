/// The stream of changes.
mod changes;
/// What `docs/api.md` and the description say.
mod documented;
/// The command that follows.
#[cfg(feature = "cli")]
mod follow;
/// What there is at a glance.
mod overview;
/// What there is now.
mod questions;

use std::{
    io::{BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    sync::Arc,
    time::Duration,
};

use mediafold::{
    Catalog, Timestamp,
    server::{Config, Gate, Surroundings, ask},
    store::{Incoming, Store, StoreOptions},
};
use serde_json::Value;

use crate::serving::Serving;

const CONFIG: &str = r#"
token = "may ask"
[sources.vms]
provider   = "vms"
path_token = "s3cret-path"
"#;
const TOKEN: &str = "Authorization: Bearer may ask\r\n";

/// A server with a store of its own.
struct Server {
    store: Arc<Store>,
    serving: Serving,
    _folder: tempfile::TempDir,
}

impl Server {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mediafold.toml");
        std::fs::write(&path, CONFIG).unwrap();
        let catalog = Catalog::builtin().clone();
        let store = folder.path().join("mediafold.db");
        let store = Arc::new(Store::open(store, catalog, StoreOptions::default()).unwrap());
        let now = || moment(100);
        let gate = Gate::new(load(&path), Arc::clone(&store) as _, Arc::new(now));
        let beside = ask::routes(Arc::clone(&gate), Arc::clone(&store));
        let reload = move || Ok(load(&path));
        let serving = Serving::start(gate, beside, reload, std::future::pending());
        Self { store, serving, _folder: folder }
    }

    /// A server that has heard of some assets.
    fn filled() -> Self {
        let server = Self::new();
        server.media("m1", "created", 0);
        server.media("m1", "ready", 40);
        server.media("m2", "created", 1);
        server.media("m3", "created", 2);
        server.media("m3", "subtitle.generated.ready", 3);
        server.media("m3", "failed", 4);
        server.media("m3", "ready", 5);
        server.deliver(incoming("vms", r#"{"UniqueId":"v1","ContentStatus":"CREATED"}"#, 6));
        server
    }

    fn deliver(&self, incoming: Incoming) {
        self.store.submit(incoming).unwrap().wait().unwrap();
    }

    fn media(&self, id: &str, kind: &str, second: i64) {
        self.deliver(media(id, kind, second));
    }

    /// Sends a question and gives what can be read of the answer so far.
    fn open(&self, method: &str, target: &str, headers: &str) -> BufReader<TcpStream> {
        let mut stream = TcpStream::connect(self.serving.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        BufReader::new(stream)
    }

    fn send(&self, method: &str, target: &str, headers: &str) -> Answer {
        let mut text = String::new();
        self.open(method, target, headers).read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    fn get(&self, target: &str) -> Answer {
        self.send("GET", target, TOKEN)
    }

    /// An answer that is one.
    fn json(&self, target: &str) -> Value {
        let answer = self.get(target);
        assert_eq!(answer.status, 200, "{target}: {}", answer.body);
        answer.json()
    }

    /// What is wrong with a question.
    fn problem(&self, target: &str, status: u16) -> Value {
        let answer = self.get(target);
        assert_eq!(answer.status, status, "{target}: {}", answer.body);
        assert!(answer.head.contains("application/problem+json"), "{}", answer.head);
        let problem = answer.json();
        assert_eq!(problem["status"], status);
        problem
    }
}

struct Answer {
    status: u16,
    /// In small letters.
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

fn load(path: &Path) -> Config {
    let env = |_: &str| None;
    let catalog = |_: &[std::path::PathBuf]| Ok(Catalog::builtin().clone());
    Config::load(path, &Surroundings::new(&env, &catalog)).unwrap()
}

fn moment(second: i64) -> Timestamp {
    Timestamp::from_nanos((1_790_000_000 + second) * 1_000_000_000)
}

fn incoming(provider: &str, body: &str, second: i64) -> Incoming {
    Incoming {
        source: provider.to_owned(),
        provider: provider.to_owned(),
        received_at: moment(second),
        content_type: None,
        headers: Default::default(),
        query: None,
        body: body.as_bytes().to_vec(),
    }
}

/// What FastPix sends of a media.
fn media(id: &str, kind: &str, second: i64) -> Incoming {
    let at = moment(second).to_string();
    let body = serde_json::json!({
        "type": format!("video.media.{kind}"), "id": format!("e-{kind}-{second}-{id}"),
        "createdAt": at, "object": { "id": id }, "data": { "id": id },
    });
    incoming("fastpix", &body.to_string(), second)
}

fn percent(id: &str) -> String {
    id.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The values of a field of each item.
fn each(answer: &Value, field: &str) -> Vec<String> {
    let items = answer["items"].as_array().unwrap();
    items.iter().map(|item| item[field].to_string().trim_matches('"').to_owned()).collect()
}
