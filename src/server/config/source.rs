//! A source: an address that deliveries of one provider come to, and what makes them authentic.

use std::{fmt, num::NonZeroU32, path::Path, sync::Arc, time::Duration};

use axum::http::{HeaderValue, request::Parts};
use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use tokio::sync::Semaphore;
use toml_span::{Span, Value, value::Table};

use super::{
    Surroundings,
    read::{ConfigReader, START, human_size, in_order},
};
use crate::{
    event::Headers,
    lifecycle::{Catalog, Probe, Provider, Scheme, closest},
    signature::{Secret, TOLERANCE, Verifier},
    store::{EVENT_IDS_KEPT, Named, Retain},
    time::{Timestamp, human_duration},
};

/// The longest body, unless said otherwise.
const BODY_MAX: usize = 1 << 20;
/// The longest body that may be asked for; GitHub, whose are the longest known, sends up to 25 MB.
const BODY_MAX_MAX: usize = 25 << 20;
/// Deliveries at a time, unless said otherwise.
const CONCURRENCY: u32 = 256;
/// Lines of the log a second on what one source refuses: junk must not fill the disk.
const COMPLAINTS: NonZeroU32 = NonZeroU32::MIN.saturating_add(1);

/// The name under which the last part of the address is handed to the path token's verifier.
pub(in crate::server) const PATH_TOKEN: &str = "path-token";
/// The same of the `verify_token`, for what a request says that only tries the address.
pub(in crate::server) const VERIFY_TOKEN: &str = "verify-token";

/// An address that deliveries of one provider come to.
pub(in crate::server) struct Source {
    pub(in crate::server) name: String,
    pub(in crate::server) provider: String,
    /// What the signature must be; `None` where nothing is signed.
    pub(in crate::server) signature: Option<Verifier>,
    /// What the last part of the address must be.
    pub(in crate::server) path_token: Option<Verifier>,
    /// The address as the provider knows it; only schemes that sign it need it.
    pub(in crate::server) public_url: String,
    /// Deliveries may be GETs, whose query is the body.
    pub(in crate::server) form: bool,
    /// The unsigned body that is a test of the address.
    pub(in crate::server) probe: Option<String>,
    /// Other deliveries that are tests of the address.
    pub(in crate::server) probes: Vec<Probe>,
    /// Of headers and of the query what is kept.
    pub(in crate::server) named: Arc<Named>,
    /// What such a test must know.
    pub(in crate::server) verify_token: Option<Verifier>,
    pub(in crate::server) body_max: usize,
    pub(in crate::server) at_once: Arc<Semaphore>,
    pub(in crate::server) rate: Option<DefaultDirectRateLimiter>,
    pub(in crate::server) complaints: DefaultDirectRateLimiter,
    /// What is removed when it is old.
    pub(in crate::server) retain: Retain,
    /// What protects it and what bounds it, for people.
    shown: String,
}

const KEYS: &[&str] = &[
    "provider",
    "secrets",
    "path_token",
    "verify_token",
    "public_url",
    "scheme",
    "hash",
    "key",
    "header",
    "shape",
    "signs",
    "claim",
    "iss",
    "tolerance",
    "insecure",
    "body_max",
    "concurrency",
    "rate",
    "retention",
];

