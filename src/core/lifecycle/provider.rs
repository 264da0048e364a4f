//! Providers: how the envelopes of their webhooks are read.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use super::{
    Condition, KindId, Lifecycle, Locator, Pointer, Spot, pattern::KindSet, probe::Probe,
    scheme::Scheme, spelling::NameIndex,
};

/// Who sends webhooks, and where in them things are.
#[derive(Clone, Debug)]
pub struct Provider {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) source: Option<String>,
    pub(super) definition: Box<str>,
    pub(super) signature: Vec<(String, String)>,
    pub(super) scheme: Scheme,
    pub(super) probes: Vec<Probe>,
    pub(crate) form: bool,
    pub(crate) when: Condition,
    pub(crate) unwrap: Vec<Pointer>,
    pub(crate) kind: Vec<Locator>,
    pub(crate) event_id: Vec<Locator>,
    pub(crate) time: Vec<Locator>,
    /// How many seconds east of UTC times are that name no zone.
    pub(crate) zone: Option<i32>,
    pub(crate) sequence: Vec<Locator>,
    /// Event kinds that are about no asset; `*` stands for anything.
    pub(crate) ignore: Vec<String>,
    /// The same, to be looked up.
    pub(super) ignored: KindSet,
    /// Providers of one number look for event kinds in the same places.
    pub(crate) kinds_at: usize,
    pub(crate) attempts: Vec<Pointer>,
    /// It is a user's, and not built in.
    pub(super) own: bool,
    /// Its lifecycles, as indexes into the catalog's.
    pub(crate) entities: Vec<usize>,
    pub(super) named: NameIndex<usize>,
    /// For each distinct event, what it is to which entity.
    pub(super) meanings: Vec<Vec<(usize, KindId)>>,
    /// Its entities, if one of them has event kinds with `*`: then each is asked for itself.
    pub(super) patterned: Vec<(usize, Arc<Lifecycle>)>,
}

impl Provider {
    /// With its lifecycles among these; `own`: it is a user's, and not built in.
    pub(super) fn linked(self, lifecycles: &[Arc<Lifecycle>], own: bool) -> Self {
        let is_its = |index: &usize| lifecycles[*index].provider() == self.name;
        let entities: Vec<usize> = (0..lifecycles.len()).filter(is_its).collect();
        let mut named = NameIndex::new();
        let mut meanings: Vec<Vec<(usize, KindId)>> = Vec::new();
        let mut known_meanings = HashMap::new();
        let mut names: Vec<&str> =
            entities.iter().flat_map(|index| lifecycles[*index].named.names()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let known = entities.iter().copied();
            let meaning: Vec<_> =
                known.filter_map(|index| Some((index, lifecycles[index].kind(name)?))).collect();
            let at = *known_meanings.entry(meaning).or_insert_with_key(|meaning| {
                meanings.push(meaning.clone());
                meanings.len() - 1
            });
            named.insert(name, at);
        }
        Self {
            own,
            patterned: match entities.iter().any(|index| lifecycles[*index].has_patterns()) {
                true => entities.iter().map(|at| (*at, Arc::clone(&lifecycles[*at]))).collect(),
                false => Vec::new(),
            },
            entities,
            named,
            meanings,
            ..self
        }
    }

    /// Where its envelope is looked for.
    pub(crate) fn spots(&self) -> impl Iterator<Item = &Spot> {
        let locators = [&self.kind, &self.event_id, &self.time, &self.sequence];
        let spots = locators.into_iter().flatten().flat_map(Locator::spots);
        spots.chain(self.when.tests().iter().map(|(spot, _)| spot))
    }

    /// Its name, such as `fastpix`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A title for people.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The document that its facts come from.
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// The definition of its envelope, as TOML.
    pub fn definition(&self) -> &str {
        &self.definition
    }

    /// Whether its bodies are forms rather than JSON.
    pub fn is_form(&self) -> bool {
        self.form
    }

    /// How it signs, as its definition has it.
    pub fn signature(&self) -> impl Iterator<Item = (&str, &str)> {
        self.signature.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// How it signs; [`Scheme::None`] if its definition says nothing of it.
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Whether it tries an address with a token of the receiver's choice.
    pub fn asks_for_token(&self) -> bool {
        self.probes.iter().any(|probe| !probe.tokens.is_empty())
    }

    /// The deliveries that only test an address.
    pub fn probes(&self) -> &[Probe] {
        &self.probes
    }

    /// Whether it is a user's own, and not built in.
    pub(crate) fn is_own(&self) -> bool {
        self.own
    }

    /// Whether what stands there tells attempts at one delivery apart.
    pub(crate) fn is_attempt(&self, at: &Locator) -> bool {
        at.pointers().any(|pointer| {
            self.attempts.iter().any(|own| pointer.tokens().starts_with(own.tokens()))
        })
    }

    /// Whether an event kind is known to be about no asset; a `*` stands for anything.
    pub(crate) fn ignores(&self, kind: &str) -> bool {
        self.ignored.has(kind)
    }

    /// Whether it takes the time of receipt where a payload has no time.
    pub(crate) fn takes_receipt(&self) -> bool {
        self.time.iter().any(|at| at.single() == Some(&Spot::Received))
    }

    /// What an event kind is to which of the catalog's lifecycles; empty if none knows it.
    pub(crate) fn meanings(&self, kind: &str) -> Cow<'_, [(usize, KindId)]> {
        if self.patterned.is_empty() {
            return self.named.find(kind).map_or(&[][..], |at| &self.meanings[at]).into();
        }
        let known = self.patterned.iter();
        known.filter_map(|(index, lifecycle)| Some((*index, lifecycle.kind(kind)?))).collect()
    }
}
