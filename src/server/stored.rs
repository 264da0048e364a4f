//! The store as what the gate gives deliveries to, and what it tells of itself.

use std::{
    fmt,
    sync::{Arc, Weak},
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric},
    metrics::{counter::Counter, family::Family, gauge::ConstGauge, gauge::Gauge},
    registry::{Registry, Unit},
};
use tokio::sync::watch;
use tracing::warn;

use super::{Accept, Busy, Clock, Done, Incoming, NotStored, metrics::seconds};
use crate::store::Store;

impl Accept for Store {
    fn submit(&self, incoming: Incoming, done: Done) -> Result<(), Busy> {
        self.submit_with(incoming, |result| {
            done(result.map_err(|failed| NotStored::new(failed.to_string())));
        })
    }

    fn ready(&self) -> Result<(), String> {
        match self.failing() {
            // What SQLite says of it is in the log; anybody may ask here.
            Some(failed) => Err(format!("deliveries cannot be stored: {}", failed.kind)),
            None if self.is_full() => Err("too many deliveries wait to be stored".to_owned()),
            None => Ok(()),
        }
    }

    fn register(self: Arc<Self>, registry: &mut Registry, clock: &Clock) {
        self.tell_commits(registry, clock);
        registry.register_collector(Box::new(Gauges(Arc::downgrade(&self))));
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct VerdictLabels {
    entity: String,
    verdict: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FindingLabels {
    entity: String,
}

impl Store {
    /// The number of the last change, as it grows.
    pub(super) fn follow(&self) -> watch::Receiver<u64> {
        let (sender, last) = watch::channel(0);
        let sender = Arc::new(sender);
        let seen = |sender: &watch::Sender<u64>, seq: u64| {
            sender.send_if_modified(|last| {
                let newer = seq > *last;
                *last = seq.max(*last);
                newer
            });
        };
        let heard = Arc::clone(&sender);
        self.on_commit(move |committed| seen(&heard, committed.seq));
        seen(&sender, self.last_change());
        last
    }

    fn tell_commits(&self, registry: &mut Registry, clock: &Clock) {
        let (events, late) = (
            Family::<VerdictLabels, Counter>::default(),
            Family::<FindingLabels, Counter>::default(),
        );
        let (took, last) = (seconds(), Gauge::<i64>::default());
        let what = "Events by the verdict that they had when they came";
        registry.register("events", what, events.clone());
        let what = "Events that came after one that happened later";
        registry.register("late_events", what, late.clone());
        let what = "Transactions that stored deliveries, from beginning to on the disk";
        registry.register_with_unit("commit", what, Unit::Seconds, took.clone());
        let what = "When deliveries were stored last";
        registry.register_with_unit("last_commit_timestamp", what, Unit::Seconds, last.clone());
        let clock = Arc::clone(clock);
        self.on_commit(move |committed| {
            if committed.deliveries == 0 {
                return;
            }
            took.observe(committed.took.as_secs_f64());
            last.set(clock().as_nanos() / 1_000_000_000);
            for judged in &committed.events {
                for (verdict, count) in &judged.verdicts {
                    let label = VerdictLabels { entity: judged.entity.clone(), verdict };
                    events.get_or_create(&label).inc_by(*count);
                }
                let of = FindingLabels { entity: judged.entity.clone() };
                late.get_or_create(&of).inc_by(judged.late);
            }
        });
    }
}

/// What is so when somebody looks. Weak: metrics are in the hands of whoever answers a delivery, which is the store's own
/// thread, and that cannot close the store.
#[derive(Debug)]
struct Gauges(Weak<Store>);

impl Collector for Gauges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Some(store) = self.0.upgrade() else { return Ok(()) };
        let bytes = Some(&Unit::Bytes);
        gauge(&mut encoder, "database", "The database without its log", bytes, store.file_len())?;
        let what = "The log of the database (WAL)";
        gauge(&mut encoder, "database_log", what, bytes, store.log_len())?;
        match (store.population(), store.overdue()) {
            (Ok(population), Ok(overdue)) => {
                encode_assets(&mut encoder, &population)?;
                let what = "Assets for too long in their state";
                gauge(&mut encoder, "overdue_assets", what, None, overdue)
            }
            (Err(reason), _) | (_, Err(reason)) => {
                warn!(%reason, "metrics without what the store would have to be asked for");
                Ok(())
            }
        }
    }
}

fn encode_assets(
    encoder: &mut DescriptorEncoder<'_>,
    population: &[(String, String, u64)],
) -> fmt::Result {
    let what = "Assets by their state";
    let kind = ConstGauge::<i64>::new(0).metric_type();
    let mut family = encoder.encode_descriptor("assets", what, None, kind)?;
    for (entity, state, count) in population {
        let labels = [("entity", entity.as_str()), ("state", state.as_str())];
        let count = ConstGauge::new(i64::try_from(*count).unwrap_or(i64::MAX));
        count.encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}

fn gauge(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    what: &str,
    unit: Option<&Unit>,
    value: u64,
) -> fmt::Result {
    let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
    gauge.encode(encoder.encode_descriptor(name, what, unit, gauge.metric_type())?)
}
