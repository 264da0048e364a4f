//! Findings in little memory: most say what others say, of other assets.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashMap},
    ops::Range,
    sync::Arc,
};

use super::{
    chunks::Chunks,
    id::{Arena, Arenas, IdEncoding, PackedId},
};
use crate::{
    fold::{Code, Finding, Severity},
    time::Timestamp,
};

/// How many findings that belong to no asset are kept, such as those about what cannot be read. Others are counted.
pub const STRAY_KEPT_MAX: usize = 100_000;

/// Findings in an order, in little memory: what several of them say is kept once.
///
/// Of those that belong to no asset the first [`STRAY_KEPT_MAX`] are kept, so that input that cannot be read takes no more
/// memory the more of it there is.
#[derive(Debug, Default)]
pub struct Findings {
    list: Chunks<Packed>,
    /// What findings say, without what each has of its own.
    said: Vec<Arc<Finding>>,
    /// The places in there.
    known: HashMap<Arc<Finding>, u32>,
    arena: Arena,
    /// The places in the list, in order; what was added since stands as it is.
    order: Vec<usize>,
    stray: Stray,
}

/// Of the findings that belong to no asset: how many are kept, and how many are not, by code and severity.
#[derive(Clone, Debug, Default)]
struct Stray {
    kept: usize,
    omitted: BTreeMap<(Code, Severity), u64>,
}

impl Stray {
    /// Counts one; whether it is kept.
    fn keep(&mut self, code: Code, severity: Severity) -> bool {
        let has_room = self.kept < STRAY_KEPT_MAX;
        match has_room {
            true => self.kept += 1,
            false => *self.omitted.entry((code, severity)).or_default() += 1,
        }
        has_room
    }
}

/// Where a list of findings was, to be gone back to.
#[cfg(feature = "fast")]
#[derive(Clone, Debug, Default)]
pub(crate) struct FindingsMark {
    len: usize,
    stray: Stray,
}

/// What a finding has of its own.
#[derive(Clone, Copy, Debug)]
struct Packed {
    /// It was found after all deliveries before this one.
    when: u64,
    delivery: u64,
    item: Option<u32>,
    repeats: Option<u64>,
    at: Option<Timestamp>,
    id: PackedId,
    event_id: PackedId,
    said: u32,
}

impl Findings {
    /// Adds a finding, and when it was found: after all deliveries before this one.
    pub(crate) fn push(&mut self, when: u64, mut finding: Finding) {
        if finding.id.is_none() && !self.stray.keep(finding.code, finding.severity) {
            return;
        }
        let mut key = |text: Option<String>| {
            text.map_or_else(PackedId::default, |text| keep(&text, &mut self.arena))
        };
        let packed = Packed {
            when,
            delivery: std::mem::take(&mut finding.delivery),
            item: finding.item.take(),
            repeats: finding.repeats.take(),
            at: finding.at.take(),
            id: key(finding.id.take()),
            event_id: key(finding.event_id.take()),
            said: 0,
        };
        let said = self.number(Arc::new(finding));
        self.list.push(Packed { said, ..packed });
    }

