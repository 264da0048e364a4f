//! The gate: what is decided about a request once its body is there.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, PoisonError, RwLock},
};

use axum::http::{Method, request::Parts};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch},
    time::Instant,
};
use tokio_rustls::rustls::ServerConfig;
use tracing::{debug, error, info, warn};

use super::{
    Accept, Busy, Clock, Config, Incoming, Limits, Receipt,
    authorization::has_two_authorizations,
    body::{self, Encoding, Held, Memory, NoBody},
    config::{Fixed, NO_TOKEN, Network, PATH_TOKEN, Source, Target},
    connections::{Connections, Peer},
    copies::{Copies, Message},
    metrics::{Metrics, Now},
    outcome::Outcome,
    probing::{Visits, probe},
    targets::{Board, TargetMetrics},
};
use crate::{
    event::probe::ProbeAnswer,
    signature::{self, Received},
    time::Timestamp,
};

/// Bodies up to this are verified and submitted where they were read; larger ones would keep others waiting.
const AT_ONCE_MAX: usize = 64 << 10;

/// Lets in what its provider sent, and nothing else.
pub struct Gate {
    pub(super) limits: Limits,
    pub(super) metrics: Arc<Metrics>,
    pub(super) connections: Arc<Connections>,
    pub(super) memory: Memory,
    store: Arc<dyn Accept>,
    clock: Clock,
    /// As many places as there may be deliveries that are not stored yet.
    queue: Arc<Semaphore>,
    settings: RwLock<Arc<Settings>>,
    pub(super) visits: Visits,
    pub(super) targets: Arc<Board>,
    fixed: Fixed,
    copies: Arc<Copies>,
    closing: watch::Sender<bool>,
}

/// What a reload changes.
pub(super) struct Settings {
    pub(super) sources: BTreeMap<String, Arc<Source>>,
    pub(super) targets: BTreeMap<String, Arc<Target>>,
    token: Option<String>,
    pub(super) tls: Option<Arc<ServerConfig>>,
    proxies: Vec<Network>,
}

/// What a body turned out to be.
enum Looked {
    Authentic(Authentic),
    /// A probe, and whether it was signed.
    Probe(Box<ProbeAnswer>, bool),
    Not(Outcome),
}

struct Authentic {
    body: Vec<u8>,
    /// The number of the secret that signed it, where anything is signed.
    secret: Option<usize>,
    /// By which a copy of it is known.
    message: Option<Message>,
}

/// What a delivery holds until it is stored.
struct Places {
    _queue: OwnedSemaphorePermit,
    _source: OwnedSemaphorePermit,
    _memory: Option<OwnedSemaphorePermit>,
}

impl Gate {
    /// A gate in front of this store.
    pub fn new(config: Config, store: Arc<dyn Accept>, clock: Clock) -> Arc<Self> {
        let limits = config.limits.clone();
        let connections = Connections::new(limits.connections);
        let targets = Arc::<Board>::default();
        let places = config.targets.iter().map(|target| (target.name.clone(), target.place()));
        targets.keep(&places.collect::<Vec<_>>());
        let metrics = Metrics::new(|registry| {
            Arc::clone(&store).register(registry, &clock);
            registry.register_collector(Box::new(TargetMetrics(Arc::clone(&targets))));
        });
        let fixed = config.fixed();
        let settings = Settings::of(config);
        settings.sources.keys().for_each(|source| metrics.begin(source));
        Arc::new(Self {
            metrics,
            memory: Memory::new(limits.memory, Arc::clone(&connections)),
            connections,
            store,
            clock,
            queue: Arc::new(Semaphore::new(limits.queue)),
            settings: RwLock::new(Arc::new(settings)),
            visits: Visits::default(),
            targets,
            fixed,
            copies: Arc::default(),
            closing: watch::Sender::new(false),
            limits,
        })
    }

