//! What is wanted of a payload: everything that a pointer of some definition leads to.

mod asked;
mod ways;

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

use self::ways::{index, is_plain, is_plain_way, ways, within};
use crate::{
    digest::KEYS,
    event::content::{MemberPlace, SHORT_LEN},
    lifecycle::{Catalog, Locator, Pointer, Provider},
};

/// Before the pointer of an object, as the name of the slot that says whether it is one: no pointer begins so.
const OBJECT_MARK: char = '{';

/// More pointers than this, or one that cannot be followed here, and every payload is left to the general reader.
const SLOTS_MAX: usize = 1024;
/// By what records of deliveries are told from payloads.
const OF_RECORDS: [&str; 4] = ["/body", "/body_base64", "/provider", "/received_at"];

/// A value that is wanted, by its pointer.
pub(crate) type PointerId = usize;

/// The names that lead to wanted values, as a tree.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    nodes: Vec<Wish>,
    slots: HashMap<String, PointerId>,
    /// Some pointer cannot be followed here.
    unusable: bool,
    /// The providers whose lines are not read here, and what a line has that may be one of theirs.
    others: Vec<(String, Vec<PointerId>)>,
    deciding: Vec<PointerId>,
    /// Where payloads are unwrapped from, and the slot that says whether an object is there.
    wrappers: Vec<(PointerId, PointerId)>,
}

/// A place in that tree.
pub(super) type WantedNode = usize;

#[derive(Clone, Debug)]
struct Wish {
    place: MemberPlace,
    children: Vec<(Box<[u8]>, WantedNode)>,
    /// A bit for each child, by its place: most names are seen not to be wanted without looking further.
    marks: u64,
    /// The same, by how it begins and how long it is.
    brief_marks: u64,
    slot: Option<PointerId>,
    /// The children that are items where the value is a list, by their indexes.
    items: Vec<(u64, WantedNode)>,
    /// If it is a list, it has one item and no more.
    strict: bool,
}

impl Wish {
    fn at(place: MemberPlace) -> Self {
        Self {
            place,
            children: Vec::new(),
            marks: 0,
            brief_marks: 0,
            slot: None,
            items: Vec::new(),
            strict: false,
        }
    }
}

