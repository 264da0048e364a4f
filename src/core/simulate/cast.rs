//! Who may act: for each entity what may follow in each node, how likely that is, and how it is said.

use std::sync::Arc;

use super::{
    SimulateError,
    delivery::{EventText, Wrapping, is_timed},
    minimal,
    script::{Script, Templates},
    template::Template,
};
use crate::{
    fold::Code,
    lifecycle::{Catalog, KindId, Lifecycle, Node, Order, Provider, Step},
};

/// What a state's time is taken to be where nothing says it, in seconds.
const DWELL_DEFAULT: f64 = 30.0;
/// How far below the longest normal time the usual time lies.
const DWELL_SHARE: f64 = 1.0 / 8.0;

/// Everybody who may appear.
#[derive(Debug)]
pub(super) struct World<'c> {
    pub(super) catalog: &'c Catalog,
    pub(super) casts: Vec<Cast<'c>>,
    pub(super) templates: Vec<EventText>,
    /// With the provider and how it was come by: payloads of one go into one delivery.
    pub(super) wrappings: Vec<Wrapping>,
    wrapped: Vec<(String, Origin)>,
    /// Casts whose assets begin stories.
    pub(super) roots: Vec<usize>,
}

/// Where the wrapping of a payload is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// There is none: a template is the whole body.
    Nowhere,
    /// The provider's templates.
    Written,
    /// The envelope; whether an event has its delivery to itself.
    Derived(bool),
}

/// One entity.
#[derive(Debug)]
pub(super) struct Cast<'c> {
    pub(super) lifecycle: &'c Lifecycle,
    pub(super) provider: &'c Provider,
    pub(super) entity: Arc<str>,
    pub(super) id: Template,
    pub(super) parent: Option<usize>,
    /// By node.
    pub(super) choices: Vec<Vec<LegalStep>>,
    /// By node: kinds of this entity alone that are illegal there, and the finding of each.
    pub(super) wrong: Vec<Vec<(KindId, &'static str)>>,
    /// By node: the fewest moves to where nothing more need happen.
    pub(super) to_rest: Vec<u32>,
    /// By state, in seconds.
    pub(super) dwell: Vec<f64>,
    /// By state.
    words: Vec<Vec<Arc<str>>>,
    /// By kind.
    pub(super) kinds: Vec<Saying>,
}

/// A legal step.
#[derive(Clone, Copy, Debug)]
pub(super) struct LegalStep {
    pub(super) kind: KindId,
    pub(super) next: Node,
    pub(super) weight: f64,
    pub(super) stays: bool,
}

/// How an event kind is said.
#[derive(Clone, Debug)]
pub(super) struct Saying {
    pub(super) template: usize,
    /// The cast whose asset the template is about.
    pub(super) owner: usize,
    /// What the same delivery is to other entities.
    pub(super) others: Vec<(usize, KindId)>,
    pub(super) needs_parent: bool,
}

impl<'c> World<'c> {
    /// All entities that these names take; `proof` has yet to read its templates back.
    pub(super) fn new(
        catalog: &'c Catalog,
        templates: &Templates,
        names: &[String],
    ) -> Result<Self, SimulateError> {
        let asked = asked(catalog, names)?;
        let mut world = Self {
            catalog,
            casts: Vec::new(),
            templates: Vec::new(),
            wrappings: Vec::new(),
            wrapped: Vec::new(),
            roots: Vec::new(),
        };
        let taken = with_their_company(catalog, &asked);
        for index in &taken {
            world.casts.push(Cast::new(catalog, *index, &taken, templates)?);
        }
        for cast in 0..world.casts.len() {
            world.casts[cast].kinds = world.sayings(cast, &taken, templates)?;
        }
        for cast in 0..world.casts.len() {
            let (choices, wrong) = world.steps(cast, templates.of(&world.casts[cast].entity));
            let cast = &mut world.casts[cast];
            cast.to_rest = moves_to_rest(cast.lifecycle, &choices);
            (cast.choices, cast.wrong) = (choices, wrong);
        }
        for index in &asked {
            world.add_root(taken.iter().position(|taken| taken == index))?;
        }
        Ok(world)
    }

    /// How an event of this kind is said.
    pub(super) fn text_of(&self, cast: usize, kind: KindId) -> &EventText {
        &self.templates[self.casts[cast].kinds[usize::from(kind.0)].template]
    }

