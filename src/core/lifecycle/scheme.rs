//! How providers sign: `[signature]` of a definition, read and checked. `signature` computes by it.

use std::time::Duration;

use super::{
    closest,
    pieces::{Piece, pieces},
    spot::is_header,
};
use crate::time::parse_duration;

/// The names of all schemes, as definitions write them.
const NAMES: &str = "none, hmac, jwt, standard-webhooks, twilio, bearer, basic, token, and the short forms hmac-sha256-base64, timestamped-hmac-sha256";
/// What separates the parts of a header.
const SEPARATORS: [char; 3] = [',', ';', ' '];

/// How a provider signs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scheme {
    /// It does not.
    #[default]
    None,
    /// An HMAC of the body, and of what else the definition says.
    Hmac(Hmac),
    /// A JSON Web Token, signed by HS256, that is bound to the body.
    Jwt(Jwt),
    /// Base64 of the HMAC-SHA1 of the address and the sorted fields of the form: Twilio.
    Twilio {
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

/// The parameters of the scheme `hmac`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hmac {
    pub(crate) hash: Hash,
    pub(crate) key: KeyEncoding,
    pub(crate) header: String,
    /// What stands in the header, as the definition writes it.
    pub(crate) shape: String,
    /// What is signed: these, one after the other.
    pub(crate) signs: Vec<Signed>,
    pub(crate) tolerance: Option<Duration>,
}

/// The parameters of the scheme `jwt`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwt {
    pub(crate) header: String,
    /// The claim that has the SHA-256 of the body, in base64 or hex; without one, the claims are the body.
    pub(crate) claim: Option<String>,
    /// Who must have issued it.
    pub(crate) iss: Option<String>,
    pub(crate) tolerance: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
    Sha384,
}

/// What a secret has to be made of before it is a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyEncoding {
    Text,
    Base64,
    Hex,
}

/// A piece of what is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Signed {
    Text(String),
    Body,
    /// The time that stands in the signature's own header.
    Time,
    /// A header, its name in lower case.
    Header(String),
}

/// A part of the header that carries a signature, between two separators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part<'s> {
    /// Must stand there as it is.
    Text(&'s str),
    /// Between these two is a signature in hex.
    Hex(&'s str, &'s str),
    /// Between these two is a signature in base64.
    Base64(&'s str, &'s str),
    /// Between these two is the time.
    Time(&'s str, &'s str),
}

/// A parameter that cannot be, or is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Misfit {
    /// The name of the parameter.
    pub key: &'static str,
    /// What is wrong.
    pub message: String,
    /// What was expected.
    pub help: String,
}

/// Reads the parameters of one `[signature]`.
struct Parameters<'p> {
    get: &'p dyn Fn(&str) -> Option<&'p str>,
    misfits: Vec<Misfit>,
}

impl Scheme {
    /// The parameters that the scheme of this name takes, and the name's own; `None` if there is no such scheme.
    pub(crate) fn parameters(name: &str) -> Option<&'static [&'static str]> {
        Some(match name {
            "none" | "standard-webhooks" | "bearer" | "basic" => &["scheme"],
            "hmac" => &["scheme", "hash", "key", "header", "shape", "signs", "tolerance"],
            "jwt" => &["scheme", "header", "claim", "iss", "tolerance"],
            "hmac-sha256-base64" => &["scheme", "header", "key"],
            "timestamped-hmac-sha256" | "twilio" | "token" => &["scheme", "header"],
            _ => return None,
        })
    }

    /// The scheme that these parameters of `[signature]` describe, or everything that is wrong with them.
    pub fn read<'p>(get: &'p dyn Fn(&str) -> Option<&'p str>) -> Result<Self, Vec<Misfit>> {
        let Some(name) = get("scheme") else { return Ok(Self::None) };
        let mut read = Parameters { get, misfits: Vec::new() };
        let scheme = read.scheme(name);
        match scheme {
            Some(scheme) if read.misfits.is_empty() => Ok(scheme),
            _ => Err(read.misfits),
        }
    }

    /// Its name, as definitions have it; short forms have the name of what they stand for.
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Hmac(_) => "hmac",
            Self::Jwt(_) => "jwt",
            Self::Twilio { .. } => "twilio",
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
            Self::Hmac(Hmac { header, .. })
            | Self::Jwt(Jwt { header, .. })
            | Self::Twilio { header }
            | Self::Token { header } => Some(header),
            Self::StandardWebhooks => Some("webhook-signature"),
            Self::Bearer | Self::Basic => Some("authorization"),
        }
    }

    /// How far a signed time may be from ours, where the definition says so.
    pub fn tolerance(&self) -> Option<Duration> {
        match self {
            Self::Hmac(Hmac { tolerance, .. }) | Self::Jwt(Jwt { tolerance, .. }) => *tolerance,
            _ => None,
        }
    }
}

