//! Times as people send them, besides the usual form: other separators and offsets, RFC 2822, JavaScript's `Date`,
//! numbers with a fraction, `/Date(ms)/`.

use super::{TimeError, Timestamp};

const BILLION: i64 = 1_000_000_000;

/// The names of the months, and of the days of the week, begin with three letters that tell them apart.
const MONTHS: [&[u8; 3]; 12] = [
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
];
const DAYS: [&[u8; 3]; 7] = [b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun"];

/// Offsets in hours that RFC 2822 has names for.
const NAMED: [(&[u8], i32); 12] = [
    (b"z", 0),
    (b"ut", 0),
    (b"utc", 0),
    (b"gmt", 0),
    (b"est", -5),
    (b"edt", -4),
    (b"cst", -6),
    (b"cdt", -5),
    (b"mst", -7),
    (b"mdt", -6),
    (b"pst", -8),
    (b"pdt", -7),
];

/// Why a text is no time.
enum Not {
    Readable,
    Zoned,
    InRange,
}

/// A moment from text, by this many seconds east of UTC where it names no zone.
pub(super) fn parse(text: &str, zone: Option<i32>) -> Result<Timestamp, TimeError> {
    read(text.trim().as_bytes(), zone).map_err(|not| {
        let short = text.chars().take(64).collect();
        match not {
            Not::Readable => TimeError::Unreadable(short),
            Not::Zoned => TimeError::NoZone(short),
            Not::InRange => TimeError::OutOfRange(short),
        }
    })
}

fn read(text: &[u8], zone: Option<i32>) -> Result<Timestamp, Not> {
    if let Some(number) = number(text) {
        return number.ok_or(Not::InRange);
    }
    let mut rest = Rest(text);
    let moment = match text {
        [b'/', ..] => return date_of_json(text).ok_or(Not::Readable)?.ok_or(Not::InRange),
        [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', ..] => rest.year_first(),
        _ => rest.in_words(),
    };
    let local = moment.ok_or(Not::Readable)?;
    let named = rest.zone().ok_or(Not::Readable)?;
    let offset = named.or(zone).ok_or(Not::Zoned)?;
    // Both are far from what 64 bits hold.
    let seconds = local.seconds - i64::from(offset);
    let nanos = seconds.checked_mul(BILLION).and_then(|nanos| nanos.checked_add(local.nanos));
    nanos.filter(|nanos| *nanos > 0).map(Timestamp::from_nanos).ok_or(Not::InRange)
}

/// A number since 1970, perhaps with a fraction; `None` for other text.
fn number(text: &[u8]) -> Option<Option<Timestamp>> {
    let (sign, digits) = match text {
        [b'-', rest @ ..] => (-1, rest),
        _ => (1, text),
    };
    let point = digits.iter().position(|byte| *byte == b'.').unwrap_or(digits.len());
    let (whole, fraction) = digits.split_at(point);
    let fraction = fraction.strip_prefix(b".");
    let all = |digits: &[u8]| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    if !all(whole) || fraction.is_some_and(|fraction| !all(fraction)) {
        return None;
    }
    let value = std::str::from_utf8(whole).ok().and_then(|whole| whole.parse::<i64>().ok());
    let Some(value) = value.filter(|_| sign > 0) else { return Some(None) };
    Some(of_number(value, fraction.unwrap_or_default()))
}

/// The moment of a number and the digits of its fraction.
fn of_number(value: i64, fraction: &[u8]) -> Option<Timestamp> {
    let whole = Timestamp::from_epoch(value).ok()?.as_nanos();
    // What one of the unit is: the number was told to be of it.
    let unit = whole / value;
    let part = nanos_of(fraction) * unit / BILLION;
    whole.checked_add(part).map(Timestamp::from_nanos)
}

/// Digits of a fraction as billionths; those beyond nine are cut.
fn nanos_of(digits: &[u8]) -> i64 {
    let digits = &digits[..digits.len().min(9)];
    let value = digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
    value * 10_i64.pow(9 - digits.len() as u32)
}

/// `/Date(1656619337123)/`, an offset in it says nothing of the moment. `None` for other text.
fn date_of_json(text: &[u8]) -> Option<Option<Timestamp>> {
    let inside = text.strip_prefix(b"/Date(")?.strip_suffix(b")/")?;
    let end = inside.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(inside.len());
    let (millis, offset) = inside.split_at(end);
    let mut offset = Rest(offset);
    let is_whole = offset.0.is_empty() || offset.offset().is_some() && offset.0.is_empty();
    if millis.is_empty() || !is_whole {
        return None;
    }
    let millis = std::str::from_utf8(millis).ok()?.parse::<i64>().ok();
    let nanos =
        millis.filter(|millis| *millis > 0).and_then(|millis| millis.checked_mul(1_000_000));
    Some(nanos.map(Timestamp::from_nanos))
}

/// A date and a time of day, wherever that is.
struct Local {
    seconds: i64,
    nanos: i64,
}

/// What is left of a text.
struct Rest<'t>(&'t [u8]);

impl Rest<'_> {
    fn blanks(&mut self) -> usize {
        let blanks = self.0.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        self.0 = &self.0[blanks..];
        blanks
    }

    fn take(&mut self, any: &[u8]) -> Option<u8> {
        let first = self.0.first().copied().filter(|byte| any.contains(byte))?;
        self.0 = &self.0[1..];
        Some(first)
    }

    /// A number of `least` to `most` digits; `None` if there are fewer.
    fn digits(&mut self, least: usize, most: usize) -> Option<i64> {
        let len = self.0.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(len);
        self.0 = rest;
        let value = digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
        (len >= least).then_some(value)
    }

    fn letters(&mut self) -> &[u8] {
        let len = self.0.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (letters, rest) = self.0.split_at(len);
        self.0 = rest;
        letters
    }

    /// `2022-06-30T20:02:17`, `2022/06/30 20:02`.
    fn year_first(&mut self) -> Option<Local> {
        let year = self.digits(4, 4)?;
        let separator = self.take(b"-/")?;
        let month = self.digits(2, 2)?;
        self.take(&[separator])?;
        let day = self.digits(2, 2)?;
        if self.take(b"Tt").is_none() && self.blanks() == 0 {
            return None;
        }
        self.at([year, month, day])
    }

    /// `Thu, 30 Jun 2022 20:02:17`, `30 Jun 2022 20:02`, `Thu Jun 30 2022 20:02:17`.
    fn in_words(&mut self) -> Option<Local> {
        if self.0.first()?.is_ascii_alphabetic() {
            is_one_of(self.letters(), &DAYS)?;
            self.take(b",");
            self.blanks();
        }
        let month_first = self.0.first()?.is_ascii_alphabetic();
        let (month, day) = match month_first {
            true => {
                let month = is_one_of(self.letters(), &MONTHS)?;
                (self.blanks() > 0).then_some(())?;
                (month, self.digits(1, 2)?)
            }
            false => {
                let day = self.digits(1, 2)?;
                (self.blanks() > 0 || self.take(b"-").is_some()).then_some(())?;
                (is_one_of(self.letters(), &MONTHS)?, day)
            }
        };
        (self.blanks() > 0 || !month_first && self.take(b"-").is_some()).then_some(())?;
        let year = self.digits(4, 4)?;
        (self.blanks() > 0).then_some(())?;
        self.at([year, month as i64 + 1, day])
    }

    /// The time of day on this one.
    fn at(&mut self, [year, month, day]: [i64; 3]) -> Option<Local> {
        let hour = self.digits(2, 2)?;
        self.take(b":")?;
        let minute = self.digits(2, 2)?;
        let (mut second, mut nanos) = (0, 0);
        if self.take(b":").is_some() {
            second = self.digits(2, 2)?;
            if self.take(b".,").is_some() {
                let len = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
                let (digits, rest) = self.0.split_at(len);
                (len > 0).then_some(())?;
                (nanos, self.0) = (nanos_of(digits), rest);
            }
        }
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let last = match month {
            2 => 28 + i64::from(is_leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        // A leap second has no moment of its own.
        let is_day = (1..=last).contains(&day) && hour < 24 && minute < 60 && second <= 60;
        let seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second.min(59);
        is_day.then_some(Local { seconds, nanos })
    }

    /// The offset that ends the text, in seconds; `Some(None)` if there is none, `None` for what is no offset.
    fn zone(&mut self) -> Option<Option<i32>> {
        self.blanks();
        let mut offset = None;
        if self.0.first().is_some_and(u8::is_ascii_alphabetic) {
            let name = self.letters().to_ascii_lowercase();
            offset = Some(NAMED.iter().find(|(own, _)| *own == name)?.1 * 3_600);
            // JavaScript writes `GMT+0100`.
            if !matches!(&*name, b"gmt" | b"utc") || self.0.is_empty() {
                return self.end().then_some(offset);
            }
        }
        if matches!(self.0.first(), Some(b'+' | b'-')) {
            offset = Some(self.offset()?);
        }
        self.end().then_some(offset)
    }

    /// `+02:00`, `+0200`, `+02`, `-05 30`.
    fn offset(&mut self) -> Option<i32> {
        let sign = if self.take(b"+-")? == b'-' { -1 } else { 1 };
        let hours = self.digits(2, 2)?;
        let parted = self.take(b": ").is_some();
        let minutes = match parted || self.0.first().is_some_and(u8::is_ascii_digit) {
            true => self.digits(2, 2)?,
            false => 0,
        };
        (hours < 24 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60) as i32)
    }

    /// Whether nothing is left but a remark: `(Coordinated Universal Time)`, `[Europe/Berlin]`.
    fn end(&mut self) -> bool {
        self.blanks();
        matches!(self.0, [] | [b'(', .., b')'] | [b'[', .., b']'])
    }
}

fn is_one_of<const N: usize>(name: &[u8], all: &[&[u8; 3]; N]) -> Option<usize> {
    let first = name.first_chunk::<3>()?.to_ascii_lowercase();
    all.iter().position(|own| first == **own)
}

/// Days since 1970 by the civil calendar, counted in eras of 400 years that begin in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use jiff::fmt::rfc2822;
    use proptest::prelude::*;

    use super::*;

    const UTC: Option<i32> = Some(0);

    /// 2022-06-30T20:02:17Z.
    const AT: i64 = 1_656_619_337;

    #[test]
    fn times_are_read_as_people_send_them() {
        for (text, nanos) in [
            ("2022-06-30t20:02:17z", 0),
            ("2022-06-30T20:02:17.123+00:00", 123_000_000),
            ("2022-06-30T20:02:17+0000", 0),
            ("2022-06-30T20:02:17+00", 0),
            ("2022-06-30 20:02:17Z", 0),
            ("2022-06-30 20:02:17 +0000", 0),
            ("2022-06-30 20:02:17 +00 00", 0),
            ("2022-06-30 20:02:17 UTC", 0),
            ("2022-06-30T20:02:17,5Z", 500_000_000),
            ("2022-06-30T20:02:17.123456789999Z", 123_456_789),
            ("2022-07-01T05:02:17+09:00", 0),
            ("2022-06-30T15:02:17-05", 0),
            ("2022-07-01T01:32:17+05:30[Asia/Kolkata]", 0),
            ("2022/06/30 20:02:17 GMT", 0),
            ("Thu, 30 Jun 2022 20:02:17 +0000", 0),
            ("Thu, 30 Jun 2022 15:02:17 EST", 0),
            ("30 Jun 2022 20:02:17 GMT", 0),
            ("Thu Jun 30 2022 20:02:17 GMT+0000 (Coordinated Universal Time)", 0),
            ("Thu Jun 30 2022 22:02:17 GMT+0200 (Central European Summer Time)", 0),
            ("1656619337", 0),
            ("1656619337.5", 500_000_000),
            ("1656619337.0", 0),
            ("1656619337000.25", 250_000),
            ("1656619337000000.5", 500),
            ("1656619337000000000.9", 0),
            ("/Date(1656619337000)/", 0),
            ("/Date(1656619337000+0200)/", 0),
            (" 2022-06-30T20:02:17Z ", 0),
        ] {
            assert_eq!(
                parse(text, None),
                Ok(Timestamp::from_nanos(AT * BILLION + nanos)),
                "{text}"
            );
        }
        assert_eq!(
            parse("2022-06-30T20:02Z", None),
            Ok(Timestamp::from_nanos((AT - 17) * BILLION))
        );
        for text in ["2022-06-30 20:02:17", "2022-06-30T20:02:17.1234567", "30 Jun 2022 20:02:17"] {
            assert!(matches!(parse(text, None), Err(TimeError::NoZone(_))), "{text}");
            assert!(parse(text, UTC).is_ok(), "{text}");
            let east = parse(text, Some(3_600)).map(Timestamp::as_nanos);
            let utc = parse(text, UTC).map(Timestamp::as_nanos);
            assert_eq!(east, utc.map(|nanos| nanos - 3_600 * BILLION), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            " ",
            "2022-06-30",
            "20220630T200217Z",
            "2022-06-30T24:00:00Z",
            "2022-02-29T00:00:00Z",
            "0001-01-01T00:00:00Z",
            "0",
            "30",
            "-1",
            "-1656619337",
            "June 30, 2022 8:02 PM",
            "1969-12-31T23:59:59Z",
            "2022-06-30T20:02:17Zz",
            "2022-06-30T20:02:17 CEST",
            "2022-06-30T20:02:17+24:00",
            "/Date()/",
            "/Date(1)",
            "1656619337.",
            ".5",
            "1e9",
            "+1656619337",
            "2022-06-30T20:02:17.Z",
            "2263-01-01T00:00:00Z",
            "Thu, ",
            "30 Jux 2022 00:00:00 Z",
            "99999999999999999999",
            "2022-06/30 20:02:17Z",
        ] {
            assert!(parse(text, UTC).is_err(), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(5_000) })]

        /// Every way to write a moment is read back as that moment.
        #[test]
        fn what_is_written_is_read_back(
            nanos in 31_536_000_000_000_000_i64..9_214_646_400_000_000_000,
            minutes in -1_439_i32..1_440, zoned in any::<bool>(), form in 0_usize..6,
        ) {
            let offset = jiff::tz::Offset::from_seconds(minutes * 60).expect("in range");
            let time = jiff::Timestamp::from_nanosecond(i128::from(nanos)).expect("in range");
            let local = offset.to_datetime(time);
            let (pattern, keeps) = [
                ("%Y-%m-%dT%H:%M:%S%.9f", 1), ("%Y/%m/%d %H:%M:%S", BILLION), ("%Y-%m-%d %H:%M", 60 * BILLION),
                ("%a, %d %b %Y %H:%M:%S", BILLION), ("%a %b %d %Y %H:%M:%S", BILLION), ("%Y-%m-%d %H:%M:%S,%3f", 1_000_000),
            ][form];
            let mut text = local.strftime(pattern).to_string();
            let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
            let sign = if minutes < 0 { '-' } else { '+' };
            let zone = if zoned {
                text += &match form % 3 {
                    0 => format!("{sign}{hours:02}:{rest:02}"),
                    1 => format!(" {sign}{hours:02}{rest:02}"),
                    _ => format!(" GMT{sign}{hours:02}{rest:02} (somewhere)"),
                };
                None
            } else {
                Some(minutes * 60)
            };
            prop_assert_eq!(parse(&text, zone), Ok(Timestamp::from_nanos(nanos - nanos.rem_euclid(keeps))), "{}", text);
        }

        /// Numbers are read back, whatever they count, and so is what they have behind the point.
        #[test]
        fn numbers_are_read_back(nanos in 1_000_000_000_000_000_000_i64..9_223_372_036_854_775_807, unit in 0_u32..4) {
            let one = 1000_i64.pow(unit);
            let (whole, part) = (nanos / one, nanos % one);
            let text = format!("{whole}.{part:0width$}0", width = 3 * unit as usize);
            prop_assert_eq!(parse(&text, None), Ok(Timestamp::from_nanos(nanos)), "{}", text);
        }

        /// No text panics; what jiff reads as RFC 3339 or RFC 2822 is read alike, but for what is not meant to be read.
        #[test]
        fn jiff_reads_the_same(
            text in "[0-9]{4}[-/][01][0-9]-[0-3][0-9][Tt ][012][0-9]:[0-6][0-9](:[0-6][0-9]([.,][0-9]{0,10})?)?( ?([Zz]|[+-][01][0-9](:?[0-6][0-9])?))?",
            other in "(Mon, |Thu, )?[0-3]?[0-9] (Jun|Feb|sep) (19|20|22)[0-9]{2} [0-2][0-9]:[0-5][0-9](:[0-6][0-9])? ([+-][01][0-9][0-5][0-9]|GMT|EST)",
            any in any::<String>(),
        ) {
            let _ = parse(&any, UTC);
            let as_nanos = |time: jiff::Timestamp| {
                i64::try_from(time.as_nanosecond()).ok().filter(|nanos| *nanos > 0)
            };
            let jiffs = text.parse::<jiff::Timestamp>().ok();
            if let Some(time) = jiffs {
                // A leap second is read as the one before it, by both.
                prop_assert_eq!(parse(&text, None).ok().map(Timestamp::as_nanos), as_nanos(time), "{}", text);
            }
            if let Ok(time) = rfc2822::parse(&other) {
                prop_assert_eq!(
                    parse(&other, None).ok().map(Timestamp::as_nanos), as_nanos(time.timestamp()), "{}", other
                );
            }
        }
    }
}
