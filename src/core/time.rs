//! Moments in nanoseconds. Nothing here knows what time it is now: time is an argument.

mod forms;

use std::{
    fmt,
    str::FromStr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Serialize, Serializer};

/// A moment, in nanoseconds since 1970-01-01T00:00:00Z.
///
/// FastPix sends nanoseconds, so nothing coarser will do; 64 bits of them reach from 1677 to 2262.
/// Prints as RFC 3339 in UTC with as many fractional digits as it needs.
///
/// ```
/// let t: mediafold_core::Timestamp = "2025-04-07T09:30:10.239778258+00:00".parse()?;
/// assert_eq!(t.to_string(), "2025-04-07T09:30:10.239778258Z");
/// # Ok::<(), mediafold_core::time::TimeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Why a value is not a usable time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeError {
    /// Neither a date with a time of day nor a number.
    #[error(
        "`{0}` is neither a date with a time of day, such as RFC 3339 has it, nor a number since 1970"
    )]
    Unreadable(String),
    /// A date and a time of day, nobody knows where.
    #[error("`{0}` names no zone, and the provider's definition has none")]
    NoZone(String),
    /// A moment that nanoseconds in 64 bits do not reach.
    #[error("`{0}` is not between the years 1677 and 2262")]
    Unrepresentable(String),
    /// Readable, but not of the years in which webhooks are sent.
    #[error("`{0}` is no time up to 2262 (an integer counts s, ms, µs or ns, from 2001 on)")]
    OutOfRange(String),
}

impl Timestamp {
    /// The moment this many nanoseconds after 1970 (before, if negative).
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since 1970.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// A moment from text as people send it: RFC 3339 and what is like it, RFC 2822, JavaScript's `Date`, a number since
    /// 1970. `zone` is what holds for text that names none, in seconds east of UTC.
    ///
    /// # Errors
    /// Text that is no time, or names no zone where none is given.
    pub fn parse(text: &str, zone: Option<i32>) -> Result<Self, TimeError> {
        match usual(text.as_bytes()) {
            Some(nanos) => Ok(Self(nanos)),
            None => forms::parse(text, zone),
        }
    }

    /// The moment this many seconds, and nanoseconds of another, after 1970.
    ///
    /// # Errors
    /// What is not from 2001 on, as with [`from_epoch`](Self::from_epoch), or no part of a second.
    pub(crate) fn from_parts(seconds: i64, nanos: i64) -> Result<Self, TimeError> {
        const BILLION: i64 = 1_000_000_000;
        let part = (BILLION..100 * BILLION).contains(&seconds) && (0..BILLION).contains(&nanos);
        let whole = seconds.checked_mul(BILLION).filter(|_| part);
        let all = whole.and_then(|whole| whole.checked_add(nanos));
        all.map(Self).ok_or_else(|| TimeError::OutOfRange(format!("{seconds} s and {nanos} ns")))
    }

    /// An integer since 1970 in s, ms, µs or ns: the unit is told by the size, which is unambiguous
    /// for every moment from September 2001 to 2262.
    ///
    /// # Errors
    /// Everything else, above all zero and -1, which clients send for "no time".
    pub fn from_epoch(value: i64) -> Result<Self, TimeError> {
        const BILLION: i64 = 1_000_000_000;
        let scale = [BILLION, 1_000_000, 1_000, 1].into_iter().find(|scale| {
            let first = BILLION * (BILLION / scale);
            (first..first.saturating_mul(100)).contains(&value)
        });
        let nanos = scale.and_then(|scale| value.checked_mul(scale));
        nanos.map(Self).ok_or_else(|| TimeError::OutOfRange(value.to_string()))
    }

    /// How long after `earlier` this is; zero if it is not after.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// So much earlier, or the earliest there is.
    pub fn saturating_sub(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(saturated(by)))
    }

    /// So much later, or the latest there is.
    pub fn saturating_add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(saturated(by)))
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        Self::parse(text, None)
    }
}

