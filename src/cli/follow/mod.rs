//! Changes of states as they come, of a store or a server: printed, or handed to a command one by one.

mod upstream;

use std::{
    ffi::OsString,
    fs,
    io::{self, Write},
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
};

use clap::{Args, ValueHint};

use self::upstream::{FollowedChange, Upstream};
use super::{
    CliError, Format, FormatArg, completions,
    exit::Exit,
    output::{self, BOLD, DIM},
};
use crate::{
    Catalog, Lifecycle,
    lifecycle::closest,
    shown::{did_you_mean, harmless},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold follow mediafold.db
  mediafold follow mediafold.db --entity mux/asset --state ready --state errored
  MEDIAFOLD_TOKEN=… mediafold follow https://hooks.example.com --cursor app.cursor --exec ./on-change
  mediafold follow mediafold.db --after 0 --once         all that there are

A change is one JSON object, as `/api/changes` has it. --exec takes the rest of the line: that command is run for each
change, without a shell, and reads it from its standard input. If it ends with anything but 0, following ends, and
with --cursor it begins with that change the next time. `mediafold docs terminal` says more.")]
pub(super) struct Follow {
    /// The file of a store, or the address of a server
    #[arg(value_name = "URL|STORE", value_hint = ValueHint::AnyPath)]
    from: String,
    /// Only changes of assets of this entity, such as mux/asset or asset (may be repeated)
    #[arg(long, value_name = "ENTITY", add = completions::entities())]
    entity: Vec<String>,
    /// Only changes into this state (may be repeated)
    #[arg(long, value_name = "STATE")]
    state: Vec<String>,
    /// Begin after the change of this number; default: with the next one
    #[arg(long, value_name = "SEQ")]
    after: Option<u64>,
    /// Begin where this file says, if it is there, and keep in it how far it came
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    cursor: Option<PathBuf>,
    /// End when there is nothing more
    #[arg(long)]
    once: bool,
    /// The token of the server is in this file; default: in MEDIAFOLD_TOKEN
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    token_file: Option<PathBuf>,
    #[command(flatten)]
    format: FormatArg,
    /// Run this for each change, which it reads from its standard input
    #[arg(long, value_name = "CMD", num_args = 1.., allow_hyphen_values = true, conflicts_with = "format",
          value_hint = ValueHint::CommandName)]
    exec: Vec<OsString>,
}

impl Follow {
    pub(super) fn run(self, catalog: &Catalog) -> Result<ExitCode, CliError> {
        let entities = self.entities(catalog)?;
        let mut upstream = Upstream::open(&self.from, self.token_file.as_deref(), self.once)?;
        let mut at = match (self.read_cursor()?, self.after) {
            (Some(at), _) | (None, Some(at)) => at,
            (None, None) => upstream.last()?,
        };
        // What comes while nobody follows is not to be missed.
        self.write_cursor(at)?;
        let format = Format::or_default(self.format.format);
        let mut out = output::out(format);
        if format == Format::Csv {
            out.write_all(b"seq,entity,id,from,to,at,recorded_at,delivery,cause\n")?;
            out.flush()?;
        }
        loop {
            let page = upstream.changes(at)?;
            for change in page.changes.iter().filter(|own| self.is_wanted(own, &entities)) {
                match self.exec.is_empty() {
                    true => print(&mut out, format, change)?,
                    false => {
                        self.hand_over(change)?;
                        self.write_cursor(change.seq)?;
                    }
                }
            }
            out.flush()?;
            if page.next > at {
                at = page.next;
                self.write_cursor(at)?;
            }
            if output::is_gone() || (self.once && page.changes.is_empty()) {
                return Ok(Exit::Fine.into());
            }
        }
    }

    /// The names of the entities that are asked for; none for all.
    fn entities(&self, catalog: &Catalog) -> Result<Vec<String>, CliError> {
        let mut wanted: Vec<&Lifecycle> = Vec::new();
        for name in &self.entity {
            wanted.extend(super::lifecycles(catalog, name)?);
        }
        let among: Vec<&Lifecycle> = match wanted.is_empty() {
            true => catalog.lifecycles().collect(),
            false => wanted.clone(),
        };
        let states = || among.iter().flat_map(|own| own.states()).map(|state| &*state.name);
        for state in &self.state {
            if !states().any(|own| own == state) {
                let near = did_you_mean(closest(state, states()));
                return Err(CliError::usage(format!("no entity has a state `{state}`{near}")));
            }
        }
        Ok(wanted.iter().map(|own| own.entity().to_owned()).collect())
    }

    fn is_wanted(&self, change: &FollowedChange, entities: &[String]) -> bool {
        (entities.is_empty() || entities.contains(&change.entity))
            && (self.state.is_empty() || self.state.contains(&change.to))
    }

    fn read_cursor(&self) -> Result<Option<u64>, CliError> {
        let Some(path) = &self.cursor else { return Ok(None) };
        match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(CliError::Read { path: path.clone(), source }),
            Ok(text) => text.trim().parse().map(Some).map_err(|_| {
                CliError::usage(format!("`{}` has no number of a change in it", path.display()))
            }),
        }
    }

    fn write_cursor(&self, at: u64) -> Result<(), CliError> {
        let Some(path) = &self.cursor else { return Ok(()) };
        output::write_whole(Some(path), format!("{at}\n").as_bytes())
    }

    /// Has the command take a change.
    fn hand_over(&self, change: &FollowedChange) -> Result<(), CliError> {
        let Some((program, args)) = self.exec.split_first() else { return Ok(()) };
        let shown = program.to_string_lossy();
        let failed = |error: io::Error| CliError::usage(format!("cannot run `{shown}`: {error}"));
        let mut command = Command::new(program);
        let mut child = command.args(args).stdin(Stdio::piped()).spawn().map_err(failed)?;
        if let Some(mut input) = child.stdin.take() {
            // It need not read it.
            let _ = writeln!(input, "{}", change.json);
        }
        let status = child.wait().map_err(failed)?;
        match status.success() {
            true => Ok(()),
            false => {
                let FollowedChange { seq, .. } = change;
                let again = match &self.cursor {
                    Some(_) => "it is the first the next time".to_owned(),
                    None => format!("`--after {}` begins with it", seq.saturating_sub(1)),
                };
                let told = format!("`{shown}` did not take change {seq} ({status}); {again}");
                Err(CliError::Usage(told))
            }
        }
    }
}

fn print(out: &mut output::Out, format: Format, change: &FollowedChange) -> io::Result<()> {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    let FollowedChange { seq, entity, id, from, to, at, recorded_at, delivery, cause, json } =
        change;
    match format {
        Format::Jsonl => writeln!(out, "{json}"),
        Format::Csv => {
            let delivery = delivery.map(|number| number.to_string()).unwrap_or_default();
            let mut csv = output::csv_writer(out);
            csv.write_record([
                &seq.to_string(),
                entity,
                id,
                from,
                to,
                &text(at),
                recorded_at,
                &delivery,
                cause,
            ])?;
            csv.flush()
        }
        Format::Table => {
            let at = at.as_ref().unwrap_or(recorded_at);
            let at = at.split(['.', 'Z']).next().unwrap_or_default().replace('T', " ");
            let [entity, id, from, to, cause] =
                [entity, id, from, to, cause].map(|it| harmless(it));
            writeln!(out, "{at}  {entity} {id}  {from} → {BOLD}{to}{BOLD:#}  {DIM}{cause}{DIM:#}")
        }
    }
}
