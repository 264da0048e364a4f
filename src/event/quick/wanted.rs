//! What is wanted of a payload: everything that a pointer of some definition leads to.

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

use crate::{
    event::content::{Place, SHORT_LEN},
    lifecycle::{Catalog, Locator, Pointer, Provider},
};

/// More pointers than this, or one that cannot be followed here, and every payload is left to the general reader.
const SLOTS_MAX: usize = 256;

/// A value that is wanted, by its pointer.
pub(crate) type Slot = usize;

/// The names that lead to wanted values, as a tree.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    nodes: Vec<Wish>,
    slots: HashMap<String, Slot>,
    /// Some pointer cannot be followed here.
    unusable: bool,
}

/// A place in that tree.
pub(super) type Node = usize;

#[derive(Clone, Debug)]
struct Wish {
    place: Place,
    children: Vec<(Box<[u8]>, Node)>,
    /// A bit for each child, by its place: most names are seen not to be wanted without looking further.
    marks: u64,
    /// The same, by how it begins and how long it is.
    brief_marks: u64,
    slot: Option<Slot>,
}

impl Wish {
    fn at(place: Place) -> Self {
        Self { place, children: Vec::new(), marks: 0, brief_marks: 0, slot: None }
    }
}

/// Which children of a node were met in one object.
pub(super) type Met = u64;

/// What kind of value stands in each slot, two bits each: two payloads of one signature are read by the same pointers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Signature([u64; SLOTS_MAX / SLOTS_EACH]);

const SLOTS_EACH: usize = 32;

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// Absent, or `null`.
    Nothing,
    String,
    Number,
    /// A truth value, an object or a list.
    Other,
}

impl Signature {
    pub(super) fn get(self, slot: Slot) -> Type {
        match self.0[slot / SLOTS_EACH] >> (2 * (slot % SLOTS_EACH)) & 3 {
            0 => Type::Nothing,
            1 => Type::String,
            2 => Type::Number,
            _ => Type::Other,
        }
    }

    pub(super) fn set(&mut self, slot: Slot, to: Type) {
        let bits = match to {
            Type::Nothing => 0,
            Type::String => 1,
            Type::Number => 2,
            Type::Other => 3,
        };
        let (word, shift) = (&mut self.0[slot / SLOTS_EACH], 2 * (slot % SLOTS_EACH));
        *word = *word & !(3 << shift) | bits << shift;
    }

    pub(super) fn digest(self) -> u64 {
        let mut bytes = [0; SLOTS_MAX / 4];
        for (eight, word) in bytes.chunks_exact_mut(8).zip(self.0) {
            eight.copy_from_slice(&word.to_le_bytes());
        }
        xxh3_64(&bytes)
    }
}

impl Wanted {
    /// Everything that a provider, or all of them, may ask for.
    pub(super) fn new(catalog: &Catalog, keep_data: bool) -> Self {
        let nodes = vec![Wish::at(Place::ROOT)];
        let mut wanted = Self { nodes, slots: HashMap::new(), unusable: false };
        for name in ["/body", "/body_base64", "/provider", "/received_at"] {
            Pointer::parse(name).iter().for_each(|pointer| wanted.add(pointer));
        }
        for provider in catalog.providers() {
            let Provider { kind, event_id, time, attempts, .. } = provider;
            [kind, event_id, time].into_iter().for_each(|locators| wanted.add_all(locators));
            attempts.iter().for_each(|pointer| wanted.add(pointer));
            wanted.unusable |= !provider.unwrap.is_empty()
                || !provider.when.is_empty()
                || !provider.sequence.is_empty()
                || provider.zone.is_some();
        }
        for lifecycle in catalog.lifecycles() {
            wanted.add_all(lifecycle.id_of(None));
            lifecycle.status().iter().for_each(|pointer| wanted.add(pointer));
            wanted.add_all(lifecycle.parent().map_or(&[], |(_, locators)| locators));
            for (kind, _) in lifecycle.kinds() {
                wanted.add_all(lifecycle.id_of(Some(kind)));
                lifecycle.kind_of(kind).status.iter().for_each(|pointer| wanted.add(pointer));
            }
            let data = lifecycle.data().iter().filter(|_| keep_data);
            data.flat_map(|field| &field.at).for_each(|pointer| wanted.add(pointer));
        }
        wanted
    }

    fn add_all(&mut self, locators: &[Locator]) {
        for locator in locators {
            match locator.pointer() {
                Some(pointer) => self.add(pointer),
                None => self.unusable = true,
            }
        }
    }

