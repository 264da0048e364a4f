//! Which kinds are of which entity: those whose ids stand in the same place, and are the same ids.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    guess::{ChosenPlace, Envelope, Places, Wishes, described, id_score, ids, status},
    sample::{SamplePayload, SamplePlace, Samples},
};
use crate::shown::plural;

/// Entities beyond which all kinds whose ids stand in one place are of one.
const ENTITIES_MAX: usize = 24;
/// Kinds that are looked at; more are no kinds.
const KINDS_MAX: usize = 400;
/// Ids that are shorter are the same by chance.
const TELLING_LEN: usize = 8;
/// Other places that are told of one that was chosen.
const OTHERS_MAX: usize = 3;

/// Kinds that are of one entity.
#[derive(Clone, Debug, Default)]
pub(super) struct EntityPlan {
    pub(super) name: String,
    pub(super) id: ChosenPlace,
    pub(super) status: Option<String>,
    /// The kinds, by name.
    pub(super) kinds: Vec<String>,
    /// What the kinds begin with, dot included.
    pub(super) prefix: String,
    /// The entity that this one hangs on, by its index, and where the id of that is.
    pub(super) parent: Option<(usize, String)>,
}

/// Payloads of one kind.
struct KindSample<'s> {
    name: &'s str,
    payloads: Vec<&'s SamplePayload>,
    /// Places of the id, the first that is there.
    id: Vec<String>,
}

/// What belongs together so far.
struct KindGroup<'s> {
    kinds: Vec<KindSample<'s>>,
    id: Vec<String>,
    prefix: String,
    values: BTreeSet<String>,
}

/// The entities of these payloads, each with at least one kind.
pub(super) fn entities(
    samples: &Samples,
    envelope: &Envelope,
    wishes: &Wishes,
) -> Result<Vec<EntityPlan>, String> {
    let named = named(samples, envelope);
    let mut by_kind: BTreeMap<&str, Vec<&SamplePayload>> = BTreeMap::new();
    for (kind, payload) in &named {
        by_kind.entry(kind).or_default().push(payload);
    }
    if by_kind.len() > KINDS_MAX {
        let at = envelope.kind.at.join(" and ");
        return Err(format!(
            "{} at {at}: so many are no event kinds; `--kind` says where those are",
            plural(by_kind.len() as u64, "value")
        ));
    }
    let places = Samples::places(&samples.payloads);
    let ranked: BTreeMap<String, i64> = match &wishes.id {
        Some(at) => BTreeMap::from([(at.clone(), 0)]),
        None => scored(&places, envelope),
    };
    let mut kinds = Vec::new();
    let specific = specific(&by_kind, &ranked, &places);
    for (name, payloads) in by_kind {
        let id = places_of_id(name, &payloads, &ranked, specific.get(name));
        if !id.is_empty() {
            kinds.push(KindSample { name, payloads, id });
        }
    }
    if kinds.is_empty() {
        return Err("no id of an asset was found: no place of the payloads is one by its name; `--id` says where it is".to_owned());
    }
    let groups = merged(grouped(kinds, wishes));
    let mut plans = described_groups(&groups, envelope, wishes);
    link(&mut plans, &groups);
    Ok(plans)
}

fn named<'s>(samples: &'s Samples, envelope: &Envelope) -> Vec<(String, &'s SamplePayload)> {
    let kind = |payload: &SamplePayload| envelope.kind.at.iter().find_map(|at| payload.at(at));
    samples.payloads.iter().filter_map(|payload| Some((kind(payload)?, payload))).collect()
}

fn scored(places: &Places, envelope: &Envelope) -> BTreeMap<String, i64> {
    let taken = |at: &&String| {
        !envelope.event_id.at.contains(at)
            && !envelope.time.at.contains(at)
            && !envelope.kind.at.contains(at)
    };
    let own = ids(places).into_iter().filter(|at| taken(&at));
    own.filter_map(|at| Some((at.clone(), id_score(&at, &places[&at])?))).collect()
}

/// What a kind begins with, its last part aside; the dot is part of it.
fn prefix_of(kind: &str) -> &str {
    kind.rfind(['.', ':', '/']).map_or("", |end| &kind[..=end])
}

