use std::net::TcpListener;

use super::*;

/// The built-in one.
const ZOOM: &str = include_str!("../../../src/core/definitions/zoom/provider.toml");

/// The least that a forger could want: what is signed is the body, and nothing else.
const BODY_ALONE: &str = r#"
provider = "plain"
[envelope]
kind = ["/type"]
[signature]
scheme = "hmac"
header = "X-Signature"
shape  = "{hex}"
[probe]
when   = { "/type" = "ping" }
answer = "{hmac:/token}"
"#;

const GRID: &str = r#"
provider = "grid"
[envelope]
unwrap = [""]
kind   = ["/eventType"]
[probe]
when   = { "/eventType" = "Microsoft.EventGrid.SubscriptionValidationEvent" }
answer = { validationResponse = "{/data/validationCode}" }
"#;

const HUB: &str = r#"
provider = "hub"
[envelope]
kind = ["/type"]
[signature]
scheme = "hmac"
header = "X-Hub-Signature-256"
shape  = "sha256={hex}"
[probe]
when   = { "?hub.mode" = ["subscribe", "unsubscribe"], "?hub.verify_token" = "{verify_token}" }
answer = "{?hub.challenge}"
"#;

const SNS: &str = r#"
provider = "sns"
[envelope]
unwrap = ["/Message"]
kind   = ["/state"]
[probe]
when   = { "/Type" = ["SubscriptionConfirmation", "UnsubscribeConfirmation"] }
visit  = "/SubscribeURL"
"#;

const CONFIG: &str = r#"
definitions = "mine"
token = "may ask"
[sources.zoom]
provider = "zoom"
secrets  = ["old", "secret"]
rate     = 3
[sources.plain]
provider = "plain"
secrets  = ["secret"]
[sources.grid]
provider   = "grid"
path_token = "s3cret"
[sources.hub]
provider     = "hub"
secrets      = ["secret"]
verify_token = ["expected", { value = "bygone", not_after = "2020-01-01T00:00:00Z" }]
[sources.sns]
provider   = "sns"
path_token = "s3cret"
"#;

const DEFINITIONS: [(&str, &str); 5] = [
    ("zoom.toml", ZOOM),
    ("plain.toml", BODY_ALONE),
    ("grid.toml", GRID),
    ("hub.toml", HUB),
    ("sns.toml", SNS),
];

fn server() -> Server {
    Server::with_definitions(CONFIG, &DEFINITIONS)
}

fn signed(definition: &str, secret: &str, body: &[u8]) -> Headers {
    let catalog = Catalog::with(&[DefinitionFile::new("own.toml", definition)]).unwrap();
    let name = definition.split("provider = \"").nth(1).unwrap().split('"').next().unwrap();
    let scheme = catalog.provider(name).unwrap().scheme();
    scheme.sign(secret, &Request::new("", body, "", now())).unwrap()
}

fn validation(token: &str) -> Vec<u8> {
    let json =
        serde_json::json!({"event": "endpoint.url_validation", "payload": {"plainToken": token}});
    json.to_string().into_bytes()
}

/// The value was computed by Python's `hmac`, as Zoom's documents say.
#[test]
fn a_signed_token_is_signed_back() {
    let server = server();
    let body = validation("qgg8vlvZRS6UYooatFL8Aw");
    let answer = server.post("/in/zoom", &signed(ZOOM, "secret", &body), &body);
    let expected = "{\"encryptedToken\":\"72cef096bfd47c0b8664df30d07721641e4abd7e885ba432204260db477a9a3e\",\"plainToken\":\"qgg8vlvZRS6UYooatFL8Aw\"}";
    assert_eq!((answer.status, answer.body.as_str()), (200, expected));
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(server.store.count(), 0);
    assert!(
        server.metrics().contains("source=\"zoom\",outcome=\"probe\"} 1"),
        "{}",
        server.metrics()
    );
    // It counts among what the source may send.
    let statuses: Vec<u16> = (0..5)
        .map(|_| server.post("/in/zoom", &signed(ZOOM, "secret", &body), &body).status)
        .collect();
    assert!(statuses.contains(&429), "{statuses:?}");
}

