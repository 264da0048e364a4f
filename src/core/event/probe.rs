//! Deliveries that only test an address, by the `[probe]` of their provider's definition.

use serde_json::{Map, Value};

use super::{
    Delivery,
    layer::Layer,
    payload::{Around, Payload, RecordedBody},
};
use crate::{
    json::Json,
    lifecycle::{Answer, AnswerPiece, AnswerTemplate, Probe, Spot},
};

/// Longer bodies are no probes.
const BODY_LEN_MAX: usize = 64 << 10;
/// A text of the request is not repeated beyond this, in bytes.
const ANSWER_LEN_MAX: usize = 256;
/// What is signed for a probe is no longer than this, in characters, and of letters, digits, `_` and `-` alone: it is no
/// delivery that anybody signs.
const SIGNED_LEN_MAX: usize = 128;
/// An address to be visited is no longer than this, in bytes.
const ADDRESS_LEN_MAX: usize = 2_048;

/// What a probe is told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "an answer has a text and a kind")]
pub struct ProbeAnswer {
    /// What it is told.
    pub text: String,
    /// Whether that is JSON rather than plain text.
    pub is_json: bool,
    /// The address that somebody has to visit.
    pub visit: Option<String>,
}

/// What is known of a request besides what it says.
#[expect(clippy::exhaustive_structs, reason = "made by whoever received the request")]
#[expect(missing_debug_implementations, reason = "closures say nothing")]
pub struct ProbeContext<'k> {
    /// Whether a text is the source's `verify_token`.
    pub is_token: &'k dyn Fn(&str) -> bool,
    /// The HMAC of a text in hex, by the secret that the request was signed with, where it is authentic.
    pub hmac: Option<&'k dyn Fn(&str) -> String>,
    /// Nothing of it claims to be signed, or it is signed rightly.
    pub is_credible: bool,
    /// It is signed rightly, or its source knows no signatures.
    pub is_trusted: bool,
}

/// The answer to a delivery, if it is one of these probes.
pub fn answer(
    probes: &[Probe],
    delivery: &Delivery<'_>,
    known: &ProbeContext<'_>,
) -> Option<ProbeAnswer> {
    if probes.is_empty() || delivery.body.len() > BODY_LEN_MAX {
        return None;
    }
    // An address may be tested by its query alone.
    let empty = || RecordedBody { json: Json::Null, form: false, text: "" };
    let body = RecordedBody::parse(delivery.body).unwrap_or_else(|_| empty());
    let json = match &body.json {
        Json::Array(items) if items.len() == 1 => &items[0],
        json => json,
    };
    let around = Around { form: body.form, ..Around::of(delivery) };
    let payload = Payload { layer: Layer::body(json, "", &[]), around, number: 1 };
    probes.iter().find_map(|probe| told(probe, &payload, known))
}

fn told(probe: &Probe, payload: &Payload<'_>, known: &ProbeContext<'_>) -> Option<ProbeAnswer> {
    let is_token = |spot: &Spot| payload.word_at(spot).is_some_and(|text| (known.is_token)(&text));
    if !known.is_credible || !payload.meets(&probe.when) || !probe.tokens.iter().all(is_token) {
        return None;
    }
    let visit = probe.visit.as_ref().filter(|_| known.is_trusted);
    let visit = visit.and_then(|spot| payload.word_at(spot));
    let is_json = matches!(probe.answer, Answer::Object(_));
    let text = match &probe.answer {
        Answer::Text(template) => filled(template, payload, known)?,
        Answer::Object(members) => {
            let filled = members.iter().map(|(name, template)| {
                Some((name.clone(), Value::from(filled(template, payload, known)?)))
            });
            Value::from(filled.collect::<Option<Map<String, Value>>>()?).to_string()
        }
    };
    Some(ProbeAnswer { text, is_json, visit: visit.filter(|visit| visit.len() <= ADDRESS_LEN_MAX) })
}

fn filled(
    template: &AnswerTemplate,
    payload: &Payload<'_>,
    known: &ProbeContext<'_>,
) -> Option<String> {
    let mut text = String::new();
    for piece in &template.0 {
        match piece {
            AnswerPiece::Text(own) => text.push_str(own),
            AnswerPiece::Of(spot) => text.push_str(&payload.word_at(spot)?),
            AnswerPiece::Hmac(spot) => {
                let token = payload.word_at(spot).filter(|token| is_signable(token))?;
                text.push_str(&known.hmac?(&token));
            }
        }
    }
    (text.len() <= ANSWER_LEN_MAX).then_some(text)
}

fn is_signable(token: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=SIGNED_LEN_MAX).contains(&token.len()) && token.bytes().all(letter)
}
