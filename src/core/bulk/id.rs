//! Ids in sixteen bytes: equal where the ids are, and in the order of the ids.

use std::cmp::Ordering;

use crate::{event::print_inside, secret};

/// How large a piece of an arena is, one long id aside.
const PIECE_BYTES: usize = 16 << 10;

/// How many characters the length of a text takes.
const LEN_LEN: usize = 5;

/// How an id is written. Each id has one form, so ids of different forms are different.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum IdEncoding {
    /// There is no id.
    #[default]
    None,
    /// 32 lower-case hex digits with hyphens, as UUIDs are written: their value.
    Uuid,
    /// 32 lower-case hex digits: their value.
    Hex,
    /// Two letters and 32 lower-case hex digits, as Twilio's ids are written: the value of the digits.
    Lettered([u8; 2]),
    /// Up to 15 bytes: those, zeros, and how many.
    Short,
    /// A digest, and where the id stands: arena, piece, offset.
    Long,
}

impl IdEncoding {
    /// Below 2²⁴, and another for each form.
    #[inline]
    pub(crate) fn number(self) -> u64 {
        match self {
            Self::None => 0,
            Self::Uuid => 1,
            Self::Hex => 2,
            Self::Short => 3,
            Self::Long => 4,
            Self::Lettered([one, two]) => 5 | u64::from(one) << 8 | u64::from(two) << 16,
        }
    }
}

/// An id, or none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PackedId {
    pub(crate) form: IdEncoding,
    pub(crate) words: [u64; 2],
}

/// Of how many ids it is remembered where they are kept.
const RECENT: usize = 4096;

/// Where ids stand that are too long for a key.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    pieces: Vec<String>,
    /// Ids that were kept, by some bits of their digests: what they are known by, and the place.
    recent: Vec<(u128, u64)>,
}

impl Arena {
    /// Keeps an id of this digest: in most cases where it was kept before, so that its keys are seen to be equal without looking there.
    fn keep_id(&mut self, text: &str, digest: u128) -> u64 {
        if self.recent.is_empty() {
            self.recent.resize(RECENT, (0, u64::MAX));
        }
        let slot = digest as usize % RECENT;
        let (known, place) = self.recent[slot];
        if known == digest && place != u64::MAX {
            return place;
        }
        let place = self.keep(text);
        self.recent[slot] = (digest, place);
        place
    }

    pub(crate) fn keep(&mut self, text: &str) -> u64 {
        let len = text.len() + LEN_LEN;
        let full = |piece: &String| piece.len() + len > PIECE_BYTES;
        if self.pieces.last().is_none_or(full) {
            self.pieces.push(String::with_capacity(PIECE_BYTES.max(len)));
        }
        let number = self.pieces.len() as u64 - 1;
        let Some(piece) = self.pieces.last_mut() else { return 0 };
        let place = number << 16 | piece.len() as u64;
        // As characters, so that all of it is text.
        let characters: [u8; LEN_LEN] =
            std::array::from_fn(|at| (text.len() >> (7 * at)) as u8 & 0x7f);
        piece.push_str(std::str::from_utf8(&characters).unwrap_or_default());
        piece.push_str(text);
        place
    }

    /// What stands at a place.
    pub(crate) fn bytes(&self, place: u64) -> &[u8] {
        self.text(place).as_bytes()
    }

    /// [`Self::bytes`] as text.
    pub(crate) fn text(&self, place: u64) -> &str {
        let (piece, from) = self.at(place);
        let (len, rest) = piece[from..].split_at(LEN_LEN);
        &rest[..len.bytes().rev().fold(0, |len, byte| len << 7 | usize::from(byte))]
    }

    /// Prefetches what stands at a place.
    #[cfg(feature = "fast")]
    pub(crate) fn prefetch(&self, place: u64) {
        let (piece, from) = self.at(place);
        crate::scan::prefetch_first(&piece.as_bytes()[from..], 4);
    }

