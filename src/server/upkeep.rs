//! What a server does with its store while no webhook comes.

use std::{sync::Arc, time::Duration};

use tracing::{info, warn};

use super::Clock;
use crate::store::Store;

/// What becomes overdue is said so late at most.
const PATIENCE: Duration = Duration::from_secs(10);

/// Finds what becomes overdue, for ever. A look costs what became overdue since the last one.
pub async fn upkeep(store: Arc<Store>, clock: Clock) {
    let mut rhythm = tokio::time::interval(PATIENCE);
    loop {
        rhythm.tick().await;
        let (store, now) = (Arc::clone(&store), clock());
        let swept = tokio::task::spawn_blocking(move || store.sweep(now)).await;
        match swept {
            Ok(Ok(swept)) if swept.overdue > 0 => info!(assets = swept.overdue, "overdue"),
            Ok(Ok(_)) => {}
            Ok(Err(reason)) => warn!(%reason, "could not look for what is overdue"),
            Err(reason) => warn!(%reason, "looking for what is overdue ended"),
        }
    }
}
