use std::{
    collections::BTreeMap,
    sync::{LazyLock, Mutex},
    time::Duration,
};

use mediafold::{
    Catalog, Timestamp,
    lifecycle::{DefinitionFile, Scheme},
    signature::{Forged, Received, Request, Secret, Verifier},
};
use proptest::prelude::*;

const BODY: &[u8] = br#"{"type":"video.media.ready"}"#;
const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
const CALL: &[u8] = b"CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309";

type Headers = Vec<(String, String)>;

fn scheme(signature: &'static str) -> Scheme {
    static KNOWN: Mutex<BTreeMap<&str, Scheme>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap();
    known.entry(signature).or_insert_with(|| read(signature)).clone()
}

pub(super) fn read(signature: &str) -> Scheme {
    let text =
        format!("provider = \"acme\"\n[envelope]\nkind = [\"/type\"]\n[signature]\n{signature}\n");
    let catalog = Catalog::with(&[DefinitionFile::new("provider.toml", text)]).unwrap();
    catalog.provider("acme").unwrap().scheme().clone()
}

fn fastpix() -> Scheme {
    scheme("scheme = \"hmac-sha256-base64\"\nheader = \"FastPix-Signature\"\nkey = \"base64\"")
}

fn twilio() -> Scheme {
    scheme("scheme = \"twilio\"\nheader = \"X-Twilio-Signature\"")
}

fn mux() -> Scheme {
    scheme("scheme = \"timestamped-hmac-sha256\"\nheader = \"Mux-Signature\"")
}

fn zoom() -> Scheme {
    scheme(
        "scheme = \"hmac\"\nhash = \"sha384\"\nheader = \"X-Signature\"\nshape = \"v0={hex}\"\nsigns = \"v0:{@x-timestamp}:{body}\"",
    )
}

fn standard() -> Scheme {
    scheme("scheme = \"standard-webhooks\"")
}

