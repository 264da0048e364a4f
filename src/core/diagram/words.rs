//! Names, numbers and times as diagrams write them.

use crate::{lifecycle::Lifecycle, shown::harmless};

/// A longer text is cut; the whole of it is in the tooltip.
const TEXT_LEN_MAX: usize = 60;

/// What all event kinds of a lifecycle begin with, up to a dot: it would only fill the picture.
pub(super) fn common_prefix_len(lifecycle: &Lifecycle) -> usize {
    let mut names = lifecycle.kinds().map(|(_, name)| name);
    let Some(first) = names.next() else { return 0 };
    let common = names.fold(first.len(), |len, name| {
        first.bytes().zip(name.bytes()).take(len).take_while(|(a, b)| a == b).count()
    });
    first.as_bytes()[..common].iter().rposition(|byte| *byte == b'.').map_or(0, |dot| dot + 1)
}

pub(super) fn joined(words: &[&str]) -> String {
    words.join(", ")
}

/// [`harmless`], and cut to what a box can hold.
pub(super) fn clipped(text: &str) -> String {
    let text = harmless(text);
    match text.char_indices().nth(TEXT_LEN_MAX) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// A share as a percentage, with as many digits as tell it from none and from all.
pub(super) fn share(part: u64, whole: u64) -> String {
    let percent = 100.0 * part as f64 / whole as f64;
    match () {
        () if part == whole => "100 %".to_owned(),
        () if percent < 0.1 => "<0.1 %".to_owned(),
        () if !(10.0..99.5).contains(&percent) => format!("{percent:.1} %"),
        () => format!("{percent:.0} %"),
    }
}

/// A duration in nanoseconds, to two units.
pub(super) fn duration(nanos: u64) -> String {
    match nanos {
        0..1_000 => format!("{nanos}ns"),
        1_000..1_000_000 => format!("{}µs", nanos / 1_000),
        1_000_000_000..10_000_000_000 => format!("{:.1}s", nanos as f64 / 1e9),
        _ => crate::time::human_duration(std::time::Duration::from_nanos(nanos)),
    }
}