/// Who does not have the secret gets nothing signed, and who has gets no delivery signed.
#[test]
fn a_probe_signs_no_delivery() {
    let server = server();
    let delivery = r#"{"type":"video.ready","id":"1"}"#;
    let basis = format!("v0:1767225600:{delivery}");
    let ping = |token: &str| serde_json::json!({"type": "ping", "token": token}).to_string();
    let forged =
        |definition, secret, body: &[u8]| signed(definition, secret, body).pop().unwrap().1;
    // Without a signature, or with a wrong one, whatever it asks to be signed.
    for token in ["abc", delivery, &basis] {
        let body = validation(token);
        for headers in [vec![], signed(ZOOM, "wrong", &body)] {
            let answer = server.post("/in/zoom", &headers, &body);
            assert_eq!(answer.status, 401, "{token}");
            assert!(!answer.body.contains("encryptedToken"), "{}", answer.body);
        }
        let body = ping(token);
        assert_eq!(server.post("/in/plain", &vec![], body.as_bytes()).status, 401);
    }
    // Replayed and signed rightly, it may be asked for a token and not for a delivery.
    let long = "a".repeat(129);
    for token in [delivery, &basis, "", "a b", "a.b", "{}", "[1]", "a\u{e9}", &long] {
        let body = validation(token);
        let answer = server.post("/in/zoom", &signed(ZOOM, "old", &body), &body);
        assert!(!answer.body.contains("encryptedToken"), "{token}: {}", answer.body);
        let body = ping(token);
        let answer = server.post(
            "/in/plain",
            &signed(BODY_ALONE, "secret", body.as_bytes()),
            body.as_bytes(),
        );
        assert!(!answer.body.contains(&forged(BODY_ALONE, "secret", token.as_bytes())), "{token}");
    }
    let body = ping("abc");
    let answer =
        server.post("/in/plain", &signed(BODY_ALONE, "secret", body.as_bytes()), body.as_bytes());
    assert_eq!(answer.body, forged(BODY_ALONE, "secret", b"abc"));
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
}

#[test]
fn event_grid_validates_an_address() {
    let server = server();
    let one = r#"{"id":"1","eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","data":{"validationCode":"512d38b6"}}"#;
    for body in [format!("[{one}]"), one.to_owned()] {
        let answer = server.post("/in/grid/s3cret", &vec![], body.as_bytes());
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, "{\"validationResponse\":\"512d38b6\"}")
        );
        assert_eq!(server.post("/in/grid/wrong", &vec![], body.as_bytes()).status, 401);
    }
    assert_eq!(server.store.count(), 0);
    // Among others it is no probe, and neither is what would have a lot of text repeated.
    for body in [format!("[{one},{one}]"), one.replace("512d38b6", &"5".repeat(257))] {
        let answer = server.post("/in/grid/s3cret", &vec![], body.as_bytes());
        assert!(!answer.body.contains("validationResponse"), "{}", answer.body);
    }
    assert_eq!(server.store.count(), 2);
}

#[test]
fn a_challenge_is_returned_to_who_knows_the_token() {
    let server = server();
    let ask = |mode: &str, token: &str, challenge: &str| {
        let query = format!("hub.mode={mode}&hub.verify_token={token}&hub.challenge={challenge}");
        server.get(&format!("/in/hub?{query}"))
    };
    let answer = ask("subscribe", "expected", "%3Cb%3E1158201444");
    assert_eq!((answer.status, answer.body.as_str()), (200, "<b>1158201444"));
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(ask("unsubscribe", "expected", "1").status, 200);
    for (mode, token, challenge) in [
        ("subscribe", "wrong", "1"),
        ("subscribe", "bygone", "1"),
        ("subscribe", "", "1"),
        ("subscribe", "secret", "1"),
        ("list", "expected", "1"),
        ("subscribe", "expected", &*"1".repeat(257)),
    ] {
        assert_eq!(ask(mode, token, challenge).status, 405, "{mode} {token}");
    }
    assert_eq!(server.get("/in/hub").status, 405);
    assert_eq!(server.get("/in/zoom?hub.mode=subscribe").status, 405);
    // What is posted is a delivery all the same.
    let body = br#"{"type":"a"}"#;
    let target = "/in/hub?hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=1";
    assert_eq!(
        server.post(target, &signed(HUB, "secret", body), body).body,
        "{\"delivery\":1,\"quarantined\":false}\n"
    );
    let target = target.replace("wrong", "expected");
    let mut headers = signed(HUB, "wrong", body);
    assert_eq!(server.post(&target, &headers, body).status, 401);
    headers.clear();
    assert_eq!(server.post(&target, &headers, body).body, "1");
}

