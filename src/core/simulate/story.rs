//! Stories: random legal walks from `new` to where nothing more need happen.
//!
//! Assets that share deliveries, or hang on one another, walk together as a family. Every step is legal for each
//! asset that it is an event of.

use std::sync::Arc;

use super::{
    cast::{Cast, LegalStep, World},
    dice::{Dice, mixed},
    template::Filling,
};
use crate::{
    lifecycle::{KindId, Node},
    time::Timestamp,
};

/// The least time between two steps of a family: no provider's times are finer told than by this.
pub(super) const GAP_MIN: i64 = 2_000_000;
/// Steps of an asset after which it heads for where it may end.
const STEPS_SOFT_MAX: u32 = 40;
const STEPS_MAX: u32 = 120;
const STAYS_MAX: u32 = 6;
const REST_SHARE: f64 = 0.75;
const CHILD_SHARE: f64 = 0.08;
const CHILDREN_MAX: usize = 8;
/// How far dwell times spread about their median.
const SPREAD: f64 = 0.8;

/// Assets whose stories are one.
#[derive(Debug, Default)]
pub(super) struct Family {
    pub(super) members: Vec<Member>,
    pub(super) steps: Vec<Beat>,
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) cast: usize,
    pub(super) id: Box<str>,
    pub(super) seed: u64,
    pub(super) born: i64,
    pub(super) parent: Option<usize>,
    pub(super) node: Node,
    steps: u32,
    stays: u32,
    wakes: i64,
    done: bool,
}

/// One delivery of a story.
#[derive(Clone, Debug)]
pub(super) struct Beat {
    pub(super) at: i64,
    /// The member that the body is about.
    pub(super) owner: usize,
    /// Its event kind.
    pub(super) kind: KindId,
    pub(super) actors: Vec<Actor>,
    pub(super) seed: u64,
    pub(super) word: Option<Arc<str>>,
    pub(super) percent: u8,
    pub(super) sequence: u32,
}

/// What a delivery is to one member.
#[derive(Clone, Copy, Debug)]
pub(super) struct Actor {
    pub(super) member: usize,
    pub(super) kind: KindId,
    pub(super) before: Node,
    pub(super) after: Node,
}

/// A choice with everybody whom it moves.
struct StoryPlan {
    choice: LegalStep,
    /// Member, or the cast of one that it calls into being.
    others: Vec<(Result<usize, usize>, KindId)>,
}

/// The story of one family that begins at this time, of at most `budget` assets.
pub(super) fn tell(
    world: &World<'_>,
    root: usize,
    start: i64,
    budget: u64,
    dice: &mut Dice,
) -> Family {
    let mut telling = Telling { world, family: Family::default(), budget, dice, clock: start };
    telling.enter(root, None, None);
    while let Some(member) = telling.next_member() {
        telling.act(member);
    }
    telling.family
}

struct Telling<'a, 'c> {
    world: &'a World<'c>,
    family: Family,
    budget: u64,
    dice: &'a mut Dice,
    clock: i64,
}

impl Telling<'_, '_> {
    fn enter(&mut self, cast: usize, parent: Option<usize>, id: Option<Box<str>>) -> usize {
        let seed = self.dice.bits();
        let id = id.unwrap_or_else(|| self.world.new_id(cast, seed));
        let (born, wakes) = (self.clock, self.clock + self.dice.between(1, 3_000_000_000));
        self.budget = self.budget.saturating_sub(1);
        self.family.members.push(Member {
            cast,
            id,
            seed,
            born,
            parent,
            node: Node::NEW,
            steps: 0,
            stays: 0,
            wakes,
            done: false,
        });
        self.family.members.len() - 1
    }

    fn next_member(&self) -> Option<usize> {
        let open = self.family.members.iter().enumerate().filter(|(_, member)| !member.done);
        open.min_by_key(|(index, member)| (member.wakes, *index)).map(|(index, _)| index)
    }

