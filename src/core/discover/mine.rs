//! A lifecycle from the stories of the assets of one entity.

use super::{
    after::Terms,
    edges::{Edges, MinedStep},
    entities::EntityPlan,
    guess::Envelope,
    order::ordered,
    retries::{MinedRetries, retries},
    signs::{SignedStories, signed},
    steps::{Log, NO_WORD},
};

/// Stories that end in a state, of those that are ever there, from which on nothing more need happen there.
const REST_SHARE: f64 = 0.2;
/// Events whose word may say something else than the state, for words to be held against states.
const CONTRADICTED_MAX: f64 = 0.02;

/// What was found of one entity.
#[derive(Clone, Debug, Default)]
pub(super) struct Mined {
    /// States but for `new`, in the order of their ranks.
    pub(super) states: Vec<MinedState>,
    pub(super) events: Vec<MinedEvent>,
    /// Words and their states.
    pub(super) words: Vec<(String, String)>,
    /// The words say where the asset is, whatever the event.
    pub(super) words_agree: bool,
    pub(super) retries: Option<MinedRetries>,
}

#[derive(Clone, Debug)]
pub(super) struct MinedState {
    pub(super) name: String,
    pub(super) rest: bool,
    pub(super) end: bool,
    pub(super) error: bool,
    /// How often it was entered, and how many stories end there.
    pub(super) visits: u64,
    pub(super) last: u64,
}

/// An event kind with its rows.
#[derive(Clone, Debug)]
pub(super) struct MinedEvent {
    pub(super) kind: String,
    pub(super) seen: u64,
    pub(super) rows: Vec<MinedRow>,
}

/// A row: where it leads from, and how often.
#[derive(Clone, Debug, Default)]
pub(super) struct MinedRow {
    /// A word decides, and this row is for those that mean its state.
    pub(super) by_word: bool,
    pub(super) to: Option<String>,
    pub(super) from: Vec<(String, u64)>,
    pub(super) again: Vec<(String, u64)>,
    /// That it keeps the state was taken from its name.
    pub(super) by_name: bool,
}

/// The lifecycle of these stories, where so large a share of events may be noise.
pub(super) fn mine(
    log: &Log,
    plan: &EntityPlan,
    kinds: &[(usize, String)],
    noise: f64,
    envelope: &Envelope,
) -> Mined {
    let (is_status, is_timed) = (envelope.kind_is_status(), !envelope.time.at.is_empty());
    let signed = signed(log, plan, kinds, noise, Terms { is_status, is_timed });
    let edges = Edges::of(&signed, noise, is_timed);
    let steps = edges.steps(&signed);
    let left: Vec<bool> =
        (0..signed.states.len()).map(|state| steps.iter().any(|step| step.from == state)).collect();
    let ends: Vec<bool> =
        signed.states.iter().zip(&left).map(|(name, left)| !left && is_end(name)).collect();
    let (order, back) = ordered(&signed, &steps, &ends);
    let retries = retries(&signed, &steps, &back);
    let mut mined = Mined {
        words: words(&signed, log),
        words_agree: words_agree(&signed, log),
        retries: retries.map(|own| own.named(&signed.states)),
        ..Mined::default()
    };
    for state in order.iter().copied().skip(1) {
        let (visits, last) = (edges.visits[state], edges.last[state]);
        let rests = last as f64 >= REST_SHARE * visits as f64 || !left[state];
        let name = signed.states[state].clone();
        mined.states.push(MinedState {
            rest: rests && !ends[state],
            end: ends[state],
            error: has(&name, &["error", "fail"]),
            name,
            visits,
            last,
        });
    }
    mined.events = events(&signed, &steps, &back, &order, kinds);
    mined
}

fn has(state: &str, words: &[&str]) -> bool {
    words.iter().any(|word| state.contains(word))
}

/// That nothing more may happen nobody can see: names say so.
fn is_end(state: &str) -> bool {
    has(state, &["delete", "removed", "purge", "destroyed"])
}

/// The words that go with one state, where words decide or all of them agree.
fn words(signed: &SignedStories, log: &Log) -> Vec<(String, String)> {
    let named = signed.words.iter().map(|(word, state)| {
        (log.words[usize::from(*word)].clone(), signed.states[*state].clone())
    });
    named.collect()
}

fn words_agree(signed: &SignedStories, log: &Log) -> bool {
    let (mut said, mut other) = (0, 0);
    for ((signs, count), (story, _)) in signed.stories.iter().zip(&log.stories) {
        let mut at = 0;
        for (sign, (_, word)) in signs.iter().zip(story) {
            at = signed.signs[usize::from(*sign)].leads(at);
            if *word == NO_WORD {
                continue;
            }
            if let Some(state) = signed.words.get(word) {
                said += count;
                other += if *state != at { *count } else { 0 };
            }
        }
    }
    said > 0 && other as f64 <= CONTRADICTED_MAX * said as f64
}

fn events(
    signed: &SignedStories,
    steps: &[MinedStep],
    back: &[bool],
    order: &[usize],
    kinds: &[(usize, String)],
) -> Vec<MinedEvent> {
    let mut seen = vec![0_u64; kinds.len()];
    for (story, count) in &signed.stories {
        for sign in story {
            seen[usize::from(signed.signs[usize::from(*sign)].kind)] += count;
        }
    }
    let mut place = vec![0; order.len()];
    order.iter().enumerate().for_each(|(at, state)| place[*state] = at);
    let mut events: Vec<(usize, MinedEvent)> = Vec::new();
    for (number, (_, kind)) in kinds.iter().enumerate() {
        let own = |sign: usize| usize::from(signed.signs[sign].kind) == number;
        let mut own: Vec<(usize, MinedStep)> =
            steps.iter().copied().enumerate().filter(|(_, step)| own(step.sign)).collect();
        if own.is_empty() {
            continue;
        }
        own.sort_by_key(|(_, step)| {
            (place[signed.signs[step.sign].to.unwrap_or(0)], place[step.from])
        });
        let first = own.iter().map(|(_, step)| place[step.to]).min().unwrap_or(0);
        let mut event = MinedEvent { kind: kind.clone(), seen: seen[number], rows: Vec::new() };
        for (at, step) in own {
            let sign = &signed.signs[step.sign];
            let leads = sign.to.filter(|_| !sign.keeps.contains(&step.from));
            // Nothing is kept before anything was heard.
            if leads.is_none() && step.from == 0 {
                continue;
            }
            let to = leads.map(|to| signed.states[to].clone());
            let by_word = sign.word.is_some();
            let row = event.rows.iter_mut().find(|row| row.by_word == by_word && row.to == to);
            let row = match row {
                Some(row) => row,
                None => {
                    let by_name = sign.by_name;
                    event.rows.push(MinedRow { by_word, to, by_name, ..MinedRow::default() });
                    let last = event.rows.len() - 1;
                    &mut event.rows[last]
                }
            };
            let ways = if back[at] { &mut row.again } else { &mut row.from };
            let from = &signed.states[step.from];
            match ways.iter_mut().find(|(state, _)| state == from) {
                Some((_, count)) => *count += step.count,
                None => ways.push((from.clone(), step.count)),
            }
        }
        if !event.rows.is_empty() {
            events.push((first, event));
        }
    }
    events.sort_by(|(one, a), (other, b)| one.cmp(other).then_with(|| a.kind.cmp(&b.kind)));
    events.into_iter().map(|(_, event)| event).collect()
}
