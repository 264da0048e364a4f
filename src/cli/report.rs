use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};

use clap::Args;

use super::{
    CliError,
    findings::LevelArgs,
    input::{Input, Unreadable, Wanted},
    output,
    target::{self, OutputArg},
};
use crate::{Catalog, bulk::Observed, diagram::Diagram, report};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold report webhooks/ -o report.html
  mediafold report --as-of now --assets 2000 webhooks.jsonl.gz -o report.html
  cat webhooks.jsonl | mediafold report > report.html")]
pub(super) struct ReportArgs {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    output: OutputArg,
    /// How many assets get a timeline in the page, the worst first
    #[arg(long, value_name = "N", default_value_t = 500)]
    assets: usize,
    #[command(flatten)]
    levels: LevelArgs,
}

impl ReportArgs {
    pub(super) fn run(self, catalog: &Catalog) -> Result<ExitCode, CliError> {
        let path = self.output.file();
        if path.is_none() && io::stdout().is_terminal() {
            return Err(CliError::usage("a page is not for a terminal: `-o report.html`"));
        }
        path.iter().for_each(|path| target::warn(path, "HTML", &["html", "htm"]));
        let levels = self.levels.levels();
        let wanted = Wanted {
            findings: true,
            levels: levels.clone(),
            unreadable: Unreadable::Shown,
            ..Wanted::default()
        };
        let (mut folded, sources) = self.input.fold(catalog, wanted)?;
        let as_of = self.input.as_of();
        if as_of.is_none() {
            report::add_overdue(&mut folded, &levels);
        }
        let material = report::Material {
            folded: &folded,
            levels: &levels,
            as_of,
            assets_max: self.assets,
            sources: sources.names(),
            place: &|delivery| Some(sources.locate(delivery)).filter(|(_, line)| *line > 0),
            explanation: &|code| crate::explain::explanation(code.code()).unwrap_or_default(),
            command: &|time| {
                let (input, levels) = (self.input.given(time), self.levels.given());
                format!("mediafold check{input}{levels} {}", self.input.origin().given())
            },
            picture: &picture,
        };
        let page = report::Report::gather(&material).page();
        output::write_whole(path, page.as_bytes())?;
        Ok(sources.exit().into())
    }
}

/// What an entity's assets did, as SVG.
fn picture(observed: &Observed<'_>) -> String {
    Diagram::observed(observed).svg()
}
