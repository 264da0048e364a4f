//! What the text of a built-in definition says and the public description of its lifecycle does not tell.

use toml_span::Value;

use super::{Choice, Decided};

#[derive(Default)]
pub(super) struct Told {
    pub(super) self_targets: Vec<(String, String)>,
    pub(super) decided: Vec<Decided>,
    pub(super) words: Vec<(String, String)>,
}

/// Reads a definition that is known to compile.
pub(super) fn told(text: &str) -> Told {
    let definition = toml_span::parse(text).expect("built-ins are TOML");
    let table = |pointer: &str| definition.pointer(pointer).and_then(Value::as_table);
    let states = table("/states").expect("[states]").iter();
    let is_end = |state: &Value<'_>| state.pointer("/end").and_then(Value::as_bool) == Some(true);
    let going = states.filter(|(_, state)| !is_end(state)).map(|(name, _)| name.to_string());
    let going: Vec<String> = going.collect();
    let mut told = Told::default();
    for (kind, event) in table("/events").expect("[events]") {
        let rows = event.as_array().map_or_else(|| vec![event], |rows| rows.iter().collect());
        let rows =
            rows.into_iter().map(|row| (row.pointer("/status").is_some(), choice(row, &going)));
        let (worded, plain): (Vec<_>, Vec<_>) = rows.partition(|(worded, _)| *worded);
        let mut stays = Vec::new();
        for (_, Choice { from, again, to, .. }) in &plain {
            match to.first() {
                None => stays.extend(from.iter().chain(again).cloned()),
                Some(to) if from.contains(to) || again.contains(to) => {
                    stays.push(to.clone());
                    told.self_targets.push((kind.to_string(), to.clone()));
                }
                Some(_) => {}
            }
        }
        if !worded.is_empty() {
            let rows = worded.into_iter().map(|(_, row)| row).collect();
            let stays = (!plain.is_empty()).then_some(stays);
            told.decided.push(Decided { kind: kind.to_string(), rows, stays });
        }
    }
    let words = table("/statuses").filter(|_| !told.decided.is_empty());
    told.words = words.into_iter().flatten().filter_map(word).collect();
    told
}

fn word<K: ToString>((word, state): (K, &Value<'_>)) -> Option<(String, String)> {
    Some((word.to_string(), state.as_str()?.to_owned()))
}

fn choice(row: &Value<'_>, going: &[String]) -> Choice {
    let names = |key: &str| match row.pointer(key).map(|own| (own.as_str(), own.as_array())) {
        Some((Some("*"), _)) => going.to_vec(),
        Some((Some(name), _)) => vec![name.to_owned()],
        Some((_, Some(names))) => {
            names.iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect()
        }
        _ => Vec::new(),
    };
    Choice {
        from: names("/from"),
        again: names("/again"),
        to: names("/to"),
        set: names("/set"),
        clear: names("/clear"),
    }
}
