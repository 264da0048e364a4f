//! Bodies of events that were chosen rather than drawn: what a sequence of `paths` looks like when
//! it is delivered.

use std::sync::Arc;

use super::{
    SimulateError, Templates,
    cast::{Cast, World},
    dice::mixed,
    post::{Post, PostEvent},
    proof::proven_world,
    story::GAP_MIN,
};
use crate::{
    event::{Delivery, EventKind, Reader},
    lifecycle::{Catalog, KindId, Node},
    time::Timestamp,
};

/// Between the last event of one asset and the first of the next, in nanoseconds.
const BETWEEN: i64 = 1_000_000_000;

/// Writes the bodies of chosen events, asset by asset. Time goes on by the usual dwell of each state.
///
/// ```
/// use mediafold_core::{Catalog, simulate::{Bodies, Templates}, paths::{Cover, paths}};
///
/// let catalog = Catalog::builtin();
/// let media = catalog.lifecycle("fastpix/media").expect("it is built in");
/// let start = "2026-01-01T00:00:00Z".parse()?;
/// let mut bodies = Bodies::new(catalog, &Templates::with(&[])?, "fastpix/media", 7, start)?;
/// for sequence in paths(media, Cover::States)?.sequences {
///     bodies.next_asset();
///     for step in sequence.moves {
///         let body: Vec<u8> = bodies.body(step.kind, step.to)?;
///         assert!(body.starts_with(br#"{"type":"video."#));
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Bodies<'c> {
    world: Arc<World<'c>>,
    reader: Reader<'c>,
    cast: usize,
    seed: u64,
    clock: i64,
    /// How many subjects there were.
    begun: u64,
    asset: Subject,
    /// Assets of other entities to which some of the events happen as well.
    company: Vec<Subject>,
}

/// An asset that bodies are about.
#[derive(Clone, Debug)]
struct Subject {
    cast: usize,
    id: Box<str>,
    seed: u64,
    born: i64,
    parent: Option<Box<str>>,
    node: Node,
    events: u32,
}

impl<'c> Bodies<'c> {
    /// Bodies of events of this entity; the first asset begins at `start`. The same arguments and events give the
    /// same bytes.
    ///
    /// # Errors
    /// An entity that the catalog does not have, or a template that says something else than its event.
    pub fn new(
        catalog: &'c Catalog,
        templates: &Templates,
        entity: &str,
        seed: u64,
        start: Timestamp,
    ) -> Result<Self, SimulateError> {
        let world = proven_world(catalog, templates, &[entity.to_owned()])?;
        let cast = world.casts.iter().position(|cast| *cast.entity == *entity);
        let cast = cast.ok_or_else(|| SimulateError::unknown(catalog, entity))?;
        let mut bodies = Self {
            reader: Reader::new(catalog).with_provider(world.casts[cast].provider),
            seed,
            clock: start.as_nanos(),
            begun: 0,
            asset: Subject {
                cast,
                id: Box::default(),
                seed: 0,
                born: 0,
                parent: None,
                node: Node::NEW,
                events: 0,
            },
            company: Vec::new(),
            cast,
            world,
        };
        bodies.asset = bodies.subject(cast, None);
        Ok(bodies)
    }

    /// What follows happens to another asset.
    pub fn next_asset(&mut self) {
        if self.asset.events > 0 {
            self.clock += BETWEEN;
            self.asset = self.subject(self.cast, None);
            self.company.clear();
        }
    }

    fn subject(&mut self, cast: usize, parent: Option<Box<str>>) -> Subject {
        self.begun += 1;
        let seed = mixed(self.seed, self.begun);
        let above = self.world.casts[cast].parent;
        let parent = parent.or_else(|| Some(self.world.new_id(above?, mixed(seed, 2))));
        let id = self.world.new_id(cast, seed);
        Subject { cast, id, seed, born: self.clock, parent, node: Node::NEW, events: 0 }
    }

