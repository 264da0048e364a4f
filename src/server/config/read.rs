//! Reading `mediafold.toml`: values of the kind that is expected, or a problem with its line.

use std::{fmt, path::PathBuf, time::Duration};

use toml_span::{
    Span, Value,
    value::{Key, Table, ValueInner},
};

use crate::lifecycle::closest;

/// Where what is missing would stand.
pub(super) const START: Span = Span { start: 0, end: 0 };

/// One thing that is wrong with a configuration, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigProblem {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1; 0 where it is not in the file, but in the environment.
    pub line: usize,
    /// What is wrong. Says nothing of a secret but where it stands.
    pub message: String,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.message),
            line => write!(f, "{}:{line}: {}", self.path.display(), self.message),
        }
    }
}

/// A table of the file, and what was wrong with the file so far.
pub(super) struct ConfigReader<'a> {
    pub(super) path: PathBuf,
    pub(super) text: &'a str,
    pub(super) problems: Vec<ConfigProblem>,
}

impl ConfigReader<'_> {
    pub(super) fn report(&mut self, span: Span, message: impl Into<String>) {
        let before = &self.text.as_bytes()[..span.start.min(self.text.len())];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        self.problems.push(ConfigProblem {
            path: self.path.clone(),
            line,
            message: message.into(),
        });
    }

    /// A problem of something that is not in the file.
    pub(super) fn report_outside(&mut self, message: String) {
        self.problems.push(ConfigProblem { path: self.path.clone(), line: 0, message });
    }

    pub(super) fn parse<'t>(&mut self, text: &'t str) -> Option<Value<'t>> {
        match toml_span::parse(text) {
            Ok(root) => Some(root),
            Err(error) => {
                self.report(error.span, format!("not TOML: {error}"));
                None
            }
        }
    }

    /// Reports keys that are none of these.
    pub(super) fn known(&mut self, table: &Table<'_>, keys: &[&str]) {
        for (key, _) in in_order(table) {
            let name: &str = &key.name;
            if !keys.contains(&name) {
                let help = match closest(name, keys.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("expected one of {}", keys.join(", ")),
                };
                self.report(key.span, format!("unknown key `{name}`; {help}"));
            }
        }
    }

    fn wanted(&mut self, value: &Value<'_>, expected: &str) {
        // The value is not repeated: it may be a secret in the wrong place.
        let found = kind_of(value);
        self.report(value.span, format!("found {found}, expected {expected}"));
    }

    pub(super) fn table<'t, 'v>(&mut self, value: &'t Value<'v>) -> Option<&'t Table<'v>> {
        let table = value.as_table();
        if table.is_none() {
            self.wanted(value, "a table");
        }
        table
    }

    pub(super) fn section<'t, 'v>(
        &mut self,
        table: &'t Table<'v>,
        key: &str,
    ) -> Option<&'t Table<'v>> {
        table.get(key).and_then(|value| self.table(value))
    }

    pub(super) fn string<'t>(&mut self, value: &'t Value<'_>) -> Option<&'t str> {
        let text = value.as_str().filter(|text| !text.is_empty());
        if text.is_none() {
            self.wanted(value, "some text");
        }
        text
    }

    pub(super) fn optional<'t>(&mut self, table: &'t Table<'_>, key: &str) -> Option<&'t str> {
        table.get(key).and_then(|value| self.string(value))
    }

    /// One string, or a list of them.
    pub(super) fn strings<'t>(&mut self, table: &'t Table<'_>, key: &str) -> Vec<&'t str> {
        let Some(value) = table.get(key) else { return Vec::new() };
        match value.as_array() {
            Some(items) => items.iter().filter_map(|item| self.string(item)).collect(),
            None => self.string(value).into_iter().collect(),
        }
    }

    pub(super) fn flag(&mut self, table: &Table<'_>, key: &str) -> bool {
        let Some(value) = table.get(key) else { return false };
        value.as_bool().unwrap_or_else(|| {
            self.wanted(value, "true or false");
            false
        })
    }

    pub(super) fn duration(&mut self, table: &Table<'_>, key: &str, default: Duration) -> Duration {
        let Some(value) = table.get(key) else { return default };
        let parsed = value.as_str().ok_or("a duration, such as \"10s\"");
        match parsed.and_then(crate::time::parse_duration) {
            Ok(duration) => duration,
            Err(expected) => {
                self.wanted(value, expected);
                default
            }
        }
    }

    /// How long something is kept or tried: a duration, or days.
    pub(super) fn age(&mut self, table: &Table<'_>, key: &str) -> Option<Duration> {
        let value = table.get(key)?;
        let parsed = value.as_str().and_then(age_of);
        if parsed.is_none() {
            self.wanted(value, "how long, such as \"30d\" or \"12h\"");
        }
        parsed
    }

    /// A whole number of these bounds.
    pub(super) fn number(
        &mut self,
        table: &Table<'_>,
        key: &str,
        bounds: std::ops::RangeInclusive<u32>,
    ) -> Option<u32> {
        let value = table.get(key)?;
        let number = value.as_integer().and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| bounds.contains(number));
        if number.is_none() {
            let (least, most) = bounds.into_inner();
            self.wanted(value, &format!("a whole number from {least} to {most}"));
        }
        number
    }

    /// Bytes: a number of them, or a text such as `512 KiB` or `1MiB`.
    pub(super) fn size(
        &mut self,
        table: &Table<'_>,
        key: &str,
        default: usize,
        most: usize,
    ) -> usize {
        let Some(value) = table.get(key) else { return default };
        let bytes = match value.as_str() {
            Some(text) => size_of(text),
            None => value.as_integer().and_then(|bytes| usize::try_from(bytes).ok()),
        };
        bytes.filter(|bytes| (1..=most).contains(bytes)).unwrap_or_else(|| {
            let expected = format!("bytes up to {}, such as 65536 or \"1 MiB\"", human_size(most));
            self.wanted(value, &expected);
            default
        })
    }
}

fn age_of(text: &str) -> Option<Duration> {
    match text.strip_suffix('d') {
        Some(days) => {
            let days = days.trim().parse::<u32>().ok().filter(|days| *days > 0)?;
            Some(Duration::from_secs(u64::from(days) * 86_400))
        }
        None => crate::time::parse_duration(text).ok(),
    }
}

fn size_of(text: &str) -> Option<usize> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let unit = match unit.trim() {
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.parse::<usize>().ok()?.checked_mul(unit)
}

/// Bytes for people, as the configuration takes them.
pub(super) fn human_size(bytes: usize) -> String {
    match bytes {
        _ if bytes >= 1 << 20 && bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        _ if bytes >= 1 << 10 && bytes.is_multiple_of(1 << 10) => format!("{} KiB", bytes >> 10),
        _ => format!("{bytes} bytes"),
    }
}

fn kind_of(value: &Value<'_>) -> &'static str {
    match value.as_ref() {
        ValueInner::String(text) if text.is_empty() => "an empty text",
        ValueInner::String(_) => "a text",
        ValueInner::Integer(_) => "a number",
        ValueInner::Float(_) => "a fraction",
        ValueInner::Boolean(_) => "true or false",
        ValueInner::Array(_) => "a list",
        ValueInner::Table(_) => "a table",
    }
}

/// The members of a table as they stand in the file.
pub(super) fn in_order<'t, 'v>(
    table: &'t Table<'v>,
) -> impl Iterator<Item = (&'t Key<'v>, &'t Value<'v>)> {
    let mut members: Vec<_> = table.iter().collect();
    members.sort_by_key(|(key, _)| key.span.start);
    members.into_iter()
}
