//! The `mediafold` command: hands arguments, streams and the clock to [`mediafold::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    mediafold::cli::run()
}
