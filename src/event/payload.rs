//! A payload, and the names in it: of assets, events and kinds, each as it was written.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::{EventError, NAME_LEN_MAX, error::json_error, form};
use crate::lifecycle::{Json, Locator, Pointer};

/// What one event, or several, are read from.
pub(super) struct Payload<'a> {
    pub(super) json: Json<'a>,
    pub(super) form: bool,
    /// The document that it was read from.
    text: &'a str,
    /// It is the member `body` of that document.
    is_body: bool,
}

impl<'a> Payload<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, EventError> {
        let malformed = |reason| EventError::Malformed { reason };
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
        let Some(first) = body.first() else { return Err(malformed("empty".to_owned())) };
        let text = std::str::from_utf8(body)
            .map_err(|error| malformed(format!("not UTF-8 after byte {}", error.valid_up_to())))?;
        let json = serde_json::from_str(text).map(|value| (value, false));
        let (json, form) = match first {
            b'{' | b'[' | b'"' => json.map_err(|error| malformed(json_error(&error))),
            _ => json.or_else(|_| form::parse(text).map(|value| (value, true)).map_err(malformed)),
        }?;
        Ok(Self { json, form, text, is_body: false })
    }

    /// What is under `body` in the record of a delivery that was read as a payload.
    pub(super) fn of_record(self, body: Json<'a>) -> Self {
        Self { json: body, form: false, is_body: true, ..self }
    }

    /// The string or the number that a pointer leads to.
    pub(super) fn word(&self, pointer: &Pointer) -> Option<String> {
        match pointer.find(&self.json)? {
            // What was read of it may have lost digits.
            Json::Number(number) if number.is_f64() => self.written(pointer).map(str::to_owned),
            value => word_of(value),
        }
    }

    /// The first string or number that the pointers lead to.
    pub(super) fn name(
        &self,
        pointers: &[Pointer],
        what: &'static str,
    ) -> Result<Option<String>, EventError> {
        match pointers.iter().find_map(|pointer| self.word(pointer)) {
            Some(name) if name.len() > NAME_LEN_MAX => {
                Err(EventError::TooLarge { what, len: name.len(), len_max: NAME_LEN_MAX })
            }
            name => Ok(name),
        }
    }

    pub(super) fn name_at(
        &self,
        locators: &[Locator],
        what: &'static str,
    ) -> Result<Option<String>, EventError> {
        let pointers: Vec<_> = locators.iter().filter_map(Locator::pointer).cloned().collect();
        self.name(&pointers, what)
    }

    /// The text of the value that a pointer leads to. It reads the document once more: few names are such numbers.
    fn written(&self, pointer: &Pointer) -> Option<&'a str> {
        let names = self.is_body.then_some("body").into_iter();
        let mut at = self.text;
        for name in names.chain(pointer.tokens().iter().map(|token| &**token)) {
            let inside: &RawValue = if at.starts_with('[') {
                let items: Vec<&RawValue> = serde_json::from_str(at).ok()?;
                items.get(name.parse::<usize>().ok()?).copied()?
            } else {
                let members: HashMap<String, &RawValue> = serde_json::from_str(at).ok()?;
                members.get(name).copied()?
            };
            at = inside.get();
        }
        Some(at)
    }
}

/// A string or an integer as a word.
pub(super) fn word_of(value: &Json<'_>) -> Option<String> {
    match value {
        Json::String(text) if !text.is_empty() => Some(text.clone().into_owned()),
        Json::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}
