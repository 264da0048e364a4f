//! `compare`: two definitions, and what they judge differently.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use clap::Args;
use serde::Serialize;

use super::{
    CliError, Format, FormatArg, catalog, definition_files,
    exit::Exit,
    input::{Input, Unreadable, Wanted},
    output::{self, BOLD, note},
    sources::{Sources, numbered},
    tables,
};
use crate::{
    Asset, Catalog, Lifecycle,
    bulk::Folded,
    compare::{Difference, JudgedAsset, Parting, envelopes, judged_differently, lifecycles, lone},
    lifecycle::Provider,
    shown::{harmless, plural},
};

/// Assets that a table lists; the other formats have all of them.
const LISTED_MAX: usize = 20;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold compare mux/asset mine/asset.toml                what my definition has otherwise
  mediafold compare old/ new/ hooks/                         also which assets and findings differ, and from which event on
  mediafold compare fastpix discovered/ --format jsonl

OLD and NEW are files of definitions, folders of them, or the name of a provider or an entity that is built in or in
`--definitions`. The exit code is 1 where they differ; with deliveries, where they judge an asset differently.")]
pub(super) struct Compare {
    /// A definition: a file, a folder, or a name
    #[arg(value_name = "OLD")]
    old: String,
    /// The definition to hold against it
    #[arg(value_name = "NEW")]
    new: String,
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    format: FormatArg,
}

/// One of the two: a catalogue, and what of it is compared.
struct Side {
    catalog: Catalog,
    entities: Vec<String>,
    providers: Vec<String>,
}

impl Side {
    fn of(
        name: &str,
        below: &Catalog,
        definitions: &[std::path::PathBuf],
    ) -> Result<Self, CliError> {
        let path = Path::new(name);
        let by_name = below.lifecycle(name).is_some() || below.provider(name).is_some();
        if !by_name || name.ends_with(".toml") || name.ends_with('/') {
            if !path.exists() {
                let what = "neither a file, nor a folder, nor a provider or an entity";
                return Err(CliError::usage(format!("`{}` is {what}", harmless(name))));
            }
            let own = [path.to_owned()];
            let files = definition_files(&own)?;
            let paths: Vec<std::path::PathBuf> = definitions.iter().chain(&own).cloned().collect();
            let catalog = catalog(&paths)?;
            let is_own = |text: &str| files.iter().any(|file| file.text == text);
            let entities = catalog.lifecycles().filter(|own| is_own(own.definition()));
            let entities = entities.map(|own| own.entity().to_owned()).collect();
            let providers = catalog.providers().filter(|own| is_own(own.definition()));
            let providers = providers.map(|own| own.name().to_owned()).collect();
            return Ok(Self { catalog, entities, providers });
        }
        let is_its = |own: &&Lifecycle| own.entity() == name || own.provider() == name;
        let entities = below.lifecycles().filter(is_its);
        let entities: Vec<String> = entities.map(|own| own.entity().to_owned()).collect();
        let providers = below.provider(name).map(|own| own.name().to_owned()).into_iter().collect();
        Ok(Self { catalog: below.clone(), entities, providers })
    }

    /// The one provider that everything is of, if it is one.
    fn provider(&self) -> Option<&Provider> {
        let of = self.entities.iter().filter_map(|entity| entity.split('/').next());
        let mut names: Vec<&str> = self.providers.iter().map(String::as_str).chain(of).collect();
        names.dedup();
        match names[..] {
            [only] => self.catalog.provider(only),
            _ => None,
        }
    }

    fn lifecycle(&self, entity: &str) -> Option<&Lifecycle> {
        self.catalog.lifecycle(entity)
    }
}

impl Compare {
    pub(super) fn run(self, definitions: &[std::path::PathBuf]) -> Result<ExitCode, CliError> {
        let below = catalog(definitions)?;
        let old = Side::of(&self.old, &below, definitions)?;
        let new = Side::of(&self.new, &below, definitions)?;
        let pairs = pairs(&old, &new);
        let differences = differences(&old, &new, &pairs);
        let heard = match self.input.paths()?.is_empty() {
            true => None,
            false => Some(self.judged(&old, &new, &pairs)?),
        };
        let format = Format::or_default(self.format.format);
        let mut out = output::out(format);
        let judged = heard.as_ref().map(|(judged, sources, _)| (judged.as_slice(), sources));
        let written = print(&mut out, format, &differences, judged);
        out.finish(written)?;
        let mut exit = Exit::found(!differences.is_empty());
        let count = plural(differences.len() as u64, "difference");
        match &heard {
            None => note(&format!("{BOLD}{count}{BOLD:#}")),
            Some((judged, sources, assets)) => {
                exit = sources.exit().max(Exit::found(!judged.is_empty()));
                let judged = plural(judged.len() as u64, "asset");
                note(&format!("{BOLD}{count}; {judged} of {assets} judged differently{BOLD:#}"));
            }
        }
        Ok(exit.into())
    }