/// By kind, the place whose ids tell most things apart that come several times: a track's rather than that of what it is a
/// track of. That shows in one kind, or in those that begin alike.
fn specific<'k>(
    by_kind: &BTreeMap<&'k str, Vec<&SamplePayload>>,
    scores: &BTreeMap<String, i64>,
    all: &Places,
) -> BTreeMap<&'k str, String> {
    let mut groups: BTreeMap<&str, Vec<&SamplePayload>> = BTreeMap::new();
    for (kind, payloads) in by_kind {
        groups.entry(prefix_of(kind)).or_default().extend(payloads);
    }
    let of_group: BTreeMap<&str, Option<String>> = groups
        .into_iter()
        .map(|(prefix, payloads)| (prefix, most_distinct(&payloads, scores, all)))
        .collect();
    let own = |(kind, payloads): (&&'k str, &Vec<&SamplePayload>)| {
        let prefix = prefix_of(kind);
        let group = of_group.get(prefix).cloned().flatten().filter(|_| !prefix.is_empty());
        Some((*kind, most_distinct(payloads, scores, all).or(group)?))
    };
    by_kind.iter().filter_map(own).collect()
}

/// The place that nearly all of these payloads have with the most ids, if most of them come again; of several the one that is
/// of fewer payloads altogether.
fn most_distinct(
    payloads: &[&SamplePayload],
    scores: &BTreeMap<String, i64>,
    all: &Places,
) -> Option<String> {
    let places = Samples::places(payloads.iter().copied());
    let usable = |(at, place): &(&String, &SamplePlace)| {
        scores.get(*at).is_some_and(|score| *score > 0) && 10 * place.count >= 9 * payloads.len()
    };
    let most = places.iter().filter(usable).map(|(_, place)| place.values.len()).max()?;
    let near = |(_, place): &(&String, &SamplePlace)| 105 * place.values.len() >= 100 * most;
    let everywhere = |at: &String| all.get(at).map_or(0, |place| place.count);
    let mut near: Vec<(usize, &String, &SamplePlace)> = places
        .iter()
        .filter(usable)
        .filter(near)
        .map(|(at, place)| (everywhere(at), at, place))
        .collect();
    near.sort_unstable_by_key(|(count, at, _)| (*count, *at));
    let is_first = match near[..] {
        [(first, ..), (second, ..), ..] => 10 * first <= 9 * second,
        _ => places.iter().filter(usable).count() > 1,
    };
    let (_, at, place) = near.first()?;
    (is_first && 3 * place.values.len() <= 2 * place.count).then(|| (*at).clone())
}

/// The places that have the ids of a kind: the best, and others where that one is not.
fn places_of_id(
    kind: &str,
    payloads: &[&SamplePayload],
    scores: &BTreeMap<String, i64>,
    specific: Option<&String>,
) -> Vec<String> {
    let own = Samples::places(payloads.iter().copied());
    // `egress_started` is about what stands in `/egressInfo`, `video.asset.track.ready` about a track.
    let about = match kind.rsplit_once(['.', ':', '/']) {
        Some((group, _)) => group.rsplit(['.', ':', '/']).next().unwrap_or(group),
        None => kind.split(['_', '-']).next().unwrap_or(kind),
    };
    let about = about.to_lowercase();
    let mut ranked: Vec<(i64, &String, usize)> = Vec::new();
    for (at, score) in scores {
        let Some(place) = own.get(at) else { continue };
        let near = about.len() > 2 && is_about(at, &about);
        // Somewhere in the name of a kind stands what it is of.
        let far =
            prefix_of(kind).split(['.', ':', '/']).any(|part| part.len() > 2 && is_about(at, part));
        let most = if specific == Some(at) { 30 } else { 0 };
        let always = 40 * place.count as i64 / payloads.len().max(1) as i64;
        let near = if near {
            20
        } else if far {
            10
        } else {
            0
        };
        ranked.push((score + always + near + most, at, place.count));
    }
    ranked.sort_by(|(one, at, _), (other, that, _)| other.cmp(one).then_with(|| at.cmp(that)));
    let (mut taken, mut covered) = (Vec::new(), 0);
    for (_, at, count) in ranked {
        if taken.is_empty() || covered + count <= payloads.len() {
            covered += count;
            taken.push(at.clone());
        }
    }
    taken
}

/// Whether an id is that of what is called so: by its own name, or by what it stands in if it is just an id.
fn is_about(at: &str, about: &str) -> bool {
    let (around, name) = at.rsplit_once('/').unwrap_or(("", at));
    let (around, name) = (around.to_lowercase(), name.to_lowercase());
    let is_plain = matches!(&*name, "id" | "sid" | "guid" | "uuid" | "key");
    name.contains(about) || (is_plain && around.contains(about))
}

