//! Placeholders of templates: what each stands for, and its value for one event.

use std::fmt::Write;

use jiff::fmt::temporal::DateTimePrinter;

use super::dice::{Dice, mixed};
use crate::time::Timestamp;

#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) what: TemplateValue,
    scope: Scope,
    /// It stands for a whole JSON value and brings its own quotes, or is `null`.
    pub(super) whole: bool,
}

/// How long a random value stays the same.
#[derive(Clone, Copy, Debug)]
enum Scope {
    Event,
    Asset(u64),
    Simulation(u64),
}

#[derive(Clone, Debug)]
pub(super) enum TemplateValue {
    Id,
    /// A part of an id that is joined with `/`, from 0.
    IdPart(usize),
    EventId,
    Time(u8),
    Epoch(i64),
    Kind,
    /// What stands before the dot of this number in the kind, from 0; or what stands there and all that follows.
    KindPart(usize, bool),
    Status,
    State,
    Parent,
    ParentPart(usize),
    Payload(PayloadForm),
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

/// How a payload stands in what is around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PayloadForm {
    Json,
    Text,
    Base64,
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
    /// What a wrapper is put around.
    pub(super) payloads: &'a [Vec<u8>],
}

impl TemplateValue {
    pub(super) fn is_number(&self) -> bool {
        use TemplateValue::{Attempt, Elapsed, Epoch, Int, Percent, Sequence};
        matches!(self, Attempt | Elapsed | Epoch(_) | Int(..) | Percent | Sequence)
    }
}

impl Field {
    /// The value as text; whether there is one.
    pub(super) fn value(&self, filling: &Filling<'_>, dice: &mut Dice, text: &mut String) -> bool {
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
            TemplateValue::IdPart(part) => {
                return take(part_of(filling.id, *part).as_deref(), text);
            }
            TemplateValue::Kind => text.write_str(filling.kind),
            TemplateValue::KindPart(part, rest) => {
                return take(part_of_kind(filling.kind, *part, *rest), text);
            }
            TemplateValue::State => text.write_str(filling.state),
            TemplateValue::Status => return take(filling.status, text),
            TemplateValue::Parent => return take(filling.parent, text),
            TemplateValue::ParentPart(part) => {
                let part = filling.parent.and_then(|parent| part_of(parent, *part));
                return take(part.as_deref(), text);
            }
            // Written by the wrapper that it stands in.
            TemplateValue::Payload(_) => return false,
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

/// A part of an id whose parts are joined, a `/` of its own written `~1`.
fn part_of(id: &str, part: usize) -> Option<String> {
    id.split('/').nth(part).map(|part| part.replace("~1", "/"))
}

/// A part of a kind whose parts are joined, or all that is left of it from there on.
fn part_of_kind(kind: &str, part: usize, rest: bool) -> Option<&str> {
    match rest {
        true => kind.splitn(part + 1, '.').nth(part),
        false => kind.split('.').nth(part),
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

/// A placeholder: `what:argument@name`.
pub(super) fn field(text: &str, whole: bool) -> Result<Field, String> {
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
    // Parts are counted from 1.
    let number = |text: &str| text.parse::<usize>().ok()?.checked_sub(1);
    let what = match (name, argument) {
        ("id", "") => TemplateValue::Id,
        ("event_id", "") => TemplateValue::EventId,
        ("id", part) => TemplateValue::IdPart(number(part).ok_or_else(wrong)?),
        ("kind", "") => TemplateValue::Kind,
        ("kind", part) => match part.strip_suffix("..") {
            Some(part) => TemplateValue::KindPart(number(part).ok_or_else(wrong)?, true),
            None => TemplateValue::KindPart(number(part).ok_or_else(wrong)?, false),
        },
        ("status", "") => TemplateValue::Status,
        ("state", "") => TemplateValue::State,
        ("parent", "") => TemplateValue::Parent,
        ("parent", part) => TemplateValue::ParentPart(number(part).ok_or_else(wrong)?),
        ("payload", "") => TemplateValue::Payload(PayloadForm::Json),
        ("payload", "text") => TemplateValue::Payload(PayloadForm::Text),
        ("payload", "base64") => TemplateValue::Payload(PayloadForm::Base64),
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