impl ConfigReader<'_> {
    pub(super) fn sources(
        &mut self,
        root: &Table<'_>,
        catalog: &Catalog,
        around: &Surroundings<'_>,
    ) -> Vec<Source> {
        let Some(table) = self.section(root, "sources").filter(|table| !table.is_empty()) else {
            self.report(START, "no sources; expected [sources.NAME] with a `provider`");
            return Vec::new();
        };
        let mut sources = Vec::new();
        for (key, value) in in_order(table) {
            let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            if key.name.is_empty() || !key.name.bytes().all(letter) {
                let expected = "expected letters, digits, `-` and `_`: it stands in an address";
                self.report(key.span, format!("a source named `{}`; {expected}", key.name));
            } else if let Some(table) = self.table(value) {
                let source = self.source(&key.name, key.span, table, catalog, around);
                if let Some(source) = &source {
                    self.agree(&sources, source, key.span);
                }
                sources.extend(source);
            }
        }
        sources
    }

    fn source(
        &mut self,
        name: &str,
        at: Span,
        table: &Table<'_>,
        catalog: &Catalog,
        around: &Surroundings<'_>,
    ) -> Option<Source> {
        self.known(table, KEYS);
        let provider = self.provider(name, at, table, catalog)?;
        let scheme = self.scheme(name, table, provider)?;
        let secrets = self.secrets(table, "secrets", around);
        let path_tokens = self.secrets(table, "path_token", around);
        let insecure = self.flag(table, "insecure");
        let tolerance = self.duration(table, "tolerance", scheme.tolerance().unwrap_or(TOLERANCE));
        let public_url = self.optional(table, "public_url").unwrap_or_default().to_owned();
        self.protected(name, at, table, &scheme, &secrets, insecure);
        let signed = scheme != Scheme::None && !secrets.is_empty();
        if matches!(scheme, Scheme::Twilio { .. }) && signed {
            let span = table.get("public_url").map_or(at, |value| value.span);
            if !(public_url.starts_with("https://") || public_url.starts_with("http://")) {
                let help =
                    "expected `public_url`, the address that Twilio was given, which it signs";
                self.report(span, format!("source `{name}`: {help}"));
            }
        }
        let body_max = self.size(table, "body_max", BODY_MAX, BODY_MAX_MAX);
        let concurrency = self.number(table, "concurrency", 1..=100_000).unwrap_or(CONCURRENCY);
        let rate = self.number(table, "rate", 1..=1_000_000).and_then(NonZeroU32::new);

        let verified = verified(signed.then_some((&scheme, secrets.as_slice())), &path_tokens);
        let rated = rate.map_or_else(String::new, |rate| format!(", {rate} a second"));
        let retain = self.retention(name, table, provider);
        let bounds = format!("{} each, {concurrency} at a time{rated}", human_size(body_max));
        let verifier = |reader: &mut Self, scheme: Scheme, secrets: &[Secret]| {
            let made = Verifier::new(scheme, secrets).map(|made| made.with_tolerance(tolerance));
            made.map_err(|error| reader.report(at, format!("source `{name}`: {error}"))).ok()
        };
        let signature = if signed { Some(verifier(self, scheme, &secrets)?) } else { None };
        let verify_tokens = self.verify_tokens(name, at, table, provider, around);
        let mut token = |header: &str, tokens: &[Secret]| match tokens {
            [] => Some(None),
            tokens => verifier(self, Scheme::Token { header: header.to_owned() }, tokens).map(Some),
        };
        let path_token = token(PATH_TOKEN, &path_tokens)?;
        let verify_token = token(VERIFY_TOKEN, &verify_tokens)?;
        let probe = provider.signature().find(|(key, _)| *key == "probe");
        Some(Source {
            name: name.to_owned(),
            provider: provider.name().to_owned(),
            signature,
            path_token,
            public_url,
            form: provider.is_form(),
            probe: probe.map(|(_, body)| body.to_owned()),
            probes: provider.probes().to_vec(),
            named: Arc::new(Named::of(catalog)),
            verify_token,
            body_max,
            at_once: Arc::new(Semaphore::new(concurrency as usize)),
            rate: rate.map(|rate| RateLimiter::direct(Quota::per_second(rate))),
            complaints: RateLimiter::direct(Quota::per_second(COMPLAINTS)),
            shown: format!("    {verified}\n    {bounds}\n    {}\n", kept(&retain)),
            retain,
        })
    }

    /// What a provider must know that tries an address with a token; reports one that is missing or not asked for.
    fn verify_tokens(
        &mut self,
        name: &str,
        at: Span,
        table: &Table<'_>,
        provider: &Provider,
        around: &Surroundings<'_>,
    ) -> Vec<Secret> {
        let asks = provider.asks_for_token();
        if asks != table.contains_key("verify_token") {
            let message = match asks {
                true => "expected `verify_token`, by which its provider tries the address",
                false => "a `verify_token` that no [probe] of its provider asks for",
            };
            let span = table.get("verify_token").map_or(at, |value| value.span);
            self.report(span, format!("source `{name}`: {message}"));
        }
        self.secrets(table, "verify_token", around)
    }

    /// Reports a source that keeps the assets of its provider otherwise than another one does.
    fn agree(&mut self, others: &[Source], source: &Source, at: Span) {
        let differs = |other: &&Source| {
            other.provider == source.provider && other.retain.assets != source.retain.assets
        };
        if let Some(other) = others.iter().find(differs) {
            let (one, two) = (&other.name, &source.name);
            let why = "an asset is of a provider and not of a source";
            let expected = "expected the same `assets` under `retention`";
            self.report(at, format!("sources `{one}` and `{two}`: {expected}, since {why}"));
        }
    }

    fn retention(&mut self, name: &str, table: &Table<'_>, provider: &Provider) -> Retain {
        let mut retain = Retain { source: name.to_owned(), bodies: None, assets: None };
        let Some(table) = self.section(table, "retention") else { return retain };
        self.known(table, &["bodies", "assets"]);
        retain.bodies = self.age(table, "bodies");
        let assets = self.age(table, "assets");
        if let (Some(age), Some(value)) = (assets, table.get("assets"))
            && age < EVENT_IDS_KEPT
        {
            let least = human_duration(EVENT_IDS_KEPT);
            let why = "a copy that comes late could no longer be told from news";
            self.report(value.span, format!("expected `assets` of at least {least}: {why}"));
        }
        retain.assets = assets.map(|age| (provider.name().to_owned(), age));
        retain
    }

    fn provider<'c>(
        &mut self,
        name: &str,
        at: Span,
        table: &Table<'_>,
        catalog: &'c Catalog,
    ) -> Option<&'c Provider> {
        let known = || catalog.providers().map(Provider::name);
        let listed = || known().collect::<Vec<_>>().join(", ");
        let Some(value) = table.get("provider") else {
            let listed = listed();
            self.report(
                at,
                format!("source `{name}` without `provider`; expected one of {listed}"),
            );
            return None;
        };
        let wanted = self.string(value)?;
        let found = catalog.provider(wanted);
        if found.is_none() {
            let help = match closest(wanted, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known: {}", listed()),
            };
            self.report(value.span, format!("there is no provider `{wanted}`; {help}"));
        }
        found
    }

    /// The scheme of the provider, or the one that stands in its place.
    fn scheme(&mut self, name: &str, table: &Table<'_>, provider: &Provider) -> Option<Scheme> {
        let Some(value) = table.get("scheme") else { return Some(provider.scheme().clone()) };
        let misfits = match Scheme::read(&|key| table.get(key).and_then(Value::as_str)) {
            Ok(scheme) => return Some(scheme),
            Err(misfits) => misfits,
        };
        for misfit in misfits {
            let span = table.get(misfit.key).map_or(value.span, |value| value.span);
            self.report(span, format!("source `{name}`: {}; {}", misfit.message, misfit.help));
        }
        None
    }

    /// Reports a source that anybody could write to without that being asked for, and secrets that nothing uses.
    fn protected(
        &mut self,
        name: &str,
        at: Span,
        table: &Table<'_>,
        scheme: &Scheme,
        secrets: &[Secret],
        insecure: bool,
    ) {
        let given = |key: &str| table.contains_key(key);
        match scheme {
            Scheme::None if given("secrets") => self.report(
                at,
                format!(
                    "source `{name}` has secrets, but its provider signs nothing; expected \
                     `path_token`, or a `scheme` (bearer, basic, token) that uses them"
                ),
            ),
            Scheme::None if !given("path_token") && !insecure => self.report(
                at,
                format!(
                    "source `{name}` would let anybody write: its provider signs nothing; expected \
                     `path_token`, or a `scheme` (bearer, basic, token) with `secrets`, or \
                     `insecure = true`"
                ),
            ),
            Scheme::None => {}
            _ if !given("secrets") && !insecure => self.report(
                at,
                format!(
                    "source `{name}` has no `secrets` to verify `{}` with; expected \
                     `secrets = [{{ env = \"…\" }}]`, or `insecure = true`",
                    scheme.name()
                ),
            ),
            _ if given("secrets") && secrets.is_empty() && self.problems.is_empty() => {
                self.report(at, format!("source `{name}` has an empty list of secrets"));
            }
            _ => {}
        }
    }

    /// One secret, or a list of them.
    pub(super) fn secrets(
        &mut self,
        table: &Table<'_>,
        key: &str,
        around: &Surroundings<'_>,
    ) -> Vec<Secret> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let one = std::slice::from_ref(value);
        let items = value.as_array().map_or(one, Vec::as_slice);
        items.iter().filter_map(|item| self.secret(item, around)).collect()
    }

    fn secret(&mut self, value: &Value<'_>, around: &Surroundings<'_>) -> Option<Secret> {
        let secret = Secret::new(self.secret_text(value, around)?);
        let Some(end) = value.as_table().and_then(|table| table.get("not_after")) else {
            return Some(secret);
        };
        match self.string(end)?.parse::<Timestamp>() {
            Ok(end) => Some(secret.until(end)),
            Err(error) => {
                self.report(end.span, format!("not_after: {error}"));
                None
            }
        }
    }

    /// A text that is nobody's business: as it is, or from where `env` or `file` says.
    pub(super) fn secret_text(
        &mut self,
        value: &Value<'_>,
        around: &Surroundings<'_>,
    ) -> Option<String> {
        let Some(table) = value.as_table() else { return self.string(value).map(str::to_owned) };
        self.known(table, &["value", "env", "file", "not_after"]);
        let mut places = ["value", "env", "file"].into_iter().filter_map(|key| {
            let value = table.get(key)?;
            Some((key, value))
        });
        let (Some((key, place)), None) = (places.next(), places.next()) else {
            self.report(value.span, "a secret; expected one of `value`, `env` and `file`");
            return None;
        };
        let text = self.string(place)?;
        let found = match key {
            "env" => {
                (around.env)(text).ok_or_else(|| format!("`{text}` is not in the environment"))
            }
            "file" => {
                let path = self.folder().join(text);
                read_file(&path).map_err(|error| format!("`{}`: {error}", path.display()))
            }
            _ => Ok(text.to_owned()),
        };
        let found = found.and_then(|text| match text.trim() {
            "" => Err("is empty".to_owned()),
            trimmed => Ok(trimmed.to_owned()),
        });
        found.map_err(|reason| self.report(place.span, format!("the secret {reason}"))).ok()
    }
}

