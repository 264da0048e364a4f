//! Reads payloads without building values, where that gives what the general reader would; everything else is left to
//! it, so it stays the single authority on what a payload means.
//!
//! - `wanted` is what the definitions ask for.
//! - `route` is what payloads of one form and one event kind are; it is worked out once.
//! - `plan` is where everything is in lines that are alike.
//! - `sum` finds what is wanted in a line, and the digest of its content, from tokens.
//! - `value` is a value as it is printed, from tokens.
//!
//! Working out the digest of the content is much of the work. It can be put off: see [`Quick::set_verbatim`].

mod plan;
mod route;
mod sum;
#[cfg(test)]
mod tests;
mod value;
mod wanted;

use std::{borrow::Cow, collections::HashMap};

use xxhash_rust::xxh3::xxh3_64;

use self::{
    plan::{Content, Plan, TAKEN_MAX, Taken},
    route::{Look, Route, Turn, Word},
    sum::{Leaves, sum},
    wanted::{Signature, Slot, Type, Wanted},
};
use super::{
    Fact, FactKind, NAME_LEN_MAX, Reader,
    content::{Place, quote},
    fact::Said,
    form,
};
use crate::{
    lifecycle::{Catalog, Json, Provider},
    scan::{Tokens, verbatim},
    time::Timestamp,
};

/// How many plans are kept for one shape.
const PLANS_MAX: usize = 8;
/// How many routes are kept.
const ROUTES_MAX: usize = 10_000;

/// What payloads have in common that take one route.
#[derive(Clone, Debug)]
struct Kin {
    signature: Signature,
    form: bool,
    kind: Box<str>,
    /// `None`: the general reader reads them.
    route: Option<usize>,
}

/// Reads payloads by their tokens.
#[derive(Clone, Debug)]
pub(crate) struct Quick<'c> {
    catalog: &'c Catalog,
    /// Who sent everything, if that was said.
    given: Option<&'c Provider>,
    keep_data: bool,
    /// Contents are told apart by how they are written.
    verbatim: bool,
    wanted: Wanted,
    /// Where event kinds stand.
    kinds: Vec<Slot>,
    /// By shape.
    plans: Vec<Vec<Plan>>,
    routes: Vec<Route<'c>>,
    /// By digest.
    known: HashMap<u64, Kin>,
    /// By slot: the token of the line at hand.
    at: Vec<u32>,
    leaves: Leaves,
    text: Vec<u8>,
}

/// What tells one content from another.
#[derive(Clone, Copy, Debug)]
enum Digest {
    /// The digest of the content.
    Meant(u64),
    /// A digest of how it is written.
    Written(u64),
}

/// What one payload has in its slots.
trait Values {
    /// The text of a string, unless it has escapes, or of a number.
    fn text(&self, slot: Slot) -> Option<&str>;
    /// The value as JSON.
    fn json(&self, slot: Slot) -> Option<Cow<'_, str>>;
}

/// The payload that a line of tokens is.
struct Line<'a> {
    tokens: &'a Tokens<'a>,
    at: &'a [u32],
}

