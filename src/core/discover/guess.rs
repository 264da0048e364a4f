//! Which places mean what: by their names, and by how their values behave.

use std::collections::BTreeMap;

use super::sample::{SamplePayload, SamplePlace, Samples};
use crate::{shown::plural, time::Timestamp};

/// Names of places where event kinds stand, best first.
const KINDS: [&str; 15] = [
    "eventtype",
    "event",
    "type",
    "eventname",
    "statuscallbackevent",
    "webhooktype",
    "kind",
    "concept:name",
    "activity",
    "step",
    "topic",
    "action",
    "name",
    "status",
    "state",
];
/// Names of places where times stand, best first.
const TIMES: [&str; 16] = [
    "eventtime",
    "time:timestamp",
    "completetime",
    "occurredat",
    "emittedat",
    "triggeredat",
    "createdat",
    "timestamp",
    "eventts",
    "time",
    "generatedat",
    "sentat",
    "updatedat",
    "modified",
    "date",
    "created",
];
/// Names of places where ids of events stand, best first.
const EVENT_IDS: [&str; 9] = [
    "eventid",
    "id",
    "uuid",
    "webhookid",
    "messageid",
    "deliveryid",
    "notificationid",
    "guid",
    "requestid",
];
/// What ids are about that change together with no asset.
const FOREIGN: [&str; 14] = [
    "workspace",
    "project",
    "account",
    "user",
    "webhook",
    "request",
    "environment",
    "organization",
    "library",
    "owner",
    "tenant",
    "customer",
    "event",
    "creator",
];
/// What assets are called.
const ASSETS: [&str; 12] = [
    "asset",
    "video",
    "media",
    "stream",
    "object",
    "resource",
    "content",
    "upload",
    "job",
    "room",
    "track",
    "recording",
];
/// Number of words that may be kinds even where each came once.
const WORDS_MAX: usize = 60;
/// Other places that are told of one that was chosen.
const OTHERS_MAX: usize = 4;

/// A place that was chosen, and what speaks for it.
#[derive(Clone, Debug, Default)]
pub(super) struct ChosenPlace {
    /// As a definition writes it.
    pub(super) at: Vec<String>,
    pub(super) why: String,
    /// Other places that it could be, and why.
    pub(super) others: Vec<String>,
}

/// Places that were said rather than found.
#[derive(Clone, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "made by naming what differs from the default")]
pub struct Wishes {
    /// Where the event kind is.
    pub kind: Option<String>,
    /// Where the id of the event is.
    pub event_id: Option<String>,
    /// Where the time is.
    pub time: Option<String>,
    /// Where the id of the asset is, whatever the event.
    pub id: Option<String>,
    /// Where the status word is.
    pub status: Option<String>,
    /// What the one entity is called that all events are of.
    pub entity: Option<String>,
}

/// What was found of an envelope.
#[derive(Clone, Debug, Default)]
pub(super) struct Envelope {
    pub(super) kind: ChosenPlace,
    pub(super) event_id: ChosenPlace,
    pub(super) time: ChosenPlace,
    pub(super) sequence: ChosenPlace,
    /// Its times name no zone.
    pub(super) zoneless: bool,
    /// Headers that seem to sign.
    pub(super) signatures: Vec<String>,
}

pub(super) type Places = BTreeMap<String, SamplePlace>;

impl Envelope {
    pub(super) fn of(samples: &Samples, wishes: &Wishes) -> Result<Self, String> {
        if samples.len() == 0 {
            return Err("there is nothing to begin with: not one payload".to_owned());
        }
        let places = Samples::places(&samples.payloads);
        let count = samples.len();
        let said = |wish: &Option<String>| wish.as_ref().map(|at| said(&places, at)).transpose();
        let kind = said(&wishes.kind)?.map_or_else(|| kind(samples, &places), Ok)?;
        let time = said(&wishes.time)?.unwrap_or_else(|| time(&places, count));
        let zoneless = time.at.first().is_some_and(|at| {
            places[at]
                .values
                .iter()
                .all(|text| Timestamp::parse(text, None).is_err() && text.parse::<f64>().is_err())
        });
        let asset = said(&wishes.id)?.and_then(|choice| choice.at.into_iter().next());
        let asset = asset.or_else(|| ids(&places).into_iter().next());
        let event_id = match said(&wishes.event_id)? {
            Some(choice) => choice,
            None => event_id(&places, asset.as_ref(), count),
        };
        said(&wishes.status)?;
        let signs = |at: &&String| at.starts_with('@') && at.contains("signature");
        let signatures = places.keys().filter(signs).map(|at| at[1..].to_owned()).collect();
        let sequence = sequence(&places, count);
        Ok(Self { kind, event_id, time, sequence, zoneless, signatures })
    }

