//! The `mediafold` command: hands arguments, streams and the clock to [`mediafold::cli`].

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    mediafold::cli::run()
}