    /// The assets that both judge, each by itself, and how many there are.
    fn judged(
        &self,
        old: &Side,
        new: &Side,
        pairs: &[(String, String)],
    ) -> Result<(Vec<JudgedAsset>, Sources, usize), CliError> {
        let wanted = || Wanted { unreadable: Unreadable::Noted, ..Wanted::default() };
        let [olds, news] = [(old, wanted()), (new, wanted())];
        let (folded, sources) = self.input.fold_both(
            (&olds.0.catalog, olds.0.provider(), olds.1),
            (&news.0.catalog, news.0.provider(), news.1),
        )?;
        let [olds, news] = &folded;
        let (mut judged, mut count) = (Vec::new(), 0);
        for (before, after) in pairs {
            let (Some(one), Some(other)) = (old.lifecycle(before), new.lifecycle(after)) else {
                continue;
            };
            let (olds, news) = (of_entity(olds, before), of_entity(news, after));
            count += olds.len().max(news.len());
            judged.extend(judged_differently((one, &olds), (other, &news)));
        }
        Ok((judged, sources, count))
    }
}

/// The assets of an entity.
pub(super) fn of_entity<'f>(folded: &'f Folded<'_>, entity: &str) -> Vec<&'f Asset> {
    let own = folded.assets.iter().filter(|(lifecycle, _)| lifecycle.entity() == entity);
    own.map(|(_, asset)| asset).collect()
}

/// The entities that are compared: those of one name, or of one name behind the provider's, or the only ones.
fn pairs(old: &Side, new: &Side) -> Vec<(String, String)> {
    let own = |entity: &str| entity.split_once('/').map_or("", |(_, own)| own).to_owned();
    if let ([one], [other]) = (&old.entities[..], &new.entities[..]) {
        return vec![(one.clone(), other.clone())];
    }
    let like = |entity: &String| {
        let same = new.entities.iter().find(|other| *other == entity);
        same.or_else(|| new.entities.iter().find(|other| own(other) == own(entity)))
    };
    let pair = |entity: &String| Some((entity.clone(), like(entity)?.clone()));
    old.entities.iter().filter_map(pair).collect()
}

fn differences(old: &Side, new: &Side, pairs: &[(String, String)]) -> Vec<Difference> {
    let mut found = Vec::new();
    if let ([_], [_]) = (&old.providers[..], &new.providers[..])
        && let (Some(one), Some(other)) = (old.provider(), new.provider())
    {
        found.extend(envelopes(one, other));
    }
    for (before, after) in pairs {
        if let (Some(one), Some(other)) = (old.lifecycle(before), new.lifecycle(after)) {
            found.extend(lifecycles(one, other));
        }
    }
    let is_paired =
        |entity: &&String| pairs.iter().any(|(one, other)| one == *entity || other == *entity);
    found.extend(old.entities.iter().filter(|own| !is_paired(own)).map(|own| lone(own, false)));
    found.extend(new.entities.iter().filter(|own| !is_paired(own)).map(|own| lone(own, true)));
    found
}

#[derive(Serialize)]
struct DifferenceRow<'a> {
    of: &'a str,
    part: &'static str,
    change: &'static str,
    name: &'a str,
    old: Option<&'a str>,
    new: Option<&'a str>,
}

#[derive(Serialize)]
struct JudgedRow<'a> {
    entity: &'a str,
    id: &'a str,
    old: Option<&'a str>,
    new: Option<&'a str>,
    old_findings: u64,
    new_findings: u64,
    event: Option<&'a str>,
    why: String,
    source: Option<&'a str>,
    line: Option<u64>,
    item: Option<u32>,
}

fn row(own: &Difference) -> DifferenceRow<'_> {
    DifferenceRow {
        of: &own.of,
        part: own.part,
        change: own.change(),
        name: &own.name,
        old: own.old.as_deref(),
        new: own.new.as_deref(),
    }
}

