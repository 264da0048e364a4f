//! Saves what all targets got to, together: a transaction that others wait for now and then, and not one for each change.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep, sleep_until},
};
use tracing::warn;

use crate::store::{Store, TargetProgress};

/// From one transaction to the next.
const RHYTHM: Duration = Duration::from_millis(100);
/// Before what could not be saved is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// What is to be saved, and who is told whether it was: it is not where the target was resumed or moved.
pub(super) type ToSave = (TargetProgress, oneshot::Sender<bool>);

/// Saves what comes, until nobody can send any more. One target has one progress here at a time.
pub(super) async fn save(store: Arc<Store>, mut queue: mpsc::Receiver<ToSave>) {
    let mut last: Option<Instant> = None;
    let mut complained = false;
    while let Some(first) = queue.recv().await {
        if let Some(last) = last {
            sleep_until(last + RHYTHM).await;
        }
        let (mut all, mut told) = (vec![first.0], vec![first.1]);
        while let Ok((progress, tell)) = queue.try_recv() {
            all.push(progress);
            told.push(tell);
        }
        let saved = loop {
            let (store, all) = (Arc::clone(&store), all.clone());
            let saved = tokio::task::spawn_blocking(move || store.save_targets(all)).await;
            match saved {
                Ok(Ok(saved)) => break saved,
                Ok(Err(reason)) => complain(&mut complained, &reason.to_string()),
                Err(reason) => complain(&mut complained, &reason.to_string()),
            }
            sleep(PAUSE).await;
        };
        complained = false;
        last = Some(Instant::now());
        for (tell, saved) in told.into_iter().zip(saved) {
            // A target that is no longer there does not wait for it.
            let _ = tell.send(saved);
        }
    }
}

/// Says once that it cannot be saved.
fn complain(complained: &mut bool, reason: &str) {
    if !*complained {
        warn!(
            reason,
            "what targets got to cannot be stored: they are sent no more than what is under way"
        );
    }
    *complained = true;
}
