//! How far reading has come, on a terminal.

use std::{
    io,
    sync::Mutex,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::bulk::StreamDamage;
use crate::locks::locked;

/// A bar on a terminal, once the work has taken a second.
pub(super) struct Progress {
    pub(super) bar: ProgressBar,
    begun: Instant,
    /// How the stream that is read is broken.
    pub(super) broken: Mutex<Option<String>>,
}

impl Progress {
    pub(super) fn new(total: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(
            "{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta} left",
        ) {
            bar.set_style(style);
        }
        #[expect(clippy::disallowed_methods, reason = "only to show progress")]
        let begun = Instant::now();
        Self { bar, begun, broken: Mutex::new(None) }
    }

    /// How the stream is broken, which is noted, if it is the stream and not the reading of it.
    pub(super) fn broken(&self, error: &io::Error) -> Option<String> {
        let reason = StreamDamage::of(error)?.to_string();
        *locked(&self.broken) = Some(reason.clone());
        Some(reason)
    }

    pub(super) fn show_when_slow(&self) {
        if self.bar.is_hidden() && self.begun.elapsed() > Duration::from_secs(1) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}
