//! The stream: deliveries of many stories in the order in which they come, and the truth about them.

use std::{cmp::Reverse, collections::BinaryHeap, sync::Arc, vec};

use super::{
    SimulateError, Templates,
    cast::{Cast, World},
    dice::{Dice, mixed},
    fault::{Break, Coming, Course, FaultKind, Faults, Note, Owed, befall},
    post::{Post, PostEvent},
    proof::proven_world,
    story::{Member, tell},
};
use crate::{
    event::{Delivery, EventError, Reader},
    fold::Code,
    lifecycle::Catalog,
    time::Timestamp,
};
use serde::{Serialize, Serializer, ser::SerializeMap};

/// The usual time from the beginning of one story to that of the next, in seconds.
const BETWEEN: f64 = 0.5;
/// How long an event waits for others that are delivered with it, in nanoseconds.
const WAIT_MAX: i64 = 30_000_000_000;

/// How much there is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scale {
    /// A number of assets.
    Assets(u64),
    /// A number of deliveries at least, duplicates and what is lost not counted; stories that have begun are told to their end.
    Events(u64),
}

/// What is true of a simulation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever reads truths must know all")]
pub enum Truth {
    /// An asset, and where it is in the end.
    Asset {
        /// Its entity.
        entity: Arc<str>,
        /// Its id.
        id: Box<str>,
        /// Its state after all that happened.
        state: String,
        /// Whether that can be told from what was delivered.
        decidable: bool,
    },
    /// Something that went wrong.
    Fault {
        /// What.
        fault: FaultKind,
        /// The number of the delivery, from 1, that shows it; `None` if none does.
        line: Option<u64>,
        /// The number of its payload in that delivery, from 1; `None` where there is but one.
        item: Option<u32>,
        /// The entity of the asset, where a reader can know it.
        entity: Option<Arc<str>>,
        /// Its id, where a reader can know it.
        id: Option<Box<str>>,
        /// The name of the finding that it gives; `None` where nothing can be known of it.
        finding: Option<&'static str>,
    },
}

impl Serialize for Truth {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Asset { entity, id, state, decidable } => {
                map.serialize_entry("asset", &true)?;
                map.serialize_entry("entity", &**entity)?;
                map.serialize_entry("id", id)?;
                map.serialize_entry("state", state)?;
                if !decidable {
                    map.serialize_entry("decidable", &false)?;
                }
            }
            Self::Fault { fault, line, item, entity, id, finding } => {
                map.serialize_entry("fault", fault)?;
                map.serialize_entry("line", line)?;
                if item.is_some() {
                    map.serialize_entry("item", item)?;
                }
                map.serialize_entry("entity", &entity.as_deref())?;
                map.serialize_entry("id", id)?;
                map.serialize_entry("finding", finding)?;
            }
        }
        map.end()
    }
}

/// Test traffic in progress: the deliveries of many assets in the order in which they come.
///
/// ```
/// use mediafold_core::{Catalog, simulate::{Faults, Scale, Simulation, Templates}};
///
/// let start = "2026-01-01T00:00:00Z".parse()?;
/// let templates = Templates::with(&[])?;
/// let names = ["vms".to_owned()];
/// let mut simulation =
///     Simulation::new(Catalog::builtin(), &templates, &names, Scale::Assets(1), 7, start, Faults::default())?;
/// let first = simulation.next_delivery().expect("an asset has events");
/// assert!(first.ends_with(br#""ContentStatus":"CREATED"}"#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Simulation<'c> {
    world: Arc<World<'c>>,
    faults: Faults,
    seed: u64,
    left: Scale,
    dice: Dice,
    /// How many events come together is left to chance of its own.
    batches: Dice,
    owed: Owed,
    next_start: i64,
    families: Vec<Option<Running>>,
    free: Vec<usize>,
    /// The next delivery of each family: when it comes, the order of families, and where the family is.
    queue: BinaryHeap<Reverse<(i64, u64, usize)>>,
    begun: u64,
    line: u64,
    body: Vec<u8>,
    truths: Vec<Truth>,
}

#[derive(Debug)]
struct Running {
    number: u64,
    members: Vec<Member>,
    coming: vec::IntoIter<Coming>,
    decidable: Vec<bool>,
}

