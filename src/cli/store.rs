//! What is done with a store besides serving it: `rebuild`, `backup`, `export`, `import`.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, ValueHint};
use indicatif::ProgressBar;

use super::{
    CliError, FailOn, Format, FormatArg,
    files::{open, paths},
    fold::plural,
    input::{self, PolicyArg, Sources},
    output::{self, YELLOW},
};
use crate::{
    Catalog,
    shown::harmless,
    store::{Restated, Store, StoreOptions},
};

/// Of one file that is taken in, so many lines are named that are none.
const REFUSED_SHOWN_MAX: usize = 5;

#[derive(Debug, Args)]
struct Data {
    /// The file of the store
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    data: PathBuf,
}

impl Data {
    /// What is to be read must be there: opening would make it.
    fn existing(&self) -> Result<&PathBuf, CliError> {
        let read = |source| CliError::Read { path: self.data.clone(), source };
        File::open(&self.data).map_err(read)?;
        Ok(&self.data)
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold rebuild --data mediafold.db --dry-run          which assets would change state
  mediafold rebuild --data mediafold.db --definitions mine/

The server must be stopped meanwhile. Either everything is judged anew, or nothing is changed.")]
pub(super) struct Rebuild {
    #[command(flatten)]
    data: Data,
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// What an illegal event does to the state
    #[arg(long, value_enum, default_value = "keep")]
    policy: PolicyArg,
    #[command(flatten)]
    format: FormatArg,
}

impl Rebuild {
    pub(super) fn run(self, catalog: &Catalog) -> Result<ExitCode, CliError> {
        let path = self.data.existing()?;
        let now = input::now().map_err(CliError::usage)?;
        let catalog = catalog.clone();
        let rebuilt = Store::rebuild(path, catalog, self.policy.into(), now, self.dry_run)?;
        let format = Format::or_default(self.format.format);
        let mut out = output::out(format);
        match format {
            Format::Jsonl => {
                rebuilt.restated.iter().try_for_each(|row| output::json_line(&mut out, row))?;
            }
            Format::Csv => {
                let mut csv = output::csv_writer(&mut out);
                csv.write_record(["entity", "id", "from", "to"]).map_err(io::Error::from)?;
                for Restated { entity, id, from, to, .. } in &rebuilt.restated {
                    let word = |state: &Option<String>| state.clone().unwrap_or_default();
                    let row = [entity.clone(), id.clone(), word(from), word(to)];
                    csv.write_record(row).map_err(io::Error::from)?;
                }
                csv.flush()?;
            }
            Format::Table => {
                for Restated { entity, id, from, to, .. } in &rebuilt.restated {
                    let word = |state: &Option<String>| {
                        state.clone().unwrap_or_else(|| "nothing".to_owned())
                    };
                    writeln!(out, "{entity} {}: {} → {}", harmless(id), word(from), word(to))?;
                }
            }
        }
        out.flush()?;
        let states = plural(rebuilt.restated.len() as u64, "asset");
        let read = plural(rebuilt.deliveries, "delivery");
        let would = if self.dry_run { "would be" } else { "is" };
        output::note(&format!("{read} judged anew: {states} {would} in another state"));
        if rebuilt.recalled > 0 {
            let recalled = rebuilt.recalled;
            output::note(&format!(
                "{recalled} without a body: what was read of them then was judged"
            ));
        }
        if rebuilt.released > 0 {
            output::note(&format!("{} {would} out of quarantine", rebuilt.released));
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  mediafold backup --data mediafold.db backups/$(date +%F).db

The server may go on meanwhile. The copy is a store like any other, whole and on the disk.")]
pub(super) struct Backup {
    #[command(flatten)]
    data: Data,
    /// The file to make; there must be none yet
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    to: PathBuf,
}

impl Backup {
    pub(super) fn run(self) -> Result<ExitCode, CliError> {
        Store::backup(self.data.existing()?, &self.to)?;
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold export --data mediafold.db > deliveries.jsonl
  mediafold export --data mediafold.db | mediafold fold          the states, without the store

One record a line, in the order in which they were stored; the server may go on meanwhile.")]
pub(super) struct Export {
    #[command(flatten)]
    data: Data,
}

impl Export {
    pub(super) fn run(self) -> Result<ExitCode, CliError> {
        let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
        match Store::export(self.data.existing()?, &mut out) {
            Err(crate::store::StoreError::Stream(error)) => return Err(error.into()),
            exported => exported?,
        };
        out.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold import --data mediafold.db deliveries.jsonl.gz
  mediafold import --data mediafold.db --provider fastpix bodies/

Records {\"provider\":…,\"received_at\":…,\"body\":…} as `export` writes them, or bare bodies with --provider. The server
must be stopped meanwhile.")]
pub(super) struct Import {
    #[command(flatten)]
    data: Data,
    /// Files or folders of webhooks; standard input where none is given, or for `-`
    #[arg(value_name = "FILE", value_hint = ValueHint::AnyPath)]
    files: Vec<PathBuf>,
    /// Who sent what is no record
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// The lowest severity of findings that makes the exit code 1: a line that is no record is an error
    #[arg(long, value_enum, default_value = "warning")]
    fail_on: FailOn,
}

impl Import {
    pub(super) fn run(self, catalog: &Catalog) -> Result<ExitCode, CliError> {
        if let Some(name) = &self.provider {
            super::provider(catalog, name)?;
        }
        let store = Store::open(&self.data.data, catalog.clone(), StoreOptions::default())?;
        let mut sources = Sources::default();
        let (mut deliveries, mut quarantined, mut refused) = (0, 0, 0);
        for path in paths(&self.files, &mut sources)? {
            let read = |source| CliError::Read { path: path.clone(), source };
            let input = open(&path, &ProgressBar::hidden()).map_err(read)?;
            let imported = match store.import(input.stream, self.provider.as_deref()) {
                Err(crate::store::StoreError::Stream(source)) => return Err(read(source)),
                imported => imported?,
            };
            deliveries += imported.deliveries;
            quarantined += imported.quarantined;
            refused += imported.refused;
            for (line, reason) in imported.reasons.iter().take(REFUSED_SHOWN_MAX) {
                let (path, reason) = (path.display(), harmless(reason));
                output::note(&format!("{YELLOW}not stored{YELLOW:#}: {path}:{line}: {reason}"));
            }
        }
        drop(store);
        output::note(&format!(
            "{deliveries} stored, {quarantined} of them in quarantine; {refused} refused"
        ));
        let failed = refused > 0 && self.fail_on != FailOn::Never;
        Ok(match (sources.failed, failed) {
            (true, _) => ExitCode::from(2),
            (false, true) => ExitCode::from(1),
            (false, false) => ExitCode::SUCCESS,
        })
    }
}
