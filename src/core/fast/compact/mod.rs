//! Facts as small records, in partitions by asset: what is kept of each event until all have been heard.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use xxhash_rust::xxh3::xxh3_64;

mod intern;

use self::intern::Interner;
use super::read::{Fact, FactKind};
use crate::{
    bulk::{
        LINE_BITS,
        chunks::Chunks,
        id::{Arena, IdEncoding, PackedId},
        ledger::{FoldOptions, Tally},
    },
    digest::{KEYS, folded},
    event::{Event, EventError, Reading},
    lifecycle::KindId,
    secret,
    time::Timestamp,
};

/// How many partitions there are.
pub(crate) const PARTITIONS: usize = 64;

/// Bits of a record's tail that are its shape's number.
const SHAPE_BITS: u32 = 64 - LINE_BITS;
/// Limit on shapes. An event that would need one more is stored as a whole `Event`.
const SHAPES_MAX: usize = (1 << SHAPE_BITS) - (1 << 16);
/// For how many kinds the last shape is remembered.
const RECENT: usize = 256;

/// In place of a time that is not known.
pub(crate) const NO_TIME: i64 = i64::MIN;
/// In place of a status word.
pub(crate) const NO_STATUS: u32 = u32::MAX;

/// One event of one asset.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    pub(crate) asset: [u64; 2],
    pub(crate) event: [u64; 2],
    pub(crate) time: i64,
    pub(crate) content: u64,
    tail: u64,
}

impl Record {
    #[inline]
    pub(crate) fn shape(&self) -> usize {
        (self.tail >> LINE_BITS) as usize
    }

    #[inline]
    pub(crate) fn delivery(&self, shape: &RecordLayout) -> u64 {
        u64::from(shape.source) << LINE_BITS | self.tail & ((1 << LINE_BITS) - 1)
    }
}

/// What many records have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordLayout {
    pub(crate) lifecycle: u32,
    /// The number of the status word.
    pub(crate) status: u32,
    /// The upper bits of the delivery's number; the others are in the record.
    pub(crate) source: u32,
    pub(crate) kind: KindId,
    pub(crate) says: Option<u16>,
    pub(crate) unknown_status: bool,
    pub(crate) asset: IdEncoding,
    pub(crate) event: IdEncoding,
    pub(crate) parent: IdEncoding,
    pub(crate) received: bool,
    /// The contents are digests of how payloads are written.
    pub(crate) verbatim: bool,
    /// How many data values there are.
    pub(crate) values: u8,
    /// The event stands beside the record as it is.
    pub(crate) whole: bool,
}

impl RecordLayout {
    /// How many words stand beside the record: parent, time of receipt, whole event, data values.
    pub(crate) fn beside(&self) -> usize {
        2 * usize::from(self.parent != IdEncoding::None)
            + usize::from(self.received)
            + usize::from(self.whole)
            + usize::from(self.values)
    }

    /// After how many of them the data values come.
    pub(crate) fn before_values(&self) -> usize {
        self.beside() - usize::from(self.values)
    }

    /// A digest of all but the status.
    fn digest(&self) -> u64 {
        let what = u64::from(self.lifecycle) << 32
            | u64::from(self.kind.0) << 16
            | u64::from(self.says.map_or(0, |says| says.wrapping_add(1)));
        let how = u64::from(self.source) << 32
            | u64::from(self.values) << 24
            | u64::from(self.unknown_status) << 2
            | u64::from(self.verbatim) << 3
            | u64::from(self.received) << 1
            | u64::from(self.whole);
        let [asset, event, parent] = [self.asset, self.event, self.parent].map(IdEncoding::number);
        let forms = asset ^ event.rotate_left(20) ^ parent.rotate_left(40);
        mixed(what ^ mixed(how ^ mixed(forms)))
    }
}

#[inline]
pub(crate) fn mixed(value: u64) -> u64 {
    folded(value ^ KEYS[0], KEYS[2])
}

/// The records of one partition, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Partition {
    pub(crate) records: Chunks<Record>,
    /// What stands beside the records, in their order.
    pub(crate) words: Chunks<u64>,
    pub(crate) wholes: Vec<Event>,
}