    /// The piece of a place, and where it is in there.
    fn at(&self, place: u64) -> (&str, usize) {
        (&self.pieces[(place >> 16) as usize & 0xffff_ffff], place as usize & 0xffff)
    }
}

/// The arenas that the keys of one fold stand in.
#[derive(Clone, Copy)]
pub(crate) struct Arenas<'a> {
    pub(crate) all: &'a [Arena],
    /// The arena of what came last, which is [`PackedId::OWN`].
    pub(crate) own: &'a Arena,
}

impl<'a> Arenas<'a> {
    /// The arena of a place, by its upper bits.
    pub(crate) fn of(self, place: u64) -> &'a Arena {
        match place >> 48 {
            PackedId::OWN => self.own,
            number => &self.all[number as usize],
        }
    }
}

/// What one of these arenas keeps, by its number in the upper bits of the place.
pub(crate) fn text_of(arenas: &[Arena], place: u64) -> &str {
    arenas[(place >> 48) as usize].text(place)
}

impl PackedId {
    /// The number of an arena that belongs to a part of the fold.
    pub(crate) const OWN: u64 = 0xffff;

    /// The key of an id; a long one is kept in the arena.
    #[inline]
    pub(crate) fn of(text: &str, arena: &mut Arena) -> Self {
        let bytes = text.as_bytes();
        if let Some(words) = uuid(bytes) {
            return Self { form: IdEncoding::Uuid, words };
        }
        if let Some(words) = hex(bytes) {
            return Self { form: IdEncoding::Hex, words };
        }
        if let Some((letters, rest)) = bytes.split_first_chunk()
            && letters.iter().all(u8::is_ascii_alphabetic)
            && let Some(words) = hex(rest)
        {
            return Self { form: IdEncoding::Lettered(*letters), words };
        }
        if bytes.len() < 16 {
            let mut short = [0; 16];
            short[..bytes.len()].copy_from_slice(bytes);
            short[15] = bytes.len() as u8;
            let short = u128::from_be_bytes(short);
            return Self { form: IdEncoding::Short, words: [(short >> 64) as u64, short as u64] };
        }
        let digest = secret::digest(text);
        Self { form: IdEncoding::Long, words: [digest as u64, arena.keep_id(text, digest)] }
    }

    /// The same key, of this arena.
    #[inline]
    pub(crate) fn in_arena(self, number: u64) -> Self {
        match self.form {
            IdEncoding::Long => {
                Self { words: [self.words[0], self.words[1] | number << 48], ..self }
            }
            _ => self,
        }
    }

    /// Equal for equal ids, wherever they stand.
    #[inline]
    pub(crate) fn digest(self) -> u64 {
        let second = if self.form == IdEncoding::Long { 0 } else { self.words[1] };
        secret::mixed(self.words[0], second).wrapping_add(self.form.number())
    }

    #[inline]
    pub(crate) fn is(self, other: Self, arenas: Arenas<'_>) -> bool {
        self.form == other.form
            && self.words[0] == other.words[0]
            && (self.words[1] == other.words[1]
                || self.form == IdEncoding::Long && self.long(arenas) == other.long(arenas))
    }

    /// The order of the ids as strings.
    #[inline]
    pub(crate) fn order(self, other: Self, arenas: Arenas<'_>) -> Ordering {
        if self.form == other.form && self.form != IdEncoding::Long {
            return self.words.cmp(&other.words);
        }
        let (mut one, mut two) = ([0; 36], [0; 36]);
        self.bytes(arenas, &mut one).cmp(other.bytes(arenas, &mut two))
    }

    /// The first six bytes of the id: keys in order have these in order.
    #[inline]
    pub(crate) fn prefix(self, arenas: Arenas<'_>) -> u64 {
        match self.form {
            IdEncoding::None => 0,
            IdEncoding::Uuid | IdEncoding::Hex => written((self.words[0] >> 32) as u32) >> 16,
            IdEncoding::Lettered([one, two]) => {
                let digits = written((self.words[0] >> 32) as u32) >> 32;
                u64::from(one) << 40 | u64::from(two) << 32 | digits
            }
            IdEncoding::Short => self.words[0] >> 16,
            IdEncoding::Long => {
                let mut first = [0; 8];
                first[2..].copy_from_slice(&self.long(arenas)[..6]);
                u64::from_be_bytes(first)
            }
        }
    }

