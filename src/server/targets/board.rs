//! What a server knows of its targets besides what the store has: for the page, the metrics and whoever asks.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Arc, Mutex},
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
};
use serde::Serialize;

use crate::{locks::locked, time::Timestamp};

/// A rate is of so many of the last seconds.
const RATE_SECONDS: i64 = 60;

/// What each target's sending told last, by name.
#[derive(Debug, Default)]
pub(in crate::server) struct Board(Mutex<BTreeMap<String, TargetTold>>);

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(in crate::server) struct TargetTold {
    /// The scheme and the host of its address.
    pub(in crate::server) place: String,
    /// Changes that have arrived since the server was started.
    pub(in crate::server) arrived: u64,
    /// Attempts that failed since then.
    pub(in crate::server) failed: u64,
    /// Changes that have failed and not arrived yet.
    pub(in crate::server) failing: usize,
    pub(in crate::server) arrived_at: Option<Timestamp>,
    pub(in crate::server) failed_at: Option<Timestamp>,
    /// Whether it is paused.
    #[serde(skip)]
    pub(in crate::server) paused: bool,
    /// Up to where it got.
    #[serde(skip)]
    pub(in crate::server) after: u64,
    /// Of the last seconds in which changes arrived, how many did.
    #[serde(skip)]
    seconds: VecDeque<(i64, u64)>,
}

impl Board {
    /// Has the targets of these names and places on it and no others.
    pub(in crate::server) fn keep(&self, targets: &[(String, String)]) {
        let mut all = locked(&self.0);
        all.retain(|name, _| targets.iter().any(|(own, _)| own == name));
        for (name, place) in targets {
            all.entry(name.clone()).or_default().place.clone_from(place);
        }
    }

    pub(super) fn tell(&self, name: &str, tell: impl FnOnce(&mut TargetTold)) {
        if let Some(told) = locked(&self.0).get_mut(name) {
            tell(told);
        }
    }

    pub(in crate::server) fn all(&self) -> BTreeMap<String, TargetTold> {
        locked(&self.0).clone()
    }
}

impl TargetTold {
    pub(super) fn arrived(&mut self, now: Timestamp) {
        self.arrived += 1;
        self.arrived_at = Some(now);
        let second = now.as_nanos() / 1_000_000_000;
        match self.seconds.back_mut().filter(|(own, _)| *own == second) {
            Some((_, count)) => *count += 1,
            None => self.seconds.push_back((second, 1)),
        }
        self.forget(second);
    }

    fn forget(&mut self, second: i64) {
        while self.seconds.front().is_some_and(|(own, _)| *own <= second - RATE_SECONDS) {
            self.seconds.pop_front();
        }
        // A clock that was set back.
        self.seconds.truncate(2 * RATE_SECONDS as usize);
    }

    /// Changes a second, of the last minute.
    pub(in crate::server) fn rate(&mut self, now: Timestamp) -> f64 {
        self.forget(now.as_nanos() / 1_000_000_000);
        let all: u64 = self.seconds.iter().map(|(_, count)| count).sum();
        all as f64 / RATE_SECONDS as f64
    }
}

/// Tells the metrics of all targets.
#[derive(Debug)]
pub(in crate::server) struct TargetMetrics(pub(in crate::server) Arc<Board>);

impl Collector for TargetMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let all = self.0.all();
        if all.is_empty() {
            return Ok(());
        }
        type Read = fn(&TargetTold) -> u64;
        let counters: [(&str, &str, Read); 2] = [
            ("target_arrived", "Changes that have arrived at a target", |told| told.arrived),
            ("target_failed", "Attempts to bring one that failed", |told| told.failed),
        ];
        for (name, what, read) in counters {
            let mut family = encoder.encode_descriptor(name, what, None, MetricType::Counter)?;
            for (target, told) in &all {
                let labels = [("target", target.as_str())];
                ConstCounter::new(read(told)).encode(family.encode_family(&labels)?)?;
            }
        }
        let gauges: [(&str, &str, Read); 3] = [
            ("target_failing", "Changes that have failed and not arrived yet", |told| {
                told.failing as u64
            }),
            ("target_paused", "1 while nothing is sent to a target", |told| told.paused.into()),
            ("target_reached", "The number of the last change that a target got to", |told| {
                told.after
            }),
        ];
        for (name, what, read) in gauges {
            let mut family = encoder.encode_descriptor(name, what, None, MetricType::Gauge)?;
            for (target, told) in &all {
                let labels = [("target", target.as_str())];
                let value = i64::try_from(read(told)).unwrap_or(i64::MAX);
                ConstGauge::new(value).encode(family.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}