/// Facts that were taken in, one worker's share of them.
#[derive(Debug)]
pub(crate) struct Records<'c> {
    pub(crate) terms: FoldOptions,
    pub(crate) partitions: Vec<Partition>,
    pub(crate) shapes: Vec<RecordLayout>,
    /// The numbers of the shapes by digest.
    shaped: HashMap<u64, u32, BuildHasherDefault<Digest>>,
    /// By kind the number of the last shape that there was.
    recent: Box<[u32; RECENT]>,
    pub(crate) statuses: Vec<Box<str>>,
    pub(crate) arena: Arena,
    texts: Interner,
    pub(crate) ledger: Tally<'c>,
    /// For each partition how much it had of each.
    marked: Vec<[usize; 3]>,
}

impl<'c> Records<'c> {
    pub(crate) fn new(terms: FoldOptions) -> Self {
        Self {
            terms,
            partitions: (0..PARTITIONS).map(|_| Partition::default()).collect(),
            shapes: Vec::new(),
            shaped: HashMap::default(),
            recent: Box::new([0; RECENT]),
            statuses: Vec::new(),
            arena: Arena::default(),
            texts: Interner::default(),
            ledger: Tally::default(),
            marked: Vec::new(),
        }
    }

    /// Where the records are, to be gone back to.
    pub(crate) fn mark(&mut self) {
        let len = |part: &Partition| [part.records.len(), part.words.len(), part.wholes.len()];
        self.marked.clear();
        self.marked.extend(self.partitions.iter().map(len));
        self.ledger.mark();
    }

    /// Counts the lines of what was read since the mark from this number on.
    pub(crate) fn number_from(&mut self, line: u64) {
        for (part, [records, _, wholes]) in self.partitions.iter_mut().zip(&self.marked) {
            part.records.since(*records).for_each(|record| record.tail += line);
            part.wholes[*wholes..].iter_mut().for_each(|event| event.delivery += line);
        }
    }

    /// Forgets everything since the mark.
    pub(crate) fn go_back(&mut self) {
        for (part, [records, words, wholes]) in self.partitions.iter_mut().zip(&self.marked) {
            part.records.truncate(*records);
            part.words.truncate(*words);
            part.wholes.truncate(*wholes);
        }
        self.ledger.go_back();
    }

    /// Takes in what the general reader read of the delivery of this number.
    pub(crate) fn take(&mut self, reading: &Reading<'c>, number: u64) {
        self.ledger.deliver_read(reading);
        for error in &reading.errors {
            self.refuse(reading.provider, error, number);
        }
        for placed in &reading.events {
            self.add(&Fact::of(placed));
        }
    }

    /// Counts a delivery of this provider that was read by its tokens.
    #[inline]
    pub(crate) fn deliver(&mut self, provider: Option<&'c str>) {
        self.ledger.deliver(provider);
    }

    /// Notes what could not be read of a delivery that was counted.
    pub(crate) fn refuse(&mut self, provider: Option<&'c str>, error: &EventError, number: u64) {
        let finding = self.ledger.refuse(provider, error, number);
        self.ledger.note(&self.terms, provider, number, [finding]);
    }

    /// Takes in what stands in the place of a delivery that could not be cut out of its stream.
    pub(crate) fn deliver_broken(&mut self, error: &EventError, number: u64) {
        let (when, finding) = self.ledger.refuse_place(error, number);
        self.ledger.note(&self.terms, None, when, [finding]);
    }

