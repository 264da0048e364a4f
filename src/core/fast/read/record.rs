//! Records of deliveries, `{"provider":…,"received_at":…,"body":…}`: what stands around a payload.

use super::{
    Fact, FastReader,
    value::{time, unescaped},
    wanted::{Type, skip},
};
use crate::{
    lifecycle::{Catalog, Provider},
    scan::{Level, Scanner, Tokens},
    time::Timestamp,
};

/// What is known of a payload besides what it says itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RecordEnvelope<'c> {
    /// The delivery's number.
    pub(super) number: u64,
    pub(super) received_at: Option<Timestamp>,
    /// Who sent it, if that was said.
    pub(super) provider: Option<&'c Provider>,
    pub(super) context: PlanKey,
}

/// What payloads must have in common to be read in the same way, besides their own tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PlanKey {
    /// The token of its line that the payload begins with; `u16::MAX` if it is kept as text, and has tokens of its own.
    first: u16,
    /// The number of the provider that a record names, from 1; 0 if none does.
    provider: u16,
}

impl RecordEnvelope<'_> {
    /// The same of a payload that stands as text in its line.
    pub(super) fn within_text(self) -> Self {
        let context = PlanKey { first: u16::MAX, ..self.context };
        Self { context, ..self }
    }
}

/// A record, and the tokens of its body.
pub(super) struct RecordedDelivery<'c> {
    pub(super) about: RecordEnvelope<'c>,
    pub(super) first: usize,
    pub(super) end: usize,
}

impl<'c> RecordedDelivery<'c> {
    /// Reads what stands around the body of a record, as the general reader does; `None` if the line is no record, or one
    /// with something out of the ordinary. `asks_around`: which of the catalog's providers look at headers or the query.
    pub(super) fn of(
        tokens: &Tokens<'_>,
        catalog: &'c Catalog,
        asks_around: &[bool],
        number: u64,
    ) -> Option<Self> {
        let kinds = tokens.kinds;
        let [mut provider, mut received_at, mut body] = [None; 3];
        let mut has_around = false;
        let mut token = 1;
        while kinds[token] == b'"' {
            if tokens.is_escaped(token) {
                return None;
            }
            let value = token + 2;
            let part = match tokens.string(token) {
                b"provider" => Some(&mut provider),
                b"received_at" => Some(&mut received_at),
                b"body" => Some(&mut body),
                b"headers" | b"query" => {
                    has_around = true;
                    None
                }
                _ => None,
            };
            token = value;
            skip(kinds, &mut token);
            if let Some(part) = part
                && part.replace((value, token)).is_some()
            {
                return None;
            }
            token += usize::from(kinds[token] == b',');
        }
        let (first, end) = body?;
        provider.or(received_at)?;
        let mut about = RecordEnvelope { number, ..RecordEnvelope::default() };
        about.context.first = first as u16;
        let is_null = |value: usize| kinds[value] == b't' && tokens.byte(value) == b'n';
        if let Some((value, _)) = provider.filter(|(value, _)| !is_null(*value)) {
            if kinds[value] != b'"' || tokens.is_escaped(value) {
                return None;
            }
            let name = tokens.inner(value);
            let mut known = (1..).zip(catalog.providers());
            let (at, provider) = known.find(|(_, provider)| provider.name() == name)?;
            (about.context.provider, about.provider) = (at, Some(provider));
        }
        // What definitions name of them, the general reader finds.
        let asks = match usize::from(about.context.provider).checked_sub(1) {
            Some(at) => asks_around[at],
            None => asks_around.contains(&true),
        };
        if has_around && asks {
            return None;
        }
        if let Some((value, _)) = received_at.filter(|(value, _)| !is_null(*value)) {
            let of = match kinds[value] {
                b'"' if !tokens.is_escaped(value) => Type::String,
                b'0' => Type::Number,
                _ => return None,
            };
            about.received_at = Some(time(tokens.inner(value), of, None)?);
        }
        Some(Self { about, first, end })
    }
}

impl<'c> FastReader<'c> {
    /// Reads the payload within a record, as [`FastReader::read_line`] does.
    pub(super) fn read_record(
        &mut self,
        tokens: &Tokens<'_>,
        record: &RecordedDelivery<'c>,
        each: &mut impl FnMut(&Fact<'_>),
    ) -> Option<&'c Provider> {
        let RecordedDelivery { about, first, end } = *record;
        match tokens.kinds[first] {
            b'{' => self.read_payload(&tokens.part(first, end), about, each),
            b'"' => {
                let mut buffer = std::mem::take(&mut self.body);
                let text = text(tokens, first, &mut buffer).trim_ascii();
                let read = self.read_text(text, about, each);
                self.body = buffer;
                read
            }
            _ => None,
        }
    }

    /// Reads a payload that is kept as text.
    fn read_text(
        &mut self,
        text: &[u8],
        about: RecordEnvelope<'c>,
        each: &mut impl FnMut(&Fact<'_>),
    ) -> Option<&'c Provider> {
        if text.first() != Some(&b'{') {
            return self.read_form(text, about, each);
        }
        if memchr::memchr(b'\n', text).is_some() {
            return None;
        }
        let scanner = self.within.take();
        let mut scanner = scanner.unwrap_or_else(|| Scanner::new(Level::detect()).into());
        let (about, mut read) = (about.within_text(), None);
        scanner.scan(text, |line| {
            read = line.tokens.and_then(|tokens| self.read_payload(&tokens, about, each));
        });
        self.within = Some(scanner);
        read
    }
}

/// What the string at a token says.
pub(super) fn text<'a>(tokens: &Tokens<'a>, token: usize, buffer: &'a mut Vec<u8>) -> &'a [u8] {
    if !tokens.is_escaped(token) {
        return tokens.string(token);
    }
    buffer.clear();
    if !tokens.unescape(token, buffer) {
        buffer.clear();
        buffer.extend_from_slice(unescaped(tokens, token).as_bytes());
    }
    buffer
}
