//! Which kinds there are of which entity, and what followed what.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    guess::{Envelope, ids},
    sample::{SamplePayload, Samples},
};
use crate::time::Timestamp;

/// Groups of kinds beyond which all are of one entity.
const ENTITIES_MAX: usize = 12;
/// Kinds that are written down; more are no kinds.
const KINDS_MAX: usize = 400;

/// When an event happened, its place among all, and its kind.
type TimedKind<'k> = (Option<i64>, usize, &'k str);

/// What is known of one entity.
#[derive(Debug, Default)]
pub(super) struct Entity {
    pub(super) name: String,
    pub(super) id: Vec<String>,
    pub(super) others: Vec<String>,
    pub(super) status: Option<String>,
    /// The words that stood there, and how often each came with an event that leads to which state.
    pub(super) words: BTreeMap<String, BTreeMap<String, usize>>,
    pub(super) assets: usize,
    /// States, in the order of their ranks.
    pub(super) states: Vec<MinedState>,
    pub(super) rows: Vec<MinedEvent>,
}

#[derive(Debug)]
pub(super) struct MinedState {
    pub(super) name: String,
    pub(super) end: bool,
    pub(super) error: bool,
}

/// An event kind: where it led from, and how often.
#[derive(Debug)]
pub(super) struct MinedEvent {
    pub(super) kind: String,
    pub(super) to: String,
    pub(super) count: usize,
    pub(super) from: BTreeMap<String, usize>,
    pub(super) again: BTreeMap<String, usize>,
    /// It never came where a way from the beginning was seen, and one is put in.
    pub(super) guessed: bool,
}

/// The entities of these payloads, each with at least one kind.
pub(super) fn entities(samples: &Samples, envelope: &Envelope) -> Result<Vec<Entity>, String> {
    let kind_at = &envelope.kind.at[0];
    let mut groups: BTreeMap<String, Vec<(String, &SamplePayload)>> = BTreeMap::new();
    let mut kinds = BTreeSet::new();
    for payload in &samples.payloads {
        let Some(kind) = payload.at(kind_at) else { continue };
        kinds.insert(kind.clone());
        let group = kind.rsplit_once('.').map_or("", |(group, _)| group).to_owned();
        groups.entry(group).or_default().push((kind, payload));
    }
    if kinds.len() > KINDS_MAX {
        return Err(format!("{} event kinds at {kind_at}: that is something else", kinds.len()));
    }
    if groups.len() > ENTITIES_MAX {
        let all = groups.into_values().flatten().collect();
        groups = BTreeMap::from([(String::new(), all)]);
    }
    let mut names = BTreeSet::new();
    let mut entities = Vec::new();
    for (group, payloads) in groups {
        let last = group.rsplit('.').next().filter(|name| !name.is_empty()).unwrap_or("asset");
        let mut name = word(last);
        if !names.insert(name.clone()) || name == "provider" {
            name = word(&format!("{group}_events"));
            names.insert(name.clone());
        }
        entities.extend(entity(name, &payloads, envelope));
    }
    match entities.is_empty() {
        true => {
            Err("no id of an asset was found: no place of the payloads is one by its name"
                .to_owned())
        }
        false => Ok(entities),
    }
}

fn entity(
    name: String,
    payloads: &[(String, &SamplePayload)],
    envelope: &Envelope,
) -> Option<Entity> {
    let places = Samples::places(payloads.iter().map(|(_, payload)| *payload));
    let (mut id, mut others, mut covered) = (Vec::new(), Vec::new(), 0);
    for at in ids(&places).into_iter().filter(|at| !envelope.event_id.at.contains(at)) {
        // Another one where the first is not.
        match id.is_empty() || covered + places[&at].count <= payloads.len() {
            true => {
                covered += places[&at].count;
                id.push(at);
            }
            false => others.push(at),
        }
    }
    if id.is_empty() {
        return None;
    }
    let time = |payload: &SamplePayload| {
        let text = envelope.time.at.iter().find_map(|at| payload.at(at))?;
        let time = match text.parse::<i64>() {
            Ok(number) => Timestamp::from_epoch(number),
            Err(_) => Timestamp::parse(&text, Some(0)),
        };
        time.ok().map(Timestamp::as_nanos)
    };
    let mut stories: BTreeMap<String, Vec<TimedKind<'_>>> = BTreeMap::new();
    for (at, (kind, payload)) in payloads.iter().enumerate() {
        if let Some(asset) = id.iter().find_map(|at| payload.at(at)) {
            stories.entry(asset).or_default().push((time(payload), at, kind));
        }
    }
    stories.values_mut().for_each(|story| story.sort_unstable());
    let mut entity = Entity { name, assets: stories.len(), ..Entity::default() };
    others.truncate(3);
    entity.others = others;
    entity.id = id;
    entity.status = envelope.status.clone();
    for (kind, payload) in payloads {
        if let Some(word) = entity.status.as_ref().and_then(|at| payload.at(at)) {
            let states = entity.words.entry(word).or_default();
            *states.entry(state_of(kind)).or_default() += 1;
        }
    }
    let stories: Vec<Vec<&str>> = stories
        .into_values()
        .map(|story| story.into_iter().map(|(_, _, kind)| kind).collect())
        .collect();
    follow(&mut entity, &stories);
    (!entity.rows.is_empty()).then_some(entity)
}