    /// Takes in a fact. Those of one asset are taken in the order of their deliveries' numbers, and of one
    /// number as they come.
    pub(crate) fn add(&mut self, fact: &Fact<'_>) {
        if !self.ledger.hear(&self.terms, fact.time, fact.received_at) {
            return;
        }
        self.texts.ask(fact.data);
        let asset = PackedId::of(fact.asset, &mut self.arena);
        let digest = mixed(asset.digest() ^ (fact.lifecycle as u64) << 48);
        let (kind, unknown) = match fact.kind {
            FactKind::Known(kind) => (kind, false),
            FactKind::Unknown(_) => (KindId(0), true),
        };
        let time = fact.time.map_or(NO_TIME, Timestamp::as_nanos);
        let rare = unknown
            || fact.time_error.is_some()
            || fact.own_name.is_some()
            || fact.by_receipt
            || fact.item.is_some()
            || fact.sequence.is_some()
            || fact.data.len() > usize::from(u8::MAX)
            || (time == NO_TIME && fact.time.is_some());
        let mut kept = |id: Option<&str>| {
            id.filter(|_| !rare)
                .map_or_else(PackedId::default, |id| PackedId::of(id, &mut self.arena))
        };
        let (event, parent) = (kept(fact.id), kept(fact.parent));
        let shape = RecordLayout {
            lifecycle: fact.lifecycle as u32,
            status: NO_STATUS,
            source: (fact.delivery >> LINE_BITS) as u32,
            kind,
            says: fact.says,
            unknown_status: fact.unknown_status,
            asset: asset.form,
            event: event.form,
            parent: parent.form,
            received: fact.received_at.is_some(),
            verbatim: fact.verbatim,
            values: fact.data.len() as u8,
            whole: false,
        };
        let shape = if rare { None } else { self.number(shape, fact.status).map(|at| (at, shape)) };
        let partition = &mut self.partitions[(digest >> 58) as usize];
        let mut record = Record {
            asset: asset.words,
            event: event.words,
            time,
            content: fact.content,
            tail: fact.delivery & ((1 << LINE_BITS) - 1),
        };
        let Some((number, shape)) = shape else {
            partition.words.push(partition.wholes.len() as u64);
            partition.wholes.push(fact.event());
            record.tail |= self.whole(fact, asset.form) << LINE_BITS;
            self.partitions[(digest >> 58) as usize].records.push(record);
            return;
        };
        record.tail |= number << LINE_BITS;
        partition.records.push(record);
        if shape.parent != IdEncoding::None {
            parent.words.into_iter().for_each(|word| partition.words.push(word));
        }
        if let Some(time) = fact.received_at {
            partition.words.push(time.as_nanos() as u64);
        }
        self.texts.place(fact.data, &mut self.arena, |field, place| {
            partition.words.push(u64::from(field) << 48 | place);
        });
    }

    /// The number of a shape with this status, unless there are too many.
    #[inline]
    fn number(&mut self, shape: RecordLayout, status: Option<&str>) -> Option<u64> {
        let of = usize::from(shape.kind.0) ^ (shape.lifecycle as usize) << 5;
        let recent = (of ^ usize::from(shape.values) << 3) % RECENT;
        let number = self.recent[recent];
        if self.is_shape(number, &shape, status) {
            return Some(u64::from(number));
        }
        let word = status.map_or(0, |status| secret::digest(status) as u64 | 1);
        let mut digest = shape.digest() ^ word;
        while let Some(&number) = self.shaped.get(&digest) {
            if self.is_shape(number, &shape, status) {
                self.recent[recent] = number;
                return Some(u64::from(number));
            }
            digest = digest.wrapping_add(1);
        }
        self.shape(shape, status, digest)
    }

    /// Whether the shape of this number is this one with this status.
    #[inline]
    fn is_shape(&self, number: u32, shape: &RecordLayout, status: Option<&str>) -> bool {
        self.shapes.get(number as usize).is_some_and(|known| {
            let text = self.statuses.get(known.status as usize).map(|text| &**text);
            (RecordLayout { status: known.status, ..*shape }) == *known && text == status
        })
    }

    #[cold]
    fn shape(&mut self, shape: RecordLayout, status: Option<&str>, digest: u64) -> Option<u64> {
        let number = self.shapes.len();
        if number >= SHAPES_MAX && !shape.whole {
            return None;
        }
        let status = status.map_or(NO_STATUS, |status| {
            self.statuses.push(status.into());
            self.statuses.len() as u32 - 1
        });
        self.shapes.push(RecordLayout { status, ..shape });
        self.shaped.insert(digest, number as u32);
        Some(number as u64)
    }

    /// The number of the shape of events that stand whole: there are few, so that there is always one left.
    fn whole(&mut self, fact: &Fact<'_>, asset: IdEncoding) -> u64 {
        let shape = RecordLayout {
            lifecycle: fact.lifecycle as u32,
            status: NO_STATUS,
            source: 0,
            kind: KindId(0),
            says: None,
            unknown_status: false,
            asset,
            event: IdEncoding::None,
            parent: IdEncoding::None,
            received: false,
            verbatim: fact.verbatim,
            values: 0,
            whole: true,
        };
        self.number(shape, None).unwrap_or_default()
    }
}

/// Digests are keys as they are.
#[derive(Default)]
pub(crate) struct Digest(u64);

impl Hasher for Digest {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64(bytes);
    }

    fn write_u64(&mut self, digest: u64) {
        self.0 = digest;
    }

    fn write_u128(&mut self, digest: u128) {
        self.0 = digest as u64;
    }
}
