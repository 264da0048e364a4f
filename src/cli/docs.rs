//! The pages of docs/, which the command brings along: as they are, or plainly on a terminal.

use std::{io, io::Write, process::ExitCode};

use clap::{Args, builder::PossibleValuesParser};

use super::{
    CliError, Format,
    exit::Exit,
    output::{self, BOLD},
    tables::{Column, Fit, print_table, print_within, wrapped},
};

/// Lines are no longer than this on the widest terminal.
const LINE_MAX: usize = 100;

/// Name and text of each page.
const PAGES: [(&str, &str); 21] = [
    ("readme", include_str!("../../README.md")),
    ("api", include_str!("../../docs/api.md")),
    ("architecture", include_str!("../../docs/architecture.md")),
    ("audit", include_str!("../../docs/audit.md")),
    ("configuration", include_str!("../../docs/configuration.md")),
    ("contributing", include_str!("../../docs/contributing.md")),
    ("decisions", include_str!("../../docs/decisions.md")),
    ("definitions", include_str!("../../docs/definitions.md")),
    ("discover", include_str!("../../docs/discover.md")),
    ("findings", include_str!("../../docs/findings.md")),
    ("glossary", include_str!("../../docs/glossary.md")),
    ("install", include_str!("../../docs/install.md")),
    ("operations", include_str!("../../docs/operations.md")),
    ("page", include_str!("../../docs/page.md")),
    ("performance", include_str!("../../docs/performance.md")),
    ("providers", include_str!("../../docs/providers.md")),
    ("python", include_str!("../../docs/python.md")),
    ("store", include_str!("../../docs/store.md")),
    ("targets", include_str!("../../docs/targets.md")),
    ("terminal", include_str!("../../docs/terminal.md")),
    ("typescript", include_str!("../../docs/typescript.md")),
];

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold docs                                 which there are
  mediafold docs definitions | less
  mediafold docs terminal > terminal.md          elsewhere than on a terminal it is Markdown")]
pub(super) struct Docs {
    /// The page
    #[arg(value_parser = PossibleValuesParser::new(PAGES.map(|(name, _)| name)), hide_possible_values = true)]
    page: Option<String>,
}

impl Docs {
    pub(super) fn run(self) -> Result<ExitCode, CliError> {
        let mut out = output::out(Format::Table);
        let Some(name) = self.page else {
            let title = |text: &str| text.lines().next().unwrap_or_default().to_owned();
            let rows = PAGES.map(|(name, text)| [name.to_owned(), title(text).replace("# ", "")]);
            print_table(&mut out, &[("page", Fit::Keep), ("about", Fit::Wrap)], rows)?;
            out.flush()?;
            return Ok(Exit::Fine.into());
        };
        let text = PAGES.iter().find(|(own, _)| *own == name).map_or("", |(_, text)| text);
        match out.columns() {
            None => return output::write_all(text.as_bytes()),
            Some(columns) => show(&mut out, text, columns.min(LINE_MAX))?,
        }
        out.flush()?;
        Ok(Exit::Fine.into())
    }
}

/// Writes Markdown as plain text of this width.
fn show(out: &mut impl Write, text: &str, width: usize) -> io::Result<()> {
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if is_fence(line) {
            for line in lines.by_ref().take_while(|line| !is_fence(line)) {
                writeln!(out, "    {line}")?;
            }
        } else if line.starts_with('|') {
            let mut table = vec![cells(line)];
            while let Some(row) = lines.next_if(|line| line.starts_with('|')) {
                table.push(cells(row));
            }
            show_table(out, &table, width)?;
        } else if let Some(title) = line.strip_prefix('#') {
            writeln!(out, "{BOLD}{}{BOLD:#}", inline(title.trim_start_matches('#').trim()))?;
        } else if line.starts_with('<') {
            // Pictures.
        } else if line.is_empty() {
            writeln!(out)?;
        } else {
            let mut paragraph = line.to_owned();
            while let Some(more) = lines.next_if(|line| !begins(line)) {
                paragraph.push(' ');
                paragraph.push_str(more.trim_start());
            }
            let indent = paragraph.len() - paragraph.trim_start().len();
            let hang = indent + item(&paragraph[indent..]);
            let shown = inline(&paragraph[indent..]);
            for (at, line) in wrapped(&shown, width.saturating_sub(hang)).iter().enumerate() {
                let indent = if at == 0 { indent } else { hang };
                writeln!(out, "{:indent$}{line}", "")?;
            }
        }
    }
    Ok(())
}

/// Whether code begins or ends here.
fn is_fence(line: &str) -> bool {
    line.trim_start().starts_with("```")
}

/// Whether a line is no more of the paragraph above it.
fn begins(line: &str) -> bool {
    line.is_empty()
        || line.starts_with(['|', '#', '<'])
        || is_fence(line)
        || item(line.trim_start()) > 0
}

/// How long the mark is with which an item of a list begins; 0 if the line begins none.
fn item(line: &str) -> usize {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    match &line[digits..] {
        rest if digits == 0 && rest.starts_with("- ") => 2,
        rest if digits > 0 && rest.starts_with(". ") => digits + 2,
        _ => 0,
    }
}

fn cells(row: &str) -> Vec<String> {
    let row = row.trim().trim_matches('|').replace("\\|", "\u{0}");
    row.split('|').map(|cell| inline(cell.trim()).replace('\u{0}', "|")).collect()
}

/// The second row of a table is the line below its head.
fn show_table(out: &mut impl Write, table: &[Vec<String>], width: usize) -> io::Result<()> {
    let count = table.iter().map(Vec::len).max().unwrap_or(0);
    let columns: Vec<Column> = vec![("", Fit::Wrap); count];
    let rows = table.iter().enumerate().filter(|(at, _)| *at != 1).map(|(at, row)| {
        (0..count).map(move |column| {
            let cell = row.get(column).map_or("", String::as_str);
            if at == 0 { cell.to_uppercase() } else { cell.to_owned() }
        })
    });
    print_within(out, Some(width), &columns, rows)
}

/// Text without the marks of emphasis, and of links what is said and where they lead, if that is not a place here.
fn inline(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('[') {
        let is_picture = before.ends_with('!');
        shown.push_str(before.trim_end_matches('!'));
        let parts = link.split_once("](").and_then(|(said, link)| {
            let (to, after) = link.split_once(')')?;
            (!said.contains(['[', '`']) || said.matches('`').count() == 2)
                .then_some((said, to, after))
        });
        let Some((said, to, after)) = parts else {
            shown.push('[');
            rest = link;
            continue;
        };
        rest = after;
        if is_picture {
            continue;
        }
        shown.push_str(said);
        let page = to.split('#').next().unwrap_or_default().trim_start_matches("docs/");
        if to.starts_with("http") {
            shown.push_str(&format!(" ({to})"));
        } else if let Some(page) = page.strip_suffix(".md")
            && PAGES.iter().any(|(name, _)| *name == page && page != said)
        {
            shown.push_str(&format!(" (`mediafold docs {page}`)"));
        }
    }
    shown.push_str(rest);
    shown.replace("**", "")
}
