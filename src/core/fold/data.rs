//! What payloads said of an asset, merged: last known values, never overwritten by null.

use std::{ops::Deref, sync::Arc};

use serde_json::{Map, Value};

use crate::lifecycle::Lifecycle;

/// The values of a lifecycle's data fields, as JSON text of some kind.
#[derive(Clone, Debug)]
pub(crate) struct Data<T>(Vec<Option<T>>);

impl<T> Default for Data<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// JSON text of some kind.
pub(crate) trait DataText: Clone + Deref<Target = str> + From<String> {
    /// Whether it is known to be the same text without reading it.
    fn is_known_as(&self, other: &Self) -> bool;
}

impl DataText for Arc<str> {
    fn is_known_as(&self, other: &Self) -> bool {
        Self::ptr_eq(self, other)
    }
}

impl<T: DataText> Data<T> {
    /// Takes in what an event says, as the numbers of fields and their values.
    pub(crate) fn merge(
        &mut self,
        lifecycle: &Lifecycle,
        said: impl IntoIterator<Item = (u16, T)>,
    ) {
        for (field, text) in said {
            let field = usize::from(field);
            self.0.resize(lifecycle.data().len(), None);
            let key = &lifecycle.data()[field].key;
            let merged = match &self.0[field] {
                Some(known) => {
                    let is_new = !key.is_empty() && !known.is_known_as(&text) && **known != *text;
                    is_new.then(|| merge_lists(known, &text, key)).flatten()
                }
                None => None,
            };
            self.0[field] = Some(merged.map_or(text, T::from));
        }
    }

    /// The known values by their fields, borrowed.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u16, &str)> {
        (0..).zip(&self.0).filter_map(|(field, value)| Some((field, &**value.as_ref()?)))
    }

    /// The known values with their names, as the definition lists them.
    pub(crate) fn named(self, lifecycle: &Lifecycle) -> impl Iterator<Item = (&str, T)> {
        self.values().map(|(field, value)| (&*lifecycle.data()[usize::from(field)].name, value))
    }

    /// The known values by their fields, as the definition lists them.
    pub(crate) fn values(self) -> impl Iterator<Item = (u16, T)> {
        (0..).zip(self.0).filter_map(|(field, value)| Some((field, value?)))
    }
}

/// Lists that would be longer than this are replaced, not merged.
const LIST_LEN_MAX: usize = 500;

/// Merges two lists item by item. Items are the same where the members of the key agree; one that is
/// null or absent agrees with any, as long as that leaves only one item. `None` for lists that are too long.
fn merge_lists(known: &str, text: &str, key: &[String]) -> Option<String> {
    let parsed = |text: &str| match serde_json::from_str(text) {
        Ok(Value::Array(items)) => Some(items),
        _ => None,
    };
    let Some(added) = parsed(text) else { return Some(known.to_owned()) };
    let mut items: Vec<Value> = parsed(known).unwrap_or_default();
    if items.len() + added.len() > LIST_LEN_MAX {
        return None;
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
    Some(Value::Array(items).to_string())
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
