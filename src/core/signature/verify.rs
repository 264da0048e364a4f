//! Verifying: whether a request was signed with one of our secrets.
//!
//! Whatever is wrong with a request, the same is computed: a missing signature is compared as a wrong one is, a stale
//! one too, and every secret is tried. Comparisons take constant time.

use std::{borrow::Cow, fmt, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use super::{SignatureError, from_hex, jwt::Token, mac_of, to_hex, twilio};
use crate::{
    lifecycle::{Hash, Hmac, Jwt, Part, Scheme, Signed, split},
    time::Timestamp,
};

/// How far a signed time may be from ours, either way, unless said otherwise: what Stripe, Mux and Standard Webhooks
/// name.
pub const TOLERANCE: Duration = Duration::from_secs(300);
/// Times from this on are in milliseconds: in seconds they would be in the year 5138.
const MILLIS_FROM: i64 = 100_000_000_000;
/// More signatures than this in one header are not looked at: a provider sends one for each secret in use.
const SIGNATURES_MAX: usize = 16;

/// What a provider signs with, and until when that counts. Its `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    text: String,
    not_after: Option<Timestamp>,
}

/// What came, as far as schemes look at it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Received<'a> {
    /// The address as the provider knows it, which the request cannot be asked for, with the query that came.
    pub url: &'a str,
    /// Names and values of the headers.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The body, to the byte.
    pub body: &'a [u8],
}

/// The request was not signed with a secret that counts; no more is said, so that nobody learns from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not authentic")]
#[non_exhaustive]
pub struct Forged;

/// Tells requests that were signed with one of these secrets from all others.
#[derive(Clone)]
pub struct Verifier {
    scheme: Scheme,
    keys: Vec<Key>,
    tolerance: Duration,
}

#[derive(Clone)]
struct Key {
    bytes: Vec<u8>,
    not_after: Option<Timestamp>,
}

/// What a request claims: texts of which one was signed, and signatures of which one is right.
struct Claim<'a> {
    messages: Vec<Message<'a>>,
    signatures: Vec<Vec<u8>>,
    /// Nothing but the signature is left to be wrong.
    sound: bool,
}

type Message<'a> = Vec<Cow<'a, [u8]>>;

impl Secret {
    /// A secret as the provider shows it, without an end.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), not_after: None }
    }

    /// The same secret, which no longer counts after this moment.
    #[must_use]
    pub fn until(self, not_after: Timestamp) -> Self {
        Self { not_after: Some(not_after), ..self }
    }

    /// Whether it counts at this time.
    pub(super) fn counts_at(&self, time: Timestamp) -> bool {
        self.not_after.is_none_or(|end| time <= end)
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The last moment at which it counts.
    pub fn not_after(&self) -> Option<Timestamp> {
        self.not_after
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("not_after", &self.not_after).finish_non_exhaustive()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Verifier");
        shown.field("scheme", &self.scheme).field("secrets", &self.keys.len());
        shown.finish_non_exhaustive()
    }
}

impl<'a> Received<'a> {
    /// What came to this address.
    pub fn new(url: &'a str, headers: &'a [(&'a str, &'a [u8])], body: &'a [u8]) -> Self {
        Self { url, headers, body }
    }

    /// The header of this name, if there is exactly one that is text.
    fn header(&self, name: &str) -> Option<&'a str> {
        let mut found = self.headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        let (_, value) = found.next()?;
        if found.next().is_some() {
            return None;
        }
        std::str::from_utf8(value).ok().map(str::trim)
    }
}

impl Verifier {
    /// A verifier by this scheme, for signatures made with any of these secrets.
    ///
    /// # Errors
    /// A secret that is not what the scheme takes.
    pub fn new(scheme: Scheme, secrets: &[Secret]) -> Result<Self, SignatureError> {
        let key = |secret: &Secret| {
            let bytes = scheme.key(&secret.text)?;
            Ok(Key { bytes, not_after: secret.not_after })
        };
        let keys = secrets.iter().map(key).collect::<Result<_, _>>()?;
        let tolerance = scheme.tolerance().unwrap_or(TOLERANCE);
        Ok(Self { scheme, keys, tolerance })
    }

    /// The same, with a signed time allowed to be this far from ours, either way.
    #[must_use]
    pub fn with_tolerance(self, tolerance: Duration) -> Self {
        Self { tolerance, ..self }
    }