impl Hmac {
    #[cfg(feature = "signature")]
    /// The parts of the header.
    pub(crate) fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        parts(&self.shape)
    }
}

/// Splits what stands in a signature's header, or the shape of it.
pub(crate) fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(SEPARATORS).filter(|part| !part.is_empty())
}

fn parts(shape: &str) -> impl Iterator<Item = Part<'_>> {
    split(shape).map(|part| {
        let around = |placeholder| part.split_once(placeholder);
        let hex = around("{hex}").map(|(before, after)| Part::Hex(before, after));
        let base64 = || around("{base64}").map(|(before, after)| Part::Base64(before, after));
        let time = || around("{time}").or_else(|| around("{time:ms}"));
        let time = || time().map(|(before, after)| Part::Time(before, after));
        hex.or_else(base64).or_else(time).unwrap_or(Part::Text(part))
    })
}

impl<'s> Part<'s> {
    #[cfg(feature = "signature")]
    /// What stands in a part of a header in the place of this one's placeholder.
    pub(crate) fn value<'h>(&self, part: &'h str) -> Option<&'h str> {
        match *self {
            Self::Text(text) => (part == text).then_some(part),
            Self::Hex(before, after) | Self::Base64(before, after) | Self::Time(before, after) => {
                part.strip_prefix(before)?.strip_suffix(after)
            }
        }
    }
    /// What stands around its placeholder.
    fn around(&self) -> [&'s str; 2] {
        match *self {
            Self::Text(text) => [text, ""],
            Self::Hex(before, after) | Self::Base64(before, after) | Self::Time(before, after) => {
                [before, after]
            }
        }
    }
}

impl Signed {
    /// Whether it is a header that says when it was sent, which its name tells.
    pub(crate) fn is_time(&self) -> bool {
        match self {
            Self::Time => true,
            Self::Header(name) => name.contains("timestamp"),
            Self::Text(_) | Self::Body => false,
        }
    }
}

