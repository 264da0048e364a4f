mod python;
mod typescript;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, ValueHint};

use self::{python::python, typescript::typescript};
use super::{CliError, definition_files, exit::Exit, output, target::OutputArg};
use crate::{Catalog, Lifecycle, lifecycle::DefinitionFile};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold types                                the built-in lifecycles
  mediafold types mine/ -o src/lifecycles.d.ts   for `new Mediafold<Lifecycles>({ definitions })`
  mediafold types mine/ --python -o media_types.py

For each entity its states, flags, event kinds and the names of its data.")]
pub(super) struct Types {
    /// Definitions, or folders of them, whose entities are written; all entities where none is given
    #[arg(value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    paths: Vec<PathBuf>,
    /// A module of Python in place of TypeScript
    #[arg(long)]
    python: bool,
    #[command(flatten)]
    output: OutputArg,
}

impl Types {
    pub(super) fn run(self, below: &[PathBuf]) -> Result<ExitCode, CliError> {
        let of = |paths: &[PathBuf]| match paths {
            [] => Ok(Vec::new()),
            paths => definition_files(paths),
        };
        let (own, mut all) = (of(&self.paths)?, of(below)?);
        all.extend(
            own.iter()
                .filter(|file| !all.iter().any(|it| it.path == file.path))
                .cloned()
                .collect::<Vec<_>>(),
        );
        let catalog = Catalog::with(&all).map_err(|error| CliError::Definitions(error, all))?;
        let is_own = |lifecycle: &&Lifecycle| own.iter().any(|file| defines(file, lifecycle));
        let lifecycles = catalog.lifecycles().filter(|it| own.is_empty() || is_own(it));
        let text = match self.python {
            true => python(lifecycles),
            false => typescript(lifecycles),
        };
        output::write_whole(self.output.file(), text.as_bytes())?;
        Ok(Exit::Fine.into())
    }
}

/// Whether a lifecycle was compiled from this file.
fn defines(file: &DefinitionFile, lifecycle: &Lifecycle) -> bool {
    file.text == lifecycle.definition()
}

/// A name as text of the language: JSON's strings are those of both.
fn quoted(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}