fn grouped<'s>(kinds: Vec<KindSample<'s>>, wishes: &Wishes) -> Vec<KindGroup<'s>> {
    let mut groups: BTreeMap<(String, String), Vec<KindSample<'s>>> = BTreeMap::new();
    for kind in kinds {
        let prefix = match (&wishes.entity, kind.name.rfind(['.', ':', '/'])) {
            (None, Some(end)) => kind.name[..=end].to_owned(),
            _ => String::new(),
        };
        let id = if wishes.entity.is_some() { String::new() } else { kind.id[0].clone() };
        groups.entry((id, prefix)).or_default().push(kind);
    }
    let group = |((_, prefix), kinds): ((String, String), Vec<KindSample<'s>>)| {
        let mut id: Vec<String> = Vec::new();
        for at in kinds.iter().flat_map(|kind| &kind.id) {
            if !id.contains(at) {
                id.push(at.clone());
            }
        }
        let payloads = kinds.iter().flat_map(|kind| &kind.payloads);
        let own = |payload: &&SamplePayload| id.iter().find_map(|at| payload.at(at));
        let values = payloads.filter_map(own).collect();
        KindGroup { kinds, id, prefix, values }
    };
    groups.into_iter().map(group).collect()
}

/// Groups that speak of the same ids are one.
fn merged(mut groups: Vec<KindGroup<'_>>) -> Vec<KindGroup<'_>> {
    let telling = |value: &&String| value.len() >= TELLING_LEN;
    let same = |one: &KindGroup<'_>, other: &KindGroup<'_>| {
        let both = one.values.intersection(&other.values);
        let is_same_place = one.id[0] == other.id[0];
        let shared = both.filter(|value| is_same_place || telling(value)).count();
        let fewer = one.values.len().min(other.values.len());
        // In one place the same ids are about the same things.
        let enough = if is_same_place { 20 * shared >= fewer } else { 10 * shared >= 3 * fewer };
        enough && shared > 0
    };
    let many = groups.len() > ENTITIES_MAX;
    let mut at = 0;
    while at < groups.len() {
        let fits = |other: &usize| {
            same(&groups[at], &groups[*other]) || (many && groups[at].id[0] == groups[*other].id[0])
        };
        let Some(other) = (at + 1..groups.len()).find(fits) else {
            at += 1;
            continue;
        };
        let taken = groups.remove(other);
        let into = &mut groups[at];
        // What most is of gives the name.
        let size = |group: &KindGroup<'_>| -> usize {
            group.kinds.iter().map(|kind| kind.payloads.len()).sum()
        };
        let is_within =
            taken.prefix.len() < into.prefix.len() && into.prefix.starts_with(&taken.prefix);
        if is_within || (size(&taken) > size(into) && !taken.prefix.starts_with(&*into.prefix)) {
            into.prefix.clone_from(&taken.prefix);
        }
        into.kinds.extend(taken.kinds);
        for place in taken.id {
            if !into.id.contains(&place) {
                into.id.push(place);
            }
        }
        into.values.extend(taken.values);
        at = 0;
    }
    groups
}

