//! JSON Web Tokens, as far as providers bind them to a body: signed by HS256 and by nothing else, whatever a token says
//! of itself. A secret that is a public key would be known to everybody, and is refused.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{Request, SignatureError, mac_of, to_hex};
use crate::lifecycle::{Hash, Jwt};

/// How long a token that we sign is good for, in seconds.
const LIFETIME: i64 = 300;
/// The claims that say of the token, and not of what it is about.
const REGISTERED: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];

/// A token as it came.
pub(super) struct Token<'a> {
    /// What is signed of it.
    pub(super) signed: &'a str,
    pub(super) signature: Vec<u8>,
    claims: Map<String, Value>,
}

/// Refuses what is no secret.
pub(super) fn check_secret(secret: &str) -> Result<(), SignatureError> {
    if secret.contains("-----BEGIN") {
        let reason = "it is a key of two halves, of which one is public; only HS256 is verified";
        return Err(SignatureError::BadSecret { expected: "a secret", reason: reason.to_owned() });
    }
    Ok(())
}

impl<'a> Token<'a> {
    /// The token in the value of a header, `Bearer` before it or not; `None` unless it is one that says HS256.
    pub(super) fn read(value: &'a str) -> Option<Self> {
        let token = match value.split_once(' ') {
            Some((word, token)) if word.eq_ignore_ascii_case("bearer") => token.trim(),
            Some(_) => return None,
            None => value,
        };
        let (signed, signature) = token.rsplit_once('.')?;
        let (head, claims) = signed.split_once('.')?;
        let object = |text: &str| -> Option<Map<String, Value>> {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
        };
        let head = object(head)?;
        // `crit` names what must be understood, and nothing of that is.
        if head.get("alg") != Some(&Value::from("HS256")) || head.contains_key("crit") {
            return None;
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        Some(Self { signed, signature, claims: object(claims)? })
    }

    /// Whether its claims are about this body, now: both in seconds, the second how far clocks may be apart.
    pub(super) fn is_about(&self, scheme: &Jwt, body: &[u8], now: f64, tolerance: f64) -> bool {
        let number = |name: &str| self.claims.get(name).map(Value::as_f64);
        let ends = |end: Option<f64>| end.is_some_and(|end| now <= end + tolerance);
        let begins = |begin: Option<f64>| begin.is_some_and(|begin| now >= begin - tolerance);
        let issuer = scheme
            .iss
            .as_deref()
            .is_none_or(|iss| self.claims.get("iss").and_then(Value::as_str) == Some(iss));
        number("exp").is_none_or(ends)
            && number("nbf").is_none_or(begins)
            && issuer
            && self.is_of(scheme, body)
    }

    fn is_of(&self, scheme: &Jwt, body: &[u8]) -> bool {
        let Some(name) = &scheme.claim else {
            let said = serde_json::from_slice::<Map<String, Value>>(body).ok();
            let own = |claims: &Map<String, Value>| {
                let mut own = claims.clone();
                own.retain(|name, _| !REGISTERED.contains(&&**name));
                own
            };
            // What is registered may be told of the token alone; what the body says, it must say as well.
            return said.is_some_and(|said| {
                own(&said) == own(&self.claims)
                    && said.iter().all(|(name, value)| self.claims.get(name) == Some(value))
            });
        };
        let digest = Sha256::digest(body);
        let said = self.claims.get(name).and_then(Value::as_str).unwrap_or("");
        said == STANDARD.encode(digest)
            || said == URL_SAFE_NO_PAD.encode(digest)
            || said.eq_ignore_ascii_case(&to_hex(&digest))
    }
}

/// The value of the header for this request. A body that is to be the claims and is no object gives a token without any,
/// which is about no body.
pub(super) fn sign(scheme: &Jwt, key: &[u8], request: &Request<'_>) -> String {
    let now = request.time.as_nanos().div_euclid(1_000_000_000);
    let mut claims = match &scheme.claim {
        Some(name) => {
            let digest = STANDARD.encode(Sha256::digest(request.body));
            Map::from_iter([(name.clone(), Value::from(digest))])
        }
        None => serde_json::from_slice(request.body).unwrap_or_default(),
    };
    if let Some(iss) = &scheme.iss {
        claims.insert("iss".to_owned(), iss.as_str().into());
    }
    if scheme.claim.is_some() {
        claims.insert("nbf".to_owned(), now.into());
        claims.insert("exp".to_owned(), (now + LIFETIME).into());
    }
    let encoded = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = encoded(json!({"alg": "HS256", "typ": "JWT"}));
    let signed = format!("{head}.{}", encoded(claims.into()));
    let signature = URL_SAFE_NO_PAD.encode(mac_of(Hash::Sha256, key, &[signed.as_bytes()]));
    format!("Bearer {signed}.{signature}")
}
