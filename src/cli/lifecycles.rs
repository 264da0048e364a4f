use std::{io::Write, process::ExitCode};

use clap::Args;
use serde::Serialize;

use super::{
    CliError, Format, FormatArg, completions,
    exit::Exit,
    output::{self, BOLD, DIM},
    tables::{Fit, print_table},
};
use crate::{
    Catalog, Lifecycle,
    lifecycle::{Described, Order},
    shown::plural,
    time::human_duration,
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold lifecycles
  mediafold lifecycles fastpix/live_stream
  mediafold lifecycles fastpix/media --toml > mine/media.toml
  mediafold lifecycles fastpix --toml > mine/provider.toml")]
pub(super) struct Lifecycles {
    /// Describe this entity, or list those of this provider
    #[arg(value_name = "ENTITY|PROVIDER", add = completions::entities_and_providers())]
    entity: Option<String>,
    /// Print its definition, to begin your own from
    #[arg(long, requires = "entity", conflicts_with = "format")]
    toml: bool,
    #[command(flatten)]
    format: FormatArg,
}

#[derive(Serialize)]
struct TransitionRow<'a> {
    entity: &'a str,
    from: &'a str,
    event: &'a str,
    /// The word, where a status word decides.
    status: Option<&'a str>,
    /// What must hold of the payload, where a row asks for something.
    when: Option<&'a str>,
    #[serde(skip)]
    label: &'a str,
    to: &'a str,
    again: bool,
    set: Vec<&'a str>,
    clear: Vec<&'a str>,
}

impl Lifecycles {
    pub(super) fn run(self, catalog: &Catalog) -> Result<ExitCode, CliError> {
        let format = Format::or_default(self.format.format);
        let mut out = output::out(format);
        let provider = self.entity.as_deref().and_then(|name| catalog.provider(name));
        match (provider, &self.entity) {
            (Some(provider), _) if self.toml => {
                out.write_all(provider.definition().as_bytes())?;
            }
            (Some(provider), _) => list(&mut out, format, catalog, Some(provider.name()))?,
            (None, Some(entity)) if self.toml => {
                out.write_all(super::lifecycle(catalog, entity)?.definition().as_bytes())?;
            }
            (None, Some(entity)) => describe(&mut out, format, super::lifecycle(catalog, entity)?)?,
            (None, None) => list(&mut out, format, catalog, None)?,
        }
        out.flush()?;
        Ok(Exit::Fine.into())
    }
}

fn list(
    out: &mut output::Out,
    format: Format,
    catalog: &Catalog,
    provider: Option<&str>,
) -> std::io::Result<()> {
    let is_wanted = |own: &&Lifecycle| provider.is_none_or(|provider| own.provider() == provider);
    let rows = catalog.lifecycles().filter(is_wanted).map(Described::from);
    let columns = [
        ("entity", Fit::Keep),
        ("title", Fit::Drop(5)),
        ("order", Fit::Drop(1)),
        ("states", Fit::Drop(4)),
        ("events", Fit::Drop(3)),
        ("transitions", Fit::Drop(2)),
        ("source", Fit::Drop(0)),
    ];
    let cells = |row: Described<'_>| {
        let counts = [row.states, row.events, row.transitions].map(|count| count.to_string());
        let [states, events, transitions] = counts;
        let text = [row.entity, row.title, row.order].map(str::to_owned);
        let [entity, title, order] = text;
        [
            entity,
            title,
            order,
            states,
            events,
            transitions,
            row.source.unwrap_or_default().to_owned(),
        ]
    };
    match format {
        Format::Jsonl => rows.into_iter().try_for_each(|row| output::json_line(out, &row)),
        Format::Csv => output::print_csv(out, &columns.map(|(name, _)| name), rows.map(cells)),
        Format::Table => print_table(out, &columns, rows.map(cells)),
    }
}