impl Parameters<'_> {
    fn misfit(&mut self, key: &'static str, message: impl Into<String>, help: impl Into<String>) {
        self.misfits.push(Misfit { key, message: message.into(), help: help.into() });
    }

    fn scheme(&mut self, name: &str) -> Option<Scheme> {
        Some(match name {
            "none" => Scheme::None,
            "hmac" => Scheme::Hmac(self.hmac()?),
            "jwt" => Scheme::Jwt(self.jwt()?),
            "hmac-sha256-base64" => Scheme::Hmac(Hmac {
                key: self.key()?,
                ..Hmac::simple(self.header(None)?, "{base64}", vec![Signed::Body])
            }),
            "timestamped-hmac-sha256" => {
                let signs = vec![Signed::Time, Signed::Text(".".to_owned()), Signed::Body];
                Scheme::Hmac(Hmac::simple(self.header(None)?, "t={time},v1={hex}", signs))
            }
            "twilio" => Scheme::Twilio { header: self.header(None)? },
            "token" => Scheme::Token { header: self.header(None)? },
            "standard-webhooks" => Scheme::StandardWebhooks,
            "bearer" => Scheme::Bearer,
            "basic" => Scheme::Basic,
            other => {
                let near = closest(other, NAMES.split([',', ' ']).filter(|name| name.len() > 3));
                let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
                let help = format!("{near}known: {NAMES}");
                self.misfit("scheme", format!("the scheme `{other}` is not known"), help);
                return None;
            }
        })
    }

    fn hmac(&mut self) -> Option<Hmac> {
        let hash = self.one_of("hash", "sha256", &["sha1", "sha256", "sha384"]);
        let key = self.key();
        let header = self.header(None);
        let shape = (self.get)("shape");
        if shape.is_none() {
            let help = "expected such as `shape = \"sha256={hex}\"`: what stands in the header";
            self.misfit("shape", "`hmac` without `shape`", help);
        }
        let shape = shape?;
        self.shape(shape);
        let signs = self.signs((self.get)("signs").unwrap_or("{body}"));
        let tolerance = self.tolerance();
        let times = parts(shape).filter(|part| matches!(part, Part::Time(..))).count();
        let signs_time = signs.contains(&Signed::Time);
        if signs_time && times == 0 && self.misfits.is_empty() {
            let help = "expected `{time}` in `shape` too, or `{@header}` here for a time in a header of its own";
            self.misfit("signs", "`{time}` is signed, and is not in the header", help);
        }
        if tolerance.is_some() && !signs.iter().any(Signed::is_time) {
            let help = "leave it out: where no time is signed there is nothing to be near to";
            self.misfit("tolerance", "a `tolerance` without a signed time", help);
        }
        let hash = match hash? {
            "sha1" => Hash::Sha1,
            "sha384" => Hash::Sha384,
            _ => Hash::Sha256,
        };
        Some(Hmac { hash, key: key?, header: header?, shape: shape.to_owned(), signs, tolerance })
    }

    fn jwt(&mut self) -> Option<Jwt> {
        let header = self.header(Some("Authorization"));
        let text = |name: &str| (self.get)(name).map(str::to_owned);
        let (claim, iss) = (text("claim"), text("iss"));
        let tolerance = self.tolerance();
        Some(Jwt { header: header?, claim, iss, tolerance })
    }

    fn one_of(
        &mut self,
        key: &'static str,
        default: &'static str,
        words: &[&'static str],
    ) -> Option<&'static str> {
        let Some(found) = (self.get)(key) else { return Some(default) };
        let word = words.iter().find(|word| **word == found).copied();
        if word.is_none() {
            let help = format!("expected one of {}", words.join(", "));
            self.misfit(key, format!("`{key}` is `{found}`"), help);
        }
        word
    }

    fn key(&mut self) -> Option<KeyEncoding> {
        Some(match self.one_of("key", "text", &["text", "base64", "hex"])? {
            "base64" => KeyEncoding::Base64,
            "hex" => KeyEncoding::Hex,
            _ => KeyEncoding::Text,
        })
    }

    fn header(&mut self, default: Option<&str>) -> Option<String> {
        let found = (self.get)("header").or(default);
        match found {
            None => self.misfit("header", "signs, but has no `header`", "expected its name"),
            Some(name) if !is_header(name) => {
                let help = "expected letters, digits, `-` and `_`";
                self.misfit("header", format!("`{name}` is no name of a header"), help);
            }
            Some(name) => return Some(name.to_owned()),
        }
        None
    }

    fn tolerance(&mut self) -> Option<Duration> {
        let found = (self.get)("tolerance")?;
        parse_duration(found)
            .map_err(|expected| {
                let message = format!("`{found}` is not a duration");
                self.misfit("tolerance", message, format!("expected {expected}"));
            })
            .ok()
    }

    fn shape(&mut self, shape: &str) {
        const EXPECTED: &str = "expected one `{hex}` or `{base64}`, at most one `{time}` or `{time:ms}`, and between them `,`, `;` or a blank";
        let all: Vec<Part<'_>> = parts(shape).collect();
        let is_signature = |part: &&Part<'_>| matches!(part, Part::Hex(..) | Part::Base64(..));
        let signatures = all.iter().filter(is_signature).count();
        let times: Vec<_> = all.iter().filter(|part| matches!(part, Part::Time(..))).collect();
        let braces = |text: &str| text.contains(['{', '}']);
        let strange = all.iter().any(|part| part.around().into_iter().any(braces));
        if signatures != 1 || times.len() > 1 || strange {
            self.misfit("shape", format!("the shape `{shape}` cannot be read"), EXPECTED);
        } else if let ([time], Some(signature)) = (&*times, all.iter().find(is_signature))
            && time.around() == signature.around()
        {
            let help =
                "expected something before each that tells them apart, such as `t={time},v1={hex}`";
            let message = format!("nothing in `{shape}` tells the time from the signature");
            self.misfit("shape", message, help);
        }
    }

    /// The pieces of what is signed; the body must be one of them.
    fn signs(&mut self, signs: &str) -> Vec<Signed> {
        let piece = |piece: Result<Piece<'_>, &str>| match piece? {
            Piece::Text(text) => Ok(Signed::Text(text.to_owned())),
            Piece::Placeholder("body") => Ok(Signed::Body),
            Piece::Placeholder("time") => Ok(Signed::Time),
            Piece::Placeholder(name) => match name.strip_prefix('@') {
                Some(header) if is_header(header) => {
                    Ok(Signed::Header(header.to_ascii_lowercase()))
                }
                _ => Err(format!("{{{name}}}")),
            },
        };
        let pieces = match pieces(signs).map(piece).collect::<Result<Vec<_>, String>>() {
            Ok(pieces) => pieces,
            Err(odd) => {
                let help = "expected `{body}`, `{time}` or `{@name-of-a-header}`";
                self.misfit("signs", format!("`{odd}` cannot be signed"), help);
                return Vec::new();
            }
        };
        if !pieces.contains(&Signed::Body) {
            let help = "expected `{body}` in it: without, one signature would be good for any body";
            self.misfit("signs", format!("`{signs}` leaves the body unsigned"), help);
        }
        pieces
    }
}

impl Hmac {
    fn simple(header: String, shape: &str, signs: Vec<Signed>) -> Self {
        let shape = shape.to_owned();
        Self { hash: Hash::Sha256, key: KeyEncoding::Text, header, shape, signs, tolerance: None }
    }
}
