//! Payload templates: the text of a body with placeholders, cut into pieces once and then only written.

use std::{fmt::Write, sync::Arc};

use jiff::fmt::temporal::DateTimePrinter;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::dice::{Dice, mixed};
use crate::time::Timestamp;

/// What a form leaves as it is.
const KEPT_IN_FORMS: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'*');

/// How deep parts may lie in parts.
const DEPTH_MAX: usize = 8;

/// A body to be filled in.
#[derive(Clone, Debug, Default)]
pub(super) struct Template {
    pieces: Vec<TemplatePiece>,
    form: bool,
    pub(super) uses_parent: bool,
}

#[derive(Clone, Debug)]
enum TemplatePiece {
    Text(Box<str>),
    Field(Field),
    /// Once for each attempt before this one, with commas between.
    EachAttempt(Template),
}

#[derive(Clone, Debug)]
struct Field {
    what: TemplateValue,
    scope: Scope,
    /// It stands for a whole JSON value and brings its own quotes, or is `null`.
    whole: bool,
}

/// How long a random value stays the same.
#[derive(Clone, Copy, Debug)]
enum Scope {
    Event,
    Asset(u64),
    Simulation(u64),
}

#[derive(Clone, Debug)]
enum TemplateValue {
    Id,
    EventId,
    Time(u8),
    Epoch(i64),
    Kind,
    Status,
    State,
    Parent,
    Percent,
    Sequence,
    Elapsed,
    Attempt,
    Uuid,
    Hex(usize),
    Base64(usize),
    Int(i64, i64),
    Pick(Vec<Box<str>>),
}

/// What fills a template in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filling<'a> {
    pub(super) id: &'a str,
    pub(super) kind: &'a str,
    pub(super) status: Option<&'a str>,
    pub(super) state: &'a str,
    pub(super) parent: Option<&'a str>,
    pub(super) time: Timestamp,
    pub(super) born: Timestamp,
    pub(super) percent: u8,
    pub(super) sequence: u32,
    /// 1 is the first.
    pub(super) attempt: u32,
    pub(super) seed: u64,
    pub(super) asset_seed: u64,
    pub(super) simulation_seed: u64,
}

/// A part of a template by its name.
pub(super) type TemplateParts<'a> = &'a dyn Fn(&str) -> Option<Arc<str>>;

impl Template {
    /// Compiles a body given as JSON text; a form is given as an object of strings.
    pub(super) fn compile(
        text: &str,
        form: bool,
        parts: TemplateParts<'_>,
    ) -> Result<Self, String> {
        let mut template = Self { pieces: Vec::new(), form, uses_parent: false };
        if form {
            let Fields(members) = serde_json::from_str(text).map_err(|error| error.to_string())?;
            for (index, (name, value)) in members.iter().enumerate() {
                let between = if index > 0 { "&" } else { "" };
                template.text(&format!("{between}{}=", encoded(name)));
                template.string(value, &|text| encoded(text), false)?;
            }
        } else {
            template.json(text, parts, 0)?;
        }
        Ok(template)
    }

    /// Compiles a single string, such as an id.
    pub(super) fn compile_string(text: &str) -> Result<Self, String> {
        let mut template = Self::default();
        template.string(text, &str::to_owned, false)?;
        Ok(template)
    }

    fn text(&mut self, text: &str) {
        if let Some(TemplatePiece::Text(last)) = self.pieces.last_mut() {
            *last = format!("{last}{text}").into();
        } else {
            self.pieces.push(TemplatePiece::Text(text.into()));
        }
    }

    fn json(&mut self, text: &str, parts: TemplateParts<'_>, depth: usize) -> Result<(), String> {
        if depth > DEPTH_MAX {
            return Err("parts lie in one another without end".to_owned());
        }
        let mut rest = text;
        while let Some(at) = rest.find('"') {
            self.text(&rest[..at].split_ascii_whitespace().collect::<String>());
            let inside = &rest[at + 1..];
            let end = string_end(inside).ok_or("a string has no end")?;
            self.json_string(&inside[..end], parts, depth)?;
            rest = &inside[end + 1..];
        }
        self.text(&rest.split_ascii_whitespace().collect::<String>());
        Ok(())
    }

    fn json_string(
        &mut self,
        text: &str,
        parts: TemplateParts<'_>,
        depth: usize,
    ) -> Result<(), String> {
        let named = |name: &str| parts(name).ok_or_else(|| format!("there is no part `{name}`"));
        match whole(text) {
            Some(inner) => {
                if let Some(name) = inner.strip_prefix("part:") {
                    return self.json(&named(name)?, parts, depth + 1);
                }
                if let Some(name) = inner.strip_prefix("attempts:") {
                    let mut each = Self::default();
                    each.json(&named(name)?, parts, depth + 1)?;
                    self.pieces.push(TemplatePiece::EachAttempt(each));
                    return Ok(());
                }
                self.string(text, &str::to_owned, true)
            }
            None => {
                self.text("\"");
                self.string(text, &str::to_owned, false)?;
                self.text("\"");
                Ok(())
            }
        }
    }