/// Puts down states and rows: a state is what its kind says last, and its rank is where it stood on average.
fn follow(entity: &mut Entity, stories: &[Vec<&str>]) {
    let mut stood: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut rows: BTreeMap<&str, MinedEvent> = BTreeMap::new();
    let mut steps: BTreeMap<(&str, Option<String>), usize> = BTreeMap::new();
    let mut left = BTreeSet::new();
    for story in stories {
        let mut before: Option<String> = None;
        for (place, kind) in story.iter().enumerate() {
            let to = state_of(kind);
            let (sum, count) = stood.entry(to.clone()).or_default();
            (*sum, *count) = (*sum + place, *count + 1);
            rows.entry(kind).or_insert_with(|| MinedEvent::new(kind, &to)).count += 1;
            if before.as_ref() != Some(&to) {
                left.extend(before.clone());
                *steps.entry((kind, before)).or_default() += 1;
            }
            before = Some(to);
        }
    }
    let mut order: Vec<(String, (usize, usize))> = stood.into_iter().collect();
    let has = |state: &str, words: &[&str]| words.iter().any(|word| state.contains(word));
    let ends = |state: &String| {
        has(state, &["delete", "removed", "purged", "destroyed"]) && !left.contains(state)
    };
    // What is an end comes last, however soon it came. Averages are compared as fractions.
    order.sort_by(|(one, (sum, count)), (other, (sum_other, count_other))| {
        { ends(one).cmp(&ends(other)) }
            .then_with(|| (sum * count_other).cmp(&(sum_other * count)))
            .then_with(|| one.cmp(other))
    });
    let rank = |state: &str| order.iter().position(|(own, _)| own == state);
    for ((kind, before), count) in steps {
        let Some(row) = rows.get_mut(kind) else { continue };
        let forward = before.as_ref().is_none_or(|before| rank(before) < rank(&row.to));
        let ways = if forward { &mut row.from } else { &mut row.again };
        ways.insert(before.unwrap_or_else(|| "new".to_owned()), count);
    }
    for row in rows.values_mut().filter(|row| row.from.is_empty()) {
        row.guessed = true;
        row.from.insert("new".to_owned(), 0);
    }
    entity.states = order
        .into_iter()
        .map(|(name, _)| MinedState {
            end: ends(&name),
            error: has(&name, &["error", "fail"]),
            name,
        })
        .collect();
    let ends: BTreeSet<&str> =
        entity.states.iter().filter(|state| state.end).map(|state| &*state.name).collect();
    for mut row in rows.into_values() {
        // The same again stays, where anything may come.
        if !ends.contains(&*row.to) {
            let to = row.to.clone();
            row.from.entry(to).or_insert(0);
        }
        entity.rows.push(row);
    }
}

impl MinedEvent {
    fn new(kind: &str, to: &str) -> Self {
        let (from, again) = (BTreeMap::new(), BTreeMap::new());
        Self { kind: kind.to_owned(), to: to.to_owned(), count: 0, from, again, guessed: false }
    }
}

/// The state that a kind leads to: its last part.
fn state_of(kind: &str) -> String {
    let last = kind.rsplit(['.', ':', '/']).find(|part| !part.is_empty()).unwrap_or(kind);
    match word(last) {
        name if name == "new" => "new_one".to_owned(),
        name => name,
    }
}

/// Letters, digits and `_`.
fn word(text: &str) -> String {
    let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
    let word: String = text.chars().take(60).map(letter).collect();
    match word.to_ascii_lowercase() {
        word if word.is_empty() => "asset".to_owned(),
        word => word,
    }
}
