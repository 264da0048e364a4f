//! The least body that a definition can read back: for entities without templates.

use serde_json::{Map, Value};

use crate::lifecycle::{KindId, Lifecycle, Pointer, Provider};

/// A body with what the pointers of the definition lead to. Of the `others` that see the same delivery, `true`
/// says that its asset has the same id; else its asset is the parent.
pub(super) fn body<'l>(
    provider: &Provider,
    lifecycle: &Lifecycle,
    kind: KindId,
    others: impl Iterator<Item = (&'l Lifecycle, KindId, bool)>,
) -> String {
    let mut body = Value::Object(Map::new());
    put(&mut body, &provider.kind, "${kind}");
    put(&mut body, &provider.event_id, "${event_id}");
    put(&mut body, &provider.time, "${time}");
    put(&mut body, lifecycle.id_of(Some(kind)), "${id}");
    if let Some((_, parent)) = lifecycle.parent() {
        put(&mut body, parent, "${parent}");
    }
    for (other, kind, same) in others {
        put(&mut body, other.id_of(Some(kind)), if same { "${id}" } else { "${parent}" });
    }
    let about = lifecycle.kind_of(kind);
    let status = about.status.as_slice();
    put(&mut body, if status.is_empty() { lifecycle.status() } else { status }, "${status}");
    if provider.event_id.is_empty() && provider.time.is_empty() {
        // Nothing else would tell an event from the one before.
        put(&mut body, &Vec::from_iter(Pointer::parse("/sequence")), "${sequence}");
    }
    body.to_string()
}

/// Puts a value where the first of these pointers leads that nothing else is at.
fn put(body: &mut Value, pointers: &[Pointer], value: &str) {
    let text = Value::String(value.to_owned());
    let taken = |pointer: &Pointer| body.pointer(pointer.as_str()).is_some_and(|at| *at == text);
    if pointers.iter().any(taken) {
        return;
    }
    for pointer in pointers {
        let mut tokens: Vec<String> = pointer.as_str().split('/').skip(1).map(unescaped).collect();
        let Some(last) = tokens.pop() else { continue };
        let parent = tokens.iter().try_fold(&mut *body, |at, token| {
            let members = at.as_object_mut()?;
            Some(members.entry(token.clone()).or_insert_with(|| Value::Object(Map::new())))
        });
        let Some(members) = parent.and_then(Value::as_object_mut) else { continue };
        if !members.contains_key(&last) {
            members.insert(last, text);
            return;
        }
    }
}

fn unescaped(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}
