//! Forms, and the queries of GETs.

use xxhash_rust::xxh3::xxh3_64;

use super::{
    Fact, FastReader,
    payload::FormBody,
    record::{PlanKey, RecordEnvelope},
    route::ContentDigest,
    wanted::{PointerId, Signature, Type},
};
use crate::{
    event::{
        content::{MemberPlace, quote},
        form::{Pairs, decoded},
    },
    lifecycle::Provider,
};

/// How many outlines are kept, of forms of how many bytes, and of how many kinds each.
const OUTLINES_MAX: usize = 32;
const OUTLINE_LEN_MAX: usize = 16 << 10;
const KINDS_MAX: usize = 32;

/// What forms have in common that have the same names in the same order.
#[derive(Clone, Debug)]
pub(super) struct Outline {
    names: Box<[FieldName]>,
    signature: Signature,
    routes: Vec<KnownRoute>,
}

/// A name, and the slot of its value, if that is wanted.
#[derive(Clone, Debug)]
struct FieldName {
    /// As it stands there, with the equals sign behind it.
    text: Box<[u8]>,
    slot: Option<PointerId>,
}

/// The route of forms in which the same is said.
#[derive(Clone, Debug)]
struct KnownRoute {
    context: PlanKey,
    /// The texts of what decides.
    texts: Box<[Box<str>]>,
    route: usize,
}

/// A value that is wanted, as it stands there.
type Raw<'a> = (PointerId, &'a [u8]);

impl Outline {
    /// Whether a form has these names; its wanted values are put into `found` then.
    fn fits<'a>(&self, pairs: Pairs<'a>, found: &mut Vec<Raw<'a>>) -> bool {
        found.clear();
        let each = pairs.each();
        each.len() == self.names.len()
            && each.zip(&self.names).all(|(pair, FieldName { text, slot })| {
                let value = pair.strip_prefix(&**text);
                found.extend(value.and_then(|value| Some(((*slot)?, value))));
                value.is_some()
            })
    }

    fn route(&self, context: PlanKey, deciding: &[(PointerId, &str)]) -> Option<usize> {
        let is = |known: &&KnownRoute| {
            let texts = known.texts.iter().map(|text| &**text);
            known.context == context && texts.eq(deciding.iter().map(|(_, text)| *text))
        };
        self.routes.iter().find(is).map(|known| known.route)
    }

    /// Remembers the route of forms in which this is said.
    fn note(&mut self, context: PlanKey, deciding: &[(PointerId, &str)], route: usize) {
        if self.routes.len() < KINDS_MAX && self.route(context, deciding).is_none() {
            let texts = deciding.iter().map(|(_, text)| (*text).into()).collect();
            self.routes.push(KnownRoute { context, texts, route });
        }
    }
}

