//! A file of deliveries, folded by several threads: what each asset is, and what there is to say.
//!
//! ```console
//! $ cargo run --example file -- tests/data/samples/mux.jsonl
//! ```

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program of its own"
)]

use std::{env, fs::File, process::ExitCode};

use mediafold::{Catalog, Reader, bulk::FoldOptions, fast};

fn main() -> Result<ExitCode, std::io::Error> {
    let Some(path) = env::args().nth(1) else {
        eprintln!("which file?");
        return Ok(ExitCode::from(2));
    };
    let options = FoldOptions { findings: true, ..FoldOptions::default() };
    let rows = fast::fold([File::open(path)?], Reader::new(Catalog::builtin()), options, 2)?;
    for cut in rows.cuts(usize::MAX) {
        rows.rows(&cut, true, |row| {
            println!("{:24} {:40} {}", row.entity, row.id, row.state);
            Ok::<_, std::io::Error>(())
        })?;
    }
    Ok(ExitCode::SUCCESS)
}
