//! What the gate knows of itself, as Prometheus reads it.

use std::{sync::Arc, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
        info::Info,
    },
    registry::{Registry, Unit},
};

use super::outcome::Outcome;

/// How `/metrics` is labelled: text of OpenMetrics, which Prometheus reads.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Taken {
    source: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    source: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Matched {
    source: String,
    secret: u32,
}

/// Counters that grow by what happens, and gauges that are set when somebody looks.
pub(super) struct Metrics {
    registry: Registry,
    deliveries: Family<Taken, Counter>,
    bytes: Family<Of, Counter>,
    secrets: Family<Matched, Counter>,
    answer: Histogram,
    store: Histogram,
    queue: Gauge,
    queue_limit: Gauge,
    connections: Gauge,
    ready: Gauge,
    pub(super) closed_for_others: Counter,
    pub(super) refused: Counter,
    pub(super) reloads: Counter,
    pub(super) failed_reloads: Counter,
}

/// What is so at the moment.
pub(super) struct Now {
    pub(super) queue: usize,
    pub(super) queue_limit: usize,
    pub(super) connections: usize,
    pub(super) ready: bool,
}

/// From a quarter of a millisecond to eight seconds.
pub(super) fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.000_25, 2.0, 16))
}

impl Metrics {
    /// With what others add.
    pub(super) fn new(others: impl FnOnce(&mut Registry)) -> Arc<Self> {
        let mut registry = Registry::with_prefix("mediafold");
        let metrics = Self {
            deliveries: Family::default(),
            bytes: Family::default(),
            secrets: Family::default(),
            answer: seconds(),
            store: seconds(),
            queue: Gauge::default(),
            queue_limit: Gauge::default(),
            connections: Gauge::default(),
            ready: Gauge::default(),
            closed_for_others: Counter::default(),
            refused: Counter::default(),
            reloads: Counter::default(),
            failed_reloads: Counter::default(),
            registry: Registry::default(),
        };
        metrics.register(&mut registry);
        others(&mut registry);
        Arc::new(Self { registry, ..metrics })
    }

    fn register(&self, registry: &mut Registry) {
        let Self { deliveries, bytes, secrets, answer, store, .. } = self;
        let what = "Requests to an address of a source, by what became of them";
        registry.register("deliveries", what, deliveries.clone());
        let what = "Authentic bodies";
        registry.register_with_unit("received", what, Unit::Bytes, bytes.clone());
        let what = "Authentic deliveries by the secret they were signed with, counted from 0";
        registry.register("secret_used", what, secrets.clone());
        let what = "From the head of a request to its answer, for those that were stored";
        registry.register_with_unit("answer", what, Unit::Seconds, answer.clone());
        let what = "From handing a delivery to the store to its being stored, waiting included";
        registry.register_with_unit("store", what, Unit::Seconds, store.clone());
        let what = "Deliveries received and not stored yet";
        registry.register("queue_depth", what, self.queue.clone());
        let what = "The most there may be; what is more is answered 503";
        registry.register("queue_limit", what, self.queue_limit.clone());
        registry.register("connections", "Open connections", self.connections.clone());
        let what = "1 while deliveries can be stored, as /readyz has it";
        registry.register("ready", what, self.ready.clone());
        let what = "Connections that waited for their client and were closed for another";
        registry.register("connections_closed", what, self.closed_for_others.clone());
        let what =
            "Connections refused because all others were at work, or their address had the most";
        registry.register("connections_refused", what, self.refused.clone());
        registry.register("reloads", "Configurations taken", self.reloads.clone());
        registry.register(
            "reloads_failed",
            "Configurations that were wrong, so that the one before stayed",
            self.failed_reloads.clone(),
        );
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program", version);
    }

    /// Has a source begin with none of each outcome: the first of something is a change too.
    pub(super) fn begin(&self, source: &str) {
        for outcome in Outcome::ALL.each_ref().map(Outcome::name) {
            drop(self.deliveries.get_or_create(&Taken { source: source.to_owned(), outcome }));
        }
    }

    /// A request came to its end, in this time.
    pub(super) fn ended(&self, source: &str, outcome: &'static str, took: Option<Duration>) {
        let taken = Taken { source: source.to_owned(), outcome };
        self.deliveries.get_or_create(&taken).inc();
        if let Some(took) = took {
            self.answer.observe(took.as_secs_f64());
        }
    }

    /// A delivery was found to be authentic.
    pub(super) fn authentic(&self, source: &str, bytes: usize, secret: Option<usize>) {
        let of = Of { source: source.to_owned() };
        self.bytes.get_or_create(&of).inc_by(bytes as u64);
        if let Some(secret) = secret.and_then(|secret| u32::try_from(secret).ok()) {
            self.secrets.get_or_create(&Matched { source: of.source, secret }).inc();
        }
    }

    pub(super) fn stored(&self, took: Duration) {
        self.store.observe(took.as_secs_f64());
    }

    /// Everything, gauges as they stand at the moment.
    pub(super) fn text(&self, now: &Now) -> String {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.queue.set(number(now.queue));
        self.queue_limit.set(number(now.queue_limit));
        self.connections.set(number(now.connections));
        self.ready.set(i64::from(now.ready));
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
