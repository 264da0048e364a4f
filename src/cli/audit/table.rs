//! Reading the table, whatever it is written in.

use std::{
    collections::BTreeSet,
    io::{self, Cursor, Read},
    path::Path,
};

use indicatif::ProgressBar;

use super::{
    super::{
        CliError,
        files::open,
        output::{self, YELLOW},
    },
    columns::{Columns, Wishes},
    listed::{Listed, list_in},
};
use crate::{
    Catalog, Timestamp,
    audit::AuditTable,
    bulk::Documents,
    json::Json,
    lifecycle::Pointer,
    shown::{harmless, plural, shortened},
};

/// As much is looked at to find out what a table is.
const HEAD_LEN: u64 = 64 << 10;
const BOM: &[u8] = b"\xef\xbb\xbf";
/// How many names of entities are kept of a column.
const ENTITIES_MAX: usize = 100;

/// A table that was read.
pub(super) struct ReadTable {
    pub(super) table: AuditTable,
    pub(super) columns: Columns,
    /// The entity that a column of the table names.
    pub(super) entity: Option<String>,
}

type TableStream = Box<dyn Read + Send>;

/// Reads a table, and finds out which of its columns are which.
pub(super) fn read_table(
    path: &Path,
    wishes: &Wishes<'_>,
    catalog: &Catalog,
) -> Result<ReadTable, CliError> {
    let failed = |source| CliError::Read { path: path.to_owned(), source };
    let mut stream = open(path, &ProgressBar::hidden()).map_err(failed)?.stream;
    let mut head = Vec::new();
    stream.by_ref().take(HEAD_LEN).read_to_end(&mut head).map_err(failed)?;
    let start = if head.starts_with(BOM) { BOM.len() } else { 0 };
    let head = head.split_off(start);
    let reading = TableReading { path, wishes, catalog };
    let mut rows = RowsRead::new(wishes);
    let columns = match head.trim_ascii_start().first() {
        None => return Err(CliError::usage(format!("the table `{}` is empty", path.display()))),
        Some(b'{' | b'[') => reading.json(head, stream, &mut rows)?,
        Some(_) => reading.csv(head, stream, &mut rows)?,
    };
    rows.note(path)?;
    let entity = rows.entity(&columns, catalog)?;
    Ok(ReadTable { table: rows.table, columns, entity })
}

struct TableReading<'a> {
    path: &'a Path,
    wishes: &'a Wishes<'a>,
    catalog: &'a Catalog,
}

/// The rows as they are read.
struct RowsRead<'a> {
    table: AuditTable,
    wishes: &'a Wishes<'a>,
    /// Rows whose time cannot be read, and why the first cannot.
    untimed: u64,
    why_untimed: Option<String>,
    /// Rows of other entities.
    others: u64,
    entities: BTreeSet<String>,
    /// Rows that are none, and where and why the first is.
    broken: u64,
    why_broken: Option<String>,
}

impl<'a> RowsRead<'a> {
    fn new(wishes: &'a Wishes<'a>) -> Self {
        Self {
            table: AuditTable::default(),
            wishes,
            untimed: 0,
            why_untimed: None,
            others: 0,
            entities: BTreeSet::new(),
            broken: 0,
            why_broken: None,
        }
    }

    fn take(&mut self, line: u64, id: &str, word: &str, at: &str, entity: &str) {
        let (id, word, at, entity) = (id.trim(), word.trim(), at.trim(), entity.trim());
        match self.wishes.entity {
            Some(wanted) if !entity.is_empty() && wanted != entity => {
                self.others += 1;
                return;
            }
            _ => {}
        }
        if !entity.is_empty() && self.entities.len() < ENTITIES_MAX {
            self.entities.insert(entity.to_owned());
        }
        let at = match at {
            "" => None,
            text => self.time(line, text),
        };
        self.table.add(line, id, word, at);
    }

    fn time(&mut self, line: u64, text: &str) -> Option<Timestamp> {
        let zone = self.wishes.zone;
        // Spreadsheets of many countries write a comma in a number.
        let read = Timestamp::parse(text, zone).or_else(|error| {
            Timestamp::parse(&text.replacen(',', ".", 1), zone).map_err(|_| error)
        });
        read.inspect_err(|error| {
            self.untimed += 1;
            self.why_untimed.get_or_insert_with(|| format!("line {line}: {error}"));
        })
        .ok()
    }