/// Every scheme by which something can be authentic, with a secret and another.
fn all() -> Vec<(Scheme, &'static str, &'static str)> {
    let token = scheme("scheme = \"token\"\nheader = \"cf-webhook-auth\"");
    vec![
        (fastpix(), "c2lnbmluZyBzZWNyZXQ=", "b3RoZXIgc2VjcmV0"),
        (twilio(), "12345", "12346"),
        (mux(), "text", "texts"),
        (standard(), "whsec_c2lnbmluZyBzZWNyZXQ=", "whsec_b3RoZXIgc2VjcmV0"),
        (scheme("scheme = \"jwt\""), "text", "texts"),
        (scheme("scheme = \"jwt\"\nclaim = \"sha256\"\niss = \"us\""), "text", "texts"),
        (zoom(), "text", "texts"),
        (scheme("scheme = \"bearer\""), "open sesame", "open"),
        (scheme("scheme = \"basic\""), "user:pass:word", "user:"),
        (token, "opensesame", "Opensesame"),
    ]
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn now() -> Timestamp {
    time("2026-01-01T00:00:00Z")
}

pub(super) fn after(seconds: i64) -> Timestamp {
    Timestamp::from_nanos(now().as_nanos() + seconds * 1_000_000_000)
}

pub(super) fn verifier(scheme: &Scheme, secrets: &[&str]) -> Verifier {
    let secrets: Vec<Secret> = secrets.iter().map(|text| Secret::new(*text)).collect();
    Verifier::new(scheme.clone(), &secrets).unwrap()
}

pub(super) fn verify(
    verifier: &Verifier,
    url: &str,
    headers: &[(impl AsRef<str>, impl AsRef<str>)],
    body: &[u8],
    at: Timestamp,
) -> Result<usize, Forged> {
    let headers: Vec<(&str, &[u8])> =
        headers.iter().map(|(name, value)| (name.as_ref(), value.as_ref().as_bytes())).collect();
    verifier.verify(&Received::new(url, &headers, body), at)
}

fn sign(scheme: &Scheme, secret: &str, body: &[u8]) -> Headers {
    scheme.sign(secret, &Request::new(URL, body, "msg_1", now())).unwrap()
}

fn is_call(url: &str, body: &[u8], signature: &str) -> bool {
    let headers = [("x-twilio-signature", signature)];
    verify(&verifier(&twilio(), &["12345"]), url, &headers, body, now()).is_ok()
}

/// Twilio's own: the tests of its Python, Go and Node libraries. The addresses are as those tests configure them, not
/// as they were signed.
#[test]
fn twilio_vectors() {
    let repeated = b"Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234";
    let http = "http://mycompany.com/myapp.php?foo=1&bar=2";
    let with_port = "https://mycompany.com:1234/myapp.php?foo=1&bar=2";
    for (url, body, signature) in [
        (URL, CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (URL, CALL, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        (http, CALL, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        (with_port, CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", CALL, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        (URL, repeated, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
    ] {
        assert!(is_call(url, body, signature), "{url} {signature}");
        assert!(!is_call(url, b"CallSid=other", signature), "{url} {signature}");
        assert!(!is_call("https://mycompany.com/myapp.php", body, signature), "{url}");
        assert!(!is_call(&url.replace("mycompany", "yours"), body, signature), "{url}");
    }
    // The port that stands in the configuration is not replaced by the scheme's.
    assert!(!is_call(with_port, CALL, "kvajT1Ptam85bY51eRf/AJRuM3w="));
    // Pairs are signed once each and sorted, so another order is the same.
    assert!(is_call(
        URL,
        b"Digits=1234&Digits=5678&SidAccount=AC123&Sid=CA123",
        "IK+Dwps556ElfBT0I3Rgjkr1wJU="
    ));
}

#[test]
fn twilio_bodies_that_are_no_forms_are_held_by_their_digest() {
    let digest = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
    let body = br#"{"property": "value", "boolean": true}"#;
    let added = format!("{URL}&bodySHA256={digest}");
    let alone = format!("https://mycompany.com/myapp.php?bodySHA256={digest}");
    for (url, signature) in
        [(&added, "a9nBmqA0ju/hNViExpshrM61xv4="), (&alone, "y77kIzt2vzLz71DgmJGsen2scGs=")]
    {
        assert!(is_call(url, body, signature));
        // Twilio signs no more than the address: what makes the body authentic is its digest.
        assert!(!is_call(url, br#"{"property": "other", "boolean": true}"#, signature));
        assert!(!is_call(url, b"", signature));
    }
    // An address that was signed without a body is no leave to send one.
    let get = twilio().sign("12345", &Request::new(URL, b"", "", now())).unwrap();
    assert!(is_call(URL, b"", &get[0].1));
    assert!(!is_call(URL, body, &get[0].1));
}

/// A GET has its fields in the address; Twilio's Node library takes `'` and `%27` for the same.
#[test]
fn twilio_addresses() {
    let signed = |url: &str| {
        let headers = twilio().sign("12345", &Request::new(url, b"", "", now())).unwrap();
        headers[0].1.clone()
    };
    let signature = signed("https://example.com/in/twilio?foo=1&MediaProcessorSid=ZX1&Empty=");
    let came = "https://example.com/in/twilio?foo=1&MediaProcessorSid=ZX1&Empty=";
    assert!(is_call(came, b"", &signature));
    for other in ["foo=1&MediaProcessorSid=ZX2&Empty=", "foo=1&MediaProcessorSid=ZX1", ""] {
        assert!(!is_call(&format!("https://example.com/in/twilio?{other}"), b"", &signature));
    }
    let (plain, escaped) = ("https://example.com/?n=O'Brien", "https://example.com/?n=O%27Brien");
    assert!(is_call(escaped, b"", &signed(plain)) && is_call(plain, b"", &signed(escaped)));
    // What follows `#` tells Twilio how to connect; it is not sent.
    assert!(is_call("https://example.com/in#rc=2", b"", &signed("https://example.com/in")));
    assert!(is_call("https://[::1]/in", b"", &signed("https://[::1]:443/in")));
}

/// From the specification's own libraries.
#[test]
fn standard_webhooks_vector() {
    let headers = |signature: &str| {
        [
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek".to_owned()),
            ("webhook-timestamp", "1614265330".to_owned()),
            ("webhook-signature", signature.to_owned()),
        ]
    };
    let at = time("2021-02-25T15:02:10Z");
    let body = br#"{"test": 2432232314}"#;
    let right = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    for secret in ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
        let verifier = verifier(&standard(), &[secret]);
        let check = |signature: &str| verify(&verifier, URL, &headers(signature), body, at);
        assert_eq!(check(right), Ok(0));
        // A provider that changes its secret signs with both.
        assert_eq!(check(&format!("v1,bm9uZQ== v2,bm9uZQ== {right}")), Ok(0));
        for wrong in ["", "v1,", "v1", right.trim_start_matches("v1,"), "v1,bm9uZQ=="] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
        assert!(check(&right.replace("v1,", "v2,")).is_err());
    }
}

/// Every scheme verifies what it signs, with whichever of several secrets, and nothing else.
#[test]
fn what_is_signed_is_authentic() {
    for (scheme, secret, other) in all() {
        let name = scheme.name();
        let headers = sign(&scheme, secret, BODY);
        let check = |verifier: &Verifier, headers: &Headers, body: &[u8], at| {
            verify(verifier, URL, headers, body, at)
        };
        let one = verifier(&scheme, &[secret]);
        assert_eq!(check(&one, &headers, BODY, now()), Ok(0), "{name}");
        assert_eq!(check(&verifier(&scheme, &[other, secret]), &headers, BODY, now()), Ok(1));
        assert!(check(&verifier(&scheme, &[other]), &headers, BODY, now()).is_err(), "{name}");
        assert!(check(&verifier(&scheme, &[]), &headers, BODY, now()).is_err(), "{name}");

        for at in 0..headers.len() {
            let mut some = headers.clone();
            let (header, value) = some.remove(at);
            assert!(check(&one, &some, BODY, now()).is_err(), "{name} without {header}");
            some.push((header.clone(), format!("{value}x")));
            assert!(check(&one, &some, BODY, now()).is_err(), "{name}: {header} with an x");
            some.pop();
            some.push((header.to_ascii_uppercase(), value.clone()));
            assert_eq!(check(&one, &some, BODY, now()), Ok(0), "{name} {header}");
            // Twice the same header is two answers to one question.
            some.push((header.clone(), value));
            assert!(check(&one, &some, BODY, now()).is_err(), "{name}: {header} twice");
        }
        let signs = !matches!(name, "bearer" | "basic" | "token");
        let changed = check(&one, &headers, b"{\"type\":\"video.media.Ready\"}", now());
        assert_eq!(changed.is_err(), signs, "{name}");
    }
    let none = verifier(&Scheme::None, &["anything"]);
    assert!(verify(&none, URL, &[("authorization", "Bearer anything")], BODY, now()).is_err());
}

#[test]
fn secrets_end() {
    for (scheme, secret, other) in all() {
        let headers = sign(&scheme, secret, BODY);
        let secrets = [Secret::new(secret).until(now()), Secret::new(other)];
        let verifier = Verifier::new(scheme, &secrets).unwrap();
        assert_eq!(verify(&verifier, URL, &headers, BODY, now()), Ok(0));
        assert!(verify(&verifier, URL, &headers, BODY, after(1)).is_err());
    }
}

/// Where a time is signed, it may be five minutes from ours, either way, and not be changed.
#[test]
fn signed_times_are_near() {
    for (scheme, secret) in
        [(mux(), "text"), (zoom(), "text"), (standard(), "whsec_c2lnbmluZyBzZWNyZXQ=")]
    {
        let headers = sign(&scheme, secret, BODY);
        let check = |verifier: &Verifier, headers: &Headers, seconds| {
            verify(verifier, URL, headers, BODY, after(seconds)).is_ok()
        };
        let five_minutes = verifier(&scheme, &[secret]);
        for (seconds, near) in [(0, true), (300, true), (301, false), (-300, true), (-301, false)] {
            assert_eq!(check(&five_minutes, &headers, seconds), near, "{seconds}");
        }
        let wider = five_minutes.clone().with_tolerance(Duration::from_secs(600));
        assert!(check(&wider, &headers, 600) && !check(&wider, &headers, 601));
        for other in ["1767225601", "+1767225600", "-1767225600", "", "99999999999999999999", "1e9"]
        {
            let moved: Headers = headers
                .iter()
                .map(|(name, value)| (name.clone(), value.replace("1767225600", other)))
                .collect();
            assert!(!check(&five_minutes, &moved, 0), "{other}");
        }
    }
}

/// The header as Mux and Stripe write it; Stripe sends a `v1` for each secret, and others that do not count.
#[test]
fn timestamped_headers() {
    let hex = "988af78fab053b37adae83b3d3b6a1b6eb4faac670dcacb5c11b231e4450d8d1";
    let zeros = "0".repeat(64);
    let check = |value: &str| {
        let headers = [("Mux-Signature", value)];
        verify(&verifier(&mux(), &["text"]), URL, &headers, BODY, now()).is_ok()
    };
    assert!(check(&format!("t=1767225600,v1={hex}")));
    assert!(check(&format!("t=1767225600, v1={zeros}, v1={hex},v0={zeros}")));
    assert!(check(&format!("v1={},t=1767225600", hex.to_uppercase())));
    for wrong in [
        format!("t=1767225600,v1={zeros}"),
        format!("t=1767225600,v0={hex}"),
        format!("t=1767225600,t=1767225600,v1={hex}"),
        format!("t=1767225600,v1={}", &hex[..62]),
        format!("t=1767225600,v1={}", &hex[..63]),
        format!("t=1767225600,v1={hex}00"),
        format!("t=1767225600,v1=+{}", &hex[1..]),
        format!("v1={hex}"),
        "t=1767225600".to_owned(),
        format!("t=1767225600,{}v1={hex}", format!("v1={zeros},").repeat(16)),
    ] {
        assert!(!check(&wrong), "{wrong}");
    }
}

#[test]
fn secrets_are_not_shown() {
    for (scheme, secret, _) in all() {
        let shown = format!("{:?} {:?}", Secret::new(secret), verifier(&scheme, &[secret]));
        let bytes = format!("{:?}", secret.as_bytes());
        assert!(!shown.contains(secret) && !shown.contains(&bytes), "{shown}");
    }
    let error = Verifier::new(fastpix(), &[Secret::new("not base64!")]).unwrap_err().to_string();
    assert!(error.contains("base64") && !error.contains("not base64!"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is sent, nothing panics and nothing is authentic.
    #[test]
    fn junk_is_forged(
        value in "\\PC{0,80}",
        url in "\\PC{0,40}",
        body in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        static SCHEMES: LazyLock<Vec<(Verifier, Headers)>> = LazyLock::new(|| {
            let of = |(scheme, secret, _): (Scheme, &str, &str)| {
                (verifier(&scheme, &[secret]), sign(&scheme, secret, BODY))
            };
            all().into_iter().map(of).collect()
        });
        for (verifier, headers) in SCHEMES.iter() {
            let headers: Vec<_> = headers.iter().map(|(name, _)| (name, &value)).collect();
            prop_assert!(verify(verifier, &url, &headers, &body, now()).is_err());
        }
    }
}
