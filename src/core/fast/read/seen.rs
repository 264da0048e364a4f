//! What payloads of one signature have where a provider looks, and who may have sent them.

use std::borrow::Cow;

use super::{
    name::{NameAt, WantedField},
    wanted::{PointerId, Signature, Type, Wanted},
};
use crate::{
    event::candidates::{Candidates, PayloadFields, may_know},
    lifecycle::{Catalog, Condition, Locator, Pointer, Provider, Spot, SpotValue},
};

/// Where values stand in payloads of one signature, as a provider looks: first in the object that its `unwrap` leads to, then in
/// what is around that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<'w> {
    pub(super) signature: Signature,
    pub(super) wanted: &'w Wanted,
    /// Where that object is.
    pub(super) within: Option<&'w Pointer>,
}

impl<'w> Seen<'w> {
    /// `None`: what is to be unwrapped is no object, or something is to be unwrapped from it in turn.
    pub(super) fn of(
        signature: Signature,
        wanted: &'w Wanted,
        provider: &'w Provider,
    ) -> Option<Self> {
        let leads_on = |slot: Option<PointerId>| {
            slot.is_some_and(|slot| !matches!(signature.get(slot), Type::Nothing | Type::Number))
        };
        let mut within = None;
        for pointer in &provider.unwrap {
            let slot = wanted.known_slot(pointer);
            // Of a text each line is asked whether there is anything to unwrap in it.
            let is_text = slot.is_some_and(|slot| signature.get(slot) == Type::String);
            if is_text || !leads_on(slot) {
                continue;
            }
            let flag = slot.and_then(|slot| wanted.object_flag(slot))?;
            let mut next = provider.unwrap.iter().map(|at| wanted.slot_within(pointer, at));
            if signature.get(flag) == Type::Nothing || next.any(leads_on) {
                return None;
            }
            within = Some(pointer);
            break;
        }
        Some(Self { signature, wanted, within })
    }

    /// The slots in which a pointer's value may be, the inner one first.
    fn slots(&self, pointer: &Pointer) -> impl Iterator<Item = (PointerId, bool)> {
        let inner = self.within.and_then(|outer| self.wanted.slot_within(outer, pointer));
        let outer = self.wanted.known_slot(pointer);
        let is_outside = self.within.is_some();
        let both = [inner.map(|slot| (slot, false)), outer.map(|slot| (slot, is_outside))];
        both.into_iter().flatten()
    }

    /// The slot of what a pointer leads to, if something is there, and whether that is outside of the payload.
    pub(super) fn find(&self, pointer: &Pointer) -> Option<(PointerId, bool)> {
        self.slots(pointer).find(|(slot, _)| self.signature.get(*slot) != Type::Nothing)
    }

    /// Whether what a pointer leads to is outside of the payload.
    pub(super) fn is_outside(&self, pointer: &Pointer) -> bool {
        let is_word =
            |slot: PointerId| matches!(self.signature.get(slot), Type::String | Type::Number);
        let found = self.slots(pointer).find(|(slot, _)| is_word(*slot));
        found.is_some_and(|(_, is_outside)| is_outside)
    }

    fn field_at(&self, pointer: &Pointer) -> Option<Option<WantedField>> {
        let Some((slot, _)) = self.find(pointer) else { return Some(None) };
        match self.signature.get(slot) {
            Type::Other => None,
            of => Some(Some(WantedField { slot, of })),
        }
    }

    /// The first value that is there, for what may be a string or a number; `None` where it is neither, so that
    /// another may be looked for.
    pub(super) fn field<'p>(
        &self,
        pointers: impl IntoIterator<Item = &'p Pointer>,
    ) -> Option<Option<WantedField>> {
        for pointer in pointers {
            let found = self.field_at(pointer)?;
            if found.is_some() {
                return Some(found);
            }
        }
        Some(None)
    }

    /// The same for a name, which may be joined.
    pub(super) fn name(&self, locators: &[Locator]) -> Option<Option<NameAt>> {
        for locator in locators {
            let mut parts = Vec::new();
            for spot in locator.spots() {
                let Some(pointer) = spot.pointer() else { break };
                let Some(part) = self.field_at(pointer)? else { break };
                parts.push(part);
            }
            match &parts[..] {
                [only] if locator.single().is_some() => return Some(Some(NameAt::One(*only))),
                parts if parts.len() == locator.spots().len() => {
                    return Some(Some(NameAt::Joined(parts.into())));
                }
                _ => {}
            }
        }
        Some(None)
    }
}

