//! What came of sending.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    time::Duration,
};

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::cli::{
    CliError, Format,
    output::{self, BOLD, GREEN, YELLOW},
    tables::{Fit, print_table},
};
use crate::shown::plural;

/// The longest latency that is told from longer ones, in microseconds.
const LATENCY_MAX: u64 = 3_600_000_000;

/// What one thread saw.
pub(super) struct Seen {
    latency: Histogram<u64>,
    answers: BTreeMap<u16, u64>,
    errors: BTreeMap<String, u64>,
    pub(super) delivered: u64,
    pub(super) given_up: u64,
    /// Why nothing more can be sent.
    pub(super) failed: Option<CliError>,
}

/// What came of it.
#[derive(Serialize)]
pub(super) struct SendOutcome {
    /// However often they were attempted.
    deliveries: u64,
    delivered: u64,
    given_up: u64,
    requests: u64,
    seconds: f64,
    requests_per_second: f64,
    /// Requests by the status code of their answer.
    answers: BTreeMap<u16, u64>,
    /// Requests without an answer, by reason.
    errors: BTreeMap<String, u64>,
    /// Milliseconds until the whole answer was there, of those that got one; with `--rate` from when the request
    /// was due.
    latency_ms: Option<Latency>,
}

#[derive(Clone, Copy, Serialize)]
struct Latency {
    p50: f64,
    p90: f64,
    p99: f64,
    p999: f64,
    max: f64,
}

impl Seen {
    pub(super) fn new() -> Self {
        let latency = Histogram::new_with_bounds(1, LATENCY_MAX, 3);
        Self {
            latency: latency.unwrap_or_else(|_| unreachable!("the bounds are in order")),
            answers: BTreeMap::new(),
            errors: BTreeMap::new(),
            delivered: 0,
            given_up: 0,
            failed: None,
        }
    }

    pub(super) fn answer(&mut self, code: u16, latency: Duration) {
        let micros = latency.as_micros().clamp(1, u128::from(LATENCY_MAX)) as u64;
        // Every value within the bounds can be recorded.
        let _ = self.latency.record(micros);
        *self.answers.entry(code).or_default() += 1;
    }

    pub(super) fn error(&mut self, error: &ureq::Error) {
        *self.errors.entry(reason(error)).or_default() += 1;
    }

    /// Both together.
    pub(super) fn with(mut self, other: Self) -> Self {
        // Both have the same bounds.
        let _ = self.latency.add(&other.latency);
        for (code, count) in other.answers {
            *self.answers.entry(code).or_default() += count;
        }
        for (reason, count) in other.errors {
            *self.errors.entry(reason).or_default() += count;
        }
        self.delivered += other.delivered;
        self.given_up += other.given_up;
        self.failed = self.failed.or(other.failed);
        self
    }

    fn latency(&self) -> Option<Latency> {
        let at = |quantile| self.latency.value_at_quantile(quantile) as f64 / 1000.0;
        (!self.latency.is_empty()).then(|| Latency {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: at(1.0),
        })
    }
}

impl SendOutcome {
    pub(super) fn new(deliveries: u64, took: Duration, seen: Seen) -> Self {
        let requests = seen.answers.values().chain(seen.errors.values()).sum();
        let seconds = took.as_secs_f64();
        Self {
            deliveries,
            delivered: seen.delivered,
            given_up: seen.given_up,
            requests,
            seconds,
            requests_per_second: requests as f64 / seconds.max(f64::MIN_POSITIVE),
            latency_ms: seen.latency(),
            answers: seen.answers,
            errors: seen.errors,
        }
    }

    /// Whether every delivery was taken.
    pub(super) fn is_complete(&self) -> bool {
        self.delivered == self.deliveries
    }

    pub(super) fn print(&self, format: Format) -> io::Result<()> {
        let mut out = output::out(format);
        match format {
            Format::Jsonl => output::json_line(&mut out, self)?,
            Format::Csv => output::print_csv(&mut out, &["what", "figure"], self.rows())?,
            Format::Table => {
                let color = if self.is_complete() { GREEN } else { YELLOW };
                let deliveries = plural(self.deliveries, "delivery");
                let Self { delivered, seconds, requests_per_second, .. } = self;
                writeln!(
                    out,
                    "{BOLD}{color}{delivered} of {deliveries} taken{color:#}{BOLD:#} in {seconds:.1} s, {requests_per_second:.0} requests a second\n"
                )?;
                print_table(&mut out, &[("", Fit::Keep); 2], self.rows())?;
            }
        }
        out.flush()
    }

    fn rows(&self) -> Vec<[String; 2]> {
        let mut rows = vec![
            ["given up".to_owned(), self.given_up.to_string()],
            ["requests".to_owned(), self.requests.to_string()],
        ];
        let answers = self.answers.iter();
        rows.extend(answers.map(|(code, count)| [format!("answer {code}"), count.to_string()]));
        let errors = self.errors.iter();
        rows.extend(errors.map(|(reason, count)| [reason.clone(), count.to_string()]));
        if let Some(Latency { p50, p90, p99, p999, max }) = self.latency_ms {
            let all = [("p50", p50), ("p90", p90), ("p99", p99), ("p999", p999), ("max", max)];
            rows.extend(all.map(|(name, ms)| [format!("latency {name}"), format!("{ms} ms")]));
        }
        rows
    }
}

/// Why there was no answer, in few words: they are counted.
fn reason(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "no answer in time".to_owned(),
        ureq::Error::Io(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
            io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof => {
                "connection closed before the answer".to_owned()
            }
            _ => error.to_string(),
        },
        error => error.to_string(),
    }
}