/// Reads the form in which nearly all times come, `2025-04-07T09:30:10.239778258Z` with up to nine digits of a
/// second, much faster than a reader of every form; `None` for all other text, valid or not.
fn usual(text: &[u8]) -> Option<i64> {
    const YEAR_AND_MONTH: Form = Form::new(*b"0000-00-");
    const DAY_AND_HOUR: Form = Form::new(*b"00T00:00");
    const TIME_OF_DAY: Form = Form::new(*b"00:00:00");
    let nanos = match text.get(19..)? {
        [b'Z'] => 0,
        [b'.', digits @ .., b'Z'] => nanos(digits.len(), *text.last_chunk()?)?,
        _ => return None,
    };
    let [century, of_century, month] = YEAR_AND_MONTH.read(*text.first_chunk()?)?.at([0, 2, 5]);
    let [day, hour, minute] = DAY_AND_HOUR.read(*text[8..].first_chunk()?)?.at([0, 3, 6]);
    let [second] = TIME_OF_DAY.read(*text[11..].first_chunk()?)?.at([6]);
    let year = century * 100 + of_century;
    let last = match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1971..2262).contains(&year)
        || !(1..=last).contains(&day)
        || hour > 23
        || minute > 59
        || second > 59
    {
        return None;
    }
    // Days by the civil calendar, counted in eras of 400 years that begin in March.
    let shifted = if month > 2 { year } else { year - 1 };
    let of_era = shifted % 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = shifted / 400 * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    let seconds = i64::from(days - 719_468) * 86_400;
    let seconds = seconds + i64::from(hour * 3_600 + minute * 60 + second);
    Some(seconds * 1_000_000_000 + i64::from(nanos))
}

const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);

/// Eight bytes that are digits, or what stands between them.
struct Form {
    bytes: u64,
    /// How much can be added to the difference from `bytes` before the highest bit of a byte is set.
    room: u64,
}

impl Form {
    const fn new(form: [u8; 8]) -> Self {
        let (mut room, mut at) = ([0; 8], 0);
        while at < 8 {
            room[at] = if form[at] == b'0' { 0x7f - 9 } else { 0x7f };
            at += 1;
        }
        Self { bytes: u64::from_le_bytes(form), room: u64::from_le_bytes(room) }
    }

    /// The digits of a text of this form.
    #[inline]
    fn read(&self, text: [u8; 8]) -> Option<Digits> {
        let digits = u64::from_le_bytes(text) ^ self.bytes;
        let wrong = (digits.wrapping_add(self.room) | digits) & 0x8080_8080_8080_8080;
        (wrong == 0).then_some(Digits(digits))
    }
}

/// Eight digits, the first in the lowest byte.
struct Digits(u64);

impl Digits {
    /// The numbers that two digits from each of these on are.
    #[inline]
    fn at<const N: usize>(&self, places: [u32; N]) -> [u32; N] {
        let pairs = self.0 * 10 + (self.0 >> 8);
        places.map(|place| (pairs >> (8 * place)) as u32 & 0xff)
    }

    /// The number that all of them are.
    #[inline]
    fn all(&self) -> u32 {
        let twos = (self.0 * 10 + (self.0 >> 8)) & 0x00ff_00ff_00ff_00ff;
        let fours = (twos * 100 + (twos >> 16)) & 0x0000_ffff_0000_ffff;
        (fours * 10_000 + (fours >> 32)) as u32
    }
}

/// The nanoseconds of the first `len` digits of a second, which are the last but one of these bytes.
#[inline]
fn nanos(len: usize, end: [u8; 16]) -> Option<u32> {
    const EIGHT: Form = Form::new([b'0'; 8]);
    if !(1..=9).contains(&len) {
        return None;
    }
    // The digits are moved to the front, and zeros follow.
    let before = 8 * (16 - len) as u32;
    let zeros = u128::from(ZEROS) << 64 | u128::from(ZEROS);
    let digits = (u128::from_le_bytes(end) << 8 ^ zeros) >> before;
    let eight = EIGHT.read((digits as u64 ^ ZEROS).to_le_bytes())?.all();
    let ninth = (digits >> 64) as u32;
    (ninth < 10).then_some(eight * 10 + ninth)
}

