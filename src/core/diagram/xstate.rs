use serde::{Serialize, Serializer};

use super::machine::{Machine, MachinePlace, MachineStep, escaped};

#[derive(Serialize)]
struct Config<'m> {
    id: &'m str,
    description: String,
    initial: &'m str,
    states: Object<'m, StateConfig<'m>>,
}

#[derive(Serialize)]
struct StateConfig<'m> {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'m str,
    meta: Meta<'m>,
    #[serde(skip_serializing_if = "Object::is_empty")]
    on: Object<'m, TransitionConfig<'m>>,
}

#[derive(Serialize)]
struct Meta<'m> {
    state: &'m str,
    retries: u8,
    rest: bool,
    error: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
enum TransitionConfig<'m> {
    Allowed(&'m str),
    Gap { target: &'m str, description: String },
}

/// A JSON object whose members keep their order.
struct Object<'m, T>(Vec<(&'m str, T)>);

impl<T> Object<'_, T> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Serialize> Serialize for Object<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// The config of a machine that XState 5 makes with `createMachine(JSON.parse(text))` and nothing else.
pub(super) fn write(machine: &Machine<'_>) -> String {
    let types: Vec<String> = machine.events.iter().map(|event| event_type(event)).collect();
    let states = machine.places.iter();
    let states = states.map(|place| (place.name.as_str(), state(machine, &types, place)));
    let lines = [Some(machine.lifecycle.title()), machine.note];
    let config = Config {
        id: machine.lifecycle.entity(),
        description: lines.into_iter().flatten().collect::<Vec<_>>().join("\n"),
        initial: &machine.places[0].name,
        states: Object(states.collect()),
    };
    // Text and numbers under keys that are text: nothing that JSON does not have.
    let mut text = serde_json::to_string_pretty(&config).unwrap_or_default();
    text.push('\n');
    text
}

fn state<'m>(
    machine: &'m Machine<'_>,
    types: &'m [String],
    place: &'m MachinePlace<'_>,
) -> StateConfig<'m> {
    let transition = |own: &'m MachineStep| {
        let target = machine.places[own.to].name.as_str();
        let config = match &own.gap {
            None => TransitionConfig::Allowed(target),
            Some(gap) => TransitionConfig::Gap { target, description: format!("gap: {gap}") },
        };
        (types[own.event].as_str(), config)
    };
    let MachinePlace { state, retries, .. } = *place;
    StateConfig {
        kind: state.end.then_some("final"),
        description: &state.summary,
        meta: Meta { state: &state.name, retries, rest: state.rest, error: state.error },
        on: Object(place.moves.iter().map(transition).collect()),
    }
}

/// The name as it is, but for what XState takes for its own: `*`, what begins with `xstate.`, and the key that
/// JavaScript does not keep.
fn event_type(event: &str) -> String {
    let own = event.starts_with("xstate.") || event == "__proto__";
    escaped(event, |at, letter| letter != '*' && (at > 0 || !own))
}
