//! Reads payloads without building values, where that gives what the general reader would; everything else is left to
//! it, so it stays the single authority on what a payload means.
//!
//! - `wanted` is what the definitions ask for.
//! - `route` is what payloads of one form and one event kind are; it is worked out once. `seen` is what such payloads have
//!   where a provider looks, `name` reads its names.
//! - `form` reads forms.
//! - `payload` is what one payload has in its slots, a line of tokens or a form.
//! - `plan` is where everything is in lines that are alike.
//! - `find` finds what is wanted in a line.
//! - `sum` does so too, and finds what the digest of its content is made of.
//! - `record` is what stands around a payload that was recorded.
//! - `value` is a value as it is printed, from tokens.
//!
//! Of each provider it is known whether its lines are read here: not where the body itself or a list is unwrapped by index, or its
//! `when` asks for a truth value. A line that may be one of theirs is left to the general reader, as are lines in which
//! what is to be unwrapped is no object, records with headers or a query where the definitions ask for some,
//! kinds that are ignored, and lists read by an index that have more than one item.
//!
//! Working out the digest of the content is much of the work. It can be put off: see [`FastReader::set_verbatim`].

mod fact;
mod find;
mod form;
mod name;
mod payload;
mod plan;
mod record;
mod route;
mod seen;
mod sum;
#[cfg(all(test, feature = "signature", feature = "simulate"))]
mod tests;
mod value;
mod wanted;

use std::collections::HashMap;

pub(crate) use self::fact::{DataValues, Fact, FactKind};
use self::{
    fact::Values,
    form::Outline,
    payload::FoundLine,
    plan::{Content, Plan, Plans},
    record::{PlanKey, RecordEnvelope, RecordedDelivery},
    route::{ContentDigest, Route, RouteQuery},
    sum::{Leaves, sum},
    value::is_plain_integer,
    wanted::{PointerId, Signature, Type, Wanted},
};
use crate::{
    event::{NAME_LEN_MAX, Reader},
    lifecycle::{Catalog, Lifecycle, Provider, Spot},
    scan::{self, LINE_LEN_MAX, Level, NamePattern, NameTable, Scanner, Tokens, verbatim},
    secret,
};

/// How many plans are kept for one shape, and how many bytes they may take for all.
const PLANS_MAX: usize = 32;
const PLANS_BYTES_MAX: usize = 32 << 20;
/// How many routes are kept.
const ROUTES_MAX: usize = 10_000;

/// What payloads have in common that take one route.
#[derive(Clone, Debug)]
struct RouteKey<'c> {
    signature: Signature,
    form: bool,
    provider: Option<&'c str>,
    /// The text of each of what decides, in order.
    texts: Box<str>,
    /// `None`: the general reader reads them.
    route: Option<usize>,
}

/// Reads payloads by their tokens.
#[derive(Debug)]
pub(crate) struct FastReader<'c> {
    catalog: &'c Catalog,
    /// Who sent everything, if that was said.
    given: Option<&'c Provider>,
    keep_data: bool,
    /// Contents are told apart by how they are written.
    verbatim: bool,
    /// By provider: whether it looks at headers or the query.
    asks_around: Vec<bool>,
    wanted: Wanted,
    /// Where event kinds stand, and what else decides who sent a line.
    kinds: Vec<PointerId>,
    /// By shape.
    plans: Vec<Plans>,
    plans_bytes: usize,
    /// What the plans' names are.
    names: NameTable,
    routes: Vec<Route<'c>>,
    outlines: Vec<Outline>,
    level: Level,
    /// Where the pairs of the form at hand end.
    ends: Vec<u32>,
    /// By digest.
    known: HashMap<u64, RouteKey<'c>>,
    /// By slot: the token of the line at hand.
    at: Vec<u16>,
    leaves: Leaves,
    text: Vec<u8>,
    /// What a route is known by.
    key: String,
    /// The last line was the record of a delivery.
    recorded: bool,
    /// For payloads that are kept as text within lines, and what the last one was.
    within: Option<Box<Scanner>>,
    body: Vec<u8>,
}