    /// Whether event kinds are status words.
    pub(super) fn kind_is_status(&self) -> bool {
        self.kind.at.first().is_some_and(|at| {
            let name = name_of(at);
            name.ends_with("status") || name.ends_with("state")
        })
    }

    /// What was found, for people.
    pub(super) fn found(&self) -> Vec<(&'static str, String)> {
        let told = |choice: &ChosenPlace| match choice.at.as_slice() {
            [] => "not found".to_owned(),
            at if choice.others.is_empty() => format!("{}: {}", at.join(" and "), choice.why),
            at => {
                let others = choice.others.join(", ");
                format!("{}: {}; it could also be {others}", at.join(" and "), choice.why)
            }
        };
        let mut found = vec![
            ("kind", told(&self.kind)),
            ("event id", told(&self.event_id)),
            ("time", told(&self.time)),
        ];
        if !self.sequence.at.is_empty() {
            found.push(("sequence", told(&self.sequence)));
        }
        found
    }
}

/// Where the status word stands in these payloads, if anywhere.
pub(super) fn status(places: &Places, kind: &ChosenPlace, count: usize) -> Option<String> {
    let score = |at: &str, place: &SamplePlace| {
        let name = name_of(at);
        let is_plain = matches!(&*name, "status" | "state" | "phase" | "stage");
        let is_status = is_plain || name.ends_with("status") || name.ends_with("state");
        let own = !at.starts_with('@') && !kind.at.iter().any(|kind| kind == at);
        let often = (40 * place.count / count.max(1)) as i64;
        let varied = if place.values.len() > 1 { 20 } else { 0 };
        let plain = if is_plain { 10 } else { 0 };
        (is_status && own && few_words(place)).then(|| often + varied + plain - 6 * depth(at))
    };
    ranked(places, score).into_iter().find(|at| 10 * places[at].count >= 3 * count)
}

fn said(places: &Places, at: &str) -> Result<ChosenPlace, String> {
    let Some(place) = places.get(at) else {
        let near = crate::lifecycle::closest(at, places.keys().map(String::as_str));
        let near = crate::shown::did_you_mean(near);
        return Err(format!("no payload has anything at `{at}`{near}"));
    };
    let why = format!("as it was said; {}", described(place));
    Ok(ChosenPlace { at: vec![at.to_owned()], why, others: Vec::new() })
}

fn sequence(places: &Places, count: usize) -> ChosenPlace {
    let score = |at: &str, place: &SamplePlace| {
        let names = ["sequence", "sequencenumber", "sequenceid", "seq", "eventsequence"];
        let is_number = |text: &String| text.bytes().all(|byte| byte.is_ascii_digit());
        let known = weight(&names, &name_of(at))?;
        (place.values.len() > 1 && place.values.iter().all(is_number))
            .then(|| known - 5 * depth(at))
    };
    choice(places, ranked(places, score), count)
}

/// The last name of a place, without case, `-` and `_`.
pub(super) fn name_of(at: &str) -> String {
    let name = at.rsplit(['/', '@']).next().unwrap_or(at);
    name.chars().filter(|letter| !matches!(letter, '-' | '_')).collect::<String>().to_lowercase()
}

fn depth(at: &str) -> i64 {
    at.matches('/').count() as i64
}

/// Whether the values are words rather than ids, and not too many of them.
pub(super) fn few_words(place: &SamplePlace) -> bool {
    let letter = |letter: char| letter.is_ascii_alphanumeric() || "._:/- ".contains(letter);
    let is_word = |text: &String| {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        text.len() <= 80 && text.chars().all(letter) && 4 * digits < text.len()
    };
    let few = place.values.len() <= WORDS_MAX || 2 * place.values.len() <= place.count;
    few && !place.many && place.values.iter().all(|text| is_word(text) && !is_time(text))
}

