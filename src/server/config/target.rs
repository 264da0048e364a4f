//! A target: where changes are brought, which of them, and how patiently.

use std::{fmt, time::Duration};

use axum::http::{Uri, uri::Scheme as UriScheme};
use toml_span::{Span, Value, value::Table};

use super::{
    Surroundings,
    read::{ConfigReader, in_order},
    source::described,
};
use crate::{
    lifecycle::{Catalog, Lifecycle, NEW, closest},
    signature::{Request, Secret, standard_webhooks},
    store::{TargetStart, WantedChanges},
    time::{Timestamp, human_duration},
};

/// Requests at a time, unless said otherwise.
const CONCURRENCY: u32 = 8;
/// How long a change may fail, unless said otherwise.
const GIVE_UP: Duration = Duration::from_secs(3 * 86_400);
/// How long a connection, the beginning of an answer and all of it may take, unless said otherwise.
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(15);
const ALL: Duration = Duration::from_secs(30);

/// Where changes are brought. Its `Debug` and `Display` show no secret, and of its address only the host, since paths
/// may be secrets too.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::server) struct Target {
    pub(in crate::server) name: String,
    pub(in crate::server) url: Uri,
    pub(in crate::server) secrets: Vec<Secret>,
    pub(in crate::server) wanted: WantedChanges,
    pub(in crate::server) start: TargetStart,
    pub(in crate::server) concurrency: usize,
    pub(in crate::server) give_up: Duration,
    pub(in crate::server) connect_timeout: Duration,
    pub(in crate::server) answer_timeout: Duration,
    pub(in crate::server) timeout: Duration,
}

const KEYS: &[&str] = &[
    "url",
    "secrets",
    "what",
    "entities",
    "states",
    "from",
    "concurrency",
    "give_up",
    "connect_timeout",
    "answer_timeout",
    "timeout",
];