    /// An asset of this cast begins stories, or one of its parent does.
    fn add_root(&mut self, cast: Option<usize>) -> Result<(), SimulateError> {
        let Some(cast) = cast else { return Ok(()) };
        let begins = |choice: &LegalStep| {
            let saying = &self.casts[cast].kinds[usize::from(choice.kind.0)];
            !saying.needs_parent && saying.others.is_empty()
        };
        if self.casts[cast].choices[0].iter().any(begins) {
            if !self.roots.contains(&cast) {
                self.roots.push(cast);
            }
            return Ok(());
        }
        let above = self.casts[cast].parent.filter(|parent| *parent != cast);
        let entity = &self.casts[cast].entity;
        let none = || SimulateError::NeverBegins { entity: entity.to_string() };
        self.add_root(Some(above.ok_or_else(none)?))
    }

    /// How each kind of a cast is said; kinds of several entities in one way for all of them.
    fn sayings(
        &mut self,
        cast: usize,
        taken: &[usize],
        templates: &Templates,
    ) -> Result<Vec<Saying>, SimulateError> {
        let (lifecycle, provider) = (self.casts[cast].lifecycle, self.casts[cast].provider);
        let mut sayings = Vec::new();
        for at in 0..lifecycle.table_size().1 {
            let kind = KindId(at as u16);
            let name = lifecycle.kind_name(kind);
            let of = |index: &usize| taken.iter().position(|taken| taken == index);
            let meanings: Vec<(usize, KindId)> = provider
                .meanings(name)
                .iter()
                .filter_map(|(index, kind)| Some((of(index)?, *kind)))
                .collect();
            let script = |cast: usize| templates.of(&self.casts[cast].entity);
            let written = |(cast, _): &&(usize, KindId)| {
                script(*cast).is_some_and(|script| script.body(name).is_some())
            };
            let child = |(cast, _): &&(usize, KindId)| {
                let parent = self.casts[*cast].parent;
                meanings.iter().any(|(other, _)| Some(*other) == parent)
            };
            let by_child = meanings.iter().filter(written).find(child);
            let owner = by_child
                .or_else(|| meanings.iter().find(written))
                .or_else(|| meanings.iter().find(child));
            let owner = owner.map_or(cast, |(owner, _)| *owner);
            let own_kind = meanings.iter().find(|(other, _)| *other == owner);
            let own_kind = own_kind.map_or(kind, |(_, kind)| *kind);
            let own_kind = if owner == cast { kind } else { own_kind };
            let template = self.template(owner, own_kind, &meanings, templates)?;
            self.templates.push(template);
            sayings.push(Saying {
                template: self.templates.len() - 1,
                owner,
                others: meanings.iter().copied().filter(|(other, _)| *other != cast).collect(),
                needs_parent: owner == cast
                    && self.templates.last().is_some_and(|text| text.payload.uses_parent),
            });
        }
        Ok(sayings)
    }

    fn template(
        &mut self,
        owner: usize,
        kind: KindId,
        meanings: &[(usize, KindId)],
        templates: &Templates,
    ) -> Result<EventText, SimulateError> {
        let Cast { lifecycle, provider, .. } = self.casts[owner];
        let own = templates.of(lifecycle.entity());
        let shared = templates.of(provider.name());
        let delivery = shared.and_then(|script| script.delivery.as_ref());
        let part = |name: &str| {
            let parts = [own, shared].into_iter().flatten();
            parts.filter_map(|script| script.parts.get(name)).next().cloned()
        };
        let condition = lifecycle.condition_of(kind);
        let others = meanings.iter().filter(|(other, _)| *other != owner);
        let others = others.map(|(other, kind)| {
            let Cast { lifecycle, parent, .. } = &self.casts[*other];
            let same = *parent == Some(owner) || self.casts[owner].parent != Some(*other);
            (*lifecycle, *kind, same)
        });
        let mut least = minimal::text(provider, lifecycle, kind, others);
        [Some(&provider.when), condition].into_iter().flatten().for_each(|own| least.meet(own));
        let (headers, query) = match delivery {
            Some(delivery) => (&delivery.headers, &delivery.query),
            None => (&least.headers, &least.query),
        };
        let written =
            own.and_then(|script| Some((script, script.body(lifecycle.kind_name(kind))?)));
        let refused = |reason: String| match (written.as_ref(), shared) {
            (Some((script, _)), _) => script.refused(reason),
            (None, Some(shared)) if delivery.is_some() => shared.refused(reason),
            _ => SimulateError::Unreadable {
                entity: lifecycle.entity().to_owned(),
                kind: lifecycle.kind_name(kind).to_owned(),
                reason,
            },
        };
        let origin = match (delivery, &written) {
            (Some(delivery), _) if !delivery.wrap.is_empty() => Origin::Written,
            (_, Some(_)) => Origin::Nowhere,
            (_, None) => Origin::Derived(!headers.is_empty() || !query.is_empty()),
        };
        let made = match (origin, delivery) {
            (Origin::Written, Some(delivery)) => Wrapping::written(delivery, provider, &part),
            (Origin::Derived(alone), _) => Ok(Wrapping::derived(provider, alone)),
            _ => Ok(Wrapping::none()),
        };
        let made = made.map_err(&refused)?;
        let payload = match &written {
            Some((_, body)) => minimal::met(body, condition).into_owned(),
            None => least.payload(),
        };
        let payload = Template::compile(&payload, provider.form && made.is_none(), &part);
        let text = EventText {
            payload: payload.map_err(&refused)?,
            is_recorded: made.is_list || provider.takes_receipt() && !is_timed(provider),
            ..EventText::default()
        };
        let text = text.around(headers, query).map_err(&refused)?;
        let name = (provider.name().to_owned(), origin);
        let known = self.wrapped.iter().position(|own| *own == name);
        let wrapping = known.unwrap_or_else(|| {
            self.wrapped.push(name);
            self.wrappings.push(made);
            self.wrappings.len() - 1
        });
        Ok(EventText { wrapping, ..text })
    }

