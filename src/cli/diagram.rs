use std::{io::IsTerminal, path::PathBuf, process::ExitCode};

use clap::{Args, ValueEnum, ValueHint};

use super::{
    CliError, completions,
    exit::Exit,
    input::{ReadingArgs, Wanted},
    named,
    nearest::not_heard,
    origin::StoreArg,
    output,
    target::{self, OutputArg},
};
use crate::{Catalog, bulk::Observed, diagram::Diagram as Drawing};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold diagram vms/content -o content.svg
  mediafold diagram fastpix/media                          drawn on the terminal
  mediafold diagram fastpix/media --format mermaid         for Markdown
  mediafold diagram fastpix/media --observed webhooks/ -o media.svg
  mediafold diagram fastpix/media --data mediafold.db --asset ID -o asset.png
  mediafold diagram vms/content --format dot | dot -Tpdf > content.pdf")]
pub(super) struct Diagram {
    /// The entity, such as fastpix/media
    #[arg(add = completions::entities())]
    entity: String,
    /// What to write it in; default: what the name of the file to write ends in, else text on a
    /// terminal and mermaid elsewhere
    #[arg(long, value_enum)]
    format: Option<PictureFormatArg>,
    #[command(flatten)]
    output: OutputArg,
    /// Paint what happened in these webhooks: how often, how long, what never and what should not have
    ///
    /// Files or folders as the other verbs read them; standard input where none is given, or for `-`. May be repeated.
    #[arg(long, value_name = "FILE", num_args = 0.., value_hint = ValueHint::AnyPath)]
    observed: Option<Vec<PathBuf>>,
    #[command(flatten)]
    store: StoreArg,
    /// Paint the path of this asset only: its id, or a beginning that no other has
    #[arg(long, value_name = "ID")]
    asset: Option<String>,
    #[command(flatten)]
    reading: ReadingArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PictureFormatArg {
    /// For the terminal
    Text,
    /// stateDiagram-v2, which Markdown hosts draw
    Mermaid,
    /// Graphviz
    Dot,
    /// A picture for browsers, in light or dark colours as the reader prefers
    Svg,
    /// A picture
    Png,
    /// JSON for XState 5, a machine that runs
    Xstate,
    /// SCXML of the W3C, a machine that runs
    Scxml,
}

impl PictureFormatArg {
    /// What files of this format are called.
    fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Text => &["txt", "text"],
            Self::Mermaid => &["mmd", "mermaid"],
            Self::Dot => &["dot", "gv"],
            Self::Svg => &["svg"],
            Self::Png => &["png"],
            Self::Xstate => &["json", "xstate"],
            Self::Scxml => &["scxml"],
        }
    }
}

impl Diagram {
    pub(super) fn run(self, catalog: &Catalog) -> Result<ExitCode, CliError> {
        let lifecycle = super::lifecycle(catalog, &self.entity)?;
        let format = self.format()?;
        let painted =
            self.observed.is_some() || self.store.path().is_some() || self.asset.is_some();
        if !painted {
            return self.write(format, &Drawing::new(lifecycle)).map(|()| Exit::Fine.into());
        }
        if let PictureFormatArg::Xstate | PictureFormatArg::Scxml = format {
            let message = "a machine is what may happen, not what did\nleave out `--observed`, `--data` and `--asset`, or choose another `--format`";
            return Err(CliError::usage(message));
        }
        let files = self.store.or(self.observed.as_deref().unwrap_or_default())?;
        let entities = [lifecycle];
        let wanted = Wanted {
            entities: Some(&entities),
            beginning: self.asset.as_deref(),
            ..Wanted::default()
        };
        let (folded, sources) = self.reading.fold(&files, catalog, wanted)?;
        match &self.asset {
            Some(id) => {
                let Some((_, asset)) = named::meant(&folded.assets, id)? else {
                    return Err(not_heard(&files, &self.reading, catalog, &entities, id));
                };
                self.write(format, &Drawing::asset(lifecycle, asset))?;
            }
            None => {
                let mut observed = Observed::new(lifecycle);
                folded.assets.iter().for_each(|(_, asset)| observed.add(asset));
                self.write(format, &Drawing::observed(&observed))?;
            }
        }
        Ok(sources.exit().into())
    }

    /// As asked for, or as the name of the file says.
    fn format(&self) -> Result<PictureFormatArg, CliError> {
        let path = self.output.file();
        let on_terminal = path.is_none() && std::io::stdout().is_terminal();
        let format = match (self.format, path.and_then(target::extension)) {
            (Some(format), _) => format,
            (None, None) if on_terminal => PictureFormatArg::Text,
            (None, None) => PictureFormatArg::Mermaid,
            (None, Some(extension)) => by_extension(&extension)?,
        };
        if let (Some(path), Some(value)) = (path, format.to_possible_value()) {
            target::warn(path, value.get_name(), format.extensions());
        }
        if format == PictureFormatArg::Png && on_terminal {
            let message = "a PNG is nothing for a terminal\nadd `-o FILE`, or `--format text`";
            return Err(CliError::usage(message));
        }
        Ok(format)
    }

    /// On a terminal no wider than it, if that can be. What would be broken there is drawn only where text is asked for.
    fn text(&self, drawing: &Drawing<'_>) -> Result<String, CliError> {
        let columns = output::columns().filter(|_| self.output.file().is_none());
        let Some(columns) = columns else { return Ok(drawing.text()) };
        match (drawing.text_within(columns), self.format) {
            (Ok(text), _) => Ok(text),
            (Err(_), Some(_)) => Ok(drawing.text()),
            (Err(least), None) => {
                let file = self.entity.replace('/', "_");
                Err(CliError::usage(format!(
                    "the picture takes {least} columns, and this terminal has {columns}\n\
                     add `-o {file}.svg`, or `--format text` to have it all the same, as for `less -S`"
                )))
            }
        }
    }

    fn write(&self, format: PictureFormatArg, drawing: &Drawing<'_>) -> Result<(), CliError> {
        let bytes = match format {
            PictureFormatArg::Text => self.text(drawing)?.into_bytes(),
            PictureFormatArg::Mermaid => drawing.mermaid().into_bytes(),
            PictureFormatArg::Dot => drawing.dot().into_bytes(),
            PictureFormatArg::Svg => drawing.svg().into_bytes(),
            PictureFormatArg::Png => drawing.png().map_err(CliError::usage)?,
            PictureFormatArg::Xstate => drawing.xstate().into_bytes(),
            PictureFormatArg::Scxml => drawing.scxml().into_bytes(),
        };
        output::write_whole(self.output.file(), &bytes)
    }
}

fn by_extension(extension: &str) -> Result<PictureFormatArg, CliError> {
    let all = PictureFormatArg::value_variants().iter();
    let named = all.copied().find(|format| format.extensions().contains(&extension));
    named.ok_or_else(|| {
        let known = PictureFormatArg::value_variants().iter().filter_map(|format| {
            format.to_possible_value().map(|value| value.get_name().to_owned())
        });
        let known = known.collect::<Vec<_>>().join(", ");
        CliError::usage(format!("no diagram is written as `.{extension}`\nadd `--format`: {known}"))
    })
}
