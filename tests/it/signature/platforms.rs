//! How platforms sign, in the language of definitions, each with a value that another program computed: Python's
//! `hmac`. The secrets are ours.

use super::verify::{now, read, verifier, verify};
use mediafold::{lifecycle::Scheme, signature::Request};

const BODY: &[u8] = br#"{"type":"video.asset.ready","id":"e1"}"#;
const AT: &str = "1767225600";
const MUX: &str = "38ab99cb3f5a6b54edda9fa0b7145d60c6d0f279140b26b1ef1af341579e0bf1";
const ZOOM: &str = "76d308f1193d1e091b56d1b26644d4e3715b01f4a026bfa3104b932eba2314ef";
const GITHUB: &str = "3c295a54140d51c10dab798ca1e3b48d5480c810fd07fe14bf0d0f32799782de";
const SHA1: &str = "7c6f16b8ae3b08412b327df268e52de6df8268d9";
const SHA384: &str = "47a1f8fb44111309f5805cfa4396cd4266f13dfc164ff5653e7f2a8478d102d64f0a8a125ce4e9839b8d5fc87000e630";
const SVIX: &str = "S10xqBO3YyqG70TGTQICnns4c1uFMA8iqHaH9xGtVtw=";

/// Its name, `[signature]`, a secret, and the headers as they come.
type Platform = (&'static str, &'static str, &'static str, Vec<(&'static str, String)>);

fn platforms() -> Vec<Platform> {
    vec![
        (
            "Mux",
            "scheme = \"hmac\"\nheader = \"Mux-Signature\"\nshape = \"t={time},v1={hex}\"\nsigns = \"{time}.{body}\"",
            "secret",
            vec![("mux-signature", format!("t={AT},v1={MUX}"))],
        ),
        (
            "Cloudflare Stream",
            "scheme = \"hmac\"\nheader = \"Webhook-Signature\"\nshape = \"time={time},sig1={hex}\"\nsigns = \"{time}.{body}\"",
            "secret",
            vec![("webhook-signature", format!("time={AT},sig1={MUX}"))],
        ),
        (
            "Zoom",
            "scheme = \"hmac\"\nheader = \"x-zm-signature\"\nshape = \"v0={hex}\"\nsigns = \"v0:{@x-zm-request-timestamp}:{body}\"",
            "secret",
            vec![
                ("x-zm-request-timestamp", AT.to_owned()),
                ("x-zm-signature", format!("v0={ZOOM}")),
            ],
        ),
        (
            "GitHub",
            "scheme = \"hmac\"\nheader = \"X-Hub-Signature-256\"\nshape = \"sha256={hex}\"",
            "secret",
            vec![("x-hub-signature-256", format!("sha256={GITHUB}"))],
        ),
        (
            "Wistia",
            "scheme = \"hmac\"\nheader = \"X-Wistia-Signature\"\nshape = \"{hex}\"",
            "secret",
            vec![("x-wistia-signature", GITHUB.to_owned())],
        ),
        (
            "Livepeer, whose time is in milliseconds and not signed",
            "scheme = \"hmac\"\nheader = \"Livepeer-Signature\"\nshape = \"t={time:ms},v1={hex}\"",
            "secret",
            vec![("livepeer-signature", format!("t={AT}000,v1={GITHUB}"))],
        ),
        (
            "Millicast",
            "scheme = \"hmac\"\nhash = \"sha1\"\nkey = \"base64\"\nheader = \"X-Millicast-Signature\"\nshape = \"sha1={hex}\"",
            "c2VjcmV0",
            vec![("x-millicast-signature", format!("sha1={SHA1}"))],
        ),
        (
            "Svix",
            "scheme = \"hmac\"\nkey = \"base64\"\nheader = \"svix-signature\"\nshape = \"v1,{base64}\"\nsigns = \"{@svix-id}.{@svix-timestamp}.{body}\"",
            "whsec_c2VjcmV0",
            vec![
                ("svix-id", "msg_1".to_owned()),
                ("svix-timestamp", AT.to_owned()),
                ("svix-signature", format!("v1,{SVIX}")),
            ],
        ),
        (
            "a key in hex, and SHA-384",
            "scheme = \"hmac\"\nhash = \"sha384\"\nkey = \"hex\"\nheader = \"X-Signature\"\nshape = \"sha384:{hex}\"",
            "736563726574",
            vec![("x-signature", format!("sha384:{SHA384}"))],
        ),
    ]
}

