//! Who sent a payload, by what it has: told, or told to be in doubt, and never guessed.

use std::ops::ControlFlow;

use super::{
    EventError,
    candidates::Candidates,
    found::no_kind,
    layer::{Layer, Unwrapped, unwrap},
    payload::{Around, Naming, Payload},
};
use crate::{
    lifecycle::{Catalog, Pointer, Provider},
    shown::shortened,
};

/// Who may have sent a body, by the first of its payloads that somebody knows.
///
/// # Errors
/// Nobody does.
pub(super) fn recognise<'c>(
    catalog: &'c Catalog,
    layer: &Layer<'_>,
    around: Around<'_>,
) -> Result<Candidates<'c>, EventError> {
    let mut done: Vec<&[Pointer]> = Vec::new();
    let mut best = Candidates::default();
    for provider in catalog.providers() {
        let own = &provider.unwrap[..];
        if done.contains(&own) {
            continue;
        }
        done.push(own);
        let alike = || catalog.providers().filter(|other| other.unwrap == own);
        unwrap(own, layer, &mut |what, number| {
            let Unwrapped::Payload(layer) = what else { return ControlFlow::Continue(()) };
            let payload = Payload { layer, around, number };
            let mut candidates = Candidates::default();
            alike().for_each(|own| candidates.consider(catalog, own, &payload));
            match candidates.is_empty() {
                true => ControlFlow::Continue(()),
                false => {
                    best.absorb(candidates);
                    ControlFlow::Break(())
                }
            }
        });
    }
    match best.is_empty() {
        false => Ok(best),
        true => Err(unrecognised(catalog, &Payload { layer: *layer, around, number: 1 })),
    }
}

/// The one of these providers whose payload it is.
pub(super) fn sender<'c>(
    catalog: &'c Catalog,
    senders: &[&'c Provider],
    payload: &Payload<'_>,
) -> Result<&'c Provider, EventError> {
    let mut candidates = Candidates::default();
    senders.iter().for_each(|own| candidates.consider(catalog, own, payload));
    candidates.only()?.ok_or_else(|| unrecognised(catalog, payload))
}

fn unrecognised(catalog: &Catalog, payload: &Payload<'_>) -> EventError {
    let mut locators = catalog.providers().flat_map(|provider| &provider.kind);
    let seen = locators.find_map(|at| {
        let name = payload.name(std::slice::from_ref(at), Naming::Kind).ok()??;
        Some((at.text(), name.text))
    });
    match seen {
        Some((at, kind)) => EventError::Unrecognised { kind: shortened(&kind).into(), at },
        None => no_kind(None, payload),
    }
}