impl Timestamp {
    /// Appends the time as RFC 3339 in UTC.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        let (text, len) = self.written();
        let start = out.len();
        // All bytes at once are quicker than some of them.
        out.extend_from_slice(&text);
        out.truncate(start + len);
        out.push(b'Z');
    }

    /// The time as RFC 3339 in UTC, and how much of it there is before the `Z`.
    #[inline]
    fn written(self) -> ([u8; 32], usize) {
        let (seconds, nanos) = (self.0.div_euclid(1_000_000_000), self.0.rem_euclid(1_000_000_000));
        let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400) as u32);
        let (year, month, day) = date(day);
        let date = digits([year / 100, year % 100, month, day]);
        let time = digits([second / 3_600, second / 60 % 60, second % 60, 0]);
        let nanos = nanos as u32;
        let (high, low) = (nanos / 100_000, nanos / 10 % 10_000);
        let eight = digits([high / 100, high % 100, low / 100, low % 100]);
        let ninth = u64::from(nanos % 10);
        // Words that are put together are not waited for when they are copied, as single bytes would be.
        let pair = |digits: u64, pair: u32, at: u32| (digits >> (16 * pair) & 0xffff) << (8 * at);
        let words = [
            pair(date, 0, 0) | pair(date, 1, 2) | pair(date, 2, 5) | word(b"\0\0\0\0-\0\0-"),
            pair(date, 3, 0) | pair(time, 0, 3) | pair(time, 1, 6) | word(b"\0\0T\0\0:\0\0"),
            pair(time, 2, 1) | eight << 32 | word(b":\0\0.\0\0\0\0"),
            eight >> 32 | ninth << 32 | word(b"\0\0\0\x000\0\0\0"),
        ];
        let mut text = [0; 32];
        for (place, word) in text.chunks_exact_mut(8).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        let fraction = u128::from(eight ^ ZEROS) | u128::from(ninth) << 64;
        let left_out = (fraction.leading_zeros() - 56) / u8::BITS;
        (text, if nanos == 0 { 19 } else { 29 - left_out as usize })
    }
}

const fn word(text: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*text)
}

/// Two digits of each of these, which are below 100; the first is in the lowest byte.
#[inline]
fn digits([a, b, c, d]: [u32; 4]) -> u64 {
    let pairs = u64::from(a | b << 16) | u64::from(c | d << 16) << 32;
    // 103 / 1024 is a tenth for them.
    let tens = (pairs * 103) >> 10 & 0x000f_000f_000f_000f;
    (tens | (pairs - 10 * tens) << 8) + ZEROS
}

/// Year, month and day of a day since 1970: in a calendar that begins with March, leap days come last.
fn date(day: i64) -> (u32, u32, u32) {
    // From 0000-03-01 on; nanoseconds reach back to 1677 only.
    let day = (day + 719_468) as u32;
    let (era, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (400 * era + year + u32::from(month <= 2), month, day)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut text, len) = self.written();
        text[len] = b'Z';
        // All of it is ASCII.
        f.write_str(std::str::from_utf8(&text[..=len]).unwrap_or_default())
    }
}

/// Fails for a moment before 1677 or after 2262.
impl TryFrom<SystemTime> for Timestamp {
    type Error = TimeError;

    fn try_from(time: SystemTime) -> Result<Self, TimeError> {
        let nanos = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_nanos()).ok(),
            // The least has one more than the greatest.
            Err(before) => {
                let nanos = i128::try_from(before.duration().as_nanos()).ok();
                nanos.and_then(|nanos| i64::try_from(-nanos).ok())
            }
        };
        nanos.map(Self).ok_or_else(|| TimeError::Unrepresentable(format!("{time:?}")))
    }
}

/// Every timestamp is a `SystemTime`, to the precision of the platform (100 ns on Windows).
///
/// # Panics
/// The platform has no time before 1970, as WebAssembly has not, and this one is before it.
impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        let distance = Duration::from_nanos(time.0.unsigned_abs());
        if time.0 < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance }
    }
}

/// Fails for a moment before 1677 or after 2262.
impl TryFrom<jiff::Timestamp> for Timestamp {
    type Error = TimeError;

    fn try_from(time: jiff::Timestamp) -> Result<Self, TimeError> {
        let nanos = i64::try_from(time.as_nanosecond());
        nanos.map(Self).map_err(|_| TimeError::Unrepresentable(time.to_string()))
    }
}

