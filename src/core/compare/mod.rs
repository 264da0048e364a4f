//! Two definitions held against each other: what one has and the other has not, and which assets they judge differently.
//! `drift` holds one against what happens.

mod assets;
mod drift;

use std::collections::{BTreeMap, BTreeSet};

pub use self::{
    assets::{JudgedAsset, Parting, judged_differently},
    drift::{Drift, DriftStep, drift},
};
use crate::lifecycle::{KindId, Lifecycle, Locator, Order, Provider, State};

/// What one definition has and the other has not, or has otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The provider or the entity, as the newer one calls it.
    pub of: String,
    /// What it is: `entity`, `envelope`, `id`, `order`, `parent`, `state`, `flag`, `retries` or `transition`.
    pub part: &'static str,
    /// Its name.
    pub name: String,
    /// What the older one has; `None` if it has none.
    pub old: Option<String>,
    /// What the newer one has.
    pub new: Option<String>,
}

impl Difference {
    /// `added`, `removed` or `changed`.
    pub fn change(&self) -> &'static str {
        match (&self.old, &self.new) {
            (None, _) => "added",
            (_, None) => "removed",
            _ => "changed",
        }
    }
}

/// What differs between two lifecycles, part by part.
pub fn lifecycles(old: &Lifecycle, new: &Lifecycle) -> Vec<Difference> {
    let mut found = Found { of: new.entity(), found: Vec::new() };
    found.all("id", &ids(old), &ids(new));
    let order = |own: &Lifecycle| {
        let order = match own.order() {
            Order::Time => "time",
            Order::Arrival => "arrival",
        };
        BTreeMap::from([("order".to_owned(), order.to_owned())])
    };
    found.all("order", &order(old), &order(new));
    found.all("parent", &parent(old), &parent(new));
    found.all("state", &states(old), &states(new));
    let flags = |own: &Lifecycle| {
        own.flags().iter().map(|flag| (flag.name.clone(), "a flag".to_owned())).collect()
    };
    found.all("flag", &flags(old), &flags(new));
    found.all("retries", &retries(old), &retries(new));
    found.all("transition", &transitions(old), &transitions(new));
    found.found
}

/// What differs between the envelopes of two providers.
pub fn envelopes(old: &Provider, new: &Provider) -> Vec<Difference> {
    let mut found = Found { of: new.name(), found: Vec::new() };
    found.all("envelope", &envelope(old), &envelope(new));
    found.found
}

/// That an entity is there and has no like in the other definition.
pub fn lone(entity: &str, is_new: bool) -> Difference {
    let named = Some(entity.to_owned());
    let (old, new) = if is_new { (None, named) } else { (named, None) };
    Difference { of: entity.to_owned(), part: "entity", name: entity.to_owned(), old, new }
}

struct Found<'a> {
    of: &'a str,
    found: Vec<Difference>,
}

impl Found<'_> {
    fn all(
        &mut self,
        part: &'static str,
        old: &BTreeMap<String, String>,
        new: &BTreeMap<String, String>,
    ) {
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for name in names {
            let (old, new) = (old.get(name).cloned(), new.get(name).cloned());
            if old != new {
                let (of, name) = (self.of.to_owned(), name.clone());
                self.found.push(Difference { of, part, name, old, new });
            }
        }
    }
}

fn places(at: &[Locator]) -> String {
    at.iter().map(Locator::text).collect::<Vec<_>>().join(", ")
}

fn ids(own: &Lifecycle) -> BTreeMap<String, String> {
    let mut ids = BTreeMap::from([("id".to_owned(), places(own.id_of(None)))]);
    for (kind, name) in own.kinds() {
        let at = places(own.id_of(Some(kind)));
        if at != ids["id"] {
            ids.insert(format!("id of {name}"), at);
        }
    }
    ids
}

fn parent(own: &Lifecycle) -> BTreeMap<String, String> {
    let parent = own.parent();
    let told =
        parent.map(|(entity, at)| ("parent".to_owned(), format!("{entity} by {}", places(at))));
    told.into_iter().collect()
}

fn states(own: &Lifecycle) -> BTreeMap<String, String> {
    let told = |state: &State| {
        let dwell = state.dwell.map(|dwell| format!("dwell {}s", dwell.as_secs()));
        let is = [(state.rest, "rest"), (state.end, "end"), (state.error, "error")];
        let is = is.into_iter().filter(|(is, _)| *is).map(|(_, word)| word.to_owned());
        let told: Vec<String> = is.chain(dwell).collect();
        if told.is_empty() { "a state".to_owned() } else { told.join(", ") }
    };
    own.states().iter().skip(1).map(|state| (state.name.clone(), told(state))).collect()
}

fn retries(own: &Lifecycle) -> BTreeMap<String, String> {
    let name = |state: usize| own.states()[state].name.as_str();
    let told = own.retries().map(|retries| {
        let renewed: Vec<&str> = retries.renewed_by.iter().map(|state| name(*state)).collect();
        let renewed = if renewed.is_empty() { "nothing".to_owned() } else { renewed.join(", ") };
        let (from, limit, then) = (name(retries.from), retries.limit, name(retries.then));
        ("retries".to_owned(), format!("{limit} from {from}, then {then}; renewed by {renewed}"))
    });
    told.into_iter().collect()
}

/// Transitions by the state that they leave and the kind; one that keeps the state leads to the same.
fn transitions(own: &Lifecycle) -> BTreeMap<String, String> {
    let state = |at: usize| own.states()[at].name.as_str();
    let mut found = BTreeMap::new();
    for step in own.transitions() {
        let name = format!("{} from {}", kind_label(own, step.kind), state(step.from));
        let (set, clear) = own.flag_changes(step);
        let mut told = format!("to {}", state(step.to));
        if step.again {
            told += ", again";
        }
        for (word, flags) in [("sets", set), ("clears", clear)] {
            if !flags.is_empty() {
                told += &format!(", {word} {}", flags.join(", "));
            }
        }
        found.insert(name, told);
    }
    found
}

fn kind_label(own: &Lifecycle, kind: KindId) -> String {
    own.kind_label(kind).to_owned()
}

fn envelope(own: &Provider) -> BTreeMap<String, String> {
    let pointers = |at: &[crate::lifecycle::Pointer]| {
        at.iter().map(|at| at.as_str().to_owned()).collect::<Vec<_>>().join(", ")
    };
    let body = if own.form { "form" } else { "json" };
    let parts = [
        ("body", body.to_owned()),
        ("unwrap", pointers(&own.unwrap)),
        ("kind", places(&own.kind)),
        ("event_id", places(&own.event_id)),
        ("time", places(&own.time)),
        ("zone", own.zone.map(|seconds| format!("{seconds} s east of UTC")).unwrap_or_default()),
        ("sequence", places(&own.sequence)),
        ("ignore", own.ignore.join(", ")),
        ("attempts", pointers(&own.attempts)),
    ];
    let told = parts.into_iter().filter(|(_, told)| !told.is_empty());
    told.map(|(name, told)| (name.to_owned(), told)).collect()
}