    /// Takes sources, targets, secrets, token, certificate and proxies from this configuration from now on. What else it says needs
    /// a restart, and is logged to.
    pub fn reload(&self, mut config: Config) {
        let differences = self.fixed.differences(&config);
        if !differences.is_empty() {
            let settings = differences.join(", ");
            warn!(settings, "changed in the configuration, and in effect only after a restart");
        }
        config.sources.retain(|source| {
            let known = self.fixed.knows(&source.provider);
            if !known {
                warn!(source = source.name, "its definitions, and so the source, need a restart");
            }
            known
        });
        let settings = Arc::new(Settings::of(config));
        settings.sources.keys().for_each(|source| self.metrics.begin(source));
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
        self.metrics.reloads.inc();
        info!("the configuration was read again");
    }

    /// Who counts as one client with whoever connects from this address; nobody does where that is a proxy.
    pub(super) fn peer(&self, address: IpAddr) -> Option<Peer> {
        let settings = self.settings();
        let proxied = settings.proxies.iter().any(|proxy| proxy.has(address));
        (!proxied).then(|| Peer::of(address))
    }

    pub(super) fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether whoever presents this may ask. Without a token in the configuration nobody may.
    pub fn may_ask(&self, presented: &str) -> bool {
        let settings = self.settings();
        let ours = settings.token.as_deref().unwrap_or("");
        signature::is_same_secret(ours.as_bytes(), presented.as_bytes()) && !ours.is_empty()
    }

    /// Whether there is a token, without which nobody may ask.
    pub(super) fn has_token(&self) -> bool {
        self.settings().token.is_some()
    }

    /// Whether deliveries can be stored.
    pub(super) fn ready(&self) -> Result<(), String> {
        if self.is_closing() {
            return Err("shutting down".to_owned());
        }
        if self.queue.available_permits() == 0 {
            return Err("as many deliveries wait as may".to_owned());
        }
        self.store.ready()
    }

    pub(super) fn is_closing(&self) -> bool {
        *self.closing.borrow()
    }

    /// From now on it is not ready.
    pub(super) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Comes to an end when it closes.
    pub(super) async fn closed(&self) {
        // The sender is ours.
        let _ = self.closing.subscribe().wait_for(|closing| *closing).await;
    }

    pub(super) fn clock(&self) -> Clock {
        Arc::clone(&self.clock)
    }

    /// What time it is.
    pub(super) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Waits until all that was accepted is stored.
    pub(super) async fn finished(&self) {
        let all = u32::try_from(self.limits.queue).unwrap_or(u32::MAX);
        // The places are never closed.
        let _ = self.queue.acquire_many(all).await;
    }

    /// The metrics as text.
    pub(super) fn metrics(&self) -> String {
        let Limits { queue, connections, .. } = self.limits;
        let now = Now {
            queue: queue - self.queue.available_permits(),
            queue_limit: queue,
            connections: connections - self.connections.free(),
            ready: self.ready().is_ok(),
        };
        self.metrics.text(&now)
    }