#[test]
fn platforms_sign_as_definitions_say() {
    for (name, definition, secret, headers) in platforms() {
        let scheme = read(definition);
        let signed = scheme.sign(secret, &Request::new("", BODY, "msg_1", now())).unwrap();
        let mut lower: Vec<(String, String)> =
            signed.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        lower.sort();
        let mut expected: Vec<_> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        expected.sort();
        assert_eq!(lower, expected, "{name}");
        let one = verifier(&scheme, &[secret]);
        assert_eq!(verify(&one, "", &headers, BODY, now()), Ok(0), "{name}");
        for at in 0..BODY.len() * 8 {
            let mut body = BODY.to_vec();
            body[at / 8] ^= 1 << (at % 8);
            assert!(verify(&one, "", &headers, &body, now()).is_err(), "{name}: bit {at}");
        }
    }
}

/// The named schemes stand for `hmac` with their parameters.
#[test]
fn short_forms() {
    for (short, long) in [
        (
            "scheme = \"hmac-sha256-base64\"\nheader = \"X\"\nkey = \"base64\"",
            "scheme = \"hmac\"\nheader = \"X\"\nkey = \"base64\"\nshape = \"{base64}\"",
        ),
        (
            "scheme = \"timestamped-hmac-sha256\"\nheader = \"X\"",
            "scheme = \"hmac\"\nheader = \"X\"\nhash = \"sha256\"\nkey = \"text\"\nshape = \"t={time},v1={hex}\"\nsigns = \"{time}.{body}\"",
        ),
    ] {
        assert_eq!(read(short), read(long));
        assert_eq!(read(short).name(), "hmac");
    }
    assert_eq!(read("scheme = \"none\""), Scheme::None);
}

/// Published with Mux's library for Elixir.
#[test]
fn mux_vector() {
    let scheme = read("scheme = \"timestamped-hmac-sha256\"\nheader = \"Mux-Signature\"");
    let value = "t=1565125718,v1=854ece4c22acef7c66b57d4e504153bc512595e8e9c772ece2a68150548c19a7";
    let at = "2019-08-06T21:08:38Z".parse().unwrap();
    let one = verifier(&scheme, &["SuperSecret123"]);
    let check =
        |value: &str, body: &[u8]| verify(&one, "", &[("Mux-Signature", value)], body, at).is_ok();
    assert!(check(value, br#"{"test":"body"}"#));
    assert!(!check(value, br#"{"test":"bodY"}"#));
    assert!(!check("invalid-signature", br#"{"test":"body"}"#));
}

/// A header that is signed and says when must be near, as a time within the signature must.
#[test]
fn times_in_headers_are_near() {
    let zoom = read(
        "scheme = \"hmac\"\nheader = \"x-zm-signature\"\nshape = \"v0={hex}\"\nsigns = \"v0:{@x-zm-request-timestamp}:{body}\"\ntolerance = \"1m\"",
    );
    let headers = zoom.sign("secret", &Request::new("", BODY, "", now())).unwrap();
    let one = verifier(&zoom, &["secret"]);
    for (seconds, near) in [(0, true), (60, true), (61, false), (-60, true), (-61, false)] {
        let at = super::verify::after(seconds);
        assert_eq!(verify(&one, "", &headers, BODY, at).is_ok(), near, "{seconds}");
    }
    // Twice the header that is signed is as bad as twice the one that signs.
    for header in &headers {
        let mut twice = headers.clone();
        twice.push(header.clone());
        assert!(verify(&one, "", &twice, BODY, now()).is_err(), "{header:?}");
    }
}

/// A provider that changes its secret signs with both, in one header.
#[test]
fn several_signatures_in_one_header() {
    let github = read("scheme = \"hmac\"\nheader = \"X\"\nshape = \"sha256={hex}\"");
    let value = |secret| {
        let signed = github.sign(secret, &Request::new("", BODY, "", now())).unwrap();
        signed[0].1.clone()
    };
    let one = verifier(&github, &["new"]);
    let check = |value: &str| verify(&one, "", &[("X", value)], BODY, now()).is_ok();
    let (old, new) = (value("old"), value("new"));
    for between in [",", ", ", ";", " "] {
        assert!(check(&format!("{old}{between}{new}")), "{between}");
        assert!(check(&format!("{new}{between}{old}")), "{between}");
    }
    assert!(!check(&old) && !check(&format!("{old},{}", new.replace("sha256", "sha1"))));
    // Beyond a few they are not looked at.
    assert!(!check(&format!("{}{new}", format!("{old},").repeat(16))));
}
