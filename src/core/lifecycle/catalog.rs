//! Providers and their lifecycles: the built-in ones, and a user's own laid over them.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, btree_map::Entry},
    sync::{Arc, OnceLock},
};

use toml_span::Span;

use super::{
    Condition, KindId, Lifecycle, Locator, Pointer, Spot, across,
    compile::compile,
    definition::{self, Definition, EntityDefinition, ProviderDefinition},
    meaning,
    probe::Probe,
    problem::{self, DefinitionError, DefinitionFile, Problem, ProblemKind},
    scheme::Scheme,
    spelling::NameIndex,
};

macro_rules! builtin {
    ($($path:literal,)*) => {
        /// Path below `src/definitions/` and text; sorted.
        const BUILTIN: &[(&str, &str)] =
            &[$(($path, include_str!(concat!("../definitions/", $path))),)*];
    };
}

builtin! {
    "bunny/provider.toml",
    "bunny/video.toml",
    "cloudflare/live_input.toml",
    "cloudflare/provider.toml",
    "cloudflare/video.toml",
    "fastpix/live_stream.toml",
    "fastpix/media.toml",
    "fastpix/provider.toml",
    "fastpix/simulcast_target.toml",
    "fastpix/track.toml",
    "fastpix/upload.toml",
    "livekit/egress.toml",
    "livekit/ingress.toml",
    "livekit/provider.toml",
    "livekit/room.toml",
    "mediaconvert/job.toml",
    "mediaconvert/provider.toml",
    "mux/asset.toml",
    "mux/live_stream.toml",
    "mux/provider.toml",
    "mux/robots_directive_run.toml",
    "mux/robots_job.toml",
    "mux/simulcast_target.toml",
    "mux/static_rendition.toml",
    "mux/track.toml",
    "mux/upload.toml",
    "twilio/composition.toml",
    "twilio/media_processor.toml",
    "twilio/player_streamer.toml",
    "twilio/provider.toml",
    "twilio/recording.toml",
    "twilio/room.toml",
    "vms/content.toml",
    "vms/provider.toml",
    "zoom/provider.toml",
    "zoom/recording.toml",
}

/// A set of providers with their lifecycles.
#[derive(Clone, Debug)]
pub struct Catalog {
    lifecycles: Vec<Arc<Lifecycle>>,
    providers: Vec<Arc<Provider>>,
}

/// Who sends webhooks, and where in them things are.
#[derive(Clone, Debug)]
pub struct Provider {
    name: String,
    title: String,
    source: Option<String>,
    definition: Box<str>,
    signature: Vec<(String, String)>,
    scheme: Scheme,
    probes: Vec<Probe>,
    pub(crate) form: bool,
    pub(crate) when: Condition,
    pub(crate) unwrap: Vec<Pointer>,
    pub(crate) kind: Vec<Locator>,
    pub(crate) event_id: Vec<Locator>,
    pub(crate) time: Vec<Locator>,
    /// How many seconds east of UTC times are that name no zone.
    pub(crate) zone: Option<i32>,
    pub(crate) sequence: Vec<Locator>,
    pub(crate) ignore: Vec<String>,
    pub(crate) attempts: Vec<Pointer>,
    /// It is a user's, and not built in.
    own: bool,
    /// Its lifecycles, as indexes into the catalog's.
    pub(crate) entities: Vec<usize>,
    pub(super) named: NameIndex<usize>,
    /// For each distinct event, what it is to which entity.
    meanings: Vec<Vec<(usize, KindId)>>,
    /// Its entities, if one of them has event kinds with `*`: then each is asked for itself.
    pub(super) patterned: Vec<(usize, Arc<Lifecycle>)>,
}

