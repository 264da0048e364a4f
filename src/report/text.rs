//! Text from outside made harmless, and numbers and times for people.

use std::{borrow::Cow, fmt::Write, time::Duration};

use maud::{Markup, Render, html};

pub(super) use crate::shown::grouped;
use crate::{
    shown::is_hidden,
    time::{Timestamp, human_duration},
};

/// Text from outside: escaped, and what is invisible or turns the direction of writing is shown.
pub(super) struct Outside<'a>(pub(super) &'a str);

impl Render for Outside<'_> {
    fn render_to(&self, buffer: &mut String) {
        visible(self.0).as_ref().render_to(buffer);
    }
}

/// The text with a sign in the place of each control character, and the number of each character that is
/// invisible or changes the direction of writing.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            // The signs for control characters have the same order.
            '\0'..='\x1f' => shown.extend(char::from_u32(0x2400 + letter as u32)),
            '\x7f' => shown.push('\u{2421}'),
            letter if is_hidden(letter) => {
                // Writing to a string does not fail.
                let _ = write!(shown, "⟨U+{:04X}⟩", letter as u32);
            }
            letter => shown.push(letter),
        }
    }
    Cow::Owned(shown)
}

/// A number with its noun, such as `1 asset`, `2 assets`.
pub(super) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{}\u{a0}{}", grouped(number), if number == 1 { one } else { many })
}

/// A part of a whole in percent, with two digits; what is not nothing is never shown as nothing, nor what is
/// not all as all.
pub(super) fn percent(part: u64, whole: u64) -> String {
    let share = share(part, whole) * 100.0;
    match share {
        _ if whole == 0 => "–".to_owned(),
        _ if part > 0 && share < 0.005 => "<0.01\u{a0}%".to_owned(),
        _ if part < whole && share > 99.995 => ">99.99\u{a0}%".to_owned(),
        _ => format!("{share:.2}\u{a0}%"),
    }
}

/// A part of a whole, from 0 to 1; of nothing it is 0.
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// A moment to the millisecond; in full to whoever points at it.
pub(super) fn moment(time: Timestamp) -> Markup {
    let full = time.to_string();
    html! { time datetime=(full) title=(full) { (moment_text(time)) } }
}

/// A moment to the millisecond.
pub(super) fn moment_text(time: Timestamp) -> String {
    let text = time.to_string().trim_end_matches('Z').replacen('T', " ", 1);
    match text.split_once('.') {
        Some((seconds, fraction)) => {
            format!("{seconds}.{}", fraction.get(..3).unwrap_or(fraction))
        }
        None => text,
    }
}

/// The day of a moment.
pub(super) fn day(time: Timestamp) -> String {
    let full = time.to_string();
    full.split_once('T').map_or(full.as_str(), |(day, _)| day).to_owned()
}

/// A duration in its two largest units; of a few seconds with tenths.
pub(super) fn duration(duration: Duration) -> String {
    match duration.as_secs() {
        1..10 if duration.subsec_nanos() > 0 => format!("{:.1}s", duration.as_secs_f64()),
        _ => human_duration(duration),
    }
}

/// A name for an anchor: other names give others, and there is nothing in it that an address cannot have.
pub(super) fn anchor(name: &str) -> String {
    let mut anchor = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            letter if letter.is_ascii_alphanumeric() || "-_".contains(letter) => {
                anchor.push(letter)
            }
            '/' => anchor.push('.'),
            letter => {
                // Writing to a string does not fail.
                let _ = write!(anchor, "~{:x}.", letter as u32);
            }
        }
    }
    anchor
}
