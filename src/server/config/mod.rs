//! The configuration: `mediafold.toml`, with secrets from where it says and settings from the environment.
//!
//! It is read as a whole or not at all, and all that is wrong is said at once, with lines. A path is relative to the
//! folder of the file. [`Config`] shows itself without secrets.

mod network;
mod read;
mod source;
mod target;

use std::{
    fmt, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio_rustls::rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use toml_span::{Span, value::Table};
use tracing_subscriber::filter::Targets;

pub use self::read::ConfigProblem;
use self::read::{ConfigReader, START};
pub(super) use self::{
    network::Network,
    source::{PATH_TOKEN, Source, VERIFY_TOKEN},
    target::Target,
};
use crate::{
    lifecycle::{Catalog, Lifecycle, Provider},
    store::Named,
};

/// What is said of a configuration without a token.
pub(super) const NO_TOKEN: &str = "nothing can be asked, and the page shows nothing: set `token = \"…\"`, or MEDIAFOLD_TOKEN in the environment";

/// What a configuration takes from outside its file.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Surroundings<'a> {
    /// A variable of the environment.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// The definitions, with those of these files and folders laid over them.
    pub catalog: &'a dyn Fn(&[PathBuf]) -> Result<Catalog, String>,
}

/// What `serve` is told. Its `Debug` and `Display` show no secret.
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The database.
    pub data: PathBuf,
    /// What to log: `info`, or levels by module.
    pub log: String,
    /// What is bounded, whatever comes.
    pub limits: Limits,
    pub(super) token: Option<String>,
    pub(super) tls: Option<Arc<ServerConfig>>,
    pub(super) proxies: Vec<Network>,
    pub(super) sources: Vec<Source>,
    pub(super) targets: Vec<Target>,
    catalog: Catalog,
}

/// What a configuration says that cannot be changed while the server runs.
pub(super) struct Fixed {
    listen: SocketAddr,
    data: PathBuf,
    log: String,
    limits: Limits,
    catalog: Catalog,
}

/// What is bounded, whatever comes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Connections at a time; of more, those of the address that has the most are closed. 900 unless said otherwise: a
    /// process may commonly have 1,024 files open.
    pub connections: usize,
    /// Deliveries that were received and are not stored yet; more are answered 503.
    pub queue: usize,
    /// Bytes of bodies in memory; more are answered 503.
    pub memory: usize,
    /// How long the head of a request may take, and how long a connection may be silent.
    pub header_timeout: Duration,
    /// How long a body may take.
    pub body_timeout: Duration,
    /// How long storing may take until the sender is told to come again.
    pub commit_timeout: Duration,
    /// How long what was accepted may take after the end was asked for.
    pub shutdown_timeout: Duration,
}

/// Why a configuration was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read `{}`", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What it says is wrong; at least one problem, by line.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Wrong(Vec<ConfigProblem>),
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 900,
            queue: 1_024,
            memory: 64 << 20,
            header_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(15),
            commit_timeout: Duration::from_secs(10),
            shutdown_timeout: Duration::from_secs(30),
        }
    }
}

impl<'a> Surroundings<'a> {
    /// The environment, and how definitions are read.
    pub fn new(
        env: &'a dyn Fn(&str) -> Option<String>,
        catalog: &'a dyn Fn(&[PathBuf]) -> Result<Catalog, String>,
    ) -> Self {
        Self { env, catalog }
    }
}

impl fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings").finish_non_exhaustive()
    }
}

const KEYS: &[&str] = &[
    "listen",
    "data",
    "token",
    "definitions",
    "log",
    "proxies",
    "limits",
    "tls",
    "sources",
    "targets",
];

impl Config {
    /// Reads the file, and the secrets and definitions that it names.
    ///
    /// `MEDIAFOLD_LISTEN`, `MEDIAFOLD_DATA`, `MEDIAFOLD_LOG` and `MEDIAFOLD_TOKEN` win over what stands in it.
    ///
    /// # Errors
    /// A file that cannot be read, or everything that is wrong with what it says.
    pub fn load(path: &Path, around: &Surroundings<'_>) -> Result<Self, ConfigError> {
        let read = |source| ConfigError::Read { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(read)?;
        let mut reader = ConfigReader { path: path.to_owned(), text: &text, problems: Vec::new() };
        let config = reader.parse(&text).and_then(|root| reader.config(root.as_table()?, around));
        match config {
            Some(config) if reader.problems.is_empty() => Ok(config),
            _ => {
                reader.problems.sort_by_key(|problem| problem.line);
                Err(ConfigError::Wrong(reader.problems))
            }
        }
    }

    /// Whether clients connect by TLS.
    pub fn has_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// The definitions that it names, laid over the built-in ones.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    pub(super) fn fixed(&self) -> Fixed {
        Fixed {
            listen: self.listen,
            data: self.data.clone(),
            log: self.log.clone(),
            limits: self.limits.clone(),
            catalog: self.catalog.clone(),
        }
    }
}

