//! Nanoseconds per event of one transition in memory: mediafold's look-up beside three crates that make state
//! machines and beside a `match` written by hand, all with the transitions of FastPix media and live streams.
//!
//! Random legal events that end nothing: ten million of one live stream, then of a million media and of a million
//! live streams. Contestants run in turn, and all must end in the same states. `generate.py` writes the machines.

#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "it measures and says what")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use mediafold::{
    Lifecycle,
    lifecycle::{KindId, Node, Step},
};
use statig::blocking::IntoStateMachineExt;

#[allow(unreachable_pub, clippy::all, clippy::use_self, reason = "as the crates' macros want it")]
#[rustfmt::skip]
#[path = "transition/live_stream.rs"]
mod live_stream;
#[allow(unreachable_pub, clippy::all, clippy::use_self, reason = "as the crates' macros want it")]
#[rustfmt::skip]
#[path = "transition/media.rs"]
mod media;

const EVENTS: usize = 10_000_000;
const ASSETS: usize = 1_000_000;
const ROUNDS: usize = 7;
/// Events timed at once: of such parts the median is what nothing else got in the way of.
const PART: usize = 100_000;

/// What no contestant can go below: a number of two bytes is read and written in place of a step.
const LIMIT: &str = "limit: the memory alone";

/// Numbers that are the same every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as usize % bound
    }
}

/// Who gets which event, and the states in which that ends.
struct Story {
    assets: Vec<u32>,
    kinds: Vec<u8>,
    ends: Vec<u8>,
}

fn is_legal(step: Step) -> bool {
    matches!(step, Step::Moved | Step::Stayed)
}

fn state_of(lifecycle: &Lifecycle, node: Node) -> u8 {
    let name = &lifecycle.state(node).name;
    let at = lifecycle.states().iter().position(|state| state.name == *name);
    at.expect("a node has a state") as u8
}

fn story(lifecycle: &Lifecycle, kinds: &[KindId], count: usize) -> Story {
    let open = |node: Node, kind: usize| {
        let ruling = lifecycle.rule(node, kinds[kind]);
        is_legal(ruling.step) && !lifecycle.state(ruling.next).end
    };
    let nodes = lifecycle.states().iter().filter_map(|state| lifecycle.node(&state.name, 0));
    let legal: Vec<Vec<usize>> =
        nodes.map(|node| (0..kinds.len()).filter(|kind| open(node, *kind)).collect()).collect();
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let mut nodes = vec![Node::NEW; count];
    let mut story = Story { assets: Vec::new(), kinds: Vec::new(), ends: Vec::new() };
    for _ in 0..EVENTS {
        let asset = chance.below(count);
        let choice = &legal[usize::from(state_of(lifecycle, nodes[asset]))];
        let kind = choice[chance.below(choice.len())];
        nodes[asset] = lifecycle.rule(nodes[asset], kinds[kind]).next;
        story.assets.push(asset as u32);
        story.kinds.push(kind as u8);
    }
    story.ends = nodes.into_iter().map(|node| state_of(lifecycle, node)).collect();
    story
}

/// One round: how long the median part took, and where the assets ended.
type Round<'a> = Box<dyn Fn() -> (Duration, Vec<u8>) + 'a>;

struct Contestant<'a> {
    name: &'static str,
    bytes: usize,
    round: Round<'a>,
}

/// `step` says whether the event was legal, `state` what [`state_of`] says.
fn contestant<'a, M, E: Copy + 'a>(
    name: &'static str,
    story: &'a Story,
    kinds: &[E],
    new: impl Fn() -> M + 'a,
    step: impl Fn(&mut M, E) -> bool + 'a,
    state: impl Fn(&M) -> u8 + 'a,
) -> Contestant<'a> {
    let events: Vec<E> = story.kinds.iter().map(|kind| kinds[usize::from(*kind)]).collect();
    let round = move || {
        let mut machines: Vec<M> = story.ends.iter().map(|_| new()).collect();
        let (mut legal, mut times) = (0, Vec::new());
        for (events, assets) in events.chunks(PART).zip(story.assets.chunks(PART)) {
            let begun = Instant::now();
            if let [machine] = &mut *machines {
                for event in black_box(events) {
                    legal += usize::from(step(machine, *event));
                }
            } else {
                for (asset, event) in black_box(assets).iter().zip(black_box(events)) {
                    legal += usize::from(step(&mut machines[*asset as usize], *event));
                }
            }
            times.push(begun.elapsed());
        }
        assert_eq!(legal, EVENTS, "{name} refuses what is legal");
        times.sort_unstable();
        (times[times.len() / 2], machines.iter().map(&state).collect())
    };
    Contestant { name, bytes: size_of::<M>(), round: Box::new(round) }
}

