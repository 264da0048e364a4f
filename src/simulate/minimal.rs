//! The least body that a definition can read back: for entities without templates.

use serde_json::{Map, Value};

use crate::lifecycle::{KindId, Lifecycle, Locator, Pointer, Provider};

/// Lists in a body are no longer than this: a greater number is a name.
const ITEMS_MAX: usize = 256;

/// A body with what the pointers of the definition lead to. Of the `others` that see the same delivery, `true`
/// says that its asset has the same id; else its asset is the parent.
pub(super) fn body<'l>(
    provider: &Provider,
    lifecycle: &Lifecycle,
    kind: KindId,
    others: impl Iterator<Item = (&'l Lifecycle, KindId, bool)>,
) -> String {
    let mut body = Value::Object(Map::new());
    put(&mut body, pointers(&provider.kind), "${kind}");
    put(&mut body, pointers(&provider.event_id), "${event_id}");
    put(&mut body, pointers(&provider.time), "${time}");
    put(&mut body, pointers(lifecycle.id_of(Some(kind))), "${id}");
    if let Some((_, parent)) = lifecycle.parent() {
        put(&mut body, pointers(parent), "${parent}");
    }
    for (other, kind, same) in others {
        put(&mut body, pointers(other.id_of(Some(kind))), if same { "${id}" } else { "${parent}" });
    }
    let about = lifecycle.kind_of(kind);
    let status = about.status.as_slice();
    put(&mut body, if status.is_empty() { lifecycle.status() } else { status }, "${status}");
    if provider.event_id.is_empty() && provider.time.is_empty() {
        // Nothing else would tell an event from the one before.
        put(&mut body, Pointer::parse("/sequence").iter(), "${sequence}");
    }
    body.to_string()
}

fn pointers(locators: &[Locator]) -> impl Iterator<Item = &Pointer> {
    locators.iter().filter_map(Locator::pointer)
}

/// Puts a value where the first of these pointers leads that nothing else is at. A number in a pointer is the place in a
/// list, but for one that stands first: a body is an object.
fn put<'p>(body: &mut Value, pointers: impl IntoIterator<Item = &'p Pointer>, value: &str) {
    let pointers: Vec<&Pointer> = pointers.into_iter().collect();
    let text = Value::String(value.to_owned());
    let taken = |pointer: &&Pointer| body.pointer(pointer.as_str()).is_some_and(|at| *at == text);
    if pointers.iter().any(taken) {
        return;
    }
    for pointer in pointers {
        let tokens = pointer.tokens();
        let mut at = Some(&mut *body);
        for (depth, token) in tokens.iter().enumerate() {
            let next = tokens.get(depth + 1).map(|next| match index(next) {
                Some(_) => Value::Array(Vec::new()),
                None => Value::Object(Map::new()),
            });
            at = at.and_then(|at| inside(at, token, next));
        }
        if let Some(free) = at.filter(|at| at.is_null() && !tokens.is_empty()) {
            *free = text;
            return;
        }
    }
}

/// What a token leads to: `next` where nothing is, or `null` at the end of a pointer.
fn inside<'v>(at: &'v mut Value, token: &str, next: Option<Value>) -> Option<&'v mut Value> {
    let inside = match at {
        Value::Object(members) => members.entry(token).or_insert(Value::Null),
        Value::Array(items) => {
            let index = index(token)?;
            if items.len() <= index {
                items.resize(index + 1, Value::Null);
            }
            &mut items[index]
        }
        _ => return None,
    };
    if let Some(next) = next.filter(|_| inside.is_null()) {
        *inside = next;
    }
    Some(inside)
}

/// The place in a list that a token stands for.
fn index(token: &str) -> Option<usize> {
    let index = token.parse().ok().filter(|index| *index < ITEMS_MAX)?;
    (usize::to_string(&index) == token).then_some(index)
}
