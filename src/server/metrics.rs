//! What the gate knows of itself, as Prometheus reads it.

use std::{sync::Arc, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};

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
    commit: Histogram,
    queue: Gauge,
    connections: Gauge,
    pub(super) closed_for_others: Counter,
    pub(super) refused: Counter,
    pub(super) reloads: Counter,
    pub(super) failed_reloads: Counter,
}

impl Metrics {
    pub(super) fn new() -> Arc<Self> {
        let mut registry = Registry::with_prefix("mediafold");
        let seconds = || Histogram::new(exponential_buckets(0.000_25, 2.0, 16));
        let metrics = Self {
            deliveries: Family::default(),
            bytes: Family::default(),
            secrets: Family::default(),
            answer: seconds(),
            commit: seconds(),
            queue: Gauge::default(),
            connections: Gauge::default(),
            closed_for_others: Counter::default(),
            refused: Counter::default(),
            reloads: Counter::default(),
            failed_reloads: Counter::default(),
            registry: Registry::default(),
        };
        let Self { deliveries, bytes, secrets, answer, commit, queue, connections, .. } = &metrics;
        let what = "Requests to an address of a source, by what became of them";
        registry.register("deliveries", what, deliveries.clone());
        registry.register("received_bytes", "Bytes of authentic bodies", bytes.clone());
        let what = "Authentic deliveries by the secret they were signed with, counted from 0";
        registry.register("secret_used", what, secrets.clone());
        let what = "From the head of a request to its answer, for those that were stored";
        registry.register("answer_seconds", what, answer.clone());
        let what = "From handing a delivery to the store to its being stored";
        registry.register("commit_seconds", what, commit.clone());
        registry.register("queue", "Deliveries received and not stored yet", queue.clone());
        registry.register("connections", "Open connections", connections.clone());
        let what = "Connections that waited for their client and were closed for another";
        registry.register("connections_closed", what, metrics.closed_for_others.clone());
        let what = "Connections refused because all others were at work";
        registry.register("connections_refused", what, metrics.refused.clone());
        registry.register("reloads", "Configurations taken", metrics.reloads.clone());
        registry.register(
            "reloads_failed",
            "Configurations that were wrong, so that the one before stayed",
            metrics.failed_reloads.clone(),
        );
        Arc::new(Self { registry, ..metrics })
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

    pub(super) fn committed(&self, took: Duration) {
        self.commit.observe(took.as_secs_f64());
    }

    /// Everything, with what is so at the moment.
    pub(super) fn text(&self, queue: usize, connections: usize) -> String {
        self.queue.set(i64::try_from(queue).unwrap_or(i64::MAX));
        self.connections.set(i64::try_from(connections).unwrap_or(i64::MAX));
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
