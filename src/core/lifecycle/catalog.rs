//! Providers and their lifecycles: the built-in ones, and a user's own laid over them.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::{Arc, OnceLock},
};

use toml_span::Span;

#[cfg(feature = "terse")]
use super::terse;
use super::{
    Lifecycle, Locator, Provider, Spot, across,
    compile::compile,
    definition::{self, Definition, EntityDefinition},
    problem::{self, DefinitionError, DefinitionFile, Problem, ProblemKind},
};

#[cfg(not(feature = "terse"))]
macro_rules! text {
    ($text:expr) => {
        $text
    };
}

#[cfg(feature = "terse")]
macro_rules! text {
    ($text:expr) => {{
        const TERSE: [u8; terse::length($text)] = terse::without_comments($text);
        match str::from_utf8(&TERSE) {
            Ok(text) => text,
            Err(_) => panic!("a comment ends where its line does"),
        }
    }};
}

macro_rules! builtin {
    ($($path:literal,)*) => {
        /// Path below `src/definitions/` and text; sorted.
        const BUILTIN: &[(&str, &str)] =
            &[$(($path, text!(include_str!(concat!("../definitions/", $path)))),)*];
    };
}

builtin! {
    "apivideo/live_stream.toml",
    "apivideo/provider.toml",
    "apivideo/video.toml",
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
    "jwplayer/channel.toml",
    "jwplayer/media.toml",
    "jwplayer/provider.toml",
    "livekit/egress.toml",
    "livekit/ingress.toml",
    "livekit/provider.toml",
    "livekit/room.toml",
    "livepeer/asset.toml",
    "livepeer/provider.toml",
    "livepeer/stream.toml",
    "livepeer/task.toml",
    "mediaconvert/job.toml",
    "mediaconvert/provider.toml",
    "medialive/alert.toml",
    "medialive/channel.toml",
    "medialive/provider.toml",
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
    "wistia/media.toml",
    "wistia/provider.toml",
    "zoom/provider.toml",
    "zoom/recording.toml",
}

/// A set of providers with their lifecycles.
#[derive(Clone, Debug)]
pub struct Catalog {
    lifecycles: Vec<Arc<Lifecycle>>,
    providers: Vec<Arc<Provider>>,
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
        let mut places = BTreeMap::new();
        let mut providers = Vec::with_capacity(set.providers.len());
        let mut kinds_at: Vec<Vec<Locator>> = Vec::new();
        for (name, (layer, file, (provider, span))) in set.providers {
            places.insert(name, (file, span));
            let mut provider = provider.linked(&lifecycles, layer > 0);
            let known = kinds_at.iter().position(|known| *known == provider.kind);
            provider.kinds_at = known.unwrap_or_else(|| {
                kinds_at.push(provider.kind.clone());
                kinds_at.len() - 1
            });
            providers.push(Arc::new(provider));
        }
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
        self.providers().find(|provider| provider.name() == name)
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

fn builtin_files() -> Vec<DefinitionFile> {
    BUILTIN.iter().map(|(path, text)| DefinitionFile::new(*path, *text)).collect()
}

type Layered<'f, T> = BTreeMap<String, (usize, &'f DefinitionFile, T)>;

#[derive(Default)]
struct Definitions<'f> {
    providers: Layered<'f, (Box<Provider>, Span)>,
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
            Definition::Provider(provider, span) => {
                let name = provider.name().to_owned();
                lay(&mut self.providers, name, span, (layer, file, (provider, span)))
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
                Some((_, _, (provider, _))) => {
                    across::lint_entity(file, entity, provider, problems)
                }
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