#[test]
fn an_address_to_be_visited_is_logged_and_not_visited() {
    let server = server();
    let visited = TcpListener::bind("127.0.0.1:0").unwrap();
    visited.set_nonblocking(true).unwrap();
    let address =
        format!("http://{}/?Action=ConfirmSubscription\u{1b}[2J", visited.local_addr().unwrap());
    let body = serde_json::json!({"Type": "SubscriptionConfirmation", "SubscribeURL": address})
        .to_string();
    assert_eq!(server.post("/in/sns/wrong", &vec![], body.as_bytes()).status, 401);
    assert!(!logged().contains("ConfirmSubscription"));
    let answer = server.post("/in/sns/s3cret", &vec![], body.as_bytes());
    assert_eq!((answer.status, answer.body.as_str()), (200, "{}"));
    assert_eq!(server.store.count(), 0);
    let log = logged();
    let line = log.lines().find(|line| line.contains("ConfirmSubscription")).unwrap();
    assert!(line.contains("\"source\":\"sns\"") && !line.contains('\u{1b}'), "{line}");
    assert!(visited.accept().is_err(), "somebody came");
}

/// It waits for the same places as a delivery, and is as large at the most.
#[test]
fn a_probe_is_bounded_as_a_delivery_is() {
    let config = CONFIG.replace("rate     = 3", "body_max = 200");
    let server = Server::with_definitions(&format!("{config}[limits]\nqueue = 1\n"), &DEFINITIONS);
    let body = validation("abc");
    let headers = signed(ZOOM, "secret", &body);
    assert_eq!(server.post("/in/zoom", &headers, &body).status, 200);
    let long = validation(&"a".repeat(128)).into_iter().chain(vec![b' '; 80]).collect::<Vec<_>>();
    assert_eq!(server.post("/in/zoom", &signed(ZOOM, "secret", &long), &long).status, 413);
    server.store.is_now(Mode::Hold);
    let mut waits = server.connect();
    let event = br#"{"event":"recording.completed"}"#;
    waits.write_all(&request("POST", "/in/zoom", &signed(ZOOM, "secret", event), event)).unwrap();
    assert!(server.soon(|server| server.store.count() == 1));
    assert_eq!(server.post("/in/zoom", &headers, &body).status, 503);
    server.store.is_now(Mode::Store);
    server.store.release();
    assert!(server.soon(|server| server.post("/in/zoom", &headers, &body).status == 200));
}

#[test]
fn a_verify_token_stands_where_it_is_asked_for() {
    for (config, says) in [
        (CONFIG.replace("verify_token = [", "# ["), "source `hub`: expected `verify_token`"),
        (
            CONFIG.replace("rate     = 3", "verify_token = \"x\""),
            "source `zoom`: a `verify_token` that no [probe]",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mine = folder.path().join("mine");
        std::fs::create_dir(&mine).unwrap();
        DEFINITIONS.iter().for_each(|(name, text)| std::fs::write(mine.join(name), text).unwrap());
        let path = folder.path().join("mediafold.toml");
        std::fs::write(&path, config).unwrap();
        let error = load(&path).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

/// What definitions name is kept of headers and query, and nothing else: a secret least of all.
#[test]
fn what_is_named_beside_the_body_is_kept() {
    let provider = HUB.replace("[\"/type\"]", "[[\"@X-GitHub-Event\", \"?part\"]]");
    let server = Server::with_definitions(
        CONFIG,
        &DEFINITIONS.map(|(name, text)| (name, if name == "hub.toml" { &*provider } else { text })),
    );
    let body = b"{}";
    let mut headers = with(signed(HUB, "secret", body), "X-GitHub-Event", "push");
    headers = with(headers, "Cookie", "session=1");
    let target = "/in/hub?part=a%20b&hub.verify_token=expected&apart=1&part=c";
    assert_eq!(server.post(target, &headers, body).status, 200);
    let kept = server.store.last();
    assert_eq!(kept.headers.iter().collect::<Vec<_>>(), [("x-github-event", "push")]);
    assert_eq!(kept.query.as_deref(), Some("part=a%20b&part=c"));
    assert_eq!(server.post("/in/zoom", &signed(ZOOM, "secret", body), body).status, 200);
    assert!(server.store.last().headers.is_empty() && server.store.last().query.is_none());
    let shown = load(&server.config()).unwrap().to_string();
    assert!(
        shown.contains("kept     beside bodies @x-github-event, ?part, and no other"),
        "{shown}"
    );
}
