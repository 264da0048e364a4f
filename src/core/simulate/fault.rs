//! What goes wrong on the way, and the finding that it must give.
//!
//! What a fault shows as is known from the table alone: nothing here folds. Faults of one asset are kept apart, so
//! that none changes what another shows.

use std::time::Duration;

use super::{
    cast::{Cast, World},
    delivery::is_timed,
    dice::Dice,
    story::{Actor, Beat, Family, GAP_MIN},
};
use crate::{
    fold::{Code, Verdict},
    lifecycle::{Order, Step},
};

/// Steps of an asset left alone after one that a fault touches.
const CLEAN: usize = 4;
/// What could not be done is made up for, but no more than so much of it.
const OWED_MAX: f64 = 3.0;

/// What goes wrong: each is a share of the deliveries, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "made by naming what differs from the default")]
pub struct Faults {
    /// Delivered twice.
    pub duplicates: f64,
    /// Delivered after a later event of the same asset.
    pub late: f64,
    /// By how much at most; the time between two events is shortened where need be.
    pub lateness: Duration,
    /// Never delivered.
    pub lost: f64,
    /// Events that are not allowed where they come.
    pub illegal: f64,
    /// Bodies that cannot be read.
    pub malformed: f64,
}

impl Default for Faults {
    fn default() -> Self {
        let lateness = Duration::from_secs(60);
        Self { duplicates: 0.0, late: 0.0, lateness, lost: 0.0, illegal: 0.0, malformed: 0.0 }
    }
}

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum FaultKind {
    /// The same event again.
    Duplicate,
    /// An event after a later one.
    Late,
    /// An event that never comes.
    Lost,
    /// An event that is not allowed.
    Illegal,
    /// A body that cannot be read.
    Malformed,
}

/// What is known of a fault: the member that it is about, and the finding that it gives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    pub(super) fault: FaultKind,
    pub(super) member: Option<usize>,
    pub(super) finding: Option<&'static str>,
}

/// How a body is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Break {
    Cut,
    Bytes,
    NoKind,
    NoId,
}

/// One delivery as it comes.
#[derive(Debug)]
pub(super) struct Coming {
    pub(super) arrival: i64,
    pub(super) beat: Beat,
    pub(super) attempt: u32,
    pub(super) broken: Option<Break>,
    pub(super) notes: Vec<Note>,
}

/// What comes of a story.
#[derive(Debug, Default)]
pub(super) struct Course {
    pub(super) coming: Vec<Coming>,
    /// Faults that no delivery shows.
    pub(super) unseen: Vec<Note>,
    /// By member: whether its state can be told from what is delivered.
    pub(super) decidable: Vec<bool>,
}

/// Faults that are still to be done.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Owed {
    duplicates: f64,
    late: f64,
    lost: f64,
    illegal: f64,
    malformed: f64,
}

/// Does things to a story.
pub(super) fn befall(
    world: &World<'_>,
    family: &mut Family,
    faults: &Faults,
    owed: &mut Owed,
    dice: &mut Dice,
) -> Course {
    let mut seats = vec![0; family.members.len()];
    let places = family.steps.iter().map(|beat| {
        let place = |actor: &Actor| {
            seats[actor.member] += 1;
            seats[actor.member] - 1
        };
        beat.actors.iter().map(place).collect()
    });
    let places = places.collect();
    let by_arrival = family.members.iter().any(|member| {
        let Cast { lifecycle, provider, .. } = &world.casts[member.cast];
        lifecycle.order() == Order::Arrival || !is_timed(provider)
    });
    let count = family.steps.len();
    let mut fate = Fate {
        world,
        faults,
        by_arrival,
        places,
        clean_from: vec![0; family.members.len()],
        arrivals: vec![None; count],
        lost: vec![false; count],
        notes: vec![Vec::new(); count],
        extra: Vec::new(),
        unseen: Vec::new(),
        family,
        dice,
    };
    for at in 0..count {
        fate.meet(at, owed);
    }
    fate.course()
}

