//! What is done with a store besides serving it: `rebuild`, `backup`, `verify`, `export`, `import`.

use std::{
    cell::OnceCell,
    fs::File,
    io::{BufWriter, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, ValueHint};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{
    CliError, FailOn, Format, FormatArg, completions,
    exit::Exit,
    files::{open, paths},
    input::{self, PolicyArg},
    output::{self, YELLOW},
    stored::note_removed,
};
use crate::{
    Catalog,
    shown::{harmless, plural},
    store::{Damage, Restated, Store, StoreOptions, Verified, import},
};

/// How many lines that were not stored are named per imported file.
const REFUSED_SHOWN_MAX: usize = 5;

/// Rows that are looked at between two looks at the progress.
const LOOKED_AT: u64 = 1000;

#[derive(Debug, Args)]
pub(super) struct Data {
    /// The file of the store
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    data: PathBuf,
}

impl Data {
    /// What is to be read must be there: opening would make it.
    pub(super) fn existing(&self) -> Result<&PathBuf, CliError> {
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

The server must be stopped meanwhile, but may go on during a dry run. Either everything is judged anew, or nothing is
changed.")]
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
                let rows =
                    rebuilt.restated.iter().map(|Restated { entity, id, from, to, .. }| {
                        let word = |state| Option::as_deref(state).unwrap_or_default();
                        [entity, &**id, word(from), word(to)]
                    });
                output::print_csv(&mut out, &["entity", "id", "from", "to"], rows)?;
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

The server may go on meanwhile. The copy is a store like any other, whole and on the disk; of one that is damaged none
is made.")]
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
  mediafold verify --data mediafold.db
  mediafold verify --data backups/2026-09-21.db && echo sound

The server may go on meanwhile. Exit code: 0 nothing is damaged, 1 something is, 2 could not run.")]
pub(super) struct Verify {
    #[command(flatten)]
    data: Data,
    /// What an illegal event did to the state when it was stored
    #[arg(long, value_enum, default_value = "keep")]
    policy: PolicyArg,
    #[command(flatten)]
    format: FormatArg,
}

impl Verify {
    pub(super) fn run(self, catalog: &Catalog) -> Result<ExitCode, CliError> {
        let path = self.data.existing()?;
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent}%, {eta} left") {
            bar.set_style(style);
        }
        let mut looked_at = 0_u64;
        let verified = Store::verify(path, catalog, self.policy.into(), &mut |done, all| {
            looked_at += 1;
            if looked_at.is_multiple_of(LOOKED_AT) {
                bar.set_length(all);
                bar.set_position(done);
            }
        });
        bar.finish_and_clear();
        let verified = verified?;
        let format = Format::or_default(self.format.format);
        let mut out = output::out(format);
        print_damage(&mut out, format, &verified.damage)?;
        out.flush()?;
        let Verified { deliveries, undigested, assets, changes, damaged, .. } = verified;
        if undigested > 0 {
            output::note(&format!(
                "{} stored by a version that kept no digests, so that damage to them may not be told: \
                 `mediafold rebuild` gives them digests",
                plural(undigested, "delivery")
            ));
        }
        if !verified.other_definitions.is_empty() {
            let providers = verified.other_definitions.join(", ");
            output::note(&format!(
                "what is stored of {providers} was judged by other definitions, so that no asset was folded again"
            ));
        }
        let [deliveries, assets] =
            [(deliveries, "delivery"), (assets, "asset")].map(|(count, of)| plural(count, of));
        let changes = plural(changes, "change");
        output::note(&match damaged {
            0 => format!("{deliveries}, {assets}, {changes}: nothing is damaged"),
            _ => format!("{deliveries}, {assets}, {changes}: {}", plural(damaged, "damaged place")),
        });
        Ok(match (damaged, verified.other_definitions.is_empty()) {
            (0, true) => Exit::Fine,
            (0, false) => Exit::Failed,
            _ => Exit::Found,
        }
        .into())
    }
}

fn print_damage(out: &mut output::Out, format: Format, damage: &[Damage]) -> Result<(), CliError> {
    match format {
        Format::Jsonl => damage.iter().try_for_each(|row| output::json_line(out, row))?,
        Format::Csv => {
            let rows = damage.iter().map(|Damage { delivery, entity, id, message, .. }| {
                let word = |word: &Option<String>| word.clone().unwrap_or_default();
                let delivery = delivery.map(|number| number.to_string()).unwrap_or_default();
                [delivery, word(entity), word(id), message.clone()]
            });
            output::print_csv(out, &["delivery", "entity", "id", "message"], rows)?;
        }
        Format::Table => {
            for Damage { delivery, entity, id, message, .. } in damage {
                let message = harmless(message);
                match (delivery, entity, id) {
                    (Some(number), ..) => writeln!(out, "delivery {number}: {message}")?,
                    (None, Some(entity), Some(id)) => {
                        writeln!(out, "{} {}: {message}", harmless(entity), harmless(id))?;
                    }
                    _ => writeln!(out, "{message}")?,
                }
            }
        }
    }
    Ok(())
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold export --data mediafold.db > deliveries.jsonl
  mediafold export --data mediafold.db | mediafold fold          the states, without the store

One record a line, in the order in which they were stored; the server may go on meanwhile. It stops at a delivery that
is damaged.")]
pub(super) struct Export {
    #[command(flatten)]
    data: Data,
}

impl Export {
    pub(super) fn run(self) -> Result<ExitCode, CliError> {
        let mut out = BufWriter::with_capacity(1 << 20, output::Standard::new());
        match Store::export(self.data.existing()?, &mut out) {
            Err(crate::store::StoreError::Stream(error)) => return Err(error.into()),
            exported => note_removed(&self.data.data, exported?),
        }
        out.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold import --data mediafold.db deliveries.jsonl.gz
  mediafold import --data mediafold.db --provider fastpix bodies/

Records {\"provider\":…,\"received_at\":…,\"body\":…} as `export` writes them, or bare bodies; providers are recognised as
`fold` does. What is there already is passed over, so that an export can be imported again. The server must be stopped
meanwhile.")]
pub(super) struct Import {
    #[command(flatten)]
    data: Data,
    /// Files or folders of webhooks; standard input where none is given, or for `-`
    #[arg(value_name = "FILE", value_hint = ValueHint::AnyPath)]
    files: Vec<PathBuf>,
    /// Who sent what names no provider; recognised by the envelope if absent
    #[arg(long, value_name = "NAME", add = completions::providers())]
    provider: Option<String>,
    /// The lowest severity of findings that makes the exit code 1: a line that is not stored is an error
    #[arg(long, value_enum, default_value = "warning")]
    fail_on: FailOn,
}

impl Import {
    pub(super) fn run(self, catalog: &Catalog) -> Result<ExitCode, CliError> {
        if let Some(name) = &self.provider {
            super::provider(catalog, name)?;
        }
        let store: OnceCell<Store> = OnceCell::new();
        let opened = || match store.get() {
            Some(store) => Ok(store),
            None => {
                let made = Store::open(&self.data.data, catalog.clone(), StoreOptions::default())?;
                Ok(store.get_or_init(|| made))
            }
        };
        // A store that is not there is made when there is something to put into it.
        if self.data.data.exists() {
            opened()?;
        }
        let (paths, exit) = paths(&self.files)?;
        let (mut deliveries, mut quarantined, mut known, mut refused) = (0, 0, 0, 0);
        for path in paths {
            let read = |source| CliError::Read { path: path.clone(), source };
            let input = open(&path, &ProgressBar::hidden()).map_err(read)?;
            let provider = self.provider.as_deref();
            let imported = match import(catalog, input.stream, provider, &opened) {
                Err(crate::store::StoreError::Stream(source)) => return Err(read(source)),
                imported => imported?,
            };
            deliveries += imported.deliveries;
            quarantined += imported.quarantined;
            known += imported.known;
            refused += imported.refused;
            if imported.known > 0 {
                let there = plural(imported.known, "delivery");
                output::note(&format!("passed over: {}: {there} stored already", path.display()));
            }
            for (line, reason) in imported.reasons.iter().take(REFUSED_SHOWN_MAX) {
                let (path, reason) = (path.display(), harmless(reason));
                output::note(&format!("{YELLOW}not stored{YELLOW:#}: {path}:{line}: {reason}"));
            }
        }
        drop(store);
        output::note(&format!(
            "{deliveries} stored, {quarantined} of them in quarantine; {known} passed over; {refused} refused"
        ));
        let failed = refused > 0 && self.fail_on != FailOn::Never;
        Ok(exit.max(Exit::found(failed)).into())
    }
}
