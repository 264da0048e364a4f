//! `audit`: a table of ids and statuses, held against deliveries.

mod columns;
mod deliveries;
mod fix;
mod listed;
mod print;
mod table;
mod words;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, ValueHint};

use self::{
    columns::Wishes,
    deliveries::QuickAudit,
    fix::{Dialect, Fix, FixKind},
    print::Printed,
    table::{ReadTable, read_table},
};
use super::{
    CliError, FormatArg, completions,
    exit::Exit,
    files::is_stdin,
    input::{Input, Sources, Unreadable, note_undated},
    output::{self, YELLOW},
    target::OutputArg,
};
use crate::{
    Catalog,
    audit::{AuditWords, Audited},
    shown::{did_you_mean, harmless, plural},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold audit media.csv webhooks/                          which rows are wrong, and the handler that made them
  mediafold audit --id mux_asset_id --status state media.csv webhooks.jsonl.gz
  mediafold audit --entity mux/asset assets.json --data mediafold.db      a provider's list, against a store
  mediafold audit --fix sql --dialect mysql media.csv webhooks/ > fix.sql

A row is equal, wrong, unknown (no webhook is about it), missing (there is an asset and no row) or unclear (what it says
cannot be told). Columns are found by their names where these are obvious, and said. The exit code is 1 where rows are wrong.
`mediafold docs audit` says more.")]
pub(super) struct AuditArgs {
    /// The table: CSV, NDJSON or a JSON array with an id and a status for each asset; `-` is standard input
    #[arg(value_name = "TABLE", value_hint = ValueHint::FilePath)]
    table: PathBuf,
    #[command(flatten)]
    input: Input,
    /// What the table is about, such as mux/asset; default: the entity that its ids are of
    #[arg(long, add = completions::entities())]
    entity: Option<String>,
    /// The column of the assets' ids; of JSON a member, or a pointer such as /data/id
    #[arg(long, value_name = "COLUMN")]
    id: Option<String>,
    /// The column of the statuses
    #[arg(long, value_name = "COLUMN")]
    status: Option<String>,
    /// The column of when a row was written: what came later is not held against it
    #[arg(long, value_name = "COLUMN")]
    at: Option<String>,
    /// What holds for times that name no zone: UTC, or an offset such as +02:00
    #[arg(long, value_name = "ZONE", value_parser = columns::zone, allow_hyphen_values = true)]
    zone: Option<i32>,
    /// What the table's words mean: lines `WORD = STATE`, or a JSON object
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    words: Option<PathBuf>,
    /// List the rows that are right too
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    format: FormatArg,
    #[command(flatten)]
    output: OutputArg,
    /// Print what corrects the wrong rows, in place of the rows
    #[arg(long, value_enum, conflicts_with_all = ["format", "all"])]
    fix: Option<FixKind>,
    /// The database that the SQL is for
    #[arg(long, value_enum, default_value = "postgres", requires = "fix")]
    dialect: Dialect,
    /// What the table is called in the database, such as public.media; default: what the file is called
    #[arg(long, value_name = "NAME", requires = "fix")]
    table_name: Option<String>,
}

impl AuditArgs {
    pub(super) fn run(self, catalog: &Catalog) -> Result<ExitCode, CliError> {
        let lifecycle = self.entity.as_deref().map(|name| super::lifecycle(catalog, name));
        let lifecycle = lifecycle.transpose()?;
        let words = self.words.as_deref().map(words::read_words).transpose()?.unwrap_or_default();
        if let Some(lifecycle) = lifecycle {
            refuse_strange(&words, lifecycle)?;
        }
        self.refuse_two_streams()?;
        let wishes = Wishes {
            id: self.id.as_deref(),
            status: self.status.as_deref(),
            at: self.at.as_deref(),
            entity: self.entity.as_deref(),
            zone: self.zone,
        };
        let read = read_table(&self.table, &wishes, catalog)?;
        let ReadTable { table, columns, entity, .. } = read;
        output::note(&format!("columns: {columns}"));
        let lifecycle = match entity {
            Some(entity) => Some(super::lifecycle(catalog, &entity)?),
            None => lifecycle,
        };
        let mut audit = self.input.audit(catalog, table)?;
        if let Some(lifecycle) = lifecycle {
            audit = audit.only_entity(lifecycle);
        }
        let mut sources = self.deliveries(&mut audit)?;
        let (summaries, unreadable) = audit.heard();
        sources.settle(&summaries, &unreadable, Unreadable::Noted)?;
        note_undated(audit.undated());
        let audited = audit.finish(&words).map_err(CliError::usage)?;
        refuse_strange(&words, audited.lifecycle())?;
        note_unclear(&audited);
        self.print(&audited, &sources, &columns)?;
        let found = Exit::found(audited.counts().wrong > 0);
        Ok(sources.exit().max(found).into())
    }

    fn print(
        &self,
        audited: &Audited<'_>,
        sources: &Sources,
        columns: &columns::Columns,
    ) -> Result<(), CliError> {
        let printed = Printed { audited, sources, columns, all: self.all };
        let Some(kind) = self.fix else {
            let (format, mut out) = self.output.open(&self.format)?;
            let written = printed.rows(&mut out, format);
            return out.finish(written);
        };
        let named = self.table_name.clone().map_or_else(|| table_name(&self.table), Ok)?;
        let fix = Fix { audited, columns, kind, dialect: self.dialect, table: &named };
        let mut out = output::out_to(super::Format::Csv, self.output.file())?;
        let written = fix.print(&mut out);
        out.finish(written)?;
        printed.note_summary()
    }

    fn deliveries(&self, audit: &mut crate::audit::Audit<'_>) -> Result<Sources, CliError> {
        self.input.hear(&mut QuickAudit::new(audit))
    }

    /// Standard input is either the table or the deliveries.
    fn refuse_two_streams(&self) -> Result<(), CliError> {
        let files = self.input.paths()?;
        let deliveries = files.is_empty() || files.iter().any(|file| is_stdin(file));
        match is_stdin(&self.table) && deliveries {
            true => Err(CliError::usage(
                "the table comes from standard input, so the deliveries must come from files or a store",
            )),
            false => Ok(()),
        }
    }
}

/// Words that the user said must mean states.
fn refuse_strange(words: &AuditWords, lifecycle: &crate::Lifecycle) -> Result<(), CliError> {
    let Some((word, state, near)) = words.strange(lifecycle) else { return Ok(()) };
    let near = did_you_mean(near);
    let states: Vec<&str> = lifecycle.states().iter().map(|state| &*state.name).collect();
    Err(CliError::usage(format!(
        "`{}` is to mean `{}`, which is no state of {}{near}\nstates: {}",
        harmless(word),
        harmless(state),
        lifecycle.entity(),
        states.join(", ")
    )))
}

/// Says what could not be told, and what helps.
fn note_unclear(audited: &Audited<'_>) {
    const SHOWN_MAX: usize = 5;
    let counts = audited.counts();
    let mut strange: Vec<(&String, u64)> =
        counts.strange.iter().filter(|(word, _)| !word.is_empty()).map(|(w, n)| (w, *n)).collect();
    strange.sort_by_key(|(word, rows)| (std::cmp::Reverse(*rows), *word));
    if !strange.is_empty() {
        let each = strange.iter().take(SHOWN_MAX).map(|(word, rows)| {
            format!("`{}` in {}", harmless(&crate::shown::shortened(word)), plural(*rows, "row"))
        });
        let shown: Vec<String> = each.collect();
        let more = strange.len().saturating_sub(SHOWN_MAX);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        output::note(&format!(
            "{YELLOW}words without a meaning{YELLOW:#}: {}{more}; `--words` says what they mean",
            shown.join(", ")
        ));
    }
    if counts.rows > 0 && counts.unknown == counts.rows {
        output::note(&format!(
            "{YELLOW}no id of the table is known{YELLOW:#}: `--id` says which column has those of {}",
            audited.lifecycle().entity()
        ));
    }
}

/// What the table is called, by its file.
fn table_name(path: &Path) -> Result<String, CliError> {
    let name = path.file_name().filter(|_| !is_stdin(path));
    let name = name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match name.split('.').next() {
        Some(stem) if !stem.is_empty() => Ok(stem.to_owned()),
        _ => {
            Err(CliError::usage("`--table-name` must say what the table is called in the database"))
        }
    }
}