/// The payload that a form is, as decoded values by slot.
struct Form<'a>(&'a [Option<Cow<'a, str>>]);

impl<'c> Quick<'c> {
    /// What reads as this reader does.
    pub(crate) fn new(reader: &Reader<'c>) -> Self {
        let (catalog, given) = (reader.catalog(), reader.provider());
        let keep_data = reader.keeps_data();
        let wanted = Wanted::new(catalog, keep_data);
        let mut kinds = Vec::new();
        if wanted.is_usable() {
            let providers =
                catalog.providers().filter(|own| given.is_none_or(|it| it.name() == own.name()));
            kinds.extend(providers.flat_map(|own| own.kind.iter().map(|at| wanted.slot(at))));
        }
        kinds.sort_unstable();
        kinds.dedup();
        Self {
            catalog,
            given,
            keep_data,
            verbatim: false,
            wanted,
            kinds,
            plans: Vec::new(),
            routes: Vec::new(),
            known: HashMap::new(),
            at: Vec::new(),
            leaves: Leaves::default(),
            text: Vec::new(),
        }
    }

    /// From now on, the content of events with an id or a time of their own is a digest of how their payload is
    /// written, which is less work, or not: it is the same for those that are written alike, delivery attempts aside.
    /// [`Fact::verbatim`] tells.
    pub(crate) fn set_verbatim(&mut self, verbatim: bool) {
        if self.verbatim != verbatim {
            self.verbatim = verbatim;
            self.plans.clear();
        }
    }

    /// Reads the payload that a line is, and gives each of its events to `each`; who sent it. `None`: the general
    /// reader must read it, and nothing was given.
    pub(crate) fn read_line(
        &mut self,
        tokens: &Tokens<'_>,
        number: u64,
        each: &mut impl FnMut(&Fact<'_>),
    ) -> Option<&'c Provider> {
        if self.kinds.is_empty() {
            return None;
        }
        if let Some(shape) = tokens.shape
            && let Some(plans) = self.plans.get_mut(shape as usize)
        {
            let mut plans = std::mem::take(plans);
            // Lines of one kind are mostly alike, so that is asked before names are compared.
            let mut takes = (0..).zip(plans.iter().map(|plan| plan.taken(tokens)));
            let likely = takes.find(|(_, taken)| taken.is_some());
            let is_other = |at: &usize| likely.is_none_or(|(likely, _)| likely != *at);
            let others = (0..plans.len()).filter(is_other).map(|at| (at, None));
            let mut read = None;
            for (at, taken) in likely.into_iter().chain(others) {
                read = self.read_planned(&mut plans[at], taken, tokens, number, each);
                if read.is_some() {
                    break;
                }
            }
            self.plans[shape as usize] = plans;
            if let Some(read) = read {
                return read;
            }
        }
        let mut at = std::mem::take(&mut self.at);
        let mut leaves = std::mem::take(&mut self.leaves);
        let found = match self.verbatim {
            true => leaves.find::<false>(tokens, &self.wanted, &mut at),
            false => leaves.find::<true>(tokens, &self.wanted, &mut at),
        };
        let read = match found {
            true => self.read_found(&Line { tokens, at: &at }, &mut leaves, number, each),
            false => None,
        };
        (self.at, self.leaves) = (at, leaves);
        read
    }

    /// Reads a line by a plan, and as others of its event kind if it was found that there were some; `None` if it is
    /// not like the plan's lines.
    fn read_planned(
        &mut self,
        plan: &mut Plan,
        taken: Option<(Signature, usize)>,
        tokens: &Tokens<'_>,
        number: u64,
        each: &mut impl FnMut(&Fact<'_>),
    ) -> Option<Option<&'c Provider>> {
        if !plan.names.are_in(tokens) {
            return None;
        }
        let Some((signature, route)) = taken.or_else(|| self.take(plan, tokens)) else {
            return Some(None);
        };
        let content = match &plan.content {
            Content::Values(values) => Digest::Meant(sum(values, tokens, &mut self.text)),
            Content::Text => Digest::Written(verbatim(tokens, &plan.left_out)),
        };
        let line = Line { tokens, at: &plan.at };
        Some(self.routes[route].follow(&line, signature, content, number, each))
    }

    /// The signature and the route of a line that is like the plan's.
    fn take(&mut self, plan: &mut Plan, tokens: &Tokens<'_>) -> Option<(Signature, usize)> {
        if let Some(taken) = plan.taken(tokens) {
            return Some(taken);
        }
        let line = Line { tokens, at: &plan.at };
        let (nulls, signature) = plan.signature(tokens);
        let (slot, kind) = self.kind(signature, &line)?;
        let route = self.route(Look { signature, kind: slot, form: false }, kind)?;
        // What counts may differ between providers.
        let as_written = matches!(plan.content, Content::Text);
        if self.attempts(route, &line) != plan.left_out || self.is_verbatim(route) != as_written {
            return None;
        }
        if plan.taken.len() < TAKEN_MAX {
            plan.taken.push(Taken { nulls, slot, kind: kind.into(), signature, route });
        }
        Some((signature, route))
    }

    /// Reads a line in which everything wanted was found.
    fn read_found(
        &mut self,
        line: &Line<'_>,
        leaves: &mut Leaves,
        number: u64,
        each: &mut impl FnMut(&Fact<'_>),
    ) -> Option<&'c Provider> {
        let (signature, literals) = signature(line.at, line.tokens);
        let (slot, kind) = self.kind(signature, line)?;
        let route = self.route(Look { signature, kind: slot, form: false }, kind)?;
        let left_out = self.attempts(route, line);
        let content = if self.is_verbatim(route) {
            Digest::Written(verbatim(line.tokens, &left_out))
        } else {
            if self.verbatim && !leaves.find::<true>(line.tokens, &self.wanted, &mut Vec::new()) {
                return None;
            }
            leaves.leave_out(&left_out);
            Digest::Meant(sum(&leaves.leaves, line.tokens, &mut self.text))
        };
        if let Some(shape) = line.tokens.shape {
            let plans = self.plans_of(shape as usize);
            if plans.len() < PLANS_MAX && literals.len() <= plan::LITERALS_MAX {
                let names = leaves.names(line.tokens);
                let told = match content {
                    Digest::Meant(_) => Content::Values(leaves.leaves.clone()),
                    Digest::Written(_) => Content::Text,
                };
                plans.push(Plan::new(names, told, left_out, line.at, signature, literals));
            }
        }
        self.routes[route].follow(line, signature, content, number, each)
    }

    fn plans_of(&mut self, shape: usize) -> &mut Vec<Plan> {
        if self.plans.len() <= shape {
            self.plans.resize_with(shape + 1, Vec::new);
        }
        &mut self.plans[shape]
    }

    /// Whether the content of what takes a route is told apart by how it is written: not where that may be all that
    /// tells one event from another.
    fn is_verbatim(&self, route: usize) -> bool {
        let Route { event_id, time, .. } = &self.routes[route];
        self.verbatim && (event_id.is_some() || time.is_some())
    }

    /// The values of a line that tell its attempts apart, by their first tokens and those after their last, in order.
    fn attempts(&self, route: usize, line: &Line<'_>) -> Vec<(u16, u16)> {
        let attempts = self.routes[route].provider.attempts.iter();
        let tokens = attempts.map(|pointer| line.at[self.wanted.slot(pointer)] as usize);
        let span = |first: usize| {
            let mut end = first;
            wanted::skip(line.tokens.kinds, &mut end);
            (first as u16, end as u16)
        };
        let mut spans: Vec<_> = tokens.filter(|token| *token > 0).map(span).collect();
        spans.sort_unstable();
        spans
    }

    /// Reads a form, or the query of a GET. `None`: the general reader must read it.
    pub(crate) fn read_form(
        &mut self,
        text: &str,
        number: u64,
        each: &mut impl FnMut(&Fact<'_>),
    ) -> Option<&'c Provider> {
        let pairs = form::pairs(text).filter(|_| !self.kinds.is_empty())?;
        let mut values = vec![None; self.wanted.len()];
        let mut leaves = vec![0_u64; self.wanted.len()];
        let mut signature = Signature::default();
        let mut content = 0_u64;
        for pair in pairs {
            let (name, value) = pair?;
            quote(&value, &mut self.text);
            let leaf = Place::ROOT.member(name.as_bytes()).leaf(&self.text);
            content = content.wrapping_add(leaf);
            if let Some(slot) = self.wanted.member(name.as_bytes()) {
                if values[slot].is_some() {
                    return None;
                }
                (values[slot], leaves[slot]) = (Some(value), leaf);
                signature.set(slot, Type::String);
            }
        }
        let form = Form(&values);
        let (slot, kind) = self.kind(signature, &form)?;
        let route = self.route(Look { signature, kind: slot, form: true }, kind)?;
        for pointer in &self.routes[route].provider.attempts {
            content = content.wrapping_sub(leaves[self.wanted.slot(pointer)]);
        }
        let content = Digest::Meant(content);
        self.routes[route].follow(&form, signature, content, number, each)
    }

    /// Where the event kind stands, and what it is, if there is just one.
    fn kind<'v>(&self, signature: Signature, values: &'v impl Values) -> Option<(Slot, &'v str)> {
        let mut there = self.kinds.iter().filter(|slot| signature.get(**slot) != Type::Nothing);
        let slot = *there.next()?;
        let is_only = there.next().is_none() && signature.get(slot) == Type::String;
        if is_only { Self::kind_in(slot, values) } else { None }
    }

    fn kind_in<V: Values>(slot: Slot, values: &V) -> Option<(Slot, &str)> {
        let kind = values.text(slot)?;
        (!kind.is_empty() && kind.len() <= NAME_LEN_MAX).then_some((slot, kind))
    }

    fn route(&mut self, look: Look, kind: &str) -> Option<usize> {
        let Look { signature, form, .. } = look;
        let mut digest = signature.digest() ^ xxh3_64(kind.as_bytes()) ^ u64::from(form);
        while let Some(kin) = self.known.get(&digest) {
            if kin.signature == signature && kin.form == form && *kin.kind == *kind {
                return kin.route;
            }
            digest = digest.wrapping_add(1);
        }
        if self.known.len() >= ROUTES_MAX {
            return None;
        }
        let Self { catalog, given, keep_data, .. } = *self;
        let route = Route::new(catalog, given, keep_data, &self.wanted, look, kind);
        let route = route.map(|route| {
            self.routes.push(route);
            self.routes.len() - 1
        });
        self.known.insert(digest, Kin { signature, form, kind: kind.into(), route });
        route
    }
}