impl Catalog {
    /// The providers that come with the crate.
    pub fn builtin() -> &'static Self {
        static BUILTINS: OnceLock<Catalog> = OnceLock::new();
        BUILTINS.get_or_init(|| {
            Self::compile(&builtin_files(), &[], None)
                .expect("built-ins compile: tests/it/definitions.rs")
        })
    }

    /// The built-in providers with these definitions laid over them: an entity or a provider of the
    /// same name replaces the built-in one.
    ///
    /// # Errors
    /// All problems of all files; nothing is loaded then.
    pub fn with(files: &[DefinitionFile]) -> Result<Self, DefinitionError> {
        Self::compile(&builtin_files(), files, None)
    }

    /// What there is to remark on definitions that [`Catalog::with`] takes: warnings, by file and line.
    ///
    /// # Errors
    /// All problems of all files, if one stands in the way.
    pub fn lint(files: &[DefinitionFile]) -> Result<Vec<Problem>, DefinitionError> {
        let mut warnings = Vec::new();
        Self::compile(&builtin_files(), files, Some(&mut warnings))?;
        Ok(problem::sorted(warnings).problems)
    }

    fn compile(
        below: &[DefinitionFile],
        above: &[DefinitionFile],
        warnings: Option<&mut Vec<Problem>>,
    ) -> Result<Self, DefinitionError> {
        let mut problems = Vec::new();
        let mut set = Definitions::default();
        for (layer, files) in [below, above].into_iter().enumerate() {
            for file in files {
                match definition::read(file, &mut problems) {
                    Some(definition) => set.add(layer, file, definition, &mut problems),
                    None => set.has_unread = true,
                }
            }
        }
        set.link(&mut problems);
        let mut lifecycles = Vec::with_capacity(set.entities.len());
        for (_, file, entity) in set.entities.values() {
            lifecycles.extend(compile(file, entity, &mut problems).map(Arc::new));
        }
        if !problems.is_empty() {
            return Err(problem::sorted(problems));
        }
        let place = |(name, own): (&String, &(usize, _, ProviderDefinition))| {
            (name.clone(), (own.1, own.2.provider.span))
        };
        let places = set.providers.iter().map(place).collect();
        let providers = set.providers.into_values();
        let providers: Vec<_> = providers
            .map(|(layer, file, provider)| {
                let provider = Provider::new(provider, &file.text, &lifecycles);
                Arc::new(Provider { own: layer > 0, ..provider })
            })
            .collect();
        let catalog = Self { lifecycles, providers };
        if let Some(warnings) = warnings {
            warnings.extend(across::lint_providers(catalog.providers(), &places));
        }
        Ok(catalog)
    }

    /// All lifecycles, by entity.
    pub fn lifecycles(&self) -> impl ExactSizeIterator<Item = &Lifecycle> {
        self.lifecycles.iter().map(|lifecycle| &**lifecycle)
    }

    /// The lifecycle of an entity, such as `fastpix/media`.
    pub fn lifecycle(&self, entity: &str) -> Option<&Lifecycle> {
        self.index(entity).map(|index| &*self.lifecycles[index])
    }

    /// All providers, by name.
    pub fn providers(&self) -> impl ExactSizeIterator<Item = &Provider> + Clone {
        self.providers.iter().map(|provider| &**provider)
    }

    /// The provider of this name.
    pub fn provider(&self, name: &str) -> Option<&Provider> {
        self.providers().find(|provider| provider.name == name)
    }

    /// The headers that definitions read, in lower case, sorted. A server keeps these and no others.
    pub fn named_headers(&self) -> Vec<&str> {
        self.named(|spot| match spot {
            Spot::Header(name) => Some(name),
            _ => None,
        })
    }

    /// The parameters of the address's query that definitions read, sorted. A server keeps these and no others.
    pub fn named_parameters(&self) -> Vec<&str> {
        self.named(|spot| match spot {
            Spot::Parameter(name) => Some(name),
            _ => None,
        })
    }

    fn named<'s>(&'s self, name: impl Fn(&'s Spot) -> Option<&'s str>) -> Vec<&'s str> {
        let of_providers = self.providers().flat_map(Provider::spots);
        let of_lifecycles = self.lifecycles().flat_map(Lifecycle::spots);
        let mut names: Vec<&str> = of_providers.chain(of_lifecycles).filter_map(name).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The lifecycle of this index.
    ///
    /// # Panics
    /// If there are not that many.
    pub fn at(&self, index: usize) -> &Lifecycle {
        &self.lifecycles[index]
    }

    /// The index of the lifecycle of this entity.
    pub fn index(&self, entity: &str) -> Option<usize> {
        self.lifecycles.binary_search_by(|lifecycle| lifecycle.entity().cmp(entity)).ok()
    }
}