impl<'c> Simulation<'c> {
    /// Traffic of these providers or entities. The same arguments give the same bytes.
    ///
    /// # Errors
    /// A name that the catalog does not have, a template that says something else than its event, or an entity of
    /// which no stream can be true.
    pub fn new(
        catalog: &'c Catalog,
        templates: &Templates,
        names: &[String],
        scale: Scale,
        seed: u64,
        start: Timestamp,
        faults: Faults,
    ) -> Result<Self, SimulateError> {
        Ok(Self {
            world: proven_world(catalog, templates, names)?,
            faults,
            seed,
            left: scale,
            dice: Dice::new(seed),
            batches: Dice::new(mixed(seed, u64::MAX)),
            owed: Owed::default(),
            next_start: start.as_nanos(),
            families: Vec::new(),
            free: Vec::new(),
            queue: BinaryHeap::new(),
            begun: 0,
            line: 0,
            body: Vec::new(),
            truths: Vec::new(),
        })
    }

    /// The next delivery as it stands in a file: its body, or a record where a body does not say everything; `None`
    /// after the last.
    pub fn next_delivery(&mut self) -> Option<&[u8]> {
        let post = self.next_post()?;
        self.body = post.line(post.attempt());
        Some(&self.body)
    }

    /// The next delivery, to be attempted any number of times; `None` after the last.
    pub fn next_post(&mut self) -> Option<Post<'c>> {
        let slot = self.next_family()?;
        self.line += 1;
        let noted = self.truths.len();
        let mut post = self.take(slot, 1)?;
        let wrapping = self.wrapping_of(&post.events[0]);
        let most = self.world.wrappings[wrapping].batch;
        if most > 1 && post.broken.is_none() {
            let size = self.batches.index(most) + 1;
            while post.events.len() < size {
                let Some(slot) = self.next_family().filter(|slot| self.fits(*slot, wrapping))
                else {
                    break;
                };
                let Some(more) = self.take(slot, post.events.len() as u32 + 1) else { break };
                post.arrival = more.arrival;
                post.events.extend(more.events);
            }
        }
        let finding = self.without_kind(&post);
        for truth in &mut self.truths[noted..] {
            if let Truth::Fault { item, finding: own, .. } = truth {
                *item = item.filter(|_| post.events.len() > 1);
                *own = finding.or(*own);
            }
        }
        Some(post)
    }

    /// The finding of a delivery without its event kind, where it looks like another provider's: what stands where that
    /// has its kinds is named then.
    fn without_kind(&self, post: &Post<'c>) -> Option<&'static str> {
        post.broken.filter(|broken| *broken == Break::NoKind)?;
        let reader = Reader::new(self.world.catalog);
        let reading = reader.read(&Delivery::new(&post.line(post.events[0].attempt), 0));
        let is_named = |error: &EventError| matches!(error, EventError::Unrecognised { .. });
        reading.errors.iter().any(is_named).then_some(Code::UnknownProvider.name())
    }

    /// The family that has the next event, once every story has begun that does so before.
    fn next_family(&mut self) -> Option<usize> {
        while self.goes_on()
            && self.queue.peek().is_none_or(|Reverse((arrival, ..))| *arrival >= self.next_start)
        {
            self.begin();
        }
        self.queue.peek().map(|Reverse((_, _, slot))| *slot)
    }

    /// The next event of the family that is first in the queue, and what is true of it.
    fn take(&mut self, slot: usize, item: u32) -> Option<Post<'c>> {
        self.queue.pop();
        let mut family = self.families[slot].take()?;
        let coming = family.coming.next()?;
        let post = self.post(&family, coming, item);
        match family.coming.as_slice().first() {
            Some(next) => {
                self.queue.push(Reverse((next.arrival, family.number, slot)));
                self.families[slot] = Some(family);
            }
            None => {
                self.free.push(slot);
                self.end(family);
            }
        }
        Some(post)
    }

    fn wrapping_of(&self, event: &PostEvent) -> usize {
        self.world.text_of(event.cast, event.kind).wrapping
    }

    /// Whether the next event of a family may be delivered with others of this wrapping.
    fn fits(&self, slot: usize, wrapping: usize) -> bool {
        let next = self.families[slot].as_ref();
        next.is_some_and(|family| {
            let coming = family.coming.as_slice().first();
            coming.is_some_and(|next| self.batch_of(&family.members, next) == Some(wrapping))
        })
    }

    /// The wrapping of an event that may come with others.
    fn batch_of(&self, members: &[Member], coming: &Coming) -> Option<usize> {
        let cast = members[coming.beat.owner].cast;
        let wrapping = self.world.text_of(cast, coming.beat.kind).wrapping;
        let alone = coming.broken.is_some() || self.world.wrappings[wrapping].batch == 1;
        (!alone).then_some(wrapping)
    }

    /// Lets events of a family wait now and then for the one after, so that one delivery tells of an asset twice.
    fn gather(&mut self, members: &[Member], coming: &mut [Coming]) {
        for at in (1..coming.len()).rev() {
            let [before, own] = [at - 1, at].map(|at| self.batch_of(members, &coming[at]));
            let arrival = coming[at].arrival;
            let near = arrival.saturating_sub(coming[at - 1].arrival) < WAIT_MAX;
            if before.is_some() && before == own && near && self.batches.chance(0.4) {
                coming[at - 1].arrival = arrival;
            }
        }
    }

    /// What became known to be true since this was last asked.
    pub fn truths(&mut self) -> vec::Drain<'_, Truth> {
        self.truths.drain(..)
    }

    fn goes_on(&self) -> bool {
        !matches!(self.left, Scale::Assets(0) | Scale::Events(0))
    }

    /// Begins a story.
    fn begin(&mut self) {
        let mut dice = Dice::new(mixed(self.seed, self.begun + 1));
        let root = self.world.roots[self.dice.index(self.world.roots.len())];
        let budget = match self.left {
            Scale::Assets(left) => left,
            Scale::Events(_) => u64::MAX,
        };
        let mut family = tell(&self.world, root, self.next_start, budget, &mut dice);
        let (assets, events) = (family.members.len() as u64, family.steps.len() as u64);
        self.left = match self.left {
            Scale::Assets(left) => Scale::Assets(left.saturating_sub(assets)),
            Scale::Events(left) => Scale::Events(left.saturating_sub(events.max(1))),
        };
        let course = befall(&self.world, &mut family, &self.faults, &mut self.owed, &mut dice);
        let Course { mut coming, unseen, decidable } = course;
        self.gather(&family.members, &mut coming);
        let number = self.begun;
        self.begun += 1;
        self.next_start += (self.dice.about(BETWEEN, 0.5) * 1e9) as i64;
        let family =
            Running { number, members: family.members, coming: coming.into_iter(), decidable };
        for note in &unseen {
            let truth = self.fault(&family, note, None, None, None);
            self.truths.push(truth);
        }
        match family.coming.as_slice().first().map(|first| first.arrival) {
            None => self.end(family),
            Some(arrival) => {
                let slot = self.free.pop().unwrap_or_else(|| {
                    self.families.push(None);
                    self.families.len() - 1
                });
                self.families[slot] = Some(family);
                self.queue.push(Reverse((arrival, number, slot)));
            }
        }
    }

    fn end(&mut self, family: Running) {
        for (member, decidable) in family.members.into_iter().zip(family.decidable) {
            let Cast { lifecycle, entity, .. } = &self.world.casts[member.cast];
            let state = lifecycle.state(member.node).name.clone();
            self.truths.push(Truth::Asset {
                entity: Arc::clone(entity),
                id: member.id,
                state,
                decidable,
            });
        }
    }

    fn fault(
        &self,
        family: &Running,
        note: &Note,
        line: Option<u64>,
        item: Option<u32>,
        nameless: Option<usize>,
    ) -> Truth {
        let entity = |cast: usize| Arc::clone(&self.world.casts[cast].entity);
        let member = note.member.map(|member| &family.members[member]);
        Truth::Fault {
            fault: note.fault,
            line,
            item,
            entity: member.map(|member| member.cast).or(nameless).map(entity),
            id: member.map(|member| member.id.clone()),
            finding: note.finding,
        }
    }

    /// The delivery of one event, once what is true of it is noted.
    fn post(&mut self, family: &Running, coming: Coming, item: u32) -> Post<'c> {
        let Coming { arrival, beat, attempt, broken, notes } = coming;
        let member = &family.members[beat.owner];
        let nameless = (broken == Some(Break::NoId)).then_some(member.cast);
        for note in &notes {
            let truth = self.fault(family, note, Some(self.line), Some(item), nameless);
            self.truths.push(truth);
        }
        let actor = beat.actors.iter().find(|actor| actor.member == beat.owner);
        let event = PostEvent {
            cast: member.cast,
            id: member.id.clone(),
            asset_seed: member.seed,
            born: member.born,
            parent: member.parent.map(|parent| family.members[parent].id.clone()),
            kind: beat.kind,
            after: actor.map_or(member.node, |actor| actor.after),
            at: beat.at,
            word: beat.word,
            percent: beat.percent,
            sequence: beat.sequence,
            seed: beat.seed,
            attempt,
        };
        Post {
            world: Arc::clone(&self.world),
            simulation_seed: self.seed,
            events: vec![event],
            arrival,
            broken,
        }
    }
}