/// The signature, and the slots in which literals stand.
fn signature(at: &[u32], tokens: &Tokens<'_>) -> (Signature, Vec<Slot>) {
    let (mut signature, mut literals) = (Signature::default(), Vec::new());
    for (slot, token) in at.iter().enumerate().filter(|(_, token)| **token != 0) {
        let token = *token as usize;
        let to = match tokens.kinds[token] {
            b'"' => Type::String,
            b'0' => Type::Number,
            b'{' | b'[' => Type::Other,
            _ => {
                literals.push(slot);
                if tokens.text(token) == b"null" { Type::Nothing } else { Type::Other }
            }
        };
        signature.set(slot, to);
    }
    (signature, literals)
}

impl<'c> Route<'c> {
    /// Gives the events of a payload that takes this route; `None` and nothing given where some value is out of the
    /// ordinary.
    fn follow(
        &mut self,
        values: &impl Values,
        signature: Signature,
        content: Digest,
        number: u64,
        each: &mut impl FnMut(&Fact<'_>),
    ) -> Option<&'c Provider> {
        let (content, verbatim) = match content {
            Digest::Meant(digest) => (digest, false),
            Digest::Written(digest) => (digest, true),
        };
        let name = |slot: Slot| {
            let text = values.text(slot)?;
            let fits = match signature.get(slot) {
                Type::Number => is_plain_integer(text.as_bytes()),
                _ => !text.is_empty() && text.len() <= NAME_LEN_MAX,
            };
            fits.then_some(text)
        };
        let optional = |slot: Option<Slot>| slot.map_or(Some(None), |slot| name(slot).map(Some));
        let id = optional(self.event_id)?;
        let time = match self.time {
            None => None,
            Some(slot) => {
                match values.text(slot).and_then(|text| time(text, signature.get(slot))) {
                    None => return None,
                    time => time,
                }
            }
        };
        let several = self.events.len() > 1;
        // Either all events are given or none.
        if several {
            let there = |slot: Option<Slot>| optional(slot).is_some();
            let whole =
                |turn: &Turn<'_>| there(Some(turn.id)) && there(turn.parent) && there(turn.status);
            if !self.events.iter().all(whole) {
                return None;
            }
        }
        for turn in &mut self.events {
            let (Some(asset), Some(parent), Some(status)) =
                (name(turn.id), optional(turn.parent), optional(turn.status))
            else {
                return None;
            };
            let word = match status {
                Some(text) => turn.word(text),
                None => Word { kind: turn.kind, says: None, unknown: false },
            };
            let data = turn.data.iter().map(|(field, slot)| Some((*field, values.json(*slot)?)));
            let data = data.collect::<Option<Vec<_>>>()?;
            each(&Fact {
                lifecycle: turn.index,
                asset,
                kind: FactKind::Known(word.kind),
                time,
                time_error: None,
                received_at: None,
                id,
                status,
                parent,
                content,
                verbatim,
                delivery: number,
                says: word.says,
                unknown_status: word.unknown,
                data: Said::Read(&data),
            });
        }
        Some(self.provider)
    }
}