impl Source {
    /// Of the headers and the query of a request what definitions name.
    pub(in crate::server) fn kept(&self, parts: &Parts) -> (Headers, Option<String>) {
        let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
        let all = parts.headers.iter();
        let all: Vec<_> = all.filter_map(|(name, value)| Some((name, text(value)?))).collect();
        let headers = all.iter().map(|(name, value)| (name.as_str(), &**value));
        (self.named.headers(headers), parts.uri.query().and_then(|query| self.named.query(query)))
    }

    /// How long it has to wait until it may send more; what it sends now is counted, if that counts.
    pub(in crate::server) fn over_rate_if(&self, counts: bool) -> Option<Duration> {
        let until = self.rate.as_ref().filter(|_| counts)?.check().err()?;
        Some(until.wait_time_from(DefaultClock::default().now()))
    }
}

/// What makes a delivery authentic, for people.
fn verified(signed: Option<(&Scheme, &[Secret])>, path_tokens: &[Secret]) -> String {
    let signed =
        signed.map(|(scheme, secrets)| format!("{}, {}", scheme.name(), described(secrets)));
    let path = match path_tokens {
        [] => None,
        tokens => Some(format!("path token, {}", described(tokens))),
    };
    let all: Vec<_> = signed.into_iter().chain(path).collect();
    if all.is_empty() {
        return "verified by nothing: anybody may write".to_owned();
    }
    format!("verified by {}", all.join(" and "))
}

