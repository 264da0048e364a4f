//! The records of one partition by asset: the assets in order, the records of each in the order of arrival.

use crate::{
    bulk::id::{Arenas, PackedId},
    fast::compact::{Partition, Record, RecordLayout, mixed},
};

/// Where a record is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct At {
    pub(crate) worker: u32,
    record: u32,
    /// What stands beside it begins here.
    pub(crate) beside: u32,
}

/// The records of one asset.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    pub(crate) key: PackedId,
    pub(crate) lifecycle: u32,
    start: u32,
    len: u32,
}

/// One event of an asset, as it was taken in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupEntry<'s> {
    pub(crate) record: Record,
    pub(crate) shape: &'s RecordLayout,
    pub(crate) at: At,
}

impl GroupEntry<'_> {
    pub(crate) fn delivery(&self, part: &[Partition]) -> u64 {
        match self.shape.whole {
            true => self.whole(part).delivery,
            false => self.record.delivery(self.shape),
        }
    }

    /// What stands beside the record, at this place.
    pub(crate) fn word(&self, part: &[Partition], place: usize) -> u64 {
        *part[self.at.worker as usize].words.at(self.at.beside as usize + place)
    }

    /// The data values: the number of each field, and where the value stands.
    pub(crate) fn values(&self, part: &[Partition]) -> impl Iterator<Item = (u16, u64)> {
        let first = self.shape.before_values();
        let (count, worker) = (usize::from(self.shape.values), u64::from(self.at.worker));
        let words = (first..first + count).map(|place| self.word(part, place));
        words.map(move |word| ((word >> 48) as u16, word & 0xffff_ffff_ffff | worker << 48))
    }

    /// The event, where it stands beside the record.
    pub(crate) fn whole<'p>(&self, part: &'p [Partition]) -> &'p crate::event::Event {
        &part[self.at.worker as usize].wholes[self.word(part, 0) as usize]
    }
}

/// Memory that is used again from partition to partition.
#[derive(Debug, Default)]
pub(crate) struct Grouper {
    groups: Vec<Group>,
    /// For each record the group that it is in.
    of: Vec<u32>,
    /// Some bits of a digest, and the number of a group, from 1.
    table: Vec<(u32, u32)>,
    order: Vec<At>,
    sorted: Vec<(u64, u32)>,
}

impl Grouper {
    /// Groups the records of a partition, each worker's share of it in turn.
    pub(crate) fn group(
        &mut self,
        part: &[Partition],
        shapes: &[Vec<RecordLayout>],
        arenas: Arenas<'_>,
    ) {
        self.find(part, shapes, arenas);
        let mut start = 0;
        for group in &mut self.groups {
            group.start = start;
            start += std::mem::take(&mut group.len);
        }
        self.order.clear();
        self.order.resize(self.of.len(), At::default());
        let mut of = self.of.iter();
        for ((worker, partition), shapes) in (0..).zip(part).zip(shapes) {
            let mut beside = 0;
            for ((record, own), group) in (0..).zip(partition.records.iter()).zip(&mut of) {
                let group = &mut self.groups[*group as usize];
                self.order[(group.start + group.len) as usize] = At { worker, record, beside };
                group.len += 1;
                beside += shapes[own.shape()].beside() as u32;
            }
        }
        self.sort(arenas);
    }

    /// Finds the group of each record.
    fn find(&mut self, part: &[Partition], shapes: &[Vec<RecordLayout>], arenas: Arenas<'_>) {
        let records = part.iter().map(|partition| partition.records.len()).sum::<usize>();
        let mask = records.next_power_of_two().max(2) - 1;
        self.table.clear();
        self.table.resize(mask + 1, (0, 0));
        self.groups.clear();
        self.of.clear();
        for ((worker, partition), shapes) in (0..).zip(part).zip(shapes) {
            for record in partition.records.iter() {
                let shape = &shapes[record.shape()];
                let lifecycle = shape.lifecycle;
                let key = PackedId { form: shape.asset, words: record.asset }.in_arena(worker);
                let digest = mixed(key.digest() ^ u64::from(lifecycle) << 48);
                let mut slot = digest as usize & mask;
                let number = loop {
                    let (bits, number) = self.table[slot];
                    if number == 0 {
                        let group = Group { key, lifecycle, start: 0, len: 0 };
                        self.groups.push(group);
                        let number = self.groups.len() as u32;
                        self.table[slot] = ((digest >> 26) as u32, number);
                        break number - 1;
                    }
                    if bits == (digest >> 26) as u32 {
                        let known = &self.groups[number as usize - 1];
                        if known.lifecycle == lifecycle && known.key.is(key, arenas) {
                            break number - 1;
                        }
                    }
                    slot = (slot + 1) & mask;
                };
                self.groups[number as usize].len += 1;
                self.of.push(number);
            }
        }
    }

    /// Puts the groups in the order of their assets.
    fn sort(&mut self, arenas: Arenas<'_>) {
        self.sorted.clear();
        let prefixes = self.groups.iter().map(|group| prefix(group.lifecycle, group.key, arenas));
        self.sorted.extend(prefixes.zip(0..));
        self.sorted.sort_unstable();
        let group = |number: u32| &self.groups[number as usize];
        for same in self.sorted.chunk_by_mut(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
            same.sort_unstable_by(|a, b| {
                let (a, b) = (group(a.1), group(b.1));
                a.lifecycle.cmp(&b.lifecycle).then_with(|| a.key.order(b.key, arenas))
            });
        }
    }

    pub(crate) fn groups(&self) -> impl ExactSizeIterator<Item = Group> {
        self.sorted.iter().map(|(_, number)| self.groups[*number as usize])
    }

    /// The events of an asset by their deliveries' numbers, those of one number as they came.
    pub(crate) fn entries<'s>(
        &self,
        group: &Group,
        part: &[Partition],
        shapes: &'s [Vec<RecordLayout>],
        entries: &mut Vec<GroupEntry<'s>>,
    ) {
        entries.clear();
        for at in &self.order[group.start as usize..(group.start + group.len) as usize] {
            let record = *part[at.worker as usize].records.at(at.record as usize);
            let shape = &shapes[at.worker as usize][record.shape()];
            entries.push(GroupEntry { record, shape, at: *at });
        }
        if part.len() > 1 && !entries.is_sorted_by_key(|entry| entry.delivery(part)) {
            entries.sort_by_key(|entry| entry.delivery(part));
        }
    }
}

/// Assets in order have these in order.
#[inline]
pub(crate) fn prefix(lifecycle: u32, key: PackedId, arenas: Arenas<'_>) -> u64 {
    u64::from(lifecycle.min(0xffff)) << 48 | key.prefix(arenas)
}