impl ConfigReader<'_> {
    pub(super) fn targets(
        &mut self,
        root: &Table<'_>,
        catalog: &Catalog,
        around: &Surroundings<'_>,
    ) -> Vec<Target> {
        let Some(table) = self.section(root, "targets") else { return Vec::new() };
        let mut targets = Vec::new();
        for (key, value) in in_order(table) {
            let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            if key.name.is_empty() || !key.name.bytes().all(letter) {
                let expected = "expected letters, digits, `-` and `_`";
                self.report(key.span, format!("a target named `{}`; {expected}", key.name));
            } else if let Some(table) = self.table(value) {
                targets.extend(self.target(&key.name, key.span, table, catalog, around));
            }
        }
        targets
    }

    fn target(
        &mut self,
        name: &str,
        at: Span,
        table: &Table<'_>,
        catalog: &Catalog,
        around: &Surroundings<'_>,
    ) -> Option<Target> {
        self.known(table, KEYS);
        let url = match table.get("url") {
            Some(value) => self.url(value),
            None => {
                let expected = "expected the address that changes are posted to";
                self.report(at, format!("target `{name}` without `url`; {expected}"));
                None
            }
        };
        let secrets = self.secrets(table, "secrets", around);
        self.check_secrets(name, at, table, &secrets);
        if let Some(value) = table.get("what")
            && self.string(value).is_some_and(|what| what != "changes")
        {
            self.report(value.span, "`what` is what is brought; expected \"changes\"");
        }
        let wanted = self.wanted_of(table, catalog);
        let start = self.start(table);
        let concurrency = self.number(table, "concurrency", 1..=256).unwrap_or(CONCURRENCY);
        Some(Target {
            name: name.to_owned(),
            url: url?,
            secrets,
            wanted,
            start,
            concurrency: concurrency as usize,
            give_up: self.age(table, "give_up").unwrap_or(GIVE_UP),
            connect_timeout: self.duration(table, "connect_timeout", CONNECT),
            answer_timeout: self.duration(table, "answer_timeout", ANSWER),
            timeout: self.duration(table, "timeout", ALL),
        })
    }

    fn url(&mut self, value: &Value<'_>) -> Option<Uri> {
        let uri: Option<Uri> = self.string(value)?.parse().ok();
        let is_one = |uri: &Uri| {
            let web = [UriScheme::HTTP, UriScheme::HTTPS];
            let plain = uri.authority().is_some_and(|at| !at.as_str().contains('@'));
            uri.scheme().is_some_and(|scheme| web.contains(scheme)) && plain
        };
        let uri = uri.filter(is_one);
        if uri.is_none() {
            // It is not repeated: there may be a password in it.
            let expected = "expected one that begins with https:// or http://, without a user";
            self.report(value.span, format!("`url` is no address to post to; {expected}"));
        }
        uri
    }

    /// Reports secrets that nothing can be signed with.
    fn check_secrets(&mut self, name: &str, at: Span, table: &Table<'_>, secrets: &[Secret]) {
        let Some(value) = table.get("secrets") else {
            let expected = "expected `secrets = [{ env = \"…\" }]`, by which it knows us";
            return self.report(at, format!("target `{name}` without `secrets`; {expected}"));
        };
        if secrets.is_empty() && self.problems.is_empty() {
            self.report(value.span, format!("target `{name}` has an empty list of secrets"));
        }
        // Before any of them has ended.
        let request = Request::new("", b"", "", Timestamp::from_nanos(0));
        if let Err(error) = standard_webhooks(secrets, &request) {
            self.report(value.span, format!("target `{name}`: {error}"));
        }
    }

    fn wanted_of(&mut self, table: &Table<'_>, catalog: &Catalog) -> WantedChanges {
        let mut entities = Vec::new();
        for text in self.strings(table, "entities") {
            match catalog.lifecycle(text) {
                Some(lifecycle) => entities.push(lifecycle),
                None => {
                    let known = catalog.lifecycles().map(Lifecycle::entity);
                    self.no_such(table, "entities", "entity", text, closest(text, known));
                }
            }
        }
        let of: Vec<&Lifecycle> = match entities.is_empty() {
            true => catalog.lifecycles().collect(),
            false => entities.clone(),
        };
        let known: Vec<&str> = of
            .iter()
            .flat_map(|lifecycle| lifecycle.states())
            .map(|state| &*state.name)
            .filter(|state| *state != NEW)
            .collect();
        let states = self.strings(table, "states");
        for text in states.iter().filter(|text| !known.contains(text)) {
            let near = closest(text, known.iter().copied());
            self.no_such(table, "states", "state", text, near);
        }
        WantedChanges {
            entities: entities.iter().map(|own| own.entity().to_owned()).collect(),
            states: states.into_iter().map(str::to_owned).collect(),
        }
    }

    fn no_such(
        &mut self,
        table: &Table<'_>,
        key: &str,
        what: &str,
        text: &str,
        near: Option<&str>,
    ) {
        let span = table.get(key).map_or(super::read::START, |value| value.span);
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`mediafold lifecycles` has them".to_owned(),
        };
        self.report(span, format!("there is no {what} `{text}`; {help}"));
    }

    fn start(&mut self, table: &Table<'_>) -> TargetStart {
        let Some(value) = table.get("from") else { return TargetStart::Now };
        let number = value.as_integer().and_then(|number| u64::try_from(number).ok());
        match (value.as_str(), number) {
            (Some("now"), _) => TargetStart::Now,
            (Some("all"), _) => TargetStart::From(1),
            (None, Some(seq)) if seq > 0 => TargetStart::From(seq),
            _ => {
                let expected = "expected \"now\", \"all\", or the number of a change";
                self.report(value.span, format!("`from` is where it begins; {expected}"));
                TargetStart::Now
            }
        }
    }
}

impl Target {
    /// The scheme and the host of its address, and whether there is more.
    pub(in crate::server) fn place(&self) -> String {
        let [scheme, host] =
            [self.url.scheme_str(), self.url.host()].map(Option::unwrap_or_default);
        let port = self.url.port().map_or_else(String::new, |port| format!(":{port}"));
        let path = if self.url.path() == "/" { "/" } else { "/…" };
        format!("{scheme}://{host}{port}{path}")
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Target");
        shown.field("name", &self.name).field("place", &self.place()).finish_non_exhaustive()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |what: &str, all: &[String]| match all {
            [] => format!("all {what}"),
            all => all.join(", "),
        };
        let WantedChanges { entities, states } = &self.wanted;
        let start = match self.start {
            TargetStart::Now => "what comes after it was added".to_owned(),
            TargetStart::From(1) => "the first change".to_owned(),
            TargetStart::From(seq) => format!("change {seq}"),
        };
        writeln!(
            f,
            "target   {}: {}, signed with {}",
            self.name,
            self.place(),
            described(&self.secrets)
        )?;
        writeln!(
            f,
            "    changes of {} to {}",
            listed("entities", entities),
            listed("states", states)
        )?;
        let [give_up, connect, answer, all] =
            [self.give_up, self.connect_timeout, self.answer_timeout, self.timeout]
                .map(human_duration);
        writeln!(
            f,
            "    from {start} on, {} at a time, given up after {give_up}",
            self.concurrency
        )?;
        writeln!(f, "    {connect} to connect, {answer} to begin an answer, {all} for all of it")
    }
}
