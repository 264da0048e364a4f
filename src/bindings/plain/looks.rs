//! Lifecycles, drawn and listed.

use mediafold_core::{
    Catalog, Lifecycle,
    diagram::Diagram,
    lifecycle::{State, closest},
    shown::did_you_mean,
};
use serde::Serialize;

use super::{
    error::CallError,
    request::{Request, wanted},
    rows::loaded,
};

/// What there is of an entity.
#[derive(Serialize)]
pub(super) struct LifecycleRow<'c> {
    entity: &'c str,
    title: &'c str,
    states: Vec<StateRow<'c>>,
    flags: Vec<&'c str>,
    kinds: Vec<&'c str>,
}

#[derive(Serialize)]
struct StateRow<'c> {
    name: &'c str,
    summary: &'c str,
    rest: bool,
    end: bool,
    error: bool,
    /// The longest time that is normal here, in seconds.
    dwell: Option<u64>,
}

/// A lifecycle, or the way of one asset through it.
pub(super) fn diagram(
    catalog: &Catalog,
    request: &Request<'_>,
    body: &[u8],
) -> Result<String, CallError> {
    let format = request.format.as_deref().unwrap_or("mermaid");
    let path = request.fold.is_some().then(|| loaded(catalog, request, body)).transpose()?;
    if let Some((lifecycle, asset)) = &path {
        if matches!(format, "xstate" | "scxml") {
            let message = "a machine is what may happen, not what did: leave the asset out";
            return Err(CallError::Usage(message.to_owned()));
        }
        return drawn(&Diagram::asset(lifecycle, asset), format);
    }
    drawn(&Diagram::new(lifecycle(catalog, wanted(request.entity.as_deref(), "entity")?)?), format)
}

fn drawn(diagram: &Diagram<'_>, format: &str) -> Result<String, CallError> {
    Ok(match format {
        "mermaid" => diagram.mermaid(),
        "dot" => diagram.dot(),
        "xstate" => diagram.xstate(),
        "scxml" => diagram.scxml(),
        #[cfg(feature = "draw")]
        "svg" => diagram.svg(),
        #[cfg(feature = "draw")]
        "text" => diagram.text(),
        #[cfg(not(feature = "draw"))]
        "svg" | "text" => {
            let message = format!("`{format}` needs the part that draws, which is another one");
            return Err(CallError::Usage(message));
        }
        _ => {
            let known = "mermaid, dot, xstate, scxml, svg or text";
            return Err(CallError::Usage(format!("there is no format `{format}`: {known}")));
        }
    })
}

pub(super) fn lifecycles(catalog: &Catalog) -> Vec<LifecycleRow<'_>> {
    let row = |lifecycle| LifecycleRow {
        entity: Lifecycle::entity(lifecycle),
        title: lifecycle.title(),
        states: lifecycle.states().iter().map(state).collect(),
        flags: lifecycle.flags().iter().map(|flag| flag.name.as_str()).collect(),
        kinds: lifecycle.kinds().map(|(_, name)| name).collect(),
    };
    catalog.lifecycles().map(row).collect()
}

fn state(state: &State) -> StateRow<'_> {
    let State { name, summary, rest, end, error, dwell, .. } = state;
    let dwell = dwell.map(|dwell| dwell.as_secs());
    StateRow { name, summary, rest: *rest, end: *end, error: *error, dwell }
}

fn lifecycle<'c>(catalog: &'c Catalog, entity: &str) -> Result<&'c Lifecycle, CallError> {
    catalog.lifecycle(entity).ok_or_else(|| {
        let near = did_you_mean(closest(entity, catalog.lifecycles().map(Lifecycle::entity)));
        CallError::Usage(format!("there is no lifecycle `{entity}`{near}"))
    })
}
