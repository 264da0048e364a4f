//! What a server does with its store while no webhook comes.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use super::Gate;
use crate::store::{Store, StoreError};

/// What becomes overdue is said so late at most, and so late it is noticed that a fault has begun or ended.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often what is old is removed.
const RETENTION: Duration = Duration::from_secs(3_600);

/// Keeps the store behind a gate in order, for ever: finds what becomes overdue, removes what is old, and tries whether a
/// fault has ended.
pub async fn upkeep(gate: Arc<Gate>, store: Arc<Store>) {
    let [probing, watching, retaining] = [PATIENCE, PATIENCE, RETENTION].map(|rhythm| {
        let mut rhythm = interval(rhythm);
        rhythm.set_missed_tick_behavior(MissedTickBehavior::Delay);
        rhythm
    });
    tokio::join!(
        every(probing, "deliveries cannot be stored", &gate, &store, probe),
        every(watching, "could not look for what is overdue", &gate, &store, watch),
        every(retaining, "could not remove what is old", &gate, &store, retain),
    );
}

/// Does this again and again, by a thread that may wait. That it fails is said once, until it has worked again.
async fn every(
    mut rhythm: tokio::time::Interval,
    complaint: &'static str,
    gate: &Arc<Gate>,
    store: &Arc<Store>,
    act: fn(&Gate, &Store) -> Result<(), StoreError>,
) {
    let mut failed = false;
    loop {
        rhythm.tick().await;
        let (gate, store) = (Arc::clone(gate), Arc::clone(store));
        let acted = tokio::task::spawn_blocking(move || act(&gate, &store)).await;
        let reason = match acted {
            Ok(Ok(())) => None,
            Ok(Err(reason)) => Some(reason.to_string()),
            Err(reason) => Some(reason.to_string()),
        };
        if let Some(reason) = &reason
            && !failed
        {
            warn!(%reason, "{complaint}");
        }
        failed = reason.is_some();
    }
}

/// Tries whether a fault has ended.
fn probe(_: &Gate, store: &Store) -> Result<(), StoreError> {
    if store.failing().is_some() {
        store.probe()?;
        info!("deliveries can be stored again");
    }
    Ok(())
}

/// Finds what becomes overdue, while that can be stored. A look costs what became overdue since the last one.
fn watch(gate: &Gate, store: &Store) -> Result<(), StoreError> {
    if store.failing().is_some() {
        return Ok(());
    }
    let swept = store.sweep(gate.now())?;
    if swept.overdue > 0 {
        info!(assets = swept.overdue, "overdue");
    }
    Ok(())
}

/// Removes what is old, until the server is to end.
fn retain(gate: &Gate, store: &Store) -> Result<(), StoreError> {
    let terms: Vec<_> =
        gate.settings().sources.values().map(|source| source.retain.clone()).collect();
    let retained = store.retain(&terms, gate.now(), &|| !gate.is_closing())?;
    if retained.bodies + retained.assets > 0 {
        info!(bodies = retained.bodies, assets = retained.assets, "removed what is old");
    }
    Ok(())
}
