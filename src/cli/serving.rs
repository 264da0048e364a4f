//! A server from its start to its end, for `serve` and its demo.

use std::{
    io::{self, IsTerminal},
    net::SocketAddr,
    sync::Arc,
};

use super::CliError;
use crate::{
    server::{self, Accept, Config, ConfigError, Gate},
    store::Store,
};

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
    let targets = tokio::spawn(server::bring(Arc::clone(&gate), Arc::clone(&store)));
    let beside = server::ask::routes(Arc::clone(&gate), store).merge(server::page::routes());
    let served = server::run(listener, gate, beside, signals, load).await;
    upkeep.abort();
    match &served {
        // They end by themselves; one that panicked has told so already.
        Ok(()) => drop(targets.await),
        Err(_) => targets.abort(),
    }
    Ok(served?)
}
