//! Signatures: what a provider adds to a delivery so that its receiver knows who sent it.
//!
//! The scheme and its parameters stand under `[signature]` in the provider's definition; `docs/definitions.md` lists
//! them. [`Scheme`] signs as the provider does; [`Verifier`] tells what was signed from what was not. Time is an
//! argument of both.

mod jwt;
mod twilio;
mod verify;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha384};

pub use self::verify::{Forged, Received, Secret, Verifier};
pub use self::{
    twilio::with_query,
    verify::{TOLERANCE, is_same_secret},
};
use crate::{
    lifecycle::{Hash, Hmac, KeyEncoding, Scheme, Signed},
    time::Timestamp,
};

/// What is signed.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Request<'a> {
    /// The address as the provider knows it.
    pub url: &'a str,
    /// The body, to the byte.
    pub body: &'a [u8],
    /// An id that is the same for all attempts.
    pub id: &'a str,
    /// When it is sent.
    pub time: Timestamp,
}

/// Why something cannot be signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The secret is not what the scheme takes.
    #[error("the secret is not {expected}: {reason}; copy it as the provider shows it")]
    BadSecret {
        /// What it is to be.
        expected: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl<'a> Request<'a> {
    /// A request with what the schemes sign of it.
    pub fn new(url: &'a str, body: &'a [u8], id: &'a str, time: Timestamp) -> Self {
        Self { url, body, id, time }
    }
}

impl Scheme {
    /// The key that a secret of this scheme stands for.
    fn key(&self, secret: &str) -> Result<Vec<u8>, SignatureError> {
        let key = match self {
            Self::Hmac(hmac) => hmac.key,
            Self::StandardWebhooks => KeyEncoding::Base64,
            Self::Jwt(_) => {
                jwt::check_secret(secret)?;
                KeyEncoding::Text
            }
            _ => KeyEncoding::Text,
        };
        match key {
            KeyEncoding::Text => Ok(secret.as_bytes().to_vec()),
            KeyEncoding::Base64 => from_base64(secret.strip_prefix("whsec_").unwrap_or(secret)),
            KeyEncoding::Hex => from_hex(secret.trim()).ok_or_else(|| SignatureError::BadSecret {
                expected: "hex",
                reason: "pairs of 0 to 9 and a to f were expected".to_owned(),
            }),
        }
    }

    /// The headers, as name and value, that this secret gives a request.
    ///
    /// # Errors
    /// A secret that is not what the scheme takes.
    pub fn sign(
        &self,
        secret: &str,
        request: &Request<'_>,
    ) -> Result<Vec<(String, String)>, SignatureError> {
        let Request { url, body, id, time } = *request;
        let key = self.key(secret)?;
        let authorization = |value: String| ("authorization".to_owned(), value);
        Ok(match self {
            Self::None => Vec::new(),
            Self::Hmac(hmac) => hmac.sign(&key, request),
            Self::Jwt(scheme) => vec![(scheme.header.clone(), jwt::sign(scheme, &key, request))],
            Self::Twilio { header } => {
                let fields = twilio::fields(body);
                let mac = mac_of(Hash::Sha1, &key, &[url.as_bytes(), fields.as_bytes()]);
                vec![(header.clone(), STANDARD.encode(mac))]
            }
            Self::StandardWebhooks => {
                let seconds = seconds(time);
                let parts = [id.as_bytes(), b".", seconds.as_bytes(), b".", body];
                let signature = STANDARD.encode(mac_of(Hash::Sha256, &key, &parts));
                vec![
                    ("webhook-id".to_owned(), id.to_owned()),
                    ("webhook-timestamp".to_owned(), seconds),
                    ("webhook-signature".to_owned(), format!("v1,{signature}")),
                ]
            }
            Self::Bearer => vec![authorization(format!("Bearer {secret}"))],
            Self::Basic => vec![authorization(format!("Basic {}", STANDARD.encode(secret)))],
            Self::Token { header } => vec![(header.clone(), secret.to_owned())],
        })
    }
}

/// The headers of Standard Webhooks for a request: a signature by each of these secrets that counts when it is sent, so
/// that its receiver can change from one to the next. Nothing if none counts.
///
/// # Errors
/// A secret that is not what the scheme takes.
pub fn standard_webhooks(
    secrets: &[Secret],
    request: &Request<'_>,
) -> Result<Vec<(String, String)>, SignatureError> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for secret in secrets.iter().filter(|secret| secret.counts_at(request.time)) {
        let signed = Scheme::StandardWebhooks.sign(secret.text(), request)?;
        match headers.last_mut().zip(signed.last()) {
            // The signature comes last, and the other headers are the same.
            Some(((_, all), (_, one))) => *all = format!("{all} {one}"),
            None => headers = signed,
        }
    }
    Ok(headers)
}

impl Hmac {
    /// The signature's header, and those that are signed: a time where the name says so, else the request's id.
    fn sign(&self, key: &[u8], request: &Request<'_>) -> Vec<(String, String)> {
        let in_millis = self.shape.contains("{time:ms}");
        let millis = request.time.as_nanos().div_euclid(1_000_000).to_string();
        let seconds = seconds(request.time);
        let time = if in_millis { millis } else { seconds.clone() };
        let mut headers = Vec::new();
        let mut signed: Vec<&[u8]> = Vec::new();
        for piece in &self.signs {
            match piece {
                Signed::Text(text) => signed.push(text.as_bytes()),
                Signed::Body => signed.push(request.body),
                Signed::Time => signed.push(time.as_bytes()),
                Signed::Header(name) => {
                    let value = if piece.is_time() { &*seconds } else { request.id };
                    signed.push(value.as_bytes());
                    if !headers.iter().any(|(own, _)| own == name) {
                        headers.push((name.clone(), value.to_owned()));
                    }
                }
            }
        }
        let mac = mac_of(self.hash, key, &signed);
        let timed = self.shape.replace("{time}", &time).replace("{time:ms}", &time);
        let shaped = timed.replace("{hex}", &to_hex(&mac));
        let value = shaped.replace("{base64}", &STANDARD.encode(&mac));
        headers.push((self.header.clone(), value));
        headers
    }
}

fn seconds(time: Timestamp) -> String {
    time.as_nanos().div_euclid(1_000_000_000).to_string()
}

fn from_base64(secret: &str) -> Result<Vec<u8>, SignatureError> {
    let bad = |error: base64::DecodeError| SignatureError::BadSecret {
        expected: "base64",
        reason: error.to_string().trim_end_matches('.').to_owned(),
    };
    STANDARD.decode(secret.trim()).map_err(bad)
}

fn mac_of(hash: Hash, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    match hash {
        Hash::Sha1 => mac::<hmac::Hmac<Sha1>>(key, parts).to_vec(),
        Hash::Sha256 => mac::<hmac::Hmac<Sha256>>(key, parts).to_vec(),
        Hash::Sha384 => mac::<hmac::Hmac<Sha384>>(key, parts).to_vec(),
    }
}

fn mac<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> hmac::digest::Output<M> {
    let mut mac = <M as KeyInit>::new_from_slice(key)
        .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pair = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}