    /// The body of an event of this kind that brings the asset to this node; where a body does not say everything, the
    /// record of its delivery.
    ///
    /// # Errors
    /// A body that is not read as that event.
    pub fn body(&mut self, kind: KindId, to: Node) -> Result<Vec<u8>, SimulateError> {
        let dwell = &self.world.casts[self.cast].dwell;
        let lifecycle = self.world.casts[self.cast].lifecycle;
        let seconds = dwell[lifecycle.state_index(self.asset.node)];
        self.clock += match self.asset.events {
            0 => GAP_MIN,
            _ => GAP_MIN + (seconds * 1e9) as i64,
        };
        let world = Arc::clone(&self.world);
        let saying = &world.casts[self.cast].kinds[usize::from(kind.0)];
        let mut about = (self.asset.clone(), kind, to);
        for (cast, other) in &saying.others {
            let subject = self.companion(*cast, *other);
            let next = world.casts[*cast].lifecycle.rule(subject.node, *other).next;
            subject.node = next;
            subject.events += 1;
            if saying.owner == *cast {
                about = (subject.clone(), *other, next);
            }
        }
        self.asset.node = to;
        self.asset.events += 1;
        let (subject, own_kind, after) = about;
        let seed = mixed(subject.seed, 16 + u64::from(self.asset.events));
        let Cast { lifecycle, .. } = &self.world.casts[subject.cast];
        let state = lifecycle.state(after);
        let post = Post {
            simulation_seed: self.seed,
            arrival: self.clock,
            broken: None,
            events: vec![PostEvent {
                cast: subject.cast,
                asset_seed: subject.seed,
                born: subject.born,
                kind: own_kind,
                after,
                at: self.clock,
                word: world.casts[subject.cast].word(own_kind, after, seed),
                percent: if state.rest || state.end { 100 } else { 0 },
                sequence: subject.events,
                seed,
                attempt: 1,
                id: subject.id,
                parent: subject.parent,
            }],
            world,
        };
        let body = post.line(1);
        self.prove(kind, &body)?;
        Ok(body)
    }

    /// The asset of another entity to which such an event happens too: the known one if the event is legal there.
    fn companion(&mut self, cast: usize, kind: KindId) -> &mut Subject {
        let Cast { parent, choices, .. } = &self.world.casts[cast];
        let legal =
            |node: Node| choices[usize::from(node.0)].iter().any(|other| other.kind == kind);
        let is_child = *parent == Some(self.cast);
        let is_parent = self.world.casts[self.cast].parent == Some(cast);
        let known = self.company.iter().position(|one| one.cast == cast);
        let known = known.filter(|at| !is_child || legal(self.company[*at].node));
        let at = known.unwrap_or_else(|| {
            let above = is_child.then(|| self.asset.id.clone());
            let mut subject = self.subject(cast, above);
            if is_parent {
                subject.id = self.asset.parent.clone().unwrap_or(subject.id);
            } else if !is_child {
                subject.id = self.asset.id.clone();
            }
            self.company.retain(|one| one.cast != cast);
            self.company.push(subject);
            self.company.len() - 1
        });
        &mut self.company[at]
    }

    /// A body that says something else than the event would test nothing.
    fn prove(&self, kind: KindId, body: &[u8]) -> Result<(), SimulateError> {
        let lifecycle = self.world.casts[self.cast].lifecycle;
        let reading = self.reader.read(&Delivery::new(body, 1));
        let own = reading.events.iter().find(|placed| {
            placed.lifecycle.entity() == lifecycle.entity() && *placed.asset == *self.asset.id
        });
        if own.is_some_and(|placed| placed.event.kind == EventKind::Known(kind)) {
            return Ok(());
        }
        let reason = match (reading.errors.first(), own) {
            (Some(error), _) => error.to_string(),
            (None, Some(_)) => "it is another kind".to_owned(),
            (None, None) => "it is not of that asset".to_owned(),
        };
        let (entity, kind) = (lifecycle.entity().to_owned(), lifecycle.kind_name(kind).to_owned());
        Err(SimulateError::Unreadable { entity, kind, reason })
    }
}
