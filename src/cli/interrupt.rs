//! What Ctrl-C and signals that end the process do. A process has one handler for them: it is here, and whoever needs
//! something done asks for it.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, Once,
        atomic::{AtomicBool, Ordering},
    },
};

use super::exit::Exit;
use crate::locks::locked;

/// What there is to do.
struct Endings {
    /// Files to be removed.
    files: Vec<PathBuf>,
    /// To be set by the first signal, in place of ending the process.
    stop: Option<Arc<AtomicBool>>,
}

static WANTED: Mutex<Endings> = Mutex::new(Endings { files: Vec::new(), stop: None });

/// Has a file removed if the process is told to end, until [`keep`] is called.
pub(super) fn remove(path: &Path) {
    ask(|wanted| wanted.files.push(path.to_owned()));
}

/// Leaves a file as it is.
pub(super) fn keep(path: &Path) {
    ask(|wanted| wanted.files.retain(|other| other != path));
}

/// Becomes true when the process is told to end, which it then does by itself. Told once more it ends at once.
pub(super) fn stop() -> Arc<AtomicBool> {
    ask(|wanted| wanted.stop.get_or_insert_default().clone())
}

fn ask<R>(act: impl FnOnce(&mut Endings) -> R) -> R {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Without a handler the process ends all the same, and leaves half-written files.
        let _ = ctrlc::set_handler(end);
    });
    act(&mut locked(&WANTED))
}

fn end() {
    ask(|wanted| {
        if wanted.stop.as_ref().is_some_and(|stop| !stop.swap(true, Ordering::Relaxed)) {
            return;
        }
        wanted.files.iter().for_each(|file| drop(fs::remove_file(file)));
        std::process::exit(Exit::Interrupted as i32);
    });
}
