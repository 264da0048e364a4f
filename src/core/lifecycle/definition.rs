//! The form of a definition file: TOML in, plain values with their places out, every problem noted.

use std::time::Duration;

use toml_span::{ErrorKind, Span, Spanned, Value, value::Table};

use super::{
    Condition, DataField, Locator, Order, Provider,
    pointer::Pointer,
    problem::{DefinitionFile, Notes, Problem, ProblemKind},
    reader::{SpannedName, TomlReader},
    spelling::NameIndex,
};
use crate::time::parse_duration;

/// TOML takes 40 times as much memory as its text while it is read.
const FILE_LEN_MAX: usize = 4 << 20;

#[derive(Debug)]
pub(crate) struct EntityDefinition {
    pub(crate) entity: SpannedName,
    pub(crate) title: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) id: Vec<Locator>,
    pub(crate) order: Order,
    /// Where it says `order = "time"`.
    pub(crate) by_time: Option<Span>,
    pub(crate) status: Vec<Pointer>,
    pub(crate) prefix: Vec<String>,
    pub(crate) parent: Option<(SpannedName, Vec<Locator>)>,
    pub(crate) data: Vec<DataField>,
    pub(crate) states: Vec<StateDefinition>,
    pub(crate) flags: Vec<(SpannedName, String)>,
    pub(crate) statuses: Vec<(SpannedName, SpannedName)>,
    pub(crate) events: Vec<EventDefinition>,
    pub(crate) retries: Option<RetriesDefinition>,
    /// There is a table `[states]`: without one, that a state is not in it is nothing new.
    pub(crate) has_states: bool,
    /// Some event, or status word, could not be read, so that nobody knows where it leads.
    pub(crate) is_unsure: bool,
}

#[derive(Debug)]
pub(crate) struct StateDefinition {
    pub(crate) name: SpannedName,
    pub(crate) summary: String,
    pub(crate) rest: bool,
    pub(crate) end: bool,
    pub(crate) error: bool,
    pub(crate) dwell: Option<Duration>,
}

#[derive(Debug)]
pub(crate) struct EventDefinition {
    pub(crate) name: SpannedName,
    pub(crate) rows: Vec<RowDefinition>,
}

#[derive(Debug)]
pub(crate) struct RowDefinition {
    pub(crate) span: Span,
    pub(crate) from: Vec<SpannedName>,
    pub(crate) again: Vec<SpannedName>,
    pub(crate) to: Vec<SpannedName>,
    pub(crate) set: Vec<SpannedName>,
    pub(crate) clear: Vec<SpannedName>,
    pub(crate) status: Vec<Pointer>,
    pub(crate) when: Condition,
    pub(crate) id: Vec<Locator>,
    pub(crate) spellings: Vec<SpannedName>,
    pub(crate) foreign: bool,
}

#[derive(Debug)]
pub(crate) struct RetriesDefinition {
    pub(crate) span: Span,
    pub(crate) from: SpannedName,
    pub(crate) limit: u8,
    pub(crate) then: SpannedName,
    pub(crate) renewed_by: Vec<SpannedName>,
}

#[derive(Debug)]
pub(crate) enum Definition {
    /// Not linked yet, and where it is named.
    Provider(Box<Provider>, Span),
    Entity(Box<EntityDefinition>),
}

