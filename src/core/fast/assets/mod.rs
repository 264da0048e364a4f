//! The second half of a fold of records: one partition at a time, each asset once, its row kept.

use std::borrow::Cow;

mod group;
mod simple;
mod value;

pub(crate) use self::group::{Grouper, prefix};
use self::{
    group::{Group, GroupEntry},
    simple::{SimpleFold, doubtful},
    value::CountedValue,
};
use super::compact::{NO_STATUS, NO_TIME, PARTITIONS, Partition, RecordLayout, Records, mixed};
use crate::{
    bulk::{
        UNREADABLE_KEPT_MAX,
        chunks::Chunks,
        id::{Arena, Arenas, IdEncoding, PackedId, text_of},
        ledger::{AssetFold, FoldOptions, Tally, provider_of},
    },
    event::{Event, EventKind},
    fold::{Code, Data, FindingCounts, Snapshot, Standing},
    lifecycle::{Catalog, Lifecycle, Node},
    time::Timestamp,
};

/// What all records have in common, whichever worker took them in.
#[derive(Debug)]
pub(crate) struct FoldContext<'c> {
    pub(crate) catalog: &'c Catalog,
    terms: FoldOptions,
    /// For each worker its shapes; the numbers of their status words are those of `statuses`.
    shapes: Vec<Vec<RecordLayout>>,
    pub(crate) statuses: Vec<Box<str>>,
    pub(crate) arenas: Vec<Arena>,
    /// For each lifecycle its provider.
    providers: Vec<Option<&'c str>>,
    /// What was counted and noted while the records were taken in.
    pub(crate) ledger: Tally<'c>,
}

/// All records of some of the assets.
#[derive(Debug)]
pub(crate) struct FoldPart(Vec<Partition>);

/// The folded assets of a part, in order.
#[derive(Debug, Default)]
pub(crate) struct FoldedPartition<'c> {
    pub(crate) rows: Chunks<Row>,
    pub(crate) arena: Arena,
    pub(crate) statuses: Vec<Box<str>>,
    /// The data of all rows: the number of each field, and where the value stands.
    values: Chunks<(u16, u64)>,
    pub(crate) ledger: Tally<'c>,
}

/// The current state of one asset.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    id: [u64; 2],
    parent: [u64; 2],
    /// Means something where it is `dated`.
    since: i64,
    dated: bool,
    id_form: IdEncoding,
    pub(crate) alike: RowTemplate,
    /// Where its data begins in the pile's.
    data: u32,
    values: u16,
}

/// What a fold found out about an asset, however it was folded.
struct Known {
    standing: Standing,
    since: Option<Timestamp>,
    status: u32,
    parent: PackedId,
    events: u32,
    duplicates: u32,
    late: u32,
    findings: FindingCounts,
    /// Where its data begins in the pile's, and how many values there are.
    data: (u32, u16),
}

/// What the rows of many assets have alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowTemplate {
    pub(crate) lifecycle: u32,
    node: Node,
    parent_form: IdEncoding,
    flags: u64,
    /// Of the words that all have in common, and then those of the pile.
    pub(crate) status: u32,
    events: u32,
    duplicates: u32,
    late: u32,
    errors: u32,
    warnings: u32,
    infos: u32,
}

impl Row {
    #[inline]
    fn new(group: &Group, known: Known) -> Self {
        let Known { standing, since, status, parent, events, duplicates, late, findings, data } =
            known;
        Self {
            id: group.key.words,
            parent: parent.words,
            since: since.map_or(0, Timestamp::as_nanos),
            dated: since.is_some(),
            id_form: group.key.form,
            alike: RowTemplate {
                lifecycle: group.lifecycle,
                node: standing.node,
                parent_form: parent.form,
                flags: standing.flags,
                status,
                events,
                duplicates,
                late,
                errors: findings.error as u32,
                warnings: findings.warning as u32,
                infos: findings.info as u32,
            },
            data: data.0,
            values: data.1,
        }
    }

    #[inline]
    pub(crate) fn id(&self) -> PackedId {
        PackedId { form: self.id_form, words: self.id }
    }

    /// The id of the asset that it hangs on; of the form [`IdEncoding::None`] if there is none.
    #[inline]
    pub(crate) fn parent(&self) -> PackedId {
        PackedId { form: self.alike.parent_form, words: self.parent }
    }

    pub(crate) fn since(&self) -> Option<Timestamp> {
        self.dated.then(|| Timestamp::from_nanos(self.since))
    }
}