fn judged_row<'a>(own: &'a JudgedAsset, sources: &'a Sources) -> JudgedRow<'a> {
    let at = own.parting.as_ref().map(|parting| sources.locate(parting.delivery));
    JudgedRow {
        entity: &own.entity,
        id: &own.id,
        old: own.old.as_deref(),
        new: own.new.as_deref(),
        old_findings: own.findings[0],
        new_findings: own.findings[1],
        event: own.parting.as_ref().map(|parting| &*parting.event),
        why: own.parting.as_ref().map(why).unwrap_or_default(),
        source: at.map(|(source, _)| source),
        line: at.map(|(_, line)| line),
        item: own.parting.as_ref().and_then(|parting| parting.item),
    }
}

/// What the two say of an event, as a sentence.
fn why(parting: &Parting) -> String {
    let said = |said: &Option<(crate::Verdict, String)>| match said {
        Some((verdict, state)) => format!("{} and `{state}`", verdict.name()),
        None => "not read".to_owned(),
    };
    format!("`{}` was {}, and is {}", parting.event, said(&parting.old), said(&parting.new))
}

fn print(
    out: &mut output::Out,
    format: Format,
    differences: &[Difference],
    judged: Option<(&[JudgedAsset], &Sources)>,
) -> io::Result<()> {
    let (assets, sources) = judged.unzip();
    let assets = assets.unwrap_or_default();
    match format {
        Format::Jsonl => {
            differences.iter().try_for_each(|own| output::json_line(out, &row(own)))?;
            let Some(sources) = sources else { return Ok(()) };
            assets.iter().try_for_each(|own| output::json_line(out, &judged_row(own, sources)))
        }
        // One CSV has one header: with deliveries it is that of the assets.
        Format::Csv => {
            let mut csv = output::csv_writer(out);
            match sources {
                Some(sources) => {
                    assets.iter().try_for_each(|own| csv.serialize(judged_row(own, sources)))?;
                }
                None => differences.iter().try_for_each(|own| csv.serialize(row(own)))?,
            }
            csv.flush()
        }
        Format::Table => {
            print_differences(out, differences)?;
            sources.map_or(Ok(()), |sources| print_judged(out, assets, sources))
        }
    }
}

fn print_differences(out: &mut output::Out, differences: &[Difference]) -> io::Result<()> {
    let mut by_owner: BTreeMap<&str, Vec<&Difference>> = BTreeMap::new();
    differences.iter().for_each(|own| by_owner.entry(&own.of).or_default().push(own));
    for (owner, own) in by_owner {
        writeln!(out, "{BOLD}{}{BOLD:#}", harmless(owner))?;
        let rows = own.into_iter().map(|own| {
            let side = |side: &Option<String>| side.as_deref().map(harmless).unwrap_or_default();
            [
                own.change().to_owned(),
                own.part.to_owned(),
                harmless(&own.name),
                side(&own.old),
                side(&own.new),
            ]
        });
        tables::print_table(
            out,
            &[
                ("", tables::Fit::Keep),
                ("part", tables::Fit::Keep),
                ("name", tables::Fit::Keep),
                ("old", tables::Fit::Wrap),
                ("new", tables::Fit::Wrap),
            ],
            rows,
        )?;
        writeln!(out)?;
    }
    Ok(())
}

fn print_judged(
    out: &mut output::Out,
    assets: &[JudgedAsset],
    sources: &Sources,
) -> io::Result<()> {
    if assets.is_empty() {
        return Ok(());
    }
    let rows = assets.iter().take(LISTED_MAX).map(|own| {
        let row = judged_row(own, sources);
        let state = |state: Option<&str>| harmless(state.unwrap_or("(none)"));
        let at = match (row.source, row.line) {
            (Some(source), Some(line)) => {
                format!("{}:{line}{}", harmless(source), numbered(row.item))
            }
            _ => String::new(),
        };
        let findings = format!("{} → {}", row.old_findings, row.new_findings);
        let states = format!("{} → {}", state(row.old), state(row.new));
        [row.entity.to_owned(), harmless(row.id), states, findings, at, harmless(&row.why)]
    });
    tables::print_table(
        out,
        &[
            ("entity", tables::Fit::Keep),
            ("id", tables::Fit::Keep),
            ("state", tables::Fit::Keep),
            ("findings", tables::Fit::Keep),
            ("from", tables::Fit::Keep),
            ("why", tables::Fit::Wrap),
        ],
        rows,
    )?;
    match assets.len().saturating_sub(LISTED_MAX) {
        0 => Ok(()),
        more => writeln!(out, "and {more} more; `--format jsonl` has them all"),
    }
}