struct Fate<'a, 'c> {
    world: &'a World<'c>,
    faults: &'a Faults,
    by_arrival: bool,
    /// By step and actor: which of its member's steps it is.
    places: Vec<Vec<usize>>,
    clean_from: Vec<usize>,
    arrivals: Vec<Option<i64>>,
    lost: Vec<bool>,
    notes: Vec<Vec<Note>>,
    extra: Vec<Coming>,
    unseen: Vec<Note>,
    family: &'a mut Family,
    dice: &'a mut Dice,
}

impl<'c> Fate<'_, 'c> {
    /// What happens to one step: at most one thing, and maybe junk beside it.
    fn meet(&mut self, at: usize, owed: &mut Owed) {
        let Faults { duplicates, late, lost, illegal, malformed, .. } = *self.faults;
        let due = |owed: &mut f64, share: f64, dice: &mut Dice| {
            *owed = (*owed + share).min(OWED_MAX);
            share > 0.0 && dice.chance(*owed)
        };
        let wanted = [
            due(&mut owed.lost, lost, self.dice),
            due(&mut owed.illegal, illegal, self.dice),
            due(&mut owed.late, late, self.dice),
            due(&mut owed.duplicates, duplicates, self.dice),
        ];
        if due(&mut owed.malformed, malformed, self.dice) {
            owed.malformed -= 1.0;
            self.spoil(at);
        }
        if !self.is_clean(at) {
            return;
        }
        if wanted[0] && self.lose(at) {
            owed.lost -= 1.0;
        } else if wanted[1] && self.add_illegal(at) {
            owed.illegal -= 1.0;
        } else if wanted[2] && self.delay(at) {
            owed.late -= 1.0;
        } else if wanted[3] && self.repeat(at) {
            owed.duplicates -= 1.0;
        } else {
            return;
        }
        self.touch(at);
    }

    fn actors(&self, at: usize) -> &[Actor] {
        &self.family.steps[at].actors
    }

    fn is_clean(&self, at: usize) -> bool {
        let mut seats = self.actors(at).iter().zip(&self.places[at]);
        seats.all(|(actor, place)| *place >= self.clean_from[actor.member])
    }

    fn touch(&mut self, at: usize) {
        for (actor, place) in self.family.steps[at].actors.iter().zip(&self.places[at]) {
            self.clean_from[actor.member] = place + CLEAN;
        }
    }

    fn cast(&self, member: usize) -> &Cast<'c> {
        &self.world.casts[self.family.members[member].cast]
    }

    /// The next step of a member after this one, and what it is to it.
    fn next_of(&self, at: usize, member: usize) -> Option<(usize, Actor)> {
        let later = self.family.steps.iter().enumerate().skip(at + 1);
        later
            .filter_map(|(at, beat)| {
                let actor = beat.actors.iter().find(|actor| actor.member == member)?;
                Some((at, *actor))
            })
            .next()
    }

    /// A moment between this step and the family's next; `None` if there is no room.
    fn moment_after(&mut self, at: usize) -> Option<i64> {
        let begin = self.family.steps[at].at + GAP_MIN;
        let end = self.family.steps.get(at + 1);
        let end = end.map_or(begin + 5_000_000_000, |beat| beat.at - GAP_MIN);
        (begin < end).then(|| self.dice.between(begin, end))
    }

    fn repeat(&mut self, at: usize) -> bool {
        let arrival = match self.by_arrival {
            true => self.moment_after(at),
            false => {
                let seconds = self.dice.about(20.0, 1.0);
                Some(self.family.steps[at].at + GAP_MIN + (seconds * 1e9) as i64)
            }
        };
        let Some(arrival) = arrival else { return false };
        let note = |actor: &Actor| Note {
            fault: FaultKind::Duplicate,
            member: Some(actor.member),
            finding: Some(Code::Duplicate.name()),
        };
        let notes = self.actors(at).iter().map(note).collect();
        let beat = self.family.steps[at].clone();
        self.extra.push(Coming { arrival, beat, attempt: 2, broken: None, notes });
        true
    }

    fn lose(&mut self, at: usize) -> bool {
        let mut shown = Vec::new();
        for actor in self.actors(at) {
            let Some((next, after)) = self.next_of(at, actor.member) else {
                shown.push((None, actor.member, None));
                continue;
            };
            let ruling = self.cast(actor.member).lifecycle.rule(actor.before, after.kind);
            // The story would go another way.
            if ruling.next != after.after || Verdict::of(Some(ruling.step)) == Verdict::Illegal {
                return false;
            }
            let finding = Code::of_step(Some(ruling.step)).map(Code::name);
            shown.push((finding.map(|_| next), actor.member, finding));
        }
        for (next, member, finding) in shown {
            let note = Note { fault: FaultKind::Lost, member: Some(member), finding };
            match next {
                Some(next) => self.notes[next].push(note),
                None => self.unseen.push(note),
            }
        }
        self.lost[at] = true;
        true
    }

    fn add_illegal(&mut self, at: usize) -> bool {
        let pick = self.dice.index(self.actors(at).len());
        let actor = self.actors(at)[pick];
        let Some(arrival) = self.moment_after(at) else { return false };
        let member = &self.family.members[actor.member];
        let cast = &self.world.casts[member.cast];
        let wrong = &cast.wrong[usize::from(actor.after.0)];
        let allowed: Vec<_> = wrong
            .iter()
            .filter(|(kind, _)| {
                member.parent.is_some() || !cast.kinds[usize::from(kind.0)].needs_parent
            })
            .collect();
        if allowed.is_empty() {
            return false;
        }
        let (kind, finding) = *allowed[self.dice.index(allowed.len())];
        let claimed = cast.lifecycle.rule(actor.after, kind).next;
        let seed = self.dice.bits();
        let beat = Beat {
            at: arrival,
            owner: actor.member,
            kind,
            actors: vec![Actor { kind, before: actor.after, ..actor }],
            word: cast.word(kind, claimed, seed),
            seed,
            percent: 0,
            sequence: self.family.steps[at].sequence + 1000,
        };
        let member = Some(actor.member);
        let notes = vec![Note { fault: FaultKind::Illegal, member, finding: Some(finding) }];
        self.extra.push(Coming { arrival, beat, attempt: 1, broken: None, notes });
        true
    }

    fn delay(&mut self, at: usize) -> bool {
        if self.by_arrival {
            return self.swap(at);
        }
        let lateness = i64::try_from(self.faults.lateness.as_nanos()).unwrap_or(i64::MAX);
        let actor = self.actors(at)[0];
        let Some((next, _)) = self.next_of(at, actor.member) else { return false };
        let begin = self.family.steps[at].at;
        let gap = self.family.steps[next].at - begin;
        let room = (next - at) as i64 * GAP_MIN;
        if gap >= lateness {
            let wanted = (lateness as f64 * (0.05 + 0.6 * self.dice.unit())) as i64;
            if wanted <= room {
                return false;
            }
            self.hasten(at, next, wanted);
        }
        let gap = self.family.steps[next].at - begin;
        if gap + 1 >= lateness {
            return false;
        }
        self.arrivals[at] = Some(begin + self.dice.between(gap + 1, lateness));
        true
    }

    /// Shortens the time from one step to another; what comes later keeps its distances.
    fn hasten(&mut self, from: usize, to: usize, wanted: i64) {
        let steps = &mut self.family.steps;
        let (begin, end) = (steps[from].at, steps[to].at);
        let share = wanted as f64 / (end - begin) as f64;
        for at in from + 1..=to {
            let scaled = begin + ((steps[at].at - begin) as f64 * share) as i64;
            steps[at].at = scaled.max(steps[at - 1].at + GAP_MIN);
        }
        let sooner = end - steps[to].at;
        for beat in &mut steps[to + 1..] {
            beat.at -= sooner;
        }
    }

    /// Where arrival is all the order there is: two neighbours change places.
    fn swap(&mut self, at: usize) -> bool {
        let [first] = *self.actors(at) else { return false };
        let Some((next, second)) = self.next_of(at, first.member) else { return false };
        if next != at + 1 || self.actors(next).len() != 1 || !self.is_clean(next) {
            return false;
        }
        let lifecycle = self.cast(first.member).lifecycle;
        let ahead = lifecycle.rule(first.before, second.kind);
        let behind = lifecycle.rule(second.after, first.kind);
        let skips = matches!(ahead.step, Step::MissingEvents | Step::Moved);
        if !skips || ahead.next != second.after || behind.step != Step::Backward {
            return false;
        }
        let member = Some(first.member);
        let note = |step| Note {
            fault: FaultKind::Late,
            member,
            finding: Code::of_step(Some(step)).map(Code::name),
        };
        if ahead.step == Step::MissingEvents {
            self.notes[next].push(note(ahead.step));
        }
        self.notes[at].push(note(behind.step));
        (self.arrivals[at], self.arrivals[next]) =
            (Some(self.family.steps[next].at), Some(self.family.steps[at].at));
        self.touch(next);
        true
    }

    fn spoil(&mut self, at: usize) {
        let Some(arrival) = self.moment_after(at) else { return };
        let beat = self.family.steps[at].clone();
        let broken = match self.dice.index(4) {
            0 => Break::Cut,
            1 => Break::Bytes,
            2 => Break::NoKind,
            _ if beat.actors.len() == 1 => Break::NoId,
            _ => Break::Cut,
        };
        let finding = match broken {
            Break::Cut | Break::Bytes => Code::MalformedPayload,
            Break::NoKind => Code::NoEventKind,
            Break::NoId => Code::NoAssetId,
        };
        let finding = Some(finding.name());
        let notes = vec![Note { fault: FaultKind::Malformed, member: None, finding }];
        self.extra.push(Coming { arrival, beat, attempt: 1, broken: Some(broken), notes });
    }

    /// Everything in the order in which it comes.
    fn course(mut self) -> Course {
        let decidable = self.decidable();
        let mut coming = self.extra;
        for (at, beat) in self.family.steps.drain(..).enumerate() {
            if !self.lost[at] {
                let arrival = self.arrivals[at].unwrap_or(beat.at);
                let notes = std::mem::take(&mut self.notes[at]);
                coming.push(Coming { arrival, beat, attempt: 1, broken: None, notes });
            }
        }
        // The sort is stable.
        coming.sort_by_key(|coming| coming.arrival);
        if !self.by_arrival {
            note_late(&mut coming, self.family.members.len());
        }
        Course { coming, unseen: self.unseen, decidable }
    }

    fn decidable(&self) -> Vec<bool> {
        let mut decidable = vec![false; self.family.members.len()];
        for (at, beat) in self.family.steps.iter().enumerate() {
            for actor in &beat.actors {
                let known = &mut decidable[actor.member];
                *known = match self.lost[at] {
                    true => *known && actor.before == actor.after,
                    false => true,
                };
            }
        }
        decidable
    }
}

/// By definition: an event is late if one of the same asset that happened later came before.
fn note_late(coming: &mut [Coming], members: usize) {
    let mut latest = vec![i64::MIN; members];
    for Coming { beat, attempt, broken, notes, .. } in coming {
        if *attempt > 1 || broken.is_some() {
            continue;
        }
        for Actor { member, .. } in &beat.actors {
            if beat.at < latest[*member] {
                let finding = Some(Code::Late.name());
                notes.push(Note { fault: FaultKind::Late, member: Some(*member), finding });
            }
            latest[*member] = latest[*member].max(beat.at);
        }
    }
}
