//! Ways to values: which pointers can be followed here, and from where.

use crate::lifecycle::{
    Catalog, Condition, Lifecycle, Locator, Pointer, Provider, Scalar, Spot, Test,
};

/// A pointer into what another leads to.
pub(super) fn within(outer: &Pointer, pointer: &Pointer) -> Pointer {
    let text = format!("{}{}", outer.as_str(), pointer.as_str());
    Pointer::parse(&text).unwrap_or_else(|| pointer.clone())
}

/// The ways on which a provider's pointer is followed: within what is unwrapped, and from the body.
pub(super) fn ways(provider: &Provider, pointer: &Pointer) -> Vec<Pointer> {
    let inner = provider.unwrap.iter().map(|outer| within(outer, pointer));
    inner.chain([pointer.clone()]).collect()
}

/// Whether the lines of a provider can be read here: it asks for nothing but pointers, and unwraps nothing but objects.
pub(super) fn is_plain(catalog: &Catalog, provider: &Provider, keep_data: bool) -> bool {
    let plain = |locators: &[Locator]| {
        locators.iter().flat_map(Locator::spots).all(|spot| match spot {
            // Lines come without headers and parameters.
            Spot::Header(_) | Spot::Parameter(_) => true,
            Spot::Body(pointer) => is_plain_way(pointer),
            Spot::Received => false,
        })
    };
    let time = match provider.time.split_last() {
        Some((last, others)) if last.single() == Some(&Spot::Received) => others,
        _ => &provider.time,
    };
    let asks = |condition: &Condition| {
        condition.tests().iter().all(|(spot, _)| spot.pointer().is_none_or(is_plain_way))
    };
    let of_truth = |(_, test): &(Spot, Test)| matches!(test, Test::OneOf(values) if values.iter().any(|value| matches!(value, Scalar::Bool(_))));
    let wraps = !provider.unwrap.is_empty();
    let entity = |lifecycle: &Lifecycle| {
        let kinds = || lifecycle.kinds().map(|(kind, _)| kind);
        let branches = || kinds().flat_map(|kind| &lifecycle.kind_of(kind).branches);
        let each = || kinds().chain(branches().map(|(_, branch)| *branch));
        let status = each().flat_map(|kind| &lifecycle.kind_of(kind).status);
        let data = lifecycle.data().iter().filter(|_| keep_data || wraps);
        plain(lifecycle.id_of(None))
            && each().all(|kind| plain(lifecycle.id_of(Some(kind))))
            && branches().all(|(condition, _)| asks(condition))
            && plain(lifecycle.parent().map_or(&[], |(_, locators)| locators))
            && { lifecycle.status().iter().chain(status) }
                .chain(data.flat_map(|field| &field.at))
                .all(is_plain_way)
    };
    let is_name = |pointer: &Pointer| pointer.tokens().iter().all(|name| index(name).is_none());
    provider.unwrap.iter().all(|pointer| is_plain_way(pointer) && is_name(pointer))
        && (!wraps || provider.attempts.is_empty())
        && asks(&provider.when)
        && !provider.when.tests().iter().any(of_truth)
        && [&provider.kind[..], &provider.event_id, time, &provider.sequence].into_iter().all(plain)
        && provider.attempts.iter().all(|pointer| pointer.tokens().len() == 1)
        && provider.entities.iter().all(|at| entity(catalog.at(*at)))
}

/// Whether a pointer can be followed here: not one to the payload itself, nor one that writes an index with zeros.
pub(super) fn is_plain_way(pointer: &Pointer) -> bool {
    let is_plain = |name: &str| index(name).is_none_or(|index| index.to_string() == *name);
    !pointer.tokens().is_empty() && pointer.tokens().iter().all(|name| is_plain(name))
}

/// The place in a list that a name stands for.
pub(super) fn index(name: &str) -> Option<u64> {
    name.parse().ok()
}