/// jiff's reach from the year -9999 to 9999, so that every timestamp is one.
impl From<Timestamp> for jiff::Timestamp {
    fn from(time: Timestamp) -> Self {
        Self::from_nanosecond(i128::from(time.0)).expect("64 bits of nanoseconds are in its range")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A duration in nanoseconds.
fn saturated(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// Reads a duration as definitions write it: `90s`, `15m`, `24h`.
///
/// # Errors
/// Anything else, and anything that is not more than zero, with what was expected.
pub fn parse_duration(text: &str) -> Result<Duration, &'static str> {
    const EXPECTED: &str = "a duration of more than nothing, such as \"90s\", \"15m\" or \"24h\"; days are written in hours";
    let signed: jiff::SignedDuration = text.parse().map_err(|_| EXPECTED)?;
    match Duration::try_from(signed) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err(EXPECTED),
    }
}

/// A duration for people, in its two largest units: `2d 3h`, `4m 10s`, `250ms`.
pub fn human_duration(duration: Duration) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let seconds = duration.as_secs();
    let Some(at) = UNITS.iter().position(|(size, _)| seconds >= *size) else {
        return format!("{}ms", duration.as_millis());
    };
    let (size, unit) = UNITS[at];
    let first = format!("{}{unit}", seconds / size);
    match UNITS.get(at + 1) {
        Some((next, name)) if seconds % size / next > 0 => {
            format!("{first} {}{name}", seconds % size / next)
        }
        _ => first,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What the quick way reads is what jiff reads; and it does read the usual form.
        #[test]
        fn the_usual_form_is_read_right(
            nanos in 31_536_000_000_000_000_i64..9_214_646_400_000_000_000,
            digits in 0_u8..=9,
            spoilt in prop::option::of((0_usize..30, any::<u8>())),
        ) {
            let time = jiff::Timestamp::from_nanosecond(i128::from(nanos)).expect("in range");
            let mut text = format!("{time:.*}", usize::from(digits)).into_bytes();
            let at = spoilt.filter(|(at, _)| *at < text.len());
            if let Some((at, byte)) = at {
                text[at] = byte;
            }
            let read = std::str::from_utf8(&text).ok().and_then(|text| text.parse().ok());
            let read = read.map(|time: jiff::Timestamp| time.as_nanosecond());
            let quick = usual(&text).map(i128::from);
            prop_assert!(quick.is_none() || quick == read, "{quick:?} {read:?}");
            prop_assert!(at.is_some() || quick.is_some());
        }
    }

    #[test]
    fn every_timestamp_is_a_moment_of_the_standard_library_and_of_jiff() {
        for nanos in [i64::MIN, -1, 0, 1, 1_744_018_210_239_778_258, i64::MAX] {
            let time = Timestamp(nanos);
            assert_eq!(Timestamp::try_from(jiff::Timestamp::from(time)), Ok(time));
            // Windows counts hundreds of nanoseconds.
            if cfg!(unix) {
                assert_eq!(Timestamp::try_from(SystemTime::from(time)), Ok(time));
            }
        }
        let (least, most) =
            (SystemTime::from(Timestamp(i64::MIN)), SystemTime::from(Timestamp(i64::MAX)));
        let micro = Duration::from_micros(1);
        for beyond in [least - micro, most + micro] {
            let error = Timestamp::try_from(beyond).expect_err("nothing holds it");
            assert!(matches!(error, TimeError::Unrepresentable(_)), "{error}");
        }
        for beyond in ["1677-01-01T00:00:00Z", "2263-01-01T00:00:00Z"] {
            let beyond: jiff::Timestamp = beyond.parse().expect("it is one of jiff's");
            assert!(Timestamp::try_from(beyond).is_err(), "{beyond}");
        }
    }

    fn nanos() -> impl Strategy<Value = i64> {
        const PLACES: [i64; 6] = [1, 10, 1_000, 1_000_000, 1_000_000_000, 86_400_000_000_000];
        (any::<i64>(), prop::sample::select(&PLACES[..]))
            .prop_map(|(nanos, place)| nanos / place * place)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) })]

        /// Every moment prints as the calendar that reads it back prints it.
        #[test]
        fn times_print_as_the_calendar_has_them(nanos in nanos()) {
            let time = jiff::Timestamp::from_nanosecond(i128::from(nanos)).expect("in range");
            prop_assert_eq!(Timestamp(nanos).to_string(), time.to_string());
        }
    }

    #[test]
    fn the_first_and_the_last_time_print() {
        for nanos in [i64::MIN, -1, 0, 1, i64::MAX] {
            let time = jiff::Timestamp::from_nanosecond(i128::from(nanos)).expect("in range");
            assert_eq!(Timestamp(nanos).to_string(), time.to_string());
        }
    }
}
