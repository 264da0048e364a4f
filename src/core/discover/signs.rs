//! What events say: which kinds keep the state, and which state the others lead to.

use std::collections::BTreeMap;

use super::{
    after::{Followers, Keeping, Terms},
    entities::{EntityPlan, state_of, word},
    steps::{Log, NO_WORD, Told},
};

/// Names of kinds that, where too few of them came to tell, are taken to keep the state.
const KEEPING: [&str; 6] = ["updated", "update", "progress", "changed", "modified", "heartbeat"];
/// Kinds that keep the state are looked for in at most so many events, over all kinds that are tried.
const TRIED_MAX: usize = 100_000_000;
/// Events for each of its words from which a kind can be told to lead where its word says.
const WORD_MIN: u64 = 5;

/// A kind, or a kind with one of its words where these say where it leads.
#[derive(Clone, Debug)]
pub(super) struct Sign {
    pub(super) kind: u16,
    /// The number of the word that decides.
    pub(super) word: Option<u16>,
    /// The state that it leads to, by its index; `None` if it keeps the state.
    pub(super) to: Option<usize>,
    /// States, by their indices, that it keeps all the same.
    pub(super) keeps: Vec<usize>,
    /// Too few came to tell that it keeps the state: its name says so.
    pub(super) by_name: bool,
}

impl Sign {
    /// The state that it leads to from this one.
    pub(super) fn leads(&self, from: usize) -> usize {
        self.to.filter(|_| !self.keeps.contains(&from)).unwrap_or(from)
    }
}

/// The stories of one entity in signs.
#[derive(Clone, Debug, Default)]
pub(super) struct SignedStories {
    pub(super) signs: Vec<Sign>,
    /// Names of states; the first is `new`.
    pub(super) states: Vec<String>,
    pub(super) stories: Vec<(Vec<u16>, u64)>,
    /// Words that go with one state and no other.
    pub(super) words: BTreeMap<u16, usize>,
    /// By kind: the one word that comes with it.
    pub(super) own_word: BTreeMap<u16, u16>,
}

/// What the events of a log say, where so large a share of them may be noise.
pub(super) fn signed(
    log: &Log,
    plan: &EntityPlan,
    kinds: &[(usize, String)],
    noise: f64,
    terms: Terms,
) -> SignedStories {
    let words = KindWords::of(log, noise);
    let mut signed = SignedStories::default();
    let mut numbers: BTreeMap<Told, u16> = BTreeMap::new();
    for (story, count) in &log.stories {
        let mut signs = Vec::with_capacity(story.len());
        for (kind, word) in story {
            let word = words.deciding(*kind, *word);
            let told = (*kind, word.unwrap_or(NO_WORD));
            let number = *numbers.entry(told).or_insert_with(|| {
                signed.signs.push(Sign {
                    kind: *kind,
                    word,
                    to: None,
                    keeps: Vec::new(),
                    by_name: false,
                });
                (signed.signs.len() - 1) as u16
            });
            signs.push(number);
        }
        signed.stories.push((signs, *count));
    }
    let keeps = keeping(&signed, &words, kinds, noise, terms);
    name_states(&mut signed, &keeps, &words, plan, kinds, log);
    if terms.is_timed || noise == 0.0 {
        keep_in_some(&mut signed, &keeps);
    }
    signed
}

/// Finds the states that a sign keeps although it leads elsewhere from others: after it the same comes there as before it,
/// and not what comes after it elsewhere.
fn keep_in_some(signed: &mut SignedStories, keeps: &[Keeping]) {
    let signs = signed.signs.len();
    let events: usize = signed.stories.iter().map(|(story, _)| story.len()).sum();
    let leading: Vec<usize> = (0..signs).filter(|at| signed.signs[*at].to.is_some()).collect();
    if leading.len() * events > TRIED_MAX {
        return;
    }
    for at in leading {
        let after = Followers::of(&signed.stories, keeps, at);
        let kept: Vec<usize> =
            (0..signs).filter(|state| *state != at && after.keeps_one(*state, at)).collect();
        let states = kept.into_iter().filter_map(|state| signed.signs[state].to);
        let mut states: Vec<usize> =
            states.filter(|state| Some(*state) != signed.signs[at].to).collect();
        states.dedup();
        signed.signs[at].keeps = states;
    }
}

/// Which words come with which kinds.
struct KindWords {
    by_kind: BTreeMap<u16, BTreeMap<u16, u64>>,
    /// Kinds whose words say where they lead.
    deciding: BTreeMap<u16, Vec<u16>>,
    /// Kinds whose word is always that of the event before.
    echoing: Vec<u16>,
    is_idle: bool,
}

