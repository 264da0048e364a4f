//! Test traffic from the definitions: realistic deliveries with known faults.
//!
//! - `story` walks legally through lifecycles, `fault` lets things go wrong and knows what that must show as,
//!   `stream` puts many stories in the order in which they come: [`Simulation`].
//! - `cast` is who may act, `script` the files of templates, `template` a body to be filled in and `placeholder` what
//!   stands in it, `minimal` the body of an entity without one; `proof` reads every kind back before anything is sent.
//! - `delivery` is what is around payloads: wrappers, batches, headers, the query of the address.
//! - `post` is one delivery, however often it is attempted; `bodies` writes those of events that were chosen.
//! - `dice` is chance: the same seed gives the same bytes.
//!
//! Nothing here folds: what `check` must find is said without asking it.

mod bodies;
mod cast;
mod delivery;
mod dice;
mod fault;
mod minimal;
mod placeholder;
mod post;
mod proof;
mod script;
mod story;
mod stream;
mod template;

pub use self::{
    bodies::Bodies,
    fault::{FaultKind, Faults},
    post::Post,
    script::{Attempts, Templates},
    stream::{Scale, Simulation, Truth},
};
use crate::{
    lifecycle::{Catalog, Lifecycle, Provider, closest},
    shown::did_you_mean,
};

/// Why there can be no simulation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SimulateError {
    /// Neither a provider nor an entity.
    #[error("there is no provider or entity `{name}`{}\nknown: {known}", did_you_mean(.near.as_deref()))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
        /// What is spelled much alike.
        near: Option<String>,
    },
    /// A file of templates that cannot be used.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A body does not read back as the event that it was made for.
    #[error("the body of `{kind}` of {entity} does not read back as that event: {reason}")]
    Unreadable {
        /// The entity.
        entity: String,
        /// The event kind.
        kind: String,
        /// What it reads as.
        reason: String,
    },
    /// No asset can begin by itself.
    #[error("no event of {entity} can be the first of an asset")]
    NeverBegins {
        /// The entity.
        entity: String,
    },
    /// Events are ordered by time, and the provider sends none.
    #[error("{entity} is ordered by time, and its provider sends none")]
    NoTime {
        /// The entity.
        entity: String,
    },
}

impl SimulateError {
    fn unknown(catalog: &Catalog, name: &str) -> Self {
        let names = || {
            let providers = catalog.providers().map(Provider::name);
            providers.chain(catalog.lifecycles().map(Lifecycle::entity))
        };
        Self::Unknown {
            name: name.to_owned(),
            known: names().collect::<Vec<_>>().join(", "),
            near: closest(name, names()).map(str::to_owned),
        }
    }
}