fn describe(out: &mut output::Out, format: Format, lifecycle: &Lifecycle) -> std::io::Result<()> {
    let states = lifecycle.states();
    let rows = lifecycle.transitions().iter().map(|step| {
        let (set, clear) = lifecycle.flag_changes(step);
        TransitionRow {
            entity: lifecycle.entity(),
            from: &states[step.from].name,
            event: lifecycle.kind_name(step.kind),
            status: lifecycle.kind_word(step.kind),
            when: lifecycle.kind_when(step.kind),
            label: lifecycle.kind_label(step.kind),
            to: &states[step.to].name,
            again: step.again,
            set,
            clear,
        }
    });
    match format {
        Format::Jsonl => rows.into_iter().try_for_each(|row| output::json_line(out, &row)),
        Format::Csv => {
            let header =
                ["entity", "from", "event", "to", "again", "set", "clear", "status", "when"];
            let cells = |row: TransitionRow<'_>| {
                let [set, clear] = [row.set, row.clear].map(|flags| flags.join(" "));
                let [status, when] = [row.status, row.when].map(Option::unwrap_or_default);
                let [entity, from, event] = [row.entity, row.from, row.event].map(str::to_owned);
                let (to, again) = (row.to.to_owned(), row.again.to_string());
                [entity, from, event, to, again, set, clear, status.to_owned(), when.to_owned()]
            };
            output::print_csv(out, &header, rows.map(cells))
        }
        Format::Table => {
            head(out, lifecycle)?;
            writeln!(out, "\n{BOLD}Transitions{BOLD:#}")?;
            transitions(out, rows.collect())
        }
    }
}

fn head(out: &mut output::Out, lifecycle: &Lifecycle) -> std::io::Result<()> {
    writeln!(out, "{BOLD}{}{BOLD:#}  {}", lifecycle.entity(), lifecycle.title())?;
    if let Some(source) = lifecycle.source() {
        writeln!(out, "{DIM}{source}{DIM:#}")?;
    }
    let order = match lifecycle.order() {
        Order::Time => "Events are ordered by the time they happened at.",
        Order::Arrival => "Events are ordered by arrival: the provider sends no time.",
    };
    writeln!(out, "{order}")?;
    if let Some(retries) = lifecycle.retries() {
        let (from, then) =
            (&lifecycle.states()[retries.from].name, &lifecycle.states()[retries.then].name);
        let tries = plural(u64::from(retries.limit), "retry");
        writeln!(out, "{tries} out of {from}, then {then}.")?;
    }
    writeln!(out, "\n{BOLD}States{BOLD:#}")?;
    let states = lifecycle.states().iter().map(|state| {
        let kinds = [(state.end, "end"), (state.rest, "rest"), (state.error, "error")];
        let kinds = kinds.iter().filter(|(is, _)| *is).map(|(_, name)| (*name).to_owned());
        let dwell = state.dwell.filter(|_| !state.rest).map(human_duration);
        let kinds: Vec<String> = kinds.chain(dwell).collect();
        [state.name.clone(), kinds.join(", "), state.summary.clone()]
    });
    print_table(out, &[("", Fit::Keep), ("", Fit::Keep), ("", Fit::Wrap)], states)?;
    if !lifecycle.flags().is_empty() {
        writeln!(out, "\n{BOLD}Flags{BOLD:#}")?;
        let flags = lifecycle.flags().iter().map(|flag| [flag.name.clone(), flag.summary.clone()]);
        print_table(out, &[("", Fit::Keep), ("", Fit::Wrap)], flags)?;
    }
    Ok(())
}

/// One line for each event and target, with all the states it may come from.
fn transitions(out: &mut output::Out, rows: Vec<TransitionRow<'_>>) -> std::io::Result<()> {
    let mut groups: Vec<(TransitionRow<'_>, Vec<&str>)> = Vec::new();
    for row in rows {
        let stays = row.from == row.to;
        let same = |(first, _): &&mut (TransitionRow<'_>, Vec<&str>)| {
            first.label == row.label
                && first.again == row.again
                && (first.from == first.to) == stays
                && (stays || first.to == row.to)
        };
        match groups.iter_mut().find(same) {
            Some((_, from)) => from.push(row.from),
            None => groups.push((row, Vec::new())),
        }
    }
    let lines = groups.into_iter().map(|(row, more)| {
        let (arrow, to) = match (row.from == row.to, row.again) {
            (true, _) => ("stays in", String::new()),
            (_, true) => ("again from", format!("→ {}", row.to)),
            (_, false) => ("from", format!("→ {}", row.to)),
        };
        let from: Vec<&str> = std::iter::once(row.from).chain(more).collect();
        let set = row.set.iter().map(|flag| format!("+{flag}"));
        let clear = row.clear.iter().map(|flag| format!("-{flag}"));
        let flags: Vec<String> = set.chain(clear).collect();
        [row.label.to_owned(), to, arrow.to_owned(), from.join(", "), flags.join(" ")]
    });
    let [keep, wrap] = [("", Fit::Keep), ("", Fit::Wrap)];
    print_table(out, &[keep, keep, keep, wrap, keep], lines)
}
