use std::{fmt::Write as _, path::PathBuf, process::ExitCode};

use clap::{Args, ValueHint};

use super::{CliError, definition_files, exit::Exit, output, target::OutputArg};
use crate::{Catalog, Lifecycle, lifecycle::DefinitionFile};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold types                                the built-in lifecycles
  mediafold types mine/ -o src/lifecycles.d.ts   for `new Mediafold<Lifecycles>({ definitions })`

TypeScript: for each entity its states, flags, event kinds and the names of its data.")]
pub(super) struct Types {
    /// Definitions, or folders of them, whose entities are written; all entities where none is given
    #[arg(value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    paths: Vec<PathBuf>,
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
        let text = match own.is_empty() {
            true => typescript(catalog.lifecycles()),
            false => typescript(catalog.lifecycles().filter(is_own)),
        };
        output::write_whole(self.output.file(), text.as_bytes())?;
        Ok(Exit::Fine.into())
    }
}

/// Whether a lifecycle was compiled from this file.
fn defines(file: &DefinitionFile, lifecycle: &Lifecycle) -> bool {
    file.text == lifecycle.definition()
}

/// What the lifecycles have names for, as TypeScript.
fn typescript<'c>(lifecycles: impl Iterator<Item = &'c Lifecycle>) -> String {
    let mut text = "/** What the definitions have names for: made by `mediafold types`. */\nexport interface Lifecycles {\n".to_owned();
    for lifecycle in lifecycles {
        let states = lifecycle.states().iter().map(|state| state.name.as_str());
        let flags = lifecycle.flags().iter().map(|flag| flag.name.as_str());
        let data = lifecycle.data().iter().map(|field| field.name.as_str());
        // A comment ends where its text says so.
        let title = lifecycle.title().replace("*/", "*\u{200b}/").replace(['\n', '\r'], " ");
        // Writing to a string succeeds.
        let _ = writeln!(text, "  /** {title} */\n  {}: {{", quoted(lifecycle.entity()));
        union("state", states, &mut text);
        union("flag", flags, &mut text);
        union("kind", lifecycle.kinds().map(|(_, name)| name), &mut text);
        union("data", data, &mut text);
        text.push_str("  };\n");
    }
    text.push_str("}\n");
    text
}

/// A member that is one of these names.
fn union<'n>(member: &str, names: impl Iterator<Item = &'n str>, text: &mut String) {
    let names: Vec<String> = names.map(quoted).collect();
    let line = names.join(" | ");
    let _ = match names.len() {
        0 => writeln!(text, "    {member}: never;"),
        _ if line.len() < 100 => writeln!(text, "    {member}: {line};"),
        _ => writeln!(text, "    {member}:\n      | {};", names.join("\n      | ")),
    };
}

/// JSON's strings are TypeScript's too.
fn quoted(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}