    fn act(&mut self, index: usize) {
        let Member { cast, node, steps, wakes, .. } = self.family.members[index];
        let Cast { lifecycle, ref choices, ref to_rest, .. } = self.world.casts[cast];
        let state = lifecycle.state(node);
        let rests = state.rest && self.dice.chance(REST_SHARE);
        if rests || state.end || steps >= STEPS_MAX || (state.rest && steps >= STEPS_SOFT_MAX) {
            self.family.members[index].done = true;
            return;
        }
        let far = to_rest[usize::from(node.0)];
        let nearer = |choice: &&LegalStep| to_rest[usize::from(choice.next.0)] < far;
        let legal = &choices[usize::from(node.0)];
        let mut plans: Vec<StoryPlan> = Vec::new();
        if steps >= STEPS_SOFT_MAX {
            plans.extend(legal.iter().filter(nearer).filter_map(|choice| self.plan(index, choice)));
        }
        if plans.is_empty() {
            plans.extend(legal.iter().filter_map(|choice| self.plan(index, choice)));
        }
        let Some(at) = self.dice.weighted(plans.iter().map(|plan| plan.choice.weight)) else {
            self.wait_or_end(index);
            return;
        };
        self.clock = wakes.max(self.clock + GAP_MIN);
        let plan = plans.swap_remove(at);
        self.carry_out(index, plan);
        self.bear(index);
    }

    /// Whoever can do nothing waits for its children, or its story is over.
    fn wait_or_end(&mut self, index: usize) {
        let members = &self.family.members;
        let open = members.iter().filter(|child| child.parent == Some(index) && !child.done);
        let later = open.map(|child| child.wakes).max();
        let member = &mut self.family.members[index];
        member.steps += 1;
        match later {
            Some(wakes) => member.wakes = wakes.max(member.wakes) + 1_000_000_000,
            None => member.done = true,
        }
    }

    /// What a choice takes; `None` if it is not to be had.
    fn plan(&self, index: usize, choice: &LegalStep) -> Option<StoryPlan> {
        let members = &self.family.members;
        let member = &members[index];
        let Cast { lifecycle, kinds, parent: above, .. } = &self.world.casts[member.cast];
        let saying = &kinds[usize::from(choice.kind.0)];
        let ends = lifecycle.state(choice.next).end;
        let has_open_child =
            || members.iter().any(|child| child.parent == Some(index) && !child.done);
        if (choice.stays && member.stays >= STAYS_MAX)
            || (saying.needs_parent && member.parent.is_none())
            || (ends && has_open_child())
        {
            return None;
        }
        let mut plan = StoryPlan { choice: *choice, others: Vec::new() };
        for (cast, kind) in &saying.others {
            let other = &self.world.casts[*cast];
            let legal = |node: Node| {
                other.choices[usize::from(node.0)].iter().any(|choice| choice.kind == *kind)
            };
            let related = |(at, candidate): &(usize, &Member)| {
                candidate.cast == *cast
                    && match other.parent == Some(member.cast) {
                        true => candidate.parent == Some(index),
                        false if *above == Some(*cast) => member.parent == Some(*at),
                        false => candidate.id == member.id,
                    }
            };
            let mut known = members.iter().enumerate().filter(related);
            let who = match known.find(|(_, candidate)| legal(candidate.node)) {
                Some((at, _)) => Ok(at),
                None => {
                    let child = other.parent == Some(member.cast);
                    let children = || members.iter().filter(|child| child.parent == Some(index));
                    let room = match child {
                        true => children().count() < CHILDREN_MAX,
                        // A peer there is only one of, and nobody calls its own parent into being.
                        false => {
                            *above != Some(*cast)
                                && !members.iter().enumerate().any(|m| related(&m))
                        }
                    };
                    (room && self.budget > 0 && legal(Node::NEW)).then_some(Err(*cast))?
                }
            };
            plan.others.push((who, *kind));
        }
        Some(plan)
    }

