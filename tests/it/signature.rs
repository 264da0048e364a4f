//! Signatures against published vectors, and against values computed by another program.

/// Tokens.
mod jwt;
/// What an oracle signed.
mod oracles;
/// How platforms sign.
mod platforms;
/// What is signed is told from what is not.
mod verify;

use mediafold::{
    Catalog, Timestamp,
    lifecycle::{DefinitionFile, Scheme},
    signature::{Request, SignatureError},
};

const BODY: &[u8] = br#"{"type":"video.media.ready"}"#;

/// The headers that a provider with these parameters adds.
fn signed(
    signature: &str,
    secret: &str,
    url: &str,
    body: &[u8],
) -> Result<Vec<(String, String)>, SignatureError> {
    let text =
        format!("provider = \"acme\"\n[envelope]\nkind = [\"/type\"]\n[signature]\n{signature}\n");
    let catalog = Catalog::with(&[DefinitionFile::new("provider.toml", text)]).unwrap();
    let scheme = catalog.provider("acme").unwrap().scheme();
    let time: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    scheme.sign(secret, &Request::new(url, body, "msg_1", time))
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Twilio's own: the tests of its Python library for the validator.
#[test]
fn twilio_vectors() {
    let twilio = "scheme = \"twilio\"\nheader = \"X-Twilio-Signature\"";
    let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
    let call = b"CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309";
    let repeated = b"Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234";
    let with_port = "https://mycompany.com:443/myapp.php?foo=1&bar=2";
    for (url, body, expected) in [
        (url, &call[..], "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (with_port, &call[..], "kvajT1Ptam85bY51eRf/AJRuM3w="),
        (url, &repeated[..], "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
    ] {
        let headers = signed(twilio, "12345", url, body);
        assert_eq!(headers, Ok(vec![header("X-Twilio-Signature", expected)]));
    }
}

#[test]
fn schemes_over_the_body() {
    let sign = |signature: &str, secret: &str| signed(signature, secret, "http://localhost/", BODY);
    let fastpix =
        "scheme = \"hmac-sha256-base64\"\nheader = \"FastPix-Signature\"\nkey = \"base64\"";
    let expected = header("FastPix-Signature", "p2mHR7cHFSa/DYxBh2lWQ108ql1JIoqiT4fluRRN0Jw=");
    assert_eq!(sign(fastpix, "c2lnbmluZyBzZWNyZXQ="), Ok(vec![expected]));
    let plain = fastpix.replace("\nkey = \"base64\"", "");
    let same = header("FastPix-Signature", "p2mHR7cHFSa/DYxBh2lWQ108ql1JIoqiT4fluRRN0Jw=");
    assert_eq!(sign(&plain, "signing secret"), Ok(vec![same]));

    let mux = "scheme = \"timestamped-hmac-sha256\"\nheader = \"Mux-Signature\"";
    let hex = "988af78fab053b37adae83b3d3b6a1b6eb4faac670dcacb5c11b231e4450d8d1";
    let expected = header("Mux-Signature", &format!("t=1767225600,v1={hex}"));
    assert_eq!(sign(mux, "text"), Ok(vec![expected]));

    let standard = vec![
        header("webhook-id", "msg_1"),
        header("webhook-timestamp", "1767225600"),
        header("webhook-signature", "v1,ftMRnteW53a0eC3owA/StSCUnFZZu05r8rU8qL/+Ub0="),
    ];
    let secret = "whsec_c2lnbmluZyBzZWNyZXQ=";
    assert_eq!(sign("scheme = \"standard-webhooks\"", secret), Ok(standard));
    assert_eq!(sign("scheme = \"none\"", ""), Ok(Vec::new()));
}

#[test]
fn what_cannot_be_signed_says_why() {
    let sign = |signature: &str| signed(signature, "not base64!", "http://localhost/", BODY);
    let fastpix = "scheme = \"hmac-sha256-base64\"\nheader = \"X\"\nkey = \"base64\"";
    assert!(matches!(sign(fastpix), Err(SignatureError::BadSecret { .. })));
    let hex = "scheme = \"hmac\"\nheader = \"X\"\nkey = \"hex\"\nshape = \"{hex}\"";
    assert!(sign(hex).unwrap_err().to_string().contains("not hex"));
    let public = signed("scheme = \"jwt\"", "-----BEGIN PUBLIC KEY-----", "", BODY);
    assert!(public.unwrap_err().to_string().contains("HS256"));
}

#[test]
fn every_builtin_provider_has_a_scheme() {
    for provider in Catalog::builtin().providers() {
        let signs = *provider.scheme() != Scheme::None;
        assert_eq!(
            signs,
            !["mediaconvert", "medialive", "vms"].contains(&provider.name()),
            "{}",
            provider.name()
        );
    }
}