/// Which children of a node were met in one object.
pub(super) type SeenBits = u128;

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
    pub(super) fn get(self, slot: PointerId) -> Type {
        match self.0[slot / SLOTS_EACH] >> (2 * (slot % SLOTS_EACH)) & 3 {
            0 => Type::Nothing,
            1 => Type::String,
            2 => Type::Number,
            _ => Type::Other,
        }
    }

    pub(super) fn set(&mut self, slot: PointerId, to: Type) {
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
    /// Everything that those providers may ask for that can be read here, and what tells that a line may be one of the
    /// others.
    pub(super) fn new(catalog: &Catalog, keep_data: bool) -> Self {
        let nodes = vec![Wish::at(MemberPlace::ROOT)];
        let mut wanted = Self {
            nodes,
            slots: HashMap::new(),
            unusable: false,
            others: Vec::new(),
            deciding: Vec::new(),
            wrappers: Vec::new(),
        };
        for name in OF_RECORDS {
            Pointer::parse(name).iter().for_each(|pointer| wanted.add(pointer));
        }
        for provider in catalog.providers() {
            match is_plain(catalog, provider, keep_data) {
                true if provider.unwrap.is_empty() => {
                    wanted.add_provider(catalog, provider, keep_data);
                }
                true => {}
                false => wanted.watch(provider),
            }
        }
        // What is unwrapped is wanted at two places: not at the cost of others.
        let unwrapped = catalog.providers().filter(|own| !own.unwrap.is_empty());
        for provider in unwrapped.filter(|own| is_plain(catalog, own, keep_data)) {
            let before = wanted.clone();
            wanted.add_provider(catalog, provider, keep_data);
            if wanted.unusable && !before.unusable {
                wanted = before;
                wanted.watch(provider);
            }
        }
        wanted.deciding.sort_unstable();
        wanted.deciding.dedup();
        wanted
    }

    /// Adds a slot that says whether an object is where a pointer leads.
    fn watch_object(&mut self, pointer: &Pointer) {
        let name = format!("{OBJECT_MARK}{}", pointer.as_str());
        if self.slots.contains_key(&name) {
            return;
        }
        if self.slots.len() == SLOTS_MAX {
            self.unusable = true;
            return;
        }
        let (slot, flag) = (self.slots.get(pointer.as_str()).copied(), self.slots.len());
        self.slots.insert(name, flag);
        self.wrappers.extend(slot.map(|slot| (slot, flag)));
    }

    /// Where payloads are unwrapped from, and the slots that say whether an object is there.
    pub(super) fn wrappers(&self) -> &[(PointerId, PointerId)] {
        &self.wrappers
    }

    /// The slot that says whether there is an object in this one, if payloads are unwrapped from there.
    pub(super) fn object_flag(&self, slot: PointerId) -> Option<PointerId> {
        self.wrappers.iter().find(|(own, _)| *own == slot).map(|(_, flag)| *flag)
    }

    /// Notes what a line has if it may be one of a provider whose lines are not read here.
    fn watch(&mut self, provider: &Provider) {
        let of_kind = provider.kind.iter().filter_map(|at| at.pointers().next());
        let watched =
            of_kind.chain(&provider.unwrap).map(before_lists).filter(|at| !at.tokens().is_empty());
        let mut slots = Vec::new();
        for pointer in watched {
            self.add(&pointer);
            slots.extend(self.slots.get(pointer.as_str()));
        }
        if provider.kind.iter().all(|at| at.pointer().is_some_and(is_plain_way)) {
            let kinds = provider.kind.iter().filter_map(Locator::pointer);
            self.deciding.extend(kinds.filter_map(|at| self.slots.get(before_lists(at).as_str())));
        }
        self.others.push((provider.name().to_owned(), slots));
    }

    /// Whether a line with something in these slots may be one of a provider whose lines are not read here.
    pub(super) fn may_be(&self, provider: &Provider, there: impl Fn(PointerId) -> bool) -> bool {
        let other = self.others.iter().find(|(name, _)| name == provider.name());
        other.is_some_and(|(_, slots)| slots.iter().any(|slot| there(*slot)))
    }

    /// Whether there is something in these slots that a provider unwraps, so that its payload is not the line itself.
    pub(super) fn unwraps(&self, provider: &Provider, there: impl Fn(PointerId) -> bool) -> bool {
        provider.unwrap.iter().map(before_lists).any(|at| {
            at.tokens().is_empty() || self.slots.get(at.as_str()).is_some_and(|slot| there(*slot))
        })
    }

    /// Whether the lines of a provider are read here.
    pub(super) fn reads(&self, provider: &Provider) -> bool {
        self.others.iter().all(|(name, _)| name != provider.name())
    }

    /// What decides who sent a line, and what it is: where event kinds stand, and what conditions ask of.
    pub(super) fn deciding(&self) -> &[PointerId] {
        &self.deciding
    }

    /// A list on this way that has more items than one is read by the general reader, which says so.
    fn be_strict(&mut self, provider: &Provider, pointer: &Pointer) {
        ways(provider, pointer).iter().for_each(|way| self.be_strict_on(way));
    }

    fn be_strict_on(&mut self, pointer: &Pointer) {
        let mut at = Self::ROOT;
        for name in pointer.tokens() {
            let children = self.nodes[at].children.iter();
            let Some(child) = children.clone().find(|(own, _)| **own == *name.as_bytes()) else {
                return;
            };
            let child = child.1;
            if index(name).is_some() {
                self.nodes[at].strict = true;
            }
            at = child;
        }
    }

    fn add(&mut self, pointer: &Pointer) {
        if self.slots.contains_key(pointer.as_str()) {
            return;
        }
        if pointer.tokens().is_empty() || self.slots.len() == SLOTS_MAX {
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
                    parent.items.extend(index(name).map(|index| (index, child)));
                    self.unusable |= parent.children.len() > SeenBits::BITS as usize;
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
    pub(super) const ROOT: WantedNode = 0;

    pub(super) fn is_usable(&self) -> bool {
        !self.unusable
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn slot(&self, pointer: &Pointer) -> PointerId {
        self.slots[pointer.as_str()]
    }

    /// The slot of a pointer, if it was added.
    pub(super) fn known_slot(&self, pointer: &Pointer) -> Option<PointerId> {
        self.slots.get(pointer.as_str()).copied()
    }

    /// Whether what has values in these slots may be the record of a delivery, with a body or without one: the general
    /// reader tells.
    pub(super) fn may_be_record(&self, there: impl Fn(PointerId) -> bool) -> bool {
        let [body, base64, provider, received_at] =
            OF_RECORDS.map(|pointer| there(self.slots[pointer]));
        provider && received_at || (body || base64) && (provider || received_at)
    }

    /// The slot of a pointer within what another leads to, if it was added.
    pub(super) fn slot_within(&self, outer: &Pointer, pointer: &Pointer) -> Option<PointerId> {
        self.known_slot(&within(outer, pointer))
    }

    /// The slot of a member of the payload itself.
    pub(super) fn member(&self, name: &[u8]) -> Option<PointerId> {
        let node = self.named(Self::ROOT, name, begin(name), &mut SeenBits::default())??;
        self.nodes[node].slot
    }

    /// The slot of a node, if it is wanted itself.
    #[inline]
    pub(super) fn slot_at(&self, node: WantedNode) -> Option<PointerId> {
        self.nodes[node].slot
    }

    /// Whether something is wanted within what stands at a node.
    #[inline]
    pub(super) fn leads_on(&self, node: WantedNode) -> bool {
        !self.nodes[node].children.is_empty()
    }

    /// The place of a node, if all names on the way to it are names of members.
    #[inline]
    pub(super) fn place(&self, node: WantedNode) -> MemberPlace {
        self.nodes[node].place
    }

    /// What is wanted at an item of a list at a node: perhaps nothing. `None` if it is not to have that many.
    #[inline]
    pub(super) fn item(&self, node: WantedNode, index: u64) -> Option<Option<WantedNode>> {
        let Wish { items, strict, .. } = &self.nodes[node];
        let wanted = || items.iter().find(|(own, _)| *own == index).map(|(_, child)| *child);
        (!*strict || index == 0).then(wanted)
    }

    /// What is wanted at the member of this name and place, of an object at a node: perhaps nothing. `None` if the
    /// name is wanted and was met before.
    #[inline]
    pub(super) fn child(
        &self,
        node: WantedNode,
        place: MemberPlace,
        name: &[u8],
        met: &mut SeenBits,
    ) -> Option<Option<WantedNode>> {
        let Wish { children, marks, .. } = &self.nodes[node];
        if marks & mark(place) == 0 {
            return Some(None);
        }
        let is = |own: &WantedNode, text: &[u8]| self.nodes[*own].place == place && *text == *name;
        meet(children, children.iter().position(|(text, own)| is(own, text)), met)
    }

    /// The same for a name that begins with these bytes, filled up with zeros, at whatever place.
    #[inline]
    pub(super) fn named(
        &self,
        node: WantedNode,
        name: &[u8],
        begin: [u8; SHORT_LEN],
        met: &mut SeenBits,
    ) -> Option<Option<WantedNode>> {
        let Wish { children, brief_marks, .. } = &self.nodes[node];
        if brief_marks & brief_mark(begin, name.len()) == 0 {
            return Some(None);
        }
        meet(children, children.iter().position(|(text, _)| **text == *name), met)
    }
}

/// A pointer as far as the first list that it may enter.
fn before_lists(pointer: &Pointer) -> Pointer {
    let names = pointer.tokens().iter().take_while(|name| index(name).is_none());
    let text: String = names.map(|name| Pointer::member(name)).collect();
    Pointer::parse(&text).unwrap_or_else(|| pointer.clone())
}

/// A child that is there, unless it was met before.
fn meet(
    children: &[(Box<[u8]>, WantedNode)],
    at: Option<usize>,
    met: &mut SeenBits,
) -> Option<Option<WantedNode>> {
    let Some(at) = at else { return Some(None) };
    let bit = 1 << at;
    let first = *met & bit == 0;
    *met |= bit;
    first.then_some(Some(children[at].1))
}

fn mark(place: MemberPlace) -> u64 {
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
    1 << ((begin ^ (len as u64) << 56).wrapping_mul(KEYS[0]) >> 58)
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
