//! A definition of a platform from what it sent: where kinds, ids and times are, which kinds are of which entity, and what
//! followed what. Bytes in, text out; what is written passes `lint`, and says what it rests on and what is uncertain.
//!
//! - `sample` opens the first deliveries and counts what stands where; `guess` chooses the places of the envelope by that, and
//!   `entities` which kinds belong together.
//! - `plan` makes a definition of that which takes everything, so that the rest is read as everything is read.
//! - `steps` keeps 40 bytes of each event, and gives the stories of the assets.
//! - `signs` says what events say, `after` which of them keep the state, `edges` which steps are no noise, `order` which of them go back, `retries` how
//!   often; `mine` puts that together, `judge` says how well it fits, and `write` puts it down as TOML.

mod after;
mod edges;
mod entities;
mod guess;
mod judge;
mod mine;
mod order;
mod plan;
mod retries;
mod sample;
mod signs;
mod steps;
#[cfg(test)]
mod tests;
mod write;

use std::{collections::BTreeMap, sync::OnceLock};

use self::{
    entities::EntityPlan,
    judge::fit,
    mine::{Mined, mine},
    plan::ReadingPlan,
    sample::Samples,
    steps::{Log, LogSteps, STEPS_MAX},
};
pub use self::{guess::Wishes, judge::DraftFit, write::quoted};
use crate::{
    event::{Delivery, EventKind, Placed, Reader},
    lifecycle::{Catalog, DefinitionFile, Lifecycle},
    shown::plural,
};

/// Reasons for which deliveries were not read that are kept.
const REFUSED_MAX: usize = 100;
/// Kinds that are told apart, those included that came only after the first deliveries.
const KINDS_MAX: usize = 1_000;

/// What there is to be found out, and how.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "made by naming what differs from the default")]
pub struct DiscoverOptions {
    /// What the provider is to be called.
    pub provider: String,
    /// The share of events that may be noise, from 0 to 1: what is rarer is left out.
    pub noise: f64,
    /// The fitness that is wanted, from 0 to 1: less is taken for noise where it is missed.
    pub fitness: f64,
    /// What need not be found, since it was said.
    pub wishes: Wishes,
    /// Entities of which no order can be told are written all the same.
    pub partial: bool,
}

impl Default for DiscoverOptions {
    fn default() -> Self {
        Self {
            provider: "acme".to_owned(),
            noise: 0.03,
            fitness: 0.95,
            wishes: Wishes::default(),
            partial: false,
        }
    }
}

/// Files of a definition, and what they rest on.
#[derive(Debug)]
#[non_exhaustive]
pub struct Draft {
    /// Names and texts: the provider's first.
    pub files: Vec<(String, String)>,
    /// Payloads that were read.
    pub payloads: u64,
    /// What was found where, for people: a name and what is said of it.
    pub found: Vec<(&'static str, String)>,
    /// What was found of each entity.
    pub entities: Vec<Discovered>,
    /// What could not be told, in sentences.
    pub untold: Vec<String>,
}

/// What was found of one entity.
#[derive(Debug)]
#[non_exhaustive]
pub struct Discovered {
    /// Such as `acme/video`.
    pub entity: String,
    /// Assets.
    pub assets: u64,
    /// Events, copies left out.
    pub events: u64,
    /// Copies.
    pub copies: u64,
    /// The share of events that was taken to be noise at most.
    pub noise: f64,
    /// How well it fits.
    pub fit: DraftFit,
    /// The steps, in the order of the states.
    pub steps: Vec<DiscoveredStep>,
}

/// A step of a lifecycle that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DiscoveredStep {
    /// The state it leaves.
    pub from: String,
    /// The event kind.
    pub kind: String,
    /// The state it leads to.
    pub to: String,
    /// It goes back.
    pub again: bool,
    /// How often it was taken.
    pub count: u64,
}

/// Why a delivery was not read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Refused {
    /// The number of the delivery.
    pub delivery: u64,
    /// Why.
    pub reason: String,
}

/// Where the plan of reading is kept once it is made: it must outlive the discovery.
#[derive(Debug, Default)]
pub struct PlanPlace(OnceLock<ReadingPlan>);