impl KindWords {
    fn of(log: &Log, noise: f64) -> Self {
        let mut by_kind: BTreeMap<u16, BTreeMap<u16, u64>> = BTreeMap::new();
        let mut echoes: BTreeMap<u16, [u64; 2]> = BTreeMap::new();
        let (mut varied, mut linked) = (0, 0);
        for (story, count) in &log.stories {
            let mut before = None;
            let mut differ = false;
            for (kind, word) in story {
                if *word == NO_WORD {
                    continue;
                }
                *by_kind.entry(*kind).or_default().entry(*word).or_default() += count;
                // What begins a story echoes nothing.
                echoes.entry(*kind).or_default()[usize::from(before == Some(*word))] += count;
                differ |= before.is_some_and(|before| before != *word);
                before = Some(*word);
            }
            if story.len() > 1 && before.is_some() {
                linked += count;
                varied += if differ { *count } else { 0 };
            }
        }
        let all = |words: &BTreeMap<u16, u64>| words.values().sum::<u64>();
        let has_own =
            |words: &&BTreeMap<u16, u64>| words.values().any(|count| 50 * count >= 49 * all(words));
        // Of several kinds with a word some say always the same one, if it is one of where the asset is.
        let owned: u64 = by_kind.values().filter(has_own).map(all).sum();
        let is_random = by_kind.len() >= 3 && 10 * owned < by_kind.values().map(all).sum();
        let is_idle = 10 * varied < 3 * linked || is_random;
        let is_echo = |[other, same]: [u64; 2]| 50 * other <= other + same;
        // What has but one word echoes nothing.
        let varies = |kind: &u16| by_kind[kind].values().filter(|count| **count > 1).count() > 1;
        let echoing: Vec<u16> = echoes
            .into_iter()
            .filter(|(kind, counts)| is_echo(*counts) && varies(kind))
            .map(|(kind, _)| kind)
            .collect();
        let mut deciding = BTreeMap::new();
        for (kind, words) in &by_kind {
            let all: u64 = words.values().sum();
            let least = ((all as f64 * noise / 10.0) as u64).max(1);
            let often: Vec<u16> =
                words.iter().filter(|(_, count)| **count > least).map(|(word, _)| *word).collect();
            // Many words of few events are of something else.
            let is_told = WORD_MIN * often.len() as u64 <= all;
            if often.len() > 1 && is_told && !is_idle && !echoing.contains(kind) {
                deciding.insert(*kind, often);
            }
        }
        Self { by_kind, deciding, echoing, is_idle }
    }

    fn deciding(&self, kind: u16, word: u16) -> Option<u16> {
        self.deciding.get(&kind).filter(|words| words.contains(&word)).map(|_| word)
    }

    /// The word that nearly always comes with a kind.
    fn own(&self, kind: u16) -> Option<u16> {
        let words = self.by_kind.get(&kind)?;
        let all: u64 = words.values().sum();
        let (word, count) = words.iter().max_by_key(|(_, count)| **count)?;
        (!self.is_idle && 50 * count >= 49 * all).then_some(*word)
    }
}