    /// What is legal in each node, and what is not.
    #[expect(clippy::type_complexity, reason = "two tables of the same rows")]
    fn steps(
        &self,
        cast: usize,
        script: Option<&Script>,
    ) -> (Vec<Vec<LegalStep>>, Vec<Vec<(KindId, &'static str)>>) {
        let Cast { lifecycle, kinds, .. } = &self.casts[cast];
        let (nodes, _) = lifecycle.table_size();
        let state = |node: Node| lifecycle.state_index(node);
        let (mut choices, mut wrong) = (vec![Vec::new(); nodes], vec![Vec::new(); nodes]);
        for node in (0..nodes).map(|node| Node(node as u16)) {
            for (at, saying) in kinds.iter().enumerate() {
                let kind = KindId(at as u16);
                let about = lifecycle.kind_of(kind);
                let ruling = lifecycle.rule(node, kind);
                let decided = !about.status.is_empty();
                match ruling.step {
                    // A word that decides is a word of one entity.
                    _ if decided && !saying.others.is_empty() => {}
                    // It says another state than the asset is in.
                    _ if lifecycle.says(kind).is_some_and(|says| says != state(ruling.next)) => {}
                    Step::Moved | Step::Stayed => choices[usize::from(node.0)].push(LegalStep {
                        kind,
                        next: ruling.next,
                        weight: 0.0,
                        stays: ruling.next == node,
                    }),
                    Step::Backward | Step::RetriesExhausted | Step::AfterEnd | Step::Illegal
                        if node != Node::NEW && saying.others.is_empty() && !decided =>
                    {
                        if let Some(code) = Code::of_step(Some(ruling.step)) {
                            wrong[usize::from(node.0)].push((kind, code.name()));
                        }
                    }
                    _ => {}
                }
            }
            weigh(lifecycle, node, &mut choices[usize::from(node.0)], script);
        }
        (choices, wrong)
    }
}

impl<'c> Cast<'c> {
    fn new(
        catalog: &'c Catalog,
        index: usize,
        taken: &[usize],
        templates: &Templates,
    ) -> Result<Self, SimulateError> {
        let lifecycle = catalog.at(index);
        let script = templates.of(lifecycle.entity());
        let unusable = || SimulateError::NoTime { entity: lifecycle.entity().to_owned() };
        let provider = catalog.provider(lifecycle.provider()).ok_or_else(unusable)?;
        if lifecycle.order() == Order::Time && provider.time.is_empty() {
            return Err(unusable());
        }
        let parts = lifecycle.id_of(None).first().map_or(1, |at| at.spots().len());
        let usual = || ["${uuid}"].into_iter().chain(vec!["${hex:8}"; parts - 1]);
        let id = script.and_then(|script| script.id.clone());
        let id = id.unwrap_or_else(|| usual().collect::<Vec<_>>().join("/"));
        let id = Template::compile_string(&id).map_err(|reason| match script {
            Some(script) => script.refused(reason),
            None => unusable(),
        })?;
        let parent = lifecycle.parent().and_then(|(parent, _)| catalog.index(parent));
        let dwell = lifecycle.states().iter().map(|state| {
            let written = script.and_then(|script| script.dwell.get(&state.name).copied());
            let longest = state.dwell.map(|dwell| dwell.as_secs_f64() * DWELL_SHARE);
            written.or(longest).unwrap_or(DWELL_DEFAULT)
        });
        let mut words = vec![Vec::new(); lifecycle.states().len()];
        for (word, state) in lifecycle.status_words() {
            words[usize::from(state)].push(Arc::from(word));
        }
        Ok(Self {
            lifecycle,
            provider,
            entity: lifecycle.entity().into(),
            id,
            parent: parent.and_then(|parent| taken.iter().position(|taken| *taken == parent)),
            choices: Vec::new(),
            wrong: Vec::new(),
            to_rest: Vec::new(),
            dwell: dwell.collect(),
            words,
            kinds: Vec::new(),
        })
    }

