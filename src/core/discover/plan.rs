//! How the rest is read once it is known where things are: by a definition that takes every kind and judges none.

use super::{
    entities::{EntityPlan, entities},
    guess::{Envelope, Wishes},
    sample::Samples,
    write,
};
use crate::lifecycle::{Catalog, DefinitionFile, Provider};

/// Where things are, and the definition by which all that comes is read.
#[derive(Debug)]
pub(super) struct ReadingPlan {
    pub(super) samples: usize,
    pub(super) unwrap: Vec<String>,
    pub(super) is_form: bool,
    pub(super) envelope: Envelope,
    pub(super) entities: Vec<EntityPlan>,
    /// All kinds: the index of their entity, and their name.
    pub(super) kinds: Vec<(usize, String)>,
    catalog: Catalog,
    provider: String,
    /// By the index of a lifecycle in the catalog: the entity, and its kinds by their numbers in the lifecycle.
    lifecycles: Vec<Option<(usize, Vec<u16>)>>,
}

impl ReadingPlan {
    pub(super) fn new(samples: Samples, wishes: &Wishes, provider: &str) -> Result<Self, String> {
        let samples = samples.unwrapped();
        let envelope = Envelope::of(&samples, wishes)?;
        let entities = entities(&samples, &envelope, wishes)?;
        let mut plan = Self {
            samples: samples.len(),
            is_form: 2 * samples.forms > samples.len(),
            unwrap: samples.unwrap,
            envelope,
            entities,
            kinds: Vec::new(),
            catalog: Catalog::builtin().clone(),
            provider: provider.to_owned(),
            lifecycles: Vec::new(),
        };
        let mut files = vec![(
            "provider.toml".to_owned(),
            write::provider(provider, plan.samples, plan.is_form, &plan.unwrap, &plan.envelope),
        )];
        for (at, entity) in plan.entities.iter().enumerate() {
            files.push((
                format!("{at}.toml"),
                write::every_kind(provider, at, entity, plan.is_timed()),
            ));
        }
        let named = |(path, text): &(String, String)| DefinitionFile::new(&**path, &**text);
        let files: Vec<DefinitionFile> = files.iter().map(named).collect();
        plan.catalog = Catalog::with(&files)
            .map_err(|error| format!("its kinds or places cannot be written down: {error}"))?;
        plan.number_kinds();
        Ok(plan)
    }

    fn number_kinds(&mut self) {
        self.lifecycles = vec![None; self.catalog.lifecycles().len()];
        for (at, entity) in self.entities.iter().enumerate() {
            let name = write::every_kind_name(&self.provider, at);
            let Some(index) = self.catalog.index(&name) else { continue };
            let mut numbers = Vec::new();
            for kind in &entity.kinds {
                let Some(id) = self.catalog.at(index).kind(kind) else { continue };
                let number = usize::from(id.0);
                if numbers.len() <= number {
                    numbers.resize(number + 1, u16::MAX);
                }
                numbers[number] = self.kinds.len() as u16;
                self.kinds.push((at, kind.clone()));
            }
            self.lifecycles[index] = Some((at, numbers));
        }
    }

    /// Whether the provider says when things happen.
    pub(super) fn is_timed(&self) -> bool {
        !self.envelope.time.at.is_empty()
    }

    pub(super) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    pub(super) fn provider(&self) -> Option<&Provider> {
        self.catalog.provider(&self.provider)
    }

    /// The entity of a lifecycle, and the number of a kind of it.
    pub(super) fn kind(&self, lifecycle: usize, kind: Option<u16>) -> Option<(usize, Option<u16>)> {
        let (entity, numbers) = self.lifecycles.get(lifecycle)?.as_ref()?;
        let number = kind.and_then(|kind| numbers.get(usize::from(kind)).copied());
        Some((*entity, number.filter(|number| *number != u16::MAX)))
    }
}