/// Deliveries to find a definition of, one after the other.
#[derive(Debug)]
pub struct Discovery<'p> {
    options: DiscoverOptions,
    place: &'p PlanPlace,
    samples: Samples,
    /// The first deliveries, until it is known how to read them.
    waiting: Vec<(Vec<u8>, u64)>,
    reading: Option<(&'p ReadingPlan, Reader<'p>)>,
    failed: Option<String>,
    steps: LogSteps,
    /// Events that are kept at most.
    steps_max: usize,
    payloads: u64,
    refused: Vec<Refused>,
    refusals: u64,
    /// All kinds that came: the index of their entity, and their name.
    kinds: Vec<(usize, String)>,
    /// Those that came only after the first deliveries, and their numbers.
    latecomers: BTreeMap<(usize, String), u16>,
    /// Events of still more of them.
    too_many: u64,
}

impl<'p> Discovery<'p> {
    /// Nothing was heard yet.
    pub fn new(options: DiscoverOptions, place: &'p PlanPlace) -> Self {
        Self {
            options,
            place,
            samples: Samples::default(),
            waiting: Vec::new(),
            reading: None,
            failed: None,
            steps: LogSteps::default(),
            steps_max: STEPS_MAX,
            payloads: 0,
            refused: Vec::new(),
            refusals: 0,
            kinds: Vec::new(),
            latecomers: BTreeMap::new(),
            too_many: 0,
        }
    }

    /// Takes in a document: a body, or the record of a delivery.
    pub fn deliver(&mut self, delivery: &Delivery<'_>) {
        if self.failed.is_some() {
            return;
        }
        if self.reading.is_some() {
            self.read(delivery);
            return;
        }
        match self.samples.add(delivery.body) {
            Ok(()) => self.waiting.push((delivery.body.to_vec(), delivery.number)),
            Err(reason) => self.refuse(delivery.number, reason),
        }
        if self.samples.is_full() {
            self.settle();
        }
    }

    /// Notes that a delivery could not be read.
    pub fn refuse(&mut self, delivery: u64, reason: String) {
        self.refusals += 1;
        if self.refused.len() < REFUSED_MAX {
            self.refused.push(Refused { delivery, reason });
        }
    }

