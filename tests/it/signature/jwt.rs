//! JSON Web Tokens: what is bound to a body, and what only seems so.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use mediafold::signature::{Request, Secret, Verifier};
use serde_json::{Value, json};

use super::verify::{after, now, read, verifier, verify};

const BODY: &[u8] = br#"{"event":"room_started","id":"e1"}"#;
const AT: i64 = 1_767_225_600;
/// Computed with Python's `hashlib`: the SHA-256 of the body.
const BASE64: &str = "l1KuPjsUHhq0wdUrUjw5/YthoEotPld9MdZKjC2oL8o=";
const HEX: &str = "9752ae3e3b141e1ab4c1d52b523c39fd8b61a04a2d3e577d31d64a8c2da82fca";

const HASHED: &str = "scheme = \"jwt\"\nclaim = \"sha256\"\niss = \"key\"";
const WHOLE: &str = "scheme = \"jwt\"";

/// A token of these parts, signed by HMAC-SHA256 with this key, whatever it says of itself.
fn token(head: &Value, claims: &Value, key: &str) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(head), encode(claims));
    // The library signs as it verifies; that it is HMAC-SHA256 the oracles in `.ci/judges` say.
    let raw = read("scheme = \"hmac\"\nheader = \"X\"\nshape = \"{base64}\"");
    let value =
        raw.sign(key, &Request::new("", signed.as_bytes(), "", now())).unwrap()[0].1.clone();
    let url = value.replace('+', "-").replace('/', "_").replace('=', "");
    format!("{signed}.{url}")
}

fn head() -> Value {
    json!({"alg": "HS256", "typ": "JWT"})
}

fn hashed() -> Value {
    json!({"sha256": BASE64, "iss": "key", "nbf": AT - 10, "exp": AT + 10})
}

fn is_taken(definition: &str, value: &str, body: &[u8]) -> bool {
    let one = verifier(&read(definition), &["secret"]);
    verify(&one, "", &[("authorization", value)], body, now()).is_ok()
}

#[test]
fn what_is_bound_to_the_body_is_taken() {
    let bare = token(&head(), &hashed(), "secret");
    assert!(is_taken(HASHED, &bare, BODY) && is_taken(HASHED, &format!("Bearer {bare}"), BODY));
    let hex = json!({"sha256": HEX.to_uppercase(), "iss": "key"});
    assert!(is_taken(HASHED, &token(&head(), &hex, "secret"), BODY));
    let said: Value = serde_json::from_slice(BODY).unwrap();
    assert!(is_taken(WHOLE, &token(&head(), &said, "secret"), BODY));
    let more = json!({"event": "room_started", "id": "e1", "iat": AT, "iss": "anybody"});
    assert!(is_taken(WHOLE, &token(&head(), &more, "secret"), BODY));
    for definition in [HASHED, WHOLE] {
        let scheme = read(definition);
        let headers = scheme.sign("secret", &Request::new("", BODY, "", now())).unwrap();
        let one = verifier(&scheme, &["secret"]);
        assert_eq!(verify(&one, "", &headers, BODY, now()), Ok(0), "{definition}");
        assert!(verify(&verifier(&scheme, &["other"]), "", &headers, BODY, now()).is_err());
        let twice = [headers.clone(), headers].concat();
        assert!(verify(&one, "", &twice, BODY, now()).is_err(), "{definition}");
    }
}

/// Test traffic has bodies that are no JSON: they are signed as well as can be, and refused.
#[test]
fn a_body_that_cannot_be_claims_is_signed_and_refused() {
    let scheme = read(WHOLE);
    for body in [&b"[1]"[..], b"{cut", b"\xff"] {
        let headers = scheme.sign("secret", &Request::new("", body, "", now())).unwrap();
        assert!(!is_taken(WHOLE, &headers[0].1, body));
    }
}

