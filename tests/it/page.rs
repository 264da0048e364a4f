//! The live page, as `mediafold serve --demo` gives it. `.ci/judges/page.mjs` opens it in a browser.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use crate::serving::wait;

const PARTS: [&str; 9] = [
    "/",
    "/page/page.css",
    "/page/page.js",
    "/page/api.js",
    "/page/parts.js",
    "/page/overview.js",
    "/page/asset.js",
    "/page/delivery.js",
    "/page/icon.svg",
];

/// A demo, whose folder is in one of ours.
struct Demo {
    process: Child,
    address: String,
    token: String,
    folder: tempfile::TempDir,
}

impl Demo {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_mediafold"))
            .args(["serve", "--demo"])
            .env("TMPDIR", folder.path())
            // It must not get into anybody's own store.
            .env("MEDIAFOLD_DATA", folder.path().join("own.db"))
            .env("MEDIAFOLD_TOKEN", "of another server")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let page = lines.find_map(|line| {
            let line = line.unwrap();
            line.strip_prefix("the page ").map(|url| url.trim().to_owned())
        });
        let page = page.unwrap();
        let (url, token) = page.split_once("#token=").unwrap();
        let address = url.strip_prefix("http://").unwrap().strip_suffix('/').unwrap().to_owned();
        Self { process, address, token: token.to_owned(), folder }
    }

    /// The head and the body of an answer.
    fn send(&self, method: &str, target: &str, headers: &str) -> (String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n"
        )
        .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    fn overview(&self) -> Value {
        let headers = format!("Authorization: Bearer {}\r\n", self.token);
        serde_json::from_str(&self.send("GET", "/api/overview", &headers).1).unwrap()
    }

    fn folders(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn the_page_needs_nothing_from_elsewhere_and_runs_nothing_else() {
    let demo = Demo::start();
    for part in PARTS {
        let (head, body) = demo.send("GET", part, "");
        assert!(head.starts_with("HTTP/1.1 200 "), "{part}: {head}");
        for header in [
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
             img-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'; trusted-types 'none'",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
        ] {
            assert!(head.contains(header), "{part} has no {header}:\n{head}");
        }
        let elsewhere = body.replace("http://www.w3.org/2000/svg", "");
        assert!(!elsewhere.contains("://") && !elsewhere.contains("\"//"), "{part}");
        assert!(!body.contains("innerHTML") && !body.contains("eval("), "{part}");
        assert!(demo.send("POST", part, "").0.starts_with("HTTP/1.1 405 "), "{part}");
    }
    let (_, page) = demo.send("GET", "/", "");
    for inline in ["<script>", "<style", " style=", " onload=", " onclick=", "javascript:"] {
        assert!(!page.contains(inline), "{inline}");
    }
    for part in page.split(['"', '\'']).filter(|text| text.starts_with("page/")) {
        assert!(PARTS.contains(&format!("/{part}").as_str()), "{part} is not served");
    }
    assert!(!page.contains(&demo.token));
    let (head, body) =
        demo.send("GET", "/api/overview", "Authorization: Bearer of another server\r\n");
    assert!(head.starts_with("HTTP/1.1 401 ") && !body.contains("today"), "{head}");
}

#[cfg(unix)]
#[test]
fn a_demo_shows_everything_and_leaves_nothing() {
    let mut demo = Demo::start();
    let soon = (0..1200).any(|_| {
        wait(50);
        let all = demo.overview();
        let found = &all["today"]["findings"];
        let has = |count: &Value| count.as_u64().unwrap() > 0;
        all["lifecycles"].as_array().unwrap().len() >= 7
            && has(&found["error"])
            && has(&found["warning"])
            && all["delivery"].as_u64().unwrap() > 200
    });
    assert!(soon, "{}", demo.overview());
    let folders = demo.folders();
    assert_eq!(folders.len(), 1, "{folders:?}");
    assert!(folders[0].join("mediafold.db").exists());
    let id = demo.process.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert!(demo.process.wait().unwrap().success());
    assert_eq!(demo.folders(), Vec::<PathBuf>::new());
}