    /// The number of what is said.
    fn number(&mut self, said: Arc<Finding>) -> u32 {
        let all = &mut self.said;
        *self.known.entry(said).or_insert_with_key(|said| {
            all.push(said.clone());
            all.len() as u32 - 1
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[cfg(feature = "fast")]
    pub(crate) fn mark(&self) -> FindingsMark {
        FindingsMark { len: self.list.len(), stray: self.stray.clone() }
    }

    /// Drops those that were added since.
    #[cfg(feature = "fast")]
    pub(crate) fn go_back(&mut self, mark: &FindingsMark) {
        self.list.truncate(mark.len);
        self.stray.clone_from(&mark.stray);
    }

    /// Takes over what others have.
    pub(crate) fn absorb(&mut self, other: Self) {
        if self.is_empty() {
            *self = other;
            return;
        }
        let numbers: Vec<u32> = other.said.iter().map(|said| self.number(said.clone())).collect();
        for packed in other.list.iter() {
            let mut key = |key: PackedId| match key.form {
                IdEncoding::Long => keep(key.text(other.arenas(), &mut [0; 36]), &mut self.arena),
                _ => key,
            };
            let (id, event_id) = (key(packed.id), key(packed.event_id));
            let said = numbers[packed.said as usize];
            let about = &self.said[said as usize];
            if packed.id.form == IdEncoding::None && !self.stray.keep(about.code, about.severity) {
                continue;
            }
            self.list.push(Packed { id, event_id, said, ..*packed });
        }
        for (about, count) in other.stray.omitted {
            *self.stray.omitted.entry(about).or_default() += count;
        }
    }

    /// Puts them in the order of their deliveries: of one delivery those first that were found first.
    pub(crate) fn sort(&mut self) {
        let mut order: Vec<usize> = (0..self.list.len()).collect();
        order.sort_unstable_by(|a, b| self.compare(*a, *b).then_with(|| a.cmp(b)));
        self.order = order;
    }

    fn compare(&self, a: usize, b: usize) -> Ordering {
        let (a, b) = (self.list.at(a), self.list.at(b));
        let has_id = |packed: &Packed| packed.id.form != IdEncoding::None;
        let place = |packed: &Packed| (packed.delivery, packed.when, has_id(packed));
        let entity = |packed: &Packed| self.said[packed.said as usize].entity.as_deref();
        place(a).cmp(&place(b)).then_with(|| match has_id(a) {
            true => entity(a).cmp(&entity(b)).then_with(|| a.id.order(b.id, self.arenas())),
            false => Ordering::Equal,
        })
    }

    fn arenas(&self) -> Arenas<'_> {
        Arenas { all: &[], own: &self.arena }
    }

    /// The severities of all, in any order, those included that are not kept.
    pub fn severities(&self) -> impl Iterator<Item = Severity> {
        let kept = self.list.iter().map(|packed| self.said[packed.said as usize].severity);
        let omitted =
            self.omitted().flat_map(|(_, it, count)| std::iter::repeat_n(it, count as usize));
        kept.chain(omitted)
    }

    /// How many findings are not kept, by code and severity: see [`STRAY_KEPT_MAX`].
    pub fn omitted(&self) -> impl Iterator<Item = (Code, Severity, u64)> {
        self.stray.omitted.iter().map(|((code, severity), count)| (*code, *severity, *count))
    }

    /// All, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Finding> {
        self.range(0..self.len())
    }

    /// Those from one place in the order to before another.
    pub fn range(&self, range: Range<usize>) -> impl ExactSizeIterator<Item = Finding> {
        range.map(|at| self.get(at))
    }

    /// What the finding at this place in the order says, without its asset's id, its event's id, its time and its
    /// delivery.
    #[cfg(feature = "fast")]
    pub fn said(&self, at: usize) -> &Finding {
        &self.said[self.packed(at).said as usize]
    }

    /// The delivery that the finding at this place in the order is about: the one that was repeated, if one was.
    #[cfg(feature = "fast")]
    pub fn about(&self, at: usize) -> u64 {
        let Packed { repeats, delivery, .. } = self.packed(at);
        repeats.unwrap_or(*delivery)
    }

    /// Of findings at some places in the order, those that are about each delivery.
    #[cfg(feature = "fast")]
    pub fn by_delivery(&self, places: impl IntoIterator<Item = usize>) -> HashMap<u64, Vec<usize>> {
        let mut by_delivery: HashMap<u64, Vec<usize>> = HashMap::new();
        for at in places {
            by_delivery.entry(self.about(at)).or_default().push(at);
        }
        by_delivery
    }

    /// The entity and the id of the asset that the finding at this place in the order is about.
    #[cfg(feature = "fast")]
    pub fn asset(&self, at: usize) -> Option<(&str, String)> {
        self.said(at).entity.as_deref().zip(self.text(self.packed(at).id))
    }

    fn text(&self, key: PackedId) -> Option<String> {
        (key.form != IdEncoding::None).then(|| key.text(self.arenas(), &mut [0; 36]).to_owned())
    }

    fn packed(&self, at: usize) -> &Packed {
        self.list.at(self.order.get(at).copied().unwrap_or(at))
    }

    /// The finding at this place in the order, which begins at 0.
    ///
    /// # Panics
    /// If there are fewer.
    pub fn get(&self, at: usize) -> Finding {
        let packed = self.packed(at);
        Finding {
            id: self.text(packed.id),
            event_id: self.text(packed.event_id),
            at: packed.at,
            item: packed.item,
            delivery: packed.delivery,
            repeats: packed.repeats,
            ..Finding::clone(&self.said[packed.said as usize])
        }
    }
}

impl Extend<Finding> for Findings {
    /// They come after all others, in this order.
    fn extend<I: IntoIterator<Item = Finding>>(&mut self, more: I) {
        more.into_iter().for_each(|finding| self.push(0, finding));
    }
}

fn keep(text: &str, arena: &mut Arena) -> PackedId {
    PackedId::of(text, arena).in_arena(PackedId::OWN)
}

#[cfg(all(test, feature = "fast"))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::EventError;