    /// The id; the forms that are not text are written into the buffer.
    pub(crate) fn text<'a>(self, arenas: Arenas<'a>, buffer: &'a mut [u8; 36]) -> &'a str {
        // What a key was made from is text.
        std::str::from_utf8(self.bytes(arenas, buffer)).unwrap_or_default()
    }

    /// Appends the id as it stands in a string of JSON.
    pub(crate) fn write(self, arenas: Arenas<'_>, out: &mut Vec<u8>) {
        let [a, b, c, d] = self.digits();
        match self.form {
            IdEncoding::Uuid => out.extend_from_slice(&hyphenated([a, b, c, d])),
            IdEncoding::Hex => out.extend_from_slice([a, b, c, d].as_flattened()),
            _ => print_inside(self.text(arenas, &mut [0; 36]), out),
        }
    }

    fn bytes<'a>(self, arenas: Arenas<'a>, buffer: &'a mut [u8; 36]) -> &'a [u8] {
        match self.form {
            IdEncoding::None => &[],
            IdEncoding::Uuid => {
                *buffer = hyphenated(self.digits());
                buffer
            }
            IdEncoding::Hex => self.hex_digits(&mut buffer[..32]),
            IdEncoding::Lettered(letters) => {
                buffer[..2].copy_from_slice(&letters);
                self.hex_digits(&mut buffer[2..34]);
                &buffer[..34]
            }
            IdEncoding::Short => {
                buffer[..8].copy_from_slice(&self.words[0].to_be_bytes());
                buffer[8..16].copy_from_slice(&self.words[1].to_be_bytes());
                let len = usize::from(buffer[15].min(15));
                &buffer[..len]
            }
            IdEncoding::Long => self.long(arenas),
        }
    }

    fn hex_digits(self, buffer: &mut [u8]) -> &[u8] {
        for (place, eight) in buffer.chunks_exact_mut(8).zip(self.digits()) {
            place.copy_from_slice(&eight);
        }
        buffer
    }

    fn long(self, arenas: Arenas<'_>) -> &[u8] {
        arenas.of(self.words[1]).bytes(self.words[1])
    }

    #[inline]
    fn digits(self) -> [[u8; 8]; 4] {
        let [a, b] = self.words;
        let eight = |half: u64| written(half as u32).to_be_bytes();
        [eight(a >> 32), eight(a), eight(b >> 32), eight(b)]
    }
}

/// Digits as they stand in a UUID.
#[inline]
fn hyphenated([a, b, c, d]: [[u8; 8]; 4]) -> [u8; 36] {
    let mut text = [b'-'; 36];
    text[..8].copy_from_slice(&a);
    for (at, four) in [(9, &b[..4]), (14, &b[4..]), (19, &c[..4]), (24, &c[4..])] {
        text[at..at + 4].copy_from_slice(four);
    }
    text[28..].copy_from_slice(&d);
    text
}

/// The value of 8 lower-case hex digits, in the order of their bytes, and bits of what is wrong with them.
#[inline]
fn read(digits: u64) -> (u32, u64) {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let letter = digits >> 6 & ONES;
    let values = (digits & (0x0f * ONES)) + letter * 9;
    // Digits are 0x30 to 0x39, letters 0x61 to 0x66.
    let wrong = (digits & (0xf0 * ONES)) ^ (0x30 * ONES + letter * 0x30)
        | values & (0x10 * ONES)
        | ((values + 6 * ONES) >> 4 & ONES) ^ letter;
    let value = (values | values >> 4) & 0x00ff_00ff_00ff_00ff;
    let value = (value | value >> 8) & 0x0000_ffff_0000_ffff;
    ((value | value >> 16) as u32, wrong)
}