    /// Takes what came to its end: verified, stored and counted, even if its sender does not wait for that.
    pub(super) async fn take(
        self: &Arc<Self>,
        source: Arc<Source>,
        token: Option<String>,
        parts: Parts,
        held: Held,
        encoding: Encoding,
        begun: Instant,
    ) -> Outcome {
        let queue = Arc::clone(&self.queue).try_acquire_owned();
        let at_once = Arc::clone(&source.at_once).try_acquire_owned();
        let (Ok(queue), Ok(at_once)) = (queue, at_once) else {
            return self.ended(&source, Outcome::Shed, begun);
        };
        let Held { bytes, leave } = held;
        let places = Places { _queue: queue, _source: at_once, _memory: leave };
        let gate = Arc::clone(self);
        let task = async move {
            let now = (gate.clock)();
            let content_type = content_type(&parts);
            let (headers, query) = source.kept(&parts);
            let large = bytes.len() > AT_ONCE_MAX || encoding == Encoding::Gzip;
            let look = {
                let source = Arc::clone(&source);
                move || examine(&source, token.as_deref(), &parts, bytes, encoding, now)
            };
            let found = if large {
                tokio::task::spawn_blocking(look).await.unwrap_or(Looked::Not(Outcome::NotStored))
            } else {
                look()
            };
            let outcome = match found {
                Looked::Not(outcome) => outcome,
                // Strangers do not use up what the provider may send.
                Looked::Probe(mut told, signed) => match source.over_rate_if(signed) {
                    Some(wait) => Outcome::Limited(wait),
                    None => {
                        let visit = told.visit.take();
                        visit.into_iter().for_each(|to| gate.visits.add(&source.name, to, now));
                        Outcome::Probe(Some(told))
                    }
                },
                Looked::Authentic(Authentic { body, secret, message }) => {
                    gate.metrics.authentic(&source.name, body.len(), secret);
                    let copy = message.and_then(|message| gate.copies.find(&message, now));
                    if let Some(receipt) = copy {
                        return gate.ended(&source, Outcome::Copy(receipt), begun);
                    }
                    let incoming = Incoming {
                        source: source.name.clone(),
                        provider: source.provider.clone(),
                        received_at: now,
                        content_type,
                        headers,
                        query,
                        body,
                    };
                    gate.store(&source, incoming, message, places).await
                }
            };
            gate.ended(&source, outcome, begun)
        };
        // It was our fault if it panicked, and the sender may try again.
        tokio::spawn(task).await.unwrap_or(Outcome::NotStored)
    }

    async fn store(
        &self,
        source: &Source,
        incoming: Incoming,
        message: Option<Message>,
        places: Places,
    ) -> Outcome {
        if let Some(wait) = source.over_rate_if(true) {
            return Outcome::Limited(wait);
        }
        let begun = Instant::now();
        let (sender, receiver) = oneshot::channel();
        let (metrics, copies) = (Arc::clone(&self.metrics), Arc::clone(&self.copies));
        let received_at = incoming.received_at;
        let done = move |result| {
            metrics.stored(begun.elapsed());
            if let (Ok(receipt), Some(message)) = (&result, message) {
                copies.add(&message, received_at, *receipt);
            }
            drop(places);
            // Whoever waited may have gone.
            let _ = sender.send(result);
        };
        let taken = if incoming.body.len() > AT_ONCE_MAX {
            let store = Arc::clone(&self.store);
            let submit = move || store.submit(incoming, Box::new(done));
            tokio::task::spawn_blocking(submit).await.unwrap_or(Err(Busy))
        } else {
            self.store.submit(incoming, Box::new(done))
        };
        if taken.is_err() {
            return Outcome::Busy;
        }
        match tokio::time::timeout(self.limits.commit_timeout, receiver).await {
            Ok(Ok(Ok(receipt))) => Outcome::Stored(receipt),
            Ok(Ok(Err(reason))) => not_stored(source, &reason.0),
            Ok(Err(_)) => not_stored(source, "the store gave no answer"),
            Err(_) => not_stored(source, "it takes too long"),
        }
    }