    /// What reads the deliveries once the first of them were looked at.
    pub fn reader(&self) -> Option<&Reader<'p>> {
        self.reading.as_ref().map(|(_, reader)| reader)
    }

    /// Takes in the events that a delivery was read as.
    pub fn take_read(&mut self, events: Vec<Placed<'p>>) {
        self.payloads += 1;
        for placed in &events {
            self.take(placed);
        }
    }

    fn read(&mut self, delivery: &Delivery<'_>) {
        let Some((_, reader)) = &self.reading else { return };
        let read = reader.read(delivery);
        match read.errors.first() {
            Some(error) if read.events.is_empty() => {
                self.refuse(delivery.number, error.to_string());
            }
            _ => self.take_read(read.events),
        }
    }

    fn take(&mut self, placed: &Placed<'p>) {
        let Some((plan, _)) = &self.reading else { return };
        let known = placed.event.kind.known().map(|kind| kind.0);
        match plan.kind(placed.index, known) {
            Some((entity, Some(kind))) => self.steps.add(entity, kind, placed),
            Some((entity, None)) => {
                if let EventKind::Unknown(name) = &placed.event.kind {
                    match self.latecomer(entity, name) {
                        Some(kind) => self.steps.add(entity, kind, placed),
                        None => self.too_many += 1,
                    }
                }
            }
            None => {}
        }
    }

    /// The number of a kind that none of the first deliveries had.
    fn latecomer(&mut self, entity: usize, name: &str) -> Option<u16> {
        let key = (entity, name.to_owned());
        if let Some(number) = self.latecomers.get(&key) {
            return Some(*number);
        }
        let number =
            u16::try_from(self.kinds.len()).ok().filter(|_| self.kinds.len() < KINDS_MAX)?;
        self.kinds.push(key.clone());
        self.latecomers.insert(key, number);
        Some(number)
    }

    /// Finds out where things are, and reads what waits for that.
    fn settle(&mut self) {
        let samples = std::mem::take(&mut self.samples);
        let waiting = std::mem::take(&mut self.waiting);
        let said = samples.provider.clone().filter(|_| !samples.several_providers);
        let said = said.unwrap_or_else(|| "discovered".to_owned());
        match ReadingPlan::new(samples, &self.options.wishes, &said) {
            Ok(plan) => {
                let plan = self.place.0.get_or_init(|| plan);
                self.steps = LogSteps::new(plan.entities.len(), self.steps_max);
                self.kinds.clone_from(&plan.kinds);
                let reader = Reader::new(plan.catalog()).without_data();
                let reader = match plan.provider() {
                    Some(provider) => reader.with_provider(provider),
                    None => reader,
                };
                self.reading = Some((plan, reader));
                for (body, number) in waiting {
                    self.read(&Delivery::new(&body, number));
                }
            }
            Err(reason) => self.failed = Some(reason),
        }
    }

    /// What could not be read: the first of it, and how much it is.
    pub fn refused(&self) -> (&[Refused], u64) {
        (&self.refused, self.refusals)
    }

    /// The definition of what came.
    ///
    /// # Errors
    /// What could not be told, without which there is no definition.
    pub fn finish(mut self) -> Result<Draft, String> {
        if self.reading.is_none() && self.failed.is_none() {
            self.settle();
        }
        if let Some(reason) = self.failed {
            return Err(reason);
        }
        let Some((plan, _)) = self.reading else { return Err("nothing was read".to_owned()) };
        let one_in = self.steps.one_in();
        let logs = self.steps.logs(&self.kinds);
        let is_written = |(plan, log): (&EntityPlan, &Log)| {
            untold(plan, log).is_none() || (self.options.partial && log.events > 0)
        };
        let written = plan.entities.iter().zip(&logs).map(is_written).collect();
        let mut writing = Writing {
            options: &self.options,
            plan,
            kinds: &self.kinds,
            one_in,
            written,
            draft: Draft {
                files: Vec::new(),
                payloads: self.payloads,
                found: plan.envelope.found(),
                entities: Vec::new(),
                untold: Vec::new(),
            },
        };
        let provider = write::provider(
            &self.options.provider,
            plan.samples,
            plan.is_form,
            &plan.unwrap,
            &plan.envelope,
        );
        writing.draft.files.push(("provider.toml".to_owned(), provider));
        let mut why = Vec::new();
        if self.too_many > 0 {
            let events = plural(self.too_many, "event");
            why.push(format!(
                "{events} of further kinds, beyond {KINDS_MAX} of them, were left out"
            ));
        }
        for (at, log) in logs.iter().enumerate() {
            if let Err(reason) = writing.entity(at, log) {
                why.push(reason);
            }
        }
        writing.finish(why)
    }
}

/// A draft that is being written.
struct Writing<'a> {
    options: &'a DiscoverOptions,
    plan: &'a ReadingPlan,
    kinds: &'a [(usize, String)],
    /// Of so many assets one was looked at.
    one_in: u64,
    /// By entity: whether it is written.
    written: Vec<bool>,
    draft: Draft,
}

/// Why nothing can be told of what follows what.
fn untold(plan: &EntityPlan, log: &Log) -> Option<String> {
    let id = plan.id.at.join(", ");
    let (name, events) = (&plan.name, plural(log.events, "event"));
    let hint = "`--id` says where the id of the asset is";
    match log {
        Log { events: 0, .. } => Some(format!("{name}: no event of it could be read")),
        Log { linked: 0, .. } => Some(format!(
            "{name}: {events} with as many ids at {id}, none of which comes with two events, so which follows which cannot be told; {hint}"
        )),
        Log { assets: 1, .. } => Some(format!(
            "{name}: all {events} have the one id at {id}, and one story is no lifecycle; {hint}"
        )),
        _ => None,
    }
}