fn described_groups(
    groups: &[KindGroup<'_>],
    envelope: &Envelope,
    wishes: &Wishes,
) -> Vec<EntityPlan> {
    let mut names = BTreeSet::from(["provider".to_owned()]);
    let mut plans = Vec::new();
    for group in groups {
        let places = Samples::places(group.kinds.iter().flat_map(|kind| kind.payloads.clone()));
        let payloads: usize = group.kinds.iter().map(|kind| kind.payloads.len()).sum();
        let wanted = wishes.entity.clone().unwrap_or_else(|| name_of_group(group));
        let mut name = wanted.clone();
        for number in 2.. {
            if names.insert(name.clone()) {
                break;
            }
            name = format!("{wanted}_{number}");
        }
        let mut kinds: Vec<String> = group.kinds.iter().map(|kind| kind.name.to_owned()).collect();
        kinds.sort();
        let status = match &wishes.status {
            Some(at) => Some(at.clone()).filter(|at| places.contains_key(at)),
            None => status(&places, &envelope.kind, payloads),
        };
        plans.push(EntityPlan {
            name,
            id: choice_of_id(group, &places, envelope, wishes),
            status,
            kinds,
            prefix: group.prefix.clone(),
            parent: None,
        });
    }
    plans
}

fn choice_of_id(
    group: &KindGroup<'_>,
    places: &Places,
    envelope: &Envelope,
    wishes: &Wishes,
) -> ChosenPlace {
    let told = |at: &String| places.get(at).map(described).unwrap_or_default();
    let why = group.id.iter().map(told).collect::<Vec<_>>().join("; ");
    let others = if wishes.id.is_some() { BTreeMap::new() } else { scored(places, envelope) };
    let mut others: Vec<(i64, String)> = others
        .into_iter()
        .filter(|(at, score)| !group.id.contains(at) && *score > 0)
        .map(|(at, score)| (score, at))
        .collect();
    others.sort_by(|(one, at), (other, that)| other.cmp(one).then_with(|| at.cmp(that)));
    let others = others.into_iter().take(OTHERS_MAX);
    let others = others.map(|(_, at)| format!("{at} ({})", told(&at))).collect();
    ChosenPlace { at: group.id.clone(), why, others }
}

/// The last word of what the kinds have in common, or else what the place of the id is called.
fn name_of_group(group: &KindGroup<'_>) -> String {
    let last = group.prefix.trim_end_matches(['.', ':', '/']).rsplit(['.', ':', '/']).next();
    if let Some(name) = last.filter(|name| !name.is_empty()) {
        return word(name);
    }
    let mut parts = group.id[0].rsplit('/').map(stem);
    let general = ["", "data", "object", "payload", "detail", "event"];
    let own = parts.next().filter(|own| !own.is_empty());
    let around = parts.next().filter(|around| !general.contains(&&**around));
    own.or(around).map_or_else(|| "asset".to_owned(), |name| word(&name))
}

/// The words of a name but for those that only say that it is an id.
fn stem(name: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut before = '_';
    for letter in name.trim_start_matches('@').chars() {
        match letter {
            '_' | '-' | ':' | ' ' => words.push(String::new()),
            _ if (letter.is_uppercase() && before.is_lowercase()) || words.is_empty() => {
                words.push(letter.to_lowercase().collect());
            }
            _ => words.last_mut().into_iter().for_each(|word| word.extend(letter.to_lowercase())),
        }
        before = letter;
    }
    let ends = ["", "unique", "guid", "uuid", "sid", "id", "key", "arn", "urn", "info"];
    while words.last().is_some_and(|last| ends.contains(&&**last)) {
        words.pop();
    }
    words.retain(|word| !word.is_empty());
    words.join("_")
}

/// Finds out which entities hang on which: a place has the ids of another entity.
fn link(plans: &mut [EntityPlan], groups: &[KindGroup<'_>]) {
    const VALUES_MIN: usize = 3;
    for own in 0..plans.len() {
        let payloads = groups[own].kinds.iter().flat_map(|kind| kind.payloads.clone());
        let places = Samples::places(payloads);
        let is_of = |place: &SamplePlace, other: usize| {
            let telling = place.values.iter().filter(|value| value.len() >= TELLING_LEN);
            let known = telling.filter(|value| groups[other].values.contains(*value)).count();
            place.values.len() >= VALUES_MIN && 10 * known >= 8 * place.values.len()
        };
        let mut found: Option<(usize, usize, String)> = None;
        for (at, place) in &places {
            if plans[own].id.at.contains(at) || at.starts_with('@') {
                continue;
            }
            for other in (0..plans.len()).filter(|other| *other != own) {
                let hangs_on = |plan: &EntityPlan| plan.parent.as_ref().map(|(above, _)| *above);
                let better = found.as_ref().is_none_or(|(count, ..)| place.count > *count);
                if better && hangs_on(&plans[other]).is_none() && is_of(place, other) {
                    found = Some((place.count, other, at.clone()));
                }
            }
        }
        plans[own].parent = found.map(|(_, other, at)| (other, at));
    }
}

/// The state that a kind leads to: what is left of its name without what all have in common.
pub(super) fn state_of(kind: &str, plan: &EntityPlan) -> String {
    let rest = match kind.strip_prefix(&*plan.prefix) {
        Some(rest) if !plan.prefix.is_empty() => rest,
        _ if kind.contains(['.', ':', '/']) => {
            // Beside what most are called it needs the name of its group.
            let at = kind.trim_end_matches(['.', ':', '/']);
            let mut parts = at.rsplitn(3, ['.', ':', '/']);
            let last = parts.next().map_or(0, str::len);
            let group = parts.next().map_or(0, |group| group.len() + 1);
            let begin =
                if plan.prefix.is_empty() { at.len() - last } else { at.len() - last - group };
            &at[begin..]
        }
        _ => kind.strip_prefix(&*format!("{}_", plan.name)).unwrap_or(kind),
    };
    match word(rest) {
        name if name == "new" => "new_one".to_owned(),
        name => name,
    }
}

/// Letters, digits and `_`.
pub(super) fn word(text: &str) -> String {
    let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
    let word: String = text.chars().take(60).map(letter).collect();
    match word.to_ascii_lowercase() {
        word if word.is_empty() => "asset".to_owned(),
        word => word,
    }
}
