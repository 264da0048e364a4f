//! `[probe]`: the deliveries that only test an address, and what they are answered with.

use super::{
    condition::Condition,
    pieces::{Piece, pieces},
    spot::Spot,
};

/// What in a probe's `when` stands for the source's own `verify_token`.
pub(super) const VERIFY_TOKEN: &str = "{verify_token}";

/// A delivery that only tests the address: it is answered, and not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Probe {
    /// What a delivery must meet.
    pub(crate) when: Condition,
    /// Where the source's `verify_token` must stand.
    pub tokens: Vec<Spot>,
    /// What it is answered with.
    pub answer: Answer,
    /// Where the address stands that somebody has to visit.
    pub visit: Option<Spot>,
}

/// The answer to a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// Plain text.
    Text(AnswerTemplate),
    /// A JSON object of texts.
    Object(Vec<(String, AnswerTemplate)>),
}

/// A text with places of the probe in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerTemplate(pub(crate) Vec<AnswerPiece>);

/// A part of a [`AnswerTemplate`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnswerPiece {
    /// As it is written.
    Text(String),
    /// What stands there.
    Of(Spot),
    /// The HMAC, in hex, of what stands there.
    Hmac(Spot),
}

impl Probe {
    /// Whether its answer has an HMAC, so that only an authentic request may get it.
    pub fn signs(&self) -> bool {
        let signs = |template: &AnswerTemplate| {
            template.0.iter().any(|piece| matches!(piece, AnswerPiece::Hmac(_)))
        };
        match &self.answer {
            Answer::Text(template) => signs(template),
            Answer::Object(members) => members.iter().any(|(_, template)| signs(template)),
        }
    }
}

impl AnswerTemplate {
    /// Reads `text {/pointer} {?parameter} {@header} {hmac:/pointer}`.
    ///
    /// # Errors
    /// A placeholder that is none, as it is written.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let piece = |piece: Result<Piece<'_>, &str>| {
            let name = match piece? {
                Piece::Text(text) => return Ok(AnswerPiece::Text(text.to_owned())),
                Piece::Placeholder(name) => name,
            };
            let (name, hmac) = match name.strip_prefix("hmac:") {
                Some(name) => (name, true),
                None => (name, false),
            };
            let spot = Spot::parse(name).filter(|spot| *spot != Spot::Received && !name.is_empty());
            let spot = spot.ok_or_else(|| format!("{{{name}}}"))?;
            Ok(if hmac { AnswerPiece::Hmac(spot) } else { AnswerPiece::Of(spot) })
        };
        pieces(text).map(piece).collect::<Result<_, _>>().map(Self)
    }
}