/// Whether the text of a number is that of an integer as it would be printed.
fn is_plain_integer(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    digits.len() <= 18 && digits.iter().all(u8::is_ascii_digit) && text != b"-0"
}

fn time(text: &str, of: Type) -> Option<Timestamp> {
    match of {
        Type::Number if is_plain_integer(text.as_bytes()) => {
            Timestamp::from_epoch(text.parse().ok()?).ok()
        }
        Type::String => text.parse().ok(),
        _ => None,
    }
}

impl Values for Line<'_> {
    fn text(&self, slot: Slot) -> Option<&str> {
        let token = self.at[slot] as usize;
        (!self.tokens.is_escaped(token)).then(|| self.tokens.inner(token))
    }

    fn json(&self, slot: Slot) -> Option<Cow<'_, str>> {
        let token = self.at[slot] as usize;
        let kind = self.tokens.kinds[token];
        if value::is_as_printed(self.tokens, token, kind) {
            return Some(self.tokens.text_of(token, token).into());
        }
        let mut end = token;
        wanted::skip(self.tokens.kinds, &mut end);
        let text = self.tokens.text_of(token, end - 1);
        let mut written = String::with_capacity(text.len());
        match value::write(self.tokens, &mut { token }, &mut Vec::new(), &mut written) {
            Some(()) => Some(written.into()),
            None => Some(serde_json::from_str::<Json<'_>>(text).ok()?.to_string().into()),
        }
    }
}

impl Values for Form<'_> {
    fn text(&self, slot: Slot) -> Option<&str> {
        self.0[slot].as_deref()
    }

    fn json(&self, slot: Slot) -> Option<Cow<'_, str>> {
        Some(serde_json::to_string(self.text(slot)?).ok()?.into())
    }
}