    fn add(&mut self, pointer: &Pointer) {
        if self.slots.contains_key(pointer.as_str()) {
            return;
        }
        // Lists are not entered, and the payload itself is no value.
        let into_list = pointer.tokens().iter().any(|name| name.parse::<usize>().is_ok());
        if into_list || pointer.tokens().is_empty() || self.slots.len() == SLOTS_MAX {
            self.unusable = true;
            return;
        }
        let mut at = 0;
        for name in pointer.tokens() {
            let known = self.nodes[at].children.iter().find(|(own, _)| **own == *name.as_bytes());
            at = match known {
                Some((_, child)) => *child,
                None => {
                    let child = self.nodes.len();
                    let parent = &mut self.nodes[at];
                    let place = parent.place.member(name.as_bytes());
                    parent.marks |= mark(place);
                    parent.brief_marks |= brief_mark(begin(name.as_bytes()), name.len());
                    parent.children.push((name.as_bytes().into(), child));
                    self.unusable |= parent.children.len() > Met::BITS as usize;
                    self.nodes.push(Wish::at(place));
                    child
                }
            };
        }
        let slot = self.slots.len();
        self.nodes[at].slot = Some(slot);
        self.slots.insert(pointer.as_str().to_owned(), slot);
    }

    /// The payload itself.
    pub(super) const ROOT: Node = 0;

    pub(super) fn is_usable(&self) -> bool {
        !self.unusable
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn slot(&self, pointer: &Pointer) -> Slot {
        self.slot_of(pointer.as_str())
    }

    /// The slot of a pointer that was added.
    pub(super) fn slot_of(&self, pointer: &str) -> Slot {
        self.slots[pointer]
    }

    /// The slot of a member of the payload itself.
    pub(super) fn member(&self, name: &[u8]) -> Option<Slot> {
        let node = self.named(Self::ROOT, name, begin(name), &mut Met::default())??;
        self.nodes[node].slot
    }

    /// The slot of a node, if it is wanted itself.
    #[inline]
    pub(super) fn slot_at(&self, node: Node) -> Option<Slot> {
        self.nodes[node].slot
    }

    /// Whether something is wanted within what stands at a node.
    #[inline]
    pub(super) fn leads_on(&self, node: Node) -> bool {
        !self.nodes[node].children.is_empty()
    }

    /// What is wanted at the member of this name and place, of an object at a node: perhaps nothing. `None` if the
    /// name is wanted and was met before.
    #[inline]
    pub(super) fn child(
        &self,
        node: Node,
        place: Place,
        name: &[u8],
        met: &mut Met,
    ) -> Option<Option<Node>> {
        let Wish { children, marks, .. } = &self.nodes[node];
        if marks & mark(place) == 0 {
            return Some(None);
        }
        let is = |own: &Node, text: &[u8]| self.nodes[*own].place == place && *text == *name;
        meet(children, children.iter().position(|(text, own)| is(own, text)), met)
    }

    /// The same for a name that begins with these bytes, filled up with zeros, at whatever place.
    #[inline]
    pub(super) fn named(
        &self,
        node: Node,
        name: &[u8],
        begin: [u8; SHORT_LEN],
        met: &mut Met,
    ) -> Option<Option<Node>> {
        let Wish { children, brief_marks, .. } = &self.nodes[node];
        if brief_marks & brief_mark(begin, name.len()) == 0 {
            return Some(None);
        }
        meet(children, children.iter().position(|(text, _)| **text == *name), met)
    }
}

/// A child that is there, unless it was met before.
fn meet(children: &[(Box<[u8]>, Node)], at: Option<usize>, met: &mut Met) -> Option<Option<Node>> {
    let Some(at) = at else { return Some(None) };
    let bit = 1 << at;
    let first = *met & bit == 0;
    *met |= bit;
    first.then_some(Some(children[at].1))
}

fn mark(place: Place) -> u64 {
    1 << (place.0 >> 58)
}

/// How a name begins, filled up with zeros.
fn begin(name: &[u8]) -> [u8; SHORT_LEN] {
    let (mut begin, len) = ([0; SHORT_LEN], name.len().min(SHORT_LEN));
    begin[..len].copy_from_slice(&name[..len]);
    begin
}

fn brief_mark(begin: [u8; SHORT_LEN], len: usize) -> u64 {
    let (begin, _) = begin.as_chunks();
    let begin = u64::from_le_bytes(begin[0]);
    1 << ((begin ^ (len as u64) << 56).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58)
}

/// Goes behind the value that `token` is at: eight tokens at a time, since of all kinds only brackets are odd numbers,
/// and of these those that open have the second bit.
pub(super) fn skip(kinds: &[u8], token: &mut usize) {
    let mut depth = 0_usize;
    let mut rest = &kinds[*token..];
    if rest[0] & 1 == 0 {
        *token += 1;
        return;
    }
    while !rest.is_empty() {
        let mut eight = [0; 8];
        let len = rest.len().min(8);
        match rest.first_chunk() {
            Some(all) => eight = *all,
            None => eight[..len].copy_from_slice(rest),
        }
        let eight = u64::from_le_bytes(eight);
        let mut brackets = eight & 0x0101_0101_0101_0101;
        while brackets != 0 {
            let bit = brackets.trailing_zeros();
            brackets &= brackets - 1;
            depth = if eight >> bit & 2 != 0 { depth + 1 } else { depth - 1 };
            if depth == 0 {
                *token += bit as usize / 8 + 1;
                return;
            }
        }
        *token += len;
        rest = &rest[len..];
    }
}