impl Provider {
    fn new(definition: ProviderDefinition, text: &str, lifecycles: &[Arc<Lifecycle>]) -> Self {
        let name = definition.provider.value;
        let own = |index: &usize| lifecycles[*index].provider() == name;
        let entities: Vec<usize> = (0..lifecycles.len()).filter(own).collect();
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
            title: definition.title.unwrap_or_else(|| name.clone()),
            source: definition.source,
            definition: text.into(),
            signature: definition.signature,
            scheme: definition.scheme,
            probes: definition.probes,
            form: definition.form,
            when: definition.when,
            unwrap: definition.unwrap,
            kind: definition.kind,
            event_id: definition.event_id,
            time: definition.time,
            zone: definition.zone,
            sequence: definition.sequence,
            ignore: definition.ignore,
            attempts: definition.attempts,
            own: false,
            name,
            patterned: match entities.iter().any(|index| lifecycles[*index].has_patterns()) {
                true => entities.iter().map(|at| (*at, Arc::clone(&lifecycles[*at]))).collect(),
                false => Vec::new(),
            },
            entities,
            named,
            meanings,
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

    /// A fingerprint of how its envelope is read; see [`Lifecycle::fingerprint`].
    pub fn fingerprint(&self) -> u128 {
        meaning::of_provider(self)
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
        self.ignore.iter().any(|pattern| matches(pattern, kind))
    }

    /// Whether an event kind, or how it begins, is one that it knows.
    #[cfg(feature = "fast")]
    pub(crate) fn may_know(&self, catalog: &Catalog, kind: &str) -> bool {
        let prefixes = self.entities.iter().flat_map(|index| catalog.at(*index).prefix());
        !self.meanings(kind).is_empty() || self.ignores(kind) || { prefixes }
            .any(|own| kind.starts_with(own.as_str()))
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

/// Whether a text is what a pattern describes, in which `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

fn builtin_files() -> Vec<DefinitionFile> {
    BUILTIN.iter().map(|(path, text)| DefinitionFile::new(*path, *text)).collect()
}

type Layered<'f, T> = BTreeMap<String, (usize, &'f DefinitionFile, T)>;

#[derive(Default)]
struct Definitions<'f> {
    providers: Layered<'f, ProviderDefinition>,
    entities: Layered<'f, EntityDefinition>,
    /// Of some file nobody knows what it defines: it may be what another one asks for.
    has_unread: bool,
}

impl<'f> Definitions<'f> {
    fn add(
        &mut self,
        layer: usize,
        file: &'f DefinitionFile,
        definition: Definition,
        problems: &mut Vec<Problem>,
    ) {
        let twice = match definition {
            Definition::Provider(provider) => {
                let (name, span) = (provider.provider.value.clone(), provider.provider.span);
                lay(&mut self.providers, name, span, (layer, file, *provider))
            }
            Definition::Entity(entity) => {
                let (name, span) = (entity.entity.value.clone(), entity.entity.span);
                lay(&mut self.entities, name, span, (layer, file, *entity))
            }
        };
        if let Some((name, span, other)) = twice {
            let message = format!("`{name}` is defined twice");
            problems.push(file.problem(
                ProblemKind::DefinedTwice,
                span,
                message,
                format!("also in {other}"),
            ));
        }
    }

    /// Checks what one file says of another. What is not there is told once, however many ask for it.
    fn link(&self, problems: &mut Vec<Problem>) {
        if self.has_unread {
            return;
        }
        let mut asked: BTreeMap<(bool, &str), Vec<_>> = BTreeMap::new();
        for (_, file, entity) in self.entities.values() {
            let name = &entity.entity;
            let provider = name.value.split_once('/').map_or("", |(provider, _)| provider);
            match self.providers.get(provider) {
                Some((_, _, provider)) => across::lint_entity(file, entity, provider, problems),
                None => asked.entry((true, provider)).or_default().push((file, name.span)),
            }
            if let Some((parent, _)) = &entity.parent
                && !self.entities.contains_key(&parent.value)
            {
                asked.entry((false, &parent.value)).or_default().push((file, parent.span));
            }
        }
        for ((is_provider, name), by) in asked {
            let (file, span) = by[0];
            let more = match by.len() {
                1 => String::new(),
                many => format!(", which {many} entities name"),
            };
            let (message, help) = if is_provider {
                let help =
                    format!("expected a file with `provider = \"{name}\"` and an [envelope]");
                (format!("there is no provider `{name}`{more}"), help)
            } else {
                let help = "expected the entity of one of the definitions".to_owned();
                (format!("there is no entity `{name}`{more}"), help)
            };
            problems.push(file.problem(ProblemKind::Undeclared, span, message, help));
        }
    }
}

/// Lays a definition over one of a lower layer; one of the same layer is reported.
fn lay<'f, T>(
    set: &mut Layered<'f, T>,
    name: String,
    span: Span,
    definition: (usize, &'f DefinitionFile, T),
) -> Option<(String, Span, String)> {
    match set.entry(name) {
        Entry::Vacant(vacant) => {
            vacant.insert(definition);
            None
        }
        Entry::Occupied(mut known) if known.get().0 < definition.0 => {
            known.insert(definition);
            None
        }
        Entry::Occupied(known) => Some((known.key().clone(), span, known.get().1.path.clone())),
    }
}
