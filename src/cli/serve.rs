use std::{
    io::{self, IsTerminal},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use clap::{Args, ValueHint};

use super::{CliError, check_config, demo, exit::Exit};
use crate::{
    server::{self, Accept, Config, ConfigError, Gate},
    store::{Store, StoreOptions},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mediafold serve --demo                    simulated webhooks, and a page to watch them on
  mediafold check-config mediafold.toml     what it says, and what is wrong with it
  mediafold serve --config mediafold.toml

SIGHUP reads the configuration again; SIGTERM and Ctrl-C end it when all that was accepted is stored.
docs/configuration.md has the configuration, docs/store.md the tables for your own SQL.")]
pub(super) struct Serve {
    /// The configuration
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, default_value = "mediafold.toml")]
    config: PathBuf,
    /// Start with simulated webhooks, in a store that is removed at the end; needs no configuration
    #[arg(long, conflicts_with_all = ["config", "definitions"])]
    demo: bool,
    /// Where the demo listens; without it on a free port of this machine
    #[arg(long, value_name = "ADDRESS", requires = "demo", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

impl Serve {
    pub(super) fn run(self, definitions: &[PathBuf]) -> Result<ExitCode, CliError> {
        if self.demo {
            return demo::run(self.listen);
        }
        let load = || check_config::load(&self.config, definitions);
        let config = match load() {
            Ok(config) => config,
            Err(wrong) => return check_config::refuse(wrong).map(|()| Exit::Failed.into()),
        };
        let options = StoreOptions::default();
        let store = Arc::new(Store::open(&config.data, config.catalog().clone(), options)?);
        serve(config, store, load, |_| Ok(()))?;
        Ok(Exit::Fine.into())
    }
}

/// Where a browser finds the page of a server that listens there.
pub(super) fn address(listens: SocketAddr, tls: bool) -> String {
    let scheme = if tls { "https" } else { "http" };
    match listens.ip().is_unspecified() {
        true => format!("{scheme}://localhost:{}/", listens.port()),
        false => format!("{scheme}://{listens}/"),
    }
}

/// Serves until it is told to end, and closes the store. Once it listens it calls `begun`.
pub(super) fn serve(
    config: Config,
    store: Arc<Store>,
    load: impl Fn() -> Result<Config, ConfigError> + Send,
    begun: impl FnOnce(SocketAddr) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let json = !io::stderr().is_terminal();
    let logger = server::logger(&config.log, json, io::stderr);
    tracing::subscriber::set_global_default(logger).map_err(CliError::usage)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(run(config, Arc::clone(&store), load, begun));
    // What still looks for what is overdue has the store too, and the last to let go of it closes it.
    drop(runtime);
    drop(store);
    served
}

async fn run(
    config: Config,
    store: Arc<Store>,
    load: impl Fn() -> Result<Config, ConfigError> + Send,
    begun: impl FnOnce(SocketAddr) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let (listen, tls) = (config.listen, config.has_tls());
    let clock = server::system_clock();
    let accept: Arc<dyn Accept> = Arc::<Store>::clone(&store);
    let gate = Gate::new(config, accept, clock);
    let refused = |error: io::Error| CliError::usage(format!("cannot listen on {listen}: {error}"));
    let listener = server::bind(listen).map_err(refused)?;
    let bound = listener.local_addr()?;
    let signals = server::signals()?;
    tracing::info!(page = address(bound, tls), "the live page");
    begun(bound)?;
    let upkeep = tokio::spawn(server::upkeep(Arc::clone(&gate), Arc::clone(&store)));
    let beside = server::ask::routes(Arc::clone(&gate), store).merge(server::page::routes());
    let served = server::run(listener, gate, beside, signals, load).await;
    upkeep.abort();
    Ok(served?)
}
