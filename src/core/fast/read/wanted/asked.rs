//! What a provider's definitions ask for, and whether that can be found here.

use super::{
    Wanted,
    ways::{ways, within},
};
use crate::lifecycle::{Catalog, Condition, KindId, Lifecycle, Locator, Pointer, Provider, Test};

impl Wanted {
    pub(super) fn add_provider(&mut self, catalog: &Catalog, provider: &Provider, keep_data: bool) {
        let Provider { kind, event_id, time, sequence, attempts, unwrap, .. } = provider;
        for pointer in unwrap {
            self.add(pointer);
            self.watch_object(pointer);
            unwrap.iter().for_each(|next| self.add(&within(pointer, next)));
        }
        for locators in [kind, event_id, time, sequence] {
            self.add_all(provider, locators);
        }
        attempts.iter().for_each(|pointer| self.add(pointer));
        self.add_tests(provider, &provider.when, true);
        self.decide_by(provider, kind.iter().flat_map(Locator::pointers));
        let named = kind.iter().chain(event_id).flat_map(Locator::pointers);
        named.for_each(|at| self.be_strict(provider, at));
        for lifecycle in provider.entities.iter().map(|index| catalog.at(*index)) {
            let of_kinds = lifecycle.kinds().flat_map(|(kind, _)| ids_of(lifecycle, kind));
            for locators in of_kinds.chain([lifecycle.id_of(None)]) {
                self.add_all(provider, locators);
                locators.iter().flat_map(Locator::pointers).for_each(|at| {
                    self.be_strict(provider, at);
                });
            }
            lifecycle.status().iter().for_each(|at| self.add_ways(provider, at));
            self.add_all(provider, lifecycle.parent().map_or(&[], |(_, locators)| locators));
            for (kind, _) in lifecycle.kinds() {
                for (condition, branch) in &lifecycle.kind_of(kind).branches {
                    self.add_tests(provider, condition, false);
                    let status = &lifecycle.kind_of(*branch).status;
                    status.iter().for_each(|at| self.add_ways(provider, at));
                }
                let status = &lifecycle.kind_of(kind).status;
                status.iter().for_each(|at| self.add_ways(provider, at));
            }
            // What is read outside of a payload is part of its content, kept or not.
            let data = lifecycle.data().iter().filter(|_| keep_data || !unwrap.is_empty());
            data.flat_map(|field| &field.at).for_each(|at| self.add_ways(provider, at));
        }
    }

    /// Adds what a condition asks of; if it decides who sent a line, what it compares with something decides.
    fn add_tests(&mut self, provider: &Provider, condition: &Condition, decides: bool) {
        for (spot, test) in condition.tests() {
            let Some(pointer) = spot.pointer() else { continue };
            self.add_ways(provider, pointer);
            // Whether something is there is told by its type: lines that differ in its text alone are still alike.
            if decides && matches!(test, Test::OneOf(_)) {
                self.decide_by(provider, std::iter::once(pointer));
            }
        }
    }

    fn decide_by<'p>(&mut self, provider: &Provider, pointers: impl Iterator<Item = &'p Pointer>) {
        for way in pointers.flat_map(|pointer| ways(provider, pointer)) {
            self.deciding.extend(self.slots.get(way.as_str()));
        }
    }

    fn add_all(&mut self, provider: &Provider, locators: &[Locator]) {
        let pointers = locators.iter().flat_map(Locator::pointers);
        pointers.for_each(|pointer| self.add_ways(provider, pointer));
    }

    fn add_ways(&mut self, provider: &Provider, pointer: &Pointer) {
        ways(provider, pointer).iter().for_each(|way| self.add(way));
    }
}

/// Where the ids of assets are in events of a kind, whatever condition holds.
fn ids_of(lifecycle: &Lifecycle, kind: KindId) -> impl Iterator<Item = &[Locator]> {
    let branches = lifecycle.kind_of(kind).branches.iter().map(|(_, branch)| *branch);
    branches.chain([kind]).map(|kind| lifecycle.id_of(Some(kind)))
}
