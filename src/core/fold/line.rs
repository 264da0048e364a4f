//! A snapshot as JSON, written by hand: rows are printed by the million, and serde takes longer for one than the
//! whole fold of the asset. The derived [`Serialize`](serde::Serialize) is the authority on what is printed.

use super::snapshot::Snapshot;
use crate::{event::print_inside, time::Timestamp};

impl Snapshot<'_> {
    /// Appends the snapshot as JSON on one line, without its end.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        self.write_before_id(out);
        print_inside(self.id, out);
        self.write_before_since(out);
        write_since(self.since, out);
        self.write_before_parent_id(out);
        print_inside(self.parent.as_ref().map_or("", |parent| parent.id), out);
        self.write_after_parent_id(out);
        if let Some(data) = &self.data {
            write_data(data.iter().map(|(name, value)| (*name, &**value)), out);
        }
        out.push(b'}');
    }

    /// Appends what comes before the id.
    pub(crate) fn write_before_id(&self, out: &mut Vec<u8>) {
        text("{\"entity\":\"", out);
        print_inside(self.entity, out);
        text("\",\"id\":\"", out);
    }

    /// Appends what comes between the id and the time.
    pub(crate) fn write_before_since(&self, out: &mut Vec<u8>) {
        text("\",\"state\":\"", out);
        print_inside(self.state, out);
        match self.status {
            Some(status) => {
                text("\",\"status\":\"", out);
                print_inside(status, out);
                text("\",\"since\":", out);
            }
            None => text("\",\"status\":null,\"since\":", out),
        }
    }

    /// Appends what comes between the time and the parent's id, if there is one.
    pub(crate) fn write_before_parent_id(&self, out: &mut Vec<u8>) {
        text(if self.rest { ",\"rest\":true" } else { ",\"rest\":false" }, out);
        text(if self.end { ",\"end\":true" } else { ",\"end\":false" }, out);
        number(",\"events\":", self.events, out);
        number(",\"duplicates\":", self.duplicates, out);
        number(",\"late\":", self.late, out);
        text(",\"flags\":[", out);
        for (at, name) in self.flags.iter().enumerate() {
            text(if at > 0 { ",\"" } else { "\"" }, out);
            print_inside(name, out);
            out.push(b'"');
        }
        number("],\"retries\":", self.retries.into(), out);
        match &self.parent {
            Some(parent) => {
                text(",\"parent\":{\"entity\":\"", out);
                print_inside(parent.entity, out);
                text("\",\"id\":\"", out);
            }
            None => text(",\"parent\":null", out),
        }
    }

    /// Appends what comes between the parent's id and the data.
    pub(crate) fn write_after_parent_id(&self, out: &mut Vec<u8>) {
        text(if self.parent.is_some() { "\"}" } else { "" }, out);
        number(",\"findings\":{\"error\":", self.findings.error, out);
        number(",\"warning\":", self.findings.warning, out);
        number(",\"info\":", self.findings.info, out);
        out.push(b'}');
    }
}

/// Appends when an asset came into its state.
#[inline]
pub(crate) fn write_since(since: Option<Timestamp>, out: &mut Vec<u8>) {
    match since {
        Some(since) => {
            out.push(b'"');
            since.write(out);
            out.push(b'"');
        }
        None => text("null", out),
    }
}

/// Appends the data of an asset.
pub(crate) fn write_data<'a>(
    values: impl IntoIterator<Item = (&'a str, &'a str)>,
    out: &mut Vec<u8>,
) {
    text(",\"data\":", out);
    write_object(values, out);
}

/// Appends an object of values that are kept as the JSON that they came as.
pub fn write_object<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>, out: &mut Vec<u8>) {
    out.push(b'{');
    for (at, (name, value)) in members.into_iter().enumerate() {
        text(if at > 0 { ",\"" } else { "\"" }, out);
        print_inside(name, out);
        text("\":", out);
        text(value, out);
    }
    out.push(b'}');
}

#[inline]
fn text(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(text.as_bytes());
}

/// Appends text before a number, and the number.
#[inline]
fn number(before: &str, mut value: u64, out: &mut Vec<u8>) {
    text(before, out);
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
