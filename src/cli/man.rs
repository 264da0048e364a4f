//! Manual pages, from the same words as `--help`.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Command, ValueHint};
use clap_mangen::{
    Man,
    roff::{Roff, roman},
};

use super::{CliError, exit::Exit, output};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold man | man -l -                       read the page of the command
  mediafold man ~/.local/share/man/man1          write that and a page for each verb there")]
pub(super) struct ManPages {
    /// Write all pages to this folder, over those that are there
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    folder: Option<PathBuf>,
}

impl ManPages {
    pub(super) fn run(self, command: Command) -> Result<ExitCode, CliError> {
        let mut command = command.disable_help_subcommand(true);
        command.build();
        let Some(folder) = self.folder else { return output::write_all(&page(command)?) };
        let failed = |source| CliError::Write { path: folder.clone(), source };
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let verbs = command.get_subcommands().cloned().collect::<Vec<_>>();
        for command in verbs.into_iter().chain([command]) {
            let name = command.get_display_name().unwrap_or_else(|| command.get_name());
            let name = format!("{name}.1");
            output::write_whole(Some(&folder.join(name)), &page(command)?)?;
        }
        Ok(Exit::Fine.into())
    }
}

/// A page as roff. It has no date, so that the same command gives the same bytes.
fn page(command: Command) -> Result<Vec<u8>, CliError> {
    let rest = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let has_verbs = command.has_subcommands();
    let source = concat!("mediafold ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command).source(source).manual("mediafold");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if has_verbs {
        man.render_subcommands_section(&mut page)?;
    }
    if !rest.is_empty() {
        let mut notes = Roff::new();
        // As it stands: it has examples and columns.
        notes.control("SH", ["NOTES"]).control("nf", []);
        for line in rest.lines() {
            notes.text([roman(line)]);
        }
        notes.control("fi", []);
        page.extend_from_slice(notes.to_roff().as_bytes());
    }
    Ok(page)
}
