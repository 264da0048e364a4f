use std::{
    collections::HashMap,
    io::{self, BufWriter, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{
    CliError, Format, FormatArg, completions,
    exit::Exit,
    output::{self, BOLD, Standard, YELLOW},
    tables::{Fit, print_table},
};
use crate::{
    Catalog, Lifecycle, Timestamp,
    lifecycle::{KindId, Node},
    paths::{Cover, Goal, Move, Paths as Covering, Why},
    shown::plural,
    simulate::Bodies,
};

/// A line of event names is no wider than this, if it has more than one.
const NAMES_WIDTH: usize = 76;

#[derive(Debug, Args)]
#[command(after_help = "\
Where a status word decides, the event is KIND.status.STATE with the state that the word means.
With any other word it is KIND.

Examples:
  mediafold paths vms/content
  mediafold paths fastpix/media --cover states             a smoke test
  mediafold paths fastpix/live_stream --cover pairs --format jsonl
  mediafold paths fastpix/media --bodies > media.jsonl
  mediafold paths acme/video --definitions mine/")]
pub(super) struct Paths {
    /// The entity, such as fastpix/media
    #[arg(add = completions::entities())]
    entity: String,
    /// What the sequences are to cover
    #[arg(long, value_enum, default_value = "transitions")]
    cover: CoverArg,
    /// Write webhook bodies, one a line, in place of names: each sequence happens to an asset of its own
    #[arg(long, conflicts_with = "format")]
    bodies: bool,
    /// Where chance in the bodies begins, their ids for one
    #[arg(long, value_name = "S", default_value_t = 0, requires = "bodies")]
    seed: u64,
    /// When the first sequence begins
    #[arg(long, value_name = "TIME", default_value = "2026-01-01T00:00:00Z", requires = "bodies")]
    start: Timestamp,
    #[command(flatten)]
    format: FormatArg,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CoverArg {
    /// Every state
    States,
    /// Every transition
    Transitions,
    /// Every two transitions that can follow each other
    Pairs,
}

#[derive(Serialize)]
struct SequenceRow<'a> {
    entity: &'a str,
    sequence: usize,
    events: Vec<&'a str>,
    states: Vec<&'a str>,
    ends_in: &'a str,
    covers: Vec<PathPart<'a>>,
}

#[derive(Serialize)]
struct UncoveredRow<'a> {
    entity: &'a str,
    uncovered: PathPart<'a>,
    why: String,
}

/// What is covered, or is not.
#[derive(Serialize)]
#[serde(untagged)]
enum PathPart<'a> {
    State(&'a str),
    Transition(TransitionPart<'a>),
    Pair([TransitionPart<'a>; 2]),
}

#[derive(Serialize)]
struct TransitionPart<'a> {
    from: &'a str,
    event: &'a str,
    to: &'a str,
}

impl PathPart<'_> {
    fn tell(&self) -> String {
        match self {
            Self::State(state) => (*state).to_owned(),
            Self::Transition(one) => format!("{} → {} by {}", one.from, one.to, one.event),
            Self::Pair([one, next]) => {
                format!("{} → {} → {} by {}, {}", one.from, one.to, next.to, one.event, next.event)
            }
        }
    }
}

/// A lifecycle with the names that its parts have on paths.
struct Names<'a> {
    lifecycle: &'a Lifecycle,
    events: HashMap<KindId, String>,
}

impl Names<'_> {
    fn state(&self, node: Node) -> &str {
        &self.lifecycle.state(node).name
    }

    fn event(&self, kind: KindId) -> &str {
        self.events.get(&kind).map_or_else(|| self.lifecycle.kind_name(kind), String::as_str)
    }

    fn transition(&self, one: Move) -> TransitionPart<'_> {
        let (from, to) = (self.state(one.from), self.state(one.to));
        TransitionPart { from, event: self.event(one.kind), to }
    }

    fn part(&self, goal: Goal) -> PathPart<'_> {
        match goal {
            Goal::State(state) => PathPart::State(&self.lifecycle.states()[state].name),
            Goal::Transition(one) => PathPart::Transition(self.transition(one)),
            Goal::Pair(one, next) => PathPart::Pair([self.transition(one), self.transition(next)]),
        }
    }

    fn why(&self, why: Why) -> String {
        let name = |state: usize| &self.lifecycle.states()[state].name;
        match why {
            Why::Unreachable(state) => {
                format!("no legal sequence of events leads to `{}`", name(state))
            }
            Why::Retries => "the retries used by then never allow it".to_owned(),
            Why::NoRest(state) => format!("no state of rest is reached from `{}`", name(state)),
        }
    }
}

impl Paths {
    pub(super) fn run(
        self,
        catalog: &Catalog,
        definitions: &[PathBuf],
    ) -> Result<ExitCode, CliError> {
        let lifecycle = super::lifecycle(catalog, &self.entity)?;
        let cover = match self.cover {
            CoverArg::States => Cover::States,
            CoverArg::Transitions => Cover::Transitions,
            CoverArg::Pairs => Cover::Pairs,
        };
        let covering = crate::paths::paths(lifecycle, cover).map_err(CliError::usage)?;
        if self.bodies {
            return self.write_bodies(catalog, definitions, lifecycle.entity(), &covering);
        }
        let names = Names { lifecycle, events: lifecycle.event_names().into_iter().collect() };
        let (sequences, uncovered) = rows(&names, &covering);
        let format = Format::or_default(self.format.format);
        let mut out = output::out(format);
        match format {
            Format::Jsonl => {
                sequences.iter().try_for_each(|row| output::json_line(&mut out, row))?;
                uncovered.iter().try_for_each(|row| output::json_line(&mut out, row))?;
            }
            Format::Csv => csv(&mut out, &sequences, &uncovered)?,
            Format::Table => {
                table(&mut out, &sequences, &uncovered)?;
                summary(&mut out, &covering, self.cover)?;
            }
        }
        out.flush()?;
        Ok(Exit::Fine.into())
    }

