//! Before anything is sent, every event kind is rendered once and read back: a template that says something else
//! than the event it is for would make the truth a lie.

use std::sync::Arc;

use super::{
    SimulateError,
    cast::{Cast, World},
    delivery::is_timed,
    dice::mixed,
    script::Templates,
    template::Filling,
};
use crate::{
    event::{Delivery, EventKind, Placed, Reader},
    lifecycle::{Catalog, KindId, Node},
    time::Timestamp,
};

const TIME: Timestamp = Timestamp::from_nanos(1_767_225_600_123_456_789);

/// All entities that these names, of providers or entities, take.
///
/// # Errors
/// A name that the catalog does not have, or a template that says something else than its event.
pub(super) fn proven_world<'c>(
    catalog: &'c Catalog,
    templates: &Templates,
    names: &[String],
) -> Result<Arc<World<'c>>, SimulateError> {
    let world = World::new(catalog, templates, names)?;
    for (cast, own) in world.casts.iter().enumerate() {
        let Cast { lifecycle, provider, choices, kinds, .. } = own;
        let reader = Reader::new(world.catalog).with_provider(provider);
        let mut proved = vec![false; kinds.len()];
        let owned = |kind: KindId| kinds[usize::from(kind.0)].owner == cast;
        for choice in choices.iter().flatten().filter(|choice| owned(choice.kind)) {
            let done = &mut proved[usize::from(choice.kind.0)];
            if !std::mem::replace(done, true) {
                read_back(&world, cast, choice.kind, choice.next, &reader).map_err(|reason| {
                    SimulateError::Unreadable {
                        entity: lifecycle.entity().to_owned(),
                        kind: lifecycle.kind_name(choice.kind).to_owned(),
                        reason,
                    }
                })?;
            }
        }
    }
    Ok(Arc::new(world))
}

fn read_back(
    world: &World<'_>,
    cast: usize,
    kind: KindId,
    next: Node,
    reader: &Reader<'_>,
) -> Result<(), String> {
    let Cast { lifecycle, provider, id, kinds, .. } = &world.casts[cast];
    let saying = &kinds[usize::from(kind.0)];
    let word = world.casts[cast].word(kind, next, 0);
    let text = &world.templates[saying.template];
    let wrapping = &world.wrappings[text.wrapping];
    let mut filling = Filling {
        id: "",
        kind: &lifecycle.sample_name(kind),
        status: word.as_deref(),
        state: &lifecycle.state(next).name,
        parent: Some("parent-1"),
        time: TIME,
        born: TIME,
        percent: 0,
        sequence: 1,
        attempt: 2,
        seed: mixed(1, u64::from(kind.0)),
        asset_seed: 2,
        simulation_seed: 3,
        payloads: &[],
    };
    let asset = id.render_string(&filling);
    filling.id = &asset;
    let mut payload = Vec::new();
    text.payload.render(&filling, &mut payload);
    let read = |payloads: Vec<Vec<u8>>, fillings: &[Filling<'_>]| {
        let parcel = text.parcel(wrapping.body(payloads, fillings), &filling);
        let line = if text.is_recorded { parcel.record(provider, TIME) } else { parcel.body };
        reader.read(&Delivery::new(&line, 1))
    };
    let reading = read(vec![payload.clone()], &[filling]);
    if let Some(error) = reading.errors.first() {
        return Err(error.to_string());
    }
    let each = 1 + saying.others.len();
    if reading.events.len() != each {
        return Err(format!("it is {} events", reading.events.len()));
    }
    reading.events.iter().try_for_each(|placed| agrees(world, cast, kind, &asset, placed))?;
    if wrapping.batch > 1 {
        // What is read beyond a list would depend on what else comes with it.
        let first = Filling { seed: filling.seed ^ 1, ..filling };
        let mut before = Vec::new();
        text.payload.render(&first, &mut before);
        let both = read(vec![before, payload], &[first, filling]);
        let ids = |events: &[Placed<'_>]| {
            events.iter().map(|placed| placed.event.id.clone()).collect::<Vec<_>>()
        };
        let second = both.events.get(each..).unwrap_or_default();
        if !both.errors.is_empty() || ids(second) != ids(&reading.events) {
            return Err("in a batch it is another event: its id is to be in the payload".to_owned());
        }
    }
    Ok(())
}

/// Whether an event that was read is what the template was for.
fn agrees(
    world: &World<'_>,
    cast: usize,
    kind: KindId,
    asset: &str,
    placed: &Placed<'_>,
) -> Result<(), String> {
    let Cast { lifecycle, provider, kinds, .. } = &world.casts[cast];
    let saying = &kinds[usize::from(kind.0)];
    let template = &world.templates[saying.template];
    let entity = placed.lifecycle.entity();
    let own = entity == lifecycle.entity();
    let other = saying.others.iter().find(|(at, _)| *world.casts[*at].entity == *entity);
    let expected = match other {
        Some((other, _)) if world.casts[cast].parent == Some(*other) => "parent-1",
        _ => asset,
    };
    let hangs = |(other, _): &(usize, KindId)| world.casts[*other].parent == Some(cast);
    if other.is_some_and(hangs) {
        return Err(format!("it is to be a template of {entity}, whose id it cannot say"));
    }
    let wanted = if own { Some(kind) } else { other.map(|(_, kind)| *kind) };
    if *placed.asset != *expected {
        return Err(format!("its {entity} is `{}`, not `{expected}`", placed.asset));
    }
    if wanted.map(EventKind::Known) != Some(placed.event.kind.clone()) {
        return Err(format!("to {entity} it is another kind"));
    }
    let in_time = |time: Timestamp| TIME.since(time).max(time.since(TIME)).as_millis() == 0;
    let time =
        placed.event.time.or_else(|| placed.event.received_at.filter(|_| !is_timed(provider)));
    if !provider.time.is_empty() && !time.is_some_and(in_time) {
        return Err("its time is not to the millisecond".to_owned());
    }
    if own && template.payload.uses_parent && placed.event.parent.as_deref() != Some("parent-1") {
        return Err("its parent is not found".to_owned());
    }
    if placed.event.unknown_status {
        return Err("its status word is not known".to_owned());
    }
    Ok(())
}
