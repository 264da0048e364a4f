//! What only some strings have: escapes, and characters that are not ASCII.

use std::ops::Range;

use super::piece::{Marks, PIECE_LEN};

/// Whether what follows a backslash, wherever there is one, makes an escape of JSON with it. Given are
/// the pieces of the chunk that have odd escapes, and the marks of all.
pub(super) fn are_escapes_valid(
    chunk: &[u8],
    pieces: impl Iterator<Item = usize>,
    marks: &[Marks],
) -> bool {
    // Where the second half of a surrogate pair has its `u`.
    let mut second = usize::MAX;
    for number in pieces {
        let mut left = marks[number].odd;
        while left != 0 {
            let at = number * PIECE_LEN + left.trailing_zeros() as usize;
            left &= left - 1;
            match chunk.get(at) {
                Some(b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {}
                Some(b'u') => match code_unit(chunk, at) {
                    Some(0xd800..=0xdbff) if is_second(chunk, at + 6) => second = at + 6,
                    Some(0xdc00..=0xdfff) if at == second => {}
                    Some(0xd800..=0xdfff) | None => return false,
                    Some(_) => {}
                },
                _ => return false,
            }
        }
    }
    true
}

/// Appends what a string says that stands between two places of a chunk, its quotes left out; `false`, and anything
/// appended, if more is escaped in it than quotes and backslashes.
pub(super) fn unescape(
    chunk: &[u8],
    marks: &[Marks],
    (from, to): (usize, usize),
    out: &mut Vec<u8>,
) -> bool {
    let (mut at, mut len) = (from, out.len());
    // A run of text is mostly shorter than this.
    out.resize(len + to - from + PIECE_LEN, 0);
    for (piece, marks) in (0..).zip(marks).take(to.div_ceil(PIECE_LEN)).skip(from / PIECE_LEN) {
        let start = piece * PIECE_LEN;
        let within = |bits: u64| {
            let after = bits >> from.saturating_sub(start) << from.saturating_sub(start);
            let before = !u64::MAX.checked_shl((to - start) as u32).unwrap_or_default();
            after & before
        };
        if within(marks.odd) != 0 {
            return false;
        }
        let mut left = within(marks.escaped);
        while left != 0 {
            let next = start + left.trailing_zeros() as usize;
            left &= left - 1;
            let run = next - 1 - at;
            match (out[len..].first_chunk_mut::<16>(), chunk[at..].first_chunk::<16>()) {
                (Some(out), Some(text)) if run <= 16 => *out = *text,
                _ => out[len..len + run].copy_from_slice(&chunk[at..at + run]),
            }
            (at, len) = (next, len + run);
        }
    }
    out[len..len + to - at].copy_from_slice(&chunk[at..to]);
    out.truncate(len + to - at);
    true
}

/// The four digits after the `u` at this place.
fn code_unit(chunk: &[u8], at: usize) -> Option<u32> {
    chunk
        .get(at + 1..at + 5)?
        .iter()
        .try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
}

/// Whether an escape has its `u` here that is the second half of a surrogate pair.
fn is_second(chunk: &[u8], at: usize) -> bool {
    chunk.get(at - 1..=at) == Some(br"\u") && matches!(code_unit(chunk, at), Some(0xdc00..=0xdfff))
}

/// Whether the chunk is UTF-8. Given are the pieces that are not all ASCII: each run of them has ASCII
/// on both sides, so that no character reaches out of it.
pub(super) fn is_utf8(chunk: &[u8], pieces: impl Iterator<Item = usize>) -> bool {
    let text =
        |run: &Range<usize>| &chunk[run.start * PIECE_LEN..(run.end * PIECE_LEN).min(chunk.len())];
    let is_right = |run: &Range<usize>| simdutf8::basic::from_utf8(text(run)).is_ok();
    let mut run = 0..0;
    for piece in pieces {
        if piece != run.end {
            if !is_right(&run) {
                return false;
            }
            run.start = piece;
        }
        run.end = piece + 1;
    }
    is_right(&run)
}