impl Writing<'_> {
    /// Adds the file of an entity.
    fn entity(&mut self, at: usize, log: &Log) -> Result<(), String> {
        let plan = &self.plan.entities[at];
        let id = plan.id.at.join(", ");
        let (kinds, assets) = (
            plural(self.kinds.iter().filter(|(own, _)| *own == at).count() as u64, "kind"),
            plural(log.assets, "asset"),
        );
        let untold = untold(plan, log);
        if !self.written[at] {
            return Err(untold.unwrap_or_default());
        }
        self.draft.untold.extend(untold);
        let (mined, fit, noise) = self.mined(at, log)?;
        let name = format!("{}/{}", self.options.provider, plan.name);
        let text = write::entity(self, at, log, &mined, (fit, noise));
        self.draft.files.push((format!("{}.toml", plan.name), text));
        let seen = if self.one_in > 1 {
            format!(", one in {} was kept", self.one_in)
        } else {
            String::new()
        };
        self.draft.found.push((
            "entity",
            format!(
                "{}: id {id}; {kinds}, {assets}{seen}, {}",
                plan.name,
                plural(log.events, "event")
            ),
        ));
        self.draft.entities.push(Discovered {
            entity: name,
            assets: log.assets,
            events: log.events,
            copies: log.copies,
            noise,
            fit,
            steps: steps(&mined),
        });
        Ok(())
    }

    /// The lifecycle that fits as well as was asked for, and what was taken for noise in it.
    fn mined(&self, at: usize, log: &Log) -> Result<(Mined, DraftFit, f64), String> {
        let mut noise = self.options.noise;
        loop {
            let plan = self.plan;
            let mut mined = mine(log, &plan.entities[at], self.kinds, noise, &plan.envelope);
            let (lifecycle, has_retries) = self.compiled(at, log, &mined)?;
            mined.retries = mined.retries.filter(|_| has_retries);
            let best = fit(&lifecycle, log, self.kinds);
            if best.fitness >= self.options.fitness || noise == 0.0 {
                return Ok((mined, best, noise));
            }
            noise = if noise < 0.002 { 0.0 } else { noise / 2.0 };
        }
    }

    /// The lifecycle as it would be loaded, and whether it has its retries: where these do not go with it, it is without.
    fn compiled(&self, at: usize, log: &Log, mined: &Mined) -> Result<(Lifecycle, bool), String> {
        let compile = |mined: &Mined| {
            let text = write::entity(self, at, log, mined, (DraftFit::default(), 0.0));
            Lifecycle::compile(&DefinitionFile::new("entity.toml", text))
        };
        if mined.retries.is_some()
            && let Ok(lifecycle) = compile(mined)
        {
            return Ok((lifecycle, true));
        }
        let bare = Mined { retries: None, ..mined.clone() };
        compile(&bare)
            .map(|lifecycle| (lifecycle, false))
            .map_err(|error| format!("no definition came of it: {error}"))
    }

    fn finish(mut self, why: Vec<String>) -> Result<Draft, String> {
        if self.draft.entities.is_empty() {
            return Err(match why.is_empty() {
                true => "no entity was found".to_owned(),
                false => why.join("\n"),
            });
        }
        self.draft.untold.extend(why);
        let named = |(path, text): &(String, String)| DefinitionFile::new(&**path, &**text);
        let checked: Vec<DefinitionFile> = self.draft.files.iter().map(named).collect();
        Catalog::with(&checked).map_err(|error| format!("no definition came of it: {error}"))?;
        Ok(self.draft)
    }
}

/// The steps of a lifecycle, in the order of its states.
fn steps(mined: &Mined) -> Vec<DiscoveredStep> {
    let mut steps = Vec::new();
    for event in &mined.events {
        for row in &event.rows {
            for (ways, again) in [(&row.from, false), (&row.again, true)] {
                for (from, count) in ways {
                    steps.push(DiscoveredStep {
                        from: from.clone(),
                        kind: event.kind.clone(),
                        to: row.to.clone().unwrap_or_else(|| from.clone()),
                        again,
                        count: *count,
                    });
                }
            }
        }
    }
    let place = |name: &str| mined.states.iter().position(|state| state.name == name);
    steps.sort_by(|one, other| {
        { place(&one.from).cmp(&place(&other.from)) }
            .then_with(|| place(&one.to).cmp(&place(&other.to)))
            .then_with(|| one.kind.cmp(&other.kind))
    });
    steps
}