    /// A status word with which a payload of this kind says that the asset is now in this node.
    pub(super) fn word(&self, kind: KindId, next: Node, pick: u64) -> Option<Arc<str>> {
        let about = self.lifecycle.kind_of(kind);
        let state = self.lifecycle.state_index(next);
        if !self.lifecycle.has_statuses() {
            return Some(self.lifecycle.states()[state].name.as_str().into());
        }
        let decides = !about.status.is_empty();
        let fits = |word: &&Arc<str>| {
            !decides || self.lifecycle.kind_with_status(about.branch, word) == kind
        };
        let said: Vec<_> = self.words[state].iter().filter(fits).collect();
        let at = (pick % said.len().max(1) as u64) as usize;
        said.get(at).map(|word| Arc::clone(word))
    }
}

/// The entities of these names, as indexes into the catalog's lifecycles.
fn asked(catalog: &Catalog, names: &[String]) -> Result<Vec<usize>, SimulateError> {
    let mut asked = Vec::new();
    for name in names {
        match (catalog.index(name), catalog.provider(name)) {
            (Some(index), _) => asked.push(index),
            (None, Some(provider)) => asked.extend(&provider.entities),
            (None, None) => return Err(SimulateError::unknown(catalog, name)),
        }
    }
    asked.sort_unstable();
    asked.dedup();
    Ok(asked)
}

/// These entities, those that share deliveries with them, and those that they hang on.
fn with_their_company(catalog: &Catalog, asked: &[usize]) -> Vec<usize> {
    let mut taken: Vec<usize> = Vec::new();
    let mut open = asked.to_vec();
    while let Some(index) = open.pop() {
        if taken.contains(&index) {
            continue;
        }
        taken.push(index);
        let lifecycle = catalog.at(index);
        let Some(provider) = catalog.provider(lifecycle.provider()) else { continue };
        for (_, name) in lifecycle.kinds() {
            open.extend(provider.meanings(name).iter().map(|(index, _)| *index));
        }
        open.extend(lifecycle.parent().and_then(|(parent, _)| catalog.index(parent)));
    }
    taken.sort_unstable();
    taken
}

/// Most assets succeed, and soon: what ends, fails or goes back is rare.
fn weigh(lifecycle: &Lifecycle, node: Node, choices: &mut [LegalStep], script: Option<&Script>) {
    let stays = choices.iter().filter(|choice| choice.stays).count().max(1) as f64;
    let ends = |choice: &LegalStep| lifecycle.state(choice.next).end;
    let goes_on = choices.iter().any(|choice| !choice.stays && !ends(choice));
    for choice in choices {
        let next = lifecycle.state(choice.next);
        let usual = match () {
            () if choice.stays => 0.4 / stays,
            () if next.error => 0.06,
            () if next.end && goes_on => 0.08,
            () if next.rank < lifecycle.state(node).rank => 0.2,
            () => 1.0,
        };
        let name = lifecycle.kind_name(choice.kind);
        let written = script.and_then(|script| script.weight.get(name).copied());
        choice.weight = written.map_or(usual, |weight| match choice.stays {
            true => weight / stays,
            false => weight,
        });
    }
}

fn moves_to_rest(lifecycle: &Lifecycle, choices: &[Vec<LegalStep>]) -> Vec<u32> {
    let rests = |node: usize| {
        let state = lifecycle.state(Node(node as u16));
        state.rest || state.end
    };
    let start = |node| if rests(node) { 0 } else { u32::MAX };
    let mut moves: Vec<u32> = (0..choices.len()).map(start).collect();
    loop {
        let mut changed = false;
        for node in 0..choices.len() {
            let nearest = choices[node].iter().map(|choice| moves[usize::from(choice.next.0)]);
            let through = nearest.min().unwrap_or(u32::MAX).saturating_add(1);
            if through < moves[node] {
                moves[node] = through;
                changed = true;
            }
        }
        if !changed {
            return moves;
        }
    }
}