    fn break_off(&mut self, line: u64, why: impl ToString) {
        self.broken += 1;
        self.why_broken.get_or_insert_with(|| format!("line {line}: {}", why.to_string()));
    }

    /// Says what could not be read.
    fn note(&self, path: &Path) -> Result<(), CliError> {
        let path = path.display();
        if let Some(why) = &self.why_broken {
            let why = harmless(why);
            if self.table.rows().is_empty() {
                return Err(CliError::usage(format!(
                    "not one row can be read in `{path}`; the first: {why}"
                )));
            }
            let rows = plural(self.broken, "row");
            output::note(&format!(
                "{YELLOW}not read{YELLOW:#}: {rows} of `{path}`; the first: {why}"
            ));
        }
        if let Some(why) = &self.why_untimed {
            let (rows, why) = (plural(self.untimed, "row"), harmless(why));
            output::note(&format!(
                "{YELLOW}no time{YELLOW:#}: when {rows} were written cannot be read, and is not looked at; the first: {why}; `--zone` says what holds for times without a zone"
            ));
        }
        if self.others > 0 {
            output::note(&format!("{} of other entities passed over", plural(self.others, "row")));
        }
        if self.table.rows().is_empty() {
            output::note(&format!("`{path}` has no rows"));
        }
        Ok(())
    }

    /// The entity that all rows name, if that is one that there is.
    fn entity(&self, columns: &Columns, catalog: &Catalog) -> Result<Option<String>, CliError> {
        let mut known = self.entities.iter().filter(|name| catalog.lifecycle(name).is_some());
        match (columns.entity.is_some() && self.wishes.entity.is_none(), known.next(), known.next())
        {
            (true, Some(entity), None) => Ok(Some(entity.clone())),
            (true, Some(_), Some(_)) => {
                let all: Vec<&str> = self.entities.iter().map(|name| &**name).collect();
                let all = harmless(&shortened_list(&all));
                Err(CliError::usage(format!(
                    "the table is about several entities; `--entity` says which is to be judged: {all}"
                )))
            }
            _ => Ok(None),
        }
    }
}

fn shortened_list(names: &[&str]) -> String {
    let names: Vec<String> =
        names.iter().take(10).map(|name| shortened(name).into_owned()).collect();
    names.join(", ")
}

impl TableReading<'_> {
    fn failed(&self, source: io::Error) -> CliError {
        CliError::Read { path: self.path.to_owned(), source }
    }

    fn csv(
        &self,
        head: Vec<u8>,
        stream: TableStream,
        rows: &mut RowsRead<'_>,
    ) -> Result<Columns, CliError> {
        let delimiter = delimiter(&head);
        let mut csv = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .from_reader(Cursor::new(head).chain(stream));
        let failed = |error: csv::Error| self.failed(error.into());
        let header = csv.byte_headers().map_err(failed)?;
        let text = |field: &[u8]| String::from_utf8_lossy(field).trim().to_owned();
        let names: Vec<String> = header.iter().map(text).collect();
        let columns = Columns::choose(&names, self.wishes, self.catalog)?;
        let place = |name: &str| names.iter().position(|own| own == name);
        let missing = |name: &str| {
            CliError::usage(format!("there is no column `{}` in the CSV", harmless(name)))
        };
        let find = |name: &str| place(name).ok_or_else(|| missing(name));
        let (id, status) = (find(&columns.id)?, find(&columns.status)?);
        let at = columns.at.as_deref().map(find).transpose()?;
        let entity = columns.entity.as_deref().and_then(place);
        let mut record = csv::ByteRecord::new();
        while csv.read_byte_record(&mut record).map_err(failed)? {
            let line = record.position().map_or(0, csv::Position::line);
            let field = |at: usize| String::from_utf8_lossy(record.get(at).unwrap_or_default());
            let optional = |at: Option<usize>| at.map(field).unwrap_or_default();
            rows.take(line, &field(id), &field(status), &optional(at), &optional(entity));
        }
        Ok(columns)
    }

    fn json(
        &self,
        head: Vec<u8>,
        stream: TableStream,
        rows: &mut RowsRead<'_>,
    ) -> Result<Columns, CliError> {
        let list = list_in(&head).filter(|_| !is_row(&head, self));
        let stream: TableStream = match list {
            // The lines before it count.
            Some(at) => {
                let lines = head[..at].iter().filter(|byte| **byte == b'\n').count();
                let list = Listed::new(Cursor::new(head[at..].to_vec()).chain(stream));
                Box::new(Cursor::new(vec![b'\n'; lines]).chain(list))
            }
            None => Box::new(Cursor::new(head).chain(stream)),
        };
        let (mut documents, mut columns) = (Documents::new(stream), None);
        while let Some(document) = documents.next_document().map_err(|error| self.failed(error))? {
            let line = document.line;
            let body = match document.body {
                Ok(body) => body,
                Err(error) => {
                    rows.break_off(line, error);
                    continue;
                }
            };
            let row = match serde_json::from_slice::<Json<'_>>(body) {
                Ok(row @ Json::Object(_)) => row,
                Ok(_) => {
                    rows.break_off(line, "it is no object");
                    continue;
                }
                Err(error) => {
                    rows.break_off(line, error);
                    continue;
                }
            };
            let columns = match &mut columns {
                Some(columns) => columns,
                none => none.insert(Columns::choose(&names_of(&row), self.wishes, self.catalog)?),
            };
            let text = |path: &str| text_of(member(&row, path));
            let optional = |path: &Option<String>| path.as_deref().map(text).unwrap_or_default();
            let (at, entity) = (optional(&columns.at), optional(&columns.entity));
            rows.take(line, &text(&columns.id), &text(&columns.status), &at, &entity);
        }
        let named = |wish: Option<&str>, name: &str| wish.unwrap_or(name).to_owned();
        Ok(columns.unwrap_or_else(|| Columns {
            id: named(self.wishes.id, "id"),
            status: named(self.wishes.status, "status"),
            at: None,
            entity: None,
        }))
    }
}