/// Reads one file. `None` if it is too broken to say what it defines; the problems say why.
pub(crate) fn read(file: &DefinitionFile, problems: &mut Vec<Problem>) -> Option<Definition> {
    if file.text.len() > FILE_LEN_MAX {
        let message = format!("a file of {} bytes", file.text.len());
        let help = format!("at most {FILE_LEN_MAX}");
        problems.push(file.problem(ProblemKind::TooMany, Span::new(0, 0), message, help));
        return None;
    }
    let root = match toml_span::parse(&file.text) {
        Ok(root) => root,
        Err(error) => {
            let message = format!("not TOML: {error}");
            let help = match error.kind {
                ErrorKind::InvalidCharInString('\n') | ErrorKind::UnterminatedString => {
                    "close the string with a quotation mark"
                }
                ErrorKind::UnquotedString => "put the value in quotation marks",
                _ => "",
            };
            problems.push(file.problem(ProblemKind::Syntax, error.span, message, help));
            return None;
        }
    };
    let table = root.as_table()?;
    let mut reader = TomlReader::new(Notes::new(file, problems));
    if let (Some(_), Some(provider)) = (table.get("entity"), table.get("provider")) {
        let message = "both an entity and a provider";
        let help = "expected a file for each; an entity's provider is the part before the slash";
        reader.notes.invalid(provider.span, message, help);
        None
    } else if table.contains_key("entity") {
        reader.entity(table).map(|entity| Definition::Entity(Box::new(entity)))
    } else if table.contains_key("provider") {
        reader.provider(table, &file.text)
    } else {
        let message = "neither a provider nor an entity";
        let help = "expected `provider = \"…\"` or `entity = \"provider/name\"` at the top";
        reader.notes.invalid(Span::new(0, 0), message, help);
        None
    }
}