impl<'c> FastReader<'c> {
    /// What reads as this reader does.
    pub(crate) fn new(reader: &Reader<'c>) -> Self {
        let (catalog, given) = (reader.catalog(), reader.provider());
        let keep_data = reader.keeps_data();
        let wanted = Wanted::new(catalog, keep_data);
        let mut kinds = Vec::new();
        if wanted.is_usable() && given.is_none_or(|given| wanted.reads(given)) {
            kinds.extend_from_slice(wanted.deciding());
        }
        Self {
            catalog,
            given,
            keep_data,
            verbatim: false,
            asks_around: catalog.providers().map(|own| asks_around(catalog, own)).collect(),
            wanted,
            kinds,
            plans: Vec::new(),
            plans_bytes: 0,
            names: NameTable::default(),
            routes: Vec::new(),
            outlines: Vec::new(),
            level: Level::detect(),
            ends: Vec::new(),
            known: HashMap::new(),
            at: Vec::new(),
            leaves: Leaves::default(),
            text: Vec::new(),
            key: String::new(),
            recorded: false,
            within: None,
            body: Vec::new(),
        }
    }

    /// From now on, the content of events with an id or a time of their own is a digest of how their payload is
    /// written, which is less work, or not: it is the same for those that are written alike, delivery attempts aside.
    /// [`Fact::verbatim`] tells.
    pub(crate) fn set_verbatim(&mut self, verbatim: bool) {
        if self.verbatim != verbatim {
            self.verbatim = verbatim;
            self.plans.clear();
            self.plans_bytes = 0;
        }
    }

    /// Reads the payload that a line is or is the record of, and gives each of its events to `each`; who sent it.
    /// `None`: the general reader must read it, and nothing was given.
    pub(crate) fn read(
        &mut self,
        line: &scan::Line<'_>,
        number: u64,
        each: &mut impl FnMut(&Fact<'_>),
    ) -> Option<&'c Provider> {
        if self.kinds.is_empty() {
            return None;
        }
        if let Some(next) = line.next.and_then(|shape| self.plans.get(shape as usize)) {
            next.prefetch();
        }
        match &line.tokens {
            Some(tokens) => self.read_line(tokens, number, each),
            // No more than this is read again.
            None if line.text.len() > LINE_LEN_MAX => None,
            // A multipart body may begin so.
            None if line.text.starts_with(b"--") => None,
            None => {
                let about = RecordEnvelope { number, ..RecordEnvelope::default() };
                self.read_form(line.text.trim_ascii(), about, each)
            }
        }
    }

    fn read_line(
        &mut self,
        tokens: &Tokens<'_>,
        number: u64,
        each: &mut impl FnMut(&Fact<'_>),
    ) -> Option<&'c Provider> {
        if !self.recorded {
            let about = RecordEnvelope { number, ..RecordEnvelope::default() };
            let read = self.read_payload(tokens, about, each);
            if read.is_some() {
                return read;
            }
        }
        // Records mostly come together.
        let record = RecordedDelivery::of(tokens, self.catalog, &self.asks_around, number);
        match (self.recorded, record.is_some()) {
            (true, false) => {
                self.recorded = false;
                self.read_line(tokens, number, each)
            }
            (_, is_record) => {
                self.recorded = is_record;
                self.read_record(tokens, &record?, each)
            }
        }
    }

    fn read_payload(
        &mut self,
        tokens: &Tokens<'_>,
        about: RecordEnvelope<'c>,
        each: &mut impl FnMut(&Fact<'_>),
    ) -> Option<&'c Provider> {
        let Self { plans, names, routes, text, .. } = self;
        let plans = tokens.shape.and_then(|shape| plans.get_mut(shape as usize));
        let plan = plans.and_then(|plans| plans.plan(about.context, tokens, names));
        if let Some(Plan { at, route, content, .. }) = plan {
            #[cfg(test)]
            crate::marks::hit("plan known");
            let content = match content {
                Content::Values(values) => ContentDigest::Meant(sum(values, tokens, text)),
                Content::Part(values, (first, end)) => {
                    let part = tokens.part((*first).into(), (*end).into());
                    ContentDigest::Meant(sum(values, &part, text))
                }
                Content::Text(left_out) => ContentDigest::Written(verbatim(tokens, left_out)),
            };
            return routes[*route as usize].follow(&FoundLine { tokens, at }, content, about, each);
        }
        #[cfg(test)]
        crate::marks::hit("plan made");
        let mut at = std::mem::take(&mut self.at);
        let mut leaves = std::mem::take(&mut self.leaves);
        let found = match self.verbatim {
            true => self.wanted.find(tokens, &mut at, |_| {}),
            false => leaves.find(tokens, &self.wanted, &mut at),
        };
        let read = match found {
            true => self.read_found(&FoundLine { tokens, at: &at }, &mut leaves, about, each),
            false => None,
        };
        (self.at, self.leaves) = (at, leaves);
        read
    }

