//! `serve --demo`: a server of its own with simulated providers, which post to it as real ones do.

use std::{
    net::SocketAddr,
    path::Path,
    process::ExitCode,
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread::JoinHandle,
    time::Duration,
};

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use ureq::Agent;

use super::{CliError, exit::Exit, input::now, output, send, serving};
use crate::{
    Catalog, Timestamp,
    lifecycle::Provider,
    server::{self, Config, Surroundings},
    signature::Request,
    simulate::{Bodies, Faults, Post, Scale, Simulation, Templates},
    store::{Store, StoreOptions},
};

/// So much of what was simulated has already happened when the server starts.
const PAST: Duration = Duration::from_secs(300);
/// Of the simulation: a demo shows the same each time, and something of everything at once.
const SEED: u64 = 7;
/// An upload that nothing comes of is heard of so often, and is overdue so long after.
const STUCK_EVERY: Duration = Duration::from_secs(12);
const STUCK_BEFORE: Duration = Duration::from_secs(15);
/// What Twilio would have been given as the address, which it signs.
const TWILIO_URL: &str = "https://demo.example/in/twilio";
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);

const FAULTS: Faults = Faults {
    duplicates: 0.04,
    late: 0.03,
    lateness: Duration::from_secs(20),
    lost: 0.015,
    illegal: 0.02,
    malformed: 0.004,
};

/// What the server and its simulated providers know of each other.
struct Secrets {
    token: String,
    fastpix: String,
    twilio: String,
    vms: String,
}

impl Secrets {
    fn new() -> Result<Self, CliError> {
        let text = || -> Result<String, CliError> {
            let mut bytes = [0; 24];
            getrandom::fill(&mut bytes).map_err(CliError::usage)?;
            Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
        };
        let fastpix = BASE64_STANDARD.encode(text()?);
        Ok(Self { token: text()?, fastpix, twilio: text()?, vms: text()? })
    }

    fn config(&self, listen: SocketAddr) -> String {
        let Self { token, fastpix, twilio, vms } = self;
        format!(
            "listen = \"{listen}\"\nlog = \"warn\"\ntoken = \"{token}\"\n\
             [sources.fastpix]\nprovider = \"fastpix\"\nsecrets = [{{ value = \"{fastpix}\" }}]\n\
             [sources.twilio]\nprovider = \"twilio\"\npublic_url = \"{TWILIO_URL}\"\nsecrets = [{{ value = \"{twilio}\" }}]\n\
             [sources.vms]\nprovider = \"vms\"\npath_token = \"{vms}\"\n"
        )
    }
}

/// Serves until it is told to end; what it stored is gone then.
pub(super) fn run(listen: SocketAddr) -> Result<ExitCode, CliError> {
    let failed = |error| CliError::usage(format!("cannot make a folder for the demo: {error}"));
    let folder = tempfile::Builder::new().prefix("mediafold-demo-").tempdir().map_err(failed)?;
    let secrets = Secrets::new()?;
    let path = folder.path().join("mediafold.toml");
    let write = |source| CliError::Write { path: path.clone(), source };
    std::fs::write(&path, secrets.config(listen)).map_err(write)?;
    let load = || load(&path);
    let config = load().map_err(CliError::usage)?;
    let catalog = config.catalog().clone();
    let store = Arc::new(Store::open(&config.data, catalog, StoreOptions::default())?);
    let (stop, stopped) = mpsc::channel();
    let mut providers: Option<JoinHandle<()>> = None;
    let served = serving::serve(config, store, load, |address| {
        output::write_all(told(address, &secrets.token).as_bytes())?;
        let posting = Posting::new(address, secrets)?;
        let named = std::thread::Builder::new().name("providers".to_owned());
        providers = Some(named.spawn(move || posting.go_on(&stopped))?);
        Ok(())
    });
    drop(stop);
    if let Some(providers) = providers {
        // One that panicked has told so already.
        let _ = providers.join();
    }
    served?;
    folder.close()?;
    Ok(Exit::Fine.into())
}

/// The configuration, whatever is in the environment: what is simulated must not get into somebody's own store.
fn load(path: &Path) -> Result<Config, server::ConfigError> {
    let catalog = |_: &[std::path::PathBuf]| Ok(Catalog::builtin().clone());
    Config::load(path, &Surroundings::new(&|_| None, &catalog))
}

fn told(address: SocketAddr, token: &str) -> String {
    let address = serving::address(address, false);
    format!(
        "Simulated webhooks of fastpix, twilio and vms, some of them late, doubled, lost or illegal.\n\
         What is stored is removed at the end.\n\n\
         the page   {address}#token={token}\n\
         questions  curl -H 'Authorization: Bearer {token}' {address}api/overview\n\
         changes    curl -N -H 'Authorization: Bearer {token}' -H 'Accept: text/event-stream' {address}api/changes\n\n\
         Ctrl-C ends it.\n"
    )
}

/// The providers: they sign what they post, and post it in their order.
struct Posting {
    agent: Agent,
    address: SocketAddr,
    secrets: Secrets,
    templates: Templates,
}