    fn write_bodies(
        &self,
        catalog: &Catalog,
        definitions: &[PathBuf],
        entity: &str,
        covering: &Covering,
    ) -> Result<ExitCode, CliError> {
        let templates = super::templates(definitions)?;
        let mut bodies = Bodies::new(catalog, &templates, entity, self.seed, self.start)
            .map_err(CliError::usage)?;
        let mut out = BufWriter::new(Standard::new());
        for sequence in &covering.sequences {
            bodies.next_asset();
            for one in &sequence.moves {
                let body = bodies.body(one.kind, one.to).map_err(CliError::usage)?;
                out.write_all(&body)?;
                out.write_all(b"\n")?;
            }
        }
        out.flush()?;
        if !covering.uncovered.is_empty() {
            let missed = plural(covering.uncovered.len() as u64, "goal");
            output::note(&format!("note: {missed} not covered; without --bodies they are listed"));
        }
        Ok(Exit::Fine.into())
    }
}

fn rows<'a>(
    names: &'a Names<'_>,
    covering: &Covering,
) -> (Vec<SequenceRow<'a>>, Vec<UncoveredRow<'a>>) {
    let entity = names.lifecycle.entity();
    let sequences = covering.sequences.iter().zip(1..).map(|(own, sequence)| {
        let ends = own.moves.iter().map(|one| names.state(one.to));
        let states: Vec<&str> = std::iter::once(names.state(Node::NEW)).chain(ends).collect();
        SequenceRow {
            entity,
            sequence,
            events: own.moves.iter().map(|one| names.event(one.kind)).collect(),
            ends_in: states[states.len() - 1],
            states,
            covers: own.covers.iter().map(|goal| names.part(*goal)).collect(),
        }
    });
    let uncovered = covering.uncovered.iter().map(|(goal, why)| UncoveredRow {
        entity,
        uncovered: names.part(*goal),
        why: names.why(*why),
    });
    (sequences.collect(), uncovered.collect())
}

fn csv(
    out: &mut output::Out,
    sequences: &[SequenceRow<'_>],
    uncovered: &[UncoveredRow<'_>],
) -> io::Result<()> {
    let mut csv = output::csv_writer(out);
    #[rustfmt::skip]
    csv.write_record([
        "entity", "sequence", "events", "states", "ends_in", "covers", "uncovered", "why",
    ])?;
    for row in sequences {
        let covers: Vec<String> = row.covers.iter().map(PathPart::tell).collect();
        csv.write_record([
            row.entity,
            &row.sequence.to_string(),
            &row.events.join(" "),
            &row.states.join(" "),
            row.ends_in,
            &covers.join("; "),
            "",
            "",
        ])?;
    }
    for row in uncovered {
        let part = row.uncovered.tell();
        csv.write_record([row.entity, "", "", "", "", "", &part, &row.why])?;
    }
    csv.flush()
}

fn table(
    out: &mut output::Out,
    sequences: &[SequenceRow<'_>],
    uncovered: &[UncoveredRow<'_>],
) -> io::Result<()> {
    let wide = out.columns();
    let lines = sequences.iter().flat_map(|row| {
        let lines = match wide {
            Some(_) => vec![row.events.join(" ")],
            None => wrapped(&row.events),
        };
        let lines = lines.into_iter().enumerate();
        lines.map(|(line, events)| match line {
            0 => [row.sequence.to_string(), row.ends_in.to_owned(), events],
            _ => [String::new(), String::new(), events],
        })
    });
    let columns = [("sequence", Fit::Keep), ("ends in", Fit::Keep), ("events", Fit::Wrap)];
    print_table(out, &columns, lines)?;
    if !uncovered.is_empty() {
        writeln!(out, "\n{BOLD}Not covered{BOLD:#}")?;
        let lines = uncovered.iter().map(|row| [row.uncovered.tell(), row.why.clone()]);
        print_table(out, &[("", Fit::Keep), ("", Fit::Wrap)], lines)?;
    }
    Ok(())
}

/// The names in lines, as many as fit.
fn wrapped(names: &[&str]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for name in names {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + name.chars().count() <= NAMES_WIDTH => {
                line.push(' ');
                line.push_str(name);
            }
            _ => lines.push((*name).to_owned()),
        }
    }
    lines
}

fn summary(out: &mut output::Out, covering: &Covering, cover: CoverArg) -> io::Result<()> {
    let (all, missed) = (covering.goals, covering.uncovered.len());
    let what = match cover {
        CoverArg::States => "states",
        CoverArg::Transitions => "transitions",
        CoverArg::Pairs => "pairs",
    };
    let sequences = plural(covering.sequences.len() as u64, "sequence");
    let events = plural(covering.events() as u64, "event");
    writeln!(out, "\n{BOLD}{sequences}, {events} cover {} of {all} {what}{BOLD:#}", all - missed)?;
    if !covering.is_shortest() {
        let least = plural(covering.events_min as u64, "event");
        writeln!(
            out,
            "{YELLOW}at least {least} are needed; whether so few do is not known{YELLOW:#}"
        )?;
    }
    Ok(())
}
