//! A snapshot as JSON, written by hand: rows are printed by the million, and serde takes longer for one than the
//! whole fold of the asset. The derived [`Serialize`](serde::Serialize) is the authority on what is printed.

use super::snapshot::Snapshot;
use crate::{event::print_string, time::WRITTEN_LEN_MAX};

impl Snapshot<'_> {
    /// Appends the snapshot as JSON on one line, without its end.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        let flag = |value: bool| if value { "true" } else { "false" };
        member(out, "{\"entity\":", self.entity);
        member(out, ",\"id\":", self.id);
        member(out, ",\"state\":", self.state);
        optional(out, ",\"status\":", self.status);
        text(out, ",\"since\":");
        match self.since {
            Some(since) => {
                out.push(b'"');
                text(out, since.write(&mut [0; WRITTEN_LEN_MAX]));
                out.push(b'"');
            }
            None => text(out, "null"),
        }
        text(out, ",\"rest\":");
        text(out, flag(self.rest));
        text(out, ",\"end\":");
        text(out, flag(self.end));
        number(out, ",\"events\":", self.events);
        number(out, ",\"duplicates\":", self.duplicates);
        number(out, ",\"late\":", self.late);
        text(out, ",\"flags\":[");
        for (at, name) in self.flags.iter().enumerate() {
            member(out, if at > 0 { "," } else { "" }, name);
        }
        number(out, "],\"retries\":", self.retries.into());
        match &self.parent {
            Some(parent) => {
                member(out, ",\"parent\":{\"entity\":", parent.entity);
                member(out, ",\"id\":", parent.id);
                out.push(b'}');
            }
            None => text(out, ",\"parent\":null"),
        }
        number(out, ",\"findings\":{\"error\":", self.findings.error);
        number(out, ",\"warning\":", self.findings.warning);
        number(out, ",\"info\":", self.findings.info);
        out.push(b'}');
        if let Some(data) = &self.data {
            text(out, ",\"data\":");
            write_object(out, data.iter().map(|(name, value)| (*name, &**value)));
        }
        out.push(b'}');
    }
}

/// Appends an object of values that are kept as the JSON that they came as.
pub(crate) fn write_object<'a>(
    out: &mut Vec<u8>,
    members: impl IntoIterator<Item = (&'a str, &'a str)>,
) {
    out.push(b'{');
    for (at, (name, value)) in members.into_iter().enumerate() {
        member(out, if at > 0 { "," } else { "" }, name);
        out.push(b':');
        text(out, value);
    }
    out.push(b'}');
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

/// Text before a string, and the string.
fn member(out: &mut Vec<u8>, before: &str, value: &str) {
    text(out, before);
    print_string(value, out);
}

fn optional(out: &mut Vec<u8>, before: &str, value: Option<&str>) {
    match value {
        Some(value) => member(out, before, value),
        None => {
            text(out, before);
            text(out, "null");
        }
    }
}

/// Text before a number, and the number.
fn number(out: &mut Vec<u8>, before: &str, mut value: u64) {
    text(out, before);
    if value < 10 {
        return out.push(b'0' + value as u8);
    }
    let mut digits = [b'0'; 20];
    let mut from = digits.len() - 1;
    digits[from] += (value % 10) as u8;
    while value > 9 {
        value /= 10;
        from -= 1;
        digits[from] += (value % 10) as u8;
    }
    out.extend_from_slice(&digits[from..]);
}