    fn texts() -> impl Strategy<Value = Option<String>> {
        prop::option::of(prop_oneof![
            "[0-9a-b]{8}-0000-4000-8000-000000000000",
            "[ab]{0,2}",
            "[a-c]{20}",
        ])
    }

    fn finding() -> impl Strategy<Value = Finding> {
        let places = (0_u64..5, prop::option::of(0_u64..3), prop::option::of(any::<i64>()));
        (texts(), texts(), texts(), texts(), "[a-c]{0,2}", places).prop_map(
            |(entity, id, event, event_id, reason, (delivery, repeats, at))| {
                let error = EventError::Malformed { reason };
                let at = at.map(Timestamp::from_nanos);
                let finding = Finding::unreadable(&error, delivery);
                Finding { entity, id, event, event_id, at, repeats, ..finding }
            },
        )
    }

    /// Of one list or of two: the first are kept, and the others counted.
    #[test]
    fn what_belongs_to_no_asset_is_kept_up_to_a_limit() {
        let (mut one, mut other) = (Findings::default(), Findings::default());
        let cut = Finding::unreadable(&EventError::Malformed { reason: String::new() }, 1);
        let of_asset = Finding { id: Some("a".to_owned()), ..cut.clone() };
        for findings in [&mut one, &mut other] {
            (0..STRAY_KEPT_MAX - 1).for_each(|_| findings.push(1, cut.clone()));
        }
        let mark = one.mark();
        (0..5).for_each(|_| one.push(1, cut.clone()));
        assert_eq!((one.len(), one.omitted().count()), (STRAY_KEPT_MAX, 1));
        one.go_back(&mark);
        assert_eq!((one.len(), one.omitted().count()), (STRAY_KEPT_MAX - 1, 0));
        other.push(1, of_asset);
        one.absorb(other);
        assert_eq!(one.len(), STRAY_KEPT_MAX + 1);
        let omitted = STRAY_KEPT_MAX as u64 - 2;
        let all = [(Code::MalformedPayload, Severity::Error, omitted)];
        assert_eq!(one.omitted().collect::<Vec<_>>(), all);
        assert_eq!(one.severities().count(), 2 * STRAY_KEPT_MAX - 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Whoever noted them, and whatever was taken back.
        #[test]
        fn findings_are_given_back_in_order(
            noted in prop::collection::vec((0_u64..4, finding(), any::<bool>()), 0..60),
            taken_back in 0_usize..3,
        ) {
            let (mut one, mut other) = (Findings::default(), Findings::default());
            for (when, finding, is_other) in &noted {
                let findings = if *is_other { &mut other } else { &mut one };
                findings.push(*when, finding.clone());
                let mark = findings.mark();
                (0..taken_back).for_each(|at| findings.push(at as u64, finding.clone()));
                findings.go_back(&mark);
            }
            one.absorb(other);
            one.sort();
            let mut expected = noted;
            // Those of the other come after those of the one.
            expected.sort_by_key(|(_, _, is_other)| *is_other);
            expected.sort_by_key(|(when, finding, _)| {
                let place = (finding.delivery, *when, finding.id.is_some());
                (place, finding.id.as_ref().map(|id| (finding.entity.clone(), id.clone())))
            });
            let expected: Vec<Finding> = expected.into_iter().map(|(_, it, _)| it).collect();
            prop_assert_eq!(one.iter().collect::<Vec<_>>(), &expected[..]);
            let is_error = |severity| severity == Code::MalformedPayload.severity();
            prop_assert!(one.len() == expected.len() && one.severities().all(is_error));
            one.extend(expected.iter().cloned());
            prop_assert_eq!(one.iter().collect::<Vec<_>>(), [&expected[..], &expected[..]].concat());
        }
    }
}
