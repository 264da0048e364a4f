//! Forms, and the queries of GETs.

use std::borrow::Cow;

use xxhash_rust::xxh3::xxh3_64;

use super::{
    Quick,
    payload::Form,
    record::About,
    route::Digest,
    wanted::{Signature, Slot, Type},
};
use crate::{
    event::{
        Fact,
        content::{Place, quote},
        form::{Pairs, decoded},
    },
    lifecycle::Provider,
};

impl<'c> Quick<'c> {
    /// Reads a form, as [`Quick::read`] does.
    pub(super) fn read_form(
        &mut self,
        text: &[u8],
        about: About<'c>,
        each: &mut impl FnMut(&Fact<'_>),
    ) -> Option<&'c Provider> {
        let pairs = Pairs::of(text)?;
        let mut signature = Signature::default();
        let mut found: Vec<(Slot, Cow<'_, str>)> = Vec::new();
        for (name, value) in pairs.iter() {
            let slot = match self.wanted.member(name.as_bytes()) {
                None if name.bytes().any(|byte| matches!(byte, b'%' | b'+')) => {
                    self.wanted.member(decoded(name)?.as_bytes())
                }
                slot => slot,
            };
            if let Some(slot) = slot {
                if signature.get(slot) != Type::Nothing {
                    return None;
                }
                signature.set(slot, Type::String);
                found.push((slot, decoded(value)?));
            }
        }
        let form = Form(&found);
        let (slot, kind) = self.kind(signature, &form)?;
        let route = self.route(self.look(signature, slot, true, about), kind)?;
        let attempts = self.routes[route].provider.attempts.iter();
        let attempts = attempts.map(|pointer| self.wanted.slot(pointer));
        let attempts: Vec<Slot> =
            attempts.filter(|slot| signature.get(*slot) != Type::Nothing).collect();
        let content = match self.is_verbatim(route) {
            true if pairs.are_text() => Digest::Written(self.written(pairs, &attempts)),
            true => return None,
            false => Digest::Meant(self.meant(pairs, &attempts)?),
        };
        self.routes[route].follow(&form, content, about, each)
    }

    /// Whether a pair counts, given the slots of those that do not.
    fn counts(&self, name: &str, attempts: &[Slot]) -> bool {
        let slot = || self.wanted.member(name.as_bytes());
        attempts.is_empty() || slot().is_none_or(|slot| !attempts.contains(&slot))
    }

    /// A digest of the pairs that count as they are written.
    fn written(&mut self, pairs: Pairs<'_>, attempts: &[Slot]) -> u64 {
        if attempts.is_empty() {
            return xxh3_64(pairs.text().as_bytes());
        }
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        for (name, value) in pairs.iter() {
            if decoded(name).is_some_and(|name| self.counts(&name, attempts)) {
                let separator = if text.is_empty() { "" } else { "&" };
                for part in [separator, name, "=", value] {
                    text.extend_from_slice(part.as_bytes());
                }
            }
        }
        let digest = xxh3_64(&text);
        self.text = text;
        digest
    }

    /// The digest of the content; `None` if some pair is not text.
    fn meant(&mut self, pairs: Pairs<'_>, attempts: &[Slot]) -> Option<u64> {
        let mut text = std::mem::take(&mut self.text);
        let mut content = Some(0_u64);
        for (name, value) in pairs.iter() {
            content = content.zip(decoded(name).zip(decoded(value))).map(|(sum, (name, value))| {
                if !self.counts(&name, attempts) {
                    return sum;
                }
                quote(&value, &mut text);
                sum.wrapping_add(Place::ROOT.member(name.as_bytes()).leaf(&text))
            });
        }
        self.text = text;
        content
    }
}