impl Posting {
    fn new(address: SocketAddr, secrets: Secrets) -> Result<Self, CliError> {
        let config = Agent::config_builder()
            .timeout_global(Some(ANSWER_TIME_MAX))
            .http_status_as_error(false)
            .proxy(None)
            .build();
        let templates = Templates::with(&[]).map_err(CliError::usage)?;
        Ok(Self { agent: config.into(), address, secrets, templates })
    }

    /// Posts until it is stopped.
    fn go_on(&self, stopped: &Receiver<()>) {
        if let Err(reason) = self.simulate(stopped) {
            tracing::error!(%reason, "the simulated providers have ended");
        }
    }

    fn simulate(&self, stopped: &Receiver<()>) -> Result<(), CliError> {
        let catalog = Catalog::builtin();
        let names = ["fastpix", "twilio", "vms"].map(str::to_owned);
        let begin = now().map_err(CliError::usage)?.saturating_sub(PAST);
        let missing = || CliError::usage("there is no provider `fastpix`");
        let fastpix = catalog.provider("fastpix").ok_or_else(missing)?;
        let endless = Scale::Events(u64::MAX);
        let simulation =
            Simulation::new(catalog, &self.templates, &names, endless, SEED, begin, FAULTS);
        let mut simulation = simulation.map_err(CliError::usage)?;
        let mut stuck = 0;
        let mut next_stuck = begin;
        while let Some(post) = simulation.next_post() {
            // Nobody asks what is true of it.
            simulation.truths();
            loop {
                let now = now().map_err(CliError::usage)?;
                if now >= next_stuck {
                    stuck += 1;
                    next_stuck = now.saturating_add(STUCK_EVERY);
                    let upload = self.stuck_upload(catalog, now, stuck)?;
                    self.post(fastpix, &upload, now)?;
                }
                if now >= post.arrival() {
                    break;
                }
                let wait = post.arrival().min(next_stuck).since(now);
                match stopped.recv_timeout(wait) {
                    Err(RecvTimeoutError::Timeout) => {}
                    _ => return Ok(()),
                }
            }
            if matches!(stopped.try_recv(), Err(mpsc::TryRecvError::Disconnected)) {
                return Ok(());
            }
            self.post_one(&post)?;
        }
        Ok(())
    }

    /// An upload that somebody began, and left: it will soon have waited for longer than is normal.
    fn stuck_upload(
        &self,
        catalog: &Catalog,
        now: Timestamp,
        number: u64,
    ) -> Result<Vec<u8>, CliError> {
        let missing = || CliError::usage("fastpix/upload is not as it was");
        let lifecycle = catalog.lifecycle("fastpix/upload").ok_or_else(missing)?;
        let waiting = lifecycle.node("waiting", 0).ok_or_else(missing)?;
        let kind = lifecycle.kind("video.media.upload").ok_or_else(missing)?;
        let dwell = lifecycle.state(waiting).dwell.unwrap_or_default();
        let begun = now.saturating_sub(dwell.saturating_sub(STUCK_BEFORE));
        let seed = SEED.wrapping_add(number);
        Bodies::new(catalog, &self.templates, "fastpix/upload", seed, begun)
            .and_then(|mut bodies| bodies.body(kind, waiting))
            .map_err(CliError::usage)
    }

    fn post_one(&self, post: &Post<'_>) -> Result<(), CliError> {
        let now = now().map_err(CliError::usage)?;
        self.post(post.provider(), &post.body(post.attempt()), now)
    }

    /// Posts a body as its provider does; that the server refuses it is told and no more.
    fn post(&self, provider: &Provider, body: &[u8], now: Timestamp) -> Result<(), CliError> {
        let (name, address) = (provider.name(), self.address);
        let Secrets { fastpix, twilio, vms, .. } = &self.secrets;
        let (url, signed, secret) = match name {
            "vms" => (format!("http://{address}/in/vms/{vms}"), "", ""),
            "twilio" => (format!("http://{address}/in/twilio"), TWILIO_URL, twilio.as_str()),
            _ => (format!("http://{address}/in/fastpix"), "", fastpix.as_str()),
        };
        let mut signature = Vec::new();
        if !secret.is_empty() {
            let scheme = provider.scheme();
            let headers = scheme.sign(secret, &Request::new(signed, body, "", now));
            signature = headers.map_err(CliError::usage)?;
        }
        let request = send::request(&self.agent, &url, provider, signature);
        // A connection is used again once its answer was read.
        let answer = request.send(body).and_then(|mut answer| {
            answer.body_mut().read_to_vec()?;
            Ok(answer)
        });
        match answer {
            Ok(answer) if answer.status().is_success() => {}
            Ok(answer) => {
                tracing::warn!(provider = name, status = answer.status().as_u16(), "not taken");
            }
            // The server ends before its providers do.
            Err(reason) => tracing::debug!(provider = name, %reason, "not posted"),
        }
        Ok(())
    }
}
