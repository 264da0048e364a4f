use super::*;

const SECRET: &str = "whsec_c2lnbmluZyBzZWNyZXQ=";

/// A source whose provider names and signs its messages one by one.
const STANDARD: &str = r#"
token = "may ask"
[sources.named]
provider = "fastpix"
scheme   = "standard-webhooks"
secrets  = [{ value = "whsec_c2lnbmluZyBzZWNyZXQ=" }]
rate     = 3
[sources.other]
provider = "fastpix"
scheme   = "standard-webhooks"
secrets  = [{ value = "whsec_c2lnbmluZyBzZWNyZXQ=" }]
"#;

/// The headers of a message signed a number of seconds after the beginning of the tests' time.
fn signed(id: &str, body: &[u8], seconds: i64) -> Headers {
    let at = Timestamp::from_nanos(now().as_nanos() + seconds * 1_000_000_000);
    Scheme::StandardWebhooks.sign(SECRET, &Request::new("", body, id, at)).unwrap()
}

fn outcome(server: &Server, name: &str) -> u32 {
    let line = format!("mediafold_deliveries_total{{source=\"named\",outcome=\"{name}\"}} ");
    let metrics = server.metrics();
    metrics.lines().find_map(|own| own.strip_prefix(&line)).unwrap().parse().unwrap()
}

const COPY: &str = "{\"delivery\":1,\"quarantined\":false,\"copy\":true}\n";

#[test]
fn a_message_is_stored_once_while_its_signature_is_valid() {
    let server = Server::new(STANDARD);
    let first = server.post("/in/named", &signed("msg_1", EVENT, 0), EVENT);
    assert_eq!(
        (first.status, first.body.as_str()),
        (200, "{\"delivery\":1,\"quarantined\":false}\n")
    );
    // Replayed to the byte, and repeated by its provider, who signs anew. More of them than the source's rate: they count
    // for nothing.
    for seconds in [0, 0, 60, 290] {
        let copy = server.post("/in/named", &signed("msg_1", EVENT, seconds), EVENT);
        assert_eq!((copy.status, copy.body.as_str()), (200, COPY), "{seconds}");
    }
    // Compressed it is the same message.
    let zipped = with(signed("msg_1", EVENT, 0), "Content-Encoding", "gzip");
    assert_eq!(server.post("/in/named", &zipped, &gzip(EVENT)).body, COPY);
    assert_eq!((server.store.count(), outcome(&server, "copy")), (1, 5));

    // Other bytes, another id, another source, another kind of body are no copies.
    let other = br#"{"type":"video.media.failed","id":"e1","data":{"id":"m1"}}"#;
    assert!(server.post("/in/named", &signed("msg_1", other, 0), other).body.contains(":2,"));
    assert!(server.post("/in/named", &signed("msg_2", EVENT, 0), EVENT).body.contains(":3,"));
    assert!(server.post("/in/other", &signed("msg_1", EVENT, 0), EVENT).body.contains(":4,"));
    let kind = with(signed("msg_1", EVENT, 0), "Content-Type", "text/plain");
    assert!(server.post("/in/other", &kind, EVENT).body.contains(":5,"));
    assert_eq!((outcome(&server, "stored"), outcome(&server, "copy")), (3, 5));
    // And each of both bodies is known.
    assert_eq!(server.post("/in/named", &signed("msg_1", EVENT, 0), EVENT).body, COPY);
    assert!(server.post("/in/named", &signed("msg_1", other, 0), other).body.contains("copy"));
    // A forged copy is forged.
    let mut forged = signed("msg_1", EVENT, 0);
    forged[0].1 = "msg_7".to_owned();
    assert_eq!(server.post("/in/named", &forged, EVENT).status, 401);
    assert_eq!(server.store.count(), 5);
}

/// A copy is one of what is stored: one that comes before that is certain is stored too.
#[test]
fn what_is_not_stored_has_no_copies() {
    let server = Server::new(STANDARD);
    let headers = signed("msg_1", EVENT, 0);
    server.store.is_now(Mode::Fail);
    assert_eq!(server.post("/in/named", &headers, EVENT).status, 503);
    server.store.is_now(Mode::Hold);
    let mut waiting: Vec<TcpStream> = (0..2)
        .map(|_| {
            let mut stream = server.connect();
            stream.write_all(&request("POST", "/in/named", &headers, EVENT)).unwrap();
            stream
        })
        .collect();
    assert!(server.soon(|server| server.store.count() == 3));
    server.store.is_now(Mode::Store);
    server.store.release();
    for stream in &mut waiting {
        let answer = Answer::read(stream);
        assert!(answer.status == 200 && !answer.body.contains("copy"), "{answer:?}");
    }
    assert!(server.post("/in/named", &headers, EVENT).body.contains("copy"));
    assert_eq!(server.store.count(), 3);
}

/// Other schemes do not say which message it is.
#[test]
fn what_has_no_signed_id_is_stored_each_time() {
    let server = Server::new(SOURCES);
    let headers = with(fastpix(EVENT), "webhook-id", "msg_1");
    for count in 1..3 {
        assert_eq!(server.post("/in/fastpix", &headers, EVENT).status, 200);
        assert_eq!(server.store.count(), count);
    }
}

/// Whether a copy is known before the store or told by the fold, the state is the same; other bytes of the id are a conflict.
#[test]
fn states_do_not_depend_on_copies() {
    let folder = tempfile::tempdir().unwrap();
    let post = |server: &stored::Whole, body: &[u8]| {
        server.send_with("POST", "/in/other", &signed("msg_1", body, 0), body)
    };
    let asset = |server: &stored::Whole| -> serde_json::Value {
        serde_json::from_str(&server.ask("/api/assets/fastpix/media/m1").body).unwrap()
    };
    let other = br#"{"type":"video.media.ready","id":"e1","data":{"id":"m1","title":"other"}}"#;
    let server = stored::Whole::start(folder.path(), STANDARD, 0);
    assert_eq!(post(&server, EVENT).status, 200);
    let first = asset(&server);
    assert!(post(&server, EVENT).body.contains("copy"));
    assert_eq!(asset(&server), first);
    assert_eq!(first["asset"]["duplicates"], 0);
    assert!(!post(&server, other).body.contains("copy"));
    let found = server.ask("/api/findings?code=L302").body;
    assert!(found.contains("conflicting-duplicate"), "{found}");
    let before = asset(&server);
    drop(server);

    // After a restart nothing is known: the fold finds the copy.
    let server = stored::Whole::start(folder.path(), STANDARD, 0);
    let answer = post(&server, EVENT);
    assert!(answer.status == 200 && !answer.body.contains("copy"), "{answer:?}");
    let after = asset(&server);
    assert_eq!(after["asset"]["state"], before["asset"]["state"]);
    let duplicates = |asset: &serde_json::Value| asset["asset"]["duplicates"].as_u64().unwrap();
    assert_eq!(duplicates(&after), duplicates(&before) + 1);
    assert!(post(&server, EVENT).body.contains("copy"));
}
