//! The parameters of a question, each of them checked.

use std::{borrow::Cow, collections::BTreeMap, ops::RangeInclusive};

use axum::http::Uri;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use xxhash_rust::xxh3::xxh3_64;

use super::problem::Problem;
use crate::{
    event::unescaped,
    fold::{Code, Severity},
    lifecycle::{Catalog, Lifecycle},
    time::Timestamp,
};

/// How many items a page has at the most.
const LIMIT_MAX: u64 = 1_000;
/// How many it has unless said otherwise.
const LIMIT: u64 = 100;
/// Values are no longer than this, nor are unknown words told back that are.
const VALUE_LEN_MAX: usize = 2_048;

/// What stands behind the question mark.
pub(super) struct Query {
    /// By name, in an order of their own.
    values: BTreeMap<String, String>,
    /// What the cursors of this question are told from others by.
    question: u64,
}

impl Query {
    /// The parameters, of these names only and each but once.
    pub(super) fn read(uri: &Uri, known: &[&str]) -> Result<Self, Problem> {
        let mut values = BTreeMap::new();
        let parts = uri.query().unwrap_or_default().split('&');
        for part in parts.filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let name = unescaped(name).map_or_else(|| name.to_owned(), Cow::into_owned);
            if !known.contains(&name.as_str()) {
                let name: String = name.chars().take(64).collect();
                let detail = format!("there is no parameter `{name}` here");
                return Err(Problem::of(&name, detail).possible(known.iter().copied()));
            }
            let value = unescaped(value)
                .map(Cow::into_owned)
                .ok_or_else(|| Problem::of(&name, "not UTF-8"))?;
            if value.len() > VALUE_LEN_MAX {
                let detail = format!("longer than {VALUE_LEN_MAX} bytes");
                return Err(Problem::of(&name, detail));
            }
            if values.insert(name.clone(), value).is_some() {
                return Err(Problem::of(&name, "given more than once"));
            }
        }
        let mut question = uri.path().to_owned();
        for (name, value) in &values {
            if name != "cursor" && name != "limit" {
                question += &format!("&{name}={}:{value}", value.len());
            }
        }
        Ok(Self { values, question: xxh3_64(question.as_bytes()) })
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    pub(super) fn number(
        &self,
        name: &str,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u64>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        number(name, text, range).map(Some)
    }

    pub(super) fn limit(&self) -> Result<usize, Problem> {
        let limit = self.number("limit", 1..=LIMIT_MAX)?;
        // It is at most a thousand.
        Ok(limit.unwrap_or(LIMIT) as usize)
    }

    /// A word that is there or not.
    pub(super) fn is_set(&self, name: &str, words: &[&str]) -> Result<bool, Problem> {
        match self.text(name) {
            None => Ok(false),
            Some(word) if words.contains(&word) => Ok(true),
            Some(_) => {
                let detail = format!("`{name}` is left out or `true`");
                Err(Problem::of(name, detail).possible(["true"]))
            }
        }
    }

    pub(super) fn time(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        let time = self.text(name).map(|text| {
            let form = "a time is written like 2026-01-31T09:30:00Z, with the offset, and lies between 1970 and 2262";
            let is_number = text.parse::<i64>().is_ok();
            let time = text.parse().ok().filter(|_| !is_number);
            time.ok_or_else(|| Problem::of(name, form))
        });
        time.transpose()
    }

    pub(super) fn entity<'c>(
        &self,
        catalog: &'c Catalog,
    ) -> Result<Option<&'c Lifecycle>, Problem> {
        let Some(entity) = self.text("entity") else { return Ok(None) };
        let found = catalog.lifecycle(entity);
        let entities = || catalog.lifecycles().map(Lifecycle::entity);
        let none = || Problem::of("entity", "there is no such entity").possible(entities());
        found.map(Some).ok_or_else(none)
    }

    /// A word that some lifecycle has, or that of the entity if there is one.
    pub(super) fn word_of(
        &self,
        name: &str,
        catalog: &Catalog,
        entity: Option<&Lifecycle>,
        words: impl Fn(&Lifecycle) -> Vec<String>,
    ) -> Result<Option<String>, Problem> {
        let Some(word) = self.text(name) else { return Ok(None) };
        let of = |own: Option<&Lifecycle>| -> Vec<String> {
            let mut known = match own {
                Some(lifecycle) => words(lifecycle),
                None => catalog.lifecycles().flat_map(&words).collect(),
            };
            known.sort();
            known.dedup();
            known
        };
        let is_known = |known: &[String]| known.iter().any(|known| known == word);
        let (own, all) = (of(entity), of(None));
        match entity {
            _ if is_known(&own) => Ok(Some(word.to_owned())),
            Some(entity) if is_known(&all) => {
                let detail = format!("{} has no such {name}", entity.entity());
                Err(Problem::none_of(name, detail).possible(own))
            }
            _ => Err(Problem::of(name, format!("there is no such {name}")).possible(own)),
        }
    }

    /// The code of a finding, which may be given by its name.
    pub(super) fn code(&self, name: &str) -> Result<Option<Code>, Problem> {
        let Some(word) = self.text(name) else { return Ok(None) };
        let found = Code::ALL.iter().find(|code| code.code() == word || code.name() == word);
        let codes = || Code::ALL.iter().map(|code| code.code());
        let none = || Problem::of(name, "there is no such finding").possible(codes());
        found.map(|code| Some(*code)).ok_or_else(none)
    }

    /// A severity, of those that a finding that is kept may have.
    pub(super) fn severity(&self, name: &str) -> Result<Option<Severity>, Problem> {
        let Some(word) = self.text(name) else { return Ok(None) };
        let all = [Severity::Info, Severity::Warning, Severity::Error];
        let names = || all.iter().map(|own| own.name());
        let none = || Problem::of(name, "there is no such severity").possible(names());
        all.into_iter().find(|own| own.name() == word).map(Some).ok_or_else(none)
    }

    /// Where the page begins, as the store says it.
    pub(super) fn cursor(&self) -> Result<Option<String>, Problem> {
        let Some(cursor) = self.text("cursor") else { return Ok(None) };
        let is_one = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if cursor.is_empty() || !cursor.bytes().all(is_one) {
            return Err(Problem::of("cursor", "a cursor is letters, digits, `-` and `_`"));
        }
        let none = || Problem::none_of("cursor", "this is the cursor of no page of this question");
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).map_err(|_| none())?;
        let (question, inner) = bytes.split_first_chunk::<8>().ok_or_else(none)?;
        if u64::from_le_bytes(*question) != self.question {
            return Err(none());
        }
        String::from_utf8(inner.to_vec()).map(Some).map_err(|_| none())
    }

    /// The cursor of the next page, as it is given out.
    pub(super) fn next(&self, inner: Option<String>) -> Option<String> {
        let bytes = |inner: String| [&self.question.to_le_bytes(), inner.as_bytes()].concat();
        inner.map(|inner| BASE64_URL_SAFE_NO_PAD.encode(bytes(inner)))
    }
}

/// A number within bounds, in digits only.
pub(super) fn number(name: &str, text: &str, range: RangeInclusive<u64>) -> Result<u64, Problem> {
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| is_digits && range.contains(number));
    let (low, high) = (range.start(), range.end());
    let form = || format!("`{name}` is a number from {low} to {high}");
    number.ok_or_else(|| Problem::of(name, form()))
}
