//! Requests that are made to hurt: tokens, headers and wrappers. A 4xx each, or put aside; what comes after is taken.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::*;

const LIVE: &str = r#"
provider = "live"
[envelope]
kind = ["@X-Event", "/event"]
unwrap = ["/m"]
[signature]
scheme = "jwt"
claim = "sha256"
"#;

const CONFIG: &str = r#"
definitions = "mine"
[sources.live]
provider = "live"
secrets  = ["secret"]
[sources.open]
provider   = "live"
scheme     = "none"
path_token = "s3cret"
"#;

const BODY: &[u8] = br#"{"event":"room_started","id":"e1"}"#;

fn server() -> Server {
    Server::with_definitions(CONFIG, &[("live.toml", LIVE)])
}

fn right() -> Headers {
    let catalog = Catalog::with(&[DefinitionFile::new("live.toml", LIVE)]).unwrap();
    let scheme = catalog.provider("live").unwrap().scheme();
    scheme.sign("secret", &Request::new("", BODY, "", now())).unwrap()
}

/// A token with other parts than a right one has, and the right one's signature.
fn altered(at: usize, text: &str) -> Headers {
    let mut headers = right();
    let mut parts: Vec<&str> = headers[0].1.split('.').collect();
    let encoded = URL_SAFE_NO_PAD.encode(text);
    parts[at] = &encoded;
    headers[0].1 = parts.join(".");
    headers
}

#[test]
fn tokens_that_prove_nothing_are_refused() {
    let server = server();
    let mut unsigned = altered(0, r#"{"alg":"none","typ":"JWT"}"#);
    let bare = unsigned[0].1.rsplit_once('.').unwrap().0.to_owned();
    unsigned[0].1 = format!("{bare}.");
    let expired = r#"{"sha256":"l1KuPjsUHhq0wdUrUjw5/YthoEotPld9MdZKjC2oL8o=","exp":1}"#;
    let twice = [right(), right()].concat();
    for headers in [
        unsigned,
        altered(0, r#"{"alg":"none"}"#),
        altered(0, r#"{"alg":"RS256"}"#),
        altered(1, expired),
        twice,
        vec![("Authorization".to_owned(), "Bearer ".to_owned() + &"a.".repeat(20_000))],
        vec![],
    ] {
        let answer = server.post("/in/live", &headers, BODY);
        assert!((400..500).contains(&answer.status), "{answer:?}");
    }
    assert_eq!(server.store.count(), 0);
    assert_eq!(server.post("/in/live", &right(), BODY).status, 200);
}

/// HS256 keyed with the public half of a pair would be a key that everybody has.
#[test]
fn a_public_key_is_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("mine")).unwrap();
    std::fs::write(folder.path().join("mine/live.toml"), LIVE).unwrap();
    let path = folder.path().join("mediafold.toml");
    let public = "-----BEGIN PUBLIC KEY-----\\nMFkwEwYHKoZIzj0CAQ\\n-----END PUBLIC KEY-----";
    std::fs::write(&path, CONFIG.replace("[\"secret\"]", &format!("[\"{public}\"]"))).unwrap();
    let error = load(&path).map(drop).unwrap_err().to_string();
    assert!(error.contains("public") && !error.contains("MFkw"), "{error}");
}

#[test]
fn headers_of_64_kb_are_refused_and_nothing_beside_them() {
    let server = server();
    let long = |len: usize| with(right(), "X-Event", &"x".repeat(len));
    let answer = server.post("/in/live", &long(64 << 10), BODY);
    assert!(matches!(answer.status, 0 | 400..=431), "{answer:?}");
    let many: Headers = (0..3000).map(|at| (format!("X-{at}"), "y".repeat(20))).collect();
    let answer = server.post("/in/live", &[right(), many].concat(), BODY);
    assert!(matches!(answer.status, 0 | 400..=431), "{answer:?}");
    assert_eq!(server.store.count(), 0);
    assert_eq!(server.post("/in/live", &long(100), BODY).status, 200);
    assert_eq!(server.store.last().headers.get("x-event").map(str::len), Some(100));
}

/// What cannot be read is kept, whatever it is: it would be no better the next time.
#[test]
fn hostile_bodies_are_put_aside() {
    let server = server();
    let text = |inner: &str| serde_json::json!({ "m": inner }).to_string();
    let nested = (0..8).fold(String::from_utf8_lossy(BODY).into_owned(), |inner, _| text(&inner));
    let head = "--b\r\nContent-Disposition: form-data; name=\"event\"\r\n\r\nx\r\n";
    let bodies = [
        "{\"m\":".repeat(1000) + "1" + &"}".repeat(1000),
        nested,
        format!("{{\"m\":[{}0]}}", "0,".repeat(200_000)),
        text(&"QUFB".repeat(100_000)),
        head.repeat(1000),
        format!("{head}{}", "--b\r\n".repeat(50_000)),
    ];
    let count = bodies.len();
    for body in bodies {
        let answer = server.post("/in/open/s3cret", &vec![], body.as_bytes());
        assert_eq!(answer.status, 200, "{}", &body[..body.len().min(80)]);
        assert_eq!(server.store.last().body, body.as_bytes());
    }
    assert_eq!(server.store.count(), count);
}