impl TomlReader<'_> {
    fn provider(&mut self, table: &Table<'_>, text: &str) -> Option<Definition> {
        self.known(table, &["provider", "title", "source", "envelope", "signature", "probe"]);
        let provider = self.string(table.get("provider")?)?;
        if provider.value.contains('/') {
            let message = format!("`{}` is no name of a provider", provider.value);
            self.notes.invalid(provider.span, message, "expected a name without `/`");
        }
        let empty = Table::new();
        let envelope = match self.get(table, "envelope") {
            Some(value) => self.table(value).unwrap_or(&empty),
            None => {
                let message = "a provider without [envelope]";
                let help = "expected at least `kind = [\"/pointer\"]` under [envelope]";
                self.notes.invalid(provider.span, message, help);
                &empty
            }
        };
        #[rustfmt::skip]
        self.known(envelope, &[
            "body", "when", "unwrap", "kind", "event_id", "time", "zone", "sequence", "ignore",
            "attempts",
        ]);
        let form = match self.get(envelope, "body") {
            None => false,
            Some(value) => self.word(value, &["json", "form"]) == Some("form"),
        };
        let kind = self.locators(envelope, "kind");
        if kind.is_empty() && self.get(table, "envelope").is_some() {
            let message = "no pointer to the event kind";
            let help = "expected `kind = [\"/pointer\"]` under [envelope]";
            self.notes.invalid(provider.span, message, help);
        }
        let (signature, scheme) = self.signature(table);
        let probes = self.probes(table, &scheme);
        let Spanned { value: name, span } = provider;
        let ignore: Vec<String> =
            self.names(envelope, "ignore").into_iter().map(|name| name.value).collect();
        let provider = Provider {
            title: self.optional(table, "title").unwrap_or_else(|| name.clone()),
            name,
            definition: text.into(),
            source: self.optional(table, "source"),
            form,
            when: self.when(envelope),
            unwrap: self.unwrap(envelope),
            kind,
            event_id: self.locators(envelope, "event_id"),
            time: self.single_locators(envelope, "time"),
            zone: self.get(envelope, "zone").and_then(|value| self.zone(value)),
            sequence: self.single_locators(envelope, "sequence"),
            ignored: ignore.iter().cloned().collect(),
            ignore,
            kinds_at: 0,
            attempts: self.pointers(envelope, "attempts"),
            signature,
            scheme,
            probes,
            own: false,
            entities: Vec::new(),
            named: NameIndex::new(),
            meanings: Vec::new(),
            patterned: Vec::new(),
        };
        self.lint_form(&provider, span);
        Some(Definition::Provider(Box::new(provider), span))
    }

    fn entity(&mut self, table: &Table<'_>) -> Option<EntityDefinition> {
        #[rustfmt::skip]
        self.known(table, &[
            "entity", "title", "source", "id", "order", "status", "prefix", "parent", "data",
            "states", "flags", "statuses", "events", "retries",
        ]);
        let entity = self.string(table.get("entity")?)?;
        match entity.value.split_once('/') {
            Some((provider, name)) if !provider.is_empty() && !name.is_empty() => {}
            _ => {
                let message = format!("`{}` does not name an entity", entity.value);
                self.notes.invalid(entity.span, message, "expected `provider/name`");
                return None;
            }
        }
        let id = self.id(table, &entity);
        let (order, by_time) = match self.get(table, "order") {
            None => (Order::Time, None),
            Some(value) => match self.word(value, &["time", "arrival"]) {
                Some("arrival") => (Order::Arrival, None),
                word => (Order::Time, word.map(|_| value.span)),
            },
        };
        let has_states =
            self.get(table, "states").is_some_and(|states| states.as_table().is_some());
        let parent = self.parent(table);
        let data = self.section(table, "data", Self::data);
        let states = self.section(table, "states", Self::state);
        let flags = self.section(table, "flags", Self::flag);
        let lost = self.lost();
        let statuses = self
            .section(table, "statuses", |reader, word, value| Some((word, reader.string(value)?)));
        let mut events = self.section(table, "events", Self::event);
        self.open_stars(&states, &mut events);
        let has_events =
            self.get(table, "events").is_some_and(|events| events.as_table().is_some());
        let is_unsure = !has_events || self.lost() > lost;
        Some(EntityDefinition {
            title: self.optional(table, "title"),
            source: self.optional(table, "source"),
            id,
            order,
            by_time,
            status: self.pointers(table, "status"),
            prefix: self.names(table, "prefix").into_iter().map(|name| name.value).collect(),
            parent,
            data,
            states,
            flags,
            statuses,
            events,
            has_states,
            is_unsure,
            retries: self.get(table, "retries").and_then(|value| self.retries(value)),
            entity,
        })
    }

    /// Where the asset's id is, and whether all is there that an entity cannot be without.
    fn id(&mut self, table: &Table<'_>, entity: &SpannedName) -> Vec<Locator> {
        for (key, help) in [
            ("id", "expected `id = [\"/pointer\"]`: where the asset's id is"),
            ("states", "expected a table [states]"),
            ("events", "expected a table [events]"),
        ] {
            if self.get(table, key).is_none() {
                let message = format!("`{}` has no `{key}`", entity.value);
                self.notes.invalid(entity.span, message, help);
            }
        }
        let id = self.locators(table, "id");
        if id.is_empty() && self.get(table, "id").is_some() {
            let message = "no pointer to the asset's id";
            self.notes.invalid(entity.span, message, "expected `id = [\"/pointer\"]`");
        }
        id
    }

    fn parent(&mut self, table: &Table<'_>) -> Option<(SpannedName, Vec<Locator>)> {
        let value = self.get(table, "parent")?;
        let parent = self.table(value)?;
        self.known(parent, &["entity", "id"]);
        let entity = self.required(parent, "[parent]", "entity", value.span);
        let id = self.locators(parent, "id");
        if id.is_empty() {
            let message = "no pointer to the parent's id";
            self.notes.invalid(value.span, message, "expected `id = [\"/pointer\"]`");
        }
        Some((self.string(entity?)?, id))
    }

    fn data(&mut self, name: SpannedName, value: &Value<'_>) -> Option<DataField> {
        let lost = self.lost();
        let (at, key) = match value.as_table() {
            Some(table) => {
                self.known(table, &["at", "key"]);
                let key = self.names(table, "key").into_iter().map(|name| name.value).collect();
                (self.pointers(table, "at"), key)
            }
            None => (self.pointer_list(value), Vec::new()),
        };
        if at.is_empty() && self.lost() == lost {
            let message = format!("no pointer to `{}`", name.value);
            self.notes.invalid(value.span, message, "expected `at = [\"/pointer\"]`");
        }
        Some(DataField { name: name.value, at, key })
    }

    fn state(&mut self, name: SpannedName, value: &Value<'_>) -> Option<StateDefinition> {
        let empty = Table::new();
        // A state that cannot be read is declared all the same.
        let declared = self.table(value);
        let table = declared.unwrap_or(&empty);
        self.known(table, &["summary", "rest", "end", "error", "dwell"]);
        if name.value == super::NEW {
            let message = "`new` is declared";
            let help = "`new`, nothing heard yet, is reserved and always there";
            self.notes.invalid(name.span, message, help);
            return None;
        }
        let end = self.flag_value(table, "end");
        let dwell = self.get(table, "dwell").and_then(|value| {
            let text = self.string(value)?;
            if end {
                let message = "a `dwell` on an end state";
                let help = "nothing is awaited there: leave it out";
                self.notes.invalid(text.span, message, help);
            }
            let problem = |help| (format!("`{}` is not a duration", text.value), help);
            match parse_duration(&text.value).map_err(problem) {
                Ok(duration) => Some(duration),
                Err((message, help)) => {
                    let help = format!("expected {help}");
                    self.notes.invalid(text.span, message, help);
                    None
                }
            }
        });
        Some(StateDefinition {
            name,
            summary: self.optional(table, "summary").unwrap_or_default(),
            rest: declared.is_none() || self.flag_value(table, "rest"),
            end,
            error: self.flag_value(table, "error"),
            dwell,
        })
    }

    fn flag(&mut self, name: SpannedName, value: &Value<'_>) -> Option<(SpannedName, String)> {
        let table = self.table(value)?;
        self.known(table, &["summary"]);
        Some((name, self.optional(table, "summary").unwrap_or_default()))
    }

    fn event(&mut self, name: SpannedName, value: &Value<'_>) -> Option<EventDefinition> {
        let rows = match value.as_array() {
            Some(rows) => rows.iter().filter_map(|row| self.row(row)).collect(),
            None => self.row(value).into_iter().collect(),
        };
        Some(EventDefinition { name, rows })
    }

    fn row(&mut self, value: &Value<'_>) -> Option<RowDefinition> {
        let table = self.table(value)?;
        #[rustfmt::skip]
        self.known(table, &[
            "from", "again", "to", "set", "clear", "status", "when", "id", "spellings", "foreign",
        ]);
        let status = self.pointers(table, "status");
        let to = match self.get(table, "to") {
            None => Vec::new(),
            Some(value) if value.as_array().is_some() && status.is_empty() => {
                let message = "several states in `to`";
                let help = "expected one state; only a row with `status` may lead to several";
                self.notes.invalid(value.span, message, help);
                Vec::new()
            }
            Some(value) => self.name_list(value),
        };
        Some(RowDefinition {
            span: value.span,
            from: self.names(table, "from"),
            again: self.names(table, "again"),
            to,
            set: self.names(table, "set"),
            clear: self.names(table, "clear"),
            status,
            when: self.when(table),
            id: self.locators(table, "id"),
            spellings: self.names(table, "spellings"),
            foreign: self.flag_value(table, "foreign"),
        })
    }

    fn retries(&mut self, value: &Value<'_>) -> Option<RetriesDefinition> {
        let table = self.table(value)?;
        self.known(table, &["from", "limit", "then", "renewed_by"]);
        let from = self
            .required(table, "[retries]", "from", value.span)
            .and_then(|from| self.string(from));
        let then = self
            .required(table, "[retries]", "then", value.span)
            .and_then(|then| self.string(then));
        let limit = self.required(table, "[retries]", "limit", value.span)?;
        let Some(limit) = limit.as_integer().and_then(|limit| u8::try_from(limit).ok()) else {
            let message = "`limit` is not a number of retries";
            self.notes.invalid(limit.span, message, "expected 1 to 255");
            return None;
        };
        let renewed_by = self.names(table, "renewed_by");
        Some(RetriesDefinition { span: value.span, from: from?, limit, then: then?, renewed_by })
    }
}
