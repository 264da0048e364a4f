//! Chooses the instructions when the program runs. All `unsafe` code of the crate is here: reading and
//! writing vectors, calling what needs instructions that the machine has been asked about, and taking as text
//! what has been proven to be text.

#[macro_use]
mod level;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

use super::{Tokens, Value, find::ChunkTokens, pairs::FormTraits, sums::Odds};

/// Which instructions are used. There is none that the machine does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Level(Instructions);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instructions {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

impl Level {
    /// The best that the machine has.
    pub(crate) fn detect() -> Self {
        Self::all()[0]
    }

    /// All that the machine has, best first.
    pub(crate) fn all() -> Vec<Self> {
        let all = [
            #[cfg(target_arch = "x86_64")]
            (Instructions::Avx512, avx512::is_there()),
            #[cfg(target_arch = "x86_64")]
            (Instructions::Avx2, avx2::is_there()),
            (Instructions::Portable, portable::is_there()),
        ];
        all.into_iter().filter(|(_, there)| *there).map(|(own, _)| Self(own)).collect()
    }
}

/// See [`ChunkTokens::find`].
#[inline]
pub(super) fn find(level: Level, found: &mut ChunkTokens, chunk: &[u8]) -> bool {
    match level.0 {
        // SAFETY: a level is made only by `Level::all`, which asked for all features that this needs.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx512 => unsafe { avx512::find(found, chunk) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 => unsafe { avx2::find(found, chunk) },
        Instructions::Portable => portable::find(found, chunk),
    }
}

/// See [`super::pairs::pairs_with`].
#[inline]
pub(super) fn pairs(level: Level, text: &[u8], ends: &mut Vec<u32>) -> FormTraits {
    match level.0 {
        // SAFETY: a level is made only by `Level::all`, which asked for all features that this needs.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx512 => unsafe { avx512::pairs(text, ends) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 => unsafe { avx2::pairs(text, ends) },
        Instructions::Portable => portable::pairs(text, ends),
    }
}

/// See [`super::grammar::is_object_with`].
#[inline]
pub(super) fn is_object(tokens: &Tokens<'_>, ahead: &[u8]) -> bool {
    match tokens.level.0 {
        // SAFETY: a level is made only by `Level::all`, which asked for all features that this needs.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx512 => unsafe { avx512::is_object(tokens, ahead) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 => unsafe { avx2::is_object(tokens, ahead) },
        Instructions::Portable => portable::is_object(tokens, ahead),
    }
}

/// See [`super::sums::sum_with`].
#[inline]
pub(super) fn sum(values: &[Value], tokens: &Tokens<'_>, odds: &mut Odds) -> u64 {
    match tokens.level.0 {
        // SAFETY: a level is made only by `Level::all`, which asked for all features that this needs.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx512 => unsafe { avx512::sum(values, tokens, odds) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 => unsafe { avx2::sum(values, tokens, odds) },
        Instructions::Portable => portable::sum(values, tokens, odds),
    }
}

/// See [`super::verbatim`].
#[inline]
pub(super) fn verbatim(tokens: &Tokens<'_>, but: &[(u16, u16)]) -> u64 {
    match tokens.level.0 {
        // SAFETY: a level is made only by `Level::all`, which asked for all features that this needs.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx512 => unsafe { avx512::verbatim(tokens, but) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 => unsafe { avx2::verbatim(tokens, but) },
        Instructions::Portable => portable::verbatim(tokens, but),
    }
}

/// Prefetches an item.
#[inline]
pub(crate) fn prefetch<T>(item: &T) {
    const { assert!(size_of::<T>() > 0) };
    #[cfg(target_arch = "x86_64")]
    for byte in [0, size_of::<T>() - 1] {
        let line = std::ptr::from_ref(item).cast::<i8>().wrapping_add(byte);
        // SAFETY: every processor of this kind has the instruction, which reads and writes nothing that is seen.
        unsafe { std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(line) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = item;
}

/// Prefetches the first of these items: a number of cache lines.
#[inline]
pub(crate) fn prefetch_first<T>(items: &[T], lines: usize) {
    // On most processors.
    const LINE_LEN: usize = 64;
    items.iter().step_by(LINE_LEN / size_of::<T>()).take(lines).for_each(prefetch);
}

/// Part of a line that was proven, from the start of a token to the end of one, a string's quotes left out.
#[inline]
pub(super) fn proven(text: &[u8]) -> &str {
    debug_assert!(std::str::from_utf8(text).is_ok());
    // SAFETY: tokens are made of chunks of which all was proven to be UTF-8, and what begins and ends a token is ASCII.
    unsafe { std::str::from_utf8_unchecked(text) }
}
