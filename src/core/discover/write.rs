//! A draft as TOML, with what it rests on and what is uncertain as comments.

use super::{
    DraftFit, Writing,
    entities::EntityPlan,
    guess::{ChosenPlace, Envelope},
    mine::{Mined, MinedEvent, MinedRow, MinedState},
    steps::Log,
};
use crate::shown::{harmless, plural};

/// Status words that are written down.
const WORDS_MAX: usize = 60;

/// Longer comments are cut, in characters.
const COMMENT_MAX: usize = 240;

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
pub(super) fn provider(
    name: &str,
    samples: usize,
    is_form: bool,
    unwrap: &[String],
    envelope: &Envelope,
) -> String {
    let mut text = format!(
        "# A first draft, from {}. What is uncertain says so: compare it with the provider's documents.\nprovider = {}\n\n[envelope]\n",
        plural(samples as u64, "payload"),
        quoted(name)
    );
    if is_form {
        text += "body = \"form\"\n";
    }
    if !unwrap.is_empty() {
        text += &format!("unwrap = {}    # the payload is within\n", places(unwrap));
    }
    text += &chosen("kind", &envelope.kind, "");
    text += &chosen("event_id", &envelope.event_id, "no place has another value in each payload");
    text += &chosen("time", &envelope.time, "no place has times; `@received` may stand here");
    if envelope.zoneless {
        text += "zone = \"UTC\"    # uncertain: its times name no zone\n";
    }
    if !envelope.sequence.at.is_empty() {
        text += &chosen("sequence", &envelope.sequence, "");
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

/// What an entity is called while everything is read.
pub(super) fn every_kind_name(provider: &str, at: usize) -> String {
    format!("{provider}/read_{at}")
}

/// A definition of an entity that takes every kind and judges none.
pub(super) fn every_kind(provider: &str, at: usize, plan: &EntityPlan, is_timed: bool) -> String {
    let mut text = format!(
        "entity = {}\nid = {}\n",
        quoted(&every_kind_name(provider, at)),
        places(&plan.id.at)
    );
    text += head(is_timed);
    if !plan.prefix.is_empty() {
        text += &format!("prefix = [{}]\n", quoted(&plan.prefix));
    }
    if let Some(status) = &plan.status {
        text += &format!("status = [{}]\n", quoted(status));
    }
    text += "[states]\nheard = { rest = true }\n[events]\n";
    for kind in &plan.kinds {
        text += &format!("{} = {{ from = [\"new\", \"heard\"], to = \"heard\" }}\n", quoted(kind));
    }
    text
}

fn head(is_timed: bool) -> &'static str {
    if is_timed { "" } else { "order = \"arrival\"    # no event says when it happened\n" }
}

/// The file of an entity.
pub(super) fn entity(
    writing: &Writing<'_>,
    at: usize,
    log: &Log,
    mined: &Mined,
    (fit, noise): (DraftFit, f64),
) -> String {
    let plan = &writing.plan.entities[at];
    let mut text = format!(
        "# A first draft, from {} of {}{}: it allows {} of them, and of what it allows {} happened.\n",
        plural(log.events, "event"),
        plural(log.assets, "asset"),
        if writing.one_in > 1 { format!(", one in {}", writing.one_in) } else { String::new() },
        percent(fit.fitness),
        percent(fit.precision),
    );
    text += &match noise {
        0.0 => "# Everything that came is in it, however rare.\n".to_owned(),
        noise => format!(
            "# What is rarer than {} of what goes on beside it was taken for noise.\n",
            percent(noise)
        ),
    };
    if log.linked == 0 {
        text += "# uncertain: no asset had two events, so that nothing is known of what follows what.\n";
    }
    text += &format!(
        "entity = {}\nid = {}    # {}\n",
        quoted(&format!("{}/{}", writing.options.provider, plan.name)),
        places(&plan.id.at),
        comment(&plan.id.why)
    );
    if !plan.id.others.is_empty() {
        text += &format!("# it could also be {}\n", comment(&plan.id.others.join(", ")));
    }
    text += head(writing.plan.is_timed());
    text += &status(plan, mined);
    if let Some((above, at)) = plan.parent.as_ref().filter(|(above, _)| writing.written[*above]) {
        let above = format!("{}/{}", writing.options.provider, writing.plan.entities[*above].name);
        text += &format!(
            "parent = {{ entity = {}, id = [{}] }}    # the same ids\n",
            quoted(&above),
            quoted(at)
        );
    }
    text += "\n[states]    # uncertain: `rest` is for those in which nothing more need happen\n";
    mined.states.iter().for_each(|own| text += &state(own));
    text += &statuses(plan, mined);
    text += &retries(mined);
    text += "\n[events]\n";
    mined.events.iter().for_each(|own| text += &event(own, plan));
    text
}

fn percent(share: f64) -> String {
    match share * 100.0 {
        whole if whole >= 99.995 => "100 %".to_owned(),
        part => format!("{part:.2} %"),
    }
}

fn status(plan: &EntityPlan, mined: &Mined) -> String {
    let Some(at) = &plan.status else { return String::new() };
    if mined.words.is_empty() || mined.words_agree {
        return format!("status = [{}]    # the provider's word\n", quoted(at));
    }
    format!(
        "# The words at {} are coarser than the states, so they are read only where they decide.\n",
        comment(&quoted(at))
    )
}

fn state(state: &MinedState) -> String {
    let mut keys = Vec::new();
    keys.extend(state.rest.then_some("rest = true"));
    keys.extend(state.end.then_some("end = true"));
    keys.extend(state.error.then_some("error = true"));
    let keys = match keys.is_empty() {
        true => "{}".to_owned(),
        false => format!("{{ {} }}", keys.join(", ")),
    };
    format!(
        "{} = {keys}    # entered {}, the last {}\n",
        quoted(&state.name),
        state.visits,
        state.last
    )
}

fn statuses(plan: &EntityPlan, mined: &Mined) -> String {
    let decides = mined.events.iter().flat_map(|event| &event.rows).any(|row| row.by_word);
    if plan.status.is_none() || mined.words.is_empty() || !(decides || mined.words_agree) {
        return String::new();
    }
    let mut text = "\n[statuses]\n".to_owned();
    for (word, state) in mined.words.iter().take(WORDS_MAX) {
        text += &format!("{} = {}\n", quoted(word), quoted(state));
    }
    text
}

fn retries(mined: &Mined) -> String {
    let Some(own) = &mined.retries else { return String::new() };
    let renewed = own.renewed_by.iter().map(|state| quoted(state)).collect::<Vec<_>>().join(", ");
    format!(
        "\n[retries]    # {} came {} with none left, and never before\nfrom = {}\nlimit = {}\nthen = {}\nrenewed_by = [{renewed}]\n",
        comment(&quoted(&own.then)),
        plural(own.seen, "time"),
        quoted(&own.from),
        own.limit,
        quoted(&own.then),
    )
}

fn event(event: &MinedEvent, plan: &EntityPlan) -> String {
    let name = quoted(&event.kind);
    if let [only] = event.rows.as_slice() {
        let (row, seen) = row(only, plan);
        let seen = format!("seen {}{}{seen}", event.seen, if seen.is_empty() { "" } else { ", " });
        return format!("{name} = {row}    # {}\n", comment(&seen));
    }
    let mut text = format!("{name} = [    # seen {}\n", event.seen);
    for own in &event.rows {
        let (row, seen) = row(own, plan);
        text += &format!("    {row},    # {}\n", comment(&seen));
    }
    text + "]\n"
}

/// A row, and where it led from how often.
fn row(row: &MinedRow, plan: &EntityPlan) -> (String, String) {
    let list = |ways: &[(String, u64)]| {
        let states: Vec<String> = ways.iter().map(|(state, _)| quoted(state)).collect();
        states.join(", ")
    };
    let mut keys = Vec::new();
    if !row.from.is_empty() {
        keys.push(format!("from = [{}]", list(&row.from)));
    }
    if !row.again.is_empty() {
        keys.push(format!("again = [{}]", list(&row.again)));
    }
    if let Some(at) = plan.status.as_ref().filter(|_| row.by_word) {
        keys.push(format!("status = [{}]", quoted(at)));
    }
    match &row.to {
        Some(to) if row.by_word => keys.push(format!("to = [{}]", quoted(to))),
        Some(to) => keys.push(format!("to = {}", quoted(to))),
        None => {}
    }
    let ways = row.from.iter().chain(&row.again);
    let ways: Vec<String> = ways.map(|(state, count)| format!("{state} {count}")).collect();
    let mut seen = format!("from {}", ways.join(", "));
    if row.by_name {
        seen += "; uncertain: by its name it keeps the state";
    }
    (format!("{{ {} }}", keys.join(", ")), seen)
}