    fn string(
        &mut self,
        text: &str,
        literal: &dyn Fn(&str) -> String,
        whole: bool,
    ) -> Result<(), String> {
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            if at > 0 {
                self.text(&literal(&rest[..at]));
            }
            let inner = &rest[at + 2..];
            let end = inner.find('}').ok_or_else(|| format!("`{text}` has no closing brace"))?;
            let field = field(&inner[..end], whole)?;
            self.uses_parent |= matches!(field.what, TemplateValue::Parent);
            self.pieces.push(TemplatePiece::Field(field));
            rest = &inner[end + 1..];
        }
        if !rest.is_empty() {
            self.text(&literal(rest));
        }
        Ok(())
    }

    /// Writes the body.
    pub(super) fn render(&self, filling: &Filling<'_>, out: &mut Vec<u8>) {
        self.write(filling, &mut Dice::new(filling.seed), out);
    }

    fn write(&self, filling: &Filling<'_>, dice: &mut Dice, out: &mut Vec<u8>) {
        let mut value = String::new();
        for piece in &self.pieces {
            match piece {
                TemplatePiece::Text(text) => out.extend_from_slice(text.as_bytes()),
                TemplatePiece::EachAttempt(each) => {
                    for attempt in 1..filling.attempt {
                        if attempt > 1 {
                            out.push(b',');
                        }
                        let mut own = Dice::new(mixed(filling.seed, u64::from(attempt)));
                        each.write(&Filling { attempt, ..*filling }, &mut own, out);
                    }
                }
                TemplatePiece::Field(field) => {
                    value.clear();
                    let known = field.value(filling, dice, &mut value);
                    match (field.whole, known) {
                        (true, false) => out.extend_from_slice(b"null"),
                        (true, true) if field.what.is_number() => {
                            out.extend_from_slice(value.as_bytes());
                        }
                        (true, true) => {
                            out.push(b'"');
                            write_json_text(&value, out);
                            out.push(b'"');
                        }
                        (false, _) if self.form => {
                            for part in utf8_percent_encode(&value, KEPT_IN_FORMS) {
                                out.extend_from_slice(part.as_bytes());
                            }
                        }
                        (false, _) => write_json_text(&value, out),
                    }
                }
            }
        }
    }

    /// Writes a template that is a single string.
    pub(super) fn render_string(&self, filling: &Filling<'_>) -> String {
        let mut out = Vec::new();
        self.render(filling, &mut out);
        String::from_utf8(out).unwrap_or_default()
    }
}

impl TemplateValue {
    fn is_number(&self) -> bool {
        use TemplateValue::{Attempt, Elapsed, Epoch, Int, Percent, Sequence};
        matches!(self, Attempt | Elapsed | Epoch(_) | Int(..) | Percent | Sequence)
    }
}

impl Field {
    /// The value as text; whether there is one.
    fn value(&self, filling: &Filling<'_>, dice: &mut Dice, text: &mut String) -> bool {
        let mut own;
        let dice = match self.scope {
            Scope::Event => dice,
            Scope::Asset(name) => {
                own = Dice::new(mixed(filling.asset_seed, name));
                &mut own
            }
            Scope::Simulation(name) => {
                own = Dice::new(mixed(filling.simulation_seed, name));
                &mut own
            }
        };
        let seconds = || filling.time.since(filling.born).as_secs();
        // Writing to memory cannot fail.
        let _ = match &self.what {
            TemplateValue::Id => text.write_str(filling.id),
            TemplateValue::Kind => text.write_str(filling.kind),
            TemplateValue::State => text.write_str(filling.state),
            TemplateValue::Status => return take(filling.status, text),
            TemplateValue::Parent => return take(filling.parent, text),
            TemplateValue::EventId | TemplateValue::Uuid => write_uuid(dice, text),
            TemplateValue::Time(digits) => {
                let time = match self.scope {
                    Scope::Event => filling.time,
                    _ => filling.born,
                };
                write_time(time, *digits, text)
            }
            TemplateValue::Epoch(unit) => write!(text, "{}", filling.time.as_nanos() / unit),
            TemplateValue::Percent => write!(text, "{}", filling.percent),
            TemplateValue::Sequence => write!(text, "{}", filling.sequence),
            TemplateValue::Elapsed => write!(text, "{}", seconds()),
            TemplateValue::Attempt => write!(text, "{}", filling.attempt),
            TemplateValue::Hex(len) => write_digits(dice, *len, b"0123456789abcdef", text),
            TemplateValue::Base64(len) => write_digits(
                dice,
                *len,
                b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
                text,
            ),
            TemplateValue::Int(low, high) => write!(text, "{}", dice.between(*low, *high)),
            TemplateValue::Pick(choices) => text.write_str(&choices[dice.index(choices.len())]),
        };
        true
    }
}