    /// Counts and logs what became of a request.
    pub(super) fn ended(&self, source: &Source, outcome: Outcome, begun: Instant) -> Outcome {
        let took = begun.elapsed();
        let stored = matches!(outcome, Outcome::Stored(_)).then_some(took);
        self.metrics.ended(&source.name, outcome.name(), stored);
        let (name, micros) = (&source.name, u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        match &outcome {
            Outcome::Stored(Receipt { delivery, .. }) => {
                debug!(source = name, outcome = outcome.name(), delivery, micros, "delivery");
            }
            Outcome::Copy(Receipt { delivery, .. }) => {
                debug!(source = name, outcome = outcome.name(), delivery, "delivery");
            }
            Outcome::Probe(_) => info!(source = name, "the provider tried the address"),
            _ if source.complaints.check().is_ok() => {
                warn!(source = name, outcome = outcome.name(), micros, "delivery not taken");
            }
            _ => {}
        }
        outcome
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Settings {
    fn of(config: Config) -> Self {
        let Config { sources, targets, token, tls, proxies, .. } = config;
        if token.is_none() {
            warn!("no token is set: {NO_TOKEN}");
        }
        let named = |source: Source| (source.name.clone(), Arc::new(source));
        let sources = sources.into_iter().map(named).collect();
        let named = |target: Target| (target.name.clone(), Arc::new(target));
        let targets = targets.into_iter().map(named).collect();
        Self { sources, targets, token, tls, proxies }
    }
}

/// Says why, but not of every delivery: a full disk is not to be filled by that.
fn not_stored(source: &Source, reason: &str) -> Outcome {
    if source.complaints.check().is_ok() {
        error!(source = source.name, reason, "a delivery could not be stored");
    }
    Outcome::NotStored
}

fn content_type(parts: &Parts) -> Option<String> {
    if parts.method == Method::GET {
        return Some("application/x-www-form-urlencoded".to_owned());
    }
    let value = parts.headers.get(axum::http::header::CONTENT_TYPE)?;
    value.to_str().ok().map(str::to_owned)
}

/// Whether the request is authentic, and what it says. Whatever is wrong, the same is computed.
fn examine(
    source: &Source,
    token: Option<&str>,
    parts: &Parts,
    bytes: Vec<u8>,
    encoding: Encoding,
    now: Timestamp,
) -> Looked {
    let decoded = match encoding {
        Encoding::Plain => None,
        Encoding::Gzip => match body::gunzip(&bytes, source.body_max) {
            Err(NoBody::TooLarge) => return Looked::Not(Outcome::TooLarge),
            decoded => decoded.ok(),
        },
    };
    let url = signature::with_query(&source.public_url, parts.uri.query());
    let headers: Vec<(&str, &[u8])> =
        parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let placed = [(PATH_TOKEN, token.unwrap_or("").as_bytes())];
    let path = source
        .path_token
        .as_ref()
        .is_none_or(|path| path.verify(&Received::new("", &placed, b""), now).is_ok());
    let twofold = has_two_authorizations(&parts.headers);
    let get = parts.method == Method::GET;
    let signed = source.signature.as_ref().map(|verifier| {
        // What was signed may be what came, or what the sender had before it was compressed.
        let verify = |body| verifier.verify(&Received::new(&url, &headers, body), now);
        let came = verify(if get { b"" } else { &bytes });
        decoded.as_deref().map_or(came, |decoded| verify(decoded).or(came))
    });
    let body = match decoded {
        _ if get && !source.form => Vec::new(),
        _ if get => parts.uri.query().unwrap_or("").as_bytes().to_vec(),
        Some(decoded) => decoded,
        None => bytes,
    };
    match signed {
        _ if !path || twofold => Looked::Not(Outcome::Forged),
        signed => {
            if let Some(told) = probe(source, parts, &body, signed, now) {
                return Looked::Probe(Box::new(told), matches!(signed, Some(Ok(_))));
            }
            // Others are asked whatever probes there are.
            if get && !source.form {
                return Looked::Not(Outcome::BadMethod);
            }
            if matches!(signed, Some(Err(_))) {
                return Looked::Not(Outcome::Forged);
            }
            let message = message(source, parts, &Received::new(&url, &headers, &body));
            Looked::Authentic(Authentic { body, secret: signed.and_then(Result::ok), message })
        }
    }
}

/// By what a copy of an authentic request is known: all that the store would be given but the time.
fn message(source: &Source, parts: &Parts, received: &Received<'_>) -> Option<Message> {
    let (id, until) = source.signature.as_ref()?.message(received)?;
    let kind = content_type(parts);
    // What kind of body it is stands outside the signature, so that somebody else may have sent it as another kind first.
    let kind = [&[u8::from(kind.is_some())], kind.as_deref().unwrap_or("").as_bytes()].concat();
    let [name, provider] = [&source.name, &source.provider].map(|text| text.as_bytes());
    Some(Message::new(&[name, provider, id.as_bytes(), &kind, received.body], until))
}