impl Fixed {
    /// Whether there are definitions of this provider.
    pub(super) fn knows(&self, provider: &str) -> bool {
        self.catalog.provider(provider).is_some()
    }

    /// The settings for which this configuration says something else.
    pub(super) fn differences(&self, other: &Config) -> Vec<&'static str> {
        let Self { listen, data, log, limits, catalog } = self;
        let settings = [
            ("listen", *listen != other.listen),
            ("data", *data != other.data),
            ("log", *log != other.log),
            ("limits", *limits != other.limits),
            ("definitions", definitions(catalog) != definitions(&other.catalog)),
        ];
        settings.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect()
    }
}

/// All that is defined, as it is written.
fn definitions(catalog: &Catalog) -> Vec<&str> {
    let providers = catalog.providers().map(Provider::definition);
    providers.chain(catalog.lifecycles().map(Lifecycle::definition)).collect()
}

impl ConfigReader<'_> {
    /// The folder that paths are relative to.
    fn folder(&self) -> PathBuf {
        self.path.parent().map(Path::to_owned).unwrap_or_default()
    }

    fn config(&mut self, root: &Table<'_>, around: &Surroundings<'_>) -> Option<Config> {
        self.known(root, KEYS);
        let env = |name: &str| (around.env)(name).filter(|text| !text.is_empty());
        let listen = match env("MEDIAFOLD_LISTEN") {
            Some(listen) => self.address(&listen, None),
            None => match root.get("listen") {
                Some(value) => {
                    self.string(value).and_then(|text| self.address(text, Some(value.span)))
                }
                None => Some(SocketAddr::from(([127, 0, 0, 1], 8080))),
            },
        };
        let data = self.optional(root, "data").unwrap_or("mediafold.db");
        let data = env("MEDIAFOLD_DATA").map_or_else(|| self.folder().join(data), PathBuf::from);
        let log = self.optional(root, "log").unwrap_or("info").to_owned();
        let log = env("MEDIAFOLD_LOG").unwrap_or(log);
        if log.parse::<Targets>().is_err() {
            let span = root.get("log").map_or(START, |value| value.span);
            let expected = "expected a level (error, warn, info, debug, trace), or some by module";
            self.report(span, format!("`{log}` says nothing of what to log; {expected}"));
        }
        let token = root.get("token").and_then(|value| self.secret_text(value, around));
        let token = env("MEDIAFOLD_TOKEN").or(token);
        let definitions = self.strings(root, "definitions");
        let definitions: Vec<_> =
            definitions.into_iter().map(|path| self.folder().join(path)).collect();
        let proxies = self.proxies(root);
        let limits = self.limits(root);
        let tls = self.section(root, "tls").and_then(|table| self.tls(table));
        let catalog = match (around.catalog)(&definitions) {
            Ok(catalog) => Some(catalog),
            Err(reason) => {
                self.report_outside(reason);
                None
            }
        }?;
        let sources = self.sources(root, &catalog, around);
        let largest = sources.iter().map(|source| source.body_max).max().unwrap_or(0);
        if limits.memory < 2 * largest {
            let span = root.get("limits").map_or(START, |value| value.span);
            let largest = read::human_size(2 * largest);
            self.report(span, format!("`memory` is too little; expected {largest}, two bodies"));
        }
        let targets = self.targets(root, &catalog, around);
        let listen = listen?;
        Some(Config { listen, data, log, limits, token, tls, proxies, sources, targets, catalog })
    }

    fn address(&mut self, text: &str, span: Option<Span>) -> Option<SocketAddr> {
        let parsed = text.parse().ok();
        if parsed.is_none() {
            let expected = "expected an address and a port, such as 127.0.0.1:8080 or [::]:8080";
            match span {
                Some(span) => self.report(span, format!("cannot listen on `{text}`; {expected}")),
                None => self.report_outside(format!("MEDIAFOLD_LISTEN is `{text}`; {expected}")),
            }
        }
        parsed
    }

    fn proxies(&mut self, root: &Table<'_>) -> Vec<Network> {
        let texts = self.strings(root, "proxies");
        let span = root.get("proxies").map_or(START, |value| value.span);
        let mut network = |text: &str| {
            let read = text.parse().ok();
            if read.is_none() {
                let expected = "expected an address, or such as 10.0.0.0/8";
                self.report(span, format!("`{text}` is no address of a proxy; {expected}"));
            }
            read
        };
        texts.into_iter().filter_map(&mut network).collect()
    }

    fn limits(&mut self, root: &Table<'_>) -> Limits {
        let default = Limits::default();
        let Some(table) = self.section(root, "limits") else { return default };
        let keys = [
            "connections",
            "queue",
            "memory",
            "header_timeout",
            "body_timeout",
            "commit_timeout",
            "shutdown_timeout",
        ];
        self.known(table, &keys);
        let number = |found: Option<u32>, default| found.map_or(default, |number| number as usize);
        Limits {
            connections: number(
                self.number(table, "connections", 1..=1_000_000),
                default.connections,
            ),
            queue: number(self.number(table, "queue", 1..=1_000_000), default.queue),
            memory: self.size(table, "memory", default.memory, 1 << 30),
            header_timeout: self.duration(table, "header_timeout", default.header_timeout),
            body_timeout: self.duration(table, "body_timeout", default.body_timeout),
            commit_timeout: self.duration(table, "commit_timeout", default.commit_timeout),
            shutdown_timeout: self.duration(table, "shutdown_timeout", default.shutdown_timeout),
        }
    }

    fn tls(&mut self, table: &Table<'_>) -> Option<Arc<ServerConfig>> {
        self.known(table, &["certificate", "key"]);
        let mut file = |key: &str| {
            let found = self.optional(table, key).map(|path| self.folder().join(path));
            if found.is_none() {
                let span = table.values().next().map_or(START, |value| value.span);
                self.report(span, format!("[tls] without `{key}`; expected a PEM file"));
            }
            found
        };
        let (certificate, key) = (file("certificate"), file("key"));
        let (certificate, key) = (certificate?, key?);
        match server_config(&certificate, &key) {
            Ok(config) => Some(Arc::new(config)),
            Err(reason) => {
                let span = table.get("certificate").map_or(START, |value| value.span);
                self.report(span, format!("[tls] cannot be used: {reason}"));
                None
            }
        }
    }
}

