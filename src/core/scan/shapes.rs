//! Remembers the shapes of lines, that is their sequences of token kinds: what was proven for one line
//! holds for all others of its shape, whatever their strings and numbers are.

use super::{
    SHAPES_MAX, grammar, mask_of,
    piece::{Block64, PIECE_LEN},
    prefetch_first,
};
use crate::digest::{KEYS, folded};

/// Longer lines are proven each time.
const SHAPE_LEN_MAX: usize = 1024;
const SLOTS: usize = 4 * SHAPES_MAX;
/// How many slots are tried for a shape, so that no stream can make looking slow.
const TRIES_MAX: usize = 8;

/// The shapes seen so far. A shape is entered when a second line has it.
#[derive(Debug)]
pub(super) struct Shapes {
    shapes: Vec<TokenShape>,
    /// The hash of a shape, and its id.
    slots: Box<[(u64, u32)]>,
    /// Hashes of shapes seen once; later ones overwrite them.
    once: Box<[u64]>,
}

/// Where a line is looked for among the shapes.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShapeLookup {
    hash: u64,
    /// The shape that it seems to have.
    pub(super) likely: Option<u32>,
}

#[derive(Debug)]
struct TokenShape {
    kinds: Box<[u8]>,
    /// The tokens that are numbers or literals.
    primitives: Box<[u16]>,
}

impl Shapes {
    pub(super) fn new() -> Self {
        let (slots, once) = (vec![(0, 0); SLOTS].into(), vec![0; SLOTS].into());
        Self { shapes: Vec::new(), slots, once }
    }

    /// Looks for the shape of a line that will be asked for soon: its kinds are the first `len` of `ahead`, from each of
    /// which at least a piece can be read.
    #[inline]
    pub(super) fn look(&self, ahead: &[u8], len: usize) -> ShapeLookup {
        let hash = hash(ahead, len);
        let mut slots = slots_of(hash).map(|slot| self.slots[slot]);
        let found = slots.find(|(found, _)| *found == 0 || *found == hash);
        let likely = found.filter(|(found, _)| *found != 0).map(|(_, id)| id);
        if let Some(shape) = likely.and_then(|id| self.shapes.get(id as usize)) {
            prefetch_first(&shape.kinds, 4);
        }
        ShapeLookup { hash, likely }
    }

    /// The id of a shape and its numbers and literals; if it was not entered, its hash.
    #[inline]
    pub(super) fn find(&self, look: ShapeLookup, kinds: &[u8]) -> Result<(u32, &[u16]), u64> {
        let likely = look.likely.map(|id| (id, &self.shapes[id as usize]));
        let same = likely.filter(|(_, shape)| *shape.kinds == *kinds);
        same.map(|(id, shape)| (id, &*shape.primitives)).ok_or(look.hash)
    }

    /// Notes that a line of this shape, which is not entered, was proven; its id, if it is entered now.
    pub(super) fn enter(&mut self, hash: u64, kinds: &[u8]) -> Option<u32> {
        if self.shapes.len() == SHAPES_MAX || kinds.len() > SHAPE_LEN_MAX {
            return None;
        }
        let once = &mut self.once[hash as usize % SLOTS];
        if *once != hash {
            *once = hash;
            return None;
        }
        let free =
            |slot: &usize| matches!(self.slots[*slot].0, found if found == 0 || found == hash);
        let slot = slots_of(hash).find(free)?;
        if self.slots[slot].0 == hash {
            return None;
        }
        let id = self.shapes.len() as u32;
        self.slots[slot] = (hash, id);
        let primitives = (0..).zip(kinds).filter(|(_, kind)| grammar::is_primitive_kind(**kind));
        let primitives = primitives.map(|(at, _)| at).collect();
        self.shapes.push(TokenShape { kinds: kinds.into(), primitives });
        Some(id)
    }
}

fn slots_of(hash: u64) -> impl Iterator<Item = usize> {
    (0..TRIES_MAX).map(move |offset| (hash as usize + offset) % SLOTS)
}

/// Never 0. Eight words at a time are multiplied in pairs, so that the processor does all at once; no
/// one who writes lines gains by lines of the same hash, as few slots are tried.
#[inline]
fn hash(ahead: &[u8], len: usize) -> u64 {
    const ODD: [u64; 4] = [KEYS[2], KEYS[3], KEYS[4], KEYS[5]];
    let mut lanes = [len as u64, ODD[0], ODD[1], ODD[2]];
    let mut mix = |words: [u64; 8]| {
        for (lane, (pair, odd)) in lanes.iter_mut().zip(words.as_chunks().0.iter().zip(ODD)) {
            let [first, second] = *pair;
            *lane = folded(*lane ^ first ^ odd, second ^ odd.rotate_left(32));
        }
    };
    let (whole, rest) = (len / PIECE_LEN * PIECE_LEN, len % PIECE_LEN);
    ahead[..whole].as_chunks().0.iter().for_each(|piece| mix(words_of(piece)));
    let last = words_of(ahead[whole..].first_chunk().expect("leftovers follow the last token"));
    mix(std::array::from_fn(|at| last[at] & mask_of(rest.saturating_sub(8 * at).min(8)) as u64));
    let [a, b, c, d] = lanes;
    folded(folded(a ^ ODD[1], b ^ ODD[2]), folded(c ^ ODD[3], d ^ ODD[0])) | 1 << 63
}

#[inline]
fn words_of(piece: &Block64) -> [u64; 8] {
    let (words, _) = piece.as_chunks();
    std::array::from_fn(|at| u64::from_le_bytes(words[at]))
}
