//! Signatures: what a provider adds to a delivery so that its receiver knows who sent it.
//!
//! The scheme and its parameters stand under `[signature]` in the provider's definition; `docs/definitions.md` lists
//! them. [`Scheme`] signs as the provider does; [`Verifier`] tells what was signed from what was not. Time is an
//! argument of both.

mod twilio;
mod verify;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

pub use self::verify::{Forged, Received, Secret, Verifier};
pub use self::{
    twilio::with_query,
    verify::{TOLERANCE, is_same_secret},
};
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
    /// `Authorization: Bearer` and the secret: nothing is signed.
    Bearer,
    /// `Authorization: Basic`, the secret being `user:password`: nothing is signed.
    Basic,
    /// The secret itself, in a header: nothing is signed.
    Token {
        /// The header that carries it.
        header: String,
    },
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
        "{provider} signs by the scheme `{scheme}`, which is not known; known: none, hmac-sha256-base64, twilio, timestamped-hmac-sha256, standard-webhooks, bearer, basic, token"
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
        Self::from_parameters(provider.name(), |name| {
            provider.signature().find(|(key, _)| *key == name).map(|(_, value)| value)
        })
    }

    /// The scheme that these parameters of `[signature]` describe; errors say that it is this provider's.
    pub fn from_parameters<'p>(
        provider: &str,
        parameter: impl Fn(&str) -> Option<&'p str>,
    ) -> Result<Self, SignatureError> {
        let name = || provider.to_owned();
        let header = || {
            let found = parameter("header").map(str::to_owned);
            found.ok_or_else(|| SignatureError::NoHeader { provider: name() })
        };
        match parameter("scheme") {
            None | Some("none") => Ok(Self::None),
            Some("hmac-sha256-base64") => Ok(Self::HmacSha256Base64 {
                header: header()?,
                decoded: parameter("key") == Some("base64"),
            }),
            Some("twilio") => Ok(Self::Twilio { header: header()? }),
            Some("timestamped-hmac-sha256") => Ok(Self::Timestamped { header: header()? }),
            Some("standard-webhooks") => Ok(Self::StandardWebhooks),
            Some("bearer") => Ok(Self::Bearer),
            Some("basic") => Ok(Self::Basic),
            Some("token") => Ok(Self::Token { header: header()? }),
            Some(other) => {
                Err(SignatureError::UnknownScheme { provider: name(), scheme: other.to_owned() })
            }
        }
    }

    /// Its name, as definitions have it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::HmacSha256Base64 { .. } => "hmac-sha256-base64",
            Self::Twilio { .. } => "twilio",
            Self::Timestamped { .. } => "timestamped-hmac-sha256",
            Self::StandardWebhooks => "standard-webhooks",
            Self::Bearer => "bearer",
            Self::Basic => "basic",
            Self::Token { .. } => "token",
        }
    }

    /// The header that carries the signature, or the secret.
    pub fn header(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::HmacSha256Base64 { header, .. }
            | Self::Twilio { header }
            | Self::Timestamped { header }
            | Self::Token { header } => Some(header),
            Self::StandardWebhooks => Some("webhook-signature"),
            Self::Bearer | Self::Basic => Some("authorization"),
        }
    }

    /// The key that a secret of this scheme stands for.
    fn key(&self, secret: &str) -> Result<Vec<u8>, SignatureError> {
        match self {
            Self::HmacSha256Base64 { decoded: true, .. } => from_base64(secret),
            Self::StandardWebhooks => from_base64(secret.strip_prefix("whsec_").unwrap_or(secret)),
            _ => Ok(secret.as_bytes().to_vec()),
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
        let key = self.key(secret)?;
        let authorization = |value: String| ("authorization".to_owned(), value);
        Ok(match self {
            Self::None => Vec::new(),
            Self::HmacSha256Base64 { header, .. } => {
                vec![(header.clone(), STANDARD.encode(hmac_sha256(&key, &[body])))]
            }
            Self::Twilio { header } => {
                let fields = twilio::fields(body);
                let mac = hmac_sha1(&key, &[url.as_bytes(), fields.as_bytes()]);
                vec![(header.clone(), STANDARD.encode(mac))]
            }
            Self::Timestamped { header } => {
                let mac = hmac_sha256(&key, &[seconds.as_bytes(), b".", body]);
                vec![(header.clone(), format!("t={seconds},v1={}", to_hex(&mac)))]
            }
            Self::StandardWebhooks => {
                let parts = [id.as_bytes(), b".", seconds.as_bytes(), b".", body];
                let signature = format!("v1,{}", STANDARD.encode(hmac_sha256(&key, &parts)));
                vec![
                    ("webhook-id".to_owned(), id.to_owned()),
                    ("webhook-timestamp".to_owned(), seconds),
                    ("webhook-signature".to_owned(), signature),
                ]
            }
            Self::Bearer => vec![authorization(format!("Bearer {secret}"))],
            Self::Basic => vec![authorization(format!("Basic {}", STANDARD.encode(secret)))],
            Self::Token { header } => vec![(header.clone(), secret.to_owned())],
        })
    }
}

fn from_base64(secret: &str) -> Result<Vec<u8>, SignatureError> {
    let bad = |error: base64::DecodeError| SignatureError::BadSecret {
        reason: error.to_string().trim_end_matches('.').to_owned(),
    };
    STANDARD.decode(secret.trim()).map_err(bad)
}

fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    mac::<Hmac<Sha256>>(key, parts).into()
}

fn hmac_sha1(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    mac::<Hmac<Sha1>>(key, parts).into()
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