#[test]
fn what_is_bound_to_no_body_or_to_another_is_refused() {
    let bare = token(&head(), &hashed(), "secret");
    for at in 0..BODY.len() * 8 {
        let mut body = BODY.to_vec();
        body[at / 8] ^= 1 << (at % 8);
        assert!(!is_taken(HASHED, &bare, &body), "bit {at}");
    }
    let refused = |claims: Value| !is_taken(HASHED, &token(&head(), &claims, "secret"), BODY);
    assert!(refused(json!({"iss": "key"})));
    assert!(refused(json!({"sha256": null, "iss": "key"})));
    assert!(refused(json!({"sha256": [BASE64], "iss": "key"})));
    assert!(refused(json!({"sha256": &BASE64[1..], "iss": "key"})));
    assert!(refused(json!({"sha256": BASE64})));
    assert!(refused(json!({"sha256": BASE64, "iss": "other"})));
    let said: Value = serde_json::from_slice(BODY).unwrap();
    let whole = token(&head(), &said, "secret");
    for body in [
        &br#"{"event":"room_started"}"#[..],
        br#"{"event":"room_started","id":"e1","more":1}"#,
        br#"{"event":"room_started","id":"e1","exp":1}"#,
        br#"{"event":"room_finished","id":"e1"}"#,
        br#"{"event":"room_started","id":"e1","id":"e2"}"#,
        b"[]",
        b"",
        b"\xff",
    ] {
        assert!(!is_taken(WHOLE, &whole, body), "{}", String::from_utf8_lossy(body));
    }
}

/// Nothing but HS256, whatever a token says of itself.
#[test]
fn other_algorithms_are_refused() {
    for head in [
        json!({"alg": "none"}),
        json!({"alg": "None", "typ": "JWT"}),
        json!({"alg": "hs256"}),
        json!({"alg": "HS384"}),
        json!({"alg": "HS512"}),
        json!({"alg": "RS256"}),
        json!({"alg": ["HS256"]}),
        json!({"alg": "HS256", "crit": ["exp"]}),
        json!({"typ": "JWT"}),
        json!([]),
    ] {
        let value = token(&head, &hashed(), "secret");
        assert!(!is_taken(HASHED, &value, BODY), "{head}");
        let unsigned = &value[..=value.rfind('.').unwrap()];
        assert!(!is_taken(HASHED, unsigned, BODY), "{head}");
    }
    // HS256 keyed with the public half of a pair, which everybody has: it is no secret here.
    let public = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQ\n-----END PUBLIC KEY-----";
    let error = Verifier::new(read(HASHED), &[Secret::new(public)]).unwrap_err().to_string();
    assert!(error.contains("public") && !error.contains("MFkw"), "{error}");
}

#[test]
fn tokens_begin_and_end() {
    let one = verifier(&read(HASHED), &["secret"]);
    let value = token(&head(), &hashed(), "secret");
    for (seconds, good) in [(0, true), (310, true), (311, false), (-310, true), (-311, false)] {
        let found = verify(&one, "", &[("authorization", &value)], BODY, after(seconds));
        assert_eq!(found.is_ok(), good, "{seconds}");
    }
    for (name, odd) in [
        ("exp", json!("never")),
        ("exp", json!(null)),
        ("nbf", json!({})),
        ("exp", json!(-1e300)),
        ("nbf", json!(1e300)),
    ] {
        let mut claims = hashed();
        claims[name] = odd.clone();
        assert!(!is_taken(HASHED, &token(&head(), &claims, "secret"), BODY), "{name} {odd}");
    }
}

#[test]
fn what_is_no_token_is_refused() {
    let good = token(&head(), &hashed(), "secret");
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let deep = URL_SAFE_NO_PAD.encode("[".repeat(40_000));
    for value in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "..".to_owned(),
        format!("Basic {good}"),
        format!("{good}."),
        format!("{good}="),
        format!("{good}.{signature}"),
        format!(".{good}"),
        signed.to_owned(),
        format!("{deep}.{deep}.{signature}"),
        "a".repeat(64 << 10),
        ".".repeat(64 << 10),
    ] {
        assert!(!is_taken(HASHED, &value, BODY), "{}", &value[..value.len().min(80)]);
    }
}