fn keeping(
    signed: &SignedStories,
    words: &KindWords,
    kinds: &[(usize, String)],
    noise: f64,
    terms: Terms,
) -> Vec<Keeping> {
    let count = signed.signs.len();
    let mut keeps = vec![Keeping::No; count];
    let is_first = first_shares(signed);
    let may = |at: usize| {
        let sign = &signed.signs[at];
        sign.word.is_none() && is_first[at] < 0.02
    };
    for at in (0..count).filter(|at| may(*at)) {
        let kind = signed.signs[at].kind;
        if words.echoing.contains(&kind) && !words.is_idle && !words.deciding.contains_key(&kind) {
            keeps[at] = Keeping::Yes;
        }
    }
    let events: usize = signed.stories.iter().map(|(story, _)| story.len()).sum();
    let mut order: Vec<usize> = (0..count).filter(|at| may(*at)).collect();
    let repeats = repeats(signed);
    order.sort_by(|one, other| repeats[*other].total_cmp(&repeats[*one]).then(one.cmp(other)));
    order.truncate(TRIED_MAX / events.max(1));
    for _ in 0..3 {
        let mut changed = false;
        for at in &order {
            let is = keeps[*at] != Keeping::No;
            if !is
                && Followers::of(&signed.stories, &keeps, *at).changes_nothing(*at, noise, terms)
                    == Some(true)
            {
                keeps[*at] = Keeping::Yes;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    // Words that change nothing, whatever they are, say nothing.
    for kind in words.deciding.keys() {
        let own: Vec<usize> = (0..count)
            .filter(|at| signed.signs[*at].kind == *kind && is_first[*at] < 0.02)
            .collect();
        let all = (0..count).filter(|at| signed.signs[*at].kind == *kind).count();
        let told: Vec<Option<bool>> = own
            .iter()
            .map(|at| {
                Followers::of(&signed.stories, &keeps, *at).changes_nothing(*at, noise, terms)
            })
            .collect();
        if own.len() == all && told.contains(&Some(true)) && !told.contains(&Some(false)) {
            own.iter().for_each(|at| keeps[*at] = Keeping::Yes);
        }
    }
    for at in (0..count).filter(|at| may(*at)) {
        let name = &kinds[usize::from(signed.signs[at].kind)].1;
        let last = name.rsplit(['.', ':', '/', '_']).next().unwrap_or(name).to_lowercase();
        let is_named = keeps[at] == Keeping::No && KEEPING.contains(&&*last);
        let is_worded = words.deciding.contains_key(&signed.signs[at].kind);
        if is_named && (is_worded || !Followers::of(&signed.stories, &keeps, at).is_strange(noise))
        {
            keeps[at] = Keeping::ByName;
        }
    }
    keeps
}

fn first_shares(signed: &SignedStories) -> Vec<f64> {
    let mut counts = vec![[0_u64; 2]; signed.signs.len()];
    for (story, count) in &signed.stories {
        for (at, sign) in story.iter().enumerate() {
            counts[usize::from(*sign)][usize::from(at == 0)] += count;
        }
    }
    counts.iter().map(|[later, first]| *first as f64 / (*first + *later).max(1) as f64).collect()
}

/// The share of each sign's events that directly follow the same.
fn repeats(signed: &SignedStories) -> Vec<f64> {
    let mut counts = vec![[0_u64; 2]; signed.signs.len()];
    for (story, count) in &signed.stories {
        for (at, sign) in story.iter().enumerate() {
            let same = at > 0 && story[at - 1] == *sign;
            counts[usize::from(*sign)][usize::from(same)] += count;
        }
    }
    counts.iter().map(|[other, same]| *same as f64 / (*same + *other).max(1) as f64).collect()
}

/// Names the states, and says which of them each sign leads to.
fn name_states(
    signed: &mut SignedStories,
    keeps: &[Keeping],
    words: &KindWords,
    plan: &EntityPlan,
    kinds: &[(usize, String)],
    log: &Log,
) {
    signed.states.push("new".to_owned());
    let mut counts = vec![0_u64; signed.signs.len()];
    for (story, count) in &signed.stories {
        story.iter().for_each(|sign| counts[usize::from(*sign)] += count);
    }
    let mut by_kind: BTreeMap<u16, u64> = BTreeMap::new();
    for (sign, count) in signed.signs.iter().zip(&counts) {
        *by_kind.entry(sign.kind).or_default() += count;
    }
    let is_often = |kind: u16, count: u64| 20 * count >= by_kind[&kind];
    // States that kinds lead to, and the words that come with them.
    let mut by_word: BTreeMap<u16, Vec<(u64, usize)>> = BTreeMap::new();
    for (at, count) in counts.iter().copied().enumerate() {
        let kind = signed.signs[at].kind;
        signed.own_word.extend(words.own(kind).map(|word| (kind, word)));
        signed.signs[at].by_name = keeps[at] == Keeping::ByName;
        if keeps[at] != Keeping::No {
            signed.signs[at].word = None;
        }
        if signed.signs[at].word.is_some() || keeps[at] != Keeping::No {
            continue;
        }
        if words.deciding.contains_key(&kind) && !is_often(kind, count) {
            // Seldom without one of its words: that says nothing.
            continue;
        }
        let state = free_name(&signed.states, state_of(&kinds[usize::from(kind)].1, plan));
        signed.states.push(state);
        let state = signed.states.len() - 1;
        signed.signs[at].to = Some(state);
        if let Some(own) = words.own(kind) {
            by_word.entry(own).or_default().push((count, state));
        }
    }
    lead_by_words(signed, &counts, by_word, log);
}

/// Has signs whose word decides lead to the state that it goes with.
fn lead_by_words(
    signed: &mut SignedStories,
    counts: &[u64],
    mut by_word: BTreeMap<u16, Vec<(u64, usize)>>,
    log: &Log,
) {
    for (at, count) in counts.iter().copied().enumerate() {
        let Some(own) = signed.signs[at].word else { continue };
        let name = state_named(&word(&log.words[usize::from(own)]));
        let known = by_word.get(&own).into_iter().flatten();
        let best = known.max_by_key(|(count, state)| (signed.states[*state] == name, *count));
        let state = match best {
            Some((_, state)) => *state,
            None => {
                let same = signed.states.iter().position(|state| *state == name);
                same.unwrap_or_else(|| {
                    signed.states.push(name);
                    signed.states.len() - 1
                })
            }
        };
        by_word.entry(own).or_default().push((count, state));
        signed.signs[at].to = Some(state);
        signed.words.insert(own, state);
    }
    for (own, states) in by_word {
        let first = states[0].1;
        if states.iter().all(|(_, state)| *state == first) {
            signed.words.entry(own).or_insert(first);
        }
    }
}

fn state_named(name: &str) -> String {
    if name == "new" { "new_one".to_owned() } else { name.to_owned() }
}

fn free_name(taken: &[String], wanted: String) -> String {
    let mut name = wanted.clone();
    for number in 2.. {
        if !taken.contains(&name) {
            break;
        }
        name = format!("{wanted}_{number}");
    }
    name
}
