use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::{Args, ValueEnum, ValueHint};

use super::{CliError, output};
use crate::{Catalog, DiagramFormat, diagram};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold diagram fastpix/media
  mediafold diagram vms/content --format dot | dot -Tsvg > content.svg")]
pub(super) struct Diagram {
    /// The entity, such as fastpix/media
    entity: String,
    /// What to write it in
    #[arg(long, value_enum, default_value = "mermaid")]
    format: FormatArg,
    /// Write to this file, and only when it is complete
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormatArg {
    /// stateDiagram-v2, which Markdown hosts draw
    Mermaid,
    /// Graphviz
    Dot,
    /// JSON for XState 5, a machine that runs
    Xstate,
    /// SCXML of the W3C, a machine that runs
    Scxml,
}

impl Diagram {
    pub(super) fn run(self, catalog: &Catalog) -> Result<ExitCode, CliError> {
        let lifecycle = super::lifecycle(catalog, &self.entity)?;
        let text = diagram(
            lifecycle,
            match self.format {
                FormatArg::Mermaid => DiagramFormat::Mermaid,
                FormatArg::Dot => DiagramFormat::Dot,
                FormatArg::Xstate => DiagramFormat::XState,
                FormatArg::Scxml => DiagramFormat::Scxml,
            },
        );
        match self.output {
            None => output::write_all(text.as_bytes()),
            Some(path) => {
                write_whole(&path, text.as_bytes())
                    .map_err(|source| CliError::Write { path: path.clone(), source })?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

/// Writes beside the file and renames, so that nobody sees a part of it.
fn write_whole(path: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let written = std::fs::File::create(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    });
    if written.is_err() {
        // The first error is the one to report.
        let _ = std::fs::remove_file(&beside);
    }
    written
}
