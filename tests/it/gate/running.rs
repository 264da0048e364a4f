use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};

use super::*;

#[test]
fn a_reload_swaps_secrets() {
    let server = Server::new(SOURCES);
    let mended = SOURCES.replace(FASTPIX, "bmV3ZXI=").replace("s3cret-path", "other-path");
    std::fs::write(server.config(), mended).unwrap();
    assert_eq!(server.signed(EVENT).status, 200);
    server.serving.signal(Signal::Reload);
    assert!(server.soon(|server| server.signed(EVENT).status == 401));
    let newer = sign("fastpix", "bmV3ZXI=", "", EVENT);
    assert_eq!(server.post("/in/fastpix", &newer, EVENT).status, 200);
    assert_eq!(server.post("/in/vms/s3cret-path", &vec![], EVENT).status, 401);
    assert_eq!(server.post("/in/vms/other-path", &vec![], EVENT).status, 200);

    // A wrong one is not taken, and does not end the server.
    std::fs::write(server.config(), "listne = 1").unwrap();
    server.serving.signal(Signal::Reload);
    assert!(server.soon(|server| server.metrics().contains("mediafold_reloads_failed_total 1\n")));
    assert_eq!(server.post("/in/fastpix", &newer, EVENT).status, 200);
}

/// What was accepted is stored and answered before the end; nothing new is accepted.
#[test]
fn a_shutdown_finishes_what_was_accepted() {
    let server = Server::new(SOURCES);
    server.store.is_now(Mode::Hold);
    let mut waiting = server.connect();
    waiting.write_all(&request("POST", "/in/fastpix", &fastpix(EVENT), EVENT)).unwrap();
    // The sender of another has gone.
    let mut gone = server.connect();
    gone.write_all(&request("POST", "/in/fastpix", &fastpix(EVENT), EVENT)).unwrap();
    assert!(server.soon(|server| server.store.count() == 2));
    drop(gone);
    let idle = server.connect();
    server.serving.signal(Signal::Shutdown);
    assert!(server.soon(|server| TcpStream::connect(server.serving.address).is_err()));
    assert!(!server.serving.has_ended());
    server.store.release();
    assert_eq!(Answer::read(&mut waiting).status, 200);
    assert!(server.soon(|server| server.serving.has_ended()));
    drop(idle);
}

