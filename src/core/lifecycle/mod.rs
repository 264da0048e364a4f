//! Lifecycles: what a provider's events may do to one kind of asset.
//!
//! A lifecycle is compiled once from a definition (TOML, see `docs/definitions.md`) into a table of
//! `state × retries` by event kind, so that the fold is one look-up per event.
//!
//! - [`definition`](self) reads the text, `compile` checks it and reports every problem at once,
//!   `table` decides every (state, event kind) pair, `graph` answers questions about ways through it.
//! - [`Catalog`] holds the built-in providers, with a user's own laid over them.
//!
//! Nothing here reads files, knows the time or sees a payload's meaning.

mod across;
mod assemble;
mod catalog;
mod compile;
mod compiler;
pub(crate) mod condition;
mod definition;
mod described;
mod graph;
mod lint;
mod meaning;
mod pattern;
mod pieces;
mod places;
mod pointer;
mod probe;
mod problem;
mod provider;
mod reader;
mod rows;
mod scheme;
mod signing;
mod spelling;
mod spot;
mod stars;
mod table;
#[cfg(any(feature = "terse", test))]
mod terse;
mod words;

use std::{sync::Arc, time::Duration};

#[cfg(feature = "signature")]
pub(crate) use self::scheme::{Hash, KeyEncoding, Part, Signed, split};
pub use self::{
    catalog::Catalog,
    described::Described,
    meaning::Meaning,
    pointer::Pointer,
    probe::{Answer, AnswerPiece, AnswerTemplate, Probe},
    problem::{DefinitionError, DefinitionFile, Problem, ProblemKind},
    provider::Provider,
    scheme::{Hmac, Jwt, Misfit, Scheme},
    spelling::closest,
    spot::Spot,
    table::{Ruling, Step},
};
pub(crate) use self::{
    condition::{Condition, Scalar, SpotValue, Test},
    meaning::Identity,
    spot::{Locator, joined_id},
    table::NO_ROW,
    words::StatusWord,
};
use self::{
    graph::{GraphRoute, NodeGraph},
    pattern::Pattern,
    spelling::NameIndex,
};

/// The name of the one reserved state: nothing heard yet.
pub const NEW: &str = "new";

/// The compiled lifecycle of one entity, such as `fastpix/media`.
#[derive(Debug)]
pub struct Lifecycle {
    identity: Arc<Identity>,
    title: String,
    source: Option<String>,
    definition: Box<str>,
    order: Order,
    id: Vec<Locator>,
    parent: Option<(Arc<str>, Vec<Locator>)>,
    status: Vec<Pointer>,
    prefix: Vec<String>,
    data: Vec<DataField>,
    states: Vec<State>,
    flags: Vec<Flag>,
    kinds: Vec<Kind>,
    named: NameIndex<KindId>,
    /// The longer before the shorter.
    patterns: Vec<(Pattern, KindId)>,
    statuses: NameIndex<u16>,
    retries: Option<Retries>,
    transitions: Vec<Transition>,
    rows: Vec<FlagRow>,
    /// A row for each kind, with a cell for each node.
    table: Vec<Ruling>,
    nodes: usize,
    graph: NodeGraph,
}

/// What orders the events of one asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "what orders events is the one or the other")]
pub enum Order {
    /// The time that the provider says they happened at.
    Time,
    /// The order in which they came: the provider sends no time.
    Arrival,
}

/// A node of a lifecycle.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct State {
    /// Its name, such as `ready`.
    pub name: String,
    /// A sentence for people; may be empty.
    pub summary: String,
    /// Nothing more need happen.
    pub rest: bool,
    /// Nothing more may happen.
    pub end: bool,
    /// Something went wrong.
    pub error: bool,
    /// The longest time that is normal here.
    pub dwell: Option<Duration>,
    /// The place in an order in which every forward transition leads on; `new` is 0.
    pub rank: u16,
}

/// A yes/no beside the state, set and cleared by events.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Flag {
    /// Its name, such as `recording`.
    pub name: String,
    /// A sentence for people; may be empty.
    pub summary: String,
}