    /// How providers sign what this verifies.
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Which of the secrets, counted from 0, the request was signed with. By [`Scheme::None`] nothing is authentic.
    ///
    /// # Errors
    /// None of those that count, or a signed time too far from `now`.
    pub fn verify(&self, received: &Received<'_>, now: Timestamp) -> Result<usize, Forged> {
        let claim = self.claim(received, now);
        let mut found = Choice::from(0);
        let mut which = 0_u64;
        for (index, key) in (0_u64..).zip(&self.keys) {
            let counts = claim.sound & key.not_after.is_none_or(|end| now <= end);
            let same = self.is_signed(key, &claim) & Choice::from(u8::from(counts));
            which.conditional_assign(&index, same & !found);
            found |= same;
        }
        if bool::from(found) { usize::try_from(which).map_err(|_| Forged) } else { Err(Forged) }
    }

    /// What an authentic request is told from others by, and until when its signature is valid, where the scheme has both
    /// signed.
    pub fn message<'a>(&self, received: &Received<'a>) -> Option<(&'a str, Timestamp)> {
        if self.scheme != Scheme::StandardWebhooks {
            return None;
        }
        let seconds: i64 = received.header("webhook-timestamp")?.parse().ok()?;
        let tolerance = i64::try_from(self.tolerance.as_nanos()).unwrap_or(i64::MAX);
        let until = seconds.saturating_mul(1_000_000_000).saturating_add(tolerance);
        Some((received.header("webhook-id")?, Timestamp::from_nanos(until)))
    }

    /// The HMAC of a text in hex, by the secret of this number; `None` by schemes that sign otherwise.
    pub fn hmac(&self, secret: usize, text: &[u8]) -> Option<String> {
        let (Scheme::Hmac(hmac), Some(key)) = (&self.scheme, self.keys.get(secret)) else {
            return None;
        };
        Some(to_hex(&mac_of(hmac.hash, &key.bytes, &[text])))
    }

    /// Whether one of the messages with this key gives one of the signatures.
    fn is_signed(&self, key: &Key, claim: &Claim<'_>) -> Choice {
        let mut found = Choice::from(0);
        for message in &claim.messages {
            let parts: Vec<&[u8]> = message.iter().map(AsRef::as_ref).collect();
            let expected = match &self.scheme {
                Scheme::None => continue,
                Scheme::Hmac(hmac) => mac_of(hmac.hash, &key.bytes, &parts),
                Scheme::Twilio { .. } => mac_of(Hash::Sha1, &key.bytes, &parts),
                Scheme::Jwt(_) | Scheme::StandardWebhooks => {
                    mac_of(Hash::Sha256, &key.bytes, &parts)
                }
                // The digests of secrets are compared, so that not even their length is told.
                Scheme::Bearer | Scheme::Basic | Scheme::Token { .. } => digest(&key.bytes),
            };
            for signature in &claim.signatures {
                found |= expected.ct_eq(signature);
            }
        }
        found
    }

    fn claim<'a>(&'a self, received: &Received<'a>, now: Timestamp) -> Claim<'a> {
        let body = Cow::Borrowed(received.body);
        let text = |text: &'a str| Cow::Borrowed(text.as_bytes());
        let header = |name: &str| received.header(name);
        match &self.scheme {
            Scheme::None => Claim { messages: Vec::new(), signatures: Vec::new(), sound: false },
            Scheme::Hmac(hmac) => self.claim_of_hmac(hmac, received, now),
            Scheme::Jwt(jwt) => self.claim_of_jwt(jwt, received, now),
            Scheme::Twilio { header: name } => {
                let signature = header(name).and_then(from_base64);
                let promised = twilio::promised_digest(received.url);
                let actual = to_hex(&Sha256::digest(received.body));
                let fields = match promised {
                    Some(_) => String::new(),
                    None => twilio::fields(received.body),
                };
                let signed = |url: String| vec![(url + &fields).into_bytes().into()];
                let messages = twilio::addresses(received.url).into_iter().map(signed).collect();
                let sound = promised.is_none_or(|promised| promised.eq_ignore_ascii_case(&actual));
                Claim::new(messages, vec![signature], sound)
            }
            Scheme::StandardWebhooks => {
                let id = header("webhook-id").unwrap_or("");
                let time = header("webhook-timestamp").unwrap_or("");
                let listed = header("webhook-signature").unwrap_or("").split(' ');
                let signatures = listed.filter_map(|signature| signature.strip_prefix("v1,"));
                let sound = !id.is_empty() && self.is_near(time, now);
                let message = vec![text(id), text("."), text(time), text("."), body];
                Claim::new(vec![message], signatures.map(from_base64), sound)
            }
            Scheme::Bearer => Claim::secret(after_word(header("authorization"), "bearer")),
            Scheme::Basic => {
                let encoded = after_word(header("authorization"), "basic");
                Claim::secret(encoded.and_then(|text| from_base64(&String::from_utf8_lossy(&text))))
            }
            Scheme::Token { header: name } => {
                Claim::secret(header(name).map(|value| value.as_bytes().to_vec()))
            }
        }
    }

    fn claim_of_hmac<'a>(
        &'a self,
        hmac: &'a Hmac,
        received: &Received<'a>,
        now: Timestamp,
    ) -> Claim<'a> {
        let value = received.header(&hmac.header).unwrap_or("");
        let (mut time, mut signatures, mut sound) = (None, Vec::new(), true);
        for part in hmac.parts() {
            let mut found = split(value).filter_map(|own| part.value(own));
            match part {
                Part::Text(_) => sound &= found.next().is_some(),
                Part::Hex(..) => signatures.extend(found.take(SIGNATURES_MAX).map(from_hex)),
                Part::Base64(..) => signatures.extend(found.take(SIGNATURES_MAX).map(from_base64)),
                Part::Time(..) => {
                    time = found.next();
                    sound &= time.is_some() && found.next().is_none();
                }
            }
        }
        let mut message: Message<'a> = Vec::new();
        for piece in &hmac.signs {
            let text = match piece {
                Signed::Text(text) => Some(&**text),
                Signed::Time => time,
                Signed::Header(name) => received.header(name),
                Signed::Body => {
                    message.push(Cow::Borrowed(received.body));
                    continue;
                }
            };
            // Only a time that is signed says when.
            sound &= text.is_some_and(|text| !piece.is_time() || self.is_near(text, now));
            message.push(Cow::Borrowed(text.unwrap_or("").as_bytes()));
        }
        Claim::new(vec![message], signatures, sound)
    }

    fn claim_of_jwt<'a>(&self, jwt: &Jwt, received: &Received<'a>, now: Timestamp) -> Claim<'a> {
        let token = received.header(&jwt.header).and_then(Token::read);
        let now = now.as_nanos() as f64 / 1e9;
        let tolerance = self.tolerance.as_secs_f64();
        let about = |token: &Token<'_>| token.is_about(jwt, received.body, now, tolerance);
        let sound = token.as_ref().is_some_and(about);
        let signed = token.as_ref().map_or("", |token| token.signed);
        let message = vec![Cow::Borrowed(signed.as_bytes())];
        Claim::new(vec![message], vec![token.map(|token| token.signature)], sound)
    }

    /// Whether a time, in seconds or, as its size tells, in milliseconds, is near ours.
    fn is_near(&self, time: &str, now: Timestamp) -> bool {
        let digits = !time.is_empty() && time.bytes().all(|byte| byte.is_ascii_digit());
        let nanos = time.parse::<i64>().ok().and_then(|time| {
            time.checked_mul(if time < MILLIS_FROM { 1_000_000_000 } else { 1_000_000 })
        });
        nanos.filter(|_| digits).is_some_and(|nanos| {
            Duration::from_nanos(now.as_nanos().abs_diff(nanos)) <= self.tolerance
        })
    }
}