/// Whether the values are the few numbers of a status.
fn few_numbers(name: &str, place: &SamplePlace) -> bool {
    let is_number =
        |text: &String| text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    matches!(name, "status" | "state")
        && place.values.len() <= 40
        && place.values.iter().all(is_number)
}

fn is_time(text: &str) -> bool {
    match text.parse::<i64>() {
        Ok(number) => Timestamp::from_epoch(number).is_ok(),
        Err(_) => Timestamp::parse(text, Some(0)).is_ok(),
    }
}

/// The places of the highest scores, best first.
fn ranked(places: &Places, score: impl Fn(&str, &SamplePlace) -> Option<i64>) -> Vec<String> {
    let scored = places.iter().filter_map(|(at, place)| Some((score(at, place)?, at.clone())));
    let mut scored: Vec<(i64, String)> = scored.collect();
    scored.sort_by(|(one, at), (other, that)| other.cmp(one).then_with(|| at.cmp(that)));
    scored.into_iter().map(|(_, at)| at).collect()
}

fn weight(names: &[&str], name: &str) -> Option<i64> {
    names.iter().position(|own| *own == name).map(|at| (names.len() - at) as i64 * 4)
}

/// What names that end as those of kinds do are worth.
fn ending(name: &str) -> Option<i64> {
    let ends = [("event", 20), ("type", 12), ("status", 10), ("state", 8)];
    ends.iter().find(|(end, _)| name.ends_with(end)).map(|(_, weight)| *weight)
}

pub(super) fn described(place: &SamplePlace) -> String {
    let more = if place.many { "more than " } else { "" };
    let payloads = plural(place.count as u64, "payload");
    format!("in {payloads}, {more}{}", plural(place.values.len() as u64, "value"))
}

/// The first place, and those after it that stand where those before do not.
fn choice(places: &Places, ranked: Vec<String>, payloads: usize) -> ChosenPlace {
    let mut chosen = ChosenPlace::default();
    let mut covered = 0;
    for at in ranked {
        let place = &places[&at];
        let told = described(place);
        if chosen.at.is_empty() || covered + place.count <= payloads {
            covered += place.count;
            chosen.why += if chosen.at.is_empty() { "" } else { "; " };
            chosen.why += &told;
            chosen.at.push(at);
        } else if chosen.others.len() < OTHERS_MAX {
            chosen.others.push(format!("{at} ({told})"));
        }
    }
    chosen
}

/// Kinds stand in one place, or in another where that is not there.
fn kind(samples: &Samples, places: &Places) -> Result<ChosenPlace, String> {
    const PLACES_MAX: usize = 3;
    let mut chosen = ranked_kinds(places, samples.len());
    if chosen.at.is_empty() {
        return Err(no_kind(places, samples.len()));
    }
    while chosen.at.len() < PLACES_MAX {
        let lacks = |payload: &&SamplePayload| chosen.at.iter().all(|at| payload.at(at).is_none());
        let rest: Vec<&SamplePayload> = samples.payloads.iter().filter(lacks).collect();
        if rest.is_empty() || 100 * rest.len() < samples.len() {
            break;
        }
        let more = ranked_kinds(&Samples::places(rest.iter().copied()), rest.len());
        let Some(at) = more.at.into_iter().next() else { break };
        chosen.why += &format!("; {}", more.why);
        chosen.others.retain(|other| !other.starts_with(&format!("{at} (")));
        chosen.at.push(at);
    }
    Ok(chosen)
}