/// What is kept and how long, for people.
fn kept(Retain { bodies, assets, .. }: &Retain) -> String {
    let bodies = bodies.map(|age| format!("bodies for {}", human_duration(age)));
    let assets = assets.as_ref().map(|(provider, age)| {
        let age = human_duration(*age);
        format!("assets of {provider} at rest for {age} after they were heard of last")
    });
    match (bodies, assets) {
        (None, None) => "keeps everything".to_owned(),
        (Some(what), None) | (None, Some(what)) => format!("keeps {what}, and all else"),
        (Some(bodies), Some(assets)) => format!("keeps {bodies}, {assets}, and all else"),
    }
}

fn read_file(path: &Path) -> std::io::Result<String> {
    std::fs::read_to_string(path)
}

/// How many secrets, and when those that end do so.
pub(super) fn described(secrets: &[Secret]) -> String {
    let count = match secrets.len() {
        1 => "1 secret".to_owned(),
        count => format!("{count} secrets"),
    };
    let ends = secrets.iter().filter_map(Secret::not_after).map(|end| format!("until {end}"));
    let ends: Vec<_> = ends.collect();
    if ends.is_empty() { count } else { format!("{count} ({})", ends.join(", ")) }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Source");
        shown.field("name", &self.name).field("provider", &self.provider);
        shown.field("signature", &self.signature).field("path_token", &self.path_token);
        shown.finish_non_exhaustive()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, provider, shown, .. } = self;
        let token = if self.path_token.is_some() { "/…" } else { "" };
        let get = if self.form { "POST or GET" } else { "POST" };
        write!(f, "source   {name}: {get} /in/{name}{token}, provider {provider}\n{shown}")
    }
}