impl<'a> Claim<'a> {
    /// A claim of these signatures; in place of those that are missing or unreadable stands one that is wrong.
    fn new(
        messages: Vec<Message<'a>>,
        signatures: impl IntoIterator<Item = Option<Vec<u8>>>,
        sound: bool,
    ) -> Self {
        let mut signatures: Vec<Vec<u8>> =
            signatures.into_iter().flatten().take(SIGNATURES_MAX).collect();
        let sound = sound && !signatures.is_empty();
        if signatures.is_empty() {
            signatures.push(vec![0; 32]);
        }
        Self { messages, signatures, sound }
    }

    /// The claim to know the secret.
    fn secret(presented: Option<Vec<u8>>) -> Self {
        let sound = presented.is_some();
        let presented = digest(&presented.unwrap_or_default());
        Self { messages: vec![Vec::new()], signatures: vec![presented], sound }
    }
}

/// Whether two secrets are the same, in a time that tells nothing of either but the length of each.
pub fn is_same_secret(ours: &[u8], presented: &[u8]) -> bool {
    digest(ours).ct_eq(&digest(presented)).into()
}

fn digest(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

/// What follows this word, in any case, in a header.
fn after_word(header: Option<&str>, word: &str) -> Option<Vec<u8>> {
    let (first, rest) = header?.split_once(' ')?;
    first.eq_ignore_ascii_case(word).then(|| rest.trim().as_bytes().to_vec())
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}
