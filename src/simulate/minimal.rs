//! The least body that a definition can read back: for entities without templates.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::lifecycle::{
    Condition, KindId, Lifecycle, Locator, Pointer, Provider,
    condition::{Scalar, Test},
};

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
    let status = &*about.status;
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

/// A body of which a condition holds, as far as pointers into it are asked for.
pub(super) fn met<'b>(body: &'b str, condition: Option<&Condition>) -> Cow<'b, str> {
    let (Some(condition), Ok(mut json)) = (condition, serde_json::from_str::<Value>(body)) else {
        return body.into();
    };
    for (spot, test) in condition.tests() {
        let Some(pointer) = spot.pointer() else { continue };
        let there = json.pointer(pointer.as_str()).is_some_and(|at| !at.is_null());
        let value = match test {
            Test::Absent if there => Value::Null,
            Test::Present if !there => "${hex:8}".into(),
            Test::OneOf(values) => match values.first() {
                Some(Scalar::Bool(value)) => (*value).into(),
                Some(Scalar::Number(text) | Scalar::Text(text)) => (**text).into(),
                None => continue,
            },
            _ => continue,
        };
        if let Some(at) = reach(&mut json, pointer) {
            *at = value;
        }
    }
    json.to_string().into()
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
        if let Some(free) = reach(body, pointer).filter(|at| at.is_null()) {
            *free = text;
            return;
        }
    }
}

/// Where a pointer leads, `null` where nothing is; `None` where something else is in its way.
fn reach<'v>(body: &'v mut Value, pointer: &Pointer) -> Option<&'v mut Value> {
    let tokens = pointer.tokens();
    let mut at = Some(&mut *body).filter(|_| !tokens.is_empty());
    for (depth, token) in tokens.iter().enumerate() {
        let next = tokens.get(depth + 1).map(|next| match index(next) {
            Some(_) => Value::Array(Vec::new()),
            None => Value::Object(Map::new()),
        });
        at = at.and_then(|at| inside(at, token, next));
    }
    at
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
