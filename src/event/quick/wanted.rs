//! What is wanted of a payload: everything that a pointer of some definition leads to.

use std::collections::HashMap;

use crate::{
    lifecycle::{Catalog, Pointer, Provider},
    scan::Tokens,
};

/// More pointers than this, or one that cannot be followed here, and every payload is left to the general reader.
const SLOTS_MAX: usize = 256;

/// A value that is wanted, by its pointer.
pub(super) type Slot = usize;

/// The names that lead to wanted values, as a tree.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    nodes: Vec<Node>,
    slots: HashMap<String, Slot>,
    /// Some pointer cannot be followed here.
    unusable: bool,
}

#[derive(Clone, Debug, Default)]
struct Node {
    children: Vec<(Box<[u8]>, usize)>,
    slot: Option<Slot>,
}

/// What kind of value stands in each slot, two bits each: two payloads of one signature are read by the same pointers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
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
}

impl Wanted {
    /// Everything that a provider, or all of them, may ask for.
    pub(super) fn new(catalog: &Catalog, keep_data: bool) -> Self {
        let mut wanted = Self { nodes: vec![Node::default()], ..Self::default() };
        for name in ["/body", "/provider", "/received_at"] {
            wanted.add(&Pointer::parse(name).into_iter().collect::<Vec<_>>());
        }
        for provider in catalog.providers() {
            let Provider { kind, event_id, time, attempts, .. } = provider;
            [kind, event_id, time, attempts].into_iter().for_each(|pointers| wanted.add(pointers));
        }
        for lifecycle in catalog.lifecycles() {
            wanted.add(lifecycle.id_of(None));
            wanted.add(lifecycle.status());
            wanted.add(lifecycle.parent().map_or(&[], |(_, pointers)| pointers));
            for (kind, _) in lifecycle.kinds() {
                wanted.add(lifecycle.id_of(Some(kind)));
                wanted.add(lifecycle.kind_of(kind).status.as_slice());
            }
            let data = lifecycle.data().iter().filter(|_| keep_data);
            data.for_each(|field| wanted.add(&field.at));
        }
        wanted
    }

    fn add(&mut self, pointers: &[Pointer]) {
        for pointer in pointers {
            if self.slots.contains_key(pointer.as_str()) {
                continue;
            }
            // Lists are not entered, and the payload itself is no value.
            let into_list = pointer.tokens().iter().any(|name| name.parse::<usize>().is_ok());
            if into_list || pointer.tokens().is_empty() || self.slots.len() == SLOTS_MAX {
                self.unusable = true;
                return;
            }
            let mut at = 0;
            for name in pointer.tokens() {
                let known =
                    self.nodes[at].children.iter().find(|(own, _)| **own == *name.as_bytes());
                at = match known {
                    Some((_, child)) => *child,
                    None => {
                        let child = self.nodes.len();
                        self.nodes[at].children.push((name.as_bytes().into(), child));
                        self.nodes.push(Node::default());
                        child
                    }
                };
            }
            let slot = self.slots.len();
            self.nodes[at].slot = Some(slot);
            self.slots.insert(pointer.as_str().to_owned(), slot);
        }
    }

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
        let found = self.nodes[0].children.iter().find(|(own, _)| **own == *name)?;
        self.nodes[found.1].slot
    }

    /// Finds everything that is wanted: by slot its token, or 0, which is the brace that opens the payload, for what is
    /// absent. `false` where names are escaped or repeated: then the general reader must say
    /// what they mean.
    pub(super) fn find(&self, tokens: &Tokens<'_>, at: &mut Vec<u32>) -> bool {
        at.clear();
        at.resize(self.len(), 0);
        let mut token = 0;
        self.find_in(0, tokens, &mut token, at)
    }

    /// Goes through the object whose brace `token` is at, and leaves it behind its end.
    fn find_in(
        &self,
        node: usize,
        tokens: &Tokens<'_>,
        token: &mut usize,
        found: &mut [u32],
    ) -> bool {
        let kinds = tokens.kinds;
        let mut seen = 0_u64;
        let Node { children, .. } = &self.nodes[node];
        *token += 1;
        while kinds[*token] == b'"' {
            let name = tokens.string(*token);
            let value = *token + 2;
            *token = value;
            let child = children.iter().position(|(own, _)| **own == *name);
            let into = match child {
                // An escaped name may be any; such names are few.
                None if memchr::memchr(b'\\', name).is_some() => return false,
                None => None,
                Some(at) => {
                    let bit = 1 << (at % 64);
                    if seen & bit != 0 || at >= 64 {
                        return false;
                    }
                    seen |= bit;
                    Some(children[at].1)
                }
            };
            match into {
                Some(child) => {
                    let Node { children, slot } = &self.nodes[child];
                    if let Some(slot) = slot {
                        found[*slot] = value as u32;
                    }
                    if kinds[value] == b'{' && !children.is_empty() {
                        if !self.find_in(child, tokens, token, found) {
                            return false;
                        }
                    } else {
                        skip(kinds, token);
                    }
                }
                None => skip(kinds, token),
            }
            if kinds[*token] == b',' {
                *token += 1;
            }
        }
        *token += 1;
        true
    }
}

/// Goes behind the value that `token` is at.
pub(super) fn skip(kinds: &[u8], token: &mut usize) {
    let mut depth = 0_usize;
    loop {
        match kinds[*token] {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        *token += 1;
        if depth == 0 {
            return;
        }
    }
}