/// The slots of texts that somebody would unwrap if there were JSON in them.
pub(super) fn texts_to_unwrap(wanted: &Wanted, signature: Signature) -> Box<[PointerId]> {
    let slots = wanted.wrappers().iter().map(|(slot, _)| *slot);
    slots.filter(|slot| signature.get(*slot) == Type::String).collect()
}

/// Who sent payloads of this signature in which this is said; `None` where the general reader must say.
pub(super) fn sender<'c>(
    catalog: &'c Catalog,
    wanted: &Wanted,
    signature: Signature,
    deciding: &[(PointerId, &str)],
    form: bool,
) -> Option<&'c Provider> {
    let there = |slot| signature.get(slot) != Type::Nothing;
    let mut senders = Candidates::default();
    for own in catalog.providers() {
        if wanted.reads(own) {
            let seen = Seen::of(signature, wanted, own)?;
            senders.consider(catalog, own, &Looked { seen: &seen, deciding, form });
            continue;
        }
        let seen = Seen { signature, wanted, within: None };
        let looked = Looked { seen: &seen, deciding, form };
        let known = || looked.kind_at(own).is_none_or(|(_, kind, _)| may_know(catalog, own, &kind));
        if wanted.may_be(own, there)
            && (wanted.unwraps(own, there) || !looked.sees_kind_of(own) || known())
        {
            return None;
        }
    }
    senders.only().ok()?
}

/// What is seen of a payload with its event kind.
pub(super) struct Looked<'w> {
    pub(super) seen: &'w Seen<'w>,
    pub(super) deciding: &'w [(PointerId, &'w str)],
    pub(super) form: bool,
}

impl<'w> Looked<'w> {
    fn text(&self, slot: PointerId) -> Option<&'w str> {
        let of = self.deciding.iter().find(|(own, _)| *own == slot);
        of.map(|(_, text)| *text)
    }

    /// Whether the event kind of a provider would be among what decides.
    fn sees_kind_of(&self, provider: &Provider) -> bool {
        provider.kind.iter().all(|at| {
            let slot = at.pointer().and_then(|at| self.seen.wanted.known_slot(at));
            slot.is_some_and(|slot| self.seen.wanted.deciding().contains(&slot))
        })
    }

    /// Where the event kind of a provider stands, or its first part, what it is, and which of its places that is.
    pub(super) fn kind_at<'p>(
        &self,
        provider: &'p Provider,
    ) -> Option<(PointerId, Cow<'w, str>, &'p Locator)> {
        provider.kind.iter().find_map(|locator| {
            let mut words = locator.spots().iter().map(|spot| self.word(spot.pointer()?));
            let (slot, first) = words.next()??;
            if locator.single().is_some() {
                return Some((slot, Cow::Borrowed(first), locator));
            }
            let rest = words.map(|word| word.map(|(_, text)| text));
            let texts: Vec<&str> =
                std::iter::once(Some(first)).chain(rest).collect::<Option<_>>()?;
            Some((slot, Cow::Owned(texts.join(".")), locator))
        })
    }

    /// The first word of what decides that a pointer leads to.
    fn word(&self, pointer: &Pointer) -> Option<(PointerId, &'w str)> {
        self.seen.slots(pointer).find_map(|(slot, _)| Some((slot, self.text(slot)?)))
    }
}

impl PayloadFields for Looked<'_> {
    fn kind(&self, provider: &Provider) -> Option<String> {
        self.kind_at(provider).map(|(_, kind, _)| kind.into_owned())
    }

    fn has(&self, locators: &[Locator]) -> bool {
        let there = |spot: &Spot| spot.pointer().is_some_and(|at| self.seen.find(at).is_some());
        locators.iter().any(|at| at.spots().iter().all(there))
    }

    fn has_asset(&self, locators: &[Locator]) -> bool {
        self.has(locators)
    }

    fn meets(&self, condition: &Condition) -> bool {
        condition.holds(|spot| {
            let (slot, _) = self.seen.find(spot.pointer()?)?;
            match self.seen.signature.get(slot) {
                Type::Nothing => None,
                Type::Other => Some(SpotValue::Other),
                // What nobody compares with anything has no text here.
                Type::String | Type::Number => Some(
                    self.text(slot).map_or(SpotValue::Other, |text| SpotValue::Text(text.into())),
                ),
            }
        })
    }

    fn is_form(&self) -> bool {
        self.form
    }
}