    /// Reads a line in which everything wanted was found.
    fn read_found(
        &mut self,
        line: &FoundLine<'_>,
        leaves: &mut Leaves,
        about: RecordEnvelope<'c>,
        each: &mut impl FnMut(&Fact<'_>),
    ) -> Option<&'c Provider> {
        let may_be_record = |wanted: &Wanted| wanted.may_be_record(|slot| line.at[slot] != 0);
        if about.context == PlanKey::default() && may_be_record(&self.wanted) {
            return None;
        }
        let (signature, literals) = self.signature(line.at, line.tokens);
        let deciding = self.deciding(signature, line)?;
        let route = self.route(self.look(signature, false, about), &deciding)?;
        let left_out = self.attempts(route, line);
        let part = self.routes[route].within.map(|slot| span(line.tokens, line.at[slot].into()));
        let content = if self.is_verbatim(route) {
            ContentDigest::Written(verbatim(line.tokens, &left_out))
        } else {
            if self.verbatim && !leaves.find(line.tokens, &self.wanted, &mut Vec::new()) {
                return None;
            }
            match part {
                None => {
                    leaves.leave_out(&left_out);
                    ContentDigest::Meant(sum(&leaves.leaves, line.tokens, &mut self.text))
                }
                // An empty object has a digest of its own.
                Some((first, end)) if end - first == 2 => return None,
                Some((first, end)) => {
                    let part = line.tokens.part(first.into(), end.into());
                    // The names are those of the whole line.
                    let names = std::mem::take(&mut leaves.names);
                    let found = leaves.find(&part, &self.wanted, &mut Vec::new());
                    leaves.names = names;
                    if !found {
                        return None;
                    }
                    ContentDigest::Meant(sum(&leaves.leaves, &part, &mut self.text))
                }
            }
        };
        if let Some(plans) = self.plans_of(line.tokens, &literals) {
            let content = match (content, part) {
                (ContentDigest::Meant(_), None) => Content::Values(leaves.leaves.as_slice().into()),
                (ContentDigest::Meant(_), Some(part)) => {
                    Content::Part(leaves.leaves.as_slice().into(), part)
                }
                (ContentDigest::Written(_), _) => {
                    leaves.names.clear();
                    let note = |name| leaves.names.push(name);
                    self.wanted.find(line.tokens, &mut Vec::new(), note);
                    Content::Text(left_out.into())
                }
            };
            let own = self.routes[route].kind;
            let others = deciding.iter().map(|(slot, _)| *slot).filter(|slot| *slot != own);
            let strings = std::iter::once(own).chain(others).map(|slot| line.at[slot]);
            let alike = deciding.iter().all(|(slot, _)| signature.get(*slot) == Type::String);
            let strings = strings.chain(leaves.names.iter().copied());
            let alike =
                alike.then(|| NamePattern::new(line.tokens, strings, &mut self.names)).flatten();
            if let Some(alike) = alike {
                let plan = Plan::new((about.context, route), alike, literals, line, content);
                self.plans_bytes += plan.bytes();
                self.plans[plans].push(plan);
            }
        }
        self.routes[route].follow(line, content, about, each)
    }

    /// Where the plans of lines like this one are, if one more is to be kept.
    fn plans_of(&mut self, tokens: &Tokens<'_>, literals: &[u16]) -> Option<usize> {
        let shape = tokens.shape? as usize;
        if self.plans.len() <= shape {
            self.plans.resize_with(shape + 1, Plans::new);
        }
        let is_room = self.plans[shape].len() < PLANS_MAX && self.plans_bytes < PLANS_BYTES_MAX;
        (is_room && literals.len() <= plan::LITERALS_MAX).then_some(shape)
    }

    /// Whether the content of what takes a route is told apart by how it is written: not where that may be all that
    /// tells one event from another.
    fn is_verbatim(&self, route: usize) -> bool {
        let Route { event_id, time, within, events, .. } = &self.routes[route];
        // Of what is around a payload each of several events may say something else.
        let is_one = within.is_none() || events.len() == 1;
        self.verbatim && is_one && (event_id.is_some() || time.is_some())
    }