impl RowTemplate {
    pub(crate) fn digest(&self) -> u64 {
        let pair = |a: u32, b: u32| u64::from(a) << 32 | u64::from(b);
        let what = pair(self.lifecycle, self.status) ^ u64::from(self.node.0) << 16;
        let counts = pair(self.events, self.duplicates) ^ pair(self.late, 0).rotate_left(16);
        let findings = pair(self.errors, self.warnings) ^ pair(self.infos, 0).rotate_left(16);
        mixed(mixed(what ^ self.parent_form.number()) ^ counts) ^ mixed(self.flags ^ findings)
    }
}

impl FoldedPartition<'_> {
    /// The data of a row: the number of each field, and where the value stands.
    fn values_of(&self, row: &Row) -> impl Iterator<Item = (u16, u64)> {
        let first = row.data as usize;
        (first..first + usize::from(row.values)).map(|at| *self.values.at(at))
    }

    /// Keeps the data of a row: where it begins, and how many values there are.
    fn keep<'a>(&mut self, values: impl Iterator<Item = (u16, CountedValue<'a>)>) -> (u32, u16) {
        let first = self.values.len();
        for (field, value) in values {
            let place = match value {
                CountedValue::Kept(_, place) => place,
                CountedValue::Made(text) => self.arena.keep(&text) | PackedId::OWN << 48,
            };
            self.values.push((field, place));
        }
        (first as u32, (self.values.len() - first) as u16)
    }
}

/// Puts the records of all workers together: what they have in common, and parts that can be folded each on its
/// own, in any order.
pub(crate) fn gather<'c>(
    catalog: &'c Catalog,
    terms: &FoldOptions,
    workers: Vec<Records<'c>>,
) -> (FoldContext<'c>, Vec<FoldPart>) {
    let providers = catalog.lifecycles().map(|lifecycle| provider_of(catalog, lifecycle));
    let mut common = FoldContext {
        catalog,
        terms: terms.clone(),
        shapes: Vec::new(),
        statuses: Vec::new(),
        arenas: Vec::new(),
        providers: providers.collect(),
        ledger: Tally::default(),
    };
    let mut parts: Vec<FoldPart> = (0..PARTITIONS).map(|_| FoldPart(Vec::new())).collect();
    for worker in workers {
        let known = common.statuses.len() as u32;
        let own = |shape: RecordLayout| match shape.status {
            NO_STATUS => shape,
            status => RecordLayout { status: status + known, ..shape },
        };
        common.shapes.push(worker.shapes.into_iter().map(own).collect());
        common.statuses.extend(worker.statuses);
        common.arenas.push(worker.arena);
        common.ledger.absorb(worker.ledger);
        for (part, partition) in parts.iter_mut().zip(worker.partitions) {
            part.0.push(partition);
        }
    }
    common.ledger.unreadable.sort_by_key(|finding| finding.delivery);
    common.ledger.unreadable.truncate(UNREADABLE_KEPT_MAX);
    (common, parts)
}

impl<'c> FoldContext<'c> {
    pub(crate) fn arenas<'a>(&'a self, own: &'a Arena) -> Arenas<'a> {
        Arenas { all: &self.arenas, own }
    }

    /// What a worker kept at a place.
    fn text(&self, place: u64) -> &str {
        text_of(&self.arenas, place)
    }