/// Who has not sent a whole request is not waited for at the end; who has gets its answer.
#[test]
fn a_shutdown_waits_for_no_half_requests() {
    let server = Server::new(SOURCES);
    server.store.is_now(Mode::Hold);
    let whole = request("POST", "/in/fastpix", &fastpix(EVENT), EVENT);
    let mut waiting = server.connect();
    waiting.write_all(&whole).unwrap();
    assert!(server.soon(|server| server.store.count() == 1));
    let kept =
        String::from_utf8(whole.clone()).unwrap().replace("Connection: close", "X-Keep-It: please");
    let strangers: Vec<TcpStream> = [0, 1, 20, 60, whole.len() - EVENT.len(), whole.len() - 1]
        .into_iter()
        .flat_map(|part| [&whole[..part], &kept.as_bytes()[..part]])
        .map(|part| {
            let mut stream = server.connect();
            stream.write_all(part).unwrap();
            stream
        })
        .collect();
    // Its first request was answered; the second breaks off.
    let mut second = server.connect();
    second.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /hea").unwrap();
    assert!(second.read(&mut [0; 200]).unwrap() > 0);
    crate::serving::wait(50);
    server.serving.signal(Signal::Shutdown);
    let begun = crate::serving::moment();
    for mut stream in strangers.into_iter().chain([second]) {
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // It ends, with an answer or without.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    // Long after the last of them.
    crate::serving::wait(1_000);
    assert!(!server.serving.has_ended());
    server.store.release();
    assert_eq!(Answer::read(&mut waiting).status, 200);
    let begun = crate::serving::moment();
    assert!(server.soon(|server| server.serving.has_ended()));
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

/// A client that sends nothing more gets its answer, and its connection ends with that.
#[test]
fn a_half_closed_client_gets_its_answer() {
    let server = Server::new(SOURCES);
    let half = |bytes: &[u8]| {
        let mut stream = server.connect();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        stream
    };
    let whole = request("POST", "/in/fastpix", &fastpix(EVENT), EVENT);
    let kept = String::from_utf8(whole.clone()).unwrap().replace("Connection: close\r\n", "");
    server.store.is_now(Mode::Hold);
    let waiting = [half(&whole), half(kept.as_bytes())];
    assert!(server.soon(|server| server.store.count() == 2));
    crate::serving::wait(100);
    server.store.is_now(Mode::Store);
    server.store.release();
    for mut stream in waiting {
        assert_eq!(Answer::read(&mut stream).status, 200);
    }
    assert_eq!(Answer::read(&mut half(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")).status, 200);
    // What is no whole request ends at once too.
    let begun = crate::serving::moment();
    for part in [0, 20, whole.len() - 1] {
        assert_eq!(Answer::read(&mut half(&whole[..part])).status / 100 % 4, 0, "{part}");
    }
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert!(server.soon(|server| server.metrics().contains("mediafold_connections 1\n")));
    assert_eq!(server.store.count(), 2);
}

/// What cannot be changed while it runs is named, and the rest holds.
#[test]
fn a_reload_says_what_needs_a_restart() {
    let server = Server::new(SOURCES);
    let told = || logged().matches("in effect only after a restart").count();
    for (changed, settings) in [
        ("listen = \"127.0.0.1:1\"\ndata = \"other-than-before.db\"", "listen, data"),
        ("log = \"error\"", "log"),
        ("[limits]\nbody_timeout = \"1s\"", "limits"),
        ("[limits]\nconnections = 7", "limits"),
    ] {
        let (before, reloads) = (told(), server.metrics());
        let (top, limits) = match changed.starts_with('[') {
            true => ("", changed),
            false => (changed, ""),
        };
        let text = format!("{top}\n{}\n{limits}\n", SOURCES.replace(FASTPIX, "bmV3ZXI="));
        std::fs::write(server.config(), text).unwrap();
        server.serving.signal(Signal::Reload);
        assert!(server.soon(|server| server.metrics() != reloads && told() > before), "{changed}");
        let line = format!("\"settings\":\"{settings}\"");
        assert!(logged().contains(&line), "{line}\n{}", logged());
        let newer = sign("fastpix", "bmV3ZXI=", "", EVENT);
        assert!(server.soon(|server| server.post("/in/fastpix", &newer, EVENT).status == 200));
    }
}

#[test]
fn health_readiness_and_metrics() {
    let server = Server::new(SOURCES);
    assert_eq!((server.get("/healthz").status, server.get("/readyz").status), (200, 200));
    server.store.is_now(Mode::Fail);
    let answer = server.get("/readyz");
    assert_eq!((answer.status, answer.body.as_str()), (503, "disk full\n"));
    assert_eq!(server.get("/healthz").status, 200);
    server.store.is_now(Mode::Store);

    server.signed(EVENT);
    server.post("/in/fastpix", &vec![], EVENT);
    server.post("/in/fastpix", &vec![], b"{}");
    server.post("/in/nobody", &vec![], EVENT);
    let metrics = server.metrics();
    for line in [
        "mediafold_deliveries_total{source=\"fastpix\",outcome=\"stored\"} 1",
        "mediafold_deliveries_total{source=\"fastpix\",outcome=\"forged\"} 1",
        "mediafold_deliveries_total{source=\"fastpix\",outcome=\"probe\"} 1",
        "mediafold_deliveries_total{source=\"\",outcome=\"no_source\"} 1",
        "mediafold_received_bytes_total{source=\"fastpix\"} 57",
        "mediafold_secret_used_total{source=\"fastpix\",secret=\"1\"} 1",
        "mediafold_answer_seconds_count 1",
        "mediafold_store_seconds_count 1",
        "mediafold_build_info{version=\"0.1.0\"} 1",
        "# EOF",
    ] {
        assert!(metrics.lines().any(|own| own == line), "{line}\n{metrics}");
    }
    // Those of the requests before are closed when they are.
    assert!(server.soon(|server| server.metrics().contains("mediafold_connections 1\n")));
    // They say whose webhooks come here, so they are for those who may ask.
    for token in ["Bearer wrong", "Bearer ", "Basic may ask", ""] {
        let headers = vec![("Authorization".to_owned(), token.to_owned())];
        assert_eq!(server.send("GET", "/metrics", &headers, b"").status, 401, "{token}");
    }
    // Where there is none, whoever asks is told so, and the log says how to set one.
    assert!(server.get("/metrics").body.contains("not authentic"));
    assert_eq!(server.get("/page/token.json").body, "{\"set\":true}\n");
    let closed = Server::new(&SOURCES.replace("token = \"may ask\"", ""));
    let empty = vec![("Authorization".to_owned(), "Bearer ".to_owned())];
    let answer = closed.send("GET", "/metrics", &empty, b"");
    assert_eq!((answer.status, answer.body.contains("no token is set")), (401, true));
    assert_eq!(closed.get("/page/token.json").body, "{\"set\":false}\n");
    assert!(
        logged().contains("no token is set: nothing can be asked, and the page shows nothing: set")
    );
}

/// What is logged at its most talkative, by all tests of the server, has neither bodies nor secrets in it, nor signatures or
/// addresses with tokens.
#[test]
fn logs_say_nothing_that_is_secret() {
    let server = Server::new(SOURCES);
    let headers = fastpix(EVENT);
    assert_eq!(server.post("/in/fastpix", &headers, EVENT).status, 200);
    assert_eq!(server.post("/in/fastpix", &vec![], EVENT).status, 401);
    assert_eq!(server.post("/in/vms/s3cret-path", &vec![], EVENT).status, 200);
    assert_eq!(server.post("/in/vms/s3cret-typo", &vec![], EVENT).status, 401);
    server.serving.signal(Signal::Reload);
    assert!(server.soon(|_| logged().contains("read again")));
    let log = logged();
    for said in ["\"outcome\":\"stored\"", "\"outcome\":\"forged\"", "\"delivery\":1"] {
        assert!(log.contains(said), "{said}\n{log}");
    }
    for secret in [FASTPIX, "s3cret", "signing secret", &headers[0].1, "may ask", "video.media"] {
        assert!(!log.contains(secret), "{secret}\n{log}");
    }
}

#[test]
fn tls() {
    let data = std::path::absolute("tests/data/gate/localhost").unwrap();
    let tls = format!(
        "[tls]\ncertificate = \"{0}.pem\"\nkey = \"{0}.key\"\n[limits]\nheader_timeout = \"300ms\"\n{SOURCES}",
        data.display()
    );
    let server =
        Server::new(&format!("token = \"may ask\"\n{}", tls.replace("token = \"may ask\"", "")));
    // Whoever does not speak it gets nothing, and is not waited for.
    let mut silent = server.connect();
    assert_ne!(server.signed(EVENT).status, 200);
    let mut nothing = Vec::new();
    assert_eq!(silent.read_to_end(&mut nothing).unwrap(), 0);

    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(format!("{}.pem", data.display())).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(client, server.connect());
    stream.write_all(&request("POST", "/in/fastpix", &fastpix(EVENT), EVENT)).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert_eq!(server.store.count(), 1);
}

/// The process is told to read its configuration again as operators tell it.
#[cfg(unix)]
#[test]
fn hangups_are_heard() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let heard = runtime.block_on(async {
        let mut signals = mediafold::server::signals().unwrap();
        let process = std::process::id().to_string();
        let sent = std::process::Command::new("kill").args(["-HUP", &process]).status().unwrap();
        assert!(sent.success());
        tokio::time::timeout(Duration::from_secs(5), signals.recv()).await.unwrap()
    });
    assert_eq!(heard, Some(Signal::Reload));
}
