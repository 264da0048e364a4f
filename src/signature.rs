//! Signatures: what a provider adds to a delivery so that its receiver knows who sent it.
//!
//! The scheme and its parameters stand under `[signature]` in the provider's definition; `docs/definitions.md` lists
//! them.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::percent_decode_str;
use sha1::Sha1;
use sha2::Sha256;

use crate::{lifecycle::Provider, time::Timestamp};

/// How a provider signs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scheme {
    /// It does not.
    None,
    /// Base64 of the HMAC-SHA256 of the body: FastPix.
    HmacSha256Base64 {
        /// The header that carries it.
        header: String,
        /// Whether the secret is base64 to be decoded, or the key as it is.
        decoded: bool,
    },
    /// Base64 of the HMAC-SHA1 of the address and the sorted fields of the form: Twilio.
    Twilio {
        /// The header that carries it.
        header: String,
    },
    /// `t=SECONDS,v1=HEX`, HMAC-SHA256 of time, dot and body: Mux, Stripe.
    Timestamped {
        /// The header that carries it.
        header: String,
    },
    /// `webhook-id`, `webhook-timestamp` and `webhook-signature`, as the Standard Webhooks specification has them.
    StandardWebhooks,
}

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
    /// The definition names a scheme that the code does not know.
    #[error(
        "{provider} signs by the scheme `{scheme}`, which is not known; known: none, hmac-sha256-base64, twilio, timestamped-hmac-sha256, standard-webhooks"
    )]
    UnknownScheme {
        /// The provider.
        provider: String,
        /// What its definition says.
        scheme: String,
    },
    /// The definition does not name the header.
    #[error("{provider} signs, but its definition has no `header` under [signature]")]
    NoHeader {
        /// The provider.
        provider: String,
    },
    /// The secret is to be base64 and is not.
    #[error("the secret is not base64: {reason}; copy it as the provider shows it")]
    BadSecret {
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
    /// The scheme of a provider; [`Scheme::None`] if its definition says nothing of it.
    ///
    /// # Errors
    /// A scheme that is not known, or one without the header that it needs.
    pub fn of(provider: &Provider) -> Result<Self, SignatureError> {
        let parameter = |name: &str| {
            let found = provider.signature().find(|(key, _)| *key == name);
            found.map(|(_, value)| value.to_owned())
        };
        let name = || provider.name().to_owned();
        let header =
            || parameter("header").ok_or_else(|| SignatureError::NoHeader { provider: name() });
        match parameter("scheme").as_deref() {
            None | Some("none") => Ok(Self::None),
            Some("hmac-sha256-base64") => Ok(Self::HmacSha256Base64 {
                header: header()?,
                decoded: parameter("key").as_deref() == Some("base64"),
            }),
            Some("twilio") => Ok(Self::Twilio { header: header()? }),
            Some("timestamped-hmac-sha256") => Ok(Self::Timestamped { header: header()? }),
            Some("standard-webhooks") => Ok(Self::StandardWebhooks),
            Some(other) => {
                Err(SignatureError::UnknownScheme { provider: name(), scheme: other.to_owned() })
            }
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
        let seconds = time.as_nanos().div_euclid(1_000_000_000).to_string();
        Ok(match self {
            Self::None => Vec::new(),
            Self::HmacSha256Base64 { header, decoded } => {
                let key = if *decoded { from_base64(secret)? } else { secret.as_bytes().to_vec() };
                vec![(header.clone(), STANDARD.encode(hmac_sha256(&key, &[body])))]
            }
            Self::Twilio { header } => {
                let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes())
                    .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
                mac.update(url.as_bytes());
                for (name, value) in fields(body) {
                    mac.update(name.as_bytes());
                    mac.update(value.as_bytes());
                }
                vec![(header.clone(), STANDARD.encode(mac.finalize().into_bytes()))]
            }
            Self::Timestamped { header } => {
                let mac = hmac_sha256(secret.as_bytes(), &[seconds.as_bytes(), b".", body]);
                let hex: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
                vec![(header.clone(), format!("t={seconds},v1={hex}"))]
            }
            Self::StandardWebhooks => {
                let key = from_base64(secret.strip_prefix("whsec_").unwrap_or(secret))?;
                let parts = [id.as_bytes(), b".", seconds.as_bytes(), b".", body];
                let signature = format!("v1,{}", STANDARD.encode(hmac_sha256(&key, &parts)));
                vec![
                    ("webhook-id".to_owned(), id.to_owned()),
                    ("webhook-timestamp".to_owned(), seconds),
                    ("webhook-signature".to_owned(), signature),
                ]
            }
        })
    }
}

fn from_base64(secret: &str) -> Result<Vec<u8>, SignatureError> {
    let bad = |error: base64::DecodeError| SignatureError::BadSecret { reason: error.to_string() };
    STANDARD.decode(secret.trim()).map_err(bad)
}

fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key)
        .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// The fields of a form by name and then value, each pair once.
fn fields(body: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(body).replace('+', " ");
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let mut fields: Vec<(String, String)> = pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect();
    fields.sort();
    fields.dedup();
    fields
}