/// The one counter a lifecycle may have: how often an asset may be tried again.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Retries {
    /// Index of the state that an `again` transition leaves by using one retry.
    pub from: usize,
    /// How many there are.
    pub limit: u8,
    /// Index of the state that is legal only with none left.
    pub then: usize,
    /// Indexes of the states that give all of them back.
    pub renewed_by: Vec<usize>,
}

/// An allowed step, between states; retries aside.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Transition {
    /// Index of the state it leaves.
    pub from: usize,
    /// The event kind; where a status word decides, the kind with this word.
    pub kind: KindId,
    /// Index of the state it leads to; the same for one that stays.
    pub to: usize,
    /// It goes back: a retry, a reconnect, a next session.
    pub again: bool,
    row: u16,
}

/// A state together with the retries used: what the table is indexed by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(pub(crate) u16);

impl Node {
    /// Nothing heard yet.
    pub const NEW: Self = Self(0);
}

/// An event kind of one lifecycle, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KindId(pub(crate) u16);

/// A member of a payload that is kept with the asset.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DataField {
    /// Its name in what is printed.
    pub name: String,
    pub(crate) at: Vec<Pointer>,
    /// Not empty: the value is a list whose items are matched by these members.
    pub(crate) key: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Kind {
    pub(crate) name: Arc<str>,
    /// The name, and beside it the status word for which the kind is.
    pub(crate) label: Arc<str>,
    /// One of the status words for which the kind is.
    pub(crate) word: Option<Box<str>>,
    /// Its name has `*` in it, and events keep their own.
    pub(crate) is_pattern: bool,
    /// What must hold of its payloads, for people.
    pub(crate) when: Option<Box<str>>,
    /// The payload speaks of something else than the asset.
    pub(crate) foreign: bool,
    pub(crate) id: Vec<Locator>,
    /// The state that the status word means for which the kind is.
    pub(crate) says: Option<u16>,
    /// The pointers to a word that decides the target, and the kinds that it decides between.
    pub(crate) status: Vec<Pointer>,
    pub(crate) variants: Vec<(u16, KindId)>,
    /// The kinds among which the payload decides: the first whose condition holds, or else this one.
    pub(crate) branches: Vec<(Condition, KindId)>,
    /// The states that it leads to, by rank.
    pub(crate) targets: Vec<u16>,
    /// Where it stands among events of the same time: rank, and staying after moving.
    pub(crate) place: (u16, bool),
    /// The kind as its definition has it; for a variant the kind that it is one of.
    pub(crate) base: KindId,
    /// The kind without a status word, of the same payloads.
    pub(crate) branch: KindId,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FlagRow {
    pub(crate) set: u64,
    pub(crate) clear: u64,
}

impl Lifecycle {
    /// A built-in lifecycle by its entity, such as `vms/content`.
    ///
    /// ```
    /// let media = mediafold_core::Lifecycle::builtin("fastpix/media").expect("built in");
    /// assert_eq!(media.states()[0].name, "new");
    /// assert!(mediafold_core::Lifecycle::builtin("fastpix/nothing").is_none());
    /// ```
    pub fn builtin(entity: &str) -> Option<&'static Self> {
        Catalog::builtin().lifecycle(entity)
    }

    /// Compiles one definition on its own.
    ///
    /// # Errors
    /// All problems of the definition, each with its line. A definition of a provider is one too.
    pub fn compile(file: &DefinitionFile) -> Result<Self, DefinitionError> {
        let mut problems = Vec::new();
        let compiled = match definition::read(file, &mut problems) {
            Some(definition::Definition::Entity(entity)) => {
                compile::compile(file, &entity, &mut problems)
            }
            Some(definition::Definition::Provider(_, span)) => {
                let message = "a provider, not an entity".to_owned();
                let help = "expected `entity = \"provider/name\"`";
                problems.push(file.problem(ProblemKind::InvalidValue, span, message, help));
                None
            }
            None => None,
        };
        match compiled {
            Some(lifecycle) if problems.is_empty() => Ok(lifecycle),
            _ => Err(problem::sorted(problems)),
        }
    }

    /// The entity, such as `fastpix/media`.
    pub fn entity(&self) -> &str {
        self.identity.entity()
    }

    /// The part of the entity before the slash.
    pub fn provider(&self) -> &str {
        self.entity().split_once('/').map_or("", |(provider, _)| provider)
    }

    /// A title for people.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The document that the lifecycle comes from.
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// The definition that the lifecycle was compiled from, as TOML.
    pub fn definition(&self) -> &str {
        &self.definition
    }

    /// A fingerprint of what the definition means, the same in every process: comments, titles, summaries, sources and
    /// the order of keys make no difference to it, and whatever may change a state, a finding or what is read does.
    pub fn fingerprint(&self) -> u128 {
        self.identity.fingerprint()
    }

    pub(crate) fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// What orders the events of one asset.
    pub fn order(&self) -> Order {
        self.order
    }

    /// All states as the definition lists them, after `new`.
    pub fn states(&self) -> &[State] {
        &self.states
    }

    /// All flags as the definition lists them.
    pub fn flags(&self) -> &[Flag] {
        &self.flags
    }

    /// The retries, if the lifecycle counts any.
    pub fn retries(&self) -> Option<&Retries> {
        self.retries.as_ref()
    }

    /// All allowed steps, row by row as the definition lists them.
    pub fn transitions(&self) -> &[Transition] {
        &self.transitions
    }

    /// The flags that a transition sets, and those that it clears.
    pub fn flag_changes(&self, transition: &Transition) -> (Vec<&str>, Vec<&str>) {
        let row = self.row(transition.row);
        (self.flag_names(row.set), self.flag_names(row.clear))
    }

    /// All event kinds as the definition lists them.
    pub fn kinds(&self) -> impl Iterator<Item = (KindId, &str)> {
        let ids = (0..=u16::MAX).map(KindId);
        let own = ids.zip(&self.kinds).filter(|(id, kind)| *id == kind.base);
        own.map(|(id, kind)| (id, &*kind.name))
    }

    /// The event kind of this name: exactly, or else without case, `-` and `_`, or else the longest pattern that stands
    /// for it.
    pub fn kind(&self, name: &str) -> Option<KindId> {
        self.named.find(name).or_else(|| {
            let mut patterns = self.patterns.iter();
            patterns.find(|(pattern, _)| pattern.matches(name)).map(|(_, kind)| *kind)
        })
    }

    /// The name of an event kind.
    pub fn kind_name(&self, kind: KindId) -> &str {
        &self.kinds[usize::from(kind.0)].name
    }

    /// What the table says of an event of this kind in this node: one look-up.
    #[inline]
    pub fn rule(&self, node: Node, kind: KindId) -> Ruling {
        // Where the row of a kind begins does not depend on the node, which is known last.
        let row = &self.table[usize::from(kind.0) * self.nodes..][..self.nodes];
        row[usize::from(node.0)]
    }

    /// The node of a state by name, with this many retries used.
    pub fn node(&self, state: &str, retries_used: u8) -> Option<Node> {
        let index = self.states.iter().position(|candidate| candidate.name == state)?;
        let limit = self.retries.as_ref().map_or(0, |retries| retries.limit);
        (retries_used <= limit).then(|| self.node_at(index, retries_used))
    }

    /// The state of a node.
    pub fn state(&self, node: Node) -> &State {
        &self.states[self.state_index(node)]
    }

    /// The retries used in a node.
    pub fn retries_used(&self, node: Node) -> u8 {
        // The quotient is at most the limit, which is a u8.
        (usize::from(node.0) / self.states.len()) as u8
    }

    /// The event kinds that lead from this node to another state, each with the status word where one decides.
    pub fn allowed(&self, node: Node) -> Vec<&str> {
        let kinds = self.kinds().flat_map(|(id, _)| self.with_variants(id));
        let leading = kinds.filter(|kind| self.rule(node, *kind).step == Step::Moved);
        leading.map(|kind| self.kind_label(kind)).collect()
    }

    /// The states in which an event of this kind is legal, as the definition lists them.
    pub fn legal_in(&self, kind: KindId) -> Vec<&str> {
        let legal = |state: &usize| {
            self.transitions.iter().any(|step| step.from == *state && step.kind == kind)
        };
        (0..self.states.len()).filter(legal).map(|at| self.states[at].name.as_str()).collect()
    }

    /// The cheapest legal sequence of events after which one of this kind would be legal, with at
    /// most one `again` on the way; empty if there is none. Where a status word decides it stands beside the kind.
    pub fn missing(&self, node: Node, kind: KindId) -> Vec<&str> {
        self.names_of(self.missing_kinds(node, kind))
    }

    /// The shortest legal sequence of events from this node to where one of this kind is legal,
    /// itself not included; `None` if there is no way.
    pub fn way(&self, node: Node, kind: KindId) -> Option<Vec<&str>> {
        self.graph.way(node, kind).map(|path| self.names_of(path))
    }

    pub(crate) fn missing_kinds(&self, node: Node, kind: KindId) -> Vec<KindId> {
        self.missing_on(&self.graph.route(node), kind)
    }

    /// [`missing`](Self::missing) for any number of kinds: the ways out of the node are found once.
    pub(crate) fn missing_from<'l>(&'l self, node: Node) -> impl Fn(KindId) -> Vec<&'l str> {
        let route = self.graph.route(node);
        move |kind| self.names_of(self.missing_on(&route, kind))
    }

    fn missing_on(&self, route: &GraphRoute, kind: KindId) -> Vec<KindId> {
        let place = self.graph.before(route, self.kind_of(kind), kind);
        place.map_or_else(Vec::new, |place| route.path(place))
    }

    /// How many nodes the table has, and how many kinds.
    pub(crate) fn table_size(&self) -> (usize, usize) {
        (self.nodes, self.kinds.len())
    }

    /// Where ids of its assets and their parents are looked for, and what rows ask of a payload.
    pub(crate) fn spots(&self) -> impl Iterator<Item = &Spot> {
        let own = self.kinds.iter().map(|kind| &kind.id).chain([&self.id]);
        let parent = self.parent.iter().map(|(_, id)| id);
        let conditions = self.kinds.iter().flat_map(|kind| &kind.branches);
        let asked = conditions.flat_map(|(condition, _)| condition.tests());
        own.chain(parent).flatten().flat_map(Locator::spots).chain(asked.map(|(spot, _)| spot))
    }

    pub(crate) fn status(&self) -> &[Pointer] {
        &self.status
    }

    pub(crate) fn prefix(&self) -> &[String] {
        &self.prefix
    }

    /// The members of payloads that are kept with an asset.
    pub fn data(&self) -> &[DataField] {
        &self.data
    }

    pub(crate) fn kind_of(&self, kind: KindId) -> &Kind {
        &self.kinds[usize::from(kind.0)]
    }

    pub(crate) fn has_statuses(&self) -> bool {
        !self.statuses.is_empty()
    }

    pub(crate) fn reachable_nodes(&self) -> Vec<bool> {
        self.graph.reachable()
    }

    pub(crate) fn row(&self, row: u16) -> FlagRow {
        self.rows.get(usize::from(row)).copied().unwrap_or_default()
    }

    /// The index of a node's state in [`states`](Self::states).
    pub fn state_index(&self, node: Node) -> usize {
        usize::from(node.0) % self.states.len()
    }

    pub(crate) fn node_at(&self, state: usize, retries_used: u8) -> Node {
        // Compiling refuses more than u16::MAX nodes.
        Node((usize::from(retries_used) * self.states.len() + state) as u16)
    }

    /// The names of the flags in a set.
    pub(crate) fn flag_names(&self, set: u64) -> Vec<&str> {
        let named = self.flags.iter().enumerate().filter(|(bit, _)| set >> bit & 1 == 1);
        named.map(|(_, flag)| flag.name.as_str()).collect()
    }

    fn names_of(&self, path: Vec<KindId>) -> Vec<&str> {
        path.into_iter().map(|kind| self.kind_label(kind)).collect()
    }
}
