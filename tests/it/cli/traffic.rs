//! `simulate`, and `simulate --send` against a server that answers as it is told.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use mediafold::{Catalog, Timestamp, signature::Request};
use serde_json::Value;

use super::{mediafold, rows, stderr, stdout};

const SECRET: &str = "c2lnbmluZyBzZWNyZXQ=";

#[derive(Clone, Debug)]
struct Received {
    path: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

/// A server on this machine that gives each request to `answer` for its status code.
struct Server {
    port: u16,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    fn new(answer: impl Fn(&Received, &[Received]) -> u16 + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let received = Arc::new(Mutex::new(Vec::new()));
        let (all, answer) = (Arc::clone(&received), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (all, answer) = (Arc::clone(&all), Arc::clone(&answer));
                thread::spawn(move || serve(stream.unwrap(), &all, &*answer));
            }
        });
        Self { port, received }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

fn serve(
    stream: TcpStream,
    all: &Mutex<Vec<Received>>,
    answer: &dyn Fn(&Received, &[Received]) -> u16,
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    let mut line = String::new();
    while reader.read_line(&mut line).unwrap_or(0) > 0 {
        let path = line.split(' ').nth(1).unwrap().to_owned();
        let mut headers = BTreeMap::new();
        loop {
            line.clear();
            reader.read_line(&mut line).unwrap();
            let Some((name, value)) = line.trim().split_once(": ") else { break };
            headers.insert(name.to_lowercase(), value.to_owned());
        }
        let mut body = vec![0; headers["content-length"].parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        let received = Received { path, headers, body };
        let mut all = all.lock().unwrap();
        let code = answer(&received, &all);
        all.push(received);
        drop(all);
        write!(stream, "HTTP/1.1 {code} So\r\nContent-Length: 0\r\n\r\n").unwrap();
        line.clear();
    }
}

fn event(received: &Received) -> (String, usize) {
    let body: Value = serde_json::from_slice(&received.body).unwrap();
    (body["id"].as_str().unwrap().to_owned(), body["attempts"].as_array().unwrap().len())
}

#[test]
fn deliveries_are_signed_and_repeated_until_they_are_taken() {
    // Every event is refused when it first comes.
    let server = Server::new(|received, before| {
        let id = event(received).0;
        if before.iter().any(|other| event(other).0 == id) { 200 } else { 503 }
    });
    let url = server.url("/hooks");
    let secret = format!("fastpix={SECRET}");
    #[rustfmt::skip]
    let output = mediafold(&[
        "simulate", "fastpix/upload", "--assets", "3", "--concurrency", "2", "--send", &url, "--secret", &secret,
    ]);

    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let received = server.received();
    let scheme = Catalog::builtin().provider("fastpix").unwrap().scheme();
    let mut attempts: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for one in &received {
        let time: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let headers = scheme.sign(SECRET, &Request::new(&url, &one.body, "", time)).unwrap();
        assert_eq!(one.headers["fastpix-signature"], headers[0].1);
        assert_eq!(one.headers["content-type"], "application/json");
        assert_eq!(one.path, "/hooks");
        let (id, before) = event(one);
        attempts.entry(id).or_default().push(before);
    }
    assert!(attempts.values().all(|before| before == &[0, 1]), "{attempts:?}");

    let outcome = &rows(&output)[0];
    let count = attempts.len() as u64;
    assert_eq!(outcome["deliveries"], count);
    assert_eq!(outcome["delivered"], count);
    assert_eq!(outcome["requests"], 2 * count);
    assert_eq!(outcome["answers"], serde_json::json!({ "200": count, "503": count }));
    assert!(outcome["latency_ms"]["p50"].as_f64().unwrap() > 0.0);
}

/// What is posted is what would have been written, in the same order.
#[test]
fn posts_are_the_bytes_of_the_simulation() {
    let server = Server::new(|_, _| 204);
    let simulate = ["simulate", "fastpix", "twilio", "--assets", "8", "--duplicates", "20%"];
    let url = server.url("/in/{provider}");
    let output =
        mediafold(&[&simulate[..], &["--send", &url, "--secret", "twilio=12345"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));

    let written = mediafold(&simulate).stdout;
    let received = server.received();
    let bodies: Vec<&[u8]> = received.iter().map(|one| &one.body[..]).collect();
    assert_eq!(bodies.join(&b'\n'), written.trim_ascii_end());
    let twilio = |one: &&Received| one.path == "/in/twilio";
    assert!(received.iter().filter(twilio).count() > 0);
    for one in received.iter().filter(twilio) {
        assert_eq!(one.headers["content-type"], "application/x-www-form-urlencoded");
        assert!(one.headers.contains_key("x-twilio-signature"));
    }
    let fastpix = |one: &&Received| one.path == "/in/fastpix";
    assert!(
        received.iter().filter(fastpix).all(|one| !one.headers.contains_key("fastpix-signature"))
    );
}

/// What stands in headers and in the address is sent there, and written into records otherwise; both are folded.
#[test]
fn headers_and_queries_are_sent_and_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "provider.toml",
        "provider = \"acme\"\n[envelope]\nkind = [[\"@X-Event\", \"/action\"]]\nevent_id = [\"@X-Delivery\"]\n\
         time = [\"/at\"]\n[signature]\nscheme = \"hmac\"\nheader = \"X-Sign\"\nshape = \"{hex}\"\n\
         signs = \"{@X-Delivery}.{body}\"\n",
    );
    write(
        "video.toml",
        "entity = \"acme/video\"\nid = [\"?video\"]\n[states]\nmade = {}\ndone = { end = true }\n[events]\n\
         \"video.made\" = { from = [\"new\"], to = \"made\" }\n\"video.done\" = { from = [\"made\"], to = \"done\" }\n",
    );
    let definitions = folder.path().to_str().unwrap();
    let simulate = ["--definitions", definitions, "simulate", "acme", "--assets", "3"];
    let server = Server::new(|_, _| 204);
    let url = server.url("/in?key=1");
    for secret in [&[][..], &["--secret", "acme=key"]] {
        let output = mediafold(&[&simulate[..], &["--send", &url], secret].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }

    let records = mediafold(&simulate).stdout;
    let records: Vec<Value> =
        records.lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    let received = server.received();
    let (plain, signed) = received.split_at(received.len() / 2);
    assert_eq!((plain.len(), signed.len()), (6, 6));
    for ((one, signed), record) in plain.iter().zip(signed).zip(&records) {
        let query = record["query"].as_str().unwrap();
        assert!(query.starts_with("video="), "{record}");
        assert_eq!(one.path, format!("/in?key=1&{query}"));
        let body: Value = serde_json::from_slice(&one.body).unwrap();
        assert_eq!((&body, record["provider"].as_str()), (&record["body"], Some("acme")));
        for name in ["x-event", "x-delivery"] {
            assert_eq!(Some(&*one.headers[name]), record["headers"][name].as_str(), "{name}");
        }
        assert_eq!(one.headers["x-event"], "video");
        // The id that is signed is the one that the signature has.
        assert!(signed.headers["x-delivery"].starts_with("msg_"), "{signed:?}");
        assert!(signed.headers.contains_key("x-sign"));
    }

    let file = folder.path().join("traffic.jsonl");
    let file = file.to_str().unwrap();
    assert!(mediafold(&[&simulate[..], &["-o", file]].concat()).status.success());
    let folded = mediafold(&["--definitions", definitions, "fold", file]);
    let folded = rows(&folded);
    assert_eq!(folded.len(), 3);
    assert!(folded.iter().all(|row| row["state"] == "done" && row["findings"]["error"] == 0));
    assert!(mediafold(&["--definitions", definitions, "check", file]).status.success());
    let bodies = ["--definitions", definitions, "paths", "acme/video", "--bodies"];
    assert!(stdout(&mediafold(&bodies)).starts_with(r#"{"provider":"acme","received_at":""#));
}

#[test]
fn what_is_never_taken_is_given_up() {
    let server = Server::new(|_, _| 500);
    let url = server.url("/");
    let send = ["--send", &url, "--give-up", "1500ms"];
    let fastpix =
        mediafold(&[&["simulate", "fastpix/upload", "--assets", "1"], &send[..]].concat());
    let outcome = &rows(&fastpix)[0];
    assert_eq!(fastpix.status.code(), Some(1));
    assert_eq!(outcome["given_up"], outcome["deliveries"]);
    assert_eq!(outcome["requests"], 2 * outcome["deliveries"].as_u64().unwrap());
    // Nothing says that VMS would try again.
    let vms = mediafold(&[&["simulate", "vms", "--assets", "1"], &send[..]].concat());
    let outcome = &rows(&vms)[0];
    assert_eq!(outcome["requests"], outcome["deliveries"]);

    let nobody = mediafold(&["simulate", "vms", "--assets", "1", "--send", "http://127.0.0.1:1/"]);
    assert_eq!(nobody.status.code(), Some(1));
    let outcome = &rows(&nobody)[0];
    assert_eq!(outcome["errors"]["connection refused"], outcome["deliveries"]);
    assert_eq!(outcome["latency_ms"], Value::Null);
}

#[test]
fn other_hosts_get_nothing_unless_named() {
    for url in ["http://example.com/hooks", "https://127.0.0.1.example.com/", "http://10.0.0.1:80/"]
    {
        let output = mediafold(&["simulate", "vms", "--assets", "1", "--send", url]);
        assert_eq!(output.status.code(), Some(2), "{url}");
        assert!(stderr(&output).contains("--allow-host"), "{}", stderr(&output));
    }
    for (url, expected) in [("localhost:80", "address"), ("ftp://localhost/", "address")] {
        let output = mediafold(&["simulate", "vms", "--assets", "1", "--send", url]);
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
    }
    // Nor where an answer points to.
    let server = Server::new(|_, _| 302);
    let output = mediafold(&["simulate", "vms", "--assets", "1", "--send", &server.url("/")]);
    let outcome = &rows(&output)[0];
    assert_eq!(outcome["answers"]["302"], outcome["deliveries"]);
}

/// What is written is what `check` then says.
#[test]
fn deliveries_and_the_truth_go_to_files() {
    let folder = tempfile::tempdir().unwrap();
    let [traffic, truth] = ["traffic.jsonl", "truth.jsonl"].map(|name| folder.path().join(name));
    let (traffic, truth) = (traffic.to_str().unwrap(), truth.to_str().unwrap());
    #[rustfmt::skip]
    let simulate = [
        "simulate", "vms/content", "--assets", "40", "--seed", "7", "--lost", "5%", "--illegal", "0.05", "--malformed", "2%",
    ];
    let output = mediafold(&[&simulate[..], &["-o", traffic, "--truth", truth]].concat());
    assert!(output.status.success() && output.stdout.is_empty(), "{}", stderr(&output));
    assert_eq!(std::fs::read(traffic).unwrap(), mediafold(&simulate).stdout);

    let truth = std::fs::read_to_string(truth).unwrap();
    let truth: Vec<Value> = truth.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(truth.iter().filter(|row| row["asset"] == true).count(), 40);
    let shown =
        |line: &Value, name: &Value| (line.as_u64().unwrap(), name.as_str().unwrap().to_owned());
    let faults = truth.iter().filter(|row| !row["fault"].is_null() && !row["finding"].is_null());
    let mut injected: Vec<_> = faults.map(|row| shown(&row["line"], &row["finding"])).collect();
    let findings = rows(&mediafold(&["check", traffic]));
    let mut found: Vec<_> = findings.iter().map(|row| shown(&row["line"], &row["name"])).collect();
    injected.sort();
    found.sort();
    assert!(found.len() > 10);
    assert_eq!(found, injected);
}

#[test]
fn mistakes_in_simulations_are_answered() {
    for (args, expected) in [
        (&["simulate", "vms"][..], "--assets"),
        (&["simulate", "vm", "--assets", "1"], "did you mean `vms`?"),
        (&["simulate", "vms", "--assets", "1", "--lost", "200%"], "from 0% to 100%"),
        (&["simulate", "vms", "--assets", "1", "--rate", "5"], "--send"),
        (
            &["simulate", "vms", "--assets", "1", "--send", "http://localhost/", "--secret", "a=b"],
            "no provider `a`",
        ),
    ] {
        let output = mediafold(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(stderr(&output).contains(expected), "{args:?}: {}", stderr(&output));
    }
}

#[test]
fn sequences_are_written_as_bodies() {
    let paths = ["paths", "twilio/player_streamer", "--bodies"];
    let bodies = stdout(&mediafold(&paths));
    assert!(bodies.starts_with("AccountSid=AC"), "{bodies}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bodies.form");
    std::fs::write(&file, bodies).unwrap();
    assert_eq!(stdout(&mediafold(&["check", file.to_str().unwrap()])), "");
    assert_eq!(mediafold(&[&paths[..], &["--format", "csv"]].concat()).status.code(), Some(2));
}

/// Each option that has something done when the process is told to end, with the value that it is given.
const HANDLERS: [&str; 3] = ["--output", "--truth", "--send"];

/// One process has one handler: every two options that need it, of every verb, go together or are refused as options.
#[test]
fn options_that_take_the_handler_go_together() {
    let server = Server::new(|_, _| 204);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let value = |option: &str| match option {
        "--send" => server.url("/"),
        option => path(option),
    };
    let simulate = ["simulate", "fastpix/upload", "--assets", "3", "--seed", "5"];
    for one in HANDLERS {
        for other in HANDLERS.into_iter().filter(|other| *other != one) {
            let values = [value(one), value(other)];
            let args = [&simulate[..], &[one, &values[0], other, &values[1]]].concat();
            let output = mediafold(&args);
            // What is sent is not written.
            let excluded = [one, other].contains(&"--output") && [one, other].contains(&"--send");
            let code = if excluded { 2 } else { 0 };
            assert_eq!(output.status.code(), Some(code), "{args:?}: {}", stderr(&output));
            assert_eq!(stderr(&output).contains("cannot be used with"), excluded, "{args:?}");
        }
    }
    let truth = std::fs::read(path("--truth")).unwrap();
    mediafold(&[&simulate[..], &["--truth", &path("written"), "-o", &path("-o")]].concat());
    assert_eq!(
        truth,
        std::fs::read(path("written")).unwrap(),
        "the truth does not depend on where deliveries go"
    );
}

/// Nothing else in the command asks for the signals, but for the server, which no option of those goes with.
#[test]
fn the_handler_is_set_in_one_place() {
    let mut open = vec![std::path::PathBuf::from("src")];
    let mut setting = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if std::fs::read(&path).unwrap().windows(7).any(|word| word == b"ctrlc::") {
            setting.push(path);
        }
    }
    assert_eq!(setting, [std::path::Path::new("src/cli/interrupt.rs")]);
    let help = stdout(&mediafold(&["--help"]));
    let verbs = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    for verb in
        verbs.take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next())
    {
        let help = stdout(&mediafold(&[verb, "--help"]));
        let takes = HANDLERS.iter().filter(|option| help.contains(&format!("{option} <")));
        assert!(takes.count() < 2 || verb == "simulate", "the pairs of {verb} are not tried");
    }
}

/// Ctrl-C ends a sending with its report, with the exit code of what was interrupted, and without half of a truth.
#[cfg(unix)]
#[test]
fn an_interrupted_sending_reports_and_leaves_no_half_of_a_truth() {
    let server = Server::new(|_, _| 204);
    let folder = tempfile::tempdir().unwrap();
    let truth = folder.path().join("truth.jsonl");
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_mediafold"))
        .args([
            "simulate",
            "fastpix",
            "--events",
            "100000000",
            "--rate",
            "50",
            "--send",
            &server.url("/"),
        ])
        .args(["--truth", truth.to_str().unwrap()])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while server.received().len() < 3 {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        thread::yield_now();
    }
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    assert!(rows(&output)[0]["delivered"].as_u64().unwrap() >= 3);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