/// Whether the first document is a row itself, with an id and a status.
fn is_row(head: &[u8], reading: &TableReading<'_>) -> bool {
    let mut documents = Documents::new(head);
    let Ok(Some(document)) = documents.next_document() else { return false };
    let body = document.body.unwrap_or_default();
    let row = serde_json::from_slice::<Json<'_>>(body).ok();
    row.is_some_and(|row| Columns::choose(&names_of(&row), reading.wishes, reading.catalog).is_ok())
}

/// The members of a row, and as pointers those of its objects.
fn names_of(row: &Json<'_>) -> Vec<String> {
    let Json::Object(members) = row else { return Vec::new() };
    let mut names = Vec::new();
    for (name, value) in members {
        match value {
            Json::Object(inner) => {
                let scalars = inner.iter().filter(|(_, value)| is_scalar(value));
                let outer = Pointer::member(name);
                names.extend(scalars.map(|(inside, _)| outer.clone() + &Pointer::member(inside)));
            }
            Json::Array(_) => {}
            _ => names.push(name.to_string()),
        }
    }
    names.dedup();
    names
}

fn is_scalar(value: &Json<'_>) -> bool {
    !matches!(value, Json::Array(_) | Json::Object(_))
}

/// A member of a row, or what a pointer leads to.
fn member<'j, 't>(row: &'j Json<'t>, path: &str) -> Option<&'j Json<'t>> {
    match Pointer::parse(path).filter(|_| !path.is_empty()) {
        None => row.get(path),
        Some(pointer) => pointer.tokens().iter().try_fold(row, |value, name| value.get(name)),
    }
}

fn text_of(value: Option<&Json<'_>>) -> String {
    match value {
        Some(Json::String(text)) => text.to_string(),
        Some(Json::Number(number)) => number.to_string(),
        Some(Json::Bool(value)) => value.to_string(),
        _ => String::new(),
    }
}

/// What stands between the fields of the first line: that of which there is most outside of quotes.
fn delimiter(head: &[u8]) -> u8 {
    let mut in_quotes = false;
    let line = head.iter().take_while(|byte| {
        in_quotes ^= **byte == b'"';
        in_quotes || !matches!(**byte, b'\n' | b'\r')
    });
    let line: Vec<u8> = line.copied().collect();
    let count = |delimiter: u8| {
        let mut in_quotes = false;
        let outside = line.iter().filter(|byte| {
            in_quotes ^= **byte == b'"';
            !in_quotes && **byte == delimiter
        });
        outside.count()
    };
    // Of equals the last counts.
    [b'|', b'\t', b';', b','].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}