    /// Folds the assets of a part, and lets go of its records. Where it matters what a payload means and only a digest of
    /// how it is written is known, `meant` makes of its delivery and this digest that of its content.
    ///
    /// # Errors
    /// Those of `meant`.
    pub(crate) fn fold<E>(
        &self,
        part: FoldPart,
        scratch: &mut Grouper,
        mut meant: impl FnMut(u64, u64) -> Result<u64, E>,
    ) -> Result<FoldedPartition<'c>, E> {
        let part = part.0;
        let mut pile = FoldedPartition::default();
        scratch.group(&part, &self.shapes, self.arenas(&Arena::default()));
        let (mut lean, mut entries) = (SimpleFold::default(), Vec::new());
        for group in scratch.groups() {
            scratch.entries(&group, &part, &self.shapes, &mut entries);
            let lifecycle = self.catalog.at(group.lifecycle as usize);
            let alike = |a: &GroupEntry<'_>, b: &GroupEntry<'_>| self.are_alike(&part, a, b);
            let ordinary = lean.fold(lifecycle, self.terms.policy, &part, &entries, alike);
            let row = match ordinary {
                true => self.count(&group, lifecycle, &part, &entries, &lean, &mut pile),
                false => None,
            };
            let row = match row {
                Some(row) => {
                    #[cfg(test)]
                    crate::marks::hit("asset from records");
                    row
                }
                None => {
                    #[cfg(test)]
                    crate::marks::hit("asset as a whole");
                    for at in doubtful(&entries) {
                        let entry = &mut entries[at];
                        let written = entry.record.content;
                        entry.record.content = meant(entry.delivery(&part), written)?;
                    }
                    self.fold_whole(&group, lifecycle, &part, &entries, &mut pile)
                }
            };
            pile.rows.push(row);
        }
        Ok(pile)
    }

    /// Counts an ordinary asset, unless there is something to say of it and that is wanted.
    fn count(
        &self,
        group: &Group,
        lifecycle: &Lifecycle,
        part: &[Partition],
        entries: &[GroupEntry<'_>],
        lean: &SimpleFold,
        pile: &mut FoldedPartition<'c>,
    ) -> Option<Row> {
        let dwell = lifecycle.state(lean.standing.node).dwell;
        let overdue = self.terms.as_of.zip(lean.since).zip(dwell);
        let overdue = overdue.is_some_and(|((now, since), dwell)| now.since(since) > dwell);
        let late = lean.late.len();
        let silent = lean.codes.is_empty() && lean.duplicates == 0 && late == 0 && !overdue;
        if self.terms.findings && !silent {
            return None;
        }
        let provider = self.providers[group.lifecycle as usize];
        let summary = pile.ledger.summary(provider);
        summary.assets += 1;
        summary.events += u64::from(lean.events);
        summary.legal_as_came += u64::from(lean.legal_as_came);
        let mut counts = FindingCounts::default();
        if !silent {
            let severity = |code| self.terms.levels.severity(code);
            for code in lean.codes.iter().copied().chain(overdue.then_some(Code::Overdue)) {
                summary.count(code, severity(code));
                counts.add(severity(code), 1);
            }
            for _ in 0..lean.duplicates {
                summary.count(Code::Duplicate, severity(Code::Duplicate));
            }
            for by in &lean.late {
                summary.lateness.add(*by);
                summary.count(Code::Late, severity(Code::Late));
            }
        }
        let parent = lean.parent.map_or_else(PackedId::default, |at| {
            let entry = &entries[at];
            let words = [entry.word(part, 0), entry.word(part, 1)];
            PackedId { form: entry.shape.parent, words }.in_arena(u64::from(entry.at.worker))
        });
        let data = pile.keep(self.said(lifecycle, part, entries, lean));
        let SimpleFold { standing, since, status, events, duplicates, .. } = *lean;
        let (late, findings) = (late as u32, counts);
        let known =
            Known { standing, since, status, parent, events, duplicates, late, findings, data };
        Some(Row::new(group, known))
    }

    /// The last known values of an ordinary asset.
    fn said<'a>(
        &'a self,
        lifecycle: &Lifecycle,
        part: &[Partition],
        entries: &[GroupEntry<'_>],
        lean: &SimpleFold,
    ) -> impl Iterator<Item = (u16, CountedValue<'a>)> {
        let mut said = Data::default();
        for at in &lean.said {
            let value = |(field, place)| (field, CountedValue::Kept(&self.arenas, place));
            said.merge(lifecycle, entries[*at].values(part).map(value));
        }
        said.values()
    }

    /// Folds an asset event by event.
    fn fold_whole(
        &self,
        group: &Group,
        lifecycle: &'c Lifecycle,
        part: &[Partition],
        entries: &[GroupEntry<'_>],
        pile: &mut FoldedPartition<'c>,
    ) -> Row {
        let provider = self.providers[group.lifecycle as usize];
        let arena = Arena::default();
        let id = group.key.text(self.arenas(&arena), &mut [0; 36]).into();
        let (terms, ledger) = (&self.terms, &mut pile.ledger);
        let mut slot = AssetFold::new(id, terms.policy);
        for entry in entries {
            slot.take(lifecycle, self.event(part, entry), terms, provider, ledger);
        }
        let overdue = slot.settle(lifecycle, terms, provider, ledger);
        let snapshot = slot.asset.snapshot(lifecycle, false);
        let mut counts = slot.asset.finding_counts(lifecycle, &terms.levels);
        if let Some(code) = overdue {
            counts.add(terms.levels.severity(code), 1);
        }
        let status = snapshot.status.map_or(NO_STATUS, |status| {
            pile.statuses.push(status.into());
            (self.statuses.len() + pile.statuses.len()) as u32 - 1
        });
        let parent = snapshot.parent.map_or_else(PackedId::default, |parent| {
            PackedId::of(parent.id, &mut pile.arena).in_arena(PackedId::OWN)
        });
        let kept = slot.asset.data(lifecycle).values();
        let data =
            pile.keep(kept.map(|(field, text)| (field, CountedValue::Made(text.to_string()))));
        let known = Known {
            standing: slot.asset.standing(),
            since: snapshot.since,
            status,
            parent,
            events: snapshot.events as u32,
            duplicates: snapshot.duplicates as u32,
            late: snapshot.late as u32,
            findings: counts,
            data,
        };
        Row::new(group, known)
    }

    /// The event that a record was made from.
    fn event(&self, part: &[Partition], entry: &GroupEntry<'_>) -> Event {
        let GroupEntry { record, shape, at } = entry;
        if shape.whole {
            return Event { content: record.content, ..entry.whole(part).clone() };
        }
        let nothing = Arena::default();
        let text = |form: IdEncoding, words: [u64; 2]| {
            let key = PackedId { form, words }.in_arena(u64::from(at.worker));
            let text = key.text(self.arenas(&nothing), &mut [0; 36]).into();
            (form != IdEncoding::None).then_some(text)
        };
        let has_parent = shape.parent != IdEncoding::None;
        let parent = has_parent.then(|| [entry.word(part, 0), entry.word(part, 1)]);
        let received = shape.received.then(|| entry.word(part, 2 * usize::from(has_parent)));
        let status = self.statuses.get(shape.status as usize);
        Event {
            kind: EventKind::Known(shape.kind),
            own_name: None,
            time: (record.time != NO_TIME).then(|| Timestamp::from_nanos(record.time)),
            time_error: None,
            received_at: received.map(|nanos| Timestamp::from_nanos(nanos as i64)),
            id: text(shape.event, record.event),
            status: status.cloned(),
            parent: parent.and_then(|words| text(shape.parent, words)),
            content: record.content,
            delivery: record.delivery(shape),
            item: None,
            sequence: None,
            by_receipt: false,
            says: shape.says,
            unknown_status: shape.unknown_status,
            data: entry.values(part).map(|(field, at)| (field, self.text(at).into())).collect(),
        }
    }

    /// Prefetches the data of a row.
    pub(crate) fn prefetch_data(&self, pile: &FoldedPartition<'c>, row: &Row) {
        let arenas = self.arenas(&pile.arena);
        pile.values_of(row).for_each(|(_, place)| arenas.of(place).prefetch(place));
    }

    /// The last known values of a row, by name.
    pub(crate) fn data<'a>(
        &'a self,
        pile: &'a FoldedPartition<'c>,
        row: &Row,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let names = self.catalog.at(row.alike.lifecycle as usize).data();
        pile.values_of(row).map(move |(field, place)| {
            let text = self.arenas(&pile.arena).of(place).text(place);
            (&*names[usize::from(field)].name, text)
        })
    }

    /// Whether a row's status word, if it has any, is one that all have in common.
    pub(crate) fn has_status(&self, status: u32) -> bool {
        status == NO_STATUS || (status as usize) < self.statuses.len()
    }

    /// A row as it is printed; ids that are not text are written into the buffers.
    pub(crate) fn snapshot<'a>(
        &'a self,
        pile: &'a FoldedPartition<'c>,
        row: &Row,
        with_data: bool,
        [id, parent]: &'a mut [[u8; 36]; 2],
    ) -> Snapshot<'a> {
        let alike = &row.alike;
        let lifecycle = self.catalog.at(alike.lifecycle as usize);
        let arenas = self.arenas(&pile.arena);
        let status = alike.status as usize;
        let own = || pile.statuses.get(status.wrapping_sub(self.statuses.len()));
        let parent =
            (alike.parent_form != IdEncoding::None).then(|| row.parent().text(arenas, parent));
        Snapshot::of(
            lifecycle,
            alike.node,
            alike.flags,
            parent,
            Snapshot {
                id: row.id().text(arenas, id),
                status: self.statuses.get(status).or_else(own).map(|status| &**status),
                since: row.since(),
                events: alike.events.into(),
                duplicates: alike.duplicates.into(),
                late: alike.late.into(),
                findings: FindingCounts::new(
                    alike.errors.into(),
                    alike.warnings.into(),
                    alike.infos.into(),
                ),
                data: with_data.then(|| {
                    self.data(pile, row).map(|(name, text)| (name, Cow::Borrowed(text))).collect()
                }),
                ..Snapshot::default()
            },
        )
    }
}
