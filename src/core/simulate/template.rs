//! Payload templates: the text of a body with placeholders, cut into pieces once and then only written.

use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

pub(super) use super::placeholder::Filling;
use super::{
    dice::{Dice, mixed},
    placeholder::{Field, PayloadForm, TemplateValue, field},
};

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
    uses_payload: bool,
}

#[derive(Clone, Debug)]
enum TemplatePiece {
    Text(Box<str>),
    Field(Field),
    /// Once for each attempt before this one, with commas between.
    EachAttempt(Template),
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
        let mut template = Self { form, ..Self::default() };
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
            self.uses_parent |=
                matches!(field.what, TemplateValue::Parent | TemplateValue::ParentPart(_));
            self.uses_payload |= matches!(field.what, TemplateValue::Payload(_));
            if matches!(field.what, TemplateValue::Payload(_)) && !whole && !self.form {
                return Err("`${payload}` is to be a whole string".to_owned());
            }
            self.pieces.push(TemplatePiece::Field(field));
            rest = &inner[end + 1..];
        }
        if !rest.is_empty() {
            self.text(&literal(rest));
        }
        Ok(())
    }

    /// Whether it is put around payloads.
    pub(super) fn is_wrapper(&self) -> bool {
        self.uses_payload
    }

    /// Whether nothing is written.
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
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
                TemplatePiece::Field(Field { what: TemplateValue::Payload(form), .. }) => {
                    self.put_payloads(filling.payloads, *form, out);
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

    /// Writes the payloads that a wrapper is around, with commas between.
    fn put_payloads(&self, payloads: &[Vec<u8>], form: PayloadForm, out: &mut Vec<u8>) {
        for (at, payload) in payloads.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            let quote: &[u8] = if self.form { b"" } else { b"\"" };
            match form {
                PayloadForm::Base64 => {
                    out.extend_from_slice(quote);
                    let text = to_base64(payload);
                    match self.form {
                        true => out.extend_from_slice(encoded(&text).as_bytes()),
                        false => out.extend_from_slice(text.as_bytes()),
                    }
                    out.extend_from_slice(quote);
                }
                _ if self.form => {
                    let text = String::from_utf8_lossy(payload);
                    out.extend_from_slice(encoded(&text).as_bytes());
                }
                PayloadForm::Json => out.extend_from_slice(payload),
                PayloadForm::Text => {
                    out.push(b'"');
                    write_json_text(&String::from_utf8_lossy(payload), out);
                    out.push(b'"');
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

/// Base64 with its padding, as `event` reads it.
pub(super) fn to_base64(bytes: &[u8]) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let mut three = [0; 3];
        three[..group.len()].copy_from_slice(group);
        let bits = three.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        for at in 0..4 {
            text.push(match at <= group.len() {
                true => char::from(letters[bits >> (18 - 6 * at) & 63]),
                false => '=',
            });
        }
    }
    text
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
