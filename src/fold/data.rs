//! What payloads said of an asset, merged: last known values, never overwritten by null.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::{event::Event, lifecycle::Lifecycle};

/// The values of a lifecycle's data fields, as JSON text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Data(Vec<Option<Arc<str>>>);

impl Data {
    pub(crate) fn merge(&mut self, lifecycle: &Lifecycle, event: &Event) {
        if event.data.is_empty() {
            return;
        }
        self.0.resize(lifecycle.data().len(), None);
        for (field, text) in &event.data {
            let field = usize::from(*field);
            let key = &lifecycle.data()[field].key;
            self.0[field] = match &self.0[field] {
                Some(known) if !key.is_empty() => Some(merge_lists(known, text, key)),
                _ => Some(Arc::clone(text)),
            };
        }
    }

    /// The known values with their names, as the definition lists them.
    pub(crate) fn named<'l>(&self, lifecycle: &'l Lifecycle) -> Vec<(&'l str, Arc<str>)> {
        let fields = lifecycle.data().iter().zip(&self.0);
        fields.filter_map(|(field, value)| Some((&*field.name, value.clone()?))).collect()
    }
}

/// Lists that would be longer than this are replaced, not merged.
const LIST_LEN_MAX: usize = 500;

/// Merges two lists item by item. Items are the same where the members of the key agree; one that is
/// null or absent agrees with any, as long as that leaves only one item.
fn merge_lists(known: &Arc<str>, text: &Arc<str>, key: &[String]) -> Arc<str> {
    let parsed = |text: &str| match serde_json::from_str(text) {
        Ok(Value::Array(items)) => Some(items),
        _ => None,
    };
    let Some(added) = parsed(text) else { return Arc::clone(known) };
    let mut items: Vec<Value> = parsed(known).unwrap_or_default();
    if items.len() + added.len() > LIST_LEN_MAX {
        return Arc::clone(text);
    }
    // Items of one payload are never the same, so each known one is met at most once.
    let mut unmet: Vec<usize> = (0..items.len()).collect();
    for item in added {
        match find(&items, &unmet, &item, key) {
            Some(at) => {
                merge_item(&mut items[at], item);
                unmet.retain(|other| *other != at);
            }
            None => items.push(item),
        }
    }
    Value::Array(items).to_string().into()
}

fn find(items: &[Value], unmet: &[usize], item: &Value, key: &[String]) -> Option<usize> {
    let exact = |at: &usize| {
        key.iter().all(|member| member_of(&items[*at], member) == member_of(item, member))
    };
    let agrees = |at: &&usize| {
        key.iter().all(|member| match (member_of(&items[**at], member), member_of(item, member)) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        })
    };
    let mut candidates = unmet.iter().filter(agrees);
    match (unmet.iter().copied().find(exact), candidates.next(), candidates.next()) {
        (Some(at), _, _) => Some(at),
        (None, Some(at), None) => Some(*at),
        _ => None,
    }
}

fn member_of<'v>(item: &'v Value, member: &str) -> Option<&'v Value> {
    item.get(member).filter(|value| !value.is_null())
}

fn merge_item(known: &mut Value, added: Value) {
    match (known, added) {
        (Value::Object(known), Value::Object(added)) => {
            let absent = |known: &Map<String, Value>, name: &str| !known.contains_key(name);
            for (name, value) in added {
                if !value.is_null() || absent(known, &name) {
                    known.insert(name, value);
                }
            }
        }
        (known, added) => *known = added,
    }
}
