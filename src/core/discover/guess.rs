//! Which places mean what: by their names, and by how their values behave.

use std::collections::BTreeMap;

use super::sample::{SamplePlace, Samples};
use crate::{shown::plural, time::Timestamp};

/// Names of places where event kinds stand, best first.
const KINDS: [&str; 12] = [
    "eventtype",
    "event",
    "type",
    "eventname",
    "statuscallbackevent",
    "webhooktype",
    "kind",
    "topic",
    "action",
    "name",
    "status",
    "state",
];
/// Names of places where times stand, best first.
const TIMES: [&str; 14] = [
    "eventtime",
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

/// What was found of an envelope.
#[derive(Clone, Debug, Default)]
pub(super) struct Envelope {
    pub(super) kind: ChosenPlace,
    pub(super) event_id: ChosenPlace,
    pub(super) time: ChosenPlace,
    /// Its times name no zone.
    pub(super) zoneless: bool,
    pub(super) status: Option<String>,
    /// Headers that seem to sign.
    pub(super) signatures: Vec<String>,
}

type Places = BTreeMap<String, SamplePlace>;

impl Envelope {
    pub(super) fn of(samples: &Samples) -> Result<Self, String> {
        if samples.len() == 0 {
            return Err("there is nothing to begin with: not one payload".to_owned());
        }
        let places = Samples::places(&samples.payloads);
        let count = samples.len();
        let kind = kind(&places, count).ok_or(
            "no event kind was found: no place of most payloads has one of few words, such as `video.ready`",
        )?;
        let time = time(&places, count);
        let zoneless = time.at.first().is_some_and(|at| {
            places[at]
                .values
                .iter()
                .all(|text| Timestamp::parse(text, None).is_err() && text.parse::<f64>().is_err())
        });
        let ids = ids(&places);
        let event_id = event_id(&places, ids.first(), count);
        let is_status = |(at, place): &(&String, &SamplePlace)| {
            matches!(&*name_of(at), "status" | "state") && !kind.at.contains(at) && few_words(place)
        };
        let status = places.iter().find(is_status).map(|(at, _)| at.clone());
        let signs = |at: &&String| at.starts_with('@') && at.contains("signature");
        let signatures = places.keys().filter(signs).map(|at| at[1..].to_owned()).collect();
        Ok(Self { kind, event_id, time, zoneless, status, signatures })
    }

    /// What was found, for people.
    pub(super) fn found(&self) -> Vec<(&'static str, String)> {
        let told = |choice: &ChosenPlace| match choice.at.as_slice() {
            [] => "not found".to_owned(),
            at => format!("{}: {}", at.join(" and "), choice.why),
        };
        vec![
            ("kind", told(&self.kind)),
            ("event id", told(&self.event_id)),
            ("time", told(&self.time)),
        ]
    }
}

/// The last name of a place, without case, `-` and `_`.
fn name_of(at: &str) -> String {
    let name = at.rsplit(['/', '@']).next().unwrap_or(at);
    name.chars().filter(|letter| !matches!(letter, '-' | '_')).collect::<String>().to_lowercase()
}

fn depth(at: &str) -> i64 {
    at.matches('/').count() as i64
}

/// Whether the values are words rather than ids, and not too many of them.
fn few_words(place: &SamplePlace) -> bool {
    let letter = |letter: char| letter.is_ascii_alphanumeric() || "._:/-".contains(letter);
    let is_word = |text: &String| {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        text.len() <= 80 && text.chars().all(letter) && 4 * digits < text.len()
    };
    let few = place.values.len() <= WORDS_MAX || 2 * place.values.len() <= place.count;
    few && !place.many && place.values.iter().all(|text| is_word(text) && !is_time(text))
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

fn described(place: &SamplePlace) -> String {
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

fn kind(places: &Places, count: usize) -> Option<ChosenPlace> {
    let header = |at: &str| at.starts_with('@') && (at.ends_with("event") || at.ends_with("topic"));
    let score = |at: &str, place: &SamplePlace| {
        let name = name_of(at);
        let known = weight(&KINDS, &name).or_else(|| ending(&name));
        let known = if header(at) { Some(70) } else { known.filter(|_| !at.starts_with('@')) };
        let is_kind = few_words(place)
            || (place.numbers == place.count && name == "status" && place.values.len() <= 40);
        let parted = place.values.iter().filter(|text| text.contains(['.', ':'])).count();
        let parts = if 2 * parted > place.values.len() { 30 } else { 0 };
        let constant = if place.values.len() == 1 && place.count > 3 { -25 } else { 0 };
        let often = (40 * place.count / count) as i64;
        (is_kind && 2 * place.count > count)
            .then(|| Some(known? + parts + constant + often - 6 * depth(at)))
            .flatten()
    };
    let ranked = ranked(places, score);
    (!ranked.is_empty()).then(|| choice(places, ranked, 0))
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
    let score = |at: &str, place: &SamplePlace| {
        let name = name_of(at);
        let is_id = ["id", "guid", "key"].iter().any(|end| name.ends_with(end));
        let about = at.to_lowercase();
        let has = |names: &[&str]| names.iter().any(|own| about.contains(own));
        let is_foreign =
            FOREIGN.iter().any(|own| name.contains(own) || about.contains(&format!("/{own}/")));
        let usable =
            is_id && !at.starts_with('@') && place.values.iter().all(|text| text.len() <= 256);
        let repeats = if place.values.len() < place.count { 30 } else { 0 };
        let constant = if place.values.len() == 1 && place.count > 3 { -25 } else { 0 };
        let inside =
            if depth(at) > 1 && has(&["data", "object", "payload", "detail"]) { 15 } else { 0 };
        let named = if has(&ASSETS) { 15 } else { 0 };
        let foreign = if is_foreign { -60 } else { 0 };
        let own = if name == "id" { 10 } else { 0 };
        let often = place.count.min(40) as i64 / 4;
        usable.then(|| repeats + constant + inside + named + own + foreign + often - 3 * depth(at))
    };
    ranked(places, score)
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
