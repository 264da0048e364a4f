//! The `mediafold` command: hands arguments, streams and the clock to [`mediafold::cli`].

use std::process::ExitCode;
#[cfg(unix)]
use std::sync::atomic::{AtomicBool, Ordering};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Standard output was closed when the process began.
#[cfg(unix)]
static STDOUT_IS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Looks before `main`: by then the standard library has opened `/dev/null` in the place of what was closed.
#[cfg(unix)]
#[ctor::ctor]
fn look_at_stdout() {
    let closed = rustix::io::fcntl_getfd(rustix::stdio::stdout()).is_err();
    STDOUT_IS_CLOSED.store(closed, Ordering::Relaxed);
}

fn main() -> ExitCode {
    #[cfg(unix)]
    let closed = STDOUT_IS_CLOSED.load(Ordering::Relaxed);
    #[cfg(not(unix))]
    let closed = false;
    mediafold::cli::run(closed)
}
