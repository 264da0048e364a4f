//! Reading TOML values of the kind that is expected, or noting what was found instead.

use std::collections::HashMap;

use toml_span::{
    Span, Spanned, Value,
    value::{Table, ValueInner},
};

use super::{
    pointer::Pointer,
    problem::{Notes, ProblemKind},
    spelling::closest,
};

/// A name, and where it stands.
pub(crate) type SpannedName = Spanned<String>;

pub(super) struct TomlReader<'a> {
    pub(super) notes: Notes<'a>,
    /// Keys that are mistyped, by where they begin, and what they are meant to be: one mistake is one problem.
    meant: HashMap<usize, &'static str>,
}

impl<'a> TomlReader<'a> {
    pub(super) fn new(notes: Notes<'a>) -> Self {
        Self { notes, meant: HashMap::new() }
    }

    /// How many problems there are for which something could not be read.
    pub(super) fn lost(&self) -> usize {
        self.notes.problems.len() - self.meant.len()
    }

    /// The value of a key, also of one that is mistyped.
    pub(super) fn get<'t, 'v>(&self, table: &'t Table<'v>, key: &str) -> Option<&'t Value<'v>> {
        let meant = |start: usize| self.meant.get(&start).is_some_and(|meant| *meant == key);
        table.get(key).or_else(|| {
            let mut others = table.iter().filter(|_| !self.meant.is_empty());
            others.find(|(key, _)| meant(key.span.start)).map(|(_, value)| value)
        })
    }

    pub(super) fn section<T>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        mut read: impl FnMut(&mut Self, SpannedName, &Value<'_>) -> Option<T>,
    ) -> Vec<T> {
        let Some(section) = self.get(table, key).and_then(|value| self.table(value)) else {
            return Vec::new();
        };
        in_order(section).filter_map(|(name, value)| read(self, name, value)).collect()
    }

    pub(super) fn known(&mut self, table: &Table<'_>, keys: &[&'static str]) {
        for (key, _) in in_order(table) {
            if !keys.contains(&key.value.as_str()) {
                let message = format!("unknown key `{}`", key.value);
                let near = keys
                    .iter()
                    .find(|own| closest(&key.value, keys.iter().copied()) == Some(**own));
                let help = match near {
                    Some(near) => {
                        self.meant.insert(key.span.start, *near);
                        format!("did you mean `{near}`?")
                    }
                    None => format!("expected one of {}", keys.join(", ")),
                };
                self.notes.report(ProblemKind::UnknownField, key.span, message, help);
            }
        }
    }

    pub(super) fn required<'t, 'v>(
        &mut self,
        table: &'t Table<'v>,
        section: &str,
        key: &str,
        span: Span,
    ) -> Option<&'t Value<'v>> {
        let value = self.get(table, key);
        if value.is_none() {
            self.notes.invalid(
                span,
                format!("{section} without `{key}`"),
                format!("expected `{key} = …`"),
            );
        }
        value
    }

    pub(super) fn wanted(&mut self, value: &Value<'_>, expected: &str) {
        let found = kind_of(value);
        let message = format!("found {found}");
        self.notes.invalid(value.span, message, format!("expected {expected}"));
    }

    pub(super) fn table<'t, 'v>(&mut self, value: &'t Value<'v>) -> Option<&'t Table<'v>> {
        let table = value.as_table();
        if table.is_none() {
            self.wanted(value, "a table");
        }
        table
    }

    pub(super) fn string(&mut self, value: &Value<'_>) -> Option<SpannedName> {
        match value.as_str() {
            Some(text) if !text.is_empty() => Some(Spanned::with_span(text.to_owned(), value.span)),
            Some(_) => {
                let message = "an empty string";
                self.notes.invalid(value.span, message, "expected some text");
                None
            }
            None => {
                self.wanted(value, "a string");
                None
            }
        }
    }

    pub(super) fn optional(&mut self, table: &Table<'_>, key: &str) -> Option<String> {
        self.string(self.get(table, key)?).map(|text| text.value)
    }

    pub(super) fn word<'w>(&mut self, value: &Value<'_>, words: &[&'w str]) -> Option<&'w str> {
        let found = words.iter().find(|word| value.as_str() == Some(word));
        if found.is_none() {
            let message = match value.as_str() {
                Some(text) => format!("found `{text}`"),
                None => format!("found {}", kind_of(value)),
            };
            let help = format!("expected one of {}", words.join(", "));
            self.notes.invalid(value.span, message, help);
        }
        found.copied()
    }

    pub(super) fn flag_value(&mut self, table: &Table<'_>, key: &str) -> bool {
        let Some(value) = self.get(table, key) else { return false };
        value.as_bool().unwrap_or_else(|| {
            self.wanted(value, "true or false");
            false
        })
    }

    pub(super) fn names(&mut self, table: &Table<'_>, key: &str) -> Vec<SpannedName> {
        self.get(table, key).map_or_else(Vec::new, |value| self.name_list(value))
    }

    pub(super) fn name_list(&mut self, value: &Value<'_>) -> Vec<SpannedName> {
        match value.as_array() {
            Some(items) => items.iter().filter_map(|item| self.string(item)).collect(),
            None => self.string(value).into_iter().collect(),
        }
    }

    pub(super) fn pointers(&mut self, table: &Table<'_>, key: &str) -> Vec<Pointer> {
        self.get(table, key).map_or_else(Vec::new, |value| self.pointer_list(value))
    }

    pub(super) fn pointer_list(&mut self, value: &Value<'_>) -> Vec<Pointer> {
        self.name_list(value).iter().filter_map(|text| self.pointer(text)).collect()
    }

    pub(super) fn pointer(&mut self, text: &SpannedName) -> Option<Pointer> {
        let pointer = Pointer::parse(&text.value);
        if pointer.as_ref().is_some_and(|own| own.tokens().iter().any(|token| **token == *"*")) {
            let message = format!("`*` stands for nothing in `{}`", text.value);
            let help = "expected names and indexes; `unwrap` reads each item of a list";
            self.notes.invalid(text.span, message, help);
            return None;
        }
        if pointer.is_none() {
            let message = format!("`{}` is not a JSON pointer", text.value);
            let help = format!("expected `/{}`", text.value.replace('.', "/"));
            self.notes.invalid(text.span, message, help);
        }
        pointer
    }
}

fn kind_of(value: &Value<'_>) -> &'static str {
    match value.as_ref() {
        ValueInner::String(_) => "a string",
        ValueInner::Integer(_) => "an integer",
        ValueInner::Float(_) => "a number",
        ValueInner::Boolean(_) => "true or false",
        ValueInner::Array(_) => "a list",
        ValueInner::Table(_) => "a table",
    }
}

/// The members of a table as they stand in the file.
pub(super) fn in_order<'t, 'v>(
    table: &'t Table<'v>,
) -> impl Iterator<Item = (SpannedName, &'t Value<'v>)> {
    let mut members: Vec<_> = table.iter().collect();
    members.sort_by_key(|(key, _)| key.span.start);
    members
        .into_iter()
        .map(|(key, value)| (Spanned::with_span(key.name.clone().into_owned(), key.span), value))
}