/// What was found in a form, decoded.
#[inline]
fn form(found: Vec<Raw<'_>>) -> Option<FormBody<'_>> {
    let decoded = found.into_iter().map(|(slot, value)| Some((slot, decoded(value)?)));
    decoded.collect::<Option<_>>().map(FormBody)
}

impl<'c> FastReader<'c> {
    /// Reads a form, as [`FastReader::read`] does.
    pub(super) fn read_form(
        &mut self,
        text: &[u8],
        about: RecordEnvelope<'c>,
        each: &mut impl FnMut(&Fact<'_>),
    ) -> Option<&'c Provider> {
        let mut ends = std::mem::take(&mut self.ends);
        let pairs = Pairs::of(text, self.level, &mut ends);
        let read = pairs.and_then(|pairs| self.read_pairs(pairs, about, each));
        self.ends = ends;
        read
    }

    fn read_pairs(
        &mut self,
        pairs: Pairs<'_>,
        about: RecordEnvelope<'c>,
        each: &mut impl FnMut(&Fact<'_>),
    ) -> Option<&'c Provider> {
        let mut found = Vec::new();
        let known = self.outlines.iter().position(|outline| outline.fits(pairs, &mut found));
        let signature = match known {
            Some(at) => self.outlines[at].signature,
            None => self.look_through(pairs, &mut found)?,
        };
        let form = form(found)?;
        let deciding = self.deciding(signature, &form)?;
        let route = match known.and_then(|at| self.outlines[at].route(about.context, &deciding)) {
            Some(route) => route,
            None => self.route(self.look(signature, true, about), &deciding)?,
        };
        if let Some(at) = known {
            self.outlines[at].note(about.context, &deciding, route);
        }
        let attempts = self.routes[route].provider.attempts.iter();
        let attempts = attempts.map(|pointer| self.wanted.slot(pointer));
        let attempts: Vec<PointerId> =
            attempts.filter(|slot| signature.get(*slot) != Type::Nothing).collect();
        let content = match self.is_verbatim(route) {
            true if pairs.are_text() => ContentDigest::Written(self.written(pairs, &attempts)),
            true => return None,
            false => ContentDigest::Meant(self.meant(pairs, &attempts)?),
        };
        self.routes[route].follow(&form, content, about, each)
    }

    /// Finds the wanted values of a form: the signature. Others of the same names are found by its outline from now on.
    fn look_through<'a>(
        &mut self,
        pairs: Pairs<'a>,
        found: &mut Vec<Raw<'a>>,
    ) -> Option<Signature> {
        found.clear();
        let (mut signature, mut names) = (Signature::default(), Vec::new());
        for (name, value) in pairs.iter() {
            let slot = match self.wanted.member(name) {
                None if name.iter().any(|byte| matches!(byte, b'%' | b'+')) => {
                    self.wanted.member(decoded(name)?.as_bytes())
                }
                slot => slot,
            };
            if let Some(slot) = slot {
                if signature.get(slot) != Type::Nothing {
                    return None;
                }
                signature.set(slot, Type::String);
                found.push((slot, value));
            }
            names.push(FieldName { text: [name, b"="].concat().into(), slot });
        }
        if self.outlines.len() < OUTLINES_MAX && pairs.text().len() <= OUTLINE_LEN_MAX {
            let outline = Outline { names: names.into(), signature, routes: Vec::new() };
            if outline.fits(pairs, &mut Vec::new()) {
                self.outlines.push(outline);
            }
        }
        Some(signature)
    }

    /// Whether a pair counts, given the slots of those that do not.
    fn counts(&self, name: &str, attempts: &[PointerId]) -> bool {
        let slot = || self.wanted.member(name.as_bytes());
        attempts.is_empty() || slot().is_none_or(|slot| !attempts.contains(&slot))
    }

    /// A digest of the pairs that count as they are written.
    fn written(&mut self, pairs: Pairs<'_>, attempts: &[PointerId]) -> u64 {
        if attempts.is_empty() {
            return xxh3_64(pairs.text());
        }
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        for (name, value) in pairs.iter() {
            if decoded(name).is_some_and(|name| self.counts(&name, attempts)) {
                let separator: &[u8] = if text.is_empty() { b"" } else { b"&" };
                for part in [separator, name, b"=", value] {
                    text.extend_from_slice(part);
                }
            }
        }
        let digest = xxh3_64(&text);
        self.text = text;
        digest
    }

    /// The digest of the content; `None` if some pair is not text.
    fn meant(&mut self, pairs: Pairs<'_>, attempts: &[PointerId]) -> Option<u64> {
        let mut text = std::mem::take(&mut self.text);
        let mut content = Some(0_u64);
        for (name, value) in pairs.iter() {
            content = content.zip(decoded(name).zip(decoded(value))).map(|(sum, (name, value))| {
                if !self.counts(&name, attempts) {
                    return sum;
                }
                quote(&value, &mut text);
                sum.wrapping_add(MemberPlace::ROOT.member(name.as_bytes()).leaf(&text))
            });
        }
        self.text = text;
        content
    }
}
