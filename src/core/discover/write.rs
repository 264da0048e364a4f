//! A draft as TOML, with what it rests on and what is uncertain as comments.

use super::{
    guess::{ChosenPlace, Envelope},
    mine::{Entity, MinedEvent},
    sample::Samples,
};
use crate::shown::{harmless, plural};

/// Status words that are written down.
const WORDS_MAX: usize = 40;

/// Longer comments are cut, in characters.
const COMMENT_MAX: usize = 160;

/// A text as TOML writes it.
pub fn quoted(text: &str) -> String {
    // What JSON quotes, TOML reads, but for one letter that it wants escaped.
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

fn comment(text: &str) -> String {
    harmless(text).chars().take(COMMENT_MAX).collect()
}

fn places(at: &[String]) -> String {
    let quoted: Vec<String> = at.iter().map(|at| quoted(at)).collect();
    format!("[{}]", quoted.join(", "))
}

fn chosen(name: &str, choice: &ChosenPlace, none: &str) -> String {
    let mut text = match choice.at.is_empty() {
        true => format!("{name} = []    # uncertain: {none}\n"),
        false => format!("{name} = {}    # {}\n", places(&choice.at), comment(&choice.why)),
    };
    if !choice.others.is_empty() {
        text += &format!("# it could also be {}\n", comment(&choice.others.join(", ")));
    }
    text
}

/// The file of the provider.
pub(super) fn provider(name: &str, samples: &Samples, envelope: &Envelope) -> String {
    let mut text = format!(
        "# A first draft, from {}. What is uncertain says so: compare it with the provider's documents.\nprovider = {}\n\n[envelope]\n",
        plural(samples.len() as u64, "payload"),
        quoted(name)
    );
    if 2 * samples.forms > samples.len() {
        text += "body = \"form\"\n";
    }
    if !samples.unwrap.is_empty() {
        text += &format!("unwrap = {}    # the payload is within\n", places(&samples.unwrap));
    }
    text += &chosen("kind", &envelope.kind, "");
    text += &chosen("event_id", &envelope.event_id, "no place has another value in each payload");
    text += &chosen("time", &envelope.time, "no place has times; `@received` may stand here");
    if envelope.zoneless {
        text += "zone = \"UTC\"    # uncertain: its times name no zone\n";
    }
    text += "\n[signature]\n";
    match envelope.signatures.as_slice() {
        [] => text += "scheme = \"none\"    # uncertain: a body does not say how it is signed\n",
        signatures => {
            text += &format!(
                "# uncertain: {} came with it; docs/definitions.md has the schemes\nscheme = \"none\"\n",
                comment(&signatures.join(", "))
            );
        }
    }
    text
}

/// The file of an entity.
pub(super) fn entity(provider: &str, entity: &Entity) -> String {
    let mut text = format!(
        "# A first draft, from {}. States are named after the events that lead there.\nentity = {}\nid = {}",
        plural(entity.assets as u64, "asset"),
        quoted(&format!("{provider}/{}", entity.name)),
        places(&entity.id)
    );
    if entity.others.is_empty() {
        text += "\n";
    } else {
        text += &format!("    # it could also be {}\n", comment(&entity.others.join(", ")));
    }
    if let Some(status) = &entity.status {
        text += &format!("status = [{}]    # the provider's word\n", quoted(status));
    }
    text += "\n[states]    # uncertain: `rest` is for those in which nothing more need happen\n";
    for state in &entity.states {
        let rest = if state.end { "end = true" } else { "rest = true" };
        let error = if state.error { ", error = true" } else { "" };
        text += &format!("{} = {{ {rest}{error} }}\n", quoted(&state.name));
    }
    text += &words(entity);
    text += "\n[events]\n";
    entity.rows.iter().for_each(|row| text += &self::row(row));
    text
}

/// The words for statuses with the states that they seem to mean: nobody said so, so that they are comments.
fn words(entity: &Entity) -> String {
    let Some(at) = entity.status.as_ref().filter(|_| !entity.words.is_empty()) else {
        return String::new();
    };
    let mut text = format!(
        "\n# uncertain: the states above are named after events, and {} has a status word as well. With the lines below it is\n\
         # compared with the state; with `status` on a row of `[events]` it decides.\n# [statuses]\n",
        comment(at)
    );
    for (word, states) in entity.words.iter().take(WORDS_MAX) {
        let count: usize = states.values().sum();
        let often = states.iter().max_by_key(|(_, count)| **count);
        let Some((state, own)) = often else { continue };
        text += &format!(
            "# {} = {}    # seen {count}, {own} of them in this state\n",
            comment(&quoted(word)),
            comment(&quoted(state))
        );
    }
    text
}

fn row(row: &MinedEvent) -> String {
    let list = |states: Vec<&String>| {
        let states: Vec<String> = states.into_iter().map(|state| quoted(state)).collect();
        states.join(", ")
    };
    let again = match row.again.is_empty() {
        true => String::new(),
        false => format!(", again = [{}]", list(row.again.keys().collect())),
    };
    let ways = row.from.iter().chain(&row.again).filter(|(_, count)| **count > 0);
    let ways: Vec<String> = ways.map(|(state, count)| format!("{state} {count}")).collect();
    let guessed = if row.guessed {
        "; uncertain: nothing was seen to lead on to it, so `new` was put in"
    } else {
        ""
    };
    let seen = match ways.is_empty() {
        true => format!("seen {}", row.count),
        false => format!("seen {}, from {}", row.count, ways.join(", ")),
    };
    format!(
        "{} = {{ from = [{}]{again}, to = {} }}    # {}{guessed}\n",
        quoted(&row.kind),
        list(row.from.keys().collect()),
        quoted(&row.to),
        comment(&seen)
    )
}