fn server_config(certificate: &Path, key: &Path) -> Result<ServerConfig, String> {
    let in_file = |path: &Path, error: &dyn fmt::Display| format!("`{}`: {error}", path.display());
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| in_file(certificate, &error))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| in_file(key, &error))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| error.to_string())?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Config");
        shown.field("listen", &self.listen).field("data", &self.data).field("log", &self.log);
        shown.field("limits", &self.limits).field("token", &self.token.is_some());
        shown.field("sources", &self.sources).finish_non_exhaustive()
    }
}

/// What was understood, for people: never a secret.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tls = if self.tls.is_some() { ", with TLS" } else { "" };
        writeln!(f, "listen   {}{tls}", self.listen)?;
        writeln!(f, "data     {}", self.data.display())?;
        writeln!(f, "log      {}", self.log)?;
        match self.token {
            Some(_) => writeln!(f, "token    set")?,
            None => writeln!(f, "token    none: {NO_TOKEN}")?,
        }
        if !self.proxies.is_empty() {
            let proxies: Vec<_> = self.proxies.iter().map(ToString::to_string).collect();
            writeln!(f, "proxies  {}", proxies.join(", "))?;
        }
        let Limits { connections, queue, memory, .. } = &self.limits;
        let memory = read::human_size(*memory);
        writeln!(f, "limits   {connections} connections, {queue} deliveries and {memory} waiting")?;
        for source in &self.sources {
            write!(f, "{source}")?;
        }
        for target in &self.targets {
            write!(f, "{target}")?;
        }
        if let Some(listed) = Named::of(&self.catalog).listed() {
            writeln!(f, "kept     beside bodies {listed}, and no other header or parameter")?;
        }
        Ok(())
    }
}