fn take(value: Option<&str>, text: &mut String) -> bool {
    text.push_str(value.unwrap_or_default());
    value.is_some()
}

fn write_time(time: Timestamp, digits: u8, text: &mut String) -> std::fmt::Result {
    let Ok(time) = jiff::Timestamp::from_nanosecond(i128::from(time.as_nanos())) else {
        return Ok(());
    };
    let printer = DateTimePrinter::new().precision(Some(digits));
    printer.print_timestamp(&time, &mut *text).map_err(|_| std::fmt::Error)
}

fn write_uuid(dice: &mut Dice, text: &mut String) -> std::fmt::Result {
    let (high, low) = (dice.bits(), dice.bits());
    // Version 4, variant 1.
    let third = 0x4000 | (high & 0x0fff);
    let fourth = 0x8000 | (low >> 48 & 0x3fff);
    let (first, second) = (high >> 32, high >> 16 & 0xffff);
    write!(text, "{first:08x}-{second:04x}-{third:04x}-{fourth:04x}-{:012x}", low & ((1 << 48) - 1))
}

/// Digits of an alphabet whose length is a power of two.
fn write_digits(
    dice: &mut Dice,
    len: usize,
    alphabet: &[u8],
    text: &mut String,
) -> std::fmt::Result {
    let each = alphabet.len().ilog2();
    let (mut bits, mut left) = (0, 0);
    for _ in 0..len {
        if left < each {
            (bits, left) = (dice.bits(), 64);
        }
        text.push(char::from(alphabet[bits as usize & (alphabet.len() - 1)]));
        (bits, left) = (bits >> each, left - each);
    }
    Ok(())
}

fn write_json_text(text: &str, out: &mut Vec<u8>) {
    let plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if text.bytes().all(plain) {
        out.extend_from_slice(text.as_bytes());
    } else if let Ok(quoted) = serde_json::to_string(text) {
        out.extend_from_slice(&quoted.as_bytes()[1..quoted.len() - 1]);
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, KEPT_IN_FORMS).to_string()
}

/// The place of the quote that ends a JSON string.
fn string_end(inside: &str) -> Option<usize> {
    let mut escaped = false;
    inside.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

/// The inside of a string that is one placeholder and nothing else.
fn whole(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("${")?.strip_suffix('}')?;
    (!inner.contains('}')).then_some(inner)
}

/// A placeholder: `what:argument@name`.
fn field(text: &str, whole: bool) -> Result<Field, String> {
    let (rest, scope) = match text.split_once('@') {
        None => (text, Scope::Event),
        Some((rest, name)) => match name.strip_prefix('@') {
            Some(name) => (rest, Scope::Simulation(name_seed(name))),
            None => (rest, Scope::Asset(name_seed(name))),
        },
    };
    let (name, argument) = rest.split_once(':').map_or((rest, ""), |(name, rest)| (name, rest));
    let wrong = || format!("`${{{text}}}` is no placeholder");
    let len = || argument.parse().ok().filter(|len| (1..=1024).contains(len)).ok_or_else(wrong);
    let what = match (name, argument) {
        ("id", "") => TemplateValue::Id,
        ("event_id", "") => TemplateValue::EventId,
        ("kind", "") => TemplateValue::Kind,
        ("status", "") => TemplateValue::Status,
        ("state", "") => TemplateValue::State,
        ("parent", "") => TemplateValue::Parent,
        ("time", "" | "ns") => TemplateValue::Time(9),
        ("time", "us") => TemplateValue::Time(6),
        ("time", "ms") => TemplateValue::Time(3),
        ("epoch", "ms") => TemplateValue::Epoch(1_000_000),
        ("epoch", "ns") => TemplateValue::Epoch(1),
        ("percent", "") => TemplateValue::Percent,
        ("sequence", "") => TemplateValue::Sequence,
        ("elapsed", "") => TemplateValue::Elapsed,
        ("attempt", "") => TemplateValue::Attempt,
        ("uuid", "") => TemplateValue::Uuid,
        ("hex", _) => TemplateValue::Hex(len()?),
        ("base64", _) => TemplateValue::Base64(len()?),
        ("int", _) => {
            let (low, high) = argument.split_once(':').ok_or_else(wrong)?;
            TemplateValue::Int(
                low.parse().map_err(|_| wrong())?,
                high.parse().map_err(|_| wrong())?,
            )
        }
        ("pick", _) => TemplateValue::Pick(argument.split('|').map(Box::from).collect()),
        _ => return Err(wrong()),
    };
    Ok(Field { what, scope, whole })
}

fn name_seed(name: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(name.as_bytes())
}

/// The members of a JSON object of strings, in the order in which they are written.
struct Fields(Vec<(String, String)>);

impl<'de> serde::Deserialize<'de> for Fields {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;
        impl<'de> serde::de::Visitor<'de> for FieldsVisitor {
            type Value = Fields;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of strings, which a form is")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut members: A,
            ) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = members.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(FieldsVisitor)
    }
}