fn ranked_kinds(places: &Places, count: usize) -> ChosenPlace {
    let header = |at: &str| at.starts_with('@') && (at.ends_with("event") || at.ends_with("topic"));
    let score = |at: &str, place: &SamplePlace| {
        let name = name_of(at);
        let known = weight(&KINDS, &name).or_else(|| ending(&name));
        let known = if header(at) { Some(70) } else { known.filter(|_| !at.starts_with('@')) };
        let is_kind = few_words(place) || few_numbers(&name, place);
        let parted = place.values.iter().filter(|text| text.contains(['.', ':'])).count();
        let parts = if 2 * parted > place.values.len() { 30 } else { 0 };
        let constant = if place.values.len() == 1 && place.count > 3 { -25 } else { 0 };
        let often = (40 * place.count / count) as i64;
        (is_kind && 2 * place.count > count)
            .then(|| Some(known? + parts + constant + often - 6 * depth(at)))
            .flatten()
    };
    choice(places, ranked(places, score), 0)
}

/// Why no place is one of event kinds: what comes nearest is named.
fn no_kind(places: &Places, count: usize) -> String {
    let near = |(at, place): &(&String, &SamplePlace)| {
        !at.starts_with('@')
            && 2 * place.count > count
            && weight(&KINDS, &name_of(at)).or_else(|| ending(&name_of(at))).is_some()
    };
    let near: Vec<String> = places
        .iter()
        .filter(near)
        .take(OTHERS_MAX)
        .map(|(at, place)| format!("{at} ({})", described(place)))
        .collect();
    let near = match near.is_empty() {
        true => String::new(),
        false => format!("; looked at {}", near.join(", ")),
    };
    format!(
        "no event kind was found: no place of most payloads has one of few words, such as `video.ready`{near}; `--kind` says where it is"
    )
}

fn time(places: &Places, count: usize) -> ChosenPlace {
    let score = |at: &str, place: &SamplePlace| {
        let name = name_of(at);
        let good = place.values.iter().filter(|text| is_time(text)).count();
        let known = weight(&TIMES, &name);
        // A number alone is anything.
        let known = known.or_else(|| (place.numbers == 0).then_some(2));
        (10 * good >= 9 * place.values.len() && !at.starts_with('@'))
            .then(|| Some(known? - 5 * depth(at) + place.values.len().min(20) as i64))
            .flatten()
    };
    choice(places, ranked(places, score), count)
}

/// Where ids of assets may be, best first.
pub(super) fn ids(places: &Places) -> Vec<String> {
    ranked(places, id_score)
}

/// How much speaks for a place to have the ids of assets; `None` if it has none.
pub(super) fn id_score(at: &str, place: &SamplePlace) -> Option<i64> {
    let name = name_of(at);
    let is_id = ["id", "guid", "key", "arn", "urn"].iter().any(|end| name.ends_with(end))
        || matches!(&*name, "case" | "case:concept:name" | "caseid");
    let about = at.to_lowercase();
    let has = |names: &[&str]| names.iter().any(|own| about.contains(own));
    let is_foreign =
        FOREIGN.iter().any(|own| name.contains(own) || about.contains(&format!("/{own}/")));
    let usable = is_id
        && !at.starts_with('@')
        && place.values.iter().all(|text| text.len() <= 256)
        && place.values.iter().any(|text| !is_time(text) || place.numbers > 0);
    // An asset is spoken of several times; an id that never comes twice is of something else.
    let repeats = if place.many {
        15
    } else {
        40 * (place.count - place.values.len()).min(place.count / 2) as i64 * 2
            / place.count.max(1) as i64
    };
    let constant = if place.values.len() == 1 && place.count > 3 { -60 } else { 0 };
    let inside =
        if depth(at) > 1 && has(&["data", "object", "payload", "detail"]) { 15 } else { 0 };
    let named = if has(&ASSETS) { 15 } else { 0 };
    let foreign = if is_foreign { -60 } else { 0 };
    let own = if name == "id" { 10 } else { 0 };
    let often = place.count.min(40) as i64 / 4;
    usable.then(|| repeats + constant + inside + named + own + foreign + often - 3 * depth(at))
}

fn event_id(places: &Places, asset: Option<&String>, count: usize) -> ChosenPlace {
    let score = |at: &str, place: &SamplePlace| {
        // Some came twice.
        let unique = place.many || 10 * place.values.len() >= 8 * place.count;
        let own = Some(at) != asset.map(String::as_str) && depth(at) == 1;
        (unique && own).then(|| weight(&EVENT_IDS, &name_of(at))).flatten()
    };
    choice(places, ranked(places, score), count)
}