/// The 8 lower-case hex digits of a value.
#[inline]
fn written(value: u32) -> u64 {
    let spread = u64::from(value);
    let spread = (spread | spread << 16) & 0x0000_ffff_0000_ffff;
    let spread = (spread | spread << 8) & 0x00ff_00ff_00ff_00ff;
    let spread = (spread | spread << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    let letter = (spread + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101;
    spread + 0x3030_3030_3030_3030 + letter * 39
}

#[inline]
fn value(eights: [u64; 4]) -> Option<[u64; 2]> {
    let [one, two, three, four] = eights;
    let ((a, x), (b, y), (c, z), (d, w)) = (read(one), read(two), read(three), read(four));
    let words = [u64::from(a) << 32 | u64::from(b), u64::from(c) << 32 | u64::from(d)];
    (x | y | z | w == 0).then_some(words)
}

#[inline]
fn uuid(text: &[u8]) -> Option<[u64; 2]> {
    let t: &[u8; 36] = text.try_into().ok()?;
    if t[8] != b'-' || t[13] != b'-' || t[18] != b'-' || t[23] != b'-' {
        return None;
    }
    value([
        u64::from_be_bytes([t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7]]),
        u64::from_be_bytes([t[9], t[10], t[11], t[12], t[14], t[15], t[16], t[17]]),
        u64::from_be_bytes([t[19], t[20], t[21], t[22], t[24], t[25], t[26], t[27]]),
        u64::from_be_bytes([t[28], t[29], t[30], t[31], t[32], t[33], t[34], t[35]]),
    ])
}

#[inline]
fn hex(text: &[u8]) -> Option<[u64; 2]> {
    let t: &[u8; 32] = text.try_into().ok()?;
    let mut eights = [0; 4];
    for (eight, eight_bytes) in eights.iter_mut().zip(t.chunks_exact(8)) {
        *eight = u64::from_be_bytes(eight_bytes.try_into().ok()?);
    }
    value(eights)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ids() -> impl Strategy<Value = String> {
        prop_oneof![
            "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "[0-9a-fA-Gg`@:/]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "[0-9a-f]{32}",
            "[0-9a-fF]{32}",
            "[A-Za]{2}[0-9a-f]{32}",
            "[A0]{2}[0-9a-fF]{32}",
            "[ab\u{0}é]{0,18}",
            "[ab]{14,17}",
            any::<String>(),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) })]

        /// Keys say of two ids whether they are equal and which comes first, in one arena or in two, and give
        /// them back.
        #[test]
        fn keys_are_as_their_ids(one in ids(), two in ids(), same in any::<bool>()) {
            let two = if same { one.clone() } else { two };
            let (mut first, mut second) = (Arena::default(), Arena::default());
            let a = PackedId::of(&one, &mut first).in_arena(0);
            let b = PackedId::of(&two, &mut second).in_arena(PackedId::OWN);
            let all = [first];
            let arenas = Arenas { all: &all, own: &second };
            let mut buffers = [[0; 36]; 2];
            let [first, second] = &mut buffers;
            prop_assert_eq!(a.text(arenas, first), &one);
            prop_assert_eq!(b.text(arenas, second), &two);
            prop_assert_eq!(a.is(b, arenas), one == two);
            prop_assert_eq!(a.order(b, arenas), one.cmp(&two));
            prop_assert!(one != two || a.digest() == b.digest());
            let prefixes = a.prefix(arenas).cmp(&b.prefix(arenas));
            prop_assert!(prefixes.is_eq() || prefixes == one.cmp(&two));
        }
    }

    /// Whoever makes up ids does not know which of them come to the same place of a table.
    #[test]
    fn no_ids_can_be_made_that_have_one_digest() {
        let ids = (0..1000_u64).map(|one| [one << 20, (one << 20 ^ 0x5555).rotate_right(32)]);
        let digests = ids.map(|words| PackedId { form: IdEncoding::Uuid, words }.digest() >> 58);
        let places: std::collections::HashSet<u64> = digests.collect();
        assert!(places.len() > 50, "{places:?}");
    }
}