    /// The values of a line that tell its attempts apart, by their first tokens and those after their last, in order.
    fn attempts(&self, route: usize, line: &FoundLine<'_>) -> Vec<(u16, u16)> {
        let attempts = self.routes[route].provider.attempts.iter();
        let tokens = attempts.map(|pointer| usize::from(line.at[self.wanted.slot(pointer)]));
        let tokens = tokens.filter(|token| *token > 0);
        let mut spans: Vec<_> = tokens.map(|first| span(line.tokens, first)).collect();
        spans.sort_unstable();
        spans
    }

    /// The texts of what decides who sent a payload, and what it is; `None` if one is out of the ordinary.
    fn deciding<'v>(
        &self,
        signature: Signature,
        values: &'v impl Values,
    ) -> Option<Vec<(PointerId, &'v str)>> {
        let is_text =
            |slot: &&PointerId| matches!(signature.get(**slot), Type::String | Type::Number);
        let texts = self.kinds.iter().filter(is_text).map(|slot| {
            let text = values.text(*slot)?;
            let is_number = signature.get(*slot) == Type::Number;
            let is_name = !text.is_empty() && text.len() <= NAME_LEN_MAX;
            (is_name && (!is_number || is_plain_integer(text.as_bytes()))).then_some((*slot, text))
        });
        let texts: Vec<_> = texts.collect::<Option<_>>()?;
        (!texts.is_empty()).then_some(texts)
    }

    fn look(&self, signature: Signature, form: bool, about: RecordEnvelope<'c>) -> RouteQuery<'c> {
        RouteQuery { signature, form, provider: about.provider.or(self.given) }
    }

    fn route(&mut self, look: RouteQuery<'c>, deciding: &[(PointerId, &str)]) -> Option<usize> {
        let RouteQuery { signature, form, .. } = look;
        let provider = look.provider.map(Provider::name);
        let of = |text: &str| secret::digest(text) as u64;
        let mut texts = std::mem::take(&mut self.key);
        texts.clear();
        for (_, text) in deciding {
            texts.push_str(text);
            texts.push('\0');
        }
        let by = of(provider.unwrap_or_default()).rotate_left(1);
        let mut digest = signature.digest() ^ of(&texts) ^ by ^ u64::from(form);
        let known = loop {
            match self.known.get(&digest) {
                Some(kin)
                    if (kin.signature, kin.form, kin.provider, &*kin.texts)
                        == (signature, form, provider, &*texts) =>
                {
                    break Some(kin.route);
                }
                Some(_) => digest = digest.wrapping_add(1),
                None => break None,
            }
        };
        let route = match known {
            Some(route) => route,
            None if self.known.len() >= ROUTES_MAX => None,
            None => {
                let route = Route::new(self.catalog, self.keep_data, &self.wanted, look, deciding);
                let route = route.map(|route| {
                    self.routes.push(route);
                    self.routes.len() - 1
                });
                let kin = RouteKey { signature, form, provider, texts: (*texts).into(), route };
                self.known.insert(digest, kin);
                route
            }
        };
        self.key = texts;
        route
    }
}

/// Whether a provider looks at headers or the query of deliveries.
fn asks_around(catalog: &Catalog, provider: &Provider) -> bool {
    let entities = provider.entities.iter().map(|index| catalog.at(*index));
    let spots = entities.flat_map(Lifecycle::spots).chain(provider.spots());
    { spots }.any(|spot| matches!(spot, Spot::Header(_) | Spot::Parameter(_)))
}

/// From the first token of a value to the one after its last.
fn span(tokens: &Tokens<'_>, first: usize) -> (u16, u16) {
    let mut end = first;
    wanted::skip(tokens.kinds, &mut end);
    (first as u16, end as u16)
}

impl FastReader<'_> {
    /// The signature, and the literals among what is wanted.
    fn signature(&self, at: &[u16], tokens: &Tokens<'_>) -> (Signature, Vec<u16>) {
        let (mut signature, mut literals) = (Signature::default(), Vec::new());
        for (slot, at) in at.iter().enumerate().filter(|(_, token)| **token != 0) {
            let token = usize::from(*at);
            let to = match tokens.kinds[token] {
                b'"' => Type::String,
                b'0' => Type::Number,
                b'{' | b'[' => Type::Other,
                _ => {
                    literals.push(*at);
                    if tokens.text(token) == b"null" { Type::Nothing } else { Type::Other }
                }
            };
            signature.set(slot, to);
        }
        for (slot, flag) in self.wanted.wrappers() {
            if at[*slot] != 0 && tokens.kinds[usize::from(at[*slot])] == b'{' {
                signature.set(*flag, Type::Other);
            }
        }
        (signature, literals)
    }
}