/// The contestants of one lifecycle, all with the kinds in the order of `$machine::KINDS`.
macro_rules! contestants {
    ($machine:ident, $lifecycle:expr, $kinds:expr, $story:expr) => {{
        use $machine::{EVENTS, STATES, State, by_rust_fsm, by_smlang, by_statig, matched};
        let (lifecycle, kinds, story): (&Lifecycle, &[KindId], &Story) =
            ($lifecycle, $kinds, $story);
        let names = lifecycle.states().iter().map(|state| state.name.as_str());
        assert!(names.eq(STATES.iter().copied()), "generate.py has to be run again");
        vec![
            contestant(
                LIMIT,
                story,
                kinds,
                || 0_u16,
                |cell, kind| {
                    *cell ^= u16::from(kind == kinds[0]);
                    true
                },
                |_| 0,
            ),
            contestant(
                "mediafold",
                story,
                kinds,
                || Node::NEW,
                |node, kind| {
                    let ruling = lifecycle.rule(*node, kind);
                    *node = ruling.next;
                    is_legal(ruling.step)
                },
                |node| state_of(lifecycle, *node),
            ),
            contestant(
                "match by hand",
                story,
                EVENTS,
                || State::New,
                |state, kind| match matched(*state, kind) {
                    Some(next) => {
                        *state = next;
                        true
                    }
                    None => false,
                },
                |state| *state as u8,
            ),
            contestant(
                "rust-fsm",
                story,
                EVENTS,
                by_rust_fsm::Machine::new,
                |machine, kind| machine.consume(&kind).is_ok(),
                |machine| *machine.state() as u8,
            ),
            contestant(
                "smlang",
                story,
                by_smlang::EVENTS,
                || by_smlang::StateMachine::new(by_smlang::Context),
                |machine, event| machine.process_event(event).is_ok(),
                |machine| by_smlang::ours(machine.state()) as u8,
            ),
            contestant(
                "statig",
                story,
                EVENTS,
                || by_statig::Asset::default().state_machine(),
                |machine, kind| {
                    machine.handle(&kind);
                    !machine.inner().illegal
                },
                |machine| by_statig::ours(machine.state()) as u8,
            ),
        ]
    }};
}

fn kinds_of(lifecycle: &Lifecycle, names: &[(&str, &str)]) -> Vec<KindId> {
    let kind = |(name, word): &(&str, &str)| {
        let kind = lifecycle.kind(name).expect("a kind of the definition");
        lifecycle.kind_with_status(kind, word)
    };
    names.iter().map(kind).collect()
}

fn compare(title: &str, story: &Story, contestants: &[Contestant<'_>]) {
    let mut times = vec![Vec::new(); contestants.len()];
    for _ in 0..ROUNDS {
        for (contestant, times) in contestants.iter().zip(&mut times) {
            let (taken, ends) = (contestant.round)();
            let same = contestant.name == LIMIT || ends == story.ends;
            assert!(same, "{} ends elsewhere", contestant.name);
            times.push(taken.as_nanos() as f64 / PART as f64);
        }
    }
    println!("\n| {title} | bytes of state | ns per event, median | least | most |");
    println!("|---|--:|--:|--:|--:|");
    for (Contestant { name, bytes, .. }, mut times) in contestants.iter().zip(times) {
        times.sort_by(f64::total_cmp);
        let (median, least, most) = (times[ROUNDS / 2], times[0], times[ROUNDS - 1]);
        println!("| {name} | {bytes} | {median:.2} | {least:.2} | {most:.2} |");
    }
}

fn main() {
    let streams = Lifecycle::builtin("fastpix/live_stream").expect("built in");
    let kinds = kinds_of(streams, live_stream::KINDS);
    for (count, title) in [(1, "1 live stream"), (ASSETS, "1,000,000 live streams")] {
        let story = story(streams, &kinds, count);
        compare(title, &story, &contestants!(live_stream, streams, &kinds, &story));
    }
    let medias = Lifecycle::builtin("fastpix/media").expect("built in");
    let kinds = kinds_of(medias, media::KINDS);
    let story = story(medias, &kinds, ASSETS);
    compare("1,000,000 media", &story, &contestants!(media, medias, &kinds, &story));
}