    fn carry_out(&mut self, index: usize, plan: StoryPlan) {
        let LegalStep { kind, next, .. } = plan.choice;
        let cast = self.family.members[index].cast;
        let owner_cast = self.world.casts[cast].kinds[usize::from(kind.0)].owner;
        let mut actors = vec![self.moved(index, kind, next)];
        for (who, kind) in plan.others {
            let other = who.unwrap_or_else(|cast| {
                let child = self.world.casts[cast].parent == Some(self.family.members[index].cast);
                match child {
                    true => self.enter(cast, Some(index), None),
                    false => {
                        let id = self.family.members[index].id.clone();
                        self.enter(cast, None, Some(id))
                    }
                }
            });
            let member = &self.family.members[other];
            let next = self.world.casts[member.cast].lifecycle.rule(member.node, kind).next;
            actors.push(self.moved(other, kind, next));
        }
        let members = &self.family.members;
        let owner = actors.iter().find(|actor| members[actor.member].cast == owner_cast);
        let owner = owner.copied().unwrap_or(actors[0]);
        let Member { stays, steps, cast, .. } = members[owner.member];
        let seed = self.dice.bits();
        let rests = self.world.casts[cast].lifecycle.state(owner.after).rest;
        self.family.steps.push(Beat {
            at: self.clock,
            owner: owner.member,
            kind: owner.kind,
            word: self.world.casts[cast].word(owner.kind, owner.after, seed),
            seed,
            percent: if rests { 100 } else { percent(stays) },
            sequence: steps,
            actors,
        });
    }

    /// Moves a member, and says when it will act again.
    fn moved(&mut self, index: usize, kind: KindId, next: Node) -> Actor {
        let member = &self.family.members[index];
        let Cast { lifecycle, dwell, .. } = &self.world.casts[member.cast];
        let (before, state) = (member.node, lifecycle.state_index(next));
        let stays = before == next;
        let part = if stays { 0.3 } else { 1.0 };
        let seconds = self.dice.about(dwell[state] * part, SPREAD);
        let member = &mut self.family.members[index];
        member.wakes = self.clock + GAP_MIN + (seconds * 1e9) as i64;
        member.node = next;
        member.steps += 1;
        member.stays = if stays { member.stays + 1 } else { 0 };
        Actor { member: index, kind, before, after: next }
    }

    /// Now and then something comes to hang on an asset that needs no delivery of its parent's.
    fn bear(&mut self, index: usize) {
        let cast = self.family.members[index].cast;
        let lifecycle = self.world.casts[cast].lifecycle;
        if self.budget == 0 || lifecycle.state(self.family.members[index].node).end {
            return;
        }
        let begins = |child: &Cast<'_>| {
            child.choices[0].iter().any(|choice| {
                let saying = &child.kinds[usize::from(choice.kind.0)];
                saying.needs_parent && saying.others.is_empty()
            })
        };
        let hangs = |(at, child): &(usize, &Cast<'_>)| {
            *at != cast && child.parent == Some(cast) && begins(child)
        };
        let children: Vec<usize> =
            self.world.casts.iter().enumerate().filter(hangs).map(|(at, _)| at).collect();
        for child in children {
            let count = self.family.members.len();
            if count <= CHILDREN_MAX && self.budget > 0 && self.dice.chance(CHILD_SHARE) {
                self.enter(child, Some(index), None);
            }
        }
    }
}

impl World<'_> {
    pub(super) fn new_id(&self, cast: usize, seed: u64) -> Box<str> {
        let filling = Filling {
            id: "",
            kind: "",
            status: None,
            state: "",
            parent: None,
            time: Timestamp::from_nanos(0),
            born: Timestamp::from_nanos(0),
            percent: 0,
            sequence: 0,
            attempt: 1,
            seed: mixed(seed, 1),
            asset_seed: seed,
            simulation_seed: 0,
            payloads: &[],
        };
        self.casts[cast].id.render_string(&filling).into()
    }
}

/// Progress that grows with every word of it, and never gets there.
fn percent(stays: u32) -> u8 {
    [0, 40, 64, 78, 87, 92, 95, 97].get(stays as usize).copied().unwrap_or(99)
}
